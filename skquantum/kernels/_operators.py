"""Kernels, and the operators on them: sums, products, powers and constants."""

from abc import abstractmethod
from copy import copy

import numpy as np
from sklearn.base import clone

from skquantum._components import same_settings
from skquantum._validation import (
    FIT_CONTEXT,
    Interval,
    Real,
    feature_names_for,
    validate_rows,
)
from skquantum.kernels._base import AbstractKernel
from skquantum.kernels._batches import Batches
from skquantum.kernels._protocols import is_foreign_kernel, register

__all__ = ["ConstantKernel", "Kernel", "PowerKernel", "ProductKernel", "SumKernel"]


class Kernel(AbstractKernel):
    """Base class of kernels.

    Data flows through ``fit`` (learn what depends on the training data), ``encode`` (one
    simulation per row) and ``gram`` (compare encodings). ``kernel(X, Y)`` does the last two at
    once; ``fit_gram`` is what estimators call for the training matrix. A kernel that needs nothing
    from the data works without ``fit``.
    """

    def __sklearn_clone__(self):
        # A kernel that somebody has fitted, and hands to scikit-learn's SVC, Nystroem or Gaussian
        # processes, arrives there fitted; our estimators fit it again.
        new = super().__sklearn_clone__()
        if self.is_fitted():
            params = self.get_params(deep=False)
            learned = {name: value for name, value in vars(self).items() if name not in params}
            parts = {k: clone(v) for k, v in learned.items() if isinstance(v, Kernel)}
            vars(new).update(learned | parts)
        return new

    # numpy scalars and arrays leave + and * to the methods below
    __array_ufunc__ = None

    def __eq__(self, other):
        return self is other or same_settings(self, other)

    __hash__ = None  # parameters change, as those of scikit-learn's kernels

    def __add__(self, other):
        return self._combined(SumKernel, self, other)

    def __radd__(self, other):
        return self._combined(SumKernel, other, self)

    def __mul__(self, other):
        return self._combined(ProductKernel, self, other)

    def __rmul__(self, other):
        return self._combined(ProductKernel, other, self)

    def __pow__(self, exponent):
        if not isinstance(exponent, Real):
            return NotImplemented
        return PowerKernel(self, exponent)

    @staticmethod
    def _combined(operator, a, b):
        if is_foreign_kernel(a) or is_foreign_kernel(b):
            return NotImplemented  # scikit-learn's own sums and products take ours
        return operator(_operand(a), _operand(b))


# what other libraries ask for by isinstance
register(Kernel)


def _operand(value):
    if isinstance(value, Kernel):
        return value
    if isinstance(value, Real):
        return ConstantKernel(float(value))
    raise TypeError(
        f"A kernel can be added to and multiplied by a kernel or a number, not a "
        f"{type(value).__name__}; wrap other kernels in CallableKernel."
    )


class ConstantKernel(Kernel):
    """The same number for every pair: a summand or factor.

    Parameters
    ----------
    value : float, default=1.0
        The number.

    Examples
    --------
    >>> from skquantum.kernels import FidelityKernel
    >>> 0.5 * FidelityKernel("angle") + 1
    SumKernel(k1=ProductKernel(k1=ConstantKernel(value=0.5),
                               k2=FidelityKernel(feature_map='angle')),
              k2=ConstantKernel())
    """

    _parameter_constraints: dict = {"value": [Interval(Real, None, None, closed="neither")]}

    def __init__(self, value=1.0):
        self.value = value

    @FIT_CONTEXT
    def fit(self, X, y=None, sample_weight=None):
        """Learn the number of features.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Training rows.
        y, sample_weight : object, default=None
            Ignored.

        Returns
        -------
        self : ConstantKernel
            Fitted kernel.
        """
        validate_rows(self, X, reset=True)
        return self

    def encode(self, X, *, n_jobs=None, verbose=False):
        return Batches((np.empty((self._check(X).shape[0], 0)),))

    def _check(self, X):
        if not hasattr(self, "n_features_in_"):
            self._validate_params()
        return self._checked(X)

    def gram(self, A, B=None):
        return np.full((len(A), len(A if B is None else B)), float(self.value))

    def diag(self, X):
        return np.full(self._check(X).shape[0], float(self.value))

    def fingerprint(self):
        return {"kernel": type(self).__name__, "value": float(self.value)}


class _Combination(Kernel):
    """Kernels whose matrices are combined entry by entry."""

    _operands = ("k1", "k2")
    _parameter_constraints: dict = {"k1": [Kernel], "k2": [Kernel]}

    def __init__(self, k1, k2):
        self.k1 = k1
        self.k2 = k2

    @abstractmethod
    def _combine(self, *arrays):
        """Combine arrays of kernel values."""

    @abstractmethod
    def _partials(self, *arrays):
        """Return the derivatives of the combination with respect to each of the arrays."""

    @FIT_CONTEXT
    def fit(self, X, y=None, sample_weight=None, feature_names=None):
        """Fit the kernels inside.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Training rows.
        y : array-like of shape (n_samples,) or None, default=None
            Targets, handed on.
        sample_weight : array-like of shape (n_samples,) or None, default=None
            Weights of the rows, handed on.
        feature_names : array-like of str of shape (n_features,) or None, default=None
            Names of the columns, where `X` is not a data frame, handed on.

        Returns
        -------
        self : Kernel
            Fitted kernel.
        """

        def fit(kernel, **names):
            return kernel.fit(X, y, sample_weight=sample_weight, **names)

        self._fit(X, fit, feature_names)
        return self

    @FIT_CONTEXT
    def fit_gram(
        self, X, y=None, sample_weight=None, *, feature_names=None, n_jobs=None, verbose=False
    ):
        """Fit the kernels inside, and return the training matrix.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Training rows.
        y : array-like of shape (n_samples,) or None, default=None
            Targets, handed on.
        sample_weight : array-like of shape (n_samples,) or None, default=None
            Weights of the rows, handed on.
        feature_names : array-like of str of shape (n_features,) or None, default=None
            Names of the columns, where `X` is not a data frame, handed on.
        n_jobs : int or None, default=None
            Workers, handed on.
        verbose : bool or int, default=False
            Handed on.

        Returns
        -------
        encoded : Encoded
            The training rows.
        K : ndarray of shape (n_samples, n_samples)
            Their kernel matrix.
        """
        options = {"sample_weight": sample_weight, "n_jobs": n_jobs, "verbose": verbose}

        def fit(kernel, **names):
            return kernel.fit_gram(X, y, **options, **names)

        # what is wrong with one of them is found before the other is computed
        clone(self).fit(X, y, sample_weight=sample_weight, feature_names=feature_names)
        encoded, matrices = zip(*self._fit(X, fit, feature_names), strict=True)
        return Batches(encoded), self._combine(*matrices)

    def _fit(self, X, fit, feature_names):
        """Fit clones of the kernels inside by a function; keep them when all has gone well."""
        validate_rows(self, X, reset=True)
        kernels = [clone(getattr(self, name)) for name in self._operands]
        found = [fit(k, **feature_names_for(k, self, feature_names)) for k in kernels]
        for name, kernel in zip(self._operands, kernels, strict=True):
            setattr(self, f"{name}_", kernel)
        return found

    def _kernels(self):
        fitted = [f"{name}_" for name in self._operands]
        if hasattr(self, fitted[0]):
            return [getattr(self, name) for name in fitted]
        self._validate_params()
        return [getattr(self, name) for name in self._operands]

    def check_rows(self, X):
        for kernel in self._kernels():
            kernel.check_rows(X)

    # -- weights, those of one kernel behind those of the other -------------------------------

    @property
    def theta(self):
        """Weights of the kernels inside, which Gaussian processes tune: of shape (n_dims,)."""
        return np.concatenate([kernel.theta for kernel in self._kernels()])

    @theta.setter
    def theta(self, theta):
        kernels = self._kernels()
        counts = [kernel.n_dims for kernel in kernels]
        if len(theta) != sum(counts):
            raise ValueError(f"theta has {len(theta)} numbers, the kernel takes {sum(counts)}.")
        for kernel, part in zip(kernels, np.split(theta, np.cumsum(counts)[:-1]), strict=True):
            kernel.theta = part

    @property
    def bounds(self):
        """Where Gaussian processes look for `theta`, of shape (n_dims, 2)."""
        return np.concatenate([kernel.bounds for kernel in self._kernels()])

    def draw_theta(self, random_state):
        return np.concatenate([kernel.draw_theta(random_state) for kernel in self._kernels()])

    def has_gradient(self):
        return all(kernel.has_gradient() for kernel in self._kernels())

    def rescale(self, X, sample_weight=None):
        for kernel in self._kernels():
            kernel.rescale(X, sample_weight)

    def linearize(self, X, *, n_jobs=None):
        linear = [kernel.linearize(X, n_jobs=n_jobs) for kernel in self._kernels()]
        matrices, pulls = zip(*linear, strict=True)

        def pull_back(by_entry):
            parts = zip(pulls, self._partials(*matrices), strict=True)
            return np.concatenate([pull(by_entry * partial) for pull, partial in parts])

        return self._combine(*matrices), pull_back

    def gram_gradient(self, X, *, n_jobs=None):
        linear = [kernel.gram_gradient(X, n_jobs=n_jobs) for kernel in self._kernels()]
        matrices, found = zip(*linear, strict=True)
        parts = zip(found, self._partials(*matrices), strict=True)
        gradient = [one * np.expand_dims(partial, -1) for one, partial in parts]
        return self._combine(*matrices), np.concatenate(gradient, axis=2)

    def encode(self, X, *, n_jobs=None, verbose=False):
        return Batches(k.encode(X, n_jobs=n_jobs, verbose=verbose) for k in self._kernels())

    def gram(self, A, B=None):
        others = [None] * len(self._operands) if B is None else B.parts
        parts = zip(self._kernels(), A.parts, others, strict=True)
        return self._combine(*(kernel.gram(a, b) for kernel, a, b in parts))

    def diag(self, X):
        return self._combine(*(kernel.diag(X) for kernel in self._kernels()))

    def is_fitted(self):
        return all(kernel.is_fitted() for kernel in self._kernels())

    # -- matrices in tiles ------------------------------------------------------------------------

    def _as_fitted(self, X):
        if hasattr(self, f"{self._operands[0]}_"):
            return self
        ready = copy(self)
        for name, kernel in zip(self._operands, self._kernels(), strict=True):
            setattr(ready, f"{name}_", kernel._as_fitted(X))
        return ready

    def is_symmetric(self):
        return all(kernel.is_symmetric() for kernel in self._kernels())

    def check_tiles(self):
        for kernel in self._kernels():
            kernel.check_tiles()

    def encoding_bytes(self, n_rows, n_jobs=None):
        return sum(kernel.encoding_bytes(n_rows, n_jobs) for kernel in self._kernels())

    def comparison_bytes(self, n_rows, n_other=None):
        return sum(kernel.comparison_bytes(n_rows, n_other) for kernel in self._kernels())

    def fingerprint(self):
        parts = [kernel.fingerprint() for kernel in self._kernels()]
        return {"kernel": type(self).__name__, "parts": parts}

    def row_contents(self, X):
        return np.hstack([kernel.row_contents(X) for kernel in self._kernels()])

    def encoded_row_bytes(self):
        return sum(kernel.encoded_row_bytes() for kernel in self._kernels())

    def encoding_settings(self):
        return tuple(kernel.encoding_settings() for kernel in self._kernels())


class SumKernel(_Combination):
    """The sum of two kernels, as ``k1 + k2`` makes it.

    Parameters
    ----------
    k1, k2 : Kernel
        The summands.

    Examples
    --------
    >>> from skquantum.kernels import FidelityKernel
    >>> (FidelityKernel("angle") + FidelityKernel("zz"))([[0.1, 0.2]])
    array([[2.]])
    """

    def _combine(self, a, b):
        return a + b

    def _partials(self, a, b):
        return np.ones_like(a), np.ones_like(b)


class ProductKernel(_Combination):
    """The product of two kernels, as ``k1 * k2`` makes it.

    Parameters
    ----------
    k1, k2 : Kernel
        The factors.

    Examples
    --------
    >>> from skquantum.kernels import FidelityKernel
    >>> (2 * FidelityKernel("angle"))([[0.1, 0.2]])
    array([[2.]])
    """

    def _combine(self, a, b):
        return a * b

    def _partials(self, a, b):
        return b, a


class PowerKernel(_Combination):
    """A kernel to some power, entry by entry, as ``kernel ** exponent`` makes it.

    Parameters
    ----------
    kernel : Kernel
        The base.
    exponent : float
        Integers from 1 leave a positive semidefinite kernel so; others need not.

    Examples
    --------
    >>> from skquantum.kernels import FidelityKernel
    >>> (FidelityKernel("angle") ** 2)([[0.0], [1.0]]).round(3)
    array([[1.   , 0.593],
           [0.593, 1.   ]])
    """

    _operands = ("kernel",)
    _parameter_constraints: dict = {
        "kernel": [Kernel],
        "exponent": [Interval(Real, 0, None, closed="neither")],
    }

    def __init__(self, kernel, exponent):
        self.kernel = kernel
        self.exponent = exponent

    def fingerprint(self):
        return {**super().fingerprint(), "exponent": float(self.exponent)}

    def _combine(self, values):
        return values**self.exponent

    def _partials(self, values):
        return (self.exponent * values ** (self.exponent - 1),)

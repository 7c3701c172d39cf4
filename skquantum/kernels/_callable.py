"""Kernels of other libraries."""

import contextlib

import numpy as np
from sklearn.base import clone
from sklearn.gaussian_process.kernels import Kernel as GaussianProcessKernel

from skquantum._runtime import as_dense
from skquantum._validation import FIT_CONTEXT, HasMethods, validate_rows
from skquantum.kernels._batches import Batches
from skquantum.kernels._operators import Kernel

__all__ = ["CallableKernel"]


class CallableKernel(Kernel):
    """A function, or a kernel of another library, as a kernel.

    Wherever an estimator takes a kernel, such a function or object is taken too and becomes this.

    Parameters
    ----------
    function : callable or object with ``evaluate``
        A function takes two arrays of rows and returns an array of shape (n_x, n_y), as for
        :class:`~sklearn.svm.SVC`; or it takes two rows and returns a number, as for
        :class:`~sklearn.kernel_ridge.KernelRidge`, and is called for each pair of rows. To tell
        them apart, it is first called with two arrays of a single row, for which only the former
        kind returns an array of shape (1, 1). Kernels of :mod:`sklearn.gaussian_process.kernels`
        and of qiskit-machine-learning are called as those libraries do.

    Attributes
    ----------
    function_ : callable or object with ``evaluate``
        `function`, or a clone of a Gaussian-process kernel, with its quantum kernels fitted.
    pairwise_ : bool
        Whether `function_` takes two rows.
    n_features_in_ : int
        Number of features seen in ``fit``.

    Examples
    --------
    >>> from sklearn.metrics.pairwise import linear_kernel
    >>> from skquantum.kernels import CallableKernel, FidelityKernel
    >>> kernel = FidelityKernel("angle") + CallableKernel(linear_kernel)
    >>> kernel([[0.0], [2.0]]).round(3)
    array([[1.   , 0.292],
           [0.292, 5.   ]])
    """

    _parameter_constraints: dict = {"function": [callable, HasMethods(["evaluate"])]}

    def __init__(self, function):
        self.function = function

    @FIT_CONTEXT
    def fit(self, X, y=None, sample_weight=None):
        """Learn the number of features and whether the function takes rows or arrays.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Training rows.
        y : object, default=None
            Passed on to quantum kernels inside a Gaussian-process kernel.
        sample_weight : array-like of shape (n_samples,) or None, default=None
            Weights of the rows, passed on in the same way.

        Returns
        -------
        self : CallableKernel
            Fitted kernel.
        """
        X = validate_rows(self, X, reset=True)
        function = self.function
        if _is_gaussian_process(function):
            function = clone(function)
            for part in function.get_params().values():
                if isinstance(part, Kernel):
                    part.fit(X, y, sample_weight=sample_weight)
        self.pairwise_ = _takes_two_rows(function, as_dense(X[:1])[0])
        self.function_ = function
        return self

    def encode(self, X, *, n_jobs=None, verbose=False):
        return Batches((self._check(X),))

    def _check(self, X):
        """Return checked rows, which functions get as arrays."""
        return as_dense(self._checked(X))

    def gram(self, A, B=None):
        return self._matrix(A.parts[0], None if B is None else B.parts[0])

    def _matrix(self, A, B=None):
        """Call the function, and raise if it returned another shape, or values not finite."""
        n_a, n_b = len(A), len(A if B is None else B)
        if n_a == 0 or n_b == 0:
            return np.zeros((n_a, n_b))
        values = np.asarray(self._values(A, B))
        if values.shape != (n_a, n_b) or values.dtype.kind not in "fiub":
            what = (
                f"an array of {values.dtype} and shape {values.shape}"
                if values.ndim
                else repr(values.item())
            )
            raise ValueError(
                f"The kernel {self.function!r} returned {what} for {n_a} and {n_b} rows; it must "
                f"return real numbers in shape {(n_a, n_b)}, or one for two rows."
            )
        values = values.astype(np.float64)
        bad = np.argwhere(~np.isfinite(values))
        if len(bad):
            i, j = bad[0]
            raise ValueError(
                f"The kernel {self.function!r} returned {values[i, j]} for rows {i} and {j}; it "
                "must return finite numbers."
            )
        return values

    def _values(self, A, B):
        """Call the function in the way that it is made for."""
        function = getattr(self, "function_", self.function)
        if hasattr(function, "evaluate"):
            return function.evaluate(A, B)
        if _is_gaussian_process(function):
            # WhiteKernel adds noise to the diagonal only if it gets no second array.
            return function(A) if B is None else function(A, B)
        fitted = hasattr(self, "pairwise_")
        if not (self.pairwise_ if fitted else _takes_two_rows(function, A[0])):
            return function(A, A if B is None else B)
        if B is not None:
            return [[function(a, b) for b in B] for a in A]
        rows, columns = np.tril_indices(len(A))  # each pair once
        values = np.array([function(A[i], A[j]) for i, j in zip(rows, columns, strict=True)])
        K = np.empty((len(A), len(A)), values.dtype)
        K[rows, columns] = K[columns, rows] = values
        return K

    def diag(self, X):
        X = self._check(X)
        return np.array([self._matrix(X[row : row + 1])[0, 0] for row in range(len(X))])

    def encoded_row_bytes(self):
        return 8 * getattr(self, "n_features_in_", 0)

    def check_tiles(self):
        function = getattr(self, "function_", self.function)
        if getattr(function, "enforce_psd", False):
            raise ValueError(
                f"{type(function).__name__} makes each matrix positive semidefinite as a whole, "
                "not tile by tile; use enforce_psd=False."
            )
        if _is_gaussian_process(function):
            for part in function.get_params().values():
                if isinstance(part, Kernel):
                    part.check_tiles()


def _is_gaussian_process(function):
    return isinstance(function, GaussianProcessKernel) and not isinstance(function, Kernel)


def _takes_two_rows(function, row):
    """Say whether `function` compares two rows, not two arrays of rows."""
    if hasattr(function, "evaluate") or _is_gaussian_process(function):
        return False
    # An error is suppressed here because computing the matrix raises it again.
    with contextlib.suppress(Exception):
        if np.shape(function(row[np.newaxis], row[np.newaxis])) == (1, 1):
            return False
    with contextlib.suppress(Exception):
        value = np.asarray(function(row, row))
        return value.ndim == 0 and value.dtype.kind in "fiubc"
    return False

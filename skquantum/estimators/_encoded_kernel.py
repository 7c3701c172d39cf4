"""Quantum kernels as scikit-learn's Gaussian processes see them: training rows encoded once."""

from collections import defaultdict
from contextlib import contextmanager
from contextvars import ContextVar
from copy import copy

import numpy as np
from sklearn.base import clone
from sklearn.gaussian_process.kernels import CompoundKernel
from sklearn.gaussian_process.kernels import Kernel as GaussianProcessKernel

from skquantum.estimators._base import encodings_as_set

__all__ = ["EncodedKernel", "encoding_new_rows", "parts_of", "replaced"]


def replaced(kernel, kind, make):
    """Return a Gaussian-process kernel with its parts of one class replaced.

    Parameters
    ----------
    kernel : sklearn.gaussian_process.kernels.Kernel
        With parts among its parameters, as sums, products and powers have them.
    kind : type
        Class of the parts.
    make : callable
        Takes a part and returns what replaces it.

    Returns
    -------
    sklearn.gaussian_process.kernels.Kernel
        Copies of what is around the parts; `kernel` itself where there are none.
    """
    if isinstance(kernel, kind):
        return make(kernel)
    if isinstance(kernel, CompoundKernel):  # what GaussianProcessClassifier has for many classes
        return CompoundKernel([replaced(part, kind, make) for part in kernel.kernels])
    inside = {
        name: replaced(part, kind, make)
        for name, part in kernel.get_params(deep=False).items()
        if isinstance(part, GaussianProcessKernel)
    }
    return copy(kernel).set_params(**inside) if inside else kernel


def parts_of(kernel, kind):
    """Return the parts of one class in a Gaussian-process kernel, in order."""
    found = []

    def keep(part):
        found.append(part)
        return part

    replaced(kernel, kind, keep)
    return found


class NewRows:
    """Rows that are predicted, and what has been encoded for them."""

    def __init__(self, options):
        self.options = options
        self.rows = None
        self._of_rows = {}
        self._of_training = {}

    def select(self, rows):
        """Take other rows; encodings of those before are dropped."""
        self.rows = rows
        self._of_rows = {}

    def encoded(self, key, encode):
        """Return the encodings of the rows by some kernel."""
        if key not in self._of_rows:
            self._of_rows[key] = encode(self.rows, **self.options)
        return self._of_rows[key]

    def encoded_training(self, key, encode):
        """Return the encodings of the training rows by some kernel."""
        if key not in self._of_training:
            self._of_training[key] = encode(self.options)
        return self._of_training[key]


_new_rows = ContextVar("new_rows", default=None)


@contextmanager
def encoding_new_rows(options):
    """Have every kernel encode rows that are predicted only once while this lasts.

    Parameters
    ----------
    options : dict
        Keywords of ``kernel.encode``.

    Yields
    ------
    callable
        Takes the rows, which the solver is then to get as the same array.
    """
    new = NewRows(options)
    token = _new_rows.set(new)
    try:
        yield new.select
    finally:
        _new_rows.reset(token)


class EncodedKernel(GaussianProcessKernel):
    """A quantum kernel whose training rows, and their matrix, are computed once.

    A solver asks for the training matrix at every step of its optimization. It is computed anew
    only if hyperparameters of the quantum kernel itself have changed. Clones share what has been
    computed.

    Parameters
    ----------
    kernel : Kernel
        The quantum kernel, which :meth:`fit` fits.
    """

    def __init__(self, kernel):
        self.kernel = kernel

    def fit(self, X, y, options, **names):
        """Fit the kernel, and compute the training matrix.

        Parameters
        ----------
        X : ndarray of shape (n_samples, n_features)
            Training rows.
        y : ndarray of shape (n_samples,) or (n_samples, n_targets)
            Targets.
        options : dict
            Keywords of ``kernel.encode``.
        **names : dict
            Names of features as a keyword of ``kernel.fit_gram``.

        Returns
        -------
        self : EncodedKernel
            With the matrix.
        """
        self._encoded, self._K = self.kernel.fit_gram(X, y, **options, **names)
        self._encoded_by = self.kernel.encoding_settings()
        self._theta = np.array(self.kernel.theta)
        self._X, self._options = X, options
        return self

    def share(self, other):
        """Take what a clone has computed in place of equal arrays that were sent by a worker."""
        if np.array_equal(self._theta, other._theta):
            vars(self).update(vars(other) | {"kernel": self._own(other.kernel)})

    def smallest_eigenvalue(self):
        """Return the smallest eigenvalue of the training matrix."""
        return np.linalg.eigvalsh(self._K)[0]

    @staticmethod
    def _own(kernel):
        """Return a kernel with hyperparameters of its own; itself if there are none to set."""
        return clone(kernel) if kernel.n_dims else kernel

    def __sklearn_clone__(self):
        new = copy(self)
        new.kernel = self._own(self.kernel)
        return new

    # -- scikit-learn's protocol ------------------------------------------------------------------

    @property
    def theta(self):
        return self.kernel.theta

    @theta.setter
    def theta(self, theta):
        self.kernel.theta = theta

    @property
    def bounds(self):
        return self.kernel.bounds

    @property
    def hyperparameters(self):
        return self.kernel.hyperparameters

    def is_stationary(self):
        return self.kernel.is_stationary()

    def __repr__(self):
        return repr(self.kernel)

    def __call__(self, X, Y=None, eval_gradient=False):
        if eval_gradient and self.kernel.n_dims:
            return self.kernel(X, eval_gradient=True)
        if Y is not None:
            return self._across(X, Y)
        rows = self._places(X)
        if rows is None:
            K = self.kernel.gram(self._encode(X))
        else:
            self._follow_theta()
            K = self._K[np.ix_(rows, rows)]  # a copy: solvers add to the diagonal
        return (K, np.empty((*K.shape, 0))) if eval_gradient else K

    def diag(self, X):
        return self.kernel.diag(X)

    # -- rows -------------------------------------------------------------------------------------

    def _across(self, X, Y):
        """Return the kernel of rows with others, some of which may be training rows."""
        columns = self._places(Y)
        if columns is not None:
            return self.kernel.gram(self._encode(X), self._training(columns))
        rows = self._places(X)
        if rows is not None:  # classifiers name the training rows first
            return self.kernel.gram(self._encode(Y), self._training(rows)).T
        return self.kernel.gram(self._encode(X), self._encode(Y))

    def _places(self, X):
        """Return the numbers of rows among the training rows, or None if these are others."""
        new = _new_rows.get()
        if (new is not None and X is new.rows) or X.shape[1:] != self._X.shape[1:]:
            return None
        if X is self._X or np.array_equal(X, self._X):
            return np.arange(len(X))
        places = defaultdict(list)
        for row in reversed(range(len(self._X))):
            places[self._X[row].tobytes()].append(row)
        try:  # equal rows one by one
            return np.array([places[row.tobytes()].pop() for row in X])
        except IndexError:
            return None

    def _key(self):
        return id(self.kernel), np.asarray(self.kernel.theta).tobytes()

    def _encode(self, X):
        new = _new_rows.get()
        if new is not None and X is new.rows:
            return new.encoded(self._key(), self.kernel.encode)
        return self.kernel.encode(X, **self._options)

    def _training(self, rows):
        """Return the encodings of some training rows."""
        self._follow_theta()
        kept = self._encoded, self._encoded_by, self._X

        def encoded(options):
            return encodings_as_set(self.kernel, *kept, options)

        new = _new_rows.get()
        everything = (
            encoded(self._options) if new is None else new.encoded_training(self._key(), encoded)
        )
        if np.array_equal(rows, np.arange(len(self._X))):
            return everything
        return everything.take(rows)

    def _follow_theta(self):
        """Compute encodings and matrix anew if hyperparameters have changed."""
        theta = np.array(self.kernel.theta)
        if not np.array_equal(theta, self._theta):
            self._encoded = self.kernel.encode(self._X, **self._options)
            self._K = self.kernel.gram(self._encoded)
            self._encoded_by, self._theta = self.kernel.encoding_settings(), theta

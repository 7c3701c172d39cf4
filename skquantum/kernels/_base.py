"""What every kernel offers."""

from abc import ABC, abstractmethod

import numpy as np
from qiskit_machine_learning.kernels import BaseKernel
from sklearn.base import BaseEstimator, clone
from sklearn.gaussian_process.kernels import Kernel as GaussianProcessKernel

from skquantum._circuits import CircuitsInState
from skquantum._memory import check_matrix

__all__ = ["Kernel"]


class Kernel(CircuitsInState, BaseEstimator, ABC):
    """Base class of kernels.

    The way of the data is ``fit`` (learn what depends on the training data), ``encode`` (one
    simulation per row) and ``gram`` (inner products of encodings). ``kernel(X, Y)`` does the last
    two at once. A kernel that needs nothing from the data works without ``fit``.
    """

    @abstractmethod
    def fit(self, X, y=None, sample_weight=None):
        """Learn what depends on the training data."""

    @abstractmethod
    def encode(self, X, *, n_jobs=None, verbose=False):
        """Return a representation of every row that :meth:`gram` compares."""

    @abstractmethod
    def gram(self, A, B=None):
        """Return the kernel matrix of two encodings, or of one with itself."""

    @abstractmethod
    def diag(self, X):
        """Return the kernel of every row with itself."""

    @abstractmethod
    def encoded_row_bytes(self):
        """Return the memory that the encoding of one row takes."""

    def check_rows(self, X):
        """Raise if a row cannot be encoded, before any is.

        Parameters
        ----------
        X : ndarray of shape (n_samples, n_features)
            Checked rows.

        Raises
        ------
        ValueError
            If a feature map has no state for a row.
        """

    def take(self, encoded, rows):
        """Return the encodings of some rows.

        Parameters
        ----------
        encoded : object
            What :meth:`encode` returned.
        rows : array-like of int or slice
            Which ones.

        Returns
        -------
        object
            Their encodings.
        """
        return encoded[rows]

    def __call__(self, X, Y=None):
        """Return the kernel matrix.

        Parameters
        ----------
        X : array-like of shape (n_x, n_features)
            Rows.
        Y : array-like of shape (n_y, n_features) or None, default=None
            Other rows; None means `X`.

        Returns
        -------
        ndarray of shape (n_x, n_y)
            float64; symmetric to the last bit if `Y` is None.
        """
        if Y is None:
            if np.ndim(X) == 2:
                check_matrix(len(X), len(X))
            return self.gram(self.encode(X))
        if np.ndim(X) == np.ndim(Y) == 2:
            if np.shape(X)[1] != np.shape(Y)[1]:
                raise ValueError(
                    f"X has {np.shape(X)[1]} features and Y has {np.shape(Y)[1]} features; they "
                    "must be the same ones."
                )
            check_matrix(len(X), len(Y))
        return self.gram(self.encode(X), self.encode(Y))

    def evaluate(self, x_vec, y_vec=None):
        """Return the kernel matrix, under the name qiskit-machine-learning calls it by.

        Parameters
        ----------
        x_vec : array-like of shape (n_x, n_features) or (n_features,)
            Rows, or a single one.
        y_vec : array-like of shape (n_y, n_features) or (n_features,) or None, default=None
            Other rows; None means `x_vec`.

        Returns
        -------
        ndarray of shape (n_x, n_y)
            The kernel matrix.
        """
        return self(np.atleast_2d(x_vec), None if y_vec is None else np.atleast_2d(y_vec))

    # numpy scalars and arrays leave + and * to the methods below
    __array_ufunc__ = None

    # What scikit-learn's Gaussian processes ask of a kernel: there is nothing they could tune.
    n_dims = 0
    theta = np.empty(0)
    bounds = np.empty((0, 2))
    hyperparameters = ()
    requires_vector_input = True

    def is_stationary(self):
        """Return False: the kernel is in general no function of ``x - y``."""
        return False

    def clone_with_theta(self, theta):
        """Return a clone, for there are no hyperparameters in the sense of Gaussian processes.

        Parameters
        ----------
        theta : ndarray of shape (0,)
            Ignored.

        Returns
        -------
        Kernel
            An unfitted clone.
        """
        return clone(self)

    def __add__(self, other):
        return _composition().sum_of(self, other)

    def __radd__(self, other):
        return _composition().sum_of(other, self)

    def __mul__(self, other):
        return _composition().product_of(self, other)

    def __rmul__(self, other):
        return _composition().product_of(other, self)


# isinstance(kernel, BaseKernel) holds, so that qiskit-machine-learning's estimators take it.
BaseKernel.register(Kernel)
# scikit-learn calls kernels of this class with all rows at once, others (in Nystroem, KernelPCA,
# KernelRidge) pair by pair.
GaussianProcessKernel.register(Kernel)


def _composition():
    # Sums are kernels and kernels make sums: one of the two modules has to be imported late.
    from skquantum.kernels import _composition as module

    return module

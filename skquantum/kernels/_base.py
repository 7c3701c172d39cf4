"""What every kernel offers."""

from abc import ABC, abstractmethod

import numpy as np
from sklearn.base import BaseEstimator

from skquantum._circuits import CircuitsInState
from skquantum._runtime import check_matrix
from skquantum.kernels._protocols import ForeignProtocols
from skquantum.kernels._tiles import TiledMatrices, check_same_width

__all__ = ["AbstractKernel"]


class AbstractKernel(TiledMatrices, CircuitsInState, ForeignProtocols, BaseEstimator, ABC):
    """A kernel without operators.

    :class:`Kernel` adds them.
    """

    @abstractmethod
    def fit(self, X, y=None, sample_weight=None):
        """Learn what depends on the training data."""

    @abstractmethod
    def encode(self, X, *, n_jobs=None, verbose=False):
        """Return the encodings of rows, which :meth:`gram` compares.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Rows.
        n_jobs : int or None, default=None
            Workers, if the kernel does not say itself.
        verbose : bool or int, default=False
            Whether to show a progress bar.

        Returns
        -------
        Encoded
            With ``len``, ``take``, ``joined`` and ``nbytes``.
        """

    @abstractmethod
    def gram(self, A, B=None):
        """Return the kernel matrix of two encodings, or of one with itself.

        Parameters
        ----------
        A : Encoded
            Return value of :meth:`encode`.
        B : Encoded or None, default=None
            Other rows; None means `A`.

        Returns
        -------
        ndarray of shape (n_a, n_b)
            float64. The same for the same arguments, whatever was called before.
        """

    @abstractmethod
    def diag(self, X):
        """Return the kernel of every row with itself.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Rows.

        Returns
        -------
        ndarray of shape (n_samples,)
            The diagonal of the kernel matrix.
        """

    def is_fitted(self):
        """Return whether the kernel can be used for rows of other points as it is."""
        return True

    def encoded_row_bytes(self):
        """Return the memory that the encoding of one row takes, in bytes; 0 if unknown."""
        return 0

    def encoding_settings(self):
        """Return what encodings depend on besides the rows; estimators look for changes."""
        return ()

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

    def fit_gram(
        self, X, y=None, sample_weight=None, *, feature_names=None, n_jobs=None, verbose=False
    ):
        """Fit, and return the training matrix.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Training rows.
        y : array-like of shape (n_samples,) or None, default=None
            Targets, for kernels that learn from them.
        sample_weight : array-like of shape (n_samples,) or None, default=None
            Weights of the rows.
        feature_names : array-like of str of shape (n_features,) or None, default=None
            Names of the columns, for kernels whose ``fit`` takes them.
        n_jobs : int or None, default=None
            Workers, if the kernel does not say itself.
        verbose : bool or int, default=False
            Whether to show a progress bar.

        Returns
        -------
        encoded : Encoded
            The training rows, as ``gram(encode(X_test), encoded)`` needs them.
        K : ndarray of shape (n_samples, n_samples)
            Their kernel matrix.
        """
        names = {} if feature_names is None else {"feature_names": feature_names}
        self.fit(X, y, sample_weight=sample_weight, **names)
        encoded = self.encode(X, n_jobs=n_jobs, verbose=verbose)
        return encoded, self.gram(encoded)

    def has_gradient(self):
        """Return whether the fitted kernel is a differentiable function of its weights."""
        return True

    def draw_theta(self, random_state):
        """Return weights at random, for training to start with.

        Parameters
        ----------
        random_state : RandomState
            Seed or generator for the draws.

        Returns
        -------
        ndarray of shape (n_dims,)
            Angles from [0, 2 pi), and factors of features as their feature map draws them.
        """
        return np.empty(0)

    def rescale(self, X, sample_weight=None):
        """Resolve anew what ``fit`` has resolved from training rows, for the present weights.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Training rows.
        sample_weight : array-like of shape (n_samples,) or None, default=None
            Weights of the rows.
        """

    def linearize(self, X, *, n_jobs=None):
        """Return the kernel matrix of rows, and what it takes to differentiate it.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Rows.
        n_jobs : int or None, default=None
            Workers, if the kernel does not say itself.

        Returns
        -------
        K : ndarray of shape (n_samples, n_samples)
            The matrix.
        pull_back : callable
            Takes the derivatives of a function of the matrix, a symmetric array of its shape, and
            returns those with respect to `theta`, of shape (n_dims,).
        """
        K, gradient = self.gram_gradient(X, n_jobs=n_jobs)
        return K, lambda by_entry: np.tensordot(by_entry, gradient, 2)

    def gram_gradient(self, X, *, n_jobs=None):
        """Return the kernel matrix of rows, and its derivatives with respect to `theta`.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Rows.
        n_jobs : int or None, default=None
            Workers, if the kernel does not say itself.

        Returns
        -------
        K : ndarray of shape (n_samples, n_samples)
            The matrix.
        K_gradient : ndarray of shape (n_samples, n_samples, n_dims)
            Its derivatives; with `theta` of length 0 unless a subclass says otherwise.
        """
        K = self.gram(self.encode(X, n_jobs=n_jobs))
        return K, np.empty((*K.shape, 0))

    def __call__(self, X, Y=None, eval_gradient=False):
        """Return the kernel matrix.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_x, n_features)
            Rows.
        Y : {array-like, sparse matrix} of shape (n_y, n_features) or None, default=None
            Other rows; None means `X`.
        eval_gradient : bool, default=False
            Whether to return the gradient with respect to `theta` too, as Gaussian processes ask
            for it.

        Returns
        -------
        K : ndarray of shape (n_x, n_y)
            float64; symmetric to the last bit if `Y` is None.
        K_gradient : ndarray of shape (n_x, n_x, n_dims)
            Only with `eval_gradient`.
        """
        if Y is None:
            if np.ndim(X) == 2:
                check_matrix(np.shape(X)[0], np.shape(X)[0])
            return self.gram_gradient(X) if eval_gradient else self.gram(self.encode(X))
        if eval_gradient:
            raise ValueError("Gradient can only be evaluated when Y is None; pass X alone.")
        if np.ndim(X) == np.ndim(Y) == 2:
            check_same_width(np.shape(X)[1], np.shape(Y)[1])
            check_matrix(np.shape(X)[0], np.shape(Y)[0])
        return self.gram(self.encode(X), self.encode(Y))

"""Sums, products and constants of kernels."""

from abc import abstractmethod

import numpy as np
from sklearn.base import clone
from sklearn.utils.validation import check_array

from skquantum._validation import (
    FIT_CONTEXT,
    Interval,
    Real,
    feature_names_for,
    validate_rows,
)
from skquantum.kernels._base import Kernel

__all__ = ["ConstantKernel", "ProductKernel", "SumKernel", "product_of", "sum_of"]


def sum_of(a, b):
    """Return ``a + b``, one of them a kernel, the other a kernel or a number."""
    return SumKernel(_operand(a), _operand(b))


def product_of(a, b):
    """Return ``a * b``, one of them a kernel, the other a kernel or a number."""
    return ProductKernel(_operand(a), _operand(b))


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
        X : array-like of shape (n_samples, n_features)
            Training rows.
        y : object, default=None
            Ignored.
        sample_weight : array-like of shape (n_samples,) or None, default=None
            Weights of the rows, ignored.

        Returns
        -------
        self : ConstantKernel
            Fitted kernel.
        """
        validate_rows(self, X, reset=True)
        return self

    def encode(self, X, *, n_jobs=None, verbose=False):
        """Return an empty encoding per row.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Rows.
        n_jobs, verbose : object
            Ignored.

        Returns
        -------
        ndarray of shape (n_samples, 0)
            Nothing but the number of rows.
        """
        return np.empty((len(self._check(X)), 0))

    def _check(self, X):
        if hasattr(self, "n_features_in_"):
            return validate_rows(self, X, reset=False)
        self._validate_params()
        return check_array(X, input_name="X")

    def gram(self, A, B=None):
        """Return a matrix of equal numbers.

        Parameters
        ----------
        A : ndarray of shape (n_a, 0)
            Encoding.
        B : ndarray of shape (n_b, 0) or None, default=None
            Other encoding; None means `A`.

        Returns
        -------
        ndarray of shape (n_a, n_b)
            Filled with `value`.
        """
        return np.full((len(A), len(A if B is None else B)), float(self.value))

    def diag(self, X):
        """Return `value` for every row.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Rows.

        Returns
        -------
        ndarray of shape (n_samples,)
            Filled with `value`.
        """
        return np.full(len(self._check(X)), float(self.value))

    def encoded_row_bytes(self):
        """Return 0."""
        return 0


class _Pair(Kernel):
    """Two kernels whose matrices are combined entry by entry."""

    _parameter_constraints: dict = {"k1": [Kernel], "k2": [Kernel]}

    def __init__(self, k1, k2):
        self.k1 = k1
        self.k2 = k2

    @staticmethod
    @abstractmethod
    def _combine(a, b):
        """Combine two arrays of kernel values."""

    @FIT_CONTEXT
    def fit(self, X, y=None, sample_weight=None, feature_names=None):
        """Fit both kernels.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Training rows.
        y : array-like of shape (n_samples,) or None, default=None
            Targets, handed on.
        sample_weight : array-like of shape (n_samples,) or None, default=None
            Weights of the rows, handed on.
        feature_names : array-like of str of shape (n_features,) or None, default=None
            Names of the columns, where `X` is no data frame, handed on.

        Returns
        -------
        self : Kernel
            With `k1_` and `k2_`.
        """
        validate_rows(self, X, reset=True)

        def fitted(kernel):
            names = feature_names_for(kernel, self, feature_names)
            return clone(kernel).fit(X, y, sample_weight, **names)

        self.k1_ = fitted(self.k1)
        self.k2_ = fitted(self.k2)
        return self

    def _kernels(self):
        if hasattr(self, "k1_"):
            return self.k1_, self.k2_
        self._validate_params()
        return self.k1, self.k2

    def check_rows(self, X):
        """Raise if a row cannot be encoded by both kernels.

        Parameters
        ----------
        X : ndarray of shape (n_samples, n_features)
            Checked rows.
        """
        for kernel in self._kernels():
            kernel.check_rows(X)

    def encode(self, X, *, n_jobs=None, verbose=False):
        """Return the encodings of both kernels.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Rows.
        n_jobs, verbose : object
            Handed on.

        Returns
        -------
        tuple
            The two encodings.
        """
        return tuple(k.encode(X, n_jobs=n_jobs, verbose=verbose) for k in self._kernels())

    def take(self, encoded, rows):
        """Return the encodings of some rows.

        Parameters
        ----------
        encoded : tuple
            What :meth:`encode` returned.
        rows : array-like of int or slice
            Which ones.

        Returns
        -------
        tuple
            Their encodings.
        """
        return tuple(k.take(e, rows) for k, e in zip(self._kernels(), encoded, strict=True))

    def gram(self, A, B=None):
        """Return the combined kernel matrix.

        Parameters
        ----------
        A : tuple
            Encoding.
        B : tuple or None, default=None
            Other encoding; None means `A`.

        Returns
        -------
        ndarray of shape (n_a, n_b)
            Kernel matrix.
        """
        B = (None, None) if B is None else B
        return self._combine(*(k.gram(a, b) for k, a, b in zip(self._kernels(), A, B, strict=True)))

    def diag(self, X):
        """Return the combined kernel of every row with itself.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Rows.

        Returns
        -------
        ndarray of shape (n_samples,)
            The diagonal of the kernel matrix.
        """
        return self._combine(*(k.diag(X) for k in self._kernels()))

    def encoded_row_bytes(self):
        """Return the memory of both encodings of one row."""
        return sum(k.encoded_row_bytes() for k in self._kernels())


class SumKernel(_Pair):
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

    @staticmethod
    def _combine(a, b):
        return a + b


class ProductKernel(_Pair):
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

    @staticmethod
    def _combine(a, b):
        return a * b

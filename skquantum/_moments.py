"""Means and standard deviations that features and targets are standardised by."""

import numpy as np
from scipy.sparse import issparse
from sklearn.utils.sparsefuncs import mean_variance_axis

__all__ = ["moments"]


def moments(X, sample_weight=None):
    """Return weighted mean and standard deviation of each column.

    Parameters
    ----------
    X : {ndarray, CSR matrix} of shape (n_rows, n_columns)
        Finite numbers.
    sample_weight : ndarray of shape (n_rows,) or None, default=None
        Weights of the rows, not all of them 0.

    Returns
    -------
    mean : ndarray of shape (n_columns,)
        Means.
    scale : ndarray of shape (n_columns,)
        Standard deviations; 1 where a column is constant.
    """
    if issparse(X):
        mean, variance = mean_variance_axis(X, axis=0, weights=sample_weight)
        largest = abs(X).max(axis=0).toarray().ravel()
        scale = np.sqrt(variance)
    else:
        largest = np.abs(X).max(axis=0)
        _, exponent = np.frexp(largest)  # by powers of two, which round nothing, squares stay small
        scaled = np.ldexp(X, -exponent)
        mean = np.average(scaled, axis=0, weights=sample_weight)
        scale = np.sqrt(np.average((scaled - mean) ** 2, axis=0, weights=sample_weight))
        mean, scale = np.ldexp(mean, exponent), np.ldexp(scale, exponent)
    rounding = 8 * np.finfo(np.float64).eps * largest
    return mean, np.where(scale > rounding, scale, 1.0)

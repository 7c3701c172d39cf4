"""Means, variances and standard deviations that features and targets are scaled by."""

import numpy as np
from scipy.sparse import issparse
from sklearn.utils.sparsefuncs import mean_variance_axis

__all__ = ["moments", "total_variance"]


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


def total_variance(X, sample_weight=None):
    """Return the variance of all entries, rows counted as often as their weight says.

    Parameters
    ----------
    X : {ndarray, CSR matrix} of shape (n_rows, n_columns)
        Finite numbers; entries that a matrix does not store count as 0.
    sample_weight : ndarray of shape (n_rows,) or None, default=None
        Weights of the rows; without effect if all of them are 0.

    Returns
    -------
    float
        The variance.
    """
    weights = None if sample_weight is None or not sample_weight.any() else sample_weight
    if issparse(X):
        return _sparse_variance(X, np.ones(X.shape[0]) if weights is None else weights)
    if weights is None:
        return X.var()
    weights = np.repeat(weights, X.shape[1])
    mean = np.average(X.ravel(), weights=weights)
    return np.average((X.ravel() - mean) ** 2, weights=weights)


def _sparse_variance(X, weights):
    stored = np.diff(X.indptr)
    by_entry = np.repeat(weights, stored)
    total = weights.sum() * X.shape[1]
    mean = (by_entry @ X.data) / total
    elsewhere = weights @ (X.shape[1] - stored)
    return (by_entry @ (X.data - mean) ** 2 + elsewhere * mean**2) / total

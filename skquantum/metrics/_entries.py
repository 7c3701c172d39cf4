"""Entries of kernel matrices: which there are, and checks of what a matrix is."""

import numpy as np
from sklearn.utils.validation import check_array

__all__ = ["as_square", "as_symmetric", "distinct_entries", "entry_variance"]

# Relative to the largest entry: more than rounding leaves in a kernel matrix.
ASYMMETRY = 1e-8


def as_square(K, name="K"):
    """Return a finite square float64 matrix, or raise."""
    K = check_array(K, dtype=np.float64, input_name=name)
    if K.shape[0] != K.shape[1]:
        raise ValueError(
            f"{name} has shape {K.shape}; pass the square matrix of the training rows."
        )
    return K


def as_symmetric(K, name="K"):
    """Return a finite matrix, symmetric to the last bit, or raise if `K` is not nearly so."""
    K = as_square(K, name)
    difference = np.abs(K - K.T)
    i, j = np.unravel_index(difference.argmax(), K.shape)
    if difference[i, j] > ASYMMETRY * np.abs(K).max():
        raise ValueError(
            f"{name}[{i}, {j}] = {K[i, j]:g} and {name}[{j}, {i}] = {K[j, i]:g}, but a symmetric "
            f"matrix is needed; pass ({name} + {name}.T) / 2."
        )
    return (K + K.T) / 2


def distinct_entries(K):
    """Return the entries that were measured on their own, and how often each stands in `K`."""
    if K.shape[0] != K.shape[1]:
        return K.ravel(), 1
    if np.array_equal(K, K.T):
        return K[np.triu_indices(len(K), 1)], 2
    return K[~np.eye(len(K), dtype=bool)], 1


def entry_variance(entries):
    """Return the unbiased variance; exactly 0 for equal values, unlike that of NumPy."""
    return entries.var(ddof=1) if np.ptp(entries) > 0 else 0.0

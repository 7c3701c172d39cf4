"""Sparse rows, made dense in blocks where numbers are computed from them."""

from scipy.sparse import issparse

from skquantum._runtime._memory import blocks_of_rows, check_memory, rows_in_working_memory
from skquantum.exceptions import RowError

__all__ = ["as_dense", "in_dense_blocks"]

# Rows, values of parameters, and angles with what they are computed from.
COPIES = 8
# Larger blocks save no time, whatever scikit-learn's working_memory is.
BLOCK_BYTES = 64 * 2**20


def as_dense(X):
    """Return all rows as an array.

    Parameters
    ----------
    X : ndarray or sparse matrix or array of shape (n_samples, n_features)
        Rows.

    Returns
    -------
    ndarray of shape (n_samples, n_features)
        `X` itself if it is dense.

    Raises
    ------
    InsufficientMemoryError
        If it would not fit into memory.
    """
    if not issparse(X):
        return X
    n_rows, n_features = X.shape
    check_memory(
        8 * n_rows * n_features,
        f"A dense copy of {n_rows} sparse rows with {n_features} features",
        "pass fewer rows at a time, or reduce the features, for instance by "
        "sklearn.decomposition.TruncatedSVD",
    )
    return X.toarray(order="C")


def in_dense_blocks(function, X):
    """Apply a function to rows, of which some at a time are made dense if they are sparse.

    Parameters
    ----------
    function : callable
        Takes an array of rows.
    X : ndarray or CSR matrix or array of shape (n_samples, n_features)
        Rows.

    Returns
    -------
    list
        What the function returned, block by block; one block if `X` is dense.

    Raises
    ------
    RowError
        As the function raises it, with the number that the row has in `X`.
    """
    if not issparse(X):
        return [function(X)]
    n_rows, n_features = X.shape
    row_bytes = COPIES * 8 * n_features
    per_block = min(rows_in_working_memory(row_bytes), max(1, BLOCK_BYTES // row_bytes))
    found = []
    for block in blocks_of_rows(n_rows, per_block):
        try:
            found.append(function(X[block].toarray(order="C")))
        except RowError as error:
            raise error.counted_from(block.start) from None
    return found

"""Squared overlaps of states, by BLAS, in tiles."""

import numpy as np
from scipy.linalg import get_blas_funcs

from skquantum._runtime import blocks_of_rows, rows_in_working_memory

__all__ = ["overlap_bytes", "squared_overlaps", "traces"]


def squared_overlaps(A, B=None):
    r"""Return :math:`|\langle a_i | b_j \rangle|^2` for all pairs of rows.

    Tiles of rows keep temporary memory under scikit-learn's ``working_memory``. Without `B`, each
    pair is computed once (a Hermitian rank-k update on the diagonal tiles) and mirrored, so that
    the result is symmetric to the last bit, and the diagonal is 1.

    Parameters
    ----------
    A : ndarray of shape (n_a, dim)
        Normalised states, complex64 or complex128, C-ordered.
    B : ndarray of shape (n_b, dim) or None, default=None
        Other states; None means `A`.

    Returns
    -------
    ndarray of shape (n_a, n_b)
        float64.
    """
    other = A if B is None else B
    if A.shape[1] != other.shape[1]:
        raise ValueError(
            f"The states to compare have {A.shape[1]} and {other.shape[1]} amplitudes; encode both "
            "with the same circuit (call fit first, or pass rows with the same number of features)."
        )
    K = np.empty((len(A), len(other)))
    # The product, and its squares on the way into the result.
    for tile in blocks_of_rows(len(A), rows_in_working_memory(2 * len(other) * A.itemsize)):
        if B is not None:
            K[tile] = _rectangle(A[tile], B)
            continue
        K[tile, tile] = _triangle(A[tile])
        rest = slice(tile.stop, len(A))
        K[tile, rest] = _rectangle(A[tile], A[rest])
        K[rest, tile] = K[tile, rest].T
    if B is None:
        np.fill_diagonal(K, 1.0)
    return K


def overlap_bytes(n_rows, n_other, itemsize):
    """Return the largest memory in use in :func:`squared_overlaps`, the result included.

    Parameters
    ----------
    n_rows : int
        Number of rows.
    n_other : int or None
        Number of other rows; None means that the rows are compared with themselves.
    itemsize : int
        Bytes of an amplitude.

    Returns
    -------
    int
        Bytes.
    """
    n_columns = n_rows if n_other is None else n_other
    per_tile = min(n_rows, rows_in_working_memory(2 * n_columns * itemsize))
    rest = n_rows - per_tile
    result = 8 * n_rows * n_columns
    # the product, and the squares of its two parts
    entry = 2 * itemsize
    if n_other is not None:
        first, then = n_columns, min(per_tile, rest) * n_columns
    elif not rest:
        # both triangles are put together beside the result
        return max(entry, 8 + 3 * itemsize // 2) * n_rows**2
    else:
        first = max(per_tile, rest)
        then = min(per_tile, rest) * max(rest - per_tile, min(per_tile, rest))
    # pages of the result are touched when the first tile is written
    written = 8 * per_tile * min(per_tile, n_columns)
    return max(entry * per_tile * first + written, result + entry * then)


def _rectangle(A, B):
    # BLAS is column-major: A.T and B.T are its views of these arrays, without a copy.
    gemm = get_blas_funcs("gemm", (A, B))
    return _squared_modulus(gemm(1.0, B.T, A.T, trans_a=2).T)


def _triangle(A):
    (herk,) = get_blas_funcs(["herk"], (A,))
    upper = _squared_modulus(herk(1.0, A.T, trans=2))
    return upper + np.triu(upper, 1).T  # herk leaves the other triangle zero


def _squared_modulus(z):
    square = np.square(z.real)
    square += np.square(z.imag)
    return square


def traces(A, B=None):
    """Return traces of products of operators, for both orders of every pair of rows.

    Parameters
    ----------
    A : ndarray of shape (n_a, 1 or 2, dim)
        States, and effects if there are any, as real vectors.
    B : ndarray of shape (n_b, 1 or 2, dim) or None, default=None
        Those of other rows; None means `A`.

    Returns
    -------
    forth : ndarray of shape (n_a, n_b)
        States of `A` with effects, or else states, of `B`.
    back : ndarray of shape (n_a, n_b)
        States of `B` with effects, or else states, of `A`.
    """
    other = A if B is None else B
    if A.shape[1:] != other.shape[1:]:
        raise ValueError(
            f"The encodings to compare have shapes {A.shape[1:]} and {other.shape[1:]} per row; "
            "encode both with the same circuit and engine."
        )
    forth = A[:, 0] @ other[:, -1].T
    back = forth.T if B is None else A[:, -1] @ other[:, 0].T
    return forth, back

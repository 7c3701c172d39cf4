"""Kernel matrices of devices that give nothing but counts: a circuit for every pair."""

import numpy as np

__all__ = ["measured_pairs"]


def measured_pairs(session, A, B=None, *, symmetric, with_diagonal, **options):
    """Measure a kernel matrix pair by pair.

    Parameters
    ----------
    session : Session
        Offers ``overlaps``.
    A : ndarray of shape (n_a, n_parameters)
        Parameter values (radians) of the rows whose circuit comes first.
    B : ndarray of shape (n_b, n_parameters) or None, default=None
        Those of the rows whose inverse circuit follows; None means `A`.
    symmetric : bool
        Without `B`: whether each pair is measured in one order only, that of the rows.
    with_diagonal : bool
        Without `B`: whether the diagonal is measured, rather than taken to be 1.
    **options
        Passed on to ``overlaps``.

    Returns
    -------
    ndarray of shape (n_a, n_b)
        Fractions of shots; symmetric to the last bit if there is no `B` and `symmetric` is true.
    """
    if B is not None:
        pairs = np.indices((len(A), len(B))).reshape(2, -1).T
        return session.overlaps(A, B, pairs, **options).reshape(len(A), len(B))
    wanted = np.ones((len(A), len(A)), dtype=bool)
    if symmetric:
        wanted = np.triu(wanted)
    if not with_diagonal:
        np.fill_diagonal(wanted, False)
    pairs = np.argwhere(wanted)
    K = np.eye(len(A))
    left, right = pairs.T
    K[left, right] = session.overlaps(A, A, pairs, **options)
    if symmetric:
        K[right, left] = K[left, right]
    return K

"""Kernel matrices where every pair of rows has a circuit of its own: of devices, which give nothing
but counts, and under noise that may depend on the whole circuit.
"""

import warnings

import numpy as np

from skquantum.exceptions import PairwiseWarning
from skquantum.kernels._encoding import piece_by_piece

__all__ = ["measured_pairs", "simulated_pairs"]

# As much as is computed between two writes to a checkpoint.
PAIRS_PER_PIECE = 500


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


def simulated_pairs(session, A, B=None, *, both_orders, checkpoint, **options):
    """Simulate a kernel matrix pair by pair.

    Parameters
    ----------
    session : Session
        Offers ``overlaps`` as probabilities.
    A, B : ndarray of shape (n_rows, n_parameters)
        Parameter values (radians) of the rows; without `B`, of both sides.
    both_orders : bool
        Whether the rows of `B` are needed first, too.
    checkpoint : Checkpoint or None
        Keeps what is finished.
    **options
        Passed on to ``overlaps``.

    Returns
    -------
    forth, back : ndarray of shape (n_a, n_b)
        Probabilities with the row of `A` first, and with that of `B` first (or the former again,
        if they are not needed).

    Warns
    -----
    PairwiseWarning
        That there is a simulation for every pair.
    """
    other = A if B is None else B
    if len(A) * len(other) > 1:
        warnings.warn(
            "The noise may depend on the whole circuit, so that the kernel does not split into a "
            "part for each row: a circuit is simulated for every pair of rows, in place of two "
            "for every row.",
            PairwiseWarning,
        )
    forth = _probabilities(session, A, other, checkpoint, options)
    if B is None:
        return forth, forth.T
    return forth, _probabilities(session, B, A, checkpoint, options).T if both_orders else forth


def _probabilities(session, first, second, checkpoint, options):
    pairs = np.indices((len(first), len(second))).reshape(2, -1).T
    if checkpoint is None:
        found = session.overlaps(first, second, pairs, **options)
    else:
        found = piece_by_piece(
            lambda block: session.overlaps(first, second, pairs[block], **options),
            lambda block: np.hstack([first[pairs[block, 0]], second[pairs[block, 1]]]),
            len(pairs),
            PAIRS_PER_PIECE,
            checkpoint,
        )
    return found.reshape(len(first), len(second))

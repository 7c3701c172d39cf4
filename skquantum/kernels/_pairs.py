"""Kernel matrices where every pair of rows has a circuit of its own: of devices, which give nothing
but counts, and under noise that may depend on the whole circuit.
"""

import warnings
from functools import partial

import numpy as np

from skquantum.kernels._encoding import BYTES_PER_PIECE, piece_by_piece

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
    UserWarning
        That there is a simulation for every pair.
    """
    other = A if B is None else B
    n_circuits = len(A) * len(other) * (2 if B is not None and both_orders else 1)
    if n_circuits > 1:
        warnings.warn(
            "The noise may depend on the whole circuit, so that the kernel does not split into a "
            f"part for each row: {n_circuits} circuits of pairs are simulated, in place of "
            f"{2 * (len(A) + (0 if B is None else len(B)))} of rows.",
            stacklevel=4,
        )
    forth = _probabilities(session, A, other, checkpoint, options)
    if B is None:
        return forth, forth.T
    return forth, _probabilities(session, B, A, checkpoint, options).T if both_orders else forth


def _probabilities(session, first, second, checkpoint, options):
    left, right = np.indices((len(first), len(second))).reshape(2, -1)
    pairs = np.hstack([first[left], second[right]])
    compute = partial(_overlaps_of, session, options)
    if checkpoint is None:
        found = compute(pairs)
    else:
        found = piece_by_piece(compute, pairs, BYTES_PER_PIECE // PAIRS_PER_PIECE, checkpoint)
    return found.reshape(len(first), len(second))


def _overlaps_of(session, options, pairs):
    first, second = np.hsplit(pairs, 2)
    return session.overlaps(first, second, np.arange(len(pairs))[:, None].repeat(2, 1), **options)

"""Counts of shots: binomial draws, one for every pair of rows, whoever asks for it."""

import numpy as np
from scipy.stats import binom

from skquantum._runtime import blocks_of_rows, mixed, rows_in_working_memory

__all__ = ["BYTES_PER_TILE", "drawn", "measured"]

# Some twelve matrices of 8 bytes are in use at a time.
BYTES_PER_DRAW = 96
# Larger tiles are no faster.
BYTES_PER_TILE = 64 * 2**20


def measured(forth, back, keys_a, keys_b, shots, symmetric, seed):
    """Return what is measured for all pairs of rows, given the probabilities.

    Parameters
    ----------
    forth, back : ndarray of shape (n_a, n_b)
        Probability of the outcome for every pair of rows, with the row of `a` first, or second;
        one and the same array where there is no order.
    keys_a, keys_b : callable
        Return the keys of the rows, of shape (n_a,) or (n_b,); what is drawn for a pair depends on
        both, and on no other pair.
    shots : int or None
        Draws per pair; None means none.
    symmetric : bool
        Whether both orders are measured, half of the shots each, or the first only.
    seed : int
        Between 0 and 2 ** 63.

    Returns
    -------
    ndarray of shape (n_a, n_b)
        Frequencies, or probabilities.
    """
    if shots is None:
        return (forth + back) / 2 if symmetric and forth is not back else forth
    keys_a, keys_b = keys_a(), keys_b()
    counts = np.empty(forth.shape)
    row_bytes = BYTES_PER_DRAW * forth.shape[1]
    per_tile = min(rows_in_working_memory(row_bytes), max(1, BYTES_PER_TILE // max(1, row_bytes)))
    for rows in blocks_of_rows(len(forth), per_tile):
        pairs = keys_a[rows, None], keys_b[None]
        counts[rows] = drawn(forth[rows], back[rows], *pairs, shots, symmetric, seed)
    return counts


def drawn(forth, back, one, other, shots, symmetric, seed):
    """Return frequencies for pairs of keys, which are broadcast to the shape of probabilities."""
    if not symmetric:
        return _draw(forth, shots, one, other, seed) / shots
    first = one <= other
    low, high = np.where(first, one, other), np.where(first, other, one)
    there = np.where(first, forth, back)
    again = np.where(first, back, forth)
    counts = _draw(there, shots - shots // 2, low, high, seed)
    counts += _draw(again, shots // 2, low, high, seed + 1)
    return counts / shots


def _draw(probabilities, shots, keys_a, keys_b, seed):
    """Draw numbers of times; keys are broadcast to the shape of the probabilities."""
    if shots == 0:
        return np.zeros(probabilities.shape)
    bits = mixed(mixed(keys_a ^ mixed(np.array(seed, dtype=np.uint64))) + keys_b)
    uniform = ((bits >> np.uint64(11)).astype(np.float64) + 0.5) * 2.0**-53
    # the quantile of a uniform number; rounding may have left [0, 1]
    return binom.ppf(uniform, shots, np.clip(probabilities, 0.0, 1.0))

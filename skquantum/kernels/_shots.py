"""Counts of shots: binomial draws, one for every pair of rows, whoever asks for it."""

from hashlib import blake2b

import numpy as np
from scipy.stats import binom
from sklearn.utils import gen_batches

from skquantum._runtime import rows_in_working_memory

__all__ = ["measured", "row_keys"]


def row_keys(encoded):
    """Return a number for every row that depends on nothing but the row.

    Parameters
    ----------
    encoded : ndarray of shape (n_rows, ...)
        Encodings.

    Returns
    -------
    ndarray of shape (n_rows,)
        uint64. Rows that are equal get different numbers: the first, the second and so on.
    """
    seen = {}
    keys = np.empty(len(encoded), dtype=np.uint64)
    for number, row in enumerate(encoded):
        digest = blake2b(np.ascontiguousarray(row).tobytes(), digest_size=8).digest()
        seen[digest] = seen.get(digest, 0) + 1
        keys[number] = int.from_bytes(digest, "little")
        keys[number : number + 1] = _mix(keys[number : number + 1] + np.uint64(seen[digest]))
    return keys


def measured(forth, back, keys_a, keys_b, shots, symmetric, entropy):
    """Return what is measured, given the probabilities.

    Parameters
    ----------
    forth, back : ndarray of shape (n_a, n_b)
        Probability of the outcome for every pair of rows, with the row of `a` first, or second.
    keys_a, keys_b : ndarray of shape (n_a,) or (n_b,), or None
        Results of :func:`row_keys`; what is drawn for a pair depends on both, and on no other
        pair.
    shots : int or None
        Draws per pair; None means none.
    symmetric : bool
        Whether both orders are measured, half of the shots each, or the first only.
    entropy : int
        Seed, between 0 and 2 ** 63.

    Returns
    -------
    ndarray of shape (n_a, n_b)
        Frequencies, or probabilities.
    """
    if shots is None:
        return (forth + back) / 2 if symmetric else forth
    counts = np.empty(forth.shape)
    # some ten matrices of 8 bytes are in use at a time
    for rows in gen_batches(len(forth), rows_in_working_memory(80 * forth.shape[1])):
        one, other = keys_a[rows, None], keys_b[None]
        if not symmetric:
            counts[rows] = _draw(forth[rows], shots, one, other, entropy)
            continue
        first = one <= other
        low, high = np.where(first, one, other), np.where(first, other, one)
        there = np.where(first, forth[rows], back[rows])
        again = np.where(first, back[rows], forth[rows])
        counts[rows] = _draw(there, shots - shots // 2, low, high, entropy)
        counts[rows] += _draw(again, shots // 2, low, high, entropy + 1)
    return counts / shots


def _draw(probabilities, shots, keys_a, keys_b, entropy):
    """Draw numbers of times; keys are broadcast to the shape of the probabilities."""
    if shots == 0:
        return np.zeros(probabilities.shape)
    bits = _mix(_mix(keys_a ^ _mix(np.array(entropy, dtype=np.uint64))) + keys_b)
    uniform = ((bits >> np.uint64(11)).astype(np.float64) + 0.5) * 2.0**-53
    # the quantile of a uniform number; rounding may have left [0, 1]
    return binom.ppf(uniform, shots, np.clip(probabilities, 0.0, 1.0))


def _mix(numbers):
    """Scramble 64-bit numbers, as the generator SplitMix64 does (Steele, Lea, Flood 2014)."""
    numbers = np.atleast_1d(numbers) + np.uint64(0x9E3779B97F4A7C15)  # scalars would warn
    numbers = (numbers ^ (numbers >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    numbers = (numbers ^ (numbers >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return numbers ^ (numbers >> np.uint64(31))

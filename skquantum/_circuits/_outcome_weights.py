"""What a measured bitstring counts: an array, a function of bits, or a largest number of ones."""

import numpy as np

from skquantum._validation import Integral

__all__ = ["MAX_QUBITS_OF_ARRAYS", "BitWeights", "are_zero_or_one", "check_weights"]

# Arrays have one number per bitstring; wider circuits have functions.
MAX_QUBITS_OF_ARRAYS = 20
# Bitstrings whose bits are written out at a time.
PER_BLOCK = 2**14


class BitWeights:
    """Weights of bitstrings by a function of their bits, which is held to return them.

    Parameters
    ----------
    function : callable
        Takes integers 0 and 1 of shape (n_outcomes, n_qubits), those of qubit q in column q, and
        returns real numbers of shape (n_outcomes,).
    """

    def __init__(self, function):
        self._function = function

    def __call__(self, bits):
        """Return weights of shape (n_outcomes,), or raise a ValueError."""
        weights = np.asarray(self._function(bits))
        if (
            weights.shape != (len(bits),)
            or weights.dtype.kind not in "biuf"
            or not np.isfinite(weights).all()
        ):
            raise ValueError(
                f"outcome_weights returned {weights.dtype} of shape {weights.shape} for bits of "
                f"shape {bits.shape}; return {len(bits)} finite real numbers, one for each row."
            )
        return weights.astype(np.float64)


class _AtMost:
    """Counts bitstrings with few ones."""

    def __init__(self, max_ones):
        self._max_ones = max_ones

    def __call__(self, bits):
        return bits.sum(axis=1) <= self._max_ones


def check_weights(weights, n_qubits):
    """Return what every bitstring counts, or raise.

    Parameters
    ----------
    weights : array-like of shape (2 ** n_qubits,), callable, dict or None
        Numbers, little-endian; a function of bits, as :class:`BitWeights` takes it; or
        ``{"max_ones": h}``, by which bitstrings with at most h ones count 1, others 0.
    n_qubits : int
        Number of measured qubits.

    Returns
    -------
    ndarray of shape (2 ** n_qubits,), BitWeights or None
        An array for at most 20 qubits, a function for more; None for None.

    Raises
    ------
    ValueError
        If that is none, or of another width.
    """
    if weights is None or isinstance(weights, BitWeights):
        return weights
    if isinstance(weights, dict):
        weights = _AtMost(_max_ones(weights, n_qubits))
    if callable(weights):
        weights = BitWeights(weights)
        if n_qubits > MAX_QUBITS_OF_ARRAYS:
            weights(np.repeat([[0], [1]], n_qubits, axis=1))  # refused before anything is run
            return weights
        return _on_all_bitstrings(weights, n_qubits)
    if n_qubits > MAX_QUBITS_OF_ARRAYS:
        raise ValueError(
            f"outcome_weights in an array are for at most {MAX_QUBITS_OF_ARRAYS} qubits, the "
            f"circuit has {n_qubits}; pass a function of bits, or {{'max_ones': h}}."
        )
    if np.iscomplexobj(weights):
        raise ValueError("outcome_weights are complex; the weight of a bitstring is a real number.")
    weights = np.ascontiguousarray(weights, dtype=np.float64)
    if weights.shape != (2**n_qubits,) or not np.isfinite(weights).all():
        raise ValueError(
            f"outcome_weights have shape {weights.shape}, the circuit has {n_qubits} qubits; pass "
            f"{2**n_qubits} finite numbers, one for each bitstring."
        )
    return weights


def _max_ones(weights, n_qubits):
    if weights.keys() != {"max_ones"}:
        raise ValueError(
            f"outcome_weights is a dict with the keys {sorted(map(str, weights))}; pass "
            "{'max_ones': h}, by which bitstrings with at most h ones count."
        )
    max_ones = weights["max_ones"]
    if not isinstance(max_ones, Integral) or not 0 <= max_ones < n_qubits:
        raise ValueError(
            f"max_ones={max_ones!r}, but with {n_qubits} qubits it is an integer from 0 to "
            f"{n_qubits - 1}; {n_qubits} would count every bitstring."
        )
    return max_ones


def _on_all_bitstrings(function, n_qubits):
    weights = np.empty(2**n_qubits)
    for start in range(0, len(weights), PER_BLOCK):
        numbers = np.arange(start, min(start + PER_BLOCK, len(weights)))
        weights[numbers] = function(numbers[:, None] >> np.arange(n_qubits) & 1)
    return weights


def are_zero_or_one(weights):
    """Return whether weights are known to count outcomes, before they are checked."""
    if weights is None or isinstance(weights, dict):
        return True
    return not callable(weights) and bool(np.isin(weights, (0, 1)).all())

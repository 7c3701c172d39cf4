"""Which pairs of qubits are entangled."""

from itertools import combinations

__all__ = ["ENTANGLEMENTS", "qubit_pairs"]

ENTANGLEMENTS = ("linear", "circular", "full", "none")


def qubit_pairs(entanglement, n_qubits):
    """Return the pairs of a named pattern, or check those of a list.

    Parameters
    ----------
    entanglement : {"linear", "circular", "full", "none"} or sequence of pairs of int
        "linear" couples neighbours, "circular" also the last qubit with the first, "full" every
        pair.
    n_qubits : int
        Number of qubits.

    Returns
    -------
    list of tuple of int
        (control, target) in order.

    Raises
    ------
    ValueError
        If the name is unknown, or a pair does not hold two different qubits of the circuit.
    """
    if isinstance(entanglement, str):
        neighbours = [(q, q + 1) for q in range(n_qubits - 1)]
        patterns = {
            "linear": neighbours,
            # Two qubits have one bond, not two.
            "circular": neighbours + ([(n_qubits - 1, 0)] if n_qubits > 2 else []),
            "full": list(combinations(range(n_qubits), 2)),
            "none": [],
        }
        if entanglement not in patterns:
            raise ValueError(
                f"entanglement={entanglement!r} is unknown; use one of "
                f"{', '.join(map(repr, ENTANGLEMENTS))} or a list of pairs of qubits."
            )
        return patterns[entanglement]
    pairs = [tuple(pair) for pair in entanglement]
    for pair in pairs:
        if len(pair) != 2 or pair[0] == pair[1] or not all(0 <= q < n_qubits for q in pair):
            raise ValueError(
                f"entanglement holds {pair}, which is not a pair of different qubits between 0 "
                f"and {n_qubits - 1}."
            )
    return pairs

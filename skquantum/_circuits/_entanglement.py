"""Which pairs of qubits are entangled."""

import operator
from itertools import combinations

__all__ = ["ENTANGLEMENTS", "check_groups", "qubit_pairs"]

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
    return check_groups(entanglement, n_qubits, 2)


def check_groups(groups, n_qubits, length):
    """Return groups of qubits as tuples of int.

    Parameters
    ----------
    groups : sequence of sequence of int
        The groups.
    n_qubits : int
        Number of qubits of the circuit.
    length : int
        How many different qubits each group has to hold.

    Returns
    -------
    list of tuple of int
        The groups.

    Raises
    ------
    ValueError
        If one of them is something else.
    """
    checked = []
    for group in groups:
        try:
            qubits = tuple(operator.index(qubit) for qubit in group)
        except TypeError:
            qubits = ()
        distinct = {qubit for qubit in qubits if 0 <= qubit < n_qubits}
        if not len(distinct) == len(qubits) == length:
            what = "a pair of different qubits" if length == 2 else f"{length} different qubits"
            raise ValueError(
                f"entanglement holds {group}, which is not {what} between 0 and {n_qubits - 1}."
            )
        checked.append(qubits)
    return checked

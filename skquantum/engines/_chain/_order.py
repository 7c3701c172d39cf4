"""The order of the qubits along the chain."""

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import reverse_cuthill_mckee

__all__ = ["moved", "orders"]


def orders(gates, n_qubits):
    """Return the orders of the qubits that are worth trying.

    Parameters
    ----------
    gates : list of tuple
        Result of ``read``.
    n_qubits : int
        Width of the circuit.

    Returns
    -------
    list of ndarray of shape (n_qubits,)
        Site of each qubit: as they are numbered, and, if gates reach less far there, in reverse
        Cuthill-McKee order, which lays rings, ladders and shuffled lines along the chain.
    """
    pairs = {pair for gate in gates for pair in _pairs(gate)}
    natural = np.arange(n_qubits)
    if not pairs:
        return [natural]
    one, other = np.array(sorted(pairs)).T
    graph = coo_array((np.ones(len(one)), (one, other)), shape=(n_qubits, n_qubits)).tocsr()
    sites = np.empty(n_qubits, dtype=int)
    sites[reverse_cuthill_mckee(graph + graph.T, symmetric_mode=True)] = natural
    if np.abs(sites[one] - sites[other]).max() < np.abs(one - other).max():
        return [natural, sites]
    return [natural]


def _pairs(gate):
    kind, *arguments = gate
    if kind in ("sum_up", "swap"):
        return [tuple(arguments)]
    if kind in ("phase", "pair") and len(arguments[0]) > 1:
        return [tuple(arguments[0])]
    return []


def moved(gates, sites):
    """Return gates with sites in place of qubits."""
    found = []
    for kind, *arguments in gates:
        if kind in ("sum_up", "swap"):
            found.append((kind, *(int(sites[wire]) for wire in arguments)))
        elif kind in ("phase", "pair"):
            wires, content = arguments
            found.append((kind, tuple(int(sites[wire]) for wire in wires), content))
        else:
            wire, *content = arguments
            found.append((kind, int(sites[wire]), *content))
    return found

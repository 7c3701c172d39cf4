"""Minimum finding by Grover's search: the exact statistics of the process, and its circuits.

The process (Dürr and Høyer) keeps the best candidate so far. A round draws j, turns the uniform
superposition j times towards all candidates that are better, of which there are t among N, and
measures: with probability sin((2 j + 1) asin(sqrt(t / N)))**2 one of them, each as likely as the
others. So its statistics follow from the sorted values alone.
"""

from math import asin, ceil, comb, log2, sin, sqrt

import numpy as np
from qiskit import QuantumCircuit
from qiskit.circuit.library import DiagonalGate, StatePreparation
from sklearn.utils import check_random_state

from skquantum._runtime import check_memory
from skquantum.combinatorial._qubo import LowEnergies, all_energies, as_qubo, distinct, of_bits

__all__ = ["expected_queries", "find_minimum", "grover", "grover_circuit", "query_budget"]

GROWTH = 8 / 7  # of the range of j after a round without success
NEGLIGIBLE = 1e-12
BYTES_PER_CANDIDATE = 100  # numbers, energies, and what sorts and counts them


def query_budget(n_candidates):
    """Return after how many queries minimum finding stops.

    By then the minimum has been found more often than not, and in practice nearly always.

    Parameters
    ----------
    n_candidates : int
        Number of candidates.

    Returns
    -------
    int
        22.5 sqrt(N) + 1.4 log2(N)**2, rounded up.

    Examples
    --------
    >>> from skquantum.combinatorial import query_budget
    >>> query_budget(1024)
    860
    """
    return ceil(22.5 * sqrt(n_candidates) + 1.4 * log2(n_candidates) ** 2)


def find_minimum(values, *, max_queries=None, random_state=None):
    """Simulate one run of minimum finding, by its exact statistics.

    A query is one evaluation of all candidates in superposition. The first candidate counts as
    one, a round of j turns as j + 1, because the measured candidate is evaluated as well.

    Parameters
    ----------
    values : array-like of shape (n_candidates,)
        Values to minimise.
    max_queries : int or None, default=None
        When the run stops. None means :func:`query_budget`.
    random_state : int, RandomState instance or None, default=None
        Seed or generator for the measurements.

    Returns
    -------
    candidates : ndarray of int
        The best candidate so far after each improvement.
    queries : ndarray of int
        The queries until each of them was measured.

    References
    ----------
    .. [1] C. Dürr and P. Høyer, "A quantum algorithm for finding the minimum",
       arXiv:quant-ph/9607014.
    .. [2] M. Boyer, G. Brassard, P. Høyer and A. Tapp, "Tight bounds on quantum searching",
       Fortschr. Phys. 46, 493 (1998).

    Examples
    --------
    >>> import numpy as np
    >>> from skquantum.combinatorial import find_minimum
    >>> candidates, queries = find_minimum(np.arange(1000.0), random_state=0)
    >>> candidates[-1]
    np.int64(0)
    """
    values = np.asarray(values, dtype=np.float64)
    random_state = check_random_state(random_state)
    n = len(values)
    max_queries = query_budget(n) if max_queries is None else max_queries
    order = np.argsort(values, kind="stable")
    ordered = values[order]
    place, spent, reach = random_state.randint(n), 1, 1.0
    candidates, queries = [order[place]], [1]
    while (better := int(np.searchsorted(ordered, ordered[place]))) > 0:
        turns = random_state.randint(ceil(reach))
        spent += turns + 1
        if spent > max_queries:
            break
        if random_state.uniform() < sin((2 * turns + 1) * asin(sqrt(better / n))) ** 2:
            place, reach = random_state.randint(better), 1.0
            candidates.append(order[place])
            queries.append(spent)
        else:
            reach = min(GROWTH * reach, sqrt(n))
    return np.array(candidates), np.array(queries)


def expected_queries(values):
    """Return the mean number of queries until minimum finding has measured the minimum.

    Parameters
    ----------
    values : array-like of shape (n_candidates,)
        What is minimised; only their order matters.

    Returns
    -------
    float
        The mean over all runs without an end.

    Examples
    --------
    >>> import numpy as np
    >>> from skquantum.combinatorial import expected_queries
    >>> round(expected_queries(np.arange(256)))
    48
    """
    values = np.asarray(values, dtype=np.float64)
    n = len(values)
    sizes = np.unique(values, return_counts=True)[1]
    better = np.concatenate([[0], np.cumsum(sizes)[:-1]])
    to_improve = _queries_to_improve(better[1:], n)
    # from each level: the queries to leave it, and the mean over where that leads
    to_minimum, total = np.zeros(len(sizes)), 0.0
    for level in range(1, len(sizes)):
        total += sizes[level - 1] * to_minimum[level - 1]
        to_minimum[level] = to_improve[level - 1] + total / better[level]
    return float(1 + sizes @ to_minimum / n)


def _queries_to_improve(better, n):
    """Return the mean queries until one of `better` candidates among n is measured."""
    angle = np.arcsin(np.sqrt(better / n))
    queries, left = np.zeros(len(better)), np.ones(len(better))
    reach = 1.0
    while left.size and left.max() > NEGLIGIBLE:
        choices = ceil(reach)
        queries += left * (choices + 1) / 2
        # the mean of sin((2 j + 1) angle)**2 over j = 0, ..., choices - 1
        ratio = _dirichlet(choices, angle)
        left *= 0.5 + 0.5 * ratio
        reach = min(GROWTH * reach, sqrt(n))
    return queries


def _dirichlet(choices, angle):
    """Return sin(4 choices angle) / (2 choices sin(2 angle))."""
    below = 2 * choices * np.sin(2 * angle)
    flat = np.abs(below) < 1e-9
    return np.where(flat, -1.0, np.sin(4 * choices * angle) / np.where(flat, 1.0, below))


def grover_circuit(marked, n_turns, allowed=None):
    """Return the circuit of a round of Grover's search.

    Parameters
    ----------
    marked : array-like of bool of shape (2 ** n_qubits,)
        The assignments that are sought, of which the oracle changes the sign.
    n_turns : int
        Number of turns, each with one call of the oracle.
    allowed : array-like of bool of shape (2 ** n_qubits,) or None, default=None
        The candidates; None means all.

    Returns
    -------
    QuantumCircuit
        Qubit i holds bit i of the assignment's number.

    Examples
    --------
    >>> from skquantum.combinatorial import grover_circuit
    >>> grover_circuit([False, False, True, False], 1).count_ops()["diagonal"]
    1
    """
    marked = np.asarray(marked, dtype=bool)
    n_qubits = len(marked).bit_length() - 1
    start = QuantumCircuit(n_qubits)
    if allowed is None:
        start.h(range(n_qubits))
    else:
        allowed = np.asarray(allowed, dtype=bool)
        start.append(StatePreparation(allowed / np.sqrt(allowed.sum())), range(n_qubits))
    circuit = start.copy()
    for _ in range(n_turns):
        circuit.append(DiagonalGate(np.where(marked, -1.0, 1.0).tolist()), range(n_qubits))
        circuit.compose(start.inverse(), inplace=True)
        circuit.x(range(n_qubits))
        # a phase of -1 for 1...1, and with it for the start
        if n_qubits == 1:
            circuit.z(0)
        else:
            circuit.mcp(np.pi, list(range(n_qubits - 1)), n_qubits - 1)
        circuit.x(range(n_qubits))
        circuit.compose(start, inplace=True)
    return circuit


def grover(Q, n_selected=None, *, max_queries=None, random_state=None):
    """Search the minimum of a QUBO by Grover adaptive search, simulated by its exact statistics.

    Parameters
    ----------
    Q : array-like of shape (n_variables, n_variables)
        Energies are x' Q x.
    n_selected : int or None, default=None
        Number of variables that are 1; None for any number.
    max_queries : int or None, default=None
        When the run stops. None means :func:`query_budget`.
    random_state : int, RandomState instance or None, default=None
        Seed or generator for the measurements.

    Returns
    -------
    LowEnergies
        The candidates that were the best so far. ``info`` has ``n_oracle_queries``, the queries
        until the best was measured; ``expected_queries``, its mean over all runs; ``n_candidates``;
        ``query_budget``, after which the run stops, not knowing whether there is anything better;
        and ``resources`` with ``n_qubits`` and ``max_turns``, the calls of the oracle in the
        longest circuit.

    Raises
    ------
    InsufficientMemoryError
        If the energies would not fit into memory.

    Notes
    -----
    A query evaluates the energy of all candidates in superposition. On hardware it takes a circuit
    that computes energies; the simulator computes all of them first, and saves nothing.

    References
    ----------
    .. [1] A. Gilliam, S. Woerner and C. Gonciulea, "Grover adaptive search for constrained
       polynomial binary optimization", Quantum 5, 428 (2021).

    Examples
    --------
    >>> import numpy as np
    >>> from skquantum.combinatorial import grover
    >>> Q = np.ones((6, 6)) - np.diag([7, 6, 5, 4, 3, 2])
    >>> grover(Q, 2, random_state=0).samples[0]
    array([ True,  True, False, False, False, False])
    """
    Q = as_qubo(Q, n_selected)
    n = len(Q)
    check_memory(
        BYTES_PER_CANDIDATE * 2**n,
        f"Grover's search among the assignments of {n} variables",
        "use solver='annealing', which needs no table",
    )
    numbers, energies = np.arange(2**n), all_energies(Q)
    if n_selected is not None:
        numbers = np.flatnonzero(np.bitwise_count(numbers) == n_selected)
        energies = energies[numbers]
    n_candidates = 2**n if n_selected is None else comb(n, n_selected)
    candidates, queries = find_minimum(energies, max_queries=max_queries, random_state=random_state)
    info = {
        "n_oracle_queries": int(queries[-1]),
        "expected_queries": expected_queries(energies),
        "n_candidates": n_candidates,
        "query_budget": query_budget(n_candidates) if max_queries is None else max_queries,
        "resources": {"n_qubits": n, "max_turns": ceil(sqrt(n_candidates)) - 1},
    }
    return LowEnergies(*distinct(Q, of_bits(numbers[candidates], n)), info)

"""The circuit of QAOA from gates, and what it would take on hardware."""

import numpy as np
from qiskit import QuantumCircuit
from qiskit.circuit import ParameterVector
from qiskit.circuit.library import XXPlusYYGate

from skquantum.combinatorial._qubo import as_qubo

__all__ = ["n_two_qubit_gates", "qaoa_circuit", "ring"]


def ring(n_variables):
    """Return the pairs of neighbours on a ring, in an order in which most act at once."""
    if n_variables < 3:
        return [(0, 1)][: n_variables - 1]
    even = [(i, i + 1) for i in range(0, n_variables - 1, 2)]
    odd = [(i, i + 1) for i in range(1, n_variables - 1, 2)]
    return even + odd + [(0, n_variables - 1)]


def qaoa_circuit(Q, n_layers, n_selected=None):
    """Return the circuit of QAOA: phases exp(-i gamma E), mixers exp(i beta B).

    Parameters
    ----------
    Q : array-like of shape (n_variables, n_variables)
        Energies are x' Q x; qubit i holds variable i.
    n_layers : int
        Number of phases and mixers.
    n_selected : int or None, default=None
        With None the mixer is a rotation about X of every qubit, and the start the superposition
        of all assignments; with a number, neighbours on a ring exchange ones, and the start has
        all assignments with that number.

    Returns
    -------
    QuantumCircuit
        Its parameters, in order, are beta_1, ..., beta_p, gamma_1, ..., gamma_p.

    Examples
    --------
    >>> from skquantum.combinatorial import qaoa_circuit
    >>> qaoa_circuit([[1.0, 2.0], [2.0, -1.0]], 1).count_ops()["rzz"]
    1
    """
    Q = as_qubo(Q, n_selected)
    n = len(Q)
    betas, gammas = ParameterVector("beta", n_layers), ParameterVector("gamma", n_layers)
    circuit = QuantumCircuit(n)
    if n_selected is None:
        circuit.h(range(n))
    else:
        allowed = np.bitwise_count(np.arange(2**n)) == n_selected
        circuit.prepare_state(allowed / np.sqrt(allowed.sum()))
    # x = (1 - Z) / 2
    fields = -Q.sum(axis=1) / 2
    for beta, gamma in zip(betas, gammas, strict=True):
        for i in np.flatnonzero(fields):
            circuit.rz(2 * fields[i] * gamma, i)
        for i, j in np.argwhere(np.triu(Q, 1)):
            circuit.rzz(Q[i, j] * gamma, i, j)
        if n_selected is None:
            circuit.rx(-2 * beta, range(n))
        else:
            for i, j in ring(n):
                circuit.append(XXPlusYYGate(-2 * beta), [i, j])
    return circuit


def n_two_qubit_gates(Q, n_layers, n_selected=None):
    """Return the number of CX gates of the layers on qubits that are all coupled: two a pair."""
    n_pairs = np.count_nonzero(np.triu(as_qubo(Q), 1))
    if n_selected is not None:
        n_pairs += len(ring(len(Q)))
    return 2 * n_layers * int(n_pairs)

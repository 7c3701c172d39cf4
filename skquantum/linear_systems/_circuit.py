"""The circuit of HHL."""

import numpy as np
from qiskit import QuantumCircuit
from qiskit.circuit.library import QFTGate, UCRYGate, UnitaryGate

from skquantum.linear_systems._register import register_for

__all__ = ["hhl_circuit"]


def hhl_circuit(A, b, clock_qubits="auto"):
    """Return the circuit of HHL for a symmetric matrix.

    The right-hand side is prepared; phase estimation writes eigenvalues into the clock, the inverse
    quantum Fourier transform in it; a rotation of an ancilla depends on them; and phase estimation
    is undone.

    Parameters
    ----------
    A : array-like of shape (2 ** n, 2 ** n)
        Symmetric matrix, not 0.
    b : array-like of shape (2 ** n,)
        Right-hand side, not 0.
    clock_qubits : int or "auto", default="auto"
        Number of clock qubits; see :func:`hhl_solve`.

    Returns
    -------
    QuantumCircuit
        The n lowest qubits hold the vector, then come clock and ancilla. Where the ancilla is 1 and
        the clock 0, amplitudes are C x / norm of b.

    Examples
    --------
    >>> from skquantum.linear_systems import hhl_circuit
    >>> circuit = hhl_circuit([[1.0, 0.2], [0.2, 0.6]], [1.0, 0.0], 4)
    >>> circuit.num_qubits, circuit.count_ops()["qft"]
    (6, 1)
    """
    A, b = np.asarray(A, dtype=np.float64), np.asarray(b, dtype=np.float64)
    eigenvalues, vectors = np.linalg.eigh(A)
    register = register_for(eigenvalues, clock_qubits)
    n_clock = register.n_clock
    data = list(range(len(A).bit_length() - 1))
    clock = list(range(len(data), len(data) + n_clock))
    estimation = QuantumCircuit(len(data) + n_clock + 1)
    estimation.h(clock)
    for k, qubit in enumerate(clock):
        turned = np.exp(2j * np.pi * register.scale * 2**k * eigenvalues)
        U = (vectors * turned) @ vectors.T
        controlled = np.eye(2 * len(A), dtype=complex)
        controlled[len(A) :, len(A) :] = U
        estimation.append(UnitaryGate(controlled), [*data, qubit])
    estimation.append(QFTGate(n_clock).inverse(), clock)
    circuit = QuantumCircuit(estimation.num_qubits)
    circuit.prepare_state(b / np.linalg.norm(b), data)
    circuit.compose(estimation, inplace=True)
    angles = 2 * np.arcsin(np.clip(register.factors, -1, 1))
    circuit.append(UCRYGate(angles.tolist()), [clock[-1] + 1, *clock])
    return circuit.compose(estimation.inverse())

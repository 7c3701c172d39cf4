"""An ansatz: layers of bricks on neighbours."""

from itertools import count

from qiskit import QuantumCircuit
from qiskit.circuit import Parameter

from skquantum.ansatze import Ansatz

__all__ = ["BrickworkAnsatz"]


class BrickworkAnsatz(Ansatz):
    """RY on each qubit, then RZZ on pairs that start at even and at odd qubits."""

    def __init__(self, layers=2):
        self.layers = layers

    def _build(self, n_qubits):
        circuit = QuantumCircuit(n_qubits)
        # weights are taken in the order of their names
        weight = (Parameter(f"w{number:06d}") for number in count())
        for _ in range(self.layers):
            for qubit in range(n_qubits):
                circuit.ry(next(weight), qubit)
            for first in (*range(0, n_qubits - 1, 2), *range(1, n_qubits - 1, 2)):
                circuit.rzz(next(weight), first, first + 1)
        return circuit

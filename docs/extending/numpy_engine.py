"""An engine: state vectors by NumPy."""

import numpy as np
from qiskit.quantum_info import Operator

from skquantum.engines import Engine, StateSession

__all__ = ["NumpyEngine", "NumpySession"]


class NumpyEngine(Engine):
    """Exact states, one gate after another."""

    def _open(self, circuit):
        return NumpySession(self, circuit)


class NumpySession(StateSession):
    """A circuit whose gates are multiplied with tensors of two numbers per qubit."""

    def _run_states(self, rows):
        return np.array([self._state(row) for row in rows])

    def _state(self, row):
        circuit = self.circuit.assign_parameters(row)
        state = np.zeros(2**self.n_qubits, dtype=complex)
        state[0] = np.exp(1j * circuit.global_phase)
        state = state.reshape((2,) * self.n_qubits)  # the last axis is qubit 0
        for gate in circuit.data:
            if gate.operation.name == "barrier":
                continue
            qubits = [circuit.find_bit(qubit).index for qubit in reversed(gate.qubits)]
            axes = [self.n_qubits - 1 - qubit for qubit in qubits]
            matrix = Operator(gate.operation).data.reshape((2,) * (2 * len(axes)))
            state = np.tensordot(matrix, state, (range(len(axes), 2 * len(axes)), axes))
            state = np.moveaxis(state, range(len(axes)), axes)
        return state.ravel()

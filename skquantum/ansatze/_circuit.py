"""Any circuit of the user's."""

from qiskit import QuantumCircuit
from qiskit.circuit import ControlFlowOp, Reset

from skquantum.ansatze._base import Ansatz

__all__ = ["CircuitAnsatz"]


class CircuitAnsatz(Ansatz):
    """A given circuit whose free parameters, in order, are the weights.

    Wherever an ansatz is taken, a bare :class:`qiskit.QuantumCircuit` is taken too and becomes
    this.

    Parameters
    ----------
    circuit : QuantumCircuit
        Unitary circuit, as wide as the encoding. Its parameters, in the order of
        ``circuit.parameters``, are the weights, in the units that it gives them. It is never
        changed.

    Examples
    --------
    >>> from qiskit.circuit.library import efficient_su2
    >>> from skquantum.ansatze import CircuitAnsatz
    >>> CircuitAnsatz(efficient_su2(2, reps=1)).build(2).num_parameters
    8
    """

    _parameter_constraints: dict = {"circuit": [QuantumCircuit]}

    def __init__(self, circuit):
        self.circuit = circuit

    def _build(self, n_qubits):
        if self.circuit.num_qubits != n_qubits:
            raise ValueError(
                f"The circuit of CircuitAnsatz has {self.circuit.num_qubits} qubits, and "
                f"{n_qubits} are encoded; they must be as many: change one of the circuits."
            )
        # Qubits only: the classical bits of a user's circuit have no partner in the encoding.
        circuit = QuantumCircuit(
            n_qubits, name=self.circuit.name, global_phase=self.circuit.global_phase
        )
        for item in self.circuit.data:
            if item.clbits or isinstance(item.operation, ControlFlowOp | Reset):
                raise ValueError(
                    f"The circuit of CircuitAnsatz holds {item.operation.name!r}, which is not a "
                    "gate; an ansatz must be a unitary circuit "
                    "(circuit.remove_final_measurements() takes measurements off)."
                )
            qubits = [self.circuit.find_bit(qubit).index for qubit in item.qubits]
            circuit.append(item.operation, qubits)
        return circuit

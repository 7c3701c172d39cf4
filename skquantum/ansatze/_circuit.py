"""Any circuit of the user."""

from qiskit import QuantumCircuit
from qiskit.circuit import ControlFlowOp, Reset

from skquantum._circuits import stated_names, stated_order, warn_if_reordered
from skquantum.ansatze._base import Ansatz

__all__ = ["CircuitAnsatz"]


class CircuitAnsatz(Ansatz):
    """A given circuit whose free parameters are the weights.

    Wherever an ansatz is taken, a bare :class:`qiskit.QuantumCircuit` is taken too and becomes
    this.

    Parameters
    ----------
    circuit : QuantumCircuit
        Unitary circuit, as wide as the encoding. Its parameters are the weights, in the units that
        it gives them. It is never changed.
    weights : list of Parameter or str, or None, default=None
        Those parameters, or their names, in the order of the weights. None means natural order:
        ``w2`` before ``w10``, elements of a ParameterVector by index.

    Warns
    -----
    UserWarning
        If natural order is taken and differs from that of ``circuit.parameters``, which is
        alphabetical: ``w10`` before ``w2``.

    Notes
    -----
    Parameters of the encoding that the circuit holds too are not weights: :meth:`attach` leaves
    them to the data, times the bandwidth of the feature map if it has one. If it holds no others,
    they are weights all the same.

    Examples
    --------
    >>> from qiskit.circuit.library import efficient_su2
    >>> from skquantum.ansatze import CircuitAnsatz
    >>> CircuitAnsatz(efficient_su2(2, reps=1)).build(2).num_parameters
    8

    The feature enters a second time:

    >>> from qiskit import QuantumCircuit
    >>> from qiskit.circuit import Parameter
    >>> x, encoding, circuit = Parameter("x"), QuantumCircuit(1), QuantumCircuit(1)
    >>> _ = encoding.rx(x, 0)
    >>> _ = circuit.ry(Parameter("angle"), 0)
    >>> _ = circuit.rz(x, 0)
    >>> CircuitAnsatz(circuit).attach(encoding).weights
    (ParameterVectorElement(w[0]),)
    """

    _parameter_constraints: dict = {
        "circuit": [QuantumCircuit],
        "weights": "no_validation",  # stated_order says it better
    }

    def __init__(self, circuit, *, weights=None):
        self.circuit = circuit
        self.weights = weights

    def __getstate__(self):
        return {**super().__getstate__(), "weights": stated_names(self.weights)}

    def _weights_in_order(self, parameters, circuit):
        order = stated_order(parameters, self.weights, "weights")
        if self.weights is None:
            weights = set(parameters)
            warn_if_reordered(
                order,
                [parameter for parameter in circuit.parameters if parameter in weights],
                "The weights",
                "pass CircuitAnsatz(circuit, weights=[...])",
            )
        return order

    def _build(self, n_qubits):
        if self.circuit.num_qubits != n_qubits:
            raise ValueError(
                f"The circuit of CircuitAnsatz has {self.circuit.num_qubits} qubits, and "
                f"{n_qubits} are encoded; the numbers must match: change one of the circuits."
            )
        for item in self.circuit.data:
            if item.clbits or isinstance(item.operation, ControlFlowOp | Reset):
                raise ValueError(
                    f"The circuit of CircuitAnsatz holds {item.operation.name!r}, which is not a "
                    "gate; an ansatz must be a unitary circuit "
                    "(circuit.remove_final_measurements() removes measurements)."
                )
        # Qubits only: the classical bits of a user's circuit have no partner in the encoding.
        gates = QuantumCircuit.from_instructions(
            self.circuit.data,
            qubits=self.circuit.qubits,
            global_phase=self.circuit.global_phase,
        )
        circuit = QuantumCircuit(n_qubits, name=self.circuit.name)
        circuit.compose(gates, inplace=True)
        return circuit

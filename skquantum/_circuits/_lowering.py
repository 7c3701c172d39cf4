"""From any Qiskit circuit to gates whose parameters Aer binds correctly.

Aer 0.18 ignores or mis-binds the parameters of controlled rotations (`cp`, `crx`, `cry`, `crz`,
`mcp`, `cu1`, `cu3`) when it is given columns of values, and reports success. So parameters are
only left in the gates of `BINDABLE`, each of which is tested against assigning the parameters
first; everything else is opened through its definition.
"""

from dataclasses import dataclass

import numpy as np
from qiskit import QuantumCircuit
from qiskit.circuit import Gate, Instruction, Parameter, ParameterExpression
from qiskit.circuit.library import PhaseGate, RZZGate
from qiskit.exceptions import QiskitError
from qiskit.transpiler import PassManager
from qiskit.transpiler.passes import HighLevelSynthesis

from skquantum._circuits._numbers import COMPOSITES, check_numbers
from skquantum._circuits._postfix import expression_key

__all__ = ["BINDABLE", "Lowered", "lower"]

BINDABLE = frozenset("p r rx rxx ry ryy rz rzx rzz u u1 u2 u3".split())

# What Aer runs as it is, when its parameters are numbers.
CONSTANT = BINDABLE | frozenset(
    "ccx ccz cp crx cry crz cswap csx cu cx cy cz diagonal ecr h mcphase mcx pauli s sdg swap sx "
    "sxdg t tdg unitary x y z".split()
)

# What to write in place of gates that are made of numbers.
_REMEDIES = {
    "hamiltonian": "PauliEvolutionGate",
    # of raw_feature_vector in qiskit-machine-learning
    "ParameterizedInitialize": "AmplitudeFeatureMap, which takes features as amplitudes,",
}

INITIALIZE_BEHIND_GATES = (
    "The circuit holds 'initialize' on a qubit that other gates have acted on, which resets that "
    "qubit and leaves no pure state; initialise first, or use StatePreparation."
)

# Without effect on an ideal state.
IGNORED = frozenset(["barrier", "delay", "id"])


@dataclass(frozen=True)
class Lowered:
    """A circuit whose only free parameters are placeholders for columns of numbers.

    Attributes
    ----------
    circuit : QuantumCircuit
        Gates of `CONSTANT` and `BINDABLE` only, without global phase.
    placeholders : tuple of Parameter
        The parameters of `circuit`.
    expressions : tuple of ParameterExpression
        What each placeholder stands for, in terms of `parameters`.
    parameters : tuple of Parameter
        The parameters of the circuit that was given, in its order.
    global_phase : float or ParameterExpression
        Radians.
    """

    circuit: QuantumCircuit
    placeholders: tuple
    expressions: tuple
    parameters: tuple
    global_phase: object


def lower(circuit):
    """Lower a circuit.

    Parameters
    ----------
    circuit : QuantumCircuit
        Any unitary circuit; it is not changed.

    Returns
    -------
    Lowered
        The same state preparation, ready for binding.

    Raises
    ------
    ValueError
        If the circuit measures, resets, branches, or holds an instruction without a definition or
        a number that is not finite.
    """
    check_circuit(circuit)
    gates = _Gates(circuit.num_qubits)
    gates.extend(circuit, range(circuit.num_qubits))
    return gates.finish(circuit)


class _Gates:
    """A growing list of lowered gates that merges ``cx rz cx`` into ``rzz`` as it grows."""

    def __init__(self, n_qubits):
        self.gates = []
        self.phase = 0.0
        self.on_qubit = [[] for _ in range(n_qubits)]  # indices into gates, per qubit

    def extend(self, circuit, qubits):
        """Append the instructions of `circuit`, acting on `qubits`, and its global phase."""
        self.phase = self.phase + circuit.global_phase
        for item in circuit.data:
            wires = tuple(qubits[circuit.find_bit(qubit).index] for qubit in item.qubits)
            self.append(item.operation, wires)

    def append(self, operation, wires):
        name = library_name(operation)
        if name in IGNORED:
            return
        if name == "global_phase":
            self.phase = self.phase + operation.params[0]
        elif (diagonal := _diagonal_of_one_qubit(name, operation)) is not None:
            self._append_phases(*diagonal, wires)
        elif name in (BINDABLE if has_free_parameters(operation) else CONSTANT):
            self._push(operation, wires)
        elif name == "initialize":
            self._append_initialize(operation, wires)
        else:
            self.extend(definition_of(operation), wires)

    def _append_phases(self, first, second, wires):
        """Append diag(first, second) as a phase gate.

        Aer 0.18 applies the conjugate of the matrices diag(i, 1) and diag(-i, 1).
        """
        self.phase = self.phase + float(np.angle(first))
        self._push(PhaseGate(float(np.angle(second / first))), wires)

    def _append_initialize(self, operation, wires):
        if any(self.on_qubit[wire] for wire in wires):
            raise ValueError(INITIALIZE_BEHIND_GATES)
        self.extend(initial_state_definition(operation), wires)

    def _push(self, operation, wires):
        if operation.name == "cx" and self._merge_rzz(*wires):
            return
        for wire in wires:
            self.on_qubit[wire].append(len(self.gates))
        self.gates.append((operation, wires))

    def _merge_rzz(self, control, target):
        """Turn a preceding ``cx(c, t) rz(t)`` and the coming ``cx(c, t)`` into one ``rzz``."""
        if len(self.on_qubit[target]) < 2:
            return False
        first, middle = self.on_qubit[target][-2:]
        rotation, wires = self.gates[middle]
        if rotation.name not in ("rz", "p") or wires != (target,):
            return False
        opening, wires = self.gates[first]
        if opening.name != "cx" or wires != (control, target):
            return False
        if self.on_qubit[control][-1] != first:
            return False
        (angle,) = rotation.params
        if rotation.name == "p":
            self.phase = self.phase + angle / 2
        self.gates[first] = (RZZGate(angle), (control, target))
        self.gates[middle] = None
        self.on_qubit[target].pop()
        return True

    def finish(self, original):
        circuit = QuantumCircuit(original.num_qubits)
        placeholders = {}  # equal expressions share a column
        for operation, wires in filter(None, self.gates):
            if has_free_parameters(operation):
                params = [placeholder_for(param, placeholders) for param in operation.params]
                operation = operation.base_class(*params)
            circuit.append(operation, wires, copy=False)
        pairs = tuple(placeholders.values())
        phase = self.phase
        if isinstance(phase, ParameterExpression) and not phase.parameters:
            phase = float(phase)
        return Lowered(
            circuit=circuit,
            placeholders=tuple(placeholder for placeholder, _ in pairs),
            expressions=tuple(expression for _, expression in pairs),
            parameters=tuple(original.parameters),
            global_phase=phase,
        )


def check_circuit(circuit):
    """Raise if a circuit has no qubits, or numbers that are not finite."""
    if circuit.num_qubits == 0:
        raise ValueError("The circuit has 0 qubits; a feature map needs at least 1.")
    check_numbers(circuit)


def library_name(operation):
    """Return the name of an operation of Qiskit's own, and an empty one for composites.

    A composite may be called anything, "swap" for instance.
    """
    module = getattr(operation, "base_class", type(operation)).__module__
    own = module.startswith("qiskit.circuit.") and module not in COMPOSITES
    return operation.name if own else ""


def _diagonal_of_one_qubit(name, operation):
    """Return the two numbers of a diagonal matrix, and None of anything else."""
    if operation.num_qubits != 1 or name not in ("diagonal", "unitary"):
        return None
    if name == "diagonal":
        return operation.params
    matrix = operation.to_matrix()
    return None if matrix[0, 1] or matrix[1, 0] else matrix.diagonal()


def _is_free(param):
    return isinstance(param, ParameterExpression) and bool(param.parameters)


def has_free_parameters(operation):
    return any(_is_free(param) for param in getattr(operation, "params", ()))


def placeholder_for(param, placeholders):
    if not _is_free(param):
        return float(param)
    key = expression_key(param)
    if key not in placeholders:
        placeholders[key] = (Parameter(f"column{len(placeholders)}"), param)
    return placeholders[key][0]


def definition_of(operation):
    """Return the circuit that an operation stands for."""
    try:
        definition = getattr(operation, "definition", None)
    except (TypeError, QiskitError) as error:  # gates that are made of numbers
        remedy = _REMEDIES.get(operation.name, "gates that take parameters")
        raise ValueError(
            f"The gate {operation.name!r} has no definition until its parameters are bound; use "
            f"{remedy} instead."
        ) from error
    not_a_gate = isinstance(operation, Instruction) and not isinstance(operation, Gate)
    # Composites from `to_instruction` are no gates either, but have a definition to look into.
    if not_a_gate and definition is None:
        raise ValueError(
            f"The circuit holds {operation.name!r}, which is not a gate; a feature map must be a "
            "unitary circuit (circuit.remove_final_measurements() takes measurements off)."
        )
    if definition is not None:
        return definition
    wrapped = QuantumCircuit(operation.num_qubits)
    wrapped.append(operation, range(operation.num_qubits))
    synthesised = PassManager([HighLevelSynthesis()]).run(wrapped)
    if any(item.operation.name == operation.name for item in synthesised.data):
        raise ValueError(
            f"The gate {operation.name!r} has no definition in gates that Aer knows; give it one "
            "(gate.definition = circuit) or append the circuit itself."
        )
    return synthesised


def initial_state_definition(operation):
    """Return the gates that do to qubits in state 0 what an Initialize instruction does."""
    if has_free_parameters(operation):
        raise ValueError(
            "The circuit holds 'initialize' with free parameters, which has no gates until it "
            "is bound; use AmplitudeFeatureMap to encode features as amplitudes."
        )
    definition = definition_of(operation)
    gates = definition.copy_empty_like()
    for item in definition.data:
        if item.operation.name != "reset":
            gates.append(item)
    return gates

"""The one walk through a circuit, on which all engines agree what a circuit means.

Composites are opened, whatever they are called; initial states become gates; what is no gate, or
holds a number that is not finite, is refused. Engines only say which gates they take as they are.
"""

from qiskit import QuantumCircuit
from qiskit.circuit import Gate, Instruction, ParameterExpression
from qiskit.circuit.library import GlobalPhaseGate
from qiskit.exceptions import QiskitError
from qiskit.transpiler import PassManager
from qiskit.transpiler.passes import HighLevelSynthesis

from skquantum._circuits._numbers import COMPOSITES, check_numbers

__all__ = ["IGNORED", "has_free_parameters", "is_free", "library_name", "walk"]

# What to write in place of gates that are made of numbers.
_REMEDIES = {
    "hamiltonian": "PauliEvolutionGate",
    # of raw_feature_vector in qiskit-machine-learning
    "ParameterizedInitialize": "AmplitudeFeatureMap, which takes features as amplitudes,",
}

# Without effect on an ideal state.
IGNORED = frozenset(["barrier", "delay", "id"])


def walk(circuit, take, wires=None):
    """Hand on the gates of a circuit, one after the other.

    Parameters
    ----------
    circuit : QuantumCircuit
        Any unitary circuit; it is not changed.
    take : callable
        Called as ``take(name, operation, wires)`` with every operation but `initialize`, and
        returns whether it was taken; the definition of those that are not is walked through. The
        name is empty for composites. Global phases, of circuits and definitions too, come as
        gates "global_phase" without wires; barriers and delays come as well.
    wires : sequence of int or None, default=None
        What the qubits of the circuit are called; None counts them.

    Raises
    ------
    ValueError
        If the circuit has no qubits, measures, resets, branches, or holds an instruction without a
        definition or a number that is not finite.
    """
    if circuit.num_qubits == 0:
        raise ValueError("The circuit has 0 qubits; a feature map needs at least 1.")
    check_numbers(circuit)
    _walk(circuit, range(circuit.num_qubits) if wires is None else wires, take, set())


def _walk(circuit, qubits, take, touched):
    phase = circuit.global_phase
    if isinstance(phase, ParameterExpression) or phase:
        take("global_phase", GlobalPhaseGate(phase), ())
    for item in circuit.data:
        operation = item.operation
        wires = tuple(qubits[circuit.find_bit(qubit).index] for qubit in item.qubits)
        name = library_name(operation)
        if name == "initialize":
            if not touched.isdisjoint(wires):
                raise ValueError(
                    "The circuit holds 'initialize' on a qubit that other gates have acted on, "
                    "which resets that qubit and leaves no pure state; initialise first, or use "
                    "StatePreparation."
                )
            _walk(_initial_state_definition(operation), wires, take, touched)
        elif not take(name, operation, wires):
            _walk(definition_of(operation), wires, take, touched)
        elif name not in IGNORED:
            touched.update(wires)


def library_name(operation):
    """Return the name of an operation of Qiskit's own, and an empty one for composites.

    A composite may be called anything, "swap" for instance.
    """
    module = getattr(operation, "base_class", type(operation)).__module__
    own = module.startswith("qiskit.circuit.") and module not in COMPOSITES
    return operation.name if own else ""


def is_free(param):
    return isinstance(param, ParameterExpression) and bool(param.parameters)


def has_free_parameters(operation):
    return any(is_free(param) for param in getattr(operation, "params", ()))


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
            "unitary circuit (circuit.remove_final_measurements() removes measurements)."
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


def _initial_state_definition(operation):
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

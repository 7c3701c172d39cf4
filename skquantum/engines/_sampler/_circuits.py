"""The circuit that measures a pair of rows, as a device runs it."""

from dataclasses import dataclass

from qiskit import ClassicalRegister, QuantumCircuit
from qiskit.primitives import StatevectorSampler
from qiskit.providers import BackendV2
from qiskit.transpiler import TranspilerError, generate_preset_pass_manager

from skquantum._circuits import (
    BINDABLE,
    CONSTANT,
    Expressions,
    definition_of,
    has_free_parameters,
    initial_state_definition,
    library_name,
    placeholder_for,
    there_and_back,
)

__all__ = ["REGISTER", "PairCircuit", "backend_of", "make_pair_circuit", "runs_here"]

OF_RZZ = frozenset(["rxx", "ryy", "rzx"])

REGISTER = "meas"  # that results are read from

# For placement and routing, which would otherwise be another one in every process.
SEED = 0

# Whose backends simulate in this process.
_SIMULATORS = (
    "qiskit_aer.",
    "qiskit.providers.basic_provider.",
    "qiskit.providers.fake_provider.",
    "qiskit_ibm_runtime.fake_provider.",
)


@dataclass(frozen=True)
class PairCircuit:
    """A circuit whose free parameters are placeholders for columns of numbers.

    Attributes
    ----------
    circuit : QuantumCircuit
        One row, a barrier, the inverse for the other row, and measurements.
    placeholders : tuple of Parameter
        The parameters of `circuit`.
    expressions : Expressions
        Computes the column of each placeholder from the values of both rows side by side.
    """

    circuit: QuantumCircuit
    placeholders: tuple
    expressions: Expressions


def make_pair_circuit(circuit, wires, sampler, pass_manager):
    """Build and translate the circuit for a pair of rows.

    Parameters
    ----------
    circuit : QuantumCircuit
        Circuit of one row that `lower` takes; it is not changed.
    wires : list of int
        Qubits that are measured.
    sampler : BaseSamplerV2
        Which will run it.
    pass_manager : PassManager or None
        What translates it; None makes one if the sampler has a backend.

    Returns
    -------
    PairCircuit
        Ready for binding.

    Raises
    ------
    ValueError
        If the backend is too small or cannot run it.
    """
    backend = backend_of(sampler)
    half = QuantumCircuit(circuit.num_qubits)
    bounded = _bounded_gates(backend)
    # without rzz, the other ones of two qubits may be made of it
    bindable = BINDABLE - bounded - (OF_RZZ if "rzz" in bounded else frozenset())
    _open(circuit, range(circuit.num_qubits), half, bindable)
    pair, parameters = there_and_back(half, circuit.parameters)
    bits = ClassicalRegister(len(wires), REGISTER)
    pair.add_register(bits)
    pair.barrier()
    pair.measure(wires, bits)
    pair = _translated(pair, backend, pass_manager)
    placeholders = {}
    result = pair.copy_empty_like()
    result.global_phase = 0  # which no measurement sees, and Aer cannot bind
    for item in pair.data:
        operation = item.operation
        if has_free_parameters(operation):
            _refuse_misbound(operation, backend)
            if operation.name in bounded:
                raise ValueError(
                    f"The translated circuit holds {operation.name!r} with a free parameter, which "
                    f"{backend.name!r} runs for some angles only; use a pass_manager that leaves "
                    f"{operation.name!r} out."
                )
            if library_name(operation) in BINDABLE:  # others keep angles in their definition too
                operation = operation.to_mutable()
                operation.params = [placeholder_for(p, placeholders) for p in operation.params]
        result.append(operation, item.qubits, item.clbits, copy=False)
    known = list(placeholders.values())
    # in other gates and in blocks of control flow, parameters stay what they are
    inside = set(result.parameters) - {placeholder for placeholder, _ in known}
    known += [(parameter, parameter) for parameter in parameters if parameter in inside]
    return PairCircuit(
        circuit=result,
        placeholders=tuple(placeholder for placeholder, _ in known),
        expressions=Expressions([expression for _, expression in known], parameters),
    )


def _open(circuit, qubits, result, bindable):
    """Append a circuit without composites, and with parameters only in gates that bind safely."""
    for item in circuit.data:
        operation = item.operation
        wires = [qubits[circuit.find_bit(qubit).index] for qubit in item.qubits]
        name = library_name(operation)
        free = has_free_parameters(operation)
        if name == "delay" and free:
            raise ValueError(
                "The circuit holds 'delay' with a free parameter, which has no inverse; give it a "
                "number, or take it off."
            )
        if name == "initialize":
            _open(initial_state_definition(operation), wires, result, bindable)
        elif name in (bindable if free else CONSTANT | {"barrier", "delay", "id"}):
            result.append(operation, wires, copy=False)
        elif name != "global_phase":
            _open(definition_of(operation), wires, result, bindable)


def _bounded_gates(backend):
    """Return the names of gates that a backend runs for some angles only, as IBM's rzz.

    Numbers can be folded into the range at the price of other gates, parameters cannot.
    """
    target = None if backend is None else backend.target
    if target is None:
        return frozenset()
    if not hasattr(target, "has_angle_bounds"):  # before Qiskit 2.2
        of_ibm = type(backend).__module__.startswith("qiskit_ibm_runtime.")
        if of_ibm and "rzz" in target.operation_names:
            raise ValueError(
                f"The rzz gate of {backend.name!r} takes angles from 0 to pi / 2 only, which Qiskit"
                " knows from version 2.2 on; use a newer one, or open the backend with "
                "use_fractional_gates=False."
            )
        return frozenset()
    if not target.has_angle_bounds():
        return frozenset()
    return frozenset(filter(target.gate_has_angle_bounds, target.operation_names))


def backend_of(sampler):
    """Return the backend that a sampler runs on, or None if it has none."""
    for name in ("backend", "_backend", "mode"):
        found = getattr(sampler, name, None)
        if callable(found) and not isinstance(found, BackendV2):
            found = found()  # a method of the samplers of Qiskit Runtime
        if isinstance(found, BackendV2):
            return found
    return None


def runs_here(sampler):
    """Return whether a sampler simulates in this process.

    Such jobs gain nothing from each other's company, and not all can stand it: the fake backends
    of qiskit-ibm-runtime 0.51 run what comes while they set up their noise model without noise.
    """
    backend = backend_of(sampler)
    if backend is None:
        return isinstance(sampler, StatevectorSampler)
    modules = [base.__module__ for base in type(backend).__mro__]
    return any(module.startswith(_SIMULATORS) for module in modules)


def _translated(pair, backend, pass_manager):
    if pass_manager is None:
        if backend is None:
            return pair
        _refuse_small(pair, backend)
        pass_manager = generate_preset_pass_manager(1, backend=backend, seed_transpiler=SEED)
    try:
        return pass_manager.run(pair)
    except TranspilerError as error:
        raise ValueError(
            f"The pass manager cannot translate the circuit of {pair.num_qubits} qubits: "
            f"{error.message}; pass a pass_manager=... that is made for the backend."
        ) from error


def _refuse_small(pair, backend):
    available = backend.num_qubits
    if available is not None and available < pair.num_qubits:
        raise ValueError(
            f"The circuit has {pair.num_qubits} qubits, the backend {backend.name!r} has "
            f"{available}; use fewer qubits (ReuploadingFeatureMap(n_qubits=...) takes any number "
            "of features) or another backend."
        )


def _refuse_misbound(operation, backend):
    """Raise if Aer would take other angles than it is given, without a word."""
    if (
        operation.name not in BINDABLE
        and backend is not None
        and type(backend).__module__.startswith("qiskit_aer")
    ):
        raise ValueError(
            f"The translated circuit holds {operation.name!r} with a free parameter, which Aer "
            "binds wrongly; use a pass_manager whose basis gates have rotations and 'cx' instead."
        )

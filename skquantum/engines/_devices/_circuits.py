"""Circuits as a device runs them: opened, translated, and ready for columns of numbers."""

from dataclasses import dataclass

from qiskit import QuantumCircuit
from qiskit.primitives import StatevectorEstimator, StatevectorSampler
from qiskit.primitives.containers.bindings_array import BindingsArray
from qiskit.providers import BackendV2
from qiskit.transpiler import TranspilerError, generate_preset_pass_manager

from skquantum._circuits import (
    BINDABLE,
    CONSTANT,
    IGNORED,
    Expressions,
    has_free_parameters,
    library_name,
    placeholder_for,
    walk,
)

__all__ = [
    "DeviceCircuit",
    "backend_of",
    "opened_for",
    "pass_manager_for",
    "pubs_of",
    "runs_here",
    "translated",
]

OF_RZZ = frozenset(["rxx", "ryy", "rzx"])

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
class DeviceCircuit:
    """A circuit whose free parameters are placeholders for columns of numbers.

    Attributes
    ----------
    circuit : QuantumCircuit
        In the gates of the device.
    placeholders : tuple of Parameter
        The parameters of `circuit`.
    expressions : Expressions
        Computes the column of each placeholder.
    places : list of int
        Where each qubit of the circuit that was translated is at the end.
    """

    circuit: QuantumCircuit
    placeholders: tuple
    expressions: Expressions
    places: list


def opened_for(circuit, primitive):
    """Return a circuit without composites, and with parameters only in gates that bind safely.

    Parameters
    ----------
    circuit : QuantumCircuit
        Circuit that `lower` takes; it is not changed.
    primitive : BaseSamplerV2 or BaseEstimatorV2
        Which will run it.

    Returns
    -------
    QuantumCircuit
        With the parameters of the circuit.

    Raises
    ------
    ValueError
        If a delay has a free parameter, or Qiskit does not know the angles that the backend takes.
    """
    bounded = _bounded_gates(backend_of(primitive))
    # without rzz, the other ones of two qubits may be made of it
    return _opened(circuit, BINDABLE - bounded - (OF_RZZ if "rzz" in bounded else frozenset()))


def translated(opened, parameters, primitive, pass_manager):
    """Translate a circuit for a device, and make it ready for binding.

    Parameters
    ----------
    opened : QuantumCircuit
        Made of what :func:`opened_for` returned, with or without measurements.
    parameters : sequence of Parameter
        Whose values are the columns that expressions are evaluated on.
    primitive : BaseSamplerV2 or BaseEstimatorV2
        Which will run it.
    pass_manager : PassManager or None
        What translates it; None leaves it as it is.

    Returns
    -------
    DeviceCircuit
        Ready for binding.

    Raises
    ------
    ValueError
        If the backend is too small or cannot run it.
    """
    backend = backend_of(primitive)
    bounded = _bounded_gates(backend)
    native = _translated(opened, backend, pass_manager)
    placeholders = {}
    result = native.copy_empty_like()
    result.global_phase = 0  # which no measurement sees, and Aer cannot bind
    for item in native.data:
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
    layout = native.layout
    return DeviceCircuit(
        circuit=result,
        placeholders=tuple(placeholder for placeholder, _ in known),
        expressions=Expressions([expression for _, expression in known], parameters),
        places=list(
            range(opened.num_qubits)
            if layout is None
            else layout.final_index_layout(filter_ancillas=True)
        ),
    )


def pubs_of(device_circuit, angles, before=(), after=()):
    """Return what a primitive takes for circuits with these angles, one row each.

    Parameters
    ----------
    device_circuit : DeviceCircuit
        What is run.
    angles : ndarray of shape (n_rows, n_placeholders)
        What its expressions give.
    before, after : tuple, default=()
        What stands before and behind the angles: observables, shots or precision.

    Returns
    -------
    list of tuple
        One PUB, or one for each row if there are no parameters.
    """
    circuit, placeholders = device_circuit.circuit, device_circuit.placeholders
    if placeholders:
        return [(circuit, *before, BindingsArray({placeholders: angles}), *after)]
    # without parameters, Aer's sampler measures only the first of an array
    return [(circuit, *before, None, *after)] * len(angles)


def _opened(circuit, bindable):
    result = QuantumCircuit(circuit.num_qubits)

    def take(name, operation, wires):
        free = has_free_parameters(operation)
        if name == "delay" and free:
            raise ValueError(
                "The circuit holds 'delay' with a free parameter, which has no inverse; give it a "
                "number, or take it off."
            )
        if name == "global_phase":  # which no measurement sees
            return True
        if name not in (bindable if free else CONSTANT | IGNORED):
            return False
        result.append(operation, wires, copy=False)
        return True

    walk(circuit, take)
    return result


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


def backend_of(primitive):
    """Return the backend that a sampler or an estimator runs on, or None if it has none."""
    for name in ("backend", "_backend", "mode"):
        found = getattr(primitive, name, None)
        if callable(found) and not isinstance(found, BackendV2):
            found = found()  # a method of the primitives of Qiskit Runtime
        if isinstance(found, BackendV2):
            return found
    return None


def runs_here(primitive):
    """Return whether a sampler or an estimator simulates in this process.

    Such jobs gain nothing from each other's company, and not all can stand it: the fake backends
    of qiskit-ibm-runtime 0.51 run what comes while they set up their noise model without noise.
    """
    backend = backend_of(primitive)
    if backend is None:
        return isinstance(primitive, StatevectorSampler | StatevectorEstimator)
    modules = [base.__module__ for base in type(backend).__mro__]
    return any(module.startswith(_SIMULATORS) for module in modules)


def pass_manager_for(primitive):
    """Return what translates circuits for the backend of a primitive, or None if it has none."""
    backend = backend_of(primitive)
    if backend is None:
        return None
    return generate_preset_pass_manager(1, backend=backend, seed_transpiler=SEED)


def _translated(opened, backend, pass_manager):
    if backend is not None:
        _refuse_small(opened, backend)
    if pass_manager is None:
        return opened
    try:
        return pass_manager.run(opened)
    except TranspilerError as error:
        raise ValueError(
            f"The pass manager cannot translate the circuit of {opened.num_qubits} qubits: "
            f"{error.message}; pass a pass_manager=... that is made for the backend."
        ) from error


def _refuse_small(opened, backend):
    available = backend.num_qubits
    if available is not None and available < opened.num_qubits:
        raise ValueError(
            f"The circuit has {opened.num_qubits} qubits, the backend {backend.name!r} has "
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

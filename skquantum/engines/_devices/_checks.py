"""What a sampler or an estimator cannot run, refused before anything is submitted."""

from qiskit.circuit import ControlFlowOp
from qiskit.primitives import BaseEstimatorV2, StatevectorEstimator, StatevectorSampler

from skquantum._circuits import without_idle_wires
from skquantum._runtime import check_memory
from skquantum.engines._devices._circuits import backend_of, runs_here

__all__ = ["check_is_open", "check_simulation_memory", "refuse_unsupported_instructions"]

# Methods of Aer's that hold all amplitudes; "automatic" chooses among them for circuits with
# parameters.
_DENSE = ("automatic", "statevector", "density_matrix", "unitary")


def check_is_open(primitive):
    """Raise if a sampler or an estimator runs in a session that has been closed.

    Parameters
    ----------
    primitive : BaseSamplerV2 or BaseEstimatorV2
        Which would run circuits; that of Qiskit Runtime has a `mode`.

    Raises
    ------
    ValueError
        With the remedy.
    """
    mode = getattr(primitive, "mode", None)
    if getattr(mode, "_active", True):  # Qiskit Runtime has no public way that asks no service
        return
    kind, name = _kind(primitive), type(mode).__name__
    raise ValueError(
        f"The {name} of the {kind} is closed, so that it takes no more jobs; open another {name}, "
        f"and attach its {kind} with set_params({kind}=...) on the engine."
    )


def check_simulation_memory(primitive, circuit):
    """Raise if a simulation in this process would need more memory than is free.

    Parameters
    ----------
    primitive : BaseSamplerV2 or BaseEstimatorV2
        Which will run the circuit.
    circuit : QuantumCircuit
        Of one row, all of whose qubits are measured.

    Raises
    ------
    InsufficientMemoryError
        With the need, the memory that is free, and the remedy.
    """
    n_qubits = circuit.num_qubits
    if isinstance(primitive, StatevectorSampler):
        # it writes out the bitstring of every amplitude, whose digits have 21 characters of 4
        # bytes each, three times over, beside the digits as numbers
        amplitude_bytes = (3 * 84 + 8) * n_qubits + 64
    elif isinstance(primitive, StatevectorEstimator):
        amplitude_bytes = 4 * 16  # the state, the next one, and products with Pauli strings
    elif runs_here(primitive) and circuit.parameters and _method(primitive) in _DENSE:
        amplitude_bytes = 16
        n_qubits = without_idle_wires(circuit)[0].num_qubits  # Aer leaves the others out itself
    else:
        return
    check_memory(
        2**n_qubits * amplitude_bytes,
        f"Simulating {n_qubits} qubits by {type(primitive).__name__}",
        "use fewer qubits (ReuploadingFeatureMap(n_qubits=...) takes any number of features), or "
        f"the {_kind(primitive)} of a device",
    )


def _kind(primitive):
    return "estimator" if isinstance(primitive, BaseEstimatorV2) else "sampler"


def _method(primitive):
    return getattr(getattr(backend_of(primitive), "options", None), "method", "automatic")


def refuse_unsupported_instructions(circuit, backend):
    """Raise if a translated circuit holds what a backend does not have.

    Qiskit Aer also runs gates that are not among the basis gates of its noise model, so that it is
    left to say what it cannot run.

    Parameters
    ----------
    circuit : QuantumCircuit
        As it will be submitted.
    backend : BackendV2 or None
        Which will run it; None is not asked.

    Raises
    ------
    ValueError
        With the instruction, its qubits and the remedy.
    """
    if backend is None or type(backend).__module__.startswith("qiskit_aer."):
        return
    if (target := backend.target) is None:
        return
    for item in circuit.data:
        name = item.operation.name
        qubits = tuple(circuit.find_bit(qubit).index for qubit in item.qubits)
        if (
            name != "barrier"
            and not isinstance(item.operation, ControlFlowOp)
            and not target.instruction_supported(name, qubits)
        ):
            raise ValueError(
                f"The translated circuit holds {name!r} on qubits {qubits}, which the backend "
                f"{backend.name!r} does not support; use a pass_manager that is made for this "
                "backend, such as generate_preset_pass_manager(1, backend=backend), or None."
            )

"""What a sampler cannot run, refused before anything is submitted."""

from qiskit.circuit import ControlFlowOp
from qiskit.primitives import StatevectorSampler

from skquantum._circuits import without_idle_wires
from skquantum._runtime import check_memory
from skquantum.engines._sampler._circuits import backend_of, runs_here

__all__ = ["check_simulation_memory", "refuse_unsupported_instructions"]

# Methods of Aer's that hold all amplitudes; "automatic" chooses among them for circuits with
# parameters.
_DENSE = ("automatic", "statevector", "density_matrix", "unitary")


def check_simulation_memory(sampler, circuit):
    """Raise if a sampler that simulates in this process would need more memory than is free.

    Parameters
    ----------
    sampler : BaseSamplerV2
        Which will run the circuit.
    circuit : QuantumCircuit
        Of one row, all of whose qubits are measured.

    Raises
    ------
    InsufficientMemoryError
        With the need, the memory that is free, and the remedy.
    """
    n_qubits = circuit.num_qubits
    if isinstance(sampler, StatevectorSampler):
        # it writes out the bitstring of every amplitude, whose digits have 21 characters of 4
        # bytes each, three times over, beside the digits as numbers
        amplitude_bytes = (3 * 84 + 8) * n_qubits + 64
    elif runs_here(sampler) and circuit.parameters and _method(sampler) in _DENSE:
        amplitude_bytes = 16
        n_qubits = without_idle_wires(circuit)[0].num_qubits  # Aer leaves the others out itself
    else:
        return
    check_memory(
        2**n_qubits * amplitude_bytes,
        f"Simulating {n_qubits} qubits by {type(sampler).__name__}",
        "use fewer qubits (ReuploadingFeatureMap(n_qubits=...) takes any number of features), or "
        "the sampler of a device",
    )


def _method(sampler):
    return getattr(getattr(backend_of(sampler), "options", None), "method", "automatic")


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

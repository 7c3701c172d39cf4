"""What training and predicting take, known before a circuit is opened."""

from qiskit.circuit import ParameterExpression

from skquantum._memory import check_memory
from skquantum._parallel import n_workers
from skquantum.engines import CompiledEngine

__all__ = ["check_model_memory", "model_bytes"]

# Rows that the compiled engine runs together.
LANES = 8
# Largest block of states that one run of another engine holds.
BLOCK_BYTES = 64 * 2**20


def model_bytes(engine, n_qubits, n_outputs, *, n_rows, n_numbers, n_jobs, training):
    """Estimate the memory of outputs, and for training of gradients.

    Parameters
    ----------
    engine : Engine
        What runs the circuit.
    n_qubits : int
        Width of the circuit.
    n_outputs : int
        Number of observables.
    n_rows : int
        Number of rows.
    n_numbers : int
        Parameters and angles that each row has.
    n_jobs : int or None
        Workers, as joblib counts them.
    training : bool
        Whether gradients are needed.

    Returns
    -------
    int
        Bytes.
    """
    size = 2**n_qubits
    amplitude = engine.amplitude_bytes
    workers = n_workers(n_jobs, float("inf"), threads=engine.shares_memory)
    exact = engine.without_shots()
    if training and exact is not engine:  # gradients are compared with what shots resolve
        return model_bytes(
            exact,
            n_qubits,
            n_outputs,
            n_rows=n_rows,
            n_numbers=n_numbers,
            n_jobs=n_jobs,
            training=True,
        ) + model_bytes(
            CompiledEngine(),
            n_qubits,
            n_outputs,
            n_rows=LANES,
            n_numbers=n_numbers,
            n_jobs=None,
            training=True,
        )
    if isinstance(engine, CompiledEngine):
        # ket and bra with a spare copy of each, and probabilities with two temporaries
        states = (4 if training else 2) * amplitude * LANES
        per_worker = states + (24 if not training else 16) * LANES
        fixed = 64 + 24 * n_outputs
        workers = min(workers, -(-n_rows // LANES))
    else:
        fitting = min(n_rows, max(1, BLOCK_BYTES // max(1, size * amplitude)))
        per_worker, fixed = 4 * amplitude * fitting, 32 * n_outputs
    rows = 8 * n_rows * n_numbers * (4 if training else 2)
    return size * (workers * per_worker + fixed) + rows


def check_model_memory(engine, circuit, n_outputs, *, n_rows, n_jobs, training):
    """Raise if training or predicting cannot fit into memory.

    Parameters
    ----------
    engine : Engine
        What runs the circuit.
    circuit : QuantumCircuit
        Encoding and ansatz.
    n_outputs, n_rows : int
        Numbers of observables and rows.
    n_jobs : int or None
        Workers, as joblib counts them.
    training : bool
        Whether gradients are needed.

    Raises
    ------
    InsufficientMemoryError
        With the estimate, what is free, and the remedy.
    """
    n_angles = sum(
        isinstance(param, ParameterExpression)
        for item in circuit.data
        for param in item.operation.params
    )
    needed = model_bytes(
        engine,
        circuit.num_qubits,
        n_outputs,
        n_rows=n_rows,
        n_numbers=circuit.num_parameters + n_angles,
        n_jobs=n_jobs,
        training=training,
    )
    check_memory(
        needed,
        f"{'Training' if training else 'Predicting with'} a circuit of {circuit.num_qubits} qubits "
        f"on {n_rows} rows",
        "use fewer qubits, such as the default feature map, which fits any number of features on "
        "n_qubits=6, or pass fewer rows at a time",
    )

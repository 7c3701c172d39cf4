"""What training and predicting take, known before a circuit is opened."""

from qiskit.circuit import ParameterExpression

from skquantum._runtime import check_memory
from skquantum.engines import CompiledEngine

__all__ = [
    "check_circuit_memory",
    "check_model_memory",
    "count_numbers",
    "is_compared",
    "model_bytes",
]

# Rows on which gradients are compared with what shots resolve.
ROWS_COMPARED = 8
# Qubits of a circuit on a device for which that takes no longer than a job.
WIDEST_COMPARED = 16


def model_bytes(engine, circuit, n_outputs, *, n_rows, n_numbers, n_jobs, n_differentiated):
    """Estimate the memory of outputs, and for training of gradients.

    Parameters
    ----------
    engine : Engine
        Engine that runs the circuit.
    circuit : QuantumCircuit
        Encoding and ansatz.
    n_outputs : int
        Number of observables.
    n_rows : int
        Number of rows.
    n_numbers : int
        What :func:`count_numbers` returns for the circuit.
    n_jobs : int or None
        Workers, as joblib counts them.
    n_differentiated : int
        Number of rows that are differentiated at once; 0 for predictions.

    Returns
    -------
    int
        Bytes.
    """
    numbers = {"n_numbers": n_numbers, "n_jobs": n_jobs, "n_differentiated": n_differentiated}
    besides = 0
    if n_differentiated and is_compared(engine, circuit):
        compared = {**numbers, "n_jobs": None, "n_differentiated": ROWS_COMPARED}
        besides = model_bytes(
            CompiledEngine(), circuit, n_outputs, n_rows=ROWS_COMPARED, **compared
        )
        if not engine.on_device:
            engine = engine.without_shots()
    # measured: values, columns and temporaries, and for gradients derivatives of each
    by_row = 8 * n_numbers * (3 * n_rows + 2 * n_differentiated)
    return (
        besides
        + by_row
        + engine.expectation_bytes(
            circuit, n_outputs, n_rows, n_differentiated=n_differentiated, n_jobs=n_jobs
        )
    )


def is_compared(engine, circuit):
    """Return whether exact gradients are compared with what shots resolve, before training.

    Parameters
    ----------
    engine : Engine
        Engine of the circuit.
    circuit : QuantumCircuit
        Encoding and ansatz.

    Returns
    -------
    bool
        Not without shots, nor for circuits on devices that are too wide to be simulated.
    """
    if engine.shots is None:
        return False
    return not engine.on_device or circuit.num_qubits <= WIDEST_COMPARED


def count_numbers(circuit):
    """Return how many parameters and parameterised angles a circuit has for each row."""
    return circuit.num_parameters + sum(
        isinstance(param, ParameterExpression)
        for item in circuit.data
        for param in item.operation.params
    )


def check_model_memory(engine, circuit, n_outputs, *, n_rows, n_differentiated=0, **numbers):
    """Raise if training or predicting cannot fit into memory.

    Parameters
    ----------
    engine : Engine
        Engine that runs the circuit.
    circuit : QuantumCircuit
        Encoding and ansatz.
    n_outputs, n_rows : int
        Numbers of observables and rows.
    n_differentiated : int, default=0
        Number of rows that are differentiated at once; 0 for predictions.
    **numbers : dict
        As of :func:`model_bytes`.

    Raises
    ------
    InsufficientMemoryError
        With the estimate, what is free, and the remedy.
    """
    needed = model_bytes(
        engine, circuit, n_outputs, n_rows=n_rows, n_differentiated=n_differentiated, **numbers
    )
    check_memory(
        needed,
        f"{'Training' if n_differentiated else 'Predicting with'} a circuit of "
        f"{circuit.num_qubits} qubits on {n_rows} rows",
        "use fewer qubits, such as the default feature map, which fits any number of features on "
        "n_qubits=6, or pass fewer rows at a time",
    )


def check_circuit_memory(engine, circuit, remedy, *, n_outputs=1, besides=0, n_jobs=None):
    """Raise if training a circuit without data cannot fit into memory.

    Parameters
    ----------
    engine : Engine
        Engine that runs the circuit.
    circuit : QuantumCircuit
        Its parameters are all trained.
    remedy : str
        What to do instead.
    n_outputs : int, default=1
        Number of observables.
    besides : int, default=0
        Bytes of what is in use besides, such as states that are compared with.
    n_jobs : int or None, default=None
        Workers, as joblib counts them.

    Raises
    ------
    InsufficientMemoryError
        With the estimate, what is free, and the remedy.
    """
    needed = besides + model_bytes(
        engine,
        circuit,
        n_outputs,
        n_rows=1,
        n_numbers=count_numbers(circuit),
        n_jobs=n_jobs,
        n_differentiated=1,
    )
    check_memory(needed, f"Training a circuit of {circuit.num_qubits} qubits", remedy)

"""What training and predicting take, known before a circuit is opened."""

from qiskit.circuit import ParameterExpression
from sklearn.base import clone

from skquantum._runtime import check_memory, n_workers
from skquantum.engines import CompiledEngine

__all__ = ["check_model_memory", "count_numbers", "model_bytes"]

# Rows that the compiled engine runs together.
LANES = 8
# Largest block of states that one run of another engine holds.
BLOCK_BYTES = 64 * 2**20


def model_bytes(engine, n_qubits, n_outputs, *, n_rows, n_numbers, n_jobs, n_differentiated):
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
    size = 2**n_qubits
    amplitude = -(-engine.row_bytes(n_qubits) // size)
    numbers = {"n_rows": n_rows, "n_numbers": n_numbers, "n_jobs": n_jobs}
    if n_differentiated and engine.shots is not None:
        # what shots resolve is compared with gradients
        exact = clone(engine).set_params(shots=None)
        numbers["n_differentiated"] = n_differentiated
        compared = {**numbers, "n_rows": LANES, "n_jobs": None, "n_differentiated": LANES}
        return model_bytes(exact, n_qubits, n_outputs, **numbers) + model_bytes(
            CompiledEngine(), n_qubits, n_outputs, **compared
        )
    workers = n_workers(n_jobs, float("inf"), threads=engine.shares_memory)
    if isinstance(engine, CompiledEngine):
        workers = min(workers, -(-n_rows // LANES))
        # ket and bra with a spare copy of each, and probabilities with temporaries
        per_row = 4 * amplitude + 16 if n_differentiated else 2 * amplitude + 24
        per_worker, fixed = per_row * LANES, 64 + 24 * n_outputs
    else:
        rows_per_run = min(n_rows, max(1, BLOCK_BYTES // max(1, size * amplitude)))
        per_worker, fixed = 4 * amplitude * rows_per_run, 32 * n_outputs
    # measured: values, columns and temporaries, and for gradients derivatives of each
    by_row = 8 * n_numbers * (3 * n_rows + 2 * n_differentiated)
    return size * (workers * per_worker + fixed) + by_row


def count_numbers(circuit):
    """Return how many parameters and parameterised angles a circuit has for each row."""
    return circuit.num_parameters + sum(
        isinstance(param, ParameterExpression)
        for item in circuit.data
        for param in item.operation.params
    )


def check_model_memory(engine, n_qubits, n_outputs, *, n_rows, n_differentiated=0, **numbers):
    """Raise if training or predicting cannot fit into memory.

    Parameters
    ----------
    engine : Engine
        What runs the circuit.
    n_qubits, n_outputs, n_rows : int
        Numbers of qubits, observables and rows.
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
        engine, n_qubits, n_outputs, n_rows=n_rows, n_differentiated=n_differentiated, **numbers
    )
    check_memory(
        needed,
        f"{'Training' if n_differentiated else 'Predicting with'} a circuit of "
        f"{n_qubits} qubits on {n_rows} rows",
        "use fewer qubits, such as the default feature map, which fits any number of features on "
        "n_qubits=6, or pass fewer rows at a time",
    )

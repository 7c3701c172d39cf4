"""What simulations in Aer take, known before anything is opened. The factors were measured."""

from skquantum._runtime import n_workers

__all__ = [
    "BYTES_PER_RUN",
    "ROWS_OF_CIRCUITS",
    "encoding_bytes",
    "noisy_expectation_bytes",
    "product_state_bytes",
    "rows_per_run",
]

# Largest block of states that one Aer run holds; Aer keeps about two copies besides ours.
BYTES_PER_RUN = 64 * 2**20
# A worker process with Qiskit and this package imported.
WORKER_BYTES = 208 * 2**20
OVERHEAD = 8 * 2**20
# Circuits without parameters that are run together, and a gate of one, with what Aer makes of it.
ROWS_OF_CIRCUITS = 8
BYTES_PER_GATE = 4096
# Cautious: whether workers start is known when the circuit is open.
SECONDS_PER_GATE = 2e-4
SECONDS_PER_GATE_AND_NUMBER = 2e-8


def rows_per_run(engine, row_bytes):
    """Return how many rows one run simulates.

    Parameters
    ----------
    engine : AerEngine
        The settings.
    row_bytes : int
        What the simulator holds of a row.

    Returns
    -------
    int
        Number of rows.
    """
    return engine.chunk_size or int(min(max(1, BYTES_PER_RUN // row_bytes), 1000))


def encoding_bytes(engine, circuit, n_rows, measurement, n_jobs):
    """Return what ``encoding_bytes`` of an AerEngine does."""
    n_qubits = circuit.num_qubits
    encoded = n_rows * engine.row_bytes(n_qubits, measurement)
    if engine.noise_model is not None and not encoded:
        return OVERHEAD  # pairs of rows are simulated later
    n_numbers = 2**n_qubits if engine.noise_model is None else 4**n_qubits
    simulated = (8 if engine.precision == "single" else 16) * n_numbers
    in_block = min(n_rows, rows_per_run(engine, simulated))
    block = in_block * simulated
    if engine.noise_model is None:
        # Aer converts states of single precision
        copies = 2 if engine.precision == "single" else 1
        run = copies * block + min(block // 2, 32 * 2**20)
    elif measurement == "overlap":
        run = 2 * block
    else:
        # the effects, and the measurement they start from, as Qiskit hands it to Aer
        run = 3 * block + 5 * 16 * n_numbers
    n_numbers = min(n_numbers, 2**60)  # a float ends at 1024 qubits
    seconds = len(circuit.data) * (SECONDS_PER_GATE + SECONDS_PER_GATE_AND_NUMBER * n_numbers)
    workers = n_workers(n_jobs, n_rows * seconds, threads=False)
    if workers > 1:
        workers = min(workers, n_rows)
        # what workers send is here before it is where it belongs
        run = workers * (run + block + WORKER_BYTES)
    total = encoded + run
    return total + total // 25 + OVERHEAD


def noisy_expectation_bytes(circuit, n_outputs, n_jobs):
    """Return what ``expectation_bytes`` of an AerEngine with noise does."""
    # one density matrix at a time with two copies, of which probabilities are kept
    workers = n_workers(n_jobs, float("inf"), threads=False)
    size = 2**circuit.num_qubits
    return workers * (52 * size**2 + BYTES_PER_RUN // 2) + 16 * n_outputs * size + OVERHEAD


def product_state_bytes(circuit, n_jobs):
    """Return what circuits of rows take, and the processes that run them, without states."""
    workers = n_workers(n_jobs, float("inf"), threads=False)
    rows = ROWS_OF_CIRCUITS * BYTES_PER_GATE * len(circuit.data)
    return workers * (rows + WORKER_BYTES if workers > 1 else rows)

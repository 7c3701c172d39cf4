"""What a compiled program takes, known before any array is made."""

from itertools import takewhile
from typing import NamedTuple

import numpy as np

from skquantum._runtime import kept_fact, n_workers
from skquantum.engines._compiled._compiler import compile_circuit
from skquantum.engines._compiled._kernels import LANES
from skquantum.engines._compiled._machine import ALONE, CACHE_BYTES
from skquantum.engines._compiled._operations import PhaseLayer
from skquantum.engines._kernel_sessions import BYTES_PER_PIECE

__all__ = ["encoding_bytes", "expectation_bytes"]

# Wider circuits fit nowhere, and masks of their bits into no integer.
WIDEST = 60
# Up to this width a program takes about a megabyte whatever its gates are, and finding out how much
# takes longer than running it.
NARROW = 12
# Coefficients of operations, and what the allocator keeps.
OVERHEAD = 8 * 2**20
# Arrays of this size are returned when they are freed; the C library may keep smaller ones.
RETURNED = 32 * 2**20


class _Footprint(NamedTuple):
    """What decides about memory, but for the number of rows.

    Attributes
    ----------
    n_qubits : int
        Those in use.
    moves : bool
        Whether amplitudes move, into a spare copy of the state.
    phases : bool
        Whether phases are computed, in an array of double precision.
    folded : tuple of bool
        Moves and phases of what is the same for all rows, which is run in double precision when a
        session is opened.
    """

    n_qubits: int
    moves: bool
    phases: bool
    folded: tuple


def _footprint(circuit):
    if circuit.num_qubits > WIDEST:
        return _Footprint(circuit.num_qubits, True, True, (True, True))
    operations, qubits, *_ = compile_circuit(circuit)
    folded = list(takewhile(lambda operation: not operation.columns_used, operations))
    later = _moves_and_phases(operations[len(folded) :])
    return _Footprint(len(qubits), *later, _moves_and_phases(folded))


def _moves_and_phases(operations):
    layers = [operation for operation in operations if isinstance(operation, PhaseLayer)]
    return any(layer.moves for layer in layers), any(len(layer.masks) for layer in layers)


class _Parts(NamedTuple):
    """Bytes of a session and of what runs in it.

    Attributes
    ----------
    amplitudes : int
        Their number.
    stays : int
        Places of the amplitudes, and the state that rows begin with.
    opening : int
        While what is the same for all rows is run.
    state : int
        Of one unit of rows.
    besides : int
        What each thread needs besides the states.
    rows : int
        Of a unit.
    """

    amplitudes: int
    stays: int
    opening: int
    state: int
    besides: int
    rows: int


def _parts(circuit, dtype):
    if circuit.num_qubits <= NARROW:
        found = _Footprint(circuit.num_qubits, True, True, (True, True))
    else:
        found = kept_fact(_footprint, circuit)
    size = 2**found.n_qubits
    itemsize = np.dtype(dtype).itemsize // 2
    rows = LANES if found.n_qubits < ALONE else 1
    stays = (8 + 2 * itemsize) * size
    moves, phases = found.folded
    # three states: the first one, the last one, and the last one as it is returned
    opening = stays + (3 * 16 + 16 * moves + 8 * phases) * rows * size
    state = 2 * itemsize * rows * size
    besides = state * found.moves + 8 * rows * size * found.phases
    return _Parts(size, stays, opening, state, besides, rows)


def _in_use(n_rows, n_jobs, parts):
    """Return how many threads there are, and how many states each has at once."""
    n_units = -(-n_rows // parts.rows)
    workers = min(n_workers(n_jobs, float("inf"), threads=True), n_units)
    together = max(1, CACHE_BYTES // parts.state)
    return workers, min(together, -(-n_units // max(workers, 1)))


def encoding_bytes(circuit, dtype, n_rows, n_jobs):
    """Return what ``encoding_bytes`` of an engine does, for amplitudes of some type."""
    parts = _parts(circuit, dtype)
    row_bytes = 2**circuit.num_qubits * np.dtype(dtype).itemsize
    # all rows, and those that are being encoded
    encoded = n_rows * row_bytes + min(n_rows - 1, 1) * max(row_bytes, BYTES_PER_PIECE)
    workers, states = _in_use(n_rows, n_jobs, parts)
    running = workers * (_in_thread(parts, workers) + states * parts.state)
    return _with_overhead(max(parts.opening, parts.stays + encoded + running), workers)


def expectation_bytes(circuit, dtype, n_outputs, n_rows, n_differentiated, n_jobs):
    """Return what ``expectation_bytes`` of an engine does, for amplitudes of some type."""
    parts = _parts(circuit, dtype)
    workers, states = _in_use(n_differentiated or n_rows, n_jobs, parts)
    # a bra for every state
    per_worker = _in_thread(parts, workers)
    per_worker += states * parts.state * (2 if n_differentiated else 1)
    rows = workers * per_worker
    # as they were given, and as they are used, and what the last one is made of before states come
    observables = 16 * n_outputs * parts.amplitudes
    made_of = 32 * parts.amplitudes
    together = max(made_of, rows) if 8 * parts.amplitudes >= RETURNED else made_of + rows
    running = parts.stays + observables + together
    return _with_overhead(max(parts.opening, running), workers)


def _in_thread(parts, workers):
    """Return what a thread needs besides states; what it frees stays with it, as was measured."""
    return parts.besides + (2 * parts.state if workers > 1 else 0)


def _with_overhead(n_bytes, workers):
    return n_bytes + n_bytes // 25 + OVERHEAD * min(workers, 4)

"""What a compiled program takes, known before any array is made."""

from itertools import takewhile
from typing import NamedTuple

import numpy as np

from skquantum._runtime import kept_fact, n_workers
from skquantum.engines._compiled._compiler import compile_circuit
from skquantum.engines._compiled._kernels import LANES
from skquantum.engines._compiled._operations import Dense, PhaseLayer

__all__ = ["CACHE_BYTES", "encoding_bytes", "expectation_bytes"]

# Blocks of states that are worked on at a time stay in the second-level cache.
CACHE_BYTES = 2**20
# Wider circuits fit nowhere, and masks of their bits into no integer.
WIDEST = 60
# Up to this width a program takes about a megabyte whatever its gates are, and finding out how much
# takes longer than running it.
NARROW = 12
# Coefficients of operations, and what the allocator keeps.
OVERHEAD = 8 * 2**20


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
    tables : float
        Tables that the operations keep, in units of one integer per amplitude.
    folded : tuple of bool
        Moves and phases of what is the same for all rows, which is run in double precision when a
        session is opened.
    """

    n_qubits: int
    moves: bool
    phases: bool
    tables: float
    folded: tuple


def _footprint(circuit):
    if circuit.num_qubits > WIDEST:
        return _Footprint(circuit.num_qubits, True, True, 0.0, (True, True))
    operations, qubits, *_ = compile_circuit(circuit)
    layers = [operation for operation in operations if isinstance(operation, PhaseLayer)]
    groups = sum(2.0 ** -len(op.qubits) for op in operations if isinstance(op, Dense))
    maps = {layer.moves for layer in layers}
    sources = sum(not len(layer.masks) for layer in layers)
    everything = bool(layers) and (None in maps or sources > 0)
    folded = list(takewhile(lambda operation: not operation.columns_used, operations))
    tables = len(maps - {None}) + everything + sources + groups
    later = _moves_and_phases(operations[len(folded) :])
    return _Footprint(len(qubits), *later, tables, _moves_and_phases(folded))


def _moves_and_phases(operations):
    layers = [operation for operation in operations if isinstance(operation, PhaseLayer)]
    return any(layer.moves for layer in layers), any(len(layer.masks) for layer in layers)


class _Parts(NamedTuple):
    """Bytes of a session and of what runs in it; attributes as they are made in :func:`_parts`."""

    amplitudes: int
    stays: int
    opening: int
    state: int
    with_spare: int
    phases: int


def _parts(circuit, dtype):
    if circuit.num_qubits <= NARROW:
        found = _Footprint(circuit.num_qubits, True, True, 16.0, (True, True))
    else:
        found = kept_fact(_footprint, circuit)
    size = 2**found.n_qubits
    itemsize = np.dtype(dtype).itemsize // 2
    # places of the amplitudes, and the state that rows begin with
    stays = (8 + 2 * itemsize) * size + int(8 * found.tables) * size
    state = 2 * LANES * itemsize * size
    in_double = 8 * LANES * size
    moves, phases = found.folded
    opening = stays + in_double * (2 * (1 + moves) + phases)
    return _Parts(size, stays, opening, state, (1 + found.moves) * state, in_double * found.phases)


def _n_blocks(n_rows, n_jobs, parts):
    """Return how many blocks of LANES rows are in use at once."""
    workers = n_workers(n_jobs, float("inf"), threads=True)
    together = max(1, CACHE_BYTES // parts.state)
    return min(workers * together, -(-n_rows // LANES))


def encoding_bytes(circuit, dtype, n_rows, n_jobs):
    """Return what ``encoding_bytes`` of an engine does, for amplitudes of some type."""
    parts = _parts(circuit, dtype)
    encoded = n_rows * 2**circuit.num_qubits * np.dtype(dtype).itemsize
    n_blocks = _n_blocks(n_rows, n_jobs, parts)
    running = n_blocks * (parts.with_spare + parts.phases)
    return _with_overhead(max(parts.opening, parts.stays + encoded + running), n_blocks)


def expectation_bytes(circuit, dtype, n_outputs, n_rows, n_differentiated, n_jobs):
    """Return what ``expectation_bytes`` of an engine does, for amplitudes of some type."""
    parts = _parts(circuit, dtype)
    size, state, with_spare = parts.amplitudes, parts.state, parts.with_spare
    # squares of both parts, and of single precision a copy of their sum
    in_double = 8 * LANES * size
    squares = state + (in_double if state < 2 * in_double else 0)
    per_block = with_spare + max(parts.phases, squares)
    if n_differentiated:
        weighed = with_spare + state + in_double
        back = 2 * with_spare + max(parts.phases, 24 * size)
        per_block = max(per_block, weighed, back)
    n_blocks = _n_blocks(n_differentiated or n_rows, n_jobs, parts)
    if n_blocks > 1:  # what is freed stays with its thread; measured
        per_block += 2 * state
    # as they were given, and as they are used, and what the last one is made of
    observables = (16 * n_outputs + 32) * size
    running = parts.stays + observables + n_blocks * per_block
    return _with_overhead(max(parts.opening, running), n_blocks)


def _with_overhead(n_bytes, n_blocks):
    return n_bytes + n_bytes // 25 + OVERHEAD * min(n_blocks, 4)

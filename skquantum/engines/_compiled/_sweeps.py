"""A program run forward, and backward for gradients, compiled by numba.

Work is done in units, as ``_kernels`` has them. `within` says of which kind they are.
"""

import math

import numpy as np

from skquantum.engines._compiled._binding import (
    add_to_columns,
    add_to_factors,
    bind,
    read_columns,
    write_columns,
)
from skquantum.engines._compiled._kernels import (
    LANES,
    fill,
    move,
    multiply_phase,
    n_passes,
    pass_items,
    set_phases,
    transform_pass,
    write_states,
)
from skquantum.engines._compiled._matrices import apply_dense, apply_matrix, apply_real_matrix
from skquantum.engines._compiled._overlaps import one_qubit_sums, pauli_sum, phase_sums
from skquantum.engines._compiled._pauli_loops import apply_pauli_rotation, pauli_pairs
from skquantum.engines._compiled._program import (
    ALL_QUBITS,
    ANGLES,
    COEFFICIENTS,
    DENSE,
    FACTORS,
    HADAMARDS,
    IS_REAL,
    KIND,
    MASKS,
    MATRIX,
    MOVES,
    N_FACTORS,
    N_MASKS,
    N_QUBITS,
    N_Y,
    ONE_QUBIT,
    PAULI,
    PHASES,
    QUBIT,
    QUBITS,
    SHIFT,
    TABLES,
    VARIES,
    X_MASK,
    Z_MASK,
)
from skquantum.engines._jit import inner, jit
from skquantum.engines._simd import load, splat

__all__ = ["moves", "n_steps", "run_backward", "run_forward", "step", "step_items", "write"]


@jit
def moves(program, number):
    """Say whether an operation writes to the spare copy of the state."""
    operation = program.operations[number]
    return operation[KIND] == PHASES and operation[MOVES] >= 0


@inner
def _qubits(program, number, n_vectors, within):
    """Return the qubits that an operation transforms or acts on."""
    operation = program.operations[number]
    first, n_qubits = operation[QUBITS], operation[N_QUBITS]
    if operation[KIND] == PHASES:
        first, n_qubits = ALL_QUBITS, within
        while 1 << (n_qubits - within) < n_vectors:
            n_qubits += 1
    return program.integers[first : first + n_qubits]


@jit
def n_steps(program, number, n_vectors, within):
    """Return how many loops an operation takes, one after another."""
    operation = program.operations[number]
    if operation[KIND] == HADAMARDS:
        return n_passes(_qubits(program, number, n_vectors, within), within)
    if operation[KIND] == PHASES and operation[N_MASKS]:
        return 2 + n_passes(_qubits(program, number, n_vectors, within), within)
    return 1


@jit
def step_items(program, number, place, n_vectors, within):
    """Return into how many parts a loop can be cut."""
    operation = program.operations[number]
    kind = operation[KIND]
    if kind == ONE_QUBIT:
        return n_vectors >> 1
    if kind == PAULI:
        return pauli_pairs(n_vectors, operation[X_MASK], within)
    if kind == DENSE:
        return max(n_vectors >> operation[N_QUBITS], 1)
    qubits = _qubits(program, number, n_vectors, within)
    if kind == HADAMARDS:
        return pass_items(n_vectors, qubits, within, place)
    if operation[N_MASKS] == 0 or place == 1 + n_passes(qubits, within):
        return n_vectors
    return 1 if place == 0 else pass_items(n_vectors, qubits, within, place - 1)


@inner
def _tables(program, number, sign):
    """Return the tables of where amplitudes move to, or come from, if `sign` is -1.

    They are empty if all amplitudes stay.
    """
    place = program.operations[number, MOVES]
    if place < 0:
        return program.integers[:0], program.integers[:0]
    if sign < 0:
        place += program.integers[TABLES]
    middle = place + (1 << program.integers[SHIFT])
    return program.integers[place:middle], program.integers[middle:]


@jit
def step(program, number, place, sign, re, im, out_re, out_im, phi, m, within, start, stop):
    """Do a part of one loop of an operation, or undo it but for moves, if `sign` is -1.

    Only what `moves` writes to the other state, `out`.
    """
    operation = program.operations[number]
    kind = operation[KIND]
    first = operation[COEFFICIENTS]
    if kind == ONE_QUBIT:
        adjoint = (1 - sign) >> 1
        qubit = operation[QUBIT]
        if operation[IS_REAL]:
            apply_real_matrix(re, im, m, first, adjoint, qubit, within, start, stop)
        else:
            apply_matrix(re, im, m, first, adjoint, qubit, within, start, stop)
    elif kind == PAULI:
        x_mask, z_mask, n_y = operation[X_MASK], operation[Z_MASK], operation[N_Y]
        apply_pauli_rotation(
            re, im, m, first, sign, x_mask, z_mask, n_y, within, start, stop
        )  # fmt: skip
    elif kind == DENSE:
        size = 1 << operation[N_QUBITS]
        begin = operation[MATRIX] + (1 - sign) * size * size
        matrix = program.numbers[begin : begin + 2 * size * size].reshape(2, size, size)
        apply_dense(re, im, matrix, _qubits(program, number, size, within), within, start, stop)
    elif kind == HADAMARDS:
        qubits = _qubits(program, number, start, within)
        scale = 0.5 ** (len(qubits) // 2) * (math.sqrt(0.5) if len(qubits) % 2 else 1.0)
        transform_pass(re, qubits, within, scale, place, start, stop)
        transform_pass(im, qubits, within, scale, place, start, stop)
    else:
        shift = program.integers[SHIFT]
        qubits = _qubits(program, number, re.shape[0], within)
        if operation[N_MASKS] == 0:
            if sign > 0:
                low, high = _tables(program, number, -sign)
                move(re, im, low, high, shift, out_re, out_im, within, start, stop)
        elif place == 0:
            masks = program.integers[operation[MASKS] : operation[MASKS] + operation[N_MASKS]]
            set_phases(phi, masks, m, first, within)
        elif place <= n_passes(qubits, within):
            transform_pass(phi, qubits, within, 1.0, place - 1, start, stop)
        else:
            low, high = _tables(program, number, sign)
            if sign < 0:
                low = low[:0]
            if not len(low):
                out_re, out_im = re, im
            multiply_phase(
                re, im, phi, low, high, shift, out_re, out_im, sign, within, start, stop
            )  # fmt: skip


@jit
def run_forward(program, end, values, row, initial, states, spare, phi, columns, m, within, sign):
    """Run the operations before `end` for the rows of some units, the first of which is `row`."""
    per_unit = 1 if within else LANES
    start = np.int64(0)  # of the type that it has for threads
    n_moves = 0
    for number in range(end):
        n_moves += moves(program, number)
    for unit in range(states.shape[0]):
        read_columns(values, row + unit * per_unit, within, columns)
        bind(program, columns, m)
        re, im = states[unit, 0], states[unit, 1]
        out_re, out_im = spare[0], spare[1]
        if n_moves % 2:
            re, im, out_re, out_im = out_re, out_im, re, im
        fill(re, im, initial[0], initial[1], within, start, re.shape[0])
        for number in range(end):
            for place in range(n_steps(program, number, re.shape[0], within)):
                stop = step_items(program, number, place, re.shape[0], within)
                step(
                    program, number, place, sign, re, im, out_re, out_im, phi, m, within,
                    start, stop,
                )  # fmt: skip
            if moves(program, number):
                re, im, out_re, out_im = out_re, out_im, re, im


@jit
def write(states, index, out, row, end_row, within):
    """Write the states of some units into the rows of `out`, the first of which is `row`."""
    per_unit = 1 if within else LANES
    for unit in range(states.shape[0]):
        first = row + unit * per_unit
        rows = out[first : min(first + per_unit, end_row)]
        write_states(
            states[unit, 0], states[unit, 1], index, rows, within, np.int64(0), states.shape[2]
        )


@jit
def run_backward(
    program, begin, end, values, row, end_row, kets, bras, spare, phi, columns, m, within,
    gradient, sums, out, sign
):  # fmt: skip
    """Write the derivatives of 2 Re <bra|ket> with respect to the columns into `out`.

    The operations from `begin` to `end` are undone on both states of each unit.
    """
    per_unit = 1 if within else LANES
    start = np.int64(0)
    for unit in range(kets.shape[0]):
        first_row = row + unit * per_unit
        read_columns(values, first_row, within, columns)
        bind(program, columns, m)
        gradient[:] = 0.0
        re, im = kets[unit, 0], kets[unit, 1]
        bra_re, bra_im = bras[unit, 0], bras[unit, 1]
        out_re, out_im = spare[0], spare[1]
        for number in range(end - 1, begin - 1, -1):
            if moves(program, number):
                low, high = _tables(program, number, -sign)
                shift, size = program.integers[SHIFT], re.shape[0]
                move(re, im, low, high, shift, out_re, out_im, within, start, size)
                re, im, out_re, out_im = out_re, out_im, re, im
                move(bra_re, bra_im, low, high, shift, out_re, out_im, within, start, size)
                bra_re, bra_im, out_re, out_im = out_re, out_im, bra_re, bra_im
            if program.operations[number, VARIES]:
                _collect(program, number, re, im, bra_re, bra_im, phi, m, within, sums, gradient)
            if number == begin:
                break
            n_places = n_steps(program, number, re.shape[0], within)
            for place in range(2 * n_places):
                stop = step_items(program, number, place % n_places, re.shape[0], within)
                u, v = (re, im) if place < n_places else (bra_re, bra_im)
                step(
                    program, number, place % n_places, sign, u, v, out_re, out_im, phi, m, within,
                    start, stop,
                )  # fmt: skip
        write_columns(gradient, first_row, min(per_unit, end_row - first_row), out)


@inner
def _collect(program, number, re, im, bra_re, bra_im, phi, m, within, sums, gradient):
    """Add the derivatives with respect to the angles of one operation."""
    operation = program.operations[number]
    kind = operation[KIND]
    if kind == ONE_QUBIT:
        only_y = operation[IS_REAL]
        one_qubit_sums(re, im, bra_re, bra_im, operation[QUBIT], within, only_y, sums)
        factors, n_factors = operation[FACTORS], operation[N_FACTORS]
        add_to_factors(program, factors, n_factors, m, sums, gradient)
    elif kind == PAULI:
        x_mask, z_mask, n_y = operation[X_MASK], operation[Z_MASK], operation[N_Y]
        imaginary = np.int64(1)
        slope = pauli_sum(
            re, im, bra_re, bra_im, x_mask, z_mask, n_y, imaginary, within, sums
        )  # fmt: skip
        add_to_columns(program, operation[ANGLES], slope, gradient)
    elif kind == PHASES:
        qubits = _qubits(program, number, re.shape[0], within)
        phase_sums(re, im, bra_re, bra_im, qubits, within, phi)
        for k in range(operation[N_MASKS]):
            mask = program.integers[operation[MASKS] + k]
            total = splat(phi, phi[mask // LANES, mask % LANES]) if within else load(phi, mask)
            place = program.integers[operation[ANGLES] + k]
            add_to_columns(program, place, total * splat(phi, -2.0), gradient)

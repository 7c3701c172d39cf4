"""From columns of numbers to coefficients, and from sums back to columns, compiled by numba.

All numbers are vectors: those of LANES rows, or one number in all lanes.
"""

from skquantum.engines._compiled._kernels import LANES, sine_and_cosine
from skquantum.engines._compiled._program import (
    ANGLES,
    COEFFICIENTS,
    FACTORS,
    FIXED,
    KIND,
    N_FACTORS,
    N_MASKS,
    ONE_QUBIT,
    PAULI,
    PHASES,
)
from skquantum.engines._jit import inner, jit
from skquantum.engines._simd import fma, load, splat, store

__all__ = ["add_to_columns", "add_to_factors", "bind", "read_columns", "write_columns"]


@jit
def read_columns(values, row, within, columns):
    """Set the columns to those of one row, or of LANES rows, the last one again and again."""
    last = values.shape[0] - 1
    for k in range(values.shape[1]):
        if within:
            store(columns, k, splat(columns, values[row, k]))
        else:
            for lane in range(LANES):
                columns[k, lane] = values[min(row + lane, last), k]


@inner
def write_columns(gradient, row, n_rows, out):
    """Write the gradient into some rows."""
    for k in range(out.shape[1]):
        for lane in range(n_rows):
            out[row + lane, k] = gradient[k, lane]


@inner
def _angle(program, place, columns):
    integers, numbers = program.integers, program.numbers
    first = integers[place + 1]
    value = splat(columns, numbers[first])
    for term in range(integers[place]):
        weight = splat(columns, numbers[first + 1 + term])
        value = fma(weight, load(columns, integers[place + 2 + term]), value)
    return value


@inner
def add_to_columns(program, place, slope, gradient):
    """Add the derivative with respect to an angle to those with respect to the columns."""
    integers, numbers = program.integers, program.numbers
    first = integers[place + 1]
    for term in range(integers[place]):
        k = integers[place + 2 + term]
        weight = splat(gradient, numbers[first + 1 + term])
        store(gradient, k, fma(weight, slope, load(gradient, k)))


@jit
def bind(program, columns, m):
    """Compute the coefficients of all operations."""
    for number in range(len(program.operations)):
        operation = program.operations[number]
        kind, first = operation[KIND], operation[COEFFICIENTS]
        if kind == PHASES:
            for k in range(operation[N_MASKS]):
                place = program.integers[operation[ANGLES] + k]
                store(m, first + k, _angle(program, place, columns))
        elif kind == PAULI:
            half = _angle(program, operation[ANGLES], columns) * splat(m, 0.5)
            sine, cosine = sine_and_cosine(m, half)
            store(m, first, cosine)
            store(m, first + 1, sine)
        elif kind == ONE_QUBIT:
            for k in range(8):
                store(m, first + k, splat(m, 1.0 if k == 0 or k == 3 else 0.0))
            for k in range(operation[N_FACTORS]):
                _multiply(program, operation[FACTORS] + 3 * k, columns, m, first)


@inner
def _multiply(program, factor, columns, m, first):
    """Multiply a matrix by a gate that comes after it."""
    axis = program.integers[factor]
    number = program.integers[factor + 1]
    place = program.integers[factor + 2]
    if axis == FIXED:
        for column in range(2):
            _multiply_column(program.numbers, number, m, first + column)
        return
    half = _angle(program, number, columns) * splat(m, 0.5)
    s, c = sine_and_cosine(m, half)
    store(m, place, c)
    store(m, place + 1, s)
    for column in range(2):
        k = first + column
        p = load(m, k)
        q = load(m, k + 2)
        r = load(m, k + 4)
        t = load(m, k + 6)
        if axis == 0:  # p + ir, q + it; cos - i sin X
            store(m, k, fma(s, t, c * p))
            store(m, k + 2, fma(s, r, c * q))
            store(m, k + 4, fma(-s, q, c * r))
            store(m, k + 6, fma(-s, p, c * t))
        elif axis == 1:
            store(m, k, fma(-s, q, c * p))
            store(m, k + 2, fma(s, p, c * q))
            store(m, k + 4, fma(-s, t, c * r))
            store(m, k + 6, fma(s, r, c * t))
        else:
            store(m, k, fma(s, r, c * p))
            store(m, k + 2, fma(-s, t, c * q))
            store(m, k + 4, fma(-s, p, c * r))
            store(m, k + 6, fma(s, q, c * t))


@inner
def _multiply_column(numbers, number, m, k):
    p = load(m, k)
    q = load(m, k + 2)
    r = load(m, k + 4)
    t = load(m, k + 6)
    for row in range(2):
        n = number + 2 * row
        a0 = splat(m, numbers[n])
        a1 = splat(m, numbers[n + 1])
        b0 = splat(m, numbers[n + 4])
        b1 = splat(m, numbers[n + 5])
        store(m, k + 2 * row, fma(-b1, t, fma(a1, q, fma(-b0, r, a0 * p))))
        store(m, k + 2 * row + 4, fma(b1, q, fma(a1, t, fma(b0, p, a0 * r))))


@inner
def add_to_factors(program, begin, n_factors, m, sums, gradient):
    """Add the derivatives with respect to the angles of the gates that make a matrix.

    The sums are g_P = Im <bra|P|ket> for X, Y and Z after all gates, and the derivative with
    respect to the angle of the last rotation exp(-i angle / 2 P) is g_P. Before that gate, g is
    rotated, so that all derivatives take one pass through the gates.
    """
    for k in range(n_factors):
        factor = begin + 3 * (n_factors - 1 - k)
        axis = program.integers[factor]
        number = program.integers[factor + 1]
        place = program.integers[factor + 2]
        x = load(sums, 0)
        y = load(sums, 1)
        z = load(sums, 2)
        if axis == FIXED:
            for row in range(3):
                n = number + 8 + 3 * row
                new = splat(sums, program.numbers[n]) * x
                new = fma(splat(sums, program.numbers[n + 1]), y, new)
                store(sums, row, fma(splat(sums, program.numbers[n + 2]), z, new))
            continue
        add_to_columns(program, number, load(sums, axis), gradient)
        c = load(m, place)
        s = load(m, place + 1)
        cosine = fma(c, c, -(s * s))
        sine = c * s * splat(sums, 2.0)
        one = (axis + 1) % 3
        two = (axis + 2) % 3
        p = load(sums, one)
        q = load(sums, two)
        store(sums, one, fma(cosine, p, sine * q))
        store(sums, two, fma(cosine, q, -(sine * p)))

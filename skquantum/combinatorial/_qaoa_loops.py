"""Loops over amplitudes of QAOA, compiled by numba; real and imaginary parts lie apart.

A mixer that acts on every qubit alike runs in two passes, over the qubits of lower and of higher
significance: LANES columns of the state, seen as a matrix, are copied together, which fit into the
cache, go through all butterflies of the pass, and are copied back.
"""

import math

import numpy as np

from skquantum.engines import LANES, jit, load, splat, store

__all__ = ["exchange", "exchange_overlap", "mix", "phase", "unmix"]

# pi in parts of 24 bits: products with integers up to 2 ** 29 are exact.
_PI_1 = 3.1415925025939941
_PI_2 = 1.5099578831723193e-07
_PI_3 = 1.0780605716316238e-14
_ROUND = 6755399441055744.0  # adding and subtracting it rounds to an integer
# Taylor series of sine and cosine, which are exact to the last bits up to pi / 2
_S = [(-1.0) ** k / math.factorial(2 * k + 1) for k in range(11)]
_C = [(-1.0) ** k / math.factorial(2 * k) for k in range(12)]
_S0, _S1, _S2, _S3, _S4, _S5, _S6, _S7, _S8, _S9, _S10 = _S
_C0, _C1, _C2, _C3, _C4, _C5, _C6, _C7, _C8, _C9, _C10, _C11 = _C


@jit
def phase(re, im, energies, angle, start, stop):
    """Multiply some amplitudes by exp(-i angle energy)."""
    for z in range(start, stop):
        x = -angle * energies[z]
        k = (x / math.pi + _ROUND) - _ROUND
        r = ((x - k * _PI_1) - k * _PI_2) - k * _PI_3
        half = 0.5 * k
        sign = 1.0 - 4.0 * abs(half - ((half + _ROUND) - _ROUND))
        q = r * r
        s = _S10
        s = s * q + _S9
        s = s * q + _S8
        s = s * q + _S7
        s = s * q + _S6
        s = s * q + _S5
        s = s * q + _S4
        s = s * q + _S3
        s = s * q + _S2
        s = s * q + _S1
        s = sign * r * (s * q + _S0)
        c = _C11
        c = c * q + _C10
        c = c * q + _C9
        c = c * q + _C8
        c = c * q + _C7
        c = c * q + _C6
        c = c * q + _C5
        c = c * q + _C4
        c = c * q + _C3
        c = c * q + _C2
        c = c * q + _C1
        c = sign * (c * q + _C0)
        a = re[z]
        b = im[z]
        re[z] = c * a - s * b
        im[z] = c * b + s * a


@jit
def _gather(x, buffer, row_step, column, n_columns, column_step):
    for r in range(len(buffer)):
        for b in range(n_columns):
            buffer[r, b] = x[r * row_step + (column + b) * column_step]


@jit
def _scatter(x, buffer, row_step, column, n_columns, column_step):
    for r in range(len(buffer)):
        for b in range(n_columns):
            x[r * row_step + (column + b) * column_step] = buffer[r, b]


@jit
def _butterflies(re, im, angle):
    """Apply exp(i angle X) to every bit of the row number, two bits at a time."""
    n_rows = len(re)
    one = math.cos(angle)
    other = math.sin(angle)
    keep = splat(re, one * one)
    flip = splat(re, -other * other)
    single = splat(re, one * other)
    single_minus = splat(re, -one * other)
    step = 1
    while 4 * step <= n_rows:
        for start in range(0, n_rows, 4 * step):
            for p in range(start, start + step):
                q = p + step
                r = q + step
                t = r + step
                ar = load(re, p)
                ai = load(im, p)
                br = load(re, q)
                bi = load(im, q)
                cr = load(re, r)
                ci = load(im, r)
                dr = load(re, t)
                di = load(im, t)
                xr = single_minus * (bi + ci)
                xi = single * (br + cr)
                yr = single_minus * (ai + di)
                yi = single * (ar + dr)
                store(re, p, keep * ar + flip * dr + xr)
                store(im, p, keep * ai + flip * di + xi)
                store(re, q, keep * br + flip * cr + yr)
                store(im, q, keep * bi + flip * ci + yi)
                store(re, r, keep * cr + flip * br + yr)
                store(im, r, keep * ci + flip * bi + yi)
                store(re, t, keep * dr + flip * ar + xr)
                store(im, t, keep * di + flip * ai + xi)
        step *= 4
    if 2 * step == n_rows:
        c = splat(re, one)
        s = splat(re, other)
        minus = splat(re, -other)
        for p in range(step):
            q = p + step
            ar = load(re, p)
            ai = load(im, p)
            br = load(re, q)
            bi = load(im, q)
            store(re, p, c * ar + minus * bi)
            store(im, p, c * ai + s * br)
            store(re, q, c * br + minus * ai)
            store(im, q, c * bi + s * ar)


@jit
def _overlap(re, im, other_re, other_im, out, place):
    """Store the imaginary part of <other| sum of X |state> over all bits of the row number."""
    n_rows = len(re)
    total = splat(re, 0.0)
    minus = splat(re, -1.0)
    step = 1
    while 4 * step <= n_rows:
        for start in range(0, n_rows, 4 * step):
            for p in range(start, start + step):
                q = p + step
                r = q + step
                t = r + step
                inner_r = load(re, q) + load(re, r)
                inner_i = load(im, q) + load(im, r)
                outer_r = load(re, p) + load(re, t)
                outer_i = load(im, p) + load(im, t)
                total = total + (load(other_re, p) + load(other_re, t)) * inner_i
                total = total + (load(other_re, q) + load(other_re, r)) * outer_i
                total = total + minus * (load(other_im, p) + load(other_im, t)) * inner_r
                total = total + minus * (load(other_im, q) + load(other_im, r)) * outer_r
        step *= 4
    if 2 * step == n_rows:
        for p in range(step):
            q = p + step
            total = total + load(other_re, p) * load(im, q) + load(other_re, q) * load(im, p)
            total = total + minus * load(other_im, p) * load(re, q)
            total = total + minus * load(other_im, q) * load(re, p)
    store(out, place, total)


@jit
def mix(re, im, n_low, low, angle, start, stop):
    """Apply exp(i angle X) to every qubit of a pass, in some blocks of LANES columns."""
    n_low_states = 1 << n_low
    n_high_states = len(re) // n_low_states
    n_rows, n_others = (n_low_states, n_high_states) if low else (n_high_states, n_low_states)
    row_step, column_step = (1, n_low_states) if low else (n_low_states, 1)
    buffer_re = np.zeros((n_rows, LANES))
    buffer_im = np.zeros((n_rows, LANES))
    for block in range(start, stop):
        column = block * LANES
        width = min(LANES, n_others - column)
        _gather(re, buffer_re, row_step, column, width, column_step)
        _gather(im, buffer_im, row_step, column, width, column_step)
        _butterflies(buffer_re, buffer_im, angle)
        _scatter(re, buffer_re, row_step, column, width, column_step)
        _scatter(im, buffer_im, row_step, column, width, column_step)


@jit
def unmix(re, im, other_re, other_im, n_low, low, angle, sums, start, stop):
    """Undo `mix` on two states; sums[block] are parts of Im <other| sum of X |state>."""
    n_low_states = 1 << n_low
    n_high_states = len(re) // n_low_states
    n_rows, n_others = (n_low_states, n_high_states) if low else (n_high_states, n_low_states)
    row_step, column_step = (1, n_low_states) if low else (n_low_states, 1)
    a = np.zeros((n_rows, LANES))
    b = np.zeros((n_rows, LANES))
    c = np.zeros((n_rows, LANES))
    d = np.zeros((n_rows, LANES))
    for block in range(start, stop):
        column = block * LANES
        width = min(LANES, n_others - column)
        for x, buffer in ((re, a), (im, b), (other_re, c), (other_im, d)):
            _gather(x, buffer, row_step, column, width, column_step)
        _overlap(a, b, c, d, sums, block)
        _butterflies(a, b, -angle)
        _butterflies(c, d, -angle)
        for x, buffer in ((re, a), (im, b), (other_re, c), (other_im, d)):
            _scatter(x, buffer, row_step, column, width, column_step)


@jit
def exchange(re, im, first, second, angle):
    """Apply exp(i angle (XX + YY) / 2) to qubits first < second: 01 and 10 mix."""
    cosine = math.cos(angle)
    sine = math.sin(angle)
    low, high = 1 << first, 1 << second
    for top in range(0, len(re), 2 * high):
        for middle in range(top, top + high, 2 * low):
            for z in range(middle, middle + low):
                p, q = z + low, z + high
                ar, ai, br, bi = re[p], im[p], re[q], im[q]
                re[p] = cosine * ar - sine * bi
                im[p] = cosine * ai + sine * br
                re[q] = cosine * br - sine * ai
                im[q] = cosine * bi + sine * ar


@jit
def exchange_overlap(re, im, other_re, other_im, first, second):
    """Return the imaginary part of <other| (XX + YY) / 2 |state> for qubits first < second."""
    low, high = 1 << first, 1 << second
    total = 0.0
    for top in range(0, len(re), 2 * high):
        for middle in range(top, top + high, 2 * low):
            for z in range(middle, middle + low):
                p, q = z + low, z + high
                total += other_re[p] * im[q] - other_im[p] * re[q]
                total += other_re[q] * im[p] - other_im[q] * re[p]
    return total

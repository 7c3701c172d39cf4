"""Loops over amplitudes of QAOA with a mixer of XX + YY on a ring, compiled by numba."""

import math

from skquantum.engines import fma, jit, load, sine_and_cosine, splat, store

__all__ = ["exchange", "exchange_overlap", "phase"]


@jit
def phase(re, im, energies, angle, start, stop):
    """Multiply some rows of LANES amplitudes by exp(-i angle energy)."""
    minus = splat(re, -angle)
    for row in range(start, stop):
        s, c = sine_and_cosine(re, minus * load(energies, row))
        a, b = load(re, row), load(im, row)
        store(re, row, fma(c, a, -(s * b)))
        store(im, row, fma(c, b, s * a))


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

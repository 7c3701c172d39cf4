"""Matrices on one or a few qubits, compiled by numba; the layout is that of ``_kernels``."""

import numpy as np

from skquantum.engines._compiled._kernels import LANES, distance, put, take
from skquantum.engines._jit import inner
from skquantum.engines._simd import convert, fma, gather, load, scatter, splat, store

__all__ = ["apply_dense", "apply_matrix", "apply_real_matrix"]


@inner
def apply_real_matrix(re, im, m, first, transposed, qubit, within, start, stop):
    """Apply real 2 x 2 matrices, from row `first` of m, to a qubit."""
    h = distance(qubit, within)
    a00 = convert(re, load(m, first))
    a01 = convert(re, load(m, first + 1 + transposed))
    a10 = convert(re, load(m, first + 2 - transposed))
    a11 = convert(re, load(m, first + 3))
    for i in range(start, stop):
        p, q = take(re, i, h, qubit)
        r, s = take(im, i, h, qubit)
        put(re, i, h, qubit, fma(a01, q, a00 * p), fma(a11, q, a10 * p))
        put(im, i, h, qubit, fma(a01, s, a00 * r), fma(a11, s, a10 * r))


@inner
def apply_matrix(re, im, m, first, adjoint, qubit, within, start, stop):
    """Apply complex 2 x 2 matrices, from row `first` of m, to a qubit: four real parts, then four
    imaginary ones.
    """
    h = distance(qubit, within)
    sign = splat(re, 1.0 - 2.0 * adjoint)
    a00 = convert(re, load(m, first))
    a01 = convert(re, load(m, first + 1 + adjoint))
    a10 = convert(re, load(m, first + 2 - adjoint))
    a11 = convert(re, load(m, first + 3))
    b00 = convert(re, load(m, first + 4)) * sign
    b01 = convert(re, load(m, first + 5 + adjoint)) * sign
    b10 = convert(re, load(m, first + 6 - adjoint)) * sign
    b11 = convert(re, load(m, first + 7)) * sign
    for i in range(start, stop):
        p, q = take(re, i, h, qubit)
        r, s = take(im, i, h, qubit)
        u = fma(-b01, s, fma(a01, q, fma(-b00, r, a00 * p)))
        v = fma(-b11, s, fma(a11, q, fma(-b10, r, a10 * p)))
        put(re, i, h, qubit, u, v)
        u = fma(b01, q, fma(a01, s, fma(b00, p, a00 * r)))
        v = fma(b11, q, fma(a11, s, fma(b10, p, a10 * r)))
        put(im, i, h, qubit, u, v)


@inner
def _set_places(places, i, qubits, n_groups):
    """Set the first amplitudes of the groups that vector i of all groups holds."""
    for lane in range(LANES):
        place = min(i * LANES + lane, n_groups - 1)  # the last one again does no harm
        for qubit in qubits:
            place += place & -(1 << qubit)
        places[lane] = place


@inner
def _apply_two_qubits(re, im, matrix, low, high, start, stop):
    """Do what `apply_dense` does where the amplitudes of a group have bits `low` and `high`."""
    for i in range(start, stop):
        z0 = i + (i & -low)
        z0 += z0 & -high
        z1 = z0 + low
        z2 = z0 + high
        z3 = z1 + high
        p0 = load(re, z0)
        p1 = load(re, z1)
        p2 = load(re, z2)
        p3 = load(re, z3)
        q0 = load(im, z0)
        q1 = load(im, z1)
        q2 = load(im, z2)
        q3 = load(im, z3)
        for j in range(4):
            z = z0 + (j & 1) * low + (j >> 1) * high
            a0 = splat(re, matrix[0, j, 0])
            a1 = splat(re, matrix[0, j, 1])
            a2 = splat(re, matrix[0, j, 2])
            a3 = splat(re, matrix[0, j, 3])
            b0 = splat(re, matrix[1, j, 0])
            b1 = splat(re, matrix[1, j, 1])
            b2 = splat(re, matrix[1, j, 2])
            b3 = splat(re, matrix[1, j, 3])
            u = fma(-b0, q0, a0 * p0)
            u = fma(-b1, q1, fma(a1, p1, u))
            u = fma(-b2, q2, fma(a2, p2, u))
            store(re, z, fma(-b3, q3, fma(a3, p3, u)))
            v = fma(b0, p0, a0 * q0)
            v = fma(b1, p1, fma(a1, q1, v))
            v = fma(b2, p2, fma(a2, q2, v))
            store(im, z, fma(b3, p3, fma(a3, q3, v)))


@inner
def apply_dense(re, im, matrix, qubits, within, start, stop):
    """Apply one matrix to a few qubits, in ascending order; `matrix` of shape (2, size, size).

    The parts are numbers of vectors of groups of amplitudes.
    """
    apart = within > qubits[0]  # whether the amplitudes of a group lie in different lanes
    if len(qubits) == 2 and not apart:
        low, high = 1 << (qubits[0] - within), 1 << (qubits[1] - within)
        _apply_two_qubits(re, im, matrix, low, high, start, stop)
        return
    size = 1 << len(qubits)
    n_groups = re.shape[0] * LANES >> len(qubits)
    in_re = np.empty((size, LANES), dtype=re.dtype)
    in_im = np.empty((size, LANES), dtype=re.dtype)
    places = np.empty(LANES, dtype=np.int64)
    offsets = np.zeros(size, dtype=np.int64)
    for j in range(size):
        for k in range(len(qubits)):
            offsets[j] |= (j >> k & 1) << qubits[k]
        if not apart:
            offsets[j] >>= within
    for i in range(start, stop):
        base = i
        if apart:
            _set_places(places, i, qubits, n_groups)
        else:
            for qubit in qubits:
                base += base & -(1 << (qubit - within))
        for j in range(size):
            if apart:
                store(in_re, j, gather(re, places, 0, offsets[j]))
                store(in_im, j, gather(im, places, 0, offsets[j]))
            else:
                store(in_re, j, load(re, base | offsets[j]))
                store(in_im, j, load(im, base | offsets[j]))
        for j in range(size):
            u = splat(re, 0.0)
            v = splat(re, 0.0)
            for k in range(size):
                a = splat(re, matrix[0, j, k])
                b = splat(re, matrix[1, j, k])
                p = load(in_re, k)
                q = load(in_im, k)
                u = fma(-b, q, fma(a, p, u))
                v = fma(b, p, fma(a, q, v))
            if apart:
                scatter(re, places, 0, offsets[j], u)
                scatter(im, places, 0, offsets[j], v)
            else:
                store(re, base | offsets[j], u)
                store(im, base | offsets[j], v)

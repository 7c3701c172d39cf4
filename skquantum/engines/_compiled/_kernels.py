"""Loops over amplitudes, compiled by numba.

States are two real arrays `re`, `im` of shape (n_blocks, 2 ** n, LANES): LANES rows of data lie
side by side in the last axis and are one SIMD vector, whatever qubit a gate acts on. Coefficients
that differ from row to row have the same last axis; those that do not have a first axis of
length 1.

Loops that end in `start, stop` do a part of the work, so that threads can share a large state;
the parts touch different amplitudes. Everything releases the GIL.
"""

import math

import numpy as np

from skquantum.engines._compiled._cache import jit
from skquantum.engines._compiled._simd import LANES, convert, load, splat, store

__all__ = [
    "LANES",
    "apply_dense",
    "apply_matrix",
    "apply_phase",
    "apply_real_matrix",
    "apply_two_qubits",
    "butterflies",
    "butterfly_pass",
    "fill",
    "gather",
    "hadamard",
    "largest_phase",
    "multiply_phase",
    "to_complex",
]

# pi in parts of 24 bits: products with integers up to 2 ** 29 are exact.
_PI_1 = 3.1415925025939941
_PI_2 = 1.5099578831723193e-07
_PI_3 = 1.0780605716316238e-14
_INVERSE_PI = 1.0 / math.pi
_ROUND = 6755399441055744.0  # adding and subtracting it rounds to an integer
_LARGE = 1e8


@jit
def fill(re, im, initial_re, initial_im, start, stop):
    """Set every row to the same state."""
    for block in range(re.shape[0]):
        x = re[block]
        y = im[block]
        for z in range(start, stop):
            store(x, z, splat(x, initial_re[z]))
            store(y, z, splat(y, initial_im[z]))


@jit
def to_complex(re, im, phase, index, out, start, stop):
    """Write exp(i phase) times the states into the rows of `out`, at the columns `index`."""
    n_rows = out.shape[0]
    for block in range(re.shape[0]):
        for b in range(LANES):
            row = block * LANES + b
            if row >= n_rows:
                break
            c = math.cos(phase[row])
            s = math.sin(phase[row])
            for z in range(start, stop):
                x = re[block, z, b]
                y = im[block, z, b]
                out[row, index[z]] = complex(c * x - s * y, c * y + s * x)


@jit
def butterfly_pass(x, low, high, scale, start, stop):
    """Do two steps of a Walsh-Hadamard transform of x (2 ** n, LANES), on qubits low < high.

    One step where low == high. The parts are numbers of groups of 4 (or 2) amplitudes.
    """
    h = 1 << low
    g = 1 << high
    if low == high:
        factor = splat(x, math.sqrt(scale))
        for run in range(start >> low, ((stop - 1) >> low) + 1):
            shift = run * h
            for i in range(max(start, shift) + shift, min(stop, shift + h) + shift):
                p = load(x, i)
                q = load(x, i + h)
                store(x, i, (p + q) * factor)
                store(x, i + h, (p - q) * factor)
        return
    factor = splat(x, scale)
    for run in range(start >> low, ((stop - 1) >> low) + 1):
        first = run * h
        base = first * 2  # a zero for qubit low
        base += base & -g  # and one for qubit high
        shift = base - first
        for i in range(max(start, first) + shift, min(stop, first + h) + shift):
            a0 = load(x, i)
            a1 = load(x, i + h)
            a2 = load(x, i + g)
            a3 = load(x, i + g + h)
            p = a0 + a1
            q = a0 - a1
            r = a2 + a3
            s = a2 - a3
            store(x, i, (p + r) * factor)
            store(x, i + h, (q + s) * factor)
            store(x, i + g, (p - r) * factor)
            store(x, i + g + h, (q - s) * factor)


@jit
def butterflies(x, qubits, scale):
    """Walsh-Hadamard transform of x (2 ** n, LANES) over some qubits, two qubits a pass."""
    size = x.shape[0]
    for k in range(0, len(qubits) - 1, 2):
        butterfly_pass(x, qubits[k], qubits[k + 1], scale, 0, size >> 2)
    if len(qubits) % 2:
        butterfly_pass(x, qubits[-1], qubits[-1], scale, 0, size >> 1)


@jit
def hadamard(re, im, qubits):
    """Apply H on some qubits, in ascending order."""
    for block in range(re.shape[0]):
        butterflies(re[block], qubits, 0.5)
        butterflies(im[block], qubits, 0.5)


@jit
def _phase_vector(phi, masks, coefficients, all_qubits):
    """Set phi[z] to the sum over masks m of coefficient times (-1) ** parity(m & z)."""
    phi[:] = 0.0
    for k in range(len(masks)):
        store(phi, masks[k], load(phi, masks[k]) + load(coefficients, k))
    butterflies(phi, all_qubits, 1.0)


@jit
def largest_phase(coefficients):
    """Return a bound on the phases."""
    largest = 0.0
    for b in range(LANES):
        total = 0.0
        for k in range(coefficients.shape[0]):
            total += abs(coefficients[k, b])
        largest = max(largest, total)
    return largest


@jit
def _multiply_large(re, im, phi, target, out_re, out_im, sign, start, stop):
    """Do what _multiply does, for phases that its reduction is not made for."""
    for z in range(start, stop):
        for b in range(LANES):
            c = math.cos(phi[z, b])
            s = sign * math.sin(phi[z, b])
            x = re[z, b]
            y = im[z, b]
            out_re[target[z], b] = c * x - s * y
            out_im[target[z], b] = c * y + s * x


@jit
def _multiply(re, im, phi, target, out_re, out_im, sign, start, stop):
    """Write exp(i sign phi) times the state into out[target]."""
    for z in range(start, stop):
        # sine and cosine without branches: reduce to [-pi/2, pi/2], then Taylor
        p = load(phi, z)
        rounding = splat(phi, _ROUND)
        k = (p * splat(phi, _INVERSE_PI) + rounding) - rounding
        r = p - k * splat(phi, _PI_1) - k * splat(phi, _PI_2) - k * splat(phi, _PI_3)
        half = (k * splat(phi, 0.5) + rounding) - rounding
        odd = k - half - half  # -1, 0 or 1
        parity = splat(phi, 1.0) - odd * odd * splat(phi, 2.0)
        r2 = r * r
        s = r2 * splat(phi, 1.0 / 51090942171709440000.0) - splat(phi, 1.0 / 121645100408832000.0)
        s = s * r2 + splat(phi, 1.0 / 355687428096000.0)
        s = s * r2 - splat(phi, 1.0 / 1307674368000.0)
        s = s * r2 + splat(phi, 1.0 / 6227020800.0)
        s = s * r2 - splat(phi, 1.0 / 39916800.0)
        s = s * r2 + splat(phi, 1.0 / 362880.0)
        s = s * r2 - splat(phi, 1.0 / 5040.0)
        s = s * r2 + splat(phi, 1.0 / 120.0)
        s = s * r2 - splat(phi, 1.0 / 6.0)
        s = (s * r2 + splat(phi, 1.0)) * r
        c = splat(phi, 1.0 / 2432902008176640000.0) - r2 * splat(
            phi, 1.0 / 1124000727777607680000.0
        )
        c = c * r2 - splat(phi, 1.0 / 6402373705728000.0)
        c = c * r2 + splat(phi, 1.0 / 20922789888000.0)
        c = c * r2 - splat(phi, 1.0 / 87178291200.0)
        c = c * r2 + splat(phi, 1.0 / 479001600.0)
        c = c * r2 - splat(phi, 1.0 / 3628800.0)
        c = c * r2 + splat(phi, 1.0 / 40320.0)
        c = c * r2 - splat(phi, 1.0 / 720.0)
        c = c * r2 + splat(phi, 1.0 / 24.0)
        c = c * r2 - splat(phi, 1.0 / 2.0)
        c = c * r2 + splat(phi, 1.0)
        sine = convert(re, s * parity * splat(phi, sign))
        cosine = convert(re, c * parity)
        x = load(re, z)
        y = load(im, z)
        store(out_re, target[z], cosine * x - sine * y)
        store(out_im, target[z], cosine * y + sine * x)


@jit
def multiply_phase(re, im, phi, largest, target, out_re, out_im, sign, start, stop):
    """Write exp(i sign phi) times the state into out[target]; no phase is above `largest`."""
    args = (re, im, phi, target, out_re, out_im, sign, start, stop)
    if largest < _LARGE:
        _multiply(*args)
    else:
        _multiply_large(*args)


@jit
def apply_phase(re, im, masks, coefficients, all_qubits, target, out_re, out_im, sign):
    """Multiply by a phase polynomial and move amplitude z to target[z]."""
    phi = np.empty(re.shape[1:], dtype=np.float64)
    for block in range(re.shape[0]):
        row = block if coefficients.shape[0] > 1 else 0
        if block == 0 or coefficients.shape[0] > 1:
            _phase_vector(phi, masks, coefficients[row], all_qubits)
        largest = largest_phase(coefficients[row])
        out = (out_re[block], out_im[block])
        multiply_phase(re[block], im[block], phi, largest, target, *out, sign, 0, re.shape[1])


@jit
def gather(re, im, source, out_re, out_im, start, stop):
    """Set amplitude z of out to amplitude source[z]."""
    for block in range(re.shape[0]):
        x = re[block]
        y = im[block]
        u = out_re[block]
        v = out_im[block]
        for z in range(start, stop):
            store(u, z, load(x, source[z]))
            store(v, z, load(y, source[z]))


@jit
def apply_real_matrix(re, im, m, qubit, start, stop):
    """Apply real 2 x 2 matrices, m of shape (1 or n_blocks, 4, LANES), to a qubit.

    The parts are numbers of pairs of amplitudes.
    """
    h = 1 << qubit
    for block in range(re.shape[0]):
        c = m[block if m.shape[0] > 1 else 0]
        a00 = load(c, 0)
        a01 = load(c, 1)
        a10 = load(c, 2)
        a11 = load(c, 3)
        for part in (re[block], im[block]):
            for run in range(start >> qubit, ((stop - 1) >> qubit) + 1):
                shift = run * h
                for i in range(max(start, shift) + shift, min(stop, shift + h) + shift):
                    p = load(part, i)
                    q = load(part, i + h)
                    store(part, i, a00 * p + a01 * q)
                    store(part, i + h, a10 * p + a11 * q)


@jit
def apply_matrix(re, im, m, qubit, start, stop):
    """Apply complex 2 x 2 matrices, m of shape (1 or n_blocks, 8, LANES), to a qubit.

    The parts are numbers of pairs of amplitudes. The second axis holds the four real parts, row by
    row, and then the four imaginary parts.
    """
    h = 1 << qubit
    for block in range(re.shape[0]):
        c = m[block if m.shape[0] > 1 else 0]
        a00 = load(c, 0)
        a01 = load(c, 1)
        a10 = load(c, 2)
        a11 = load(c, 3)
        b00 = load(c, 4)
        b01 = load(c, 5)
        b10 = load(c, 6)
        b11 = load(c, 7)
        x = re[block]
        y = im[block]
        for run in range(start >> qubit, ((stop - 1) >> qubit) + 1):
            shift = run * h
            for i in range(max(start, shift) + shift, min(stop, shift + h) + shift):
                p = load(x, i)
                q = load(x, i + h)
                r = load(y, i)
                s = load(y, i + h)
                store(x, i, a00 * p - b00 * r + a01 * q - b01 * s)
                store(y, i, a00 * r + b00 * p + a01 * s + b01 * q)
                store(x, i + h, a10 * p - b10 * r + a11 * q - b11 * s)
                store(y, i + h, a10 * r + b10 * p + a11 * s + b11 * q)


@jit
def apply_dense(re, im, m_re, m_im, bases, offsets, start, stop):
    """Apply one k-qubit matrix: amplitudes bases[i] + offsets[j] form the groups."""
    size = len(offsets)
    in_re = np.empty((size, LANES), dtype=re.dtype)
    in_im = np.empty((size, LANES), dtype=re.dtype)
    for block in range(re.shape[0]):
        x = re[block]
        y = im[block]
        for i in range(start, stop):
            for j in range(size):
                store(in_re, j, load(x, bases[i] + offsets[j]))
                store(in_im, j, load(y, bases[i] + offsets[j]))
            for j in range(size):
                u = splat(x, 0.0)
                v = splat(x, 0.0)
                for k in range(size):
                    a = splat(x, m_re[j, k])
                    b = splat(x, m_im[j, k])
                    p = load(in_re, k)
                    q = load(in_im, k)
                    u = u + a * p - b * q
                    v = v + a * q + b * p
                store(x, bases[i] + offsets[j], u)
                store(y, bases[i] + offsets[j], v)


@jit
def apply_two_qubits(re, im, m_re, m_im, bases, offsets, start, stop):
    """Apply one 4 x 4 matrix as apply_dense does, all four amplitudes in registers."""
    for block in range(re.shape[0]):
        x = re[block]
        y = im[block]
        for i in range(start, stop):
            z0 = bases[i]
            z1 = z0 + offsets[1]
            z2 = z0 + offsets[2]
            z3 = z0 + offsets[3]
            p0 = load(x, z0)
            p1 = load(x, z1)
            p2 = load(x, z2)
            p3 = load(x, z3)
            q0 = load(y, z0)
            q1 = load(y, z1)
            q2 = load(y, z2)
            q3 = load(y, z3)
            for j in range(4):
                z = z0 + offsets[j]
                a0 = splat(x, m_re[j, 0])
                a1 = splat(x, m_re[j, 1])
                a2 = splat(x, m_re[j, 2])
                a3 = splat(x, m_re[j, 3])
                b0 = splat(x, m_im[j, 0])
                b1 = splat(x, m_im[j, 1])
                b2 = splat(x, m_im[j, 2])
                b3 = splat(x, m_im[j, 3])
                u = a0 * p0 + a1 * p1 + a2 * p2 + a3 * p3
                store(x, z, u - b0 * q0 - b1 * q1 - b2 * q2 - b3 * q3)
                v = a0 * q0 + a1 * q1 + a2 * q2 + a3 * q3
                store(y, z, v + b0 * p0 + b1 * p1 + b2 * p2 + b3 * p3)

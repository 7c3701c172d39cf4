"""Sums over the amplitudes of two states, compiled by numba.

The layout is that of ``_kernels``. Sums are taken in double precision, and in one order whatever
the layout is: those of every eighth term, which are added up last.
"""

import numpy as np
from numba.extending import register_jitable

from skquantum.engines._compiled._kernels import LANES, distance, take, transform
from skquantum.engines._compiled._pauli_loops import lane_signs, parity_sign
from skquantum.engines._jit import inner
from skquantum.engines._simd import convert, flip, fma, load, splat, store

__all__ = ["ROWS_OF_SUMS", "diagonal_sum", "one_qubit_sums", "pauli_sum", "phase_sums"]

ROWS_OF_SUMS = 3 * LANES


@register_jitable
def _slots(within):
    """Return the mask of the number of a term that says where it is added."""
    return 0 if within else LANES - 1


@register_jitable
def _total(sums, first, within):
    """Return the sum of LANES sums: those of rows, or those in the lanes of the first one."""
    if within:
        a = load(sums, first)
        bit = LANES >> 1
        while bit:
            a = a + flip(a, bit)
            bit >>= 1
        return a
    s0 = load(sums, first) + load(sums, first + 4)
    s1 = load(sums, first + 1) + load(sums, first + 5)
    s2 = load(sums, first + 2) + load(sums, first + 6)
    s3 = load(sums, first + 3) + load(sums, first + 7)
    return (s0 + s2) + (s1 + s3)


@inner
def one_qubit_sums(re, im, bra_re, bra_im, qubit, within, only_y, sums):
    """Set rows 0, 1, 2 of `sums` to Im <bra|X|ket>, Im <bra|Y|ket>, Im <bra|Z|ket> on a qubit."""
    sums[:] = 0.0
    h = distance(qubit, within)
    slots = _slots(within)
    for i in range(re.shape[0] >> 1):
        slot = i & slots
        p, q = take(re, i, h, qubit)
        r, s = take(im, i, h, qubit)
        a, b = take(bra_re, i, h, qubit)
        c, d = take(bra_im, i, h, qubit)
        p, q = convert(sums, p), convert(sums, q)
        r, s = convert(sums, r), convert(sums, s)
        a, b = convert(sums, a), convert(sums, b)
        c, d = convert(sums, c), convert(sums, d)
        n = LANES + slot
        y = fma(b, p, fma(d, r, load(sums, n)))
        store(sums, n, fma(-a, q, fma(-c, s, y)))
        if not only_y:
            x = fma(a, s, fma(b, r, load(sums, slot)))
            store(sums, slot, fma(-c, q, fma(-d, p, x)))
            n = 2 * LANES + slot
            z = fma(a, r, fma(d, q, load(sums, n)))
            store(sums, n, fma(-c, p, fma(-b, s, z)))
    for k in range(3):
        store(sums, k, _total(sums, k * LANES, within))


@inner
def phase_sums(re, im, bra_re, bra_im, all_qubits, within, w):
    """Set w[m] to sum_z (-1) ** parity(m & z) Im(conj(bra_z) ket_z) for every mask m."""
    for z in range(re.shape[0]):
        p = convert(w, load(re, z))
        q = convert(w, load(im, z))
        a = convert(w, load(bra_re, z))
        b = convert(w, load(bra_im, z))
        store(w, z, fma(a, q, -(b * p)))
    transform(w, all_qubits, within)


@inner
def pauli_sum(re, im, bra_re, bra_im, x_mask, z_mask, n_y, imaginary, within, sums):
    """Return the real or the imaginary part of <bra|P|ket>."""
    sums[:LANES] = 0.0
    inside = x_mask & ((1 << within) - 1)
    across = x_mask >> within
    signs = lane_signs(sums, z_mask, within)
    if n_y == 2 or n_y == 1 + 2 * imaginary:
        signs = -signs  # i ** n_y
    crossed = (n_y & 1) != imaginary
    slots = _slots(within)
    for z in range(re.shape[0]):
        sign = splat(sums, parity_sign(z & z_mask >> within)) * signs
        p = convert(sums, load(re, z)) * sign
        q = convert(sums, load(im, z)) * sign
        a = convert(sums, flip(load(bra_re, z ^ across), inside))
        b = convert(sums, flip(load(bra_im, z ^ across), inside))
        if crossed:
            p, q = q, -p
        store(sums, z & slots, fma(a, p, fma(b, q, load(sums, z & slots))))
    return _total(sums, np.int64(0), within)


@inner
def diagonal_sum(re, im, diagonal, within, sums):
    """Return the expectation value of a diagonal of shape (n, LANES), little-endian."""
    sums[:LANES] = 0.0
    slots = _slots(within)
    for z in range(re.shape[0]):
        p = convert(sums, load(re, z))
        q = convert(sums, load(im, z))
        d = load(diagonal, z) if within else splat(sums, diagonal[z // LANES, z % LANES])
        store(sums, z & slots, fma(fma(p, p, q * q), d, load(sums, z & slots)))
    return _total(sums, np.int64(0), within)

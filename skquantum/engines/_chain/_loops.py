"""Steps on boundary vectors of many pairs of rows, compiled by numba.

Vectors are in an array `v` of shape (n, LANES), LANES pairs side by side: entry s of block b of the
one that begins in row `first` has its real part in row first + 2 (b * room + s) and its imaginary
part in the next. Coefficients are arrays of the
same kind, number c of block b being row ``c * stride + b * each``: one row for all blocks where
`each` is 0.

The order of operations on a pair is the same whatever the tile it is in.
"""

import math

import numpy as np

from skquantum.engines._jit import contracted
from skquantum.engines._simd import LANES, load, splat, store

__all__ = [
    "LANES",
    "butterfly",
    "gather",
    "mix",
    "multiply",
    "rescale",
    "scale",
    "scatter",
    "twist",
]

# Far from the ends of the range of single precision.
SMALL = 2.0**-40
LARGE = 2.0**40


@contracted
def multiply(out, first, x, stride, each, y, n_blocks, base, n_entries, is_real):
    """Write the products of coefficients of both rows."""
    for block in range(n_blocks):
        for k in range(n_entries):
            if is_real:
                p = load(x, (base + k) * stride + block * each)
                q = load(y, (base + k) * n_blocks + block)
                store(out, (first + k) * n_blocks + block, p * q)
            else:
                number = base + 2 * k
                a = load(x, number * stride + block * each)
                b = load(x, (number + 1) * stride + block * each)
                c = load(y, number * n_blocks + block)
                d = load(y, (number + 1) * n_blocks + block)
                row = (first + 2 * k) * n_blocks + block
                store(out, row, a * c - b * d)
                store(out, row + n_blocks, a * d + b * c)


@contracted
def butterfly(v, first, n_blocks, room, lists, members, half, mask, w, stride, each, base):
    """Add entries s and s ^ mask, the other one times a number."""
    for block in range(n_blocks):
        p = load(w, base * stride + block * each)
        q = load(w, (base + 1) * stride + block * each)
        start = first + 2 * block * room
        for k in range(members, members + half):
            s = lists[k]
            i = start + 2 * s
            j = start + 2 * (s ^ mask)
            a = load(v, i)
            b = load(v, i + 1)
            c = load(v, j)
            d = load(v, j + 1)
            store(v, i, a + p * c - q * d)
            store(v, i + 1, b + p * d + q * c)
            store(v, j, c + p * a - q * b)
            store(v, j + 1, d + p * b + q * a)


@contracted
def mix(v, first, n_blocks, room, lists, members, half, mask, w, stride, each, base, is_real):
    """Add entries s and s ^ mask, times one number and another."""
    for block in range(n_blocks):
        start = first + 2 * block * room
        if is_real:
            p = load(w, base * stride + block * each)
            r = load(w, (base + 1) * stride + block * each)
            for k in range(members, members + half):
                s = lists[k]
                i = start + 2 * s
                j = start + 2 * (s ^ mask)
                for part in range(2):
                    a = load(v, i + part)
                    c = load(v, j + part)
                    store(v, i + part, p * a + r * c)
                    store(v, j + part, p * c + r * a)
            continue
        p = load(w, base * stride + block * each)
        q = load(w, (base + 1) * stride + block * each)
        r = load(w, (base + 2) * stride + block * each)
        t = load(w, (base + 3) * stride + block * each)
        for k in range(members, members + half):
            s = lists[k]
            i = start + 2 * s
            j = start + 2 * (s ^ mask)
            a = load(v, i)
            b = load(v, i + 1)
            c = load(v, j)
            d = load(v, j + 1)
            store(v, i, p * a - q * b + r * c - t * d)
            store(v, i + 1, p * b + q * a + r * d + t * c)
            store(v, j, p * c - q * d + r * a - t * b)
            store(v, j + 1, p * d + q * c + r * b + t * a)


@contracted
def twist(v, first, n_blocks, room, lists, members, half, w, stride, each, base):
    """Multiply some entries by one number."""
    for block in range(n_blocks):
        p = load(w, base * stride + block * each)
        q = load(w, (base + 1) * stride + block * each)
        start = first + 2 * block * room
        for k in range(members, members + half):
            s = lists[k]
            i = start + 2 * s
            a = load(v, i)
            b = load(v, i + 1)
            store(v, i, p * a - q * b)
            store(v, i + 1, p * b + q * a)


@contracted
def scale(v, first, n_blocks, room, lists, index, size, w, stride, each, base, is_real):
    """Multiply entry s by number index[s]."""
    for block in range(n_blocks):
        start = first + 2 * block * room
        for s in range(size):
            i = start + 2 * s
            a = load(v, i)
            b = load(v, i + 1)
            if is_real:
                p = load(w, (base + lists[index + s]) * stride + block * each)
                store(v, i, p * a)
                store(v, i + 1, p * b)
            else:
                number = base + 2 * lists[index + s]
                p = load(w, number * stride + block * each)
                q = load(w, (number + 1) * stride + block * each)
                store(v, i, p * a - q * b)
                store(v, i + 1, p * b + q * a)


@contracted
def _entry(w, number, form, stride, shift, part):
    """Return a part of an entry of a table: form 0 is a phase, 1 real, 2 complex."""
    if form == 2:
        return load(w, (2 * number + part) * stride + shift)
    if form == 1:
        if part == 0:
            return load(w, number * stride + shift)
        return splat(w, 0.0)
    if number == 0:
        return splat(w, 1.0 - part)
    return load(w, part * stride + shift)


@contracted
def gather(
    v, first, to, n_blocks, room, lists, sources, index, size, n_summed, w, stride, each, base, form
):
    """Write sums over n_summed entries, each times a number, into the entries of another vector."""
    for block in range(n_blocks):
        start = first + 2 * block * room
        out = to + 2 * block * room
        shift = base * stride + block * each
        for k in range(size):
            re = splat(v, 0.0)
            im = splat(v, 0.0)
            for term in range(k * n_summed, (k + 1) * n_summed):
                i = start + 2 * lists[sources + term]
                a = load(v, i)
                b = load(v, i + 1)
                p = _entry(w, lists[index + term], form, stride, shift, 0)
                q = _entry(w, lists[index + term], form, stride, shift, 1)
                re = re + p * a - q * b
                im = im + p * b + q * a
            store(v, out + 2 * k, re)
            store(v, out + 2 * k + 1, im)


@contracted
def scatter(
    v, first, to, n_blocks, room, n_old, lists, sources, index, size, n_summed,
    w, stride, each, base, form,
):  # fmt: skip
    """Do the transpose of `gather`."""
    for block in range(n_blocks):
        start = first + 2 * block * room
        out = to + 2 * block * room
        shift = base * stride + block * each
        for s in range(out, out + 2 * n_old):
            store(v, s, splat(v, 0.0))
        for k in range(size):
            a = load(v, start + 2 * k)
            b = load(v, start + 2 * k + 1)
            for term in range(k * n_summed, (k + 1) * n_summed):
                i = out + 2 * lists[sources + term]
                p = _entry(w, lists[index + term], form, stride, shift, 0)
                q = _entry(w, lists[index + term], form, stride, shift, 1)
                store(v, i, load(v, i) + p * a - q * b)
                store(v, i + 1, load(v, i + 1) + p * b + q * a)


@contracted
def rescale(v, first, n_blocks, room, size, exponents, row):
    """Divide vectors that leave the middle of the range by powers of two, which are noted.

    That rounds nothing, so that it may be done to all lanes of a block for the sake of one.
    """
    total = np.empty(LANES, v.dtype)
    for block in range(n_blocks):
        start = first + 2 * block * room
        total[:] = 0.0
        for s in range(start, start + 2 * size):
            for lane in range(LANES):
                total[lane] += abs(v[s, lane])
        usual = True
        for lane in range(LANES):
            usual &= (total[lane] > SMALL) & (total[lane] < LARGE)
        if usual:
            continue
        for lane in range(LANES):
            power = 0
            if total[lane] > 0.0:
                _, power = math.frexp(total[lane])
            exponents[row, block, lane] += power
            factor = math.ldexp(1.0, -power)
            for s in range(start, start + 2 * size):
                v[s, lane] *= factor

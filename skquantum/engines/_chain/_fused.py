"""All steps of a site in one loop, for the commonest kinds of sites; compiled by numba.

Layouts are those of ``_loops``. `x` has one row for each coefficient of the site's row of x, `y`
one for each block.
"""

from skquantum.engines._jit import contracted
from skquantum.engines._simd import load, store

__all__ = ["layers", "link"]


@contracted
def _times(a, b, c, d):
    return a * c - b * d, a * d + b * c


@contracted
def _product(x, stride, each, y, n_blocks, block, number):
    """Return the product of a complex coefficient of both rows."""
    return _times(
        load(x, number * stride + block * each),
        load(x, (number + 1) * stride + block * each),
        load(y, number * n_blocks + block),
        load(y, (number + 1) * n_blocks + block),
    )


@contracted
def link(v, first, n_blocks, room, x, stride, each, y, table, phase):
    """Do a "mix" of two entries with a table of both rows, and multiply the second by a phase.

    That is a site of a chain of CX gates between products of one-qubit gates.
    """
    for block in range(n_blocks):
        start = first + 2 * block * room
        p, q = _product(x, stride, each, y, n_blocks, block, table)
        r, t = _product(x, stride, each, y, n_blocks, block, table + 2)
        a = load(v, start)
        b = load(v, start + 1)
        c = load(v, start + 2)
        d = load(v, start + 3)
        store(v, start, p * a - q * b + r * c - t * d)
        store(v, start + 1, p * b + q * a + r * d + t * c)
        e = p * c - q * d + r * a - t * b
        f = p * d + q * c + r * b + t * a
        g, h = _product(x, stride, each, y, n_blocks, block, phase)
        store(v, start + 2, g * e - h * f)
        store(v, start + 3, g * f + h * e)


@contracted
def _fly(a, b, c, d, p, q):
    """Return (a + ib) + (p + iq) (c + id), and the same the other way round."""
    return a + p * c - q * d, b + p * d + q * c, c + p * a - q * b, d + p * b + q * a


@contracted
def _weigh(v, at, a, b, x, number, y, row):
    """Store an entry times a real coefficient of each row."""
    w = load(x, number) * load(y, row)
    store(v, at, a * w)
    store(v, at + 1, b * w)


@contracted
def layers(
    v, first, n_blocks, room, lists, members, index, x, stride, each, y,
    phase_x, phase_y, phase, table_x, table_y,
):  # fmt: skip
    """Do three butterflies, by phases of x, of y and of both; multiply by real tables of x and y.

    That is a site of two commuting layers of two-qubit gates on neighbours, between products of
    one-qubit gates; the layers in the middle are one. `members` says where entries are, the bits
    of their numbers being those of the butterflies; `index`, which numbers of both tables they
    take.
    """
    m = lists[members : members + 8]
    i = (table_x + lists[index : index + 8]) * stride
    j = (table_y + lists[index + 8 : index + 16]) * n_blocks
    for block in range(n_blocks):
        start = first + 2 * block * room
        shift = block * each
        s0, s1, s2, s3 = start + m[0], start + m[1], start + m[2], start + m[3]
        s4, s5, s6, s7 = start + m[4], start + m[5], start + m[6], start + m[7]
        p = load(x, phase_x * stride + shift)
        q = load(x, (phase_x + 1) * stride + shift)
        a0, b0, a1, b1 = _fly(load(v, s0), load(v, s0 + 1), load(v, s1), load(v, s1 + 1), p, q)
        a2, b2, a3, b3 = _fly(load(v, s2), load(v, s2 + 1), load(v, s3), load(v, s3 + 1), p, q)
        a4, b4, a5, b5 = _fly(load(v, s4), load(v, s4 + 1), load(v, s5), load(v, s5 + 1), p, q)
        a6, b6, a7, b7 = _fly(load(v, s6), load(v, s6 + 1), load(v, s7), load(v, s7 + 1), p, q)
        p = load(y, phase_y * n_blocks + block)
        q = load(y, (phase_y + 1) * n_blocks + block)
        a0, b0, a2, b2 = _fly(a0, b0, a2, b2, p, q)
        a1, b1, a3, b3 = _fly(a1, b1, a3, b3, p, q)
        a4, b4, a6, b6 = _fly(a4, b4, a6, b6, p, q)
        a5, b5, a7, b7 = _fly(a5, b5, a7, b7, p, q)
        p, q = _product(x, stride, each, y, n_blocks, block, phase)
        a0, b0, a4, b4 = _fly(a0, b0, a4, b4, p, q)
        _weigh(v, s0, a0, b0, x, i[0] + shift, y, j[0] + block)
        _weigh(v, s4, a4, b4, x, i[4] + shift, y, j[4] + block)
        a1, b1, a5, b5 = _fly(a1, b1, a5, b5, p, q)
        _weigh(v, s1, a1, b1, x, i[1] + shift, y, j[1] + block)
        _weigh(v, s5, a5, b5, x, i[5] + shift, y, j[5] + block)
        a2, b2, a6, b6 = _fly(a2, b2, a6, b6, p, q)
        _weigh(v, s2, a2, b2, x, i[2] + shift, y, j[2] + block)
        _weigh(v, s6, a6, b6, x, i[6] + shift, y, j[6] + block)
        a3, b3, a7, b7 = _fly(a3, b3, a7, b7, p, q)
        _weigh(v, s3, a3, b3, x, i[3] + shift, y, j[3] + block)
        _weigh(v, s7, a7, b7, x, i[7] + shift, y, j[7] + block)

"""A site of the overlaps of a tile of pairs of matrix product states; compiled by numba.

Matrices are kept in panels of LANES columns, real and imaginary parts apart, in arrays of shape
(n, LANES): what a matrix has in row r of panel p is in the rows 2 (p height + r), its real part,
and the next. Heights are even, so that rows are worked on in twos.

Every pair is contracted with its own bonds, and in the same order whatever the tile it is in.
"""

from skquantum.engines._jit import jit
from skquantum.engines._simd import LANES, fma, load, splat, store

__all__ = ["LANES", "advance"]


@jit
def _add(a, b, c, d, out, left, place, lane, right, at):
    """Add an entry of two rows, times a row of a panel."""
    x = load(right, at)
    y = load(right, at + 1)
    p = splat(out, left[place, lane])
    q = splat(out, left[place + 1, lane])
    a = fma(-q, y, fma(p, x, a))
    b = fma(q, x, fma(p, y, b))
    p = splat(out, left[place + 2, lane])
    q = splat(out, left[place + 3, lane])
    c = fma(-q, y, fma(p, x, c))
    d = fma(q, x, fma(p, y, d))
    return a, b, c, d


@jit
def _product(out, to, left, start, height, n_rows, right, begin, n_inner):
    """Multiply a matrix by one panel of another of n_inner rows; write a panel."""
    zero = splat(out, 0.0)
    n_full = n_inner // LANES
    for row in range(0, n_rows, 2):
        a, b, c, d = zero, zero, zero, zero
        place = start + 2 * row
        at = begin
        for _ in range(n_full):
            for lane in range(LANES):  # a fixed number, which the compiler unrolls
                a, b, c, d = _add(a, b, c, d, out, left, place, lane, right, at + 2 * lane)
            place += 2 * height
            at += 2 * LANES
        for lane in range(n_inner - n_full * LANES):
            a, b, c, d = _add(a, b, c, d, out, left, place, lane, right, at + 2 * lane)
        store(out, to + 2 * row, a)
        store(out, to + 2 * row + 1, b)
        store(out, to + 2 * row + 2, c)
        store(out, to + 2 * row + 3, d)


@jit
def _pack_bra(out, start, tensor, height, n_left, n_right):
    """Write the adjoint of a tensor: its columns are those of (state of the site, left bond)."""
    for column in range(2 * n_left):
        state, left = divmod(column, n_left)
        place = start + 2 * (column // LANES) * height
        for row in range(n_right):
            number = tensor[left, state, row]
            out[place + 2 * row, column % LANES] = number.real
            out[place + 2 * row + 1, column % LANES] = -number.imag


@jit
def _pack_ket(out, start, tensor, n_left, n_right):
    """Write the matrices of both states of the site, one after the other."""
    n_panels = (n_right + LANES - 1) // LANES
    for state in range(2):
        for left in range(n_left):
            for column in range(n_right):
                panel = state * n_panels + column // LANES
                number = tensor[left, state, column]
                place = start + 2 * (panel * n_left + left)
                out[place, column % LANES] = number.real
                out[place + 1, column % LANES] = number.imag


@jit
def advance(E, room, bras, bonds_a, kets, bonds_b, packed_a, packed_b, between, symmetric):
    """Take what is left of a site to the right of it, for all pairs of a tile.

    Parameters
    ----------
    E : ndarray of shape (n_bras * n_kets * room, LANES)
        What is left of the site: a matrix of a bond of the bra and one of the ket for each pair.
    room : int
        Vectors for each.
    bras, kets : ndarray of shape (n, left bond, 2, right bond)
        Tensors.
    bonds_a, bonds_b : ndarray of shape (n, 2)
        What is used of the bonds of each row.
    packed_a, packed_b : ndarray of shape (n, n_vectors, LANES)
        Room for the tensors in panels.
    between : ndarray of shape (n_vectors, LANES)
        Room for a matrix of a bond of the bra, twice, and one of the ket.
    symmetric : bool
        Whether bras and kets are the same, so that kets in front of the bra suffice.
    """
    packed_a[:] = 0.0
    for i in range(len(bras)):
        height = (bonds_a[i, 1] + 1) // 2 * 2
        _pack_bra(packed_a[i], 0, bras[i], height, bonds_a[i, 0], bonds_a[i, 1])
    packed_b[:] = 0.0
    for j in range(len(kets)):
        _pack_ket(packed_b[j], 0, kets[j], bonds_b[j, 0], bonds_b[j, 1])
    for i in range(len(bras)):
        a, a_next = bonds_a[i]
        height, height_next = (a + 1) // 2 * 2, (a_next + 1) // 2 * 2
        for j in range(min(i, len(kets)) if symmetric else len(kets)):
            b, b_next = bonds_b[j]
            n_panels = (b_next + LANES - 1) // LANES
            start = (i * len(kets) + j) * room
            for panel in range(n_panels):
                for state in range(2):
                    # an odd row of the first state is written over by the second
                    to = 2 * (panel * (2 * a + 1) + state * a)
                    ket = 2 * (state * n_panels + panel) * b
                    _product(between, to, E, start, height, a, packed_b[j], ket, b)
            for panel in range(n_panels):
                to = start + 2 * panel * height_next
                ket = 2 * panel * (2 * a + 1)
                _product(E, to, packed_a[i], 0, height_next, a_next, between, ket, 2 * a)

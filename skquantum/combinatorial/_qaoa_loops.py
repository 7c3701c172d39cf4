"""Passes over the state of QAOA, compiled by numba; real and imaginary parts lie apart.

An amplitude is kept times i ** (number of ones in its assignment). So exp(i angle X) is a rotation
of pairs, a, b -> cos a + sin b, cos b - sin a, which turns real and imaginary parts alike and apart
from each other; phases and probabilities are what they were.

A pass takes tiles of the state into the cache: runs of amplitudes, in which a mixer can act on the
qubits of low significance, or some columns of all runs, in which it can act on the others. Both
halves of a mixer commute, so that a pass has half of a mixer, the next phases, and the same half of
the next mixer: p layers take p + 1 passes.
"""

import math
from typing import NamedTuple

import numpy as np

from skquantum.engines import (
    LANES,
    SIGNS,
    flip,
    fma,
    inner,
    jit,
    load,
    sine_and_cosine,
    splat,
    store,
)

__all__ = ["Tiles", "backward", "begin", "end", "finish", "forward", "mean_energy", "turn"]


class Tiles(NamedTuple):
    """How rows of LANES amplitudes make tiles.

    Attributes
    ----------
    n_rows : int
        Number of rows in a tile.
    shift : int
        A tile has runs of 2 ** shift rows in succession.
    stride : int
        Number of rows between the first ones of two runs.
    low : bool
        Whether the mixer acts on the qubits within a run, or on those that tell runs apart.
    """

    n_rows: int
    shift: int
    stride: int
    low: bool


# Row t has the parts of i ** (t + number of ones in the number of the lane).
_TURNS = np.add.outer(np.arange(4), np.bitwise_count(np.arange(LANES))) % 4
_TURN_RE = np.array([1.0, 0.0, -1.0, 0.0])[_TURNS]
_TURN_IM = np.array([0.0, 1.0, 0.0, -1.0])[_TURNS]


# -- tiles ----------------------------------------------------------------------------------------


@inner
def _empty(tiles):
    return np.empty((tiles.n_rows, LANES))


@inner
def _place(tiles, number, row):
    """Return where a row of a tile is in the state."""
    run = row >> tiles.shift
    return (number << tiles.shift) + run * tiles.stride + row - (run << tiles.shift)


@inner
def _get(x, tiles, number, tile):
    for row in range(tiles.n_rows):
        store(tile, row, load(x, _place(tiles, number, row)))


@inner
def _put(x, tiles, number, tile):
    for row in range(tiles.n_rows):
        store(x, _place(tiles, number, row), load(tile, row))


# -- mixers ---------------------------------------------------------------------------------------


@inner
def _first_step(tiles):
    """Return the distance of the rows that differ in the first qubit of the mixer."""
    return 1 if tiles.low else 1 << tiles.shift


@inner
def _load_four(x, p, step):
    """Return the rows that differ in two qubits."""
    return load(x, p), load(x, p + step), load(x, p + 2 * step), load(x, p + 3 * step)


@inner
def _store_four(x, p, step, a0, a1, a2, a3, inside, outside, keep, swap):
    """Store four rows after rotations of two qubits.

    `keep` is cos ** 2 and `swap` sin ** 2; `inside` is cos sin (a1 + a2), and `outside`
    cos sin (a3 - a0).
    """
    store(x, p, fma(keep, a0, fma(swap, a3, inside)))
    store(x, p + step, fma(keep, a1, fma(-swap, a2, outside)))
    store(x, p + 2 * step, fma(keep, a2, fma(-swap, a1, outside)))
    store(x, p + 3 * step, fma(keep, a3, fma(swap, a0, -inside)))


@inner
def _rotate(x, tiles, angle):
    """Rotate the real or the imaginary parts in a tile, two qubits at a time."""
    cosine, sine = math.cos(angle), math.sin(angle)
    if tiles.low:
        _rotate_lanes(x, cosine, sine)
    c, s = splat(x, cosine), splat(x, sine)
    keep, swap, single = c * c, s * s, c * s
    step = _first_step(tiles)
    while 4 * step <= len(x):
        for i in range(len(x) // 4):
            p = i + 3 * (i & -step)
            a0, a1, a2, a3 = _load_four(x, p, step)
            inside, outside = single * (a1 + a2), single * (a3 - a0)
            _store_four(x, p, step, a0, a1, a2, a3, inside, outside, keep, swap)
        step *= 4
    if 2 * step == len(x):
        for p in range(step):
            a, b = load(x, p), load(x, p + step)
            store(x, p, fma(s, b, c * a))
            store(x, p + step, fma(-s, a, c * b))


@inner
def _rotate_lanes(x, cosine, sine):
    """Rotate the qubits whose bits are the number of a lane."""
    c, s = splat(x, cosine), splat(x, sine)
    s0, s1, s2 = s * load(SIGNS, 1), s * load(SIGNS, 2), s * load(SIGNS, 4)
    for row in range(len(x)):
        a = load(x, row)
        a = fma(s0, flip(a, 1), c * a)
        a = fma(s1, flip(a, 2), c * a)
        store(x, row, fma(s2, flip(a, 4), c * a))


@inner
def _rotate_both(x, y, tiles, angle):
    """Rotate parts of a state x and a bra y; return their share of Im <y| sum of X |x>.

    The sum over two qubits takes what the rotations compute anyway.
    """
    cosine, sine = math.cos(angle), math.sin(angle)
    total = _rotate_both_lanes(x, y, cosine, sine) if tiles.low else splat(x, 0.0)
    c, s = splat(x, cosine), splat(x, sine)
    keep, swap, single = c * c, s * s, c * s
    step = _first_step(tiles)
    while 4 * step <= len(x):
        for i in range(len(x) // 4):
            p = i + 3 * (i & -step)
            a0, a1, a2, a3 = _load_four(x, p, step)
            u, v = a1 + a2, a3 - a0
            _store_four(x, p, step, a0, a1, a2, a3, single * u, single * v, keep, swap)
            a0, a1, a2, a3 = _load_four(y, p, step)
            inside, outside = a1 + a2, a3 - a0
            total = fma(u, outside, fma(-v, inside, total))
            inside, outside = single * inside, single * outside
            _store_four(y, p, step, a0, a1, a2, a3, inside, outside, keep, swap)
        step *= 4
    if 2 * step == len(x):
        for p in range(step):
            q = p + step
            a0, a1, b0, b1 = load(x, p), load(x, q), load(y, p), load(y, q)
            total = fma(a0, b1, fma(-a1, b0, total))
            store(x, p, fma(s, a1, c * a0))
            store(x, q, fma(-s, a0, c * a1))
            store(y, p, fma(s, b1, c * b0))
            store(y, q, fma(-s, b0, c * b1))
    return total


@inner
def _rotate_both_lanes(x, y, cosine, sine):
    """Do what `_rotate_both` does for the qubits whose bits are the number of a lane."""
    c, s = splat(x, cosine), splat(x, sine)
    s0, s1, s2 = s * load(SIGNS, 1), s * load(SIGNS, 2), s * load(SIGNS, 4)
    total0 = total1 = total2 = splat(x, 0.0)
    for row in range(len(x)):
        a, b = load(x, row), load(y, row)
        other = flip(b, 1)
        total0 = fma(a, other, total0)
        a, b = fma(s0, flip(a, 1), c * a), fma(s0, other, c * b)
        other = flip(b, 2)
        total1 = fma(a, other, total1)
        a, b = fma(s1, flip(a, 2), c * a), fma(s1, other, c * b)
        other = flip(b, 4)
        total2 = fma(a, other, total2)
        store(x, row, fma(s2, flip(a, 4), c * a))
        store(y, row, fma(s2, other, c * b))
    return fma(load(SIGNS, 1), total0, fma(load(SIGNS, 2), total1, load(SIGNS, 4) * total2))


# -- phases ---------------------------------------------------------------------------------------


@inner
def _start(re, im, energies, ones, tiles, number, amplitude, angle):
    """Set a tile to equal amplitudes times exp(-i angle energy)."""
    size, minus = splat(re, amplitude), splat(re, -angle)
    for row in range(tiles.n_rows):
        z = _place(tiles, number, row)
        s, c = sine_and_cosine(re, minus * load(energies, z))
        turn = ones[z] & 3
        u, v = size * load(_TURN_RE, turn), size * load(_TURN_IM, turn)
        store(re, row, fma(u, c, -(v * s)))
        store(im, row, fma(u, s, v * c))


@inner
def _phase(re, im, energies, tiles, number, angle):
    """Multiply a tile by exp(-i angle energy)."""
    minus = splat(re, -angle)
    for row in range(tiles.n_rows):
        s, c = sine_and_cosine(re, minus * load(energies, _place(tiles, number, row)))
        a, b = load(re, row), load(im, row)
        store(re, row, fma(c, a, -(s * b)))
        store(im, row, fma(c, b, s * a))


@inner
def _phase_both(re, im, bra_re, bra_im, energies, tiles, number, angle):
    """Multiply two tiles by exp(-i angle energy); return a share of Im <bra| energy |state>."""
    minus = splat(re, -angle)
    total = splat(re, 0.0)
    for row in range(tiles.n_rows):
        energy = load(energies, _place(tiles, number, row))
        s, c = sine_and_cosine(re, minus * energy)
        a, b, p, q = load(re, row), load(im, row), load(bra_re, row), load(bra_im, row)
        total = fma(energy, fma(p, b, -(q * a)), total)
        store(re, row, fma(c, a, -(s * b)))
        store(im, row, fma(c, b, s * a))
        store(bra_re, row, fma(c, p, -(s * q)))
        store(bra_im, row, fma(c, q, s * p))
    return total


@inner
def _apply_energies(re, im, energies, tiles, number, bra_re, bra_im):
    """Set the bra to energies times the state; return a share of the mean energy."""
    total = splat(re, 0.0)
    for row in range(tiles.n_rows):
        energy = load(energies, _place(tiles, number, row))
        a, b = load(re, row), load(im, row)
        p, q = energy * a, energy * b
        total = fma(a, p, fma(b, q, total))
        store(bra_re, row, p)
        store(bra_im, row, q)
    return total


# -- passes ---------------------------------------------------------------------------------------


@jit
def begin(tiles, re, im, energies, ones, amplitude, gamma, beta, start, stop):
    """Set some tiles to equal amplitudes, after the first phases and half of the first mixer.

    ones[row] is the number of ones in the number of a row.
    """
    a, b = _empty(tiles), _empty(tiles)
    for number in range(start, stop):
        _start(a, b, energies, ones, tiles, number, amplitude, gamma)
        for x, tile in ((re, a), (im, b)):
            _rotate(tile, tiles, beta)
            _put(x, tiles, number, tile)


@jit
def forward(tiles, re, im, energies, before, gamma, beta, start, stop):
    """Apply half of a mixer by the angle `before`, phases, and half of the next mixer."""
    a, b = _empty(tiles), _empty(tiles)
    for number in range(start, stop):
        for x, tile in ((re, a), (im, b)):
            _get(x, tiles, number, tile)
            _rotate(tile, tiles, before)
        _phase(a, b, energies, tiles, number, gamma)
        for x, tile in ((re, a), (im, b)):
            _rotate(tile, tiles, beta)
            _put(x, tiles, number, tile)


@jit
def finish(tiles, re, im, beta, start, stop):
    """Apply half of the last mixer."""
    tile = _empty(tiles)
    for number in range(start, stop):
        for x in (re, im):
            _get(x, tiles, number, tile)
            _rotate(tile, tiles, beta)
            _put(x, tiles, number, tile)


@jit
def mean_energy(tiles, re, im, energies, beta, sums, start, stop):
    """Set sums[number] to shares of the mean energy after half of the last mixer."""
    a, b = _empty(tiles), _empty(tiles)
    for number in range(start, stop):
        for x, tile in ((re, a), (im, b)):
            _get(x, tiles, number, tile)
            _rotate(tile, tiles, beta)
        store(sums, number, _apply_energies(a, b, energies, tiles, number, a, b))


@jit
def turn(tiles, re, im, bra_re, bra_im, energies, beta, sums, start, stop):
    """Finish the state, set the bra to energies times it, and undo half of the last mixer on both.

    The state before that half is still there. Of sums, (number, 0) are shares of the mean energy,
    and (number, 1) of Im <bra| sum of X |state> over the qubits in that half.
    """
    a, b, p, q = _empty(tiles), _empty(tiles), _empty(tiles), _empty(tiles)
    for number in range(start, stop):
        for x, tile in ((re, a), (im, b)):
            _get(x, tiles, number, tile)
            _rotate(tile, tiles, beta)
        store(sums, 2 * number, _apply_energies(a, b, energies, tiles, number, p, q))
        total = _rotate_both(a, p, tiles, -beta)
        store(sums, 2 * number + 1, total + _rotate_both(b, q, tiles, -beta))
        _put(bra_re, tiles, number, p)
        _put(bra_im, tiles, number, q)


@jit
def backward(tiles, re, im, bra_re, bra_im, energies, beta, gamma, before, sums, start, stop):
    """Undo `forward` on state and bra.

    Of sums, (number, 0) and (number, 2) are shares of Im <bra| sum of X |state> for the mixers by
    `beta` and `before`, and (number, 1) of Im <bra| energy |state>.
    """
    a, b, p, q = _empty(tiles), _empty(tiles), _empty(tiles), _empty(tiles)
    for number in range(start, stop):
        for x, tile in ((re, a), (im, b), (bra_re, p), (bra_im, q)):
            _get(x, tiles, number, tile)
        total = _rotate_both(a, p, tiles, -beta)
        store(sums, 3 * number, total + _rotate_both(b, q, tiles, -beta))
        total = _phase_both(a, b, p, q, energies, tiles, number, -gamma)
        store(sums, 3 * number + 1, total)
        total = _rotate_both(a, p, tiles, -before)
        store(sums, 3 * number + 2, total + _rotate_both(b, q, tiles, -before))
        for x, tile in ((re, a), (im, b), (bra_re, p), (bra_im, q)):
            _put(x, tiles, number, tile)


@jit
def end(tiles, re, im, bra_re, bra_im, energies, beta, sums, start, stop):
    """Do what `backward` does up to the phases of the first layer."""
    a, b, p, q = _empty(tiles), _empty(tiles), _empty(tiles), _empty(tiles)
    for number in range(start, stop):
        for x, tile in ((re, a), (im, b), (bra_re, p), (bra_im, q)):
            _get(x, tiles, number, tile)
        total = _rotate_both(a, p, tiles, -beta)
        store(sums, 2 * number, total + _rotate_both(b, q, tiles, -beta))
        total = _phase_both(a, b, p, q, energies, tiles, number, 0.0)
        store(sums, 2 * number + 1, total)

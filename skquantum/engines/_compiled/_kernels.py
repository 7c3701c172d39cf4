"""Loops over the amplitudes of one unit of work, compiled by numba.

A unit is two real arrays `re`, `im` of shape (n_vectors, LANES), each row of which is one SIMD
vector. It holds either

* LANES rows of data, side by side in the last axis: `within` is 0, or
* one row of data, in the order of its amplitudes: `within` is 3, the number of qubits whose bits
  are the number of the lane.

Coefficients are vectors as well, the same number in all lanes if there is one row. So the same
operations are done to each amplitude, whichever layout it is in, and come to the same bits.

Loops that end in `start, stop` do a part of the work, so that threads can share a large state;
the parts touch different amplitudes. Everything releases the GIL.
"""

import math

import numpy as np
from numba.extending import register_jitable

from skquantum.engines._jit import inner, jit
from skquantum.engines._simd import (
    LANES,
    any_beyond,
    convert,
    flip,
    fma,
    gather,
    join,
    load,
    scatter,
    splat,
    split,
    store,
)

__all__ = [
    "LANES",
    "SIGNS",
    "WITHIN",
    "distance",
    "fill",
    "move",
    "multiply_phase",
    "n_passes",
    "pass_items",
    "put",
    "set_phases",
    "sine_and_cosine",
    "take",
    "transform",
    "transform_pass",
    "write_states",
]

# Qubits whose bits are the number of a lane, where a unit is one row.
WITHIN = 3

# (-1) ** (number of ones in mask & lane)
SIGNS = np.array(
    [[(-1.0) ** (mask & lane).bit_count() for lane in range(LANES)] for mask in range(LANES)]
)

# pi in parts of 24 bits: products with integers up to 2 ** 29 are exact.
_PI_1 = 3.1415925025939941
_PI_2 = 1.5099578831723193e-07
_PI_3 = 1.0780605716316238e-14
_INVERSE_PI = 1.0 / math.pi
_ROUND = 6755399441055744.0  # adding and subtracting it rounds to an integer
_LARGE = 1e8

# Taylor series in x ** 2, the highest power first.
_SINE = tuple((-1.0) ** k / math.factorial(2 * k + 1) for k in range(10, -1, -1))
_COSINE = tuple((-1.0) ** k / math.factorial(2 * k) for k in range(11, -1, -1))


# -- pairs of amplitudes --------------------------------------------------------------------------


@register_jitable
def take(x, i, h, qubit):
    """Return amplitudes that differ in a qubit: vector i of all pairs.

    h is the distance of their vectors, 0 if they lie in the same one.
    """
    if h:
        z = i + (i & -h)  # a zero for the qubit
        return load(x, z), load(x, z + h)
    return split(load(x, 2 * i), load(x, 2 * i + 1), qubit)


@register_jitable
def put(x, i, h, qubit, p, q):
    """Store what `take` loads."""
    if h:
        z = i + (i & -h)
        store(x, z, p)
        store(x, z + h, q)
    else:
        a, b = join(p, q, qubit)
        store(x, 2 * i, a)
        store(x, 2 * i + 1, b)


@register_jitable
def distance(qubit, within):
    """Return how far the vectors of a pair are from each other, 0 if they are the same one."""
    return 1 << (qubit - within) if qubit >= within else 0


# -- beginning and end ----------------------------------------------------------------------------


@jit
def fill(re, im, initial_re, initial_im, within, start, stop):
    """Begin with the same state in every row."""
    for z in range(start, stop):
        if within:
            store(re, z, load(initial_re, z))
            store(im, z, load(initial_im, z))
        else:
            store(re, z, splat(re, initial_re[z // LANES, z % LANES]))
            store(im, z, splat(im, initial_im[z // LANES, z % LANES]))


@jit
def write_states(re, im, index, out, within, start, stop):
    """Write the states into the rows of `out`, at the columns `index`."""
    for z in range(start, stop):
        if within:
            for lane in range(LANES):
                out[0, index[z * LANES + lane]] = complex(re[z, lane], im[z, lane])
        else:
            for lane in range(out.shape[0]):
                out[lane, index[z]] = complex(re[z, lane], im[z, lane])


# -- Walsh-Hadamard transform ---------------------------------------------------------------------


@register_jitable
def _n_inside(qubits, within):
    n_inside = 0
    while n_inside < len(qubits) and qubits[n_inside] < within:
        n_inside += 1
    return n_inside


@inner
def n_passes(qubits, within):
    """Return how many passes a transform over some qubits takes, in ascending order."""
    n_inside = _n_inside(qubits, within)
    return (n_inside > 0) + (len(qubits) - n_inside + 1) // 2


@inner
def pass_items(n_vectors, qubits, within, number):
    """Return into how many parts a pass can be cut."""
    n_inside = _n_inside(qubits, within)
    if n_inside and number == 0:
        return n_vectors
    first = n_inside + 2 * (number - (n_inside > 0))
    return n_vectors >> (1 if first == len(qubits) - 1 else 2)


@inner
def transform_pass(x, qubits, within, scale, number, start, stop):
    """Do one pass of a transform: two qubits, or those within vectors.

    The last pass multiplies by `scale`.
    """
    n_inside = _n_inside(qubits, within)
    factor = splat(x, scale if number == n_passes(qubits, within) - 1 else 1.0)
    if n_inside and number == 0:
        for z in range(start, stop):
            a = load(x, z)
            for k in range(n_inside):
                bit = 1 << qubits[k]
                a = fma(convert(x, load(SIGNS, bit)), a, flip(a, bit))
            store(x, z, a * factor)
        return
    first = n_inside + 2 * (number - (n_inside > 0))
    h = 1 << (qubits[first] - within)
    if first == len(qubits) - 1:
        for i in range(start, stop):
            z = i + (i & -h)
            p = load(x, z)
            q = load(x, z + h)
            store(x, z, (p + q) * factor)
            store(x, z + h, (p - q) * factor)
        return
    g = 1 << (qubits[first + 1] - within)
    for i in range(start, stop):
        z = i + (i & -h)  # a zero for one qubit
        z += z & -g  # and one for the other
        a0 = load(x, z)
        a1 = load(x, z + h)
        a2 = load(x, z + g)
        a3 = load(x, z + g + h)
        p = a0 + a1
        q = a0 - a1
        r = a2 + a3
        s = a2 - a3
        store(x, z, (p + r) * factor)
        store(x, z + h, (q + s) * factor)
        store(x, z + g, (p - r) * factor)
        store(x, z + g + h, (q - s) * factor)


@inner
def transform(x, qubits, within):
    """Transform over some qubits, unnormalised."""
    for number in range(n_passes(qubits, within)):
        items = pass_items(x.shape[0], qubits, within, number)
        transform_pass(x, qubits, within, 1.0, number, np.int64(0), items)


# -- phases and moves -----------------------------------------------------------------------------


@inner
def _reduced(angle):
    """Return angles between -pi and pi in place of those beyond _LARGE."""
    numbers = np.empty((1, LANES))
    store(numbers, 0, angle)
    for lane in range(LANES):
        number = numbers[0, lane]
        if abs(number) > _LARGE:
            numbers[0, lane] = math.atan2(math.sin(number), math.cos(number))
    return load(numbers, 0)


@register_jitable
def sine_and_cosine(like, angle):
    """Return sine and cosine of a vector in double precision, as `like` is."""
    if any_beyond(angle, _LARGE):
        angle = _reduced(angle)
    # without branches: reduce to [-pi/2, pi/2], then Taylor
    rounding = splat(like, _ROUND)
    k = fma(angle, splat(like, _INVERSE_PI), rounding) - rounding
    r = fma(-k, splat(like, _PI_1), angle)
    r = fma(-k, splat(like, _PI_2), r)
    r = fma(-k, splat(like, _PI_3), r)
    half = fma(k, splat(like, 0.5), rounding) - rounding
    odd = k - half - half  # -1, 0 or 1
    parity = fma(odd * odd, splat(like, -2.0), splat(like, 1.0))
    r2 = r * r
    s = splat(like, _SINE[0])
    for n in range(1, 11):
        s = fma(s, r2, splat(like, _SINE[n]))
    c = splat(like, _COSINE[0])
    for n in range(1, 12):
        c = fma(c, r2, splat(like, _COSINE[n]))
    return s * r * parity, c * parity


@inner
def set_phases(phi, masks, coefficients, first, within):
    """Set phi to what a transform over all qubits makes the phases of all amplitudes."""
    phi[:] = 0.0
    for k in range(len(masks)):
        if within:
            phi[masks[k] // LANES, masks[k] % LANES] = coefficients[first + k, 0]
        else:
            store(phi, masks[k], load(coefficients, first + k))


@inner
def multiply_phase(re, im, phi, low, high, shift, out_re, out_im, sign, within, start, stop):
    """Write exp(i sign phi) times the amplitudes to where they move.

    Amplitude z moves to low[its last bits] ^ high[the other ones], or stays if `low` is empty.
    """
    for z in range(start, stop):
        sine, cosine = sine_and_cosine(phi, load(phi, z))
        s = convert(re, sine * splat(phi, sign))
        c = convert(re, cosine)
        x = load(re, z)
        y = load(im, z)
        u = fma(-s, y, c * x)
        v = fma(s, x, c * y)
        if not len(low):
            store(out_re, z, u)
            store(out_im, z, v)
        elif within:
            place = z * LANES
            first = place & (len(low) - 1)
            change = high[place >> shift]
            scatter(out_re, low, first, change, u)
            scatter(out_im, low, first, change, v)
        else:
            target = low[z & (len(low) - 1)] ^ high[z >> shift]
            store(out_re, target, u)
            store(out_im, target, v)


@inner
def move(re, im, low, high, shift, out_re, out_im, within, start, stop):
    """Set amplitude z of out to amplitude low[its last bits] ^ high[the other ones]."""
    for z in range(start, stop):
        if within:
            place = z * LANES
            first = place & (len(low) - 1)
            change = high[place >> shift]
            store(out_re, z, gather(re, low, first, change))
            store(out_im, z, gather(im, low, first, change))
        else:
            source = low[z & (len(low) - 1)] ^ high[z >> shift]
            store(out_re, z, load(re, source))
            store(out_im, z, load(im, source))

"""Loops over amplitudes for Pauli strings, compiled by numba.

The layout is that of ``_kernels``. A string is P = i ** n_y X(x_mask) Z(z_mask), of which n_y is
the number of Y, modulo 4.
"""

from numba.extending import register_jitable

from skquantum.engines._compiled._kernels import SIGNS
from skquantum.engines._jit import inner
from skquantum.engines._simd import convert, flip, fma, load, splat, store

__all__ = ["add_pauli", "apply_pauli_rotation", "pauli_pairs"]


@register_jitable
def parity_sign(z):
    """Return (-1) ** (number of ones in z)."""
    z ^= z >> 32
    z ^= z >> 16
    z ^= z >> 8
    z ^= z >> 4
    z ^= z >> 2
    z ^= z >> 1
    return 1.0 - 2.0 * (z & 1)


@register_jitable
def lane_signs(like, z_mask, within):
    """Return (-1) ** (number of ones in z_mask & lane) where lanes are amplitudes."""
    return convert(like, load(SIGNS, z_mask & ((1 << within) - 1)))


@inner
def pauli_pairs(n_vectors, x_mask, within):
    """Return into how many parts a rotation can be cut."""
    return n_vectors if x_mask >> within == 0 else n_vectors >> 1


@inner
def apply_pauli_rotation(re, im, m, first, sign, x_mask, z_mask, n_y, within, start, stop):
    """Apply cos - i sign sin P; the cosines are row `first` of m, the sines the next one."""
    inside = x_mask & ((1 << within) - 1)
    across = x_mask >> within
    z_across = z_mask >> within
    top = 1
    while top << 1 <= across:
        top <<= 1
    if across == 0:
        top = re.shape[0]  # each vector for itself
    cosine = convert(re, load(m, first))
    sine = convert(re, load(m, first + 1)) * splat(re, sign)
    # -i times i ** n_y is real for an odd number of Y
    y_re = splat(re, 1.0 if n_y == 1 else (-1.0 if n_y == 3 else 0.0))
    y_im = splat(re, 1.0 if n_y == 0 else (-1.0 if n_y == 2 else 0.0))
    # P|z> has the sign of z; what comes to lane l is from lane l ^ inside
    from_lane = flip(lane_signs(re, z_mask, within), inside)
    sine_re = sine * y_re * from_lane
    sine_im = sine * y_im * from_lane
    for pair in range(start, stop):
        z = pair + (pair & -top)
        w = z ^ across
        from_z = splat(re, parity_sign(z & z_across))
        from_w = splat(re, parity_sign(w & z_across))
        p = load(re, z)
        q = load(im, z)
        r = load(re, w)
        t = load(im, w)
        a = flip(p, inside)
        b = flip(q, inside)
        c = flip(r, inside)
        d = flip(t, inside)
        store(re, z, fma(cosine, p, from_w * fma(sine_re, c, sine_im * d)))
        store(im, z, fma(cosine, q, from_w * fma(sine_re, d, -sine_im * c)))
        store(re, w, fma(cosine, r, from_z * fma(sine_re, a, sine_im * b)))
        store(im, w, fma(cosine, t, from_z * fma(sine_re, b, -sine_im * a)))


@inner
def add_pauli(re, im, weight, x_mask, z_mask, n_y, within, out_re, out_im):
    """Add P, times a vector of weights, applied to the state to out."""
    inside = x_mask & ((1 << within) - 1)
    across = x_mask >> within
    factor = convert(re, weight) * flip(lane_signs(re, z_mask, within), inside)
    if n_y >= 2:
        factor = -factor
    for w in range(re.shape[0]):
        z = w ^ across
        f = factor * splat(re, parity_sign(z & z_mask >> within))
        p = flip(load(re, z), inside)
        q = flip(load(im, z), inside)
        if n_y & 1:
            store(out_re, w, fma(-f, q, load(out_re, w)))
            store(out_im, w, fma(f, p, load(out_im, w)))
        else:
            store(out_re, w, fma(f, p, load(out_re, w)))
            store(out_im, w, fma(f, q, load(out_im, w)))

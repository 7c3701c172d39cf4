"""Loops over amplitudes for Pauli strings, compiled by numba.

The layout is that of ``_kernels``. A string is P = i ** n_Y X(x_mask) Z(z_mask), of which n_Y is
the number of Y and i ** n_Y = y_re + i y_im. Sums are taken in double precision.
"""

from skquantum.engines._compiled._cache import jit
from skquantum.engines._compiled._simd import convert, load, splat, store

__all__ = ["apply_pauli_rotation", "pauli_accumulate", "pauli_overlap"]


@jit
def parity_sign(z):
    """Return (-1) ** (number of ones in z)."""
    z ^= z >> 32
    z ^= z >> 16
    z ^= z >> 8
    z ^= z >> 4
    z ^= z >> 2
    z ^= z >> 1
    return 1.0 - 2.0 * (z & 1)


@jit
def apply_pauli_rotation(re, im, c, s, x_mask, z_mask, y_re, y_im, start, stop):
    """Apply cos - i sin P.

    c, s of shape (1 or n_blocks, 1, LANES); x_mask is not 0. The parts are numbers of pairs of
    amplitudes.
    """
    top_bit = 1
    while top_bit << 1 <= x_mask:
        top_bit <<= 1
    for block in range(re.shape[0]):
        row = block if c.shape[0] > 1 else 0
        x = re[block]
        y = im[block]
        cosine = load(c[row], 0)
        # -i (y_re + i y_im) = y_im - i y_re
        sine_re = load(s[row], 0) * splat(x, y_im)
        sine_im = load(s[row], 0) * splat(x, y_re)
        for pair in range(start, stop):
            z = pair + (pair & -top_bit)  # a zero for the top qubit of x_mask
            w = z ^ x_mask
            # P|z> = i**n_Y (-1)**(z & z_mask) |w>
            from_z = splat(x, parity_sign(z & z_mask))
            from_w = splat(x, parity_sign(w & z_mask))
            p = load(x, z)
            q = load(y, z)
            r = load(x, w)
            t = load(y, w)
            store(x, z, cosine * p + from_w * (sine_re * r + sine_im * t))
            store(y, z, cosine * q + from_w * (sine_re * t - sine_im * r))
            store(x, w, cosine * r + from_z * (sine_re * p + sine_im * q))
            store(y, w, cosine * t + from_z * (sine_re * q - sine_im * p))


@jit
def pauli_overlap(re, im, bra_re, bra_im, x_mask, z_mask, y_re, y_im, out_re, out_im):
    """Write <bra|P|ket> of every row into out (n_blocks, LANES)."""
    for block in range(re.shape[0]):
        x = re[block]
        y = im[block]
        u = bra_re[block]
        v = bra_im[block]
        total_re = splat(out_re, 0.0)
        total_im = splat(out_re, 0.0)
        for z in range(re.shape[1]):
            w = z ^ x_mask
            sign = parity_sign(z & z_mask)
            f_re = splat(x, y_re * sign)
            f_im = splat(x, y_im * sign)
            p = f_re * load(x, z) - f_im * load(y, z)
            q = f_re * load(y, z) + f_im * load(x, z)
            total_re = total_re + convert(out_re, load(u, w) * p + load(v, w) * q)
            total_im = total_im + convert(out_re, load(u, w) * q - load(v, w) * p)
        store(out_re, block, total_re)
        store(out_im, block, total_im)


@jit
def pauli_accumulate(re, im, weight, x_mask, z_mask, y_re, y_im, out_re, out_im):
    """Add weight (n_blocks, LANES) times P|ket> to out."""
    for block in range(re.shape[0]):
        x = re[block]
        y = im[block]
        u = out_re[block]
        v = out_im[block]
        factor = convert(x, load(weight, block))
        for z in range(re.shape[1]):
            w = z ^ x_mask
            sign = parity_sign(z & z_mask)
            f_re = factor * splat(x, y_re * sign)
            f_im = factor * splat(x, y_im * sign)
            store(u, w, load(u, w) + f_re * load(x, z) - f_im * load(y, z))
            store(v, w, load(v, w) + f_re * load(y, z) + f_im * load(x, z))

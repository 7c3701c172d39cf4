"""Sums over amplitudes of two states, compiled by numba: moments and gradients.

The layout is that of ``_kernels``. Sums are taken in double precision.
"""

import numpy as np

from skquantum.engines._compiled._cache import jit
from skquantum.engines._compiled._kernels import butterflies
from skquantum.engines._compiled._simd import convert, load, splat, store

__all__ = ["cross_moments", "phase_gradient"]


@jit
def phase_gradient(re, im, bra_re, bra_im, masks, all_qubits, out):
    """Write -2 sum_z (-1) ** parity(m & z) Im(conj(bra_z) ket_z) for every mask m."""
    w = np.empty(re.shape[1:], dtype=np.float64)
    for block in range(re.shape[0]):
        x = re[block]
        y = im[block]
        u = bra_re[block]
        v = bra_im[block]
        result = out[block]
        for z in range(re.shape[1]):
            store(w, z, convert(w, load(u, z) * load(y, z) - load(v, z) * load(x, z)))
        butterflies(w, all_qubits, 1.0)
        for k in range(len(masks)):
            store(result, k, load(w, masks[k]) * splat(w, -2.0))


@jit
def cross_moments(re, im, bra_re, bra_im, bases, offsets, out_re, out_im):
    """Write the sum over the other qubits of conj(bra_j) ket_k into out[block, j * size + k]."""
    size = len(offsets)
    for block in range(re.shape[0]):
        x = re[block]
        y = im[block]
        u = bra_re[block]
        v = bra_im[block]
        result_re = out_re[block]
        result_im = out_im[block]
        result_re[:] = 0.0
        result_im[:] = 0.0
        for i in range(len(bases)):
            for j in range(size):
                p = convert(result_re, load(u, bases[i] + offsets[j]))
                q = convert(result_re, load(v, bases[i] + offsets[j]))
                for k in range(size):
                    a = convert(result_re, load(x, bases[i] + offsets[k]))
                    b = convert(result_re, load(y, bases[i] + offsets[k]))
                    n = j * size + k
                    store(result_re, n, load(result_re, n) + p * a + q * b)
                    store(result_im, n, load(result_im, n) + p * b - q * a)

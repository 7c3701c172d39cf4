"""Expectation values of units of states, and operators applied to them, compiled by numba."""

import numpy as np

from skquantum.engines._compiled._binding import read_columns, write_columns
from skquantum.engines._compiled._kernels import LANES
from skquantum.engines._compiled._overlaps import diagonal_sum, pauli_sum
from skquantum.engines._compiled._pauli_loops import add_pauli
from skquantum.engines._jit import jit
from skquantum.engines._simd import convert, fma, load, splat, store

__all__ = ["read_bras", "read_expectations", "weigh"]


@jit
def read_expectations(operators, states, row, end_row, within, found, sums, out):
    """Write expectation values into the rows of `out`, the first of which is `row`."""
    per_unit = 1 if within else LANES
    imaginary = np.int64(0)
    for unit in range(states.shape[0]):
        re, im = states[unit, 0], states[unit, 1]
        found[:] = 0.0
        for k in range(len(operators.which)):
            total = diagonal_sum(re, im, operators.diagonals[k], within, sums)
            store(found, operators.which[k], total)
        for k in range(len(operators.strings)):
            x_mask = operators.strings[k, 0]
            z_mask = operators.strings[k, 1]
            n_y = operators.strings[k, 2]
            total = pauli_sum(re, im, re, im, x_mask, z_mask, n_y, imaginary, within, sums)
            for term in range(operators.starts[k], operators.starts[k + 1]):
                number = operators.numbers[term]
                weight = splat(found, operators.weights[term])
                store(found, number, fma(weight, total, load(found, number)))
        first = row + unit * per_unit
        write_columns(found, first, min(per_unit, end_row - first), out)


@jit
def weigh(operators, kets, cotangents, within, found, bras):
    """Set the bras to the sum of the operators, weighted row by row, applied to the kets."""
    per_unit = 1 if within else LANES
    for unit in range(kets.shape[0]):
        re, im = kets[unit, 0], kets[unit, 1]
        out_re, out_im = bras[unit, 0], bras[unit, 1]
        read_columns(cotangents, unit * per_unit, within, found)
        for z in range(re.shape[0]):
            total = splat(found, 0.0)
            for k in range(len(operators.which)):
                if within:
                    d = load(operators.diagonals[k], z)
                else:
                    d = splat(found, operators.diagonals[k, z // LANES, z % LANES])
                total = fma(load(found, operators.which[k]), d, total)
            factor = convert(re, total)
            store(out_re, z, factor * load(re, z))
            store(out_im, z, factor * load(im, z))
        for k in range(len(operators.strings)):
            total = splat(found, 0.0)
            for term in range(operators.starts[k], operators.starts[k + 1]):
                weight = splat(found, operators.weights[term])
                total = fma(weight, load(found, operators.numbers[term]), total)
            x_mask = operators.strings[k, 0]
            z_mask = operators.strings[k, 1]
            n_y = operators.strings[k, 2]
            add_pauli(re, im, total, x_mask, z_mask, n_y, within, out_re, out_im)


@jit
def read_bras(given, index, row, end_row, within, bras):
    """Set the bras to the columns `index` of some rows, the first of which is `row`."""
    per_unit = 1 if within else LANES
    for unit in range(bras.shape[0]):
        re, im = bras[unit, 0], bras[unit, 1]
        first = row + unit * per_unit
        for z in range(re.shape[0]):
            for lane in range(LANES):
                if within:
                    number = given[first, index[z * LANES + lane]]
                else:
                    number = given[min(first + lane, end_row - 1), index[z]]
                re[z, lane] = number.real
                im[z, lane] = number.imag

"""The states of a batch of rows, and how amplitudes and coefficients are laid out."""

from weakref import WeakValueDictionary

import numpy as np

from skquantum.engines._compiled import _kernels

__all__ = [
    "State",
    "blocks_of",
    "in_lanes",
    "out_of_lanes",
    "qubit_groups",
    "table_of_moves",
    "walsh_hadamard",
    "y_phase",
]


class State:
    """Amplitudes of a batch of rows, and a spare copy for operations that move amplitudes.

    `share` is None or a function as of ``_parallel.sharing``: threads that share every loop.
    """

    def __init__(self, n_blocks, n_qubits, dtype, share=None):
        shape = (n_blocks, 2**n_qubits, _kernels.LANES)
        self.re, self.im = np.empty(shape, dtype), np.empty(shape, dtype)
        self.share = share
        self._spare = None

    def loop(self, kernel, n_items, *args):
        """Call ``kernel(*args, start, stop)`` for all of range(n_items)."""
        if self.share is None:
            kernel(*args, 0, n_items)
        else:
            self.share(kernel, n_items, *args)

    def spare(self):
        """Return arrays to write into before `swap`."""
        if self._spare is None:
            self._spare = np.empty_like(self.re), np.empty_like(self.im)
        return self._spare

    def swap(self):
        """Make what was written to the spare arrays the state."""
        (self.re, self.im), self._spare = self._spare, (self.re, self.im)


def in_lanes(values):
    """Turn (n_rows or 1, ...) into (n_blocks or 1, ..., LANES), padding with the last row."""
    n_rows = len(values)
    if n_rows == 1:
        return np.ascontiguousarray(np.repeat(values[..., None], _kernels.LANES, axis=-1))
    n_blocks = -(-n_rows // _kernels.LANES)
    padding = n_blocks * _kernels.LANES - n_rows
    if padding:
        values = np.concatenate([values, np.repeat(values[-1:], padding, axis=0)])
    blocked = values.reshape(n_blocks, _kernels.LANES, *values.shape[1:])
    return np.ascontiguousarray(np.moveaxis(blocked, 1, -1))


def out_of_lanes(values):
    """Turn (n_blocks, ..., LANES) into (n_rows, ...)."""
    moved = np.moveaxis(values, -1, 1)
    return moved.reshape(-1, *moved.shape[2:])


def blocks_of(coefficients, blocks):
    """Return the coefficients of some blocks; those of all rows have one block for all."""
    return coefficients if len(coefficients) == 1 else coefficients[blocks]


_tables = WeakValueDictionary()


def table_of_moves(n_qubits, moves=None):
    """Return where an affine map of the bits sends each basis state; None stays where it is."""
    key = n_qubits, moves
    if (table := _tables.get(key)) is not None:
        return table
    table = np.arange(2**n_qubits)
    if moves is not None:
        z, table = table, np.zeros_like(table)
        for qubit, (mask, flipped) in enumerate(moves):
            bit = np.bitwise_count(z & mask).astype(np.int64) & 1
            table |= (bit ^ flipped) << qubit
    _tables[key] = table
    return table


def walsh_hadamard(state, x, qubits, scale):
    """Do what _kernels.butterflies does to x (2 ** n, LANES), the threads of a state sharing it."""
    for k in range(0, len(qubits), 2):
        low, high = qubits[k], qubits[min(k + 1, len(qubits) - 1)]
        n_items = len(x) // (2 if low == high else 4)
        state.loop(_kernels.butterfly_pass, n_items, x, low, high, scale)


def qubit_groups(n_qubits, qubits):
    """Return the indices with zeros on `qubits`, and the offsets of the values on them."""
    offsets = np.zeros(1, dtype=np.int64)
    for qubit in qubits:
        offsets = np.concatenate([offsets, offsets + (1 << qubit)])
    everything = np.arange(2**n_qubits)
    return everything[(everything & offsets[-1]) == 0], offsets


def y_phase(x_mask, z_mask):
    """Return real and imaginary part of i ** (number of Y) for masks of a Pauli string."""
    factor = 1j ** ((x_mask & z_mask).bit_count() % 4)
    return factor.real, factor.imag

"""Gates of many rows as circuits for Aer, which runs them row by row."""

import numpy as np
from qiskit import QuantumCircuit
from qiskit.circuit.library import UnitaryGate

from skquantum.engines._aer._product_states import product_states
from skquantum.engines._mps._states import States

__all__ = ["Circuits", "together"]


class Circuits:
    """What :class:`States` is for gates, writing them down instead of running them.

    Parameters
    ----------
    n_rows, n_sites : int
        Sizes.

    Attributes
    ----------
    circuits : list of QuantumCircuit
        One for each row; all gates act on a site, or on a site and the next.
    n_pairs : int
        Number of gates on two sites in each of them.
    """

    def __init__(self, n_rows, n_sites):
        self.n_rows = n_rows
        self.circuits = [QuantumCircuit(n_sites) for _ in range(n_rows)]
        self.n_pairs = 0

    def turn(self, site, matrix):
        """Append a gate of shape (2, 2) or (n_rows, 2, 2)."""
        self._append(np.broadcast_to(matrix, (self.n_rows, 2, 2)), [site])

    def pair(self, site, gate):
        """Append a gate of shape (n_rows or 1, 2, 2, 2, 2) to a site and the next."""
        matrices = gate.transpose(0, 2, 1, 4, 3).reshape(-1, 4, 4)  # the first is the lowest bit
        self._append(np.broadcast_to(matrices, (self.n_rows, 4, 4)), [site, site + 1])
        self.n_pairs += 1

    def bond(self, site):
        """Return a bond that is never too large."""
        return 1

    def _append(self, matrices, sites):
        # copied: Aer 0.18 transposes arrays that are read-only
        matrices = np.array(matrices, dtype=complex, order="C")
        for circuit, matrix in zip(self.circuits, matrices, strict=True):
            circuit.append(UnitaryGate(matrix, check_input=False), sites, copy=False)

    def run(self, threshold, largest):
        """Return what :func:`together` takes of every row; settings as for :class:`States`."""
        rows = np.empty(self.n_rows, dtype=object)
        for row, found in enumerate(product_states(self.circuits, threshold, largest)):
            rows[row] = (*found, self.n_pairs)
        return rows


def together(rows, threshold, largest):
    """Return rows that Aer has run as they would be if they had been run together.

    Parameters
    ----------
    rows : ndarray of shape (n_rows,)
        Results of :meth:`Circuits.run`.
    threshold : float
        Weight that each of the gates on two sites may have discarded.
    largest : int or None
        Largest bond; where it may have cut more off, nobody knows how much that is.

    Returns
    -------
    States
        `truncation` and `bound` are upper limits, or nan.
    """
    tensors, values, n_pairs = zip(*rows, strict=True)
    states = States(len(rows), len(tensors[0]), threshold, largest)
    states.tensors = [_filled_up(same) for same in zip(*tensors, strict=True)]
    states.values = [_filled_up(same) for same in zip(*values, strict=True)]
    n_pairs = np.array(n_pairs, dtype=float) if largest is None else np.full(len(rows), np.nan)
    states.truncation = n_pairs * threshold
    states.bound = n_pairs * np.sqrt(2 * threshold)
    return states


def _filled_up(arrays):
    """Stack arrays, filled up with zeros."""
    shape = np.max([array.shape for array in arrays], axis=0)
    out = np.zeros((len(arrays), *shape), dtype=arrays[0].dtype)
    for row, array in zip(out, arrays, strict=True):
        row[tuple(map(slice, array.shape))] = array
    return out

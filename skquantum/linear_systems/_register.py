"""What the clock register of HHL makes of eigenvalues."""

from math import ceil, log2
from typing import NamedTuple

import numpy as np

__all__ = ["Register", "register_for"]

FILLED = 0.9  # of the register, by the largest eigenvalue; half of it if there are negative ones
AUTO = range(4, 17)  # clock qubits
CELLS_PER_EIGENVALUE = 8  # cells up to the smallest eigenvalue with clock_qubits="auto"


class Register(NamedTuple):
    """How phases of a clock register are read.

    Parameters
    ----------
    n_clock : int
        Number of clock qubits.
    scale : float
        Phase per eigenvalue (turns).
    smallest : float
        C, the smallest eigenvalue that is inverted.
    factors : ndarray of shape (2 ** n_clock,)
        C / eigenvalue of each cell, the amplitude of the rotated ancilla; 0 where a cell is below
        the smallest.
    """

    n_clock: int
    scale: float
    smallest: float
    factors: np.ndarray


def register_for(eigenvalues, clock_qubits):
    """Return the register for a spectrum.

    Parameters
    ----------
    eigenvalues : ndarray of shape (n,)
        Not all 0.
    clock_qubits : int or "auto"
        Number of clock qubits.

    Returns
    -------
    Register
        Negative eigenvalues, if there are any, take the upper half of the cells.
    """
    sizes = np.abs(eigenvalues)
    largest, least = sizes.max(), sizes.min()
    if clock_qubits == "auto":
        cells = CELLS_PER_EIGENVALUE * largest / max(least, largest / 2.0 ** AUTO[-1])
        clock_qubits = min(max(ceil(log2(cells)), AUTO[0]), AUTO[-1])
    negative = eigenvalues.min() < -1e-12 * largest
    scale = FILLED / largest / (2 if negative else 1)
    n_cells = 2**clock_qubits
    cells = np.arange(n_cells)
    if negative:
        cells = np.where(cells < n_cells // 2, cells, cells - n_cells)
    first = max(1, int(least * scale * n_cells))
    inverted = np.abs(cells) >= first
    factors = np.where(inverted, first / np.where(inverted, cells, 1), 0.0)
    return Register(clock_qubits, scale, first / n_cells / scale, factors)

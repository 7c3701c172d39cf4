"""Linear systems by the quantum algorithm of Harrow, Hassidim and Lloyd (HHL)."""

from skquantum.linear_systems._circuit import hhl_circuit
from skquantum.linear_systems._hhl import LinearSolution, hhl_solve

__all__ = ["LinearSolution", "hhl_circuit", "hhl_solve"]

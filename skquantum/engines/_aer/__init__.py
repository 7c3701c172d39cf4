"""Qiskit Aer as an engine; the only home of Aer."""

from skquantum.engines._aer._engine import AerEngine

__all__ = ["AerEngine"]

"""The compiled engine: exact states, expectation values and gradients by numba."""

from skquantum.engines._compiled._engine import CompiledEngine

__all__ = ["CompiledEngine"]

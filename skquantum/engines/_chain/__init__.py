"""Overlaps of shallow circuits, contracted across the circuit from qubit to qubit."""

from skquantum.engines._chain._batch import ChainBatch
from skquantum.engines._chain._compiler import BoundaryError, check_boundary
from skquantum.engines._chain._engine import ChainEngine

__all__ = ["BoundaryError", "ChainBatch", "ChainEngine", "check_boundary"]

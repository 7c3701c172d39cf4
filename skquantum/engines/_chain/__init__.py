"""Overlaps of shallow circuits, contracted across the circuit from qubit to qubit."""

from skquantum.engines._chain._batch import ChainBatch
from skquantum.engines._chain._engine import ChainEngine

__all__ = ["ChainBatch", "ChainEngine"]

"""Matrix product states of batches of rows."""

from skquantum.engines._mps._batch import MPSBatch
from skquantum.engines._mps._engine import MPSEngine

__all__ = ["MPSBatch", "MPSEngine"]

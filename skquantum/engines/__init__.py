"""Engines: from circuits to numbers."""

from skquantum.engines._aer import AerEngine
from skquantum.engines._base import Engine, Session

__all__ = ["AerEngine", "Engine", "Session"]

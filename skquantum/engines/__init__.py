"""Engines: from circuits to numbers."""

from skquantum.engines._aer import AerEngine
from skquantum.engines._base import Engine, Session
from skquantum.engines._compiled import CompiledEngine
from skquantum.engines._registry import ENGINES, resolve_engine
from skquantum.engines._sampler import SamplerEngine

__all__ = [
    "ENGINES",
    "AerEngine",
    "CompiledEngine",
    "Engine",
    "SamplerEngine",
    "Session",
    "resolve_engine",
]

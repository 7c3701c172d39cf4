"""Engines: from circuits to numbers."""

from skquantum._lazy import lazy_names
from skquantum.engines._aer import AerEngine
from skquantum.engines._auto import AutoEngine
from skquantum.engines._base import Engine
from skquantum.engines._chain import ChainBatch, ChainEngine
from skquantum.engines._compiled import CompiledEngine
from skquantum.engines._encoded import ChannelBatch, Encoded, FeatureBatch, StateBatch
from skquantum.engines._estimator import EstimatorEngine
from skquantum.engines._kernel_sessions import (
    ChannelSession,
    FidelitySession,
    KernelSession,
    StateGradientSession,
    StateSession,
)
from skquantum.engines._mps import MPSBatch, MPSEngine
from skquantum.engines._registry import ENGINES, resolve_engine
from skquantum.engines._row_batch import RowBatch
from skquantum.engines._row_expectations import RowExpectations
from skquantum.engines._sampler import SamplerEngine
from skquantum.engines._session import ExpectationSession, Session

# how other folders compile loops; numba is imported on first use only
__getattr__ = lazy_names(
    __name__,
    dict.fromkeys(["inner", "jit"], "skquantum.engines._jit")
    | dict.fromkeys(["LANES", "flip", "fma", "load", "splat", "store"], "skquantum.engines._simd")
    | dict.fromkeys(["SIGNS", "sine_and_cosine"], "skquantum.engines._compiled._kernels"),
)

__all__ = [
    "ENGINES",
    "AerEngine",
    "AutoEngine",
    "ChainBatch",
    "ChainEngine",
    "ChannelBatch",
    "ChannelSession",
    "CompiledEngine",
    "Encoded",
    "Engine",
    "EstimatorEngine",
    "ExpectationSession",
    "FeatureBatch",
    "FidelitySession",
    "KernelSession",
    "MPSBatch",
    "MPSEngine",
    "RowBatch",
    "RowExpectations",
    "SamplerEngine",
    "Session",
    "StateBatch",
    "StateGradientSession",
    "StateSession",
    "resolve_engine",
]

"""Names of engines."""

from qiskit.primitives import BaseEstimatorV2, BaseSamplerV2
from qiskit.providers import BackendV2
from qiskit_aer.backends.aerbackend import AerBackend
from qiskit_aer.noise import NoiseModel

from skquantum._config import get_config
from skquantum._validation import Names, closest_name
from skquantum.engines._aer import AerEngine
from skquantum.engines._auto import AutoEngine
from skquantum.engines._base import Engine
from skquantum.engines._chain import ChainEngine
from skquantum.engines._compiled import CompiledEngine
from skquantum.engines._estimator import EstimatorEngine
from skquantum.engines._mps import MPSEngine
from skquantum.engines._sampler import SamplerEngine

__all__ = ["ENGINES", "resolve_engine"]

ENGINES = Names(
    "engine",
    {
        "aer": AerEngine,
        "auto": AutoEngine,
        "chain": ChainEngine,
        "compiled": CompiledEngine,
        "mps": MPSEngine,
    },
)


def resolve_engine(engine):
    """Return the engine that a parameter `engine` means.

    Parameters
    ----------
    engine : None, str, Engine, NoiseModel, BaseSamplerV2 or BaseEstimatorV2
        None means what :func:`skquantum.set_config` says; a name is a key of `ENGINES`; a noise
        model, a sampler or an estimator means the :class:`AerEngine`, :class:`SamplerEngine` or
        :class:`EstimatorEngine` that has it; an engine is returned as it is.

    Returns
    -------
    Engine
        The object.

    Raises
    ------
    ValueError
        If the name is unknown.
    TypeError
        If it is something else altogether.

    Examples
    --------
    >>> from skquantum.engines import resolve_engine
    >>> resolve_engine("compiled")
    CompiledEngine()
    """
    if engine is None:
        engine = get_config()["engine"]
    if isinstance(engine, str):
        if engine not in ENGINES:
            raise ValueError(f"engine={engine!r} is unknown: {closest_name(engine, ENGINES)}.")
        return ENGINES[engine]()
    if isinstance(engine, NoiseModel):
        return AerEngine(noise_model=engine)
    if isinstance(engine, BaseSamplerV2):
        return SamplerEngine(engine)
    if isinstance(engine, BaseEstimatorV2):
        return EstimatorEngine(engine)
    if isinstance(engine, type) or not isinstance(engine, Engine):
        raise TypeError(f"engine is {engine!r}, not a name or an Engine object; {_remedy(engine)}.")
    return engine


def _remedy(engine):
    """Say what to write instead of what is no engine."""
    if isinstance(engine, type):
        return "pass an instance"
    name = type(engine).__name__
    if isinstance(engine, AerBackend):
        return "pass AerEngine(), which takes Aer's settings by the same names"
    if isinstance(engine, BackendV2):
        return (
            "AerEngine(noise_model=backend) simulates it with its noise, and "
            "SamplerEngine(sampler) or EstimatorEngine(estimator), with one of its provider, run "
            "circuits on it"
        )
    if callable(getattr(engine, "run", None)):
        return (
            f"if {name} is a sampler or an estimator of Qiskit's primitives, pass "
            "SamplerEngine(sampler) or EstimatorEngine(estimator)"
        )
    return f"use one of {', '.join(map(repr, sorted(ENGINES)))}"

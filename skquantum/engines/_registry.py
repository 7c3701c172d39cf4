"""Names of engines."""

from skquantum._config import get_config
from skquantum._validation import closest_name
from skquantum.engines._aer import AerEngine
from skquantum.engines._compiled import CompiledEngine

__all__ = ["ENGINES", "resolve_engine"]

ENGINES = {"aer": AerEngine, "compiled": CompiledEngine}


def resolve_engine(engine):
    """Return the engine that a parameter `engine` means.

    Parameters
    ----------
    engine : None, str or Engine
        None means what :func:`skquantum.set_config` says; a name is a key of `ENGINES`; an object
        is returned as it is.

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
    if isinstance(engine, type) or not hasattr(engine, "open"):
        raise TypeError(
            f"engine is {engine!r}, not a name or an Engine object"
            + ("; pass an instance." if isinstance(engine, type) else ".")
        )
    return engine

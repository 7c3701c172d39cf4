"""Defaults for a whole program, in scikit-learn's style."""

import threading
from contextlib import contextmanager

__all__ = ["config_context", "get_config", "set_config"]

_program = {"engine": "aer"}
_thread = threading.local()


def _current():
    # A thread starts with what the program says, and then has its own, as in scikit-learn.
    if not hasattr(_thread, "config"):
        _thread.config = _program.copy()
    return _thread.config


def get_config():
    """Return the current defaults.

    Returns
    -------
    dict
        A copy; "engine" is what ``engine=None`` means.

    Examples
    --------
    >>> import skquantum
    >>> skquantum.get_config()
    {'engine': 'aer'}
    """
    return _current().copy()


def set_config(*, engine=None):
    """Set defaults for the program, as seen by this thread and those started later.

    Processes that others start (``GridSearchCV(n_jobs=2)``) have defaults of their own: there,
    give the engine to the kernel. The numbers of all exact engines agree to 1e-12.

    Parameters
    ----------
    engine : None, str or Engine, default=None
        What ``engine=None`` means from now on: "aer", "compiled" or an object. None leaves it.

    Examples
    --------
    >>> import skquantum
    >>> skquantum.set_config(engine="compiled")
    >>> skquantum.get_config()
    {'engine': 'compiled'}
    >>> skquantum.set_config(engine="aer")
    """
    if engine is not None:
        _current()["engine"] = engine
        _program["engine"] = engine


@contextmanager
def config_context(*, engine=None):
    """Set defaults inside a ``with`` block, for this thread.

    Parameters
    ----------
    engine : None, str or Engine, default=None
        What ``engine=None`` means inside. None leaves it.

    Yields
    ------
    None
        Nothing.

    Examples
    --------
    >>> import skquantum
    >>> from skquantum.kernels import FidelityKernel
    >>> with skquantum.config_context(engine="compiled"):
    ...     K = FidelityKernel("zz")([[0.1, 0.2], [0.3, 0.4]])
    """
    config = _current()
    before = config.copy()
    if engine is not None:
        config["engine"] = engine
    try:
        yield
    finally:
        config.update(before)

"""Compiled loops of this folder on disk, beside those of the compiled engine."""

import hashlib
from functools import cache
from importlib.resources import files

import numba
from numba.core import caching

from skquantum.engines._compiled import _cache as shared

__all__ = ["jit"]

_SOURCES = ("_fused.py", "_loops.py", "_operations.py")


@cache
def _digest():
    digest = hashlib.sha256(shared.directory().name.encode())
    for name in _SOURCES:
        digest.update(files(__package__).joinpath(name).read_bytes())
    return digest.hexdigest()


class _Locator(shared._Locator):
    def get_cache_path(self):
        return str(shared.directory().with_name(f"numba-{numba.__version__}-{_digest()[:16]}"))

    def get_source_stamp(self):
        return _digest()


class _Results(caching.CompileResultCacheImpl):
    _locator_classes = (_Locator,)


class _Cache(shared._Cache):
    _impl_class = _Results


def jit(function):
    """Compile a function on its first call, or load what an earlier process has compiled."""
    compiled = numba.njit(nogil=True, fastmath={"contract", "nsz"}, error_model="numpy")(function)
    try:
        compiled._cache = _Cache(function)
    except (OSError, RuntimeError) as error:  # no sources to tell states apart by, or no home
        shared._warn(str(error))
    return compiled

"""Compiled functions kept on disk, in the user's cache directory.

numba writes beside the source, where no uninstaller knows of the files, and where they outlive what
they were compiled from: they are checked against their own module only, not against those that it
imports.
"""

import hashlib
import os
import sys
import warnings
from contextlib import suppress
from functools import cache
from importlib.resources import files
from pathlib import Path

import numba
from numba.core import caching

__all__ = ["contracted", "directory", "inner", "jit"]

# All that is compiled, or compiled into it.
_SOURCES = (
    "combinatorial/_loops.py",
    "combinatorial/_qaoa_loops.py",
    "combinatorial/_ring_loops.py",
    "engines/_chain/_fused.py",
    "engines/_chain/_loops.py",
    "engines/_chain/_operations.py",
    "engines/_compiled/_binding.py",
    "engines/_compiled/_kernels.py",
    "engines/_compiled/_matrices.py",
    "engines/_compiled/_overlaps.py",
    "engines/_compiled/_pauli_loops.py",
    "engines/_compiled/_program.py",
    "engines/_compiled/_readouts.py",
    "engines/_compiled/_sweeps.py",
    "engines/_jit.py",
    "engines/_mps/_loops.py",
    "engines/_simd.py",
)


def jit(function, **options):
    """Compile a function on its first call, or load what an earlier process has compiled."""
    # without fastmath: every number is rounded as it is written, wherever it is computed
    compiled = numba.njit(nogil=True, error_model="numpy", no_cfunc_wrapper=True, **options)(
        function
    )
    try:
        compiled._cache = _Cache(function)
    except (OSError, RuntimeError) as error:  # no sources to tell states apart by, or no home
        _warn(str(error))
    return compiled


def inner(function):
    """Do what `jit` does for a function that only compiled ones call, in less time."""
    return jit(function, no_cpython_wrapper=True)


def contracted(function):
    """Do what `jit` does, with products and sums fused where the processor can.

    For numbers that are always computed in the same way, whatever stands beside them.
    """
    return jit(function, fastmath={"contract", "nsz"})


@cache
def directory():
    """Return where compiled functions are kept: a folder for each state of their sources.

    ``NUMBA_CACHE_DIR`` is respected, and the place that the platform has for caches
    (``XDG_CACHE_HOME`` on Linux).
    """
    if numba.config.CACHE_DIR:
        base = Path(numba.config.CACHE_DIR)
    elif sys.platform == "win32":
        base = Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local")
    elif sys.platform == "darwin":
        base = Path.home() / "Library" / "Caches"
    else:
        base = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return base.absolute() / "skquantum" / f"numba-{numba.__version__}-{_digest()[:16]}"


@cache
def _digest():
    """Return a hash of all that is compiled."""
    digest = hashlib.sha256()
    for name in _SOURCES:
        digest.update(files("skquantum").joinpath(name).read_bytes())
    return digest.hexdigest()


@cache
def _warn(reason):
    """Warn once of each reason."""
    warnings.warn(
        f"Compiled functions cannot be kept on disk ({reason}), so every process compiles them "
        "again, which takes some seconds; set the environment variable NUMBA_CACHE_DIR to a "
        "folder that can be written.",
        RuntimeWarning,
    )


class _Locator(caching._CacheLocator):
    """Tells numba where the files of a function are."""

    def __init__(self, function):
        self._py_file = function.__code__.co_filename
        self._line = function.__code__.co_firstlineno

    @classmethod
    def from_function(cls, function, _):
        return cls(function)

    def get_cache_path(self):
        return str(directory())

    def get_source_stamp(self):
        # the user's own functions, as in tests, are in files of their own
        return _digest() + hashlib.sha256(Path(self._py_file).read_bytes()).hexdigest()

    def get_disambiguator(self):
        return str(self._line)


class _Results(caching.CompileResultCacheImpl):
    _locator_classes = (_Locator,)


class _Cache(caching.FunctionCache):
    """Files of one function; what is wrong with them costs time, and nothing else."""

    _impl_class = _Results

    def load_overload(self, sig, target_context):
        try:
            result = super().load_overload(sig, target_context)
        except Exception:  # whatever unpickling makes of a damaged file
            with suppress(OSError):
                self.flush()
            return None
        # Two processes that save at the same time may have written each other's file.
        matches = result is not None and tuple(result.signature.args) == tuple(sig)
        return result if matches else None

    def save_overload(self, sig, data):
        try:
            super().save_overload(sig, data)
        except OSError as error:
            _warn(f"{directory()}: {error.strerror}")

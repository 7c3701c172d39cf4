"""Where compiled functions are kept, and what becomes of files that are damaged or not writable."""

import importlib
import re
import shutil
import sys
import warnings
from pathlib import Path

import numba
import numpy as np
import pytest
from numba.core.dispatcher import Dispatcher

import skquantum
from skquantum.engines import _jit, _simd
from skquantum.engines._compiled import _program

ROOT = Path(skquantum.__file__).parent
MODULES = [
    importlib.import_module(".".join(("skquantum", *path.relative_to(ROOT).with_suffix("").parts)))
    for path in ROOT.rglob("*.py")
    if re.search(r"^@(jit|inner|contracted)$", path.read_text(), re.MULTILINE)
]
KERNELS = [f for m in MODULES for f in vars(m).values() if isinstance(f, Dispatcher)]


def twice(x):
    return x + x


def hits_and_misses(function):
    stats = function.stats
    return sum(stats.cache_hits.values()), sum(stats.cache_misses.values())


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A folder of its own for compiled functions."""
    folder = tmp_path / "cache"
    monkeypatch.setattr(_jit, "directory", lambda: folder)
    _jit._warn.cache_clear()
    yield folder
    _jit._warn.cache_clear()


def test_nothing_is_written_beside_the_sources():
    assert len(KERNELS) > 20
    package = Path(skquantum.__file__).parent
    for function in KERNELS:
        folder = Path(function.stats.cache_path)
        assert folder == _jit.directory()
        assert package not in folder.parents
    assert not list(package.rglob("*.nb[ic]"))


def test_every_source_of_compiled_code_counts():
    # the numbers and vectors of some are compiled into others
    modules = [*MODULES, _jit, _program, _simd]
    sources = {Path(module.__file__).relative_to(ROOT).as_posix() for module in modules}
    assert set(_jit._SOURCES) == sources


def directory(monkeypatch, platform, environment, setting=""):
    monkeypatch.setattr(sys, "platform", platform)
    monkeypatch.setattr(numba.config, "CACHE_DIR", setting)
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    return _jit.directory.__wrapped__()


def test_the_folder_is_that_of_the_platform(monkeypatch, tmp_path):
    name = _jit.directory().name
    assert numba.__version__ in name
    folders = [
        ("linux", {"HOME": str(tmp_path)}, "", tmp_path / ".cache"),
        ("linux", {"XDG_CACHE_HOME": str(tmp_path / "x")}, "", tmp_path / "x"),
        ("linux", {"XDG_CACHE_HOME": ""}, str(tmp_path / "n"), tmp_path / "n"),
        ("darwin", {"HOME": str(tmp_path)}, "", tmp_path / "Library" / "Caches"),
        ("win32", {"LOCALAPPDATA": str(tmp_path / "l")}, "", tmp_path / "l"),
    ]
    for platform, environment, setting, base in folders:
        found = directory(monkeypatch, platform, environment, setting)
        assert found == base / "skquantum" / name


def test_the_second_process_loads_what_the_first_compiled(folder):
    first = _jit.jit(twice)
    assert first(1.5) == 3.0
    assert hits_and_misses(first) == (0, 1)
    assert list(folder.glob("*.nbi"))
    second = _jit.jit(twice)
    assert second(1.5) == 3.0
    assert hits_and_misses(second) == (1, 0)


def test_other_sources_are_compiled_again(folder, monkeypatch):
    _jit.jit(twice)(1.5)
    monkeypatch.setattr(_jit, "_digest", lambda: "other")
    again = _jit.jit(twice)
    again(1.5)
    assert hits_and_misses(again) == (0, 1)


@pytest.mark.parametrize("suffix", ["nbi", "nbc"])
@pytest.mark.parametrize("content", [b"", b"damaged", None])
def test_damaged_files_are_replaced(folder, suffix, content):
    _jit.jit(twice)(1.5)
    for path in folder.glob(f"*.{suffix}"):
        path.write_bytes(path.read_bytes()[:-20] if content is None else content)
    again = _jit.jit(twice)
    assert again(1.5) == 3.0
    assert hits_and_misses(again) == (0, 1)
    last = _jit.jit(twice)
    assert last(1.5) == 3.0
    assert hits_and_misses(last) == (1, 0)


def test_files_of_processes_that_saved_at_the_same_time(folder):
    first = _jit.jit(twice)
    first(np.ones(2))
    first(np.ones(2, dtype=np.int32))
    real, integer = sorted(folder.glob("*.nbc"))
    shutil.copy(integer, real)  # both took the next free name, one index was kept
    second = _jit.jit(twice)
    assert second(np.full(2, 1.5)).tolist() == [3.0, 3.0]
    assert second(np.ones(2, dtype=np.int32)).dtype == np.int32
    assert hits_and_misses(second) == (1, 1)


def test_a_folder_that_cannot_be_written(folder):
    folder.write_text("a file in its place")
    compiled = _jit.jit(twice)
    with pytest.warns(RuntimeWarning, match=r"cannot be kept on disk \(.*cache: .*NUMBA_CACHE_DIR"):
        assert compiled(1.5) == 3.0
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # said once
        assert compiled(2) == 4


def test_without_a_home(monkeypatch, folder):
    def fail():
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.setattr(_jit, "directory", fail)
    with pytest.warns(RuntimeWarning, match=r"cannot be kept on disk \(Could not determine home"):
        compiled = _jit.jit(twice)
    assert compiled(1.5) == 3.0

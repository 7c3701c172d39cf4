"""The examples run as they are, and benchmarks import what exists."""

import runpy
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


@pytest.mark.slow
@pytest.mark.parametrize(
    "path", sorted((ROOT / "examples").glob("plot_*.py")), ids=lambda p: p.name
)
def test_example_runs_and_saves_its_picture(path):
    pytest.importorskip("matplotlib")
    picture = path.with_suffix(".png")
    picture.unlink(missing_ok=True)
    runpy.run_path(str(path), run_name="__main__")
    assert picture.stat().st_size > 10_000


@pytest.mark.parametrize(
    "path", sorted((ROOT / "benchmarks").glob("[a-z]*.py")), ids=lambda p: p.name
)
def test_benchmark_imports_what_is_there(path, monkeypatch):
    monkeypatch.syspath_prepend(str(path.parent))
    monkeypatch.setenv("OMP_NUM_THREADS", "1")  # some set it
    try:
        runpy.run_path(str(path), run_name="imported")
    except ModuleNotFoundError as error:  # peers need not be installed
        if error.name.split(".")[0] in ("skquantum", "_timing"):
            raise

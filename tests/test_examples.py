"""The README and the examples run as they stand, and benchmarks know what they import."""

import re
import runpy
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


def test_readme_python_blocks_run():
    blocks = re.findall(r"^```python\n(.*?)^```", (ROOT / "README.md").read_text(), re.S | re.M)
    assert blocks
    code = "\n".join(blocks)
    exec(compile(code, "README.md", "exec"), {})


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

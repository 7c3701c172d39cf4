"""The README: its blocks run one after the other, its commands and links are there."""

import re
from pathlib import Path

from skquantum import __version__

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
COMMANDS = [
    'python -m pip install -e ".[plot]" && python examples/plot_quickstart.py',
    'python -m pip install -e ".[test]" && python -m pytest',
]


def blocks(language):
    """Return the blocks of code in a language, in order."""
    return re.findall(rf"^```{language}\n(.*?)^```", README, re.S | re.M)


def test_python_blocks_run_in_one_session(capsys):
    namespace = {}
    found = blocks("python")
    assert len(found) > 3
    for code in found:
        exec(compile(code, "README.md", "exec"), namespace)
    assert float(capsys.readouterr().out) > 0.9


def test_first_block_has_ten_lines():
    assert len([line for line in blocks("python")[0].splitlines() if line]) <= 10


def test_two_commands():
    assert [block.strip() for block in blocks("sh")] == COMMANDS


def test_links_lead_to_files():
    targets = re.findall(r"\]\(([^)]+)\)", README)
    assert len(targets) > 10
    missing = [target for target in targets if not (ROOT / target).is_file()]
    assert not missing


def test_scripts_are_there():
    scripts = re.findall(r"`(benchmarks/\w+\.py)`", README)
    assert scripts
    missing = [script for script in scripts if not (ROOT / script).is_file()]
    assert not missing


def test_citation_names_this_version():
    citation = (ROOT / "CITATION.cff").read_text(encoding="utf-8")
    assert re.search(r"^version: (.*)$", citation, re.M)[1] == __version__

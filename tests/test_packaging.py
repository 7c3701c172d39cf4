"""What is installed with the package, and what a bug report says of it."""

import importlib.metadata
import re
import tomllib
from pathlib import Path

import numba
import pytest

import skquantum
from skquantum import _show_versions

PROJECT = tomllib.loads((Path(__file__).parents[1] / "pyproject.toml").read_text())["project"]


def names(requirements):
    return {re.match(r"[\w-]+", requirement).group() for requirement in requirements}


def test_annotations_are_declared():
    assert (Path(skquantum.__file__).parent / "py.typed").read_bytes() == b""


def test_versions_of_all_dependencies_are_shown(capsys):
    skquantum.show_versions()
    lines = capsys.readouterr().out.splitlines()
    shown = dict(line.split(": ", maxsplit=1) for line in lines)
    assert shown["numba"] == numba.__version__
    assert shown["numpy"] == importlib.metadata.version("numpy")
    assert names(PROJECT["dependencies"]) | {"skquantum"} == set(_show_versions.DEPENDENCIES)
    users = PROJECT["optional-dependencies"]
    assert names(users["ibm"] + users["plot"]) <= set(_show_versions.OPTIONAL)


def test_optional_dependencies_are_shown_where_they_are_installed(capsys, monkeypatch):
    installed = {"pandas": "2.2.3", "numba": "0.61.0"}

    def version(name):
        if name not in installed:
            raise importlib.metadata.PackageNotFoundError(name)
        return installed[name]

    monkeypatch.setattr(importlib.metadata, "version", version)
    skquantum.show_versions()
    lines = capsys.readouterr().out.splitlines()
    assert {"pandas: 2.2.3", "numba: 0.61.0", "qiskit: not installed"} <= set(lines)
    assert not [line for line in lines if line.startswith(("matplotlib", "ray"))]


@pytest.mark.parametrize("extra", ["", *PROJECT["optional-dependencies"]])
def test_every_dependency_has_a_lower_bound(extra):
    requirements = PROJECT["optional-dependencies"][extra] if extra else PROJECT["dependencies"]
    for requirement in requirements:
        assert ">=" in requirement or requirement.startswith("skquantum["), requirement

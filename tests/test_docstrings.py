"""Public names are documented: numpydoc sections, every parameter, an example."""

import importlib
import inspect
import re
from pathlib import Path

import pytest
from numpydoc.docscrape import FunctionDoc, NumpyDocString

PUBLIC_MODULES = [
    "skquantum",
    "skquantum.ansatze",
    "skquantum.combinatorial",
    "skquantum.datasets",
    "skquantum.diagnostics",
    "skquantum.engines",
    "skquantum.exceptions",
    "skquantum.feature_maps",
    "skquantum.kernels",
    "skquantum.linear_systems",
    "skquantum.metrics",
    "skquantum.optimizers",
    "skquantum.plotting",
    "skquantum.testing",
]


def public_objects():
    """Return the public classes and functions by their one import path."""
    found = {}
    for module_name in PUBLIC_MODULES:
        module = importlib.import_module(module_name)
        for name in module.__all__:
            thing = getattr(module, name)
            if callable(thing):
                assert thing not in found.values(), f"{name} has two import paths"
                found[f"{module_name}.{name}"] = thing
    return found


OBJECTS = public_objects()
CLASSES = {name: thing for name, thing in OBJECTS.items() if inspect.isclass(thing)}
CONCRETE = {
    name: thing
    for name, thing in CLASSES.items()
    if not inspect.isabstract(thing) and not issubclass(thing, Exception)
}


def documented_methods():
    for name, thing in CLASSES.items():
        for method_name, method in vars(thing).items():
            if not method_name.startswith("_") and inspect.isfunction(method):
                yield pytest.param(thing, method, id=f"{name}.{method_name}")


@pytest.mark.parametrize("name", OBJECTS)
def test_summary(name):
    assert inspect.getdoc(OBJECTS[name]).splitlines()[0].endswith(".")


@pytest.mark.parametrize("name", CONCRETE)
def test_class_documents_its_parameters_in_order_with_defaults(name):
    thing = CONCRETE[name]
    documented = NumpyDocString(inspect.getdoc(thing))["Parameters"]
    signature = inspect.signature(thing).parameters
    names = [part.strip() for entry in documented for part in entry.name.split(",")]
    assert names == list(signature)
    for entry in documented:
        default = signature[entry.name.split(",")[0]].default
        if default is not inspect.Parameter.empty:
            found = re.search(r"default=(\S+)$", entry.type)
            assert found, f"{entry.name} has no default in its docstring"
            written = found[1].strip('"')
            assert written in (str(default), "1e-3" if default == 1e-3 else str(default))


@pytest.mark.parametrize("name", CONCRETE)
def test_class_has_an_example(name):
    assert ">>>" in inspect.getdoc(CONCRETE[name])


@pytest.mark.parametrize(("owner", "method"), list(documented_methods()))
def test_method_documents_its_parameters(owner, method):
    own = {name for name in inspect.signature(method).parameters if name != "self"}
    doc = FunctionDoc(method)
    named = {part.strip() for entry in doc["Parameters"] for part in entry.name.split(",")}
    named = {name.lstrip("*") for name in named}
    if inspect.isabstract(owner) and not doc["Parameters"]:
        return  # a contract; the subclasses document it
    assert named == own


def test_every_public_name_stands_in_the_reference():
    reference = (Path(__file__).parents[1] / "docs" / "api.rst").read_text()
    for name, thing in OBJECTS.items():
        if name != "skquantum.exceptions":
            assert name.removeprefix("skquantum.") in reference, thing

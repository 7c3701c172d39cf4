"""The layers: imports run downwards, and each foreign library has its one home."""

import ast
from pathlib import Path

import pytest

import skquantum

ROOT = Path(skquantum.__file__).parent
MODULES = sorted(ROOT.rglob("*.py"))

# A part may import from the parts in the layers below its own.
LAYERS = [
    ["exceptions", "_config", "_lazy", "_moments", "_show_versions", "_validation", "_version"],
    ["_circuits", "metrics"],
    ["_components", "_runtime"],
    ["engines", "feature_maps", "optimizers"],
    ["ansatze", "combinatorial", "linear_systems", "mitigation"],
    ["variational"],
    ["kernels"],
    ["estimators"],
    ["datasets", "diagnostics", "testing"],
    ["plotting"],
]
# Where a library may be imported.
HOMES = {
    "qiskit_aer": ["engines"],
    "joblib": ["_circuits", "_runtime"],
    "tqdm": ["_runtime"],
    "psutil": ["_runtime"],
    "numba": ["engines"],
    "qiskit_machine_learning": ["kernels", "optimizers"],
    "matplotlib": ["plotting"],
}


def part_of(path):
    """Return the top-level part of the package that a file belongs to."""
    relative = path.relative_to(ROOT)
    return relative.parts[0].removesuffix(".py")


def module_of(path):
    """Return the dotted name of a file."""
    parts = path.relative_to(ROOT.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imported_names(path):
    """Return the dotted names of the modules that a file imports, as absolute imports."""
    names = []
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path} has a relative import"
            known = {f"{node.module}.{alias.name}" for alias in node.names} & NAMES
            names += known or [node.module]
    return names


NAMES = set(map(module_of, MODULES))
IMPORTS = {module_of(path): imported_names(path) for path in MODULES}


def layer_of(part):
    return next(number for number, layer in enumerate(LAYERS) if part in layer)


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_imports_run_downwards(path):
    part = part_of(path)
    if part == "__init__":
        return
    for name in imported_names(path):
        if name.startswith("skquantum."):
            target = name.split(".")[1]
            assert target == part or layer_of(target) < layer_of(part), name


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_what_is_private_to_a_folder_stays_there(path):
    for name in imported_names(path):
        first, *rest = name.split(".")
        if first == "skquantum" and len(rest) > 1 and rest[0] != part_of(path):
            assert not any(part.startswith("_") for part in rest[1:]), f"{path} imports {name}"


def test_no_import_goes_in_a_circle():
    done = set()

    def visit(name, above):
        assert name not in above, " -> ".join([*above[above.index(name) :], name])
        if name in done:
            return
        for imported in IMPORTS.get(name, ()):
            # a folder's own __init__ imports its modules, which do not import it
            visit(imported, [*above, name])
        done.add(name)

    for name in IMPORTS:
        visit(name, [])


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_foreign_libraries_have_one_home(path):
    for name in imported_names(path):
        homes = HOMES.get(name.split(".")[0])
        assert homes is None or part_of(path) in homes, f"{path} imports {name}"


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_private_scikit_learn_is_touched_in_one_place(path):
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom) and node.module.startswith("sklearn"):
            private = any(part.startswith("_") for part in node.module.split("."))
            private |= any(alias.name.startswith("_") for alias in node.names)
            assert not private or part_of(path) == "_validation", f"{path}: {node.module}"


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_init_files_only_import_and_list(path):
    if path.name != "__init__.py":
        assert path.name.startswith("_") or path.name == "exceptions.py"
        return
    for node in ast.parse(path.read_text()).body:
        docstring = isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
        assignment = isinstance(node, ast.Assign) and node.targets[0].id.startswith("__")
        assert isinstance(node, ast.ImportFrom) or docstring or assignment

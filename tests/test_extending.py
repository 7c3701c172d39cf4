"""What the page "Extending" shows: written with public names only, and as good as our own."""

import ast
import os
import pickle
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from brickwork_ansatz import BrickworkAnsatz
from gaussian_kernel import GaussianKernel
from numpy.testing import assert_allclose, assert_array_equal
from numpy_engine import NumpyEngine
from ring_feature_map import RingFeatureMap
from rprop import Rprop
from sklearn.base import clone
from sklearn.datasets import load_iris
from sklearn.gaussian_process import GaussianProcessRegressor
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MinMaxScaler

from skquantum import QSVC, VQC
from skquantum.engines import AerEngine, CompiledEngine
from skquantum.kernels import FidelityKernel
from skquantum.testing import (
    ANSATZ_CHECKS,
    ENGINE_CHECKS,
    FEATURE_MAP_CHECKS,
    KERNEL_CHECKS,
    OPTIMIZER_CHECKS,
)

each = pytest.mark.parametrize
FILES = sorted((Path(__file__).parents[1] / "docs" / "extending").glob("*.py"))

X, y = load_iris(return_X_y=True)
X = MinMaxScaler((-1, 1)).fit_transform(X)[40:130:2]
y = y[40:130:2]


@each("check", ENGINE_CHECKS)
def test_engine(check):
    check(NumpyEngine())


@each("engine", [NumpyEngine(), CompiledEngine(), AerEngine()], ids=str)
@each("check", KERNEL_CHECKS)
def test_kernel(check, engine):
    check(GaussianKernel("zz", engine=engine))


@each("n_features", [1, 2, 4])
@each("check", FEATURE_MAP_CHECKS)
def test_feature_map(check, n_features):
    check(RingFeatureMap(0.6), n_features=n_features)


@each("n_qubits", [1, 2, 5])
@each("check", ANSATZ_CHECKS)
def test_ansatz(check, n_qubits):
    check(BrickworkAnsatz(), n_qubits=n_qubits)


@each("check", OPTIMIZER_CHECKS)
def test_optimizer(check):
    check(Rprop())


@each("path", FILES, ids=lambda path: path.stem)
def test_public_names_only(path):
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom):
            names = [*node.module.split("."), *(alias.name for alias in node.names)]
            assert not any(name.startswith("_") for name in names), names


def test_the_engine_is_short():
    (path,) = (path for path in FILES if path.stem == "numpy_engine")
    classes = [node for node in ast.parse(path.read_text()).body if isinstance(node, ast.ClassDef)]
    assert sum(node.end_lineno - node.lineno + 1 for node in classes) <= 35


def test_kernel_of_one_qubit_has_its_closed_form():
    """RY(x): the Bloch vector is (sin x, 0, cos x), and |e - e'|² = 2 - 2 cos(x - x')."""
    points = np.linspace(-2, 2, 7)[:, None]
    wanted = np.exp(-0.8 * (2 - 2 * np.cos(points - points.T)))
    assert_allclose(GaussianKernel("angle", gamma=0.8)(points), wanted, atol=1e-14)


def test_everything_together():
    """A stranger's parts in our estimators: searched, in processes, pickled and cloned."""
    kernel = GaussianKernel(RingFeatureMap(), engine=NumpyEngine())
    model = make_pipeline(MinMaxScaler((-1, 1)), QSVC(kernel=kernel))
    grid = {
        "qsvc__kernel__gamma": [0.3, 1.0],
        "qsvc__kernel__feature_map__bandwidth": [0.5, 1.0],
    }
    scores = {}
    for n_jobs in (1, 2):
        search = GridSearchCV(model, grid, cv=3, n_jobs=n_jobs).fit(X, y)
        scores[n_jobs] = search.cv_results_["mean_test_score"]
    assert_array_equal(scores[1], scores[2])
    assert search.best_score_ > 0.9
    assert_array_equal(pickle.loads(pickle.dumps(search)).predict(X), search.predict(X))
    assert clone(search).get_params()["estimator__qsvc__kernel__gamma"] == 1.0


@pytest.mark.slow
def test_classes_of_a_notebook_reach_worker_processes(tmp_path):
    """Those that no module holds, for which ``__main__`` stands here."""
    script = tmp_path / "notebook.py"
    script.write_text(
        "\n".join(path.read_text() for path in FILES if path.stem in ("numpy_engine", "rprop"))
        + """
import numpy as np
from sklearn.model_selection import GridSearchCV
from skquantum import QSVC, VQC
from skquantum.kernels import FidelityKernel

if __name__ == "__main__":
    X = np.linspace(-1, 1, 12)[:, None]
    y = (X[:, 0] > 0).astype(int)
    engine = NumpyEngine()
    for model, grid in [
        (QSVC(kernel=FidelityKernel("angle", engine=engine)), {"C": [1.0, 5.0]}),
        (VQC("angle", engine=engine, optimizer=Rprop(), max_iter=2), {"max_iter": [1, 2]}),
        (QSVC(kernel="angle"), {"kernel__engine": [engine, "compiled"]}),
    ]:
        search = GridSearchCV(model, grid, cv=3, n_jobs=2, error_score="raise").fit(X, y)
        print(search.cv_results_["mean_test_score"].shape)
"""
    )
    found = subprocess.run(
        [sys.executable, "-W", "ignore", str(script)],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[1])},
    )
    assert found.returncode == 0, found.stderr
    assert found.stdout.split() == ["(2,)"] * 3


def test_variational_classifier_of_parts_from_outside():
    parts = {
        "feature_map": RingFeatureMap(),
        "ansatz": BrickworkAnsatz(),
        "optimizer": Rprop(),
        "engine": NumpyEngine(),
    }
    model = VQC(**parts, max_iter=8, random_state=0)
    model.set_params(optimizer__increase=1.3, ansatz__layers=1, feature_map__reps=1)
    rows, targets = X[::4], y[::4]
    model.fit(rows, targets)
    assert model.loss_curve_[-1] < 0.9 * model.loss_curve_[0]
    same = clone(model).set_params(engine="compiled").fit(rows, targets)
    assert_allclose(model.loss_curve_, same.loss_curve_, rtol=1e-7)
    assert_array_equal(pickle.loads(pickle.dumps(model)).predict(rows), model.predict(rows))


def test_nested_parameters_reach_through_names():
    kernel = GaussianKernel("zz").set_params(feature_map__reps=1, engine__precision="single")
    assert kernel.feature_map.reps == 1
    assert kernel.engine.precision == "single"
    model = QSVC(kernel=GaussianKernel()).set_params(kernel__feature_map__n_qubits=2)
    assert model.fit(X, y).kernel_.feature_map_.circuit_.num_qubits == 2


def test_kernels_in_scikit_learn_and_sums():
    both = GaussianKernel("angle") + FidelityKernel("zz")
    assert_allclose(both(X[:4]), GaussianKernel("angle")(X[:4]) + FidelityKernel("zz")(X[:4]))
    process = GaussianProcessRegressor(GaussianKernel("angle"), alpha=1e-6).fit(X[:10], X[:10, 0])
    assert_allclose(process.predict(X[:10]), X[:10, 0], atol=1e-2)

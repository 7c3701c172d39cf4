"""Kernel matrices in files: read where they are, by support vector machines and ridge models."""

import tracemalloc

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn import config_context
from sklearn.exceptions import ConvergenceWarning
from sklearn.kernel_ridge import KernelRidge
from sklearn.metrics.pairwise import rbf_kernel
from sklearn.model_selection import GridSearchCV
from sklearn.utils.estimator_checks import check_estimator

from skquantum import (
    QLSSVC,
    QSVC,
    QSVR,
    QNuSVC,
    QNuSVR,
    QOneClassSVM,
    QuantumKernelRidge,
    QuantumKernelRidgeClassifier,
)
from skquantum._runtime import _memory
from skquantum.exceptions import InsufficientMemoryError

each = pytest.mark.parametrize
N = 700
X = np.random.default_rng(0).normal(size=(N, 3))
K = rbf_kernel(X, gamma=0.1)
TARGET = np.sin(X[:, 0]) + 0.5
CLASSES = (X[:, 0] + X[:, 1] > 0).astype(int)
THREE = CLASSES + (X[:, 2] > 0.5)
WEIGHTS = np.random.default_rng(1).uniform(0.5, 2, N)
CG = {"solver": "cg", "tol": 1e-12}


@pytest.fixture
def in_file(tmp_path):
    written = np.memmap(tmp_path / "K", np.float64, "w+", shape=(N, N))
    written[:] = K
    written.flush()
    return np.memmap(tmp_path / "K", np.float64, "r", shape=(N, N))


def taken(function, *args):
    """Return the largest memory of arrays that a call makes."""
    tracemalloc.start()
    try:
        found = function(*args)
        return tracemalloc.get_traced_memory()[1], found
    finally:
        tracemalloc.stop()


MODELS = [
    (QSVC(kernel="precomputed"), CLASSES),
    (QSVC(kernel="precomputed"), THREE),
    (QNuSVC(kernel="precomputed", nu=0.2), CLASSES),
    (QSVR(kernel="precomputed"), TARGET),
    (QNuSVR(kernel="precomputed"), TARGET),
    (QOneClassSVM(kernel="precomputed"), None),
    (QuantumKernelRidge(kernel="precomputed", **CG), TARGET),
    (QuantumKernelRidge(kernel="precomputed", fit_intercept=True, **CG), TARGET),
    (QuantumKernelRidgeClassifier(kernel="precomputed", **CG), CLASSES),
    (QuantumKernelRidgeClassifier(kernel="precomputed", **CG), THREE),
    (QLSSVC(kernel="precomputed", **CG), THREE),
]


@each(("model", "y"), MODELS)
def test_a_matrix_in_a_file_is_not_copied(in_file, model, y):
    fitted, _ = taken(model.fit, in_file, y)
    assert fitted < K.nbytes / 4
    with config_context(working_memory=0.5):
        predicted, found = taken(model.predict, in_file)
        assert predicted < K.nbytes / 2
    in_memory = model.fit(K, y).predict(K)
    assert_allclose(found, in_memory, rtol=1e-10)


def test_the_matrix_that_ridge_keeps_is_the_file(in_file):
    model = QuantumKernelRidge(kernel="precomputed", **CG).fit(in_file, TARGET)
    assert np.shares_memory(model.X_fit_, in_file)


def test_searches_take_a_file(in_file):
    search = GridSearchCV(QSVC(kernel="precomputed"), {"C": [0.1, 10]}, cv=2)
    scores = search.fit(in_file, CLASSES).cv_results_["mean_test_score"]
    assert_array_equal(scores, search.fit(K, CLASSES).cv_results_["mean_test_score"])


# --- Conjugate gradients -----------------------------------------------------------------------


@each("weights", [None, WEIGHTS])
@each("y", [TARGET, np.c_[TARGET, CLASSES, X]], ids=["one", "five"])
@each("alpha", [0.1, 3.0])
def test_conjugate_gradients_find_the_solution_of_kernel_ridge(weights, y, alpha):
    theirs = KernelRidge(alpha=alpha, kernel="precomputed").fit(K, y, sample_weight=weights)
    ours = QuantumKernelRidge(alpha, kernel="precomputed", **CG).fit(K, y, sample_weight=weights)
    assert ours.dual_coef_.shape == theirs.dual_coef_.shape
    assert_allclose(ours.dual_coef_, theirs.dual_coef_, atol=1e-8)
    assert ours.resources_ is None


def test_a_penalty_for_each_target():
    y, alpha = np.c_[TARGET, X[:, 1]], [0.1, 2.0]
    theirs = KernelRidge(alpha=alpha, kernel="precomputed").fit(K, y)
    ours = QuantumKernelRidge(alpha, kernel="precomputed", **CG).fit(K, y)
    assert_allclose(ours.dual_coef_, theirs.dual_coef_, atol=1e-8)


@each("weights", [None, WEIGHTS, np.where(THREE == 1, 0.0, WEIGHTS)], ids=["none", "some", "zero"])
@each("multi_class", ["one_vs_one", "one_vs_rest"])
@each("cls", [QuantumKernelRidgeClassifier, QLSSVC])
def test_pairs_of_classes(cls, multi_class, weights):
    settings = {"kernel": "precomputed", "multi_class": multi_class}
    if cls is QLSSVC and weights is not None:
        settings["class_weight"] = {0: 1.0, 1: 2.0, 2: 0.5}
    ours, direct = (
        cls(**settings, **solver).fit(K, THREE, sample_weight=weights) for solver in (CG, {})
    )
    assert_allclose(ours.dual_coef_, direct.dual_coef_, atol=1e-8)
    assert_allclose(ours.intercept_, direct.intercept_, atol=1e-8)
    assert_array_equal(ours.predict(K), direct.predict(K))


def test_tol_bounds_the_residual():
    residuals = []
    for tol in (1e-2, 1e-4, 1e-8):
        model = QuantumKernelRidge(0.1, kernel="precomputed", solver="cg", tol=tol)
        a = model.fit(K, TARGET).dual_coef_
        residuals.append(np.linalg.norm(K @ a + 0.1 * a - TARGET) / np.linalg.norm(TARGET))
        assert residuals[-1] <= 1.01 * tol
    assert residuals[0] > 10 * residuals[1] > 100 * residuals[2]


def test_what_does_not_converge_is_said():
    low_rank = X @ X.T  # no combination of three columns is that target
    model = QuantumKernelRidge(0.0, kernel="precomputed", solver="cg")
    with pytest.warns(ConvergenceWarning, match=r"did not converge to tol=0\.0001 in 7000 it"):
        model.fit(low_rank, np.abs(TARGET))


def test_circuits_too():
    direct = QuantumKernelRidge(kernel="angle").fit(X[:50], TARGET[:50])
    ours = QuantumKernelRidge(kernel="angle", **CG).fit(X[:50], TARGET[:50])
    assert_allclose(ours.predict(X), direct.predict(X), atol=1e-8)


def test_solvers_that_copy_are_refused_where_the_copy_does_not_fit(in_file, monkeypatch):
    monkeypatch.setattr(_memory, "ALWAYS_FREE", 0)
    monkeypatch.setattr(_memory, "free_memory", lambda: (3 * K.nbytes // 2, ""))
    with pytest.raises(InsufficientMemoryError, match=r"700 x 700 entries needs .*solver='cg'"):
        QuantumKernelRidge(kernel="precomputed").fit(in_file, TARGET)
    with pytest.raises(InsufficientMemoryError, match=r"700 x 700 entries needs .*fewer rows"):
        QSVC(kernel="precomputed", probability=True, cache_size=1000).fit(in_file, CLASSES)
    QuantumKernelRidge(kernel="precomputed", **CG).fit(in_file, TARGET)


@pytest.mark.slow
@each("cls", [QuantumKernelRidge, QuantumKernelRidgeClassifier, QLSSVC])
def test_scikit_learns_checks(cls):
    check_estimator(cls(**CG))

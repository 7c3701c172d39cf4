"""Ridge models and the least-squares SVM by HHL, beside NumPy's solutions."""

import pickle

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.datasets import load_breast_cancer, load_iris
from sklearn.model_selection import cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.estimator_checks import check_estimator

from skquantum import QLSSVC, QuantumKernelRidge, QuantumKernelRidgeClassifier
from skquantum.feature_maps import AngleFeatureMap, ReuploadingFeatureMap
from skquantum.kernels import FidelityKernel

each = pytest.mark.parametrize
X, Y = load_iris(return_X_y=True)
KERNEL = FidelityKernel(AngleFeatureMap(bandwidth="scale"), engine="compiled")
# three qubits for any number of features
SMALL = FidelityKernel(ReuploadingFeatureMap(n_qubits=3, reps=1, bandwidth=0.5), engine="compiled")


def breast_cancer(n_rows=128):
    rows, y = load_breast_cancer(return_X_y=True)
    return StandardScaler().fit_transform(rows[:n_rows, :8]), 2.0 * y[:n_rows] - 1


def lssvm(K, y, C):
    n = len(K)
    A = np.ones((n + 1, n + 1))
    A[0, 0], A[1:, 1:] = 0, K + np.eye(n) / C
    b, *a = np.linalg.solve(A, np.append(0, y))
    return b, a


@pytest.mark.slow
def test_least_squares_svm_passes_scikit_learns_checks():
    check_estimator(QLSSVC())


@pytest.mark.filterwarnings("ignore:.*clock qubits resolve")
@each(
    "estimator",
    [
        pytest.param(c, marks=pytest.mark.slow)
        for c in (QuantumKernelRidge, QuantumKernelRidgeClassifier, QLSSVC)
    ],
)
def test_hhl_passes_scikit_learns_checks(estimator):
    """Repeated rows have other eigenvalues than weighted ones, which fall into other cells."""
    reason = "eigenvalues are rounded to cells"
    check_estimator(
        estimator(kernel=SMALL, solver="hhl"),
        expected_failed_checks={
            "check_sample_weight_equivalence_on_dense_data": reason,
            "check_sample_weight_equivalence_on_sparse_data": reason,
        },
    )


@each("C", [0.1, 1.0, 100.0])
def test_least_squares_svm_is_its_system(C):
    rows, y = breast_cancer()
    model = QLSSVC(C, kernel=KERNEL).fit(rows, y)
    K = KERNEL.fit(rows)(rows)
    b, a = lssvm(K, y, C)
    assert model.intercept_ == pytest.approx(b, abs=1e-10)
    np.testing.assert_allclose(model.dual_coef_, a, atol=1e-10)
    np.testing.assert_array_equal(model.predict(rows), np.where(K @ a + b > 0, 1, -1))
    assert model.resources_ is None


@each("clock_qubits", [8, 9, 10, 11, 12, "auto"])
def test_weights_of_breast_cancer(clock_qubits):
    rows, y = breast_cancer()
    exact = QuantumKernelRidge(kernel=KERNEL).fit(rows, y).dual_coef_
    model = QuantumKernelRidge(kernel=KERNEL, solver="hhl", clock_qubits=clock_qubits)
    model.fit(rows, y)
    assert model.resources_["condition_number"] == pytest.approx(46, abs=0.5)
    assert np.linalg.norm(model.dual_coef_ - exact) / np.linalg.norm(exact) < 0.08


@pytest.mark.filterwarnings("ignore:.*clock qubits resolve")
@each("estimator", [QuantumKernelRidge, QuantumKernelRidgeClassifier, QLSSVC])
def test_circuit_gives_what_the_closed_form_gives(estimator):
    rows, y = (part[-12:] for part in breast_cancer(32))
    models = [
        estimator(kernel=KERNEL, solver=solver, clock_qubits=5).fit(rows, y)
        for solver in ("hhl", "hhl-circuit")
    ]
    np.testing.assert_allclose(models[0].dual_coef_, models[1].dual_coef_, atol=1e-10)
    assert models[0].intercept_ == pytest.approx(models[1].intercept_, abs=1e-10)
    keys = {"n_qubits", "controlled_u", "cx", "success_probability", "condition_number", "shots"}
    assert models[0].resources_.keys() == keys


def test_hhl_with_several_targets_weights_and_classes():
    y = np.column_stack([X[:, 0], -X[:, 1]])
    weights = np.random.default_rng(0).integers(0, 3, len(X)).astype(float)
    for settings in ({"alpha": [1.0, 5.0]}, {"fit_intercept": True}):
        pair = [
            QuantumKernelRidge(kernel=KERNEL, solver=solver, clock_qubits=14, **settings)
            .fit(X, y, sample_weight=weights)
            .predict(X)
            for solver in ("cholesky", "hhl")
        ]
        assert np.abs(pair[0] - pair[1]).mean() < 0.3
    for estimator in (QLSSVC, QuantumKernelRidgeClassifier):
        model = estimator(kernel=KERNEL, solver="hhl").fit(X, Y, sample_weight=weights)
        assert model.score(X, Y) > 0.9
        assert model.dual_coef_.shape == (150, 3)


def test_least_squares_svm_in_pipelines():
    model = make_pipeline(StandardScaler(), QLSSVC(kernel=KERNEL, class_weight="balanced"))
    assert cross_val_score(clone(model), X, Y, cv=3).mean() > 0.9
    fitted = model.fit(X, Y)
    again = pickle.loads(pickle.dumps(fitted))
    np.testing.assert_array_equal(again.predict(X), fitted.predict(X))


@pytest.mark.slow
def test_least_squares_svm_in_workers():
    model = QLSSVC(kernel=KERNEL)
    assert cross_val_score(model, X, Y, cv=3, n_jobs=2).mean() > 0.9


def test_what_is_refused():
    with pytest.raises(ValueError, match="up to 16 unknowns, and there are 150"):
        QuantumKernelRidge(kernel=KERNEL, solver="hhl-circuit", clock_qubits=12).fit(X, Y)
    with pytest.raises(ValueError, match="'clock_qubits' parameter"):
        QLSSVC(solver="hhl", clock_qubits=0).fit(X, Y)

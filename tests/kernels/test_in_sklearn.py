"""Kernels inside scikit-learn's Gaussian processes, SVC and Nystroem, as its own kernels are."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from oracles import angle_kernel
from qiskit import QuantumCircuit
from qiskit.circuit import Parameter
from sklearn.base import clone
from sklearn.gaussian_process import GaussianProcessClassifier, GaussianProcessRegressor
from sklearn.gaussian_process.kernels import RBF, ConstantKernel, WhiteKernel
from sklearn.kernel_approximation import Nystroem
from sklearn.model_selection import StratifiedKFold, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.svm import SVC, LinearSVC

from skquantum import QSVC
from skquantum.feature_maps import AngleFeatureMap, ReuploadingFeatureMap
from skquantum.kernels import CallableKernel, FidelityKernel

rng = np.random.default_rng(3)
X, NEW = rng.uniform(-1, 1, (20, 2)), rng.uniform(-1, 1, (4, 2))
TARGET = np.sin(2 * X[:, 0]) + X[:, 1] ** 2
CLASSES = np.digitize(TARGET, [0.0, 0.7])
ANGLE = FidelityKernel("angle")
LEARNING = FidelityKernel(ReuploadingFeatureMap(n_qubits=2))  # its bandwidth from the data


def posterior(K, K_new, noise):
    return K_new @ np.linalg.solve(K + noise * np.eye(len(K)), TARGET)


# --- Arithmetic with scikit-learn's kernels ------------------------------------------------------

MIXED = {
    "theirs first": (
        lambda: ConstantKernel(0.5) * ANGLE + WhiteKernel(0.1),
        lambda A, B: 0.5 * angle_kernel(A, B),
        0.1,
    ),
    "ours first": (lambda: ANGLE + WhiteKernel(0.1), angle_kernel, 0.1),
    "ours first, a product": (
        lambda: ANGLE * ConstantKernel(0.5) + WhiteKernel(0.1),
        lambda A, B: 0.5 * angle_kernel(A, B),
        0.1,
    ),
    "both with features": (
        lambda: ANGLE * RBF(0.8) + WhiteKernel(0.1),
        lambda A, B: angle_kernel(A, B) * RBF(0.8)(A, B),
        0.1,
    ),
    "a sum of ours": (
        lambda: (2 * ANGLE + 1) + WhiteKernel(0.1),
        lambda A, B: 2 * angle_kernel(A, B) + 1,
        0.1,
    ),
    "a power": (lambda: ANGLE**2 + WhiteKernel(0.1), lambda A, B: angle_kernel(A, B) ** 2, 0.1),
}


each_mixed = pytest.mark.parametrize(("make", "expected", "noise"), MIXED.values(), ids=MIXED)


@each_mixed
def test_values_of_mixed_kernels(make, expected, noise):
    kernel = make()
    assert_allclose(kernel(X), expected(X, X) + noise * np.eye(len(X)), atol=1e-12)
    assert_allclose(kernel(NEW, X), expected(NEW, X), atol=1e-12)
    assert_allclose(kernel.diag(NEW), np.diag(expected(NEW, NEW)) + noise, atol=1e-12)


@each_mixed
def test_posterior_of_mixed_kernels(make, expected, noise):
    model = GaussianProcessRegressor(make(), alpha=0, optimizer=None).fit(X, TARGET)
    wanted = posterior(expected(X, X), expected(NEW, X), noise)
    assert_allclose(model.predict(NEW), wanted, atol=1e-9)
    _, spread = model.predict(NEW, return_std=True)
    assert (spread > 0).all()


@pytest.mark.filterwarnings("ignore:The optimal value found for dimension")
@each_mixed
def test_hyperparameters_of_scikit_learn_are_tuned_beside_a_quantum_kernel(make, expected, noise):
    kernel = make()
    before = model_evidence(kernel)
    model = GaussianProcessRegressor(kernel, alpha=0).fit(X, TARGET)
    assert model.log_marginal_likelihood_value_ > before
    assert len(model.kernel_.theta) == len(kernel.theta) > 0
    value, slope = model.log_marginal_likelihood(kernel.theta, eval_gradient=True)
    assert_allclose(value, before, rtol=1e-9)
    for k in range(len(slope)):  # against differences
        step = 1e-5 * np.eye(len(slope))[k]
        values = [model.log_marginal_likelihood(kernel.theta + sign * step) for sign in (1, -1)]
        assert_allclose(slope[k], (values[0] - values[1]) / 2e-5, rtol=1e-5, atol=1e-7)


def model_evidence(kernel):
    model = GaussianProcessRegressor(kernel, alpha=0, optimizer=None).fit(X, TARGET)
    return model.log_marginal_likelihood_value_


def test_the_gradient_of_a_quantum_kernel_has_no_columns():
    K, gradient = ANGLE(X, eval_gradient=True)
    assert_array_equal(K, ANGLE(X))
    assert gradient.shape == (len(X), len(X), 0)
    with pytest.raises(ValueError, match="Gradient can only be evaluated when Y is None"):
        ANGLE(X, NEW, eval_gradient=True)


def test_theta_is_empty_and_stays_so():
    kernel = clone(ANGLE)
    kernel.theta = np.empty(0)
    assert "theta" not in vars(kernel)
    assert kernel.clone_with_theta(np.empty(0)).theta.shape == (0,)
    with pytest.raises(ValueError, match="theta"):
        kernel.theta = np.ones(2)


def test_powers():
    squared = ANGLE**2
    assert_allclose(squared(NEW, X), angle_kernel(NEW, X) ** 2, atol=1e-12)
    assert_array_equal(squared(X), squared(X).T)
    assert_allclose((0.5 * ANGLE**3 + 1)(X), 0.5 * angle_kernel(X, X) ** 3 + 1, atol=1e-12)
    ours = QSVC(kernel=squared).fit(X, CLASSES)
    theirs = SVC(kernel=lambda A, B: angle_kernel(A, B) ** 2).fit(X, CLASSES)
    assert_allclose(ours.decision_function(NEW), theirs.decision_function(NEW), atol=1e-9)
    with pytest.raises(TypeError):
        ANGLE**ANGLE


# --- Equality --------------------------------------------------------------------------------


def circuit(gate="rx"):
    made = QuantumCircuit(1)
    getattr(made, gate)(Parameter("a"), 0)
    return made


EQUAL = {
    "names": ANGLE,
    "objects": FidelityKernel(AngleFeatureMap(reps=2), engine="compiled"),
    "a circuit": FidelityKernel(circuit()),
    "an array": FidelityKernel("angle", outcome_weights=[0.1, 0.9]),
    "an operator": 2 * ANGLE + FidelityKernel("zz"),
    "a function": CallableKernel(angle_kernel),
}


@pytest.mark.parametrize("kernel", EQUAL.values(), ids=EQUAL)
def test_a_kernel_equals_its_clone(kernel):
    assert kernel == clone(kernel)


def test_different_kernels_are_not_equal():
    kernels = [
        *EQUAL.values(),
        FidelityKernel("angle", n_jobs=2),
        FidelityKernel(AngleFeatureMap(reps=3), engine="compiled"),
        FidelityKernel(circuit("ry")),
        2 * FidelityKernel("zz") + ANGLE,
        CallableKernel(np.inner),
        RBF(),
        "angle",
        None,
    ]
    for i, one in enumerate(kernels):
        for other in kernels[:i]:
            assert one != other


# --- Kernels that scikit-learn clones ----------------------------------------------------------


def test_fitted_kernel_in_a_gaussian_process():
    kernel = clone(LEARNING).fit(X)
    model = GaussianProcessRegressor(kernel, alpha=0.1).fit(X, TARGET)
    assert_allclose(model.predict(NEW), posterior(kernel(X), kernel(NEW, X), 0.1), atol=1e-9)


@pytest.mark.parametrize("n_classes", [2, 3])
def test_fitted_kernel_in_gaussian_process_classification(n_classes):
    kernel = clone(LEARNING).fit(X)
    y = np.minimum(CLASSES, n_classes - 1)
    model = GaussianProcessClassifier(kernel).fit(X, y)
    same = GaussianProcessClassifier(CallableGP(kernel)).fit(X, y)
    assert_allclose(model.predict_proba(NEW), same.predict_proba(NEW), atol=1e-9)


class CallableGP(RBF):
    """Values of a fitted kernel, behind scikit-learn's class, with nothing to tune."""

    def __init__(self, fitted=None):
        super().__init__(length_scale_bounds="fixed")
        self.fitted = fitted

    def __call__(self, X, Y=None, eval_gradient=False):
        return self.fitted(X, Y)

    def __deepcopy__(self, memo):
        return CallableGP(self.fitted)

    def __sklearn_clone__(self):
        return CallableGP(self.fitted)


def test_fitted_kernel_in_cross_validation_of_svc():
    kernel = clone(LEARNING).fit(X)
    folds = StratifiedKFold(3)
    scores = cross_val_score(SVC(kernel=kernel), X, CLASSES, cv=folds, error_score="raise")
    expected = cross_val_score(SVC(kernel="precomputed"), kernel(X), CLASSES, cv=folds)
    assert_array_equal(scores, expected)


def test_fitted_kernel_in_nystroem_in_a_pipeline():
    kernel = clone(LEARNING).fit(X)
    nystroem = Nystroem(kernel, n_components=len(X), random_state=0)
    Z = clone(nystroem).fit_transform(X)
    assert_allclose(Z @ Z.T, kernel(X), atol=1e-6)
    pipeline = make_pipeline(nystroem.set_params(n_components=8), LinearSVC())
    assert cross_val_score(pipeline, X, CLASSES, cv=2, error_score="raise").mean() > 0.5

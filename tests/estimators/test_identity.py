"""Every estimator equals scikit-learn's on the closed form of its kernel matrix."""

import warnings
from itertools import combinations

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from oracles import angle_kernel
from qiskit_machine_learning.kernels import FidelityStatevectorKernel
from sklearn.calibration import CalibratedClassifierCV
from sklearn.kernel_ridge import KernelRidge
from sklearn.linear_model import Ridge, RidgeClassifier
from sklearn.metrics.pairwise import linear_kernel
from sklearn.svm import SVC, SVR, NuSVC, NuSVR, OneClassSVM
from sklearn.utils import compute_sample_weight
from sklearn.utils.multiclass import _ovr_decision_function

from skquantum import (
    QSVC,
    QSVR,
    QNuSVC,
    QNuSVR,
    QOneClassSVM,
    QuantumKernelRidge,
    QuantumKernelRidgeClassifier,
)
from skquantum.feature_maps import AngleFeatureMap
from skquantum.kernels import CallableKernel, FidelityKernel

N_TRAIN = 40
rng = np.random.default_rng(42)
X = rng.normal(size=(55, 3))
TRAIN, TEST = X[:N_TRAIN], X[N_TRAIN:]
NOISE = 0.3 * rng.normal(size=N_TRAIN)
TARGET = np.sin(2 * TRAIN[:, 0]) + TRAIN[:, 1] + NOISE
TARGETS = np.c_[TARGET, TRAIN[:, 2] ** 2, NOISE]
WEIGHT = rng.uniform(0.2, 3, size=N_TRAIN)
WITH_ZEROS = WEIGHT * (np.arange(N_TRAIN) % 4 > 0)

TWO, THREE = (np.digitize(TARGET, np.quantile(TARGET, q)) for q in ([0.6], [0.3, 0.6]))
LABELS = {
    "binary": TWO,
    "binary strings": np.array(["no", "yes"])[TWO],
    "booleans": TWO == 1,
    "floats": np.array([-1.0, 1.0])[TWO],
    "three": THREE,
    "three strings": np.array(["setosa", "virginica", "versicolor"], dtype=object)[THREE],
    "numbers out of order": np.array([7, -2, 3])[THREE],
}
INDICATORS = np.c_[TARGET > 0, TRAIN[:, 2] > 0.2, NOISE > 0].astype(int)


def half_and_half(X, Y):
    return 0.5 * angle_kernel(X, Y) + 0.5 * angle_kernel(X / 2, Y / 2)


def product(X, Y):
    return angle_kernel(X, Y) * angle_kernel(X / 2, Y / 2)


def shifted(X, Y):
    return angle_kernel(X, Y) + 1


ANGLE = FidelityKernel("angle")
HALF = FidelityKernel(AngleFeatureMap(bandwidth=0.5))
THEIRS = FidelityStatevectorKernel(feature_map=AngleFeatureMap().build(3))

# The kernel, and its closed form
KERNELS = {
    "precomputed": ("precomputed", angle_kernel),
    "name": ("angle", angle_kernel),
    "object": (ANGLE, angle_kernel),
    "function": (angle_kernel, angle_kernel),
    "qiskit-machine-learning": (THEIRS, angle_kernel),
    "sum": (0.5 * ANGLE + HALF * 0.5, half_and_half),
    "product": (ANGLE * HALF, product),
    "constant": (ANGLE + 1, shifted),
    "mixed sum": (ANGLE + CallableKernel(lambda X, Y: np.ones((len(X), len(Y)))), shifted),
}
each = pytest.mark.parametrize
each_kernel = each(("kernel", "closed_form"), KERNELS.values(), ids=KERNELS)
FORMS = ["precomputed", "name", "sum"]
each_form = each(("kernel", "closed_form"), [KERNELS[form] for form in FORMS], ids=FORMS)
each_weight = each("weight", [None, WEIGHT], ids=["unweighted", "weighted"])


def rows_and_matrices(kernel, closed_form):
    """Return what ours trains and predicts on, and the matrices that scikit-learn's does."""
    matrices = closed_form(TRAIN, TRAIN), closed_form(TEST, TRAIN)
    return (matrices if kernel == "precomputed" else (TRAIN, TEST)), matrices


def assert_same(ours, theirs, names, data, methods):
    """Discrete results and what came from the same matrix are equal, the rest to 1e-9."""
    exact = ours.kernel == "precomputed"
    rows, K = data

    def compare(actual, desired, what):
        actual, desired = np.asarray(actual), np.asarray(desired)
        assert actual.shape == desired.shape, what
        assert actual.dtype == desired.dtype, what
        if exact or desired.dtype.kind != "f":
            assert_array_equal(actual, desired, err_msg=what)
        else:
            assert_allclose(actual, desired, rtol=1e-9, atol=1e-9, err_msg=what)

    for name in names.split():
        compare(getattr(ours, name), getattr(theirs, name), name)
    for method in methods.split():
        compare(getattr(ours, method)(rows), getattr(theirs, method)(K), method)


SVM_ATTRIBUTES = "support_ n_support_ dual_coef_ intercept_ fit_status_ n_iter_"


@each(("kernel", "closed_form"), list(KERNELS.values())[1:], ids=list(KERNELS)[1:])
def test_kernel_matrix_is_the_closed_form(kernel, closed_form):
    model = QSVC(kernel=kernel).fit(TRAIN, TWO)
    assert_allclose(model.kernel_(TEST, TRAIN), closed_form(TEST, TRAIN), rtol=0, atol=1e-12)
    assert_allclose(model.kernel_(TRAIN), closed_form(TRAIN, TRAIN), rtol=0, atol=1e-12)


# --- QSVC ------------------------------------------------------------------------------------


def assert_same_svc(kernel, closed_form, y, weight=None, methods="predict decision_function", **kw):
    (train, test), (K, K_test) = rows_and_matrices(kernel, closed_form)
    ours = QSVC(kernel=kernel, **kw).fit(train, y, sample_weight=weight)
    theirs = SVC(kernel="precomputed", **kw).fit(K, y, sample_weight=weight)
    assert_same(ours, theirs, f"{SVM_ATTRIBUTES} classes_ class_weight_", (test, K_test), methods)
    return ours


@each_kernel
@each_weight
def test_svc(kernel, closed_form, weight):
    assert_same_svc(kernel, closed_form, LABELS["three strings"], weight, C=5.0)


@each("y", LABELS.values(), ids=LABELS)
@each("kernel", ["angle", "precomputed"])
def test_svc_with_labels(kernel, y):
    assert_same_svc(kernel, angle_kernel, y)


@each(
    "parameters",
    [
        {"C": 0.05},
        {"C": 100.0, "tol": 1e-6},
        {"decision_function_shape": "ovo"},
        {"break_ties": True},
        {"shrinking": False, "cache_size": 1},
        {"max_iter": 3},
        {"class_weight": "balanced"},
        {"class_weight": {7: 10.0, -2: 0.5}},
    ],
    ids=str,
)
@each("kernel", ["angle", "precomputed"])
@each_weight
@pytest.mark.filterwarnings("ignore:Solver terminated early")
def test_svc_with_parameters(kernel, parameters, weight):
    assert_same_svc(kernel, angle_kernel, LABELS["numbers out of order"], weight, **parameters)


def test_svc_describes_its_fit_by_rows_where_svc_does_by_matrix():
    model = assert_same_svc("angle", angle_kernel, THREE)
    assert model.shape_fit_ == TRAIN.shape
    assert_array_equal(model.support_vectors_, TRAIN[model.support_])
    of_matrix = assert_same_svc("precomputed", angle_kernel, THREE)
    assert of_matrix.shape_fit_ == (N_TRAIN, N_TRAIN)
    assert of_matrix.support_vectors_.size == 0


@each("y", [LABELS["binary strings"], THREE], ids=["two", "three"])
@each("class_weight", [None, "balanced"])
@each_form
@each_weight
def test_svc_probabilities_are_calibrated_decisions(kernel, closed_form, y, class_weight, weight):
    (train, test), (K, K_test) = rows_and_matrices(kernel, closed_form)
    ours = QSVC(kernel=kernel, probability=True, class_weight=class_weight)
    ours.fit(train, y, sample_weight=weight)
    svc = SVC(kernel="precomputed", class_weight=class_weight)
    theirs = CalibratedClassifierCV(svc, ensemble=False).fit(K, y, sample_weight=weight)
    expected = theirs.predict_proba(K_test)
    # the sigmoid is fitted by an iteration of its own, which stops within a tolerance
    assert_allclose(ours.predict_proba(test), expected, rtol=0, atol=1e-6)
    assert_allclose(ours.predict_log_proba(test), np.log(expected), rtol=1e-4)
    assert_array_equal(ours.classes_, theirs.classes_)
    if kernel == "precomputed":
        assert_array_equal(ours.predict_proba(test), expected)


def test_svc_probabilities_leave_the_decisions_alone():
    plain = QSVC(kernel="angle").fit(TRAIN, THREE)
    assert not hasattr(plain, "predict_proba")
    calibrated = QSVC(kernel="angle", probability=True).fit(TRAIN, THREE)
    assert_array_equal(calibrated.decision_function(TEST), plain.decision_function(TEST))


# --- QSVR and QOneClassSVM -------------------------------------------------------------------


def fitted_regressors(kernel, closed_form, weight, **parameters):
    (train, test), (K, K_test) = rows_and_matrices(kernel, closed_form)
    ours = QSVR(kernel=kernel, **parameters).fit(train, TARGET, sample_weight=weight)
    theirs = SVR(kernel="precomputed", **parameters).fit(K, TARGET, sample_weight=weight)
    return ours, theirs, (test, K_test)


@each_kernel
@each_weight
def test_svr(kernel, closed_form, weight):
    ours, theirs, data = fitted_regressors(kernel, closed_form, weight)
    assert_same(ours, theirs, SVM_ATTRIBUTES, data, "predict")


@each(
    "parameters",
    [{"C": 0.1}, {"C": 20.0, "epsilon": 0.0}, {"epsilon": 0.5}, {"tol": 1e-8, "shrinking": False}],
    ids=str,
)
@each("kernel", ["angle", "precomputed"])
def test_svr_with_parameters(kernel, parameters):
    ours, theirs, data = fitted_regressors(kernel, angle_kernel, WEIGHT, **parameters)
    assert_same(ours, theirs, SVM_ATTRIBUTES, data, "predict")


@each_form
@each_weight
@each("labels", ["binary strings", "three"])
def test_nu_svc(kernel, closed_form, weight, labels):
    (train, test), (K, K_test) = rows_and_matrices(kernel, closed_form)
    settings = {"nu": 0.3, "probability": True, "class_weight": "balanced", "random_state": 0}
    ours = QNuSVC(kernel=kernel, **settings).fit(train, LABELS[labels], sample_weight=weight)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)  # of scikit-learn's own probability
        theirs = NuSVC(kernel="precomputed", **settings)
        theirs.fit(K, LABELS[labels], sample_weight=weight)
    names = f"{SVM_ATTRIBUTES} classes_ class_weight_"
    assert_same(ours, theirs, names, (test, K_test), "predict decision_function")
    calibrated = CalibratedClassifierCV(
        NuSVC(kernel="precomputed", nu=0.3, class_weight="balanced", random_state=0),
        ensemble=False,
    ).fit(K, LABELS[labels], sample_weight=weight)
    assert_same(ours, calibrated, "classes_", (test, K_test), "predict_proba")


@each("nu", [0.2, 0.6])
def test_nu_bounds_errors_and_support_vectors(nu):
    model = QNuSVC(kernel="angle", nu=nu).fit(TRAIN, TWO)
    outside = np.where(TWO == 1, 1, -1) * model.decision_function(TRAIN) < 0
    assert outside.mean() <= nu <= model.n_support_.sum() / N_TRAIN


@each_form
@each_weight
@each("parameters", [{}, {"nu": 0.2, "C": 10.0}], ids=str)
def test_nu_svr(kernel, closed_form, weight, parameters):
    (train, test), (K, K_test) = rows_and_matrices(kernel, closed_form)
    ours = QNuSVR(kernel=kernel, **parameters).fit(train, TARGET, sample_weight=weight)
    theirs = NuSVR(kernel="precomputed", **parameters).fit(K, TARGET, sample_weight=weight)
    assert_same(ours, theirs, SVM_ATTRIBUTES, (test, K_test), "predict")


@each_kernel
@each_weight
@each("nu", [0.1, 0.5])
def test_one_class_svm(kernel, closed_form, weight, nu):
    (train, test), (K, K_test) = rows_and_matrices(kernel, closed_form)
    ours = QOneClassSVM(kernel=kernel, nu=nu).fit(train, sample_weight=weight)
    theirs = OneClassSVM(kernel="precomputed", nu=nu).fit(K, sample_weight=weight)
    methods = "predict decision_function score_samples"
    assert_same(ours, theirs, f"{SVM_ATTRIBUTES} offset_", (test, K_test), methods)
    assert_allclose(ours.score_samples(test) - ours.offset_, ours.decision_function(test))


@each_kernel
def test_one_class_svm_fit_predict(kernel, closed_form):
    (train, _), (K, _) = rows_and_matrices(kernel, closed_form)
    expected = OneClassSVM(kernel="precomputed", nu=0.2).fit_predict(K)
    assert_array_equal(QOneClassSVM(kernel=kernel, nu=0.2).fit_predict(train), expected)
    assert set(expected) == {-1, 1}


# --- Weights that are zero -------------------------------------------------------------------


@each(
    ("ours", "theirs", "y", "method"),
    [
        (QSVC, SVC, TWO, "decision_function"),
        (QSVC, SVC, THREE, "decision_function"),
        (QSVR, SVR, TARGET, "predict"),
        (QNuSVC, NuSVC, TWO, "decision_function"),
        (QNuSVR, NuSVR, TARGET, "predict"),
        (QOneClassSVM, OneClassSVM, None, "decision_function"),
    ],
)
@each("kernel", ["angle", "precomputed"])
def test_rows_without_weight_count_for_nothing(kernel, ours, theirs, y, method):
    """libsvm drops such rows, and then counts `support_` in what is left.

    scikit-learn takes these numbers for rows of the whole matrix, so its own classes are no oracle
    here (scikit-learn/scikit-learn#27763); on what is left they are.
    """
    (train, test), (K, K_test) = rows_and_matrices(kernel, angle_kernel)
    kept = np.flatnonzero(WITH_ZEROS)
    y_kept = None if y is None else y[kept]
    svm = theirs(kernel="precomputed", tol=1e-10)
    svm.fit(K[np.ix_(kept, kept)], y_kept, sample_weight=WITH_ZEROS[kept])
    model = ours(kernel=kernel, tol=1e-10).fit(train, y, sample_weight=WITH_ZEROS)
    expected = getattr(svm, method)(K_test[:, kept])
    assert_allclose(getattr(model, method)(test), expected, rtol=1e-9, atol=1e-9)
    assert_array_equal(model.support_, kept[svm.support_])
    assert_array_equal(model.n_support_, svm.n_support_)
    if kernel == "angle":
        assert_array_equal(model.support_vectors_, TRAIN[model.support_])


def test_probabilities_with_rows_without_weight_are_those_without_the_rows():
    """Up to the folds of the calibration, which the dropped rows shift."""
    kept = np.flatnonzero(WITH_ZEROS)
    model = QSVC(kernel="angle", probability=True).fit(TRAIN, TWO, sample_weight=WITH_ZEROS)
    other = QSVC(kernel="angle", probability=True)
    other.fit(TRAIN[kept], TWO[kept], sample_weight=WITH_ZEROS[kept])
    assert_allclose(model.predict_proba(TEST), other.predict_proba(TEST), atol=0.05)


# --- Ridge -----------------------------------------------------------------------------------


@each_form
@each(
    ("y", "alpha"),
    [(TARGET, 0.01), (TARGETS, 1), (TARGETS, [0.1, 1.0, 10.0])],
    ids=["one", "three", "three, alpha each"],
)
@each("weight", [None, WEIGHT, WITH_ZEROS, 2.5], ids="none rows zeros number".split())
def test_kernel_ridge_with_parameters(kernel, closed_form, y, alpha, weight):
    assert_same_ridge(kernel, closed_form, y, alpha, weight)


@each_kernel
@each_weight
def test_kernel_ridge(kernel, closed_form, weight):
    assert_same_ridge(kernel, closed_form, TARGET, 1, weight)


def assert_same_ridge(kernel, closed_form, y, alpha, weight):
    (train, test), (K, K_test) = rows_and_matrices(kernel, closed_form)
    ours = QuantumKernelRidge(alpha, kernel=kernel).fit(train, y, sample_weight=weight)
    theirs = KernelRidge(alpha=alpha, kernel="precomputed").fit(K, y, sample_weight=weight)
    assert_same(ours, theirs, "dual_coef_", (test, K_test), "")
    assert_allclose(ours.predict(test), theirs.predict(K_test), rtol=1e-9, atol=1e-9)
    assert_array_equal(ours.X_fit_, train)


def test_kernel_ridge_solves_the_weighted_normal_equations():
    """Without any of scikit-learn: ``(W K + alpha) c = W y``."""
    K = angle_kernel(TRAIN, TRAIN)
    W = np.diag(WEIGHT)
    dual = np.linalg.solve(W @ K + 0.1 * np.eye(N_TRAIN), W @ TARGETS)
    model = QuantumKernelRidge(0.1, kernel="angle").fit(TRAIN, TARGETS, sample_weight=WEIGHT)
    assert_allclose(model.predict(TEST), angle_kernel(TEST, TRAIN) @ dual, rtol=1e-9, atol=1e-9)


@each("weight", [2, 2.0, np.float32(2)], ids=lambda w: type(w).__name__)
def test_one_weight_for_all_rows(weight):
    model = QuantumKernelRidge(kernel="angle").fit(TRAIN, TARGET, sample_weight=weight)
    other = QuantumKernelRidge(0.5, kernel="angle").fit(TRAIN, TARGET)
    assert_allclose(model.predict(TEST), other.predict(TEST), rtol=1e-9)


def one_hot(y):
    """Targets of -1 and 1: a column per class, or a single one for two classes."""
    classes = np.unique(y)
    targets = np.where(y[:, None] == classes, 1.0, -1.0)
    return classes, targets if len(classes) > 2 else targets[:, 1]


@each("y", LABELS.values(), ids=LABELS)
@each("kernel", ["angle", "precomputed"])
@each("class_weight", [None, "balanced"])
@each_weight
def test_ridge_classifier_is_kernel_ridge_on_one_hot_labels(kernel, y, class_weight, weight):
    (train, test), (K, K_test) = rows_and_matrices(kernel, angle_kernel)
    classes, targets = one_hot(y)
    weights = compute_sample_weight(class_weight, y) * (1 if weight is None else weight)
    plain = class_weight is None and weight is None
    theirs = KernelRidge(alpha=0.3, kernel="precomputed")
    theirs.fit(K, targets, sample_weight=None if plain else weights)
    ours = QuantumKernelRidgeClassifier(
        alpha=0.3,
        fit_intercept=False,
        kernel=kernel,
        class_weight=class_weight,
        multi_class="one_vs_rest",
    )
    ours.fit(train, y, sample_weight=weight)
    assert_same(ours, theirs, "dual_coef_", (test, K_test), "")
    decision = theirs.predict(K_test)
    assert_allclose(ours.decision_function(test), decision, rtol=1e-9, atol=1e-9)
    winner = decision.argmax(axis=1) if decision.ndim == 2 else (decision > 0).astype(int)
    assert_array_equal(ours.predict(test), classes[winner])
    assert_array_equal(ours.classes_, classes)


def coordinates(closed_form):
    """Rows whose scalar products are the kernel of all rows."""
    values, vectors = np.linalg.eigh(closed_form(X, X))
    return vectors * np.sqrt(np.clip(values, 0, None))


@each_form
@each(
    ("y", "class_weight"),
    [
        (TWO, None),
        (TWO, {0: 5.0}),
        (LABELS["three strings"], None),
        (LABELS["three strings"], "balanced"),
        (LABELS["three strings"], {"setosa": 3.0, "virginica": 0.1}),
        (INDICATORS, None),
        (INDICATORS, "balanced"),
    ],
    ids="two|two, dict|three|three, balanced|three, dict|labels|labels, balanced".split("|"),
)
@each_weight
@each("fit_intercept", [True, False])
def test_ridge_classifier_is_its_linear_counterpart(
    kernel, closed_form, y, class_weight, weight, fit_intercept
):
    """RidgeClassifier sees rows whose scalar products are the kernel."""
    (train, test), _ = rows_and_matrices(kernel, closed_form)
    Z = coordinates(closed_form)
    settings = {"alpha": 0.5, "fit_intercept": fit_intercept, "class_weight": class_weight}
    linear = RidgeClassifier(**settings).fit(Z[:N_TRAIN], y, sample_weight=weight)
    model = QuantumKernelRidgeClassifier(kernel=kernel, multi_class="one_vs_rest", **settings)
    model.fit(train, y, sample_weight=weight)
    assert_allclose(model.intercept_, np.ravel(linear.intercept_).squeeze(), atol=1e-6)
    decision = linear.decision_function(Z[N_TRAIN:])
    assert_allclose(model.decision_function(test), decision, atol=1e-6)
    predicted = linear.predict(Z[N_TRAIN:])
    assert_array_equal(model.predict(test), predicted)
    assert model.predict(test).shape == predicted.shape
    assert model.predict(test).dtype == predicted.dtype
    assert_array_equal(model.classes_, linear.classes_)


@each_form
@each("y", [TWO, LABELS["three strings"], LABELS["numbers out of order"]], ids=["2", "3", "n"])
@each("class_weight", [None, "balanced"])
@each_weight
@each("fit_intercept", [True, False])
def test_pairs_of_classes_are_ridge_classifiers_that_vote(
    kernel, closed_form, y, class_weight, weight, fit_intercept
):
    """OneVsOneClassifier fits RidgeClassifier on rows whose scalar products are the kernel."""
    (train, test), _ = rows_and_matrices(kernel, closed_form)
    Z = coordinates(closed_form)
    model = QuantumKernelRidgeClassifier(
        alpha=0.5, fit_intercept=fit_intercept, kernel=kernel, class_weight=class_weight
    ).fit(train, y, sample_weight=weight)
    total = compute_sample_weight(class_weight, y) * (1 if weight is None else weight)
    classes = np.unique(y)
    decisions = []
    for first, second in combinations(classes, 2):
        both = np.isin(y, [first, second])
        linear = RidgeClassifier(alpha=0.5, fit_intercept=fit_intercept)
        linear.fit(Z[:N_TRAIN][both], y[both], sample_weight=total[both])
        decisions.append(linear.decision_function(Z[N_TRAIN:]))
    if len(classes) == 2:
        assert_allclose(model.decision_function(test), decisions[0], atol=1e-6)
        return
    decisions = np.transpose(decisions)
    counted = model.decision_function(test)
    assert_allclose(counted, _ovr_decision_function(decisions > 0, decisions, 3), atol=1e-6)
    assert_array_equal(model.predict(test), classes[counted.argmax(axis=1)])
    assert model.dual_coef_.shape == (N_TRAIN, 3)


def test_a_class_between_two_others_is_found():
    rows = np.linspace(-1, 1, 90)[:, None]
    y = np.repeat([0, 1, 2], 30)
    scores = {
        multi_class: QuantumKernelRidgeClassifier(
            kernel=linear_kernel, multi_class=multi_class, alpha=1e-3
        )
        .fit(rows, y)
        .score(rows, y)
        for multi_class in ("one_vs_one", "one_vs_rest")
    }
    assert scores["one_vs_one"] > 0.98
    assert scores["one_vs_rest"] < 0.7


def test_pairs_of_classes_without_weight_decide_nothing():
    y = LABELS["numbers out of order"]
    weight = (y == 7) * 1.0
    model = QuantumKernelRidgeClassifier(kernel="angle").fit(TRAIN, y, sample_weight=weight)
    assert_array_equal(model.predict(TEST), 7)


def test_changed_multi_class_takes_effect_in_the_next_fit():
    model = QuantumKernelRidgeClassifier(kernel="angle").fit(TRAIN, THREE)
    before = model.decision_function(TEST)
    assert_array_equal(model.set_params(multi_class="one_vs_rest").decision_function(TEST), before)


def test_ridge_classifier_defaults_are_those_of_its_linear_counterpart():
    ours, theirs = QuantumKernelRidgeClassifier().get_params(), RidgeClassifier().get_params()
    for name in ("alpha", "fit_intercept", "class_weight"):
        assert ours[name] == theirs[name]


# The weights are those of a linear ridge regression, whose intercept is not penalised.


@each_form
@each(
    ("y", "alpha"),
    [
        (TARGET, 0.5),
        (TARGETS[:, :1], 0.5),
        (TARGETS, 0.5),
        (TARGETS, [0.01, 0.5, 20.0]),
        (TARGETS, [0.5]),
        (1e6 + TARGETS, 0.5),
    ],
    ids=["one", "one column", "three", "three alphas", "one alpha in a list", "far from 0"],
)
@each("weight", [None, WEIGHT, WITH_ZEROS, 3.0], ids=["none", "weights", "with zeros", "number"])
def test_kernel_ridge_with_intercept_is_linear_ridge(kernel, closed_form, y, alpha, weight):
    (train, test), _ = rows_and_matrices(kernel, closed_form)
    Z = coordinates(closed_form)
    # Ridge takes no lists before scikit-learn 1.8
    theirs = float(alpha) if np.isscalar(alpha) else np.asarray(alpha, dtype=float)
    linear = Ridge(alpha=theirs, solver="cholesky").fit(Z[:N_TRAIN], y, sample_weight=weight)
    model = QuantumKernelRidge(alpha, kernel=kernel, fit_intercept=True)
    model.fit(train, y, sample_weight=weight)
    assert_allclose(model.intercept_, linear.intercept_, rtol=1e-12, atol=1e-6)
    assert model.predict(test).shape == (len(TEST), *y.shape[1:])
    predicted = linear.predict(Z[N_TRAIN:]).reshape(len(TEST), *y.shape[1:])
    assert_allclose(model.predict(test), predicted, rtol=1e-12, atol=1e-6)
    assert model.dual_coef_.shape == (N_TRAIN, *y.shape[1:])
    assert_allclose(model.dual_coef_.sum(axis=0), 0, atol=1e-8)


def test_intercept_is_that_of_a_linear_kernel():
    """On the linear kernel of explicit rows, against Ridge on these rows."""
    y = 50 + TARGETS
    linear = Ridge(alpha=0.7).fit(TRAIN, y, sample_weight=WEIGHT)
    model = QuantumKernelRidge(0.7, kernel=linear_kernel, fit_intercept=True)
    model.fit(TRAIN, y, sample_weight=WEIGHT)
    assert_allclose(model.predict(TEST), linear.predict(TEST), rtol=1e-10)
    assert_allclose(model.intercept_, linear.intercept_, rtol=1e-10)


@each_weight
def test_intercept_solves_the_bordered_equations(weight):
    """Without any of scikit-learn: the gradients by the weights and by the intercept are zero."""
    K = angle_kernel(TRAIN, TRAIN)
    W = np.diag(np.ones(N_TRAIN) if weight is None else weight)
    model = QuantumKernelRidge(0.1, kernel="angle", fit_intercept=True)
    model.fit(TRAIN, TARGETS, sample_weight=weight)
    residuals = TARGETS - K @ model.dual_coef_ - model.intercept_
    assert_allclose(W @ residuals, 0.1 * model.dual_coef_, atol=1e-10)
    assert_allclose((W @ residuals).sum(axis=0), 0, atol=1e-10)


def test_shifted_targets_shift_the_predictions():
    for kernel in ["angle", None]:
        model = QuantumKernelRidge(kernel=kernel, fit_intercept=True)
        near, far = (model.fit(TRAIN, TARGET + c).predict(TEST) for c in (0.0, 1e9))
        assert_allclose(far - 1e9, near, atol=1e-5)


def test_intercept_is_zero_without_one():
    for y in (TARGET, TARGETS):
        assert QuantumKernelRidge(kernel="angle").fit(TRAIN, y).intercept_ == 0.0
    model = QuantumKernelRidge(kernel="angle", fit_intercept=True).fit(TRAIN, TARGET)
    assert isinstance(model.intercept_, float)
    constant = model.fit(TRAIN, np.full(N_TRAIN, 7.0))
    assert_allclose(constant.predict(TEST), 7.0, rtol=1e-12)


def test_intercept_needs_a_row_that_counts():
    # scikit-learn's own words since 1.8
    message = "sample_weight is 0 for every row|at least one non-zero number"
    with pytest.raises(ValueError, match=message):
        QuantumKernelRidge(fit_intercept=True).fit(TRAIN, TARGET, sample_weight=np.zeros(N_TRAIN))


@each("rows", [slice(None), slice(0, 1)], ids=["rows", "one row"])
def test_multilabel_predictions_are_indicators(rows):
    model = QuantumKernelRidgeClassifier(kernel="angle").fit(TRAIN, INDICATORS)
    predicted = model.predict(TEST[rows])
    assert predicted.shape == (len(TEST[rows]), 3)
    assert_array_equal(predicted, model.decision_function(TEST[rows]) > 0)
    assert 0 < model.score(TRAIN, INDICATORS) <= 1

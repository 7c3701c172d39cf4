"""Where a scikit-learn estimator stood, ours can stand."""

import copy
import io
import pickle

import joblib
import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from oracles import angle_kernel
from sklearn import config_context
from sklearn.base import clone, is_classifier, is_outlier_detector, is_regressor
from sklearn.calibration import CalibratedClassifierCV
from sklearn.compose import TransformedTargetRegressor
from sklearn.ensemble import (
    BaggingClassifier,
    BaggingRegressor,
    StackingClassifier,
    VotingClassifier,
    VotingRegressor,
)
from sklearn.exceptions import NotFittedError
from sklearn.inspection import permutation_importance
from sklearn.kernel_approximation import Nystroem
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import get_scorer
from sklearn.model_selection import (
    GridSearchCV,
    RandomizedSearchCV,
    StratifiedKFold,
    cross_val_predict,
    cross_val_score,
    cross_validate,
    learning_curve,
)
from sklearn.multiclass import OneVsRestClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC, LinearSVC
from sklearn.utils import estimator_html_repr

from skquantum import QSVC, QSVR, QOneClassSVM, QuantumKernelRidge, QuantumKernelRidgeClassifier
from skquantum.engines import AerEngine, Engine
from skquantum.feature_maps import AngleFeatureMap, ReuploadingFeatureMap, ZZFeatureMap
from skquantum.kernels import CallableKernel, FidelityKernel

rng = np.random.default_rng(7)
X = rng.normal(size=(45, 3))
X_NEW = rng.normal(size=(8, 3))
SIGNAL = X[:, 0] + np.sin(2 * X[:, 1])
Y = {
    "classifier": np.digitize(SIGNAL, np.quantile(SIGNAL, [0.3, 0.6])),
    "regressor": SIGNAL,
    "outlier_detector": None,
}
NAMES = np.array(["low", "middle", "high"])
BINARY = (SIGNAL > 0.2).astype(int)

KIND = {
    QSVC: "classifier",
    QuantumKernelRidgeClassifier: "classifier",
    QSVR: "regressor",
    QuantumKernelRidge: "regressor",
    QOneClassSVM: "outlier_detector",
}
ESTIMATORS = list(KIND)
CLASSIFIERS, REGRESSORS = ESTIMATORS[:2], ESTIMATORS[2:4]
SVMS = [QSVC, QSVR, QOneClassSVM]
LEARNED = FidelityKernel(ReuploadingFeatureMap())  # learns its bandwidth from data

each = pytest.mark.parametrize


def name(value):
    return getattr(value, "__name__", str(value))


each_estimator = each("cls", ESTIMATORS, ids=name)


def fitted(cls, rows=slice(None), kernel="angle", **parameters):
    y = Y[KIND[cls]]
    return cls(kernel=kernel, **parameters).fit(X[rows], y if y is None else y[rows])


def outputs(model, rows=X_NEW):
    methods = "predict decision_function score_samples predict_proba".split()
    return [getattr(model, method)(rows) for method in methods if hasattr(model, method)]


def assert_same_outputs(model, other):
    for a, b in zip(outputs(model), outputs(other), strict=True):
        assert_array_equal(a, b)


def state_of(estimator):
    """Everything that is in an estimator, as bytes."""
    return pickle.dumps(estimator)


@pytest.fixture
def simulated(monkeypatch):
    """Rows per call of the engine."""
    calls = []
    states = Engine.states

    def counting(self, circuit, values, **options):
        calls.append(len(values))
        return states(self, circuit, values, **options)

    monkeypatch.setattr(Engine, "states", counting)
    return calls


@pytest.fixture
def compared(monkeypatch):
    """Shape of every kernel matrix."""
    shapes = []
    gram = FidelityKernel.gram

    def recording(self, A, B=None):
        K = gram(self, A, B)
        shapes.append(K.shape)
        return K

    monkeypatch.setattr(FidelityKernel, "gram", recording)
    return shapes


# --- Copies ----------------------------------------------------------------------------------


def through_joblib(model):
    buffer = io.BytesIO()
    joblib.dump(model, buffer)
    buffer.seek(0)
    return joblib.load(buffer)


COPIES = {
    "pickle": lambda model: pickle.loads(pickle.dumps(model)),
    "joblib": through_joblib,
    "deepcopy": copy.deepcopy,
    "copy": copy.copy,
}
COMPONENTS = {
    "default": None,
    "name": "zz",
    "object": FidelityKernel(AngleFeatureMap(reps=2), engine=AerEngine(precision="single")),
    "circuit": FidelityKernel(ZZFeatureMap().build(3)),
    "sum": 2 * FidelityKernel("angle") + LEARNED,
    "function": CallableKernel(angle_kernel),
}
each_component = each("kernel", COMPONENTS.values(), ids=COMPONENTS)


@each("kernel", [None, COMPONENTS["object"], COMPONENTS["sum"]], ids=["default", "object", "sum"])
@each("make_copy", COPIES.values(), ids=COPIES)
@each_estimator
def test_copies_of_fitted_estimators_give_the_same_bits(cls, make_copy, kernel):
    model = fitted(cls, slice(25), kernel=kernel, **PROBABILISTIC[cls])
    assert_same_outputs(make_copy(model), model)


@each_component
@each("make_copy", [*COPIES.values(), clone], ids=[*COPIES, "clone"])
def test_copies_of_unfitted_estimators_fit_alike(make_copy, kernel):
    model = QSVC(kernel=kernel, C=3.0)
    other = make_copy(model)
    assert other is not model
    assert repr(other).partition("0x")[0] == repr(model).partition("0x")[0]
    assert_same_outputs(other.fit(X, Y["classifier"]), model.fit(X, Y["classifier"]))


@each_estimator
def test_clone_copies_components_and_forgets_the_fit(cls):
    kernel = FidelityKernel(AngleFeatureMap())
    copied = clone(fitted(cls, kernel=kernel))
    assert copied.kernel is not kernel
    assert copied.kernel.feature_map is not kernel.feature_map
    with pytest.raises(NotFittedError):
        copied.predict(X_NEW)
    copied.set_params(kernel__feature_map__reps=4)
    assert kernel.feature_map.reps == 1


@pytest.mark.filterwarnings("ignore:Treating CircuitInstruction")  # by scikit-learn 1.9
@each_component
@each_estimator
def test_repr_and_html_repr(cls, kernel):
    for model in (cls(kernel=kernel), fitted(cls, kernel=kernel)):
        shown = repr(model), model._repr_html_(), estimator_html_repr(model)
        for text in shown:
            assert cls.__name__ in text
            if hasattr(kernel, "get_params"):
                assert type(kernel).__name__ in text
        assert shown[0].startswith(f"{cls.__name__}(")
    assert repr(cls()) == f"{cls.__name__}()"


# --- Data frames and arrays ------------------------------------------------------------------

FRAME = pd.DataFrame(X, columns=["mass", "charge", "spin"])


@each_estimator
def test_data_frames_keep_their_names(cls):
    y = Y[KIND[cls]]
    model = cls(kernel="angle").fit(FRAME, y if y is None else pd.Series(y))
    assert_array_equal(model.feature_names_in_, FRAME.columns)
    assert model.n_features_in_ == 3
    assert_array_equal(model.predict(FRAME), fitted(cls).predict(X))
    with pytest.raises(ValueError, match="feature names should match"):
        model.predict(FRAME[["charge", "mass", "spin"]])
    with pytest.raises(ValueError, match="feature names"):
        model.predict(FRAME.rename(columns={"spin": "mood"}))
    with pytest.warns(UserWarning, match="does not have valid feature names"):
        model.predict(X)
    assert not hasattr(model.fit(X, y), "feature_names_in_")


def test_pipeline_that_puts_out_frames():
    pipeline = make_pipeline(StandardScaler(), QSVC(kernel="angle")).set_output(transform="pandas")
    pipeline.fit(FRAME, NAMES[Y["classifier"]])
    assert_array_equal(pipeline[-1].feature_names_in_, FRAME.columns)
    plain = make_pipeline(StandardScaler(), QSVC(kernel="angle")).fit(X, NAMES[Y["classifier"]])
    assert_array_equal(pipeline.predict(FRAME), plain.predict(X))


@each("make", [list, np.asfortranarray, np.float32, pd.DataFrame], ids=name)
@each_estimator
def test_containers_do_not_matter(cls, make):
    y = Y[KIND[cls]]
    model = cls(kernel="angle").fit(make(X), y if y is None else list(y))
    other = cls(kernel="angle").fit(np.asarray(make(X), dtype=float), y)
    assert_array_equal(model.predict(make(X_NEW)), other.predict(np.asarray(make(X_NEW), float)))


@each_estimator
def test_the_data_is_left_alone(cls):
    rows, new = X.copy(), X_NEW.copy()
    y = None if Y[KIND[cls]] is None else Y[KIND[cls]].copy()
    model = cls(kernel="angle").fit(rows, y)
    before = model.predict(new)
    assert_array_equal(rows, X)
    assert_array_equal(new, X_NEW)
    rows[:] = np.nan  # and the model keeps nothing that is shared with the caller
    assert_array_equal(model.predict(new), before)


# --- Fit -------------------------------------------------------------------------------------


PROBABILISTIC = {cls: {"probability": True} if cls is QSVC else {} for cls in ESTIMATORS}
METHODS = "predict decision_function score_samples predict_proba predict_log_proba score".split()


@each(
    ("cls", "method"),
    [(cls, m) for cls in ESTIMATORS for m in METHODS if hasattr(cls(**PROBABILISTIC[cls]), m)],
    ids=name,
)
def test_not_fitted(cls, method):
    arguments = (X, Y[KIND[cls]]) if method == "score" else (X,)
    with pytest.raises(NotFittedError, match="not fitted yet"):
        getattr(cls(**PROBABILISTIC[cls]), method)(*arguments)


def test_kind_of_estimator():
    for cls, kind in KIND.items():
        kinds = is_classifier(cls()), is_regressor(cls()), is_outlier_detector(cls())
        assert kinds == tuple(kind == k for k in ("classifier", "regressor", "outlier_detector")), (
            cls
        )


@each_component
@each_estimator
def test_fit_changes_no_parameter_and_returns_self(cls, kernel):
    model = cls(kernel=kernel)
    before = state_of(model)
    twin = cls(kernel=kernel)
    assert model.fit(X, Y[KIND[cls]]) is model
    assert state_of(twin) == before
    assert model.get_params(deep=False).keys() == twin.get_params(deep=False).keys()
    assert model.kernel is kernel
    assert model.kernel_ is not kernel


def test_two_estimators_share_one_kernel_object():
    kernel = FidelityKernel(ReuploadingFeatureMap())
    before = state_of(kernel)
    one = QSVC(kernel=kernel).fit(X, BINARY)
    expected = one.decision_function(X_NEW)
    two = QSVR(kernel=kernel).fit(3 * X[:, :2], SIGNAL)
    assert state_of(kernel) == before
    assert not hasattr(kernel, "feature_map_")
    assert one.kernel_ is not two.kernel_
    assert_array_equal(one.decision_function(X_NEW), expected)


@each("kernel", [None, "angle", 2 * LEARNED + 1], ids=["default", "name", "sum"])
@each_estimator
def test_fitting_again_is_a_fresh_fit(cls, kernel):
    first, second = slice(30), slice(10, 45)
    y = Y[KIND[cls]]
    model = fitted(cls, first, kernel=kernel)
    model.fit(2 * X[second, :2], y if y is None else y[second])
    fresh = cls(kernel=kernel).fit(2 * X[second, :2], y if y is None else y[second])
    assert model.n_features_in_ == 2
    for a, b in zip(outputs(model, X_NEW[:, :2]), outputs(fresh, X_NEW[:, :2]), strict=True):
        assert_array_equal(a, b)
    with pytest.raises(ValueError, match="X has 3 features"):
        model.predict(X_NEW)


@each_estimator
def test_fitting_on_matrices_after_rows_and_back(cls):
    model = fitted(cls)
    expected = model.predict(X_NEW)
    model.set_params(kernel="precomputed").fit(angle_kernel(X, X), Y[KIND[cls]])
    assert_allclose(model.predict(angle_kernel(X_NEW, X)), expected, atol=1e-9)
    model.set_params(kernel="angle").fit(X, Y[KIND[cls]])
    assert_array_equal(model.predict(X_NEW), expected)


def test_probabilities_of_an_earlier_fit_are_forgotten():
    model = QSVC(kernel="angle", probability=True).fit(X, BINARY)
    model.set_params(probability=False).fit(X, Y["classifier"])
    with pytest.raises(NotFittedError):
        model.set_params(probability=True).predict_proba(X)


@each_estimator
@each("kernel", [LEARNED, 2 * LEARNED], ids=["object", "product"])
def test_a_fit_that_fails_leaves_no_mixture_behind(cls, kernel, monkeypatch):
    """Predictions are those of the last fit that went through, not of half of each."""
    model = fitted(cls, kernel=kernel)
    expected = model.predict(X_NEW)

    def out_of_memory(*args, **kwargs):
        raise MemoryError

    with monkeypatch.context() as patch:
        patch.setattr(Engine, "states", out_of_memory)
        with pytest.raises(MemoryError):
            model.fit(3 * X, Y[KIND[cls]])
    assert_array_equal(model.predict(X_NEW), expected)


# --- Predict ---------------------------------------------------------------------------------


@each_estimator
def test_predict_is_pure(cls):
    model = fitted(cls)
    before = state_of(model)
    first, second = outputs(model), outputs(model)
    for a, b in zip(first, second, strict=True):
        assert_array_equal(a, b)
    assert state_of(model) == before


@each_estimator
def test_one_row_is_an_array_of_one_prediction(cls):
    model = fitted(cls)
    assert model.predict(X_NEW).shape == (len(X_NEW),)
    assert model.predict(X_NEW[:1]).shape == (1,)
    with pytest.raises(ValueError, match="Expected 2D array"):
        model.predict(X_NEW[0])


@each_estimator
def test_rows_do_not_see_each_other(cls):
    model = fitted(cls)
    whole = outputs(model)
    with config_context(working_memory=1e-9):  # a batch per row
        in_batches = outputs(model)
    row_by_row = [outputs(model, X_NEW[[row]]) for row in range(len(X_NEW))]
    reverse = outputs(model, X_NEW[::-1])
    for k, expected in enumerate(whole):
        assert_allclose(np.concatenate([rows[k] for rows in row_by_row]), expected, atol=1e-12)
        assert_allclose(in_batches[k], expected, atol=1e-12)
        assert_allclose(reverse[k][::-1], expected, atol=1e-12)


@each_estimator
def test_each_row_is_simulated_once(cls, simulated):
    model = fitted(cls)
    assert simulated == [len(X)]
    model.predict(X_NEW)
    model.predict(X_NEW[:3])
    assert simulated == [len(X), len(X_NEW), 3]


def test_probabilities_simulate_nothing_twice(simulated):
    model = fitted(QSVC, probability=True)
    assert simulated == [len(X)]
    model.predict_proba(X_NEW)
    assert simulated == [len(X), len(X_NEW)]


@each("cls", SVMS, ids=name)
def test_only_support_vectors_are_compared_with(cls, compared):
    model = fitted(cls)
    assert compared == [(len(X), len(X))]
    model.predict(X_NEW)
    n_support = len(model.support_)
    assert n_support < len(X)
    assert compared == [(len(X), len(X)), (len(X_NEW), n_support)]


def test_kernel_matrices_need_no_simulation(simulated):
    for cls in ESTIMATORS:
        model = cls(kernel="precomputed").fit(angle_kernel(X, X), Y[KIND[cls]])
        model.predict(angle_kernel(X_NEW, X))
    assert simulated == []


# --- Parameters ------------------------------------------------------------------------------


def test_nested_parameters_reach_through_none_and_names():
    model = QSVC().set_params(kernel__feature_map__reps=2)
    assert repr(model.kernel) == "FidelityKernel(feature_map=ReuploadingFeatureMap(reps=2))"
    model = QSVC(kernel="zz").set_params(kernel__feature_map__reps=3, kernel__n_jobs=1, C=2.0)
    assert repr(model) == (
        "QSVC(C=2.0, kernel=FidelityKernel(feature_map=ZZFeatureMap(reps=3), n_jobs=1))"
    )
    model = QSVC().set_params(kernel__engine__precision="single", kernel__feature_map="iqp")
    assert model.kernel.engine.precision == "single"
    assert model.kernel.feature_map == "iqp"
    ridge = QuantumKernelRidge().set_params(kernel__feature_map__reps=2)
    assert repr(ridge.kernel) == "FidelityKernel(feature_map=ReuploadingFeatureMap(reps=2))"
    both = QSVC().set_params(kernel=FidelityKernel("angle"), kernel__feature_map__bandwidth=0.5)
    assert both.kernel.feature_map.bandwidth == 0.5


@each_estimator
def test_materialised_defaults_change_nothing(cls):
    model = fitted(cls, kernel=None)
    same = cls().set_params(kernel__feature_map__reps=None).fit(X, Y[KIND[cls]])
    assert_same_outputs(model, same)


def test_nested_parameters_of_clones_leave_the_original_alone():
    for kernel in (None, "zz", FidelityKernel(ZZFeatureMap())):
        original = QSVC(kernel=kernel)
        before = state_of(original)
        clone(original).set_params(kernel__feature_map__reps=5).fit(X, BINARY)
        assert state_of(original) == before


@each(
    ("parameters", "message"),
    [
        ({"kernel__feature_map__repetitions": 2}, "Invalid parameter 'repetitions'"),
        ({"kernels__feature_map": 2}, "Invalid parameter 'kernels'"),
        ({"gamma": 2}, "Invalid parameter 'gamma'"),
    ],
    ids=str,
)
def test_unknown_parameters_are_named(parameters, message):
    with pytest.raises(ValueError, match=message):
        QSVC().set_params(**parameters)


def test_precomputed_has_no_nested_parameters():
    """And the error does not call "precomputed" unknown, only to propose it."""
    with pytest.raises((ValueError, AttributeError)) as error:
        QSVC(kernel="precomputed").set_params(kernel__feature_map__reps=2)
    assert "'precomputed' is unknown" not in str(error.value)
    assert "precomputed" in str(error.value)


# --- Model selection -------------------------------------------------------------------------

FOLDS = StratifiedKFold(3)
PIPELINE = make_pipeline(StandardScaler(), QSVC())


@each("n_jobs", [None, 2])
@each(
    ("parameter", "values"),
    [
        ("qsvc__C", [0.1, 1.0, 10.0]),
        ("qsvc__kernel", [None, "zz", LEARNED, angle_kernel]),
        ("qsvc__kernel__feature_map__reps", [1, 2]),
        ("qsvc__kernel__feature_map__bandwidth", [0.1, "scale", "2*scale"]),
        (
            "qsvc__kernel__feature_map",
            ["angle", "zz", AngleFeatureMap(reps=2), ZZFeatureMap().build(3), None],
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_grid_search(parameter, values, n_jobs):
    y = NAMES[Y["classifier"]]
    before = state_of(PIPELINE)
    search = GridSearchCV(PIPELINE, {parameter: values}, cv=FOLDS, n_jobs=n_jobs).fit(X, y)
    scores = search.cv_results_["mean_test_score"]
    assert state_of(PIPELINE) == before
    for value, score in zip(values, scores, strict=True):
        model = clone(PIPELINE).set_params(**{parameter: clone(value, safe=False)})
        assert cross_val_score(model, X, y, cv=FOLDS).mean() == score
    assert len(set(scores)) > 1
    assert search.best_score_ == max(scores)
    assert set(search.predict(X_NEW)) <= set(NAMES)


def test_randomized_search_over_bandwidths():
    search = RandomizedSearchCV(
        QSVR(kernel="angle"),
        {"kernel__feature_map__bandwidth": np.geomspace(0.1, 3, 20)},
        n_iter=4,
        cv=3,
        random_state=0,
        error_score="raise",
    ).fit(X, SIGNAL)
    assert search.best_score_ == max(search.cv_results_["mean_test_score"]) > 0.3
    assert search.best_estimator_.kernel_.feature_map_.bandwidth_ in np.geomspace(0.1, 3, 20)


def test_cross_validation_cuts_kernel_matrices_both_ways():
    rows = cross_val_score(QSVC(kernel="angle"), X, BINARY, cv=FOLDS)
    matrix = cross_val_score(QSVC(kernel="precomputed"), angle_kernel(X, X), BINARY, cv=FOLDS)
    assert_array_equal(matrix, rows)
    assert_array_equal(rows, cross_val_score(SVC(kernel=angle_kernel), X, BINARY, cv=FOLDS))


@each("cls", CLASSIFIERS, ids=name)
@each("labels", [NAMES, NAMES.astype(object), np.array([0.5, -1.5, 3.0])], ids=["U", "O", "f"])
def test_cross_validation_with_any_labels(cls, labels):
    y = labels[Y["classifier"]] if labels.dtype != float else Y["classifier"] * 2.0
    numbers = cross_val_score(cls(kernel="angle"), X, Y["classifier"], cv=FOLDS)
    assert_array_equal(cross_val_score(cls(kernel="angle"), X, y, cv=FOLDS), numbers)
    assert set(cross_val_predict(cls(kernel="angle"), X, y, cv=FOLDS)) == set(y)


@each("scoring", ["roc_auc", "average_precision", "balanced_accuracy", "f1"])
def test_scorers_take_decision_values(scoring):
    ours = cross_val_score(QSVC(kernel="angle"), X, BINARY, scoring=scoring, cv=FOLDS)
    theirs = cross_val_score(SVC(kernel=angle_kernel), X, BINARY, scoring=scoring, cv=FOLDS)
    assert_allclose(ours, theirs, rtol=1e-12)
    ridge = QuantumKernelRidgeClassifier(kernel="angle")
    assert cross_val_score(ridge, X, BINARY, scoring=scoring, cv=FOLDS).mean() > 0.5


def test_scorers_take_probabilities():
    model = QSVC(kernel="angle", probability=True)
    for scoring in ("neg_log_loss", "roc_auc_ovr"):
        y = Y["classifier"]
        assert np.isfinite(cross_val_score(model, X, y, scoring=scoring, cv=2)).all()
    probabilities = cross_val_predict(model, X, Y["classifier"], method="predict_proba", cv=2)
    assert_allclose(probabilities.sum(axis=1), 1)


def test_learning_curve_and_permutation_importance():
    sizes, train, test = learning_curve(
        QSVC(kernel="angle"), X, BINARY, train_sizes=[0.5, 1.0], cv=3
    )
    assert train.shape == test.shape == (len(sizes), 3)
    informative = np.c_[X[:, :1], rng.normal(size=(len(X), 1))]
    model = QSVC(kernel="angle").fit(informative, X[:, 0] > 0)
    result = permutation_importance(model, informative, X[:, 0] > 0, n_repeats=3, random_state=0)
    assert result.importances_mean[0] > result.importances_mean[1] + 0.1


# --- Meta-estimators -------------------------------------------------------------------------


@each("cls", CLASSIFIERS, ids=name)
@each(
    "wrap",
    [
        lambda model: CalibratedClassifierCV(model, cv=2),
        lambda model: CalibratedClassifierCV(model, cv=2, ensemble=False),
        lambda model: OneVsRestClassifier(model),
        lambda model: VotingClassifier([("q", model), ("c", LogisticRegression())]),
        lambda model: StackingClassifier([("q", model), ("s", SVC())], cv=2),
        lambda model: BaggingClassifier(model, n_estimators=4, random_state=0),
        lambda model: BaggingClassifier(model, n_estimators=4, max_features=2, random_state=0),
        lambda model: make_pipeline(StandardScaler(), model),
    ],
    ids="calibrated calibrated-once ovr voting stacking bagging subspaces pipeline".split(),
)
def test_classifiers_in_meta_estimators(cls, wrap):
    y = NAMES[Y["classifier"]]
    meta = wrap(cls(kernel="angle")).fit(X, y)
    assert set(meta.predict(X_NEW)) <= set(NAMES)
    assert meta.score(X, y) > 0.5
    assert_array_equal(pickle.loads(pickle.dumps(meta)).predict(X_NEW), meta.predict(X_NEW))


@each("cls", REGRESSORS, ids=name)
@each(
    "wrap",
    [
        lambda model: TransformedTargetRegressor(model, func=np.exp, inverse_func=np.log),
        lambda model: TransformedTargetRegressor(model, transformer=StandardScaler()),
        lambda model: VotingRegressor([("q", model), ("r", clone(model))]),
        lambda model: BaggingRegressor(model, n_estimators=4, random_state=0),
    ],
    ids="log standardised voting bagging".split(),
)
@pytest.mark.filterwarnings("ignore:invalid value encountered in log")
def test_regressors_in_meta_estimators(cls, wrap):
    y = 0.1 * SIGNAL  # small, so that the logarithm is of positive numbers
    parameters = {"epsilon": 0.001} if cls is QSVR else {"alpha": 0.1}
    meta = wrap(cls(kernel="angle", **parameters)).fit(X, y)
    assert meta.score(X, y) > 0.6


@each("cls", [QSVC, QSVR, QOneClassSVM, QuantumKernelRidge, QuantumKernelRidgeClassifier], ids=name)
def test_bagged_weights_of_zero_are_rows_left_out(cls):
    """Which is what a bootstrap by weights consists of."""
    counts = np.random.default_rng(0).multinomial(len(X), np.full(len(X), 1 / len(X)))
    y = Y[KIND[cls]]
    precise = {"tol": 1e-10} if cls in SVMS else {}
    weighted = cls(kernel="angle", **precise).fit(X, y, sample_weight=counts)
    repeated = cls(kernel="angle", **precise)
    repeated.fit(X.repeat(counts, axis=0), y if y is None else y.repeat(counts))
    method = "decision_function" if hasattr(cls, "decision_function") else "predict"
    assert_allclose(getattr(weighted, method)(X_NEW), getattr(repeated, method)(X_NEW), atol=1e-6)


@each("kernel", [FidelityKernel("angle"), FidelityKernel("angle") + 1], ids=["single", "sum"])
def test_nystroem_takes_the_kernel(kernel, simulated):
    """The message about matrices that do not fit into memory proposes it."""
    nystroem = Nystroem(kernel=kernel, n_components=len(X), random_state=0)
    Z = nystroem.fit_transform(X)
    assert_allclose(Z @ Z.T, kernel(X), atol=1e-6)
    assert len(simulated) < 10  # blocks of rows, not one call per pair
    model = make_pipeline(nystroem.set_params(n_components=10), LinearSVC()).fit(X, BINARY)
    assert model.score(X, BINARY) > 0.7


# --- Metadata routing ------------------------------------------------------------------------

WEIGHT = np.where(BINARY, 10.0, 0.1) * rng.uniform(0.5, 1.5, size=len(X))


@each("cls", CLASSIFIERS, ids=name)
def test_weights_are_routed_to_the_estimator(cls):
    rows = StandardScaler().fit_transform(X)
    unweighted = cls(kernel="angle").fit(rows, BINARY).predict(rows)
    expected = cls(kernel="angle").fit(rows, BINARY, sample_weight=WEIGHT).predict(rows)
    assert (expected != unweighted).any()
    with config_context(enable_metadata_routing=True):
        model = cls(kernel="angle").set_fit_request(sample_weight=True)
        model.set_score_request(sample_weight=False)
        scaler = StandardScaler().set_fit_request(sample_weight=False)
        pipeline = make_pipeline(scaler, model).fit(X, BINARY, sample_weight=WEIGHT)
        assert_array_equal(pipeline.predict(X), expected)

        accuracy = get_scorer("accuracy").set_score_request(sample_weight=False)
        options = {"cv": 2, "error_score": "raise", "scoring": accuracy}
        grid = {f"{cls.__name__.lower()}__kernel": ["angle", None]}
        search = GridSearchCV(pipeline, grid, **options)
        search.fit(X, BINARY, sample_weight=WEIGHT)
        params = {"sample_weight": WEIGHT}
        folds = cross_validate(pipeline, X, BINARY, params=params, **options)
        score = search.cv_results_["mean_test_score"][0]
        assert folds["test_score"].mean() == score
        assert cross_validate(pipeline, X, BINARY, **options)["test_score"].mean() != score


def test_weights_that_nobody_asked_for_are_refused():
    with config_context(enable_metadata_routing=True), pytest.raises(ValueError, match="request"):
        cross_validate(QSVC(), X, BINARY, cv=2, params={"sample_weight": WEIGHT})


def test_weighted_probabilities_do_not_depend_on_routing():
    model = QSVC(kernel="angle", probability=True).fit(X, BINARY, sample_weight=WEIGHT)
    with config_context(enable_metadata_routing=True):
        routed = clone(model).fit(X, BINARY, sample_weight=WEIGHT)
    assert_array_equal(routed.predict_proba(X_NEW), model.predict_proba(X_NEW))

"""VQC: what a classifier of trained circuits has to do."""

import pickle

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from oracles import states
from sklearn.base import clone
from sklearn.calibration import CalibratedClassifierCV
from sklearn.datasets import load_iris
from sklearn.ensemble import BaggingClassifier, StackingClassifier, VotingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV, cross_val_predict, cross_val_score
from sklearn.multiclass import OneVsRestClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC

from skquantum import VQC
from skquantum.ansatze import EfficientSU2, RealAmplitudes, ReuploadingAnsatz
from skquantum.datasets import make_circle_in_square
from skquantum.engines import AerEngine

each = pytest.mark.parametrize
pytestmark = pytest.mark.filterwarnings("ignore:Training has not converged")

rng = np.random.default_rng(0)
X = rng.normal(size=(36, 2))
X_NEW = rng.normal(size=(9, 2))
SIGNAL = X[:, 0] + 0.5 * X[:, 1]
BINARY = (SIGNAL > 0).astype(int)
CODES = np.digitize(SIGNAL, [-0.5, 0.5])
NAMES = np.array(["low", "middle", "high"])
LABELS = {
    "numbers": CODES,
    "names": NAMES[CODES],
    "objects": NAMES.astype(object)[CODES],
    "floats": np.array([0.5, -1.5, 3.0])[CODES].astype(int) * 1.0,
    "booleans": BINARY.astype(bool),
}


def vqc(**parameters):
    """Return a small model, the same in every run."""
    settings = {"readout": "pauli", "optimizer": "l-bfgs", "max_iter": 15, "random_state": 0}
    settings |= parameters
    feature_map, ansatz = settings.pop("feature_map", "angle"), settings.pop("ansatz", None)
    return VQC(feature_map, ansatz or RealAmplitudes(2), **settings)


def circuit_states(model, rows):
    """States of a fitted model whose feature map is "angle"."""
    w = {f"w[{k}]": value for k, value in enumerate(model.weights_)}
    values = [w | {f"x[{k}]": value for k, value in enumerate(row)} for row in rows]
    parameters = [parameter.name for parameter in model.circuit_.parameters]
    return states(model.circuit_, [[row[name] for name in parameters] for row in values])


# --- Labels and outputs ----------------------------------------------------------------------


@each("labels", LABELS)
@each("readout", ["pauli", "parity"])
def test_labels_of_every_kind(labels, readout):
    y = LABELS[labels]
    model = vqc(readout=readout).fit(X, y)
    assert_array_equal(model.classes_, np.unique(y))
    assert model.predict(X).dtype == model.classes_.dtype
    assert model.score(X, y) > 0.5
    codes = vqc(readout=readout).fit(X, np.unique(y, return_inverse=True)[1])
    assert_array_equal(model.predict(X_NEW), model.classes_[codes.predict(X_NEW)])


def test_two_classes_against_the_state():
    """One logit: scale times Z on the first qubit, plus the intercept."""
    model = vqc().fit(X, NAMES[BINARY])
    psi = circuit_states(model, X_NEW)
    z = np.abs(psi) ** 2 @ [1, -1, 1, -1]
    logits = z * model.output_scale_ + model.output_intercept_
    assert_allclose(model.decision_function(X_NEW), logits, rtol=1e-9)
    positive = 1 / (1 + np.exp(-logits))
    assert_allclose(model.predict_proba(X_NEW), np.c_[1 - positive, positive], atol=1e-9)
    assert_array_equal(model.predict(X_NEW), np.where(logits > 0, "middle", "low"))
    assert_array_equal(model.classes_, ["low", "middle"])


def test_three_classes_against_the_state():
    model = vqc().fit(X, CODES)
    z = np.abs(circuit_states(model, X_NEW)) ** 2 @ np.array(
        [[1, 1, 1], [-1, 1, -1], [1, -1, -1], [-1, -1, 1]]
    )
    logits = z * model.output_scale_ + model.output_intercept_
    assert_allclose(model.decision_function(X_NEW), logits, rtol=1e-9)
    proba = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    assert_allclose(model.predict_proba(X_NEW), proba, atol=1e-9)
    assert_allclose(model.predict_log_proba(X_NEW), np.log(proba), rtol=1e-7)
    assert_array_equal(model.predict(X_NEW), logits.argmax(axis=1))


def winners(decision):
    return (decision > 0).astype(int) if decision.ndim == 1 else decision.argmax(axis=1)


@each("y", [BINARY, CODES], ids=["two", "three"])
def test_what_hinge_and_probabilities_leave_out(y):
    hinge = vqc(loss="hinge").fit(X, y)
    assert not hasattr(hinge, "predict_proba")
    assert not hasattr(hinge, "predict_log_proba")
    assert hinge.score(X, y) > 0.6
    assert_array_equal(hinge.predict(X), hinge.classes_[winners(hinge.decision_function(X))])
    parity = vqc(readout="parity").fit(X, y)
    assert not hasattr(parity, "decision_function")
    assert_array_equal(parity.predict(X), parity.predict_proba(X).argmax(axis=1))
    assert parity.output_scale_ is None


def test_log_proba_of_zero_is_minus_infinity_without_a_warning():
    init = np.zeros(6)
    model = vqc(readout="parity", init=init, callback=lambda *_: True, optimizer="adam")
    model.set_params(learning_rate_init=1e-300).fit(np.zeros((2, 2)), [0, 1])
    with np.errstate(all="raise"):
        assert_array_equal(model.predict_log_proba(np.zeros((1, 2))), [[0, -np.inf]])


# --- Weights ---------------------------------------------------------------------------------


def same_training(model, other):
    assert_allclose(model.loss_curve_, other.loss_curve_, rtol=1e-6)
    assert_allclose(model.predict_proba(X_NEW), other.predict_proba(X_NEW), atol=1e-4)


def test_a_weight_of_zero_is_a_row_left_out():
    weight = np.where(np.arange(len(X)) % 3 == 0, 0.0, 1.0)
    flipped = np.where(weight == 0, 1 - BINARY, BINARY)
    model = vqc().fit(X, flipped, sample_weight=weight)
    same_training(model, vqc().fit(X[weight > 0], BINARY[weight > 0]))


def test_a_weight_of_two_is_a_row_twice():
    counts = 1 + np.arange(len(X)) % 3
    model = vqc(alpha=0.1).fit(X, BINARY, sample_weight=counts)
    same_training(model, vqc(alpha=0.1).fit(X.repeat(counts, axis=0), BINARY.repeat(counts)))


def test_weights_of_classes_are_weights_of_rows():
    rare = np.flatnonzero((CODES > 0) | (np.arange(len(X)) % 3 == 0))
    rows, y = X[rare], NAMES[CODES[rare]]
    by_dict = {"low": 3.0, "middle": 0.5, "high": 2.0}
    n = {name: (y == name).sum() for name in NAMES}
    balanced = {name: len(y) / (3 * n[name]) for name in NAMES}
    for class_weight, weight in ((by_dict, by_dict), ("balanced", balanced)):
        model = vqc(class_weight=class_weight).fit(rows, y)
        same_training(model, vqc().fit(rows, y, sample_weight=[weight[name] for name in y]))
        both = vqc(class_weight=class_weight).fit(rows, y, sample_weight=rows[:, 0] ** 2)
        product = [weight[name] * x**2 for name, x in zip(y, rows[:, 0], strict=True)]
        same_training(both, vqc().fit(rows, y, sample_weight=product))


@each("optimizer", ["adam", "l-bfgs"])
def test_the_scale_of_weights_does_not_matter_without_decay(optimizer):
    weight = np.random.default_rng(1).uniform(0.5, 2, len(X))
    one = vqc(alpha=0.0, optimizer=optimizer).fit(X, BINARY, sample_weight=weight)
    other = vqc(alpha=0.0, optimizer=optimizer).fit(X, BINARY, sample_weight=100 * weight)
    same_training(one, other)


# --- Where scikit-learn puts estimators ------------------------------------------------------


@each(
    "wrap",
    [
        lambda model: make_pipeline(StandardScaler(), model),
        lambda model: CalibratedClassifierCV(model, cv=2),
        lambda model: OneVsRestClassifier(model),
        lambda model: VotingClassifier([("q", model), ("c", LogisticRegression())]),
        lambda model: StackingClassifier([("q", model), ("s", SVC())], cv=2),
        lambda model: BaggingClassifier(model, n_estimators=3, random_state=0),
    ],
    ids="pipeline calibrated ovr voting stacking bagging".split(),
)
def test_in_meta_estimators(wrap):
    meta = wrap(vqc()).fit(X, NAMES[CODES])
    assert meta.score(X, NAMES[CODES]) > 0.6
    assert_array_equal(pickle.loads(pickle.dumps(meta)).predict(X_NEW), meta.predict(X_NEW))


@each(
    ("parameter", "values"),
    [
        ("vqc__ansatz__reps", [1, 3]),
        ("vqc__ansatz", ["strongly_entangling", RealAmplitudes(1), None]),
        ("vqc__learning_rate_init", [1e-4, 0.1]),
        ("vqc__optimizer__beta_1", [0.1, 0.9]),
        ("vqc__readout", ["pauli", "parity", "modulo"]),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_grid_search(parameter, values):
    pipeline = make_pipeline(StandardScaler(), VQC("angle", EfficientSU2(1), random_state=0))
    pipeline.set_params(vqc__max_iter=4)
    before = pickle.dumps(pipeline)
    search = GridSearchCV(pipeline, {parameter: values}, cv=2, n_jobs=2, error_score="raise")
    scores = search.fit(X, NAMES[CODES]).cv_results_["mean_test_score"]
    assert pickle.dumps(pipeline) == before
    for value, score in zip(values, scores, strict=True):
        model = clone(pipeline).set_params(**{parameter: clone(value, safe=False)})
        assert cross_val_score(model, X, NAMES[CODES], cv=2).mean() == score
    assert set(search.predict(X_NEW)) <= set(NAMES)


@each("scoring", ["roc_auc", "neg_log_loss", "average_precision", "balanced_accuracy"])
def test_scorers(scoring):
    for model in (vqc(), vqc(readout="modulo")):
        scores = cross_val_score(model, X, BINARY, scoring=scoring, cv=2, error_score="raise")
        assert scores.min() > {"neg_log_loss": -2}.get(scoring, 0.6)


def test_cross_val_predict():
    proba = cross_val_predict(vqc(), X, NAMES[CODES], method="predict_proba", cv=2)
    assert proba.shape == (len(X), 3)
    assert_allclose(proba.sum(axis=1), 1)


# --- partial_fit and warm_start --------------------------------------------------------------


@each("optimizer", ["adam", "sgd"])
def test_partial_fit_takes_the_epochs_of_fit(optimizer):
    settings = {"optimizer": optimizer, "max_iter": 5, "batch_size": len(X)}
    whole = vqc(**settings).fit(X, CODES)
    model = vqc(**settings)
    for _ in range(5):
        assert model.partial_fit(X, CODES, classes=[0, 1, 2]) is model
    assert_allclose(model.loss_curve_, whole.loss_curve_, rtol=1e-9)
    assert model.n_iter_ == 1
    assert model.t_ == whole.t_ == 5 * len(X)
    assert_allclose(model.weights_, whole.weights_, rtol=1e-7)  # the last epoch is the best


def test_partial_fit_of_classes_that_come_later():
    model = vqc(optimizer="adam", learning_rate_init=0.1)
    low = CODES < 2
    model.partial_fit(X[low], NAMES[CODES[low]], classes=NAMES)
    assert_array_equal(model.classes_, np.unique(NAMES))
    assert model.predict_proba(X_NEW).shape == (9, 3)
    for _ in range(60):
        model.partial_fit(X, NAMES[CODES])
    assert model.score(X, NAMES[CODES]) > 0.7
    model.partial_fit(X[:1], NAMES[CODES[:1]], classes=NAMES[::-1], sample_weight=[2.0])


@each("optimizer", ["l-bfgs", "cobyla", "spsa", "qnspsa"])
def test_no_partial_fit_without_epochs(optimizer):
    assert not hasattr(vqc(optimizer=optimizer), "partial_fit")
    assert hasattr(vqc(optimizer="sgd"), "partial_fit")


def test_partial_fit_goes_on_from_fit():
    model = vqc(optimizer="adam", max_iter=10).fit(X, CODES)
    before = model.loss_curve_
    model.partial_fit(X, CODES)
    assert model.loss_curve_[:-1] == before
    assert model.loss_curve_[-1] < before[0]


def test_partial_fit_after_another_optimizer():
    """Which optimizer is meant is what the parameter says."""
    model = vqc(optimizer="l-bfgs").fit(X, BINARY)
    model.set_params(optimizer="adam", learning_rate_init=1e-3).partial_fit(X, BINARY)
    assert type(model.optimizer_).__name__ == "Adam"
    model.set_params(optimizer="sgd").partial_fit(X, BINARY)
    assert type(model.optimizer_).__name__ == "SGD"


@each("optimizer", ["adam", "l-bfgs"])
@each("ansatz", [None, ReuploadingAnsatz(2)], ids=str)
def test_warm_start_goes_on(optimizer, ansatz):
    model = vqc(warm_start=True, optimizer=optimizer, max_iter=8, ansatz=ansatz).fit(X, CODES)
    first = model.loss_curve_
    model.fit(X, CODES)
    assert model.loss_curve_[: len(first)] == first
    assert (model.n_iter_, len(model.loss_curve_)) == (8, 16)
    assert model.t_ == 16 * len(X)
    assert model.loss_curve_[8] < first[7] + 0.05  # no jump
    assert model.best_loss_ == min(model.loss_curve_)
    cold = clone(model).set_params(warm_start=False).fit(X, CODES)
    assert cold.fit(X, CODES).loss_curve_ == first


def test_warm_start_on_other_rows_and_settings():
    model = vqc(warm_start=True).fit(X, CODES)
    model.set_params(alpha=0.01, optimizer="cobyla", loss="squared_error").fit(X[::-1], CODES[::-1])
    assert model.score(X, CODES) > 0.7


# --- Data that others would stumble over -----------------------------------------------------


@each("readout", ["pauli", "parity", "modulo"])
@each("optimizer", ["adam", "l-bfgs"])
def test_one_row_per_class(readout, optimizer):
    model = vqc(readout=readout, optimizer=optimizer).fit(X[:3], NAMES)
    assert set(model.predict(X)) <= set(NAMES)
    assert np.isfinite(model.predict_proba(X)).all()


@each("feature_map", ["angle", None, "zz"])
def test_constant_features(feature_map):
    rows = np.full((8, 2), 3.7)
    proba = vqc(feature_map=feature_map).fit(rows, [0, 1, 1, 1] * 2).predict_proba(rows)
    assert_allclose(proba[:, 1], 0.75, atol=0.02)


@each("feature_map", ["angle", None])
@each("ansatz", ["real_amplitudes", ReuploadingAnsatz(2)], ids=str)
def test_huge_angles(feature_map, ansatz):
    for engine in ("compiled", AerEngine()):
        rows = 1e6 * X[:8]
        settings = {"feature_map": feature_map, "ansatz": ansatz, "max_iter": 3}
        model = vqc(**settings, engine=engine).fit(rows, BINARY[:8])
        assert np.isfinite(model.loss_curve_).all()
        assert np.isfinite(model.predict_proba(rows)).all()


def test_huge_weights():
    model = vqc(init=1e6 * np.random.default_rng(1).normal(size=6), alpha=0.0).fit(X, BINARY)
    assert np.isfinite(model.loss_curve_).all()
    assert model.loss_curve_[-1] < np.log(2)


def test_more_qubits_than_features():
    model = vqc(n_qubits=3).fit(X, CODES)
    assert model.circuit_.num_qubits == 3
    assert model.score(X, CODES) > 0.6


# --- What it is good for ---------------------------------------------------------------------


@each("optimizer", ["adam", "l-bfgs"])
def test_one_qubit_separates_circle_and_square(optimizer):
    """Perez-Salinas et al., Quantum 4, 226 (2020), with 200 rows and 4000 new ones."""
    ansatz = ReuploadingAnsatz(layers=3)
    model = VQC(ansatz=ansatz, n_qubits=1, optimizer=optimizer, random_state=0)
    model.fit(*make_circle_in_square(200, random_state=0))
    assert model.circuit_.num_qubits == 1
    assert model.score(*make_circle_in_square(4000, random_state=1)) >= 0.90


def test_the_defaults_separate_three_species():
    model = make_pipeline(StandardScaler(), VQC(random_state=0))
    assert cross_val_score(model, *load_iris(return_X_y=True), cv=3).mean() >= 0.93

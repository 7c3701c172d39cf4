"""VQR: what a regressor of trained circuits has to do."""

import pickle

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from oracles import states
from sklearn.compose import TransformedTargetRegressor
from sklearn.ensemble import BaggingRegressor, VotingRegressor
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skquantum import VQR
from skquantum.ansatze import RealAmplitudes

each = pytest.mark.parametrize
pytestmark = pytest.mark.filterwarnings("ignore:Training has not converged")

rng = np.random.default_rng(0)
X = rng.normal(size=(40, 2))
X_NEW = rng.normal(size=(9, 2))


def target(rows):
    return 3 * np.sin(rows[:, 0]) + rows[:, 1] + 10


Y = target(X)
TWO = np.c_[Y, 0.01 * X[:, 1] - 5]


def vqr(**parameters):
    """Return a small model, the same in every run."""
    settings = {"readout": "pauli", "optimizer": "l-bfgs", "max_iter": 40, "random_state": 0}
    settings |= parameters
    return VQR("angle", RealAmplitudes(2), **settings)


@each("loss", ["squared_error", "absolute_error"])
@each("optimizer", ["adam", "l-bfgs"])
def test_learns(loss, optimizer):
    model = vqr(loss=loss, optimizer=optimizer, max_iter=100).fit(X, Y)
    assert model.score(X_NEW, target(X_NEW)) > 0.85


@each("readout", ["pauli", ["XY"]], ids=str)
def test_predictions_against_the_state(readout):
    """Standardised targets are scale times an expectation value, plus intercept."""
    model = vqr(readout=readout, max_iter=5).fit(X, Y)
    w = {f"w[{k}]": value for k, value in enumerate(model.weights_)}
    values = [w | {f"x[{k}]": value for k, value in enumerate(row)} for row in X_NEW]
    parameters = [parameter.name for parameter in model.circuit_.parameters]
    psi = states(model.circuit_, [[row[name] for name in parameters] for row in values])
    matrix = np.diag([1, -1, 1, -1])
    if readout != "pauli":  # X on the second qubit, Y on the first
        matrix = np.kron([[0, 1], [1, 0]], [[0, -1j], [1j, 0]])
    z = np.einsum("ri,ij,rj->r", psi.conj(), matrix, psi).real
    standardised = z * model.output_scale_ + model.output_intercept_
    assert_allclose(model.predict(X_NEW), standardised * Y.std() + Y.mean(), rtol=1e-9)


def test_several_targets():
    model = vqr().fit(X, TWO)
    assert model.n_outputs_ == 2
    assert model.predict(X_NEW).shape == (9, 2)
    wanted = np.c_[target(X_NEW), 0.01 * X_NEW[:, 1] - 5]
    assert model.score(X_NEW, wanted) > 0.7
    assert model.weights_.shape == (6,)  # one circuit for both
    assert vqr().fit(X, TWO[:, :1]).predict(X_NEW).shape in ((9, 1), (9,))


def test_the_units_of_targets_do_not_matter():
    model = vqr().fit(X, Y)
    other = vqr().fit(X, 1e6 * Y - 3e7)
    assert_allclose(other.loss_curve_, model.loss_curve_, rtol=1e-6)
    assert_allclose(other.predict(X_NEW), 1e6 * model.predict(X_NEW) - 3e7, rtol=1e-3)


@each("value", [0.0, 1e9, -3.5])
def test_constant_targets(value):
    model = vqr().fit(X, np.full(len(X), value))
    assert_allclose(model.predict(X_NEW), value, rtol=1e-3, atol=0.05)


def test_a_weight_of_zero_is_a_row_left_out():
    weight = np.where(np.arange(len(X)) % 4 == 0, 0.0, 1.0)
    wrong = np.where(weight == 0, 100.0, Y)
    model = vqr().fit(X, wrong, sample_weight=weight)
    other = vqr().fit(X[weight > 0], Y[weight > 0])
    assert_allclose(model.loss_curve_, other.loss_curve_, rtol=1e-5)
    assert_allclose(model.predict(X_NEW), other.predict(X_NEW), rtol=1e-3)


def test_a_weight_of_two_is_a_row_twice():
    counts = 1 + np.arange(len(X)) % 3
    model = vqr(alpha=0.1).fit(X, TWO, sample_weight=counts)
    other = vqr(alpha=0.1).fit(X.repeat(counts, axis=0), TWO.repeat(counts, axis=0))
    assert_allclose(model.loss_curve_, other.loss_curve_, rtol=1e-5)
    assert_allclose(model.predict(X_NEW), other.predict(X_NEW), rtol=1e-3)


@each(
    "wrap",
    [
        lambda model: make_pipeline(StandardScaler(), model),
        lambda model: TransformedTargetRegressor(model, func=np.log, inverse_func=np.exp),
        lambda model: VotingRegressor([("a", model), ("b", vqr(random_state=1))]),
        lambda model: BaggingRegressor(model, n_estimators=3, random_state=0),
    ],
    ids="pipeline log voting bagging".split(),
)
def test_in_meta_estimators(wrap):
    meta = wrap(vqr()).fit(X, Y)
    assert meta.score(X, Y) > 0.6
    assert_array_equal(pickle.loads(pickle.dumps(meta)).predict(X_NEW), meta.predict(X_NEW))


def test_grid_search():
    grid = {"ansatz__reps": [1, 2], "alpha": [0.0, 10.0], "readout": ["pauli", ["ZZ"]]}
    search = GridSearchCV(vqr(max_iter=10), grid, cv=2, n_jobs=2, error_score="raise").fit(X, Y)
    scores = search.cv_results_["mean_test_score"]
    assert len(set(scores)) > 4
    best = vqr(max_iter=10).set_params(**search.best_params_)
    assert cross_val_score(best, X, Y, cv=2).mean() == max(scores)


@each("optimizer", ["adam", "sgd"])
def test_partial_fit(optimizer):
    model = vqr(optimizer=optimizer, learning_rate_init=0.05)
    for _ in range(80):
        assert model.partial_fit(X, Y) is model
    assert (model.n_iter_, len(model.loss_curve_)) == (1, 80)
    assert model.score(X, Y) > 0.7
    assert not hasattr(vqr(optimizer="cobyla"), "partial_fit")


def test_partial_fit_keeps_the_units_of_the_first_rows():
    model = vqr(optimizer="adam").partial_fit(X, Y)
    before = model.predict(X_NEW)
    model.set_params(learning_rate_init=1e-300).partial_fit(X[:5], 1000 * Y[:5])
    assert_allclose(model.predict(X_NEW), before, rtol=1e-9)


def test_warm_start_goes_on():
    model = vqr(warm_start=True, max_iter=10).fit(X, Y)
    first = model.loss_curve_
    model.fit(X, Y)
    assert model.loss_curve_[: len(first)] == first
    assert model.loss_curve_[len(first)] < first[-1] + 0.05
    with pytest.raises(ValueError, match="y has 2 targets, but had 1 in the previous fit"):
        model.fit(X, TWO)


def test_frames():
    frame, named = pd.DataFrame(X, columns=["a", "b"]), pd.Series(Y, name="y")
    model = vqr().fit(frame, named)
    assert_array_equal(model.feature_names_in_, ["a", "b"])
    assert_array_equal(model.predict(frame), vqr().fit(X, Y).predict(X))


def test_a_curve_of_many_frequencies():
    """The issue's: y = sin(x) x**2, with the defaults."""
    x = np.random.default_rng(1).uniform(-3, 3, size=(120, 1))
    y = np.sin(x[:, 0]) * x[:, 0] ** 2
    assert VQR(random_state=0).fit(x[:80], y[:80]).score(x[80:], y[80:]) > 0.97


@each(
    ("y", "message"),
    [
        (["a"] * 40, "'a', which is not a number"),
        (np.where(np.arange(40) == 3, np.nan, Y), "y contains NaN"),
        (Y[:7], r"inconsistent numbers of samples: \[40, 7\]"),
    ],
    ids=["text", "nan", "length"],
)
def test_targets_that_do_not_fit(y, message):
    with pytest.raises(ValueError, match=message):
        vqr().fit(X, y)


@each(
    ("parameters", "message"),
    [
        ({"readout": "parity"}, "regression does not have; use readout='pauli'"),
        ({"readout": ["XX", "ZZ"]}, "holds 2 observables, the model has 1 outputs"),
        ({"loss": "log_loss"}, "'loss' parameter of VQR must be"),
    ],
    ids=str,
)
def test_parameters_that_do_not_fit(parameters, message):
    with pytest.raises(ValueError, match=message):
        vqr(**parameters).fit(X, Y)


def test_r2_counts_on_held_out_rows():
    model = vqr(optimizer="adam", early_stopping=True, validation_fraction=0.25, max_iter=100)
    model.fit(X, Y)
    assert len(model.validation_scores_) == model.n_iter_
    assert model.best_validation_score_ == max(model.validation_scores_) <= 1

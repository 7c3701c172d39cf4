"""The default model of VQC and VQR: trained affine angles, an affine readout, AdamW."""

import pickle
import warnings

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.base import clone
from sklearn.datasets import load_diabetes, make_moons, make_regression
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import GridSearchCV, KFold, cross_val_score

from skquantum import VQC, VQR
from skquantum.feature_maps import AffineFeatureMap, ReuploadingFeatureMap
from skquantum.optimizers import Adam, AdamW, Layerwise
from skquantum.variational import SOFTMAX, Loss, SupervisedObjective, resolve_loss
from skquantum.variational._losses import CLASSIFICATION_LOSSES

each = pytest.mark.parametrize

X, Y = make_moons(80, noise=0.15, random_state=1)


@each("encoding", ["full", "single"])
def test_the_gradient_is_the_derivative(encoding):
    model = VQC(n_qubits=2, encoding=encoding, max_iter=2, random_state=0).fit(X, Y)
    loss = resolve_loss("log_loss", CLASSIFICATION_LOSSES)
    inner = model._model
    objective = SupervisedObjective(
        inner,
        model.feature_map_.inputs(X),
        np.eye(2)[Y],
        lambda outputs, targets: loss(outputs, targets, SOFTMAX),
        sample_weight=np.random.default_rng(0).uniform(size=80),
        alpha=0.3,
        n_jobs=None,
        random_state=np.random.RandomState(0),
    )
    vector = np.random.default_rng(1).normal(size=inner.n_parameters)
    value, gradient = objective.value_and_gradient(vector)
    assert value == pytest.approx(objective.value(vector), rel=1e-12)
    for k, step in enumerate(1e-5 * np.eye(len(vector))):
        slope = (objective.value(vector + step) - objective.value(vector - step)) / 2e-5
        assert_allclose(gradient[k], slope, rtol=0, atol=1e-8)
    sizes = {name: len(numbers) for name, numbers in objective.groups.items()}
    assert sum(sizes.values()) == len(vector)
    assert sizes["readout"] == 2 * 3 + 1
    assert sizes["scaling"] == 0
    per_angle = 2 if encoding == "full" else 1
    assert sizes["encoding"] == per_angle * sizes["angles"]


def test_moons_are_learned_whatever_the_units():
    model = VQC(random_state=0).fit(X, Y)
    assert model.score(X, Y) > 0.9
    units = VQC(random_state=0).fit(X * [1e-3, 1e4] + [5.0, -1e3], Y)
    assert_allclose(
        units.predict_proba(X * [1e-3, 1e4] + [5.0, -1e3]), model.predict_proba(X), atol=1e-6
    )
    assert isinstance(model.feature_map_, AffineFeatureMap)
    assert isinstance(model.optimizer_, AdamW)
    assert len(model.loss_curve_) == 100
    assert len(model.weights_) == model.feature_map_.n_weights_
    assert_array_equal(pickle.loads(pickle.dumps(model)).predict_proba(X), model.predict_proba(X))


def test_a_regression_that_used_to_be_stuck():
    data, target = make_regression(300, 10, n_informative=5, noise=20, random_state=11)
    *_, (train, test) = list(KFold(5, shuffle=True, random_state=0).split(data))
    with warnings.catch_warnings():
        warnings.simplefilter("error", ConvergenceWarning)
        model = VQR(random_state=0).fit(data[train], target[train])
    assert model.score(data[test], target[test]) > 0.9


def decayed(strength):
    return AdamW(weight_decay={"encoding": strength})


@each("loss", ["squared_error", "absolute_error"])
def test_noise_decays_the_weights_of_regressions(loss):
    """The decay of an epoch is 5 times the residual in front of it, up to 5."""

    def residual(model):
        if loss == "squared_error":
            return np.sqrt(model.loss_)
        return np.sqrt(np.pi / 2) * model.loss_  # of a normal distribution

    def require_decay(model, strength, y):
        fixed = pickle.loads(pickle.dumps(model)).set_params(optimizer=decayed(strength))
        assert_allclose(model.fit(X, y).weights_, fixed.fit(X, y).weights_, rtol=0, atol=1e-9)

    y = np.sin(2 * X[:, 0]) + 0.5 * np.random.default_rng(0).normal(size=80)
    still = VQR(loss=loss, max_iter=1, warm_start=True, learning_rate_init=1e-12, random_state=0)
    starts = [residual(clone(still).fit(X, sign * y)) for sign in (1, -1)]
    assert min(starts) < 1 < max(starts)
    for sign, start in zip((-1, 1), starts[::-1], strict=True):
        model = clone(still).set_params(learning_rate_init=None)
        require_decay(model, 5 * min(1.0, start), sign * y)
    while residual(model) > 0.8:
        model.fit(X, y)
    assert residual(model) > 0.4
    require_decay(model, 5 * residual(model), y)


class Quartic(Loss):
    def of_predictions(self, predictions, targets):
        difference = predictions - targets
        return (difference**4).mean(axis=1), 4 * difference**3 / difference.shape[1]


@each(
    "model",
    [VQC(max_iter=2), VQC(loss="squared_error", max_iter=2), VQR(loss=Quartic(), max_iter=2)],
)
def test_the_decay_is_fixed_where_residuals_are_not_known(model):
    model.set_params(random_state=0).fit(X, Y)
    fixed = clone(model).set_params(optimizer=decayed(1.5)).fit(X, Y)
    assert_array_equal(model.weights_, fixed.weights_)


def test_the_decay_is_low_without_noise():
    y = X[:, 0] - X[:, 1]
    model = VQR(max_iter=60, random_state=0).fit(X, y)
    assert model.loss_ < 0.01
    model.set_params(warm_start=True, max_iter=1)
    other = pickle.loads(pickle.dumps(model)).set_params(optimizer=decayed(1.5))
    assert_allclose(model.fit(X, y).weights_, other.fit(X, y).weights_, rtol=0, atol=1e-14)


def test_layerwise_training_knows_the_residuals():
    y = np.sin(2 * X[:, 0])
    plain, layerwise = (
        VQR(optimizer=optimizer, max_iter=3, random_state=0).fit(X, y)
        for optimizer in ("adamw", Layerwise("adamw", n_stages=1))
    )
    assert_array_equal(layerwise.weights_, plain.weights_)


@pytest.mark.slow
def test_noisy_targets_are_not_learned_by_heart():
    folds = KFold(5, shuffle=True, random_state=0)
    scores = cross_val_score(VQR(random_state=0), *load_diabetes(return_X_y=True), cv=folds)
    fixed = VQR(optimizer=decayed(1.5), random_state=0)
    assert scores.mean() > 0.45
    before = cross_val_score(fixed, *load_diabetes(return_X_y=True), cv=folds)
    assert scores.mean() > before.mean() + 0.02


def test_a_stuck_training_is_told():
    constant = np.zeros((40, 2))
    with pytest.warns(ConvergenceWarning, match="hardly anything was learned"):
        VQC(max_iter=25, random_state=0).fit(constant, np.arange(40) % 2)
    with pytest.warns(ConvergenceWarning, match="hardly anything was learned"):
        VQR(max_iter=25, random_state=0).fit(constant, np.arange(40.0))


def test_the_last_weights_are_kept_unless_rows_validate():
    seen = []
    model = VQC(max_iter=6, random_state=0, callback=lambda *seen_by: seen.append(seen_by[2]))
    model.fit(X, Y)
    assert_array_equal(model.weights_, seen[-1])
    seen.clear()
    early = clone(model).set_params(early_stopping=True).fit(X, Y)
    best = int(np.argmax(early.validation_scores_))
    assert_array_equal(early.weights_, seen[best])


def test_partial_fit_takes_constant_steps():
    model = VQC(random_state=0)
    for _ in range(30):
        model.partial_fit(X, Y, classes=[0, 1])
    assert model.score(X, Y) > 0.8
    steady = VQC(random_state=0, optimizer=Adam(weight_decay={"encoding": 1.5}))
    steady.set_params(learning_rate_init=0.02, batch_size=40)
    for _ in range(30):
        steady.partial_fit(X, Y, classes=[0, 1])
    assert_allclose(steady.weights_, model.weights_, rtol=0, atol=1e-12)


def test_encoding_belongs_to_the_default_circuit():
    assert VQC(encoding="single", max_iter=1).fit(X, Y).feature_map_.encoding == "single"
    assert VQC(max_iter=1).fit(X, Y).feature_map_.encoding == "full"
    for given in ({"feature_map": "zz"}, {"ansatz": "real_amplitudes"}):
        with pytest.raises(ValueError, match="encoding='full' is for the default circuit"):
            VQC(encoding="full", **given).fit(X, Y)
    model = VQC().set_params(feature_map__layers=1, feature_map__encoding="single", max_iter=1)
    assert model.fit(X, Y).circuit_.num_parameters == 18


def test_parts_that_are_given_replace_parts_of_the_default():
    model = VQC(ansatz="real_amplitudes", max_iter=1, random_state=0).fit(X, Y)
    assert isinstance(model.feature_map_, ReuploadingFeatureMap)
    appended = VQC(AffineFeatureMap(2, layers=1), "real_amplitudes", max_iter=1).fit(X, Y)
    n_inside = len(appended.weights_) - appended.feature_map_.n_weights_
    assert n_inside == 8
    wide = VQC(max_iter=1, random_state=0).fit(X, np.arange(80) % 5)
    assert wide.circuit_.num_qubits == 7
    assert VQC(n_qubits=3, max_iter=1).fit(X, Y).circuit_.num_qubits == 3


def test_grids_reach_into_the_default():
    grid = {"feature_map__layers": [1, 2], "optimizer__weight_decay": [None, {"encoding": 2.0}]}
    search = GridSearchCV(VQC(max_iter=2, random_state=0), grid, cv=2).fit(X, Y)
    assert np.isfinite(search.cv_results_["mean_test_score"]).all()


def test_warm_start_goes_on():
    model = VQC(max_iter=5, warm_start=True, random_state=0).fit(X, Y)
    before = model.weights_.copy()
    model.fit(X, Y)
    assert len(model.loss_curve_) == 10
    assert np.abs(model.weights_ - before).max() > 0

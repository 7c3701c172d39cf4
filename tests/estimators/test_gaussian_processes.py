"""Gaussian processes against scikit-learn's, on kernels whose closed form is known."""

import pickle
import warnings
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
import scipy
from numpy.testing import assert_allclose, assert_array_equal
from oracles import angle_kernel
from scipy.sparse import csr_array
from sklearn import config_context
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.gaussian_process import GaussianProcessClassifier, GaussianProcessRegressor
from sklearn.gaussian_process.kernels import (
    RBF,
    CompoundKernel,
    ConstantKernel,
    ExpSineSquared,
    WhiteKernel,
)
from sklearn.gaussian_process.kernels import Kernel as GaussianProcessKernel
from sklearn.model_selection import GridSearchCV, cross_val_predict
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skquantum import QGaussianProcessClassifier, QGaussianProcessRegressor
from skquantum.engines import AerEngine
from skquantum.exceptions import InsufficientMemoryError
from skquantum.feature_maps import AngleFeatureMap
from skquantum.kernels import FidelityKernel, Kernel, ProjectedKernel

each = pytest.mark.parametrize
# variances and noise of so few rows end at bounds
pytestmark = pytest.mark.filterwarnings("ignore:The optimal value found for dimension")
each_class = each("cls", [QGaussianProcessRegressor, QGaussianProcessClassifier])
rng = np.random.default_rng(0)
X, NEW = rng.uniform(-1, 1, (24, 2)), rng.uniform(-1, 1, (7, 2))
Y = np.sin(2 * X[:, 0]) + X[:, 1] ** 2 + rng.normal(0, 0.1, 24)
TWO, THREE = (Y > 0.3).astype(int), np.digitize(Y, [0.0, 0.7])
ANGLE = FidelityKernel("angle", engine="compiled")
CLOSE = {"rtol": 1e-8, "atol": 1e-8}


class Angle(GaussianProcessKernel):
    """The closed form of the kernel of angles, as scikit-learn writes kernels."""

    def __init__(self):  # which scikit-learn reads
        super().__init__()

    def __call__(self, X, Y=None, eval_gradient=False):
        K = angle_kernel(X, X if Y is None else Y)
        return (K, np.empty((*K.shape, 0))) if eval_gradient else K

    def diag(self, X):
        return np.ones(len(X))

    def is_stationary(self):
        return True


class Stretched(Kernel):
    """A Gaussian of stretched rows, as a quantum kernel with something to tune would be."""

    hyperparameters = RBF().hyperparameters
    bounds = np.log([[1e-1, 1e1]])
    n_dims = 1

    def __init__(self, length_scale=1.0):
        self.length_scale = length_scale

    @property
    def theta(self):
        return np.log([self.length_scale])

    @theta.setter
    def theta(self, theta):
        self.length_scale = np.exp(theta[0])

    def fit(self, X, y=None, sample_weight=None):
        return self

    def encode(self, X, *, n_jobs=None, verbose=False):
        encoded.append(len(X))
        return Rows(X / self.length_scale)

    def gram(self, A, B=None):
        return RBF()(A.rows, None if B is None else B.rows)

    def diag(self, X):
        return np.ones(len(X))

    def __call__(self, X, Y=None, eval_gradient=False):
        return RBF(self.length_scale)(X, Y, eval_gradient)


class Rows:
    def __init__(self, rows):
        self.rows = rows

    def __len__(self):
        return len(self.rows)

    def take(self, rows):
        return Rows(self.rows[rows])


encoded = []


CONSTANT, WHITE = ConstantKernel(0.7, (1e-3, 1e3)), WhiteKernel(0.2, (1e-3, 1e3))
# What is made of a quantum kernel, or of its closed form.
MADE = {
    "alone": lambda k: k,
    "variance and noise": lambda k: CONSTANT * k + WHITE,
    "with features": lambda k: k * RBF(0.8, (0.1, 1e3)) + WHITE,
    "a power": lambda k: CONSTANT * k**2 + WHITE,
    "twice": lambda k: CONSTANT * k + k * ConstantKernel(0.3, "fixed") + WHITE,
}
SETTINGS = {
    "tuned": {"alpha": 1e-3},
    "as it is": {"alpha": 1e-2, "optimizer": None},
    "normalised": {"alpha": 1e-3, "normalize_y": True},
    "restarted": {"alpha": 1e-3, "n_restarts_optimizer": 2, "random_state": 0},
    "noise of each row": {"alpha": np.linspace(1e-3, 1e-2, 24)},
}
each_made = each("make", MADE.values(), ids=MADE)


def regressors(make, y=Y, **settings):
    ours = QGaussianProcessRegressor(make(ANGLE), **settings).fit(X, y)
    return ours, GaussianProcessRegressor(make(Angle()), **settings).fit(X, y)


def assert_same_regression(ours, theirs):
    assert_allclose(ours.kernel_.theta, theirs.kernel_.theta, rtol=1e-4, atol=1e-4)
    assert_allclose(ours.predict(NEW), theirs.predict(NEW), **CLOSE)
    for how in ("return_std", "return_cov"):
        found, expected = (model.predict(NEW, **{how: True}) for model in (ours, theirs))
        assert_allclose(found[0], expected[0], **CLOSE)
        assert_allclose(found[1], expected[1], **CLOSE)
    assert_allclose(ours.sample_y(NEW, 3), theirs.sample_y(NEW, 3), rtol=1e-5, atol=1e-5)
    for name in ("X_train_", "y_train_", "L_", "alpha_", "log_marginal_likelihood_value_"):
        assert_allclose(getattr(ours, name), getattr(theirs, name), rtol=1e-6, atol=1e-6)
    assert ours.log_marginal_likelihood() == ours.log_marginal_likelihood_value_
    theta = theirs.kernel_.theta + 0.3
    assert_allclose(
        ours.log_marginal_likelihood(theta), theirs.log_marginal_likelihood(theta), **CLOSE
    )
    found, expected = (m.log_marginal_likelihood(theta, eval_gradient=True) for m in (ours, theirs))
    assert_allclose(found[0], expected[0], **CLOSE)
    assert_allclose(found[1], expected[1], rtol=1e-7, atol=1e-7)


@each("settings", SETTINGS.values(), ids=SETTINGS)
@each_made
def test_regression_equals_scikit_learn(make, settings):
    assert_same_regression(*regressors(make, **settings))


@each("n_targets", [None, 2])
@each("normalize_y", [False, True])
def test_several_targets(normalize_y, n_targets):
    y = np.column_stack([Y, 3 * np.cos(X[:, 1]) + 5])
    settings = {"normalize_y": normalize_y, "n_targets": n_targets}
    ours, theirs = regressors(MADE["variance and noise"], y, **settings)
    assert_same_regression(ours, theirs)
    assert ours.predict(NEW, return_cov=True)[1].shape == (7, 7, 2)


@each("y", [TWO, THREE, np.array(["b", "a", "c"])[THREE]], ids=["two", "three", "text"])
@each("multi_class", ["one_vs_rest", "one_vs_one"])
@each_made
def test_classification_equals_scikit_learn(make, multi_class, y):
    settings = {"multi_class": multi_class, "max_iter_predict": 50}
    ours = QGaussianProcessClassifier(make(ANGLE), **settings).fit(X, y)
    theirs = GaussianProcessClassifier(make(Angle()), **settings).fit(X, y)
    assert_array_equal(ours.classes_, theirs.classes_)
    assert ours.n_classes_ == theirs.n_classes_
    assert_array_equal(ours.predict(NEW), theirs.predict(NEW))
    assert_allclose(ours.kernel_.theta, theirs.kernel_.theta, rtol=1e-3, atol=1e-3)
    assert ours.log_marginal_likelihood() == pytest.approx(theirs.log_marginal_likelihood())
    theta = make(Angle()).theta + 0.2
    assert_allclose(
        ours.log_marginal_likelihood(theta), theirs.log_marginal_likelihood(theta), **CLOSE
    )
    if multi_class == "one_vs_rest" or y is TWO:
        # the evidence is flat where it is largest, and hyperparameters as close as that allows
        assert_allclose(ours.predict_proba(NEW), theirs.predict_proba(NEW), atol=1e-5)
    else:
        with pytest.raises(ValueError, match="one_vs_one multi-class mode does not support"):
            ours.predict_proba(NEW)
    if y is TWO:
        found, expected = (m.log_marginal_likelihood(theta, True) for m in (ours, theirs))
        assert_allclose(found[1], expected[1], rtol=1e-6, atol=1e-7)
    else:
        with pytest.raises(ValueError, match="only supported for binary classification"):
            ours.latent_mean_and_variance(NEW)


@each_made
def test_latent_function_equals_scikit_learn(make):
    ours = QGaussianProcessClassifier(make(ANGLE), optimizer=None).fit(X, TWO)
    theirs = GaussianProcessClassifier(make(Angle()), optimizer=None).fit(X, TWO)
    for method in ("latent_mean_and_variance", "predict_proba"):
        found, expected = (getattr(model, method)(NEW) for model in (ours, theirs))
        assert_allclose(found, expected, **CLOSE)


def test_one_feature_is_a_periodic_kernel_in_its_limit():
    """For one angle cos(d / 2)**2 is (1 + cos d) / 2; periodic kernels of wide scales come to it.

    ``exp(-2 sin(d / 2)**2 / l**2)`` is ``1 - 2 sin(d / 2)**2 / l**2`` for large l, and so is
    ``1 - 2 / l**2 + (2 / l**2) cos(d / 2)**2``.
    """
    scale, rows = 1e3, X[:, :1]
    small = 2 / scale**2
    kernel = ConstantKernel(1 - small) + ConstantKernel(small) * ANGLE
    periodic = ExpSineSquared(scale, 2 * np.pi)
    settings = {"alpha": 0.1, "optimizer": None}
    ours = QGaussianProcessRegressor(kernel, **settings).fit(rows, Y)
    theirs = GaussianProcessRegressor(periodic, **settings).fit(rows, Y)
    assert_allclose(ours.predict(NEW[:, :1]), theirs.predict(NEW[:, :1]), rtol=1e-8)


# --- What is simulated ---------------------------------------------------------------------------


@pytest.fixture
def simulated(monkeypatch):
    """Rows and workers of every call of the engine."""
    calls = SimpleNamespace(rows=[], n_jobs=[])
    encode = FidelityKernel._encode

    def counting(self, rows, *, n_jobs, verbose):
        calls.rows.append(len(rows))
        calls.n_jobs.append(n_jobs)
        return encode(self, rows, n_jobs=n_jobs, verbose=verbose)

    monkeypatch.setattr(FidelityKernel, "_encode", counting)
    return calls


def test_regression_simulates_every_row_once(simulated):
    kernel = MADE["variance and noise"](ANGLE)
    model = QGaussianProcessRegressor(kernel, n_restarts_optimizer=3, random_state=0).fit(X, Y)
    assert simulated.rows == [24]
    model.log_marginal_likelihood(model.kernel_.theta + 0.1, eval_gradient=True)
    assert simulated.rows == [24]
    for ask in (
        model.predict,
        lambda rows: model.predict(rows, return_std=True),
        lambda rows: model.predict(rows, return_cov=True),
        model.sample_y,
    ):
        simulated.rows.clear()
        ask(NEW)
        assert simulated.rows == [7]


@each("multi_class", ["one_vs_rest", "one_vs_one"])
def test_classification_simulates_every_row_once(simulated, multi_class):
    model = QGaussianProcessClassifier(ANGLE * CONSTANT, multi_class=multi_class).fit(X, THREE)
    assert simulated.rows == [24]
    simulated.rows.clear()
    model.predict(NEW)
    assert simulated.rows == [7]
    if multi_class == "one_vs_rest":
        simulated.rows.clear()
        model.predict_proba(NEW)
        assert simulated.rows == [7]


@each_class
def test_workers_reach_the_simulation(simulated, cls):
    model = cls(ANGLE + WHITE, optimizer=None, n_jobs=2).fit(X, TWO)
    model.set_params(n_jobs=None).predict(NEW)
    assert simulated.n_jobs == [2, None]


@pytest.mark.slow  # workers import Qiskit
@each("kernel", [CONSTANT * ANGLE, CONSTANT * Stretched()], ids=["fixed", "tuned"])
def test_workers_train_several_classes(kernel):
    """Processes come back from workers, and share again what has been computed once."""
    one, two = (
        QGaussianProcessClassifier(kernel, n_jobs=n_jobs).fit(X, THREE) for n_jobs in (None, 2)
    )
    assert_array_equal(one.predict_proba(NEW), two.predict_proba(NEW))
    first, *others = two.kernel_.kernels
    tuned = isinstance(kernel.k2, Stretched)
    assert all((other.k2 is first.k2) != tuned for other in others)


@each("how", [{}, {"return_std": True}])
def test_batches_are_the_whole(how):
    model = QGaussianProcessRegressor(MADE["variance and noise"](ANGLE)).fit(X, Y)
    rows = np.random.default_rng(1).uniform(-1, 1, (5000, 2))
    whole = model.predict(rows, **how)
    with config_context(working_memory=0.1):
        assert_allclose(model.predict(rows, **how), whole, rtol=1e-12, atol=1e-12)


def test_threads_predict_at_the_same_time():
    model = QGaussianProcessRegressor(MADE["variance and noise"](ANGLE)).fit(X, Y)
    blocks = np.random.default_rng(1).uniform(-1, 1, (40, 50, 2))
    one_by_one = [model.predict(rows, return_std=True) for rows in blocks]
    with ThreadPoolExecutor(4) as pool:
        together = list(pool.map(lambda rows: model.predict(rows, return_std=True), blocks))
    assert_array_equal(together, one_by_one)


def test_errors_name_rows_of_all_batches():
    model = QGaussianProcessRegressor("amplitude", alpha=0.1).fit(X, Y)
    with config_context(working_memory=1e-6), pytest.raises(ValueError, match=r"\b5\b"):
        model.predict(np.where(np.arange(7)[:, None] == 5, 0.0, NEW))


def test_many_new_rows_are_refused_together(simulated):
    model = QGaussianProcessRegressor(ANGLE, alpha=0.1).fit(X, Y)
    simulated.rows.clear()
    rows = np.zeros((400_000, 2))
    for ask in (lambda: model.predict(rows, return_cov=True), lambda: model.sample_y(rows)):
        with pytest.raises(InsufficientMemoryError, match="400000 x 400000"):
            ask()
    assert simulated.rows == []


@each_class
def test_many_training_rows_are_refused(simulated, cls):
    rows = np.zeros((400_000, 2))
    with pytest.raises(InsufficientMemoryError, match="400000 x 400000"):
        cls(ANGLE).fit(rows, np.arange(400_000) % 2)
    assert simulated.rows == []


# --- Quantum kernels with hyperparameters --------------------------------------------------------


@each("settings", SETTINGS.values(), ids=SETTINGS)
def test_hyperparameters_of_a_quantum_kernel_are_tuned(settings):
    encoded.clear()
    ours = QGaussianProcessRegressor(MADE["variance and noise"](Stretched()), **settings)
    theirs = GaussianProcessRegressor(MADE["variance and noise"](RBF(1.0, (1e-1, 1e1))), **settings)
    assert_same_regression(ours.fit(X, Y), theirs.fit(X, Y))
    assert ours.kernel.k1.k2.length_scale == 1.0  # the user's is left alone
    tuned = settings.get("optimizer", "fmin_l_bfgs_b") is not None
    assert (ours.kernel_.k1.k2.length_scale != 1.0) == tuned


def test_unchanged_hyperparameters_cost_nothing():
    encoded.clear()
    model = QGaussianProcessRegressor(Stretched() + WHITE).fit(X, Y)
    assert encoded == [24, 24]  # before and after
    model.predict(NEW, return_std=True)
    assert encoded == [24, 24, 7]


@each("y", [TWO, THREE], ids=["two", "three"])
@each("multi_class", ["one_vs_rest", "one_vs_one"])
def test_every_class_has_hyperparameters_of_its_own(y, multi_class):
    settings = {"multi_class": multi_class}
    ours = QGaussianProcessClassifier(CONSTANT * Stretched(), **settings).fit(X, y)
    theirs = GaussianProcessClassifier(CONSTANT * RBF(1.0, (1e-1, 1e1)), **settings).fit(X, y)
    assert_allclose(ours.kernel_.theta, theirs.kernel_.theta, rtol=1e-2, atol=1e-2)
    assert_array_equal(ours.predict(NEW), theirs.predict(NEW))
    if multi_class == "one_vs_rest":
        assert_allclose(ours.predict_proba(NEW), theirs.predict_proba(NEW), atol=1e-4)
    if y is THREE:
        assert len(set(ours.kernel_.theta[1::2])) == 3


# --- Kernels -------------------------------------------------------------------------------------


def test_default_kernels():
    noise, variance = WhiteKernel(), ConstantKernel()
    regressor, classifier = QGaussianProcessRegressor(), QGaussianProcessClassifier()
    for model, kernel in [
        (regressor, variance * FidelityKernel() + noise),
        (classifier, variance * FidelityKernel()),
    ]:
        y = Y if model is regressor else TWO
        same = clone(model).set_params(kernel=kernel).fit(X, y)
        assert_array_equal(model.fit(X, y).predict(NEW), same.predict(NEW))
        assert not np.allclose(model.kernel_.theta, kernel.theta)


KERNELS = {
    "name": "angle",
    "object": ANGLE,
    "function": angle_kernel,
    "sum": 0.5 * ANGLE + 0.5 * FidelityKernel("angle"),
    "closed form": Angle(),
}


@each("kernel", KERNELS.values(), ids=KERNELS)
def test_forms_of_a_kernel(kernel):
    settings = {"alpha": 0.1, "kernel": kernel}
    model = QGaussianProcessRegressor(**settings).fit(X, Y)
    theirs = GaussianProcessRegressor(Angle(), alpha=0.1).fit(X, Y)
    for how in ("return_std", "return_cov"):
        found, expected = model.predict(NEW, **{how: True}), theirs.predict(NEW, **{how: True})
        assert_allclose(found[1], expected[1], **CLOSE)
    classifier = QGaussianProcessClassifier(kernel).fit(X, TWO)
    theirs = GaussianProcessClassifier(Angle()).fit(X, TWO)
    assert_allclose(classifier.predict_proba(NEW), theirs.predict_proba(NEW), **CLOSE)


@each(
    "kernel",
    ["projected", ProjectedKernel("angle", outer="linear"), FidelityKernel("zz")],
    ids=["gauss", "linear", "zz"],
)
def test_posterior_of_other_kernels(kernel):
    model = QGaussianProcessRegressor(kernel, alpha=0.1).fit(X, Y)
    K, K_new = model.kernel_(X) + 0.1 * np.eye(24), model.kernel_(NEW, X)
    mean, std = model.predict(NEW, return_std=True)
    assert_allclose(mean, K_new @ np.linalg.solve(K, Y), **CLOSE)
    covariance = model.kernel_(NEW) - K_new @ np.linalg.solve(K, K_new.T)
    assert_allclose(model.predict(NEW, return_cov=True)[1], covariance, **CLOSE)
    assert_allclose(std**2, np.diag(covariance), **CLOSE)


class Halved(GaussianProcessKernel):
    """A kernel of a user's, which changes the rows before it hands them on."""

    def __init__(self, kernel):
        self.kernel = kernel

    def __call__(self, X, Y=None, eval_gradient=False):
        return self.kernel(X / 2, None if Y is None else Y / 2, eval_gradient)

    def diag(self, X):
        return self.kernel.diag(X / 2)

    def is_stationary(self):
        return True


def test_kernels_that_change_rows():
    ours = QGaussianProcessRegressor(Halved(ANGLE) + WHITE).fit(X, Y)
    theirs = GaussianProcessRegressor(Halved(Angle()) + WHITE).fit(X, Y)
    assert_same_regression(ours, theirs)


def test_kernel_learns_from_the_training_rows():
    """Bandwidth "scale" is that of the rows in fit; so are names of features."""
    frame = pd.DataFrame(X, columns=["b", "a"])
    model = QGaussianProcessRegressor(random_state=0).fit(frame, Y)
    scaled = clone(model).fit(frame * 1000, Y)
    new = pd.DataFrame(NEW, columns=["b", "a"])
    assert_allclose(model.predict(new), scaled.predict(new * 1000), rtol=1e-6, atol=1e-7)
    assert list(model.feature_names_in_) == ["b", "a"]
    with pytest.raises(ValueError, match="feature names"):
        model.predict(new[["a", "b"]])


@each_class
def test_engine_is_exchanged_after_fit(cls, simulated):
    y = TWO if cls is QGaussianProcessClassifier else Y
    model = cls(ConstantKernel() * FidelityKernel("angle"), optimizer=None)
    if cls is QGaussianProcessRegressor:
        model.set_params(alpha=0.1)
    model.fit(X, y)
    before = model.predict(NEW)
    simulated.rows.clear()
    model.kernel_.set_params(k2__engine=AerEngine(precision="single"))
    assert_allclose(model.predict(NEW), before, atol=1e-3)
    assert sorted(simulated.rows) == [7, 24]
    model.kernel_.k2.set_params(feature_map="zz")
    with pytest.raises(ValueError, match="fit the estimator again"):
        model.predict(NEW)


def test_prior_before_fit():
    kernel = MADE["variance and noise"](ANGLE)
    for n_targets in (None, 3):
        ours = QGaussianProcessRegressor(kernel, n_targets=n_targets)
        theirs = GaussianProcessRegressor(MADE["variance and noise"](Angle()), n_targets=n_targets)
        for how in ({}, {"return_std": True}, {"return_cov": True}):
            found, expected = ours.predict(NEW, **how), theirs.predict(NEW, **how)
            for a, b in zip(found, expected, strict=True):  # rows, or mean and spread
                assert_allclose(a, b, **CLOSE)
        assert_allclose(ours.sample_y(NEW, 2), theirs.sample_y(NEW, 2), rtol=1e-6, atol=1e-6)
    assert not hasattr(ours, "kernel_")


# --- Shots and noise -----------------------------------------------------------------------------

SHOTS = FidelityKernel("angle", engine=AerEngine(shots=50), random_state=0)
FEW = X[:, :1]


def test_a_matrix_that_is_not_positive_has_a_remedy():
    with pytest.raises(np.linalg.LinAlgError, match=r"smallest eigenvalue .* is -0\.\d+; use a"):
        QGaussianProcessRegressor(SHOTS).fit(FEW, Y)
    for kernel, settings in [
        (SHOTS + WhiteKernel(), {}),
        (SHOTS, {"alpha": 1.0}),
        (clone(SHOTS).set_params(repair="clip"), {"alpha": 0.1}),
    ]:
        model = QGaussianProcessRegressor(kernel, **settings).fit(FEW, Y)
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", "Predicted variances smaller than 0")
            mean, std = model.predict(NEW[:, :1], return_std=True)
        assert np.isfinite(mean).all()
        assert np.isfinite(std).all()


def test_repair_reaches_predictions():
    """With the projector of the repair, means are those of the repaired matrix."""
    kernel = clone(SHOTS).set_params(repair="clip")
    model = QGaussianProcessRegressor(kernel, alpha=0.1).fit(FEW, Y)
    batch, K = clone(kernel).fit_gram(FEW)
    fitted = clone(kernel).fit(FEW)
    expected = fitted.gram(fitted.encode(NEW[:, :1]), batch)
    expected = expected @ np.linalg.solve(K + 0.1 * np.eye(24), Y)
    assert_allclose(model.predict(NEW[:, :1]), expected, **CLOSE)
    assert_allclose(model.predict(FEW), K @ np.linalg.solve(K + 0.1 * np.eye(24), Y), **CLOSE)


def test_classes_where_a_matrix_is_not_positive():
    with pytest.raises(np.linalg.LinAlgError, match=r"smallest eigenvalue .* is -[\d.e+]+; add"):
        QGaussianProcessClassifier(1e3 * SHOTS, optimizer=None).fit(FEW, TWO)
    repaired = ConstantKernel(1e4, "fixed") * clone(SHOTS).set_params(repair="clip")
    model = QGaussianProcessClassifier(repaired).fit(FEW, TWO)
    rows = np.linspace(-3, 3, 200)[:, None]
    with np.errstate(invalid="ignore"):
        _, variance = model.latent_mean_and_variance(rows)
        assert variance.min() < 0
        with pytest.raises(ValueError, match="The variance of the latent function is negative"):
            model.predict_proba(rows)


@each_class
def test_seeds(cls):
    y = TWO if cls is QGaussianProcessClassifier else Y
    kernel = ConstantKernel() * FidelityKernel("angle", engine=AerEngine(shots=50)) + WhiteKernel()
    one, same, other = (
        cls(kernel, random_state=seed, optimizer=None).fit(X, y) for seed in (0, 0, 1)
    )
    found = [model.log_marginal_likelihood() for model in (one, same, other)]
    assert found[0] == found[1] != found[2]
    assert_array_equal(one.predict(NEW), same.predict(NEW))
    assert kernel.k1.k2.random_state is None


# --- In scikit-learn -----------------------------------------------------------------------------


@each_class
def test_in_pipelines_and_searches(cls):
    y = TWO if cls is QGaussianProcessClassifier else Y
    name = cls.__name__.lower()
    model = make_pipeline(StandardScaler(), cls(MADE["variance and noise"](ANGLE)))
    grid = {
        f"{name}__kernel__k1__k2__feature_map": [AngleFeatureMap(), "zz"],
        f"{name}__kernel__k2__noise_level": [0.01, 0.1],
    }
    search = GridSearchCV(model, grid, cv=2, error_score="raise").fit(X, y)
    assert search.best_score_ > 0.6
    best = search.best_estimator_
    assert_array_equal(pickle.loads(pickle.dumps(best)).predict(NEW), best.predict(NEW))
    default = {f"{name}__kernel__feature_map__reps": [1, 2]}
    model.set_params(**{f"{name}__kernel": "zz"})
    GridSearchCV(model, default, cv=2, error_score="raise").fit(X, TWO)
    model.set_params(**{f"{name}__kernel": None})
    path = "k1__k2" if cls is QGaussianProcessRegressor else "k2"
    model.set_params(**{f"{name}__kernel__{path}__feature_map__n_qubits": 3})
    assert model.fit(X, y)[-1].predict(NEW).shape == (7,)


def test_what_predict_takes_is_routed():
    model = QGaussianProcessRegressor(ANGLE, alpha=0.1)
    with config_context(enable_metadata_routing=True):
        pipeline = make_pipeline(StandardScaler(), model.set_predict_request(return_std=True))
        mean, std = pipeline.fit(X, Y).predict(NEW, return_std=True)
    assert mean.shape == std.shape == (7,)
    expected = make_pipeline(StandardScaler(), clone(model)).fit(X, Y)
    assert_array_equal(expected.predict(NEW, return_std=True)[1], std)
    assert cross_val_predict(expected, X, Y, cv=2).shape == (24,)


@each_class
def test_copies_of_training_rows(cls):
    for copy in (True, False):
        rows, y = X.copy(), TWO.astype(float)
        model = cls(ConstantKernel() * RBF() * ANGLE + WHITE, copy_X_train=copy).fit(rows, y)
        before = model.predict(NEW)
        kept = (
            model.X_train_ if cls is QGaussianProcessRegressor else model.base_estimator_.X_train_
        )
        assert np.shares_memory(kept, rows) != copy
        if copy:
            rows[:], y[:] = 5, 7
            assert_array_equal(model.predict(NEW), before)


def test_newton_steps_and_warm_starts(monkeypatch):
    """The mode of the posterior is found in so many steps, and from the one before in fewer."""
    few, many = (
        QGaussianProcessClassifier(100 * ANGLE, max_iter_predict=n).fit(X, TWO) for n in (1, 100)
    )
    assert np.abs(few.predict_proba(NEW) - many.predict_proba(NEW)).max() > 1e-3
    steps = []
    factor = scipy.linalg.cholesky
    monkeypatch.setattr(
        "sklearn.gaussian_process._gpc.cholesky",
        lambda *args, **options: steps.append(1) or factor(*args, **options),
    )
    counts = []
    for warm_start in (False, True):
        steps.clear()
        QGaussianProcessClassifier(CONSTANT * ANGLE, warm_start=warm_start).fit(X, TWO)
        counts.append(len(steps))
    assert counts[1] < counts[0]


def test_optimizers():
    calls = []

    def minimize(function, initial, bounds):
        calls.append((initial, bounds, function(initial)))
        return initial, function(initial, eval_gradient=False)

    kernel = MADE["variance and noise"](ANGLE)
    model = QGaussianProcessRegressor(kernel, optimizer=minimize).fit(X, Y)
    ((initial, bounds, (value, gradient)),) = calls
    assert_array_equal(initial, kernel.theta)
    assert_array_equal(bounds, kernel.bounds)
    assert value == -model.log_marginal_likelihood_value_
    assert gradient.shape == (2,)


def test_likelihood_without_clones_sets_the_kernel():
    for model in (
        QGaussianProcessRegressor(MADE["variance and noise"](ANGLE)).fit(X, Y),
        QGaussianProcessClassifier(MADE["variance and noise"](ANGLE)).fit(X, TWO),
    ):
        theta = model.kernel_.theta + 0.5
        model.log_marginal_likelihood(theta)
        assert not np.allclose(model.kernel_.theta, theta)
        model.log_marginal_likelihood(theta, clone_kernel=False)
        assert_allclose(model.kernel_.theta, theta)


@each_class
def test_progress_is_shown(cls, capsys):
    for verbose in (False, True):
        cls(FidelityKernel("zz") + WHITE, verbose=verbose, optimizer=None).fit(X, TWO)
        assert bool(capsys.readouterr().err) == verbose


@each_class
@each("stage", ["encode", "optimize"])
def test_an_interrupted_fit_changes_nothing(cls, stage, monkeypatch):
    def break_off(*_, **__):
        raise KeyboardInterrupt

    model = cls(MADE["variance and noise"](ANGLE)).fit(X, TWO)
    state, before = vars(model).copy(), model.predict(NEW)
    if stage == "encode":
        monkeypatch.setattr(FidelityKernel, "_encode", break_off)
    else:
        monkeypatch.setattr("scipy.optimize.minimize", break_off)
    with pytest.raises(KeyboardInterrupt):
        model.fit(X[:, :1], TWO)
    monkeypatch.undo()
    assert all(vars(model)[name] is value for name, value in state.items())
    assert_array_equal(model.predict(NEW), before)


# --- Edges ---------------------------------------------------------------------------------------


@pytest.mark.filterwarnings("ignore:lbfgs failed to converge")
def test_small_and_constant_data():
    model = QGaussianProcessRegressor().fit([[1.0, 2.0]], [3.0])
    assert model.predict([[1.0, 2.0]]).shape == (1,)
    constant = QGaussianProcessRegressor(normalize_y=True).fit(np.ones((5, 2)), np.full(5, 2.0))
    assert_allclose(constant.predict(NEW), 2.0)
    classifier = QGaussianProcessClassifier().fit(np.ones((4, 1)), [0, 1, 0, 1])
    assert_allclose(classifier.predict_proba(np.ones((1, 1))), 0.5, atol=1e-6)
    huge = QGaussianProcessRegressor("angle", alpha=0.1).fit(1e6 * X, Y)
    closed = GaussianProcessRegressor(Angle(), alpha=0.1).fit(1e6 * X, Y)
    assert_allclose(huge.predict(1e6 * NEW), closed.predict(1e6 * NEW), atol=1e-6)


def test_equal_rows():
    """Pairs of classes train on rows that are found again, equal ones one by one."""
    rows, y = np.repeat(X[:9], 2, axis=0), np.repeat([0, 1, 2], 6)
    settings = {"multi_class": "one_vs_one", "optimizer": None}
    kernels = FidelityKernel("angle", repair="shift"), Angle()
    ours = QGaussianProcessClassifier(kernels[0], **settings).fit(rows, y)
    theirs = GaussianProcessClassifier(kernels[1], **settings).fit(rows, y)
    found, expected = (model.log_marginal_likelihood() for model in (ours, theirs))
    assert found == pytest.approx(expected, abs=1e-6)


# --- Bad input -----------------------------------------------------------------------------------

REFUSED = {
    "precomputed": ({"kernel": "precomputed"}, ValueError, "variance of new rows"),
    "classical": ({"kernel": "rbf"}, ValueError, "'rbf' is a classical kernel"),
    "unknown": ({"kernel": "zzz"}, ValueError, "did you mean 'zz'"),
    "class": ({"kernel": FidelityKernel}, TypeError, "pass an instance"),
    "compound": (
        {"kernel": CompoundKernel([ANGLE, WHITE])},
        ValueError,
        "CompoundKernel of 2 kernels, .* pass one of them",
    ),
    "optimizer": ({"optimizer": "adam"}, ValueError, "'optimizer' parameter"),
    "restarts": ({"n_restarts_optimizer": -1}, ValueError, "'n_restarts_optimizer' parameter"),
    "workers": ({"n_jobs": 0}, ValueError, "'n_jobs' parameter"),
    "engine": ({"engine": "aer"}, TypeError, r"write QGau.*kernel=FidelityKernel\(engine=...\)"),
}
REFUSED_ROWS = {
    "sparse": (csr_array(X), TWO, TypeError, "dense data is required"),
    "missing": (np.where(X > 0.9, np.nan, X), TWO, ValueError, "contains NaN"),
    "none": (X[:0], TWO[:0], ValueError, "0 sample"),
    "one dimension": (X[:, 0], TWO, ValueError, "Expected 2D array"),
    "lengths": (X, TWO[:5], ValueError, "inconsistent numbers of samples"),
}


@each_class
@each(("settings", "error", "words"), REFUSED.values(), ids=REFUSED)
def test_settings_that_are_refused(cls, settings, error, words, simulated):
    with pytest.raises(error, match=words):
        cls(**settings).fit(X, TWO)
    assert simulated.rows == []


@each_class
@each(("rows", "y", "error", "words"), REFUSED_ROWS.values(), ids=REFUSED_ROWS)
def test_rows_that_are_refused(cls, rows, y, error, words, simulated):
    with pytest.raises(error, match=words):
        cls("angle").fit(rows, y)
    assert simulated.rows == []


@each(
    ("cls", "settings", "y", "words"),
    [
        (QGaussianProcessRegressor, {}, np.array(["a", "b"])[TWO], "use a classifier"),
        (QGaussianProcessRegressor, {"alpha": np.ones(3)}, Y, r"same number .* \(3 != 24\)"),
        (QGaussianProcessRegressor, {"alpha": -np.ones(24)}, Y, "not negative"),
        (QGaussianProcessRegressor, {"alpha": -1.0}, Y, "'alpha' parameter"),
        (QGaussianProcessRegressor, {"n_targets": 2}, Y, "Got 1 != 2"),
        (QGaussianProcessClassifier, {}, np.zeros(24), "y holds 1 class"),
        (QGaussianProcessClassifier, {}, Y, "Unknown label type: continuous"),
        (QGaussianProcessClassifier, {}, np.c_[TWO, TWO], "should be a 1d array"),
        (QGaussianProcessClassifier, {"multi_class": "ovr"}, TWO, "'multi_class' parameter"),
    ],
)
def test_targets_that_are_refused(cls, settings, y, words, simulated):
    with pytest.raises(ValueError, match=words):
        cls("angle", **settings).fit(X, y)
    assert simulated.rows == []


def test_predictions_that_are_refused():
    model = QGaussianProcessRegressor(ANGLE, alpha=0.1)
    for unfitted in (model, QGaussianProcessClassifier()):
        with pytest.raises(NotFittedError, match="not fitted yet"):
            unfitted.log_marginal_likelihood()
    with pytest.raises(NotFittedError, match="not fitted yet"):
        QGaussianProcessClassifier().predict(NEW)
    with pytest.raises(ValueError, match="resolved from training data: call fit"):
        QGaussianProcessRegressor().sample_y(NEW)
    model.fit(X, Y)
    with pytest.raises(RuntimeError, match="At most one of return_std or return_cov"):
        model.predict(NEW, return_std=True, return_cov=True)
    with pytest.raises(
        ValueError, match="1 features, but QGaussianProcessRegressor is expecting 2"
    ):
        model.predict(NEW[:, :1])
    with pytest.raises(ValueError, match="Gradient can only be evaluated for theta"):
        model.log_marginal_likelihood(eval_gradient=True)

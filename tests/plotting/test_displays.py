"""Displays of kernel matrices, spectra, bandwidths, landscapes and comparisons."""

import sys

import matplotlib as mpl
import numpy as np
import pytest
from matplotlib import pyplot
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.datasets import load_iris
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import hinge_loss, log_loss, mean_squared_error
from sklearn.model_selection import cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skquantum import QSVC, VQC, VQR
from skquantum.diagnostics import compare
from skquantum.kernels import FidelityKernel
from skquantum.metrics import task_model_alignment
from skquantum.optimizers import Objective
from skquantum.plotting import (
    BandwidthCurveDisplay,
    ComparisonDisplay,
    KernelMatrixDisplay,
    KernelSpectrumDisplay,
    LossLandscapeDisplay,
)

mpl.use("Agg")
each = pytest.mark.parametrize
X, Y = load_iris(return_X_y=True)
X, Y = X[::5], Y[::5]
KERNEL = FidelityKernel("angle", engine="compiled")
K = KERNEL.fit(X)(X)
pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")


@pytest.fixture(autouse=True)
def closed():
    yield
    pyplot.close("all")


@pytest.fixture(scope="module")
def trained():
    return VQC(n_qubits=2, optimizer="l-bfgs", max_iter=10, random_state=0).fit(X, Y)


class Bowl(Objective):
    """A quadratic, whose values in a plane are known."""

    def value(self, weights, rows=None):
        return float(weights @ weights)

    def value_and_gradient(self, weights, rows=None):
        return self.value(weights), 2 * weights


DRAWN = {
    "matrix": lambda **options: KernelMatrixDisplay.from_matrix(K, Y, **options),
    "matrix of an estimator": lambda **options: KernelMatrixDisplay.from_estimator(
        KERNEL, X, Y, **options
    ),
    "spectrum": lambda **options: KernelSpectrumDisplay.from_matrix(K, Y, **options),
    "spectrum of an estimator": lambda **options: KernelSpectrumDisplay.from_estimator(
        KERNEL, X, **options
    ),
    "bandwidths": lambda **options: BandwidthCurveDisplay.from_estimator(
        QSVC(kernel=KERNEL), X, Y, param_range=[0.5, 1.0], cv=2, **options
    ),
    "objective": lambda **options: LossLandscapeDisplay.from_objective(
        Bowl(), np.ones(3), n_points=3, **options
    ),
    "comparison": lambda **options: ComparisonDisplay.from_comparison(
        compare(LogisticRegression(), X, Y, {"same": LogisticRegression()}, cv=2), **options
    ),
    "comparison of an estimator": lambda **options: ComparisonDisplay.from_estimator(
        LogisticRegression(), X, Y, baselines={"same": LogisticRegression()}, cv=2, **options
    ),
}


@each("name", DRAWN)
def test_with_and_without_axes(name):
    display = DRAWN[name]()
    assert display.figure_ is pyplot.gcf()
    assert display.ax_.figure is display.figure_
    before = pyplot.get_fignums()
    ax = mpl.figure.Figure().subplots()
    display = DRAWN[name](ax=ax)
    assert display.ax_ is ax
    assert display.figure_ is ax.figure
    assert pyplot.get_fignums() == before
    again = mpl.figure.Figure().subplots()
    assert display.plot(again) is display
    assert display.ax_ is again


@each("name", [name for name in DRAWN if "comparison" not in name])
def test_matplotlib_is_needed(name, monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(ImportError, match=r"pip install skquantum\[plot\]"):
        DRAWN[name]()


def test_what_takes_long_is_not_started_without_matplotlib(monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(ImportError, match=r"pip install skquantum\[plot\]"):
        ComparisonDisplay.from_estimator(None, None, None)
    with pytest.raises(ImportError, match=r"pip install skquantum\[plot\]"):
        BandwidthCurveDisplay.from_estimator(None, None, None)


# --- Matrices ------------------------------------------------------------------------------------


def test_rows_are_sorted_by_their_targets():
    shuffled = np.random.default_rng(0).permutation(len(Y))
    display = KernelMatrixDisplay.from_matrix(
        K[np.ix_(shuffled, shuffled)], Y[shuffled], cmap="gray"
    )
    image = display.image_.get_array()
    sizes = np.bincount(Y)
    first = np.sort(image[: sizes[0], : sizes[0]].ravel())
    assert_array_equal(first, np.sort(K[np.ix_(Y == 0, Y == 0)].ravel()))
    assert len(display.lines_) == 4  # two borders, each across and down
    assert_allclose(display.lines_[0].get_ydata(), sizes[0] - 0.5)
    assert display.image_.get_cmap().name == "gray"
    assert display.colorbar_ is not None
    assert display.image_.get_clim() == (0, 1)


def test_matrices_without_classes():
    plain = KernelMatrixDisplay.from_matrix(K, colorbar=False)
    assert plain.lines_ == []
    assert plain.colorbar_ is None
    assert_array_equal(plain.image_.get_array(), K)
    numbers = X[:, 0] + 0.001
    sorted_ = KernelMatrixDisplay.from_matrix(K, numbers)
    order = np.argsort(numbers, kind="stable")
    assert_array_equal(sorted_.image_.get_array(), K[np.ix_(order, order)])
    assert sorted_.lines_ == []


def test_refusals_of_matrices():
    for K, y, message in (
        (np.ones((2, 3)), None, "pass the square matrix"),
        (np.eye(3), [0, 1], "inconsistent numbers of samples"),
        (np.eye(3), np.ones((3, 2)), "1d array"),
        (np.full((2, 2), np.nan), None, "NaN"),
    ):
        with pytest.raises(ValueError, match=message):
            KernelMatrixDisplay.from_matrix(K, y)
    assert len(KernelMatrixDisplay.from_matrix(np.eye(3), ["b", "a", "b"]).lines_) == 2


def test_pipelines_are_seen_through():
    model = make_pipeline(StandardScaler(), QSVC(kernel=KERNEL)).fit(X, Y)
    scaled = StandardScaler().fit_transform(X)
    found = KernelMatrixDisplay.from_estimator(model, X).image_.get_array()
    assert_allclose(found, KERNEL.fit(scaled)(scaled), atol=1e-12)
    with pytest.raises(NotFittedError):
        KernelSpectrumDisplay.from_estimator(QSVC(), X)


def test_spectrum():
    display = KernelSpectrumDisplay.from_matrix(K, Y, name="angle", color="red")
    values = np.linalg.eigvalsh(K)[::-1] / len(K)
    drawn = display.line_.get_ydata()
    seen = ~np.isnan(drawn)
    assert_allclose(drawn[seen], values[seen], rtol=1e-6)
    assert (values[~seen] < 1e-12).all()
    assert_allclose(display.power_line_.get_ydata(), task_model_alignment(K, Y))
    assert display.line_.get_color() == display.power_line_.get_color() == "red"
    assert display.ax_.get_yscale() == "log"
    assert display.ax_.get_legend().get_texts()[0].get_text() == "angle"
    plain = KernelSpectrumDisplay.from_matrix(K)
    assert plain.power_line_ is None
    assert plain.ax_.get_legend() is None
    named = KernelSpectrumDisplay([2.0, 1.0]).plot(name="two")
    assert named.ax_.get_legend().get_texts()[0].get_text() == "two"


# --- Bandwidths ----------------------------------------------------------------------------------


def test_bandwidths_are_multiples_of_scale():
    model = QSVC(kernel=KERNEL)
    display = BandwidthCurveDisplay.from_estimator(
        model, X, Y, param_range=[0.25, 4.0], cv=3, scoring="balanced_accuracy", n_jobs=1
    )
    for place, multiple in enumerate([0.25, 4.0]):
        model.set_params(kernel__feature_map__bandwidth=f"{multiple}*scale")
        wanted = cross_val_score(model, X, Y, cv=3, scoring="balanced_accuracy")
        assert_allclose(display.test_scores[place], wanted)
    assert_array_equal(display.param_range, [0.25, 4.0])
    assert_allclose(display.lines_[1].get_ydata(), display.test_scores.mean(axis=1))
    assert display.ax_.get_xlabel() == "Bandwidth / scale"
    assert display.ax_.get_ylabel() == "Balanced accuracy"
    named = BandwidthCurveDisplay.from_estimator(
        QSVC(kernel=KERNEL),
        X,
        Y,
        param_range=[0.5, 2.0],
        cv=2,
        score_name="Right",
        score_type="test",
    )
    assert named.ax_.get_ylabel() == "Right"
    assert len(named.lines_) == 1


@each(
    ("model", "name"),
    [
        (make_pipeline(StandardScaler(), QSVC(kernel="angle")), None),
        (VQC("angle", max_iter=1), None),
        (QSVC(kernel=2.0 * KERNEL), "kernel__k2__feature_map__bandwidth"),
    ],
)
def test_the_bandwidth_is_found(model, name):
    display = BandwidthCurveDisplay.from_estimator(
        model, X, Y, param_range=[0.1, 1.0], cv=2, param_name=name
    )
    assert display.train_scores.shape == (2, 2)
    assert not np.array_equal(*display.train_scores)


def test_refusals_of_bandwidths():
    with pytest.raises(TypeError, match="LogisticRegression has no feature map; pass param_name"):
        BandwidthCurveDisplay.from_estimator(LogisticRegression(), X, Y)
    for bad in ([0.0, 1.0], [-1.0], [np.nan], [[1.0]]):
        with pytest.raises(ValueError, match="positive multiples of 'scale'"):
            BandwidthCurveDisplay.from_estimator(QSVC(), X, Y, param_range=bad)


# --- Landscapes ----------------------------------------------------------------------------------


def test_a_quadratic_has_a_round_landscape():
    weights = np.zeros(4)
    display = LossLandscapeDisplay.from_objective(
        Bowl(), weights, n_points=5, span=2.0, random_state=0, levels=3
    )
    # steps are root mean squares: |w|^2 = 4 (a^2 + b^2)
    a, b = np.meshgrid([-2, -1, 0, 1, 2], [-2, -1, 0, 1, 2])
    assert_allclose(display.losses, 4.0 * (a**2 + b**2), atol=1e-12)
    assert_allclose(display.steps, [-2, -1, 0, 1, 2])
    shifted = LossLandscapeDisplay.from_objective(Bowl(), np.ones(4), random_state=0)
    other = LossLandscapeDisplay.from_objective(Bowl(), np.ones(4), random_state=1)
    assert shifted.losses.shape == (21, 21)
    assert_allclose(shifted.steps[[0, -1]], [-1, 1])
    assert not np.array_equal(shifted.losses, other.losses)


@each("loss", ["log_loss", "hinge"])
def test_landscape_of_a_classifier(loss):
    y = Y > 0
    model = VQC(n_qubits=2, loss=loss, optimizer="l-bfgs", max_iter=5, random_state=0).fit(X, y)
    before = model.weights_.copy()
    display = LossLandscapeDisplay.from_estimator(model, X, y, n_points=3, random_state=0)
    if loss == "hinge":
        wanted = hinge_loss(y, model.decision_function(X))
    else:
        wanted = log_loss(y, model.predict_proba(X))
    assert_allclose(display.losses[1, 1], wanted)
    assert len(np.unique(display.losses)) == 9
    assert_array_equal(model.weights_, before)


def test_landscape_of_a_regressor_and_a_pipeline(trained):
    model = make_pipeline(StandardScaler(), VQR(n_qubits=2, max_iter=3, random_state=0))
    model.fit(X[:, :2], X[:, 2])
    display = LossLandscapeDisplay.from_estimator(model, X[:, :2], X[:, 2], n_points=3)
    assert_allclose(display.losses[1, 1], mean_squared_error(X[:, 2], model.predict(X[:, :2])))
    first = LossLandscapeDisplay.from_estimator(trained, X, Y, n_points=3, random_state=0)
    again = LossLandscapeDisplay.from_estimator(trained, X, Y, n_points=3, random_state=0)
    assert_array_equal(first.losses, again.losses)
    wider = LossLandscapeDisplay.from_estimator(trained, X, Y, n_points=3, span=0.1, random_state=0)
    assert np.ptp(wider.losses) < np.ptp(first.losses)


def test_refusals_of_landscapes(trained):
    with pytest.raises(NotFittedError):
        LossLandscapeDisplay.from_estimator(VQC(), X, Y)
    with pytest.raises(TypeError, match="LogisticRegression has no trained circuit"):
        LossLandscapeDisplay.from_estimator(LogisticRegression().fit(X, Y), X, Y)
    with pytest.raises(ValueError, match="n_points=1, but a landscape"):
        LossLandscapeDisplay.from_estimator(trained, X, Y, n_points=1)
    with pytest.raises(ValueError, match="span=0, but it must be a positive number"):
        LossLandscapeDisplay.from_estimator(trained, X, Y, span=0)
    with pytest.raises(ValueError, match="a plane needs 2 or more"):
        LossLandscapeDisplay.from_objective(Bowl(), [1.0])


# --- Comparisons ---------------------------------------------------------------------------------


def test_comparison_shows_scores_and_verdict():
    scores = {"QSVC": [0.9, 0.8], "svc": [0.7, 0.6], "mlp": [0.5, 0.5]}
    display = ComparisonDisplay(scores, scoring="neg_log_loss", verdict="lead").plot(color="red")
    assert_allclose(display.points_[1].get_offsets(), [[0.7, 1], [0.6, 1]])
    assert_allclose(display.means_.get_offsets(), [[0.85, 0], [0.65, 1], [0.5, 2]])
    labels = [label.get_text() for label in display.ax_.get_yticklabels()]
    assert labels == list(scores)
    assert display.ax_.get_title() == "QSVC: lead"
    assert display.ax_.get_xlabel() == "Neg log loss"
    assert_allclose(display.points_[0].get_facecolor()[0, :3], [1, 0, 0])
    assert ComparisonDisplay(scores).plot().ax_.get_title() == ""


def test_settings_reach_the_comparison():
    options = {"cv": 3, "scoring": "f1_macro", "alpha": 0.2, "random_state": 0}
    display = ComparisonDisplay.from_estimator(
        LogisticRegression(), X, Y, baselines="logistic", n_jobs=1, **options
    )
    wanted = compare(LogisticRegression(), X, Y, "logistic", **options)
    assert_array_equal(display.scores["logistic"], wanted.scores["logistic"])
    assert display.verdict == wanted.verdict
    assert display.scoring == "f1_macro"

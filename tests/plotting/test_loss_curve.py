"""LossCurveDisplay."""

import sys

import matplotlib as mpl
import numpy as np
import pytest
from numpy.testing import assert_allclose
from sklearn.datasets import load_iris
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skquantum import VQC
from skquantum.plotting import LossCurveDisplay

mpl.use("Agg")
X, Y = load_iris(return_X_y=True)


@pytest.fixture(scope="module")
def model():
    return make_pipeline(
        StandardScaler(), VQC(n_qubits=2, max_iter=3, early_stopping=True, random_state=0)
    ).fit(X, Y)


def test_lines_are_the_curves(model):
    display = LossCurveDisplay.from_estimator(model, color="red")
    assert_allclose(display.line_.get_ydata(), model[-1].loss_curve_)
    assert_allclose(display.line_.get_xdata(), [1, 2, 3])
    assert_allclose(display.validation_line_.get_ydata(), model[-1].validation_scores_)
    assert display.line_.get_color() == "red"
    assert display.ax_.get_legend().get_texts()[0].get_text() == "VQC"


def test_axes_and_names(model):
    figure = mpl.figure.Figure()
    ax = figure.subplots()
    display = LossCurveDisplay.from_estimator(model[-1], ax=ax, name="mine")
    assert display.ax_ is ax
    assert display.figure_ is figure
    assert ax.get_legend().get_texts()[0].get_text() == "mine"
    plain = LossCurveDisplay(np.array([2.0, 1.0])).plot(ax=figure.subplots())
    assert plain.validation_line_ is None
    assert plain.ax_.get_legend() is None


def test_refusals(model, monkeypatch):
    with pytest.raises(NotFittedError):
        LossCurveDisplay.from_estimator(VQC())
    with pytest.raises(TypeError, match="LogisticRegression has no loss_curve_"):
        LossCurveDisplay.from_estimator(LogisticRegression().fit(X, Y))
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(ImportError, match=r"pip install skquantum\[plot\]"):
        LossCurveDisplay.from_estimator(model)

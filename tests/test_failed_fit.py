"""A fit that fails leaves every estimator, kernel and feature map as it was."""

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_array_equal
from sklearn.base import is_classifier

import skquantum
from skquantum.feature_maps import FEATURE_MAPS, resolve_feature_map
from skquantum.kernels import FidelityKernel

each = pytest.mark.parametrize
pytestmark = pytest.mark.filterwarnings("ignore:Training has not converged")

X = pd.DataFrame(np.random.default_rng(0).uniform(0.1, 1, (20, 2)), columns=["a", "b"])
WIDE = X.assign(c=0.5).rename(columns={"a": "z"})
ESTIMATORS = """
    QSVC QSVR QNuSVC QNuSVR QOneClassSVM QuantumKernelRidge QuantumKernelRidgeClassifier
    QPegasosSVC VQC VQR
""".split()


def break_off(*_, **__):
    """What the user does from the keyboard is no Exception."""
    raise KeyboardInterrupt


@each("name", ESTIMATORS)
@each("stage", ["weights", "feature map"])
def test_estimators(name, stage, monkeypatch):
    model = getattr(skquantum, name)()
    if name in ("VQC", "VQR"):
        model.set_params(max_iter=3, random_state=0)
    if name == "QNuSVC":
        model.set_params(nu=0.1)
    y = (X["a"] > 0.5) * 1 if is_classifier(model) else X["a"]
    model.fit(X, y)
    before, prediction = vars(model).copy(), model.predict(X)
    if stage == "weights":
        with pytest.raises(ValueError, match=r"sample_weight|Sample weights"):
            model.fit(WIDE, y, sample_weight=np.zeros(20) - 1)
    else:
        monkeypatch.setattr("skquantum.feature_maps.FeatureMap.fit", break_off)
        with pytest.raises(KeyboardInterrupt):
            model.fit(WIDE, y)
        monkeypatch.undo()
    assert vars(model).keys() == before.keys()
    assert all(vars(model)[key] is value for key, value in before.items())
    assert_array_equal(model.predict(X), prediction)


@each("name", FEATURE_MAPS)
def test_feature_maps(name, monkeypatch):
    feature_map = resolve_feature_map(name)
    rows = (X > 0.5) * 1.0 if name == "basis" else X
    circuit = feature_map.fit(rows).circuit_
    monkeypatch.setattr(type(feature_map), "_build", break_off)
    with pytest.raises(KeyboardInterrupt):
        feature_map.fit(rows.assign(c=1.0))
    assert feature_map.n_features_in_ == 2
    assert list(feature_map.feature_names_in_) == ["a", "b"]
    assert feature_map.circuit_ is circuit


def test_a_first_fit(monkeypatch):
    kernel = FidelityKernel()
    before = set(vars(kernel))
    monkeypatch.setattr("skquantum.feature_maps.ReuploadingFeatureMap._build", break_off)
    with pytest.raises(KeyboardInterrupt):
        kernel.fit(X)
    assert set(vars(kernel)) == before

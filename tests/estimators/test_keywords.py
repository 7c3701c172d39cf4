"""Keywords that belong elsewhere are refused with what to write, and nothing else changes."""

import copy
import inspect
import pickle

import pytest
from sklearn.base import clone

from skquantum import (
    QSVC,
    QSVR,
    QKernelPCA,
    QOneClassSVM,
    QPegasosSVC,
    QuantumKernelRidge,
    QuantumKernelRidgeClassifier,
)
from skquantum.engines import AerEngine
from skquantum.feature_maps import ReuploadingFeatureMap
from skquantum.kernels import FidelityKernel

ESTIMATORS = [
    QSVC,
    QSVR,
    QOneClassSVM,
    QuantumKernelRidge,
    QuantumKernelRidgeClassifier,
    QPegasosSVC,
    QKernelPCA,
]

each_estimator = pytest.mark.parametrize("cls", ESTIMATORS)


@pytest.mark.parametrize(
    ("keyword", "value", "advice"),
    [
        ("engine", AerEngine(shots=100), "FidelityKernel(engine=...)"),
        ("feature_map", "zz", "FidelityKernel(feature_map=...)"),
        ("mitigation", "mean", "FidelityKernel(mitigation=...)"),
        ("shots", 100, "FidelityKernel(engine=AerEngine(shots=...))"),
        ("noise_model", None, "FidelityKernel(engine=AerEngine(noise_model=...))"),
        ("reps", 2, "FidelityKernel(ReuploadingFeatureMap(reps=...))"),
        ("bandwidth", 0.1, "FidelityKernel(ReuploadingFeatureMap(bandwidth=...))"),
        ("gamma", 0.1, "FidelityKernel(ReuploadingFeatureMap(bandwidth=...))"),
        ("quantum_kernel", FidelityKernel(), "..."),
    ],
)
@each_estimator
def test_the_advice_is_what_to_write(cls, keyword, value, advice):
    with pytest.raises(TypeError) as error:
        cls(**{keyword: value})
    message = str(error.value)
    assert f"{cls.__name__} has no parameter '{keyword}'" in message
    assert f"write {cls.__name__}(kernel={advice})" in message
    names = {c.__name__: c for c in (cls, FidelityKernel, AerEngine, ReuploadingFeatureMap)}
    if keyword != "quantum_kernel":  # and it can be written
        value = 0.1 if keyword == "gamma" else value
        kernel = eval(advice.replace("...", "value"), {**names, "value": value})
        assert isinstance(cls(kernel=kernel), cls)


@pytest.mark.parametrize("keyword", ["degree", "coef0"])
@each_estimator
def test_parameters_of_classical_kernels(cls, keyword):
    with pytest.raises(TypeError, match=f"{keyword}.* belongs to classical kernels.*scikit-learn"):
        cls(**{keyword: 2})


@each_estimator
def test_other_keywords_are_refused_by_python(cls):
    with pytest.raises(TypeError, match="unexpected keyword argument 'regularisation'"):
        cls(regularisation=2)


@each_estimator
def test_constructors_look_and_work_as_before(cls):
    parameters = list(inspect.signature(cls).parameters)
    assert parameters == list(inspect.signature(cls.__init__).parameters)[1:]
    assert sorted(parameters) == sorted(cls().get_params(deep=False))
    model = cls(kernel="zz", n_jobs=1)
    for other in (clone(model), copy.deepcopy(model), pickle.loads(pickle.dumps(model))):
        assert other.get_params() == model.get_params()


def test_subclasses_have_keywords_of_their_own():
    class Shots(QSVC):
        def __init__(self, *, shots=None, kernel=None):
            super().__init__(kernel=kernel)
            self.shots = shots

    class Everything(QSVC):
        def __init__(self, **kwargs):
            self.kwargs = kwargs

    assert Shots(shots=3).get_params()["shots"] == 3
    assert list(inspect.signature(Shots).parameters) == ["shots", "kernel"]
    assert Everything(engine=3).kwargs == {"engine": 3}

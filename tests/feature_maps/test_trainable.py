"""Circuits with features and weights, and bandwidths that are trained."""

import pickle

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from qiskit import QuantumCircuit
from qiskit.circuit import Parameter, ParameterVector
from sklearn.base import clone
from sklearn.datasets import make_moons

from skquantum import QSVC, VQC, VQR
from skquantum.feature_maps import AngleFeatureMap, CircuitFeatureMap, ZZFeatureMap
from skquantum.kernels import FidelityKernel
from skquantum.testing import FEATURE_MAP_CHECKS

each = pytest.mark.parametrize
X = np.random.default_rng(0).normal(size=(6, 2))


def circuit():
    """RY(a x1 + b) on one qubit and RX(c x0) on another; names that sort in another order."""
    made = QuantumCircuit(2)
    a, b, c = (Parameter(name) for name in "zab")
    width, height = Parameter("w"), Parameter("c")
    made.ry(a * height + b, 0)
    made.rx(c * width, 1)
    made.cz(0, 1)
    return made


FEATURES, WEIGHTS = ["w", "c"], ["z", "a", "b"]


def test_values_are_put_where_the_parameters_are():
    feature_map = CircuitFeatureMap(
        circuit(), features=FEATURES, weights=WEIGHTS, initial_weights=[1.0, 2.0, 3.0]
    ).fit(X)
    values = feature_map.parameter_values(X)
    found = dict(zip((p.name for p in feature_map.circuit_.parameters), values.T, strict=True))
    assert_array_equal(found["w"], X[:, 0])
    assert_array_equal(found["c"], X[:, 1])
    for name, weight in zip(WEIGHTS, (1.0, 2.0, 3.0), strict=True):
        assert_array_equal(found[name], np.full(6, weight))
    assert feature_map.n_weights_ == 3
    assert not feature_map.is_encoding_.any()
    assert_array_equal(feature_map.weights_, [1.0, 2.0, 3.0])


def test_the_kernel_is_that_of_the_bound_circuit():
    weights = [1.0, 2.0, 3.0]
    made = circuit()
    parameters = {p.name: p for p in made.parameters}
    bound = made.assign_parameters(
        {parameters[name]: value for name, value in zip(WEIGHTS, weights, strict=True)}
    )
    wanted = FidelityKernel(CircuitFeatureMap(bound, features=FEATURES))(X)
    feature_map = CircuitFeatureMap(
        made, features=FEATURES, weights=WEIGHTS, initial_weights=weights
    )
    assert_allclose(FidelityKernel(feature_map)(X), wanted, rtol=0, atol=1e-14)
    halved = clone(feature_map).set_params(bandwidth=0.5)
    assert_allclose(FidelityKernel(halved)(2 * X), wanted, rtol=0, atol=1e-14)
    assert_allclose(FidelityKernel(feature_map).fit(X)(X), wanted, rtol=0, atol=1e-14)


def test_features_are_what_the_weights_leave():
    feature_map = CircuitFeatureMap(circuit(), weights=WEIGHTS).fit(X)
    assert feature_map.features_ == ["c", "w"]
    with pytest.raises(ValueError, match="2 free parameters besides 3 weights, X has 3 features"):
        CircuitFeatureMap(circuit(), weights=WEIGHTS).fit(np.ones((4, 3)))
    with pytest.raises(ValueError, match="name the other parameters in weights"):
        CircuitFeatureMap(circuit()).fit(X)
    with pytest.raises(ValueError, match="weights holds 'q', which is not a free parameter"):
        CircuitFeatureMap(circuit(), weights=["q"]).fit(X)
    with pytest.raises(ValueError, match="weights holds 'a' twice"):
        CircuitFeatureMap(circuit(), weights=["a", "a"]).fit(X)
    with pytest.raises(ValueError, match="features holds 'a'"):
        CircuitFeatureMap(circuit(), features=["a", "w"], weights=WEIGHTS).fit(X)
    with pytest.raises(ValueError, match=r"initial_weights holds 2 numbers.* has 3 weights"):
        CircuitFeatureMap(circuit(), weights=WEIGHTS, initial_weights=[1, 2]).fit(X)
    with pytest.raises(ValueError, match="initial_weights holds 3 numbers"):
        CircuitFeatureMap(circuit(), weights=WEIGHTS, initial_weights=[1, 2, np.nan]).build(2)


def test_weights_are_drawn_from_random_state():
    drawn = [CircuitFeatureMap(circuit(), weights=WEIGHTS).fit(X).weights_ for _ in range(2)]
    assert_array_equal(*drawn)
    assert ((drawn[0] >= 0) & (drawn[0] < 2 * np.pi)).all()
    assert len(set(drawn[0])) == 3
    other = CircuitFeatureMap(circuit(), weights=WEIGHTS, random_state=1).fit(X).weights_
    assert (other != drawn[0]).all()


def test_vectors_name_weights_and_pickles_keep_them():
    x, w = ParameterVector("x", 2), ParameterVector("w", 2)
    made = QuantumCircuit(2)
    for qubit in range(2):
        made.ry(w[qubit] * x[qubit], qubit)
    feature_map = CircuitFeatureMap(made, features=x, weights=w)
    fitted = clone(feature_map).fit(X)
    assert fitted.features_ == ["x[0]", "x[1]"]
    again = pickle.loads(pickle.dumps(fitted))
    assert_array_equal(again.parameter_values(X), fitted.parameter_values(X))
    assert again.weights == ["w[0]", "w[1]"]


@each("check", FEATURE_MAP_CHECKS)
@each(
    "feature_map",
    [
        CircuitFeatureMap(circuit(), weights=WEIGHTS, features=FEATURES),
        CircuitFeatureMap(circuit(), weights=WEIGHTS, features=FEATURES, bandwidth="trained"),
        ZZFeatureMap(bandwidth="trained"),
    ],
    ids=["weights", "weights and bandwidth", "bandwidth"],
)
def test_the_public_checks(check, feature_map):
    check(feature_map, n_features=2)


@each("made", [ZZFeatureMap, AngleFeatureMap])
def test_a_trained_bandwidth_starts_at_scale(made):
    trained, scaled = made(bandwidth="trained"), made(bandwidth="scale")
    assert_allclose(
        FidelityKernel(trained).fit(X)(X), FidelityKernel(scaled).fit(X)(X), rtol=0, atol=1e-12
    )
    assert trained.fit(X).bandwidth_ == scaled.fit(X).bandwidth_
    assert trained.n_weights_ == 1
    assert scaled.n_weights_ == 0
    twice = FidelityKernel(trained).fit(X).clone_with_theta([2.0])
    wanted = FidelityKernel(made(bandwidth="2.0*scale")).fit(X)
    assert_allclose(twice(X), wanted(X), rtol=0, atol=1e-12)
    with pytest.raises(ValueError, match=r"call fit\(X\) first"):
        made(bandwidth="trained").build(2)


def reuploading(layers=3):
    x, w = ParameterVector("x", 2), ParameterVector("w", 6 * layers)
    made, weights = QuantumCircuit(2), iter(w)
    for _ in range(layers):
        for qubit in range(2):
            made.ry(next(weights) * x[qubit] + next(weights), qubit)
            made.rz(next(weights), qubit)
        made.cx(0, 1)
    return CircuitFeatureMap(made, weights=w)


def test_vqc_and_vqr_train_a_circuit_in_one_piece():
    rows, y = make_moons(80, noise=0.1, random_state=0)
    model = VQC(reuploading(), random_state=0).fit(rows, y)
    assert model.weights_.shape == (18,)
    assert model.score(rows, y) > 0.8
    behind = VQC(reuploading(1), "real_amplitudes", max_iter=5, random_state=0).fit(rows, y)
    assert len(behind.weights_) == 6 + behind._model.circuit.num_parameters - 8
    regressor = VQR(reuploading(), random_state=0).fit(rows, rows[:, 0] ** 2)
    assert regressor.score(rows, rows[:, 0] ** 2) > 0.95


def test_vqc_trains_a_bandwidth_beside_its_ansatz():
    rows, y = make_moons(60, noise=0.1, random_state=0)
    model = VQC(ZZFeatureMap(bandwidth="trained"), max_iter=30, random_state=0).fit(rows, y)
    fixed = VQC(ZZFeatureMap(bandwidth="scale"), max_iter=30, random_state=0).fit(rows, y)
    assert len(model.weights_) == len(fixed.weights_) + 1
    assert model.weights_[0] != 1.0


def test_untrained_weights_are_used_by_estimators():
    rows, y = make_moons(60, noise=0.1, random_state=0)
    models = [QSVC(kernel=reuploading().set_params(random_state=k)).fit(rows, y) for k in range(3)]
    assert len({model.decision_function(rows[:1])[0] for model in models}) == 3

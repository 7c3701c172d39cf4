"""Weights and features of the circuit inside a kernel: hyperparameters and derivatives."""

import numpy as np
import oracles
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal
from qiskit import QuantumCircuit
from qiskit.circuit import ParameterVector
from qiskit_aer.noise import NoiseModel, depolarizing_error
from sklearn.base import clone
from sklearn.gaussian_process import GaussianProcessRegressor
from sklearn.gaussian_process.kernels import ConstantKernel as Constant
from sklearn.gaussian_process.kernels import WhiteKernel
from strategies import circuits

from skquantum.engines import AerEngine
from skquantum.exceptions import InsufficientMemoryError
from skquantum.feature_maps import (
    AffineFeatureMap,
    AmplitudeFeatureMap,
    CircuitFeatureMap,
    ReuploadingFeatureMap,
    ZZFeatureMap,
)
from skquantum.kernels import CallableKernel, FidelityKernel, ProjectedKernel

each = pytest.mark.parametrize
RNG = np.random.default_rng(0)
X, Y = RNG.normal(size=(5, 2)), RNG.normal(size=(3, 2))
STEP = 1e-5


def circuit():
    """Each kind of gate with parameters; features and weights that share angles."""
    x, w = ParameterVector("x", 2), ParameterVector("w", 4)
    made = QuantumCircuit(2)
    made.ry(w[0] * x[0], 0)
    made.u(w[1], x[1], 0.3 * w[0] * x[0], 1)
    made.cx(0, 1)
    made.crx(w[2], 0, 1)
    made.p(w[3] + x[0], 0)
    made.r(x[1], w[1], 1)
    made.cp(w[2] * x[1], 0, 1)
    made.rzz(w[3], 0, 1)
    made.h(0)
    return made


def weighted(**params):
    return CircuitFeatureMap(circuit(), weights=[f"w[{k}]" for k in range(4)], **params)


MAPS = {
    "circuit": weighted(),
    "circuit and bandwidth": weighted(bandwidth="trained"),
    "affine": AffineFeatureMap(n_qubits=2, layers=1),
    "affine, single": AffineFeatureMap(n_qubits=2, layers=1, encoding="single"),
    "bandwidth": ZZFeatureMap(bandwidth="trained"),
    "no weights": ReuploadingFeatureMap(2),
}


def noise():
    model = NoiseModel()
    model.add_all_qubit_quantum_error(depolarizing_error(0.1, 1), ["ry", "h"])
    return AerEngine(noise_model=model)


KERNELS = {
    "fidelity": lambda m: FidelityKernel(m, engine="compiled"),
    "fidelity, aer": lambda m: FidelityKernel(m, engine="aer"),
    "gaussian": lambda m: ProjectedKernel(m, engine="compiled"),
    "gaussian, chain": lambda m: ProjectedKernel(m, engine="chain", gamma=0.7),
    "linear": lambda m: ProjectedKernel(m, engine="aer", outer="linear", locality=2),
    "noise": lambda m: ProjectedKernel(m, engine=noise()),
    "sum": lambda m: FidelityKernel(m) + 2 * ProjectedKernel("affine", engine="compiled"),
    "product": lambda m: FidelityKernel(m) * FidelityKernel(m),
    "power": lambda m: FidelityKernel(m, engine="compiled") ** 3,
}


def central(function, at):
    """Return central differences of a function of a vector."""
    steps = STEP * np.eye(len(at))
    return np.stack([(function(at + s) - function(at - s)) / (2 * STEP) for s in steps], axis=-1)


def fitted(kernel, feature_map):
    return KERNELS[kernel](MAPS[feature_map]).fit(X)


@each(
    ("kernel", "feature_map"),
    [*((kernel, "circuit") for kernel in KERNELS), ("product", "circuit and bandwidth")],
)
def test_gradients_equal_central_differences(kernel, feature_map):
    made = fitted(kernel, feature_map)
    K, gradient = made(X, eval_gradient=True)
    assert gradient.shape == (5, 5, made.n_dims)
    assert made.n_dims >= 4
    assert_array_equal(K, made(X))
    assert_allclose(
        gradient, central(lambda theta: made.clone_with_theta(theta)(X), made.theta), atol=2e-6
    )
    K, pull_back = made.linearize(X)
    assert_allclose(K, made(X), rtol=0, atol=1e-13)
    by_entry = RNG.normal(size=(5, 5))
    by_entry += by_entry.T
    assert_allclose(pull_back(by_entry), np.tensordot(by_entry, gradient, 2), atol=1e-12)


@each("feature_map", ["affine", "affine, single", "bandwidth"])
@each("kernel", ["fidelity", "gaussian"])
def test_gradients_of_every_trainable_map(kernel, feature_map):
    made = fitted(kernel, feature_map)
    _, gradient = made(X, eval_gradient=True)
    assert_allclose(
        gradient, central(lambda theta: made.clone_with_theta(theta)(X), made.theta), atol=1e-7
    )


@each(
    ("kernel", "feature_map"),
    [(kernel, name) for kernel in ("fidelity", "gaussian", "linear") for name in MAPS]
    + [("fidelity, aer", "circuit")]
    + [pytest.param(k, "circuit", marks=pytest.mark.slow) for k in ("gaussian, chain", "noise")],
)
def test_derivatives_by_features_equal_central_differences(kernel, feature_map):
    made = fitted(kernel, feature_map)

    def moved(step):
        return made(X + step, Y)

    assert_allclose(made.derivatives(X, Y), central(moved, np.zeros(2)), atol=2e-7)
    assert_array_equal(made.derivatives(X, Y, by="y"), made.derivatives(Y, X).transpose(1, 0, 2))
    wanted = central(lambda step: made.derivatives(X, Y + step), np.zeros(2))
    assert_allclose(made.derivatives(X, Y, by="xy"), wanted, atol=2e-6)
    assert_allclose(made.derivatives(X, by="y"), made.derivatives(X, X, by="y"), atol=1e-13)


def test_derivatives_in_closed_form():
    x, y = X[:, :1], Y[:, :1]
    kernel = FidelityKernel("angle", engine="compiled")
    apart = x - y.T
    assert_allclose(kernel.derivatives(x, y)[..., 0], -np.sin(apart) / 2, atol=1e-14)
    assert_allclose(kernel.derivatives(x, y, by="xy")[..., 0, 0], np.cos(apart) / 2, atol=1e-14)


def test_a_differential_equation_is_a_linear_regression():
    """f' = -f, f(0) = 1 with f a combination of kernels."""
    points = np.linspace(0, 1, 12)[:, np.newaxis]
    kernel = FidelityKernel(ReuploadingFeatureMap(3, bandwidth=0.8), engine="compiled")
    slopes = kernel.derivatives(points, points)[..., 0]
    system = np.vstack([slopes + kernel(points), kernel([[0.0]], points)])
    coef = np.linalg.lstsq(system, np.append(np.zeros(12), 1.0), rcond=None)[0]
    x = np.linspace(0, 1, 33)[:, np.newaxis]
    assert_allclose(kernel(x, points) @ coef, np.exp(-x[:, 0]), atol=1e-5)


@settings(max_examples=20, deadline=None)
@given(st.data())
def test_state_derivatives_of_random_circuits(data):
    made = data.draw(circuits(max_qubits=3))
    assume(made.num_parameters)
    values = np.random.default_rng(1).uniform(-1, 1, (2, made.num_parameters))
    states, slopes = AerEngine().open(made).state_derivatives(values)
    same = np.abs((states.conj() * oracles.states(made, values)).sum(axis=1)) ** 2
    assert_allclose(same, 1.0, atol=1e-10)
    other = oracles.states(made, values[::-1])

    def overlap(step):
        return np.abs((other.conj() * oracles.states(made, values + step)).sum(axis=1)) ** 2

    overlaps = (other.conj() * states).sum(axis=1)[:, np.newaxis]
    moved = (other.conj()[:, np.newaxis] * slopes).sum(axis=2)
    wanted = central(overlap, np.zeros(values.shape[1]))
    assert_allclose(2 * (overlaps.conj() * moved).real, wanted, atol=1e-5)


def test_derivatives_are_refused_where_there_are_none():
    kernel = FidelityKernel(weighted(), engine=AerEngine(shots=100)).fit(X)
    assert not kernel.has_gradient()
    with pytest.raises(ValueError, match="optimizer='spsa'"):
        kernel(X, eval_gradient=True)
    with pytest.raises(ValueError, match="optimizer='spsa'"):
        kernel.linearize(X)
    with pytest.raises(ValueError, match="shots=None"):
        ProjectedKernel(weighted(), engine=AerEngine(shots=100)).fit(X).derivatives(X)
    with pytest.raises(ValueError, match="offers no derivatives with respect to features"):
        FidelityKernel(AmplitudeFeatureMap()).derivatives(X)
    with pytest.raises(ValueError, match="offers no derivatives with respect to its rows"):
        ProjectedKernel("angle", outer=Constant(2.0)).derivatives(X)
    with pytest.raises(ValueError, match="by='z' is unknown"):
        FidelityKernel("angle").derivatives(X, by="z")


# -- hyperparameters --------------------------------------------------------------------------


def test_theta_is_the_weights_of_the_feature_map():
    kernel = FidelityKernel(weighted(initial_weights=[0.1, 0.2, 0.3, 0.4]))
    assert_array_equal(kernel.theta, [0.1, 0.2, 0.3, 0.4])
    assert kernel.n_dims == 4
    assert kernel.bounds.shape == (4, 2)
    assert kernel.hyperparameters[0].n_elements == 4
    other = kernel.clone_with_theta(np.arange(4.0))
    assert_array_equal(other.theta, np.arange(4.0))
    assert_array_equal(kernel.theta, [0.1, 0.2, 0.3, 0.4])
    bound = weighted(initial_weights=np.arange(4.0))
    assert_array_equal(other(X), FidelityKernel(bound)(X))
    done = clone(kernel).fit(X)
    again = done.clone_with_theta(np.arange(4.0))
    assert_array_equal(again(X), other(X))
    assert_array_equal(done.theta, kernel.theta)


def test_theta_of_combinations_is_that_of_the_parts():
    one, two = (FidelityKernel(weighted(random_state=k)).fit(X) for k in (1, 2))
    both = one + two * CallableKernel(lambda a, b: a @ b.T)
    assert_array_equal(both.theta, np.append(one.theta, two.theta))
    assert_array_equal(both.bounds, np.vstack([one.bounds, two.bounds]))
    both.theta = np.arange(8.0)
    assert_array_equal(one.theta, np.arange(4.0))
    assert_array_equal(two.theta, np.arange(4.0, 8.0))


@each("theta", [np.zeros(3), np.zeros(5)])
def test_theta_of_another_length_is_refused(theta):
    for kernel in (FidelityKernel(weighted()), FidelityKernel(weighted()).fit(X) * 2.0):
        with pytest.raises(ValueError, match=r"theta has \d numbers, the kernel takes 4"):
            kernel.theta = theta


def test_weights_that_depend_on_the_data_are_known_after_fit():
    kernel = FidelityKernel(AffineFeatureMap(n_qubits=2, layers=1))
    assert kernel.n_dims == 0
    assert kernel.fit(X).n_dims == kernel.feature_map_.n_weights_
    fixed = FidelityKernel("angle").fit(X)
    assert fixed.n_dims == 0
    assert fixed.hyperparameters == []
    assert fixed(X, eval_gradient=True)[1].shape == (5, 5, 0)


def test_a_gaussian_process_of_scikit_learn_tunes_the_weights():
    rows = np.random.default_rng(3).uniform(-1, 1, (30, 2))
    target = FidelityKernel(weighted(initial_weights=[1.0, 2.0, 0.5, 1.5]))(rows, rows[:2])
    y = target @ [1.0, -2.0]
    kernel = Constant(1.0) * FidelityKernel(weighted(), engine="compiled") + WhiteKernel(1e-2)
    model = GaussianProcessRegressor(kernel, n_restarts_optimizer=2, random_state=0).fit(rows, y)
    start = GaussianProcessRegressor(kernel, optimizer=None).fit(rows, y)
    better = model.log_marginal_likelihood_value_ - start.log_marginal_likelihood_value_
    assert better > 10
    assert model.kernel_.theta.shape == (6,)
    value, gradient = model.log_marginal_likelihood(start.kernel_.theta, eval_gradient=True)
    assert_allclose(value, start.log_marginal_likelihood_value_)
    assert_allclose(
        gradient, central(model.log_marginal_likelihood, start.kernel_.theta), rtol=1e-4, atol=1e-4
    )


def test_encodings_of_other_weights_are_not_taken_for_these():
    kernel = FidelityKernel(weighted()).fit(X)
    before = kernel.encoding_settings()
    kernel.theta = kernel.theta + 1
    assert kernel.encoding_settings() != before


def test_mixed_derivatives_that_do_not_fit_are_refused_first(monkeypatch):
    kernel = FidelityKernel(ReuploadingFeatureMap(3), engine="compiled").fit(np.ones((4, 20)))
    monkeypatch.setattr(FidelityKernel, "_by_features", None)  # nothing is simulated
    with pytest.raises(InsufficientMemoryError, match="Differentiating a kernel matrix of 3000"):
        kernel.derivatives(np.ones((3000, 20)), by="xy")

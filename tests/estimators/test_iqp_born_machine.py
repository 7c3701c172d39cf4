"""Born machines of commuting gates against their states."""

import pickle

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from qiskit.quantum_info import Statevector
from sklearn.base import clone

from skquantum import IQPBornMachine
from skquantum.exceptions import InsufficientMemoryError
from skquantum.variational import IQPObjective
from skquantum.variational._iqp import parities

each = pytest.mark.parametrize


def blobs(n_rows, n_qubits, seed=0):
    """Return noisy copies of three patterns."""
    rng = np.random.default_rng(seed)
    centres = rng.integers(0, 2, (3, n_qubits))
    flips = rng.uniform(size=(n_rows, n_qubits)) < 0.05
    return centres[rng.integers(0, 3, n_rows)] ^ flips


@each("locality", [1, 2, 3])
def test_the_sampled_expectation_values_are_those_of_the_circuit(locality):
    X = blobs(50, 4)
    model = IQPBornMachine(locality, max_iter=3, random_state=0).fit(X)
    circuit = model.circuit_.assign_parameters(-2 * model.weights_)
    probabilities = Statevector(circuit).probabilities()
    bits = np.arange(16)[:, np.newaxis] >> np.arange(4) & 1
    gates = np.zeros((len(model.gates_), 4))
    for number, gate in enumerate(model.gates_):
        gates[number, list(gate)] = 1
    strings = bits[1:]
    exact = probabilities @ parities(strings, bits)
    factors = 1 - parities(gates, strings)
    found = np.cos(parities(gates, bits) @ (model.weights_ * factors).T).mean(axis=0)
    assert_allclose(found, exact, rtol=0, atol=1e-12)
    scores = model.score_samples(bits)
    assert_allclose(np.exp(scores), probabilities, rtol=0, atol=1e-12)


def test_loss_and_gradient_have_no_bias():
    """Their means over many draws are the discrepancy from the whole state, and its derivative."""
    X = blobs(30, 3)
    gates = np.array([[1, 0, 0], [0, 1, 0], [0, 0, 1], [1, 1, 0], [0, 1, 1]], dtype=float)
    share = 0.3
    objective = IQPObjective(gates, X, [share], 400, np.random.RandomState(0))
    weights = np.array([0.3, -0.5, 0.2, 0.4, 0.7])
    bits = np.arange(8)[:, np.newaxis] >> np.arange(3) & 1
    chance = np.prod(np.where(bits == 1, share, 1 - share), axis=1)

    def exact(weights):
        factors = 1 - parities(gates, bits)
        means = np.cos(parities(gates, bits) @ (weights * factors).T).mean(axis=0)
        return chance @ (means - parities(bits, X).mean(axis=0)) ** 2

    drawn = [objective.value_and_gradient(weights) for _ in range(200)]
    values, gradients = zip(*drawn, strict=True)
    error = np.std(values) / np.sqrt(200)
    assert abs(np.mean(values) - exact(weights)) < 5 * error
    errors = np.std(gradients, axis=0) / np.sqrt(200)
    for k, step in enumerate(1e-5 * np.eye(5)):
        slope = (exact(weights + step) - exact(weights - step)) / 2e-5
        assert abs(np.mean(gradients, axis=0)[k] - slope) < 5 * errors[k] + 1e-9


def test_blobs_are_learned():
    X = blobs(400, 6)
    model = IQPBornMachine(n_samples=100, max_iter=200, random_state=0).fit(X)
    alone = X.mean(axis=0)
    independent = np.log(np.where(X == 1, alone, 1 - alone)).sum(axis=1).mean()
    assert model.score(X) > independent + 0.3
    assert model.loss_ < 0.6 * model.loss_curve_[0]
    drawn = model.sample(3000, random_state=1)
    assert_allclose(drawn.mean(axis=0), alone, atol=0.12)
    again = pickle.loads(pickle.dumps(model))
    assert_array_equal(again.sample(20, random_state=3), model.sample(20, random_state=3))
    assert_array_equal(clone(model).fit(X).weights_, model.weights_)


def test_many_qubits_are_trained_and_not_sampled():
    X = blobs(60, 60)
    model = IQPBornMachine(n_samples=20, max_iter=3, random_state=0).fit(X)
    assert len(model.weights_) == 60 + 60 * 59 // 2
    for ask in (model.sample, lambda: model.score_samples(X)):
        with pytest.raises(InsufficientMemoryError, match="sample on a quantum computer"):
            ask()


def test_gates_that_cannot_fit_are_refused_before_they_are_listed(monkeypatch):
    listing = "skquantum.estimators._iqp_born_machine.combinations"
    monkeypatch.setattr(listing, lambda *_: pytest.fail("were listed"))
    message = r"Training \d+ gates on 1200 qubits needs .* GiB of memory, .* lower locality"
    with pytest.raises(InsufficientMemoryError, match=message):
        IQPBornMachine(locality=3).fit(blobs(10, 1200))


def test_every_parameter_does_something():
    X = blobs(50, 5)
    short = {"max_iter": 3, "random_state": 0}
    base = IQPBornMachine(**short).fit(X)
    for changed in ({"widths": [0.7]}, {"n_samples": 50}, {"optimizer": "sgd"}):
        assert (IQPBornMachine(**short, **changed).fit(X).weights_ != base.weights_).any()
    steps = IQPBornMachine(learning_rate_init=1e-9, **short).fit(X)
    assert_allclose(steps.loss_curve_, steps.loss_curve_[0], rtol=1e-5)
    stopped = IQPBornMachine(callback=lambda k, *_: k == 2, max_iter=9, random_state=0).fit(X)
    assert stopped.n_iter_ == 2
    assert_allclose(IQPBornMachine(widths=base.widths_, **short).fit(X).weights_, base.weights_)
    with pytest.raises(ValueError, match="numbers other than 0 and 1"):
        IQPBornMachine().fit(X + 0.5)
    with pytest.raises(ValueError, match="not positive numbers"):
        IQPBornMachine(widths=[-1.0]).fit(X)

"""Densities by outcomes of circuits."""

import pickle
import warnings

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.base import clone
from sklearn.exceptions import ConvergenceWarning

from skquantum import BornMachine
from skquantum.datasets import make_bars_and_stripes
from skquantum.engines import AerEngine, CompiledEngine
from skquantum.estimators._chow_liu import chow_liu_tree
from skquantum.exceptions import InsufficientMemoryError
from skquantum.optimizers import Adam
from skquantum.variational import DIVERGENCES, DistributionObjective

each = pytest.mark.parametrize


def bars_and_stripes(n_rows, n_columns):
    """Return all patterns whose rows, or whose columns, are of one colour."""
    return make_bars_and_stripes(None, height=n_rows, width=n_columns)[0]


def divergence(model, X):
    return -np.log(len(X)) - model.score(X)


@each("seed", range(5))
def test_bars_and_stripes(seed):
    X = bars_and_stripes(2, 2)
    model = BornMachine(random_state=seed).fit(X)
    assert abs(divergence(model, X)) < 1e-6
    assert model.loss_ == pytest.approx(divergence(model, X), abs=1e-9)


def test_distributions_that_cannot_fit_are_refused_before_they_are_counted(monkeypatch):
    monkeypatch.setattr(CompiledEngine, "open", lambda *_: pytest.fail("was opened"))
    X = np.random.default_rng(0).integers(0, 2, (20, 40))
    message = r"circuit of 40 qubits needs .* GiB of memory, .* GiB is free; lower n_bits"
    with pytest.raises(InsufficientMemoryError, match=message):
        BornMachine(max_qubits=40, layers=1).fit(X)


@pytest.mark.slow
def test_larger_bars_and_stripes():
    X = bars_and_stripes(2, 3)
    assert all(BornMachine(random_state=s).fit(X).loss_ < 1e-5 for s in range(3))
    X = bars_and_stripes(3, 3)
    assert sum(BornMachine(random_state=s).fit(X).loss_ < 1e-3 for s in range(5)) >= 3


@each("seed", range(3))
def test_the_tree_of_a_chain_is_the_chain(seed):
    rng = np.random.default_rng(seed)
    bits = [rng.integers(0, 2, 2000)]
    for _ in range(4):
        bits.append(np.where(rng.uniform(size=2000) < 0.9, bits[-1], 1 - bits[-1]))
    order = rng.permutation(5)
    place = np.argsort(order)
    edges = chow_liu_tree(np.array(bits)[order].T)
    expected = {tuple(sorted((int(place[k]), int(place[k + 1])))) for k in range(4)}
    assert {tuple(sorted(edge)) for edge in edges} == expected


@each("loss", DIVERGENCES)
def test_gradients_are_derivatives(loss):
    X = bars_and_stripes(2, 2)
    model = BornMachine(loss=loss, layers=2, max_iter=1, random_state=0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        model.fit(X)
    places = [np.array([0.0, 1.0])] * 4
    made = DIVERGENCES[loss](model.target_, places)
    start = np.random.default_rng(0).normal(size=len(model.weights_))
    exact, aer = (
        DistributionObjective(model.circuit_, made, engine)
        for engine in (CompiledEngine(), AerEngine())
    )
    value, gradient = exact.value_and_gradient(start)
    for k, step in enumerate(1e-5 * np.eye(len(start))):
        slope = (exact.value(start + step) - exact.value(start - step)) / 2e-5
        assert_allclose(gradient[k], slope, rtol=1e-5, atol=1e-8)
    assert aer.value(start) == pytest.approx(value, rel=1e-10)
    assert_allclose(aer.value_and_gradient(start)[1], gradient, rtol=1e-8, atol=1e-10)


def test_mean_discrepancy_is_that_of_samples():
    rng = np.random.default_rng(1)
    target, p = rng.dirichlet(np.ones(16), 2)
    places = [np.array([0.0, 1.0, 2.0, 3.0]), np.array([5.0, 5.5, 6.0, 9.0])]
    found, slopes = DIVERGENCES["mmd"](target, places)(p)
    numbers = np.arange(16)
    points = np.c_[places[0][numbers & 3], places[1][numbers >> 2]]
    points = points / [np.std(each_) for each_ in places]
    squared = ((points[:, None] - points) ** 2).sum(axis=2)
    kernel = np.mean([np.exp(-squared / (4 * width)) for width in (0.25, 1.0, 4.0)], axis=0)
    assert found == pytest.approx((p - target) @ kernel @ (p - target), rel=1e-12)
    assert_allclose(slopes, 2 * kernel @ (p - target), rtol=1e-10, atol=1e-14)


def test_numbers_become_a_density():
    X = np.random.default_rng(0).normal([0, 5], [1, 2], size=(500, 2))
    model = BornMachine(n_bits=3, random_state=0).fit(X)
    assert not model.is_binary_
    assert model.edges_.shape == (2, 9)
    grid = [np.linspace(edges[0], edges[-1], 80, endpoint=False) for edges in model.edges_]
    points = np.stack(np.meshgrid(*grid), axis=-1).reshape(-1, 2)
    area = np.prod(model.edges_[:, -1] - model.edges_[:, 0]) / len(points)
    assert np.exp(model.score_samples(points)).sum() * area == pytest.approx(1, rel=1e-9)
    assert model.score_samples([[100.0, 5.0]]) == -np.inf
    drawn = model.sample(4000, random_state=0)
    assert_allclose(drawn.mean(axis=0), X.mean(axis=0), atol=0.3)
    assert_allclose(drawn.std(axis=0), X.std(axis=0), rtol=0.15)
    assert np.isfinite(model.score_samples(drawn)).all()


def test_copies_and_more_rows():
    X = bars_and_stripes(2, 2)
    model = BornMachine(random_state=0).fit(X)
    again = pickle.loads(pickle.dumps(model))
    assert_array_equal(again.score_samples(X), model.score_samples(X))
    assert_array_equal(clone(model).fit(X).weights_, model.weights_)
    model.partial_fit(np.repeat(X[:1], len(X), axis=0))
    share = (1 + len(X)) / (2 * len(X))
    assert model.target_.max() == pytest.approx(share)
    assert np.exp(model.score_samples(X[:1]))[0] == pytest.approx(share, abs=1e-3)
    with pytest.raises(ValueError, match="Row 1 of X is outside the bins"):
        model.partial_fit([[0, 0, 1, 1], [0, 0, 2, 1]])


def test_shots():
    X = np.repeat([[0, 0], [1, 1]], 5, axis=0)
    model = BornMachine(loss="mmd", layers=2, engine=AerEngine(shots=500), optimizer="adam")
    model.set_params(learning_rate_init=0.1, max_iter=60, random_state=0)
    with pytest.warns(ConvergenceWarning):
        model.fit(X)
    assert np.exp(model.score_samples([[0, 0], [1, 1]])).sum() > 0.8


def test_every_parameter_does_something():
    X = bars_and_stripes(2, 2)
    short = {"max_iter": 2, "random_state": 0}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        base = BornMachine(**short).fit(X)
        assert base.circuit_.num_parameters == 2 * 4 * 6
        assert BornMachine(layers=1, **short).fit(X).circuit_.num_parameters == 16
        assert BornMachine(ansatz="real_amplitudes", **short).fit(X).circuit_.num_parameters == 16
        adam = BornMachine(optimizer=Adam(), learning_rate_init=0.3, **short).fit(X)
        assert adam.n_iter_ == 2
        assert BornMachine(n_restarts=3, **short).fit(X).loss_ <= base.loss_
        assert BornMachine(callback=lambda *_: True, **short).fit(X).n_iter_ == 1
    assert (
        BornMachine(tol=0.1, random_state=0).fit(X).n_iter_
        < BornMachine(random_state=0).fit(X).n_iter_
    )
    with pytest.raises(ValueError, match=r"5 features of 3 bits need 15 qubits.*max_qubits=12"):
        BornMachine(n_bits=3).fit(np.random.default_rng(0).normal(size=(9, 5)))
    with pytest.raises(ValueError, match="max_qubits=3"):
        BornMachine(max_qubits=3).fit(X)

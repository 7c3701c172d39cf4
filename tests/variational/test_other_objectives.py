"""Other objectives run through the same training: an energy, samples, a kernel's alignment."""

import warnings

import numpy as np
import pytest
from numpy.testing import assert_allclose
from qiskit import QuantumCircuit
from qiskit.circuit import ParameterVector
from qiskit.circuit.library import efficient_su2
from qiskit.quantum_info import SparsePauliOp
from sklearn.exceptions import ConvergenceWarning

from skquantum.diagnostics import gradient_variance
from skquantum.engines import CompiledEngine
from skquantum.optimizers import Adam, AdamW, Objective, resolve_optimizer
from skquantum.variational import train

HAMILTONIAN = SparsePauliOp(["ZZ", "ZI", "IZ", "XX"], [-1.0, 0.5, 0.5, 0.2])
GROUND = -1 - np.sqrt(1.04)


class Energy(Objective):
    def __init__(self, circuit, operator):
        self.session = CompiledEngine().open(circuit)
        self.operator = operator
        self.n_weights = circuit.num_parameters

    def value(self, weights, rows=None):
        return float(self.session.expectations([weights], [self.operator])[0, 0])

    def value_and_gradient(self, weights, rows=None):
        energies, gradient = self.session.gradients([weights], [self.operator], [[1.0]])
        return float(energies[0, 0]), gradient[0]


class Divergence(Objective):
    """Kullback-Leibler divergence of the outcomes from a distribution of bitstrings."""

    def __init__(self, circuit, target):
        self.session = CompiledEngine().open(circuit)
        self.target = target
        self.n_weights = circuit.num_parameters

    def _probabilities(self, weights):
        return np.abs(self.session.states([weights])[0]) ** 2

    def value(self, weights, rows=None):
        p = np.maximum(self._probabilities(weights), 1e-300)
        seen = self.target > 0
        return float(self.target[seen] @ np.log(self.target[seen] / p[seen]))

    def value_and_gradient(self, weights, rows=None):
        p = np.maximum(self._probabilities(weights), 1e-12)
        slope = -self.target / p  # dKL/dp: a diagonal observable
        return self.value(weights), self.session.gradients([weights], [slope], [[1.0]])[1][0]


class Alignment(Objective):
    """Minus the alignment of a fidelity kernel with labels of -1 and 1."""

    def __init__(self, circuit, X, y):
        self.session = CompiledEngine().open(circuit)
        self.X = X
        self.target = np.outer(y, y)
        self.n_rows = len(X)
        self.n_weights = circuit.num_parameters - X.shape[1]

    def _values(self, weights, rows):
        X = self.X if rows is None else self.X[rows]
        return np.hstack([np.tile(weights, (len(X), 1)), X])

    def _alignment(self, states, rows):
        target = self.target if rows is None else self.target[np.ix_(rows, rows)]
        overlaps = states.conj() @ states.T
        K = np.abs(overlaps) ** 2
        norm = np.sqrt((K**2).sum() * target.size)
        alignment = (K * target).sum() / norm
        slope = target / norm - alignment * K / (K**2).sum()
        return alignment, overlaps, slope

    def value(self, weights, rows=None):
        return -self._alignment(self.session.states(self._values(weights, rows)), rows)[0]

    def value_and_gradient(self, weights, rows=None):
        values = self._values(weights, rows)
        states = self.session.states(values)
        alignment, overlaps, slope = self._alignment(states, rows)
        bras = (2 * slope * overlaps.T) @ states  # of row i: sum_j 2 slope_ij <j|i> |j>
        wrt = range(self.n_weights)
        return -alignment, -self.session.pull_back(values, bras, wrt=wrt).sum(axis=0)


def run(objective, optimizer, *, seed=0, n_restarts=0, **settings):
    random_state = np.random.RandomState(seed)
    settings = {"max_iter": 300, "tol": 1e-9, "learning_rate": None, "batch_size": None} | settings
    return train(
        objective,
        resolve_optimizer(optimizer),
        (objective.draw(random_state) for _ in range(n_restarts + 1)),
        title="test",
        n_weights=objective.n_weights,
        random_state=random_state,
        **settings,
    )


@pytest.mark.parametrize("optimizer", ["l-bfgs", "slsqp", Adam(), AdamW(weight_decay=0.0)], ids=str)
def test_an_energy_is_minimised(optimizer):
    objective = Energy(efficient_su2(2, reps=2), HAMILTONIAN)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        rate = 0.1 if isinstance(optimizer, Adam) else None
        best = run(objective, optimizer, n_restarts=1, learning_rate=rate, max_iter=400)
    assert best.kept_loss == pytest.approx(GROUND, abs=1e-5)
    assert objective.value(best.best) == best.kept_loss


def test_outcomes_are_fitted_to_a_distribution():
    target = np.zeros(8)
    target[[0, 3, 5, 6]] = 0.4, 0.3, 0.2, 0.1
    objective = Divergence(efficient_su2(3, reps=3), target)
    start = objective.draw(np.random.RandomState(1))
    _, gradient = objective.value_and_gradient(start)
    for k in (0, 7, 20):
        step = 1e-5 * (np.arange(len(start)) == k)
        slope = (objective.value(start + step) - objective.value(start - step)) / 2e-5
        assert_allclose(gradient[k], slope, rtol=1e-6)
    assert run(objective, "l-bfgs", n_restarts=2).kept_loss < 1e-4


def test_a_kernel_is_aligned_with_labels():
    rng = np.random.default_rng(3)
    X = rng.uniform(-2, 2, (24, 2))
    y = np.where(X[:, 0] * X[:, 1] > 0, 1, -1)
    x, w = ParameterVector("x", 2), ParameterVector("w", 6)
    circuit = QuantumCircuit(2)
    for layer in range(3):
        for qubit in range(2):
            circuit.ry(w[2 * layer + qubit], qubit)
            circuit.rx(x[qubit], qubit)
        circuit.cx(0, 1)
    objective = Alignment(circuit, X, y)
    start = rng.normal(size=6)
    _, gradient = objective.value_and_gradient(start)
    for k, step in enumerate(1e-5 * np.eye(6)):
        slope = (objective.value(start + step) - objective.value(start - step)) / 2e-5
        assert_allclose(gradient[k], slope, rtol=0, atol=1e-9)
    best = run(objective, "adam", learning_rate=0.1, max_iter=60, batch_size=8)
    assert best.kept_loss < objective.value(objective.draw(np.random.RandomState(0))) - 0.1


def test_training_without_data_is_watched_and_interrupted():
    objective = Energy(efficient_su2(2, reps=1), HAMILTONIAN)
    seen = []

    def callback(iteration, loss, weights, elapsed):
        seen.append((iteration, loss, weights.shape))
        if iteration == 3:
            raise KeyboardInterrupt

    with pytest.warns(UserWarning, match="interrupted after 3 iterations"):
        best = run(objective, "adam", callback=callback)
    assert best.interrupted
    assert [shape for _, _, shape in seen] == [(objective.n_weights,)] * 3
    with pytest.raises(KeyboardInterrupt):
        run(objective, "adam", callback=callback, in_pieces=True)


def test_the_spread_of_the_gradient_of_any_objective():
    narrow = gradient_variance(Energy(efficient_su2(2), HAMILTONIAN), n_samples=50, random_state=0)
    operator = SparsePauliOp.from_sparse_list([("ZZ", [0, 1], 1.0)], 7)
    wide = gradient_variance(Energy(efficient_su2(7), operator), n_samples=50, random_state=0)
    assert narrow.shape == (16,)
    assert wide.shape == (56,)
    assert wide.max() < narrow.max()
    unknown = Energy(efficient_su2(2), HAMILTONIAN)
    unknown.n_weights = None
    with pytest.raises(ValueError, match="set n_weights, or write draw"):
        gradient_variance(unknown)


def test_decay_acts_on_groups():
    class Flat(Objective):
        groups = {"a": [0], "angles": [1]}

        def value(self, weights, rows=None):
            return 0.0

        def value_and_gradient(self, weights, rows=None):
            return 0.0, np.zeros(3)

    def end(optimizer, **settings):
        reports = []
        optimizer.minimize(
            Flat(),
            np.array([1.0, 2.0, 3.0]),
            lambda weights, value, state: reports.append(weights),
            **{"max_iter": 5, "tol": 0.0, "learning_rate": 0.1, "batch_size": None},
            random_state=np.random.RandomState(0),
        )
        return reports[-1]

    assert_allclose(end(Adam(weight_decay=1.0)), 0.9**5 * np.array([1.0, 2.0, 3.0]))
    assert_allclose(end(Adam(weight_decay={"a": 2.0})), [0.8**5, 2.0, 3.0])
    rates = 0.05 * (1 + np.cos(np.pi * np.arange(5) / 5))
    decayed = np.prod(1 - 2.0 * rates)
    assert_allclose(end(AdamW(weight_decay={"a": 2.0})), [decayed, 2.0, 3.0])
    assert_allclose(end(Adam(weight_decay={"encoding": 1.0})), [1.0, 2.0, 3.0])
    with pytest.raises(ValueError, match=r"'angels' in weight_decay=.* did you mean 'angles'"):
        end(Adam(weight_decay={"angels": 1.0}))
    with pytest.raises(ValueError, match="not a number of at least 0"):
        end(Adam(weight_decay={"angles": -1.0}))

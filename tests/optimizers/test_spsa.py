"""SPSA and QNSPSA against their formulas, on functions without circuits."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from oracles import rotation
from quadratic import BEST, CURVATURE, LOWEST, START, Quadratic, run

from skquantum.optimizers import QNSPSA, SPSA, Objective
from skquantum.optimizers._spsa import SPSAState

each = pytest.mark.parametrize


def spsa_by_hand(max_iter, c, alpha, gamma, calibration, rate, seed):
    """Spall's recursion."""
    random_state, f = np.random.RandomState(seed), Quadratic().value

    def slope(w, size):
        delta = 2.0 * random_state.randint(0, 2, len(w)) - 1.0
        above, below = f(w + size * delta), f(w - size * delta)
        return (above - below) / (2 * size), delta

    A = 0.1 * max_iter
    typical = np.mean([abs(slope(START, c)[0]) for _ in range(calibration)])
    a = rate / typical * (A + 1) ** alpha
    points = [START]
    for k in range(1, max_iter + 1):
        g, delta = slope(points[-1], c / k**gamma)
        points.append(points[-1] - a / (A + k) ** alpha * g * delta)  # 1 / delta = delta
    return np.array(points)


def test_spsa_takes_the_steps_of_its_formula():
    optimizer = SPSA(perturbation=0.15, alpha=0.7, gamma=0.2, calibration=6)
    weights, losses, _ = run(optimizer, learning_rate=0.1, max_iter=25)
    points = spsa_by_hand(25, 0.15, 0.7, 0.2, 6, 0.1, 0)
    # a report holds weights and a loss that was seen there
    assert any(np.allclose(weights, points[k : 25 + k], rtol=1e-10) for k in (0, 1))
    assert len(losses) == 25


def test_the_first_step_of_spsa_is_as_long_as_the_learning_rate_on_average():
    steps = [
        np.abs(run(SPSA(calibration=50), seed=seed, learning_rate=0.03, max_iter=2)[0][-1] - START)
        for seed in range(40)
    ]
    assert 0.01 < np.mean(steps) < 0.06


@each("optimizer", [SPSA(), QNSPSA()], ids=str)
@each("batch_size", [None, 5])
def test_spsa_converges_on_a_quadratic(optimizer, batch_size):
    for seed in range(3):
        weights, losses, _ = run(optimizer, seed=seed, max_iter=300, batch_size=batch_size)
        share = 0.05 if batch_size is None else 0.25
        assert np.linalg.norm(weights[-1] - BEST) < share * np.linalg.norm(START - BEST)
        assert losses[-50:].mean() < LOWEST + 0.25


@each("optimizer", [SPSA(), QNSPSA()], ids=str)
def test_what_spsa_reports_are_weights_with_their_loss(optimizer):
    """A step can lead from a low loss to a high one: its ends must not be mistaken."""
    objective = Quadratic()
    weights, losses, _ = run(optimizer, objective, max_iter=30, learning_rate=0.3)
    # the mean of both sides of a quadratic is the value in the middle, and as much everywhere
    excess = losses - [Quadratic().value(point) for point in weights]
    size = optimizer.perturbation / np.arange(1, 31) ** optimizer.gamma
    assert_allclose(excess, 0.5 * CURVATURE.sum() * size**2, rtol=1e-9)


def test_a_batch_is_the_same_on_both_sides():
    objective = Quadratic()
    run("spsa", objective, batch_size=5, max_iter=4)
    pairs = list(zip(objective.evaluated[::2], objective.evaluated[1::2], strict=True))
    assert len(pairs) == 10 + 4
    for above, below in pairs:
        assert_array_equal(above, below)
        assert len(set(above)) == 5


# --- QNSPSA ----------------------------------------------------------------------------------


class OneQubit(Quadratic):
    """Fidelities of RZ(w1) RX(w0) RY(w2) |0>."""

    @staticmethod
    def state(w):
        return rotation("Z", w[1]) @ rotation("X", w[0]) @ rotation("Y", w[2])[:, 0]

    def fidelity(self, weights, others):
        here = self.state(weights)
        return np.array([abs(np.vdot(here, self.state(other))) ** 2 for other in others])


def first():
    """State before the first of some steps in three weights."""
    return SPSAState(0, gain=1.0, stability=0.0, metric=np.eye(3))


def fubini_study(state, w, step=1e-5):
    """Re(<d_i psi|d_j psi> - <d_i psi|psi><psi|d_j psi>)."""
    psi = state(w)
    slopes = np.array([(state(w + d) - state(w - d)) / (2 * step) for d in step * np.eye(len(w))])
    along = slopes.conj() @ psi
    return (slopes.conj() @ slopes.T - np.outer(along, along.conj())).real


@each("weights", [START, pytest.param(np.array([0.3, 1.0, -0.7]), marks=pytest.mark.slow)])
def test_the_metric_is_right_on_average(weights):
    """Mean of 2000 samples; each entry within 5 standard errors, and the O(c^2) of a difference."""
    optimizer = QNSPSA(perturbation=0.01, gamma=0.0)
    random_state, samples = np.random.RandomState(0), []
    for _ in range(2000):
        _, state = optimizer._update(OneQubit(), weights, np.zeros(3), first(), random_state)
        samples.append(2 * state.metric - np.eye(3))  # the mean of the identity and a sample
    error = np.std(samples, axis=0) / np.sqrt(len(samples))
    want = fubini_study(OneQubit.state, weights)
    assert (np.abs(np.mean(samples, axis=0) - want) < 5 * error + 1e-4).all()
    assert want.max() > 0.2


@pytest.mark.slow
def test_the_metric_is_an_average_of_all_steps():
    optimizer = QNSPSA(perturbation=0.01, gamma=0.0)
    random_state = np.random.RandomState(0)
    state = first()
    for _ in range(3000):
        _, state = optimizer._update(OneQubit(), START, np.zeros(3), state, random_state)
    want = fubini_study(OneQubit.state, START)
    assert_allclose(state.metric, want, atol=0.05)


def test_the_step_of_qnspsa_follows_the_metric():
    """Along directions of a small metric it is longer."""
    optimizer = QNSPSA(perturbation=0.01, gamma=0.0, regularization=0.01)
    random_state = np.random.RandomState(0)
    gradient, state = np.array([1.0, -2.0, 0.5]), first()
    for _ in range(200):
        step, state = optimizer._update(OneQubit(), START, gradient, state, random_state)
    values, vectors = np.linalg.eigh(state.metric)
    positive = (vectors * np.abs(values)) @ vectors.T
    assert_allclose(step, np.linalg.solve(positive + 0.01 * np.eye(3), gradient), rtol=1e-9)


def test_objectives_without_states():
    class Value(Objective):
        def value(self, weights, rows=None):
            return float(weights @ weights)

        def value_and_gradient(self, weights, rows=None):
            return self.value(weights), 2 * weights

    assert run("spsa", Value(), max_iter=200)[1][-1] < 0.1
    with pytest.raises(ValueError, match="Value has no fidelities of states"):
        run("qnspsa", Value())

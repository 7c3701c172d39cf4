"""Simultaneous perturbation: a step from two loss values, whatever the number of weights."""

from dataclasses import dataclass, replace

import numpy as np

from skquantum._validation import Integral, Interval, Real
from skquantum.optimizers._base import Optimizer

__all__ = ["QNSPSA", "SPSA"]


@dataclass(frozen=True)
class SPSAState:
    """What steps have learned.

    Attributes
    ----------
    number : int
        Steps so far.
    gain : float
        The constant `a`.
    stability : float
        The constant `A`.
    metric : ndarray of shape (n_weights, n_weights) or None
        Average of the estimates of the metric; None where steps take none.
    """

    number: int
    gain: float
    stability: float
    metric: np.ndarray | None = None


class SPSA(Optimizer):
    r"""Simultaneous perturbation stochastic approximation.

    Step :math:`k` changes all weights at once along a random :math:`\Delta \in \{-1, 1\}^d`: by
    :math:`-a_k \frac{f(w + c_k \Delta) - f(w - c_k \Delta)}{2 c_k} \Delta`, with
    :math:`c_k = c / k^\gamma` and :math:`a_k = a / (A + k)^\alpha`. The constant `a` is found
    from some loss differences at the start such that the first step is as long, per weight, as
    the learning rate says (default 0.2 radians).

    Parameters
    ----------
    perturbation : float, default=0.2
        The constant `c` (radians).
    alpha : float, default=0.602
        Decay of the steps.
    gamma : float, default=0.101
        Decay of the perturbations.
    calibration : int, default=10
        Number of loss differences used to find `a`.

    References
    ----------
    .. [1] J. C. Spall, "Implementation of the simultaneous perturbation algorithm for stochastic
       optimization", IEEE Transactions on Aerospace and Electronic Systems 34, 817 (1998).

    Examples
    --------
    >>> from skquantum import VQC
    >>> from skquantum.optimizers import SPSA
    >>> VQC(optimizer=SPSA(perturbation=0.1)).optimizer
    SPSA(perturbation=0.1)
    """

    _parameter_constraints: dict = {
        "perturbation": [Interval(Real, 0, None, closed="neither")],
        "alpha": [Interval(Real, 0, 1, closed="right")],
        "gamma": [Interval(Real, 0, 1, closed="both")],
        "calibration": [Interval(Integral, 1, None, closed="left")],
    }
    default_learning_rate = 0.2

    def __init__(self, *, perturbation=0.2, alpha=0.602, gamma=0.101, calibration=10):
        self.perturbation = perturbation
        self.alpha = alpha
        self.gamma = gamma
        self.calibration = calibration

    def _minimize(
        self,
        objective,
        weights,
        report,
        *,
        max_iter,
        tol,
        learning_rate,
        batch_size,
        random_state,
        state,
    ):
        """Minimise; what is reported are the weights before a step, and the mean of its losses."""
        if state is None:
            state = self._init(
                objective, weights, max_iter, learning_rate, batch_size, random_state
            )
        for _ in range(max_iter):
            rows = _batch(objective, batch_size, random_state)
            loss, slope, direction = self._difference(
                objective, weights, state.number, rows, random_state
            )
            step = state.gain / (state.stability + state.number + 1) ** self.alpha
            update, following = self._update(
                objective, weights, slope * direction, state, random_state
            )
            report(weights, loss, state)
            weights, state = weights - step * update, following
        return True

    def _init(self, objective, weights, max_iter, learning_rate, batch_size, random_state):
        """Return the state before the first step, whose length is found from some differences."""
        slopes = []
        for _ in range(self.calibration):
            rows = _batch(objective, batch_size, random_state)
            slopes.append(self._difference(objective, weights, 0, rows, random_state)[1])
        typical = np.mean(np.abs(slopes))
        stability = 0.1 * max_iter
        gain = learning_rate * (stability + 1) ** self.alpha / (typical if typical > 1e-10 else 1.0)
        return SPSAState(0, gain, stability)

    def _size(self, number):
        return self.perturbation / (number + 1) ** self.gamma

    def _difference(self, objective, weights, number, rows, random_state):
        """Return mean loss, slope and the random direction of it."""
        direction = 2.0 * random_state.randint(0, 2, len(weights)) - 1.0
        size = self._size(number)
        above = objective.value(weights + size * direction, rows)
        below = objective.value(weights - size * direction, rows)
        return (above + below) / 2, (above - below) / (2 * size), direction

    def _update(self, objective, weights, gradient, state, random_state):
        """Return the direction of the step, and the state after it."""
        return gradient, replace(state, number=state.number + 1)


class QNSPSA(SPSA):
    r"""Quantum natural SPSA: the step is taken in the metric of the states.

    The Fubini-Study metric is estimated from four fidelities
    :math:`|\langle\psi(w)|\psi(w')\rangle|^2` per step, averaged over the steps so far, made
    positive, regularised, and its inverse multiplies SPSA's gradient.

    Parameters
    ----------
    perturbation : float, default=0.2
        The constant `c` (radians).
    alpha : float, default=0.602
        Decay of the steps.
    gamma : float, default=0.101
        Decay of the perturbations.
    calibration : int, default=10
        Number of loss differences used to find the first step.
    regularization : float, default=0.1
        Multiple of the identity that is added to the metric.

    References
    ----------
    .. [1] J. Gacon, C. Zoufal, G. Carleo, S. Woerner, "Simultaneous perturbation stochastic
       approximation of the quantum Fisher information", Quantum 5, 567 (2021).

    Examples
    --------
    >>> from skquantum import VQC
    >>> VQC(optimizer="qnspsa", max_iter=50)
    VQC(max_iter=50, optimizer='qnspsa')
    """

    _parameter_constraints: dict = {
        **SPSA._parameter_constraints,
        "regularization": [Interval(Real, 0, None, closed="neither")],
    }

    def __init__(
        self, *, perturbation=0.2, alpha=0.602, gamma=0.101, calibration=10, regularization=0.1
    ):
        super().__init__(
            perturbation=perturbation, alpha=alpha, gamma=gamma, calibration=calibration
        )
        self.regularization = regularization

    def _init(self, objective, weights, *settings):
        state = super()._init(objective, weights, *settings)
        return replace(state, metric=np.eye(len(weights)))

    def _update(self, objective, weights, gradient, state, random_state):
        number, size = state.number, self._size(state.number)
        one, other = 2.0 * random_state.randint(0, 2, (2, len(weights))) - 1.0
        points = [one + other, one, other - one, -one]
        fidelity = objective.fidelity(weights, [weights + size * point for point in points])
        # equation 12 of [1]: a second difference of -fidelity / 2 along both directions
        curvature = -0.5 * (fidelity[0] - fidelity[1] - fidelity[2] + fidelity[3])
        curvature /= 2 * size**2
        outer = np.outer(one, other)
        sample = curvature * (outer + outer.T) / 2
        metric = state.metric
        if np.isfinite(curvature):
            metric = ((number + 1) * metric + sample) / (number + 2)
        values, vectors = np.linalg.eigh(metric)
        values = np.abs(values) + self.regularization
        update = vectors @ ((vectors.T @ gradient) / values)
        return update, replace(state, number=number + 1, metric=metric)


def _batch(objective, batch_size, random_state):
    if batch_size is None or objective.n_rows is None or batch_size >= objective.n_rows:
        return None
    return random_state.choice(objective.n_rows, batch_size, replace=False)

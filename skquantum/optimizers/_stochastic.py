"""Gradient descent on batches of rows."""

from abc import abstractmethod
from dataclasses import dataclass

import numpy as np
from sklearn.utils import gen_batches

from skquantum._validation import Interval, Real
from skquantum.optimizers._base import Optimizer

__all__ = ["SGD", "Adam"]

# Unless something else is asked for, an epoch has this many batches, or fewer of this many rows.
BATCHES = 12
MIN_BATCH = 32


@dataclass(frozen=True)
class StepState:
    """What steps have learned.

    Attributes
    ----------
    number : int
        Steps so far.
    moments : tuple of ndarray of shape (n_weights,)
        Averages of the steps' gradients, as the method needs them.
    """

    number: int
    moments: tuple


class _Stochastic(Optimizer):
    in_epochs = True

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
        """Minimise in epochs; the weights that are reported are those at the end of one."""
        state = self.init(weights) if state is None else state
        for _ in range(max_iter):
            for rows in self._batches(objective, batch_size, random_state):
                _, gradient = objective.value_and_gradient(weights, rows)
                change, state = self.step(gradient, state, learning_rate)
                weights = weights + change
            # the mean over the batches would belong to no weights
            report(weights, objective.value(weights), state)
        return False

    def _batches(self, objective, batch_size, random_state):
        """Yield the rows of every step of an epoch; None without data."""
        if objective.n_rows is None:
            yield None
            return
        order = random_state.permutation(objective.n_rows)
        for batch in gen_batches(len(order), self.rows_per_step(len(order), batch_size)):
            yield order[batch]

    def rows_per_step(self, n_rows, batch_size):
        return min(batch_size or max(MIN_BATCH, -(-n_rows // BATCHES)), n_rows)

    def init(self, weights):
        """Return the state before the first step.

        Parameters
        ----------
        weights : ndarray of shape (n_weights,)
            Where it starts.

        Returns
        -------
        StepState
            The state.
        """
        return StepState(0, (np.zeros(len(weights)),) * self._n_moments)

    _n_moments = 1

    @abstractmethod
    def step(self, gradient, state, learning_rate):
        """Return what to add to the weights.

        Parameters
        ----------
        gradient : ndarray of shape (n_weights,)
            Gradient at the weights.
        state : StepState
            State before the step.
        learning_rate : float
            Step size.

        Returns
        -------
        change : ndarray of shape (n_weights,)
            What to add.
        state : StepState
            State after the step.
        """


class Adam(_Stochastic):
    """Stochastic gradient descent with moments of the gradient.

    Parameters
    ----------
    beta_1 : float, default=0.9
        Decay of the first moment, in [0, 1).
    beta_2 : float, default=0.999
        Decay of the second moment, in [0, 1).
    epsilon : float, default=1e-08
        Added to the root of the second moment.

    References
    ----------
    .. [1] D. P. Kingma, J. Ba, "Adam: a method for stochastic optimization", ICLR (2015).

    Examples
    --------
    >>> from skquantum import VQC
    >>> from skquantum.optimizers import Adam
    >>> VQC(optimizer=Adam(beta_1=0.8)).get_params()["optimizer__beta_1"]
    0.8
    """

    _parameter_constraints: dict = {
        "beta_1": [Interval(Real, 0, 1, closed="left")],
        "beta_2": [Interval(Real, 0, 1, closed="left")],
        "epsilon": [Interval(Real, 0, None, closed="neither")],
    }
    default_learning_rate = 0.05

    def __init__(self, *, beta_1=0.9, beta_2=0.999, epsilon=1e-8):
        self.beta_1 = beta_1
        self.beta_2 = beta_2
        self.epsilon = epsilon

    _n_moments = 2

    def step(self, gradient, state, learning_rate):
        first, second = state.moments
        number = state.number + 1
        first = first + (1 - self.beta_1) * (gradient - first)
        second = second + (1 - self.beta_2) * (gradient**2 - second)
        unbiased = first / (1 - self.beta_1**number)
        spread = np.sqrt(second / (1 - self.beta_2**number))
        change = -learning_rate * unbiased / (spread + self.epsilon)
        return change, StepState(number, (first, second))


class SGD(_Stochastic):
    """Stochastic gradient descent with momentum.

    Parameters
    ----------
    momentum : float, default=0.9
        How much of the step before is taken again, in [0, 1).
    nesterov : bool, default=True
        Whether the gradient is taken where the momentum leads.

    Examples
    --------
    >>> from skquantum import VQC
    >>> VQC(optimizer="sgd").set_params(optimizer__momentum=0.5).optimizer
    SGD(momentum=0.5)
    """

    _parameter_constraints: dict = {
        "momentum": [Interval(Real, 0, 1, closed="left")],
        "nesterov": ["boolean"],
    }
    default_learning_rate = 0.1

    def __init__(self, *, momentum=0.9, nesterov=True):
        self.momentum = momentum
        self.nesterov = nesterov

    def step(self, gradient, state, learning_rate):
        velocity = self.momentum * state.moments[0] - learning_rate * gradient
        change = self.momentum * velocity - learning_rate * gradient if self.nesterov else velocity
        return change, StepState(state.number + 1, (velocity,))

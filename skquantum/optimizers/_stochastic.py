"""Gradient descent on batches of rows."""

from abc import abstractmethod

import numpy as np
from sklearn.utils import gen_batches

from skquantum._validation import Interval, Real
from skquantum.optimizers._base import Optimizer

__all__ = ["SGD", "Adam"]

# Unless something else is asked for, an epoch has this many batches, or fewer of this many rows.
BATCHES = 12
MIN_BATCH = 32


class _Stochastic(Optimizer):
    in_epochs = True

    def _minimize(
        self, objective, weights, report, *, max_iter, tol, learning_rate, batch_size, random_state
    ):
        """Minimise in epochs; the weights that are reported are those at the end of one."""
        self.start(weights)
        for _ in range(max_iter):
            weights, loss = self.epoch(objective, weights, learning_rate, batch_size, random_state)
            report(weights, loss)
        return False

    def start(self, weights):
        """Forget all steps so far.

        Parameters
        ----------
        weights : ndarray of shape (n_weights,)
            Where the first step starts.
        """
        self._validate_params()
        self._step_number = 0
        self._moments = np.zeros((2, len(weights)))

    def epoch(self, objective, weights, learning_rate, batch_size, random_state):
        """Go once through all rows.

        Parameters
        ----------
        objective : object
            As in :meth:`minimize`.
        weights : ndarray of shape (n_weights,)
            Where to start.
        learning_rate : float or None
            Step size.
        batch_size : int or None
            Rows per step.
        random_state : RandomState
            Shuffles the rows.

        Returns
        -------
        weights : ndarray of shape (n_weights,)
            Where it ended.
        loss : float
            Loss of all rows there.
        """
        rate = self.default_learning_rate if learning_rate is None else learning_rate
        order = random_state.permutation(objective.n_rows)
        batch_size = batch_size or max(MIN_BATCH, -(-len(order) // BATCHES))
        for batch in gen_batches(len(order), min(batch_size, len(order))):
            _, gradient = objective.loss_and_gradient(weights, order[batch])
            self._step_number += 1
            weights = weights + self._step(gradient, rate)
        # the mean over the batches would belong to no weights
        return weights, objective.loss(weights)

    @abstractmethod
    def _step(self, gradient, rate):
        """Return what to add to the weights."""


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

    def _step(self, gradient, rate):
        first, second = self._moments
        first += (1 - self.beta_1) * (gradient - first)
        second += (1 - self.beta_2) * (gradient**2 - second)
        unbiased = first / (1 - self.beta_1**self._step_number)
        spread = np.sqrt(second / (1 - self.beta_2**self._step_number))
        return -rate * unbiased / (spread + self.epsilon)


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

    def _step(self, gradient, rate):
        velocity = self._moments[0]
        velocity *= self.momentum
        velocity -= rate * gradient
        return self.momentum * velocity - rate * gradient if self.nesterov else velocity.copy()

"""Gradient descent on batches of rows."""

from abc import abstractmethod
from dataclasses import dataclass

import numpy as np
from sklearn.base import clone
from sklearn.utils import gen_batches

from skquantum._validation import Interval, Real, StrOptions, closest_name
from skquantum.optimizers._base import GROUPS, Optimizer

__all__ = ["SGD", "Adam", "AdamW"]

# Unless something else is asked for, an epoch has this many batches, or fewer of this many rows.
BATCHES = 12
MIN_BATCH = 32
# Of the weights of a trainable feature map that multiply features.
DECAY = 1.5
# The same, per standard deviation of the targets that predictions are off, if that is more.
DECAY_PER_RESIDUAL = 5.0


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

    _parameter_constraints: dict = {
        "schedule": [StrOptions({"constant", "cosine"})],
        "weight_decay": [Interval(Real, 0, None, closed="left"), dict],
    }

    @property
    def is_annealed(self):
        return self.schedule != "constant"

    def in_pieces(self):
        return clone(self).set_params(schedule="constant") if self.is_annealed else self

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
        value = None
        for epoch in range(max_iter):
            decay = self._decay(objective, weights, value)
            batches = self._batches(objective, batch_size, random_state)
            for number, rows in enumerate(batches):
                rate = learning_rate * self._fraction((epoch + number / len(batches)) / max_iter)
                _, gradient = objective.value_and_gradient(weights, rows)
                change, state = self.step(gradient, state, rate)
                if decay is not None:
                    change = change - rate * decay * weights
                weights = weights + change
            # the mean over the batches would belong to no weights
            value = objective.value(weights)
            report(weights, value, state)
        return self.is_annealed

    def _fraction(self, progress):
        """Return which part of the learning rate is left after a part of the training."""
        return 0.5 * (1.0 + np.cos(np.pi * progress)) if self.is_annealed else 1.0

    def _decay(self, objective, weights, value):
        """Return the decay of each weight, or None.

        Parameters
        ----------
        objective : Objective
            Function to minimise.
        weights : ndarray of shape (n_weights,)
            Where an epoch begins.
        value : float or None
            The objective there, if it is known.

        Returns
        -------
        ndarray of shape (n_weights,) or None
            The decay in this epoch.
        """
        if not isinstance(self.weight_decay, dict):
            return np.full(len(weights), float(self.weight_decay)) if self.weight_decay else None
        groups = objective.groups
        decay = np.zeros(len(weights))
        for name, strength in self.weight_decay.items():
            if name not in groups and name not in GROUPS:
                hint = closest_name(name, {*groups, *GROUPS})
                raise ValueError(
                    f"{name!r} in weight_decay={self.weight_decay!r} is unknown: {hint}."
                )
            if not isinstance(strength, Real) or not 0 <= strength < np.inf:
                raise ValueError(
                    f"weight_decay={self.weight_decay!r} holds {strength!r} for {name!r}, which is "
                    "not a number of at least 0; pass one."
                )
            decay[groups.get(name, [])] = strength
        return decay

    def _batches(self, objective, batch_size, random_state):
        """Return the rows of every step of an epoch; None without data."""
        if objective.n_rows is None:
            return [None]
        order = random_state.permutation(objective.n_rows)
        batches = gen_batches(len(order), self.rows_per_step(len(order), batch_size))
        return [order[batch] for batch in batches]

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
    schedule : {"constant", "cosine"}, default="constant"
        How the step size develops over the ``max_iter`` epochs. "cosine" lowers it to 0 along half
        a cosine [2]_; training then always takes all epochs, and ends with the last weights rather
        than with those of the lowest loss. ``partial_fit``, which knows no end, takes constant
        steps.
    weight_decay : float or dict of str to float, default=0.0
        Decoupled weight decay [3]_: every step also subtracts its step size times this number times
        the weights. A dict says so by groups of weights: "angles"; "encoding", the weights of a
        trainable feature map that multiply features; "scaling", other weights that multiply
        features; "readout", the layer behind the circuit. Groups that a model lacks are ignored.

    References
    ----------
    .. [1] D. P. Kingma, J. Ba, "Adam: a method for stochastic optimization", ICLR (2015).
    .. [2] I. Loshchilov, F. Hutter, "SGDR: stochastic gradient descent with warm restarts", ICLR
       (2017).
    .. [3] I. Loshchilov, F. Hutter, "Decoupled weight decay regularization", ICLR (2019).

    Examples
    --------
    >>> from skquantum import VQC
    >>> from skquantum.optimizers import Adam
    >>> VQC(optimizer=Adam(beta_1=0.8)).get_params()["optimizer__beta_1"]
    0.8
    """

    _parameter_constraints: dict = {
        **_Stochastic._parameter_constraints,
        "beta_1": [Interval(Real, 0, 1, closed="left")],
        "beta_2": [Interval(Real, 0, 1, closed="left")],
        "epsilon": [Interval(Real, 0, None, closed="neither")],
    }
    default_learning_rate = 0.05

    def __init__(
        self, *, beta_1=0.9, beta_2=0.999, epsilon=1e-8, schedule="constant", weight_decay=0.0
    ):
        self.beta_1 = beta_1
        self.beta_2 = beta_2
        self.epsilon = epsilon
        self.schedule = schedule
        self.weight_decay = weight_decay

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


class AdamW(Adam):
    """Adam with a falling step size and decoupled weight decay: what VQC and VQR train with.

    Parameters
    ----------
    beta_1 : float, default=0.9
        Decay of the first moment, in [0, 1).
    beta_2 : float, default=0.999
        Decay of the second moment, in [0, 1).
    epsilon : float, default=1e-08
        Added to the root of the second moment.
    schedule : {"constant", "cosine"}, default="cosine"
        As of :class:`Adam`.
    weight_decay : float, dict of str to float or None, default=None
        As of :class:`Adam`. None means 1.5 for the weights of a trainable feature map that multiply
        features, which keeps its frequencies low, and 0 for all others. In regression it is 5 times
        the root mean square of the residuals on the training rows at the beginning of the epoch, in
        standard deviations of the targets and up to 1, where that is more than 1.5: the noisier the
        targets are, the smoother is the model, as the best penalty of a ridge regression grows with
        the noise.

    References
    ----------
    .. [1] I. Loshchilov, F. Hutter, "Decoupled weight decay regularization", ICLR (2019).

    Examples
    --------
    >>> from skquantum import VQC
    >>> VQC().set_params(optimizer__weight_decay={"encoding": 2.0}).optimizer
    AdamW(weight_decay={'encoding': 2.0})
    """

    _parameter_constraints: dict = {
        **Adam._parameter_constraints,
        "weight_decay": [*Adam._parameter_constraints["weight_decay"], None],
    }
    default_learning_rate = 0.02

    def __init__(
        self, *, beta_1=0.9, beta_2=0.999, epsilon=1e-8, schedule="cosine", weight_decay=None
    ):
        super().__init__(
            beta_1=beta_1,
            beta_2=beta_2,
            epsilon=epsilon,
            schedule=schedule,
            weight_decay=weight_decay,
        )

    def _batches(self, objective, batch_size, random_state):
        if objective.n_rows is None or batch_size is not None:
            return super()._batches(objective, batch_size, random_state)
        # of equal size: a few rows that are left over would make a step of noise
        order = random_state.permutation(objective.n_rows)
        return np.array_split(order, _n_batches(len(order)))

    def rows_per_step(self, n_rows, batch_size):
        if batch_size is not None:
            return super().rows_per_step(n_rows, batch_size)
        return -(-n_rows // _n_batches(n_rows))

    def _decay(self, objective, weights, value):
        if self.weight_decay is not None:
            return super()._decay(objective, weights, value)
        strength = DECAY
        if len(objective.groups.get("encoding", [])) and objective.residual(0.0) is not None:
            value = objective.value(weights) if value is None else value
            strength = max(DECAY, DECAY_PER_RESIDUAL * min(1.0, objective.residual(value)))
        return Adam(weight_decay={"encoding": strength})._decay(objective, weights, value)


def _n_batches(n_rows):
    return max(1, round(n_rows / max(MIN_BATCH, n_rows / BATCHES)))


class SGD(_Stochastic):
    """Stochastic gradient descent with momentum.

    Parameters
    ----------
    momentum : float, default=0.9
        Fraction of the previous step that is added again, in [0, 1).
    nesterov : bool, default=True
        Whether the gradient is taken where the momentum leads.
    schedule : {"constant", "cosine"}, default="constant"
        As of :class:`Adam`.
    weight_decay : float or dict of str to float, default=0.0
        As of :class:`Adam`.

    Examples
    --------
    >>> from skquantum import VQC
    >>> VQC(optimizer="sgd").set_params(optimizer__momentum=0.5).optimizer
    SGD(momentum=0.5)
    """

    _parameter_constraints: dict = {
        **_Stochastic._parameter_constraints,
        "momentum": [Interval(Real, 0, 1, closed="left")],
        "nesterov": ["boolean"],
    }
    default_learning_rate = 0.1

    def __init__(self, *, momentum=0.9, nesterov=True, schedule="constant", weight_decay=0.0):
        self.momentum = momentum
        self.nesterov = nesterov
        self.schedule = schedule
        self.weight_decay = weight_decay

    def step(self, gradient, state, learning_rate):
        velocity = self.momentum * state.moments[0] - learning_rate * gradient
        change = self.momentum * velocity - learning_rate * gradient if self.nesterov else velocity
        return change, StepState(state.number + 1, (velocity,))

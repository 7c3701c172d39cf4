"""An optimizer: steps along the signs of the gradient, longer and shorter as the signs say."""

import numpy as np

from skquantum.optimizers import Optimizer

__all__ = ["Rprop"]


class Rprop(Optimizer):
    """Resilient propagation (Riedmiller and Braun, 1993), on all rows at once."""

    default_learning_rate = 0.1

    def __init__(self, increase=1.2, decrease=0.5):
        self.increase = increase
        self.decrease = decrease

    def _minimize(
        self, objective, weights, report, *, max_iter, tol, learning_rate, state, **settings
    ):
        # what steps have learned is reported, and comes back to go on with
        steps, signs = (learning_rate, 0.0) if state is None else state
        for _ in range(max_iter):
            value, gradient = objective.value_and_gradient(weights)
            report(weights, value, (steps, signs))
            agreement = signs * np.sign(gradient)
            factors = np.where(agreement < 0, self.decrease, 1.0)
            steps = np.where(agreement > 0, self.increase, factors) * steps
            signs = np.sign(gradient)
            weights = weights - steps * signs
            if np.max(steps) < tol:
                return True
        return False

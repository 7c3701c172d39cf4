"""Optimizer objects of qiskit-machine-learning."""

import numpy as np

from skquantum.optimizers._base import Optimizer

__all__ = ["QiskitOptimizer"]


class QiskitOptimizer(Optimizer):
    """An optimizer of qiskit-machine-learning, on all rows at once.

    Where an estimator takes an optimizer, the bare object is taken too. Its own settings decide
    when it ends. Each evaluation of the loss counts as an iteration, and is reported. Those that
    draw random numbers take them from ``qiskit_machine_learning.utils.algorithm_globals``, not
    from `random_state`.

    Parameters
    ----------
    optimizer : qiskit_machine_learning.optimizers.Optimizer
        The object; it must offer ``minimize(fun, x0, jac)``.

    Examples
    --------
    >>> from qiskit_machine_learning.optimizers import COBYLA
    >>> from skquantum.optimizers import QiskitOptimizer, resolve_optimizer
    >>> isinstance(resolve_optimizer(COBYLA(maxiter=30)), QiskitOptimizer)
    True
    """

    _parameter_constraints: dict = {"optimizer": "no_validation"}

    def __init__(self, optimizer):
        self.optimizer = optimizer

    def _minimize(
        self, objective, weights, report, *, max_iter, tol, learning_rate, batch_size, random_state
    ):
        """Minimise, as the object's own settings say."""
        wants = self.optimizer.is_gradient_required or self.optimizer.is_gradient_supported
        known = {}

        def function(x):
            x = np.array(x, dtype=float)
            if wants:
                loss, known[x.tobytes()] = objective.loss_and_gradient(x)
            else:
                loss = objective.loss(x)
            report(x, loss)
            return loss

        def gradient(x):
            x = np.array(x, dtype=float)
            found = known.pop(x.tobytes(), None)
            if found is None:  # some ask for nothing but gradients
                loss, found = objective.loss_and_gradient(x)
                report(x, loss)
            return found

        self.optimizer.minimize(function, weights, jac=gradient if wants else None)
        return True

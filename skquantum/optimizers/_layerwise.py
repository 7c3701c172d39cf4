"""Weights in stages: those of the first layers first."""

import numpy as np

from skquantum._components import ComponentsMixin
from skquantum._validation import Integral, Interval
from skquantum.optimizers._base import Objective, Optimizer
from skquantum.optimizers._resolve import resolve_optimizer

__all__ = ["Layerwise"]


class _Restricted(Objective):
    """An objective of some of the weights; the others stay as they are."""

    def __init__(self, objective, weights, free):
        self.objective = objective
        self.weights = weights
        self.free = free
        self.n_rows = objective.n_rows

    def whole(self, weights):
        """Return all weights."""
        whole = self.weights.copy()
        whole[self.free] = weights
        return whole

    @property
    def groups(self):
        place = np.full(len(self.weights), -1)
        place[self.free] = np.arange(len(self.free))
        places = {name: place[np.asarray(k)] for name, k in self.objective.groups.items()}
        return {name: found[found >= 0] for name, found in places.items()}

    def residual(self, value):
        return self.objective.residual(value)

    def value(self, weights, rows=None):
        return self.objective.value(self.whole(weights), rows)

    def value_and_gradient(self, weights, rows=None):
        value, gradient = self.objective.value_and_gradient(self.whole(weights), rows)
        return value, gradient[self.free]

    def fidelity(self, weights, others):
        return self.objective.fidelity(self.whole(weights), list(map(self.whole, others)))


class Layerwise(ComponentsMixin, Optimizer):
    """Train the first layers of a circuit, then more and more of them, and at last all.

    A deep circuit whose later layers are still close to the identity is as easy to train as a
    shallow one [1]_. Weights are sorted by where they first act in the circuit and divided into
    stages; stage k trains the weights of the first k parts, from where the stage before ended. What
    a readout trains behind the circuit takes part in all of them. Start with small angles
    (``init="small"``), so that the layers that wait do little.

    Parameters
    ----------
    optimizer : str, Optimizer, object or callable, default="adam"
        Optimizer of every stage, as in :class:`~skquantum.VQC`. Its state and its schedule
        are reset in each.
    n_stages : int, default=3
        Number of stages, among which the iterations are shared equally.

    References
    ----------
    .. [1] A. Skolik, J. R. McClean, M. Mohseni, P. van der Smagt, M. Leib, "Layerwise learning for
       quantum neural networks", Quantum Machine Intelligence 3, 5 (2021).

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from skquantum import VQC
    >>> from skquantum.optimizers import Layerwise
    >>> X, y = load_iris(return_X_y=True)
    >>> model = VQC(optimizer=Layerwise("l-bfgs"), max_iter=30, random_state=0).fit(X, y)
    >>> model.score(X, y) > 0.95
    True
    """

    _parameter_constraints: dict = {
        "optimizer": "no_validation",  # resolve_optimizer says it better
        "n_stages": [Interval(Integral, 1, None, closed="left")],
    }

    def __init__(self, optimizer="adam", *, n_stages=3):
        self.optimizer = optimizer
        self.n_stages = n_stages

    def resolve_component(self, name, value):
        return resolve_optimizer(value) if name == "optimizer" else value

    @property
    def default_learning_rate(self):
        return resolve_optimizer(self.optimizer).default_learning_rate

    def rows_per_step(self, n_rows, batch_size):
        return resolve_optimizer(self.optimizer).rows_per_step(n_rows, batch_size)

    def _minimize(self, objective, weights, report, *, max_iter, state, **settings):
        inner = resolve_optimizer(self.optimizer)
        stages = self._stages(objective, len(weights))
        done = False
        for stage, iterations in enumerate(_shares(max_iter, self.n_stages)):
            if not iterations:
                continue
            part = _Restricted(objective, weights, np.flatnonzero(stages <= stage))
            last = [weights[part.free]]

            def pass_on(found, value, state=None, part=part, last=last):
                last[0] = np.array(found)
                report(part.whole(found), value)

            done = inner.minimize(
                part, weights[part.free], pass_on, max_iter=iterations, state=None, **settings
            )
            weights = part.whole(last[0])
        return done

    def _stages(self, objective, n_weights):
        """Return the stage that each weight is trained from on."""
        if objective.depths is None:
            raise ValueError(
                f"{type(objective).__name__} does not say where its weights act, which "
                "optimizer='layerwise' goes by; set depths, or use another optimizer."
            )
        depths = np.asarray(objective.depths)
        inside = depths >= 0
        stages = np.zeros(n_weights, dtype=int)
        rank = np.unique(depths[inside], return_inverse=True)[1]
        stages[inside] = rank * self.n_stages // (rank.max(initial=0) + 1)
        return stages


def _shares(total, n_parts):
    """Divide a number of iterations among stages; the last ones get what is left over."""
    return [(total + part) // n_parts for part in range(n_parts)]

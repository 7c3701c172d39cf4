"""A function for optimizers whose minimum is known, and a way to run them on it."""

import numpy as np

from skquantum.optimizers import Objective, resolve_optimizer

ROWS = np.random.default_rng(0).normal(
    size=(20, 3)
)  # each row is a point; the loss is the mean distance from them
START = np.array([2.0, -1.0, 0.5])
CURVATURE = np.array([1.0, 3.0, 0.5])


class Quadratic(Objective):
    """Mean over rows of (w - row) C (w - row) / 2."""

    n_rows = len(ROWS)
    n_weights = 3
    depths = (0, 1, 2)

    def __init__(self):
        self.evaluated = []  # the rows of each evaluation

    def value_and_gradient(self, weights, rows=None):
        self.evaluated.append(rows)
        difference = weights - (ROWS if rows is None else ROWS[rows])
        loss = 0.5 * (difference**2 @ CURVATURE).mean()
        return loss, (difference * CURVATURE).mean(axis=0)

    def value(self, weights, rows=None):
        return self.value_and_gradient(weights, rows)[0]

    def fidelity(self, weights, others):
        """Of a product of qubits, each in the state cos(w) |0> + sin(w) |1>."""
        return np.array([np.prod(np.cos(weights - other) ** 2) for other in others])


BEST = ROWS.mean(axis=0)
LOWEST = Quadratic().value(BEST)


def run(optimizer, objective=None, start=START, seed=0, **options):
    """Return what was reported, as (weights, losses), and what `minimize` says."""
    reports = []
    settings = {"max_iter": 20, "tol": 0.0, "learning_rate": None, "batch_size": None} | options
    done = resolve_optimizer(optimizer).minimize(
        Quadratic() if objective is None else objective,
        start.copy(),
        lambda weights, loss, state=None: reports.append((np.array(weights), loss)),
        random_state=np.random.RandomState(seed),
        **settings,
    )
    weights, losses = zip(*reports, strict=True)
    return np.array(weights), np.array(losses), done

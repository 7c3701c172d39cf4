"""What holds for every optimizer."""

import pickle

import numpy as np
from sklearn.base import clone

from skquantum.ansatze import RealAmplitudes
from skquantum.estimators import VQC
from skquantum.optimizers import Objective, Optimizer
from skquantum.testing._common import quiet, require, require_close, require_equal, require_settings

__all__ = ["OPTIMIZER_CHECKS", "check_optimizer"]

START = np.array([1.4, -0.8, 0.5])
CURVATURE = np.array([1.0, 3.0, 0.5])


class _Quadratic(Objective):
    """Mean over rows of (w - row) C (w - row) / 2, or that of their mean without data."""

    n_weights = 3
    depths = (0, 1, 2)

    def __init__(self, n_rows=20):
        self.points = 0.2 * np.random.default_rng(0).normal(size=(20, 3))
        self.n_rows = n_rows
        self.asked = []

    def value(self, weights, rows=None):
        return self.value_and_gradient(weights, rows)[0]

    def value_and_gradient(self, weights, rows=None):
        self.asked.append(rows)
        difference = weights - (self.points if rows is None else self.points[rows])
        return 0.5 * (difference**2 @ CURVATURE).mean(), (difference * CURVATURE).mean(axis=0)

    def fidelity(self, weights, others):
        # of a product of qubits, each in the state cos(w) |0> + sin(w) |1>
        return np.array([np.prod(np.cos(weights - other) ** 2) for other in others])


LOWEST = _Quadratic().value(_Quadratic().points.mean(axis=0))
HIGHEST = _Quadratic().value(START)


def check_optimizer(optimizer):
    """Check that an optimizer keeps the contract of optimizers.

    Parameters
    ----------
    optimizer : Optimizer
        Any optimizer.

    Raises
    ------
    AssertionError
        If something does not hold, with a sentence that says what.

    See Also
    --------
    OPTIMIZER_CHECKS : The single checks, for ``pytest.mark.parametrize``.

    Examples
    --------
    >>> from skquantum.optimizers import Adam
    >>> from skquantum.testing import check_optimizer
    >>> check_optimizer(Adam())
    """
    for check in OPTIMIZER_CHECKS:
        check(optimizer)


def _run(optimizer, objective=None, *, weights=START, seed=0, report=None, **options):
    """Return what was reported, as (weights, value, state) of every iteration."""
    reports = []

    def keep(weights, value, state=None):
        reports.append((weights, value, state))

    settings = {"max_iter": 40, "tol": 1e-6, "learning_rate": None, "batch_size": None, **options}
    start = weights.copy()
    start.flags.writeable = False
    done = optimizer.minimize(
        _Quadratic() if objective is None else objective,
        start,
        keep if report is None else report,
        random_state=np.random.RandomState(seed),
        **settings,
    )
    require(
        isinstance(done, bool | np.bool_), f"minimize returns {done!r}, not whether it is done."
    )
    require(report is not None or reports, "Nothing was reported.")
    return reports


def check_optimizer_settings(optimizer):
    """An optimizer is settings only, which a run leaves alone."""
    require_settings(optimizer, Optimizer)
    before = dict(vars(optimizer))
    _run(optimizer)
    require(
        vars(optimizer).keys() == before.keys()
        and all(vars(optimizer)[name] is value for name, value in before.items()),
        "minimize changes the optimizer; what it learns belongs to the state that it reports.",
    )


@quiet
def check_optimizer_minimizes(optimizer):
    """A quadratic function of three weights is minimised, with rows of data and without."""
    for what, n_rows in {"with": 20, "without": None}.items():
        objective = _Quadratic(n_rows)
        values = [value for _, value, _ in _run(optimizer, objective, max_iter=400)]
        left = (min(values) - LOWEST) / (HIGHEST - LOWEST)
        require(left < 0.1, f"{left:.0%} of the way to the minimum are left, {what} data.")
        asked = [rows for rows in objective.asked if rows is not None]
        require(n_rows or not asked, "Rows are asked for although there are no data.")
        require(
            all(np.isin(rows, range(20)).all() and len(rows) for rows in asked),
            "Rows are asked for that do not exist.",
        )


@quiet
def check_optimizer_reports(optimizer):
    """Each iteration is reported, with the value of its weights, and stays as it was."""
    copies = []

    def report(weights, value, state=None):
        copies.append((weights, weights.copy(), value))

    for max_iter in (5, 40):
        copies.clear()
        _run(optimizer, report=report, max_iter=max_iter)
        for weights, copy, value in copies:
            require_equal(weights, copy, "Weights that were reported, and what became of them")
            require(copy.shape == START.shape, f"Weights of shape {copy.shape} are reported.")
            # or an estimate of it from points nearby
            wanted, error = _Quadratic().value(copy), 0.05 * HIGHEST
            require_close(value, wanted, error, "A reported value and that of its weights")
        # the end may be another than that of the last iteration
        require(len(copies) <= max_iter + 1, f"{len(copies)} reports for max_iter={max_iter}.")


class _Enough(Exception):
    pass


@quiet
def check_optimizer_stops(optimizer):
    """What `report` raises ends the run and arrives unchanged."""
    for after in (1, 3):
        enough, seen = _Enough(), []

        def report(weights, value, state=None, enough=enough, seen=seen, after=after):
            seen.append(value)
            if len(seen) == after:
                raise enough

        try:
            _run(optimizer, report=report)
        except _Enough as error:
            require(error is enough, "Another exception arrives than the one of report.")
        else:
            require(len(seen) < after, "What report raises does not end the run.")
        require(len(seen) <= after, "report is called again after it has raised.")


@quiet
def check_optimizer_seeds(optimizer):
    """The same random state leads to the same weights, in copies too."""
    wanted = [weights for weights, _, _ in _run(optimizer, max_iter=7)]
    copies = {
        "the same object": optimizer,
        "a clone": clone(optimizer, safe=False),
        "a pickle": pickle.loads(pickle.dumps(optimizer)),
    }
    for kind, copy in copies.items():
        found = [weights for weights, _, _ in _run(copy, max_iter=7)]
        require_equal(found, wanted, f"Weights of two runs, the second with {kind}")


@quiet
def check_optimizer_state(optimizer):
    """A run goes on from the state that was reported, and does not write on it."""
    weights, value, state = _run(optimizer, max_iter=5)[-1]
    before = pickle.dumps(state)
    goes_on = _run(optimizer, weights=weights, state=state, max_iter=5)
    require(pickle.dumps(state) == before, "A run writes on the state that it is given.")
    best = min(value for _, value, _ in goes_on)
    require(best <= value + 0.05 * HIGHEST, "Going on from the state that was reported leads up.")


def check_optimizer_batches(optimizer):
    """The rows of a step, which memory is declared for, are some of the rows."""
    for batch_size in (None, 1, 7, 100):
        rows = optimizer.rows_per_step(20, batch_size)
        require(1 <= rows <= 20, f"rows_per_step(20, {batch_size}) is {rows}.")
        objective = _Quadratic()
        _run(optimizer, objective, batch_size=batch_size, max_iter=2)
        largest = max((len(asked) for asked in objective.asked if asked is not None), default=0)
        require(largest <= rows, f"A step takes {largest} rows, and {rows} were declared.")


@quiet
def check_optimizer_in_estimators(optimizer):
    """VQC trains with the optimizer, and nested parameters reach it."""
    X = np.random.default_rng(0).normal(size=(16, 2))
    y = (X[:, 0] > 0).astype(int)
    model = VQC("angle", RealAmplitudes(1), readout="pauli", optimizer=optimizer)
    model.set_params(max_iter=10, random_state=0)
    for name, value in optimizer.get_params(deep=False).items():
        key = f"optimizer__{name}"
        require(model.get_params()[key] is value, f"VQC does not reach {key}.")
        model.set_params(**{key: value})
    model.fit(X, y)
    losses = model.loss_curve_
    require(1 <= len(losses) <= 11, f"VQC has a loss curve of {len(losses)} points.")
    require(np.isfinite(losses).all(), "A loss of VQC is not finite.")
    probabilities = model.predict_proba(X)
    unpickled = pickle.loads(pickle.dumps(model))
    require_equal(unpickled.predict_proba(X), probabilities, "Probabilities of a pickled VQC")
    again = clone(model).fit(X, y).predict_proba(X)
    require_equal(again, probabilities, "Probabilities of a cloned VQC")


OPTIMIZER_CHECKS = (
    check_optimizer_settings,
    check_optimizer_minimizes,
    check_optimizer_reports,
    check_optimizer_stops,
    check_optimizer_seeds,
    check_optimizer_state,
    check_optimizer_batches,
    check_optimizer_in_estimators,
)

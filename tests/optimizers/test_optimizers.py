"""Optimizers against their formulas, on functions without circuits."""

import functools
import pickle
from contextlib import suppress

import numpy as np
import pytest
from labels import label
from numpy.testing import assert_allclose, assert_array_equal
from qiskit_machine_learning import optimizers as theirs
from qiskit_machine_learning.utils import algorithm_globals
from quadratic import BEST, LOWEST, ROWS, START, Quadratic, run
from scipy.optimize import OptimizeResult, minimize
from sklearn.base import clone
from sklearn.neural_network._stochastic_optimizers import AdamOptimizer, SGDOptimizer

from skquantum.optimizers import (
    OPTIMIZERS,
    QNSPSA,
    SGD,
    SPSA,
    Adam,
    Optimizer,
    QiskitOptimizer,
    ScipyOptimizer,
    resolve_optimizer,
)
from skquantum.testing import OPTIMIZER_CHECKS

each = pytest.mark.parametrize

# --- Adam and SGD ----------------------------------------------------------------------------


def batches(seed, batch_size, n_epochs):
    """Rows of every step, in the order that a RandomState shuffles them."""
    random_state = np.random.RandomState(seed)
    for _ in range(n_epochs):
        order = random_state.permutation(len(ROWS))
        yield [order[i : i + batch_size] for i in range(0, len(ROWS), batch_size)]


def adam_by_hand(beta_1, beta_2, epsilon, rate, batch_size, n_epochs):
    """Algorithm 1 of Kingma and Ba, step by step."""
    theta, m, v, t = START.copy(), 0.0, 0.0, 0
    ends, losses = [], []
    for epoch in batches(0, batch_size, n_epochs):
        for rows in epoch:
            _, g = Quadratic().value_and_gradient(theta, rows)
            t += 1
            m = beta_1 * m + (1 - beta_1) * g
            v = beta_2 * v + (1 - beta_2) * g**2
            m_hat, v_hat = m / (1 - beta_1**t), v / (1 - beta_2**t)
            theta = theta - rate * m_hat / (np.sqrt(v_hat) + epsilon)
        ends.append(theta)
        losses.append(Quadratic().value(theta))
    return np.array(ends), np.array(losses)


@each("batch_size", [20, 7, 1])
@each("settings", [(0.9, 0.999, 1e-8), (0.5, 0.9, 1e-3), (0.0, 0.0, 1e-8)], ids=label)
def test_adam(settings, batch_size):
    beta_1, beta_2, epsilon = settings
    optimizer = Adam(beta_1=beta_1, beta_2=beta_2, epsilon=epsilon)
    weights, losses, _ = run(optimizer, learning_rate=0.07, batch_size=batch_size, max_iter=6)
    want = adam_by_hand(*settings, 0.07, batch_size, 6)
    assert_allclose(weights, want[0], rtol=1e-9)
    assert_allclose(losses, want[1], rtol=1e-9)


@each(
    ("ours", "reference"),
    [
        (Adam(epsilon=1e-300), lambda p: AdamOptimizer(p, 0.1, epsilon=1e-300)),
        (SGD(), lambda p: SGDOptimizer(p, 0.1, momentum=0.9, nesterov=True)),
        (SGD(nesterov=False), lambda p: SGDOptimizer(p, 0.1, momentum=0.9, nesterov=False)),
        (SGD(momentum=0.5), lambda p: SGDOptimizer(p, 0.1, momentum=0.5, nesterov=True)),
        (SGD(momentum=0.0), lambda p: SGDOptimizer(p, 0.1, momentum=0.0, nesterov=False)),
    ],
    ids=label,
)
def test_steps_of_mlp(ours, reference):
    """Those of scikit-learn's networks, whose epsilon alone enters Adam elsewhere."""
    weights, _, _ = run(ours, learning_rate=0.1, batch_size=7, max_iter=5)
    theta = [START.copy()]
    optimizer = reference(theta)
    for number, epoch in enumerate(batches(0, 7, 5)):
        for rows in epoch:
            _, gradient = Quadratic().value_and_gradient(theta[0], rows)
            optimizer.update_params(theta, [gradient])
        assert_allclose(weights[number], theta[0], rtol=1e-11)


@each("name", ["adam", "sgd"])
def test_epochs_take_every_row_once(name):
    objective = Quadratic()
    run(name, objective, batch_size=6, max_iter=3)
    steps = [rows for rows in objective.evaluated if rows is not None]
    assert [len(rows) for rows in steps] == [6, 6, 6, 2] * 3
    shuffles = np.concatenate(steps).reshape(3, -1)
    assert_array_equal(np.sort(shuffles, axis=1), [range(20)] * 3)
    assert (shuffles[0] != shuffles[1]).any()


def test_epochs_without_rows_are_single_steps():
    """An objective without data, such as an energy, has no batches."""

    class Energy(Quadratic):
        n_rows = None

    for name in ("adam", "sgd", "spsa", "l-bfgs", "cobyla"):
        energy = Energy()
        _, losses, _ = run(name, energy, batch_size=5, max_iter=200)
        assert set(map(type, energy.evaluated)) == {type(None)}
        assert losses[-1] < LOWEST + 0.1


# --- State -----------------------------------------------------------------------------------


def reports_of(optimizer, weights=START, seed=0, stop=None, **options):
    """Return what was reported, states included; `stop` ends it after some iterations."""
    reports = []

    def report(weights, value, state=None):
        reports.append((weights, value, state))
        if len(reports) == stop:
            raise StopIteration

    settings = {"max_iter": 7, "tol": 0.0, "learning_rate": None, "batch_size": 7} | options
    settings.setdefault("random_state", np.random.RandomState(seed))
    with suppress(StopIteration):
        resolve_optimizer(optimizer).minimize(Quadratic(), weights, report, **settings)
    return reports


@each("name", ["adam", "sgd"])
def test_single_epochs_go_on(name):
    weights, state, random_state = START, None, np.random.RandomState(0)
    for want, *_ in reports_of(name, max_iter=4):
        ((weights, _, state),) = reports_of(
            name, weights, max_iter=1, random_state=random_state, state=state
        )
        assert_array_equal(weights, want)


@each("name", ["spsa", "qnspsa"])
def test_spsa_goes_on(name):
    """The weights that are reported are those before a step; the state belongs to them."""
    whole = reports_of(name, batch_size=None)
    random_state = np.random.RandomState(0)
    weights, _, state = reports_of(name, batch_size=None, stop=4, random_state=random_state)[-1]
    assert state.number == 3
    rest = reports_of(name, weights, batch_size=None, state=state, random_state=random_state)
    assert_array_equal(rest[0][0], whole[3][0])
    assert [s.number for *_, s in rest] == list(range(3, 10))
    assert rest[0][2].gain == whole[0][2].gain  # found once, at the start


@each("name", OPTIMIZERS)
def test_states_are_not_written_on_and_settings_stay(name):
    optimizer = resolve_optimizer(name)
    before = vars(optimizer).copy()
    reports = reports_of(optimizer, stop=3)
    kept = [pickle.dumps(report) for report in reports]
    weights, _, state = reports[-1]
    reports_of(optimizer, weights, state=state)
    assert [pickle.dumps(report) for report in reports] == kept
    assert vars(optimizer) == before


# --- scipy and qiskit-machine-learning -------------------------------------------------------

WITH_GRADIENT = "bfgs cg l-bfgs-b newton-cg slsqp tnc trust-constr".split()
WITHOUT = "cobyla cobyqa nelder-mead powell".split()


@each("method", WITH_GRADIENT + WITHOUT)
def test_scipy_ends_where_scipy_ends(method):
    fun = Quadratic()
    jac = {"jac": lambda w: fun.value_and_gradient(w)[1]} if method in WITH_GRADIENT else {}
    limit = {"tnc": "maxfun"}.get(method, "maxiter")
    want = minimize(fun.value, START, method=method, tol=1e-8, options={limit: 300}, **jac)
    weights, losses, done = run(method, max_iter=300, tol=1e-8)
    best = losses.argmin()
    assert_allclose(losses[best], want.fun, rtol=1e-12)
    assert_allclose(weights[best], want.x, rtol=1e-6)
    assert done == want.success
    assert_allclose(losses[best], LOWEST, rtol=1e-6)


@each("method", WITH_GRADIENT + WITHOUT)
def test_scipy_reports_weights_with_their_loss(method):
    weights, losses, _ = run(method, max_iter=300, tol=1e-8)
    assert_allclose(losses, [Quadratic().value(point) for point in weights], rtol=1e-12)


@pytest.mark.filterwarnings("ignore:COBYLA. Invalid")
@each("max_iter", [5, 12])
@each("name", [*OPTIMIZERS, *WITH_GRADIENT, *WITHOUT])
def test_no_more_iterations_than_asked_for(name, max_iter):
    _, losses, _ = run(name, max_iter=max_iter)
    # one more where the method ends elsewhere than its last iteration
    assert len(losses) <= max_iter + (name not in OPTIMIZERS)


def test_scipy_options():
    _, losses, _ = run(ScipyOptimizer("L-BFGS-B", options={"maxiter": 2}))
    assert len(losses) == 2
    with pytest.raises(ValueError, match=r"'L-BFGS-C'.*did you mean 'l-bfgs-b'"):
        run(ScipyOptimizer("L-BFGS-C"))


THEIRS = [
    theirs.COBYLA(maxiter=200, tol=1e-6),
    theirs.NELDER_MEAD(maxfev=400),
    theirs.SLSQP(maxiter=30),
    theirs.CG(maxiter=30),
    theirs.L_BFGS_B(maxiter=30),
    theirs.GradientDescent(maxiter=40, learning_rate=0.3),
    theirs.ADAM(maxiter=200, lr=0.1),
    theirs.SPSA(maxiter=100, learning_rate=0.1, perturbation=0.1),
]


@each("optimizer", THEIRS, ids=lambda optimizer: type(optimizer).__name__)
@pytest.mark.filterwarnings("ignore:scipy.optimize. The `disp`:DeprecationWarning")
def test_objects_of_qiskit_machine_learning(optimizer):
    weights, losses, done = run(optimizer)
    assert losses.min() < LOWEST + 0.02
    assert_allclose(losses, [Quadratic().value(point) for point in weights], rtol=1e-12)
    assert done
    # what is seen on the way is reported on the way: a callback can stop it
    assert len(losses) > 5


@each(
    "optimizer",
    [theirs.COBYLA(maxiter=30), theirs.L_BFGS_B(maxiter=10)],
    ids=["COBYLA", "L_BFGS_B"],
)
@pytest.mark.filterwarnings("ignore:scipy.optimize. The `disp`:DeprecationWarning")
def test_every_evaluation_is_reported(optimizer):
    seen = []

    def fun(w):
        seen.append(Quadratic().value(w))
        return seen[-1]

    optimizer.minimize(fun, START.copy(), jac=lambda w: Quadratic().value_and_gradient(w)[1])
    _, losses, _ = run(clone(QiskitOptimizer(optimizer), safe=False))
    assert_allclose(losses, seen, rtol=1e-12)


def test_random_objects_follow_random_state():
    """Their library has one generator for all, which is put back as it was."""
    make = functools.partial(theirs.SPSA, maxiter=10, learning_rate=0.1, perturbation=0.1)
    algorithm_globals.random_seed = 5
    want = np.random.default_rng(5).random(3)
    first, again, other = (run(make(), seed=seed)[0] for seed in (0, 0, 1))
    assert_array_equal(first, again)
    assert (first != other).any()
    assert_array_equal(algorithm_globals.random.random(3), want)


class DuckDescent:
    """As the objects of qiskit-algorithms, which share no base class with the others."""

    def __init__(self, required=True):
        self.is_gradient_required = required
        self.is_gradient_supported = True

    def minimize(self, fun, x0, jac=None, bounds=None):
        x = np.array(x0)
        for _ in range(60):
            fun(x)
            x = x - 0.3 * jac(x)
        return OptimizeResult(x=x, fun=fun(x), nfev=61)


def descend(fun, x0, jac, bounds):
    assert bounds is None
    return DuckDescent().minimize(fun, x0, jac)


def without_jac(fun, x0):
    return minimize(fun, x0, method="COBYLA")


@each(
    "minimizer",
    [
        DuckDescent(),
        descend,
        without_jac,
        functools.partial(minimize, method="L-BFGS-B"),
        functools.partial(minimize, method="Nelder-Mead", tol=1e-8),
        lambda fun, x0, **options: minimize(fun, x0, **options),
        minimize,
    ],
    ids="duck descend cobyla l-bfgs nelder-mead options minimize".split(),
)
def test_objects_and_functions_that_minimise(minimizer):
    optimizer = resolve_optimizer(minimizer)
    assert isinstance(optimizer, QiskitOptimizer)
    objective = Quadratic()
    weights, losses, done = run(optimizer, objective)
    assert losses.min() < LOWEST + 1e-3
    assert_allclose(losses, [Quadratic().value(point) for point in weights], rtol=1e-12)
    assert done
    assert len(losses) > 5


def test_gradients_are_computed_once_they_are_asked_for():
    objective = Quadratic()
    _, losses, _ = run(functools.partial(minimize, method="BFGS"), objective)
    # value and gradient together, but for the first, of which nobody knew
    assert len(objective.evaluated) == len(losses) + 1


def test_the_end_is_reported_if_it_was_not_seen():
    def best_of(fun, x0):
        fun(x0)
        return OptimizeResult(x=BEST)

    weights, losses, _ = run(best_of)
    assert_array_equal(weights, [START, BEST])
    assert_allclose(losses[-1], LOWEST)
    _, _, done = run(lambda fun, x0: OptimizeResult(x=x0, success=False))
    assert not done


def test_functions_that_return_something_else():
    with pytest.raises(TypeError, match=r"returned \(1, 2\), which has no attribute 'x'"):
        run(lambda fun, x0: (1, 2))


def test_objects_of_qiskit_algorithms():
    algorithms = pytest.importorskip("qiskit_algorithms.optimizers")
    _, losses, _ = run(algorithms.COBYLA(maxiter=200, tol=1e-6))
    assert losses.min() < LOWEST + 1e-3


# --- Names and settings ----------------------------------------------------------------------


@each(
    ("name", "type_"),
    [
        ("adam", Adam),
        ("SGD", SGD),
        ("spsa", SPSA),
        ("qnspsa", QNSPSA),
        ("l-bfgs", ScipyOptimizer),
        ("lbfgs", ScipyOptimizer),
        ("L-BFGS-B", ScipyOptimizer),
        ("Nelder-Mead", ScipyOptimizer),
    ],
)
def test_names(name, type_):
    optimizer = resolve_optimizer(name)
    assert type(optimizer) is type_
    assert isinstance(optimizer, Optimizer)
    assert resolve_optimizer(optimizer) is optimizer
    assert optimizer.in_epochs == (type_ in (Adam, SGD))


@pytest.mark.filterwarnings("ignore:COBYLA. Invalid")
@each("name", [*OPTIMIZERS, *WITH_GRADIENT, *WITHOUT])
@each("check", OPTIMIZER_CHECKS)
def test_public_checks(check, name):
    check(resolve_optimizer(name))


@each("name", [*OPTIMIZERS, *WITH_GRADIENT, *WITHOUT])
def test_clone_and_pickle(name):
    optimizer = resolve_optimizer(name)
    for copy in clone(optimizer), pickle.loads(pickle.dumps(optimizer)):
        assert repr(copy) == repr(optimizer)
    run(optimizer, max_iter=3)
    assert clone(optimizer).get_params() == optimizer.get_params()
    for one, other in zip(run(optimizer), run(pickle.loads(pickle.dumps(optimizer))), strict=True):
        assert_array_equal(one, other)


@each(
    ("optimizer", "error", "message"),
    [
        ("adm", ValueError, "'adm' is unknown: did you mean 'adam'"),
        ("dogleg", ValueError, "optimizer='dogleg' is unknown"),
        (None, TypeError, "optimizer is None, not a name"),
        (Adam, TypeError, "pass an instance"),
        (3, TypeError, "not a name, an Optimizer"),
        (theirs.COBYLA, TypeError, "pass an instance"),
    ],
    ids=label,
)
def test_unknown_optimizers(optimizer, error, message):
    with pytest.raises(error, match=message):
        resolve_optimizer(optimizer)


@each(
    ("optimizer", "message"),
    [
        (Adam(beta_1=1.0), "beta_1"),
        (Adam(epsilon=0), "epsilon"),
        (SGD(momentum=1.5), "momentum"),
        (SGD(nesterov="yes"), "nesterov"),
        (SPSA(perturbation=0), "perturbation"),
        (SPSA(calibration=0), "calibration"),
        (QNSPSA(regularization=-1), "regularization"),
        (ScipyOptimizer(3), "method"),
        (ScipyOptimizer(options=3), "options"),
    ],
    ids=label,
)
def test_settings_out_of_range(optimizer, message):
    with pytest.raises(ValueError, match=message):
        run(optimizer)

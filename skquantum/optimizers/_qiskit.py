"""What qiskit-machine-learning takes for an optimizer: its objects, their like, and functions."""

import inspect
import sys
from contextlib import contextmanager

import numpy as np

from skquantum._validation import HasMethods
from skquantum.optimizers._base import Optimizer

__all__ = ["QiskitOptimizer", "is_minimizer"]

# Libraries whose optimizers draw from a generator of the library.
_LIBRARIES = ("qiskit_machine_learning", "qiskit_algorithms")


def is_minimizer(optimizer):
    """Say whether something may be an object or a function of :class:`QiskitOptimizer`."""
    if isinstance(optimizer, type):
        return False
    return callable(optimizer) or callable(getattr(optimizer, "minimize", None))


class QiskitOptimizer(Optimizer):
    """An optimizer of qiskit-machine-learning or a function like it, on all rows at once.

    Where an estimator takes an optimizer, the bare object or function is taken too. Its own
    settings decide when it ends. Each evaluation of the loss counts as an iteration, and is
    reported. Objects that draw random numbers from ``algorithm_globals`` of their library get them
    from `random_state` instead.

    Parameters
    ----------
    optimizer : object or callable
        An object with ``minimize(fun, x0, jac=...)``, such as those of qiskit-machine-learning and
        qiskit-algorithms, or a function ``minimizer(fun, x0, jac=..., bounds=...)``, such as
        ``functools.partial(scipy.optimize.minimize, method="COBYLA")``, whose result has an
        attribute `x`. `jac` and `bounds` (which are None) are passed to functions that accept
        them.

    Examples
    --------
    >>> from qiskit_machine_learning.optimizers import COBYLA
    >>> from skquantum.optimizers import QiskitOptimizer, resolve_optimizer
    >>> isinstance(resolve_optimizer(COBYLA(maxiter=30)), QiskitOptimizer)
    True
    """

    _parameter_constraints: dict = {"optimizer": [callable, HasMethods("minimize")]}

    def __init__(self, optimizer):
        self.optimizer = optimizer

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
        """Minimise, as the object's own settings say."""
        run, wants = _call_of(self.optimizer)
        gradients, reported = {}, set()

        def seen(x, loss):
            reported.add(x.tobytes())
            report(x, loss)

        def function(x):
            x = np.array(x, dtype=float)
            if wants:
                loss, gradients[x.tobytes()] = objective.value_and_gradient(x)
            else:
                loss = objective.value(x)
            seen(x, loss)
            return loss

        def gradient(x):
            nonlocal wants
            wants = True
            x = np.array(x, dtype=float)
            found = gradients.pop(x.tobytes(), None)
            if found is None:  # some ask for nothing but gradients
                loss, found = objective.value_and_gradient(x)
                if x.tobytes() not in reported:
                    seen(x, loss)
            return found

        with _seeded(random_state):
            result = run(function, weights, gradient)
        end = np.array(_attribute(result, "x", self.optimizer), dtype=float)
        if end.tobytes() not in reported:
            seen(end, objective.value(end))
        return bool(getattr(result, "success", True))


def _call_of(optimizer):
    """Return a function of (fun, x0, jac), and whether to compute gradients from the start."""
    if hasattr(optimizer, "minimize"):
        wants = getattr(optimizer, "is_gradient_required", False) or getattr(
            optimizer, "is_gradient_supported", False
        )
        return lambda fun, x0, jac: optimizer.minimize(fun, x0, jac=jac if wants else None), wants
    try:
        accepted = inspect.signature(optimizer).parameters
    except ValueError:  # some built-in functions do not tell
        accepted = {}
    anything = any(p.kind is p.VAR_KEYWORD for p in accepted.values())

    def run(fun, x0, jac):
        options = {"jac": jac, "bounds": None}
        options = {k: value for k, value in options.items() if anything or k in accepted}
        return optimizer(fun, x0, **options)

    return run, False


def _attribute(result, name, optimizer):
    if not hasattr(result, name):
        raise TypeError(
            f"optimizer={optimizer!r} returned {result!r}, which has no attribute {name!r}; return "
            "a scipy.optimize.OptimizeResult."
        )
    return getattr(result, name)


@contextmanager
def _seeded(random_state):
    """Seed what optimizers of other libraries draw from, and put it back as it was."""
    modules = [sys.modules.get(f"{library}.utils") for library in _LIBRARIES]
    generators = [module.algorithm_globals for module in modules if module is not None]
    before = [vars(generator).copy() for generator in generators]
    try:
        for generator in generators:
            generator.random_seed = random_state.randint(2**31)
        yield
    finally:
        for generator, settings in zip(generators, before, strict=True):
            vars(generator).update(settings)

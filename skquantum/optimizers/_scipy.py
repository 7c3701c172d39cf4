"""The methods of scipy.optimize."""

import numpy as np
from scipy.optimize import minimize

from skquantum._validation import closest_name
from skquantum.optimizers._base import Optimizer

__all__ = ["SCIPY_METHODS", "ScipyOptimizer"]

_WITH_GRADIENT = {"bfgs", "cg", "l-bfgs-b", "newton-cg", "slsqp", "tnc", "trust-constr"}
# Methods that count evaluations of the loss, and of which each is an iteration here.
_LIMITS_EVALUATIONS = {"cobyla", "cobyqa"}
SCIPY_METHODS = frozenset(_WITH_GRADIENT | {"cobyla", "cobyqa", "nelder-mead", "powell"})


class ScipyOptimizer(Optimizer):
    """A method of :func:`scipy.optimize.minimize`, on all rows at once.

    Parameters
    ----------
    method : str, default="l-bfgs-b"
        Name of the method, in upper or lower case. Those that need a matrix of second
        derivatives are left out.
    options : dict or None, default=None
        Further options of the method, by scipy's names.

    Examples
    --------
    >>> from skquantum import VQC
    >>> from skquantum.optimizers import ScipyOptimizer
    >>> optimizer = ScipyOptimizer("cobyla", options={"rhobeg": 0.5})
    >>> VQC(optimizer=optimizer).get_params()["optimizer__method"]
    'cobyla'
    """

    _parameter_constraints: dict = {"method": [str], "options": [dict, None]}

    def __init__(self, method="l-bfgs-b", *, options=None):
        self.method = method
        self.options = options

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
        """Minimise; an iteration is what the method calls one, or counts in its limit."""
        method = self.method.lower()
        if method not in SCIPY_METHODS:
            raise ValueError(
                f"method={self.method!r} of ScipyOptimizer is unknown: "
                f"{closest_name(method, SCIPY_METHODS)}."
            )
        with_gradient = method in _WITH_GRADIENT
        every = method in _LIMITS_EVALUATIONS
        known, losses = {}, []

        def function(x):
            result = objective.value_and_gradient(x) if with_gradient else objective.value(x)
            known[x.tobytes()] = result[0] if with_gradient else result
            if every:
                callback(x)
            return result

        def callback(x, *_):
            loss = known.get(x.tobytes())
            known.clear()
            loss = objective.value(x) if loss is None else loss
            losses.append(loss)
            report(np.array(x), loss)

        limit = {"tnc": "maxfun", "cobyqa": "maxfev"}.get(method, "maxiter")
        result = minimize(
            function,
            weights,
            method=method,
            jac=True if with_gradient else None,
            tol=tol,
            callback=None if every else callback,
            options={limit: max_iter, **(self.options or {})},
        )
        if not losses or result.fun < min(losses):  # some end elsewhere than their last iteration
            report(result.x, float(result.fun))
        return bool(result.success)

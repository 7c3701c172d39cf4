"""From a parameter `optimizer` to an object; optimizers that are made of others need it too."""

from skquantum._validation import Names, closest_name
from skquantum.optimizers._base import Optimizer
from skquantum.optimizers._qiskit import QiskitOptimizer, is_minimizer
from skquantum.optimizers._scipy import SCIPY_METHODS, ScipyOptimizer

__all__ = ["CLASSES", "OPTIMIZERS", "resolve_optimizer"]

# Filled by `_registry`, which imports every optimizer, those that import this module included.
CLASSES: dict[str, type[Optimizer]] = {}
OPTIMIZERS = Names("optimizer", CLASSES)


def resolve_optimizer(optimizer):
    """Return the optimizer that a parameter `optimizer` means.

    Parameters
    ----------
    optimizer : str, Optimizer, object or callable
        A name is a key of `OPTIMIZERS`, "l-bfgs", or a method of
        :func:`scipy.optimize.minimize`; an optimizer of qiskit-machine-learning or
        qiskit-algorithms, or a function ``minimizer(fun, x0, jac, bounds)``, is wrapped in
        :class:`QiskitOptimizer`; an Optimizer is returned as it is.

    Returns
    -------
    Optimizer
        The object.

    Raises
    ------
    ValueError
        If the name is unknown.
    TypeError
        If it is something else altogether.

    Examples
    --------
    >>> from skquantum.optimizers import resolve_optimizer
    >>> resolve_optimizer("cobyla")
    ScipyOptimizer(method='cobyla')
    """
    if isinstance(optimizer, str):
        name = {"l-bfgs": "l-bfgs-b", "lbfgs": "l-bfgs-b"}.get(optimizer.lower(), optimizer.lower())
        if name in OPTIMIZERS:
            return OPTIMIZERS[name]()
        if name in SCIPY_METHODS:
            return ScipyOptimizer(name)
        hint = closest_name(name, {*OPTIMIZERS, *SCIPY_METHODS, "l-bfgs"})
        raise ValueError(f"optimizer={optimizer!r} is unknown: {hint}.")
    if isinstance(optimizer, Optimizer):
        return optimizer
    if is_minimizer(optimizer):
        return QiskitOptimizer(optimizer)
    remedy = "pass an instance" if isinstance(optimizer, type) else "use one of these"
    raise TypeError(
        f"optimizer is {optimizer!r}, not a name, an Optimizer, an optimizer of "
        f"qiskit-machine-learning or a function minimizer(fun, x0, jac, bounds); {remedy}."
    )

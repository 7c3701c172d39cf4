"""Options of estimators, which have one class of them for each provider."""

import re
from copy import copy, deepcopy

__all__ = ["default_precision", "options_text", "with_options"]

# That of Qiskit Runtime, for estimators that do not say theirs.
DEFAULT_PRECISION = 1 / 64


def with_options(estimator, options):
    """Return an estimator with other options, on the same connection.

    Parameters
    ----------
    estimator : BaseEstimatorV2
        It is not changed.
    options : dict or None
        Values by name; a dict in place of a group of options changes some of the group.

    Returns
    -------
    BaseEstimatorV2
        The estimator itself if there are no options, or a copy.

    Raises
    ------
    ValueError
        If the estimator has no such option.
    """
    if not options:
        return estimator
    changed = deepcopy(getattr(estimator, "options", None))
    _update(changed, options, type(estimator).__name__)
    if "backend_options" in options:  # of Aer, which reads them in the constructor only
        raise ValueError(
            f"options holds 'backend_options', which {type(estimator).__name__} takes in its "
            "constructor only; give them there."
        )
    result = copy(estimator)
    # what is read-only to the world is kept under this name by Qiskit, Aer and Qiskit Runtime
    read_only = isinstance(getattr(type(result), "options", None), property)
    setattr(result, "_options" if read_only else "options", changed)
    return result


def _update(target, options, where):
    for name, value in options.items():
        if not hasattr(target, name):
            known = sorted(known for known in getattr(target, "__dict__", ()) if known[0] != "_")
            raise ValueError(
                f"options holds {name!r}, which is not an option of {where}; "
                + (f"use some of {', '.join(known)}." if known else "it has none, leave them out.")
            )
        group = getattr(target, name)
        if isinstance(value, dict) and getattr(group, "__dict__", None):
            _update(group, value, f"{where}.{name}")
        else:
            setattr(target, name, value)


def default_precision(estimator):
    """Return the standard error that an estimator aims at where it is told none.

    Parameters
    ----------
    estimator : BaseEstimatorV2
        With its options.

    Returns
    -------
    float
        0 for exact numbers.
    """
    options = getattr(estimator, "options", None)
    shots = getattr(options, "default_shots", None)
    if isinstance(shots, int) and shots > 0:
        return shots**-0.5
    for holder in (options, estimator):
        precision = getattr(holder, "default_precision", None)
        if isinstance(precision, int | float):
            return float(precision)
    return DEFAULT_PRECISION


def options_text(estimator):
    """Return the options that an estimator has, as text without addresses of objects."""
    return re.sub(r" at 0x[0-9a-fA-F]+", "", repr(getattr(estimator, "options", None)))

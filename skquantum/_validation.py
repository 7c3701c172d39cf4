"""Validation of data and parameters.

This is the only module that touches the parts of scikit-learn's validation machinery whose
modules are marked private; a change there is mended here.
"""

import difflib
import numbers

import numpy as np
from sklearn.base import _fit_context
from sklearn.utils._param_validation import HasMethods, Hidden, Interval, StrOptions
from sklearn.utils.validation import _check_sample_weight, validate_data

__all__ = [
    "FIT_CONTEXT",
    "HasMethods",
    "Hidden",
    "Integral",
    "Interval",
    "Real",
    "StrOptions",
    "closest_name",
    "validate_rows",
    "validate_weights",
]

Integral = numbers.Integral
Real = numbers.Real

# Checks `_parameter_constraints` before `fit`; parameters that are estimators check themselves
# when they are fitted in turn.
FIT_CONTEXT = _fit_context(prefer_skip_nested_validation=False)


def validate_rows(estimator, X, *, reset, **options):
    """Return `X` as a finite float64 array of shape (n_samples, n_features).

    Parameters
    ----------
    estimator : BaseEstimator
        Gets `n_features_in_` and `feature_names_in_` when `reset` is true, and is compared with
        otherwise.
    X : array-like of shape (n_samples, n_features)
        The rows.
    reset : bool
        True in `fit`, False everywhere else.
    **options
        Passed on to :func:`sklearn.utils.validation.validate_data`.

    Returns
    -------
    ndarray of shape (n_samples, n_features)
        The checked rows.
    """
    return validate_data(estimator, X, reset=reset, dtype=np.float64, order="C", **options)


def validate_weights(sample_weight, X):
    """Return weights of rows as an array of shape (n_samples,), or None for None."""
    if sample_weight is None:
        return None
    return _check_sample_weight(sample_weight, X, dtype=np.float64)


def closest_name(name, known):
    """Say which names exist, the one most alike `name` first if there is one."""
    known = sorted(known)
    alike = difflib.get_close_matches(str(name), known, n=1)
    hint = f"did you mean {alike[0]!r}? " if alike else ""
    return f"{hint}Known names: {', '.join(repr(k) for k in known)}"

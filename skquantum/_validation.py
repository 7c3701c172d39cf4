"""Validation of data and parameters.

This is the only module that touches the parts of scikit-learn's validation machinery whose
modules are marked private; a change there is handled here.
"""

import difflib
import functools
import numbers
import re
from collections.abc import Mapping

import numpy as np
from scipy.sparse import issparse
from sklearn.base import _fit_context
from sklearn.utils import _safe_indexing
from sklearn.utils._param_validation import (
    HasMethods,
    Interval,
    Options,
    StrOptions,
    validate_params,
)
from sklearn.utils.validation import (
    _check_sample_weight,
    check_array,
    has_fit_parameter,
    validate_data,
)

__all__ = [
    "FIT_CONTEXT",
    "N_JOBS",
    "HasMethods",
    "Integral",
    "Interval",
    "Names",
    "Options",
    "Real",
    "StrOptions",
    "as_rows",
    "closest_name",
    "feature_names_for",
    "scale_factor",
    "some_rows",
    "validate_class_weight",
    "validate_numeric_targets",
    "validate_params",
    "validate_rows",
    "validate_weights",
]

Integral = numbers.Integral
Real = numbers.Real

# What `check_array` is told about rows.
_ROWS = {"dtype": np.float64, "order": "C", "accept_sparse": "csr"}

_SCALE_RULE = re.compile(r"(?:(?P<factor>[0-9.eE+-]+)\s*\*\s*)?scale")

# Constraint of parameters called `n_jobs`, as joblib understands them.
N_JOBS = [
    Interval(Integral, None, -1, closed="right"),
    Interval(Integral, 1, None, closed="left"),
    None,
]


def FIT_CONTEXT(fit):
    """Decorate a method that fits.

    `_parameter_constraints` are checked first; parameters that are estimators check themselves
    when they are fitted in turn. A call that fails, or is interrupted, leaves every attribute as
    it was, so that a model that was fitted before stays usable.
    """
    checked = _fit_context(prefer_skip_nested_validation=False)(fit)

    @functools.wraps(fit)
    def wrapper(self, *args, **kwargs):
        before = vars(self).copy()
        try:
            return checked(self, *args, **kwargs)
        except BaseException:
            for name in vars(self).keys() - before.keys():
                delattr(self, name)
            vars(self).update(before)
            raise

    return wrapper


def validate_rows(estimator, X, *, reset, **options):
    """Return `X` as finite float64 rows: an array, or in CSR format if it is sparse.

    Parameters
    ----------
    estimator : BaseEstimator
        Gets `n_features_in_` and `feature_names_in_` when `reset` is true, and is compared with
        otherwise.
    X : array-like or sparse matrix of shape (n_samples, n_features)
        The rows.
    reset : bool
        True in `fit`, False everywhere else.
    **options
        Passed on to :func:`sklearn.utils.validation.validate_data`.

    Returns
    -------
    ndarray or CSR matrix or array of shape (n_samples, n_features)
        The checked rows; and `y`, if it is among the options. Sparse rows hold each entry once.
    """
    if not reset and not options and _is_valid_already(estimator, X):
        return X
    checked = validate_data(estimator, X, reset=reset, **(_ROWS | options))
    if isinstance(checked, tuple):
        rows, y = checked
        return _canonical(rows), y
    return _canonical(checked)


def as_rows(X):
    """Return rows as :func:`validate_rows` does, where no estimator has seen others before."""
    return _canonical(check_array(X, input_name="X", **_ROWS))


def some_rows(X, checked, block):
    """Return a slice of rows.

    Parameters
    ----------
    X : {array-like, sparse matrix, data frame} of shape (n_samples, n_features)
        Rows as they were given.
    checked : ndarray or CSR matrix or array of shape (n_samples, n_features)
        The same rows as :func:`validate_rows` returns them.
    block : slice
        Which rows.

    Returns
    -------
    ndarray or CSR matrix or array or data frame
        Part of `X` if its columns have names, and otherwise of `checked`.
    """
    return _safe_indexing(X, block) if hasattr(X, "columns") else checked[block]


def _canonical(X):
    """Add up duplicate entries of sparse rows, in a copy if there are any."""
    if issparse(X) and not X.has_canonical_format:
        X = X.copy()
        X.sum_duplicates()
    return X


def _is_valid_already(estimator, X):
    """Say whether scikit-learn's validation, which takes longer than a circuit, would change X."""
    return (
        type(X) is np.ndarray
        and X.dtype == np.float64
        and X.ndim == 2
        and len(X) > 0
        and X.flags.c_contiguous
        and X.shape[1] == getattr(estimator, "n_features_in_", None)
        and not hasattr(estimator, "feature_names_in_")
        and bool(np.isfinite(X).all())
    )


def feature_names_for(component, estimator, feature_names=None):
    """Return the names of features as a keyword of the ``fit`` of a component, if it takes them.

    Parameters
    ----------
    component : object
        What an estimator is about to fit on an array; names matter to the user's own circuits.
    estimator : BaseEstimator
        Knows `feature_names_in_` if it was fitted on a data frame.
    feature_names : ndarray of shape (n_features,) or None, default=None
        The names, if the estimator itself was told them.

    Returns
    -------
    dict
        ``{"feature_names": names}``, or an empty one.
    """
    names = getattr(estimator, "feature_names_in_", feature_names)
    if names is None or not has_fit_parameter(component, "feature_names"):
        return {}
    return {"feature_names": names}


def validate_weights(sample_weight, X):
    """Return weights of rows as an array of shape (n_samples,), or None for None."""
    if sample_weight is None:
        return None
    weights = _check_sample_weight(sample_weight, X, dtype=np.float64)
    negative = np.flatnonzero(weights < 0)
    if negative.size:
        row = negative[0]
        raise ValueError(
            f"sample_weight holds {weights[row]:g} for row {row}, and weights must not be "
            "negative; use 0 to leave a row out."
        )
    if not weights.any():  # newer versions of scikit-learn have said so already
        raise ValueError("Sample weights must contain at least one non-zero number.")
    return weights


def validate_numeric_targets(y):
    """Raise if targets of a regressor are text."""
    values = np.asarray(y)
    if values.dtype.kind in "US" or (
        values.dtype.kind == "O" and any(isinstance(value, str) for value in values.flat)
    ):
        text = next(value for value in values.flat if isinstance(value, str))
        raise ValueError(f"y holds {str(text)!r}, which is not a number; use a classifier for it.")


def validate_class_weight(class_weight, classes):
    """Raise if a dict of weights of classes does not fit the classes."""
    if not isinstance(class_weight, dict):
        return
    labels = list(classes)
    unknown = [label for label in class_weight if label not in labels]
    # Weights of classes that are missing from a fold are fine, as in scikit-learn.
    if unknown and any(label not in class_weight for label in labels):
        raise ValueError(
            f"class_weight holds weights for {unknown}, which are not classes in y; the classes "
            f"are {np.asarray(classes).tolist()}."
        )
    for label, weight in class_weight.items():
        if not (isinstance(weight, Real) and 0 < weight < np.inf):
            raise ValueError(
                f"class_weight holds {weight} for class {label}; weights must be positive numbers."
            )


def scale_factor(value, what):
    """Return the factor of "scale", or of a multiple such as "0.5*scale".

    Parameters
    ----------
    value : str
        A parameter.
    what : str
        How the message of the error calls it.

    Returns
    -------
    float
        1 for "scale" itself.

    Raises
    ------
    ValueError
        If it is something else, or the factor is not positive.
    """
    match = _SCALE_RULE.fullmatch(value.strip())
    try:
        factor = float(match["factor"] or 1.0)
    except (TypeError, ValueError):
        factor = 0.0
    if not 0 < factor < np.inf:
        raise ValueError(
            f"{what} is neither a positive number nor 'scale' nor a multiple of it such as "
            "'0.5*scale'."
        )
    return factor


def closest_name(name, known):
    """Say which names exist, the one most alike `name` first if there is one."""
    known = sorted(known)
    alike = difflib.get_close_matches(str(name), known, n=1)
    hint = f"did you mean {alike[0]!r}, of" if alike else "the known names are"
    return f"{hint} {', '.join(repr(k) for k in known)}"


class Names(Mapping):
    """Names of the classes of this package: a mapping that cannot be changed.

    A name that one process adds is unknown to those that it starts, where an object is at home.

    Parameters
    ----------
    parameter : str
        Which parameter takes the names.
    classes : dict
        Classes by name.
    """

    def __init__(self, parameter, classes):
        self._parameter = parameter
        self._classes = classes

    def __getitem__(self, name):
        return self._classes[name]

    def __iter__(self):
        return iter(self._classes)

    def __len__(self):
        return len(self._classes)

    def __repr__(self):
        return f"{type(self).__name__}({self._parameter!r}, {self._classes!r})"

    def __setitem__(self, name, value):
        what = value.__name__ if isinstance(value, type) else type(value).__name__
        raise TypeError(
            f"{name!r} cannot be added to the names of {self._parameter}, which worker processes "
            f"would not know; pass an object instead, {self._parameter}={what}(...)."
        )

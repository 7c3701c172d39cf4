"""Parameters that hold other objects, with None and names standing for defaults; last steps."""

import numpy as np
from sklearn.pipeline import Pipeline
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_is_fitted

from skquantum._circuits import check_candidates

__all__ = ["ComponentsMixin", "rows_and_last_step", "same_settings", "set_child_seeds"]


def set_child_seeds(component, random_state):
    """Give a seed of its own to every part of a component that draws and has none.

    Parameters
    ----------
    component : BaseEstimator
        Its parameters `random_state`, nested ones included, that are None become integers.
    random_state : int, RandomState instance or None
        Seed or generator for the draws; None leaves all as they are.
    """
    if random_state is None or not hasattr(component, "get_params"):
        return
    random_state = check_random_state(random_state)
    for name, value in sorted(component.get_params(deep=True).items(), key=lambda item: item[0]):
        if (name == "random_state" or name.endswith("__random_state")) and value is None:
            component.set_params(**{name: random_state.randint(np.iinfo(np.int32).max)})


class ComponentsMixin:
    """Let nested parameters reach through None and names.

    ``QSVC().set_params(kernel__feature_map__reps=2)`` works although `kernel` is None: the
    default object is put in its place first. Everything else is scikit-learn's `set_params`.
    A subclass, which also derives from :class:`sklearn.base.BaseEstimator`, says in
    :meth:`resolve_component` what its parameters stand for.

    Examples
    --------
    >>> from sklearn.base import BaseEstimator
    >>> from skquantum import ComponentsMixin
    >>> from skquantum.feature_maps import resolve_feature_map
    >>> class Encoder(ComponentsMixin, BaseEstimator):
    ...     def __init__(self, feature_map="zz"):
    ...         self.feature_map = feature_map
    ...
    ...     def resolve_component(self, name, value):
    ...         return resolve_feature_map(value) if name == "feature_map" else value
    >>> Encoder().set_params(feature_map__reps=1)
    Encoder(feature_map=ZZFeatureMap(reps=1))
    """

    def resolve_component(self, name, value):
        """Return the object that a value of a parameter stands for.

        Parameters
        ----------
        name : str
            Name of a parameter.
        value : object
            Its value, such as None or the name of a class.

        Returns
        -------
        object
            An object with parameters of its own; `value` itself if it stands for nothing else, as
            here, where subclasses override this.
        """
        return value

    def __sklearn_clone__(self):
        check_candidates()
        return super().__sklearn_clone__()

    def set_params(self, **params):
        """Set parameters, nested ones included.

        Parameters
        ----------
        **params : dict
            Names and values; ``a__b`` is parameter `b` of the object that parameter `a` holds or
            stands for.

        Returns
        -------
        self : estimator
            This object.
        """
        own = self.get_params(deep=False)
        for name in {key.partition("__")[0] for key in params if "__" in key} & own.keys():
            value = params.get(name, own[name])
            if not hasattr(value, "set_params"):
                params[name] = self.resolve_component(name, value)
        return super().set_params(**params)


def same_settings(one, other):
    """Say whether two values of a parameter mean the same.

    Parameters
    ----------
    one, other : object
        Objects with parameters are compared type by type and parameter by parameter, lists,
        tuples and dicts element by element, arrays by their shape and numbers, and everything else
        by identity and ``==``.

    Returns
    -------
    bool
        Whether they do.
    """
    if one is other:
        return True
    if hasattr(one, "get_params") and not isinstance(one, type):
        return type(one) is type(other) and same_settings(
            one.get_params(deep=False), other.get_params(deep=False)
        )
    if isinstance(one, dict):
        return (
            isinstance(other, dict)
            and one.keys() == other.keys()
            and all(same_settings(one[name], other[name]) for name in one)
        )
    if isinstance(one, list | tuple):
        return (
            type(one) is type(other)
            and len(one) == len(other)
            and all(map(same_settings, one, other))
        )
    if isinstance(one, np.ndarray) or isinstance(other, np.ndarray):
        return np.array_equal(one, other)
    return bool(one == other)


def rows_and_last_step(model, X):
    """Return rows as the last step of a pipeline gets them, and that step.

    Parameters
    ----------
    model : object
        A fitted pipeline or search, or anything else.
    X : {array-like, sparse matrix} of shape (n_samples, n_features)
        Rows.

    Returns
    -------
    X : {array-like, sparse matrix} of shape (n_samples, n_features_out)
        What the steps before the last one make of them.
    last : object
        The last step, or the model itself where there are no steps.
    """
    while hasattr(model, "best_estimator_"):
        model = model.best_estimator_
    if not isinstance(model, Pipeline):
        return X, model
    check_is_fitted(model)
    return rows_and_last_step(model[-1], model[:-1].transform(X) if len(model) > 1 else X)

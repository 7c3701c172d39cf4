"""Parameters that hold other objects, with None and names standing for defaults."""

import numpy as np
from sklearn.utils import check_random_state

__all__ = ["ComponentsMixin", "same_parameters", "set_child_seeds"]


def same_parameters(a, b):
    """Say whether two objects of the same type have equal parameters, at every depth."""
    ours, theirs = a.get_params(deep=False), b.get_params(deep=False)
    return ours.keys() == theirs.keys() and all(_same(ours[k], theirs[k]) for k in ours)


def _same(a, b):
    if a is b:
        return True
    if type(a) is not type(b):
        return False
    if hasattr(a, "get_params"):
        return same_parameters(a, b)
    if isinstance(a, np.ndarray):
        return np.array_equal(a, b, equal_nan=a.dtype.kind in "fc")
    return bool(a == b)


def set_child_seeds(component, random_state):
    """Give a seed of its own to every part of a component that draws and has none.

    Parameters
    ----------
    component : BaseEstimator
        Its parameters `random_state`, nested ones included, that are None become integers.
    random_state : int, RandomState instance or None
        Where they are drawn from; None leaves all as they are.
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
    """

    def _resolve_component(self, name, value):
        """Return the object that `value` of the parameter `name` stands for, or `value`."""
        return value

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
                params[name] = self._resolve_component(name, value)
        return super().set_params(**params)

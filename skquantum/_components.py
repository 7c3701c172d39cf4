"""Parameters that hold other objects, with None and names standing for defaults."""

from skquantum._circuits import check_candidates

__all__ = ["ComponentsMixin"]


class ComponentsMixin:
    """Let nested parameters reach through None and names.

    ``QSVC().set_params(kernel__feature_map__reps=2)`` works although `kernel` is None: the
    default object is put in its place first. Everything else is scikit-learn's `set_params`.
    """

    def _resolve_component(self, name, value):
        """Return the object that `value` of the parameter `name` stands for, or `value`."""
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
                params[name] = self._resolve_component(name, value)
        return super().set_params(**params)

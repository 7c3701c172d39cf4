"""Training matrices kept on disk, as scikit-learn's pipelines keep fitted transformers."""

from sklearn.base import clone
from sklearn.utils.validation import check_memory as as_memory

from skquantum.engines import resolve_engine

__all__ = ["CachedFitMixin"]


class CachedFitMixin:
    """``fit_gram`` of kernels with a parameter `memory`; a subclass writes `_fit_gram`."""

    memory = None
    n_jobs = None
    verbose = False
    _learns_from_targets = False

    def fit_gram(
        self, X, y=None, sample_weight=None, *, feature_names=None, n_jobs=None, verbose=False
    ):
        memory = as_memory(self.memory)
        if memory.location is None:
            return self._fit_gram(X, y, sample_weight, feature_names, n_jobs, verbose)
        cached = memory.cache(_fitted_gram, ignore=["n_jobs", "verbose"])
        fitted, encoded, K = cached(
            self._known_by_parameters(),
            X,
            y if self._learns_from_targets else None,
            sample_weight,
            feature_names,
            n_jobs=self.n_jobs if self.n_jobs is not None else n_jobs,
            verbose=self.verbose or verbose,
        )
        params = self.get_params(deep=False)
        vars(self).update({k: v for k, v in vars(fitted).items() if k not in params})
        return encoded, K

    def _known_by_parameters(self):
        """Return an unfitted clone without what changes no number, and with the engines in use."""
        plain = clone(self)
        plain._forget_fit()
        neutral = {"memory": None, "n_jobs": None, "verbose": False, "callback": None}
        own = plain.get_params(deep=True)
        engines = {
            name: resolve_engine(value)
            for name, value in own.items()
            if name.rpartition("__")[2] == "engine"
        }
        kept = {name: value for name, value in neutral.items() if name in own}
        return plain.set_params(**engines, **kept)

    def _fit_gram(self, X, y, sample_weight, feature_names, n_jobs, verbose):
        """Fit, and return encodings and the training matrix."""
        return super().fit_gram(
            X, y, sample_weight, feature_names=feature_names, n_jobs=n_jobs, verbose=verbose
        )

    def _forget_fit(self):
        """Leave nothing but the parameters, and what is known of the columns."""
        for name in [name for name in vars(self) if name.endswith("_") and name[0] != "_"]:
            if name not in ("n_features_in_", "feature_names_in_"):
                delattr(self, name)


def _fitted_gram(kernel, X, y, sample_weight, feature_names, n_jobs, verbose):
    """Return a fitted kernel with what its ``fit_gram`` returns: what a cache keeps."""
    return kernel, *kernel._fit_gram(X, y, sample_weight, feature_names, n_jobs, verbose)

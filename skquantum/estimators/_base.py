"""What every estimator with a kernel shares: the way from rows to kernel matrices."""

import numpy as np
from sklearn.base import BaseEstimator, clone
from sklearn.utils import gen_batches
from sklearn.utils.validation import check_is_fitted

from skquantum._circuits import CircuitsInState
from skquantum._components import ComponentsMixin
from skquantum._memory import check_matrix, rows_in_working_memory
from skquantum._validation import N_JOBS, feature_names_for, validate_rows
from skquantum.kernels import resolve_kernel

__all__ = ["KernelEstimator"]


class KernelEstimator(CircuitsInState, ComponentsMixin, BaseEstimator):
    """Base class of estimators that train on a kernel matrix.

    A subclass calls `_training_matrix` in ``fit`` and, when all has gone well, `_keep` with the
    training rows that predictions need; `_in_batches` predicts.
    """

    _parameter_constraints: dict = {
        "kernel": "no_validation",  # resolve_kernel says it better
        "n_jobs": N_JOBS,
        "verbose": ["verbose"],
        "random_state": ["random_state"],
    }

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.pairwise = self._is_precomputed()
        return tags

    def _is_precomputed(self):
        return isinstance(self.kernel, str) and self.kernel == "precomputed"

    def _default_kernel(self):
        """Return what ``kernel=None`` means."""
        return resolve_kernel(None)

    def _resolve_component(self, name, value):
        if name != "kernel":
            return value
        if value is None:
            return self._default_kernel()
        if isinstance(value, str) and value == "precomputed":
            raise ValueError(
                "kernel='precomputed' has no parameters of its own; pass the name of a feature map "
                "or a kernel object in the same call to set nested parameters."
            )
        return resolve_kernel(value)

    def _training_matrix(self, X, y=None, sample_weight=None):
        """Return a fitted kernel, the encodings of the training rows and their kernel matrix.

        Nothing is kept yet: a fit that fails leaves the one before intact.
        """
        if self._is_precomputed():
            if X.shape[0] != X.shape[1]:
                raise ValueError(
                    f"The precomputed matrix is {X.shape[0]}x{X.shape[1]}, not square; pass the "
                    "kernel of the training rows with themselves."
                )
            return "precomputed", None, X
        kernel = self._resolve_component("kernel", self.kernel)
        kernel = clone(kernel, safe=False)
        kernel.fit(X, y, sample_weight=sample_weight, **feature_names_for(kernel, self))
        check_matrix(len(X), len(X))
        encoded = kernel.encode(X, n_jobs=self.n_jobs, verbose=self.verbose)
        return kernel, encoded, kernel.gram(encoded)

    def _keep(self, kernel, encoded, rows, n_train):
        """Keep the kernel, and the encodings of the training rows that predictions compare with."""
        self.kernel_ = kernel
        self._kept = np.asarray(rows)
        self._n_train = n_train
        self._encoded = None if encoded is None else kernel.take(encoded, self._kept)

    def _in_batches(self, function, X):
        """Apply `function` to the kernel of the rows of `X` with the kept training rows.

        Batches of rows keep encodings and matrices under scikit-learn's ``working_memory``.
        """
        check_is_fitted(self)
        X = validate_rows(self, X, reset=False)
        if isinstance(self.kernel_, str):
            return function(X[:, self._kept])
        self.kernel_.check_rows(X)
        row_bytes = self.kernel_.encoded_row_bytes() + 8 * self._n_train
        batches = gen_batches(len(X), rows_in_working_memory(row_bytes))
        return np.concatenate([function(self._kernel_rows(X[batch])) for batch in batches])

    def _kernel_rows(self, X):
        encoded = self.kernel_.encode(X, n_jobs=self.n_jobs, verbose=self.verbose)
        return self.kernel_.gram(encoded, self._encoded)

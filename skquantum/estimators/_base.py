"""What every estimator with a kernel shares: the way from rows to kernel matrices."""

import numpy as np
from sklearn.base import BaseEstimator, clone
from sklearn.utils import gen_batches
from sklearn.utils.validation import check_is_fitted

from skquantum._components import ComponentsMixin
from skquantum._memory import rows_in_working_memory
from skquantum._validation import HasMethods, Integral, validate_rows
from skquantum.kernels import resolve_kernel

__all__ = ["KernelEstimator"]


class KernelEstimator(ComponentsMixin, BaseEstimator):
    """Base class of estimators that train on a kernel matrix.

    A subclass calls `_training_matrix` in ``fit``, then `_keep` with the training rows that
    predictions need, and `_in_batches` to predict.
    """

    _parameter_constraints: dict = {
        "kernel": [str, callable, HasMethods(["evaluate"]), None],
        "n_jobs": [Integral, None],
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
        return self._default_kernel() if value is None else resolve_kernel(value)

    def _training_matrix(self, X, y=None, sample_weight=None):
        """Fit the kernel, encode the training rows and return their kernel matrix."""
        self._n_train = len(X)
        if self._is_precomputed():
            if X.shape[0] != X.shape[1]:
                raise ValueError(
                    "Precomputed matrix must be a square matrix. Input is a "
                    f"{X.shape[0]}x{X.shape[1]} matrix; pass the kernel of the training rows with "
                    "themselves."
                )
            self.kernel_ = "precomputed"
            return X
        kernel = self._resolve_component("kernel", self.kernel)
        self.kernel_ = clone(kernel, safe=False).fit(X, y, sample_weight=sample_weight)
        self._encoded = self.kernel_.encode(X, n_jobs=self.n_jobs, verbose=self.verbose)
        return self.kernel_.gram(self._encoded)

    def _keep(self, rows):
        """Keep the encodings of the training rows that predictions compare with."""
        self._kept = np.asarray(rows)
        if self.kernel_ != "precomputed":
            self._encoded = self.kernel_.take(self._encoded, self._kept)

    def _in_batches(self, function, X):
        """Apply `function` to the kernel of the rows of `X` with the kept training rows.

        Batches of rows keep encodings and matrices under scikit-learn's ``working_memory``.
        """
        check_is_fitted(self)
        X = validate_rows(self, X, reset=False)
        if isinstance(self.kernel_, str):
            return function(X[:, self._kept])
        row_bytes = self.kernel_.encoded_row_bytes() + 8 * self._n_train
        batches = gen_batches(len(X), rows_in_working_memory(row_bytes))
        return np.concatenate([function(self._kernel_rows(X[batch])) for batch in batches])

    def _kernel_rows(self, X):
        encoded = self.kernel_.encode(X, n_jobs=self.n_jobs, verbose=self.verbose)
        return self.kernel_.gram(encoded, self._encoded)

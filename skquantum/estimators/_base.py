"""What every estimator with a kernel shares: the way from rows to kernel matrices."""

import numpy as np
from scipy.sparse import issparse
from sklearn.base import BaseEstimator, clone

from skquantum._circuits import CircuitsInState
from skquantum._components import ComponentsMixin, set_child_seeds
from skquantum._runtime import (
    blocks_of_rows,
    check_matrix,
    is_unchanged,
    later,
    rows_in_working_memory,
)
from skquantum._validation import N_JOBS, feature_names_for, validate_rows
from skquantum.estimators._keywords import KeywordsMixin
from skquantum.kernels import ProjectedRows, resolve_kernel

__all__ = ["KernelEstimator"]


class KernelEstimator(KeywordsMixin, CircuitsInState, ComponentsMixin, BaseEstimator):
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
        tags.input_tags.sparse = not self._is_precomputed()
        return tags

    def _is_precomputed(self):
        return isinstance(self.kernel, str) and self.kernel == "precomputed"

    def _default_kernel(self):
        """Return what ``kernel=None`` means."""
        return resolve_kernel(None)

    def resolve_component(self, name, value):
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

    def _new_kernel(self):
        """Return the kernel as an unfitted object, with seeds of its own."""
        kernel = clone(self.resolve_component("kernel", self.kernel), safe=False)
        set_child_seeds(kernel, self.random_state)
        return kernel

    def _training_matrix(self, X, y=None, sample_weight=None):
        """Return a fitted kernel, the encodings of the training rows and their kernel matrix.

        Nothing is kept yet: a fit that fails leaves the one before intact.
        """
        if self._is_precomputed():
            _check_dense_matrix(X)
            if X.shape[0] != X.shape[1]:
                raise ValueError(
                    f"The precomputed matrix is {X.shape[0]}x{X.shape[1]}, not square; pass the "
                    "kernel of the training rows with themselves."
                )
            return "precomputed", None, X
        kernel = self._new_kernel()
        n_rows = X.shape[0]
        check_matrix(n_rows, n_rows)
        solver_bytes = self._solver_bytes(n_rows)
        check_matrix(n_rows, n_rows, besides=solver_bytes)
        options = {"n_jobs": self.n_jobs, "verbose": self.verbose}
        options |= feature_names_for(kernel, self)
        with later(solver_bytes):  # kernels count it
            return kernel, *kernel.fit_gram(X, y, sample_weight=sample_weight, **options)

    def _solver_bytes(self, n_rows):
        """Return the largest memory in use in the solver, the matrix that it gets not included."""
        return 0

    def _keep(self, kernel, encoded, rows, X_kept, n_train):
        """Keep the kernel, and the encodings of the training rows that predictions compare with."""
        self.kernel_ = kernel
        self._kept = np.asarray(rows)
        self._n_train = n_train
        if encoded is not None:
            everything = np.array_equal(self._kept, np.arange(len(encoded)))
            self._encoded = encoded if everything else encoded.take(self._kept)
            self._X_kept = X_kept
            self._encoded_by = kernel.encoding_settings()

    def _kept_encodings(self):
        """Return the encodings of training rows, anew if the kernel has another engine now."""
        if not self.kernel_.is_fitted():
            raise ValueError(
                "Parameters of kernel_ that it was fitted with were changed; fit the estimator "
                "again, with set_params(kernel__...) on the estimator."
            )
        if is_unchanged(self._encoded_by, self.kernel_.encoding_settings()):
            return self._encoded
        if isinstance(self._encoded, ProjectedRows):
            raise ValueError(
                "The engine of kernel_ was exchanged after fit, but repair='clip' has a projector "
                "that belongs to the matrix of the engine before; fit again."
            )
        return self.kernel_.encode(self._X_kept, n_jobs=self.n_jobs, verbose=self.verbose)

    def _in_batches(self, function, X):
        """Apply `function` to the kernel of the rows of `X` with the kept training rows.

        Batches of rows keep encodings and matrices under scikit-learn's ``working_memory``.
        """
        X = validate_rows(self, X, reset=False)
        if isinstance(self.kernel_, str):
            _check_dense_matrix(X)
            return function(X[:, self._kept])
        kept = self._kept_encodings()
        row_bytes = self.kernel_.encoded_row_bytes() + 8 * self._n_train
        per_batch = rows_in_working_memory(row_bytes)
        if X.shape[0] > per_batch:
            self.kernel_.check_rows(X)  # so that messages name rows of X, not of a batch
        options = {"n_jobs": self.n_jobs, "verbose": self.verbose}
        found = [
            function(self.kernel_.gram(self.kernel_.encode(X[batch], **options), kept))
            for batch in blocks_of_rows(X.shape[0], per_batch)
        ]
        return found[0] if len(found) == 1 else np.concatenate(found)


def _check_dense_matrix(K):
    if issparse(K):
        raise TypeError("Sparse precomputed kernels are not supported; pass K.toarray().")

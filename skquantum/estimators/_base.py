"""What every estimator with a kernel shares: the way from rows to kernel matrices."""

import numpy as np
from scipy.sparse import issparse
from sklearn.base import BaseEstimator, clone, is_classifier

from skquantum._circuits import CircuitsInState
from skquantum._components import ComponentsMixin, set_child_seeds
from skquantum._runtime import (
    blocks_of_rows,
    check_matrix,
    check_memory,
    is_unchanged,
    later,
    rows_in_working_memory,
)
from skquantum._validation import N_JOBS, feature_names_for, validate_rows
from skquantum.estimators._keywords import KeywordsMixin
from skquantum.kernels import ProjectedRows, resolve_kernel

__all__ = ["KernelEstimator", "check_still_fitted", "encodings_as_set"]

# Pieces of encodings on their way, and what the allocator keeps.
OVERHEAD = 64 * 2**20


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
            n_rows = X.shape[0]
            what = f"Training on a kernel matrix of {n_rows} x {n_rows} entries"
            check_memory(self._solver_bytes(n_rows), what, self._solver_remedy)
            return "precomputed", None, X
        kernel = self._new_kernel()
        n_rows = X.shape[0]
        check_matrix(n_rows, n_rows)
        solver_bytes = self._solver_bytes(n_rows)
        check_matrix(n_rows, n_rows, besides=solver_bytes)
        options = {"n_jobs": self.n_jobs, "verbose": self.verbose}
        options |= feature_names_for(kernel, self)
        if is_classifier(self) and np.ndim(y) == 1:  # classes, even if they are called 0.5 and 2.5
            y = np.unique(y, return_inverse=True)[1]
        with later(solver_bytes):  # kernels count it
            return kernel, *kernel.fit_gram(X, y, sample_weight=sample_weight, **options)

    # Where a solver needs more memory than there is.
    _solver_remedy = "use fewer rows"

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
        options = {"n_jobs": self.n_jobs, "verbose": self.verbose}
        kept = self._encoded, self._encoded_by, self._X_kept
        return encodings_as_set(self.kernel_, *kept, options)

    def _in_batches(self, function, X):
        """Apply `function` to the kernel of the rows of `X` with the kept training rows.

        A precomputed kernel may be part of `X` itself, which the function must not change.
        Batches of rows keep encodings and matrices under scikit-learn's ``working_memory``.
        """
        X = validate_rows(self, X, reset=False)
        if isinstance(self.kernel_, str):
            _check_dense_matrix(X)
            per_batch = rows_in_working_memory(8 * (len(self._kept) + self._n_train))
            return _joined(lambda batch: function(self._of_kept(X[batch])), X.shape[0], per_batch)
        kept = self._kept_encodings()
        row_bytes = self.kernel_.encoded_row_bytes() + 8 * self._n_train
        per_batch = rows_in_working_memory(row_bytes)
        if X.shape[0] > per_batch:
            self.kernel_.check_rows(X)  # so that messages name rows of X, not of a batch
        n_rows = min(X.shape[0], per_batch)
        # encodings, overlaps, the matrix and what becomes of it, as was measured
        needed = n_rows * (self.kernel_.encoded_row_bytes() + 32 * self._n_train)
        needed += min(needed, OVERHEAD)
        check_matrix(n_rows, self._n_train, besides=needed - 8 * n_rows * self._n_train)
        options = {"n_jobs": self.n_jobs, "verbose": self.verbose}

        def compute(batch):
            return function(self.kernel_.gram(self.kernel_.encode(X[batch], **options), kept))

        return _joined(compute, X.shape[0], per_batch)

    def _of_kept(self, K):
        """Return the columns of the training rows that are kept, without a copy if all are."""
        if np.array_equal(self._kept, np.arange(K.shape[1])):
            return K
        return K[:, self._kept]


def _joined(compute, n_rows, per_batch):
    """Return what a function of slices computes for all rows, of which it gets some at a time."""
    found = None
    for batch in blocks_of_rows(n_rows, per_batch):
        part = compute(batch)
        if len(part) == n_rows:
            return part
        if found is None:
            found = np.empty((n_rows, *part.shape[1:]), part.dtype)
        found[batch] = part
    return found


def check_still_fitted(kernel):
    """Raise if parameters were changed that the kernel of a fitted estimator depends on."""
    if not kernel.is_fitted():
        raise ValueError(
            "Parameters of kernel_ that it was fitted with were changed; fit the estimator "
            "again, with set_params(kernel__...) on the estimator."
        )


def encodings_as_set(kernel, encoded, encoded_by, X, options):
    """Return encodings of training rows, anew if the fitted kernel has another engine now.

    Parameters
    ----------
    kernel : Kernel
        What `encoded` was made by.
    encoded : Encoded
        What was kept in ``fit``.
    encoded_by : object
        The kernel's ``encoding_settings()`` at that time.
    X : array-like of shape (n_samples, n_features)
        The rows.
    options : dict
        Keywords of ``kernel.encode``.

    Returns
    -------
    Encoded
        `encoded` itself, or encodings by the kernel as it is.
    """
    check_still_fitted(kernel)
    if is_unchanged(encoded_by, kernel.encoding_settings()):
        return encoded
    if isinstance(encoded, ProjectedRows):
        raise ValueError(
            "The engine of kernel_ was exchanged after fit, but repair='clip' has a projector "
            "that belongs to the matrix of the previous engine; fit again."
        )
    return kernel.encode(X, **options)


def _check_dense_matrix(K):
    if issparse(K):
        raise TypeError("Sparse precomputed kernels are not supported; pass K.toarray().")

"""What the support vector machines share."""

import numpy as np
from scipy.sparse import csr_matrix, issparse

from skquantum._validation import Integral, Interval, Real, validate_weights
from skquantum.estimators._base import KernelEstimator

__all__ = ["LibsvmEstimator", "validate_weights_of_some"]


def validate_weights_of_some(sample_weight, X):
    """Return weights of rows, not all of which are 0, or None for None."""
    if sample_weight is not None and not np.any(np.asarray(sample_weight)):
        raise ValueError(
            "Invalid input - all samples have zero or negative weights. Give some rows a positive "
            "sample_weight."
        )
    return validate_weights(sample_weight, X)


class LibsvmEstimator(KernelEstimator):
    """A shell around a libsvm estimator of scikit-learn that trains on a kernel matrix."""

    _parameter_constraints: dict = {
        **KernelEstimator._parameter_constraints,
        "shrinking": ["boolean"],
        "tol": [Interval(Real, 0.0, None, closed="neither")],
        "cache_size": [Interval(Real, 0, None, closed="neither")],
        "max_iter": [Interval(Integral, -1, None, closed="left")],
    }

    _solver_class = None  # of a subclass

    def _new_solver(self, **settings):
        """Return scikit-learn's estimator with those of its parameters that this one has."""
        kept = self._solver_class().get_params().keys() & self.get_params(deep=False).keys()
        kept -= {"kernel", "verbose", "probability", *settings}
        own = {name: getattr(self, name) for name in kept}
        return self._solver_class(kernel="precomputed", **own, **settings)

    def _solver_bytes(self, n_rows):
        # libsvm reads the matrix where it is, and keeps rows of it in single precision
        return int(min(self.cache_size * 2**20, 4 * n_rows**2)) + n_rows**2

    def _fit_solver(self, solver, X, y, sample_weight):
        """Train `solver` on the kernel matrix and take over what it learned.

        Returns the matrix, targets and weights that it was trained on.
        """
        sample_weight = validate_weights_of_some(sample_weight, X)
        kernel, encoded, K = self._training_matrix(X, y, sample_weight)
        rows = np.arange(X.shape[0])
        if sample_weight is not None and np.count_nonzero(sample_weight) < len(rows):
            # libsvm drops rows without weight itself, but then miscounts the support vectors of
            # a precomputed matrix (scikit-learn issues 5150 and 25380).
            rows = np.flatnonzero(sample_weight)
            K = K[np.ix_(rows, rows)]
            y = None if y is None else y[rows]
            sample_weight = sample_weight[rows]
        solver.fit(K, y, sample_weight=sample_weight)
        self._solver = solver
        for name in ("dual_coef_", "fit_status_", "intercept_", "n_iter_", "n_support_"):
            setattr(self, name, getattr(solver, name))
        self.support_ = rows[solver.support_].astype(solver.support_.dtype)
        self._sparse = issparse(X) and not callable(self.kernel)
        if self._sparse:
            self.dual_coef_ = csr_matrix(self.dual_coef_)
        self.shape_fit_ = X.shape
        precomputed = isinstance(kernel, str)
        self.support_vectors_ = solver.support_vectors_ if precomputed else X[self.support_]
        self._keep(kernel, encoded, self.support_, self.support_vectors_, len(rows))
        return K, y, sample_weight

    def _solver_in_batches(self, function, X):
        """Apply a method of the solver, which expects a column for every training row."""

        if issparse(X) and not self._sparse and not callable(self.kernel):
            name = type(self).__name__
            raise ValueError(
                f"Cannot use sparse input in {name!r} trained on dense data, as in scikit-learn's "
                "support vector machines; pass X.toarray(), or train on sparse rows."
            )

        def widened(K):
            wide = np.zeros((len(K), self._n_train))
            wide[:, self._solver.support_] = K
            return function(wide)

        return self._in_batches(widened, X)

"""What the support vector machines share."""

import numpy as np

from skquantum._validation import Integral, Interval, Real, validate_weights
from skquantum.estimators._base import KernelEstimator

__all__ = ["LibsvmEstimator"]


class LibsvmEstimator(KernelEstimator):
    """A shell around a libsvm estimator of scikit-learn that trains on a kernel matrix."""

    _parameter_constraints: dict = {
        **KernelEstimator._parameter_constraints,
        "shrinking": ["boolean"],
        "tol": [Interval(Real, 0.0, None, closed="neither")],
        "cache_size": [Interval(Real, 0, None, closed="neither")],
        "max_iter": [Interval(Integral, -1, None, closed="left")],
    }

    def _fit_solver(self, solver, X, y, sample_weight):
        """Train `solver` on the kernel matrix, take over what it learned and return the matrix."""
        sample_weight = validate_weights(sample_weight, X)
        K = self._training_matrix(X, y, sample_weight)
        self._solver = solver.fit(K, y, sample_weight=sample_weight)
        for name in (
            "dual_coef_",
            "fit_status_",
            "intercept_",
            "n_iter_",
            "n_support_",
            "support_",
        ):
            setattr(self, name, getattr(solver, name))
        self.shape_fit_ = X.shape
        self.support_vectors_ = (
            solver.support_vectors_ if self._is_precomputed() else X[solver.support_]
        )
        self._keep(solver.support_)
        return K

    def _solver_in_batches(self, function, X):
        """Apply a method of the solver, which expects a column for every training row."""

        def widened(K):
            wide = np.zeros((len(K), self._n_train))
            wide[:, self._kept] = K
            return function(wide)

        return self._in_batches(widened, X)

"""What ridge models on quantum kernels share."""

import functools

import numpy as np
from sklearn.utils.validation import check_is_fitted

from skquantum._validation import Integral, Interval, Real, StrOptions, validate_weights
from skquantum.estimators._base import KernelEstimator
from skquantum.estimators._ridge_solvers import (
    ConjugateGradients,
    HHLSolver,
    pair_by_pair,
    with_intercept,
    without_intercept,
)

__all__ = ["RidgeEstimator"]


class RidgeEstimator(KernelEstimator):
    """Kernel ridge regression of one or several targets, by one of several solvers."""

    _parameter_constraints: dict = {
        **KernelEstimator._parameter_constraints,
        "alpha": [Interval(Real, 0, None, closed="left"), "array-like"],
        "fit_intercept": ["boolean"],
        "solver": [StrOptions({"cholesky", "cg", "hhl", "hhl-circuit"})],
        "tol": [Interval(Real, 0, None, closed="neither")],
        "clock_qubits": [Interval(Integral, 1, 24, closed="both"), StrOptions({"auto"})],
    }

    def _fit_ridge(self, X, y, sample_weight, *, pairs=False):
        """Fit all targets on all rows, or the classes `y` pair by pair on the rows of both."""
        sample_weight = validate_weights(sample_weight, X)
        kernel, encoded, K = self._training_matrix(X, y, sample_weight)
        solver = self._new_solver()
        solve = functools.partial(self._solve, solver=solver)
        by_pair = functools.partial(pair_by_pair, solve, copies=self.solver != "cg")
        fit = by_pair if pairs else solve
        self.dual_coef_, self.intercept_ = fit(K, y, self._penalty(), sample_weight)
        self.resources_ = None if solver is None else solver.resources()
        self.X_fit_ = X
        self._keep(kernel, encoded, np.arange(X.shape[0]), X, X.shape[0])

    def _new_solver(self):
        """Return what solves linear systems; None is scikit-learn's solver."""
        if self.solver == "cholesky":
            return None
        if self.solver == "cg":
            return ConjugateGradients(self.tol)
        return HHLSolver(self.solver, self.clock_qubits)

    def _penalty(self):
        """Return what is added to the diagonal of the matrix."""
        return self.alpha

    def _solve(self, K, y, alpha, sample_weight, *, solver):
        """Return weights and intercept for a kernel matrix."""
        solve = with_intercept if self.fit_intercept else without_intercept
        return solve(K, y, alpha, sample_weight, solver=solver)

    _solver_remedy = "use solver='cg', which copies no matrix, or fewer rows"

    def _solver_bytes(self, n_rows):
        if self.solver == "cg":
            return 0
        # KernelRidge copies the matrix, and so do its two factorisations; HHL weighs it,
        # borders it, and needs its eigenvectors
        return (27 if self.solver == "cholesky" else 64) * n_rows**2

    def _linear_prediction(self, X):
        check_is_fitted(self)
        return self._in_batches(lambda K: K @ self.dual_coef_ + self.intercept_, X)

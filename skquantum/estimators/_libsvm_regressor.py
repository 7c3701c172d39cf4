"""What the support vector regressors share."""

from sklearn.base import RegressorMixin
from sklearn.utils.validation import check_is_fitted

from skquantum._validation import FIT_CONTEXT, validate_numeric_targets, validate_rows
from skquantum.estimators._libsvm import LibsvmEstimator

__all__ = ["LibsvmRegressor"]


class LibsvmRegressor(RegressorMixin, LibsvmEstimator):
    """Targets that are numbers."""

    @FIT_CONTEXT
    def fit(self, X, y, sample_weight=None):
        """Fit the regressor.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features) or (n_samples, n_samples)
            Training rows, or their kernel matrix if kernel is "precomputed".
        y : array-like of shape (n_samples,)
            Targets.
        sample_weight : array-like of shape (n_samples,) or None, default=None
            Weights that multiply C per row.

        Returns
        -------
        self : LibsvmRegressor
            Fitted estimator.

        Raises
        ------
        ValueError
            If the data or a parameter is invalid; the message says what to change.
        InsufficientMemoryError
            If states or kernel matrix would not fit into memory; nothing has been simulated.
        """
        validate_numeric_targets(y)
        X, y = validate_rows(self, X, reset=True, y=y, y_numeric=True)
        solver = self._new_solver()
        self._fit_solver(solver, X, y, sample_weight)
        return self

    def predict(self, X):
        """Predict targets.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features) or (n_samples, n_train)
            Rows, or their kernel with the training rows if kernel is "precomputed".

        Returns
        -------
        ndarray of shape (n_samples,)
            Predicted targets.
        """
        check_is_fitted(self)
        return self._solver_in_batches(self._solver.predict, X)

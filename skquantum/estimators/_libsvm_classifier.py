"""What the support vector classifiers share."""

from copy import copy

import numpy as np
from sklearn import config_context
from sklearn.base import ClassifierMixin, clone
from sklearn.calibration import CalibratedClassifierCV
from sklearn.exceptions import NotFittedError
from sklearn.utils import compute_class_weight
from sklearn.utils.metaestimators import available_if
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_is_fitted

from skquantum._validation import (
    FIT_CONTEXT,
    StrOptions,
    validate_class_weight,
    validate_rows,
)
from skquantum.estimators._libsvm import LibsvmEstimator, validate_weights_of_some

__all__ = ["LibsvmClassifier"]

CALIBRATION_FOLDS = 5  # what CalibratedClassifierCV takes


def _offers_probability(estimator):
    if not estimator.probability:
        raise AttributeError(
            "predict_proba is not available when probability=False; set probability=True before "
            "fit, or wrap the estimator in CalibratedClassifierCV(ensemble=False)."
        )
    return True


def _of_all_rows(class_weight, y):
    """Return what "balanced" means as a dict.

    As in SVC, rows of weight 0 count, which the solver does not see.
    """
    if class_weight != "balanced":
        return class_weight
    classes = np.unique(y)
    weights = compute_class_weight("balanced", classes=classes, y=y)
    return dict(zip(classes.tolist(), weights, strict=True))


class LibsvmClassifier(ClassifierMixin, LibsvmEstimator):
    """Classes, weights of classes, decision functions, ties and probabilities.

    A subclass names its `_solver_class` and has the parameters of that.
    """

    _parameter_constraints: dict = {
        **LibsvmEstimator._parameter_constraints,
        "probability": ["boolean"],
        "class_weight": [StrOptions({"balanced"}), dict, None],
        "decision_function_shape": [StrOptions({"ovr", "ovo"})],
        "break_ties": ["boolean"],
    }

    def _solver_bytes(self, n_rows):
        # cross-validation copies the matrix of four of the five folds
        return super()._solver_bytes(n_rows) + (8 * n_rows**2 if self.probability else 0)

    @FIT_CONTEXT
    def fit(self, X, y, sample_weight=None):
        """Fit the classifier.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features) or (n_samples, n_samples)
            Training rows, or their kernel matrix if kernel is "precomputed".
        y : array-like of shape (n_samples,)
            Class labels of any kind.
        sample_weight : array-like of shape (n_samples,) or None, default=None
            Weights of the rows: factors of `C`, or what they count for in `nu`.

        Returns
        -------
        self : LibsvmClassifier
            Fitted estimator.

        Raises
        ------
        ValueError
            If the data or a parameter is invalid; the message says what to change.
        InsufficientMemoryError
            If states or kernel matrix would not fit into memory; nothing has been simulated.
        """
        X, y = validate_rows(self, X, reset=True, y=y)
        check_classification_targets(y)
        sample_weight = validate_weights_of_some(sample_weight, X)
        self._check_classes(y, sample_weight)
        solver = self._new_solver(class_weight=_of_all_rows(self.class_weight, y))
        trained_on = self._fit_solver(solver, X, y, sample_weight)
        self.classes_ = solver.classes_
        self.class_weight_ = solver.class_weight_
        self._calibrated = self._calibrate(solver, *trained_on) if self.probability else None
        return self

    def _check_classes(self, y, sample_weight):
        """Raise what scikit-learn would raise only after the circuits have run."""
        classes = np.unique(y)
        if len(classes) < 2:
            raise ValueError(
                f"The number of classes has to be greater than one; got {len(classes)} class"
            )
        validate_class_weight(self.class_weight, classes)
        if sample_weight is not None:
            weighted = np.unique(y[sample_weight > 0])
            if len(weighted) == 1:
                raise ValueError(
                    f"sample_weight is 0 for all rows but those of class {weighted[0]}, and at "
                    "least two classes are needed; give rows of another class a weight."
                )
            y = y[sample_weight > 0]
        classes, counts = np.unique(y, return_counts=True)
        if self.probability and counts.min() < CALIBRATION_FOLDS:
            raise ValueError(
                f"probability=True needs at least {CALIBRATION_FOLDS} rows of each class, for "
                f"{CALIBRATION_FOLDS}-fold cross-validation; class {classes[counts.argmin()]} has "
                f"{counts.min()} of {len(y)} rows."
            )

    def _calibrate(self, solver, K, y, sample_weight):
        # A sigmoid is fitted to one decision value per class, whatever users want to see, and
        # balanced weights are those of each fold.
        solver = clone(solver).set_params(
            decision_function_shape="ovr", break_ties=False, class_weight=self.class_weight
        )
        # Weights concern the two of them only, not the routing that a user may have enabled.
        with config_context(enable_metadata_routing=False):
            calibrated = CalibratedClassifierCV(solver, cv=CALIBRATION_FOLDS, ensemble=False)
            return calibrated.fit(K, y, sample_weight=sample_weight)

    def _calibrated_classifier(self):
        check_is_fitted(self)
        if self._calibrated is None:
            raise NotFittedError(
                "predict_proba is not available when fitted with probability=False; set it to True "
                "and call fit again."
            )
        return self._calibrated

    def _solver_as_set(self):
        """Return the solver with the current values of the parameters that prediction uses."""
        check_is_fitted(self)
        solver = copy(self._solver)
        # set_params would look at every parameter, which takes as long as the prediction
        solver.decision_function_shape = self.decision_function_shape
        solver.break_ties = self.break_ties
        return solver

    def predict(self, X):
        """Predict class labels.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features) or (n_samples, n_train)
            Rows, or their kernel with the training rows if kernel is "precomputed".

        Returns
        -------
        ndarray of shape (n_samples,)
            Class labels.

        Raises
        ------
        ValueError
            If ties are to be broken, but decision_function_shape is "ovo".
        """
        solver = self._solver_as_set()
        if self.break_ties and self.decision_function_shape == "ovo":
            raise ValueError(
                "break_ties must be False when decision_function_shape is 'ovo'; use 'ovr' to "
                "break ties."
            )
        return self._solver_in_batches(solver.predict, X)

    def decision_function(self, X):
        """Evaluate the decision function.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features) or (n_samples, n_train)
            Rows, or their kernel with the training rows if kernel is "precomputed".

        Returns
        -------
        ndarray of shape (n_samples,) or (n_samples, n_classes) or (n_samples, n_pairs)
            As :meth:`sklearn.svm.SVC.decision_function`.
        """
        return self._solver_in_batches(self._solver_as_set().decision_function, X)

    @available_if(_offers_probability)
    def predict_proba(self, X):
        """Return class probabilities; needs ``probability=True`` in ``fit``.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features) or (n_samples, n_train)
            Rows, or their kernel with the training rows if kernel is "precomputed".

        Returns
        -------
        ndarray of shape (n_samples, n_classes)
            Columns follow `classes_`.
        """
        return self._solver_in_batches(self._calibrated_classifier().predict_proba, X)

    @available_if(_offers_probability)
    def predict_log_proba(self, X):
        """Return logarithms of class probabilities; needs ``probability=True`` in ``fit``.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features) or (n_samples, n_train)
            Rows, or their kernel with the training rows if kernel is "precomputed".

        Returns
        -------
        ndarray of shape (n_samples, n_classes)
            Columns follow `classes_`.
        """
        return np.log(self.predict_proba(X))

"""Support vector classification."""

from copy import copy

import numpy as np
from sklearn import config_context
from sklearn.base import ClassifierMixin, clone
from sklearn.calibration import CalibratedClassifierCV
from sklearn.exceptions import NotFittedError
from sklearn.svm import SVC
from sklearn.utils import compute_class_weight
from sklearn.utils.metaestimators import available_if
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_is_fitted

from skquantum._validation import (
    FIT_CONTEXT,
    Interval,
    Real,
    StrOptions,
    validate_class_weight,
    validate_rows,
)
from skquantum.estimators._libsvm import LibsvmEstimator, validate_weights_of_some

__all__ = ["QSVC"]

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


class QSVC(ClassifierMixin, LibsvmEstimator):
    """Support vector classifier with a quantum kernel.

    Where ``SVC()`` stood, ``QSVC()`` can stand: every parameter and attribute of
    :class:`sklearn.svm.SVC` that does not belong to its classical kernels is here under the same
    name, with the same default and meaning.

    Parameters
    ----------
    C : float, default=1.0
        Inverse of the regularisation strength. With ``np.inf`` no training error is allowed, and
        training does not end if the kernel cannot separate the classes.
    kernel : None, str, Kernel, qiskit-machine-learning kernel or callable, default=None
        None is ``FidelityKernel()``; a name is "fidelity" or that of a feature map ("zz", "iqp",
        ...), meaning its fidelity kernel; "precomputed" takes kernel matrices in place of rows. A
        callable takes two arrays of rows and returns a matrix, or two rows and returns a number.
    shrinking : bool, default=True
        Whether to use the shrinking heuristic.
    probability : bool, default=False
        Whether ``predict_proba`` is offered. Probabilities are those of
        ``CalibratedClassifierCV(SVC(kernel="precomputed"), ensemble=False)`` on the kernel matrix:
        a sigmoid fitted to decision values from 5-fold cross-validation; no circuit is simulated
        twice for it.
    tol : float, default=1e-3
        Tolerance for the stopping criterion.
    cache_size : float, default=200
        Size of the solver's cache in MB.
    class_weight : dict, "balanced" or None, default=None
        Factors of C per class.
    verbose : bool or int, default=False
        Whether to show a progress bar while circuits are simulated.
    max_iter : int, default=-1
        Hard limit on iterations of the solver, or -1 for none.
    decision_function_shape : {"ovo", "ovr"}, default="ovr"
        Shape of the decision function for more than two classes.
    break_ties : bool, default=False
        Whether ``predict`` breaks ties by the decision values ("ovr", more than two classes).
    random_state : int, RandomState instance or None, default=None
        For the solver, and for kernels that draw random numbers. Exact kernels do not.
    n_jobs : int or None, default=None
        Number of joblib workers that simulate circuits, if the kernel does not say itself. None
        means 1 unless a :func:`joblib.parallel_config` is active; -1 means all cores.

    Attributes
    ----------
    class_weight_ : ndarray of shape (n_classes,)
        Factors of C per class.
    classes_ : ndarray of shape (n_classes,)
        Class labels.
    dual_coef_ : ndarray
        Coefficients of the support vectors in the decision function, in the layout of SVC.
    fit_status_ : int
        0 if correctly fitted, 1 otherwise.
    intercept_ : ndarray
        Constants in the decision function.
    kernel_ : Kernel or "precomputed"
        The fitted kernel.
    n_features_in_ : int
        Number of features seen in ``fit``.
    feature_names_in_ : ndarray of shape (n_features,)
        Names of features seen in ``fit``, if `X` had names that are all strings.
    n_iter_ : ndarray
        Number of iterations of the solver.
    n_support_ : ndarray
        Number of support vectors of each class.
    shape_fit_ : tuple of int
        Shape of the training rows.
    support_ : ndarray of shape (n_SV,)
        Indices of support vectors.
    support_vectors_ : ndarray or CSR matrix of shape (n_SV, n_features)
        Support vectors; an empty array if kernel is "precomputed".

    See Also
    --------
    sklearn.svm.SVC : Its classical counterpart.
    QuantumKernelRidgeClassifier : Kernel ridge classification.

    Notes
    -----
    Training simulates each row once; the solver gets the matrix of overlaps. The states of the
    support vectors are kept, so that ``predict`` simulates only its own rows.

    References
    ----------
    .. [1] V. Havlíček et al., "Supervised learning with quantum-enhanced feature spaces", Nature
       567, 209 (2019).

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from sklearn.pipeline import make_pipeline
    >>> from sklearn.preprocessing import StandardScaler
    >>> from skquantum import QSVC
    >>> X, y = load_iris(return_X_y=True)
    >>> model = make_pipeline(StandardScaler(), QSVC()).fit(X, y)
    >>> print(f"{model.score(X, y):.2f}")
    0.97
    """

    _parameter_constraints: dict = {
        **LibsvmEstimator._parameter_constraints,
        "C": [Interval(Real, 0.0, None, closed="right")],
        "probability": ["boolean"],
        "class_weight": [StrOptions({"balanced"}), dict, None],
        "decision_function_shape": [StrOptions({"ovr", "ovo"})],
        "break_ties": ["boolean"],
    }

    def __init__(
        self,
        *,
        C=1.0,
        kernel=None,
        shrinking=True,
        probability=False,
        tol=1e-3,
        cache_size=200,
        class_weight=None,
        verbose=False,
        max_iter=-1,
        decision_function_shape="ovr",
        break_ties=False,
        random_state=None,
        n_jobs=None,
    ):
        self.C = C
        self.kernel = kernel
        self.shrinking = shrinking
        self.probability = probability
        self.tol = tol
        self.cache_size = cache_size
        self.class_weight = class_weight
        self.verbose = verbose
        self.max_iter = max_iter
        self.decision_function_shape = decision_function_shape
        self.break_ties = break_ties
        self.random_state = random_state
        self.n_jobs = n_jobs

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
            Weights that multiply C per row.

        Returns
        -------
        self : QSVC
            Fitted estimator.

        Raises
        ------
        ValueError
            If the data or a parameter is unfit; the message says what to change.
        InsufficientMemoryError
            If states or kernel matrix would not fit into memory; nothing has been simulated.
        """
        X, y = validate_rows(self, X, reset=True, y=y)
        check_classification_targets(y)
        sample_weight = validate_weights_of_some(sample_weight, X)
        self._check_classes(y, sample_weight)
        solver = SVC(
            kernel="precomputed",
            C=self.C,
            shrinking=self.shrinking,
            tol=self.tol,
            cache_size=self.cache_size,
            class_weight=_of_all_rows(self.class_weight, y),
            max_iter=self.max_iter,
            decision_function_shape=self.decision_function_shape,
            break_ties=self.break_ties,
            random_state=self.random_state,
        )
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

"""Ridge models on quantum kernels."""

import numpy as np
from sklearn.base import ClassifierMixin, MultiOutputMixin, RegressorMixin
from sklearn.preprocessing import LabelBinarizer
from sklearn.utils import compute_sample_weight
from sklearn.utils.multiclass import check_classification_targets, type_of_target
from sklearn.utils.validation import column_or_1d

from skquantum._validation import (
    FIT_CONTEXT,
    Interval,
    Real,
    StrOptions,
    validate_class_weight,
    validate_numeric_targets,
    validate_rows,
    validate_weights,
)
from skquantum.estimators._ridge_base import RidgeEstimator
from skquantum.estimators._ridge_solvers import votes

__all__ = ["QuantumKernelRidge", "QuantumKernelRidgeClassifier"]


class QuantumKernelRidge(MultiOutputMixin, RegressorMixin, RidgeEstimator):
    """Ridge regression with a quantum kernel.

    The counterpart of :class:`sklearn.kernel_ridge.KernelRidge`: same parameters where they do
    not belong to classical kernels, same solution on the same kernel matrix.

    Parameters
    ----------
    alpha : float or array-like of shape (n_targets,), default=1
        Regularisation strength, one for all targets or one for each.
    fit_intercept : bool, default=False
        Whether to fit an intercept, which is not regularised. Without one, as in ``KernelRidge``,
        predictions are drawn towards 0: set it if the targets are far from 0.
    kernel : None, str, Kernel, qiskit-machine-learning kernel or callable, default=None
        None is ``FidelityKernel()``; a name is "fidelity" or that of a feature map ("zz", "iqp",
        ...), meaning its fidelity kernel; "precomputed" takes kernel matrices in place of rows.
    solver : {"cholesky", "cg", "hhl", "hhl-circuit"}, default="cholesky"
        How the linear system is solved: directly; by conjugate gradients, which neither copy the
        matrix nor need it in memory; as HHL would, by its closed form; or by the simulated circuit
        of HHL, for up to 16 rows; see :func:`skquantum.linear_systems.hhl_solve`.
    tol : float, default=0.0001
        Norm of the residual, relative to the targets, at which "cg" stops. Without effect on other
        solvers.
    clock_qubits : int or "auto", default="auto"
        Clock qubits of HHL.
    verbose : bool or int, default=False
        Whether to show a progress bar while circuits are simulated.
    random_state : int, RandomState instance or None, default=None
        For kernels that draw random numbers. Exact kernels do not.
    n_jobs : int or None, default=None
        Number of joblib workers that simulate circuits, if the kernel does not say itself. None
        means 1 unless a :func:`joblib.parallel_config` is active; -1 means all cores.

    Attributes
    ----------
    X_fit_ : ndarray or CSR matrix of shape (n_samples, n_features)
        Training rows, or the training matrix if kernel is "precomputed".
    dual_coef_ : ndarray of shape (n_samples,) or (n_samples, n_targets)
        Weights of the training rows in kernel space.
    intercept_ : float or ndarray of shape (n_targets,)
        The intercept, 0.0 if `fit_intercept` is False.
    kernel_ : Kernel or "precomputed"
        The fitted kernel.
    resources_ : dict or None
        Resources that HHL would need, as in :class:`skquantum.linear_systems.LinearSolution`;
        for several systems the largest of each. None for "cholesky" and "cg".
    n_features_in_ : int
        Number of features seen in ``fit``.
    feature_names_in_ : ndarray of shape (n_features,)
        Names of features seen in ``fit``, if `X` had names that are all strings.

    See Also
    --------
    sklearn.kernel_ridge.KernelRidge : Its classical counterpart.
    QSVR : Support vector regression.

    Examples
    --------
    >>> import numpy as np
    >>> from skquantum import QuantumKernelRidge
    >>> X = np.linspace(-1, 1, 40)[:, None]
    >>> model = QuantumKernelRidge(alpha=1e-3).fit(X, np.sin(X[:, 0]))
    >>> model.predict([[0.0], [0.5]]).round(1) + 0.0
    array([0. , 0.5])
    >>> model.set_params(fit_intercept=True).fit(X, 100 + np.sin(X[:, 0])).predict([[0.5]]).round(1)
    array([100.5])
    """

    def __init__(
        self,
        alpha=1,
        *,
        fit_intercept=False,
        kernel=None,
        solver="cholesky",
        tol=1e-4,
        clock_qubits="auto",
        verbose=False,
        random_state=None,
        n_jobs=None,
    ):
        self.alpha = alpha
        self.fit_intercept = fit_intercept
        self.kernel = kernel
        self.solver = solver
        self.tol = tol
        self.clock_qubits = clock_qubits
        self.verbose = verbose
        self.random_state = random_state
        self.n_jobs = n_jobs

    @FIT_CONTEXT
    def fit(self, X, y, sample_weight=None):
        """Fit the regressor.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features) or (n_samples, n_samples)
            Training rows, or their kernel matrix if kernel is "precomputed".
        y : array-like of shape (n_samples,) or (n_samples, n_targets)
            Targets.
        sample_weight : float or array-like of shape (n_samples,) or None, default=None
            Weights of the squared errors.

        Returns
        -------
        self : QuantumKernelRidge
            Fitted estimator.

        Raises
        ------
        ValueError
            If the data or a parameter is invalid; the message says what to change.
        InsufficientMemoryError
            If states or kernel matrix would not fit into memory; nothing has been simulated.
        """
        validate_numeric_targets(y)
        X, y = validate_rows(self, X, reset=True, y=y, y_numeric=True, multi_output=True)
        self._check_alpha(y)
        self._fit_ridge(X, y, sample_weight)
        return self

    def _check_alpha(self, y):
        alpha = np.asarray(self.alpha, dtype=np.float64)
        n_targets = 1 if y.ndim == 1 else y.shape[1]
        if alpha.size != 1 and alpha.shape != (n_targets,):
            raise ValueError(
                f"alpha has shape {alpha.shape} for {n_targets} targets; give one number, or one "
                "per target."
            )
        if not (alpha >= 0).all() or not np.isfinite(alpha).all():
            raise ValueError(f"alpha={self.alpha} must hold numbers that are not negative.")

    def predict(self, X):
        """Predict targets.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features) or (n_samples, n_train)
            Rows, or their kernel with the training rows if kernel is "precomputed".

        Returns
        -------
        ndarray of shape (n_samples,) or (n_samples, n_targets)
            Predicted targets.
        """
        return self._linear_prediction(X)


class QuantumKernelRidgeClassifier(MultiOutputMixin, ClassifierMixin, RidgeEstimator):
    """Classification by ridge regression on labels of -1 and 1, with a quantum kernel.

    What :class:`sklearn.linear_model.RidgeClassifier` is to linear features. More than two classes
    are compared pair by pair, as in :class:`QSVC`, or each with all others, as ``RidgeClassifier``
    does. Training solves linear systems in place of quadratic programs; at prediction, rows are
    compared with every training row.

    Parameters
    ----------
    alpha : float, default=1
        Regularisation strength.
    fit_intercept : bool, default=True
        Whether to fit an intercept for each regression, which is not regularised.
    kernel : None, str, Kernel, qiskit-machine-learning kernel or callable, default=None
        None is ``FidelityKernel()``; a name is "fidelity" or that of a feature map ("zz", "iqp",
        ...), meaning its fidelity kernel; "precomputed" takes kernel matrices in place of rows.
    class_weight : dict, "balanced" or None, default=None
        Weights per class.
    multi_class : {"one_vs_one", "one_vs_rest"}, default="one_vs_one"
        For more than two classes. "one_vs_one" fits a regression for each pair of classes, on the
        rows of both, and lets them vote; "one_vs_rest" fits one for each class, on all rows, and
        takes the largest. The latter is ``RidgeClassifier``'s, and can miss a class that lies
        between two others. Without effect on several labels per row.
    solver : {"cholesky", "cg", "hhl", "hhl-circuit"}, default="cholesky"
        How the linear system is solved: directly; by conjugate gradients, which neither copy the
        matrix nor need it in memory; as HHL would, by its closed form; or by the simulated circuit
        of HHL, for up to 16 rows; see :func:`skquantum.linear_systems.hhl_solve`.
    tol : float, default=0.0001
        Norm of the residual, relative to the targets, at which "cg" stops. Without effect on other
        solvers.
    clock_qubits : int or "auto", default="auto"
        Clock qubits of HHL.
    verbose : bool or int, default=False
        Whether to show a progress bar while circuits are simulated.
    random_state : int, RandomState instance or None, default=None
        For kernels that draw random numbers. Exact kernels do not.
    n_jobs : int or None, default=None
        Number of joblib workers that simulate circuits, if the kernel does not say itself. None
        means 1 unless a :func:`joblib.parallel_config` is active; -1 means all cores.

    Attributes
    ----------
    X_fit_ : ndarray or CSR matrix of shape (n_samples, n_features)
        Training rows, or the training matrix if kernel is "precomputed".
    classes_ : ndarray of shape (n_classes,)
        Class labels.
    dual_coef_ : ndarray of shape (n_samples,) or (n_samples, n_regressions)
        Weights of the training rows in kernel space: a column for each class or label, or for each
        pair of classes, in the order (0, 1), (0, 2), ..., (1, 2), ...
    intercept_ : float or ndarray of shape (n_regressions,)
        The intercepts, 0 if `fit_intercept` is False.
    kernel_ : Kernel or "precomputed"
        The fitted kernel.
    resources_ : dict or None
        Resources that HHL would need, as in :class:`skquantum.linear_systems.LinearSolution`;
        for several systems the largest of each. None for "cholesky" and "cg".
    n_features_in_ : int
        Number of features seen in ``fit``.
    feature_names_in_ : ndarray of shape (n_features,)
        Names of features seen in ``fit``, if `X` had names that are all strings.

    See Also
    --------
    sklearn.linear_model.RidgeClassifier : Its linear counterpart.
    QSVC : Support vector classification.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from skquantum import QuantumKernelRidgeClassifier
    >>> X, y = load_iris(return_X_y=True)
    >>> print(f"{QuantumKernelRidgeClassifier(alpha=0.1).fit(X, y).score(X, y):.2f}")
    0.99
    """

    _parameter_constraints: dict = {
        **RidgeEstimator._parameter_constraints,
        "alpha": [Interval(Real, 0, None, closed="left")],
        "class_weight": [StrOptions({"balanced"}), dict, None],
        "multi_class": [StrOptions({"one_vs_one", "one_vs_rest"})],
    }

    def __init__(
        self,
        alpha=1,
        *,
        fit_intercept=True,
        kernel=None,
        class_weight=None,
        multi_class="one_vs_one",
        solver="cholesky",
        tol=1e-4,
        clock_qubits="auto",
        verbose=False,
        random_state=None,
        n_jobs=None,
    ):
        self.alpha = alpha
        self.fit_intercept = fit_intercept
        self.kernel = kernel
        self.class_weight = class_weight
        self.multi_class = multi_class
        self.solver = solver
        self.tol = tol
        self.clock_qubits = clock_qubits
        self.verbose = verbose
        self.random_state = random_state
        self.n_jobs = n_jobs

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.classifier_tags.multi_label = True
        return tags

    @FIT_CONTEXT
    def fit(self, X, y, sample_weight=None):
        """Fit the classifier.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features) or (n_samples, n_samples)
            Training rows, or their kernel matrix if kernel is "precomputed".
        y : array-like of shape (n_samples,) or (n_samples, n_labels)
            Class labels of any kind, or an indicator matrix of several labels per row.
        sample_weight : array-like of shape (n_samples,) or None, default=None
            Weights of the squared errors.

        Returns
        -------
        self : QuantumKernelRidgeClassifier
            Fitted estimator.

        Raises
        ------
        ValueError
            If the data or a parameter is invalid; the message says what to change.
        InsufficientMemoryError
            If states or kernel matrix would not fit into memory; nothing has been simulated.
        """
        X, y = validate_rows(self, X, reset=True, y=y, multi_output=True)
        check_classification_targets(y)
        labels = LabelBinarizer(neg_label=-1, pos_label=1)
        if not type_of_target(y).startswith("multilabel"):
            y = column_or_1d(y, warn=True)
        targets = labels.fit_transform(y).astype(np.float64)
        if len(labels.classes_) < 2:
            raise ValueError("The number of classes has to be greater than one; got 1 class")
        validate_class_weight(self.class_weight, labels.classes_)
        if self.class_weight is not None:
            weights = 1.0 if sample_weight is None else validate_weights(sample_weight, X)
            sample_weight = weights * compute_sample_weight(self.class_weight, y)
        pairs = self.multi_class == "one_vs_one" and labels.y_type_ == "multiclass"
        if pairs:
            targets = targets.argmax(axis=1)
        elif targets.shape[1] == 1:
            targets = targets.ravel()
        self._fit_ridge(X, targets, sample_weight, pairs=pairs)
        self._votes = pairs
        self._labels = labels
        self.classes_ = labels.classes_
        return self

    def decision_function(self, X):
        """Evaluate the regressions, or count their votes.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features) or (n_samples, n_train)
            Rows, or their kernel with the training rows if kernel is "precomputed".

        Returns
        -------
        ndarray of shape (n_samples,) or (n_samples, n_classes)
            Positive on the side of ``classes_[1]``, or the larger the likelier per class. Votes
            of "one_vs_one" have a fraction that tells classes with equal counts apart.
        """
        decision = self._linear_prediction(X)
        if self._votes:
            return votes(decision, len(self.classes_))
        return decision

    def predict(self, X):
        """Predict class labels.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features) or (n_samples, n_train)
            Rows, or their kernel with the training rows if kernel is "precomputed".

        Returns
        -------
        ndarray of shape (n_samples,) or (n_samples, n_labels)
            Class labels, or indicators of labels if it was fitted on them.
        """
        decision = self.decision_function(X)
        if self._labels.y_type_.startswith("multilabel"):
            return self._labels.inverse_transform(np.where(decision > 0, 1, -1))
        winner = decision.argmax(axis=1) if decision.ndim == 2 else (decision > 0).astype(int)
        return self.classes_[winner]

"""Outlier detection."""

from sklearn.base import OutlierMixin
from sklearn.svm import OneClassSVM
from sklearn.utils.validation import check_is_fitted

from skquantum._validation import FIT_CONTEXT, Interval, Real, validate_rows
from skquantum.estimators._libsvm import LibsvmEstimator

__all__ = ["QOneClassSVM"]


class QOneClassSVM(OutlierMixin, LibsvmEstimator):
    """Unsupervised outlier detection with a quantum kernel.

    Every parameter and attribute of :class:`sklearn.svm.OneClassSVM` that does not belong to its
    classical kernels is here under the same name, with the same default and meaning.

    Parameters
    ----------
    kernel : None, str, Kernel, qiskit-machine-learning kernel or callable, default=None
        None is ``FidelityKernel()``; a name is "fidelity" or that of a feature map ("zz", "iqp",
        ...), meaning its fidelity kernel; "precomputed" takes kernel matrices in place of rows. A
        callable takes two arrays of rows and returns a matrix, or two rows and returns a number.
    tol : float, default=1e-3
        Tolerance for the stopping criterion.
    nu : float, default=0.5
        Upper bound on the fraction of training errors, lower bound on that of support vectors.
    shrinking : bool, default=True
        Whether to use the shrinking heuristic.
    cache_size : float, default=200
        Size of the solver's cache in MB.
    verbose : bool or int, default=False
        Whether to show a progress bar while circuits are simulated.
    max_iter : int, default=-1
        Hard limit on iterations of the solver, or -1 for none.
    random_state : int, RandomState instance or None, default=None
        For kernels that draw random numbers. Exact kernels do not.
    n_jobs : int or None, default=None
        Number of joblib workers that simulate circuits, if the kernel does not say itself. None
        means 1 unless a :func:`joblib.parallel_config` is active; -1 means all cores.

    Attributes
    ----------
    dual_coef_ : ndarray
        Coefficients of the support vectors in the decision function.
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
    n_iter_ : int
        Number of iterations of the solver.
    n_support_ : ndarray
        Number of support vectors.
    shape_fit_ : tuple of int
        Shape of the training rows.
    support_ : ndarray of shape (n_SV,)
        Indices of support vectors.
    support_vectors_ : ndarray or CSR matrix of shape (n_SV, n_features)
        Support vectors; an empty array if kernel is "precomputed".
    offset_ : float
        ``decision_function = score_samples - offset_``.

    See Also
    --------
    sklearn.svm.OneClassSVM : Its classical counterpart.

    Examples
    --------
    >>> import numpy as np
    >>> from skquantum import QOneClassSVM
    >>> X = np.random.default_rng(0).normal(size=(30, 2))
    >>> QOneClassSVM(nu=0.1).fit(X).predict([[0.0, 0.0], [2.5, 2.5]])
    array([ 1, -1])
    """

    _parameter_constraints: dict = {
        **LibsvmEstimator._parameter_constraints,
        "nu": [Interval(Real, 0.0, 1.0, closed="right")],
    }

    _solver_class = OneClassSVM

    def __init__(
        self,
        *,
        kernel=None,
        tol=1e-3,
        nu=0.5,
        shrinking=True,
        cache_size=200,
        verbose=False,
        max_iter=-1,
        random_state=None,
        n_jobs=None,
    ):
        self.kernel = kernel
        self.tol = tol
        self.nu = nu
        self.shrinking = shrinking
        self.cache_size = cache_size
        self.verbose = verbose
        self.max_iter = max_iter
        self.random_state = random_state
        self.n_jobs = n_jobs

    @FIT_CONTEXT
    def fit(self, X, y=None, sample_weight=None):
        """Learn the region that most rows lie in.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features) or (n_samples, n_samples)
            Training rows, or their kernel matrix if kernel is "precomputed".
        y : object, default=None
            Ignored; present for scikit-learn's API.
        sample_weight : array-like of shape (n_samples,) or None, default=None
            Weights that multiply C per row.

        Returns
        -------
        self : QOneClassSVM
            Fitted estimator.

        Raises
        ------
        ValueError
            If the data or a parameter is invalid; the message says what to change.
        InsufficientMemoryError
            If states or kernel matrix would not fit into memory; nothing has been simulated.
        """
        X = validate_rows(self, X, reset=True)
        solver = self._new_solver()
        self._fit_solver(solver, X, None, sample_weight)
        self.offset_ = solver.offset_
        return self

    def predict(self, X):
        """Tell inliers from outliers.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features) or (n_samples, n_train)
            Rows, or their kernel with the training rows if kernel is "precomputed".

        Returns
        -------
        ndarray of shape (n_samples,)
            1 for inliers, -1 for outliers.
        """
        check_is_fitted(self)
        return self._solver_in_batches(self._solver.predict, X)

    def decision_function(self, X):
        """Return the signed distance to the separating hyperplane, positive for inliers.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features) or (n_samples, n_train)
            Rows, or their kernel with the training rows if kernel is "precomputed".

        Returns
        -------
        ndarray of shape (n_samples,)
            Decision values.
        """
        check_is_fitted(self)
        return self._solver_in_batches(self._solver.decision_function, X)

    def score_samples(self, X):
        """Return the decision function without its offset.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features) or (n_samples, n_train)
            Rows, or their kernel with the training rows if kernel is "precomputed".

        Returns
        -------
        ndarray of shape (n_samples,)
            Scores; the higher, the more like the training rows.
        """
        check_is_fitted(self)
        return self._solver_in_batches(self._solver.score_samples, X)

"""Gaussian process classification with a quantum kernel."""

import numpy as np
from sklearn.base import ClassifierMixin
from sklearn.gaussian_process import GaussianProcessClassifier
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_is_fitted

from skquantum._runtime import n_workers
from skquantum._validation import FIT_CONTEXT, Integral, Interval, StrOptions, validate_rows
from skquantum.estimators._class_outputs import check_several
from skquantum.estimators._gaussian_process import GaussianProcessEstimator

__all__ = ["QGaussianProcessClassifier"]


class QGaussianProcessClassifier(ClassifierMixin, GaussianProcessEstimator):
    """Gaussian process classification with a quantum kernel, by Laplace's approximation.

    The counterpart of :class:`sklearn.gaussian_process.GaussianProcessClassifier`, which trains on
    the kernel matrix: same parameters, same results for the same kernel. Every training row is
    simulated once, however many classes there are and steps the hyperparameters take.

    Parameters
    ----------
    kernel : None, str, Kernel, kernel of sklearn.gaussian_process or callable, default=None
        Covariance function of the latent function. None is ``ConstantKernel() *
        FidelityKernel()``, a variance to tune, with the class of
        :mod:`sklearn.gaussian_process.kernels`. Write products and sums of quantum kernels with
        kernels of that module in the same way; quantum kernels by themselves have a variance of
        1. A name is "fidelity", "projected" or that of a feature map ("zz", "iqp", ...), meaning
        its fidelity kernel.
    optimizer : "fmin_l_bfgs_b", callable or None, default="fmin_l_bfgs_b"
        How the marginal likelihood is maximised, as
        :class:`~sklearn.gaussian_process.GaussianProcessClassifier` has it. None leaves
        hyperparameters as they are.
    n_restarts_optimizer : int, default=0
        Number of further runs of the optimizer, from hyperparameters that are drawn within their
        bounds.
    max_iter_predict : int, default=100
        Largest number of Newton steps that find the mode of the posterior.
    warm_start : bool, default=False
        Whether the mode is looked for from the one of the hyperparameters before, which can take
        fewer steps.
    copy_X_train : bool, default=True
        Whether to keep a copy of the training data, or a reference to it.
    random_state : int, RandomState instance or None, default=None
        Seed or generator for restarts, and for the shots of kernels that draw them.
    multi_class : {"one_vs_rest", "one_vs_one"}, default="one_vs_rest"
        For more than two classes: a process for each class, or one for each pair of classes, which
        offers no probabilities.
    n_jobs : int or None, default=None
        Number of joblib workers that simulate circuits, if the kernel does not say itself, and that
        train the processes of several classes. None means 1 unless a
        :func:`joblib.parallel_config` is active; -1 means all cores.
    verbose : bool or int, default=False
        Whether to show a progress bar while circuits are simulated.

    Attributes
    ----------
    base_estimator_ : estimator
        The processes of scikit-learn.
    kernel_ : Kernel or kernel of sklearn.gaussian_process
        The fitted kernel, with hyperparameters that were tuned; for more than two classes a
        :class:`~sklearn.gaussian_process.kernels.CompoundKernel` of those of all processes.
    log_marginal_likelihood_value_ : float
        Log marginal likelihood of the hyperparameters of `kernel_`; the mean of all processes.
    classes_ : ndarray of shape (n_classes,)
        Class labels.
    n_classes_ : int
        Number of classes.
    n_features_in_ : int
        Number of features seen in ``fit``.
    feature_names_in_ : ndarray of shape (n_features,)
        Names of features seen in ``fit``, if `X` had names that are all strings.

    See Also
    --------
    sklearn.gaussian_process.GaussianProcessClassifier : Its classical counterpart.
    QSVC : Without probabilities, faster.

    References
    ----------
    .. [1] C. Rasmussen, C. Williams, "Gaussian Processes for Machine Learning", MIT Press (2006).

    Examples
    --------
    >>> from sklearn.datasets import make_moons
    >>> from skquantum import QGaussianProcessClassifier
    >>> X, y = make_moons(60, noise=0.1, random_state=0)
    >>> model = QGaussianProcessClassifier().fit(X, y)
    >>> model.predict_proba([[0.0, 1.0], [5.0, 5.0]]).round(1)
    array([[0.8, 0.2],
           [0.5, 0.5]])
    """

    _parameter_constraints: dict = {
        **GaussianProcessEstimator._parameter_constraints,
        "max_iter_predict": [Interval(Integral, 1, None, closed="left")],
        "warm_start": ["boolean"],
        "multi_class": [StrOptions({"one_vs_rest", "one_vs_one"})],
    }

    _remedy = (
        "add WhiteKernel() to the kernel, or repair what shots and noise leave with "
        "FidelityKernel(repair='clip')"
    )

    def __init__(
        self,
        kernel=None,
        *,
        optimizer="fmin_l_bfgs_b",
        n_restarts_optimizer=0,
        max_iter_predict=100,
        warm_start=False,
        copy_X_train=True,
        random_state=None,
        multi_class="one_vs_rest",
        n_jobs=None,
        verbose=False,
    ):
        self.kernel = kernel
        self.optimizer = optimizer
        self.n_restarts_optimizer = n_restarts_optimizer
        self.max_iter_predict = max_iter_predict
        self.warm_start = warm_start
        self.copy_X_train = copy_X_train
        self.random_state = random_state
        self.multi_class = multi_class
        self.n_jobs = n_jobs
        self.verbose = verbose

    @FIT_CONTEXT
    def fit(self, X, y):
        """Tune the hyperparameters, and fit the classifier.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Training rows.
        y : array-like of shape (n_samples,)
            Class labels of any kind.

        Returns
        -------
        self : QGaussianProcessClassifier
            Fitted estimator.

        Raises
        ------
        ValueError
            If the data or a parameter is invalid; the message says what to change.
        numpy.linalg.LinAlgError
            If the kernel matrix is far from positive definite.
        InsufficientMemoryError
            If states or kernel matrix would not fit into memory; nothing has been simulated.

        Warns
        -----
        ConvergenceWarning
            If a hyperparameter ends at one of its bounds, or the optimizer does not converge.
        """
        X, y = validate_rows(self, X, reset=True, y=y, accept_sparse=False)
        check_classification_targets(y)
        classes = np.unique(y)
        check_several(classes, "y")
        if self.copy_X_train:
            X = X.copy()
        solver = GaussianProcessClassifier(
            optimizer=self.optimizer,
            n_restarts_optimizer=self.n_restarts_optimizer,
            max_iter_predict=self.max_iter_predict,
            warm_start=self.warm_start,
            random_state=self.random_state,
            multi_class=self.multi_class,
            n_jobs=self.n_jobs,
        )
        n_processes = 1 if len(classes) == 2 else len(classes)  # those of pairs are smaller
        workers = min(n_processes, n_workers(self.n_jobs, np.inf, threads=False))

        def matrices(n_dims):
            """Return how many the solver takes, as measured: in each worker, and those it keeps."""
            return workers * max(8.5 + n_dims, 3 + 3 * n_dims) + n_processes

        self._fit_solver(solver, X, y, matrices)
        for name in ("base_estimator_", "classes_", "n_classes_", "log_marginal_likelihood_value_"):
            setattr(self, name, getattr(solver, name))
        return self

    def predict(self, X):
        """Predict class labels.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Rows.

        Returns
        -------
        ndarray of shape (n_samples,)
            Class labels.
        """
        return self._asked("predict", X)

    def predict_proba(self, X):
        """Return class probabilities.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Rows.

        Returns
        -------
        ndarray of shape (n_samples, n_classes)
            Columns follow `classes_`.

        Raises
        ------
        ValueError
            If `multi_class` is "one_vs_one" and there are more than two classes, or the variance of
            a row is negative, as shots and noise may leave it.
        """
        found = self._asked("predict_proba", X)
        bad = np.flatnonzero(np.isnan(found).any(axis=1))
        if len(bad):
            raise ValueError(
                f"The variance of the latent function is negative for {len(bad)} of {len(found)} "
                f"rows, such as row {bad[0]}; {self._remedy}."
            )
        return found

    def latent_mean_and_variance(self, X):
        """Return mean and variance of the latent function; for two classes only.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Rows.

        Returns
        -------
        latent_mean : ndarray of shape (n_samples,)
            Means, positive on the side of ``classes_[1]``.
        latent_var : ndarray of shape (n_samples,)
            Variances.

        Raises
        ------
        ValueError
            If there are more than two classes.
        """
        return self._asked("latent_mean_and_variance", X)

    def _asked(self, method, X):
        check_is_fitted(self, "_solver")
        return self._in_row_batches(getattr(self._solver, method), self._validated(X))

    def log_marginal_likelihood(self, theta=None, eval_gradient=False, clone_kernel=True):
        """Return the log marginal likelihood of hyperparameters for the training data.

        Parameters
        ----------
        theta : array-like of shape (n_dims,) or (n_processes * n_dims,) or None, default=None
            Hyperparameters, as ``kernel_.theta`` has them, for scikit-learn's kernels logarithms;
            for more than two classes the same for all processes, or those of one after the other.
            None means those of `kernel_`.
        eval_gradient : bool, default=False
            Whether to return the gradient too; not for None, nor for more than two classes.
        clone_kernel : bool, default=True
            Whether `kernel_` stays as it is; False sets its hyperparameters, which is faster.

        Returns
        -------
        log_likelihood : float
            The log marginal likelihood; the mean of all processes.
        log_likelihood_gradient : ndarray of shape (n_dims,)
            Its derivatives; only with `eval_gradient`.
        """
        check_is_fitted(self, "_solver")
        return self._solver.log_marginal_likelihood(theta, eval_gradient, clone_kernel)

"""Gaussian process regression with a quantum kernel."""

import numpy as np
from sklearn.base import MultiOutputMixin, RegressorMixin
from sklearn.gaussian_process import GaussianProcessRegressor
from sklearn.gaussian_process.kernels import WhiteKernel
from sklearn.utils.validation import check_is_fitted

from skquantum._runtime import check_matrix
from skquantum._validation import (
    FIT_CONTEXT,
    Integral,
    Interval,
    Real,
    validate_numeric_targets,
    validate_rows,
)
from skquantum.estimators._gaussian_process import GaussianProcessEstimator

__all__ = ["QGaussianProcessRegressor"]

# Measured, of the size of the covariance and beside those of the targets: the kernel and what it is
# made of; samples decompose it.
JOINT_MATRICES = {"predict": 6, "sample_y": 10}


class QGaussianProcessRegressor(MultiOutputMixin, RegressorMixin, GaussianProcessEstimator):
    """Gaussian process regression with a quantum kernel.

    The counterpart of :class:`sklearn.gaussian_process.GaussianProcessRegressor`, which trains on
    the kernel matrix: same parameters, same results for the same kernel. Every training row is
    simulated once, however many steps the hyperparameters take.

    Parameters
    ----------
    kernel : None, str, Kernel, kernel of sklearn.gaussian_process or callable, default=None
        Covariance function. None is ``ConstantKernel() * FidelityKernel() + WhiteKernel()``, a
        variance and a noise level to tune, with the classes of
        :mod:`sklearn.gaussian_process.kernels`. Write sums and products of quantum kernels with
        these in the same way; quantum kernels by themselves have a variance of 1 and no noise. A
        name is "fidelity", "projected" or that of a feature map ("zz", "iqp", ...), meaning its
        fidelity kernel.
    alpha : float or ndarray of shape (n_samples,), default=1e-10
        Variance of the noise on the training targets, which is added to the diagonal of the kernel
        matrix. It is not tuned, and not part of predicted variances, as that of a ``WhiteKernel``.
    optimizer : "fmin_l_bfgs_b", callable or None, default="fmin_l_bfgs_b"
        How the marginal likelihood is maximised, as
        :class:`~sklearn.gaussian_process.GaussianProcessRegressor` has it. None leaves
        hyperparameters as they are.
    n_restarts_optimizer : int, default=0
        Number of further runs of the optimizer, from hyperparameters that are drawn within their
        bounds.
    normalize_y : bool, default=False
        Whether to train on targets of mean 0 and variance 1; predictions are scaled back.
    copy_X_train : bool, default=True
        Whether to keep a copy of the training data, or a reference to it.
    n_targets : int or None, default=None
        Number of targets, for predictions and samples before ``fit``; None means 1.
    random_state : int, RandomState instance or None, default=None
        Seed or generator for restarts, and for the shots of kernels that draw them.
    n_jobs : int or None, default=None
        Number of joblib workers that simulate circuits, if the kernel does not say itself. None
        means 1 unless a :func:`joblib.parallel_config` is active; -1 means all cores.
    verbose : bool or int, default=False
        Whether to show a progress bar while circuits are simulated.

    Attributes
    ----------
    X_train_ : ndarray of shape (n_samples, n_features)
        Training rows.
    y_train_ : ndarray of shape (n_samples,) or (n_samples, n_targets)
        Training targets, normalised if `normalize_y` is True.
    kernel_ : Kernel or kernel of sklearn.gaussian_process
        The fitted kernel, with hyperparameters that were tuned.
    L_ : ndarray of shape (n_samples, n_samples)
        Lower-triangular Cholesky factor of the kernel matrix of the training rows.
    alpha_ : ndarray of shape (n_samples,) or (n_samples, n_targets)
        Weights of the training rows in kernel space.
    log_marginal_likelihood_value_ : float
        Log marginal likelihood of the hyperparameters of `kernel_`.
    n_features_in_ : int
        Number of features seen in ``fit``.
    feature_names_in_ : ndarray of shape (n_features,)
        Names of features seen in ``fit``, if `X` had names that are all strings.

    See Also
    --------
    sklearn.gaussian_process.GaussianProcessRegressor : Its classical counterpart.
    QuantumKernelRidge : The mean alone, without tuning.

    References
    ----------
    .. [1] C. Rasmussen, C. Williams, "Gaussian Processes for Machine Learning", MIT Press (2006).

    Examples
    --------
    >>> import numpy as np
    >>> from skquantum import QGaussianProcessRegressor
    >>> X = np.linspace(-2, 2, 30)[:, None]
    >>> y = np.sin(2 * X[:, 0]) + np.random.default_rng(0).normal(0, 0.1, 30)
    >>> model = QGaussianProcessRegressor(random_state=0).fit(X, y)
    >>> mean, std = model.predict([[0.5], [6.0]], return_std=True)
    >>> std.round(1)  # among the training rows, and far from them
    array([0.1, 0.9])
    """

    _parameter_constraints: dict = {
        **GaussianProcessEstimator._parameter_constraints,
        "alpha": [Interval(Real, 0, None, closed="left"), np.ndarray],
        "normalize_y": ["boolean"],
        "n_targets": [Interval(Integral, 1, None, closed="left"), None],
    }

    _remedy = (
        "use a larger alpha, add WhiteKernel() to the kernel, or repair what shots and noise leave "
        "with FidelityKernel(repair='clip')"
    )

    def __init__(
        self,
        kernel=None,
        *,
        alpha=1e-10,
        optimizer="fmin_l_bfgs_b",
        n_restarts_optimizer=0,
        normalize_y=False,
        copy_X_train=True,
        n_targets=None,
        random_state=None,
        n_jobs=None,
        verbose=False,
    ):
        self.kernel = kernel
        self.alpha = alpha
        self.optimizer = optimizer
        self.n_restarts_optimizer = n_restarts_optimizer
        self.normalize_y = normalize_y
        self.copy_X_train = copy_X_train
        self.n_targets = n_targets
        self.random_state = random_state
        self.n_jobs = n_jobs
        self.verbose = verbose

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.requires_fit = False
        return tags

    def _default_kernel(self):
        return super()._default_kernel() + WhiteKernel()

    @FIT_CONTEXT
    def fit(self, X, y):
        """Tune the hyperparameters, and fit the regressor.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Training rows.
        y : array-like of shape (n_samples,) or (n_samples, n_targets)
            Targets.

        Returns
        -------
        self : QGaussianProcessRegressor
            Fitted estimator.

        Raises
        ------
        ValueError
            If the data or a parameter is invalid; the message says what to change.
        numpy.linalg.LinAlgError
            If the kernel matrix is not positive definite.
        InsufficientMemoryError
            If states or kernel matrix would not fit into memory; nothing has been simulated.

        Warns
        -----
        ConvergenceWarning
            If a hyperparameter ends at one of its bounds, or the optimizer does not converge.
        """
        validate_numeric_targets(y)
        options = {"y_numeric": True, "multi_output": True, "accept_sparse": False}
        X, y = validate_rows(self, X, reset=True, y=y, **options)
        n_targets = 1 if y.ndim == 1 else y.shape[1]
        self._check_alpha(len(y))
        if self.n_targets not in (None, n_targets):
            raise ValueError(
                f"The number of targets seen in `y` is different from the parameter `n_targets`. "
                f"Got {n_targets} != {self.n_targets}."
            )
        if self.copy_X_train:
            X, y = X.copy(), y.copy()
        solver = GaussianProcessRegressor(
            alpha=self.alpha,
            optimizer=self.optimizer,
            n_restarts_optimizer=self.n_restarts_optimizer,
            normalize_y=self.normalize_y,
            random_state=self.random_state,
        )
        # measured: for the likelihood and its gradient, and for products of kernels and theirs
        self._fit_solver(solver, X, y, lambda n_dims: max(5.5 + n_dims + n_targets, 3 + 3 * n_dims))
        for name in ("X_train_", "y_train_", "L_", "alpha_", "log_marginal_likelihood_value_"):
            setattr(self, name, getattr(solver, name))
        return self

    def _check_alpha(self, n_rows):
        alpha = np.asarray(self.alpha)
        if alpha.size != 1 and alpha.shape != (n_rows,):
            raise ValueError(
                f"alpha must be a scalar or an array with same number of entries as y. "
                f"({len(alpha)} != {n_rows})"
            )
        if not (alpha >= 0).all() or not np.isfinite(alpha).all():
            raise ValueError(f"alpha={self.alpha} must hold finite numbers that are not negative.")

    def predict(self, X, return_std=False, return_cov=False):
        """Predict targets, and how uncertain they are.

        Before ``fit``, predictions are those of the prior, for kernels that learn nothing from
        data.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Rows.
        return_std : bool, default=False
            Whether to return standard deviations too.
        return_cov : bool, default=False
            Whether to return the covariance of all rows too; either that or `return_std`.

        Returns
        -------
        y_mean : ndarray of shape (n_samples,) or (n_samples, n_targets)
            Means.
        y_std : ndarray of shape (n_samples,) or (n_samples, n_targets)
            Standard deviations, with the noise of a ``WhiteKernel``; only with `return_std`.
        y_cov : ndarray of shape (n_samples, n_samples) or (n_samples, n_samples, n_targets)
            Covariance; only with `return_cov`.
        """
        X = self._validated(X)
        how = {"return_std": return_std, "return_cov": return_cov}
        if return_cov or not self._is_fitted():
            return self._jointly("predict", X, **how)
        return self._in_row_batches(self._solver.predict, X, **how)

    def sample_y(self, X, n_samples=1, random_state=0):
        """Draw functions from the Gaussian process, and evaluate them at rows.

        Before ``fit``, they are drawn from the prior, for kernels that learn nothing from data.

        Parameters
        ----------
        X : array-like of shape (n_samples_X, n_features)
            Rows.
        n_samples : int, default=1
            Number of functions.
        random_state : int, RandomState instance or None, default=0
            Seed or generator for the draws.

        Returns
        -------
        ndarray of shape (n_samples_X, n_samples) or (n_samples_X, n_targets, n_samples)
            Values of the functions.
        """
        X = self._validated(X)
        return self._jointly("sample_y", X, n_samples=n_samples, random_state=random_state)

    def _is_fitted(self):
        return "_solver" in vars(self)

    def _jointly(self, method, X, **keywords):
        """Return what the process says about all rows together, or the prior before ``fit``."""
        n_rows, fitted = len(X), self._is_fitted()
        if method == "sample_y" or keywords["return_cov"]:
            n_train = self._n_train if fitted else 0
            n_targets = self.y_train_.size // n_train if fitted else self.n_targets or 1
            matrices = JOINT_MATRICES[method] + n_targets
            needed = 8 * n_rows * (matrices * n_rows + 4 * n_train)
            check_matrix(n_rows, n_rows, besides=needed - 8 * n_rows**2)
        if fitted:
            return self._together(getattr(self._solver, method), X, **keywords)
        self._validate_params()
        prior = GaussianProcessRegressor(self._own_kernel(), n_targets=self.n_targets)
        return getattr(prior, method)(X, **keywords)

    def log_marginal_likelihood(self, theta=None, eval_gradient=False, clone_kernel=True):
        """Return the log marginal likelihood of hyperparameters for the training data.

        Parameters
        ----------
        theta : array-like of shape (n_dims,) or None, default=None
            Hyperparameters, as ``kernel_.theta`` has them, for scikit-learn's kernels logarithms.
            None means those of `kernel_`.
        eval_gradient : bool, default=False
            Whether to return the gradient too; not for None.
        clone_kernel : bool, default=True
            Whether `kernel_` stays as it is; False sets its hyperparameters, which is faster.

        Returns
        -------
        log_likelihood : float
            The log marginal likelihood.
        log_likelihood_gradient : ndarray of shape (n_dims,)
            Its derivatives; only with `eval_gradient`.
        """
        check_is_fitted(self, "_solver")
        return self._solver.log_marginal_likelihood(theta, eval_gradient, clone_kernel)

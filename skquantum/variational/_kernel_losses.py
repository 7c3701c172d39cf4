"""Losses of kernel matrices, which training a kernel minimises."""

from abc import ABC, abstractmethod

import numpy as np
from scipy.linalg import LinAlgError, cho_factor, cho_solve
from sklearn.base import BaseEstimator
from sklearn.svm import SVC, SVR

from skquantum._validation import Interval, Real, closest_name
from skquantum.metrics import alignment, target_vectors

__all__ = [
    "KERNEL_LOSSES",
    "CenteredAlignment",
    "KernelLoss",
    "MarginalLikelihood",
    "RidgeLoss",
    "SVCLoss",
    "SVRLoss",
    "TargetAlignment",
    "resolve_kernel_loss",
]

POSITIVE = [Interval(Real, 0, None, closed="neither")]
# Of libsvm, so that its optimum is smooth enough to follow.
TOL = 1e-8


class KernelLoss(BaseEstimator, ABC):
    """Base class: a function of the kernel matrix of training rows that shall be small.

    Examples
    --------
    A kernel whose matrix has entries close to the targets' own:

    >>> import numpy as np
    >>> from skquantum.kernels import FidelityKernel, TrainedKernel
    >>> from skquantum.variational import KernelLoss
    >>> class SquaredDistance(KernelLoss):
    ...     def targets(self, y):
    ...         return np.equal.outer(y, y).astype(float)
    ...
    ...     def __call__(self, K, targets, rows, sample_weight):
    ...         difference = K - targets[np.ix_(rows, rows)]
    ...         return (difference**2).mean(), 2 * difference / K.size
    >>> kernel = TrainedKernel(
    ...     FidelityKernel("affine", engine="compiled"), loss=SquaredDistance(), max_iter=20
    ... )
    >>> X = np.linspace(-1, 1, 20)[:, np.newaxis]
    >>> kernel = kernel.fit(X, np.abs(X[:, 0]) > 0.5)
    >>> kernel.loss_curve_[-1] < kernel.loss_curve_[0]
    True
    """

    _parameter_constraints: dict = {}

    def check(self):
        """Raise if a parameter is invalid."""
        self._validate_params()

    @abstractmethod
    def targets(self, y):
        """Return what the matrix is compared with.

        Parameters
        ----------
        y : ndarray of shape (n_samples,) or (n_samples, n_targets)
            Targets.

        Returns
        -------
        object
            Prepared targets of all rows.
        """

    @abstractmethod
    def __call__(self, K, targets, rows, sample_weight):
        """Return the loss and its derivatives.

        Parameters
        ----------
        K : ndarray of shape (n_rows, n_rows)
            Kernel matrix of some rows.
        targets : object
            What :meth:`targets` returned for all.
        rows : ndarray of shape (n_rows,)
            Numbers of the rows.
        sample_weight : ndarray of shape (n_rows,)
            Their weights, all positive.

        Returns
        -------
        value : float
            Loss; nan where it has none.
        gradient : ndarray of shape (n_rows, n_rows)
            Symmetric derivatives with respect to the entries, each on its own.
        """


class TargetAlignment(KernelLoss):
    """Minus the :func:`~skquantum.metrics.target_alignment` [1]_.

    References
    ----------
    .. [1] T. Hubregtsen et al., "Training quantum embedding kernels on near-term quantum
       computers", Phys. Rev. A 106, 042431 (2022).
    """

    _centered = False

    def targets(self, y):
        return target_vectors(y)

    def __call__(self, K, targets, rows, sample_weight):
        wanted = targets[rows] @ targets[rows].T
        value, gradient = alignment(K, wanted, sample_weight, centered=self._centered)
        return -value, -gradient


class CenteredAlignment(TargetAlignment):
    """Minus the :func:`~skquantum.metrics.centered_alignment` [1]_.

    References
    ----------
    .. [1] C. Cortes, M. Mohri, A. Rostamizadeh, "Algorithms for learning kernels based on centered
       alignment", JMLR 13, 795 (2012).
    """

    _centered = True


class SVCLoss(KernelLoss):
    r"""Optimum of the dual problem of a support vector classifier, a row on average [1]_.

    :math:`\max_\alpha \sum_i \alpha_i - \frac{1}{2} \sum_{ij} \alpha_i \alpha_j y_i y_j K_{ij}`;
    with more than two classes the sum of those of each class against the rest.

    Parameters
    ----------
    C : float, default=1.0
        As of :class:`sklearn.svm.SVC`.

    References
    ----------
    .. [1] J. R. Glick et al., "Covariant quantum kernels for data with group structure", Nat.
       Phys. 20, 479 (2024), arXiv:2105.03406.
    """

    _parameter_constraints: dict = {"C": POSITIVE}

    def __init__(self, C=1.0):
        self.C = C

    def targets(self, y):
        return _signs(y)

    def __call__(self, K, targets, rows, sample_weight):
        value, gradient = 0.0, np.zeros_like(K)
        for signs in targets[rows].T:
            if signs.min() == signs.max():
                continue  # of a part of the rows that lacks a class
            solver = SVC(kernel="precomputed", C=self.C, tol=TOL)
            solver.fit(K, signs, sample_weight=sample_weight)
            coef = _of_all_rows(solver, len(K))
            value += np.abs(coef).sum() - coef @ K @ coef / 2
            gradient -= np.outer(coef, coef) / 2
        return value / len(K), gradient / len(K)


class SVRLoss(KernelLoss):
    r"""Optimum of the dual problem of a support vector regressor, a row on average.

    :math:`\max_\beta \sum_i y_i \beta_i - \epsilon \sum_i |\beta_i| - \frac{1}{2} \sum_{ij}
    \beta_i \beta_j K_{ij}` on targets of mean 0 and standard deviation 1.

    Parameters
    ----------
    C : float, default=1.0
        As of :class:`sklearn.svm.SVR`.
    epsilon : float, default=0.1
        As of :class:`sklearn.svm.SVR`, in standard deviations of the targets.
    """

    _parameter_constraints: dict = {
        "C": POSITIVE,
        "epsilon": [Interval(Real, 0, None, closed="left")],
    }

    def __init__(self, C=1.0, epsilon=0.1):
        self.C = C
        self.epsilon = epsilon

    def targets(self, y):
        return _standardised(y)

    def __call__(self, K, targets, rows, sample_weight):
        value, gradient = 0.0, np.zeros_like(K)
        for numbers in targets[rows].T:
            solver = SVR(kernel="precomputed", C=self.C, epsilon=self.epsilon, tol=TOL)
            solver.fit(K, numbers, sample_weight=sample_weight)
            coef = _of_all_rows(solver, len(K))
            value += numbers @ coef - self.epsilon * np.abs(coef).sum() - coef @ K @ coef / 2
            gradient -= np.outer(coef, coef) / 2
        return value / len(K), gradient / len(K)


class RidgeLoss(KernelLoss):
    r"""Smallest penalised sum of squared residuals of a kernel ridge regression, a row on average.

    :math:`\alpha y^T (K + \alpha)^{-1} y`, of numbers with mean 0 and standard deviation 1, or of 1
    for rows of a class and -1 for the others, summed over the classes.

    Parameters
    ----------
    alpha : float, default=1.0
        As of :class:`sklearn.kernel_ridge.KernelRidge`.
    """

    _parameter_constraints: dict = {"alpha": POSITIVE}

    def __init__(self, alpha=1.0):
        self.alpha = alpha

    def targets(self, y):
        return _numbers(y)

    def __call__(self, K, targets, rows, sample_weight):
        numbers = targets[rows]
        try:
            factor = cho_factor(K + np.diag(self.alpha / sample_weight))
        except LinAlgError:  # noise and shots need not leave the matrix positive
            return np.nan, np.full(K.shape, np.nan)
        coef = cho_solve(factor, numbers)
        share = self.alpha / len(K)
        return share * float(np.vdot(numbers, coef)), -share * coef @ coef.T


class MarginalLikelihood(KernelLoss):
    r"""Minus the log marginal likelihood of a Gaussian process, a row on average.

    Of numbers with mean 0 and standard deviation 1, or of 1 for rows of a class and -1 for the
    others, summed over the classes.

    Parameters
    ----------
    alpha : float, default=0.1
        Variance of the noise, as of :class:`sklearn.gaussian_process.GaussianProcessRegressor`.
    """

    _parameter_constraints: dict = {"alpha": POSITIVE}

    def __init__(self, alpha=0.1):
        self.alpha = alpha

    def targets(self, y):
        return _numbers(y)

    def __call__(self, K, targets, rows, sample_weight):
        numbers = targets[rows]
        n_rows, n_targets = numbers.shape
        try:
            factor = cho_factor(K + np.diag(self.alpha / sample_weight), lower=True)
        except LinAlgError:
            return np.nan, np.full(K.shape, np.nan)
        coef = cho_solve(factor, numbers)
        log_determinant = 2 * np.log(factor[0].diagonal()).sum()
        value = np.vdot(numbers, coef) / 2
        value += n_targets * (log_determinant + n_rows * np.log(2 * np.pi)) / 2
        gradient = n_targets * cho_solve(factor, np.eye(n_rows)) - coef @ coef.T
        return float(value) / n_rows, gradient / (2 * n_rows)


KERNEL_LOSSES = {
    "centered_alignment": CenteredAlignment,
    "marginal_likelihood": MarginalLikelihood,
    "ridge": RidgeLoss,
    "svc": SVCLoss,
    "svr": SVRLoss,
    "target_alignment": TargetAlignment,
}


def resolve_kernel_loss(loss):
    """Return the loss that a parameter `loss` of a trained kernel means.

    Parameters
    ----------
    loss : str or KernelLoss
        A key of `KERNEL_LOSSES`, or an object, which is returned as it is.

    Returns
    -------
    KernelLoss
        The object.

    Raises
    ------
    ValueError
        If the name is unknown.
    """
    if isinstance(loss, KernelLoss):
        return loss
    if not isinstance(loss, str) or loss not in KERNEL_LOSSES:
        hint = closest_name(loss, KERNEL_LOSSES) if isinstance(loss, str) else "use a name"
        raise ValueError(f"loss={loss!r} is unknown: {hint}.")
    return KERNEL_LOSSES[loss]()


def _of_all_rows(solver, n_rows):
    coef = np.zeros(n_rows)
    coef[solver.support_] = solver.dual_coef_[0]
    return coef


def _signs(y):
    """Return 1 for the rows of each class and -1 for the others: one column for two classes."""
    if np.ndim(y) > 1:  # of indicators, as estimators pass them
        return np.hstack([_signs(column) for column in np.transpose(y)])
    classes = np.unique(y)
    if len(classes) < 2:
        raise ValueError("y has one class; pass rows of two classes or more.")
    classes = classes[1:] if len(classes) == 2 else classes
    return np.where(np.equal.outer(y, classes), 1.0, -1.0)


def _standardised(y):
    try:
        columns = np.asarray(y, dtype=np.float64).reshape(len(y), -1)
    except ValueError:
        raise ValueError(
            f"y holds {np.ravel(y)[0]!s:.40}, which is not a number; use a loss for classes, such "
            "as loss='svc'."
        ) from None
    scale = columns.std(axis=0)
    return (columns - columns.mean(axis=0)) / np.where(scale > 0, scale, 1.0)


def _numbers(y):
    """Return standardised numbers, or signs of classes."""
    y = np.asarray(y)
    return _standardised(y) if y.dtype.kind == "f" else _signs(y)

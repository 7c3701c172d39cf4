"""The kernel matrix that a model sees."""

from sklearn.base import clone
from sklearn.utils.validation import check_is_fitted

from skquantum._components import rows_and_last_step
from skquantum.feature_maps import FeatureMap
from skquantum.kernels import Kernel, resolve_kernel

__all__ = ["kernel_matrix"]


def kernel_matrix(model, X, y=None):
    """Return the kernel matrix of rows, as a model sees it.

    Parameters
    ----------
    model : estimator, pipeline, search or kernel
        A fitted estimator with a kernel, such as :class:`~skquantum.QSVC`; a fitted pipeline that
        ends in one, whose other steps transform the rows first; a fitted search over one of these;
        or a kernel, or what else the parameter `kernel` of estimators takes, fitted or not.
    X : {array-like, sparse matrix} of shape (n_samples, n_features)
        Rows.
    y : array-like of shape (n_samples,) or None, default=None
        Targets, for kernels that are not fitted and learn from them.

    Returns
    -------
    ndarray of shape (n_samples, n_samples)
        The matrix.

    Raises
    ------
    NotFittedError
        If the model is an estimator that is not fitted.
    TypeError
        If it has no kernel.
    ValueError
        If its kernel is precomputed.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from sklearn.pipeline import make_pipeline
    >>> from sklearn.preprocessing import StandardScaler
    >>> from skquantum import QSVC
    >>> from skquantum.diagnostics import kernel_matrix
    >>> X, y = load_iris(return_X_y=True)
    >>> model = make_pipeline(StandardScaler(), QSVC()).fit(X, y)
    >>> kernel_matrix(model, X).shape
    (150, 150)
    """
    X, last = rows_and_last_step(model, X)
    if isinstance(last, Kernel | FeatureMap) or not hasattr(last, "fit"):
        kernel = resolve_kernel(last)
        if not kernel.is_fitted():
            kernel = clone(kernel, safe=False).fit(X, y)
        return kernel(X)
    check_is_fitted(last)
    if not hasattr(last, "kernel_"):
        raise TypeError(
            f"{type(last).__name__} has no kernel; pass a fitted estimator with kernel_, such as "
            "QSVC, or a kernel."
        )
    if isinstance(last.kernel_, str):
        raise ValueError(
            f"The kernel of {type(last).__name__} is {last.kernel_}, so that X is its matrix "
            "already; use X itself."
        )
    return resolve_kernel(last.kernel_)(X)

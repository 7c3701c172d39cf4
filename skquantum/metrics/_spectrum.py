"""Eigenvalues of kernel matrices, and targets among their eigenvectors."""

import numpy as np
from sklearn.utils.validation import check_consistent_length

from skquantum.metrics._alignment import target_vectors
from skquantum.metrics._entries import as_symmetric

__all__ = ["effective_rank", "kernel_spectrum", "task_model_alignment"]


def kernel_spectrum(K, *, name="K"):
    r"""Return the eigenvalues of a kernel matrix, the largest first, and its eigenvectors.

    Parameters
    ----------
    K : array-like of shape (n_samples, n_samples)
        Kernel matrix, symmetric.
    name : str, default="K"
        What messages call it.

    Returns
    -------
    eigenvalues : ndarray of shape (n_samples,)
        In descending order, and scaled so that they add up to `n_samples`, as those of kernels do
        that are 1 on the diagonal. Negative ones, which shots and rounding leave, are 0.
    eigenvectors : ndarray of shape (n_samples, n_samples)
        In columns.

    Raises
    ------
    ValueError
        If the matrix is not square, not finite, not symmetric, or has no positive eigenvalue.

    Examples
    --------
    >>> from skquantum.metrics import kernel_spectrum
    >>> kernel_spectrum([[1.0, 0.5], [0.5, 1.0]])[0].round(12)
    array([1.5, 0.5])
    """
    K = as_symmetric(K, name)
    eigenvalues, eigenvectors = np.linalg.eigh(K)
    eigenvalues = np.maximum(eigenvalues[::-1], 0.0)
    if eigenvalues[0] == 0.0:
        raise ValueError(
            f"{name} has no positive eigenvalue, so that it is not the matrix of a kernel; pass "
            "one with a positive diagonal."
        )
    return eigenvalues * (len(K) / eigenvalues.sum()), eigenvectors[:, ::-1]


def effective_rank(K):
    r"""Return the effective number of dimensions that rows occupy in feature space.

    The exponential of the entropy of the eigenvalues: :math:`\exp(-\sum_k p_k \ln p_k)` with
    :math:`p_k = \lambda_k / \sum_l \lambda_l`. It is 1 if all rows look the same, and `n_samples`
    if each is like itself only.

    Parameters
    ----------
    K : array-like of shape (n_samples, n_samples)
        Kernel matrix, symmetric.

    Returns
    -------
    float
        Between 1 and `n_samples`.

    Raises
    ------
    ValueError
        If the matrix is not square, not finite, not symmetric, or has no positive eigenvalue.

    References
    ----------
    .. [1] O. Roy, M. Vetterli, "The effective rank: a measure of effective dimensionality",
       European Signal Processing Conference (2007).

    Examples
    --------
    >>> import numpy as np
    >>> from skquantum.metrics import effective_rank
    >>> round(effective_rank(np.eye(4)), 12), round(effective_rank(np.ones((4, 4))), 6)
    (4.0, 1.0)
    """
    eigenvalues, _ = kernel_spectrum(K)
    shares = eigenvalues[eigenvalues > 0] / len(eigenvalues)
    return float(np.exp(-(shares @ np.log(shares))))


def task_model_alignment(K, y):
    r"""Return the part of the targets in the leading eigenvectors of a kernel matrix.

    The cumulative power :math:`C(r) = \sum_{k \le r} (u_k \cdot y)^2 / \lVert y \rVert^2`, with the
    eigenvectors :math:`u_k` in the order of falling eigenvalues. Kernel regression learns along the
    eigenvectors one after the other, so that a curve that rises early means that few rows suffice.
    A curve along the diagonal, r / `n_samples`, means that targets and kernel are unrelated.

    Parameters
    ----------
    K : array-like of shape (n_samples, n_samples)
        Kernel matrix, symmetric.
    y : array-like of shape (n_samples,) or (n_samples, n_targets)
        Classes or numbers, as in :func:`ideal_kernel`.

    Returns
    -------
    ndarray of shape (n_samples,)
        C(1), ..., C(`n_samples`) = 1. Between equal eigenvalues the order, and with it the curve,
        is arbitrary.

    Raises
    ------
    ValueError
        If the matrix is not square, not finite, not symmetric, or has no positive eigenvalue; if
        there is one class, or all targets are 0.

    See Also
    --------
    centered_alignment : One number, without an eigendecomposition.

    References
    ----------
    .. [1] A. Canatar, B. Bordelon, C. Pehlevan, "Spectral bias and task-model alignment explain
       generalization in kernel regression and infinitely wide neural networks", Nature
       Communications 12, 2914 (2021).

    Examples
    --------
    >>> from skquantum.metrics import task_model_alignment
    >>> K = [[1.0, 0.9, 0.1], [0.9, 1.0, 0.1], [0.1, 0.1, 1.0]]
    >>> task_model_alignment(K, [1, 1, 0]).round(2)
    array([0.52, 1.  , 1.  ])
    """
    _, eigenvectors = kernel_spectrum(K)
    check_consistent_length(eigenvectors, y)
    power = ((eigenvectors.T @ target_vectors(y)) ** 2).sum(axis=1)
    total = power.sum()
    if total == 0.0:
        raise ValueError(
            "All targets are 0, which every kernel explains; pass targets of which some are not."
        )
    return np.cumsum(power) / total

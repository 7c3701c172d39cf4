"""Geometric difference and model complexity, after Huang et al., "Power of data"."""

import numpy as np
from sklearn.utils.validation import check_consistent_length

from skquantum._validation import Real
from skquantum.metrics._alignment import target_vectors
from skquantum.metrics._spectrum import kernel_spectrum

__all__ = ["contrasting_targets", "geometric_difference", "model_complexity"]


def model_complexity(K, y, *, alpha=0.01):
    r"""Return how complex the function is that kernel ridge regression fits to targets.

    .. math:: s_K = y^\top \sqrt{K} (K + \alpha I)^{-2} \sqrt{K} \, y,

    the squared norm of the weights in feature space, with K scaled to the trace `n_samples`. For n
    training rows the error of prediction is bounded by :math:`\sqrt{s_K / n}`, beside the training
    error: the kernel with the smaller complexity has the better guarantee for these targets. A
    large `alpha` leaves targets unfitted, which makes every complexity small; compare kernels at a
    small one.

    Parameters
    ----------
    K : array-like of shape (n_samples, n_samples)
        Kernel matrix, symmetric.
    y : array-like of shape (n_samples,) or (n_samples, n_targets)
        Classes or numbers, as in :func:`ideal_kernel`; several columns add up.
    alpha : float, default=0.01
        Regularisation, in units of the mean diagonal of `K`; 0 is the formula of the main text of
        [1]_, which needs a matrix of full rank, more than 0 that of its supplement.

    Returns
    -------
    float
        Not negative. Below n, the bound is informative for targets of 1 and -1.

    Raises
    ------
    ValueError
        If a matrix is not square, not finite, not symmetric, or has no positive eigenvalue; if
        `alpha` is negative, or 0 where `K` is singular to rounding; if there is one class.

    References
    ----------
    .. [1] H.-Y. Huang, M. Broughton, M. Mohseni, R. Babbush, S. Boixo, H. Neven, J. R. McClean,
       "Power of data in quantum machine learning", Nature Communications 12, 2631 (2021).

    Examples
    --------
    >>> from skquantum.metrics import model_complexity
    >>> round(model_complexity([[1.0, 0.5], [0.5, 1.0]], [0, 1], alpha=0.0), 6)
    4.0
    """
    eigenvalues, eigenvectors = kernel_spectrum(K)
    check_consistent_length(eigenvectors, y)
    weights = _inverse(eigenvalues, alpha, "K")
    return float(weights @ ((eigenvectors.T @ target_vectors(y)) ** 2).sum(axis=1))


def geometric_difference(K_classical, K_quantum, *, alpha=0.01):
    r"""Return how much better a quantum kernel can be than a classical one, for some targets.

    .. math:: g = \sqrt{\left\lVert \sqrt{K_Q} \sqrt{K_C} (K_C + \alpha I)^{-2} \sqrt{K_C}
        \sqrt{K_Q} \right\rVert_\infty},

    a spectral norm, with both matrices scaled to the trace `n_samples`. For all targets
    :math:`s_C \le g^2 s_Q` holds for the complexities (see :func:`model_complexity`) without
    regularisation: with g near 1 the classical kernel has as good a guarantee as the quantum
    kernel, whatever the targets are. With g near :math:`\sqrt{n}` or above, there are targets for
    which the quantum kernel needs far fewer rows, see :func:`contrasting_targets`; compare the
    complexities to see whether yours are among them.

    Parameters
    ----------
    K_classical : array-like of shape (n_samples, n_samples)
        Kernel matrix that is inverted, symmetric: the best classical kernel that you know.
    K_quantum : array-like of shape (n_samples, n_samples)
        The kernel matrix of the same rows that it is compared with.
    alpha : float, default=0.01
        Regularisation, in units of the mean diagonal of `K_classical`; 0 is the formula of the main
        text of [1]_, which needs a matrix of full rank, more than 0 that of its supplement. The
        result is at most :math:`\sqrt{n / (4 \alpha)}`.

    Returns
    -------
    float
        Not negative, and not symmetric in the two matrices.

    Raises
    ------
    ValueError
        If a matrix is not square, not finite, not symmetric, or has no positive eigenvalue; if the
        shapes differ; if `alpha` is negative, or 0 where `K_classical` is singular to rounding.

    References
    ----------
    .. [1] H.-Y. Huang, M. Broughton, M. Mohseni, R. Babbush, S. Boixo, H. Neven, J. R. McClean,
       "Power of data in quantum machine learning", Nature Communications 12, 2631 (2021).

    Examples
    --------
    >>> import numpy as np
    >>> from skquantum.metrics import geometric_difference
    >>> K = np.array([[1.0, 0.8], [0.8, 1.0]])
    >>> round(geometric_difference(K, K, alpha=0.0), 6)
    1.0
    >>> round(geometric_difference(K, np.eye(2), alpha=0.0), 6)
    2.236068
    """
    factor, _ = _difference(K_classical, K_quantum, alpha)
    return float(np.linalg.norm(factor, 2))


def contrasting_targets(K_classical, K_quantum, *, alpha=0.01):
    r"""Return the targets for which a quantum kernel is ahead of a classical one the most.

    :math:`y = \sqrt{K_Q} v`, with the eigenvector v of the largest eigenvalue in
    :func:`geometric_difference`. Without regularisation, :math:`s_C = g^2 s_Q` for them.

    Parameters
    ----------
    K_classical : array-like of shape (n_samples, n_samples)
        Kernel matrix that is to be misled, symmetric.
    K_quantum : array-like of shape (n_samples, n_samples)
        Kernel matrix that the targets are simple for.
    alpha : float, default=0.01
        Regularisation, as there.

    Returns
    -------
    ndarray of shape (n_samples,)
        Numbers, whose sign as a whole is arbitrary: the largest one is positive.

    Raises
    ------
    ValueError
        As :func:`geometric_difference`.

    See Also
    --------
    skquantum.datasets.make_quantum_labels : Classes made of them.

    Examples
    --------
    >>> from skquantum.metrics import contrasting_targets
    >>> contrasting_targets([[1.0, 0.8], [0.8, 1.0]], [[1.0, 0.1], [0.1, 1.0]], alpha=0.0).round(2)
    array([ 0.67, -0.67])
    """
    factor, root = _difference(K_classical, K_quantum, alpha)
    v = np.linalg.svd(factor)[2][0]
    targets = root @ v
    return targets * np.sign(targets[np.abs(targets.round(9)).argmax()])


def _difference(K_classical, K_quantum, alpha):
    """Return a factor F of the matrix F.T @ F in the norm, and the root of the quantum matrix."""
    classical, vectors = kernel_spectrum(K_classical, name="K_classical")
    quantum, others = kernel_spectrum(K_quantum, name="K_quantum")
    if len(classical) != len(quantum):
        raise ValueError(
            f"K_classical is a matrix of {len(classical)} rows and K_quantum of {len(quantum)}; "
            "pass those of the same rows."
        )
    root = (others * np.sqrt(quantum)) @ others.T
    weights = _inverse(classical, alpha, "K_classical")
    return np.sqrt(weights)[:, np.newaxis] * (vectors.T @ root), root


def _inverse(eigenvalues, alpha, name):
    """Return the eigenvalues of sqrt(K) (K + alpha)^-2 sqrt(K)."""
    if not isinstance(alpha, Real) or not 0 <= alpha < np.inf:
        raise ValueError(f"alpha={alpha!r}, but a regularisation is a number of at least 0.")
    largest, smallest = eigenvalues[[0, -1]]
    if alpha == 0 and smallest <= len(eigenvalues) * np.finfo(np.float64).eps * largest:
        raise ValueError(
            f"{name} is singular to rounding, with eigenvalues from {smallest:.1g} to "
            f"{largest:.1g}, and has no inverse; pass alpha > 0."
        )
    return eigenvalues / (eigenvalues + alpha) ** 2

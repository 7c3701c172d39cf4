"""How well a kernel matrix agrees with targets."""

import numpy as np
from sklearn.utils.validation import check_consistent_length

from skquantum._validation import validate_weights
from skquantum.metrics._entries import as_square

__all__ = ["alignment", "centered_alignment", "ideal_kernel", "target_alignment", "target_vectors"]


def ideal_kernel(y):
    """Return the kernel matrix that targets ask for.

    Parameters
    ----------
    y : array-like of shape (n_samples,) or (n_samples, n_targets)
        Classes or numbers. Integers, booleans and text are classes, and so are any two distinct
        values; other floats are numbers.

    Returns
    -------
    ndarray of shape (n_samples, n_samples)
        For classes 1 where they are the same and ``-1 / (n_classes - 1)`` elsewhere; for numbers
        their products, summed over the targets.

    Examples
    --------
    >>> from skquantum.metrics import ideal_kernel
    >>> ideal_kernel(["a", "b", "a"])
    array([[ 1., -1.,  1.],
           [-1.,  1., -1.],
           [ 1., -1.,  1.]])
    """
    vectors = target_vectors(y)
    return vectors @ vectors.T


def target_vectors(y):
    """Return vectors whose dot products are the :func:`ideal_kernel` of targets.

    Parameters
    ----------
    y : array-like of shape (n_samples,) or (n_samples, n_targets)
        Targets, as there.

    Returns
    -------
    ndarray of shape (n_samples, n)
        The numbers themselves; 1 and -1 for two classes; corners of a simplex for more.

    Raises
    ------
    ValueError
        If there is one class, or several columns of classes.
    """
    y = np.asarray(y)
    columns = y.reshape(len(y), -1)
    classes = np.unique(columns) if columns.shape[1] == 1 else ()
    if y.dtype.kind == "f" and len(classes) != 2:
        return columns
    if columns.shape[1] > 1:
        raise ValueError(
            f"y has {columns.shape[1]} columns of classes; pass one column, or floats for several "
            "numeric targets."
        )
    if len(classes) < 2:
        raise ValueError(
            "y has one class, with which every kernel matrix agrees; pass rows of two or more."
        )
    belongs = columns == classes
    if len(classes) == 2:
        return np.where(belongs[:, 1:], 1.0, -1.0)
    return (belongs - 1 / len(classes)) * np.sqrt(len(classes) / (len(classes) - 1))


def alignment(K, target, sample_weight=None, *, centered=False):
    """Return the alignment of two matrices and its derivatives by the first.

    Parameters
    ----------
    K, target : ndarray of shape (n_samples, n_samples)
        Symmetric.
    sample_weight : ndarray of shape (n_samples,) or None, default=None
        Weights of the rows; a weight of 2 means the same as the row twice.
    centered : bool, default=False
        Whether the (weighted) mean is taken off rows and columns first.

    Returns
    -------
    value : float
        Cosine of the angle between the matrices; 0 if one of them is constant zero.
    gradient : ndarray of shape (n_samples, n_samples)
        Derivatives with respect to the entries of `K`, each on its own.
    """
    weights = np.ones(len(K)) if sample_weight is None else sample_weight
    outer = np.outer(weights, weights)

    def center(matrix):
        if not centered:
            return matrix
        means = weights @ matrix / weights.sum()
        return matrix - means - means[:, np.newaxis] + weights @ means / weights.sum()

    K, target = center(K), center(target)
    squared, wanted = np.vdot(outer * K, K), np.vdot(outer * target, target)
    length = np.sqrt(squared * wanted)
    if length <= np.finfo(np.float64).tiny:
        return 0.0, np.zeros_like(K)
    value = np.vdot(outer * K, target) / length
    # that of a centred matrix by the matrix itself is centred already
    return float(value), outer * (target / length - value / squared * K)


def target_alignment(K, y, sample_weight=None):
    r"""Return the target alignment of a kernel matrix, without centring.

    :math:`\langle K, T \rangle / (\lVert K \rVert \lVert T \rVert)` with Frobenius products, where
    T is the :func:`ideal_kernel` of the targets.

    Parameters
    ----------
    K : array-like of shape (n_samples, n_samples)
        Kernel matrix.
    y : array-like of shape (n_samples,) or (n_samples, n_targets)
        Targets.
    sample_weight : array-like of shape (n_samples,) or None, default=None
        Weights of the rows.

    Returns
    -------
    float
        Between -1 and 1.

    References
    ----------
    .. [1] N. Cristianini, J. Shawe-Taylor, A. Elisseeff, J. Kandola, "On kernel-target alignment",
       NIPS (2001).

    Examples
    --------
    >>> import numpy as np
    >>> from skquantum.metrics import target_alignment
    >>> target_alignment(np.eye(4), [0, 0, 1, 1])
    0.5
    """
    return _alignment_of(K, y, sample_weight, centered=False)


def centered_alignment(K, y, sample_weight=None):
    """Return the alignment of a kernel matrix with targets, both centred in feature space.

    Unlike :func:`target_alignment` it does not depend on how many rows each class has.

    Parameters
    ----------
    K : array-like of shape (n_samples, n_samples)
        Kernel matrix.
    y : array-like of shape (n_samples,) or (n_samples, n_targets)
        Targets.
    sample_weight : array-like of shape (n_samples,) or None, default=None
        Weights of the rows.

    Returns
    -------
    float
        Between -1 and 1.

    References
    ----------
    .. [1] C. Cortes, M. Mohri, A. Rostamizadeh, "Algorithms for learning kernels based on centered
       alignment", JMLR 13, 795 (2012).

    Examples
    --------
    >>> import numpy as np
    >>> from skquantum.metrics import centered_alignment
    >>> round(centered_alignment(np.eye(4), [0, 0, 1, 1]), 6)
    0.57735
    """
    return _alignment_of(K, y, sample_weight, centered=True)


def _alignment_of(K, y, sample_weight, centered):
    K = as_square(K)
    check_consistent_length(K, y)
    weights = validate_weights(sample_weight, K)
    return alignment(K, ideal_kernel(y), weights, centered=centered)[0]

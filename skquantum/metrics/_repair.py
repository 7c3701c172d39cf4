"""Repair of kernel matrices that noise has left with negative eigenvalues."""

import warnings

import numpy as np
from sklearn.exceptions import ConvergenceWarning
from sklearn.utils.validation import check_array

from skquantum._validation import Integral, Real, closest_name

__all__ = [
    "clip_eigenvalues",
    "nearest_correlation",
    "positive_projector",
    "repair",
    "shift_eigenvalues",
]


def repair(K, method="clip"):
    """Make a symmetric matrix positive semidefinite.

    A matrix that is positive semidefinite to rounding is never touched, whatever the method.

    Parameters
    ----------
    K : array-like of shape (n_samples, n_samples)
        Symmetric kernel matrix.
    method : {"clip", "shift", "correlation"}, default="clip"
        :func:`clip_eigenvalues`, :func:`shift_eigenvalues` or :func:`nearest_correlation`.

    Returns
    -------
    matrix : ndarray of shape (n_samples, n_samples)
        `K` itself, the very same object, if it is positive semidefinite to rounding; otherwise a
        new float64 matrix, symmetric to the last bit.
    shift : float
        Magnitude of the most negative eigenvalue of `K`, for every method; 0.0 if `K` was not
        touched.

    Raises
    ------
    ValueError
        If `method` is unknown, or `K` is not square, not finite or not symmetric to rounding.

    References
    ----------
    .. [1] T. Hubregtsen et al., "Training quantum embedding kernels on near-term quantum
       computers", Phys. Rev. A 106, 042431 (2022).

    Examples
    --------
    >>> import numpy as np
    >>> from skquantum.metrics import repair
    >>> K = np.array([[1.0, 1.2], [1.2, 1.0]])
    >>> matrix, shift = repair(K, "shift")
    >>> matrix.round(12), round(shift, 12)
    (array([[1.2, 1.2],
           [1.2, 1.2]]), 0.2)
    >>> repair(matrix, "shift")[0] is matrix
    True
    """
    methods = {
        "clip": clip_eigenvalues,
        "shift": shift_eigenvalues,
        "correlation": nearest_correlation,
    }
    if not isinstance(method, str) or method not in methods:
        raise ValueError(f"method={method!r} is unknown: {closest_name(method, methods)}.")
    if method == "correlation":
        # nearest_correlation would also change a diagonal that is not 1.
        S, _, _, fine = _spectrum(K)
        if fine:
            return _as_given(K, S), 0.0
    return methods[method](K)


def positive_projector(K):
    r"""Return the projector on the eigenvectors of a matrix whose eigenvalues are not negative.

    For K repaired by :func:`clip_eigenvalues` it is the rule out of sample: the repaired matrix is
    K P, and rows of other points, :math:`k(x, X)`, become :math:`k(x, X) P`.

    Parameters
    ----------
    K : array-like of shape (n_samples, n_samples)
        Symmetric kernel matrix of the training rows.

    Returns
    -------
    ndarray of shape (n_samples, n_samples) or None
        None if `K` is positive semidefinite to rounding, so that there is nothing to do.

    Raises
    ------
    ValueError
        If `K` is not square, not finite or not symmetric to rounding.

    References
    ----------
    .. [1] Y. Chen, E. K. Garcia, M. R. Gupta, A. Rahimi, L. Cazzanti, "Similarity-based
       classification: concepts and algorithms", Journal of Machine Learning Research 10, 747-776
       (2009), section 4.3.

    Examples
    --------
    >>> import numpy as np
    >>> from skquantum.metrics import clip_eigenvalues, positive_projector
    >>> K = np.array([[1.0, 1.2], [1.2, 1.0]])
    >>> P = positive_projector(K)
    >>> np.allclose(K @ P, clip_eigenvalues(K)[0])
    True
    """
    _, eigenvalues, eigenvectors, fine = _spectrum(K)
    if fine:
        return None
    V = eigenvectors[:, eigenvalues >= 0]
    return V @ V.T


def clip_eigenvalues(K):
    r"""Set negative eigenvalues to 0.

    The result is the positive semidefinite matrix that is nearest to `K` in the Frobenius norm
    [1]_. Its diagonal is larger than that of `K`.

    Parameters
    ----------
    K : array-like of shape (n_samples, n_samples)
        Symmetric kernel matrix.

    Returns
    -------
    matrix : ndarray of shape (n_samples, n_samples)
        `K` itself, the very same object, if it is positive semidefinite to rounding; otherwise a
        new float64 matrix, symmetric to the last bit.
    shift : float
        Magnitude of the most negative eigenvalue of `K`: the most by which an eigenvalue was
        moved. 0.0 if `K` was not touched.

    Raises
    ------
    ValueError
        If `K` is not square, not finite or not symmetric to rounding.

    Notes
    -----
    Eigenvalues count as rounding of 0 if they are above
    :math:`-10\, n\, \epsilon \max_i |\lambda_i|`, with :math:`\epsilon` the machine precision of
    the data type of `K`.

    References
    ----------
    .. [1] N. J. Higham, "Computing a nearest symmetric positive semidefinite matrix", Linear
       Algebra and its Applications 103, 103-118 (1988).

    Examples
    --------
    >>> import numpy as np
    >>> from skquantum.metrics import clip_eigenvalues
    >>> matrix, shift = clip_eigenvalues(np.array([[1.0, 1.2], [1.2, 1.0]]))
    >>> matrix.round(12), round(shift, 12)
    (array([[1.1, 1.1],
           [1.1, 1.1]]), 0.2)
    """
    S, eigenvalues, eigenvectors, fine = _spectrum(K)
    if fine:
        return _as_given(K, S), 0.0
    return _clipped(S, eigenvalues, eigenvectors), float(-eigenvalues[0])


def shift_eigenvalues(K):
    r"""Add a multiple of the identity that lifts the smallest eigenvalue to 0 (Tikhonov).

    No entry off the diagonal is changed.

    Parameters
    ----------
    K : array-like of shape (n_samples, n_samples)
        Symmetric kernel matrix.

    Returns
    -------
    matrix : ndarray of shape (n_samples, n_samples)
        `K` itself, the very same object, if it is positive semidefinite to rounding; otherwise a
        new float64 matrix, symmetric to the last bit.
    shift : float
        Number added to the diagonal: the magnitude of the most negative eigenvalue of `K`. 0.0 if
        `K` was not touched.

    Raises
    ------
    ValueError
        If `K` is not square, not finite or not symmetric to rounding.

    Notes
    -----
    Eigenvalues count as rounding of 0 if they are above
    :math:`-10\, n\, \epsilon \max_i |\lambda_i|`, with :math:`\epsilon` the machine precision of
    the data type of `K`.

    References
    ----------
    .. [1] T. Hubregtsen et al., "Training quantum embedding kernels on near-term quantum
       computers", Phys. Rev. A 106, 042431 (2022).

    Examples
    --------
    >>> import numpy as np
    >>> from skquantum.metrics import shift_eigenvalues
    >>> matrix, shift = shift_eigenvalues(np.array([[1.0, 1.2], [1.2, 1.0]]))
    >>> matrix.round(12), round(shift, 12)
    (array([[1.2, 1.2],
           [1.2, 1.2]]), 0.2)
    """
    S, eigenvalues, _, fine = _spectrum(K)
    if fine:
        return _as_given(K, S), 0.0
    shift = float(-eigenvalues[0])
    return S + shift * np.eye(len(S)), shift


def nearest_correlation(K, tol=1e-6, max_iter=1000):
    r"""Return the nearest matrix with unit diagonal and without negative eigenvalues.

    Alternating projections with Dykstra's correction converge to the nearest correlation matrix
    in the Frobenius norm [1]_.

    Parameters
    ----------
    K : array-like of shape (n_samples, n_samples)
        Symmetric kernel matrix.
    tol : float, default=1e-6
        The iteration ends when both projections have moved by less than this, and are no further
        from each other, relative to the Frobenius norm of the matrix.
    max_iter : int, default=1000
        The most iterations; each costs one eigendecomposition.

    Returns
    -------
    matrix : ndarray of shape (n_samples, n_samples)
        `K` itself, the very same object, if it is positive semidefinite with diagonal 1, both to
        rounding; otherwise a new float64 matrix, symmetric to the last bit, with diagonal 1.
    shift : float
        Magnitude of the most negative eigenvalue of `K`; 0.0 if `K` was positive semidefinite
        to rounding.

    Raises
    ------
    ValueError
        If `K` is not square, not finite or not symmetric to rounding, or `tol` or `max_iter` is
        not positive.

    Warns
    -----
    ConvergenceWarning
        If `max_iter` iterations were not enough. The matrix is a correlation matrix even then, but
        not the nearest one.

    Notes
    -----
    Convergence is linear: some tens of iterations are common. The last iterate is scaled to unit
    diagonal, which moves it by no more than about `tol` and leaves it positive semidefinite.
    Eigenvalues count as rounding of 0 if they are above
    :math:`-10\, n\, \epsilon \max_i |\lambda_i|`, with :math:`\epsilon` the machine precision of
    the data type of `K`.

    References
    ----------
    .. [1] N. J. Higham, "Computing the nearest correlation matrix: a problem from finance", IMA
       Journal of Numerical Analysis 22, 329-343 (2002).

    Examples
    --------
    >>> import numpy as np
    >>> from skquantum.metrics import nearest_correlation
    >>> K = np.array([[1.0, 1.0, 0.0], [1.0, 1.0, 1.0], [0.0, 1.0, 1.0]])
    >>> matrix, shift = nearest_correlation(K)
    >>> matrix.round(4)
    array([[1.    , 0.7607, 0.1573],
           [0.7607, 1.    , 0.7607],
           [0.1573, 0.7607, 1.    ]])
    >>> round(shift, 4)
    0.4142
    """
    if not isinstance(tol, Real) or not tol > 0:
        raise ValueError(f"tol={tol!r}, but it must be above 0; use about 1e-6.")
    if not isinstance(max_iter, Integral) or max_iter < 1:
        raise ValueError(f"max_iter={max_iter!r}, but at least 1 iteration is needed.")
    S, eigenvalues, eigenvectors, fine = _spectrum(K)
    if fine and np.abs(S.diagonal() - 1).max() <= _rounding(K, S):
        return _as_given(K, S), 0.0
    shift = 0.0 if fine else float(-eigenvalues[0])
    Y, correction, X = S, 0.0, S
    for iteration in range(max_iter):
        R = Y - correction
        if iteration:
            eigenvalues, eigenvectors = np.linalg.eigh(R)
        last_X, last_Y = X, Y
        X = _clipped(R, eigenvalues, eigenvectors)
        # The set of unit diagonals is affine and needs no correction of its own.
        correction = X - R
        Y = X.copy()
        np.fill_diagonal(Y, 1.0)
        change = max(
            _relative_distance(X, last_X), _relative_distance(Y, last_Y), _relative_distance(Y, X)
        )
        if change <= tol:
            break
    else:
        warnings.warn(
            f"The nearest correlation matrix was not reached to {tol:g} within {max_iter} "
            f"iterations; the last one changed it by {change:.2g}, so raise max_iter, or repair "
            "with method='clip'.",
            ConvergenceWarning,
        )
    return _unit_diagonal(X), shift


def _spectrum(K):
    """Return the checked matrix, its spectrum, and whether it is fine as it is."""
    S = check_array(K, dtype=np.float64, input_name="K")
    if S.shape[0] != S.shape[1]:
        raise ValueError(
            f"K has {S.shape[0]} rows and {S.shape[1]} columns, but only a square matrix, of "
            "training rows with themselves, can be repaired; pass that one."
        )
    rounding = _rounding(K, S)
    difference = np.abs(S - S.T)
    i, j = np.unravel_index(difference.argmax(), S.shape)
    if difference[i, j] > rounding * np.abs(S).max():
        raise ValueError(
            f"K[{i}, {j}] = {S[i, j]:g} and K[{j}, {i}] = {S[j, i]:g}, but only a symmetric matrix "
            "can be repaired; pass (K + K.T) / 2, or to a kernel symmetric=True or repair=None."
        )
    S = (S + S.T) / 2
    eigenvalues, eigenvectors = np.linalg.eigh(S)
    fine = eigenvalues[0] >= -rounding * np.abs(eigenvalues[[0, -1]]).max()
    return S, eigenvalues, eigenvectors, fine


def _rounding(K, S):
    """Return what counts as rounding, relative to the size of the matrix."""
    dtype = getattr(K, "dtype", S.dtype)
    return 10 * len(S) * np.finfo(dtype if dtype.kind == "f" else np.float64).eps


def _as_given(K, S):
    return K if isinstance(K, np.ndarray) else S


def _clipped(S, eigenvalues, eigenvectors):
    # Adding what is missing, rather than rebuilding the matrix, leaves less rounding behind.
    negative = eigenvalues < 0
    V = eigenvectors[:, negative]
    missing = (V * -eigenvalues[negative]) @ V.T
    return S + (missing + missing.T) / 2


def _relative_distance(A, B):
    scale = max(np.linalg.norm(A), np.linalg.norm(B))
    return np.linalg.norm(A - B) / scale if scale > 0 else 0.0


def _unit_diagonal(X):
    """Scale a positive semidefinite matrix to diagonal 1."""
    diagonal = X.diagonal()
    # An iteration that was cut short can leave rows that are 0 to rounding; scaled, that rounding
    # would fill them with noise, and without it they are rows of the identity.
    present = diagonal > 1e-8
    scale = np.where(present, 1 / np.sqrt(np.where(present, diagonal, 1.0)), 0.0)
    matrix = X * np.outer(scale, scale)
    np.fill_diagonal(matrix, 1.0)
    return matrix

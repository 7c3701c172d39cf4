"""Mean and variance of kernel entries, and what they fall to with the number of qubits."""

from skquantum._validation import Integral, closest_name
from skquantum.metrics._entries import as_square, distinct_entries, entry_variance

__all__ = ["expected_moments", "off_diagonal_moments"]


def off_diagonal_moments(K):
    """Return mean and variance of the entries off the diagonal of a kernel matrix.

    Parameters
    ----------
    K : array-like of shape (n_samples, n_samples)
        Kernel matrix of three rows or more.

    Returns
    -------
    mean : float
        Mean of the entries.
    variance : float
        Their variance, without bias if the entries were independent; exactly 0 if they are equal.

    Raises
    ------
    ValueError
        If the matrix is not square, not finite, or has fewer than two different entries to look at.

    See Also
    --------
    expected_moments : What they are for circuits without structure.
    spread_to_noise : The standard deviation in units of shot noise.

    References
    ----------
    .. [1] S. Thanasilp, S. Wang, M. Cerezo, Z. Holmes, "Exponential concentration in quantum
       kernel methods", Nature Communications 15, 5200 (2024).

    Examples
    --------
    >>> from skquantum.metrics import off_diagonal_moments
    >>> mean, variance = off_diagonal_moments([[1.0, 0.5, 0.1], [0.5, 1.0, 0.3], [0.1, 0.3, 1.0]])
    >>> round(mean, 6), round(variance, 6)
    (0.3, 0.04)
    """
    K = as_square(K)
    entries, _ = distinct_entries(K)
    if len(entries) < 2:
        raise ValueError(
            f"K has {len(entries)} independent entries off the diagonal, but a variance needs 2; "
            "pass a symmetric matrix of 3 rows or more."
        )
    return float(entries.mean()), float(entry_variance(entries))


def expected_moments(n_qubits, circuit="haar"):
    r"""Return mean and variance of the fidelity of random states, as a scale for concentration.

    Parameters
    ----------
    n_qubits : int
        Number of qubits, n.
    circuit : {"haar", "product"}, default="haar"
        "haar" compares states that are as random as can be, with :math:`D = 2^n` dimensions:
        mean :math:`1 / D`, variance :math:`(D - 1) / (D^2 (D + 1))`. "product" compares products of
        one rotation each, by angles that are uniform on the circle: mean :math:`2^{-n}`, variance
        :math:`(3/8)^n - 4^{-n}`.

    Returns
    -------
    mean : float
        Mean fidelity.
    variance : float
        Its variance.

    Raises
    ------
    ValueError
        If `n_qubits` is not a positive integer, or `circuit` is unknown.

    Examples
    --------
    >>> from skquantum.metrics import expected_moments
    >>> expected_moments(1, "product")
    (0.5, 0.125)
    """
    if not isinstance(n_qubits, Integral) or n_qubits < 1:
        raise ValueError(f"n_qubits={n_qubits!r}, but it must be an integer of at least 1.")
    mean = 0.5**n_qubits
    if circuit == "haar":
        return mean, (1 - mean) / (1 + mean) * mean**2
    if circuit == "product":
        return mean, 0.375**n_qubits - mean**2
    raise ValueError(
        f"circuit={circuit!r} is unknown: {closest_name(circuit, ['haar', 'product'])}."
    )

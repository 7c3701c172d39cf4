"""How many shots a kernel matrix needs, and whether those it had were enough."""

import math
import warnings

import numpy as np
from sklearn.utils.validation import check_array

from skquantum._validation import Integral, Real, closest_name
from skquantum.exceptions import ConcentrationWarning
from skquantum.metrics._entries import distinct_entries, entry_variance

__all__ = ["shots_needed", "spread_to_noise", "standard_error", "warn_if_concentrated"]


def standard_error(K, shots, *, smooth=False):
    r"""Return the standard error of every entry of a kernel matrix measured by counting.

    An entry k is the fraction of shots with one outcome, so that its standard error from M shots
    is :math:`\sqrt{k (1 - k) / M}`.

    Parameters
    ----------
    K : array-like of shape (n_rows, n_columns)
        Exact or measured kernel, entries are probabilities.
    shots : int
        Number of shots per entry, M.
    smooth : bool, default=False
        False puts the entries into the formula as they are, which gives 0 for an entry that was
        measured as 0 or 1. True returns, for a count of k M, the standard deviation of the
        posterior of a uniform prior, :math:`\sqrt{\tilde k (1 - \tilde k) / (M + 3)}` with
        Laplace's :math:`\tilde k = (k M + 1) / (M + 2)`, which is above 0 for every count.

    Returns
    -------
    ndarray of shape (n_rows, n_columns)
        Standard errors, in units of the kernel.

    Raises
    ------
    ValueError
        If `shots` is not a positive integer, or an entry is not a probability.

    Examples
    --------
    >>> from skquantum.metrics import standard_error
    >>> standard_error([[0.5, 0.0]], shots=100)
    array([[0.05, 0.  ]])
    >>> standard_error([[0.5, 0.0]], shots=100, smooth=True).round(4)
    array([[0.0493, 0.0097]])
    """
    K = _check_probabilities(K)
    _check_shots(shots)
    if smooth:
        K = (K * shots + 1) / (shots + 2)
        shots = shots + 3
    return np.sqrt(_bernoulli_variance(K) / shots)


def shots_needed(K, precision=None, *, method="standard_error", confidence=0.95):
    r"""Return how many shots per entry the off-diagonal entries need.

    Parameters
    ----------
    K : array-like of shape (n_rows, n_columns)
        Exact or roughly measured kernel, entries are probabilities. Where it is square, the
        diagonal does not count.
    precision : float or None, default=None
        Precision to reach, :math:`\epsilon`; its meaning depends on the method. None is for
        "concentration", which takes none.
    method : str, default="standard_error"
        "standard_error", "frobenius", "uniform", "spread" or "concentration".
        With M the shots per entry, and sums, maxima and medians over the entries k that count:

        - "standard_error": no entry has a standard error above `precision`,
          :math:`M = \max k (1 - k) / \epsilon^2`.
        - "frobenius": the error of the matrix has a root-mean-square Frobenius norm, and with it
          a mean operator norm, of at most `precision`, :math:`M = \sum k (1 - k) / \epsilon^2`.
        - "uniform": with probability `confidence`, no entry is off by more than `precision`,
          whatever the entries are: :math:`M = \ln(2 m / (1 - c)) / (2 \epsilon^2)` for m different
          entries, by Hoeffding's inequality and the union bound.
        - "spread": a typical entry, the median :math:`\kappa`, is with probability `confidence`
          within `precision` times the interquartile range :math:`\Delta` of the entries, so that
          they can be told apart,
          :math:`M = \kappa (1 - \kappa) / ((1 - c)\, \epsilon^2 \Delta^2)`, by Chebyshev's
          inequality (Miroszewski et al. [1]_, who take c = 0.99 and :math:`\epsilon = 1`).
          Exponential concentration makes this number grow exponentially with the number of qubits.
        - "concentration": a typical entry is with probability `confidence` not measured as 0,
          :math:`M = \ln(1 - c) / \ln(1 - \kappa)`; [1]_ take the larger one of this and "spread".
    confidence : float, default=0.95
        The probability c, for the last three.

    Returns
    -------
    int
        Shots per entry, at least 1.

    Raises
    ------
    ValueError
        If `precision` or `confidence` is out of range, `method` is unknown, an entry is not a
        probability, there are too few entries, or no number of shots is enough.

    See Also
    --------
    warn_if_concentrated : Warns if the shots were too few to tell entries apart.

    Notes
    -----
    Gentinetta et al. [2]_ show that the support vector classifier's dual problem is solved to
    accuracy :math:`\epsilon` with :math:`O(n^{4.67} / \epsilon^2)` circuit evaluations for n
    training rows, that is with :math:`O(n^{8/3} / \epsilon^2)` shots for each of the
    :math:`O(n^2)` entries. This is a scaling law without a constant, so no number follows from it;
    of the methods here, "frobenius" is the one that limits the error of the matrix as a whole, and
    needs at most :math:`n (n - 1) / (4 \epsilon^2)` shots per entry.

    References
    ----------
    .. [1] A. Miroszewski, M. Fellous Asiani, J. Mielczarek, B. Le Saux, J. Nalepa, "In search of
       quantum advantage: estimating the number of shots in quantum kernel methods",
       arXiv:2407.15776 (2024).
    .. [2] G. Gentinetta, A. Thomsen, D. Sutter, S. Woerner, "The complexity of quantum support
       vector machines", Quantum 8, 1225 (2024).

    Examples
    --------
    >>> import numpy as np
    >>> from skquantum.metrics import shots_needed
    >>> K = np.array([[1.0, 0.5, 0.1], [0.5, 1.0, 0.2], [0.1, 0.2, 1.0]])
    >>> shots_needed(K, 0.01)
    2500
    >>> shots_needed(K, 0.01, method="uniform")
    23938
    >>> shots_needed(K, 1.0, method="spread", confidence=0.99)
    400
    >>> shots_needed(K, method="concentration", confidence=0.99)
    21
    """
    methods = ["standard_error", "frobenius", "uniform", "spread", "concentration"]
    if method not in methods:
        raise ValueError(f"method={method!r} is unknown: {closest_name(method, methods)}.")
    if method == "concentration":
        if precision is not None:
            raise ValueError(
                f"precision={precision!r}, but method='concentration' asks for none; leave it out."
            )
    elif not isinstance(precision, Real) or not 0 < precision < math.inf:
        raise ValueError(f"precision={precision!r}, but it must be a number above 0.")
    elif precision < 1e-12:
        raise ValueError(f"precision={precision:g} is below rounding; ask for 1e-12 or more.")
    if not isinstance(confidence, Real) or not 0 < confidence < 1:
        raise ValueError(f"confidence={confidence!r}, but it must lie between 0 and 1.")
    K = _check_probabilities(K)
    entries, copies = distinct_entries(K)
    if not entries.size:
        raise ValueError("K has no entry off the diagonal; pass a matrix of 2 rows or more.")
    variances = _bernoulli_variance(entries)
    if method == "uniform":
        needed = math.log(2 * len(entries) / (1 - confidence)) / (2 * precision**2)
    elif method == "frobenius":
        needed = copies * variances.sum() / precision**2
    elif method == "spread":
        lower, typical, upper = np.quantile(entries, [0.25, 0.5, 0.75])
        _check_typical(typical, entries)
        if upper == lower:
            raise ValueError(
                f"The {len(entries)} entries of K that count have an interquartile range of 0, and "
                "no number of shots tells them apart; use more rows, or a smaller bandwidth of the "
                "feature map."
            )
        variance = _bernoulli_variance(typical)
        needed = variance / ((1 - confidence) * (precision * (upper - lower)) ** 2)
    elif method == "concentration":
        typical = min(np.median(entries), 1.0)
        _check_typical(typical, entries)
        needed = math.log(1 - confidence) / math.log1p(-typical) if typical < 1 else 1
    else:
        needed = variances.max() / precision**2
    # 0.25 / 0.05**2 is 100.00000000000001, and 100 shots are enough.
    return max(1, math.ceil(needed * (1 - 1e-12)))


def _check_typical(typical, entries):
    if typical <= 0:
        raise ValueError(
            f"The {len(entries)} entries of K that count have the median {typical:g}, and no "
            "number of shots can resolve it; use a smaller bandwidth of the feature map, "
            "or an exact K."
        )


def spread_to_noise(K, shots, *, estimated=True):
    r"""Return the spread of the off-diagonal entries over their shot noise.

    Below 1, shot noise is most of what tells entries apart. Fidelity kernels come to that
    exponentially fast with the number of qubits if the feature map spreads its states over the
    whole Hilbert space (exponential concentration [1]_).

    Parameters
    ----------
    K : array-like of shape (n_rows, n_columns)
        Kernel matrix, entries are probabilities. Where it is square, the diagonal does not count.
    shots : int
        Number of shots per entry.
    estimated : bool, default=True
        Whether `K` was itself measured with that many shots. The noise in it is then subtracted
        from the variance of its entries, by its unbiased estimate :math:`k (1 - k) / (M - 1)`,
        and the noise is ``standard_error(K, shots, smooth=True)``, as an entry that was measured
        as 0 is not known exactly. False means that `K` is exact.

    Returns
    -------
    float
        Standard deviation of the entries over the root mean square of their standard errors;
        0.0 if the entries are equal, inf if only the noise is 0.

    Raises
    ------
    ValueError
        If `shots` is not a positive integer, or not above 1 where `K` is estimated; if an entry is
        not a probability; or if fewer than 2 entries count, as in a symmetric matrix of 2 rows.

    References
    ----------
    .. [1] S. Thanasilp, S. Wang, M. Cerezo, Z. Holmes, "Exponential concentration in quantum
       kernel methods", Nature Communications 15, 5200 (2024).

    Examples
    --------
    >>> import numpy as np
    >>> from skquantum.metrics import spread_to_noise
    >>> K = np.array([[1.0, 0.5, 0.1], [0.5, 1.0, 0.2], [0.1, 0.2, 1.0]])
    >>> round(spread_to_noise(K, shots=100, estimated=False), 2)
    5.1
    """
    spread, noise = _spread_and_noise(K, shots, estimated)
    if spread == 0:
        return 0.0
    return spread / noise if noise > 0 else math.inf


def warn_if_concentrated(K, shots=None, *, estimated=True):
    """Warn if the off-diagonal entries are nearly 0, or differ by less than their shot noise.

    Parameters
    ----------
    K : array-like of shape (n_rows, n_columns)
        Kernel matrix, entries are probabilities. Where it is square, the diagonal does not count.
    shots : int or None, default=None
        Number of shots per entry; None means that the entries are exact.
    estimated : bool, default=True
        Whether `K` was itself measured with that many shots; see :func:`spread_to_noise`.

    Warns
    -----
    ConcentrationWarning
        If :func:`spread_to_noise` is below 1. Without shots, if the matrix is that of at least 20
        rows with themselves and the median off the diagonal is below 0.001: then every row is
        like itself only, and a model knows the training rows by heart. Matrices with fewer than 2
        entries to compare, and estimates from a single shot, are let pass.

    Raises
    ------
    ValueError
        If `shots` is not a positive integer, or an entry is not a probability.

    References
    ----------
    .. [1] S. Thanasilp, S. Wang, M. Cerezo, Z. Holmes, "Exponential concentration in quantum
       kernel methods", Nature Communications 15, 5200 (2024).

    Examples
    --------
    >>> import warnings
    >>> import numpy as np
    >>> from skquantum.metrics import warn_if_concentrated
    >>> K = np.full((4, 4), 0.01)
    >>> with warnings.catch_warnings(record=True) as caught:
    ...     warn_if_concentrated(K, shots=100)
    >>> caught[0].category.__name__
    'ConcentrationWarning'
    """
    if shots is None:
        _warn_if_orthogonal(K)
        return
    K = _check_probabilities(K)
    _check_shots(shots)
    if len(distinct_entries(K)[0]) < 2 or (estimated and shots < 2):
        return
    spread, noise = _spread_and_noise(K, shots, estimated)
    if spread == 0 or spread < noise:
        warnings.warn(
            f"The off-diagonal kernel entries have a spread of {spread:.2g}, below their shot "
            f"noise of {noise:.2g} with {shots} shots, so that a model would learn noise "
            "(exponential concentration); use a smaller bandwidth of the feature map, or fewer "
            "qubits, or more shots.",
            ConcentrationWarning,
        )


# From so many rows on, such a median is that of the kernel rather than of a few rows.
MIN_ROWS = 20
SMALL_FIDELITY = 1e-3
ROWS_LOOKED_AT = 500


def _warn_if_orthogonal(K):
    K = np.asarray(K)
    if K.shape[0] != K.shape[1] or len(K) < MIN_ROWS:
        return
    some = slice(None, None, -(-len(K) // ROWS_LOOKED_AT))
    median = np.median(distinct_entries(K[some, some])[0])
    if median < SMALL_FIDELITY:
        warnings.warn(
            f"The median of the off-diagonal kernel entries is {median:.1e} for {len(K)} rows, so "
            "that nearly every row is like itself only (exponential concentration); use a smaller "
            "bandwidth of the feature map, such as bandwidth='0.5*scale', or fewer qubits.",
            ConcentrationWarning,
        )


def _spread_and_noise(K, shots, estimated):
    K = _check_probabilities(K)
    _check_shots(shots)
    if estimated and shots < 2:
        raise ValueError(
            "The noise of a kernel that was estimated with shots=1 cannot be told from its "
            "spread; use 2 shots or more."
        )
    entries, _ = distinct_entries(K)
    if len(entries) < 2:
        raise ValueError(
            f"K has {len(entries)} independent entries off the diagonal, but a spread needs 2; "
            "pass a symmetric matrix of 3 rows or more."
        )
    variance = entry_variance(entries)
    if estimated:
        variance = max(0.0, variance - np.mean(_bernoulli_variance(entries)) / (shots - 1))
    errors = standard_error(entries[np.newaxis], shots, smooth=estimated)
    return math.sqrt(variance), math.sqrt(np.mean(errors**2))


def _bernoulli_variance(K):
    # Exact entries can be above 1 by rounding.
    return np.maximum(K * (1 - K), 0.0)


def _check_probabilities(K):
    K = check_array(K, dtype=np.float64, input_name="K")
    low, high = K.min(), K.max()
    if low < -1e-9 or high > 1 + 1e-9:
        raise ValueError(
            f"K has entries from {low:g} to {high:g}, but shots count probabilities, which lie "
            "between 0 and 1; pass the matrix as it was measured, before mitigation."
        )
    return K


def _check_shots(shots):
    if not isinstance(shots, Integral) or shots < 1:
        raise ValueError(f"shots={shots!r}, but it must be an integer of at least 1.")

"""Whether the difference of two models is more than noise."""

import numpy as np
from scipy.stats import t
from sklearn.utils.validation import check_array

from skquantum._validation import Real

__all__ = ["corrected_t_test", "holm"]

# Relative to the differences: a spread that is rounding.
ROUNDING = 1e-12


def corrected_t_test(differences, test_size):
    r"""Test whether differences of scores on the same folds have mean 0.

    The corrected resampled t-test: folds share training rows, so that their scores vary together,
    and the variance of the mean of J differences is estimated as :math:`(1/J + r)\, s^2` instead of
    :math:`s^2 / J`, where r is the ratio of test rows to training rows.

    Parameters
    ----------
    differences : array-like of shape (n_splits,)
        Score of one model minus that of the other, fold by fold.
    test_size : float
        Number of test rows divided by the number of training rows, r; for k folds 1 / (k - 1).

    Returns
    -------
    statistic : float
        Student's t with n_splits - 1 degrees of freedom; 0 if all differences are 0, infinite if
        they are equal otherwise.
    p_value : float
        Two-sided. If the differences are equal but not 0, their variance cannot be estimated, and
        the p-value is that of the sign test, :math:`2^{1 - J}`.

    Raises
    ------
    ValueError
        If there are fewer than two differences, one is not finite, or `test_size` is not positive.

    References
    ----------
    .. [1] C. Nadeau, Y. Bengio, "Inference for the generalization error", Machine Learning 52, 239
       (2003).
    .. [2] R. R. Bouckaert, E. Frank, "Evaluating the replicability of significance tests for
       comparing learning algorithms", PAKDD (2004).

    Examples
    --------
    >>> from skquantum.diagnostics import corrected_t_test
    >>> statistic, p_value = corrected_t_test([0.02, 0.01, 0.03, 0.0, 0.02], test_size=1 / 4)
    >>> round(statistic, 2), round(p_value, 3)
    (2.09, 0.105)
    """
    differences = check_array(differences, ensure_2d=False, input_name="differences", dtype=float)
    n = len(differences)
    if differences.ndim != 1 or n < 2:
        raise ValueError(
            f"differences has shape {differences.shape}; pass one number for each of 2 or more "
            "folds."
        )
    if not isinstance(test_size, Real) or not 0 < test_size < np.inf:
        raise ValueError(
            f"test_size={test_size!r}, but the ratio of test rows to training rows is positive."
        )
    mean = differences.mean()
    if np.ptp(differences) <= ROUNDING * np.abs(differences).max():
        return (np.copysign(np.inf, mean), 2.0 ** (1 - n)) if mean else (0.0, 1.0)
    statistic = mean / np.sqrt((1 / n + test_size) * differences.var(ddof=1))
    return float(statistic), float(2 * t.sf(abs(statistic), n - 1))


def holm(p_values):
    """Return p-values adjusted for their number by Holm's method.

    Parameters
    ----------
    p_values : array-like of shape (n_tests,)
        P-values of the single tests.

    Returns
    -------
    ndarray of shape (n_tests,)
        What each is to be compared with the level of all tests together; 1 at most.

    References
    ----------
    .. [1] S. Holm, "A simple sequentially rejective multiple test procedure", Scandinavian Journal
       of Statistics 6, 65 (1979).
    """
    p_values = np.asarray(p_values, dtype=np.float64)
    order = np.argsort(p_values)
    factors = np.arange(len(p_values), 0, -1)
    adjusted = np.empty_like(p_values)
    adjusted[order] = np.minimum(np.maximum.accumulate(factors * p_values[order]), 1.0)
    return adjusted

"""Two curves beside each other."""

import numpy as np
from sklearn.preprocessing import StandardScaler
from sklearn.utils import check_random_state

from skquantum._validation import Integral, Interval, Real, validate_params
from skquantum.datasets._sampling import sizes_of_classes

__all__ = ["make_two_curves"]


@validate_params(
    {
        "n_samples": [Interval(Integral, 1, None, closed="left")],
        "n_features": [Interval(Integral, 1, None, closed="left")],
        "degree": [Interval(Integral, 1, None, closed="left")],
        "offset": [Interval(Real, None, None, closed="neither")],
        "noise": [Interval(Real, 0, None, closed="left")],
        "random_state": ["random_state"],
    },
    prefer_skip_nested_validation=True,
)
def make_two_curves(
    n_samples=100, n_features=10, *, degree=5, offset=0.1, noise=0.01, random_state=None
):
    r"""Make data on two curves of the same shape, one shifted against the other.

    Each feature is a Fourier series
    :math:`\sum_{k=0}^{d} a_k \cos(\pi k t) + b_k \sin(\pi k t)` of a position t that is uniform in
    [0, 1), plus Gaussian noise. Coefficients are uniform in [0, 1), then scaled so that all of them
    together have length 1. `offset` is added to all features of class 1; finally, columns are
    standardised. The rule is that of "two curves" in [1]_.

    Parameters
    ----------
    n_samples : int, default=100
        Number of rows, half of them in each class.
    n_features : int, default=10
        Number of features.
    degree : int, default=5
        Degree of the Fourier series, d: how much the curves wind.
    offset : float, default=0.1
        Distance of the curves in each feature, before standardising.
    noise : float, default=0.01
        Standard deviation of the noise, before standardising.
    random_state : int, RandomState instance or None, default=None
        Seed or generator of all random draws.

    Returns
    -------
    X : ndarray of shape (n_samples, n_features)
        Rows with mean 0 and standard deviation 1 in each column, in random order.
    y : ndarray of shape (n_samples,)
        Classes 0 and 1.

    References
    ----------
    .. [1] J. Bowles, S. Ahmed, M. Schuld, "Better than classical? The subtle art of benchmarking
       quantum machine learning models", arXiv:2403.07059 (2024).

    Examples
    --------
    >>> from skquantum.datasets import make_two_curves
    >>> X, y = make_two_curves(60, n_features=4, random_state=0)
    >>> X.shape, int(y.sum())
    ((60, 4), 30)
    """
    random_state = check_random_state(random_state)
    coefficients = random_state.uniform(size=(2, degree + 1, n_features))
    coefficients /= np.linalg.norm(coefficients)
    y = random_state.permutation(np.repeat([0, 1], sizes_of_classes(n_samples)))
    phases = np.pi * np.outer(random_state.uniform(size=n_samples), np.arange(degree + 1))
    X = np.cos(phases) @ coefficients[0] + np.sin(phases) @ coefficients[1]
    X += noise * random_state.normal(size=X.shape) + offset * y[:, np.newaxis]
    return StandardScaler().fit_transform(X), y

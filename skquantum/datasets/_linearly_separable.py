"""Data that a plane separates."""

import numpy as np
from sklearn.utils import check_random_state

from skquantum._validation import Integral, Interval, Real, validate_params
from skquantum.datasets._sampling import draw_balanced

__all__ = ["make_linearly_separable"]


@validate_params(
    {
        "n_samples": [Interval(Integral, 1, None, closed="left")],
        "n_features": [Interval(Integral, 1, None, closed="left")],
        "margin": [Interval(Real, 0, None, closed="left"), None],
        "random_state": ["random_state"],
    },
    prefer_skip_nested_validation=True,
)
def make_linearly_separable(n_samples=100, n_features=2, *, margin=None, random_state=None):
    """Make data that a hyperplane through the origin separates, with a margin.

    Rows are uniform in [-1, 1) in each feature, and dropped where the magnitude of the sum of their
    features is not above `margin`; the class is 1 where the sum is positive. The rule is that of
    "linearly separable" in [1]_.

    Parameters
    ----------
    n_samples : int, default=100
        Number of rows, half of them in each class.
    n_features : int, default=2
        Number of features.
    margin : float or None, default=None
        Least magnitude of the sum of the features, the square root of `n_features` times the
        distance from the hyperplane. None means 0.02 times `n_features`, as in [1]_.
    random_state : int, RandomState instance or None, default=None
        Seed or generator of all random draws.

    Returns
    -------
    X : ndarray of shape (n_samples, n_features)
        Rows, in random order.
    y : ndarray of shape (n_samples,)
        Classes 0 and 1.

    Raises
    ------
    ValueError
        If rows outside of the margin are too rare, or a parameter is invalid.

    References
    ----------
    .. [1] J. Bowles, S. Ahmed, M. Schuld, "Better than classical? The subtle art of benchmarking
       quantum machine learning models", arXiv:2403.07059 (2024).

    Examples
    --------
    >>> import numpy as np
    >>> from skquantum.datasets import make_linearly_separable
    >>> X, y = make_linearly_separable(60, margin=0.5, random_state=0)
    >>> bool(np.all(X.sum(axis=1) * (2 * y - 1) > 0.5))
    True
    """
    random_state = check_random_state(random_state)
    margin = 0.02 * n_features if margin is None else margin

    def draw(n):
        rows = random_state.uniform(-1, 1, (n, n_features))
        sums = rows.sum(axis=1)
        return rows, np.where(np.abs(sums) > margin, (sums > 0).astype(int), -1)

    remedy = f"pass a margin below {margin:g}, which is at most n_features={n_features}"
    return draw_balanced(draw, n_samples, random_state, remedy)

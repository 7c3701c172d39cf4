"""Parities of sides of hyperplanes."""

from sklearn.preprocessing import StandardScaler
from sklearn.utils import check_random_state

from skquantum._validation import Integral, Interval, validate_params
from skquantum.datasets._sampling import draw_balanced

__all__ = ["make_hyperplanes"]


@validate_params(
    {
        "n_samples": [Interval(Integral, 1, None, closed="left")],
        "n_features": [Interval(Integral, 1, None, closed="left")],
        "n_hyperplanes": [Interval(Integral, 1, None, closed="left")],
        "dimension": [Interval(Integral, 1, None, closed="left")],
        "random_state": ["random_state"],
    },
    prefer_skip_nested_validation=True,
)
def make_hyperplanes(
    n_samples=100, n_features=10, *, n_hyperplanes=2, dimension=3, random_state=None
):
    r"""Make data labelled by the parity of the sides of hyperplanes on which a point lies.

    Points z are standard normal in few dimensions. Hyperplanes have weights w and offsets b that
    are uniform in [0, 1); the class is 1 where an even number of :math:`w \cdot z + b` are
    positive. Rows are z times a matrix that is uniform in [0, 1), standardised. The rule is that of
    "hyperplanes and parity" in [1]_.

    Parameters
    ----------
    n_samples : int, default=100
        Number of rows, half of them in each class.
    n_features : int, default=10
        Number of features.
    n_hyperplanes : int, default=2
        Number of hyperplanes; more make the classes harder to tell apart.
    dimension : int, default=3
        Dimension of the space that the hyperplanes lie in.
    random_state : int, RandomState instance or None, default=None
        Seed or generator of all random draws.

    Returns
    -------
    X : ndarray of shape (n_samples, n_features)
        Rows with mean 0 and standard deviation 1 in each column, in random order.
    y : ndarray of shape (n_samples,)
        Classes 0 and 1.

    Raises
    ------
    ValueError
        If one class is too rare to be drawn, or a parameter is invalid.

    References
    ----------
    .. [1] J. Bowles, S. Ahmed, M. Schuld, "Better than classical? The subtle art of benchmarking
       quantum machine learning models", arXiv:2403.07059 (2024).

    Examples
    --------
    >>> from skquantum.datasets import make_hyperplanes
    >>> X, y = make_hyperplanes(60, n_hyperplanes=4, random_state=0)
    >>> X.shape, int(y.sum())
    ((60, 10), 30)
    """
    random_state = check_random_state(random_state)
    weights = random_state.uniform(size=(n_hyperplanes, dimension))
    offsets = random_state.uniform(size=n_hyperplanes)

    def draw(n):
        points = random_state.normal(size=(n, dimension))
        n_positive = (points @ weights.T + offsets > 0).sum(axis=1)
        return points, (n_positive + 1) % 2

    remedy = "use another number of hyperplanes or another random_state"
    points, y = draw_balanced(draw, n_samples, random_state, remedy)
    embedding = random_state.uniform(size=(dimension, n_features))
    return StandardScaler().fit_transform(points @ embedding), y

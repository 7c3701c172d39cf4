"""A circle in a square."""

import numpy as np
from sklearn.utils import check_random_state

from skquantum._validation import Integral, Interval, validate_params

__all__ = ["make_circle_in_square"]


@validate_params(
    {
        "n_samples": [Interval(Integral, 1, None, closed="left")],
        "random_state": ["random_state"],
    },
    prefer_skip_nested_validation=True,
)
def make_circle_in_square(n_samples=100, *, random_state=None):
    r"""Make points of a square, and say which are in the circle that has half of its area.

    Points are uniform in [-1, 1) x [-1, 1), and the class is 1 where :math:`x_0^2 + x_1^2` is less
    than :math:`2 / \pi`. The rule is that of [1]_, where a single qubit learns it.

    Parameters
    ----------
    n_samples : int, default=100
        Number of points.
    random_state : int, RandomState instance or None, default=None
        Seed or generator of all random draws.

    Returns
    -------
    X : ndarray of shape (n_samples, 2)
        Points.
    y : ndarray of shape (n_samples,)
        1 inside of the circle, 0 outside.

    References
    ----------
    .. [1] A. Pérez-Salinas, A. Cervera-Lierta, E. Gil-Fuster, J. I. Latorre, "Data re-uploading
       for a universal quantum classifier", Quantum 4, 226 (2020).

    Examples
    --------
    >>> from skquantum.datasets import make_circle_in_square
    >>> X, y = make_circle_in_square(1000, random_state=0)
    >>> float(y.mean())
    0.474
    """
    X = check_random_state(random_state).uniform(-1, 1, (n_samples, 2))
    return X, ((X**2).sum(axis=1) < 2 / np.pi).astype(int)

"""Images of bars and stripes."""

from itertools import product

import numpy as np
from sklearn.utils import check_random_state

from skquantum._validation import Integral, Interval, Real, validate_params

__all__ = ["make_bars_and_stripes"]


@validate_params(
    {
        "n_samples": [Interval(Integral, 1, None, closed="left"), None],
        "height": [Interval(Integral, 2, None, closed="left")],
        "width": [Interval(Integral, 2, None, closed="left")],
        "noise": [Interval(Real, 0, None, closed="left")],
        "random_state": ["random_state"],
    },
    prefer_skip_nested_validation=True,
)
def make_bars_and_stripes(n_samples=100, *, height=4, width=4, noise=0.0, random_state=None):
    """Make images of vertical bars and of horizontal stripes.

    Every column of an image of bars is 0 or 1 as a whole, with equal probability, and so is every
    row of an image of stripes. Images of one colour, which are both, are not drawn. The images are
    those of [1]_, the data set of two classes with noise that of [2]_ with 0 and 1 for -1 and 1.

    Parameters
    ----------
    n_samples : int or None, default=100
        Number of images, of bars or stripes with equal probability. None returns all distinct
        images once, :math:`2^h + 2^w - 2`, those of one colour included, as generative models learn
        them; these have class 0.
    height, width : int, default=4
        Numbers of rows and columns of pixels, at least 2.
    noise : float, default=0.0
        Standard deviation of Gaussian noise that is added to every pixel.
    random_state : int, RandomState instance or None, default=None
        Seed or generator of all random draws.

    Returns
    -------
    X : ndarray of shape (n_samples, height * width)
        Images, one row of pixels after the other; float64.
    y : ndarray of shape (n_samples,)
        0 for bars, 1 for stripes.

    References
    ----------
    .. [1] D. J. C. MacKay, "Information Theory, Inference and Learning Algorithms", Cambridge
       University Press (2003).
    .. [2] J. Bowles, S. Ahmed, M. Schuld, "Better than classical? The subtle art of benchmarking
       quantum machine learning models", arXiv:2403.07059 (2024).

    Examples
    --------
    >>> from skquantum.datasets import make_bars_and_stripes
    >>> X, y = make_bars_and_stripes(None, height=2, width=2)
    >>> X.astype(int).tolist()
    [[0, 0, 0, 0], [0, 0, 1, 1], [0, 1, 0, 1], [1, 0, 1, 0], [1, 1, 0, 0], [1, 1, 1, 1]]
    >>> y.tolist()
    [0, 1, 0, 0, 1, 0]
    """
    random_state = check_random_state(random_state)
    if n_samples is None:
        images = np.vstack([_bars(_all_bits(width), height), _stripes(_all_bits(height), width)])
        images = np.unique(images, axis=0)
        y = (images.reshape(-1, height, width) != images[:, np.newaxis, :width]).any(axis=(1, 2))
        y = y.astype(int)
    else:
        y = random_state.randint(0, 2, n_samples)
        images = np.empty((n_samples, height * width))
        images[y == 0] = _bars(_mixed_bits((y == 0).sum(), width, random_state), height)
        images[y == 1] = _stripes(_mixed_bits(y.sum(), height, random_state), width)
    return images + noise * random_state.normal(size=images.shape), y


def _bars(columns, height):
    return np.tile(columns, height)


def _stripes(rows, width):
    return np.repeat(rows, width, axis=1)


def _all_bits(n):
    return np.array(list(product([0.0, 1.0], repeat=n)))


def _mixed_bits(n_rows, n, random_state):
    """Return random bits, neither all 0 nor all 1 in a row."""
    numbers = random_state.randint(0, 2, (n_rows, n))
    while (same := np.ptp(numbers, axis=1) == 0).any():
        numbers[same] = random_state.randint(0, 2, (same.sum(), n))
    return numbers

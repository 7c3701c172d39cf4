"""Parities of bits."""

import numpy as np
from sklearn.utils import check_random_state

from skquantum._validation import Integral, Interval, Real, validate_params
from skquantum.datasets._sampling import with_flips

__all__ = ["make_parity"]


@validate_params(
    {
        "n_samples": [Interval(Integral, 1, None, closed="left")],
        "n_features": [Interval(Integral, 1, None, closed="left")],
        "n_informative": [Interval(Integral, 1, None, closed="left"), None],
        "flip_y": [Interval(Real, 0, 1, closed="both")],
        "random_state": ["random_state"],
    },
    prefer_skip_nested_validation=True,
)
def make_parity(n_samples=100, n_features=8, *, n_informative=None, flip_y=0.0, random_state=None):
    """Make random bits, labelled by the parity of some of them.

    Bits are 0 or 1 with equal probability. The class is 1 where an odd number of the first
    `n_informative` bits are 1, so that fewer of them say nothing about it [1]_. Two informative
    bits are the exclusive or.

    Parameters
    ----------
    n_samples : int, default=100
        Number of rows.
    n_features : int, default=8
        Number of bits.
    n_informative : int or None, default=None
        How many bits count; None means all.
    flip_y : float, default=0.0
        Fraction of the rows whose class is drawn at random, as in
        :func:`sklearn.datasets.make_classification`.
    random_state : int, RandomState instance or None, default=None
        Seed or generator of all random draws.

    Returns
    -------
    X : ndarray of shape (n_samples, n_features)
        Bits, as float64.
    y : ndarray of shape (n_samples,)
        Classes 0 and 1.

    Raises
    ------
    ValueError
        If `n_informative` is more than `n_features`, or a parameter is invalid.

    References
    ----------
    .. [1] M. Minsky, S. Papert, "Perceptrons", MIT Press (1969).

    Examples
    --------
    >>> from skquantum.datasets import make_parity
    >>> X, y = make_parity(4, n_features=3, random_state=0)
    >>> X.astype(int).tolist(), y.tolist()
    ([[0, 1, 1], [0, 1, 1], [1, 1, 1], [1, 1, 0]], [0, 0, 1, 0])
    """
    n_informative = n_features if n_informative is None else n_informative
    if n_informative > n_features:
        raise ValueError(
            f"n_informative={n_informative} is more than n_features={n_features}; a parity is that "
            "of bits that there are."
        )
    random_state = check_random_state(random_state)
    bits = random_state.randint(0, 2, (n_samples, n_features))
    y = bits[:, :n_informative].sum(axis=1) % 2
    return bits.astype(np.float64), with_flips(y, flip_y, random_state)

"""Data on a hidden manifold."""

import numpy as np
from sklearn.utils import check_random_state

from skquantum._validation import Integral, Interval, validate_params

__all__ = ["make_hidden_manifold"]


@validate_params(
    {
        "n_samples": [Interval(Integral, 1, None, closed="left")],
        "n_features": [Interval(Integral, 1, None, closed="left")],
        "manifold_dimension": [Interval(Integral, 1, None, closed="left")],
        "random_state": ["random_state"],
    },
    prefer_skip_nested_validation=True,
)
def make_hidden_manifold(n_samples=100, n_features=10, *, manifold_dimension=6, random_state=None):
    r"""Make data on a curved manifold, labelled by a neural network on the manifold.

    Points c of the manifold are standard normal in m dimensions. Rows are
    :math:`\tanh(c F / \sqrt{m} - b)`, with a standard normal matrix F and b uniform in [-1, 1]. The
    class is 1 where :math:`v \cdot \tanh(W c) / \sqrt{m}`, with standard normal W and v, is not
    below its median. The model is that of [2]_, the settings those of [1]_.

    Parameters
    ----------
    n_samples : int, default=100
        Number of rows, half of them in each class.
    n_features : int, default=10
        Number of features.
    manifold_dimension : int, default=6
        Dimension of the manifold, m.
    random_state : int, RandomState instance or None, default=None
        Seed or generator of all random draws.

    Returns
    -------
    X : ndarray of shape (n_samples, n_features)
        Rows, between -1 and 1.
    y : ndarray of shape (n_samples,)
        Classes 0 and 1.

    References
    ----------
    .. [1] J. Bowles, S. Ahmed, M. Schuld, "Better than classical? The subtle art of benchmarking
       quantum machine learning models", arXiv:2403.07059 (2024).
    .. [2] S. Goldt, M. Mézard, F. Krzakala, L. Zdeborová, "Modeling the influence of data structure
       on learning in neural networks: the hidden manifold model", Phys. Rev. X 10, 041044 (2020).

    Examples
    --------
    >>> from skquantum.datasets import make_hidden_manifold
    >>> X, y = make_hidden_manifold(60, n_features=5, random_state=0)
    >>> X.shape, int(y.sum())
    ((60, 5), 30)
    """
    random_state = check_random_state(random_state)
    m = manifold_dimension
    embedding = random_state.normal(size=(m, n_features))
    points = random_state.normal(size=(n_samples, m))
    biases = random_state.uniform(-1, 1, n_features)
    hidden, output = random_state.normal(size=(m, m)), random_state.normal(size=m)
    values = np.tanh(points @ hidden.T) @ output / np.sqrt(m)
    X = np.tanh(points @ embedding / np.sqrt(m) - biases)
    return X, (values >= np.median(values)).astype(int)

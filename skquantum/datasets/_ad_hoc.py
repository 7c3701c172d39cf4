"""Data that a ZZ feature map separates."""

import numpy as np
from scipy.stats import unitary_group
from sklearn.utils import check_random_state

from skquantum._runtime import check_memory
from skquantum._validation import Integral, Interval, Real, validate_params
from skquantum.datasets._sampling import draw_balanced
from skquantum.feature_maps import ZZFeatureMap
from skquantum.kernels import FidelityKernel

__all__ = ["make_ad_hoc"]


@validate_params(
    {
        "n_samples": [Interval(Integral, 1, None, closed="left")],
        "n_features": [Interval(Integral, 1, None, closed="left")],
        "gap": [Interval(Real, 0, 1, closed="left")],
        "entanglement": "no_validation",  # the feature map says it better
        "random_state": ["random_state"],
    },
    prefer_skip_nested_validation=True,
)
def make_ad_hoc(n_samples=100, n_features=2, *, gap=0.3, entanglement="full", random_state=None):
    r"""Make data whose classes the ZZ feature map separates by a gap.

    Rows are uniform in :math:`[0, 2\pi)^n`. With :math:`|\Phi(x)\rangle` the state of
    :class:`~skquantum.feature_maps.ZZFeatureMap` (two repetitions, ``bandwidth=1.0``) and a random
    unitary V, the class is 1 where :math:`\langle \Phi(x) | V^\dagger Z \cdots Z V | \Phi(x)
    \rangle` is positive; rows where its magnitude is below `gap` are dropped. The rule is that of
    [1]_ and of ``ad_hoc_data`` in qiskit-machine-learning.

    Parameters
    ----------
    n_samples : int, default=100
        Number of rows, half of them in each class.
    n_features : int, default=2
        Number of features, and of qubits.
    gap : float, default=0.3
        How far expectation values are from 0, at least. They are about :math:`2^{-n/2}` in size, so
        that many qubits need a small gap.
    entanglement : str or list of pairs of int, default="full"
        Which pairs of qubits interact, as in :class:`~skquantum.feature_maps.ZZFeatureMap`.
    random_state : int, RandomState instance or None, default=None
        Seed or generator of all random draws.

    Returns
    -------
    X : ndarray of shape (n_samples, n_features)
        Angles, in random order.
    y : ndarray of shape (n_samples,)
        Classes 0 and 1.

    Raises
    ------
    ValueError
        If rows with that gap are too rare, or a parameter is invalid.
    InsufficientMemoryError
        If the unitary does not fit into memory.

    References
    ----------
    .. [1] V. Havlíček, A. D. Córcoles, K. Temme, A. W. Harrow, A. Kandala, J. M. Chow, and J. M.
       Gambetta, "Supervised learning with quantum-enhanced feature spaces", Nature 567, 209 (2019).

    Examples
    --------
    >>> from skquantum import QSVC
    >>> from skquantum.datasets import make_ad_hoc
    >>> from skquantum.feature_maps import ZZFeatureMap
    >>> X, y = make_ad_hoc(140, random_state=0)
    >>> model = QSVC(kernel=ZZFeatureMap(bandwidth=1.0)).fit(X[:40], y[:40])
    >>> model.score(X[40:], y[40:])
    0.98
    """
    random_state = check_random_state(random_state)
    dimension = 2**n_features
    check_memory(
        3 * 16 * dimension**2,  # complex, and its copies while it is drawn
        f"A random unitary of {n_features} qubits",
        "use fewer features",
    )
    unitary = unitary_group.rvs(dimension, random_state=random_state)
    signs = 1.0 - 2.0 * (np.bitwise_count(np.arange(dimension)) % 2)
    feature_map = ZZFeatureMap(entanglement=entanglement, bandwidth=1.0)
    kernel = FidelityKernel(feature_map, engine="compiled").fit(np.zeros((1, n_features)))

    def draw(n):
        rows = random_state.uniform(0, 2 * np.pi, (n, n_features))
        states = kernel.encode(rows).array
        expectations = np.abs(states @ unitary.T) ** 2 @ signs
        classes = (expectations > 0).astype(int)
        return rows, np.where(np.abs(expectations) < gap, -1, classes)

    return draw_balanced(draw, n_samples, random_state, f"pass a gap below {gap:g}")

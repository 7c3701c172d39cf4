"""Data with the structure of a group."""

import numpy as np
from sklearn.utils import check_random_state

from skquantum._validation import Integral, Interval, Real, validate_params
from skquantum.datasets._sampling import sizes_of_classes

__all__ = ["make_covariant"]


@validate_params(
    {
        "n_samples": [Interval(Integral, 1, None, closed="left")],
        "n_qubits": [Interval(Integral, 1, None, closed="left")],
        "edges": ["array-like", None],
        "separation": [Interval(Real, 0, None, closed="left")],
        "noise": [Interval(Real, 0, None, closed="left")],
        "random_state": ["random_state"],
    },
    prefer_skip_nested_validation=True,
)
def make_covariant(
    n_samples=100, n_qubits=7, *, edges=None, separation=0.3, noise=0.1, random_state=None
):
    r"""Make rotations of qubits from two cosets of a group that leaves a graph state as it is.

    The graph state is :math:`\prod_{(i,j)} CZ_{ij} |+\rangle^{\otimes n}`. The operators
    :math:`X_i \prod_{j \sim i} Z_j`, one for each qubit i and its neighbours j, leave it unchanged,
    and so do their products, of which one is drawn for every row. A row has two angles per qubit, a
    and b, which stand for :math:`R_X(-2a) R_Z(-2b)`: :math:`a = -\pi / 2` where the product has an
    X, and :math:`b = -\pi / 2` where it has a Z. Each class then turns every qubit about X by an
    angle, the same for all of its rows, which is added to a. A kernel whose circuit begins with the
    graph state sees one point per class, whatever the products are. The construction is that of
    [1]_; the defaults are close to what its published data show.

    Parameters
    ----------
    n_samples : int, default=100
        Number of rows, half of them in each class.
    n_qubits : int, default=7
        Number of qubits.
    edges : array-like of shape (n_edges, 2) or None, default=None
        Pairs of qubits that the graph joins; None joins each qubit with the next one.
    separation : float, default=0.3
        The angles of the classes are uniform in [-separation, separation), in radians.
    noise : float, default=0.1
        Standard deviation of Gaussian noise on every angle, in radians.
    random_state : int, RandomState instance or None, default=None
        Seed or generator of all random draws.

    Returns
    -------
    X : ndarray of shape (n_samples, 2 * n_qubits)
        Angles a and b of the first qubit, of the second one, and so on, in radians.
    y : ndarray of shape (n_samples,)
        Classes 0 and 1.

    Raises
    ------
    ValueError
        If an edge does not join two of the qubits, or a parameter is invalid.

    References
    ----------
    .. [1] J. R. Glick, T. P. Gujarati, A. D. Córcoles, Y. Kim, A. Kandala, J. M. Gambetta, and K.
       Temme, "Covariant quantum kernels for data with group structure", Nature Physics 20, 479
       (2024).

    Examples
    --------
    >>> import numpy as np
    >>> from skquantum.datasets import make_covariant
    >>> X, y = make_covariant(4, n_qubits=2, separation=0, noise=0, random_state=0)
    >>> (-2 / np.pi * X).astype(int).tolist()  # X0, Z0, X1, Z1
    [[1, 1, 1, 1], [1, 1, 1, 1], [1, 1, 1, 1], [1, 0, 0, 1]]
    """
    random_state = check_random_state(random_state)
    neighbours = _adjacency(edges, n_qubits)
    y = random_state.permutation(np.repeat([0, 1], sizes_of_classes(n_samples)))
    has_x = random_state.randint(0, 2, (n_samples, n_qubits))
    has_z = has_x @ neighbours % 2
    turned = random_state.uniform(-separation, separation, (2, n_qubits))
    X = np.empty((n_samples, 2 * n_qubits))
    X[:, ::2] = -np.pi / 2 * has_x + turned[y]
    X[:, 1::2] = -np.pi / 2 * has_z
    return X + noise * random_state.normal(size=X.shape), y


def _adjacency(edges, n_qubits):
    """Return the adjacency matrix of a graph, as integers."""
    if edges is None:
        edges = [(qubit, qubit + 1) for qubit in range(n_qubits - 1)]
    edges = np.asarray(edges) if len(edges) else np.empty((0, 2), dtype=int)
    if edges.ndim != 2 or edges.shape[1] != 2:
        raise ValueError(f"edges has shape {edges.shape}; pass pairs of qubits, one for each edge.")
    matrix = np.zeros((n_qubits, n_qubits), dtype=int)
    for i, j in edges.tolist():
        if i == j or not {i, j} <= set(range(n_qubits)):
            raise ValueError(
                f"{(i, j)} among the edges does not join two of {n_qubits} qubits; use pairs of "
                f"different numbers from 0 to {n_qubits - 1}."
            )
        matrix[i, j] = matrix[j, i] = 1
    return matrix

"""Which rows stand for all of them in a kernel of low rank."""

import numpy as np
from scipy.linalg import eigh
from sklearn.cluster import kmeans_plusplus

from skquantum._runtime import blocks_of_rows

__all__ = ["LANDMARKS", "inverse_root"]

ROWS_PER_BLOCK = 4096


def random_rows(kernel, X, n_landmarks, rng, options):
    """Return rows that are drawn uniformly."""
    return rng.permutation(X.shape[0])[:n_landmarks]


def spread_rows(kernel, X, n_landmarks, rng, options):
    """Return rows far from each other in the space of the features, by k-means++."""
    _, rows = kmeans_plusplus(X, n_landmarks, random_state=rng)
    rows = np.unique(rows)
    others = np.setdiff1d(rng.permutation(X.shape[0]), rows)  # where rows are equal
    return np.r_[rows, rng.permutation(others)[: n_landmarks - len(rows)]]


def leverage_rows(kernel, X, n_landmarks, rng, options):
    r"""Return rows that are drawn by their ridge leverage scores.

    The scores are estimated with as many rows S, drawn uniformly, as
    :math:`l_i \propto k_{ii} - k_{iS} (K_{SS} + \lambda I)^{-1} k_{Si}`, where :math:`\lambda` is
    the mean of what uniform landmarks leave.
    """
    start = random_rows(kernel, X, n_landmarks, rng, options)
    encoded = kernel.encode(X, **options)
    few, diagonal = encoded.take(start), kernel.diag(X)
    K = kernel.gram(few)
    left = _left_over(kernel, encoded, few, diagonal, inverse_root(K))
    scores = _left_over(kernel, encoded, few, diagonal, inverse_root(K, left.sum() / n_landmarks))
    scores = np.maximum(scores, 1e-12 * max(scores.max(), 1.0))
    return rng.choice(X.shape[0], n_landmarks, replace=False, p=scores / scores.sum())


def greedy_rows(kernel, X, n_landmarks, rng, options):
    """Return the rows that a pivoted Cholesky decomposition takes.

    Each is the one that those before describe worst; the first is drawn.
    """
    encoded = kernel.encode(X, **options)
    left = kernel.diag(X)
    columns = np.zeros((n_landmarks, X.shape[0]))
    rows = np.empty(n_landmarks, dtype=np.int64)
    chosen = np.zeros(X.shape[0], dtype=bool)
    largest = rng.permutation(np.flatnonzero(left == left.max()))[0]
    for k in range(n_landmarks):
        rows[k] = largest
        chosen[largest] = True
        column = kernel.gram(encoded, encoded.take([largest]))[:, 0]
        column = column - columns[:k].T @ columns[:k, largest]
        if left[largest] > 0:
            columns[k] = column / np.sqrt(left[largest])
            left = np.maximum(left - columns[k] ** 2, 0.0)
        largest = np.argmax(np.where(chosen, -1.0, left))
    return rows


def inverse_root(K, ridge=0.0):
    """Return the inverse of the square root of a kernel matrix plus a multiple of the identity.

    Directions without weight are left out. Where shots have given some a negative one, so are
    those with a positive one of that size, which is as likely to be noise.
    """
    eigenvalues, vectors = eigh(K)
    rounding = len(K) * np.finfo(np.float64).eps * np.abs(eigenvalues).max()
    kept = eigenvalues > max(rounding, -eigenvalues[0])
    vectors = vectors[:, kept]
    return (vectors / np.sqrt(eigenvalues[kept] + ridge)) @ vectors.T


def _left_over(kernel, encoded, few, diagonal, root):
    """Return what of each row the span of a few does not hold."""
    left = np.empty(len(encoded))
    for block in blocks_of_rows(len(encoded), ROWS_PER_BLOCK):
        described = kernel.gram(encoded.take(block), few) @ root
        left[block] = diagonal[block] - (described**2).sum(axis=1)
    return np.maximum(left, 0.0)


LANDMARKS = {
    "random": random_rows,
    "k-means++": spread_rows,
    "leverage": leverage_rows,
    "greedy": greedy_rows,
}

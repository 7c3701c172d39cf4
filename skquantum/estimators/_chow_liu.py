"""Which bits belong together: the Chow-Liu tree."""

import numpy as np
from scipy.sparse.csgraph import minimum_spanning_tree

__all__ = ["chow_liu_tree"]


def chow_liu_tree(bits):
    """Return the pairs of bits with the most mutual information that connect all bits.

    Parameters
    ----------
    bits : ndarray of shape (n_rows, n_bits)
        Zeros and ones.

    Returns
    -------
    list of tuple of int
        ``n_bits - 1`` pairs.
    """
    ones = bits.mean(axis=0)
    information = np.zeros((bits.shape[1], bits.shape[1]))
    for a in (0, 1):
        for b in (0, 1):
            both = (bits == a).T.astype(np.float64) @ (bits == b) / len(bits)
            apart = np.outer(*(np.where(value, ones, 1 - ones) for value in (a, b)))
            with np.errstate(divide="ignore", invalid="ignore"):
                information += np.where(both > 0, both * np.log(both / apart), 0.0)
    # a spanning tree ignores zeros, so that every distance has to be above
    tree = minimum_spanning_tree(1.0 + information.max() - information).tocoo()
    return sorted((int(a), int(b)) for a, b in zip(tree.row, tree.col, strict=True))

"""Fidelities of all pairs of two tiles of matrix product states."""

from itertools import pairwise

import numpy as np

from skquantum.engines._mps._loops import LANES, advance

__all__ = ["fidelities"]


def fidelities(bras, kets, bonds_a, bonds_b, *, symmetric):
    """Return the fidelities of all pairs.

    Parameters
    ----------
    bras, kets : list of ndarray of shape (n_rows, left bond, 2, right bond)
        Tensors of each site.
    bonds_a, bonds_b : ndarray of shape (n_rows, n_sites + 1)
        What is used of the bonds of each row, from the left end on.
    symmetric : bool
        Whether bras and kets are the same, so that pairs below the diagonal suffice; what the
        others are is undefined.

    Returns
    -------
    ndarray of shape (n_bras, n_kets)
        Fidelities.
    """
    n_a, n_b = len(bonds_a), len(bonds_b)
    sites_a = list(pairwise(bonds_a.max(axis=0).tolist()))
    sites_b = list(pairwise(bonds_b.max(axis=0).tolist()))
    both = list(zip(sites_a, sites_b, strict=True))
    room = max(2 * _panels(b) * _even(a) for (a, _), (b, _) in both)
    E = np.zeros((n_a * n_b * room, LANES))
    E[::room, 0] = 1.0
    # one row more than is used, as rows are worked on in twos
    between = np.empty((max(2 * _panels(b) * (2 * a + 1) + 2 for (a, _), (_, b) in both), LANES))
    for site, ((a, a_next), (b, b_next)) in enumerate(both):
        advance(
            E,
            room,
            np.ascontiguousarray(bras[site]),
            bonds_a[:, site : site + 2],
            np.ascontiguousarray(kets[site]),
            bonds_b[:, site : site + 2],
            np.empty((n_a, 2 * _panels(2 * a) * _even(a_next), LANES)),
            np.empty((n_b, 4 * _panels(b_next) * b, LANES)),
            between,
            symmetric,
        )
    re, im = E.reshape(n_a, n_b, room, LANES)[:, :, :2, 0].transpose(2, 0, 1)
    return re * re + im * im


def _panels(n):
    return -(-n // LANES)


def _even(n):
    return n + n % 2

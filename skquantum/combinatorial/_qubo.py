"""QUBO: the energy x' Q x of bits x, with the linear terms on the diagonal of a symmetric Q."""

from typing import NamedTuple

import numpy as np

from skquantum._runtime import check_memory

__all__ = ["LowEnergies", "all_energies", "as_qubo", "distinct", "energy", "exchanged", "of_bits"]


class LowEnergies(NamedTuple):
    """Assignments of low energy, the lowest first, each once.

    Parameters
    ----------
    samples : ndarray of bool of shape (n_samples, n_variables)
        The assignments.
    energies : ndarray of shape (n_samples,)
        Their energies.
    info : dict
        What else the search has to say.

    Examples
    --------
    >>> from skquantum.combinatorial import exact_minimum
    >>> found = exact_minimum([[-1.0, 1.0], [1.0, -1.5]])
    >>> found.samples[0]
    array([False,  True])
    >>> found.energies
    array([-1.5, -1. ])
    """

    samples: np.ndarray
    energies: np.ndarray
    info: dict


def as_qubo(Q, n_selected=None):
    """Return a QUBO as a symmetric matrix, after checking it and a number of ones.

    Parameters
    ----------
    Q : array-like of shape (n_variables, n_variables)
        Energies are x' Q x; only the sum of Q[i, j] and Q[j, i] matters.
    n_selected : int or None, default=None
        Number of variables that are 1; None for any number.

    Returns
    -------
    ndarray of shape (n_variables, n_variables)
        Symmetric, float64.

    Raises
    ------
    ValueError
        If it is not square, not finite, or has fewer variables than are to be 1.
    """
    Q = np.asarray(Q, dtype=np.float64)
    if Q.ndim != 2 or Q.shape[0] != Q.shape[1] or not len(Q):
        raise ValueError(
            f"A QUBO is a square matrix, and Q has shape {Q.shape}; pass one row and column for "
            "each variable."
        )
    if not np.isfinite(Q).all():
        row, column = np.argwhere(~np.isfinite(Q))[0]
        raise ValueError(f"Q[{row}, {column}] is {Q[row, column]}; pass finite numbers.")
    if n_selected is not None and not 0 <= n_selected <= len(Q):
        raise ValueError(
            f"n_selected={n_selected} of {len(Q)} variables is impossible; pass a number from 0 to "
            f"{len(Q)}."
        )
    return (Q + Q.T) / 2


def energy(Q, x):
    """Return the energies x' Q x of bits `x` (n_variables,) or (n_samples, n_variables)."""
    x = np.asarray(x, dtype=np.float64)
    return np.einsum("...i,...i->...", x @ Q, x)


def of_bits(numbers, n_variables):
    """Return the assignments that numbers stand for: variable i is bit i."""
    numbers = np.asarray(numbers, dtype=np.int64)
    return (numbers[..., None] >> np.arange(n_variables) & 1).astype(bool)


def all_energies(Q):
    """Return the energies of all assignments, by doubling: each bit costs one addition per entry.

    Parameters
    ----------
    Q : ndarray of shape (n_variables, n_variables)
        Symmetric.

    Returns
    -------
    ndarray of shape (2 ** n_variables,)
        Entry z is the energy of the bits of z, variable i being bit i.

    Raises
    ------
    InsufficientMemoryError
        If the table would not fit into memory.
    """
    n = len(Q)
    check_memory(
        12 * 2**n,
        f"A table of the energies of {n} variables",
        "use solver='annealing', which needs none",
    )
    energies, field = np.zeros(2**n), np.empty(2 ** max(0, n - 1))
    for i in range(n):
        field[0] = Q[i, i]
        for j in range(i):
            np.add(field[: 1 << j], 2 * Q[i, j], out=field[1 << j : 2 << j])
        np.add(energies[: 1 << i], field[: 1 << i], out=energies[1 << i : 2 << i])
    return energies


def distinct(Q, samples, n_best=None):
    """Return the different ones of some assignments, sorted by energy, with their energies."""
    samples = np.unique(np.asarray(samples, dtype=bool), axis=0)
    energies = energy(Q, samples)
    order = np.argsort(energies, kind="stable")[:n_best]
    return samples[order], energies[order]


def exchanged(Q, x):
    """Return by how much the energy changes when a one and a zero change places.

    Parameters
    ----------
    Q : ndarray of shape (n_variables, n_variables)
        Symmetric.
    x : ndarray of bool of shape (n_variables,)
        Assignment with ones and zeros.

    Returns
    -------
    ndarray of shape (n_ones, n_zeros)
        The differences.
    """
    ones, zeros = np.flatnonzero(x), np.flatnonzero(~x)
    field = np.diag(Q) + 2 * (Q @ x - np.diag(Q) * x)  # what a variable costs as a one
    return field[zeros] - field[ones][:, None] - 2 * Q[np.ix_(ones, zeros)]

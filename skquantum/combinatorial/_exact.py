"""The exact minimum of a QUBO: a table of all energies, or branch and bound."""

from math import comb

import numpy as np

from skquantum.combinatorial._annealing import simulated_annealing
from skquantum.combinatorial._qubo import LowEnergies, all_energies, as_qubo, energy, of_bits

__all__ = ["exact_minimum"]

LARGEST_TABLE = 20  # variables
MOST_ASSIGNMENTS = 10**11


def exact_minimum(Q, n_selected=None, *, n_best=2):
    """Return the assignments of lowest energy, and prove that there are none lower.

    Up to 20 variables all energies are computed; beyond, a branch and bound search starts from
    the result of simulated annealing. A partial assignment is left as soon as its own energy,
    the lowest costs of the ones that it lacks, and for each of them the lowest couplings with the
    others exceed what is known.

    Parameters
    ----------
    Q : array-like of shape (n_variables, n_variables)
        Energies are x' Q x.
    n_selected : int or None, default=None
        Number of variables that are 1; None for any number.
    n_best : int, default=2
        Largest number of assignments returned.

    Returns
    -------
    LowEnergies
        The `n_best` assignments of lowest energy.

    Raises
    ------
    ValueError
        If there are too many assignments to search.

    Examples
    --------
    >>> import numpy as np
    >>> from skquantum.combinatorial import exact_minimum
    >>> Q = np.ones((6, 6)) - np.diag([7, 6, 5, 4, 3, 2])
    >>> exact_minimum(Q, 2).energies
    array([-9., -8.])
    """
    Q = as_qubo(Q, n_selected)
    n = len(Q)
    n_assignments = 2**n if n_selected is None else comb(n, n_selected)
    if n_assignments > MOST_ASSIGNMENTS:
        raise ValueError(
            f"An exact search of {n} variables has {n_assignments:.2g} assignments, more than "
            f"{MOST_ASSIGNMENTS:.0e}; use solver='annealing'."
        )
    if n <= LARGEST_TABLE:
        return _from_table(Q, n_selected, n_best)
    return _by_branches(Q, n_selected, n_best)


def _from_table(Q, n_selected, n_best):
    energies = all_energies(Q)
    numbers = np.arange(len(energies))
    if n_selected is not None:
        numbers = np.flatnonzero(np.bitwise_count(numbers) == n_selected)
    n_best = min(n_best, len(numbers))
    lowest = np.argpartition(energies[numbers], n_best - 1)[:n_best]
    lowest = np.sort(numbers[lowest])
    samples = of_bits(lowest[np.argsort(energies[lowest], kind="stable")], len(Q))
    return LowEnergies(samples, energy(Q, samples), {"n_visited": len(numbers)})


def _by_branches(Q, n_selected, n_best):
    from skquantum.combinatorial._loops import branch_and_bound

    n = len(Q)
    found = simulated_annealing(Q, n_selected, random_state=0)
    samples, energies = np.zeros((n_best, n), dtype=bool), np.full(n_best, np.inf)
    known = min(n_best, len(found.energies))
    samples[:known], energies[:known] = found.samples[:known], found.energies[:known]
    # variables of the best assignment first: a search that starts well is cut sooner
    order = np.lexsort((np.diag(Q) + 2 * Q @ samples[0], ~samples[0]))
    samples, ordered = samples[:, order].copy(), Q[np.ix_(order, order)].copy()
    visited = sum(
        branch_and_bound(ordered, size, _sums_of_smallest(ordered, size), samples, energies)
        for size in (range(n + 1) if n_selected is None else [n_selected])
    )
    samples = samples[np.isfinite(energies)][:, np.argsort(order)]
    return LowEnergies(samples, energy(Q, samples), {"n_visited": visited})


def _sums_of_smallest(Q, n_selected):
    """Return an array whose entry [d, i, s] sums the s smallest Q[i, j] over j >= d, j != i."""
    n = len(Q)
    sums = np.zeros((n, n, max(1, n_selected)))
    others = np.where(np.eye(n, dtype=bool), np.inf, Q)
    for d in range(n):
        ordered = np.sort(others[:, d:], axis=1)[:, : max(0, n_selected - 1)]
        sums[d, :, 1 : 1 + ordered.shape[1]] = np.cumsum(ordered, axis=1)
    return sums

"""Simulated annealing of a QUBO, on all assignments or on those with a given number of ones."""

import numpy as np
from sklearn.utils import check_random_state

from skquantum.combinatorial._qubo import LowEnergies, as_qubo, distinct, exchanged

__all__ = ["annealed", "simulated_annealing"]

COLDEST = 1e-3  # of the mean change of energy, where a schedule ends


def simulated_annealing(Q, n_selected=None, *, n_reads=20, n_sweeps=200, random_state=None):
    """Search the minimum of a QUBO by simulated annealing.

    With a number of ones, a one and a zero change places in every step, so that no penalty
    distorts the energies. Every run ends in a local minimum.

    Parameters
    ----------
    Q : array-like of shape (n_variables, n_variables)
        Energies are x' Q x.
    n_selected : int or None, default=None
        Number of variables that are 1; None for any number.
    n_reads : int, default=20
        Number of runs.
    n_sweeps : int, default=200
        Number of temperatures of a run, from the mean change of the energy down to a thousandth
        of it; each takes as many steps as there are variables.
    random_state : int, RandomState instance or None, default=None
        Seed or generator for starts and steps.

    Returns
    -------
    LowEnergies
        The different ends of the runs, and the best neighbour of the best of them.

    Examples
    --------
    >>> import numpy as np
    >>> from skquantum.combinatorial import simulated_annealing
    >>> Q = np.ones((6, 6)) - np.diag([7, 6, 5, 4, 3, 2])
    >>> simulated_annealing(Q, 2, random_state=0).samples[0]
    array([ True,  True, False, False, False, False])
    """
    Q = as_qubo(Q, n_selected)
    samples = annealed(Q, n_selected, n_reads=n_reads, n_sweeps=n_sweeps, random_state=random_state)
    best = distinct(Q, samples)[0][0]
    if n_selected is None:
        neighbours = best ^ np.eye(len(Q), dtype=bool)
    elif n_selected in (0, len(Q)):
        neighbours = samples
    else:
        change = exchanged(Q, best)
        one, zero = np.unravel_index(change.argmin(), change.shape)
        neighbours = best.copy()[None]
        neighbours[0, [np.flatnonzero(best)[one], np.flatnonzero(~best)[zero]]] = False, True
    return LowEnergies(*distinct(Q, np.vstack([samples, neighbours])), {})


def annealed(Q, n_selected, *, n_reads, n_sweeps, random_state):
    """Return the ends of all runs of :func:`simulated_annealing` on a symmetric matrix."""
    from skquantum.combinatorial._loops import anneal_exchanges, anneal_flips

    n = len(Q)
    if n_selected in (0, n):
        return np.full((n_reads, n), n_selected == n)
    seed = int(check_random_state(random_state).randint(2**31 - 1))
    mean_change = np.sqrt(np.mean((np.diag(Q) - np.diag(Q).mean()) ** 2) + np.sum(Q**2) / n)
    temperatures = max(mean_change, 1e-300) * np.geomspace(1, COLDEST, n_sweeps)
    if n_selected is None:
        return anneal_flips(Q, n_reads, temperatures, seed)
    return anneal_exchanges(Q, n_selected, n_reads, temperatures, seed)

"""One function for all that searches the minimum of a QUBO: names, and samplers of dimod."""

import numpy as np
from sklearn.utils import check_random_state

from skquantum._lazy import import_optional
from skquantum._validation import closest_name
from skquantum.combinatorial._annealing import simulated_annealing
from skquantum.combinatorial._exact import exact_minimum
from skquantum.combinatorial._grover import grover
from skquantum.combinatorial._qaoa import qaoa
from skquantum.combinatorial._qubo import LowEnergies, as_qubo, distinct

__all__ = ["SOLVERS", "check_solver", "minimize_qubo", "with_ones"]

SOLVERS = ("exact", "annealing", "quantum_annealing", "qaoa", "grover")
READS = 100  # what samplers of dimod are asked for, whose own default is 1 in most cases
READS_OF_PATHS = 20  # of path-integral annealing, which takes a minute of them for 1,000 variables


def check_solver(solver):
    """Raise if a solver is neither one of the names nor a sampler of dimod.

    Parameters
    ----------
    solver : str or dimod.Sampler
        The solver.

    Raises
    ------
    ValueError
        If the name is unknown.
    TypeError
        If it is something else altogether.
    """
    if isinstance(solver, str):
        if solver not in SOLVERS:
            raise ValueError(f"solver={solver!r} is unknown: {closest_name(solver, SOLVERS)}.")
    elif not callable(getattr(solver, "sample", None)) or isinstance(solver, type):
        raise TypeError(
            f"solver is {solver!r}, neither a name nor a sampler of dimod; pass one of "
            f"{', '.join(map(repr, SOLVERS))}, or an object such as dimod.ExactSolver()."
        )


def minimize_qubo(Q, n_selected=None, *, solver="annealing", random_state=None):
    """Search the assignment of lowest energy x' Q x.

    Parameters
    ----------
    Q : array-like of shape (n_variables, n_variables)
        Energies are x' Q x.
    n_selected : int or None, default=None
        Number of variables that are 1; None for any number.
    solver : str or dimod.Sampler, default="annealing"
        "exact", "annealing" (simulated), "quantum_annealing" (path-integral annealing of
        dwave-samplers), "qaoa", "grover", or a sampler of dimod. A sampler knows nothing of
        `n_selected`: it gets the QUBO with a field and the weakest penalty that keep the number of
        ones there, is asked for 100 reads if it takes ``num_reads``, and ones that are too many or
        too few in a sample are removed or added, the cheapest first.
    random_state : int, RandomState instance or None, default=None
        Seed of the solver.

    Returns
    -------
    LowEnergies
        Assignments found, the lowest energy first.

    Raises
    ------
    ValueError
        If the QUBO or the name of the solver is invalid.
    TypeError
        If the solver is neither a name nor a sampler.
    ImportError
        If the solver needs packages that are not installed.

    Examples
    --------
    >>> import numpy as np
    >>> from skquantum.combinatorial import minimize_qubo
    >>> Q = np.ones((6, 6)) - np.diag([7, 6, 5, 4, 3, 2])
    >>> minimize_qubo(Q, 2, solver="exact").samples[0]
    array([ True,  True, False, False, False, False])
    """
    check_solver(solver)
    Q = as_qubo(Q, n_selected)
    if solver == "exact":
        return exact_minimum(Q, n_selected)
    if solver == "annealing":
        return simulated_annealing(Q, n_selected, random_state=random_state)
    if solver == "grover":
        return grover(Q, n_selected, random_state=random_state)
    if solver == "qaoa":
        return qaoa(Q, n_selected, random_state=random_state)
    if solver == "quantum_annealing":
        samplers = import_optional("dwave.samplers", "combinatorial", "solver='quantum_annealing'")
        solver, n_reads = samplers.PathIntegralAnnealingSampler(), READS_OF_PATHS
    else:
        n_reads = READS
    if hasattr(solver, "search"):  # samplers of this package keep the number of ones themselves
        return solver.search(Q, n_selected, random_state=random_state)
    dimod = import_optional("dimod", "combinatorial", f"solver={type(solver).__name__}(...)")
    bqm = dimod.BinaryQuadraticModel(_with_penalty(Q, n_selected), "BINARY")
    options = {}
    if "num_reads" in solver.parameters:
        options["num_reads"] = n_reads
    if "seed" in solver.parameters:
        options["seed"] = int(check_random_state(random_state).randint(2**31 - 1))
    sampled = solver.sample(bqm, **options)
    columns = [list(sampled.variables).index(i) for i in range(len(Q))]
    samples = sampled.record.sample[:, columns] > 0
    if n_selected is not None:
        samples = with_ones(Q, samples, n_selected)
    return LowEnergies(*distinct(Q, samples), dict(sampled.info))


def with_ones(Q, samples, n_selected):
    """Return samples with a number of ones: the costliest are removed, the cheapest added.

    Parameters
    ----------
    Q : ndarray of shape (n_variables, n_variables)
        Symmetric.
    samples : ndarray of bool of shape (n_samples, n_variables)
        Assignments.
    n_selected : int
        Number of ones.

    Returns
    -------
    ndarray of bool of shape (n_samples, n_variables)
        A copy, in which each row has the number of ones.

    Examples
    --------
    >>> import numpy as np
    >>> from skquantum.combinatorial import with_ones
    >>> with_ones(np.diag([-1.0, -3.0, -2.0]), np.array([[True, False, False]]), 2)
    array([[ True,  True, False]])
    """
    samples = np.array(samples, dtype=bool)
    for x in samples:
        while (missing := n_selected - x.sum()) != 0:
            cost = _field(Q, x)
            change = np.where(x, np.inf, cost) if missing > 0 else np.where(x, -cost, np.inf)
            x[change.argmin()] ^= True
    return samples


def _field(Q, x):
    """Return what every variable costs as a one, beside the other ones."""
    return np.diag(Q) + 2 * (Q @ x - np.diag(Q) * x)


def _with_penalty(Q, n_selected):
    """Return a QUBO without constraint whose low energies have about `n_selected` ones.

    A field makes the next one cost as much as the last one saves, for an assignment that was made
    greedily; a penalty, as weak as can be, is for what is not convex around it.
    """
    n = len(Q)
    if n_selected is None:
        return Q
    if n_selected in (0, n):
        return Q + (1 if n_selected == 0 else -1) * np.eye(n) * (1 + 2 * np.abs(Q).sum())
    x = with_ones(Q, np.zeros((1, n)), n_selected)[0]
    cost = _field(Q, x)
    last, following = cost[x].max(), cost[~x].min()
    strength = max(0.0, (last - following) / 2) + cost.std() / 2
    constant = np.full((n, n), strength)
    return Q + constant - np.eye(n) * (2 * n_selected * strength + (last + following) / 2)

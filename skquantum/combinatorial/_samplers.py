"""Samplers of dimod around the searches of this folder."""

from abc import abstractmethod

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.utils import check_random_state

from skquantum._lazy import import_optional
from skquantum.combinatorial._annealing import simulated_annealing
from skquantum.combinatorial._exact import exact_minimum
from skquantum.combinatorial._grover import grover
from skquantum.combinatorial._qaoa import qaoa
from skquantum.combinatorial._qubo import LowEnergies

__all__ = ["AnnealingSampler", "ExactSampler", "GroverSampler", "LocalSampler", "QAOASampler"]

dimod = import_optional("dimod", "combinatorial", "A sampler of skquantum.combinatorial")


class LocalSampler(BaseEstimator, dimod.Sampler):
    """Base class: settings of a search, as a sampler of dimod and an object of scikit-learn.

    A subclass stores its settings in the constructor and writes ``search``.

    Examples
    --------
    >>> import dimod
    >>> import numpy as np
    >>> from skquantum.combinatorial import LocalSampler, LowEnergies, as_qubo, distinct
    >>> class AllZeros(LocalSampler):
    ...     def search(self, Q, n_selected=None, *, random_state=None):
    ...         Q = as_qubo(Q, n_selected)
    ...         return LowEnergies(*distinct(Q, np.zeros((1, len(Q)))), {})
    >>> AllZeros().sample_qubo({("a", "b"): 1.0}).first.sample
    {'a': np.int8(0), 'b': np.int8(0)}
    """

    @property
    def parameters(self):
        """Keywords of :meth:`sample`, as dimod wants them."""
        return {"n_selected": [], "seed": []}

    @property
    def properties(self):
        """The settings."""
        return self.get_params(deep=False)

    @abstractmethod
    def search(self, Q, n_selected=None, *, random_state=None):
        """Search assignments of low energy.

        Parameters
        ----------
        Q : array-like of shape (n_variables, n_variables)
            Energies are x' Q x.
        n_selected : int or None, default=None
            Number of variables that are 1; None for any number.
        random_state : int, RandomState instance or None, default=None
            Seed or generator for the random numbers.

        Returns
        -------
        LowEnergies
            Assignments found, the lowest energy first.
        """

    def sample(self, bqm, *, n_selected=None, seed=None, **parameters):
        """Search assignments of low energy of a binary quadratic model.

        Parameters
        ----------
        bqm : dimod.BinaryQuadraticModel
            The model, of bits or spins.
        n_selected : int or None, default=None
            Number of variables that are 1; None for any number.
        seed : int or None, default=None
            Seed of the search.
        **parameters : dict
            Keywords of other samplers, which are warned of and ignored.

        Returns
        -------
        dimod.SampleSet
            Assignments found; its ``info`` is that of the search.
        """
        self.remove_unknown_kwargs(**parameters)
        binary = bqm.change_vartype("BINARY", inplace=False)
        variables = list(binary.variables)
        if not variables:
            return dimod.SampleSet.from_samples_bqm({}, bqm)
        linear, (rows, columns, weights), _ = binary.to_numpy_vectors(variable_order=variables)
        Q = np.diag(np.asarray(linear, dtype=np.float64))
        np.add.at(Q, (rows, columns), weights)
        found = self.search(Q, n_selected, random_state=check_random_state(seed))
        samples = found.samples.astype(np.int8)
        result = dimod.SampleSet.from_samples_bqm((samples, variables), binary, info=found.info)
        return result.change_vartype(bqm.vartype, inplace=False)


class ExactSampler(LocalSampler):
    """The assignments of lowest energy, as a sampler of dimod.

    Parameters
    ----------
    n_best : int, default=2
        Number of assignments returned.

    See Also
    --------
    exact_minimum : The function that it calls.

    Examples
    --------
    >>> import dimod
    >>> from skquantum.combinatorial import ExactSampler
    >>> bqm = dimod.BinaryQuadraticModel({"a": -1, "b": -2}, {("a", "b"): 3}, 0.5, "BINARY")
    >>> float(ExactSampler().sample(bqm).first.energy)
    -1.5
    """

    def __init__(self, n_best=2):
        self.n_best = n_best

    def search(self, Q, n_selected=None, *, random_state=None):
        """Return what :func:`exact_minimum` does.

        Parameters
        ----------
        Q : array-like of shape (n_variables, n_variables)
            Energies are x' Q x.
        n_selected : int or None, default=None
            Number of variables that are 1; None for any number.
        random_state : int, RandomState instance or None, default=None
            Not used.

        Returns
        -------
        LowEnergies
            The `n_best` assignments of lowest energy.
        """
        return exact_minimum(Q, n_selected, n_best=self.n_best)


class AnnealingSampler(LocalSampler):
    """Simulated annealing, optionally with a fixed number of ones, as a sampler of dimod.

    Parameters
    ----------
    n_reads : int, default=20
        Number of runs.
    n_sweeps : int, default=200
        Number of temperatures of a run.

    See Also
    --------
    simulated_annealing : The function that it calls.

    Examples
    --------
    >>> import dimod
    >>> from skquantum.combinatorial import AnnealingSampler
    >>> bqm = dimod.BinaryQuadraticModel({"a": -1, "b": -2}, {("a", "b"): 3}, 0.5, "BINARY")
    >>> float(AnnealingSampler().sample(bqm, n_selected=2).first.energy)
    0.5
    """

    def __init__(self, n_reads=20, n_sweeps=200):
        self.n_reads = n_reads
        self.n_sweeps = n_sweeps

    def search(self, Q, n_selected=None, *, random_state=None) -> LowEnergies:
        """Return what :func:`simulated_annealing` does.

        Parameters
        ----------
        Q : array-like of shape (n_variables, n_variables)
            Energies are x' Q x.
        n_selected : int or None, default=None
            Number of variables that are 1; None for any number.
        random_state : int, RandomState instance or None, default=None
            Seed or generator for starts and steps.

        Returns
        -------
        LowEnergies
            The different ends of the runs, and the best neighbour of the best of them.
        """
        return simulated_annealing(
            Q,
            n_selected,
            n_reads=self.n_reads,
            n_sweeps=self.n_sweeps,
            random_state=random_state,
        )


class QAOASampler(LocalSampler):
    """The quantum approximate optimization algorithm, simulated, as a sampler of dimod.

    Parameters
    ----------
    n_layers : int, default=3
        Number of phases and mixers, p.
    optimizer : str, Optimizer, object or callable, default="l-bfgs"
        Optimizer of the angles; see :func:`skquantum.optimizers.resolve_optimizer`.
    init : {"interpolated", "ramp"} or array-like of shape (2 * n_layers,), default="interpolated"
        Where training starts, as in :func:`qaoa`.
    max_iter : int, default=100
        Largest number of iterations of each training.
    shots : int, default=1000
        Number of measured assignments.
    engine : str, Engine or None, default=None
        An engine with states that runs the circuit of gates; None is faster.
    n_jobs : int or None, default=None
        Number of threads that share loops over a large state.

    See Also
    --------
    qaoa : The function that it calls, which says what ``info`` holds.

    Examples
    --------
    >>> import dimod
    >>> from skquantum.combinatorial import QAOASampler
    >>> bqm = dimod.BinaryQuadraticModel({"a": -1, "b": -2}, {("a", "b"): 3}, 0.5, "BINARY")
    >>> sampled = QAOASampler(n_layers=2).sample(bqm, seed=0)
    >>> float(sampled.first.energy)
    -1.5
    >>> sampled.info["resources"]["cx"]
    4
    """

    def __init__(
        self,
        n_layers=3,
        *,
        optimizer="l-bfgs",
        init="interpolated",
        max_iter=100,
        shots=1000,
        engine=None,
        n_jobs=None,
    ):
        self.n_layers = n_layers
        self.optimizer = optimizer
        self.init = init
        self.max_iter = max_iter
        self.shots = shots
        self.engine = engine
        self.n_jobs = n_jobs

    def search(self, Q, n_selected=None, *, random_state=None):
        """Return what :func:`qaoa` does.

        Parameters
        ----------
        Q : array-like of shape (n_variables, n_variables)
            Energies are x' Q x.
        n_selected : int or None, default=None
            Number of variables that are 1, kept by the mixer; None for any number.
        random_state : int, RandomState instance or None, default=None
            Seed or generator for the assignments.

        Returns
        -------
        LowEnergies
            The different assignments that were measured.
        """
        return qaoa(Q, n_selected, random_state=random_state, **self.get_params(deep=False))


class GroverSampler(LocalSampler):
    """Grover adaptive search, simulated by its exact statistics, as a sampler of dimod.

    Parameters
    ----------
    max_queries : int or None, default=None
        When a run stops. None means :func:`query_budget`.

    See Also
    --------
    grover : The function that it calls, which says what ``info`` holds.

    Examples
    --------
    >>> import dimod
    >>> from skquantum.combinatorial import GroverSampler
    >>> bqm = dimod.BinaryQuadraticModel({"a": -1, "b": -2}, {("a", "b"): 3}, 0.5, "BINARY")
    >>> sampled = GroverSampler().sample(bqm, seed=0)
    >>> float(sampled.first.energy), sampled.info["n_candidates"]
    (-1.5, 4)
    """

    def __init__(self, max_queries=None):
        self.max_queries = max_queries

    def search(self, Q, n_selected=None, *, random_state=None):
        """Return what :func:`grover` does.

        Parameters
        ----------
        Q : array-like of shape (n_variables, n_variables)
            Energies are x' Q x.
        n_selected : int or None, default=None
            Number of variables that are 1; None for any number.
        random_state : int, RandomState instance or None, default=None
            Seed or generator for the measurements.

        Returns
        -------
        LowEnergies
            The candidates that were the best so far.
        """
        return grover(Q, n_selected, max_queries=self.max_queries, random_state=random_state)

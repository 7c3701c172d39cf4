"""What every engine offers: settings that open into a worker-local session."""

from abc import ABC, abstractmethod
from functools import cached_property

import numpy as np
from sklearn.base import BaseEstimator, clone

from skquantum._parallel import map_rows, n_workers, sharing
from skquantum.engines._expressions import Expressions
from skquantum.engines._large_angles import warn_if_meaningless

__all__ = ["Engine", "Session"]


class Session(ABC):
    """A circuit that is ready to run in this process; made by :meth:`Engine.open`.

    Running takes two steps: the parameter expressions of all rows are evaluated as columns of
    numbers, at once and in the calling process, and then blocks of rows are simulated.

    Attributes
    ----------
    n_qubits : int
        Width of the circuit.
    parameters : tuple of Parameter
        The free parameters of the circuit, in its order.
    expressions : tuple of ParameterExpression
        What is evaluated for every row.
    dtype : numpy dtype
        Of the amplitudes that :meth:`states` returns.
    seconds_per_row : float
        Rough estimate, used to decide whether work is worth sharing among workers.
    rows_per_run : int
        How many rows are simulated at once.
    rows_together : int
        How many rows take as long as one.
    shares_loops : bool
        Whether threads can work on the same rows: then :meth:`run` takes a second argument, what
        ``_parallel.sharing`` yields.
    """

    rows_together = 1
    shares_loops = False

    def columns(self, values):
        """Evaluate the expressions of all rows.

        Parameters
        ----------
        values : array-like of shape (n_rows, n_parameters)
            Parameter values (radians).

        Returns
        -------
        ndarray of shape (n_rows, n_expressions)
            What :meth:`run` takes.

        Raises
        ------
        ValueError
            If the shape is wrong, or an expression is no finite real number for a row.

        Warns
        -----
        UserWarning
            If an angle is beyond a million radians.
        """
        values = np.asarray(values, dtype=np.float64)
        if values.ndim != 2 or values.shape[1] != len(self.parameters):
            raise ValueError(
                f"The circuit has {len(self.parameters)} free parameters, the values have shape "
                f"{values.shape}; pass one column per parameter."
            )
        columns = self._prepared.values(values)
        warn_if_meaningless(columns, self.expressions)
        return columns

    @cached_property
    def _prepared(self):
        return Expressions(self.expressions, self.parameters)

    @abstractmethod
    def run(self, columns):
        """Return the states for some rows of :meth:`columns`."""

    def states(self, values):
        """Return the state of every row.

        Parameters
        ----------
        values : array-like of shape (n_rows, n_parameters)
            Parameter values (radians).

        Returns
        -------
        ndarray of shape (n_rows, 2 ** n_qubits)
            Amplitudes, little-endian.
        """
        return self.run(self.columns(values))

    def expectations(self, values, observables, *, n_jobs=None, random_state=None):
        """Return expectation values of every row.

        Parameters
        ----------
        values : array-like of shape (n_rows, n_parameters)
            Parameter values (radians).
        observables : sequence of SparsePauliOp or ndarray of shape (2 ** n_qubits,)
            Hermitian operators on all qubits of the circuit; an array is the diagonal of one.
        n_jobs : int or None, default=None
            Workers, as joblib counts them; the result does not depend on them.
        random_state : int, RandomState instance or None, default=None
            Where shots are drawn from; without effect on exact numbers.

        Returns
        -------
        ndarray of shape (n_rows, n_observables)
            Real expectation values, or their estimates from shots.

        Raises
        ------
        NotImplementedError
            If the engine offers states only.
        """
        raise NotImplementedError(f"{type(self).__name__} offers no expectation values.")

    def gradients(
        self, values, observables, cotangents, *, wrt=None, n_jobs=None, random_state=None
    ):
        """Return expectation values and the gradient of a loss that is made of them.

        Parameters
        ----------
        values : array-like of shape (n_rows, n_parameters)
            Parameter values (radians).
        observables : sequence of SparsePauliOp or ndarray of shape (2 ** n_qubits,)
            Hermitian operators on all qubits of the circuit; an array is the diagonal of one.
        cotangents : callable or ndarray of shape (n_rows, n_observables)
            Derivatives of a loss with respect to the expectation values. A callable gets
            some of the rows as a slice and their expectation values, and returns their
            derivatives.
        wrt : sequence of int or None, default=None
            Columns of `values` to differentiate with respect to; None means all.
        n_jobs : int or None, default=None
            Workers, as joblib counts them.
        random_state : int, RandomState instance or None, default=None
            Where shots are drawn from; without effect on exact numbers.

        Returns
        -------
        expectations : ndarray of shape (n_rows, n_observables)
            Expectation values.
        gradient : ndarray of shape (n_rows, n_parameters) or (n_rows, len(wrt))
            Derivatives of the loss with respect to the parameter values of each row.

        Raises
        ------
        NotImplementedError
            If the engine offers no gradients.
        """
        raise NotImplementedError(f"{type(self).__name__} offers no gradients.")


class Engine(BaseEstimator, ABC):
    """Settings of a way to run circuits.

    An engine can be cloned and pickled; it holds no simulator. :meth:`open` makes a
    :class:`Session`, which lives in one process.

    Attributes
    ----------
    shares_memory : bool
        Whether one session may serve several threads at once. Otherwise every worker opens its
        own.
    gives : {"states", "channels", "pairs", "counts"}
        What a kernel can compare: ``states``; ``densities`` and ``effects``; or nothing but
        ``overlaps`` of pairs of rows, which are probabilities ("pairs") or fractions of shots
        ("counts").
    """

    shares_memory = False
    gives = "states"
    _parameter_constraints: dict = {}

    def without_shots(self):
        """Return an engine with exact numbers: this one, unless it draws shots."""
        return self

    @abstractmethod
    def open(self, circuit):
        """Return a :class:`Session` for a circuit with free parameters."""

    def single_threaded(self):
        """Return a clone for a worker process that shall use one thread."""
        return clone(self)

    # Settings that change the result in no way.
    _irrelevant = frozenset()

    def fingerprint(self):
        """Return the settings that results depend on.

        Returns
        -------
        dict
            Numbers and text by name, for the fingerprint of a checkpoint.
        """
        settings = {
            name: value
            for name, value in self.get_params(deep=False).items()
            if name not in self._irrelevant
        }
        return {"engine": type(self).__name__, **settings}

    @property
    @abstractmethod
    def amplitude_bytes(self):
        """Memory of one amplitude, known before anything is opened."""

    def states(self, circuit, values, *, n_jobs=None, verbose=False):
        """Simulate the rows of `values`, spread over joblib workers.

        Parameters
        ----------
        circuit : QuantumCircuit
            Its parameters, in order, take the columns of `values`.
        values : ndarray of shape (n_rows, n_parameters)
            Parameter values (radians).
        n_jobs : int or None, default=None
            Workers, as joblib counts them.
        verbose : bool, default=False
            Whether to show a progress bar.

        Returns
        -------
        ndarray of shape (n_rows, 2 ** n_qubits)
            Amplitudes, little-endian.
        """
        session = self.open(circuit)
        columns = session.columns(values)
        seconds = session.seconds_per_row * len(values)
        workers = n_workers(n_jobs, seconds, threads=self.shares_memory)
        task = session.run
        if workers > 1 and not self.shares_memory:
            task = _OpenAndRun(self.single_threaded(), circuit)
        elif session.shares_loops and 0 < len(values) <= (workers - 1) * session.rows_together:
            # too few rows for all threads: the threads share the rows
            with sharing(workers) as share:
                return session.run(columns, share)
        blocks = map_rows(
            task,
            columns,
            workers=workers,
            n_jobs=n_jobs,
            threads=self.shares_memory,
            verbose=verbose,
            description="states",
            rows_per_step=session.rows_per_run,
            rows_together=session.rows_together,
        )
        out = np.empty((len(values), 2**session.n_qubits), dtype=session.dtype)
        for block, states in blocks:
            out[block] = states
        return out


class _OpenAndRun:
    """What is sent to a worker: opens one session, which serves all rows of the task."""

    def __init__(self, engine, circuit):
        self.engine = engine
        self.circuit = circuit

    def __call__(self, columns):
        return self.engine.open(self.circuit).run(columns)

"""What every engine offers: settings that open into a worker-local session."""

from abc import ABC, abstractmethod

import numpy as np
from sklearn.base import BaseEstimator, clone

from skquantum._parallel import map_rows, n_workers

__all__ = ["Engine", "Session"]


class Session(ABC):
    """A circuit that is ready to run in this process; made by :meth:`Engine.open`.

    Attributes
    ----------
    n_qubits : int
        Width of the circuit.
    dtype : numpy dtype
        Of the amplitudes that :meth:`states` returns.
    seconds_per_row : float
        Rough estimate, used to decide whether work is worth shipping to other processes.
    rows_per_run : int
        How many rows are simulated at once.
    """

    @abstractmethod
    def states(self, values):
        """Return the state of every row, shape (n_rows, 2 ** n_qubits), little-endian."""


class Engine(BaseEstimator, ABC):
    """Settings of a way to run circuits.

    An engine can be cloned and pickled; it holds no simulator. :meth:`open` makes a
    :class:`Session`, which lives in one process.
    """

    @abstractmethod
    def open(self, circuit):
        """Return a :class:`Session` for a circuit with free parameters."""

    def single_threaded(self):
        """Return a clone for a worker process that shall use one thread."""
        return clone(self)

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
        workers = n_workers(n_jobs, session.seconds_per_row * len(values))
        task = session.states
        if workers > 1:
            task = _OpenAndRun(self.single_threaded(), circuit)
        blocks = map_rows(
            task,
            values,
            workers=workers,
            n_jobs=n_jobs,
            verbose=verbose,
            description="states",
            rows_per_step=session.rows_per_run,
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

    def __call__(self, values):
        return self.engine.open(self.circuit).states(values)

"""What every engine is: settings that open into a session."""

from abc import ABC, abstractmethod

from sklearn.base import BaseEstimator, clone

from skquantum._circuits import without_idle_wires
from skquantum._runtime import kept_session, n_workers

__all__ = ["Engine"]

# Largest block of rows that is held at a time.
BYTES_PER_RUN = 64 * 2**20
# What the allocator keeps.
OVERHEAD = 8 * 2**20


class Engine(BaseEstimator, ABC):
    """Settings of a way to run circuits.

    An engine can be cloned and pickled; it holds no simulator. :meth:`open` makes a
    :class:`Session`, which lives in one process. A subclass stores its parameters in the
    constructor and writes :meth:`_open`.

    Attributes
    ----------
    shares_memory : bool
        Whether one session may serve several threads at once. Otherwise every worker opens its
        own.
    shots : int or None
        Number of shots per circuit; None for exact numbers.
    on_device : bool
        Whether another program runs the circuits: on a device, or simulating one. Circuits may be
        wider than any state in memory then; no seed of a kernel decides about what is counted, and
        checkpoints keep it for every kernel.
    """

    shares_memory = False
    shots = None
    on_device = False
    _parameter_constraints: dict = {}

    # Settings that change the result in no way.
    _irrelevant = frozenset()

    def open(self, circuit, *, idle_wires=True):
        """Make a circuit ready to run in this process.

        Parameters
        ----------
        circuit : QuantumCircuit
            Unitary circuit; its free parameters, in order, are the columns of the values.
        idle_wires : bool, default=True
            Whether qubits that no gate acts on are part of states and observables. Fidelities do
            not depend on them, so that kernels leave them out.

        Returns
        -------
        Session
            What it offers depends on the engine and its settings.

        Raises
        ------
        ValueError
            If a setting is out of range, or the circuit cannot be run.
        """
        self._validate_params()
        return self._open(circuit) if idle_wires else self._open_used(circuit)

    @abstractmethod
    def _open(self, circuit):
        """Return a :class:`Session`; the settings have been checked."""

    def _open_used(self, circuit):
        """Return a :class:`Session` without the wires that no gate acts on."""
        return self._open(without_idle_wires(circuit)[0])

    def kernel_session(self, circuit):
        """Return a session without idle wires for a circuit that will not be changed.

        It is opened once, for the same circuit and settings, in this thread.

        Parameters
        ----------
        circuit : QuantumCircuit
            Such as that of a fitted feature map.

        Returns
        -------
        Session
            Opened with ``idle_wires=False``.
        """
        return kept_session(self, circuit, idle_wires=False)

    def session(self, circuit):
        """Return the session of a circuit that will not be changed, which is opened once.

        Parameters
        ----------
        circuit : QuantumCircuit
            Such as that of a fitted feature map.

        Returns
        -------
        Session
            The same for the same circuit and settings, in this thread.
        """
        return kept_session(self, circuit)

    def single_threaded(self):
        """Return a clone for a worker process that shall use one thread."""
        return clone(self)

    def without_shots(self):
        """Return an engine for the exact numbers that this one estimates.

        Returns
        -------
        Engine
            The engine itself if its numbers are exact, or a clone without shots.
        """
        return self if self.shots is None else clone(self).set_params(shots=None)

    def row_bytes(self, n_qubits, measurement="compute_uncompute"):
        """Return the memory of one encoded row, known before anything is opened.

        Parameters
        ----------
        n_qubits : int
            Width of the circuit.
        measurement : {"compute_uncompute", "overlap"}, default="compute_uncompute"
            What is measured where there is noise.

        Returns
        -------
        int
            Bytes; those of a state in double precision unless an engine says otherwise.
        """
        return 16 * 2**n_qubits

    def encoding_bytes(self, circuit, n_rows, *, measurement="compute_uncompute", n_jobs=None):
        """Return the largest memory in use while rows are encoded, known before anything is opened.

        Parameters
        ----------
        circuit : QuantumCircuit
            What encodes a row.
        n_rows : int
            Number of rows.
        measurement : {"compute_uncompute", "overlap"}, default="compute_uncompute"
            What is measured where there is noise.
        n_jobs : int or None, default=None
            Workers, as joblib counts them.

        Returns
        -------
        int
            Bytes, the encodings and the open session included. Without knowing better, four rows
            for each worker besides the result.
        """
        workers = n_workers(n_jobs, float("inf"), threads=self.shares_memory)
        return (n_rows + 4 * workers) * self.row_bytes(circuit.num_qubits, measurement)

    def comparison_bytes(self, n_rows, n_other=None):
        """Return the largest memory in use while encoded rows are compared, all pairs of them.

        Parameters
        ----------
        n_rows : int
            Number of rows.
        n_other : int or None, default=None
            Number of other rows; None means that the rows are compared with themselves.

        Returns
        -------
        int
            Bytes, the matrices included, and the encodings not. Without knowing better, that of
            four matrices of float64.
        """
        return 32 * n_rows * (n_rows if n_other is None else n_other)

    def expectation_bytes(self, circuit, n_outputs, n_rows, *, n_differentiated=0, n_jobs=None):
        """Return the largest memory in use for expectation values, known before anything is opened.

        Parameters
        ----------
        circuit : QuantumCircuit
            What is run.
        n_outputs : int
            Number of observables.
        n_rows : int
            Number of rows.
        n_differentiated : int, default=0
            Number of rows that are differentiated at once; 0 for expectation values alone.
        n_jobs : int or None, default=None
            Workers, as joblib counts them.

        Returns
        -------
        int
            Bytes, the observables and the open session included. Without knowing better, four
            blocks of rows for each worker.
        """
        workers = n_workers(n_jobs, float("inf"), threads=self.shares_memory)
        size, row_bytes = 2**circuit.num_qubits, self.row_bytes(circuit.num_qubits)
        rows_per_run = min(1000, max(1, BYTES_PER_RUN // max(1, row_bytes)))
        if not n_differentiated:  # derivatives take many runs of each row
            rows_per_run = min(n_rows, rows_per_run)
        # measured
        return 5 * workers * rows_per_run * row_bytes + 24 * n_outputs * size + OVERHEAD

    def encoding_settings(self):
        """Return the settings that encodings depend on, to find changes after a fit.

        Returns
        -------
        dict
            Values by name.
        """
        settings = {k: v for k, v in vars(self).items() if k not in self._irrelevant}
        return {"engine": type(self), **settings}

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

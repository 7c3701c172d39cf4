"""What every engine is: settings that open into a session."""

from abc import ABC, abstractmethod

from sklearn.base import BaseEstimator, clone

from skquantum._circuits import without_idle_wires
from skquantum._runtime import kept_session

__all__ = ["Engine"]


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
        How often circuits are measured; None for exact numbers.
    """

    shares_memory = False
    shots = None
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

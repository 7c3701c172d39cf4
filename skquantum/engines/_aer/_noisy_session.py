"""A circuit in Aer with noise: what a kernel compares, and expectation values."""

from functools import cached_property, partial

import numpy as np
from qiskit.providers import BackendV2

from skquantum._circuits import check_pairs, check_weights, lower, there_and_back
from skquantum._runtime import check_memory, map_rows, n_workers
from skquantum.engines._aer._channels import Effects, States, hermitian_vectors
from skquantum.engines._aer._device import place
from skquantum.engines._aer._measurement import Measurement, SentSession
from skquantum.engines._aer._noise import acts_locally, noisy, opened, readout_errors
from skquantum.engines._aer._observables import measured_parts
from skquantum.engines._aer._programs import DensityProgram
from skquantum.engines._aer._session import AerSession
from skquantum.engines._aer._simulator import make_simulator

__all__ = ["NoisySession"]


class NoisySession(AerSession):
    """A circuit in the basis gates of a noise model, and a simulator of density matrices.

    Parameters
    ----------
    engine : AerEngine
        The settings, already validated, with a noise model or a backend.
    circuit : QuantumCircuit
        Unitary circuit; its parameters, in order, are the columns of the values.
    """

    _numbers_per_qubit = 4
    # Measured on one core, most of it for the noise.
    _seconds_per_number = 1.5e-8

    def _first_program(self, circuit):
        self._placed = None
        self._noise_model = self.engine.noise_model
        if isinstance(self._noise_model, BackendV2):
            lower(circuit)  # refuses what is not unitary
            self._placed = place(circuit, self._noise_model)
            circuit, self._noise_model = self._placed.circuit, self._placed.noise_model
        self._on_device = circuit
        check_memory(
            3 * 4**circuit.num_qubits * self.dtype.itemsize,
            f"A density matrix of {circuit.num_qubits} qubits",
            "use fewer qubits, or noise_model=None",
        )
        lowered = noisy(circuit, self._noise_model, self.circuit.parameters)
        self._readout = readout_errors(self._noise_model, circuit.num_qubits)
        self._simulator = make_simulator(self.engine, self._noise_model)
        self._effects = None  # made when a kernel asks for them
        return self._make_program(lowered)

    def _make_program(self, lowered):
        return DensityProgram(self._simulator, lowered, self._noise_model, self._readout)

    def measurement(self, observables, entropy):
        """Return how checked observables are estimated here."""
        if self._placed is not None:
            observables = self._placed.observables(observables)
        return Measurement(*measured_parts(observables, self.n_qubits), self._shots, entropy)

    def _runs_of(self, measurement):
        return len(measurement.parts)

    def densities(self, values, *, n_jobs=None, verbose=False):
        """Return the noisy state of every row.

        Parameters
        ----------
        values : array-like of shape (n_rows, n_parameters)
            Parameter values (radians).
        n_jobs : int or None, default=None
            Workers, as joblib counts them; the result does not depend on them.
        verbose : bool, default=False
            Whether to show a progress bar.

        Returns
        -------
        ndarray of shape (n_rows, 4 ** n_qubits)
            Density matrices as real vectors, whose dot products are traces of products.
        """
        values = self._checked(values)
        return self._in_workers("density_rows", values, n_jobs, verbose)

    def effects(self, values, *, weights=None, n_jobs=None, verbose=False):
        """Return for every row the measurement that tells whether a state is that of the row.

        It runs the inverse of the circuit, noise included, and asks whether all bits are read
        as 0. The dot product with a density matrix is the probability of that.

        Parameters
        ----------
        values : array-like of shape (n_rows, n_parameters)
            Parameter values (radians).
        weights : ndarray of shape (2 ** n_qubits,) or None, default=None
            What each bitstring that is read counts; None means 1 for zeros and 0 otherwise.
        n_jobs : int or None, default=None
            Workers, as joblib counts them; the result does not depend on them.
        verbose : bool, default=False
            Whether to show a progress bar.

        Returns
        -------
        ndarray of shape (n_rows, 4 ** n_qubits)
            Effects as real vectors.

        Raises
        ------
        ValueError
            If noise may depend on more than one instruction.
        """
        if not acts_locally(self._noise_model):
            raise ValueError(
                "The noise model has a pass whose noise may depend on the whole circuit, so that a "
                "measurement has no effect of its own; use overlaps(x_values, y_values, pairs)."
            )
        values = self._checked(values)
        return self._in_workers("effect_rows", values, n_jobs, verbose, weights)

    def overlaps(self, x_values, y_values, pairs, *, weights=None, n_jobs=None, verbose=False):
        """Return how probably all bits are 0 after one circuit and the other undone.

        That is one simulation for every pair; :meth:`densities` and :meth:`effects` take one for
        every row, where noise acts gate by gate.

        Parameters
        ----------
        x_values : array-like of shape (n_x, n_parameters)
            Parameter values (radians) of the rows whose circuit comes first.
        y_values : array-like of shape (n_y, n_parameters)
            Parameter values (radians) of the rows whose inverse circuit follows.
        pairs : array-like of shape (n_pairs, 2)
            Numbers of a row of `x_values` and a row of `y_values`.
        weights : ndarray of shape (2 ** n_qubits,) or None, default=None
            What each bitstring that is read counts; None means 1 for zeros and 0 otherwise.
        n_jobs : int or None, default=None
            Workers, as joblib counts them; the result does not depend on them.
        verbose : bool, default=False
            Whether to show a progress bar.

        Returns
        -------
        ndarray of shape (n_pairs,)
            Probabilities, or averages of weights.
        """
        x_values, y_values = self._checked(x_values), self._checked(y_values)
        pairs = check_pairs(pairs, len(x_values), len(y_values))
        weights = check_weights(weights, self.circuit.num_qubits)
        if weights is None:
            weights = np.eye(1, 2**self.circuit.num_qubits)[0]
        args = x_values, y_values, weights
        return self._in_workers("overlap_rows", pairs, n_jobs, verbose, *args)

    def density_rows(self, values):
        """Return noisy states of rows, in this process."""
        columns = self.columns(values)
        batches = self._batches(len(columns))
        if not acts_locally(self._noise_model):
            parts = [self._program.densities(columns[batch]) for batch in batches]
            return np.concatenate(list(map(hermitian_vectors, parts)))
        return np.concatenate([hermitian_vectors(self._states.run(columns[b])) for b in batches])

    @cached_property
    def _states(self):
        simulator = make_simulator(self.engine, self._noise_model, in_circuit=True)
        return States(simulator, self._program.lowered, self._noise_model)

    def effect_rows(self, values, weights):
        """Return effects of rows, in this process."""
        self.columns(values)  # refuses bad rows in words of the circuit's own parameters
        key = None if weights is None else weights.tobytes()
        if self._effects is None or self._effects[0] != key:
            simulator = make_simulator(self.engine, self._noise_model, in_circuit=True)
            measured = range(self.n_qubits) if self._placed is None else self._placed.start
            made = Effects(
                simulator,
                self._on_device,
                self.parameters,
                self._noise_model,
                self._readout,
                measured,
                weights,
            )
            self._effects = key, made
        effects = self._effects[1]
        columns = effects.columns(np.asarray(values, dtype=np.float64))
        batches = self._batches(len(columns))
        return np.concatenate([hermitian_vectors(effects.run(columns[b])) for b in batches])

    def overlap_rows(self, pairs, x_values, y_values, weights):
        """Return overlaps of pairs of rows, in this process."""
        session, order = self._pair
        values = np.hstack([x_values[pairs[:, 0]], y_values[pairs[:, 1]]])[:, order]
        return session.expectations(values, [weights])[:, 0]

    @cached_property
    def _pair(self):
        """The session of a circuit for two rows, and the order of its columns."""
        pair, parameters = there_and_back(opened(self.circuit), self.parameters)
        session = NoisySession(self.engine.without_shots(), pair)
        return session, [parameters.index(parameter) for parameter in session.parameters]

    def _checked(self, values):
        self.columns(values)  # bad rows are refused before anything runs
        return np.asarray(values, dtype=np.float64)

    def _in_workers(self, what, rows, n_jobs, verbose, *args):
        description, shape = {
            "density_rows": ("noisy states", (4**self.n_qubits,)),
            "effect_rows": ("effects", (4**self.n_qubits,)),
            "overlap_rows": ("overlaps", ()),
        }[what]
        seconds = self.seconds_per_row * (2 if what == "overlap_rows" else 1)
        workers = n_workers(n_jobs, seconds * len(rows), threads=False)
        blocks = map_rows(
            _Rows(SentSession(self), what, args)
            if workers > 1
            else partial(_call, self, what, args),
            rows,
            workers=workers,
            n_jobs=n_jobs,
            threads=False,
            verbose=verbose,
            description=description,
            rows_per_step=self.rows_per_run,
        )
        out = np.empty((len(rows), *shape))
        for block, found in blocks:
            out[block] = found
        return out


class _Rows:
    """A method of a session, as it is sent to workers."""

    def __init__(self, session, what, args):
        self._session = session
        self._what = what
        self._args = args

    def __call__(self, values):
        return _call(self._session.open(), self._what, self._args, values)


def _call(session, what, args, values):
    return getattr(session, what)(values, *args)

"""A circuit in Aer with noise: what a kernel compares, and expectation values."""

from functools import cached_property

import numpy as np
from qiskit.providers import BackendV2
from sklearn.base import clone

from skquantum._circuits import check_weights, lower, there_and_back
from skquantum._runtime import check_memory, run_rows
from skquantum.engines._aer._channels import Effects, States, hermitian_vectors
from skquantum.engines._aer._device import place
from skquantum.engines._aer._measurement import Measurement
from skquantum.engines._aer._noise import noisy, opened, readout_errors, warn_if_idle
from skquantum.engines._aer._programs import DensityProgram
from skquantum.engines._aer._session import SimulatedSession
from skquantum.engines._aer._simulator import make_simulator
from skquantum.engines._kernel_sessions import ChannelSession, FidelitySession
from skquantum.engines._observables import measured_parts

__all__ = ["NoisySession", "PairwiseSession"]


class DensitySession(SimulatedSession, FidelitySession):
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
        warn_if_idle(lowered.circuit, self._noise_model, self._readout)
        self._simulator = make_simulator(self.engine, self._noise_model)
        return self._make_program(lowered)

    def _make_program(self, lowered):
        return DensityProgram(self._simulator, lowered, self._noise_model, self._readout)

    def _on_device_observables(self, observables):
        return observables if self._placed is None else self._placed.observables(observables)

    def _measurement(self, observables, entropy):
        observables = self._on_device_observables(observables)
        return Measurement(*measured_parts(observables, self._width), self.shots, entropy)

    def _runs_of(self, observables):
        return len(measured_parts(self._on_device_observables(observables), self._width)[0])

    @property
    def operator_qubits(self):
        return self._width

    def densities(self, values, *, n_jobs=None, verbose=False, out=None):
        """Return the noisy state of every row.

        Parameters
        ----------
        values : array-like of shape (n_rows, n_parameters)
            Parameter values (radians).
        n_jobs : int or None, default=None
            Workers, as joblib counts them; the result does not depend on them.
        verbose : bool, default=False
            Whether to show a progress bar.
        out : ndarray of shape (n_rows, 4 ** n_qubits) or None, default=None
            Where to write them; None makes a new array.

        Returns
        -------
        ndarray of shape (n_rows, 4 ** n_qubits)
            Density matrices as real vectors, whose dot products are traces of products.
        """
        columns = self.prepare(self.check_values(values))
        return self._operators("density_rows", columns, (), n_jobs, verbose, "noisy states", out)

    def _operators(self, method, rows, args, n_jobs, verbose, description, out):
        if out is None:
            out = np.empty((len(rows), 4**self._width))
        options = {"n_jobs": n_jobs, "verbose": verbose, "description": description}
        return run_rows(self, method, rows, out, args=args, **options)

    def density_rows(self, columns):
        """Return noisy states for rows of columns, in this process."""
        densities = self._program.densities
        batches = self._batches(len(columns))
        return np.concatenate([hermitian_vectors(densities(columns[b])) for b in batches])

    def _run_fidelities(self, rows, weights):
        if weights is None:
            weights = np.eye(1, 2**self.n_qubits)[0]
        session, order = self._pair
        values = rows.reshape(len(rows), -1)[:, order]
        return session.expectations(values, [weights])[:, 0]

    @cached_property
    def _pair(self):
        """The session of a circuit for two rows, and the order of its columns."""
        pair, parameters = there_and_back(opened(self.circuit), self.parameters)
        exact = clone(self.engine).set_params(shots=None)
        session = type(self)(exact, pair)
        return session, [parameters.index(parameter) for parameter in session.parameters]


class NoisySession(DensitySession, ChannelSession):
    """Noise that acts gate by gate, so that measurements can be pulled back through it."""

    unit_diagonal = False
    _encode = ChannelSession._encode

    def effects(self, values, *, weights=None, n_jobs=None, verbose=False, out=None):
        """Return for every row the measurement that tells whether a state is that of the row.

        It runs the inverse of the circuit, noise included, and asks whether all bits are read
        as 0. The dot product with a density matrix is the probability of that.

        Parameters
        ----------
        values : array-like of shape (n_rows, n_parameters)
            Parameter values (radians).
        weights : ndarray of shape (2 ** n_qubits,) or None, default=None
            Weight of each measured bitstring; None means 1 for zeros and 0 otherwise.
        n_jobs : int or None, default=None
            Workers, as joblib counts them; the result does not depend on them.
        verbose : bool, default=False
            Whether to show a progress bar.
        out : ndarray of shape (n_rows, 4 ** n_qubits) or None, default=None
            Where to write them; None makes a new array.

        Returns
        -------
        ndarray of shape (n_rows, 4 ** n_qubits)
            Effects as real vectors.
        """
        values = self.check_values(values)
        self.check_rows(values)  # in words of the circuit's own parameters
        weights = check_weights(weights, self.n_qubits)
        return self._operators("effect_rows", values, (weights,), n_jobs, verbose, "effects", out)

    def density_rows(self, columns):
        """Return noisy states for rows of columns, in this process."""
        run = self._states.run
        batches = self._batches(len(columns))
        return np.concatenate([hermitian_vectors(run(columns[b])) for b in batches])

    @cached_property
    def _states(self):
        simulator = make_simulator(self.engine, self._noise_model, in_circuit=True)
        return States(simulator, self._program.lowered, self._noise_model)

    def effect_rows(self, values, weights):
        """Return effects of rows, in this process."""
        effects = self._effects(weights)
        columns = effects.columns(values)
        batches = self._batches(len(columns))
        return np.concatenate([hermitian_vectors(effects.run(columns[b])) for b in batches])

    def _effects(self, weights):
        """Return what measures with some weights; the last one is kept."""
        key = None if weights is None else weights.tobytes()
        if self._last_effects[0] != key:
            simulator = make_simulator(self.engine, self._noise_model, in_circuit=True)
            measured = range(self.n_qubits) if self._placed is None else self._placed.start
            self._last_effects = (
                key,
                Effects(
                    simulator,
                    self._on_device,
                    self.parameters,
                    self._noise_model,
                    self._readout,
                    measured,
                    weights,
                ),
            )
        return self._last_effects[1]

    _last_effects = "none yet", None


class PairwiseSession(DensitySession, ChannelSession):
    """Noise that may depend on the whole circuit: measured pair by pair."""

    unit_diagonal = False

    def effects(self, values, *, weights=None, n_jobs=None, verbose=False, out=None):
        """Raise; a measurement has no effect of its own.

        Parameters
        ----------
        values : array-like of shape (n_rows, n_parameters)
            Not looked at.
        weights, n_jobs, verbose, out : object
            Not looked at.

        Raises
        ------
        ValueError
            Always.
        """
        raise ValueError(
            "The noise model has a pass whose noise may depend on the whole circuit, so that a "
            "measurement has no effect of its own; use fidelities(x_values, y_values, pairs)."
        )

    def _encode(self, values, *, measurement, **options):
        if measurement == "overlap":
            return ChannelSession._encode(self, values, measurement=measurement, **options)
        return FidelitySession._encode(self, values, measurement=measurement, **options)

"""A circuit in Aer: states, expectation values and their gradients."""

from functools import cached_property, partial
from uuid import uuid4

import numpy as np
from qiskit.circuit import ParameterExpression
from qiskit.providers import BackendV2
from sklearn.base import clone
from sklearn.utils import gen_batches

from skquantum._memory import check_memory
from skquantum._parallel import map_rows, n_workers
from skquantum.engines._aer._channels import Effects, States, hermitian_vectors
from skquantum.engines._aer._device import place
from skquantum.engines._aer._measurement import (
    Measurement,
    SentSession,
    Task,
    draw_entropy,
    make_runs,
)
from skquantum.engines._aer._noise import acts_locally, noisy, opened, readout_errors
from skquantum.engines._aer._observables import amplitude_parts, check_observables, measured_parts
from skquantum.engines._aer._programs import DensityProgram, StateProgram
from skquantum.engines._aer._shift import unshared
from skquantum.engines._aer._simulator import check_states, make_simulator
from skquantum.engines._base import Session
from skquantum.engines._lowering import lower
from skquantum.engines._pair import check_pairs, check_weights, there_and_back

__all__ = ["AerSession"]

# Largest block of states that one Aer run holds; Aer keeps about two copies besides ours.
BYTES_PER_RUN = 64 * 2**20
# Largest block of shifted angles.
BYTES_OF_ANGLES = 64 * 2**20

# Measured on one core: what Aer spends on a gate whatever its size, and per amplitude.
SECONDS_PER_GATE = 4e-6
SECONDS_PER_GATE_AND_AMPLITUDE = 1e-9
# The same per entry of a density matrix, most of it for the noise.
SECONDS_PER_GATE_AND_ENTRY = 1.5e-8
# What Qiskit spends on a gate where parameters are bound row by row.
SECONDS_TO_BIND_A_GATE = 6e-5


class AerSession(Session):
    """A lowered circuit and a simulator.

    Parameters
    ----------
    engine : AerEngine
        The settings, already validated.
    circuit : QuantumCircuit
        Unitary circuit; its parameters, in order, are the columns of the values.
    """

    def __init__(self, engine, circuit):
        # what workers open again, whatever becomes of the originals
        self.engine = clone(engine)
        self.circuit = circuit.copy()
        self.token = uuid4().hex  # by which workers know it
        self._placed = None
        self._noise_model = engine.noise_model
        if isinstance(engine.noise_model, BackendV2):
            lower(circuit)  # refuses what is not unitary
            self._placed = place(circuit, engine.noise_model)
            circuit, self._noise_model = self._placed.circuit, self._placed.noise_model
        self._on_device = circuit
        self.n_qubits = circuit.num_qubits
        self.dtype = np.dtype(np.complex64 if engine.precision == "single" else np.complex128)
        self._shots = engine.shots
        if self._noise_model is None:
            size, seconds_per_number = 2**self.n_qubits, SECONDS_PER_GATE_AND_AMPLITUDE
            lowered = lower(circuit)
        else:
            size, seconds_per_number = 4**self.n_qubits, SECONDS_PER_GATE_AND_ENTRY
            check_memory(
                3 * size * self.dtype.itemsize,
                f"A density matrix of {self.n_qubits} qubits",
                "use fewer qubits, or noise_model=None",
            )
            lowered = noisy(circuit, self._noise_model, self.circuit.parameters)
        self._simulator = make_simulator(engine, self._noise_model)
        self._program = self._make_program(lowered)
        self._shifted = None  # made when gradients are asked for
        self._states = self._effects = None  # and these for kernels with noise
        self.parameters = lowered.parameters
        self.expressions = lowered.expressions
        self._phase = lowered.global_phase
        self._phase_varies = isinstance(self._phase, ParameterExpression)
        if self._phase_varies:
            self.expressions = (*self.expressions, self._phase)
        seconds_per_gate = SECONDS_PER_GATE + size * seconds_per_number
        if self._program.bound_row_by_row:
            seconds_per_gate += SECONDS_TO_BIND_A_GATE
        self.seconds_per_row = (len(lowered.circuit.data) + 1) * seconds_per_gate
        fitting = BYTES_PER_RUN // (size * self.dtype.itemsize)
        self.rows_per_run = engine.chunk_size or int(min(max(1, fitting), 1000))

    def _make_program(self, lowered):
        if self._noise_model is None:
            return StateProgram(self._simulator, lowered, self.dtype, self._shots is not None)
        readout = readout_errors(self._noise_model, self.n_qubits)
        return DensityProgram(self._simulator, lowered, self._noise_model, readout)

    # -- states ---------------------------------------------------------------------------------

    def run(self, columns):
        """Simulate rows, at most `rows_per_run` at a time."""
        check_states(self.engine)
        out = np.empty((len(columns), 2**self.n_qubits), dtype=self.dtype)
        for block in self._batches(len(columns)):
            self._program.states(columns[block], out[block])
        if self._phase_varies:
            out *= np.exp(1j * columns[:, -1:])
        elif self._phase:
            out *= np.exp(1j * self._phase)
        return out

    # -- noisy states ---------------------------------------------------------------------------

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
        if self._states is None:
            simulator = make_simulator(self.engine, self._noise_model, in_circuit=True)
            self._states = States(simulator, self._program.lowered, self._noise_model)
        return np.concatenate([hermitian_vectors(self._states.run(columns[b])) for b in batches])

    def effect_rows(self, values, weights):
        """Return effects of rows, in this process."""
        self.columns(values)  # refuses bad rows in words of the circuit's own parameters
        key = None if weights is None else weights.tobytes()
        if self._effects is None or self._effects[0] != key:
            readout = readout_errors(self._noise_model, self.n_qubits)
            simulator = make_simulator(self.engine, self._noise_model, in_circuit=True)
            measured = range(self.n_qubits) if self._placed is None else self._placed.start
            made = Effects(
                simulator,
                self._on_device,
                self.parameters,
                self._noise_model,
                readout,
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
        session = AerSession(self.engine.without_shots(), pair)
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

    def _batches(self, n_rows):
        return gen_batches(n_rows, self.rows_per_run) if n_rows else ()

    # -- expectation values ---------------------------------------------------------------------

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
        """
        columns = self.columns(values)
        task = self._task(observables, random_state, shifted=False)
        return self._spread(task, make_runs(columns[:, None]), len(columns), n_jobs)

    def gradients(
        self, values, observables, cotangents, *, wrt=None, n_jobs=None, random_state=None
    ):
        """Return expectation values and the gradient of a loss, by the parameter-shift rule.

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
            Workers, as joblib counts them; the result does not depend on them.
        random_state : int, RandomState instance or None, default=None
            Where shots are drawn from; without effect on exact numbers.

        Returns
        -------
        expectations : ndarray of shape (n_rows, n_observables)
            Expectation values.
        gradient : ndarray of shape (n_rows, n_parameters) or (n_rows, len(wrt))
            Derivatives of the loss with respect to the parameter values of each row.
        """
        columns = self.columns(values)
        values = np.asarray(values, dtype=np.float64)
        wrt = self._checked_wrt(wrt)
        wanted = {self.parameters[k] for k in wrt}
        expressions = self._program.lowered.expressions  # without that of the global phase
        needed = [k for k, e in enumerate(expressions) if not wanted.isdisjoint(e.parameters)]
        shifts = self.shifted_program()[1].only(needed)
        task = self._task(observables, random_state, shifted=True)
        n_rows, n_settings, n_observables = len(columns), 1 + len(shifts.angles), task.n_observables
        cotangents = _as_callable(cotangents, (n_rows, n_observables))
        expectations = np.empty((n_rows, n_observables))
        by_column = np.zeros(columns.shape)
        row_bytes = 8 * n_settings * (len(shifts.columns) + n_observables)
        for block in gen_batches(n_rows, max(1, BYTES_OF_ANGLES // row_bytes)) if n_rows else ():
            runs = make_runs(shifts.apply(columns[block]), first_row=block.start)
            found = self._spread(task, runs, n_rows * n_settings, n_jobs)
            found = found.reshape(-1, n_settings, n_observables)
            expectations[block] = found[:, 0]
            given = np.asarray(cotangents(block, expectations[block]), dtype=np.float64)
            loss = np.einsum("rso,ro->rs", found[:, 1:], given)
            by_column[block] = shifts.to_columns(loss, columns.shape[1])
        return expectations, self._prepared.pull_back(values, by_column, wrt)

    def _checked_wrt(self, wrt):
        n_parameters = len(self.parameters)
        wrt = list(range(n_parameters) if wrt is None else wrt)
        for column in wrt:
            if not 0 <= column < n_parameters:
                raise ValueError(
                    f"wrt holds {column}, the values have {n_parameters} columns; pass numbers "
                    f"from 0 to {n_parameters - 1}."
                )
        return wrt

    def _task(self, observables, random_state, shifted):
        check_memory(
            4 * 2**self.n_qubits * self.dtype.itemsize,
            f"A state of {self.n_qubits} qubits",
            "use fewer qubits, or precision='single'",
        )
        observables = check_observables(observables, self.circuit.num_qubits)
        entropy = None if self._shots is None else draw_entropy(random_state)
        return Task(self, observables, entropy, shifted)

    def measurement(self, observables, entropy):
        """Return how checked observables are estimated here."""
        if self._placed is not None:
            observables = self._placed.observables(observables)
        exact = self._shots is None and self._noise_model is None
        parts = (amplitude_parts if exact else measured_parts)(observables, self.n_qubits)
        return Measurement(*parts, self._shots, entropy)

    def shifted_program(self):
        """Return the circuit with a placeholder for each angle of each gate, and its shifts."""
        if self._shifted is None:
            shifts = unshared(self._program.lowered)
            self._shifted = self._make_program(shifts.lowered), shifts
        return self._shifted

    def estimate(self, runs, measurement, shifted):
        """Return what a measurement finds for some runs, of shape (n_runs, n_observables)."""
        program = self.shifted_program()[0] if shifted else self._program
        out = np.empty((len(runs), len(measurement.constants)))
        for block in self._batches(len(runs)):
            out[block] = measurement.estimate(program, runs[block])
        return out

    def _spread(self, task, runs, n_in_all, n_jobs):
        """Run a task, in workers if all that is to be run is worth it."""
        seconds = self.seconds_per_row * n_in_all
        if self._noise_model is not None:
            seconds *= len(task.measurement.parts)
        workers = n_workers(n_jobs, seconds, threads=False)
        blocks = map_rows(
            task.for_workers() if workers > 1 else task,
            runs,
            workers=workers,
            n_jobs=n_jobs,
            threads=False,
            verbose=False,
            description="expectations",
            rows_per_step=self.rows_per_run,
        )
        out = np.empty((len(runs), task.n_observables))
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


def _as_callable(cotangents, shape):
    """Return cotangents of blocks of rows as a function, which they may be already."""
    if callable(cotangents):
        return cotangents
    cotangents = np.asarray(cotangents, dtype=np.float64)
    if cotangents.shape != shape:
        raise ValueError(
            f"The cotangents have shape {cotangents.shape}, for {shape[0]} rows and {shape[1]} "
            f"observables; pass an array of shape {shape}, or a callable."
        )
    return lambda rows, expectations: cotangents[rows]

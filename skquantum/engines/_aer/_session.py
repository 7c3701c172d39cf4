"""A circuit in Aer: states, expectation values and their gradients."""

from uuid import uuid4

import numpy as np
from qiskit.circuit import ParameterExpression
from sklearn.base import clone
from sklearn.utils import gen_batches

from skquantum._circuits import lower
from skquantum._runtime import check_memory, map_rows, n_workers
from skquantum.engines._aer._measurement import (
    Measurement,
    Task,
    draw_entropy,
    make_runs,
)
from skquantum.engines._aer._observables import amplitude_parts, check_observables, measured_parts
from skquantum.engines._aer._programs import StateProgram
from skquantum.engines._aer._shift import unshared
from skquantum.engines._aer._simulator import check_states, make_simulator
from skquantum.engines._base import Session

__all__ = ["AerSession"]

# Largest block of states that one Aer run holds; Aer keeps about two copies besides ours.
BYTES_PER_RUN = 64 * 2**20
# Largest block of shifted angles.
BYTES_OF_ANGLES = 64 * 2**20

# Measured on one core: what Aer spends on a gate whatever its size, and per amplitude.
SECONDS_PER_GATE = 4e-6
SECONDS_PER_GATE_AND_AMPLITUDE = 1e-9
# What Qiskit spends on a gate where parameters are bound row by row.
SECONDS_TO_BIND_A_GATE = 6e-5


class AerSession(Session):
    """A lowered circuit and a simulator of states.

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
        self.dtype = np.dtype(np.complex64 if engine.precision == "single" else np.complex128)
        self._shots = engine.shots
        self._program = self._first_program(circuit)
        self._shifted = None  # made when gradients are asked for
        lowered = self._program.lowered
        self.n_qubits = lowered.circuit.num_qubits
        self.parameters = lowered.parameters
        self.expressions = lowered.expressions
        self._phase = lowered.global_phase
        self._phase_varies = isinstance(self._phase, ParameterExpression)
        if self._phase_varies:
            self.expressions = (*self.expressions, self._phase)
        size = self._numbers_per_qubit**self.n_qubits
        seconds_per_gate = SECONDS_PER_GATE + size * self._seconds_per_number
        if self._program.bound_row_by_row:
            seconds_per_gate += SECONDS_TO_BIND_A_GATE
        self.seconds_per_row = (len(lowered.circuit.data) + 1) * seconds_per_gate
        fitting = BYTES_PER_RUN // (size * self.dtype.itemsize)
        self.rows_per_run = engine.chunk_size or int(min(max(1, fitting), 1000))

    _numbers_per_qubit = 2
    _seconds_per_number = SECONDS_PER_GATE_AND_AMPLITUDE

    def _first_program(self, circuit):
        self._simulator = make_simulator(self.engine, None)
        return self._make_program(lower(circuit))

    def _make_program(self, lowered):
        return StateProgram(self._simulator, lowered, self.dtype, self._shots is not None)

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

    def _runs_of(self, measurement):
        """Return how often a row is simulated: once, as every part follows from the state."""
        return 1

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
        parts = amplitude_parts if self._shots is None else measured_parts
        return Measurement(*parts(observables, self.n_qubits), self._shots, entropy)

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
        seconds = self.seconds_per_row * n_in_all * self._runs_of(task.measurement)
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

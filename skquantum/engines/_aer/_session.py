"""A circuit in Aer: states, expectation values and their gradients."""

from functools import cached_property

import numpy as np
from qiskit.circuit import ParameterExpression
from sklearn.utils import gen_batches

from skquantum._circuits import lower, unshared
from skquantum._runtime import check_memory, run_rows
from skquantum.engines._aer._measurement import Measurement, draw_entropy, make_runs
from skquantum.engines._aer._memory import rows_per_run
from skquantum.engines._aer._programs import StateProgram
from skquantum.engines._aer._simulator import make_simulator
from skquantum.engines._kernel_sessions import StateSession
from skquantum.engines._observables import amplitude_parts, measured_parts
from skquantum.engines._session import ColumnSession, ExpectationSession

__all__ = ["AerSession", "SimulatedSession"]

# Largest block of shifted angles.
BYTES_OF_ANGLES = 64 * 2**20

# Measured on one core: what Aer spends on a gate whatever its size, and per amplitude.
SECONDS_PER_GATE = 4e-6
SECONDS_PER_GATE_AND_AMPLITUDE = 1e-9
# What Qiskit spends on a gate where parameters are bound row by row.
SECONDS_TO_BIND_A_GATE = 6e-5


class SimulatedSession(ColumnSession, ExpectationSession):
    """A lowered circuit and a simulator, with expectation values by rows of numbers.

    Parameters
    ----------
    engine : AerEngine
        The settings, already validated.
    circuit : QuantumCircuit
        Unitary circuit; its parameters, in order, are the columns of the values.
    """

    def __init__(self, engine, circuit):
        super().__init__(engine, circuit)
        self.dtype = np.dtype(np.complex64 if engine.precision == "single" else np.complex128)
        self.shots = engine.shots
        self._program = self._first_program(circuit)
        lowered = self._program.lowered
        self._width = lowered.circuit.num_qubits
        self.expressions = self._expressions_of(lowered)
        size = self._numbers_per_qubit**self._width
        seconds_per_gate = SECONDS_PER_GATE + size * self._seconds_per_number
        if self._program.bound_row_by_row:
            seconds_per_gate += SECONDS_TO_BIND_A_GATE
        self.seconds_per_row = (len(lowered.circuit.data) + 1) * seconds_per_gate
        self.rows_per_run = rows_per_run(engine, size * self.dtype.itemsize)

    _numbers_per_qubit = 2
    _seconds_per_number = SECONDS_PER_GATE_AND_AMPLITUDE

    def _expressions_of(self, lowered):
        return lowered.expressions

    def _batches(self, n_rows):
        return gen_batches(n_rows, self.rows_per_run) if n_rows else ()

    # -- expectation values ---------------------------------------------------------------------

    def _run_expectations(self, values, observables, *, n_jobs, random_state, keys=None):
        self._check_memory(observables, len(values), n_jobs)
        columns = self.prepare(values)
        args = observables, self._new_entropy(random_state), False
        runs = make_runs(columns[:, None], keys=keys)
        return self._estimates(runs, args, len(columns), n_jobs)

    def _run_gradients(self, values, observables, cotangents, wrt, *, n_jobs, random_state):
        """Follow the parameter-shift rule, shot by shot from seeds of their own."""
        self._check_memory(observables, len(values), n_jobs, n_differentiated=len(values))
        columns = self.prepare(values)
        wanted = {self.parameters[k] for k in wrt}
        expressions = self._program.lowered.expressions  # without that of the global phase
        needed = [k for k, e in enumerate(expressions) if not wanted.isdisjoint(e.parameters)]
        shifts = self._shifted[1].only(needed)
        args = observables, self._new_entropy(random_state), True
        n_rows, n_settings, n_observables = len(columns), 1 + len(shifts.angles), len(observables)
        expectations = np.empty((n_rows, n_observables))
        by_column = np.zeros(columns.shape)
        row_bytes = 8 * n_settings * (len(shifts.columns) + n_observables)
        for block in gen_batches(n_rows, max(1, BYTES_OF_ANGLES // row_bytes)) if n_rows else ():
            runs = make_runs(shifts.apply(columns[block]), first_row=block.start)
            found = self._estimates(runs, args, n_rows * n_settings, n_jobs)
            found = found.reshape(-1, n_settings, n_observables)
            expectations[block] = found[:, 0]
            given = cotangents(block, expectations[block])
            loss = np.einsum("rso,ro->rs", found[:, 1:], given)
            by_column[block] = shifts.to_columns(loss, columns.shape[1])
        return expectations, self._prepared.pull_back(values, by_column, wrt)

    def _check_memory(self, observables, n_rows, n_jobs, n_differentiated=0):
        declared = self.engine.expectation_bytes(
            self.circuit,
            len(observables),
            n_rows,
            n_jobs=n_jobs,
            n_differentiated=n_differentiated,
        )
        check_memory(
            max(declared, 4 * 2**self._width * self.dtype.itemsize),
            f"A state of {self._width} qubits",
            "use fewer qubits, or precision='single'",
        )

    def _new_entropy(self, random_state):
        return None if self.shots is None else draw_entropy(random_state)

    @cached_property
    def _shifted(self):
        """The circuit with a placeholder for each angle of each gate, and its shifts."""
        shifts = unshared(self._program.lowered)
        return self._make_program(shifts.lowered), shifts

    def _estimates(self, runs, args, n_in_all, n_jobs):
        """Estimate all runs, in workers if all that is to be run is worth it."""
        out = np.empty((len(runs), len(args[0])))
        times = self._runs_of(args[0]) * n_in_all / max(1, len(runs))
        return run_rows(
            self,
            "estimate",
            runs,
            out,
            args=args,
            times=times,
            n_jobs=n_jobs,
            description="expectations",
        )

    def estimate(self, runs, observables, entropy, shifted):
        """Return what is found for some runs, in this process.

        Parameters
        ----------
        runs : structured ndarray of shape (n_runs,)
            Result of ``make_runs``.
        observables : list of SparsePauliOp or ndarray of shape (2 ** n_qubits,)
            Result of ``check_observables``.
        entropy : list of int or None
            Result of ``draw_entropy``.
        shifted : bool
            Whether there is a number for each angle of each gate, or one for each expression.

        Returns
        -------
        ndarray of shape (n_runs, n_observables)
            Estimates.
        """
        program = self._shifted[0] if shifted else self._program
        measurement = self._measurement(observables, entropy)
        out = np.empty((len(runs), len(observables)))
        for block in self._batches(len(runs)):
            out[block] = measurement.estimate(program, runs[block])
        return out


class AerSession(SimulatedSession, StateSession):
    """A circuit in a simulator of states."""

    def _first_program(self, circuit):
        self._simulator = make_simulator(self.engine, None)
        return self._make_program(lower(circuit))

    def _make_program(self, lowered):
        return StateProgram(self._simulator, lowered, self.dtype, self.shots is not None)

    def _expressions_of(self, lowered):
        self._phase = lowered.global_phase
        self._phase_varies = isinstance(self._phase, ParameterExpression)
        return (*lowered.expressions, self._phase) if self._phase_varies else lowered.expressions

    def states(self, values, *, n_jobs=None, verbose=False):
        """Return the state of every row; not with shots.

        Parameters
        ----------
        values : array-like of shape (n_rows, n_parameters)
            Parameter values (radians).
        n_jobs : int or None, default=None
            Workers, as joblib counts them; the result does not depend on them.
        verbose : bool or int, default=False
            Whether to show a progress bar.

        Returns
        -------
        ndarray of shape (n_rows, 2 ** n_qubits)
            Amplitudes, little-endian as in Qiskit.

        Raises
        ------
        ValueError
            If the engine has shots.
        """
        if self.shots is not None:
            raise ValueError(
                f"AerEngine(shots={self.shots!r}) cannot return state vectors; use an "
                "engine with shots=None for states."
            )
        return super().states(values, n_jobs=n_jobs, verbose=verbose)

    def _run_states(self, rows):
        out = np.empty((len(rows), 2**self.n_qubits), dtype=self.dtype)
        for block in self._batches(len(rows)):
            self._program.states(rows[block], out[block])
        if self._phase_varies:
            out *= np.exp(1j * rows[:, -1:])
        elif self._phase:
            out *= np.exp(1j * self._phase)
        return out

    def _measurement(self, observables, entropy):
        parts = amplitude_parts if self.shots is None else measured_parts
        return Measurement(*parts(observables, self.n_qubits), self.shots, entropy)

    def _runs_of(self, observables):
        """Return how often a row is simulated: once, as every part follows from the state."""
        return 1

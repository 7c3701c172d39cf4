"""A program with the arrays that it needs: rows cut into units, run one after another."""

from typing import NamedTuple

import numpy as np

from skquantum.engines._compiled import _binding, _kernels, _readouts, _sweeps
from skquantum.engines._compiled._kernels import LANES, WITHIN
from skquantum.engines._compiled._overlaps import ROWS_OF_SUMS

__all__ = ["ALONE", "CACHE_BYTES", "Machine", "in_vectors"]

# The states of a step stay in the second-level cache.
CACHE_BYTES = 2**20
# From this width on, rows are run one by one: LANES of them do not fit into the second-level cache.
ALONE = 14
# A row alone has two vectors at least.
MIN_QUBITS_ALONE = WITHIN + 1
# As many rows are run one by one as well, rather than LANES of which most are not there.
FEW = 3


class Step(NamedTuple):
    """States of some rows.

    Attributes
    ----------
    rows : slice
        Which rows.
    within : int
        0 for units of LANES rows side by side, WITHIN for units of one row.
    states : ndarray of shape (n_units, 2, n_vectors, LANES)
        Real and imaginary parts.
    work : Workspace
        What else is needed for one unit after the other.
    """

    rows: slice
    within: int
    states: np.ndarray
    work: "Workspace"


class Workspace:
    """Arrays that units need besides their states."""

    def __init__(self, table, n_columns, n_vectors, dtype):
        self.spare = np.empty((2, n_vectors if table.has_moves else 0, LANES), dtype)
        self.phi = np.empty((n_vectors if table.has_phases else 0, LANES))
        self.columns = np.empty((n_columns, LANES))
        self.coefficients = np.empty((table.n_coefficients, LANES))
        self.gradient = np.empty((n_columns, LANES))
        self.sums = np.empty((ROWS_OF_SUMS, LANES))


class Machine:
    """Runs a program.

    Parameters
    ----------
    table : Table
        What the operations have written.
    initial : ndarray of shape (2, 2 ** n_qubits)
        Real and imaginary part of the state that all rows begin with, in the precision of all.
    """

    def __init__(self, table, initial):
        self.n_qubits = table.n_qubits
        self._table = table
        self._program = table.finish()
        self._initial = in_vectors(initial, initial.dtype)
        self.n_operations = len(self._program.operations)

    def units(self, n_rows):
        """Return (within, number of rows) for the parts of some rows whose units are alike."""
        left_over = n_rows % LANES if n_rows % LANES <= FEW else 0
        if self.n_qubits < MIN_QUBITS_ALONE:
            left_over = 0
        elif self.n_qubits >= ALONE:
            left_over = n_rows
        return (0, n_rows - left_over), (WITHIN, left_over)

    def forward(self, columns, rows, *, end=None, share=None):
        """Yield the steps that run some rows.

        Parameters
        ----------
        columns : ndarray of shape (n_rows, n_columns)
            Numbers of all rows.
        rows : slice
            Which rows.
        end : int or None, default=None
            Number of the operation to stop before; None does all.
        share : callable or None, default=None
            As of ``_parallel.sharing``: threads that share every loop.
        """
        end = self.n_operations if end is None else end
        begin = rows.start
        for within, n_rows in self.units(rows.stop - rows.start):
            if not n_rows:
                continue
            n_vectors = 2 ** (self.n_qubits - within)
            rows_per_unit = 1 if within else LANES
            n_units = CACHE_BYTES // (2 * n_vectors * LANES * self._initial.itemsize)
            rows_per_step = max(1, n_units if share is None else 1) * rows_per_unit
            work = Workspace(self._table, columns.shape[1], n_vectors, self._initial.dtype)
            states = None
            for first in range(begin, begin + n_rows, rows_per_step):
                last = min(first + rows_per_step, begin + n_rows)
                n_units = -(-(last - first) // rows_per_unit)
                if states is None or len(states) != n_units:
                    shape = (n_units, 2, n_vectors, LANES)
                    states = np.empty(shape, self._initial.dtype)
                step = Step(slice(first, last), within, states, work)
                if share is None:
                    self._run(step, columns, end)
                else:
                    step = self._run_shared(step, columns, share)
                yield step
            begin += n_rows

    def _run(self, step, columns, end):
        work = step.work
        _sweeps.run_forward(
            self._program, end, columns, step.rows.start, self._initial, step.states,
            work.spare, work.phi, work.columns, work.coefficients, step.within, 1,
        )  # fmt: skip

    def _run_shared(self, step, columns, share):
        """Do what `_run` does for one unit, loop by loop, and return where the states are."""
        work, within, program = step.work, step.within, self._program
        _binding.read_columns(columns, step.rows.start, within, work.columns)
        _binding.bind(program, work.columns, work.coefficients)
        state, spare = step.states[0], work.spare
        size = state.shape[1]
        share(_kernels.fill, size, *state, *self._initial, within)
        for number in range(self.n_operations):
            for place in range(_sweeps.n_steps(program, number, size, within)):
                arrays = *state, *spare, work.phi, work.coefficients
                items = _sweeps.step_items(program, number, place, size, within)
                share(_sweeps.step, items, program, number, place, 1, *arrays, within)
            if _sweeps.moves(program, number):
                state, spare = spare, state
        return step._replace(states=state[np.newaxis])

    def write(self, step, index, out, share=None):
        """Write the states of a step into the rows of `out`, at the columns `index`."""
        if share is None:
            rows = step.rows
            _sweeps.write(step.states, index, out, rows.start, rows.stop, step.within)
        else:
            args = *step.states[0], index, out[step.rows], step.within
            share(_kernels.write_states, step.states.shape[2], *args)

    def expectations(self, step, operators, out):
        """Write expectation values into the rows of `out`."""
        found = np.empty((out.shape[1], LANES))
        rows = step.rows
        _readouts.read_expectations(
            operators, step.states, rows.start, rows.stop, step.within, found, step.work.sums, out
        )

    def weighed(self, step, operators, cotangents):
        """Return the sum of operators, weighted row by row, applied to the states of a step."""
        bras = np.empty_like(step.states)
        found = np.empty((cotangents.shape[1], LANES))
        _readouts.weigh(operators, step.states, cotangents, step.within, found, bras)
        return bras

    def read(self, step, given, index):
        """Return the columns `index` of the rows of an array, as the states of a step are."""
        bras = np.empty_like(step.states)
        rows = step.rows
        _readouts.read_bras(given, index, rows.start, rows.stop, step.within, bras)
        return bras

    def backward(self, step, bras, columns, out, *, begin, end=None):
        """Write the derivatives of 2 Re <bra|ket> with respect to the columns into `out`.

        Those from operation `begin` on, by undoing them on states and bras.
        """
        end = self.n_operations if end is None else end
        work, rows = step.work, step.rows
        _sweeps.run_backward(
            self._program, begin, end, columns, rows.start, rows.stop, step.states, bras,
            work.spare, work.phi, work.columns, work.coefficients, step.within, work.gradient,
            work.sums, out, -1,
        )  # fmt: skip


def in_vectors(arrays, dtype=np.float64):
    """Return arrays of numbers per amplitude as one of shape (n_arrays, n, LANES)."""
    arrays = np.asarray(arrays, dtype)
    padding = max(0, LANES - arrays.shape[1])
    padded = np.pad(arrays, ((0, 0), (0, padding))) if padding else arrays
    return np.ascontiguousarray(padded).reshape(len(arrays), padded.shape[1] // LANES, LANES)

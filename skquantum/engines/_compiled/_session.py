"""A compiled program with buffers: what runs."""

import numpy as np

from skquantum._runtime import map_rows, n_workers, sharing
from skquantum.engines._compiled import _kernels, _overlaps
from skquantum.engines._compiled._angles import Values
from skquantum.engines._compiled._compiler import compile_circuit
from skquantum.engines._compiled._memory import CACHE_BYTES
from skquantum.engines._compiled._observables import Observables, spread_bits
from skquantum.engines._compiled._states import State, qubit_groups
from skquantum.engines._kernel_sessions import StateSession
from skquantum.engines._session import ColumnSession

__all__ = ["CompiledSession"]

# Rows whose coefficients are computed at a time.
ROWS_PER_BIND = 1024
# Waking a thread takes 0.2 ms; loops over smaller states are done before.
MIN_QUBITS_TO_SHARE = 18

# Tables of 2**n numbers take less than a megabyte each.
MAX_QUBITS_OF_LIGHT_SESSIONS = 16

FLOPS_PER_SECOND = 5e9  # of one core, cautious; only decides whether threads are worth it


class CompiledSession(ColumnSession, StateSession):
    """A circuit compiled for batches of rows.

    Parameters
    ----------
    engine : CompiledEngine
        The settings, already validated.
    circuit : QuantumCircuit
        Unitary circuit; its parameters, in order, are the columns of the values.
    """

    rows_together = _kernels.LANES

    def __init__(self, engine, circuit):
        super().__init__(engine, circuit)
        self.dtype = np.dtype(np.complex64 if engine.precision == "single" else np.complex128)
        self._real = np.dtype(np.float32 if self.dtype == np.complex64 else np.float64)
        operations, self._qubits, columns, self._phase = compile_circuit(circuit)
        self.expressions = tuple(columns.expressions)
        self._n_used = len(self._qubits)
        self._fold_constants(operations)
        self.weight = 2 ** max(0, self._n_used - MAX_QUBITS_OF_LIGHT_SESSIONS)
        self._first = {}  # numbers of parameters -> number of an operation
        self._index = spread_bits(np.arange(2**self._n_used), self._qubits)
        row_bytes = 2 * 2**self._n_used * self._real.itemsize
        self._blocks_per_step = max(1, CACHE_BYTES // (row_bytes * _kernels.LANES))
        self.seconds_per_row = sum(op.flops() for op in self._operations) / FLOPS_PER_SECOND
        self.rows_per_run = max(
            _kernels.LANES, min(ROWS_PER_BIND, 2**26 // (2**self.n_qubits * self.dtype.itemsize))
        )

    def _fold_constants(self, operations):
        """Run what comes before the first data-dependent operation once and for all."""
        first = 0
        while first < len(operations) and not operations[first].columns_used:
            first += 1
        state = State(1, self._n_used, np.float64)
        state.re[:], state.im[:] = 0.0, 0.0
        state.re[:, 0] = 1.0
        for operation in operations[:first]:
            operation.forward(state, operation.bind(()), slice(0, 1))
        self._initial = tuple(x[0, :, 0].astype(self._real) for x in (state.re, state.im))
        self._operations = operations[first:]
        self._n_folded = first

    # -- running --------------------------------------------------------------------------------

    def _all_states(self, rows, *, n_jobs=None, verbose=False):
        if self._n_used >= MIN_QUBITS_TO_SHARE:
            workers = n_workers(n_jobs, self.seconds_per_row * len(rows), threads=True)
            if 0 < len(rows) <= (workers - 1) * self.rows_together:
                # too few rows for all threads: the threads share the rows
                with sharing(workers) as share:
                    return self._run_states(rows, share)
        out = self._empty_states(len(rows))
        self._in_threads(
            lambda part: self._run_states(rows[part], out=out[part]),
            len(rows),
            n_jobs,
            self.seconds_per_row,
            rows_per_step=self.rows_per_run,
            verbose=verbose,
        )
        return out

    def _empty_states(self, n_rows):
        """Return an array for states, with zeros where idle qubits are 1."""
        new = np.empty if self._n_used == self.n_qubits else np.zeros
        return new((n_rows, 2**self.n_qubits), self.dtype)

    def _run_states(self, columns, share=None, out=None):
        """Return the states for some rows of columns, `share` as ``sharing`` has it."""
        out = self._empty_states(len(columns)) if out is None else out
        for rows, state, run in self._steps(columns, share=share):
            phase = np.zeros(rows.stop - rows.start) + self._phase.values(run.columns)
            args = (state.re, state.im, phase, self._index, out[rows])
            state.loop(_kernels.to_complex, len(self._index), *args)
        return out

    def _run_expectations(self, values, observables, *, n_jobs, random_state):
        columns = self.prepare(values)
        prepared = Observables(observables, self.n_qubits, self._qubits)
        out = np.empty((len(columns), len(prepared)))

        def task(rows):
            for part, state, _ in self._steps(columns, rows=rows):
                out[part] = prepared.expectations(state)[: part.stop - part.start]

        self._in_threads(task, len(columns), n_jobs, self.seconds_per_row)
        return out

    def marginals(self, values, subsets):
        """Return reduced density matrices of every row without keeping the states.

        Parameters
        ----------
        values : array-like of shape (n_rows, n_parameters)
            Parameter values (radians).
        subsets : sequence of tuple of int
            Qubits to keep, all tuples of the same length, the first the least significant.

        Returns
        -------
        ndarray of shape (n_rows, n_subsets, 2 ** k, 2 ** k)
            Density matrices of k qubits.
        """
        columns = self.prepare(self.check_values(values))
        subsets = [tuple(subset) for subset in subsets]
        sizes = {len(subset) for subset in subsets}
        for subset in subsets:
            if (
                len(sizes) != 1
                or len(set(subset)) != len(subset)
                or not set(subset) <= set(range(self.n_qubits))
            ):
                raise ValueError(
                    f"The subset {subset} is not one of distinct qubits between 0 and "
                    f"{self.n_qubits - 1}, or not as long as the others."
                )
        size = 2 ** sizes.pop() if subsets else 1
        out = np.empty((len(columns), len(subsets), size, size), dtype=np.complex128)
        for rows, state, _ in self._steps(columns):
            n = rows.stop - rows.start
            for number, subset in enumerate(subsets):
                out[rows, number] = self._marginal(state, subset)[:n]
        return out

    def _run_gradients(self, values, observables, cotangents, wrt, *, n_jobs, random_state):
        """Differentiate by the adjoint method (Jones and Gacon, arXiv:2009.02823).

        One forward and one backward sweep give the derivatives with respect to all parameters,
        weights and features alike.
        """
        columns = self.prepare(values)
        prepared = Observables(observables, self.n_qubits, self._qubits)
        expectations = np.empty((len(columns), len(prepared)))
        by_column = np.zeros(columns.shape)
        first = self._first_operation(wrt)

        def task(rows):
            for part, ket, run in self._steps(columns, rows=rows):
                expectations[part] = prepared.expectations(ket)[: part.stop - part.start]
                bra = prepared.applied(ket, cotangents(part, expectations[part]))
                run.backward(ket, bra, by_column[part], first)

        self._in_threads(task, len(columns), n_jobs, 4 * self.seconds_per_row)
        return expectations, self._prepared.pull_back(values, by_column, wrt)

    def _in_threads(
        self, task, n_rows, n_jobs, seconds_per_row, *, rows_per_step=ROWS_PER_BIND, verbose=False
    ):
        """Call `task` with slices of the rows."""
        workers = n_workers(n_jobs, seconds_per_row * n_rows, threads=True)
        blocks = map_rows(
            lambda numbers: task(slice(numbers[0], numbers[-1] + 1)),
            np.arange(n_rows),
            workers=workers,
            n_jobs=n_jobs,
            threads=True,
            verbose=verbose,
            description="states",
            rows_per_step=rows_per_step,
            rows_together=_kernels.LANES,
        )
        for _ in blocks:
            pass

    def _steps(self, columns, *, rows=None, share=None):
        """Yield (rows, final state, run) for parts of the rows that fit into the cache."""
        rows_per_step = self._blocks_per_step * _kernels.LANES
        rows_per_bind = max(ROWS_PER_BIND // rows_per_step, 1) * rows_per_step
        begin, end = (0, len(columns)) if rows is None else (rows.start, rows.stop)
        state = None
        for start in range(begin, end, rows_per_bind):
            part = Values(columns[start : min(start + rows_per_bind, end)])
            bound = [operation.bind(part) for operation in self._operations]
            for first in range(0, part.n_rows, rows_per_step):
                within = slice(first, min(first + rows_per_step, part.n_rows))
                run = _Run(self._operations, bound, part, within)
                if state is None or len(state.re) != run.n_blocks:
                    state = State(run.n_blocks, self._n_used, self._real, share)
                state.loop(_kernels.fill, 2**self._n_used, state.re, state.im, *self._initial)
                run.forward(state)
                yield slice(start + within.start, start + within.stop), state, run

    # -- parts of the above ---------------------------------------------------------------------

    def _marginal(self, state, subset):
        """Return the density matrices of a subset of the qubits; idle ones are 0 for certain."""
        used = [q for q in subset if q in self._qubits]
        bases, offsets = qubit_groups(self._n_used, [self._qubits.index(q) for q in used])
        size = len(offsets)
        re, im = np.empty((2, len(state.re), size * size, _kernels.LANES))
        ket = (state.re, state.im)
        _overlaps.cross_moments(*ket, *ket, bases, offsets, re, im)
        moments = np.moveaxis(re + 1j * im, -1, 1).reshape(-1, size, size)
        index = spread_bits(np.arange(2 ** len(used)), [subset.index(q) for q in used])
        density = np.zeros((len(moments), 2 ** len(subset), 2 ** len(subset)), dtype=complex)
        density[:, index[:, None], index] = moments.transpose(0, 2, 1)
        return density

    def _first_operation(self, wrt):
        """Return the number of the first operation that depends on parameters, given by number."""
        wrt = tuple(wrt)
        if wrt not in self._first:
            parameters = {self.parameters[number] for number in wrt}
            columns = {
                number
                for number, expression in enumerate(self.expressions)
                if not parameters.isdisjoint(expression.parameters)
            }
            first = (
                number
                for number, operation in enumerate(self._operations)
                if not columns.isdisjoint(operation.columns_used)
            )
            self._first[wrt] = next(first, len(self._operations))
        return self._first[wrt]

    # -- description ----------------------------------------------------------------------------

    def describe(self):
        """Return the program as text: operations, bytes and estimated cost per row.

        Returns
        -------
        str
            One line per operation.
        """
        size = 2**self._n_used
        lines = [
            f"{self.n_qubits} qubits, {self._n_used} in use; "
            f"{len(self.expressions)} distinct expressions of "
            f"{len(self.parameters)} parameters",
            f"start: {self._n_folded} operations without parameters, run once",
        ]
        for operation in self._operations:
            lines.append(f"{operation.describe()}  [{operation.flops() / 1e3:.1f} kflop]")
        total = sum(operation.flops() for operation in self._operations)
        bytes_per_row = 2 * size * self._real.itemsize
        lines.append(
            f"per row: {bytes_per_row} bytes of state, {total / 1e3:.1f} kflop, about "
            f"{self.seconds_per_row * 1e6:.0f} us on one core"
        )
        return "\n".join(lines)


class _Run:
    """The bound operations for some of the rows they were bound for."""

    def __init__(self, operations, bound, columns, rows):
        self.operations = operations
        self.bound = bound
        self.columns = columns.part(rows)
        first = rows.start // _kernels.LANES
        self.n_blocks = -(-(rows.stop - rows.start) // _kernels.LANES)
        self.blocks = slice(first, first + self.n_blocks)

    def forward(self, state):
        for operation, bound in zip(self.operations, self.bound, strict=True):
            operation.forward(state, bound, self.blocks)

    def backward(self, ket, bra, gradient, first):
        """Undo the operations down to number `first`, and collect the gradient."""
        steps = list(zip(self.operations, self.bound, strict=True))[first:]
        for operation, bound in reversed(steps):
            operation.backward(ket, bra, bound, self.blocks, self.columns, gradient)

"""A compiled program with buffers: what runs."""

from weakref import WeakKeyDictionary

import numpy as np

from skquantum._circuits import FixedObservables
from skquantum._runtime import blocks_of_rows, map_rows, n_workers, sharing
from skquantum.engines._compiled._compiler import compile_circuit
from skquantum.engines._compiled._kernels import LANES
from skquantum.engines._compiled._machine import ALONE, CACHE_BYTES, Machine
from skquantum.engines._compiled._observables import prepare_observables, spread_bits
from skquantum.engines._compiled._operations import GlobalPhase
from skquantum.engines._compiled._program import Table
from skquantum.engines._kernel_sessions import StateGradientSession
from skquantum.engines._session import ColumnSession

__all__ = ["CompiledSession"]

# Rows of a task.
ROWS_PER_TASK = 1024
# Waking a thread takes 0.2 ms; loops over smaller states are done before.
MIN_QUBITS_TO_SHARE = 18

# Tables of 2**n numbers take less than a megabyte each.
MAX_QUBITS_OF_LIGHT_SESSIONS = 16

FLOPS_PER_SECOND = 5e9  # of one core, cautious; only decides whether threads are worth it

# Observables that are compared with those of the last call.
BYTES_TO_COMPARE = 2**16


class CompiledSession(ColumnSession, StateGradientSession):
    """A circuit compiled for batches of rows.

    Parameters
    ----------
    engine : CompiledEngine
        The settings, already validated.
    circuit : QuantumCircuit
        Unitary circuit; its parameters, in order, are the columns of the values.
    """

    def __init__(self, engine, circuit):
        super().__init__(engine, circuit)
        self.dtype = np.dtype(np.complex64 if engine.precision == "single" else np.complex128)
        self._real = np.dtype(np.float32 if self.dtype == np.complex64 else np.float64)
        operations, self._qubits, columns, phase = compile_circuit(circuit)
        self.expressions = tuple(columns.expressions)
        self._n_used = len(self._qubits)
        self._fold_constants(operations, phase)
        self.weight = 2 ** max(0, self._n_used - MAX_QUBITS_OF_LIGHT_SESSIONS)
        self._first = {}  # numbers of parameters -> number of an operation
        self._fixed_operators = WeakKeyDictionary()
        self._last_operators = None, None
        self._index = spread_bits(np.arange(2**self._n_used), self._qubits)
        self.rows_together = 1 if self._n_used >= ALONE else LANES
        self.seconds_per_row = sum(op.flops() for op in self._operations) / FLOPS_PER_SECOND
        self.rows_per_run = max(
            self.rows_together,
            min(ROWS_PER_TASK, 2**26 // (2**self.n_qubits * self.dtype.itemsize)),
        )

    def _fold_constants(self, operations, phase):
        """Run what comes before the first data-dependent operation once and for all."""
        first = 0
        while first < len(operations) and not operations[first].columns_used:
            first += 1
        folded = np.zeros((1, 2**self._n_used), np.complex128)
        folded[0, 0] = 1.0
        if first:
            initial = np.stack([folded[0].real, folded[0].imag])
            machine = Machine(Table(self._n_used, operations[:first]), initial)
            for step in machine.forward(np.empty((1, 0)), slice(0, 1)):
                machine.write(step, np.arange(2**self._n_used), folded)
        if phase.is_constant:
            folded *= np.exp(1j * phase.constant)
        self._n_folded = first
        self._operations = operations[first:]
        self._before_phase = len(self._operations)
        if not phase.is_constant:
            self._operations.append(GlobalPhase(self._n_used, phase))
        initial = np.empty((2, 2**self._n_used), self._real)
        initial[0], initial[1] = folded[0].real, folded[0].imag
        self._machine = Machine(Table(self._n_used, self._operations), initial)

    # -- running --------------------------------------------------------------------------------

    def _all_states(self, rows, *, n_jobs=None, verbose=False):
        if self._n_used >= MIN_QUBITS_TO_SHARE:
            workers = n_workers(n_jobs, self.seconds_per_row * len(rows), threads=True)
            if 0 < len(rows) < workers:
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
        for step in self._machine.forward(columns, slice(0, len(columns)), share=share):
            self._machine.write(step, self._index, out, share)
        return out

    def _run_expectations(self, values, observables, *, n_jobs, random_state):
        columns = self.prepare(values)
        operators = self._operators(observables)
        out = np.empty((len(columns), len(observables)))

        def task(rows):
            for step in self._machine.forward(columns, rows, end=self._before_phase):
                self._machine.expectations(step, operators, out)

        self._in_threads(task, len(columns), n_jobs, self.seconds_per_row)
        return out

    def _run_gradients(self, values, observables, cotangents, wrt, *, n_jobs, random_state):
        """Differentiate by the adjoint method (Jones and Gacon, arXiv:2009.02823).

        One forward and one backward sweep give the derivatives with respect to all parameters,
        weights and features alike: those of 2 Re <bra|ket>, where the bra is the sum of the
        observables, weighted by the cotangents, applied to the ket.
        """
        operators = self._operators(observables)
        expectations = np.empty((len(values), len(observables)))

        def bras(step):
            self._machine.expectations(step, operators, expectations)
            given = cotangents(step.rows, expectations[step.rows])
            return self._machine.weighed(step, operators, np.ascontiguousarray(given))

        # the global phase changes no expectation value
        return expectations, self._swept(values, bras, wrt, n_jobs, self._before_phase)

    def _run_pull_back(self, values, bras, wrt, *, n_jobs):
        def read(step):
            return self._machine.read(step, bras, self._index)

        return self._swept(values, read, wrt, n_jobs, len(self._operations))

    def _swept(self, values, bras, wrt, n_jobs, end):
        """Return derivatives of 2 Re <bra|ket>, for a function that returns the bras of a step."""
        columns = self.prepare(values)
        by_column = np.empty(columns.shape)
        begin = min(self._first_operation(wrt), end)

        def task(rows):
            for step in self._machine.forward(columns, rows, end=end):
                given = bras(step)
                self._machine.backward(step, given, columns, by_column, begin=begin, end=end)

        self._in_threads(task, len(columns), n_jobs, 4 * self.seconds_per_row)
        return self._prepared.pull_back(values, by_column, wrt)

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
        row_bytes = 2**self.n_qubits * np.dtype(np.complex128).itemsize
        for rows in blocks_of_rows(len(columns), max(1, CACHE_BYTES // row_bytes)):
            tensor = self._run_states(columns[rows]).reshape(-1, *[2] * self.n_qubits)
            for number, subset in enumerate(subsets):
                # axis n - q is qubit q
                axes = [self.n_qubits - qubit for qubit in reversed(subset)]
                kept = np.moveaxis(tensor, axes, range(1, len(axes) + 1))
                kept = kept.reshape(len(tensor), size, -1).astype(np.complex128)
                np.matmul(kept, kept.conj().swapaxes(1, 2), out=out[rows, number])
        return out

    def _in_threads(
        self, task, n_rows, n_jobs, seconds_per_row, *, rows_per_step=ROWS_PER_TASK, verbose=False
    ):
        """Call `task` with slices of the rows."""
        workers = n_workers(n_jobs, seconds_per_row * n_rows, threads=True)
        if 0 < n_rows <= rows_per_step and workers == 1 and not verbose:
            task(slice(0, n_rows))
            return
        blocks = map_rows(
            lambda numbers: task(slice(numbers[0], numbers[-1] + 1)),
            np.arange(n_rows),
            workers=workers,
            n_jobs=n_jobs,
            threads=True,
            verbose=verbose,
            description="states",
            rows_per_step=rows_per_step,
            rows_together=self.rows_together,
        )
        for _ in blocks:
            pass

    # -- parts of the above ---------------------------------------------------------------------

    def _operators(self, observables):
        """Return observables for numba.

        Those that never change are kept for as long as they are there; others until the next
        call, if they are small.
        """
        fixed = isinstance(observables, FixedObservables)
        if fixed:
            operators = self._fixed_operators.get(observables)
        else:
            key = _key(observables)
            kept, operators = self._last_operators
            operators = operators if key is not None and key == kept else None
        if operators is None:
            operators = prepare_observables(observables, self.n_qubits, self._qubits)
            if fixed:
                self._fixed_operators[observables] = operators
            else:
                self._last_operators = key, operators if key is not None else None
        return operators

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


def _key(observables):
    """Return what tells small observables from others; None if they are large."""
    parts = []
    for observable in observables:
        if isinstance(observable, np.ndarray):
            parts.append((observable,))
        else:
            parts.append((observable.paulis.x, observable.paulis.z, observable.coeffs))
    if sum(array.nbytes for part in parts for array in part) > BYTES_TO_COMPARE:
        return None
    return [tuple(array.tobytes() for array in part) for part in parts]

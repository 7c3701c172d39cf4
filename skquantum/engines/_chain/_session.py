"""A circuit whose overlaps are contracted along the chain."""

from functools import cached_property
from itertools import product

import numpy as np
from qiskit.quantum_info import SparsePauliOp

from skquantum._runtime import in_pieces, run_rows
from skquantum.engines._chain._batch import ChainBatch
from skquantum.engines._chain._compiler import compile_circuit
from skquantum.engines._chain._local import LocalProgram
from skquantum.engines._chain._strings import strings_of
from skquantum.engines._chain._tiles import FLOPS_PER_SECOND
from skquantum.engines._kernel_sessions import BYTES_PER_PIECE, KernelSession
from skquantum.engines._session import ColumnSession, ExpectationSession

__all__ = ["ChainKernelSession", "ChainSession"]


class ChainKernelSession(ColumnSession, KernelSession):
    """A circuit compiled for overlaps of its rows.

    Parameters
    ----------
    engine : ChainEngine
        The settings, already validated.
    circuit : QuantumCircuit
        Unitary circuit; its parameters, in order, are the columns of the values.

    Attributes
    ----------
    program : Program
        How two rows are compared.
    """

    def __init__(self, engine, circuit):
        super().__init__(engine, circuit)
        self._compiled = compile_circuit(circuit, engine.max_states)
        self.program = self._compiled.program
        self.expressions = self._compiled.expressions
        self.dtype = np.dtype(np.complex64 if engine.precision == "single" else np.complex128)
        self._real = np.dtype(np.float32 if engine.precision == "single" else np.float64)
        self.shots = engine.shots
        self.seconds_per_row = 1e-7 * max(1, self.program.n_numbers)

    def _check_comparison(self, measurement, weights):
        if weights is not None:
            raise ValueError(
                "outcome_weights apply to measured bitstrings, and ChainEngine does not simulate "
                "noise; use an engine with noise or a sampler, or outcome_weights=None."
            )

    def _encode(self, values, *, measurement, weights, checkpoint, n_jobs, verbose):
        columns = self.prepare(values)
        row_bytes = max(1, self.program.n_numbers * self._real.itemsize)

        def compute(block):
            rows = columns[block]
            out = np.empty((len(rows), self.program.n_numbers), self._real)
            options = {"n_jobs": n_jobs, "verbose": verbose, "description": "rows"}
            return run_rows(self, "_run_coefficients", rows, out, **options)

        pieces = in_pieces(
            compute,
            values.__getitem__,
            len(values),
            max(1, BYTES_PER_PIECE // row_bytes),
            checkpoint,
        )
        array = pieces[0] if len(pieces) == 1 else np.concatenate(pieces)
        return ChainBatch(array, self.program, self.shots, n_jobs, verbose)

    def _run_coefficients(self, rows):
        """Return the coefficients of some rows of what :meth:`prepare` returned."""
        return self._compiled.coefficients(rows, self._real)

    def describe(self, n_rows=1000):
        """Return what a comparison takes, as text.

        Parameters
        ----------
        n_rows : int, default=1000
            Number of rows whose kernel matrix is estimated.

        Returns
        -------
        str
            Sites, states of the boundary, floating-point operations, and seconds.
        """
        program = self.program
        widest = int(np.argmax(program.n_bits))
        mean = np.mean(2.0 ** np.array(program.n_bits))
        seconds = n_rows * (n_rows - 1) / 2 * program.n_flops / FLOPS_PER_SECOND
        sites = self._compiled.sites
        order = "reordered"
        if sites is None:
            order = "contracted in time, as a simulation of the state is"
        elif np.array_equal(sites, np.arange(self.n_qubits)):
            order = "in the order of the qubits"
        return "\n".join(
            [
                f"{self.n_qubits} sites, {order}; "
                f"{len(self.expressions)} distinct expressions of {len(self.parameters)} "
                "parameters",
                f"boundary: at most {2 ** program.n_bits[widest]} states (behind site {widest}), "
                f"{mean:.3g} on average; up to {program.room} within a site",
                f"per row: {program.n_numbers} numbers; per pair: {program.n_flops / 1e3:.3g} "
                f"kflop",
                f"{n_rows} rows: about {seconds:.2g} s on one core",
            ]
        )


class ChainSession(ChainKernelSession, ExpectationSession):
    """Offers expectation values of Pauli strings too.

    What is left and right of a string is computed once for all strings; so those on neighbouring
    qubits take a few sites each.

    Parameters
    ----------
    engine : ChainEngine
        The settings, already validated.
    circuit : QuantumCircuit
        Unitary circuit; its parameters, in order, are the columns of the values.
    """

    @cached_property
    def _local(self):
        return LocalProgram(self._compiled)

    def _run_expectations(self, values, observables, *, n_jobs, random_state):
        columns = self.prepare(values)
        sites = self._compiled.sites
        sites = range(self.n_qubits) if sites is None else sites
        tails = self._compiled.structure.paths.tails
        sums = [strings_of(observable, sites, tails) for observable in observables]
        strings = list(dict.fromkeys(string for terms in sums for string in terms))
        number = {string: k for k, string in enumerate(strings)}
        for string in strings:
            self._local.window(string)  # once, before threads ask for it
        out = np.empty((len(columns), len(strings)))
        run_rows(self, "_run_strings", columns, out, args=(strings,), n_jobs=n_jobs)
        found = np.zeros((len(columns), len(observables)))
        for k, terms in enumerate(sums):
            for string, coefficient in terms.items():
                found[:, k] += coefficient * out[:, number[string]]
        return found

    def _run_strings(self, rows, strings):
        """Return expectation values of strings for some rows of what :meth:`prepare` returned."""
        return self._local.expectations(rows, strings)

    def marginals(self, values, subsets, *, n_jobs=None):
        """Return reduced density matrices of every row.

        Parameters
        ----------
        values : array-like of shape (n_rows, n_parameters)
            Parameter values (radians).
        subsets : sequence of tuple of int
            Qubits to keep, all tuples of the same length, the first the least significant.
        n_jobs : int or None, default=None
            Threads, as joblib counts them.

        Returns
        -------
        ndarray of shape (n_rows, n_subsets, 2 ** k, 2 ** k)
            Density matrices of k qubits.
        """
        subsets = [tuple(subset) for subset in subsets]
        for subset in subsets:
            if len(subset) != len(subsets[0]) or len(set(subset)) != len(subset):
                raise ValueError(
                    f"The subset {subset} does not hold {len(subsets[0])} distinct qubits, as the "
                    "first one does; pass tuples of the same length."
                )
        letters = ["".join(string) for string in product("IXYZ", repeat=len(subsets[0]))]
        observables = [
            # the last letter is the first qubit
            SparsePauliOp.from_sparse_list(
                [(string[::-1], list(subset), 1.0)], num_qubits=self.n_qubits
            )
            for subset in subsets
            for string in letters
        ]
        found = self.expectations(values, observables, n_jobs=n_jobs)
        found = found.reshape(len(found), len(subsets), len(letters))
        matrices = np.array([SparsePauliOp(string).to_matrix() for string in letters])
        return np.einsum("rsp,pij->rsij", found, matrices) / 2 ** len(subsets[0])

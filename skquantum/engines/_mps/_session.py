"""A circuit whose rows become matrix product states."""

import warnings

import numpy as np

from skquantum._runtime import blocks_of_rows, in_pieces, map_rows, n_workers, run_rows
from skquantum.engines._aer._memory import ROWS_OF_CIRCUITS
from skquantum.engines._chain._angles import AngleValues
from skquantum.engines._chain._gates import read
from skquantum.engines._chain._order import moved, orders
from skquantum.engines._chain._strings import strings_of
from skquantum.engines._kernel_sessions import KernelSession
from skquantum.engines._mps._batch import MPSBatch
from skquantum.engines._mps._circuits import Circuits, together
from skquantum.engines._mps._states import States, evolve
from skquantum.engines._session import ColumnSession, ExpectationSession

__all__ = ["MPSKernelSession", "MPSSession"]

ROWS_TOGETHER = 32
ROWS_PER_PIECE = 64
# A fidelity differs by no more than four times as much.
LARGEST_BOUND = 0.01

_PAULIS = {
    (0, 0): np.eye(2),
    (1, 0): np.array([[0, 1], [1, 0]]),
    (1, 1): np.array([[0, -1j], [1j, 0]]),
    (0, 1): np.diag([1.0, -1.0]),
}


class MPSKernelSession(ColumnSession, KernelSession):
    """A circuit that is run as matrix product states.

    Parameters
    ----------
    engine : MPSEngine
        The settings, already validated.
    circuit : QuantumCircuit
        Unitary circuit; its parameters, in order, are the columns of the values.
    """

    def __init__(self, engine, circuit):
        super().__init__(engine, circuit)
        self.shots = engine.shots
        gates, self.expressions = read(circuit, range(self.n_qubits))
        self._sites = orders(gates, self.n_qubits)[-1]
        self._gates, self._place = _without_swaps(moved(gates, self._sites), self.n_qubits)
        self._angles = AngleValues([gate[2] for gate in self._gates if gate[0] == "phase"])
        room = 32 * ROWS_TOGETHER  # a decomposition of two sites, and its parts
        self._too_large = max(2, int((engine.max_bytes / (4 * room)) ** 0.5))
        self._limits = engine.truncation_threshold, engine.max_bond_dimension
        self.seconds_per_row = 1e-4 * len(self._gates)
        self.rows_per_run = ROWS_OF_CIRCUITS

    def _check_comparison(self, measurement, weights):
        if weights is not None:
            raise ValueError(
                "outcome_weights apply to measured bitstrings, and MPSEngine does not simulate "
                "noise; use an engine with noise or a sampler, or outcome_weights=None."
            )

    def _map(self, columns, task, n_jobs, verbose=False):
        """Call ``task(block, states)`` for blocks of rows; return what it returns.

        Blocks are the same for any number of threads, and so is the result, to the bit.
        """
        blocks = list(blocks_of_rows(len(columns), ROWS_TOGETHER))
        if self.engine.simulator == "aer":
            rows = np.empty(len(columns), dtype=object)
            run_rows(self, "_run_in_aer", columns, rows, n_jobs=n_jobs, verbose=verbose)
            return [task(block, together(rows[block], *self._limits)) for block in blocks]

        def run(numbers):
            (block,) = (blocks[number] for number in numbers)
            states = States(block.stop - block.start, self.n_qubits, *self._limits)
            self._evolve(states, columns[block])
            return task(block, states)

        found = map_rows(
            run,
            np.arange(len(blocks)),
            workers=n_workers(n_jobs, self.seconds_per_row * len(columns), threads=True),
            n_jobs=n_jobs,
            threads=True,
            verbose=verbose,
            description="blocks of rows",
            rows_per_step=1,
        )
        return [result for _, result in found]

    def _run_in_aer(self, rows):
        """Return what becomes of some rows of what :meth:`prepare` returned."""
        circuits = Circuits(len(rows), self.n_qubits)
        self._evolve(circuits, rows)
        return circuits.run(*self._limits)

    def _evolve(self, states, rows):
        evolve(states, self._gates, iter(self._angles(rows).T), too_large=self._too_large)

    def _encode(self, values, *, measurement, weights, checkpoint, n_jobs, verbose):
        columns = self.prepare(values)

        def compute(rows):
            def saved(block, states):
                parts = values[rows][block], states.truncation, states.bound
                return MPSBatch(states.tensors, *parts).save()

            return MPSBatch.load(self._map(columns[rows], saved, n_jobs, verbose), None).save()

        if not len(values):
            empty = [np.empty((0, 1, 2, 1), dtype=complex) for _ in range(self.n_qubits)]
            return MPSBatch(empty, values, np.empty(0), np.empty(0), self.shots)
        pieces = in_pieces(compute, values.__getitem__, len(values), ROWS_PER_PIECE, checkpoint)
        batch = MPSBatch.load(pieces, self.shots)
        batch.n_jobs = n_jobs
        worst = int(batch.error_bound.argmax())
        if batch.error_bound[worst] > LARGEST_BOUND:
            warnings.warn(
                f"The state of row {worst} has lost a weight of {batch.truncation[worst]:.1e} by "
                f"truncation, so that it may be off by {batch.error_bound[worst]:.2g}; use a "
                "smaller truncation_threshold or a larger max_bond_dimension.",
                UserWarning,
            )
        return batch


class MPSSession(MPSKernelSession, ExpectationSession):
    """Offers expectation values of Pauli strings too.

    Tensors are right-canonical, and what is left of a site is known by its singular values, so
    that a string takes the sites from its first to its last.

    Parameters
    ----------
    engine : MPSEngine
        The settings, already validated.
    circuit : QuantumCircuit
        Unitary circuit; its parameters, in order, are the columns of the values.
    """

    def _run_expectations(self, values, observables, *, n_jobs, random_state):
        columns = self.prepare(values)
        tails = [None] * self.n_qubits
        sums = [strings_of(observable, self._sites, tails) for observable in observables]
        out = np.zeros((len(columns), len(observables)))

        def add(block, states):
            known = {}
            for number, terms in enumerate(sums):
                for string, coefficient in terms.items():
                    if string not in known:
                        known[string] = _expectation(states, self._place, *string)
                    out[block, number] += coefficient * known[string]

        self._map(columns, add, n_jobs)
        return out


def _without_swaps(gates, n_sites):
    """Return gates at the sites where SWAPs have put their wires, and where the wires end."""
    found, place = [], list(range(n_sites))
    for gate in gates:
        if gate[0] == "swap":
            a, b = gate[1:]
            place[a], place[b] = place[b], place[a]
        else:
            found += moved([gate], place)
    return found, place


def _expectation(states, place, x, z):
    letters = {
        place[wire]: (x >> wire & 1, z >> wire & 1)
        for wire in range(len(place))
        if (x | z) >> wire & 1
    }
    if not letters:
        return np.ones(len(states.truncation))
    first, last = min(letters), max(letters)
    weights = states.values[first] ** 2
    E = weights[:, :, None] * np.eye(weights.shape[1])
    for site in range(first, last + 1):
        tensor = states.tensors[site]
        turned = np.matmul(_PAULIS[letters.get(site, (0, 0))], tensor)
        n_rows, a, _, b = tensor.shape
        E = np.matmul(E, turned.reshape(n_rows, a, 2 * b)).reshape(n_rows, 2 * a, b)
        E = np.matmul(tensor.conj().reshape(n_rows, 2 * a, b).transpose(0, 2, 1), E)
    return np.trace(E, axis1=1, axis2=2).real

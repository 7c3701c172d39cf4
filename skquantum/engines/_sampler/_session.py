"""Fidelities of pairs of rows from counts, beside expectation values."""

import hashlib
import warnings
from collections import Counter
from dataclasses import dataclass

import numpy as np

from skquantum._circuits import circuit_text
from skquantum._runtime import ItemStore, blocks_of_rows, progress_bar
from skquantum.engines._devices import backend_of, check_is_open, job_id, pubs_of, run_jobs
from skquantum.engines._kernel_sessions import FidelitySession
from skquantum.engines._sampler._bits import as_columns, as_numbers, checked_bits
from skquantum.engines._sampler._circuits import make_pair_circuit
from skquantum.engines._sampler._expectations import CountedExpectations

__all__ = ["SamplerSession"]


class SamplerSession(CountedExpectations, FidelitySession):
    """The circuit for a pair of rows, translated for a device, and the sampler that runs it.

    Parameters
    ----------
    engine : SamplerEngine
        The settings, already validated.
    circuit : QuantumCircuit
        Unitary circuit of one row; its parameters, in order, are the columns of the values.
    wires : list of int
        Qubits of the circuit that are measured.
    """

    def __init__(self, engine, circuit, wires):
        super().__init__(engine, circuit, wires)
        self.digest = hashlib.sha256(circuit_text(circuit).encode()).hexdigest()
        self.pair = self._checked(
            make_pair_circuit(circuit, wires, engine.sampler, self._pass_manager)
        )

    def fidelities(self, x_values, y_values, pairs, *, retrieve=None, **options):
        """Measure pairs of rows: how often all bits are 0 after one circuit and the other undone.

        Parameters
        ----------
        x_values : array-like of shape (n_x, n_parameters)
            Parameter values (radians) of the rows whose circuit comes first.
        y_values : array-like of shape (n_y, n_parameters)
            Parameter values (radians) of the rows whose inverse circuit follows.
        pairs : array-like of shape (n_pairs, 2)
            Numbers of a row of `x_values` and a row of `y_values`. Duplicate pairs
            are measured twice.
        retrieve : callable or None, default=None
            ``retrieve(job_id)`` returns a job that was submitted earlier, such as the method
            ``QiskitRuntimeService.job``; then jobs that a killed process left in flight are waited
            for, if there is a checkpoint, rather than submitted again. None means `retrieve` of
            the engine.
        **options
            `weights`, `shots`, `verbose` and `n_jobs` (without effect) as
            :meth:`FidelitySession.fidelities` has them; and `checkpoint`, which takes what each
            job finds, at once, and the numbers of the jobs. What is there already is not measured
            again, whatever it was measured with. Bits belong to their circuit, values and shots,
            and are never taken for others; weights can be others each time.

        Returns
        -------
        ndarray of shape (n_pairs,)
            Fractions of shots, or averages of weights.

        Raises
        ------
        ValueError
            If shapes do not fit, or a value is not finite; nothing has been submitted then.
        SimulationError
            If a job has failed too often.
        """
        return super().fidelities(x_values, y_values, pairs, retrieve=retrieve, **options)

    def _run_fidelities(self, rows, weights):
        """Return the fidelities of pairs, of shape (n_pairs, 2, n_parameters)."""
        numbers = np.arange(len(rows))
        pairs = np.column_stack([numbers, numbers])
        return self.fidelities(rows[:, 0], rows[:, 1], pairs, weights=weights)

    def _all_fidelities(
        self,
        x_values,
        y_values,
        pairs,
        weights,
        *,
        shots=None,
        retrieve=None,
        checkpoint=None,
        n_jobs=None,
        verbose=False,
    ):
        for values in (x_values, y_values):
            self.check_rows(values)  # bad ones are refused before anything runs
        check_is_open(self._primitive)
        shots = self.shots if shots is None else shots
        checkpoint = self.kept if checkpoint is None else checkpoint
        retrieve = self._retrieval(checkpoint) if retrieve is None else retrieve
        data = x_values, y_values, pairs, weights
        call = _Measurements(self, data, shots, checkpoint, retrieve)
        with progress_bar(len(call.estimates), "fidelities", "circuit", verbose) as bar:
            call.bar = bar
            todo = call.missing_chunks()
            run_jobs(
                todo,
                call.submit,
                call.read,
                call.accept,
                self._settings,
                remedy=self.remedy(checkpoint),
                record=call.record,
            )
        return call.estimates

    def _retrieval(self, checkpoint):
        """Return what fetches earlier jobs, as the engine says it, or None."""
        given = self.engine.retrieve
        if given is not None and checkpoint is None:
            raise ValueError(
                "retrieve needs a checkpoint, which says what each job measures; pass "
                "checkpoint=... to the kernel, or retrieve=None to the engine."
            )
        if given is None or callable(given):
            return given
        service = getattr(backend_of(self._primitive), "service", None)
        if service is None:
            raise ValueError(
                f"retrieve holds {len(given)} numbers of jobs, but the sampler has no service to "
                "ask for them; pass retrieve=QiskitRuntimeService(...).job, or another callable."
            )
        wanted = set(given)
        return lambda number: service.job(number) if number in wanted else None

    def submit(self, angles, shots):
        """Return a job for circuits with these angles, one row each."""
        return self._submitted(self.pubs(angles, shots))

    def pubs(self, angles, shots=None):
        """Return what a sampler takes for circuits with these angles, one row each."""
        return pubs_of(self.pair, angles, after=(self.shots if shots is None else shots,))

    def check_result(self, result, n_circuits, shots):
        """Return bits of shape (n_circuits, n_shots, n_bytes), if they are all there."""
        return checked_bits(result, self.pair, n_circuits, shots, self.n_qubits)


@dataclass
class _Chunk:
    """The circuits of a job: those of this call at some positions, known by their names.

    A job of an earlier call may have more of them.
    """

    positions: np.ndarray
    n_pairs: int
    names: list
    jobs: list  # numbers of earlier ones

    def __str__(self):
        first, last, n_circuits = self.positions[0], self.positions[-1], len(self.positions)
        which = "circuits" if last - first + 1 == n_circuits else f"{n_circuits} of the circuits"
        return f"{which} {first} to {last} of {self.n_pairs}"


class _Measurements:
    """One call of ``fidelities``."""

    def __init__(self, session, data, shots, checkpoint, retrieve):
        self._session = session
        self._x, self._y, self._pairs, self._weights = data
        self._shots = shots
        self._store = None if checkpoint is None else ItemStore(checkpoint)
        self._retrieve = retrieve
        self._names = self._names_of_pairs()
        self._places = {name: position for position, name in enumerate(self._names)}
        self.estimates = np.empty(len(self._pairs))

    def missing_chunks(self):
        """Yield what the checkpoint does not hold, and take what it does."""
        missing = self._missing(np.arange(len(self._names)))
        for chunk in self._left_in_flight(missing):
            missing = np.setdiff1d(missing, chunk.positions)
            yield chunk
        for block in blocks_of_rows(len(missing), self._session.circuits_per_job):
            positions = self._missing(missing[block])  # another process may have been at work
            if len(positions):
                yield self._chunk(positions)

    def _missing(self, positions):
        """Take what the checkpoint holds of some pairs, and return where the others are."""
        if self._store is None:
            return positions
        names = [self._names[position] for position in positions]
        found = np.zeros(len(names), dtype=bool)
        for places, bits in self._store.find(names):
            found[places] = True
            self._keep([names[place] for place in places], bits)
        return positions[~found]

    def _chunk(self, positions):
        names = [self._names[position] for position in positions]
        jobs = [] if self._store is None else self._store.jobs(names)
        return _Chunk(positions, len(self._names), names, jobs)

    def _left_in_flight(self, missing):
        """Return what jobs of earlier calls measure, if they can be retrieved."""
        chunks = []
        if self._store is not None and self._retrieve is not None:
            missing = set(missing)
            for names, jobs in self._store.unfinished():
                positions = sorted(missing.intersection(self._positions(names)))
                if positions:
                    missing.difference_update(positions)
                    chunks.append(_Chunk(np.array(positions), len(self._names), names, jobs))
        return sorted(chunks, key=lambda chunk: chunk.positions[0])

    def _positions(self, names):
        return [self._places[name] for name in names if name in self._places]

    def submit(self, chunk):
        job = self._retrieved(chunk)
        if job is None:
            chunk.names = [self._names[position] for position in chunk.positions]
            job = self._session.submit(self._angles(chunk.positions), self._shots)
        return job

    def record(self, chunk, job):
        if self._store is not None:
            # those that failed in this call are not retrieved again, neither now nor later
            self._store.note_jobs(chunk.names, [*chunk.jobs, job_id(job)])

    def _retrieved(self, chunk):
        if self._retrieve is None or not chunk.jobs:
            return None
        number = chunk.jobs.pop()
        try:
            return self._retrieve(number)
        except Exception as error:
            warnings.warn(
                f"Job {number} ({chunk}) cannot be retrieved ({type(error).__name__}: {error}); "
                "its circuits are submitted again."
            )
            return None

    def read(self, chunk, result):
        return self._session.check_result(result, len(chunk.names), self._shots)

    def accept(self, chunk, bits):
        if self._store is None:
            self._keep(chunk.names, bits)
            return
        for places, stored in self._store.put(chunk.names, bits):
            self._keep([chunk.names[place] for place in places], stored)

    def _keep(self, names, bits):
        known = [row for row, name in enumerate(names) if name in self._places]
        positions = self._positions(names)
        self.estimates[positions] = self._averages(bits[known])
        self.bar.update(len(positions))

    def _averages(self, bits):
        if self._weights is None:
            return (~bits.any(axis=-1)).mean(axis=-1)
        if callable(self._weights):
            n_qubits = self._session.n_qubits
            return np.array([self._weights(as_columns(one, n_qubits)).mean() for one in bits])
        return np.array([self._weights[as_numbers(one)].mean() for one in bits])

    def _angles(self, positions):
        left, right = self._pairs[positions].T
        both = np.hstack([self._x[left], self._y[right]])
        return self._session.pair.expressions.values(both)

    def _names_of_pairs(self):
        """Name each pair by all that its bits depend on, and by how often it was there before."""
        start = hashlib.sha256(f"{self._session.digest} {self._shots}".encode())
        x_values, y_values = np.ascontiguousarray(self._x), np.ascontiguousarray(self._y)
        seen = Counter()
        names = []
        for left, right in self._pairs:
            digest = start.copy()
            digest.update(x_values[left].tobytes() + y_values[right].tobytes())
            name = digest.hexdigest()[:32]
            names.append(f"{name}-{seen[name]}")
            seen[name] += 1
        return names

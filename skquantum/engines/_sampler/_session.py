"""Fidelities of pairs of rows from counts, beside expectation values."""

import hashlib
import warnings
from dataclasses import dataclass

import numpy as np
from sklearn.utils import gen_batches

from skquantum._circuits import circuit_text
from skquantum._runtime import progress_bar
from skquantum.engines._devices import check_is_open, job_id, pubs_of, run_jobs
from skquantum.engines._kernel_sessions import FidelitySession
from skquantum.engines._sampler._bits import as_numbers, checked_bits
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
        self._digest = hashlib.sha256(circuit_text(circuit).encode()).hexdigest()
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
            Numbers of a row of `x_values` and a row of `y_values`. Pairs that stand there twice
            are measured twice.
        retrieve : callable or None, default=None
            ``retrieve(job_id)`` returns a job that was submitted earlier, such as the method
            ``QiskitRuntimeService.job``; then jobs that a killed process left in flight are waited
            for, if there is a checkpoint, rather than submitted again.
        **options
            `weights`, `shots`, `verbose` and `n_jobs` (without effect) as
            :meth:`FidelitySession.fidelities` has them; and `checkpoint`, which takes what each
            job finds, at once, and the numbers of the jobs. What is there already is not measured
            again. A result belongs to its circuit, values, weights and shots, and is never taken
            for others.

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

    def submit(self, angles, shots):
        """Return a job for circuits with these angles, one row each."""
        return self._submitted(self.pubs(angles, shots))

    def pubs(self, angles, shots=None):
        """Return what a sampler takes for circuits with these angles, one row each."""
        return pubs_of(self.pair, angles, after=(self.shots if shots is None else shots,))

    def check_result(self, result, n_circuits, shots):
        """Return bits of shape (n_circuits, n_shots, n_bytes), if they are all there."""
        return checked_bits(result, self.pair, n_circuits, shots, self.n_qubits)


@dataclass(frozen=True)
class _Chunk:
    block: slice
    n_pairs: int
    key: str

    def __str__(self):
        return f"circuits {self.block.start} to {self.block.stop - 1} of {self.n_pairs}"


class _Measurements:
    """One call of ``fidelities``."""

    def __init__(self, session, data, shots, checkpoint, retrieve):
        self._session = session
        self._x, self._y, self._pairs, self._weights = data
        self._shots = shots
        self._checkpoint = checkpoint
        self._retrieve = retrieve
        self._earlier = {}  # numbers of jobs to be retrieved by the key of the chunk
        self.estimates = np.empty(len(self._pairs))
        n_pairs, size = self.estimates.size, session.circuits_per_job
        blocks = gen_batches(n_pairs, size) if n_pairs else ()
        self._chunks = [_Chunk(block, n_pairs, self._key(block)) for block in blocks]

    def missing_chunks(self):
        """Yield what the checkpoint does not hold, and take what it does."""
        for chunk in self._chunks:
            found = None if self._checkpoint is None else self._checkpoint.get(chunk.key)
            if found is not None and found.shape == self.estimates[chunk.block].shape:
                self._keep(chunk, found)
                continue
            if self._checkpoint is not None:
                note = self._checkpoint.get_note(chunk.key) or {}
                self._earlier[chunk.key] = list(note.get("jobs", ()))
            yield chunk

    def submit(self, chunk):
        job = self._retrieved(chunk)
        if job is None:
            job = self._session.submit(self._angles(chunk), self._shots)
        return job

    def record(self, chunk, job):
        if self._checkpoint is not None:
            # those that failed in this call are not retrieved again, neither now nor later
            jobs = [*self._earlier[chunk.key], job_id(job)]
            self._checkpoint.put_note(chunk.key, {"jobs": jobs})

    def _retrieved(self, chunk):
        if self._retrieve is None or not self._earlier.get(chunk.key):
            return None
        number = self._earlier[chunk.key].pop()
        try:
            return self._retrieve(number)
        except Exception as error:
            warnings.warn(
                f"Job {number} ({chunk}) cannot be retrieved ({type(error).__name__}: {error}); "
                "its circuits are submitted again."
            )
            return None

    def read(self, chunk, result):
        n_circuits = chunk.block.stop - chunk.block.start
        bits = self._session.check_result(result, n_circuits, self._shots)
        if self._weights is None:
            return (~bits.any(axis=-1)).mean(axis=-1)
        return np.array([self._weights[as_numbers(one)].mean() for one in bits])

    def accept(self, chunk, value):
        if self._checkpoint is not None:
            value = self._checkpoint.put(chunk.key, value)
        self._keep(chunk, value)

    def _keep(self, chunk, value):
        self.estimates[chunk.block] = value
        self.bar.update(len(value))

    def _angles(self, chunk):
        left, right = self._pairs[chunk.block].T
        both = np.hstack([self._x[left], self._y[right]])
        return self._session.pair.expressions.values(both)

    def _key(self, block):
        """Name a chunk by all that its result depends on."""
        digest = hashlib.sha256(f"{self._session._digest} {self._shots}".encode())
        left, right = self._pairs[block].T
        for array in (self._x[left], self._y[right], self._weights):
            digest.update(b"none" if array is None else np.ascontiguousarray(array).tobytes())
        return f"{block.start:09d}-{digest.hexdigest()[:32]}"

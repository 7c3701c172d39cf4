"""Expectation values of rows, in jobs: what sessions of samplers and of estimators share."""

import hashlib
from abc import abstractmethod
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from qiskit.quantum_info import PauliList, SparsePauliOp
from sklearn.utils import gen_batches

from skquantum._circuits import FixedObservables, lower
from skquantum._runtime import Checkpoint
from skquantum.engines._devices._checks import (
    check_is_open,
    check_simulation_memory,
    refuse_unsupported_instructions,
)
from skquantum.engines._devices._circuits import backend_of, pass_manager_for, runs_here
from skquantum.engines._devices._jobs import run_jobs, submitted
from skquantum.engines._session import ColumnSession, ExpectationSession

__all__ = ["DeviceExpectations", "Part", "commuting_groups", "without_constants"]


class DeviceExpectations(ColumnSession, ExpectationSession):
    """A circuit, and the sampler or estimator that runs it.

    A subclass writes :meth:`_parts`, :meth:`_pubs`, and :meth:`_read`.

    Parameters
    ----------
    engine : DeviceEngine
        The settings, already validated.
    circuit : QuantumCircuit
        Unitary circuit of one row; its parameters, in order, are the columns of the values.
    wires : list of int
        Qubits of the circuit that are measured, and that observables act on.
    """

    def __init__(self, engine, circuit, wires):
        check_simulation_memory(engine.primitive, circuit)
        super().__init__(engine, circuit)
        self.n_qubits = len(wires)
        self.expressions = lower(circuit).expressions  # refuses what is not unitary
        self.shots = engine.shots
        self.circuits_per_job = engine.circuits_per_job
        self._wires = wires
        self._primitive = engine.primitive
        self._pass_manager = engine.pass_manager
        if self._pass_manager is None:  # an empty one is false
            self._pass_manager = pass_manager_for(engine.primitive)
        self._settings = engine.job_settings(runs_here(engine.primitive))
        self._last_parts = None, None

    def fingerprint(self):
        """Return what results depend on besides the data, for a ``Checkpoint``.

        Returns
        -------
        dict
            The circuit and the settings by name, without the sampler or estimator, which has no
            fingerprint.
        """
        return {"circuit": self.circuit, "shots": self.shots}

    @cached_property
    def kept(self):
        """The checkpoint that the engine has, or None."""
        directory = self.engine.checkpoint
        if directory is None:
            return None
        own = {**self.fingerprint(), "wires": self._wires}
        return Checkpoint(directory, {**self.engine.fingerprint(), **own})

    def remedy(self, checkpoint):
        """Return what to do when a job has failed too often.

        Parameters
        ----------
        checkpoint : Checkpoint or None
            What keeps results.

        Returns
        -------
        str
            One sentence.
        """
        if checkpoint is None:
            return (
                "See what the provider says about the job, or raise max_retries or timeout; "
                "with checkpoint=... what is finished is kept."
            )
        return (
            f"What is finished is kept in {checkpoint.directory}; see what the provider says about "
            "the job, and call again to resume."
        )

    def _checked(self, device_circuit):
        """Return a circuit that the backend can run, or raise."""
        refuse_unsupported_instructions(device_circuit.circuit, backend_of(self._primitive))
        return device_circuit

    def _submitted(self, pubs):
        """Return a job for some PUBs."""
        check_is_open(self._primitive)
        return submitted(lambda: self._primitive.run(pubs), self._settings.timeout)

    def _run_expectations(self, values, observables, *, n_jobs=None, random_state=None, keys=None):
        self.prepare(values)  # bad rows are refused, large angles warned of
        constants, parts = self._known_parts(observables)
        call = _Estimates(self, values, parts, np.tile(constants, (len(values), 1)))
        if call.chunks:
            check_is_open(self._primitive)
            run_jobs(
                call.missing_chunks(),
                call.submit,
                call.read,
                call.accept,
                self._settings,
                remedy=self.remedy(self.kept),
            )
        return call.estimates

    def _known_parts(self, observables):
        if not isinstance(observables, FixedObservables):
            return self._parts(observables)
        if self._last_parts[0] is not observables:
            self._last_parts = observables, self._parts(observables)
        return self._last_parts[1]

    @abstractmethod
    def _parts(self, observables):
        """Return constants, of shape (n_observables,), and a list of :class:`Part`."""

    @abstractmethod
    def _pubs(self, values, part):
        """Return PUBs for some rows."""

    @abstractmethod
    def _read(self, result, n_rows, part):
        """Return what a result gives, of shape (n_rows, len(part.numbers)), or raise."""


@dataclass(frozen=True)
class Part:
    """What is measured in one job.

    Attributes
    ----------
    numbers : list of int
        Of the observables that it contributes to.
    content : object
        What the session takes.
    text : str
        A digest of the content.
    n_circuits : int
        How many circuits it takes for each row.
    """

    numbers: list
    content: object
    text: str
    n_circuits: int


@dataclass(frozen=True)
class _Chunk:
    block: slice
    n_rows: int
    part: Part
    key: str

    def __str__(self):
        return f"rows {self.block.start} to {self.block.stop - 1} of {self.n_rows}"


class _Estimates:
    """One call of ``expectations``."""

    def __init__(self, session, values, parts, estimates):
        self._session = session
        self._values = values
        self.estimates = estimates
        n_rows = len(values)
        self.chunks = [
            _Chunk(block, n_rows, part, self._key(block, part))
            for part in parts
            for block in _blocks(n_rows, session.circuits_per_job // part.n_circuits)
        ]

    def missing_chunks(self):
        """Yield what the checkpoint does not hold, and take what it does."""
        kept = self._session.kept
        for chunk in self.chunks:
            shape = chunk.block.stop - chunk.block.start, len(chunk.part.numbers)
            found = None if kept is None else kept.get(chunk.key, shape)
            if found is None:
                yield chunk
            else:
                self._add(chunk, found)

    def submit(self, chunk):
        return self._session._submitted(self._session._pubs(self._values[chunk.block], chunk.part))

    def read(self, chunk, result):
        return self._session._read(result, chunk.block.stop - chunk.block.start, chunk.part)

    def accept(self, chunk, value):
        if self._session.kept is not None:
            value = self._session.kept.put(chunk.key, value)
        self._add(chunk, value)

    def _add(self, chunk, value):
        self.estimates[chunk.block, chunk.part.numbers] += value

    def _key(self, block, part):
        """Name a chunk by all that its result depends on, besides the fingerprint."""
        digest = hashlib.sha256(part.text.encode())
        digest.update(np.ascontiguousarray(self._values[block]).tobytes())
        return f"expectations-{digest.hexdigest()[:32]}"


def _blocks(n_rows, size):
    return list(gen_batches(n_rows, max(1, size))) if n_rows else []


def without_constants(observables):
    """Take off what needs no measurement.

    Parameters
    ----------
    observables : sequence of SparsePauliOp or ndarray of shape (2 ** n_qubits,)
        Result of ``check_observables``.

    Returns
    -------
    constants : ndarray of shape (n_observables,)
        What the identity contributes to each observable.
    others : dict of int to SparsePauliOp or ndarray
        What is left of an observable, by its number, where something is.
    """
    constants, others = np.zeros(len(observables)), {}
    for number, observable in enumerate(observables):
        if isinstance(observable, np.ndarray):
            if np.ptp(observable):
                others[number] = observable
            else:
                constants[number] = observable[0]
            continue
        is_measured = (observable.paulis.x | observable.paulis.z).any(axis=1)
        constants[number] = observable.coeffs[~is_measured].real.sum()
        left = observable[is_measured & (observable.coeffs != 0)]
        if left.size:
            others[number] = left
    return constants, others


def commuting_groups(lists):
    """Group Pauli strings that can be measured together, qubit by qubit.

    Parameters
    ----------
    lists : list of PauliList
        At least one; strings may stand there several times.

    Returns
    -------
    list of PauliList
        Each string is in one of them.
    """
    joined = PauliList.from_symplectic(
        np.vstack([some.z for some in lists]), np.vstack([some.x for some in lists])
    )
    groups = SparsePauliOp(joined.unique()).group_commuting(qubit_wise=True)
    return [group.paulis for group in groups]

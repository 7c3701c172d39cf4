"""What a sampler cannot do is not tried again, and where that is known, not submitted at all."""

import errno
import json
import os
import threading
import tracemalloc
from types import SimpleNamespace

import numpy as np
import pytest
from numpy.testing import assert_array_equal
from qiskit import QuantumCircuit
from qiskit.circuit import CircuitError, Parameter
from qiskit.circuit.library import zz_feature_map
from qiskit.exceptions import QiskitError
from qiskit.primitives import BackendSamplerV2, StatevectorSampler
from qiskit.providers.basic_provider import BasicSimulator
from qiskit.providers.fake_provider import GenericBackendV2
from qiskit.transpiler import CouplingMap, PassManager, generate_preset_pass_manager
from qiskit_aer import AerError, AerSimulator
from qiskit_aer.noise import NoiseModel, depolarizing_error
from qiskit_aer.primitives import SamplerV2 as AerSampler

from skquantum import QSVC
from skquantum._runtime._checkpoint import Checkpoint
from skquantum.engines import SamplerEngine
from skquantum.engines._devices._checks import check_simulation_memory
from skquantum.engines._devices._jobs import JobSettings, run_jobs
from skquantum.exceptions import InsufficientMemoryError, SimulationError
from skquantum.kernels import FidelityKernel

ROWS = np.random.default_rng(0).uniform(-1, 1, (3, 2))
PAIRS = [(0, 1), (0, 2), (1, 2)]


class Counting:
    """Count the calls of ``run``."""

    def __init__(self, sampler):
        self._sampler = sampler
        self.runs = 0
        if backend := getattr(sampler, "backend", None) or getattr(sampler, "_backend", None):
            self.backend = backend

    def run(self, pubs):
        self.runs += 1
        return self._sampler.run(pubs)


# --- Which errors are tried again ------------------------------------------------------------

AGAIN, ONCE = 4, 1


class OfAClient(OSError, ValueError):
    """What requests raises for a response that is not JSON."""


@pytest.mark.parametrize(
    ("error", "submission", "remote_result", "local_result"),
    [
        (ConnectionError("the line is dead"), AGAIN, AGAIN, AGAIN),
        (TimeoutError("no answer"), AGAIN, AGAIN, AGAIN),
        (RuntimeError("the queue is full"), AGAIN, AGAIN, AGAIN),
        (SimulationError("fewer results"), AGAIN, AGAIN, AGAIN),
        (json.JSONDecodeError("Expecting value", "<html>", 0), AGAIN, AGAIN, AGAIN),
        (OfAClient("Expecting value"), AGAIN, AGAIN, AGAIN),
        (QiskitError("the job failed"), AGAIN, AGAIN, ONCE),
        (AerError("unknown instruction: mine"), AGAIN, AGAIN, ONCE),
        (KeyError("quasi_dists"), AGAIN, AGAIN, ONCE),
        (ValueError("cannot be broadcast"), ONCE, AGAIN, ONCE),
        (TypeError("no array"), ONCE, AGAIN, ONCE),
        (CircuitError("no such parameter"), ONCE, AGAIN, ONCE),
        (MemoryError("2**64 amplitudes"), ONCE, AGAIN, ONCE),
        (NotImplementedError("not for parameters"), ONCE, AGAIN, ONCE),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Exception) else str(value),
)
def test_errors_that_cannot_heal_are_raised_at_once(error, submission, remote_result, local_result):
    assert attempts(error, runs_here=False, is_submitted=False) == submission
    assert attempts(error, runs_here=False, is_submitted=True) == remote_result
    assert attempts(error, runs_here=True, is_submitted=True) == local_result
    # a simulation in this process that refuses is as certain as one that fails
    assert attempts(error, runs_here=True, is_submitted=False) == local_result


def attempts(error, *, runs_here, is_submitted):
    """Return how often a job is tried that always fails; check what is said of it."""
    tried, delays = [], []

    def fail():
        raise error

    def submit(chunk):
        tried.append(chunk)
        return SimpleNamespace(result=fail, job_id=lambda: "7") if is_submitted else fail()

    settings = JobSettings(2, 3, 0.5, None, runs_here=runs_here)
    with pytest.raises(SimulationError) as info:
        run_jobs(["first"], submit, None, None, settings, remedy="REMEDY", sleep=delays.append)
    name = "Job 7 (first)" if is_submitted else "The submission of a job (first)"
    said = {
        ONCE: "failed, and would fail again; the error was",
        AGAIN: "failed in all 4 attempts; the last error was",
    }[len(tried)]
    assert str(info.value).startswith(f"{name} {said} {type(error).__name__}: {error}. ")
    assert str(info.value).endswith("REMEDY" if len(tried) == AGAIN else "of the sampler.")
    assert info.value.__cause__ is error
    assert delays == [0.5, 1.0, 2.0][: len(tried) - 1]
    return len(tried)


def test_what_ends_a_run_keeps_what_is_finished():
    accepted, cancelled = [], []

    def submit(chunk):
        if chunk == 3:
            raise ValueError("wrong")
        return SimpleNamespace(
            result=lambda: chunk, done=lambda: True, cancel=lambda: cancelled.append(chunk)
        )

    settings = JobSettings(3, 3, 0.0, None)
    with pytest.raises(SimulationError, match=r"\(3\) failed, and would fail again"):
        run_jobs(
            range(6), submit, lambda c, r: r, lambda c, v: accepted.append(v), settings, remedy=""
        )
    assert accepted == [0, 1, 2]


class Faulty(StatevectorSampler):
    """A simulator in this process that fails every third time, as no simulator does."""

    runs = 0

    def run(self, pubs, **options):
        self.runs += 1
        if self.runs % 3 == 0:
            raise RuntimeError("try again")
        return super().run(pubs, **options)


def test_run_time_errors_are_tried_again_everywhere():
    sampler = Faulty(seed=0)
    options = {"shots": 20, "max_circuits_per_job": 1, "retry_delay": 0.0}
    got = SamplerEngine(sampler, **options).open(zz_feature_map(2)).fidelities(ROWS, ROWS, PAIRS)
    assert sampler.runs == 4
    fresh = SamplerEngine(StatevectorSampler(seed=0), **options).open(zz_feature_map(2))
    assert_array_equal(got, fresh.fidelities(ROWS, ROWS, PAIRS))


def test_a_sampler_that_refuses_is_asked_once():
    class Refusing:
        runs = 0

        def run(self, pubs):
            self.runs += 1
            raise ValueError("the circuit is not transpiled for this device")

    sampler = Refusing()
    session = SamplerEngine(sampler, shots=5).open(zz_feature_map(2))
    with pytest.raises(SimulationError, match="not transpiled for this device"):
        session.fidelities(ROWS, ROWS, PAIRS)
    assert sampler.runs == 1


class Measured(PassManager):
    """Measure in the middle, which StatevectorSampler cannot do."""

    def run(self, circuit):
        result = circuit.copy_empty_like()
        result.measure(0, 0)
        return result.compose(circuit)


@pytest.mark.parametrize(
    ("sampler", "pass_manager", "n_qubits", "message"),
    [
        (StatevectorSampler(), Measured(), 2, "cannot handle mid-circuit measurements"),
        (BackendSamplerV2(backend=BasicSimulator()), None, 25, "25 is greater than maximum"),
    ],
    ids=["statevector", "basic"],
)
def test_local_simulations_that_fail_are_not_repeated(
    sampler, pass_manager, n_qubits, message, monkeypatch
):
    runs = []
    run = type(sampler).run
    monkeypatch.setattr(type(sampler), "run", lambda *args: runs.append(1) or run(*args))
    circuit = QuantumCircuit(n_qubits)
    circuit.rx(Parameter("x"), 0)
    session = SamplerEngine(sampler, pass_manager=pass_manager, shots=5).open(circuit)
    with pytest.raises(SimulationError, match=rf"would fail again; the error was .*{message}"):
        session.fidelities(ROWS[:, :1], ROWS[:, :1], PAIRS)
    assert len(runs) == 1


# --- What is refused before it is submitted --------------------------------------------------


def test_qubits_that_do_not_fit_into_memory_are_refused(monkeypatch):
    def run(*args, **options):
        raise AssertionError("submitted")

    monkeypatch.setattr(StatevectorSampler, "run", run)
    X = np.random.default_rng(0).uniform(-1, 1, (60, 64))
    kernel = FidelityKernel("zz", engine=SamplerEngine(StatevectorSampler()))
    match = "Simulating 64 qubits by StatevectorSampler needs .* GiB of memory, .*; use fewer qub"
    with pytest.raises(InsufficientMemoryError, match=match):
        QSVC(kernel=kernel).fit(X, (X[:, 0] > 0) * 1)


def test_what_a_simulation_of_qubits_needs():
    wide, constant = zz_feature_map(40), QuantumCircuit(40)
    constant.h(range(40))
    for sampler in (
        AerSampler(),
        BackendSamplerV2(backend=AerSimulator()),
        BackendSamplerV2(backend=GenericBackendV2(40, seed=0)),
    ):
        with pytest.raises(InsufficientMemoryError, match="Simulating 40 qubits by"):
            check_simulation_memory(sampler, wide)
        check_simulation_memory(sampler, constant)  # which a stabilizer simulation can do
    mps = AerSampler(options={"backend_options": {"method": "matrix_product_state"}})
    for sampler in (mps, Counting(StatevectorSampler())):  # a device, for all that is known
        check_simulation_memory(sampler, wide)


def test_the_memory_of_a_statevector_sampler_is_known(monkeypatch):
    declared = []
    monkeypatch.setattr(
        "skquantum.engines._devices._checks.check_memory", lambda n, *args: declared.append(n)
    )
    circuit = zz_feature_map(13, reps=1, entanglement="linear")
    session = SamplerEngine(StatevectorSampler(seed=0), shots=10).open(circuit)
    rows = np.random.default_rng(0).uniform(-1, 1, (1, 13))
    tracemalloc.start()
    try:
        session.fidelities(rows, rows, [(0, 0)])
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert 0.85 * declared[0] < peak < 1.1 * declared[0]


def for_other_couplings():
    star = CouplingMap([(0, 2), (2, 0), (1, 2), (2, 1)])
    gates = ["rz", "sx", "x", "cx"]
    options = {"basis_gates": gates, "coupling_map": star, "initial_layout": [0, 1, 2]}
    return generate_preset_pass_manager(0, **options)


@pytest.mark.parametrize(
    "pass_manager",
    [
        PassManager(),
        generate_preset_pass_manager(1, basis_gates=["u", "cz"]),
        for_other_couplings(),
    ],
    ids=["nothing", "other gates", "other couplings"],
)
def test_pass_managers_of_another_backend_are_refused(pass_manager):
    backend = GenericBackendV2(3, coupling_map=CouplingMap.from_line(3), seed=0)
    sampler = Counting(BackendSamplerV2(backend=backend))
    engine = SamplerEngine(sampler, pass_manager=pass_manager)
    match = (
        r"circuit holds '\w+' on qubits \(.*\), which the backend 'generic_.*' does not support;"
    )
    with pytest.raises(ValueError, match=match):
        engine.open(zz_feature_map(3))
    assert sampler.runs == 0
    right = generate_preset_pass_manager(1, backend=backend, seed_transpiler=0)
    engine.set_params(pass_manager=right, shots=5).open(zz_feature_map(3))


def test_aer_runs_gates_that_have_no_noise():
    model = NoiseModel(basis_gates=["cx", "rz", "sx"])
    model.add_all_qubit_quantum_error(depolarizing_error(0.1, 2), "cx")
    sampler = AerSampler(seed=0, options={"backend_options": {"noise_model": model}})
    session = SamplerEngine(sampler, pass_manager=PassManager(), shots=5).open(zz_feature_map(2))
    assert session.fidelities(ROWS, ROWS, PAIRS).shape == (3,)


# --- Numbers of jobs -------------------------------------------------------------------------


def test_a_full_disk_is_no_failure_of_a_job(tmp_path, monkeypatch):
    """The number of a job that cannot be stored is said at once; the job is not sent again."""
    sampler = Counting(StatevectorSampler(seed=0))
    session = SamplerEngine(sampler, shots=5, retry_delay=0.0).open(zz_feature_map(2))
    checkpoint = Checkpoint(tmp_path, session.fingerprint())
    checkpoint.note_once("made", 1)

    def fail(*args):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", fail)
        with pytest.raises(
            OSError, match=r"cannot store .*json .*No space left on device; free th"
        ):
            session.fidelities(ROWS, ROWS, PAIRS, checkpoint=checkpoint)
    assert sampler.runs == 1
    assert session.fidelities(ROWS, ROWS, PAIRS, checkpoint=checkpoint).shape == (3,)


def test_jobs_that_fail_are_not_retrieved(tmp_path):
    """Only those of earlier processes are."""
    asked = []

    class Failing:
        runs = 0

        def run(self, pubs):
            self.runs += 1
            number = self.runs
            job = StatevectorSampler(seed=0).run(pubs)

            def result():
                if number < 3:
                    raise QiskitError("the device is being calibrated")
                return job.result()

            return SimpleNamespace(
                result=result, job_id=lambda: f"job-{number}", cancel=threading.Event().set
            )

    sampler = Failing()
    session = SamplerEngine(sampler, shots=5, retry_delay=0.0).open(zz_feature_map(2))
    checkpoint = Checkpoint(tmp_path, session.fingerprint())
    options = {"checkpoint": checkpoint, "retrieve": asked.append}
    session.fidelities(ROWS, ROWS, PAIRS, **options)
    assert asked == []
    assert sampler.runs == 3
    (key,) = checkpoint.keys("items-", notes=True)
    assert checkpoint.get_note(key)["jobs"] == ["job-3"]

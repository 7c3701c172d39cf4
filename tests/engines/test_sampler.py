"""SamplerEngine against exact states and noise, with samplers that fail, and processes that die."""

import copy
import json
import os
import pickle
import signal
import subprocess
import sys
import threading
import time
import warnings
from types import SimpleNamespace

import numpy as np
import pytest
from numpy.testing import assert_array_equal
from oracles import states
from qiskit import QuantumCircuit, transpile
from qiskit.circuit import Parameter, ParameterVector
from qiskit.circuit import library as lib
from qiskit.primitives import BackendSamplerV2, BitArray, StatevectorSampler
from qiskit.providers.fake_provider import GenericBackendV2
from qiskit.quantum_info import SparsePauliOp
from qiskit.transpiler import (
    PassManager,
    Target,
    TransformationPass,
    generate_preset_pass_manager,
)
from qiskit_aer import AerSimulator
from qiskit_aer.noise import NoiseModel, depolarizing_error
from qiskit_aer.primitives import SamplerV2 as AerSampler
from scipy import stats
from sklearn.base import clone

from skquantum._runtime import Checkpoint, ItemStore
from skquantum.engines import AerEngine, SamplerEngine
from skquantum.engines._devices import _circuits
from skquantum.engines._devices._jobs import JobSettings, run_jobs, submitted
from skquantum.engines._sampler._session import _Measurements
from skquantum.exceptions import SimulationError
from skquantum.kernels import FidelityKernel

# Each comparison of counts would fail so often for another seed, were the probabilities right.
FALSE_ALARMS = 1e-6

A, B = Parameter("a"), Parameter("b")
X = np.random.default_rng(0).uniform(-2, 2, (4, 2))
Y = np.random.default_rng(1).uniform(-2, 2, (3, 2))
PAIRS = [(0, 0), (1, 0), (3, 2), (2, 2), (0, 1), (3, 2)]


def simple_circuit():
    circuit = QuantumCircuit(2)
    circuit.rx(A, 0)
    circuit.ry(B, 1)
    circuit.cx(0, 1)
    circuit.rz(A * B, 1)
    circuit.rx(B, 1)
    return circuit


def controlled_circuit():
    """What Aer binds wrongly."""
    circuit = QuantumCircuit(3, global_phase=A)
    circuit.h([0, 1, 2])
    circuit.cp(A, 0, 1)
    circuit.crx(A + B, 1, 2)
    circuit.append(lib.MCPhaseGate(B, 2), [0, 1, 2])
    circuit.h([0, 1, 2])
    return circuit


def composite_circuit():
    circuit = QuantumCircuit(3)
    circuit.initialize([0.6, 0.8j], 2)
    circuit.append(lib.PauliEvolutionGate(SparsePauliOp(["XYZ", "IYI"]), A), [2, 0, 1])
    circuit.append(simple_circuit().to_gate(), [2, 0])
    circuit.delay(100, 0)
    circuit.barrier()
    circuit.u(A, B, A, 1)
    circuit.append(lib.UnitaryGate([[0, 1j], [1, 0]]), [1])
    circuit.swap(0, 1)
    circuit.rxx(B, 0, 2)
    return circuit


CIRCUITS = {
    "zz": lib.zz_feature_map(2),
    "controlled": controlled_circuit(),
    "composite": composite_circuit(),
}


def exact(circuit, x_values, y_values, pairs):
    """Return the squared overlaps of states from the NumPy oracle."""
    if circuit is CIRCUITS["composite"]:  # which the oracle does not walk
        circuit = circuit.copy_empty_like()
        for item in CIRCUITS["composite"].data:
            if item.operation.name not in ("delay", "initialize"):
                circuit.append(item)
        first = QuantumCircuit(3)
        first.append(lib.UnitaryGate([[0.6, 0.8j], [0.8j, 0.6]]), [2])
        circuit = first.compose(circuit)
    left, right = states(circuit, np.asarray(x_values)), states(circuit, np.asarray(y_values))
    overlaps = np.einsum(
        "pk,pk->p", left[[i for i, _ in pairs]].conj(), right[[j for _, j in pairs]]
    )
    return np.abs(overlaps) ** 2


def assert_fractions(fractions, probabilities, shots):
    for fraction, probability in zip(fractions, probabilities, strict=True):
        count = round(fraction * shots)
        assert abs(count - fraction * shots) < 1e-6
        p_value = stats.binomtest(count, shots, min(max(probability, 0.0), 1.0)).pvalue
        assert p_value > FALSE_ALARMS, (fraction, probability)


# --- Numbers ---------------------------------------------------------------------------------


@pytest.mark.filterwarnings("ignore:Qiskit backend .* has no QubitProperties")
@pytest.mark.parametrize("circuit", CIRCUITS.values(), ids=CIRCUITS)
@pytest.mark.parametrize(
    "make",
    [
        lambda: StatevectorSampler(seed=np.random.default_rng(0)),
        lambda: AerSampler(seed=1),
        lambda: BackendSamplerV2(backend=AerSimulator(), options={"seed_simulator": 2}),
        lambda: BackendSamplerV2(
            backend=GenericBackendV2(4, noise_info=False, seed=3), options={"seed_simulator": 3}
        ),
    ],
    ids=["statevector", "aer", "backend", "routed"],
)
def test_fractions_follow_the_exact_kernel(make, circuit):
    shots = 2000
    session = SamplerEngine(make(), shots=shots, max_circuits_per_job=4).open(circuit)
    got = session.fidelities(X, Y, PAIRS)
    assert got.dtype == np.float64
    assert_fractions(got, exact(circuit, X, Y, PAIRS), shots)


def test_parameters_are_bound_by_name():
    """Twelve features, whose names sort in another order than their numbers."""
    rng = np.random.default_rng(4)
    features = [Parameter(f"x{k}") for k in range(12)]  # as if x10 came before x2
    circuit = QuantumCircuit(2)
    for k, feature in enumerate(features):
        (circuit.ry if k % 3 else circuit.rx)(feature * (k + 1) / 6, k % 2)
        circuit.cz(0, 1)
    left, right = rng.uniform(-1, 1, (2, 12)), rng.uniform(-1, 1, (3, 12))
    pairs = [(i, j) for i in range(2) for j in range(3)]
    for sampler in (StatevectorSampler(seed=np.random.default_rng(0)), AerSampler(seed=0)):
        got = SamplerEngine(sampler, shots=4000).open(circuit).fidelities(left, right, pairs)
        assert_fractions(got, exact(circuit, left, right, pairs), 4000)


def test_parameters_may_have_any_name():
    circuit = QuantumCircuit(1)
    circuit.rx(Parameter("column0") * Parameter("a@second"), 0)
    circuit.ry(Parameter("x + y"), 0)
    rows = np.random.default_rng(0).uniform(-2, 2, (2, 3))
    session = SamplerEngine(StatevectorSampler(seed=0), shots=2000).open(circuit)
    assert_fractions(
        session.fidelities(rows, rows, [(0, 1)]), exact(circuit, rows, rows, [(0, 1)]), 2000
    )


def test_circuits_without_parameters_and_no_pairs():
    circuit = QuantumCircuit(2)
    circuit.h(0)
    session = SamplerEngine(StatevectorSampler(), shots=10).open(circuit)
    rows = np.empty((2, 0))
    assert_array_equal(session.fidelities(rows, rows, [(0, 1), (1, 1), (0, 0)]), np.ones(3))
    assert session.fidelities(rows, rows, []).shape == (0,)
    assert SamplerEngine(AerSampler(), shots=5).open(circuit).fidelities(rows, rows, [(0, 1)]) == 1


def test_parameters_of_a_global_phase_only():
    circuit = QuantumCircuit(1, global_phase=B)
    circuit.rx(A, 0)
    session = SamplerEngine(AerSampler(seed=0), shots=10).open(circuit)
    assert_array_equal(session.fidelities([[0, 1], [np.pi, 2]], [[0, 3]], [(0, 0), (1, 0)]), [1, 0])


def test_weights_of_bitstrings():
    shots = 20_000
    weights = np.random.default_rng(5).normal(size=4)
    sampler = StatevectorSampler(seed=np.random.default_rng(6))
    session = SamplerEngine(sampler, shots=shots).open(simple_circuit())
    got = session.fidelities(X, Y, PAIRS, weights=weights)
    for (i, j), value in zip(PAIRS, got, strict=True):
        there = simple_circuit().assign_parameters(X[i])
        circuit = there.compose(simple_circuit().assign_parameters(Y[j]).inverse())
        probabilities = np.abs(states(circuit, np.empty((1, 0)))[0]) ** 2
        mean = probabilities @ weights
        variance = probabilities @ weights**2 - mean**2
        deviation = abs(value - mean) / np.sqrt(variance / shots + 1e-24)
        assert 2 * stats.norm.sf(deviation) > FALSE_ALARMS


def test_weights_are_little_endian():
    """Bitstrings of two bytes that are certain."""
    n_qubits = 10
    circuit = QuantumCircuit(n_qubits)
    for qubit, angle in enumerate(ParameterVector("v", n_qubits)):
        circuit.rx(angle, qubit)
    numbers = [0, 1, 2, 256, 515, 1023]
    rows = np.pi * np.array([[number >> q & 1 for q in range(n_qubits)] for number in numbers])
    pairs = [(k, 0) for k in range(len(numbers))]
    session = SamplerEngine(StatevectorSampler(), shots=3).open(circuit)
    assert_array_equal(session.fidelities(rows, rows, pairs, weights=np.arange(1024)), numbers)
    assert_array_equal(session.fidelities(rows, rows, pairs), [1, 0, 0, 0, 0, 0])


def test_noise_of_both_halves_stays():
    """Against pairs of circuits as density matrices, the diagonal among them."""
    model = NoiseModel()
    model.add_all_qubit_quantum_error(depolarizing_error(0.05, 2), ["cx"])
    circuit, shots = lib.zz_feature_map(2), 5000
    pairs = [*PAIRS, (1, 2)]
    probabilities = []
    for i, j in pairs:
        pair = circuit.assign_parameters(X[i])
        pair.barrier()
        pair.compose(circuit.assign_parameters(Y[j] if j else X[i]).inverse(), inplace=True)
        pair.save_probabilities()
        simulator = AerSimulator(method="density_matrix", noise_model=model)
        result = simulator.run(transpile(pair, simulator, optimization_level=0)).result()
        probabilities.append(result.data()["probabilities"][0])
    assert max(probabilities) < 0.87  # four gates on the diagonal
    sampler = AerSampler.from_backend(AerSimulator(noise_model=model), seed=0)
    rows = np.vstack([Y, X])
    numbers = [(i, j if j else 3 + i) for i, j in pairs]
    got = SamplerEngine(sampler, shots=shots).open(circuit).fidelities(X, rows, numbers)
    assert_fractions(got, probabilities, shots)


@pytest.mark.slow
def test_backends_of_ibm():
    """Circuits in the device's own gates and couplings, with noise, however many are in flight."""
    Sampler = pytest.importorskip("qiskit_ibm_runtime.executor_sampler").Sampler  # new in 0.50
    from qiskit_ibm_runtime.fake_provider import FakeManilaV2

    diagonal = [(k % 4, k % 4) for k in range(12)]
    for make in (Sampler, lambda backend: BackendSamplerV2(backend=backend)):
        backend = FakeManilaV2()
        engine = SamplerEngine(make(backend), shots=500, max_circuits_per_job=4)
        session = engine.open(lib.zz_feature_map(3))
        for item in session.pair.circuit.data:
            qubits = tuple(session.pair.circuit.find_bit(qubit).index for qubit in item.qubits)
            name = item.operation.name
            assert name == "barrier" or backend.target.instruction_supported(name, qubits)
        x = np.random.default_rng(0).uniform(-2, 2, (4, 3))
        got = session.fidelities(x, x, diagonal)
        # 36 CX gates; jobs that start before the noise is there would give 1
        assert (got > 0.45).all()
        assert (got < 0.85).all()


def test_pass_managers_run_once(monkeypatch):
    calls = []
    manager = generate_preset_pass_manager(2, basis_gates=["rz", "sx", "cx"], seed_transpiler=0)
    run = manager.run
    monkeypatch.setattr(manager, "run", lambda *args: calls.append(args) or run(*args))
    sampler = AerSampler(seed=0)
    engine = SamplerEngine(sampler, pass_manager=manager, shots=2000, max_circuits_per_job=1)
    session = engine.open(simple_circuit())
    got = session.fidelities(X, Y, PAIRS)
    assert len(calls) == 1
    assert session.pair.circuit.count_ops().keys() <= {"rz", "sx", "x", "cx", "measure", "barrier"}
    assert_fractions(got, exact(simple_circuit(), X, Y, PAIRS), 2000)


def test_gates_of_the_device_keep_their_parameters():
    class Native(PassManager):
        def run(self, circuit):
            result = circuit.copy_empty_like()
            for item in circuit.data:
                if item.operation.name == "rx":
                    gate = QuantumCircuit(1, name="native")
                    gate.append(item.operation, [0])
                    result.append(gate.to_gate(), item.qubits)
                elif item.operation.name == "rz":
                    result.x(2)
                    wires = [circuit.qubits[2], item.qubits[0]]
                    result.append(lib.MCPhaseGate(item.operation.params[0], 1), wires)
                    result.x(2)
                else:
                    result.append(item)
            return result

    circuit = QuantumCircuit(3)
    circuit.compose(simple_circuit(), inplace=True)
    sampler = StatevectorSampler(seed=np.random.default_rng(0))
    session = SamplerEngine(sampler, pass_manager=Native(), shots=2000).open(circuit)
    assert session.pair.circuit.count_ops()["native"] == 4
    got = session.fidelities(X, Y, PAIRS)
    assert_fractions(got, exact(circuit, X, Y, PAIRS), 2000)


def test_parameters_within_blocks_are_bound_too():
    class Box(PassManager):
        def run(self, circuit):
            boxed = circuit.copy_empty_like()
            for item in circuit.data:
                if item.operation.name == "rx":
                    with boxed.box():
                        boxed.append(item)
                else:
                    boxed.append(item)
            return boxed

    sampler = Flaky()
    engine = SamplerEngine(sampler, pass_manager=Box(), shots=5)
    session = engine.open(simple_circuit())
    ((circuit, bindings, _),) = session.pubs(np.arange(8.0).reshape(1, 8))
    assert set(circuit.parameters) == set(session.pair.placeholders)
    assert len(circuit.parameters) == 2 * (2 + 2)  # a and b within boxes, b and a * b outside
    assert not bindings.bind_all(circuit).item().parameters


# --- Samplers that misbehave -----------------------------------------------------------------


class Job:
    """What a service hands out, without threads."""

    def __init__(self, number, result, in_flight):
        self.number = number
        self._result = result
        self._in_flight = in_flight
        in_flight.add(number)
        self.cancelled = False

    def job_id(self):
        return f"job-{self.number}"

    def result(self):
        self._in_flight.discard(self.number)
        return self._result()

    def done(self):
        return True

    def cancel(self):
        self._in_flight.discard(self.number)
        self.cancelled = True


class Flaky:
    """Results depend on the bindings only; every `every`-th job has a fault."""

    def __init__(self, fault=None, every=3, limit=None):
        self._sampler = StatevectorSampler(seed=7)
        self.fault, self.every, self.limit = fault, every, limit
        self.calls = []  # bytes of the bindings
        self.jobs = []
        self.in_flight = set()
        self.most_in_flight = 0
        self.interrupted = False
        self.never = threading.Event()

    def run(self, pubs):
        if self.limit is not None and len(self.in_flight) >= self.limit:
            raise RuntimeError("the queue is full")
        ((circuit, bindings, shots),) = pubs
        number = len(self.calls)
        self.calls.append(bindings.as_array().tobytes())
        faulty = self.fault is not None and number % self.every == self.every - 1
        if faulty and self.fault == "run":
            raise ConnectionError("the line is dead")
        if faulty and self.fault == "hang in run":
            self.never.wait()
        result = self._sampler.run([(circuit, bindings, shots)]).result()
        fault = self.fault if faulty else None
        job = Job(number, lambda: self._spoil(result, fault), self.in_flight)
        self.jobs.append(job)
        self.most_in_flight = max(self.most_in_flight, len(self.in_flight))
        return job

    def _spoil(self, result, fault):
        bits = result[0].data.meas
        if fault == "result":
            raise RuntimeError("the device is being calibrated")
        if fault == "interrupt" and not self.interrupted:
            self.interrupted = True
            raise KeyboardInterrupt
        if fault == "hang":
            self.never.wait()
        if fault == "no result":
            return []
        if fault == "fewer circuits":
            bits = BitArray(bits.array[:-1], bits.num_bits)
        if fault == "fewer shots":
            bits = BitArray(bits.array[:, :-1], bits.num_bits)
        if fault == "fewer bits":
            bits = BitArray(bits.array & 1, 1)
        if fault == "no bits":
            bits = np.zeros(3, dtype=complex)
        return [SimpleNamespace(data=SimpleNamespace(meas=bits))]


ALL = [(i, j) for i in range(4) for j in range(3)] + [(0, 0), (1, 1)]
N_JOBS = 7  # of 14 pairs


def flaky_engine(sampler, **options):
    settings = {"shots": 20, "max_circuits_per_job": 2, "retry_delay": 0.0} | options
    return SamplerEngine(sampler, **settings)


def reference():
    return flaky_engine(Flaky()).open(simple_circuit()).fidelities(X, Y, ALL)


FAULTS = ["run", "result", "no result", "fewer circuits", "fewer shots", "fewer bits", "no bits"]


def wait_until(condition, seconds=10):
    for _ in range(100 * seconds):
        if condition():
            return
        time.sleep(0.01)
    raise AssertionError("it did not happen")


@pytest.mark.parametrize("fault", [*FAULTS, "hang", "hang in run"])
def test_nothing_is_lost_and_nothing_is_done_twice(fault):
    sampler = Flaky(fault)
    timeout = 0.3 if fault.startswith("hang") else None
    session = flaky_engine(sampler, timeout=timeout).open(simple_circuit())
    got = session.fidelities(X, Y, ALL)
    sampler.never.set()
    assert_array_equal(got, reference())
    # each chunk went well once; what is more are the faults
    faults = sum(number % 3 == 2 for number in range(len(sampler.calls)))
    assert faults > 1
    assert len(sampler.calls) == N_JOBS + faults
    good = [call for number, call in enumerate(sampler.calls) if number % 3 != 2]
    assert len(good) == len(set(good)) == N_JOBS
    if fault == "hang in run":  # the jobs come when nobody waits for them any more
        wait_until(lambda: sum(job.cancelled for job in sampler.jobs) == faults)
    elif fault != "run":
        assert all(sampler.jobs[number].cancelled for number in range(2, len(sampler.jobs), 3))


@pytest.mark.parametrize("limit", [1, 2, 3, 5])
def test_jobs_in_flight(limit):
    sampler = Flaky()
    session = flaky_engine(sampler, max_jobs_in_flight=limit).open(simple_circuit())
    assert_array_equal(session.fidelities(X, Y, ALL), reference())
    assert sampler.most_in_flight == limit
    assert len(sampler.calls) == N_JOBS


def test_slow_retrieval_is_waited_for(tmp_path):
    """A job that is paid for is not cancelled because the service takes its time."""
    earlier = []

    class Dies(Flaky):
        def run(self, pubs):
            earlier.append(super().run(pubs))
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        checkpointed(tmp_path, Dies(), max_jobs_in_flight=1)
    (job,) = earlier
    session = flaky_engine(Flaky()).open(simple_circuit())
    checkpoint = Checkpoint(tmp_path, session.fingerprint())
    call = _Measurements(session, (X, Y, np.array(ALL), None), session.shots, checkpoint, None)
    call.record(next(call.missing_chunks()), job)
    healthy = Flaky()

    def retrieve(number):
        time.sleep(0.5)
        return job

    session = flaky_engine(healthy, timeout=0.3).open(simple_circuit())
    got = session.fidelities(X, Y, ALL, checkpoint=checkpoint, retrieve=retrieve)
    assert_array_equal(got, reference())
    assert not job.cancelled
    assert len(healthy.calls) == N_JOBS - 1


def checkpointed(directory, sampler, **options):
    session = flaky_engine(sampler, **options).open(simple_circuit())
    checkpoint = Checkpoint(directory, session.fingerprint())
    return session.fidelities(X, Y, ALL, checkpoint=checkpoint)


def test_an_interrupt_while_submitting_cancels_the_job_that_comes_late():
    late = SimpleNamespace(cancelled=False)
    late.cancel = lambda: setattr(late, "cancelled", True)
    answer = threading.Event()

    def run():
        time.sleep(0.1)  # until the main thread waits
        signal.pthread_kill(threading.main_thread().ident, signal.SIGINT)
        answer.wait()
        return late

    with pytest.raises(KeyboardInterrupt):
        submitted(run, timeout=10)
    assert not late.cancelled
    answer.set()
    wait_until(lambda: late.cancelled)


def test_full_queues_are_no_failures():
    sampler = Flaky(limit=2)
    session = flaky_engine(sampler, max_jobs_in_flight=5, max_retries=0).open(simple_circuit())
    assert_array_equal(session.fidelities(X, Y, ALL), reference())
    assert sampler.most_in_flight == 2


def test_delays_grow():
    delays = []
    failures = iter([True] * 3 + [False] + [True] * 2 + [False])

    def submit(chunk):
        if next(failures):
            raise OSError("not now")
        return SimpleNamespace(result=lambda: chunk)

    accepted = []
    run_jobs(
        ["first", "second"],
        submit,
        lambda chunk, result: result,
        lambda chunk, value: accepted.append(value),
        JobSettings(1, max_retries=3, retry_delay=0.5, timeout=None),
        remedy="",
        sleep=delays.append,
    )
    assert delays == [0.5, 1.0, 2.0, 0.5, 1.0]
    assert accepted == ["first", "second"]


@pytest.mark.parametrize("fault", ["run", "result", "fewer shots", "hang"])
def test_what_fails_too_often_is_named_and_the_rest_is_kept(tmp_path, fault):
    sampler = Flaky()
    timeout = 0.3 if fault == "hang" else None
    session = flaky_engine(sampler, max_retries=2, timeout=timeout).open(simple_circuit())
    checkpoint = Checkpoint(tmp_path, session.fingerprint())
    run = sampler.run

    def run_and_break(pubs):
        if len(sampler.calls) == 3:  # all from the fourth on
            sampler.fault, sampler.every = fault, 1
        return run(pubs)

    sampler.run = run_and_break
    what = "The submission of a job" if fault == "run" else "Job job-7"
    match = rf"{what} \(circuits 6 to 7 of 14\) failed in all 3 attempts; the "
    with pytest.raises(SimulationError, match=match) as info:
        session.fidelities(X, Y, ALL, checkpoint=checkpoint)
    sampler.never.set()
    error = {"run": "ConnectionError", "result": "RuntimeError", "hang": "TimeoutError: no result"}
    assert f"the last error was {error.get(fault, 'SimulationError')}" in str(info.value)
    assert f"What is finished is kept in {tmp_path}" in str(info.value)
    assert len(list(tmp_path.glob("*.npy"))) == 3
    assert not sampler.in_flight
    healthy = Flaky()
    resumed = flaky_engine(healthy).open(simple_circuit())
    again = resumed.fidelities(X, Y, ALL, checkpoint=Checkpoint(tmp_path, resumed.fingerprint()))
    assert_array_equal(again, reference())
    assert len(healthy.calls) == N_JOBS - 3
    assert not set(healthy.calls) & set(sampler.calls[:3])


def test_failures_without_a_checkpoint_say_what_would_help():
    session = flaky_engine(Flaky("result", every=1), max_retries=0).open(simple_circuit())
    with pytest.raises(SimulationError, match=r"with checkpoint=\.\.\. what is finished is kept"):
        session.fidelities(X, Y, ALL)


def test_interrupts_keep_what_is_finished(tmp_path):
    sampler = Flaky("interrupt", every=4)
    session = flaky_engine(sampler).open(simple_circuit())
    checkpoint = Checkpoint(tmp_path, session.fingerprint())
    run = sampler.run

    def run_slowly(pubs):
        job = run(pubs)
        if job.number == 5:
            job.done = lambda: False
        return job

    sampler.run = run_slowly
    with pytest.raises(KeyboardInterrupt):
        session.fidelities(X, Y, ALL, checkpoint=checkpoint)
    # jobs 0 to 2 had been read, 3 and 4 are done by then, 5 is not
    assert len(list(tmp_path.glob("*.npy"))) == 5
    assert [job.cancelled for job in sampler.jobs] == [False] * 5 + [True]
    healthy = Flaky()
    resumed = flaky_engine(healthy).open(simple_circuit())
    assert_array_equal(resumed.fidelities(X, Y, ALL, checkpoint=checkpoint), reference())
    assert len(healthy.calls) == N_JOBS - 5


# --- Checkpoints -----------------------------------------------------------------------------

CHILD = """
import json, os, signal, sys
import numpy as np
from qiskit.circuit.library import zz_feature_map
from qiskit.primitives import StatevectorSampler
from skquantum._runtime._checkpoint import Checkpoint
from skquantum.engines import AerEngine, SamplerEngine

directory, log, kill_at = sys.argv[1], sys.argv[2], int(sys.argv[3])

class Sampler:
    def __init__(self):
        self.sampler = StatevectorSampler(seed=7)
        self.calls = 0

    def run(self, pubs):
        self.calls += 1
        if self.calls == kill_at:
            os.kill(os.getpid(), signal.SIGKILL)
        with open(log, "a") as file:
            file.write(pubs[0][1].as_array().tobytes().hex() + chr(10))
        return self.sampler.run(pubs)

X = np.random.default_rng(0).uniform(-2, 2, (8, 2))
pairs = np.argwhere(np.triu(np.ones((8, 8)), 1))
engine = SamplerEngine(Sampler(), shots=50, max_circuits_per_job=3)
session = engine.open(zz_feature_map(2))
checkpoint = Checkpoint(directory, session.fingerprint() | {"X": X})
print(json.dumps([x.hex() for x in session.fidelities(X, X, pairs, checkpoint=checkpoint)]))
"""
CHILD_JOBS = 10  # 28 pairs, 3 a job


def start_child(directory, log, kill_at=-1):
    command = [sys.executable, "-c", CHILD, str(directory), str(log), str(kill_at)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


@pytest.mark.slow
def test_killed_processes_and_processes_at_once(tmp_path):
    whole = start_child(tmp_path / "whole", tmp_path / "whole.log")
    killed = start_child(tmp_path / "killed", tmp_path / "killed.log", kill_at=6)
    output, _ = killed.communicate(timeout=60)
    assert killed.returncode == -signal.SIGKILL
    assert output == ""
    want, _ = whole.communicate(timeout=60)
    assert whole.returncode == 0
    finished = list((tmp_path / "killed").glob("*.npy"))
    assert len(finished) == 3  # two more were in flight
    before = (tmp_path / "killed.log").read_text().split()
    assert len(before) == 5
    # the same directory again, from where it was, and a new one for two processes at once
    resumed = start_child(tmp_path / "killed", tmp_path / "resumed.log")
    both = [start_child(tmp_path / "shared", tmp_path / f"{k}.log") for k in range(2)]
    for child in (resumed, *both):
        assert child.communicate(timeout=60)[0] == want
        assert child.returncode == 0
    after = (tmp_path / "resumed.log").read_text().split()
    assert len(after) == CHILD_JOBS - 3
    assert not set(after) & set(before[:3])
    everything = set((tmp_path / "whole.log").read_text().split())
    assert set(before[:3]) | set(after) == everything
    names = [sorted(os.listdir(tmp_path / name)) for name in ("whole", "killed", "shared")]
    assert names[0] == names[1] == names[2]
    assert len(json.loads(want)) == 28


def test_other_computations_share_a_directory(tmp_path):
    """Each has its own pieces, and finds them again."""
    reps = simple_circuit()
    reps.rx(A, 0)
    cases = [
        ({}, simple_circuit(), X),
        ({}, simple_circuit(), X + 1e-9),
        ({}, reps, X),
        ({"shots": 21}, simple_circuit(), X),
    ]
    calls = []
    for _ in range(2):
        for options, circuit, rows in cases:
            sampler = Flaky()
            session = flaky_engine(sampler, **options).open(circuit)
            checkpoint = Checkpoint(tmp_path, session.fingerprint())
            got = session.fidelities(rows, Y, ALL, checkpoint=checkpoint)
            assert_array_equal(got, session.fidelities(rows, Y, ALL))
            calls.append(len(sampler.calls))
    assert calls == [14, 14, 14, 14, 7, 7, 7, 7]


def test_jobs_of_any_size_share_what_they_have_found(tmp_path):
    distinct, found = ALL[:12], {}
    for size, pairs, n_jobs in [(4, distinct[2:9], 2), (3, distinct, 2), (2, distinct[::-1], 0)]:
        sampler = Flaky()
        session = flaky_engine(sampler, max_circuits_per_job=size).open(simple_circuit())
        checkpoint = Checkpoint(tmp_path, session.fingerprint())
        fractions = session.fidelities(X, Y, pairs, checkpoint=checkpoint)
        assert len(sampler.calls) == n_jobs  # for 7, 5 and 0 circuits
        for pair, fraction in zip(pairs, fractions, strict=True):
            assert found.setdefault(pair, fraction) == fraction


def test_pieces_are_never_taken_for_others(tmp_path):
    """Even where the fingerprint says nothing; of the bits, any weights are taken."""

    class Drawn(Flaky):
        """Draws each circuit from its own angles."""

        def run(self, pubs):
            ((circuit, bindings, shots),) = pubs
            self.calls.append(bindings.as_array())
            rows = [self._bits(row.tobytes(), shots) for row in bindings.as_array()]
            bits = BitArray(np.array(rows), circuit.num_qubits)
            result = [SimpleNamespace(data=SimpleNamespace(meas=bits))]
            return Job(len(self.calls), lambda: result, self.in_flight)

        def _bits(self, content, shots):
            rng = np.random.default_rng(list(content))
            return rng.integers(0, 4, (shots, 1), dtype=np.uint8)

    sampler = Drawn()
    checkpoint = Checkpoint(tmp_path, {})
    flipped = [pair[::-1] for pair in ALL[:12] if max(pair) < 3]
    weights = np.array([1.0, 0.5, 0.5, 0.0])
    calls = [
        (simple_circuit(), 20, (X, Y, ALL), {}, 14),
        (simple_circuit(), 20, (X, Y, ALL), {"weights": weights}, 0),
        (simple_circuit(), 20, (X, Y + 1e-6, ALL), {}, 14),
        (simple_circuit(), 20, (Y, X, flipped), {}, 9),
        (simple_circuit(), 20, (X, Y, flipped), {}, 0),
        (simple_circuit(), 21, (X, Y, ALL), {}, 14),
        (simple_circuit().inverse(), 20, (X, Y, ALL), {}, 14),
    ]
    first = [n_circuits for *_, n_circuits in calls]
    for (circuit, shots, args, options, _), n_circuits in zip(
        calls * 2, first + [0] * len(calls), strict=True
    ):
        session = flaky_engine(sampler, shots=shots).open(circuit)
        fresh = flaky_engine(Drawn(), shots=shots).open(circuit)
        sampler.calls.clear()
        got = session.fidelities(*args, checkpoint=checkpoint, **options)
        assert_array_equal(got, fresh.fidelities(*args, **options))
        assert sum(map(len, sampler.calls)) == n_circuits


def test_damaged_pieces_are_measured_again(tmp_path):
    sampler = Flaky()
    session = flaky_engine(sampler).open(simple_circuit())
    checkpoint = Checkpoint(tmp_path, {})
    want = session.fidelities(X, Y, ALL, checkpoint=checkpoint)
    first, second, *_ = sorted(tmp_path.glob("*.npy"))
    first.write_bytes(first.read_bytes()[:-1])
    second.unlink()
    with pytest.warns(UserWarning, match="is damaged or belongs elsewhere"):
        again = session.fidelities(X, Y, ALL, checkpoint=checkpoint)
    assert_array_equal(again, want)
    assert len(sampler.calls) == N_JOBS + 2


def test_numbers_of_jobs_are_kept_and_jobs_are_found_again(tmp_path):
    sampler = Flaky("interrupt", every=2)
    session = flaky_engine(sampler).open(simple_circuit())
    run = sampler.run

    def run_slowly(pubs):
        job = run(pubs)
        job.done = lambda: False
        return job

    sampler.run = run_slowly
    checkpoint = Checkpoint(tmp_path, {})
    with pytest.raises(KeyboardInterrupt):
        session.fidelities(X, Y, ALL, checkpoint=checkpoint)
    numbers = [jobs for _, jobs in ItemStore(checkpoint).unfinished()]
    assert sorted(numbers) == [["job-1"], ["job-2"], ["job-3"]]  # job-0 is finished
    asked = []

    def retrieve(number):
        asked.append(number)
        if number == "job-2":
            raise KeyError("no such job")
        job = sampler.jobs[int(number.removeprefix("job-"))]
        if number == "job-1":  # finished meanwhile
            whole = Flaky().run(session.pubs(np.array([[0.0] * 6] * 2)))
            job.result = whole.result
        return job

    healthy = Flaky()
    resumed = flaky_engine(healthy).open(simple_circuit())
    sampler.jobs[3].result = lambda: 1 / 0  # failed meanwhile
    with pytest.warns(UserWarning, match=r"Job job-2 \(circuits 4 to 5 of 14\) cannot be retrie"):
        got = resumed.fidelities(X, Y, ALL, checkpoint=checkpoint, retrieve=retrieve)
    assert asked == ["job-1", "job-2", "job-3"]
    assert_array_equal(got[2:4], [1.0, 1.0])  # what that job found, all angles being 0
    rest = [k for k in range(14) if k not in (2, 3)]
    assert_array_equal(got[rest], reference()[rest])
    assert len(healthy.calls) == N_JOBS - 2


def test_progress(tmp_path, capsys):
    checkpoint = Checkpoint(tmp_path, {})
    session = flaky_engine(Flaky()).open(simple_circuit())
    for _ in range(2):
        session.fidelities(X, Y, ALL, checkpoint=checkpoint, verbose=True)
        assert "14/14" in capsys.readouterr().err
    session.fidelities(X, Y, ALL)
    assert capsys.readouterr().err == ""


# --- Settings and refusals -------------------------------------------------------------------


class NotToBeCopied(StatevectorSampler):
    def __deepcopy__(self, memo):
        raise TypeError("cannot pickle a connection")

    def __reduce__(self):
        raise TypeError("cannot pickle a connection")


def test_copies_share_the_sampler():
    sampler = NotToBeCopied(seed=0)
    manager = generate_preset_pass_manager(0, basis_gates=["u", "cx"])
    engine = SamplerEngine(sampler, pass_manager=manager, shots=7)
    copies = [clone(engine), copy.copy(engine), copy.deepcopy(engine), engine.single_threaded()]
    copies.append(clone(FidelityKernel("zz", engine=engine)).engine)
    for one in copies:
        assert one is not engine
        assert one.get_params().keys() == engine.get_params().keys()
        for name, value in engine.get_params().items():
            assert one.get_params()[name] is value
    copies[0].set_params(shots=8)
    assert engine.shots == 7


def test_pickles_leave_the_sampler_out():
    sampler = NotToBeCopied(seed=0)
    engine = SamplerEngine(sampler, shots=7, timeout=2.5)
    kernel = pickle.loads(pickle.dumps(FidelityKernel("zz", engine=engine)))
    assert kernel.engine.get_params() == engine.get_params() | {"sampler": None}
    assert engine.sampler is sampler
    message = r"has no sampler, which pickles leave out; .* set_params\(kernel__engine__sampler="
    with pytest.raises(ValueError, match=message):
        kernel.engine.open(simple_circuit())
    kernel.set_params(engine__sampler=sampler)
    got = kernel.engine.open(simple_circuit()).fidelities(X, Y, ALL)
    assert_array_equal(got, engine.open(simple_circuit()).fidelities(X, Y, ALL))


def test_there_are_no_states():
    session = SamplerEngine(StatevectorSampler()).open(simple_circuit())
    with pytest.raises(AttributeError, match=r"SamplerEngine offers no states .* use another"):
        session.states(X)
    with pytest.raises(AttributeError, match=r"offers no pull_back for .*, but .*fidelities"):
        session.pull_back(X, np.ones((4, 4)))


def test_samplers_that_are_none():
    with pytest.raises(ValueError, match="'sampler' parameter of SamplerEngine must be an object"):
        SamplerEngine("ibm").open(simple_circuit())
    with pytest.raises(TypeError, match="sampler is the class StatevectorSampler; pass an instan"):
        SamplerEngine(StatevectorSampler).open(simple_circuit())
    with pytest.raises(TypeError, match=r"is the backend 'aer_simulator'; pass .*BackendSamplerV2"):
        SamplerEngine(AerSimulator()).open(simple_circuit())


@pytest.mark.parametrize(
    "options",
    [
        {"shots": 0},
        {"shots": None},
        {"max_circuits_per_job": 0},
        {"max_jobs_in_flight": 0},
        {"max_retries": -1},
        {"retry_delay": -0.1},
        {"timeout": 0},
        {"pass_manager": "level 1"},
    ],
)
def test_settings_out_of_range(options):
    with pytest.raises(ValueError, match=f"The '{next(iter(options))}' parameter of SamplerEngine"):
        SamplerEngine(StatevectorSampler(), **options).open(simple_circuit())


@pytest.mark.parametrize("exact", [False, True])
def test_values_that_are_refused_before_anything_runs(exact):
    sampler = Flaky()
    engine = AerEngine(noise_model=NoiseModel()) if exact else flaky_engine(sampler)
    session = engine.open(simple_circuit())
    bad = X.copy()
    bad[3, 1] = np.nan
    cases = [
        ((X[:, :1], Y, PAIRS), {}, r"2 free parameters, the values have shape \(4, 1\)"),
        ((bad, Y, PAIRS), {}, "is nan for row 3"),
        ((Y, bad, PAIRS[:1]), {}, "is nan for row 3"),
        (
            (X, Y, [(0, 3)]),
            {},
            "Pair 0 names row 3 of y_values, which has 3 rows; pass numb.* to 2",
        ),
        ((X, Y, [(0, 0), (-1, 0)]), {}, "Pair 1 names row -1 of x_values, which has 4 rows"),
        ((X, Y, [0, 1]), {}, r"The pairs have shape \(2,\) and type int64; pass two"),
        ((X, Y, [(0.0, 1.0)]), {}, r"have shape \(1, 2\) and type float64"),
        (
            (X, Y, PAIRS),
            {"weights": [1, 0]},
            "the circuit has 2 qubits; pass 4 finite numb",
        ),
        ((X, Y, PAIRS), {"weights": [1, 0, np.inf, 0]}, "pass 4 finite numbers"),
    ]
    for args, options, message in cases:
        with pytest.raises(ValueError, match=message):
            session.fidelities(*args, **options)
    wide = QuantumCircuit(21)
    wide.rx(A, range(21))
    with pytest.raises(ValueError, match="at most 20 qubits, the circuit has 21; pass a func"):
        flaky_engine(sampler).open(wide).fidelities([[0]], [[0]], [(0, 0)], weights=[1])
    assert sampler.calls == []


def test_circuits_that_are_refused():
    engine = flaky_engine(Flaky())
    measured = simple_circuit()
    measured.measure_all()
    with pytest.raises(ValueError, match="holds 'measure', which is not a gate"):
        engine.open(measured)
    delayed = QuantumCircuit(1)
    delayed.delay(A, 0, unit="s")
    with pytest.raises(ValueError, match="'delay' with a free parameter, which has no inverse"):
        engine.open(delayed)
    small = BackendSamplerV2(backend=GenericBackendV2(2, seed=0))
    with pytest.raises(ValueError, match=r"has 3 qubits, the backend 'generic_.*' has 2; use few"):
        SamplerEngine(small).open(lib.zz_feature_map(3))
    manager = generate_preset_pass_manager(1, backend=GenericBackendV2(2, seed=0))
    with pytest.raises(ValueError, match=r"cannot translate the circuit of 3 qubits: .*; pass a"):
        SamplerEngine(StatevectorSampler(), pass_manager=manager).open(lib.zz_feature_map(3))


def test_gates_that_aer_binds_wrongly_are_refused():
    class Controlled(PassManager):
        def run(self, circuit):
            result = circuit.copy_empty_like()
            for item in circuit.data:
                if item.operation.name == "rx":
                    result.crx(item.operation.params[0], 1, 0)
                else:
                    result.append(item)
            return result

    with pytest.raises(ValueError, match="'crx' with a free parameter, which Aer binds wrongly"):
        SamplerEngine(AerSampler(), pass_manager=Controlled()).open(simple_circuit())
    SamplerEngine(StatevectorSampler(), pass_manager=Controlled()).open(simple_circuit())


def fractional():
    """A sampler of a device whose rzz takes angles from 0 to pi / 2."""
    if not hasattr(Target, "has_angle_bounds"):
        pytest.skip("such devices are refused before Qiskit 2.2")
    runtime = pytest.importorskip("qiskit_ibm_runtime")
    provider = pytest.importorskip("qiskit_ibm_runtime.fake_provider")
    options = {"simulator": {"seed_simulator": 0}}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        return runtime.SamplerV2(provider.FakeFractionalBackend(), options=options)


@pytest.mark.parametrize("name", ["rzz", "rxx", "ryy", "rzx"])
def test_gates_with_bounded_angles_are_opened(name):
    circuit = QuantumCircuit(2)
    circuit.h([0, 1])
    getattr(circuit, name)(A, 0, 1)
    circuit.rzz(-0.3, 0, 1)
    circuit.rx(B, 0)
    session = SamplerEngine(fractional(), shots=20_000).open(circuit)
    x, y = np.array([[-2.0, 4.0]]), np.array([[2.5, -3.0]])
    angles = [i.operation.params[0] for i in session.pair.circuit.data if i.operation.name == "rzz"]
    assert all(0 <= float(angle) <= np.pi / 2 for angle in angles)
    (first,), (second,) = states(circuit, x), states(circuit, y)
    fidelity = abs(np.vdot(first, second)) ** 2
    assert session.fidelities(x, y, [(0, 0)]) == pytest.approx(fidelity, abs=0.06)  # noise


def test_bounded_angles_are_refused_where_qiskit_does_not_know_them():
    class OldTarget:
        operation_names = ("rz", "sx", "cz", "rzz")

    class Backend:
        name = "a device"
        target = OldTarget()

    assert _circuits._bounded_gates(Backend()) == frozenset()
    Backend.__module__ = "qiskit_ibm_runtime.fake_provider"
    with pytest.raises(ValueError, match=r"rzz gate of 'a device' .* use_fractional_gates=False"):
        _circuits._bounded_gates(Backend())
    OldTarget.operation_names = ("rz", "sx", "cz")
    assert _circuits._bounded_gates(Backend()) == frozenset()


def test_bounded_angles_of_a_pass_manager_are_refused():
    manager = generate_preset_pass_manager(0, basis_gates=["rz", "sx", "rx", "cx", "rzz"])
    manager.post_optimization = PassManager([_Rzz()])
    engine = SamplerEngine(fractional(), pass_manager=manager)
    with pytest.raises(ValueError, match=r"'rzz' with a free parameter, which .* some angles only"):
        engine.open(simple_circuit())


class _Rzz(TransformationPass):
    """Put one rzz with a free parameter in."""

    def run(self, dag):
        rx = next(node for node in dag.op_nodes() if node.op.name == "rx")
        (wire, other), (angle,) = dag.qubits[:2], rx.op.params
        dag.apply_operation_front(lib.RZZGate(angle), [wire, other])
        return dag


def test_the_circuit_is_not_changed():
    circuit = composite_circuit()
    before = circuit.copy()
    SamplerEngine(AerSampler(), shots=5).open(circuit).fidelities(X, Y, PAIRS)
    assert circuit == before

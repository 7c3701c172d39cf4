"""Expectation values from estimators and samplers: exact, noisy, routed, and in jobs that fail."""

import pickle
import re
from types import SimpleNamespace

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from qiskit import QuantumCircuit
from qiskit.circuit import CircuitError, Parameter, ParameterVector
from qiskit.circuit import library as lib
from qiskit.primitives import (
    BackendEstimatorV2,
    BackendSamplerV2,
    StatevectorEstimator,
    StatevectorSampler,
)
from qiskit.providers.fake_provider import GenericBackendV2
from qiskit.quantum_info import SparsePauliOp, Statevector
from qiskit.transpiler import CouplingMap, PassManager, generate_preset_pass_manager
from qiskit_aer import AerSimulator
from qiskit_aer.noise import NoiseModel
from qiskit_aer.primitives import EstimatorV2 as AerEstimator
from qiskit_aer.primitives import SamplerV2 as AerSampler
from scipy import stats
from sklearn.base import clone

from skquantum._circuits import FixedObservables, diagonal_paulis, local_paulis
from skquantum.engines import AerEngine, CompiledEngine, EstimatorEngine, SamplerEngine
from skquantum.exceptions import InsufficientMemoryError, SimulationError

each = pytest.mark.parametrize
pytestmark = pytest.mark.filterwarnings("ignore:Qiskit backend .* has no QubitProperties")

# Each comparison of counts would fail so often for another seed, were the probabilities right.
FALSE_ALARMS = 1e-6

A, B = Parameter("a"), Parameter("b")
X = np.random.default_rng(0).uniform(-2, 2, (5, 2))


def controlled_circuit():
    """What Aer binds wrongly, on wires of which one is idle."""
    circuit = QuantumCircuit(4, global_phase=A)
    circuit.h([0, 1, 3])
    circuit.cp(A, 0, 1)
    circuit.crx(A + B, 1, 3)
    circuit.append(lib.MCPhaseGate(A * B, 2), [0, 1, 3])
    circuit.ry(2 * B, 0)
    return circuit


def composite_circuit():
    circuit = QuantumCircuit(3)
    circuit.append(lib.PauliEvolutionGate(SparsePauliOp(["XYZ", "IYI"]), A), [2, 0, 1])
    circuit.delay(100, 0)
    circuit.u(A, B, A, 1)
    circuit.append(lib.UnitaryGate([[0, 1j], [1, 0]]), [1])
    circuit.swap(0, 1)
    circuit.rxx(B, 0, 2)
    return circuit


def one_qubit():
    circuit = QuantumCircuit(1)
    circuit.rx(A, 0)
    circuit.ry(B, 0)
    return circuit


CIRCUITS = {
    "zz": lib.zz_feature_map(2),
    "controlled": controlled_circuit(),
    "composite": composite_circuit(),
    "one qubit": one_qubit(),
}


def observables_on(n_qubits):
    """Return sums with the identity, repetitions, a diagonal, and what is constant."""
    z, x, y = ("I" * (n_qubits - 1) + letter for letter in "ZXY")
    return [
        SparsePauliOp([z, "I" * n_qubits, x, z], [0.5, -0.25, 1.0, 0.125]),
        np.cos(np.arange(2**n_qubits)),
        SparsePauliOp("Y" * n_qubits),
        SparsePauliOp(["I" * n_qubits, y], [3.0, 0.0]),
        np.full(2**n_qubits, 2.0),
        SparsePauliOp(y, [-2.0]),
    ]


def line(n_qubits=4, **settings):
    return GenericBackendV2(n_qubits, coupling_map=CouplingMap.from_line(n_qubits), **settings)


def deviations(found, wanted, precision):
    """Return by how many standard errors numbers are off, at most."""
    return (np.abs(found - wanted) / precision).max()


# --- Numbers ---------------------------------------------------------------------------------

EXACT = {
    "statevector": lambda: EstimatorEngine(StatevectorEstimator()),
    "aer": lambda: EstimatorEngine(AerEstimator()),
    "routed": lambda: EstimatorEngine(
        AerEstimator.from_backend(AerSimulator.from_backend(line(noise_info=False, seed=3))),
        pass_manager=generate_preset_pass_manager(1, backend=line(seed=3), seed_transpiler=5),
    ),
}


@each("circuit", CIRCUITS.values(), ids=CIRCUITS)
@each("make", EXACT.values(), ids=EXACT)
def test_exact_estimators_agree_with_compiled_states(make, circuit):
    observables = observables_on(circuit.num_qubits)
    session, compiled = make().open(circuit), CompiledEngine().open(circuit)
    assert session.shots is None
    wanted = compiled.expectations(X, observables)
    assert_allclose(session.expectations(X, observables), wanted, rtol=0, atol=1e-12)
    cotangents = np.random.default_rng(1).normal(size=wanted.shape)
    for one, other in zip(
        session.gradients(X, observables, cotangents),
        compiled.gradients(X, observables, cotangents),
        strict=True,
    ):
        assert_allclose(one, other, rtol=0, atol=1e-11)


def test_routing_moves_observables():
    """The layout of the routed circuit is not trivial, or nothing is tested above."""
    session = EXACT["routed"]().open(CIRCUITS["controlled"])
    assert session.on_device.places != list(range(4))


@each("circuit", CIRCUITS.values(), ids=CIRCUITS)
@each(
    "make",
    [
        lambda: StatevectorSampler(seed=np.random.default_rng(0)),
        lambda: AerSampler(seed=1),
        lambda: BackendSamplerV2(
            backend=line(noise_info=False, seed=3), options={"seed_simulator": 3}
        ),
    ],
    ids=["statevector", "aer", "routed"],
)
def test_averages_of_counts_follow_exact_states(make, circuit):
    """Strings by the binomial test; a diagonal and a sum within their standard errors."""
    shots, n_qubits = 2000, circuit.num_qubits
    session = SamplerEngine(make(), shots=shots).open(circuit)
    strings = list(local_paulis(n_qubits, 2 if n_qubits == 2 else 1))
    wanted = CompiledEngine().open(circuit).expectations(X, strings)
    assert_counted(session.expectations(X, strings), wanted, shots)
    observables = observables_on(n_qubits)
    wanted = CompiledEngine().open(circuit).expectations(X, observables)
    found = session.expectations(X, observables)
    # the largest outcomes are 2 at most; normal tails at 1e-6
    assert deviations(found, wanted, 2 / np.sqrt(shots)) < stats.norm.isf(FALSE_ALARMS / 2)
    assert_array_equal(found[:, 3:5], [[3.0, 2.0]] * 5)


def assert_counted(found, wanted, shots):
    """Averages of signs are those of counts, whose probabilities are right."""
    for average, expected in zip(found.ravel(), wanted.ravel(), strict=True):
        count = (1 + average) / 2 * shots
        assert abs(count - round(count)) < 1e-6
        probability = min(max((1 + expected) / 2, 0.0), 1.0)
        p_value = stats.binomtest(round(count), shots, probability).pvalue
        assert p_value > FALSE_ALARMS, (average, expected)


def native_circuit():
    """Gates of a device, with CX at the end, so that no gate of a basis merges with others."""
    circuit = QuantumCircuit(3)
    for qubit, angle in enumerate((A, B, A * B)):
        circuit.sx(qubit)
        circuit.rz(angle, qubit)
        circuit.sx(qubit)
    circuit.cx(0, 1)
    circuit.cx(1, 2)
    return circuit


STRINGS = "ZZZ", "IZZ", "YIZ", "XXI"


@each("kind", ["sampler", "estimator"])
@each("device", ["generic", "ibm"])
def test_noise_of_a_device_is_that_of_aer(kind, device):
    """Gates, those of the basis among them, and readout; the oracle is exact."""
    if device == "ibm":
        fakes = pytest.importorskip("qiskit_ibm_runtime.fake_provider")
        fake = fakes.FakeManilaV2()
    else:
        fake = line(5, seed=4)
    # what fakes of Qiskit Runtime run themselves has other noise than they are said to have
    backend = AerSimulator.from_backend(fake)
    manager = generate_preset_pass_manager(0, backend=fake, initial_layout=[0, 1, 2])
    shots, options = 4096, {"seed_simulator": 6}
    if kind == "sampler":
        sampler = BackendSamplerV2(backend=backend, options=options)
        engine = SamplerEngine(sampler, shots=shots, pass_manager=manager)
    else:
        estimator = BackendEstimatorV2(backend=backend, options=options)
        engine = EstimatorEngine(estimator, precision=shots**-0.5, pass_manager=manager)
    assert engine.shots == shots
    noisy = AerEngine(noise_model=NoiseModel.from_backend(fake))
    wanted = []
    for letters in STRINGS:
        circuit = native_circuit()
        signs = np.ones(8)
        for qubit, letter in enumerate(reversed(letters)):
            if letter == "Y":
                circuit.rz(-np.pi / 2, qubit)
            if letter in "XY":
                circuit.rz(np.pi / 2, qubit)
                circuit.sx(qubit)
                circuit.rz(np.pi / 2, qubit)
            if letter != "I":
                signs *= 1 - 2 * (np.arange(8) >> qubit & 1)
        wanted.append(noisy.open(circuit).expectations(X, [signs]))
    observables = [SparsePauliOp(letters) for letters in STRINGS]
    found = engine.open(native_circuit()).expectations(X, observables)
    assert_counted(found, np.hstack(wanted), shots)
    exact = CompiledEngine().open(native_circuit()).expectations(X, observables)
    assert np.abs(np.hstack(wanted) - exact).max() > 0.02  # or there is no noise to be seen


def test_strings_of_ten_qubits_are_read_from_the_right_bits():
    """Two bytes of bits, all of them certain."""
    circuit = QuantumCircuit(10)
    angles = ParameterVector("v", 10)
    for qubit, angle in enumerate(angles):
        circuit.rx(angle, qubit)
    numbers = [0, 1, 2, 256, 515, 1023]
    rows = np.pi * np.array([[number >> q & 1 for q in range(10)] for number in numbers])
    session = SamplerEngine(StatevectorSampler(), shots=3).open(circuit)
    found = session.expectations(
        rows,
        [
            np.arange(1024.0),
            *(SparsePauliOp.from_sparse_list([("Z", [q], 1.0)], 10) for q in range(10)),
            SparsePauliOp.from_sparse_list([("ZZ", [0, 9], 1.0)], 10),
        ],
    )
    assert_array_equal(found[:, 0], numbers)
    bits = np.array([[number >> q & 1 for q in range(10)] for number in numbers])
    assert_array_equal(found[:, 1:11], 1 - 2 * bits)
    assert_array_equal(found[:, 11], (1 - 2 * bits[:, 0]) * (1 - 2 * bits[:, 9]))


def test_only_wires_in_use_are_measured_where_idle_ones_are_left_out():
    circuit = QuantumCircuit(4)
    circuit.compose(lib.zz_feature_map(2), [3, 1], inplace=True)
    wanted = CompiledEngine().open(circuit, idle_wires=False).expectations(X, local_paulis(2, 2))
    for engine in (
        EstimatorEngine(StatevectorEstimator()),
        EstimatorEngine(AerEstimator()),  # which has a backend, whose layout is kept
        EXACT["routed"](),
    ):
        session = engine.open(circuit, idle_wires=False)
        assert session.n_qubits == 2
        assert_allclose(session.expectations(X, local_paulis(2, 2)), wanted, rtol=0, atol=1e-12)
    shots = 2000
    for sampler in (StatevectorSampler(seed=0), AerSampler(seed=0)):
        session = SamplerEngine(sampler, shots=shots).open(circuit, idle_wires=False)
        assert_counted(session.expectations(X, local_paulis(2, 2)), wanted, shots)


def test_circuits_without_parameters_and_no_rows():
    circuit = QuantumCircuit(2)
    circuit.h(0)
    circuit.cx(0, 1)
    observables = [SparsePauliOp("XX"), SparsePauliOp("ZZ"), SparsePauliOp("YY")]
    for engine in (
        EstimatorEngine(StatevectorEstimator()),
        EstimatorEngine(AerEstimator()),
        SamplerEngine(AerSampler(seed=0), shots=7),
        SamplerEngine(StatevectorSampler(seed=0), shots=7),
    ):
        session = engine.open(circuit)
        found = session.expectations(np.empty((3, 0)), observables)
        assert_allclose(found, [[1.0, 1.0, -1.0]] * 3, rtol=0, atol=1e-12)
        assert session.expectations(np.empty((0, 0)), observables).shape == (0, 3)
        assert session.expectations(np.empty((3, 0)), []).shape == (3, 0)


@each("n_qubits", [1, 3])
def test_diagonals_as_pauli_strings(n_qubits):
    diagonal = np.random.default_rng(n_qubits).normal(size=2**n_qubits)
    assert_allclose(diagonal_paulis(diagonal).to_matrix(), np.diag(diagonal), rtol=0, atol=1e-14)
    parity = 1.0 - np.bitwise_count(np.arange(2**n_qubits)) % 2
    assert len(diagonal_paulis(parity)) == 2  # and no rounding errors


@pytest.mark.filterwarnings("ignore:.*angle")
def test_large_angles():
    rows = X * 1e4
    circuit = CIRCUITS["zz"]
    wanted = CompiledEngine().open(circuit).expectations(rows, observables_on(2))
    found = EstimatorEngine(StatevectorEstimator()).open(circuit)
    assert_allclose(found.expectations(rows, observables_on(2)), wanted, rtol=0, atol=1e-6)


# --- Settings --------------------------------------------------------------------------------


@each(
    ("estimator", "settings", "shots"),
    [
        (None, {}, 4096),
        (None, {"precision": 0.1}, 100),
        (StatevectorEstimator(), {}, None),
        (StatevectorEstimator(default_precision=0.5), {}, 4),
        (StatevectorEstimator(default_precision=0.5), {"precision": 0}, None),
        (AerEstimator(), {"options": {"default_precision": 0.01}}, 10_000),
        (BackendEstimatorV2(backend=GenericBackendV2(2)), {}, 4096),
        (SimpleNamespace(run=None), {}, 4096),
        (SimpleNamespace(options=SimpleNamespace(default_shots=77)), {}, 77),
    ],
)
def test_what_stands_behind_a_number(estimator, settings, shots):
    engine = EstimatorEngine(estimator, **settings)
    assert engine.shots == shots


def test_precision_reaches_the_estimator():
    circuit, rows = one_qubit(), np.full((500, 2), 0.3)
    session = EstimatorEngine(
        StatevectorEstimator(seed=np.random.default_rng(0)), precision=0.2
    ).open(circuit)
    found = session.expectations(rows, [SparsePauliOp("Z")])
    assert session.shots == 25
    wanted = CompiledEngine().open(circuit).expectations(rows[:1], [SparsePauliOp("Z")])
    assert deviations(found.mean(), wanted, 0.2 / np.sqrt(500)) < 5
    # the variance of a variance of normal numbers
    assert abs(found.var() / 0.04 - 1) < 5 * np.sqrt(2 / 499)


def test_options_reach_a_copy_of_the_estimator():
    estimator = BackendEstimatorV2(backend=line(seed=1), options={"seed_simulator": 1})
    settings = {"options": {"default_precision": 0.25, "abelian_grouping": False}}
    engine = EstimatorEngine(estimator, **settings)
    configured = engine.configured()
    assert configured.options.default_precision == 0.25
    assert not configured.options.abelian_grouping
    assert configured.options.seed_simulator == 1
    assert configured.backend is estimator.backend
    assert estimator.options.default_precision == 1 / 64
    assert EstimatorEngine(estimator).configured() is estimator
    session = engine.open(one_qubit())
    found = session.expectations(X, [SparsePauliOp("Z")])
    assert_array_equal(found * 8, np.round(found * 8))  # 16 shots
    fingerprints = [EstimatorEngine(estimator).fingerprint(), engine.fingerprint()]
    assert fingerprints[0]["options"] != fingerprints[1]["options"]


def test_groups_of_options_of_qiskit_runtime():
    module = pytest.importorskip("qiskit_ibm_runtime.executor_estimator")  # new in 0.50
    from qiskit_ibm_runtime.fake_provider import FakeManilaV2

    estimator = module.Estimator(FakeManilaV2())
    options = {"resilience": {"zne_mitigation": True, "zne": {"noise_factors": [1, 3]}}}
    configured = EstimatorEngine(estimator, options=options).configured()
    assert configured.options.resilience.zne_mitigation is True
    assert list(configured.options.resilience.zne.noise_factors) == [1, 3]
    assert configured.options.resilience.zne.amplifier == "gate_folding"  # as it was
    assert estimator.options.resilience.zne_mitigation is None
    readout = {"resilience": {"measure_mitigation": True}}
    circuit = QuantumCircuit(1)
    found = {}
    for name, some in {"raw": {"resilience_level": 0}, "mitigated": readout}.items():
        settings = {"precision": 0.01, "options": some}
        session = EstimatorEngine(module.Estimator(FakeManilaV2()), **settings).open(circuit)
        found[name] = session.expectations(np.empty((1, 0)), [SparsePauliOp("Z")])[0, 0]
    assert abs(found["mitigated"] - 1) < abs(found["raw"] - 1)


@each(
    ("estimator", "options", "message"),
    [
        (StatevectorEstimator(), {"zne": 1}, "option of StatevectorEstimator; it has none"),
        (
            BackendEstimatorV2(backend=GenericBackendV2(2)),
            {"precision": 1},
            "'precision', which is not an option of BackendEstimatorV2; use some of abelian",
        ),
        (AerEstimator(), {"backend_options": {}}, "'backend_options', which EstimatorV2 takes in"),
    ],
    ids=["none", "unknown", "of the constructor"],
)
def test_options_that_an_estimator_does_not_have(estimator, options, message):
    with pytest.raises(ValueError, match=message):
        EstimatorEngine(estimator, options=options).open(one_qubit())


def test_clones_share_the_estimator_and_pickles_leave_it_out():
    estimator = StatevectorEstimator()
    engine = EstimatorEngine(estimator, precision=0.1, checkpoint="somewhere")
    assert clone(engine).estimator is estimator
    assert engine.get_params() == clone(engine).get_params()
    found = pickle.loads(pickle.dumps(engine))
    assert found.estimator is None
    assert found.get_params() == {**engine.get_params(), "estimator": None}
    message = r"no estimator, which pickles leave out; .*set_params\(estimator=\.\.\.\) on the eng"
    with pytest.raises(ValueError, match=message):
        found.open(one_qubit())
    found.set_params(estimator=estimator, checkpoint=None)
    assert found.open(one_qubit()).expectations(X, [SparsePauliOp("Z")]).shape == (5, 1)


@each(
    "settings",
    [
        {"precision": -0.1},
        {"precision": "high"},
        {"options": [1]},
        {"pass_manager": 3},
        {"max_circuits_per_job": 0},
        {"max_jobs_in_flight": 0},
        {"max_retries": -1},
        {"retry_delay": -0.1},
        {"timeout": 0},
        {"checkpoint": 3},
        {"estimator": "ibm"},
    ],
    ids=str,
)
def test_settings_are_checked(settings):
    (name,) = settings
    engine = EstimatorEngine(**{"estimator": StatevectorEstimator(), **settings})
    with pytest.raises(ValueError, match=f"'{name}' parameter of EstimatorEngine"):
        engine.open(one_qubit())


@each(
    ("engine", "error", "message"),
    [
        (
            EstimatorEngine(StatevectorEstimator),
            TypeError,
            "estimator is the class StatevectorEstimator; pass an instance of it",
        ),
        (
            EstimatorEngine(AerSimulator()),
            TypeError,
            r"estimator is the backend 'aer_simulator'; pass an estimator .*BackendEstimatorV2\(",
        ),
        (
            EstimatorEngine(StatevectorSampler()),
            TypeError,
            r"is the StatevectorSampler, a sampler; pass an estimator, or use SamplerEngine\(sam",
        ),
        (
            SamplerEngine(StatevectorEstimator()),
            TypeError,
            r"is the StatevectorEstimator, an estimator; pass a sampler, or use EstimatorEngine\(",
        ),
        (
            EstimatorEngine(BackendEstimatorV2(backend=GenericBackendV2(2, seed=0))),
            ValueError,
            "circuit has 4 qubits, the backend 'generic_.*' has 2; use fewer",
        ),
        (
            EstimatorEngine(BackendEstimatorV2(backend=line()), pass_manager=PassManager()),
            ValueError,
            r"circuit holds 'h' on qubits \(0,\), which the backend .* does not support; use a pa",
        ),
        (
            EstimatorEngine(
                StatevectorEstimator(), pass_manager=generate_preset_pass_manager(1, line(2))
            ),
            ValueError,
            "pass manager cannot translate the circuit of 4 qubits: .*; pass a pass_manager=",
        ),
    ],
    ids=["class", "backend", "sampler", "estimator", "small", "gates", "width"],
)
def test_refused_before_anything_is_submitted(engine, error, message):
    with pytest.raises(error, match=message) as info:
        engine.open(CIRCUITS["controlled"])
    assert re.fullmatch(r"[^\n]*\.", str(info.value))


def test_closed_sessions_are_refused():
    pytest.importorskip("qiskit_ibm_runtime.executor_estimator")
    from qiskit_ibm_runtime import Session
    from qiskit_ibm_runtime.executor_estimator import Estimator
    from qiskit_ibm_runtime.executor_sampler import Sampler
    from qiskit_ibm_runtime.fake_provider import FakeManilaV2

    for kind, make, engine_of in (
        ("estimator", Estimator, EstimatorEngine),
        ("sampler", Sampler, SamplerEngine),
    ):
        mode = Session(FakeManilaV2())
        engine = engine_of(make(mode))
        session = engine.open(one_qubit())
        mode.close()
        message = rf"The Session of the {kind} is closed, .* with set_params\({kind}=\.\.\.\) on"
        with pytest.raises(ValueError, match=message):
            session.expectations(X, [SparsePauliOp("Z")])
        with pytest.raises(ValueError, match=message):
            engine.open(one_qubit())
        if kind == "sampler":
            with pytest.raises(ValueError, match=message):
                session.fidelities(X, X, [(0, 1)])


def test_memory_of_simulations_is_checked():
    with pytest.raises(InsufficientMemoryError, match=r"40 qubits by StatevectorEsti.*; use fewe"):
        EstimatorEngine(StatevectorEstimator()).open(lib.zz_feature_map(40))
    # of a device nothing is known but numbers
    wide = lib.zz_feature_map(100)
    assert EstimatorEngine(Counting()).expectation_bytes(wide, 100, 100) < 2**30


# --- Jobs ------------------------------------------------------------------------------------


class Counting:
    """An estimator that counts what it is sent, and fails as told.

    Its numbers are those of states, computed row by row.
    """

    def __init__(self, fault=None, every=1):
        self.fault, self.every = fault, every
        self.jobs = []  # (number of rows, number of observables)
        self.in_flight = self.most_in_flight = 0

    def run(self, pubs):
        number = len(self.jobs)
        ((circuit, observables, bindings, *_),) = pubs
        self.jobs.append((bindings.size, observables.shape[0]))
        fault = self.fault if (number + 1) % self.every == 0 else None
        if isinstance(fault, BaseException):
            raise fault
        self.in_flight += 1
        self.most_in_flight = max(self.most_in_flight, self.in_flight)

        def result():
            self.in_flight -= 1
            states = [Statevector(bound) for bound in bindings.bind_all(circuit)]
            operators = [
                SparsePauliOp(*zip(*one.items(), strict=True)) for one in observables.ravel()
            ]
            evs = np.array([[s.expectation_value(o).real for s in states] for o in operators])
            found = {"fewer": evs[:, :-1], "nan": evs * np.nan, "none": None}.get(fault, evs)
            results = [SimpleNamespace(data=SimpleNamespace(evs=found))]
            return results * (2 if fault == "more" else 1)

        return SimpleNamespace(
            result=result, job_id=lambda: f"job-{number}", done=lambda: False, cancel=lambda: None
        )


PAULIS = local_paulis(2, 1)  # three bases


def test_jobs_are_bounded_and_several_in_flight():
    estimator = Counting()
    engine = EstimatorEngine(estimator, precision=0.0, max_circuits_per_job=9)
    session = engine.open(CIRCUITS["zz"])
    rows = np.random.default_rng(0).uniform(-2, 2, (11, 2))
    found = session.expectations(rows, PAULIS)
    assert estimator.jobs == [(3, 6)] * 3 + [(2, 6)]
    assert estimator.most_in_flight == 3
    wanted = CompiledEngine().open(CIRCUITS["zz"]).expectations(rows, PAULIS)
    assert_allclose(found, wanted, rtol=0, atol=1e-12)
    estimator.jobs.clear()
    engine.set_params(max_circuits_per_job=2, max_jobs_in_flight=1)
    estimator.most_in_flight = 0
    found = engine.open(CIRCUITS["zz"]).expectations(rows[:2], PAULIS)
    assert estimator.jobs == [(2, 1)] * 6  # one observable each
    assert estimator.most_in_flight == 1
    assert_allclose(found, wanted[:2], rtol=0, atol=1e-12)


class CountingSampler:
    """A sampler that counts its jobs, and the circuits of each PUB."""

    def __init__(self, fault=None):
        self._sampler = StatevectorSampler(seed=3)
        self.fault = fault
        self.jobs = []

    def run(self, pubs):
        self.jobs.append([bindings.size for _, bindings, _ in pubs])
        if self.fault == "fewer" and len(self.jobs) == 1:
            pubs = pubs[:-1]
        return self._sampler.run(pubs)


def test_a_sampler_measures_each_basis_once():
    sampler = CountingSampler()
    engine = SamplerEngine(sampler, shots=50, max_circuits_per_job=6, retry_delay=0)
    session = engine.open(CIRCUITS["zz"])
    session.expectations(X, PAULIS)
    assert sampler.jobs == [[2, 2, 2], [2, 2, 2], [1, 1, 1]]
    sampler.jobs.clear()
    session.expectations(X, [SparsePauliOp("ZI"), SparsePauliOp("ZZ"), np.arange(4.0)])
    assert sampler.jobs == [[5]]
    sampler.jobs.clear()
    engine.set_params(max_circuits_per_job=2).open(CIRCUITS["zz"]).expectations(X[:2], PAULIS)
    assert sampler.jobs == [[1, 1], [1, 1], [2]]  # two bases of a row, and the third of two


def test_results_that_are_not_whole_are_asked_for_again():
    sampler = CountingSampler("fewer")
    session = SamplerEngine(sampler, shots=50, retry_delay=0).open(CIRCUITS["zz"])
    assert session.expectations(X, PAULIS).shape == (5, 6)
    assert len(sampler.jobs) == 2
    for fault in ("fewer", "nan", "none", "more", ConnectionError("the line is dead")):
        estimator = Counting(fault, every=2)
        engine = EstimatorEngine(estimator, precision=0.0, max_circuits_per_job=3, retry_delay=0.0)
        found = engine.open(CIRCUITS["zz"]).expectations(X, PAULIS)
        wanted = CompiledEngine().open(CIRCUITS["zz"]).expectations(X, PAULIS)
        assert_allclose(found, wanted, rtol=0, atol=1e-12)
        assert len(estimator.jobs) > 5
        estimator.every = 1
        engine.set_params(max_retries=2, max_jobs_in_flight=1)
        estimator.jobs.clear()
        with pytest.raises(SimulationError, match="failed in all 3 attempts; the last error was "):
            engine.open(CIRCUITS["zz"]).expectations(X, PAULIS)
        assert len(estimator.jobs) == 3


@each(
    "error",
    [
        ValueError("precision is too small"),
        TypeError("no PUB"),
        CircuitError("no such gate"),
        NotImplementedError("not for parameters"),
    ],
    ids=lambda error: type(error).__name__,
)
def test_wrong_input_is_never_retried(error):
    estimator = Counting(error)
    session = EstimatorEngine(estimator, precision=0.0).open(CIRCUITS["zz"])
    message = "would fail again; the error was .* Check the circuit, .* options of the estimator"
    with pytest.raises(SimulationError, match=message):
        session.expectations(X, PAULIS)
    assert len(estimator.jobs) == 1


@each(
    ("rows", "observables", "message"),
    [
        (np.where(X == X[1, 1], np.nan, X), PAULIS, "nan for row 1"),
        (X[:, :1], PAULIS, r"2 free parameters, the values have shape \(5, 1\)"),
        (X, [SparsePauliOp("Z")], "acts on 1 qubits, the circuit has 2"),
    ],
    ids=["nan", "columns", "width"],
)
def test_bad_rows_and_observables_are_never_sent(rows, observables, message):
    estimator = Counting()
    session = EstimatorEngine(estimator).open(CIRCUITS["zz"])
    with pytest.raises(ValueError, match=message):
        session.expectations(rows, observables)
    assert not estimator.jobs


def test_what_interrupts_a_job_is_raised():
    session = EstimatorEngine(Counting(KeyboardInterrupt())).open(CIRCUITS["zz"])
    with pytest.raises(KeyboardInterrupt):
        session.expectations(X, PAULIS)


# --- Results that are kept -------------------------------------------------------------------


def kept_by(directory, estimator, circuit=None, **settings):
    settings = {"precision": 0.0, "max_circuits_per_job": 3, "checkpoint": directory, **settings}
    return EstimatorEngine(estimator, **settings).open(circuit or CIRCUITS["zz"])


def test_finished_results_are_not_paid_for_again(tmp_path):
    estimator = Counting()
    first = kept_by(tmp_path, estimator).expectations(X[:4], PAULIS)
    assert len(estimator.jobs) == 4
    again = kept_by(tmp_path, estimator).expectations(X, PAULIS)
    assert len(estimator.jobs) == 5
    assert_array_equal(again[:4], first)
    # other observables, settings and circuits are other results
    others = FixedObservables([-1.0 * each for each in PAULIS], 2)
    assert_array_equal(kept_by(tmp_path, estimator).expectations(X[:1], others), -first[:1])
    assert len(estimator.jobs) == 6
    kept_by(tmp_path, Counting(), precision=None).expectations(X[:1], PAULIS)
    circuit = CIRCUITS["zz"].copy()
    circuit.x(0)
    changed = kept_by(tmp_path, estimator, circuit).expectations(X[:1], PAULIS)
    assert len(estimator.jobs) == 7
    assert np.abs(changed - first[:1]).max() > 0.1
    for damaged in tmp_path.glob("*expectations-*.npy"):
        damaged.write_bytes(b"")
    with pytest.warns(UserWarning, match="damaged"):
        again = kept_by(tmp_path, estimator).expectations(X[:4], PAULIS)
    assert_allclose(again, first, rtol=0, atol=1e-15)


def test_precision_and_options_belong_to_a_result(tmp_path):
    backend = line(seed=1)
    found = []
    for settings in ({}, {"precision": 0.2}, {"options": {"abelian_grouping": False}}, {}):
        estimator = BackendEstimatorV2(backend=backend)
        session = kept_by(tmp_path, estimator, **{"precision": None, **settings})
        found.append(session.expectations(X, PAULIS))
    assert_array_equal(found[0], found[3])
    assert (found[0] != found[1]).any()
    assert (found[0] != found[2]).any()


def test_a_run_that_ends_early_keeps_what_is_finished(tmp_path):
    estimator = Counting(ValueError("the calibration has begun"), every=4)
    settings = {"max_jobs_in_flight": 1, "max_retries": 0}
    message = r"the error was ValueError: .*"
    with pytest.raises(SimulationError, match=message):
        kept_by(tmp_path, estimator, **settings).expectations(X, PAULIS)
    estimator.every = 100
    kept_by(tmp_path, estimator, **settings).expectations(X, PAULIS)
    assert len(estimator.jobs) == 3 + 1 + 2


def test_samplers_keep_results_in_the_directory_of_the_engine(tmp_path):
    sampler = CountingSampler()
    engine = SamplerEngine(sampler, shots=50, checkpoint=tmp_path)
    found = engine.open(CIRCUITS["zz"]).expectations(X, PAULIS)
    fidelities = engine.open(CIRCUITS["zz"]).fidelities(X, X, [(0, 1), (1, 2)])
    assert len(sampler.jobs) == 2
    sampler._sampler = StatevectorSampler(seed=4)
    assert_array_equal(engine.open(CIRCUITS["zz"]).expectations(X, PAULIS), found)
    again = engine.open(CIRCUITS["zz"]).fidelities(X, X, [(0, 1), (1, 2)])
    assert_array_equal(again, fidelities)
    assert len(sampler.jobs) == 2
    other = engine.set_params(shots=51).open(CIRCUITS["zz"]).expectations(X, PAULIS)
    assert len(sampler.jobs) == 3
    assert (other != found).any()


def test_wires_that_are_read_belong_to_a_result(tmp_path):
    sampler = CountingSampler()
    sampler.backend = line(3, noise_info=False)  # whose layout is kept
    circuit = QuantumCircuit(3)
    circuit.compose(CIRCUITS["zz"], [0, 1], inplace=True)
    engine = SamplerEngine(sampler, shots=50, checkpoint=tmp_path)
    for n_jobs, idle_wires in ((1, True), (2, False), (2, True)):
        session = engine.open(circuit, idle_wires=idle_wires)
        assert session.n_qubits == 2 + idle_wires
        session.fidelities(X, X, [(0, 1)])
        assert len(sampler.jobs) == n_jobs

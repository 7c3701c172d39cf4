"""Noise of AerEngine against density matrices and Kraus operators written from definitions."""

import itertools
import logging
import pickle

import hypothesis
import numpy as np
import pytest
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal
from oracles import GATES, apply_matrix, gate_matrix, kron_label, pauli_matrix
from qiskit import QuantumCircuit
from qiskit.circuit import Delay, Parameter
from qiskit.circuit import library as lib
from qiskit.providers.fake_provider import GenericBackendV2
from qiskit.quantum_info import SparsePauliOp
from qiskit_aer import AerSimulator
from qiskit_aer.noise import (
    NoiseModel,
    ReadoutError,
    amplitude_damping_error,
    depolarizing_error,
    thermal_relaxation_error,
)
from scipy import stats
from sklearn.base import clone
from strategies import STANDARD_GATES, circuits, rows

from skquantum._circuits._lowering import Lowered
from skquantum._circuits._shift import unshared
from skquantum._runtime import _parallel
from skquantum.engines import AerEngine
from skquantum.exceptions import InsufficientMemoryError

A, B = Parameter("a"), Parameter("b")
logging.getLogger("qiskit_aer.noise").setLevel(logging.ERROR)  # errors that replace others

# Each test with shots would fail so often for another seed, were the shots right.
FALSE_ALARMS = 1e-6


# --- The oracle ------------------------------------------------------------------------------


def depolarizing(strength, n_qubits):
    """Replace the state by the mixed one with some probability: all Paulis alike."""
    strings = ["".join(s) for s in itertools.product("IXYZ", repeat=n_qubits)]
    share = strength / len(strings)
    weights = [1 - strength + share] + [share] * (len(strings) - 1)
    return [np.sqrt(w) * pauli_matrix(s) for w, s in zip(weights, strings, strict=True)]


def damping(gamma):
    """Decay of 1 to 0 with a probability."""
    return [np.diag([1, np.sqrt(1 - gamma)]), np.sqrt(gamma) * np.array([[0, 1], [0, 0]])]


def relaxation(t1, t2, time):
    """Decay with the time T1, while coherences decay with the time T2."""
    decay = np.exp(-time / t1)
    remaining = np.exp(-time / t2) / np.sqrt(decay)  # of coherences, after what damping did
    keep, flip = np.sqrt((1 + remaining) / 2), np.sqrt((1 - remaining) / 2)
    return [p @ k for p in (keep * np.eye(2), flip * np.diag([1, -1])) for k in damping(1 - decay)]


def on_both_sides(rho, operator, qubits):
    """``operator rho operator^dagger`` on some qubits."""
    n_qubits = len(rho).bit_length() - 1
    flat = apply_matrix(rho.reshape(-1), operator, [n_qubits + q for q in qubits])
    return apply_matrix(flat, np.conj(operator), qubits).reshape(rho.shape)


def channel(rho, kraus, qubits):
    """State after a channel."""
    return sum(on_both_sides(rho, k, qubits) for k in kraus)


def noisy_state(circuit, row, kraus):
    """Density matrix of a circuit in gates with noise, `kraus` by (name, qubits) or name."""
    binding = dict(zip(circuit.parameters, row, strict=True))
    rho = np.zeros((2**circuit.num_qubits,) * 2, dtype=complex)
    rho[0, 0] = 1
    for item in circuit.assign_parameters(binding).data:
        name, qubits = item.operation.name, tuple(circuit.find_bit(q).index for q in item.qubits)
        if name != "barrier":
            matrix = gate_matrix(name, [float(param) for param in item.operation.params])
            rho = on_both_sides(rho, matrix, qubits)
        for errors in (kraus.get(name), kraus.get((name, qubits))):
            if errors:
                rho = channel(rho, errors, qubits)
    return rho


def read(probabilities, confusion):
    """Probabilities of what is read; `confusion` has pairs of qubits and P(read | true)."""
    for qubits, matrix in confusion.items():
        probabilities = apply_matrix(probabilities, np.transpose(matrix), qubits).real
    return probabilities


def measured(rho, label, kraus, confusion):
    """Expectation value of a Pauli string, as a device with gates h and sdg measures it."""
    n_qubits = len(label)
    change = QuantumCircuit(n_qubits)
    for qubit, letter in enumerate(label[::-1]):
        if letter == "Y":
            change.sdg(qubit)
        if letter in "XY":
            change.h(qubit)
    for item in change.data:
        qubits = (change.find_bit(item.qubits[0]).index,)
        rho = on_both_sides(rho, GATES[item.operation.name](), qubits)
        if item.operation.name in kraus:
            rho = channel(rho, kraus[item.operation.name], qubits)
    for qubit in range(n_qubits):
        if "measure" in kraus:
            rho = channel(rho, kraus["measure"], (qubit,))
    signs = kron_label({"I": np.ones(2)} | dict.fromkeys("XYZ", np.array([1, -1])), label)
    return signs @ read(np.diag(rho).real, confusion)


# --- Exact expectation values ----------------------------------------------------------------

KRAUS = {
    "h": depolarizing(0.05, 1),
    "rx": damping(0.2),
    ("rx", (2,)): depolarizing(0.3, 1),  # replaces the one before on this qubit
    "rz": relaxation(50.0, 30.0, 7.0),
    "cx": depolarizing(0.1, 2),
    "rzz": depolarizing(0.15, 2),
    "sdg": damping(0.1),
    "measure": relaxation(50.0, 30.0, 20.0),
}
CONFUSION = {
    (0,): [[0.9, 0.1], [0.2, 0.8]],
    (1,): [[0.97, 0.03], [0.3, 0.7]],
    (2,): [[0.9, 0.1], [0.2, 0.8]],
}


def noise_model():
    """The same as `KRAUS` and `CONFUSION`."""
    model = NoiseModel()
    model.add_basis_gates(["h", "rx", "ry", "rz", "cx", "rzz", "sdg"])
    model.add_all_qubit_quantum_error(depolarizing_error(0.05, 1), "h")
    model.add_all_qubit_quantum_error(amplitude_damping_error(0.2), "rx")
    model.add_quantum_error(depolarizing_error(0.3, 1), "rx", [2])
    model.add_all_qubit_quantum_error(thermal_relaxation_error(50.0, 30.0, 7.0), "rz")
    model.add_all_qubit_quantum_error(depolarizing_error(0.1, 2), "cx")
    model.add_all_qubit_quantum_error(depolarizing_error(0.15, 2), "rzz")
    model.add_all_qubit_quantum_error(amplitude_damping_error(0.1), "sdg")
    model.add_all_qubit_quantum_error(thermal_relaxation_error(50.0, 30.0, 20.0), "measure")
    model.add_all_qubit_readout_error(ReadoutError(CONFUSION[0,]))
    model.add_readout_error(ReadoutError(CONFUSION[1,]), [1])
    return model


def noisy_circuit():
    """Return a circuit in basis gates, among them cx rz cx, and gates that cancel."""
    circuit = QuantumCircuit(3, global_phase=A)
    circuit.h([0, 1, 2])
    circuit.rx(A, 0)
    circuit.rx(B, 1)
    circuit.rx(A * B, 2)
    circuit.cx(0, 1)
    circuit.rz(2 * B, 1)
    circuit.cx(0, 1)
    circuit.barrier()
    circuit.h(2)
    circuit.h(2)
    circuit.rzz(A, 2, 0)
    circuit.ry(0.3, 1)
    circuit.cx(2, 1)
    return circuit


VALUES = np.random.default_rng(0).uniform(-3, 3, (4, 2))
LABELS = ["ZZI", "IIZ", "XYZ", "YIX", "IXI", "ZYY"]
COTANGENTS = np.random.default_rng(1).normal(size=(4, 7))


def strings(labels=LABELS):
    return [SparsePauliOp(label) for label in labels]


def oracle_kraus():
    """Kraus operators with the local error in place of the one for all qubits, as in Aer."""
    kraus = dict(KRAUS)
    rx = kraus.pop("rx")
    return kraus | {("rx", (0,)): rx, ("rx", (1,)): rx}


def test_exact_expectations_with_noise():
    circuit, kraus = noisy_circuit(), oracle_kraus()
    # one string a call, so that idle qubits are not turned for others
    session = AerEngine(noise_model=noise_model()).open(circuit)
    got = np.hstack([session.expectations(VALUES, [string]) for string in strings()])
    for row, values in zip(got, VALUES, strict=True):
        rho = noisy_state(circuit, values, kraus)
        want = [measured(rho, label, kraus, CONFUSION) for label in LABELS]
        assert_allclose(row, want, rtol=0, atol=1e-12)
    # the constant is not measured, and has no errors
    both = session.expectations(VALUES, [SparsePauliOp(["III", "XYZ"], [0.5, 2])])
    assert_allclose(both[:, 0], 0.5 + 2 * got[:, 2], rtol=0, atol=1e-12)


def test_diagonals_with_noise():
    circuit, kraus = noisy_circuit(), oracle_kraus()
    indicators = list(np.eye(8))
    got = AerEngine(noise_model=noise_model()).open(circuit).expectations(VALUES, indicators)
    for row, values in zip(got, VALUES, strict=True):
        rho = noisy_state(circuit, values, kraus)
        for qubit in range(3):
            rho = channel(rho, kraus["measure"], (qubit,))
        assert_allclose(row, read(np.diag(rho).real, CONFUSION), rtol=0, atol=1e-12)


def test_joint_readout_errors():
    rng = np.random.default_rng(0)
    joint = rng.dirichlet(np.ones(4), 4)
    single = np.array([[0.9, 0.1], [0.2, 0.8]])
    model = NoiseModel(["h", "rx", "rz", "rzz", "cx", "ry"])
    model.add_all_qubit_readout_error(ReadoutError(single))
    model.add_readout_error(ReadoutError(joint), [2, 0])
    model.add_readout_error(ReadoutError([[0.5, 0.5], [0.5, 0.5]]), [7])  # not in the circuit
    circuit = noisy_circuit()
    got = AerEngine(noise_model=model).open(circuit).expectations(VALUES, list(np.eye(8)))
    for row, values in zip(got, VALUES, strict=True):
        true = np.diag(noisy_state(circuit, values, {})).real
        assert_allclose(row, read(true, {(2, 0): joint, (1,): single}), rtol=0, atol=1e-12)


NAMED = [
    lib.CPhaseGate(A),
    lib.CRXGate(A * B),
    lib.CRYGate(B),
    lib.CRZGate(A),
    lib.CUGate(A, B, A * B, 2 * A),
    lib.CU1Gate(A),
    lib.CU3Gate(A, B, A * B),
    lib.RGate(A, B),
    lib.RXXGate(A),
    lib.RZXGate(A),
    lib.U2Gate(A, B),
    lib.UGate(A, B, A + B),
    lib.PhaseGate(B),
    lib.CSwapGate(),
    lib.CRZGate(0.7),
]


@pytest.mark.parametrize("gate", NAMED, ids=lambda gate: gate.name)
def test_gates_with_noise_of_their_own(gate):
    """Also those that Aer mis-binds, or that its density matrices do not know."""
    strength = 0.2
    model = NoiseModel(["h", "ry", "cx", "u", gate.name])
    model.add_all_qubit_quantum_error(depolarizing_error(strength, gate.num_qubits), gate.name)
    kraus = {gate.name: depolarizing(strength, gate.num_qubits)}
    circuit = QuantumCircuit(3)
    for qubit in range(3):
        circuit.ry(0.5 + qubit, qubit)
    circuit.append(gate, [2, 0, 1][: gate.num_qubits])
    circuit.ry(A - B, 1)
    circuit.h([0, 2])
    session = AerEngine(noise_model=model).open(circuit)
    got = session.expectations(VALUES, strings(["ZZI", "IIZ"]))
    for row, values in zip(got, VALUES, strict=True):
        rho = noisy_state(circuit, values, kraus)
        want = [measured(rho, label, {}, {}) for label in ("ZZI", "IIZ")]
        assert_allclose(row, want, rtol=0, atol=1e-12)
    assert_gradients_are_differences(session, strings(["ZZI", "XYX"]))


def assert_gradients_are_differences(session, observables):
    cotangents = COTANGENTS[:, : len(observables)]
    values, gradient = session.gradients(VALUES, observables, cotangents)
    assert_allclose(values, session.expectations(VALUES, observables), rtol=0, atol=1e-13)
    step = 1e-5
    for k, direction in enumerate(np.eye(2) * step):
        above, below = (
            session.expectations(VALUES + sign * direction, observables) for sign in (1, -1)
        )
        slope = ((above - below) / (2 * step) * cotangents).sum(axis=1)
        assert_allclose(gradient[:, k], slope, atol=1e-8)


def test_gradients_with_noise():
    session = AerEngine(noise_model=noise_model()).open(noisy_circuit())
    assert_gradients_are_differences(session, [*strings(), np.arange(8.0)])


def test_noise_by_the_label_of_a_gate():
    model = NoiseModel(["rx", "cx"])
    model.add_all_qubit_quantum_error(depolarizing_error(0.25, 1), "bad")
    circuit = QuantumCircuit(1)
    circuit.append(lib.RXGate(A, label="bad"), [0])
    circuit.rx(B, 0)
    session = AerEngine(noise_model=model).open(circuit)
    got = session.expectations(VALUES, strings("Z"))
    assert_allclose(got[:, 0], 0.75 * np.cos(VALUES.sum(axis=1)), atol=1e-12)
    assert_allclose(session.gradients(VALUES, strings("Z"), np.ones((4, 1)))[0], got, atol=1e-12)


def test_gates_are_translated_to_the_basis():
    """Noise of the sx that h and rx are made of, and rz without noise."""
    model = NoiseModel()
    model.add_all_qubit_quantum_error(depolarizing_error(0.1, 1), "sx")
    circuit = QuantumCircuit(1)
    circuit.rx(A, 0)  # two sx
    session = AerEngine(noise_model=model).open(circuit)
    got = session.expectations(VALUES[:, :1], strings("ZY"))
    assert_allclose(got[:, 0], 0.9**2 * np.cos(VALUES[:, 0]), atol=1e-12)
    assert_allclose(got[:, 1], -(0.9**3) * np.sin(VALUES[:, 0]), atol=1e-12)


def test_idle_noise_of_a_backend():
    """Delays relax in models of backends, which hold a pass that does it."""
    backend = GenericBackendV2(2, seed=1, noise_info=True)
    circuit = QuantumCircuit(2)
    circuit.rx(A, 0)
    circuit.delay(100.0, 0, unit="us")
    engine = AerEngine(noise_model=NoiseModel.from_backend(backend))
    got = engine.open(circuit).expectations([[np.pi]], [SparsePauliOp("IZ")])
    short = QuantumCircuit(2)
    short.rx(A, 0)
    assert engine.open(short).expectations([[np.pi]], [SparsePauliOp("IZ")])[0, 0] < -0.9
    assert got[0, 0] > -0.9


# --- What circuits may hold ------------------------------------------------------------------


@pytest.mark.parametrize("nested", [False, True])
def test_initialize_is_made_of_gates(nested):
    preparation = QuantumCircuit(2)
    preparation.initialize([0.6, 0, 0.8, 0], [0, 1])
    circuit = QuantumCircuit(3)
    if nested:
        circuit.append(preparation.to_instruction(), [2, 0])
    else:
        circuit.initialize([0.6, 0, 0.8, 0], [2, 0])
    circuit.rx(A, 1)
    model = NoiseModel(["u3", "cx"])
    got = AerEngine(noise_model=model).open(circuit).expectations(VALUES[:, :1], strings(["IIZ"]))
    assert_allclose(got, 0.36 - 0.64, atol=1e-12)
    model.add_all_qubit_quantum_error(depolarizing_error(0.1, 1), "u3")
    noisy = AerEngine(noise_model=model).open(circuit).expectations(VALUES[:, :1], strings(["IIZ"]))
    assert (noisy > got + 0.01).all()


@hypothesis.settings(max_examples=40, deadline=None, print_blob=True)
@hypothesis.given(st.data())
def test_random_circuits_without_errors(data):
    circuit = data.draw(circuits(max_qubits=4, max_gates=10), label="circuit")
    values = data.draw(rows(circuit), label="values")
    basis = data.draw(st.sampled_from(["rz sx cx", "u cp", "h s rx crz cu", "r rzz cu3 cswap"]))
    rng = np.random.default_rng(0)
    labels = ["".join(rng.choice(list("IXYZ"), circuit.num_qubits)) for _ in range(3)]
    observables = [SparsePauliOp(labels, [0.3, -1.0, 2.0]), rng.normal(size=2**circuit.num_qubits)]
    before = circuit.copy()
    model = NoiseModel(["cx", "u", *basis.split()])
    got = AerEngine(noise_model=model).open(circuit).expectations(values, observables)
    want = AerEngine().open(circuit).expectations(values, observables)
    assert_allclose(got, want, rtol=0, atol=1e-11)
    assert circuit == before


@pytest.mark.parametrize("name", ["swap", "cx", "rzz", "unitary", "bell"])
def test_composites_may_have_the_name_of_a_standard_gate(name):
    composite = QuantumCircuit(2, name=name)
    composite.rx(A, 0)
    composite.cx(0, 1)
    circuit = QuantumCircuit(2)
    circuit.append(composite.to_gate(), [1, 0])
    model = NoiseModel(["rx", "cx", "swap", "rzz"])
    got = AerEngine(noise_model=model).open(circuit).expectations(VALUES[:, :1], strings(["IZ"]))
    assert_allclose(got, np.cos(VALUES[:, :1]), atol=1e-12)


def test_circuits_without_parameters():
    model = NoiseModel(["h", "cx"])
    model.add_all_qubit_quantum_error(depolarizing_error(0.2, 2), "cx")
    bell = QuantumCircuit(2, 2)
    bell.h(0)
    bell.cx(0, 1)
    got = AerEngine(noise_model=model).open(bell).expectations(np.empty((3, 0)), strings(["ZZ"]))
    assert_allclose(got, np.full((3, 1), 0.8), atol=1e-12)


@pytest.mark.parametrize("name", [n for n, g in STANDARD_GATES.items() if g.num_qubits < 5])
def test_standard_gates_without_errors_are_the_ideal_ones(name):
    known = STANDARD_GATES[name]
    params = [A, B, A * B, 0.3][: len(known.params)]
    circuit = QuantumCircuit(4)
    for qubit in range(4):
        circuit.u(0.4 + qubit, 0.5, 0.6, qubit)
    circuit.append(known.base_class(*params), [3, 0, 2, 1][: known.num_qubits])
    circuit.rx(A * B, 0)
    observables = strings(["ZXYZ", "XZIY"])
    values = VALUES[:, : circuit.num_parameters]
    model = NoiseModel(["u", "rx", "cx", name])
    got = AerEngine(noise_model=model).open(circuit).expectations(values, observables)
    want = AerEngine().open(circuit).expectations(values, observables)
    assert_allclose(got, want, rtol=0, atol=1e-12)


# --- Shots -----------------------------------------------------------------------------------


def test_shots_with_noise():
    shots = 100_000
    circuit, model = noisy_circuit(), noise_model()
    indicators = list(np.eye(8))
    engine = AerEngine(shots=shots, noise_model=model)
    got = engine.open(circuit).expectations(VALUES, indicators, random_state=0)
    exact = AerEngine(noise_model=model).open(circuit).expectations(VALUES, indicators)
    for row, probabilities in zip(got, exact, strict=True):
        assert stats.chisquare(row * shots, shots * probabilities).pvalue > FALSE_ALARMS


def test_counts_of_aer_itself():
    """What a user measures with Aer has the probabilities that the engine computes."""
    shots, model = 100_000, noise_model()
    indicators = list(np.eye(8))
    exact = AerEngine(noise_model=model).open(noisy_circuit()).expectations(VALUES, indicators)
    simulator = AerSimulator(method="density_matrix", noise_model=model, seed_simulator=0)
    for values, probabilities in zip(VALUES, exact, strict=True):
        bound = noisy_circuit().assign_parameters(values)
        bound.measure_all()
        counts = simulator.run(bound, shots=shots).result().get_counts()
        found = [counts.get(format(k, "03b"), 0) for k in range(8)]
        assert stats.chisquare(found, shots * probabilities).pvalue > FALSE_ALARMS


@pytest.mark.parametrize("shots", [None, 100])
def test_workers_and_chunks_do_not_change_a_bit(monkeypatch, shots):
    monkeypatch.setattr(_parallel, "MIN_SECONDS_TO_SHIP", 0.0)

    def results(chunk_size, n_jobs):
        engine = AerEngine(shots, noise_model(), chunk_size=chunk_size)
        session = engine.open(noisy_circuit())
        options = {"n_jobs": n_jobs, "random_state": 3}
        return [
            session.expectations(VALUES, strings(), **options),
            *session.gradients(VALUES, strings(), COTANGENTS[:, :6], **options),
        ]

    want = results(None, 1)
    for chunk_size, n_jobs in [(1, 1), (5, 2)]:
        for got, one in zip(results(chunk_size, n_jobs), want, strict=True):
            assert_array_equal(got, one)


# --- Settings and refusals -------------------------------------------------------------------


def test_engine_can_be_cloned_and_pickled():
    engine = AerEngine(noise_model=noise_model(), shots=10)
    circuit = noisy_circuit()
    want = engine.open(circuit).expectations(VALUES, strings(), random_state=0)
    for copy in [clone(engine), pickle.loads(pickle.dumps(engine)), engine.single_threaded()]:
        assert copy.noise_model == engine.noise_model
        got = copy.open(circuit).expectations(VALUES, strings(), random_state=0)
        assert_array_equal(got, want)
    assert engine.set_params(noise_model=None, shots=None).get_params() == AerEngine().get_params()


def test_the_circuit_is_not_changed():
    circuit = noisy_circuit()
    before = circuit.copy()
    AerEngine(noise_model=noise_model()).open(circuit).gradients(
        VALUES, strings(), COTANGENTS[:, :6]
    )
    assert circuit == before


def test_noise_leaves_no_states():
    session = AerEngine(noise_model=NoiseModel()).open(noisy_circuit())
    with pytest.raises(
        AttributeError, match="AerEngine offers no states for its settings, but dens"
    ):
        session.states(VALUES)


def test_density_matrices_that_do_not_fit_are_refused():
    circuit = QuantumCircuit(25)
    with pytest.raises(InsufficientMemoryError, match="A density matrix of 25 qubits needs"):
        AerEngine(noise_model=NoiseModel()).open(circuit)


def test_circuits_that_are_refused():
    engine = AerEngine(noise_model=NoiseModel())
    circuit = QuantumCircuit(1, 1)
    circuit.rx(A, 0)
    circuit.measure(0, 0)
    with pytest.raises(ValueError, match="holds 'measure', which is not a gate"):
        engine.open(circuit)
    circuit = QuantumCircuit(1)
    circuit.append(Delay(A, unit="s"), [0])
    with pytest.raises(ValueError, match="holds 'delay' with a free parameter"):
        engine.open(circuit)


def test_basis_gates_that_are_too_few_are_refused():
    circuit = QuantumCircuit(2)
    circuit.cx(0, 1)
    with pytest.raises(ValueError, match=r"translated to the basis gates .*, rz, sx; add"):
        AerEngine(noise_model=NoiseModel(["rz", "sx"])).open(circuit)


def test_gates_without_a_rule_are_refused():
    circuit = QuantumCircuit(2)
    circuit.append(lib.XXPlusYYGate(A), [0, 1])
    lowered = Lowered(circuit, (A,), (A,), (A,), 0.0)
    with pytest.raises(ValueError, match="no parameter-shift rule for the gate 'xx_plus_yy'; rep"):
        unshared(lowered)

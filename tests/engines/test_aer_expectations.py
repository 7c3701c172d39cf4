"""Exact expectation values and gradients of AerEngine against independent calculations."""

import pickle
import re

import hypothesis
import numpy as np
import pytest
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal
from oracles import pauli_matrix, states
from qiskit import QuantumCircuit
from qiskit.circuit import ControlledGate, Parameter
from qiskit.circuit import library as lib
from qiskit.quantum_info import SparsePauliOp
from sklearn.base import clone
from strategies import STANDARD_GATES, circuits, rows

from skquantum._runtime import _parallel, _sessions
from skquantum.engines import AerEngine, CompiledEngine
from skquantum.engines._aer import _measurement
from skquantum.engines._aer._measurement import draw_entropy
from skquantum.exceptions import InsufficientMemoryError

A, B = Parameter("a"), Parameter("b")
SETTINGS = {"deadline": None, "print_blob": True}


def operator_matrix(observable):
    """Matrix of an observable, from its Pauli strings."""
    if isinstance(observable, np.ndarray):
        return np.diag(observable)
    return sum(c * pauli_matrix(label) for label, c in observable.to_list())


def expected(circuit, values, observables):
    """Expectation values from the states of the oracle."""
    psi = states(circuit, values)
    matrices = [operator_matrix(observable) for observable in observables]
    return np.array([[np.vdot(s, m @ s).real for m in matrices] for s in psi])


def random_observables(n_qubits, rng, n_terms=4):
    """Pauli sums, a single string, the identity and diagonals."""

    def label():
        return "".join(rng.choice(list("IXYZ"), n_qubits))

    terms = [label() for _ in range(n_terms)]
    return [
        SparsePauliOp(terms + terms[:1], rng.normal(size=n_terms + 1)),
        rng.normal(size=2**n_qubits),
        SparsePauliOp(label()),
        SparsePauliOp("I" * n_qubits, 0.5),
        rng.integers(0, 2, 2**n_qubits),
    ]


def example(n_qubits=3):
    """Return a circuit whose parameters are shared by several kinds of gates."""
    circuit = QuantumCircuit(n_qubits, global_phase=A * B)
    circuit.h(range(n_qubits))
    circuit.rx(A, 0)
    circuit.cu(A, B, A * B, B / 3, 0, 1)
    circuit.rzz(A.sin(), 1, 2)
    circuit.ry(B, 2)
    return circuit


OBSERVABLES = [SparsePauliOp(["XYZ", "ZZI"], [0.3, 1.0]), np.arange(8.0), SparsePauliOp("IIZ")]
VALUES = np.random.default_rng(0).uniform(-3, 3, (5, 2))
COTANGENTS = np.random.default_rng(1).normal(size=(5, 3))


# --- Expectation values ----------------------------------------------------------------------


@hypothesis.settings(max_examples=100, **SETTINGS)
@hypothesis.given(st.data())
def test_expectations_of_random_circuits(data):
    circuit = data.draw(circuits(max_qubits=5), label="circuit")
    values = data.draw(rows(circuit), label="values")
    seed = data.draw(st.integers(0, 1000), label="seed")
    observables = random_observables(circuit.num_qubits, np.random.default_rng(seed))
    before = circuit.copy()
    got = AerEngine().open(circuit).expectations(values, observables)
    assert_allclose(got, expected(circuit, values, observables), rtol=0, atol=1e-12)
    assert circuit == before


def test_expectations_without_rows_observables_or_parameters():
    session = AerEngine().open(example())
    assert session.expectations(VALUES[:0], OBSERVABLES).shape == (0, 3)
    assert session.expectations(VALUES, []).shape == (5, 0)
    bell = QuantumCircuit(2)
    bell.h(0)
    bell.cx(0, 1)
    got = AerEngine().open(bell).expectations(np.empty((3, 0)), [SparsePauliOp(["XX", "YY"])])
    assert_allclose(got, np.zeros((3, 1)), atol=1e-12)
    zero, gradient = session.gradients(VALUES[:0], OBSERVABLES, COTANGENTS[:0])
    assert (zero.shape, gradient.shape) == ((0, 3), (0, 2))


def test_single_precision():
    got = AerEngine(precision="single").open(example()).expectations(VALUES, OBSERVABLES)
    assert got.dtype == np.float64
    assert_allclose(got, expected(example(), VALUES, OBSERVABLES), atol=1e-5)


def test_exact_numbers_do_not_touch_the_random_state():
    random_state = np.random.RandomState(0)
    AerEngine().open(example()).expectations(VALUES, OBSERVABLES, random_state=random_state)
    assert random_state.randint(2**31) == np.random.RandomState(0).randint(2**31)


# --- Gradients -------------------------------------------------------------------------------


def assert_right_gradients(circuit, values, observables, cotangents, **options):
    """Compare with the adjoint gradients of the compiled engine."""
    operators = [
        o if isinstance(o, SparsePauliOp) else SparsePauliOp.from_operator(np.diag(o))
        for o in observables
    ]
    got = AerEngine().open(circuit).gradients(values, observables, cotangents, **options)
    want = CompiledEngine().open(circuit).gradients(values, operators, cotangents)
    assert_allclose(got[0], want[0], rtol=0, atol=1e-11)
    # products of expressions and their slopes can be large
    scale = max(1.0, np.abs(want[1]).max(initial=0))
    assert_allclose(got[1] / scale, want[1] / scale, rtol=0, atol=1e-10)


@pytest.mark.parametrize("name", [n for n, gate in STANDARD_GATES.items() if gate.params])
def test_gradients_of_standard_gates(name):
    known = STANDARD_GATES[name]
    params = [A, 2 * B, A * B - 1, B.sin()][: len(known.params)]
    gates = [known.base_class(*params), known.base_class(*params[::-1]).inverse()]
    if isinstance(known, ControlledGate):
        gates.append(known.base_class(*params, ctrl_state=0))
    circuit = QuantumCircuit(4)
    for k, gate in enumerate([*gates, lib.RYGate(A * B)]):
        for qubit in range(4):
            circuit.u(0.3 + qubit, 0.5 * k, 1.1, qubit)
        circuit.append(gate, [2, 0, 3, 1][: gate.num_qubits])
    circuit.h(range(4))
    rng = np.random.default_rng(0)
    observables = random_observables(4, rng)[:3]
    values = rng.uniform(-2, 2, (2, circuit.num_parameters))
    assert_right_gradients(circuit, values, observables, rng.normal(size=(2, 3)))


@hypothesis.settings(max_examples=40, **SETTINGS)
@hypothesis.given(st.data())
def test_gradients_of_random_circuits(data):
    circuit = data.draw(circuits(max_qubits=4, max_gates=10), label="circuit")
    values = data.draw(rows(circuit), label="values")
    # where the slope of abs(x - y) has no value
    hypothesis.assume(all(len(set(row)) == len(row) for row in np.abs(values)))
    observables = random_observables(circuit.num_qubits, np.random.default_rng(0))
    assert_right_gradients(circuit, values, observables, np.ones((2, len(observables))))


def test_gradients_against_differences():
    session = AerEngine().open(example())
    _, gradient = session.gradients(VALUES, OBSERVABLES, COTANGENTS)
    step = 1e-5
    for k, direction in enumerate(np.eye(2) * step):
        above, below = (
            session.expectations(VALUES + sign * direction, OBSERVABLES) for sign in (1, -1)
        )
        slope = ((above - below) / (2 * step) * COTANGENTS).sum(axis=1)
        assert_allclose(gradient[:, k], slope, atol=1e-8)


def test_wrt_chooses_columns_and_saves_their_shifts():
    session = AerEngine().open(example())
    _, everything = session.gradients(VALUES, OBSERVABLES, COTANGENTS)
    for wrt in ([0], [1], [1, 0], [], np.array([1])):
        _, gradient = session.gradients(VALUES, OBSERVABLES, COTANGENTS, wrt=wrt)
        assert_allclose(gradient, everything[:, list(wrt)], rtol=0, atol=1e-13)
    shifts = session._shifted[1]
    by_b = shifts.only([k for k, e in enumerate(session.expressions) if B in e.parameters])
    assert 0 < len(by_b.angles) < len(shifts.angles)


def test_cotangents_may_depend_on_the_expectations(monkeypatch):
    seen = []

    def cotangents(block, expectations):
        seen.append(block)
        return 2 * (expectations - COTANGENTS[block])

    session = AerEngine().open(example())
    value = session.expectations(VALUES, OBSERVABLES)
    want = session.gradients(VALUES, OBSERVABLES, 2 * (value - COTANGENTS))
    for n_bytes in (2**26, 1):
        monkeypatch.setattr("skquantum.engines._aer._session.BYTES_OF_ANGLES", n_bytes)
        got = session.gradients(VALUES, OBSERVABLES, cotangents)
        for one, other in zip(got, want, strict=True):
            assert_allclose(one, other, rtol=0, atol=1e-13)
    assert [len(range(5)[block]) for block in seen] == [5, 1, 1, 1, 1, 1]


def test_global_phases_have_no_gradient():
    circuit = QuantumCircuit(1, global_phase=A.log())  # whose slope is not finite at 0
    circuit.ry(B, 0)
    session = AerEngine().open(circuit)
    _, gradient = session.gradients([[1.0, 0.3]], [SparsePauliOp("Z")], [[1.0]])
    assert_allclose(gradient, [[0.0, -np.sin(0.3)]], atol=1e-14)


# --- Workers ---------------------------------------------------------------------------------


@pytest.fixture
def ship_everything(monkeypatch):
    monkeypatch.setattr(_parallel, "MIN_SECONDS_TO_SHIP", 0.0)


@pytest.mark.usefixtures("ship_everything")
@pytest.mark.parametrize("shots", [None, 50])
def test_workers_and_chunks_do_not_change_a_bit(shots):
    def results(chunk_size, n_jobs):
        session = AerEngine(shots=shots, chunk_size=chunk_size).open(example())
        options = {"n_jobs": n_jobs, "random_state": 3}
        return [
            session.expectations(VALUES, OBSERVABLES, **options),
            *session.gradients(VALUES, OBSERVABLES, COTANGENTS, **options),
        ]

    want = results(None, 1)
    for chunk_size, n_jobs in [(1, 1), (3, 1), (7, 2), (None, 2)]:
        for got, one in zip(results(chunk_size, n_jobs), want, strict=True):
            assert_array_equal(got, one)


@pytest.mark.usefixtures("ship_everything")
def test_workers_keep_their_sessions(monkeypatch):
    opened = []
    real_open = AerEngine.open
    monkeypatch.setattr(
        AerEngine, "open", lambda self, circuit: opened.append(self) or real_open(self, circuit)
    )
    monkeypatch.setattr(_sessions, "_kept", {})
    # One worker thread, in place of a process that cannot be looked into.
    monkeypatch.setattr(_sessions, "get_ident", lambda: 0)
    session = AerEngine().open(example())
    task = _sessions._InWorker(session, "estimate", (OBSERVABLES, None, False))
    runs = _measurement.make_runs(session.prepare(VALUES)[:, None])
    for _ in range(3):
        sent = pickle.loads(pickle.dumps(task))
        assert_array_equal(sent(runs), session.expectations(VALUES, OBSERVABLES))
    assert [engine.max_parallel_threads for engine in opened] == [0, 1]
    for _ in range(2 * _sessions.SESSIONS_KEPT):
        other = real_open(AerEngine(), example())
        _sessions._InWorker(other, "estimate", (OBSERVABLES, None, False))(runs)
    assert len(_sessions._kept) == _sessions.SESSIONS_KEPT


def test_later_changes_do_not_reach_a_session():
    engine, circuit = AerEngine(shots=5), example()
    session = engine.open(circuit)
    want = session.expectations(VALUES, OBSERVABLES, random_state=0)
    engine.set_params(shots=None)
    circuit.x(0)
    assert_array_equal(session.expectations(VALUES, OBSERVABLES, random_state=0), want)
    sent = _sessions._InWorker(session, "estimate", (OBSERVABLES, draw_entropy(0), False))
    assert_array_equal(sent(_measurement.make_runs(session.prepare(VALUES)[:, None])), want)


# --- Refusals --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("observable", "message"),
    [
        (SparsePauliOp("ZZ"), "acts on 2 qubits, the circuit has 3; the numbers must match"),
        (SparsePauliOp("ZZZ", 1j), "complex coefficients, so it is not Hermitian; use real"),
        (np.ones(4), r"has shape \(4,\), the circuit has 3 qubits; pass an array of shape \(8,\)"),
        (np.ones((8, 8)), r"has shape \(8, 8\), the circuit has 3 qubits"),
        (np.ones(8, dtype=complex), "dtype complex128, so it need not be Hermitian; pass real"),
        ("ZZZ", "The observable is a str; pass a SparsePauliOp"),
    ],
)
def test_observables_that_are_refused(observable, message):
    session = AerEngine().open(example())
    for call in (
        lambda: session.expectations(VALUES, [observable]),
        lambda: session.gradients(VALUES, [observable], np.ones((5, 1))),
    ):
        with pytest.raises((ValueError, TypeError), match=message):
            call()


def test_arguments_that_are_refused():
    session = AerEngine().open(example())
    with pytest.raises(ValueError, match=r"wrt holds 2, the values have 2 columns; .* 0 to 1"):
        session.gradients(VALUES, OBSERVABLES, COTANGENTS, wrt=[0, 2])
    with pytest.raises(ValueError, match=re.escape("shape (5, 2), for 5 rows and 3 observables")):
        session.gradients(VALUES, OBSERVABLES, COTANGENTS[:, :2])
    with pytest.raises(ValueError, match=r"2 free parameters, the values have shape \(5, 1\)"):
        session.expectations(VALUES[:, :1], OBSERVABLES)
    with pytest.raises(ValueError, match=r"'shots' parameter of AerEngine must be .* Got 0"):
        AerEngine(shots=0).open(example())
    with pytest.raises(ValueError, match="'noise_model' parameter of AerEngine must be"):
        AerEngine(noise_model="depolarizing").open(example())
    with pytest.raises(ValueError, match=r"'shots', which AerEngine sets itself; .* pass shots="):
        AerEngine(backend_options={"shots": 3}).open(example())


def test_too_many_qubits_are_refused():
    wide = QuantumCircuit(60)
    wide.ry(A, 0)
    with pytest.raises(InsufficientMemoryError, match="A state of 60 qubits needs"):
        AerEngine().open(wide).expectations([[0.0]], [SparsePauliOp("Z" * 60)])


def test_shots_leave_no_states():
    engine = AerEngine(shots=10)
    message = r"AerEngine\(shots=10\) cannot return state vectors; use .* shots=None"
    with pytest.raises(ValueError, match=message):
        engine.open(example()).states(VALUES)


def test_engine_with_shots_can_be_cloned():
    engine = AerEngine(shots=10)
    assert repr(engine) == "AerEngine(shots=10)"
    assert clone(engine).shots == 10
    assert engine.set_params(shots=None).get_params()["shots"] is None

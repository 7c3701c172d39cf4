"""CompiledEngine against the oracle, Aer, finite differences and the parameter-shift rule."""

import pickle
import re

import hypothesis
import joblib
import numpy as np
import oracles
import pytest
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal
from qiskit.circuit import Parameter, QuantumCircuit
from qiskit.circuit.library import (
    efficient_su2,
    get_standard_gate_name_mapping,
    real_amplitudes,
    zz_feature_map,
)
from qiskit.quantum_info import SparsePauliOp, random_unitary
from sklearn.base import clone
from strategies import circuits, rows

from skquantum import config_context, get_config, set_config
from skquantum._circuits import FixedObservables
from skquantum._runtime._parallel import sharing
from skquantum.engines import AerEngine, CompiledEngine, resolve_engine
from skquantum.engines._compiled._session import CompiledSession
from skquantum.feature_maps import FEATURE_MAPS, IQPFeatureMap, ReuploadingFeatureMap, ZZFeatureMap
from skquantum.kernels import FidelityKernel

RNG = np.random.default_rng(0)
GATES = {
    name: gate
    for name, gate in get_standard_gate_name_mapping().items()
    if name not in ("measure", "reset", "delay", "barrier")
}


def embedded(gate, n_qubits, wires):
    """Return a circuit with random gates around one gate, whose parameters are free."""
    circuit = QuantumCircuit(n_qubits)
    rng = np.random.default_rng(1)
    for qubit in range(n_qubits):
        circuit.u(*rng.uniform(0, 3, 3), qubit)
    parameters = [Parameter(f"a{k}") for k in range(len(gate.params))]
    circuit.append(gate.base_class(*parameters) if parameters else gate, wires)
    last = Parameter("z")
    for qubit in range(n_qubits):
        circuit.rx(last * (qubit + 1), qubit)
    return circuit


def assert_like_oracle(circuit, n_rows=11, atol=1e-12):
    values = RNG.uniform(-3, 3, (n_rows, circuit.num_parameters))
    got = CompiledEngine().open(circuit).states(values)
    assert_allclose(got, oracles.states(circuit, values), rtol=0, atol=atol)


@pytest.mark.parametrize("name", GATES)
@pytest.mark.parametrize("order", ["up", "down"])
def test_every_standard_gate(name, order):
    gate = GATES[name]
    wires = list(range(gate.num_qubits))
    wires = wires if order == "up" else wires[::-1]
    assert_like_oracle(embedded(gate, max(gate.num_qubits, 2) + 1, wires))


@hypothesis.settings(max_examples=150, deadline=None)
@hypothesis.given(st.data())
def test_random_circuits(data):
    circuit = data.draw(circuits(max_qubits=6))
    values = data.draw(rows(circuit))
    got = CompiledEngine().open(circuit).states(values)
    assert_allclose(got, oracles.states(circuit, values), rtol=0, atol=1e-12)
    single = CompiledEngine(precision="single").open(circuit).states(values)
    assert single.dtype == np.complex64
    assert_allclose(single, got, rtol=0, atol=1e-5)


@pytest.mark.parametrize("name", FEATURE_MAPS)
@pytest.mark.parametrize("n_features", [1, 2, 5, 12])
def test_feature_maps_as_aer(name, n_features):
    X = RNG.uniform(0, 2, (9, n_features))
    if name == "basis":
        X = X.round().clip(0, 1)
    feature_map = FEATURE_MAPS[name]().fit(X)
    values = feature_map.parameter_values(X)
    got = CompiledEngine().open(feature_map.circuit_).states(values)
    want = AerEngine().open(feature_map.circuit_).states(values)
    assert_allclose(got, want, rtol=0, atol=1e-12)


@pytest.mark.parametrize("cls", [IQPFeatureMap, ReuploadingFeatureMap, ZZFeatureMap])
@pytest.mark.parametrize("reps", [1, 2, 3])
@pytest.mark.parametrize("entanglement", ["linear", "circular", "full"])
def test_grid_of_reps_and_entanglement(cls, reps, entanglement):
    feature_map = cls(reps=reps, entanglement=entanglement, bandwidth=0.7)
    assert_like_oracle(feature_map.build(5))


@pytest.mark.parametrize("n_rows", [1, 7, 8, 9, 1030])
def test_any_number_of_rows(n_rows):
    circuit = zz_feature_map(3)
    X = RNG.uniform(-2, 2, (n_rows, 3))
    states = CompiledEngine().open(circuit).states(X)
    assert_allclose(states, oracles.states(circuit, X), rtol=0, atol=1e-12)
    assert_array_equal(CompiledEngine().open(circuit).states(X[-1:]), states[-1:])


def test_idle_qubits_are_dropped():
    x = Parameter("x")
    circuit = QuantumCircuit(12)
    circuit.ry(x, 3)
    circuit.cx(3, 9)
    session = CompiledEngine().open(circuit)
    assert "12 qubits, 2 in use" in session.describe()
    values = np.array([[0.4], [1.0]])
    assert_allclose(session.states(values), oracles.states(circuit, values), atol=1e-14)


def test_huge_phases_are_reduced_exactly():
    x = Parameter("x")
    circuit = QuantumCircuit(1)
    circuit.h(0)
    circuit.p(x, 0)
    values = np.array([[1e3], [1e7], [1e9], [1e12]])
    got = CompiledEngine().open(circuit).states(values)
    # the phase is spread as x/2 and a global phase of x/2, both exact in binary
    assert_allclose(got[:, 1], np.sqrt(0.5) * np.exp(1j * values[:, 0]), rtol=0, atol=1e-12)


def test_layers_of_the_zz_map():
    lines = CompiledEngine().open(zz_feature_map(4, reps=2)).describe().splitlines()
    assert lines[0].startswith("4 qubits, 4 in use; 10 distinct expressions of 4 parameters")
    kinds = [re.split(":| of |  ", line)[0] for line in lines[2:-1]]
    assert kinds == ["phase layer", "Walsh-Hadamard transform", "phase layer", "global phase"]


@pytest.mark.parametrize(
    "spoil",
    [
        lambda circuit: circuit.measure_all(),
        lambda circuit: circuit.reset(0),
        lambda circuit: circuit.initialize([1, 0], [0]),
    ],
    ids="measure reset initialize".split(),
)
def test_circuits_that_are_not_unitary_are_refused(spoil):
    circuit = zz_feature_map(2)
    spoil(circuit)
    with pytest.raises(ValueError, match="The circuit holds"):
        CompiledEngine().open(circuit)


# --- Expectation values and gradients ----------------------------------------------------------


def rich_circuit():
    """Return a circuit with every kind of operation, shared parameters and expressions."""
    circuit = QuantumCircuit(5)
    circuit.compose(zz_feature_map(4), [0, 1, 2, 3], inplace=True)
    circuit.compose(efficient_su2(4, reps=1), [0, 1, 2, 3], inplace=True)
    w = Parameter("w")
    circuit.crx(w.sin() * 2, 0, 1)
    circuit.rxx(w * w, 1, 2)
    circuit.unitary(random_unitary(4, seed=3).data, [2, 0])
    circuit.cry(w, 2, 3)
    circuit.cp(w, 0, 2)
    circuit.u(w, 2 * w, 0.3, 1)
    return circuit


OBSERVABLES = [
    SparsePauliOp(["IIIZI", "IXXII", "IIYIY", "ZIIII"], [0.3, 0.5, 1.1, 0.2]),
    SparsePauliOp(["IIZZZ"]),
]


@pytest.fixture(scope="module")
def rich():
    circuit = rich_circuit()
    values = np.random.default_rng(2).uniform(-1, 1, (19, circuit.num_parameters))
    return circuit, CompiledEngine().open(circuit), values


def test_expectations(rich):
    circuit, session, values = rich
    states = oracles.states(circuit, values)
    for number, observable in enumerate(OBSERVABLES):
        matrix = sum(
            c * oracles.pauli_matrix(label)
            for label, c in zip(observable.paulis.to_labels(), observable.coeffs, strict=True)
        )
        want = np.einsum("ri,ij,rj->r", states.conj(), matrix, states).real
        assert_allclose(session.expectations(values, OBSERVABLES)[:, number], want, atol=1e-12)


def test_marginals(rich):
    circuit, session, values = rich
    tensor = oracles.states(circuit, values).reshape(-1, 2, 2, 2, 2, 2)  # axis 1 is qubit 4
    got = session.marginals(values, [(0, 2), (4, 1)])
    want = np.einsum("redcba,redCbA->rcaCA", tensor, tensor.conj())
    assert_allclose(got[:, 0], want.reshape(-1, 4, 4), atol=1e-12)
    want = np.einsum("redcba,rEdcBa->rbeBE", tensor, tensor.conj())
    assert_allclose(got[:, 1], want.reshape(-1, 4, 4), atol=1e-12)
    ones = session.marginals(values, [(q,) for q in range(5)])
    assert_allclose(np.trace(ones, axis1=2, axis2=3), 1, atol=1e-12)


def test_adjoint_gradient_equals_central_differences(rich):
    _, session, values = rich
    weights = np.random.default_rng(4).normal(size=(len(values), len(OBSERVABLES)))
    expectations, gradient = session.gradients(values, OBSERVABLES, weights)
    assert_allclose(expectations, session.expectations(values, OBSERVABLES), atol=1e-14)

    def loss(shifted):
        return (session.expectations(shifted, OBSERVABLES) * weights).sum(axis=1)

    def difference(step):
        return loss(values + step) - loss(values - step)

    for k in range(values.shape[1]):
        step = np.zeros(values.shape[1])
        step[k] = 2e-3
        # fourth-order differences at two steps, extrapolated
        estimates = [
            (
                8 * (loss(values + s) - loss(values - s))
                - loss(values + 2 * s)
                + loss(values - 2 * s)
            )
            / (12 * s[k])
            for s in (step, step / 2)
        ]
        want = estimates[1] + (estimates[1] - estimates[0]) / 15
        assert_allclose(gradient[:, k], want, atol=1e-8)


def test_adjoint_gradient_equals_parameter_shift():
    circuit = real_amplitudes(4, reps=2)
    session = CompiledEngine().open(circuit)
    values = RNG.uniform(-3, 3, (5, circuit.num_parameters))
    observable = [SparsePauliOp(["ZZII", "XIXI", "IIIY"], [1.0, 0.4, -0.6])]
    _, gradient = session.gradients(values, observable, np.ones((5, 1)))
    for k in range(values.shape[1]):
        shift = np.pi / 2 * np.eye(values.shape[1])[k]
        plus = session.expectations(values + shift, observable)[:, 0]
        minus = session.expectations(values - shift, observable)[:, 0]
        assert_allclose(gradient[:, k], (plus - minus) / 2, atol=1e-12)


def test_cotangents_may_depend_on_the_expectation_values(rich):
    _, session, values = rich
    expectations = session.expectations(values, OBSERVABLES)
    _, fixed = session.gradients(values, OBSERVABLES, 2 * expectations)
    _, computed = session.gradients(values, OBSERVABLES, lambda rows, e: 2 * e)
    assert_array_equal(computed, fixed)


def diagonal_of(operator):
    return operator.to_matrix().diagonal().real


@hypothesis.settings(max_examples=40, deadline=None)
@hypothesis.given(st.data())
def test_diagonals_are_observables(data):
    circuit = data.draw(circuits(max_qubits=5))
    values = data.draw(rows(circuit))
    diagonal = RNG.uniform(-1, 1, 2**circuit.num_qubits)
    zs = SparsePauliOp(["Z" * circuit.num_qubits, "I" * circuit.num_qubits], [0.5, -0.25])
    observables = [diagonal, zs, diagonal_of(zs), np.zeros(len(diagonal))]
    states = oracles.states(circuit, values)
    expected = np.abs(states) ** 2 @ np.stack(
        [diagonal, diagonal_of(zs), diagonal_of(zs), np.zeros(len(diagonal))], axis=1
    )
    session = CompiledEngine().open(circuit)
    found = session.expectations(values, observables)
    assert_allclose(found, expected, rtol=0, atol=1e-12)


def test_no_operator_has_a_diagonal(rich):
    circuit, session, values = rich
    observables = [SparsePauliOp("XYZII")]
    matrix = observables[0].to_matrix()
    states = oracles.states(circuit, values)
    want = np.einsum("ri,ij,rj->r", states.conj(), matrix, states).real
    found, gradient = session.gradients(values, observables, np.ones((len(values), 1)))
    assert_allclose(found[:, 0], want, rtol=0, atol=1e-12)
    bras = states @ matrix.T
    assert_allclose(session.pull_back(values, bras), gradient, rtol=0, atol=1e-12)
    assert session.expectations(values, []).shape == (len(values), 0)


def test_gradients_of_diagonals(rich):
    _, session, values = rich
    operator = SparsePauliOp(["ZIIZZ", "IIZII", "IIIII"], [0.5, -0.25, 2.0])
    weights = RNG.uniform(-1, 1, (len(values), 1))
    _, by_array = session.gradients(values, [diagonal_of(operator)], weights)
    _, by_operator = session.gradients(values, [operator], weights)
    assert_allclose(by_array, by_operator, rtol=0, atol=1e-12)


def test_gradients_of_some_parameters_are_columns_of_all(rich):
    circuit, session, values = rich
    observables = [SparsePauliOp("ZZXYI"), np.arange(32.0)]
    weights = RNG.uniform(-1, 1, (len(values), 2))
    expectations, every = session.gradients(values, observables, weights)
    for wrt in ([], [0], [circuit.num_parameters - 1], list(range(circuit.num_parameters))[::-2]):
        again, some = session.gradients(values, observables, weights, wrt=wrt)
        assert_array_equal(again, expectations)
        assert_allclose(some, every[:, wrt], rtol=0, atol=1e-13)


def test_threads_and_callables_do_not_change_expectations_and_gradients():
    circuit = zz_feature_map(6).compose(efficient_su2(6))
    session = CompiledEngine().open(circuit)
    values = RNG.uniform(-1, 1, (700, circuit.num_parameters))
    values[:, 6:] = values[0, 6:]  # as weights are
    observables = [SparsePauliOp("ZIIIII"), SparsePauliOp("IXYIIZ"), np.arange(64.0)]
    weights = RNG.uniform(-1, 1, (700, 3))
    one = session.gradients(values, observables, weights)
    two = session.gradients(
        values, observables, lambda part, found: weights[part] + 0 * found, n_jobs=2
    )
    assert_array_equal(session.expectations(values, observables, n_jobs=2), one[0])
    assert_array_equal(two[0], one[0])
    assert_array_equal(two[1], one[1])


def test_columns_of_equal_numbers_do_not_change_a_bit():
    circuit = zz_feature_map(3).compose(efficient_su2(3))
    session = CompiledEngine().open(circuit)
    values = RNG.uniform(-1, 1, (50, circuit.num_parameters))
    values[:, 3:] = values[0, 3:]
    other = values.copy()
    other[-1] = 7.0  # now no column is of equal numbers
    assert_array_equal(session.states(values)[:-1], session.states(other)[:-1])


def test_wrong_diagonals_are_refused(rich):
    _, session, values = rich
    with pytest.raises(
        ValueError, match=r"shape \(4,\), the circuit has 5 qubits; pass .* \(32,\)"
    ):
        session.expectations(values, [np.ones(4)])
    with pytest.raises(ValueError, match="complex"):
        session.expectations(values, [np.ones(32) * 1j])


def test_observables_and_subsets_are_checked(rich):
    _, session, values = rich
    with pytest.raises(ValueError, match="acts on 2 qubits, the circuit has 5"):
        session.expectations(values, [SparsePauliOp("ZZ")])
    with pytest.raises(ValueError, match="complex coefficients"):
        session.expectations(values, [SparsePauliOp("ZZZZZ", [1j])])
    with pytest.raises(ValueError, match=r"\(0, 7\)"):
        session.marginals(values, [(0, 7)])
    with pytest.raises(ValueError, match="one column per parameter"):
        session.states(values[:, 1:])


def test_fixed_observables_are_prepared_once_and_kept_no_longer(rich):
    _, session, values = rich
    given = [SparsePauliOp(["ZIIII", "XXIII"], [0.5, 1.0]), np.arange(32.0)]
    fixed = FixedObservables(given, 5)
    expected = session.expectations(values, given)
    assert_array_equal(session.expectations(values, fixed), expected)
    prepared = session._operators(fixed)
    assert session._operators(fixed) is prepared
    given[0].coeffs[:] = 7.0
    given[1][:] = 0.0
    assert_array_equal(session.expectations(values, fixed), expected)
    assert not np.array_equal(session.expectations(values, given), expected)
    assert len(session._fixed_operators) == 1
    del fixed
    assert not session._fixed_operators


def test_fixed_observables_of_another_width_are_refused(rich):
    _, session, values = rich
    with pytest.raises(ValueError, match="acts on 2 qubits, the circuit has 5"):
        session.expectations(values, FixedObservables([SparsePauliOp("ZZ")], 2))


# --- The engine --------------------------------------------------------------------------------


def test_threads_do_not_change_a_bit():
    X = RNG.uniform(-2, 2, (3000, 8))
    serial = FidelityKernel("zz", engine="compiled").encode(X)
    threads = FidelityKernel("zz", engine="compiled", n_jobs=2).encode(X)
    assert_array_equal(serial, threads)
    with joblib.parallel_config("loky", n_jobs=2):
        assert_array_equal(serial, FidelityKernel("zz", engine="compiled").encode(X))


@hypothesis.settings(max_examples=60, deadline=None)
@hypothesis.given(st.data())
def test_threads_that_share_a_state_do_not_change_a_bit(data):
    circuit = data.draw(circuits(max_qubits=6))
    session = CompiledEngine().open(circuit)
    columns = session.prepare(data.draw(rows(circuit)))
    n_threads = data.draw(st.integers(2, 5))
    with sharing(n_threads) as share:
        assert_array_equal(session._run_states(columns, share), session._run_states(columns))


def test_phases_out_of_reach_of_the_fast_sine_are_shared_too():
    session = CompiledEngine().open(zz_feature_map(4))
    columns = session.prepare(np.array([[1e6, 2e7, 0.1, 0.2]]))
    with sharing(2) as share:
        assert_array_equal(session._run_states(columns, share), session._run_states(columns))


def test_few_rows_of_many_qubits_are_shared(monkeypatch):
    shared = []

    def spy(n_threads):
        shared.append(n_threads)
        return sharing(n_threads)

    monkeypatch.setattr("skquantum.engines._compiled._session.sharing", spy)
    circuit = real_amplitudes(18, reps=1)
    engine = CompiledEngine()
    values = RNG.uniform(-2, 2, (9, 36))
    one = engine.open(circuit).states(values)
    assert_array_equal(one[:1], engine.open(circuit).states(values[:1], n_jobs=2))
    assert shared == [2]
    # enough rows for every thread to have its own
    assert_array_equal(one[:2], engine.open(circuit).states(values[:2], n_jobs=2))
    assert shared == [2]
    # as wide states are run one by one, so are tasks cut
    sizes = []
    run = CompiledSession._run_states
    monkeypatch.setattr(
        CompiledSession,
        "_run_states",
        lambda self, rows, **out: sizes.append(len(rows)) or run(self, rows, **out),
    )
    engine.open(circuit).states(values, n_jobs=2)
    assert sorted(sizes) == [1, 2, 2, 2, 2]


def test_clone_and_pickle():
    engine = CompiledEngine(precision="single")
    assert clone(engine).precision == pickle.loads(pickle.dumps(engine)).precision == "single"


def test_engine_of_a_whole_program():
    X = RNG.uniform(-1, 1, (4, 2))
    assert resolve_engine(None).__class__ is AerEngine
    with config_context(engine="compiled"):
        kernel = FidelityKernel("zz").fit(X)
        assert isinstance(kernel.engine_, CompiledEngine)
    assert get_config() == {"engine": "aer"}
    set_config(engine=CompiledEngine(precision="single"))
    try:
        assert FidelityKernel("zz").fit(X).engine_.precision == "single"
    finally:
        set_config(engine="aer")


def test_unknown_engines_are_refused():
    with pytest.raises(ValueError, match="did you mean 'compiled'"):
        resolve_engine("compile")
    with pytest.raises(TypeError, match="pass an instance"):
        resolve_engine(CompiledEngine)

"""Derivatives of 2 Re <bra|state>, against fidelities, observables and differences of states."""

import hypothesis
import numpy as np
import oracles
import pytest
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal
from qiskit.circuit import Parameter, QuantumCircuit
from qiskit.circuit.library import efficient_su2, real_amplitudes, zz_feature_map
from qiskit.quantum_info import SparsePauliOp, random_unitary
from strategies import circuits, rows

from skquantum.engines import AerEngine, CompiledEngine, StateGradientSession

RNG = np.random.default_rng(5)


def bras_for(session, n_rows):
    shape = (n_rows, 2**session.n_qubits)
    return RNG.normal(size=shape) + 1j * RNG.normal(size=shape)


def differences(function, values, step=1e-3):
    """Return central differences with respect to all columns, of sixth order."""
    found = np.empty(values.shape)
    for k in range(values.shape[1]):
        shift = step * np.eye(values.shape[1])[k]
        one, two, three = (
            function(values + m * shift) - function(values - m * shift) for m in (1, 2, 3)
        )
        found[:, k] = (45 * one - 9 * two + three) / (60 * step)
    return found


@hypothesis.settings(max_examples=60, deadline=None)
@hypothesis.given(st.data())
def test_random_circuits(data):
    circuit = data.draw(circuits(max_qubits=6))
    values = data.draw(rows(circuit))
    session = CompiledEngine().open(circuit)
    bras = bras_for(session, len(values))

    def product(shifted):
        return 2 * np.einsum("rz,rz->r", bras.conj(), oracles.states(circuit, shifted)).real

    scale = max(1.0, np.abs(product(values)).max())
    # abs(x) has no derivative where it is 0
    smooth = not any("abs" in str(expression) for expression in session.expressions)
    if smooth:
        want = differences(product, values)
        assert_allclose(session.pull_back(values, bras), want, rtol=0, atol=1e-7 * scale)


@pytest.mark.parametrize("circuit", [zz_feature_map(4), efficient_su2(3)], ids=["zz", "su2"])
def test_fidelities_with_any_weights(circuit):
    session = CompiledEngine().open(circuit)
    X, Y = RNG.uniform(-1, 1, (2, 9, circuit.num_parameters))
    weights = RNG.normal(size=(9, 9))
    others = session.states(Y)

    def loss(shifted):
        return (weights * np.abs(session.states(shifted) @ others.conj().T) ** 2).sum(axis=1)

    bras = (weights * (session.states(X) @ others.conj().T)) @ others
    assert_allclose(session.pull_back(X, bras), differences(loss, X), rtol=0, atol=1e-8)


def test_gradients_are_those_of_operators_applied_to_states():
    circuit = zz_feature_map(4).compose(efficient_su2(4, reps=1))
    circuit.rxx(Parameter("w"), 0, 2)
    session = CompiledEngine().open(circuit)
    values = RNG.uniform(-1, 1, (11, circuit.num_parameters))
    observables = [SparsePauliOp(["ZIIX", "IYIY", "ZZII"], [0.3, -1.0, 0.7]), np.arange(16.0)]
    weights = RNG.normal(size=(11, 2))
    _, gradient = session.gradients(values, observables, weights)
    matrices = np.array([observables[0].to_matrix(), np.diag(observables[1])])
    bras = np.einsum("ro,oab,rb->ra", weights, matrices, session.states(values))
    assert_allclose(session.pull_back(values, bras), gradient, rtol=0, atol=1e-12)


def test_the_global_phase_counts():
    x = Parameter("x")
    circuit = QuantumCircuit(1, global_phase=3 * x)
    circuit.rx(x, 0)
    values = np.array([[0.4], [1.1]])
    session = CompiledEngine().open(circuit)
    bras = bras_for(session, 2)
    states = oracles.states(circuit, values)
    flipped = states[:, ::-1]
    want = 2 * np.einsum("rz,rz->r", bras.conj(), 3j * states - 0.5j * flipped).real
    assert_allclose(session.pull_back(values, bras)[:, 0], want, rtol=0, atol=1e-13)


def test_idle_qubits_stay_0():
    x = Parameter("x")
    circuit = QuantumCircuit(5)
    circuit.ry(x, 3)
    session = CompiledEngine().open(circuit)
    values = np.array([[0.3]])
    bras = bras_for(session, 1)
    want = bras[0, 8].real * np.cos(0.15) - bras[0, 0].real * np.sin(0.15)
    assert_allclose(session.pull_back(values, bras), [[want]], rtol=0, atol=1e-14)


@pytest.mark.parametrize("n_qubits", [2, 4, 7, 14])
@pytest.mark.parametrize("precision", ["double", "single"])
def test_no_row_depends_on_workers_or_on_other_rows(n_qubits, precision):
    circuit = zz_feature_map(n_qubits).compose(efficient_su2(n_qubits, reps=1))
    circuit.rxx(0.3 * circuit.parameters[0], 0, 1)
    circuit.h(range(n_qubits))
    circuit.ry(circuit.parameters[0], 1)
    circuit.h([0, n_qubits - 1])
    for qubits in ([0, 1], [n_qubits - 1, 0], [n_qubits - 2, n_qubits - 1]):
        circuit.unitary(random_unitary(4, seed=2), qubits)
    if n_qubits > 2:
        circuit.ry(circuit.parameters[1], 2)
        circuit.unitary(random_unitary(8, seed=3), [n_qubits - 1, 0, 2])
    session = CompiledEngine(precision=precision).open(circuit)
    values = RNG.uniform(-1, 1, (21, circuit.num_parameters))
    bras = bras_for(session, 21)
    together = session.pull_back(values, bras)
    assert_array_equal(session.pull_back(values, bras, n_jobs=2), together)
    observables = [SparsePauliOp("Z" * n_qubits), SparsePauliOp("XY" + "I" * (n_qubits - 2))]
    ones = np.ones((21, 2))
    expectations, gradient = session.gradients(values, observables, ones)
    states = session.states(values)
    for part in (slice(0, 1), slice(3, 5), slice(7, 20), slice(20, 21)):
        assert_array_equal(session.states(values[part]), states[part])
        assert_array_equal(session.pull_back(values[part], bras[part]), together[part])
        again = session.gradients(values[part], observables, ones[part])
        assert_array_equal(again[0], expectations[part])
        assert_array_equal(again[1], gradient[part])
        assert_array_equal(session.expectations(values[part], observables), expectations[part])


def test_large_phases_of_a_row_do_not_change_its_neighbours():
    session = CompiledEngine().open(zz_feature_map(5))
    values = RNG.uniform(-1, 1, (8, 5))
    before = session.states(values)
    values[3] = 1e5
    assert_array_equal(np.delete(session.states(values), 3, axis=0), np.delete(before, 3, axis=0))


def test_some_parameters():
    circuit = efficient_su2(3)
    session = CompiledEngine().open(circuit)
    values = RNG.uniform(-1, 1, (4, circuit.num_parameters))
    bras = bras_for(session, 4)
    every = session.pull_back(values, bras)
    for wrt in ([], [5], [20, 3, 11]):
        found = session.pull_back(values, bras, wrt=wrt)
        assert_allclose(found, every[:, wrt], rtol=0, atol=1e-13)


def test_many_gates_on_one_qubit():
    """Derivatives of the factors of a product, each by the parameter-shift rule."""
    circuit = QuantumCircuit(1)
    for k in range(40):
        getattr(circuit, ["rx", "ry", "rz", "h", "t", "sx"][k % 6])(
            *[Parameter(f"p{k:02d}")] * (k % 6 < 3), 0
        )
    session = CompiledEngine().open(circuit)
    values = RNG.uniform(-3, 3, (3, circuit.num_parameters))
    observables = [SparsePauliOp(["X", "Y", "Z"], [0.5, -0.3, 1.0])]
    _, gradient = session.gradients(values, observables, np.ones((3, 1)))
    for k in range(circuit.num_parameters):
        shift = np.pi / 2 * np.eye(circuit.num_parameters)[k]
        plus = session.expectations(values + shift, observables)[:, 0]
        minus = session.expectations(values - shift, observables)[:, 0]
        assert_allclose(gradient[:, k], (plus - minus) / 2, rtol=0, atol=1e-12)


def test_bras_are_not_changed_and_may_be_real():
    circuit = real_amplitudes(4, reps=1)
    session = CompiledEngine().open(circuit)
    values = RNG.uniform(-1, 1, (3, circuit.num_parameters))
    bras = RNG.normal(size=(3, 16))
    kept = bras.copy()
    bras.setflags(write=False)
    found = session.pull_back(values, bras)
    assert_array_equal(bras, kept)
    assert_array_equal(session.pull_back(values, bras.astype(complex)), found)
    assert session.pull_back(values[:0], bras[:0]).shape == (0, 8)


def test_what_is_refused():
    circuit = real_amplitudes(2, reps=1)
    session = CompiledEngine().open(circuit)
    values = np.zeros((3, 4))
    with pytest.raises(
        ValueError, match=r"shape \(3, 2\), for 3 rows and 2 qubits; pass .* \(3, 4"
    ):
        session.pull_back(values, np.zeros((3, 2)))
    with pytest.raises(ValueError, match="NaN or infinity for row 1; pass finite"):
        session.pull_back(values, [[0.0] * 4, [np.nan] * 4, [0.0] * 4])
    with pytest.raises(ValueError, match="dtype <U1; pass complex numbers"):
        session.pull_back(values, [["a"] * 4] * 3)
    with pytest.raises(ValueError, match="wrt holds 4, the values have 4 columns"):
        session.pull_back(values, np.zeros((3, 4)), wrt=[4])
    aer = AerEngine().open(circuit)
    assert not isinstance(aer, StateGradientSession)
    with pytest.raises(AttributeError, match=r"offers no pull_back .* such as CompiledEngine\(\)"):
        aer.pull_back(values, np.zeros((3, 4)))

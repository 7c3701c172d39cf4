"""Shots of AerEngine, judged by tests with a stated rate of false alarms."""

import numpy as np
from numpy.testing import assert_allclose, assert_array_equal
from oracles import GATES, apply_matrix, states
from qiskit import QuantumCircuit
from qiskit.circuit import Parameter
from qiskit.quantum_info import SparsePauliOp
from scipy import stats

from skquantum.engines import AerEngine

# Each test would fail so often for another seed, were the shots right.
FALSE_ALARMS = 1e-6

A = Parameter("a")
CIRCUIT = QuantumCircuit(3)
CIRCUIT.ry(0.7, 0)
CIRCUIT.rx(A, 1)
CIRCUIT.h(2)
CIRCUIT.cx(0, 1)
CIRCUIT.cp(A, 1, 2)
VALUES = np.array([[0.4], [2.0]])


def assert_frequencies(counts, probabilities):
    """Chi-square test of counts against what is expected."""
    assert counts[probabilities < 1e-12].sum() == 0
    likely = probabilities > 1e-12
    expected = counts.sum() * probabilities[likely]
    assert stats.chisquare(counts[likely], expected).pvalue > FALSE_ALARMS


def test_frequencies_of_all_outcomes():
    shots = 100_000
    indicators = list(np.eye(8))
    got = AerEngine(shots=shots).open(CIRCUIT).expectations(VALUES, indicators, random_state=0)
    assert_allclose(got.sum(axis=1), 1)
    counts = np.round(got * shots)
    assert_allclose(counts, got * shots, atol=1e-6)
    for row, state in zip(counts, states(CIRCUIT, VALUES), strict=True):
        assert_frequencies(row, np.abs(state) ** 2)


def test_each_basis_is_measured():
    """Parities of strings in X, Y and Z on different qubits, each from its probability."""
    shots = 20_000
    labels = ["XYZ", "YXX", "ZZY", "IIX", "YII", "IZI"]
    session = AerEngine(shots=shots).open(CIRCUIT)
    got = session.expectations(VALUES, [SparsePauliOp(label) for label in labels], random_state=1)
    for row, state in zip(got, states(CIRCUIT, VALUES), strict=True):
        for label, value in zip(labels, row, strict=True):
            turned = state
            for qubit, letter in enumerate(label[::-1]):
                if letter == "Y":
                    turned = apply_matrix(turned, GATES["sdg"](), [qubit])
                if letter in "XY":
                    turned = apply_matrix(turned, GATES["h"](), [qubit])
            mask = sum(1 << q for q, letter in enumerate(label[::-1]) if letter != "I")
            odd = np.bitwise_count(np.arange(8) & mask) % 2 == 1
            p_odd = (np.abs(turned) ** 2)[odd].sum()
            n_odd = round(shots * (1 - value) / 2)
            p_value = stats.binomtest(n_odd, shots, min(p_odd, 1.0)).pvalue
            assert p_value > FALSE_ALARMS, label


def test_mean_and_variance_of_estimates():
    shots, n_rows = 50, 2000
    observable = [SparsePauliOp(["ZII", "IZZ"], [0.5, 1.5])]
    values = np.tile(VALUES[:1], (n_rows, 1))
    got = AerEngine(shots=shots).open(CIRCUIT).expectations(values, observable, random_state=2)
    probabilities = np.abs(states(CIRCUIT, VALUES[:1])[0]) ** 2
    signs = 1 - 2 * (np.arange(8)[:, None] >> np.arange(3) & 1)
    outcome = 0.5 * signs[:, 2] + 1.5 * signs[:, 1] * signs[:, 0]
    mean = probabilities @ outcome
    variance = probabilities @ outcome**2 - mean**2
    deviation = (got.mean() - mean) / np.sqrt(variance / (shots * n_rows))
    assert 2 * stats.norm.sf(abs(deviation)) > FALSE_ALARMS
    # nearly normal with 50 shots
    ratio = ((got - mean) ** 2).sum() / (variance / shots)
    assert 2 * min(stats.chi2.sf(ratio, n_rows), stats.chi2.cdf(ratio, n_rows)) > FALSE_ALARMS


def test_observables_of_a_group_share_their_counts():
    signs = 1.0 - 2 * (np.arange(8)[:, None] >> np.arange(3) & 1)
    observables = [
        SparsePauliOp("IIZ"),
        SparsePauliOp("IZI"),
        SparsePauliOp(["IIZ", "IZI", "III"], [1, 2, 3]),
        signs[:, 0] + 2 * signs[:, 1],
    ]
    got = AerEngine(shots=37).open(CIRCUIT).expectations(VALUES, observables, random_state=0)
    assert_allclose(got[:, 3], got[:, 0] + 2 * got[:, 1], atol=1e-12)
    assert_allclose(got[:, 2], got[:, 3] + 3, atol=1e-12)
    # so do strings that are measured in one basis, and their products
    strings = [SparsePauliOp(label) for label in ("XII", "IIY", "XIY")]
    single = AerEngine(shots=1).open(CIRCUIT).expectations(VALUES, strings, random_state=0)
    assert_array_equal(np.abs(single), 1)
    assert_allclose(single[:, 2], single[:, 0] * single[:, 1])


def test_random_state():
    session = AerEngine(shots=100).open(CIRCUIT)
    observables = [SparsePauliOp("ZII"), SparsePauliOp("XII"), SparsePauliOp("IXX")]

    def results(random_state):
        cotangents = np.ones((2, 3))
        values = VALUES[[0, 0]]
        return [
            session.expectations(values, observables, random_state=random_state),
            *session.gradients(values, observables, cotangents, random_state=random_state),
        ]

    for got, same, other in zip(results(0), results(0), results(1), strict=True):
        assert_array_equal(got, same)
        assert (got != other).any()
        assert (got[0] != got[1]).any()  # rows are drawn apart
    # one object goes on, and is the same sequence again from the same seed
    first, second = (np.random.RandomState(5) for _ in range(2))
    run = results(first)
    assert_array_equal(run[0], results(second)[0])
    assert (run[0] != results(first)[0]).any()
    # gradients begin with the shots that expectations draw
    assert_array_equal(*results(0)[:2])


def test_gradients_are_unbiased():
    shots, n_rows = 100, 400
    values = np.tile(VALUES[1:], (n_rows, 1))
    observables = [SparsePauliOp(["ZII", "XXI"]), SparsePauliOp("IZY")]
    cotangents = np.tile([1.0, -2.0], (n_rows, 1))
    args = values, observables, cotangents
    _, want = AerEngine().open(CIRCUIT).gradients(*args)
    _, got = AerEngine(shots=shots).open(CIRCUIT).gradients(*args, random_state=0)
    spread = got.std(ddof=1) / np.sqrt(n_rows)
    assert 2 * stats.t.sf(abs(got.mean() - want[0, 0]) / spread, n_rows - 1) > FALSE_ALARMS


def test_certain_outcomes():
    circuit = QuantumCircuit(2)
    circuit.x(0)
    session = AerEngine(shots=3).open(circuit)
    got = session.expectations(np.empty((2, 0)), [SparsePauliOp(["IZ", "ZI"], [1, 10])])
    assert_array_equal(got, [[9.0], [9.0]])

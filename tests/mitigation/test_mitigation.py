"""Mitigation, against noise that is simulated by its definition."""

import hypothesis
import numpy as np
import pytest
import scipy.stats
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal
from qiskit import QuantumCircuit
from qiskit.quantum_info import Statevector
from qiskit_aer import AerSimulator
from qiskit_aer.noise import NoiseModel, ReadoutError

from skquantum.exceptions import InsufficientMemoryError
from skquantum.mitigation import bit_flip_weights, mitigate_depolarizing, readout_weights


def depolarized_kernel(left, right, left_survival, right_survival):
    """Run compute-uncompute on density matrices, each half followed by depolarising noise."""
    dim = left.shape[-1]

    def depolarize(state, survival):
        return survival * state + (1 - survival) * np.trace(state) * np.eye(dim) / dim

    K = np.empty((len(left), len(right)))
    zero = np.zeros((dim, dim))
    zero[0, 0] = 1.0
    for i, U in enumerate(left):
        forward = depolarize(U @ zero @ U.conj().T, left_survival[i])
        for j, V in enumerate(right):
            back = depolarize(V.conj().T @ forward @ V, right_survival[j])
            K[i, j] = back[0, 0].real
    return K


def unitaries(n, n_qubits, seed):
    return scipy.stats.unitary_group.rvs(2**n_qubits, size=n, random_state=seed)


@hypothesis.given(
    n_qubits=st.integers(1, 3),
    method=st.sampled_from(["single", "mean", "split"]),
    seed=st.integers(0, 2**31),
)
@hypothesis.settings(max_examples=40, deadline=None)
def test_depolarized_kernels_return_to_the_ideal_one(n_qubits, method, seed):
    rng = np.random.default_rng(seed)
    train, test = unitaries(5, n_qubits, seed), unitaries(4, n_qubits, seed + 1)
    ones = np.ones(5)
    train_survival, test_survival = rng.uniform(0.3, 1.0, 5), rng.uniform(0.3, 1.0, 4)
    if method != "split":  # one noise rate for all
        train_survival, test_survival = np.full(5, 0.6), np.full(4, 0.6)
    measured = depolarized_kernel(train, train, train_survival, train_survival)
    ideal = depolarized_kernel(train, train, ones, ones)
    diagonal = measured.diagonal().copy()
    mitigated = mitigate_depolarizing(measured, diagonal, n_qubits, method)
    assert_allclose(mitigated, ideal, atol=1e-12)
    # What stands on the diagonal of the matrix does not matter.
    np.fill_diagonal(measured, 1.0)
    assert_array_equal(mitigate_depolarizing(measured, diagonal, n_qubits, method), mitigated)

    measured = depolarized_kernel(test, train, test_survival, train_survival)
    rows = depolarized_kernel(test, test, test_survival, test_survival).diagonal()
    mitigated = mitigate_depolarizing(measured, rows, n_qubits, method, column_diagonal=diagonal)
    assert_allclose(mitigated, depolarized_kernel(test, train, np.ones(4), ones), atol=1e-12)


@pytest.mark.parametrize("method", ["single", "mean", "split"])
def test_symmetry_to_the_last_bit_and_no_writing_into_the_input(method):
    rng = np.random.default_rng(0)
    K = rng.uniform(0.3, 0.8, (20, 20))
    K = (K + K.T) / 2
    K.flags.writeable = False
    mitigated = mitigate_depolarizing(K, rng.uniform(0.6, 1.01, 20), 2, method)
    assert_array_equal(mitigated, mitigated.T)


def test_single_and_mean_differ_in_where_the_rate_comes_from():
    K, diagonal = np.full((3, 3), 0.4), np.array([0.9, 0.8, 0.7])
    # One qubit: survival is 2 d - 1, and the entry (0.4 - (1 - s) / 2) / s.
    single = mitigate_depolarizing(K, diagonal, 1, "single")
    assert single[0, 1] == pytest.approx((0.4 - 0.1) / 0.8)
    mean = mitigate_depolarizing(K, diagonal, 1, "mean")
    assert mean[0, 1] == pytest.approx((0.4 - 0.2) / 0.6)
    # Rows against training rows are corrected as the training matrix was.
    rows = np.full((2, 3), 0.4)
    for method, square in [("single", single), ("mean", mean)]:
        for diag in [None, [0.99, 0.6]]:
            got = mitigate_depolarizing(rows, diag, 1, method, column_diagonal=diagonal)
            assert_array_equal(got, square[0, 1])


def test_many_qubits():
    K = np.array([[1.0, 0.25], [0.25, 1.0]])
    assert_allclose(mitigate_depolarizing(K, [0.5, 0.5], 2000), [[1, 0.5], [0.5, 1]])


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((np.eye(2), [0.9, 0.2], 2), r"diagonal\[1\] is 0.2, .* 2 qubits leaves more than 0.25; "),
        ((np.eye(2), [0.25, 0.9], 2, "single"), r"diagonal\[0\] is 0.25, .* use method='mean'"),
        ((np.eye(2), [0.3, 0.1], 2, "mean"), "the mean of the diagonal is 0.2, .* more shots"),
        ((np.eye(2), [0.9], 2), r"diagonal has shape \(1,\), but K needs \(2,\)"),
        ((np.eye(2), None, 2), "diagonal is None, but 2 measured values are needed"),
        ((np.ones((2, 3)), [0.9, 0.9], 2), "K has 2 rows and 3 columns, .* pass column_diagonal"),
        ((np.eye(2), [0.9, 0.9], 0), "n_qubits=0, but it must be an integer"),
        ((np.eye(2), [0.9, 0.9], 1.5), r"n_qubits=1.5, but it must be an integer"),
        ((np.eye(2), [0.9, 0.9], 2, "splt"), "method='splt' is unknown: did you mean 'split'"),
        ((np.eye(2) * np.nan, [0.9, 0.9], 2), "K contains NaN"),
        ((np.eye(2), [0.9, np.nan], 2), "diagonal contains NaN"),
    ],
)
def test_bad_input_to_depolarizing(arguments, message):
    with pytest.raises(ValueError, match=message):
        mitigate_depolarizing(*arguments)


def test_bad_columns():
    K = np.full((2, 3), 0.5)
    with pytest.raises(ValueError, match=r"column_diagonal has shape \(2,\), but K needs \(3,\)"):
        mitigate_depolarizing(K, [0.9, 0.9], 2, column_diagonal=[0.9, 0.9])
    with pytest.raises(ValueError, match=r"column_diagonal\[2\] is 0.1"):
        mitigate_depolarizing(K, [0.9, 0.9], 2, column_diagonal=[0.9, 0.9, 0.1])
    with pytest.raises(ValueError, match="diagonal is None, but 2 measured"):
        mitigate_depolarizing(K, None, 2, column_diagonal=[0.9, 0.9, 0.9])


def confusion_matrices(n_qubits, rng):
    """Return random [measured, true] matrices, different for every qubit, not symmetric."""
    flips = rng.uniform(0.0, 0.3, (n_qubits, 2))
    return np.array([[[1 - a, b], [a, 1 - b]] for a, b in flips])


def full_confusion(matrices):
    """Return the matrix over bitstrings, entry by entry, bit q of an index being qubit q."""
    dim = 2 ** len(matrices)
    full = np.ones((dim, dim))
    for measured in range(dim):
        for true in range(dim):
            for qubit, matrix in enumerate(matrices):
                full[measured, true] *= matrix[measured >> qubit & 1, true >> qubit & 1]
    return full


@hypothesis.given(n_qubits=st.integers(1, 5), seed=st.integers(0, 2**31))
@hypothesis.settings(max_examples=40, deadline=None)
def test_readout_error_is_undone(n_qubits, seed):
    rng = np.random.default_rng(seed)
    matrices = confusion_matrices(n_qubits, rng)
    confusion = full_confusion(matrices)
    probabilities = rng.dirichlet(np.ones(2**n_qubits))
    weights = readout_weights(matrices)
    assert weights @ confusion @ probabilities == pytest.approx(probabilities[0], abs=1e-12)
    target = rng.normal(size=2**n_qubits)
    weights = readout_weights(matrices, target)
    assert weights @ confusion @ probabilities == pytest.approx(target @ probabilities, abs=1e-11)


def test_perfect_readout_counts_zeros():
    assert_array_equal(readout_weights([np.eye(2)] * 3), [1, 0, 0, 0, 0, 0, 0, 0])


def test_readout_of_aer_is_undone():
    """Conventions of Qiskit: order of qubits in an outcome, and of indices in a ReadoutError."""
    errors = [ReadoutError([[0.9, 0.1], [0.3, 0.7]]), ReadoutError([[0.95, 0.05], [0.01, 0.99]])]
    noise = NoiseModel()
    for qubit, error in enumerate(errors):
        noise.add_readout_error(error, [qubit])
    circuit = QuantumCircuit(2)
    circuit.ry(1.0, 0)
    circuit.ry(0.4, 1)
    exact = Statevector(circuit).probabilities()
    circuit.measure_all()
    shots = 20_000
    counts = AerSimulator(noise_model=noise, seed_simulator=1).run(circuit, shots=shots).result()
    frequencies = np.zeros(4)
    for outcome, count in counts.get_counts().items():
        frequencies[int(outcome, 2)] = count / shots
    weights = readout_weights([error.probabilities.T for error in errors])
    estimate = weights @ frequencies
    error = np.sqrt((weights**2 @ frequencies - estimate**2) / shots)
    assert abs(estimate - exact[0]) < 5 * error  # false alarm with probability 6e-7
    assert abs(frequencies[0] - exact[0]) > 5 * error


@pytest.mark.parametrize(
    ("matrices", "message"),
    [
        (np.eye(2), r"shape \(2, 2\), not \(n_qubits, 2, 2\)"),
        (np.ones((1, 3, 3)), r"shape \(1, 3, 3\), not \(n_qubits, 2, 2\)"),
        ([np.eye(2), [[0.9, 0.1], [0.3, 0.7]]], "of qubit 1 .* sums 1.2 and 0.8, .* transpose it"),
        ([[[1.1, 0.0], [-0.1, 1.0]]], "of qubit 0 has the smallest entry -0.1"),
        ([[[0.6, 0.6], [0.4, 0.4]]], "Qubit 0 reads 0 with probability 0.6 whether it is 0 or 1"),
        ([[[np.nan, 0.6], [0.4, 0.4]]], "confusion_matrices contains NaN"),
    ],
)
def test_bad_confusion_matrices(matrices, message):
    with pytest.raises(ValueError, match=message):
        readout_weights(matrices)


def test_wrong_number_of_weights():
    with pytest.raises(ValueError, match=r"weights has shape \(2,\), but 2 .* need \(4,\)"):
        readout_weights([np.eye(2)] * 2, [1.0, 0.0])


@pytest.mark.parametrize("n_qubits", [1, 4, 7])
def test_bit_flip_weights_count_ones(n_qubits):
    for distance in range(n_qubits):
        expected = [float(f"{b:b}".count("1") <= distance) for b in range(2**n_qubits)]
        assert_array_equal(bit_flip_weights(n_qubits, distance), expected)


def test_bit_flip_tolerance_behind_readout_error():
    rng = np.random.default_rng(3)
    matrices = confusion_matrices(3, rng)
    probabilities = rng.dirichlet(np.ones(8))
    tolerant = bit_flip_weights(3, 1)
    weights = readout_weights(matrices, tolerant)
    expected = probabilities[[0, 1, 2, 4]].sum()
    assert weights @ full_confusion(matrices) @ probabilities == pytest.approx(expected)


@pytest.mark.parametrize("distance", [-1, 3, 1.0, None])
def test_bad_distance(distance):
    with pytest.raises(ValueError, match=r"distance=.*, but with 3 qubits it is an integer from 0"):
        bit_flip_weights(3, distance)


def test_wide_circuits_have_no_array_of_weights():
    assert bit_flip_weights(20, 3).shape == (2**20,)
    assert bit_flip_weights(21, np.int64(3)) == {"max_ones": 3}
    assert bit_flip_weights(156, 0) == {"max_ones": 0}
    with pytest.raises(ValueError, match=r"distance=156, but with 156 qubits .* 0 to 155"):
        bit_flip_weights(156, 156)


def test_too_many_qubits():
    with pytest.raises(InsufficientMemoryError, match=r"bitstrings of 60 qubits needs .* GiB"):
        readout_weights([np.eye(2)] * 60)
    with pytest.raises(ValueError, match="n_qubits=0"):
        bit_flip_weights(0, 0)

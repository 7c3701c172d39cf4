"""Alignments of kernel matrices with targets."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal

from skquantum.metrics import alignment, centered_alignment, ideal_kernel, target_alignment

RNG = np.random.default_rng(0)


def matrix(n):
    A = RNG.normal(size=(n, n))
    return A @ A.T


def test_ideal_kernels():
    assert_array_equal(ideal_kernel([3, 5, 3]), [[1, -1, 1], [-1, 1, -1], [1, -1, 1]])
    three = ideal_kernel(["a", "b", "c", "a"])
    assert_allclose(three[0], [1, -0.5, -0.5, 1], atol=1e-15)
    assert_allclose(three.sum(axis=0)[1], 0 - 0.5, atol=1e-15)
    assert_array_equal(ideal_kernel([0.5, 2.0, 3.0])[1], [1.0, 4.0, 6.0])
    assert_array_equal(ideal_kernel([0.5, 2.0, 0.5])[1], [-1.0, 1.0, -1.0])  # two values: classes
    assert_allclose(ideal_kernel([[1.0, 2.0], [3.0, 4.0], [0.0, 1.0]])[0], [5, 11, 2])
    with pytest.raises(ValueError, match="one class"):
        ideal_kernel([1, 1])
    with pytest.raises(ValueError, match="2 columns of classes"):
        ideal_kernel([[1, 2], [3, 4]])


@pytest.mark.parametrize("y", [np.arange(8) % 3, RNG.normal(size=8), np.arange(8) > 2])
def test_alignments_are_those_of_the_definitions(y):
    K, T, n = matrix(8), ideal_kernel(y), 8
    assert_allclose(
        target_alignment(K, y), (K * T).sum() / np.linalg.norm(K) / np.linalg.norm(T), atol=1e-14
    )
    H = np.eye(n) - np.ones((n, n)) / n
    C, D = H @ K @ H, H @ T @ H
    wanted = np.trace(C @ D) / np.linalg.norm(C) / np.linalg.norm(D)
    assert_allclose(centered_alignment(K, y), wanted, atol=1e-14)
    assert_allclose(centered_alignment(3 * K + 5, y), wanted, atol=1e-12)


@pytest.mark.parametrize("measure", [target_alignment, centered_alignment])
def test_weights_count_as_repetitions(measure):
    K, y, weights = matrix(5), np.array([0, 1, 2, 0, 1]), np.array([1, 3, 2, 1, 2])
    rows = np.repeat(np.arange(5), weights)
    assert_allclose(measure(K, y, weights), measure(K[np.ix_(rows, rows)], y[rows]), atol=1e-14)


@given(st.booleans(), st.integers(2, 6), st.integers(0, 1000))
def test_gradients_equal_central_differences(centered, n, seed):
    rng = np.random.default_rng(seed)
    K, T, weights = rng.normal(size=(n, n)), rng.normal(size=(n, n)), rng.uniform(0.5, 2, n)
    K, T, direction = K + K.T, T + T.T, rng.normal(size=(n, n))
    direction += direction.T

    def value(step):
        return alignment(K + step * direction, T, weights, centered=centered)[0]

    _, gradient = alignment(K, T, weights, centered=centered)
    found = (gradient * direction).sum()
    assert_allclose(found, (value(1e-6) - value(-1e-6)) / 2e-6, rtol=1e-4, atol=1e-6)


def test_a_constant_matrix_is_aligned_with_nothing():
    value, gradient = alignment(np.ones((3, 3)), np.eye(3), centered=True)
    assert value == 0
    assert_array_equal(gradient, np.zeros((3, 3)))


def test_bad_input_is_refused():
    with pytest.raises(ValueError, match="square"):
        target_alignment(np.ones((2, 3)), [0, 1])
    with pytest.raises(ValueError, match="inconsistent numbers of samples"):
        target_alignment(np.eye(3), [0, 1])
    with pytest.raises(ValueError, match="NaN"):
        centered_alignment(np.full((2, 2), np.nan), [0, 1])

"""Repair of matrices with negative eigenvalues, against optimality conditions and closed forms."""

import hypothesis
import numpy as np
import pytest
import scipy.optimize
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.exceptions import ConvergenceWarning

from skquantum.kernels import FidelityKernel
from skquantum.metrics import clip_eigenvalues, nearest_correlation, repair, shift_eigenvalues

METHODS = ["clip", "shift", "correlation"]
FUNCTIONS = [clip_eigenvalues, shift_eigenvalues, nearest_correlation]
HIGHAM_3 = np.array([[1.0, 1.0, 0.0], [1.0, 1.0, 1.0], [0.0, 1.0, 1.0]])
HIGHAM_4 = 2 * np.eye(4) - np.eye(4, k=1) - np.eye(4, k=-1)


def noisy_gram(n, noise, seed):
    """Return a Gram matrix with diagonal 1, noise added off the diagonal."""
    rng = np.random.default_rng(seed)
    vectors = rng.normal(size=(n, 3))
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    errors = np.triu(noise * rng.normal(size=(n, n)), 1)
    gram = vectors @ vectors.T
    gram = (gram + gram.T) / 2 + errors + errors.T
    np.fill_diagonal(gram, 1.0)
    return gram


symmetric = st.builds(
    noisy_gram, st.integers(2, 8), st.sampled_from([0.05, 0.5, 5.0]), st.integers(0, 2**32 - 1)
)


def nearest_correlation_by_duality(A):
    """Return the nearest correlation matrix from its dual problem, by a general minimiser.

    The dual (Qi and Sun, SIAM J. Matrix Anal. Appl. 28, 2006) is smooth and unconstrained: minimise
    ||(A + diag y)_+||^2 / 2 - sum(y); the answer is (A + diag y)_+.
    """

    def positive_part(y):
        values, vectors = np.linalg.eigh(A + np.diag(y))
        return (vectors * np.maximum(values, 0)) @ vectors.T

    def dual(y):
        X = positive_part(y)
        return np.sum(X**2) / 2 - y.sum(), X.diagonal() - 1

    start = np.zeros(len(A))
    found = scipy.optimize.minimize(dual, start, jac=True, method="BFGS", options={"gtol": 1e-9})
    return positive_part(found.x)


@pytest.mark.parametrize("function", FUNCTIONS)
@hypothesis.given(K=symmetric)
@hypothesis.settings(max_examples=30, deadline=None)
def test_result_is_symmetric_and_positive_semidefinite(function, K):
    K.flags.writeable = False
    matrix, shift = function(K)
    assert_array_equal(matrix, matrix.T)
    smallest = np.linalg.eigvalsh(K)[0]
    scale = np.abs(K).max() * len(K)
    assert np.linalg.eigvalsh(matrix)[0] >= -1e-13 * scale
    if matrix is K:
        assert shift == 0.0
        assert smallest >= -1e-13 * scale
    else:
        assert shift == pytest.approx(-smallest, rel=1e-9, abs=1e-13 * scale)
        assert isinstance(shift, float)


@hypothesis.given(K=symmetric)
@hypothesis.settings(max_examples=50, deadline=None)
def test_clipping_is_the_nearest_semidefinite_matrix(K):
    # X is the projection of K on the semidefinite cone if and only if X and X - K are in the cone
    # and orthogonal (Moreau).
    X, _ = clip_eigenvalues(K)
    scale = np.abs(K).max() * len(K)
    assert np.linalg.eigvalsh(X - K)[0] >= -1e-13 * scale
    assert abs(np.sum(X * (X - K))) <= 1e-13 * scale**2


@hypothesis.given(K=symmetric)
@hypothesis.settings(max_examples=50, deadline=None)
def test_shift_moves_only_the_diagonal_and_to_zero(K):
    X, shift = shift_eigenvalues(K)
    assert_array_equal(X - np.diag(X.diagonal()), K - np.diag(K.diagonal()))
    assert_allclose(X.diagonal() - K.diagonal(), shift, atol=1e-14 * (1 + shift))
    if shift:
        assert abs(np.linalg.eigvalsh(X)[0]) <= 1e-13 * np.abs(K).max() * len(K)


@pytest.mark.parametrize("noise", [0.3, 2.0])
@pytest.mark.parametrize("seed", range(4))
def test_nearest_correlation_against_the_dual_problem(noise, seed):
    K = noisy_gram(6, noise, seed)
    matrix, shift = nearest_correlation(K, tol=1e-10)
    assert shift > 0
    assert_array_equal(matrix.diagonal(), 1.0)
    assert_allclose(matrix, nearest_correlation_by_duality(K), atol=1e-6)


def test_nearest_correlation_of_published_examples():
    matrix, shift = nearest_correlation(HIGHAM_3)
    expected = [[1, 0.7607, 0.1573], [0.7607, 1, 0.7607], [0.1573, 0.7607, 1]]
    assert_allclose(matrix, expected, atol=6e-5)
    assert shift == pytest.approx(np.sqrt(2) - 1)
    # Positive definite, but no correlation matrix.
    matrix, shift = nearest_correlation(HIGHAM_4)
    expected = [
        [1, -0.8084, 0.1916, 0.1068],
        [-0.8084, 1, -0.6562, 0.1916],
        [0.1916, -0.6562, 1, -0.8084],
        [0.1068, 0.1916, -0.8084, 1],
    ]
    assert_allclose(matrix, expected, atol=6e-5)
    assert shift == 0.0


@pytest.mark.parametrize("a", [1.2, -3.0])
def test_two_rows_in_closed_form(a):
    K = np.array([[1.0, a], [a, 1.0]])
    signs = np.array([[1.0, np.sign(a)], [np.sign(a), 1.0]])
    expected = {
        "clip": (1 + abs(a)) / 2 * signs,
        "shift": abs(a) * signs,
        "correlation": signs,
    }
    for method in METHODS:
        matrix, shift = repair(K, method)
        assert_allclose(matrix, expected[method], atol=1e-6)
        assert shift == pytest.approx(abs(a) - 1)


def test_three_rows_in_closed_form():
    # (1 - c) I + c J has the eigenvalues 1 - c, twice, and 1 + 2 c.
    identity, ones = np.eye(3), np.ones((3, 3))
    c = -0.8
    K = (1 - c) * identity + c * ones
    expected = {
        "clip": (1 - c) * (identity - ones / 3),
        "shift": K + 0.6 * identity,
        "correlation": 1.5 * identity - 0.5 * ones,
    }
    for method in METHODS:
        matrix, shift = repair(K, method)
        assert_allclose(matrix, expected[method], atol=1e-6)
        assert shift == pytest.approx(0.6)


@pytest.mark.parametrize("method", METHODS)
@hypothesis.given(
    n=st.integers(1, 12),
    rank=st.integers(1, 4),
    scale=st.sampled_from([1e-12, 1.0, 1e9]),
    seed=st.integers(0, 2**32 - 1),
)
@hypothesis.settings(max_examples=50, deadline=None)
def test_semidefinite_matrices_are_not_touched(method, n, rank, scale, seed):
    vectors = np.random.default_rng(seed).normal(size=(n, rank))
    K = scale * vectors @ vectors.T  # singular, and symmetric to rounding only
    matrix, shift = repair(K, method)
    assert matrix is K
    assert shift == 0.0


@pytest.mark.parametrize("method", METHODS)
def test_exact_kernels_are_not_touched(method):
    X = np.random.default_rng(0).normal(size=(60, 2))  # rank 9 at most
    K = FidelityKernel("angle")(X)
    assert repair(K, method)[0] is K
    assert repair(K.astype(np.float32), method)[1] == 0.0


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("n", [2, 3, 30])
def test_repaired_matrices_are_not_touched_again(method, n):
    for seed in range(4):
        matrix, _ = repair(noisy_gram(n, 2.0, seed), method)
        assert repair(matrix, method)[0] is matrix


@pytest.mark.parametrize("function", FUNCTIONS)
def test_lists_are_taken(function):
    matrix, shift = function([[1, 0], [0, 1]])
    assert_array_equal(matrix, np.eye(2))
    assert shift == 0.0
    assert function([[1, 2], [2, 1]])[1] == pytest.approx(1.0)


def test_too_few_iterations_warn_and_still_give_a_correlation_matrix():
    K = noisy_gram(10, 2.0, 0)
    with pytest.warns(ConvergenceWarning, match=r"within 3 iterations; .* raise max_iter"):
        matrix, _ = nearest_correlation(K, max_iter=3)
    assert_array_equal(matrix.diagonal(), 1.0)
    assert_array_equal(matrix, matrix.T)
    assert np.linalg.eigvalsh(matrix)[0] > -1e-14
    # Rows that are still 0 become rows of the identity.
    with pytest.warns(ConvergenceWarning):
        assert_array_equal(nearest_correlation(-5 * np.eye(3), max_iter=1)[0], np.eye(3))


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize(
    ("K", "message"),
    [
        (np.ones((2, 3)), "K has 2 rows and 3 columns, .* pass that one"),
        ([[1.0, 0.5], [0.3, 1.0]], r"K\[0, 1\] = 0.5 and K\[1, 0\] = 0.3, .* \(K \+ K.T\) / 2"),
        ([[1.0, np.nan], [np.nan, 1.0]], "K contains NaN"),
        ([[1.0, np.inf], [np.inf, 1.0]], "K contains infinity"),
        ([1.0, 2.0], "2D array"),
        (np.array([[1j]]), "Complex"),
    ],
)
def test_bad_matrices(method, K, message):
    with pytest.raises(ValueError, match=message):
        repair(K, method)


def test_bad_parameters():
    with pytest.raises(ValueError, match=r"method='clipp' is unknown: did you mean 'clip'"):
        repair(np.eye(2), "clipp")
    with pytest.raises(ValueError, match="tol=0, but it must be above 0"):
        nearest_correlation(np.eye(2), tol=0)
    with pytest.raises(ValueError, match="max_iter=0, but at least 1"):
        nearest_correlation(np.eye(2), max_iter=0)

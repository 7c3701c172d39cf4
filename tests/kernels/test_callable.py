"""Functions of rows, and scikit-learn's Gaussian-process kernels, as kernels."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from oracles import angle_kernel
from sklearn.base import clone
from sklearn.gaussian_process.kernels import RBF, CompoundKernel, DotProduct, WhiteKernel
from sklearn.kernel_ridge import KernelRidge
from sklearn.metrics.pairwise import linear_kernel, rbf_kernel
from sklearn.svm import SVC

from skquantum import QSVC, QuantumKernelRidge
from skquantum.feature_maps import ReuploadingFeatureMap
from skquantum.kernels import CallableKernel, FidelityKernel


def rows(n=6, n_features=3, seed=0):
    return np.random.default_rng(seed).normal(size=(n, n_features))


def matmul(a, b):
    return a @ b


def squared_distance(a, b):
    return np.exp(-np.sum((a - b) ** 2))


def in_python(a, b):
    return float(sum(x * y for x, y in zip(a, b, strict=True)))


POINTS = {
    "matmul": (matmul, linear_kernel),
    "distance": (squared_distance, lambda A, B: rbf_kernel(A, B, gamma=1)),
    "python": (in_python, linear_kernel),
    "inner": (np.inner, linear_kernel),  # takes both, and is called once
    "constant": (lambda a, b: 2, lambda A, B: np.full((len(A), len(B)), 2.0)),
}


@pytest.mark.parametrize("n", [1, 3, 5])
@pytest.mark.parametrize("fitted", [False, True])
@pytest.mark.parametrize(("function", "expected"), POINTS.values(), ids=POINTS)
def test_functions_of_two_rows(function, expected, fitted, n):
    """Also for as many rows as features, where a product of the arrays has the right shape."""
    X, Y = rows(n), rows(4, seed=1)
    kernel = CallableKernel(function)
    if fitted:
        kernel.fit(X)
        assert kernel.pairwise_ == (function is not np.inner)
    assert_allclose(kernel(X), expected(X, X), rtol=1e-12)
    assert_array_equal(kernel(X), kernel(X).T)
    assert_allclose(kernel(X, Y), expected(X, Y), rtol=1e-12)
    assert_allclose(kernel.diag(Y), expected(Y, Y).diagonal(), rtol=1e-12)


def test_a_pair_of_rows_is_called_once():
    pairs = []

    def recording(a, b):
        pairs.append((tuple(a), tuple(b)))
        return float(a @ b)

    X = rows(4)
    kernel = CallableKernel(recording).fit(X)
    pairs.clear()
    kernel(X)
    assert len(pairs) == len({frozenset(pair) for pair in pairs}) == 10


def test_estimators_take_the_functions_that_their_counterparts_take():
    X, new = rows(30), rows(5, seed=1)
    y = X[:, 0] + X[:, 1] ** 2
    ours = QuantumKernelRidge(kernel=squared_distance).fit(X, y)
    theirs = KernelRidge(kernel=squared_distance).fit(X, y)
    assert_allclose(ours.predict(new), theirs.predict(new), rtol=1e-9)
    ours = QSVC(kernel=rbf_kernel).fit(X, y > 0)
    theirs = SVC(kernel=rbf_kernel).fit(X, y > 0)
    assert_allclose(ours.decision_function(new), theirs.decision_function(new), rtol=1e-9)


def test_errors_of_a_function_are_its_own():
    def broken(A, B):
        raise RuntimeError("the device is down")

    with pytest.raises(RuntimeError, match="the device is down"):
        CallableKernel(broken).fit(rows())(rows())


@pytest.mark.parametrize(
    ("function", "pattern"),
    [
        (lambda a, b: complex(1, np.sum(a - b)), "returned an array of complex128 .*real numbers"),
        (lambda A, B: "1", r"returned '1' for 6 and 6 rows; .*\(6, 6\), or one for two rows"),
    ],
    ids=["complex", "text"],
)
def test_functions_that_return_no_real_numbers(function, pattern):
    with pytest.raises(ValueError, match=pattern):
        CallableKernel(function)(rows())


def test_no_rows_have_an_empty_matrix():
    kernel = CallableKernel(rbf_kernel).fit(rows())
    B = kernel.encode(rows(4))
    A = B.take([])
    assert kernel.gram(A, B).shape == (0, 4)
    assert kernel.gram(B, A).shape == (4, 0)
    assert kernel.gram(A).shape == (0, 0)


# --- Gaussian-process kernels of scikit-learn --------------------------------------------------


@pytest.mark.parametrize("fitted", [False, True])
def test_white_noise_is_on_the_diagonal_of_the_training_rows(fitted):
    X, Y = rows(), rows(4, seed=1)
    theirs = 0.5 * RBF(0.7) + DotProduct() + WhiteKernel(0.3)
    kernel = CallableKernel(theirs)
    if fitted:
        kernel.fit(X)
    assert_array_equal(kernel(X), theirs(X))
    assert_array_equal(kernel(X, Y), theirs(X, Y))
    assert_array_equal(kernel.diag(X), theirs.diag(X))


def test_estimators_take_gaussian_process_kernels():
    X, new = rows(30), rows(5, seed=1)
    y = X[:, 0] + X[:, 1] ** 2
    noise = 0.4
    model = QuantumKernelRidge(alpha=0.1, kernel=RBF() + WhiteKernel(noise)).fit(X, y)
    weights = np.linalg.solve(RBF()(X) + (0.1 + noise) * np.eye(30), y)
    assert_allclose(model.predict(new), RBF()(new, X) @ weights, rtol=1e-9)
    model.set_params(kernel=CallableKernel(RBF()), kernel__function__length_scale=3.0).fit(X, y)
    weights = np.linalg.solve(RBF(3.0)(X) + 0.1 * np.eye(30), y)
    assert_allclose(model.predict(new), RBF(3.0)(new, X) @ weights, rtol=1e-9)


def test_quantum_kernels_in_a_gaussian_process_kernel_are_fitted():
    """Not on the rows of each call, and not in the object that was passed."""
    X, new = rows(20), rows(5, seed=1)
    learning = FidelityKernel(ReuploadingFeatureMap(n_qubits=3))  # its bandwidth
    theirs = RBF() + learning
    kernel = CallableKernel(theirs).fit(X)
    fitted = clone(learning).fit(X)
    assert_allclose(kernel(new, X), RBF()(new, X) + fitted(new, X), rtol=1e-12)
    assert not hasattr(learning, "feature_map_")
    assert theirs.k2 is learning


def test_sum_of_both_libraries_in_an_estimator():
    X = rows(20)
    y = X[:, 0] + np.sin(X[:, 1])
    model = QuantumKernelRidge(alpha=0.1, kernel=RBF() + FidelityKernel("angle")).fit(X, y)
    weights = np.linalg.solve(RBF()(X) + angle_kernel(X, X) + 0.1 * np.eye(20), y)
    assert_allclose(model.dual_coef_, weights, rtol=1e-9)


def test_a_kernel_of_several_matrices_is_refused():
    with pytest.raises(ValueError, match=r"shape \(6, 6, 2\) for 6 and 6 rows; it must"):
        CallableKernel(CompoundKernel([RBF(), RBF(2.0)])).fit(rows())(rows())

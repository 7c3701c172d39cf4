"""Spectra, complexities and geometric differences against transcriptions of their definitions."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy.linalg import sqrtm
from sklearn.kernel_ridge import KernelRidge
from sklearn.metrics.pairwise import rbf_kernel

from skquantum.kernels import FidelityKernel
from skquantum.metrics import (
    contrasting_targets,
    effective_rank,
    geometric_difference,
    ideal_kernel,
    kernel_spectrum,
    model_complexity,
    task_model_alignment,
)

each = pytest.mark.parametrize
RNG = np.random.default_rng(0)
X = RNG.normal(size=(30, 3))
QUANTUM = FidelityKernel("zz", engine="compiled")(X)
RBF = rbf_kernel(X, gamma=1.0)


def transcription(classical, quantum, alpha):
    """Huang et al., equation (5) and its supplement, letter by letter."""
    n = len(classical)
    classical, quantum = n * classical / np.trace(classical), n * quantum / np.trace(quantum)
    inverse = np.linalg.matrix_power(np.linalg.inv(classical + alpha * np.eye(n)), 2)
    middle = sqrtm(classical) @ inverse @ sqrtm(classical)
    return np.sqrt(np.linalg.norm(sqrtm(quantum) @ middle @ sqrtm(quantum), 2))


@each("alpha", [0.0, 1e-3, 0.01, 1.1])
def test_geometric_difference_is_that_of_the_paper(alpha):
    wanted = transcription(RBF, QUANTUM, alpha)
    assert_allclose(geometric_difference(RBF, QUANTUM, alpha=alpha), wanted, rtol=1e-10)
    other_scale = geometric_difference(7 * RBF, 0.1 * QUANTUM, alpha=alpha)
    assert_allclose(other_scale, wanted, rtol=1e-10)
    assert geometric_difference(RBF, QUANTUM, alpha=alpha) != pytest.approx(
        geometric_difference(QUANTUM, RBF, alpha=alpha)
    )


def test_the_main_text_has_no_regularisation():
    root = sqrtm(QUANTUM)
    wanted = np.sqrt(np.linalg.norm(root @ np.linalg.inv(RBF) @ root, 2))
    assert_allclose(geometric_difference(RBF, QUANTUM, alpha=0.0), wanted, rtol=1e-10)
    assert_allclose(geometric_difference(RBF, RBF, alpha=0.0), 1.0, rtol=1e-10)


@each("alpha", [0.0, 0.01, 1.1])
@each("y", [np.arange(30) % 2, RNG.normal(size=30), RNG.normal(size=(30, 2)), np.arange(30) % 3])
def test_complexity_is_that_of_the_paper(alpha, y):
    inverse = np.linalg.matrix_power(np.linalg.inv(RBF + alpha * np.eye(30)), 2)
    middle = sqrtm(RBF) @ inverse @ sqrtm(RBF)
    wanted = (middle * ideal_kernel(y)).sum()
    assert_allclose(model_complexity(RBF, y, alpha=alpha), wanted, rtol=1e-10)
    assert_allclose(model_complexity(5 * RBF, y, alpha=alpha), wanted, rtol=1e-10)


def test_complexity_is_the_squared_norm_of_kernel_ridge_regression():
    y = RNG.normal(size=30)
    dual = KernelRidge(alpha=0.3, kernel="precomputed").fit(RBF, y).dual_coef_
    assert_allclose(model_complexity(RBF, y, alpha=0.3), dual @ RBF @ dual, rtol=1e-10)


def test_defaults_are_the_documented_ones():
    y = np.arange(30) % 2
    assert model_complexity(RBF, y) == model_complexity(RBF, y, alpha=0.01)
    assert geometric_difference(RBF, QUANTUM) == geometric_difference(RBF, QUANTUM, alpha=0.01)
    bound = np.sqrt(30 / (4 * 0.01))
    assert geometric_difference(np.ones((30, 30)) + 0.01 * np.eye(30), np.eye(30)) <= bound


@each("alpha", [0.0, 0.01])
def test_contrasting_targets_attain_the_difference(alpha):
    y = contrasting_targets(RBF, QUANTUM, alpha=alpha)
    g = geometric_difference(RBF, QUANTUM, alpha=alpha)
    simple = model_complexity(QUANTUM, y, alpha=0.0)
    assert_allclose(model_complexity(RBF, y, alpha=alpha), g**2 * simple, rtol=1e-7)
    assert y[np.abs(y).argmax()] > 0
    for _ in range(20):  # and no others exceed it
        other = RNG.normal(size=30)
        ratio = model_complexity(RBF, other, alpha=alpha) / model_complexity(
            QUANTUM, other, alpha=0.0
        )
        assert ratio <= g**2 * (1 + 1e-9)


def test_effective_rank():
    assert_allclose(effective_rank(np.eye(7)), 7)
    assert_allclose(effective_rank(np.ones((7, 7))), 1)
    blocks = np.kron(np.eye(3), np.ones((4, 4)))
    assert_allclose(effective_rank(5 * blocks), 3)
    p = np.linalg.eigvalsh(RBF) / 30
    assert_allclose(effective_rank(RBF), np.prod(p**-p))


def test_spectrum_is_sorted_and_has_the_trace_of_a_kernel():
    values, vectors = kernel_spectrum(4 * RBF)
    assert_allclose(values.sum(), 30)
    assert (np.diff(values) <= 0).all()
    assert_allclose((vectors * values) @ vectors.T, RBF, atol=1e-12)
    noisy = RBF - 0.1 * np.eye(30)
    assert np.linalg.eigvalsh(noisy)[0] < 0
    assert kernel_spectrum(noisy)[0][-1] == 0


@each("y", [np.arange(30) % 2, RNG.normal(size=30), np.arange(30) % 3])
def test_cumulative_power_is_that_of_the_definition(y):
    values, vectors = np.linalg.eigh(RBF)
    T = ideal_kernel(y)
    power = [vectors[:, k] @ T @ vectors[:, k] for k in np.argsort(-values)]
    curve = task_model_alignment(RBF, y)
    assert_allclose(curve, np.cumsum(power) / np.trace(T), atol=1e-12)
    assert_allclose(curve[-1], 1)
    leading = vectors[:, -1]
    assert_allclose(task_model_alignment(RBF, leading), 1, atol=1e-12)
    last = task_model_alignment(RBF, vectors[:, 0])
    assert_allclose(last[:-1], 0, atol=1e-12)


@each("measure", [effective_rank, kernel_spectrum, lambda K: task_model_alignment(K, [0, 1])])
def test_matrices_that_are_no_kernels(measure):
    with pytest.raises(ValueError, match="square matrix of the training rows"):
        measure(np.ones((2, 3)))
    with pytest.raises(ValueError, match=r"K\[0, 1\] = 0.5 and K\[1, 0\] = 0.1"):
        measure([[1.0, 0.5], [0.1, 1.0]])
    with pytest.raises(ValueError, match="K has no positive eigenvalue"):
        measure(np.zeros((2, 2)))
    with pytest.raises(ValueError, match="NaN"):
        measure(np.full((2, 2), np.nan))


def test_refusals():
    with pytest.raises(ValueError, match="K_classical is a matrix of 30 rows and K_quantum of 2"):
        geometric_difference(RBF, np.eye(2))
    with pytest.raises(ValueError, match=r"K_classical is singular to rounding.*pass alpha > 0"):
        geometric_difference(np.ones((30, 30)), QUANTUM, alpha=0)
    for alpha in (-1, np.nan, "scale", None):
        with pytest.raises(ValueError, match="a regularisation is a number of at least 0"):
            model_complexity(RBF, np.arange(30) % 2, alpha=alpha)
    with pytest.raises(ValueError, match="inconsistent numbers of samples"):
        model_complexity(RBF, [0, 1])
    with pytest.raises(ValueError, match="one class"):
        task_model_alignment(RBF, np.ones(30, dtype=int))
    with pytest.raises(ValueError, match="All targets are 0"):
        task_model_alignment(RBF, np.zeros(30))
    assert_array_equal(RBF, rbf_kernel(X, gamma=1.0))  # nothing was changed in place

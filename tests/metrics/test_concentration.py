"""Moments of kernel entries against closed forms."""

import numpy as np
import pytest
from numpy.testing import assert_allclose
from qiskit.quantum_info import random_statevector

from skquantum.engines import StateBatch
from skquantum.kernels import FidelityKernel
from skquantum.metrics import expected_moments, off_diagonal_moments

each = pytest.mark.parametrize


@each("n_qubits", [2, 4, 6, 8, 10, 12])
def test_product_maps_concentrate_as_their_closed_form(n_qubits):
    X = np.random.default_rng(n_qubits).uniform(0, 2 * np.pi, (1500, n_qubits))
    found = np.prod(np.cos((X[::2] - X[1::2]) / 2) ** 2, axis=1)  # pairs without a common row
    mean, variance = expected_moments(n_qubits, "product")
    assert mean == 2.0**-n_qubits
    assert_allclose(variance, (3 / 8) ** n_qubits - 4.0**-n_qubits, rtol=1e-12)
    # 5 standard errors of a mean over independent pairs
    assert abs(found.mean() - mean) < 5 * np.sqrt(variance / len(found))


@pytest.mark.filterwarnings("ignore::skquantum.exceptions.ConcentrationWarning")
def test_slope_of_measured_variances():
    variances = []
    sizes = range(2, 13)
    for n_qubits in sizes:
        X = np.random.default_rng(0).uniform(0, 2 * np.pi, (400, n_qubits))
        kernel = FidelityKernel("angle", engine="compiled").set_params(feature_map__bandwidth=1.0)
        variances.append(off_diagonal_moments(kernel(X))[1])
    wanted = [expected_moments(n, "product")[1] for n in sizes]
    slope, reference = (np.polyfit(sizes, np.log(v), 1)[0] for v in (variances, wanted))
    assert_allclose(slope, reference, rtol=0.05)


@each("n_qubits", [1, 2, 5])
def test_haar_random_states(n_qubits):
    D = 2**n_qubits
    mean, variance = expected_moments(n_qubits)
    assert_allclose(mean, 1 / D)
    assert_allclose(variance, (D - 1) / (D**2 * (D + 1)))
    states = np.array([random_statevector(D, seed=seed).data for seed in range(400)])
    found = off_diagonal_moments(StateBatch(states).inner()[0])
    assert_allclose(found, (mean, variance), rtol=0.1)


def test_moments_are_those_of_the_entries():
    K = np.random.default_rng(0).uniform(size=(6, 6))
    off = K[~np.eye(6, dtype=bool)]
    assert_allclose(off_diagonal_moments(K), (off.mean(), off.var(ddof=1)))
    K = (K + K.T) / 2
    off = K[np.triu_indices(6, 1)]
    assert_allclose(off_diagonal_moments(K), (off.mean(), off.var(ddof=1)))
    assert off_diagonal_moments(np.full((5, 5), 0.1))[1] == 0


def test_refusals():
    with pytest.raises(ValueError, match="1 independent entries off the diagonal"):
        off_diagonal_moments(np.eye(2))
    with pytest.raises(ValueError, match="square"):
        off_diagonal_moments(np.ones((2, 3)))
    for n_qubits in (0, 1.5, "2"):
        with pytest.raises(ValueError, match="an integer of at least 1"):
            expected_moments(n_qubits)
    with pytest.raises(ValueError, match="did you mean 'product'"):
        expected_moments(3, "products")
    assert expected_moments(600, "product") == pytest.approx((2.0**-600, 0.375**600), abs=0)

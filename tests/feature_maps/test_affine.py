"""A feature map whose angles are trained functions of the features."""

import pickle

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy import sparse
from sklearn.base import clone

from skquantum.ansatze import StronglyEntangling
from skquantum.feature_maps import AffineFeatureMap, TrainableFeatureMap
from skquantum.kernels import FidelityKernel
from skquantum.testing import FEATURE_MAP_CHECKS

RNG = np.random.default_rng(5)
X = RNG.normal(2.0, [0.1, 5.0, 1.0], size=(15, 3))
each = pytest.mark.parametrize


def weights_of(feature_map):
    return RNG.normal(size=feature_map.n_weights_)


@each("encoding", ["full", "single"])
def test_angles_are_those_of_the_definition(encoding):
    feature_map = AffineFeatureMap(2, layers=3, encoding=encoding).fit(X)
    weights = weights_of(feature_map)
    n_angles = 3 * 2 * 3
    assert feature_map.circuit_.num_parameters == n_angles
    z = 2 / np.sqrt(3) * (X - X.mean(axis=0)) / X.std(axis=0)
    angles = np.empty((15, n_angles))
    for k in range(n_angles):
        if encoding == "full":
            angles[:, k] = z @ weights[3 * k : 3 * k + 3] + weights[3 * n_angles + k]
        else:
            angles[:, k] = weights[k] * z[:, k % 3] + weights[n_angles + k]
    assert_allclose(feature_map.angles(feature_map.inputs(X), weights), angles, rtol=0, atol=1e-12)
    assert feature_map.is_encoding_.sum() == len(weights) - n_angles
    moved = feature_map.angles(feature_map.inputs(X), weights + 1) != angles
    assert moved.all()
    for k in range(len(weights)):
        changed = weights + (np.arange(len(weights)) == k)
        moved = feature_map.angles(feature_map.inputs(X), changed)
        differs = (np.abs(moved - angles) > 1e-9).any(axis=0)
        assert_array_equal(np.flatnonzero(differs), [feature_map.angle_of_[k]])
    by_row = np.tile(weights, (15, 1))
    assert_allclose(feature_map.angles(feature_map.inputs(X), by_row), angles, rtol=0, atol=1e-12)


def test_the_circuit_is_that_of_strongly_entangling_layers():
    circuit = AffineFeatureMap(3, layers=2).fit(X).circuit_
    theirs = StronglyEntangling(2).build(3)
    angles = RNG.normal(size=18)
    assert circuit.assign_parameters(angles) == theirs.assign_parameters(angles)


@each("encoding", ["full", "single"])
def test_pull_back_is_the_derivative(encoding):
    feature_map = AffineFeatureMap(2, layers=1, encoding=encoding).fit(X)
    weights, by_angle = weights_of(feature_map), RNG.normal(size=(15, 6))
    inputs = feature_map.inputs(X)
    found = feature_map.pull_back(inputs, by_angle)
    for k, step in enumerate(1e-4 * np.eye(len(weights))):
        up, down = (feature_map.angles(inputs, weights + s) for s in (step, -step))
        assert_allclose(found[k], (by_angle * (up - down)).sum() / 2e-4, rtol=0, atol=1e-9)


@each(
    ("n_features", "encoding", "layers"),
    [(1, "full", 6), (2, "full", 3), (3, "full", 2), (500, "full", 2), (500, "single", 28)],
)
def test_what_none_means(n_features, encoding, layers):
    feature_map = AffineFeatureMap(encoding=encoding).fit(RNG.normal(size=(4, n_features)))
    assert feature_map.circuit_.num_qubits == 6
    assert feature_map.circuit_.num_parameters == 18 * layers


def test_units_and_offsets_of_features_do_not_matter():
    feature_map = AffineFeatureMap(2).fit(X)
    other = AffineFeatureMap(2).fit(1e6 * X - 3.0)
    assert_allclose(feature_map.inputs(X), other.inputs(1e6 * X - 3.0), rtol=0, atol=1e-8)
    constant = np.c_[X, np.full(15, 0.1)]
    found = AffineFeatureMap(2).fit(constant).inputs(constant)[:, 3]
    assert_allclose(found, 0.0, rtol=0, atol=1e-15)


def test_weights_of_rows_are_repetitions():
    counts = RNG.integers(0, 4, 15)
    weighted = AffineFeatureMap(2).fit(X, sample_weight=counts)
    repeated = AffineFeatureMap(2).fit(np.repeat(X, counts, axis=0))
    assert_allclose(weighted.mean_, repeated.mean_, rtol=1e-12)
    assert_allclose(weighted.scale_, repeated.scale_, rtol=1e-12)


def test_sparse_rows_are_standardised_likewise():
    rows = X * (RNG.uniform(size=X.shape) < 0.5)
    dense, stored = (AffineFeatureMap(2).fit(data) for data in (rows, sparse.csr_matrix(rows)))
    assert_allclose(stored.mean_, dense.mean_, rtol=1e-12)
    assert_allclose(stored.scale_, dense.scale_, rtol=1e-12)
    assert_allclose(stored.inputs(sparse.csr_matrix(rows)), dense.inputs(rows), atol=1e-12)


def test_a_row_alone_has_the_same_angles_to_the_bit():
    feature_map = AffineFeatureMap().fit(X)
    angles = feature_map.parameter_values(X)
    for row in range(15):
        assert_array_equal(feature_map.parameter_values(X[[row]])[0], angles[row])


@each("check", FEATURE_MAP_CHECKS)
@each("encoding", ["full", "single"])
def test_public_checks(check, encoding):
    check(AffineFeatureMap(2, encoding=encoding))


def test_random_weights_serve_kernels():
    kernel = FidelityKernel(AffineFeatureMap(random_state=1), engine="compiled").fit(X)
    K = kernel(X)
    assert 0.01 < K[0, 1] < 1
    assert_array_equal(clone(kernel).fit(X)(X), K)
    assert_array_equal(pickle.loads(pickle.dumps(kernel))(X), K)
    assert np.abs(clone(kernel).set_params(feature_map__random_state=2).fit(X)(X) - K).max() > 0.01
    assert isinstance(kernel.feature_map_, TrainableFeatureMap)

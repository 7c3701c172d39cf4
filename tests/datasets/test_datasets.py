"""Data sets against the rules that they are made by."""

import inspect

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from qiskit import QuantumCircuit
from qiskit.circuit import ParameterVector
from qiskit.quantum_info import Pauli, Statevector
from scipy.sparse import csr_array
from scipy.stats import unitary_group
from sklearn.linear_model import LogisticRegression
from sklearn.metrics.pairwise import rbf_kernel
from sklearn.model_selection import GridSearchCV
from sklearn.svm import SVC
from sklearn.tree import DecisionTreeClassifier

from skquantum import QSVC, datasets
from skquantum.datasets import (
    make_ad_hoc,
    make_bars_and_stripes,
    make_circle_in_square,
    make_covariant,
    make_hidden_manifold,
    make_hyperplanes,
    make_linearly_separable,
    make_parity,
    make_quantum_labels,
    make_two_curves,
)
from skquantum.feature_maps import CircuitFeatureMap, ZZFeatureMap
from skquantum.kernels import FidelityKernel, ProjectedKernel

each = pytest.mark.parametrize
GENERATORS = [getattr(datasets, name) for name in datasets.__all__]
MADE = [make for make in GENERATORS if make is not make_quantum_labels]
BALANCED = [
    make_ad_hoc,
    make_covariant,
    make_hidden_manifold,
    make_hyperplanes,
    make_linearly_separable,
    make_two_curves,
]


# --- What holds for all of them ------------------------------------------------------------------


@each("make", MADE)
def test_shapes_types_and_seeds(make):
    X, y = make(30, random_state=0)
    assert X.shape[0] == len(y) == 30
    assert X.dtype == np.float64
    assert set(np.unique(y)) == {0, 1}
    again = make(30, random_state=np.random.RandomState(0))
    assert_array_equal(X, again[0])
    assert_array_equal(y, again[1])
    assert not np.array_equal(X, make(30, random_state=1)[0])
    assert len(make(random_state=0)[1]) == 100
    if "n_features" in inspect.signature(make).parameters:
        assert make(20, 5, random_state=0)[0].shape == (20, 5)


@each("make", BALANCED)
@each("n_samples", [1, 2, 7, 30])
def test_classes_have_the_same_size(make, n_samples):
    _, y = make(n_samples, random_state=0)
    assert abs(2 * y.sum() - n_samples) <= 1


@each("make", [make for make in BALANCED if make is not make_hidden_manifold])
def test_order_is_random(make):
    _, y = make(60, random_state=0)
    assert 10 < np.count_nonzero(np.diff(y)) < 50


@each("make", MADE)
def test_bad_parameters_name_themselves(make):
    for bad in (0, -1, 2.5, "many"):
        with pytest.raises(ValueError, match=f"'n_samples' parameter of {make.__name__}"):
            make(bad)
    with pytest.raises(ValueError, match="'random_state' parameter"):
        make(10, random_state="zero")


# --- Each by its rule ----------------------------------------------------------------------------


def zz_state(x):
    """The state of Qiskit's ZZ feature map, gate by gate."""
    n = len(x)
    circuit = QuantumCircuit(n)
    for _ in range(2):
        circuit.h(range(n))
        for i in range(n):
            circuit.p(2 * x[i], i)
        for i in range(n):
            for j in range(i + 1, n):
                circuit.cx(i, j)
                circuit.p(2 * (np.pi - x[i]) * (np.pi - x[j]), j)
                circuit.cx(i, j)
    return Statevector(circuit)


@each(("n_features", "gap"), [(1, 0.3), (2, 0.3), (3, 0.3), (5, 0.05)])
def test_ad_hoc(n_features, gap):
    X, y = make_ad_hoc(24, n_features, gap=gap, random_state=3)
    unitary = unitary_group.rvs(2**n_features, random_state=np.random.RandomState(3))
    observable = unitary.conj().T @ Pauli("Z" * n_features).to_matrix() @ unitary
    states = [zz_state(x).data for x in X]
    values = np.array([(s.conj() @ observable @ s).real for s in states])
    assert (np.abs(values) >= gap).all()
    assert_array_equal(y, values > 0)
    assert ((X >= 0) & (X < 2 * np.pi)).all()


def test_ad_hoc_is_separated_by_its_kernel_with_other_entanglement_too():
    X, y = make_ad_hoc(160, 3, gap=0.25, entanglement="linear", random_state=0)
    model = QSVC(kernel=ZZFeatureMap(entanglement="linear", bandwidth=1.0), C=1e4)
    assert model.fit(X[:120], y[:120]).score(X[120:], y[120:]) > 0.8
    other, _ = make_ad_hoc(160, 3, gap=0.25, entanglement="full", random_state=0)
    assert not np.array_equal(X, other)


def test_ad_hoc_says_when_the_gap_is_out_of_reach():
    with pytest.raises(ValueError, match=r"of class 1, but 2 and 2 are.*pass a gap below 0.9"):
        make_ad_hoc(4, 6, gap=0.9, random_state=0)
    with pytest.raises(ValueError, match="'gap' parameter of make_ad_hoc"):
        make_ad_hoc(gap=1.0)
    for n_features in (25, 300):
        with pytest.raises(MemoryError, match=r"A random unitary of .* GiB.*use fewer features"):
            make_ad_hoc(n_features=n_features)


def test_hidden_manifold():
    X, y = make_hidden_manifold(400, 9, manifold_dimension=2, random_state=1)
    assert np.abs(X).max() < 1
    # before tanh, rows are a plane of two dimensions, shifted
    plane = np.arctanh(X)
    values = np.linalg.svd(plane - plane.mean(axis=0), compute_uv=False)
    assert values[1] > 1
    assert values[2] < 1e-8
    # and the class is an odd function on it, above its median: where the origin is, is 0
    inner = np.linalg.svd(plane - plane.mean(axis=0))[0][:, :2]
    found = DecisionTreeClassifier(min_samples_leaf=5, random_state=0).fit(inner, y)
    assert found.score(inner, y) > 0.9
    higher, _ = make_hidden_manifold(400, 9, manifold_dimension=5, random_state=1)
    plane = np.arctanh(higher)
    assert np.linalg.svd(plane - plane.mean(axis=0), compute_uv=False)[4] > 1


@each("n_hyperplanes", [1, 3])
def test_hyperplanes(n_hyperplanes):
    X, y = make_hyperplanes(300, 8, n_hyperplanes=n_hyperplanes, dimension=4, random_state=2)
    assert_allclose(X.mean(axis=0), 0, atol=1e-12)
    assert_allclose(X.std(axis=0), 1)
    assert np.linalg.svd(X, compute_uv=False)[4] < 1e-10 < np.linalg.svd(X, compute_uv=False)[3]
    # the hyperplanes are the first that are drawn, and one alone is a linear model
    linear = LogisticRegression(C=1e6, max_iter=5000).fit(X, y).score(X, y)
    assert (linear > 0.99) == (n_hyperplanes == 1)


def test_parity():
    X, y = make_parity(500, 6, n_informative=3, random_state=0)
    assert set(np.unique(X)) == {0.0, 1.0}
    assert_array_equal(y, (X[:, 0] + X[:, 1] + X[:, 2]) % 2)
    bits, odd = make_parity(50, 4, random_state=0)
    assert_array_equal(odd, bits.sum(axis=1) % 2)
    flipped = make_parity(500, 6, n_informative=3, flip_y=0.4, random_state=0)
    assert_array_equal(X, flipped[0])
    assert 0.1 < np.mean(y != flipped[1]) < 0.3  # half of those that are drawn anew are the same
    with pytest.raises(ValueError, match="n_informative=9 is more than n_features=8"):
        make_parity(n_informative=9)


def test_two_curves():
    settings = {"n_samples": 400, "n_features": 6, "random_state": 0}
    X, _ = make_two_curves(noise=0.0, offset=0.2, degree=2, **settings)
    # both curves lie in the span of cos(pi k t), sin(pi k t), k <= 2, and the classes in one plane
    values = np.linalg.svd(X, compute_uv=False)
    assert values[4] > 1e-3
    assert values[5] < 1e-10
    straight = make_two_curves(noise=0.0, offset=0.0, degree=1, **settings)[0]
    assert np.linalg.svd(straight, compute_uv=False)[2] < 1e-10
    noisy = make_two_curves(noise=0.5, offset=0.2, degree=2, **settings)[0]
    assert np.linalg.svd(noisy, compute_uv=False)[5] > 1
    assert_allclose(X.mean(axis=0), 0, atol=1e-12)
    assert_allclose(X.std(axis=0), 1)
    apart = make_two_curves(noise=0.0, offset=50.0, **settings)
    assert_array_equal(apart[0][:, 0] > 0, apart[1])  # far from each other, one on each side


def test_linearly_separable():
    for margin, wanted in ((None, 0.02 * 5), (1.5, 1.5), (0.0, 0.0)):
        X, y = make_linearly_separable(200, 5, margin=margin, random_state=0)
        sums = X.sum(axis=1)
        assert np.abs(sums).min() > wanted
        assert_array_equal(y, sums > 0)
        assert np.abs(X).max() <= 1
    with pytest.raises(ValueError, match="margin below 5, which is at most n_features=5"):
        make_linearly_separable(10, 5, margin=5)


def test_bars_and_stripes():
    X, y = make_bars_and_stripes(500, height=3, width=5, random_state=0)
    images = X.reshape(-1, 3, 5)
    bars, stripes = np.ptp(images, axis=1) == 0, np.ptp(images, axis=2) == 0
    assert_array_equal(y, stripes.all(axis=1))
    assert_array_equal(y, ~bars.all(axis=1))
    assert 200 < y.sum() < 300
    assert len(np.unique(X[y == 0], axis=0)) == 2**5 - 2
    assert len(np.unique(X[y == 1], axis=0)) == 2**3 - 2
    noisy, same = make_bars_and_stripes(500, height=3, width=5, noise=0.1, random_state=0)
    assert_array_equal(y, same)
    assert_allclose((noisy - X).std(), 0.1, rtol=0.05)
    with pytest.raises(ValueError, match="'width' parameter"):
        make_bars_and_stripes(width=1)


@each(("height", "width"), [(2, 2), (3, 2), (2, 4)])
def test_all_bars_and_stripes(height, width):
    X, y = make_bars_and_stripes(None, height=height, width=width)
    assert len(X) == len(np.unique(X, axis=0)) == 2**height + 2**width - 2
    images = X.reshape(-1, height, width)
    bars, stripes = (np.ptp(images, axis=axis).max(axis=1) == 0 for axis in (1, 2))
    assert (bars | stripes).all()
    assert_array_equal(y, ~bars)


def test_circle_in_square():
    X, y = make_circle_in_square(20000, random_state=0)
    assert_array_equal(y, np.hypot(*X.T) < np.sqrt(2 / np.pi))
    assert abs(y.mean() - 0.5) < 5 * 0.5 / np.sqrt(20000)
    assert_allclose(X.min(axis=0), -1, atol=1e-3)
    assert_allclose(X.max(axis=0), 1, atol=1e-3)


def graph_kernel(n_qubits, edges):
    """A covariant kernel whose fiducial state is the graph state."""
    x = ParameterVector("x", 2 * n_qubits)
    circuit = QuantumCircuit(n_qubits)
    circuit.h(range(n_qubits))
    for edge in edges:
        circuit.cz(*edge)
    for qubit in range(n_qubits):
        circuit.rz(-2 * x[2 * qubit + 1], qubit)
        circuit.rx(-2 * x[2 * qubit], qubit)
    return FidelityKernel(CircuitFeatureMap(circuit, features=x), engine="compiled")


@each(("n_qubits", "edges"), [(1, None), (4, None), (5, [(0, 4), (1, 2), (2, 4), (0, 1)])])
def test_a_covariant_kernel_sees_one_point_per_class(n_qubits, edges):
    graph = [(i, i + 1) for i in range(n_qubits - 1)] if edges is None else edges
    kernel = graph_kernel(n_qubits, graph)
    X, y = make_covariant(40, n_qubits, edges=edges, separation=0.8, noise=0.0, random_state=0)
    K = kernel(X)
    same = y[:, None] == y
    assert_allclose(K[same], 1, atol=1e-12)
    between = K[~same]
    assert np.ptp(between) < 1e-12
    if n_qubits > 1:  # |+> is an eigenstate of every rotation about X
        assert between[0] < 0.9
        shared = make_covariant(40, n_qubits, edges=edges, separation=0.0, noise=0.0)[0]
        assert_allclose(kernel(shared), 1, atol=1e-12)
        noisy = make_covariant(40, n_qubits, edges=edges, noise=0.1, random_state=0)[0]
        assert 0.05 < 1 - kernel(noisy)[same].mean() < 0.8
        assert np.linalg.matrix_rank(X - X.mean(axis=0)) > n_qubits - 1


def test_covariant_refuses_other_graphs():
    for edges in ([(0, 7)], [(1, 1)], [(-1, 2)], [(0.5, 1.0)]):
        with pytest.raises(ValueError, match="does not join two of 7 qubits"):
            make_covariant(edges=edges)
    for edges in ([(0, 1, 2)], [0, 1]):
        with pytest.raises(ValueError, match="pass pairs of qubits"):
            make_covariant(edges=edges)
    without = make_covariant(20, 3, edges=[], separation=0.0, noise=0.0, random_state=0)[0]
    assert not without[:, 1::2].any()


@each("n_features", [3, 4])
def test_a_projected_kernel_wins_on_its_labels(n_features):
    X = np.random.default_rng(0).normal(size=(300, n_features))
    kernel = ProjectedKernel(ZZFeatureMap(bandwidth=1.0), engine="compiled")
    y = make_quantum_labels(X, kernel)
    assert y.sum() == 150
    quantum = QSVC(kernel=kernel).fit(X[:200], y[:200]).score(X[200:], y[200:])
    grid = {"C": [0.1, 1, 10, 100], "gamma": np.logspace(-3, 1, 9)}
    tuned = GridSearchCV(SVC(), grid, cv=4).fit(X[:200], y[:200]).score(X[200:], y[200:])
    assert quantum > tuned + 0.2


def test_quantum_labels_take_what_estimators_take():
    X = np.random.default_rng(0).normal(size=(40, 2))
    y = make_quantum_labels(X)
    assert_array_equal(y, make_quantum_labels(X, FidelityKernel()))
    assert_array_equal(make_quantum_labels(X, "zz"), make_quantum_labels(csr_array(X), "zz"))
    rougher = make_quantum_labels(X, alpha=1e-4)
    assert not np.array_equal(y, rougher)
    flipped = make_quantum_labels(X, flip_y=1.0, random_state=0)
    assert 0.2 < np.mean(flipped == y) < 0.8
    classical = make_quantum_labels(X, lambda A, B: rbf_kernel(A, B, gamma=0.2))
    assert classical.sum() == 20


def test_quantum_labels_refuse_what_has_none():
    with pytest.raises(ValueError, match="no difference between the 5 rows"):
        make_quantum_labels(np.ones((5, 2)))
    with pytest.raises(ValueError, match="no difference between the 1 rows"):
        make_quantum_labels(np.ones((1, 2)))
    with pytest.raises(ValueError, match="NaN"):
        make_quantum_labels([[np.nan, 1.0], [0.0, 1.0]])
    with pytest.raises(ValueError, match="'alpha' parameter"):
        make_quantum_labels(np.eye(3), alpha=0)
    with pytest.raises(ValueError, match="did you mean 'zz'"):
        make_quantum_labels(np.eye(3), "zzz")

"""FidelityKernel, and the sums, products and functions it may be combined with."""

import copy
import pickle

import hypothesis
import numpy as np
import oracles
import pandas as pd
import pytest
import sklearn
from hypothesis import strategies as st
from labels import label
from numpy.testing import assert_allclose, assert_array_equal
from qiskit import QuantumCircuit
from qiskit.circuit import Parameter
from qiskit.circuit.library import real_amplitudes
from qiskit_machine_learning.algorithms import QSVC as QiskitQSVC
from qiskit_machine_learning.kernels import BaseKernel, FidelityStatevectorKernel
from sklearn.base import clone
from sklearn.decomposition import KernelPCA
from sklearn.gaussian_process import GaussianProcessClassifier, GaussianProcessRegressor
from sklearn.kernel_approximation import Nystroem
from sklearn.kernel_ridge import KernelRidge
from sklearn.metrics.pairwise import linear_kernel, rbf_kernel
from sklearn.svm import SVC
from strategies import circuits, rows

from skquantum.engines import AerEngine, StateBatch
from skquantum.engines._aer._session import AerSession
from skquantum.exceptions import InsufficientMemoryError
from skquantum.feature_maps import (
    FEATURE_MAPS,
    AngleFeatureMap,
    BasisFeatureMap,
    CircuitFeatureMap,
    IQPFeatureMap,
    PauliFeatureMap,
    ReuploadingFeatureMap,
    ZFeatureMap,
    ZZFeatureMap,
)
from skquantum.kernels import (
    KERNELS,
    CallableKernel,
    ConstantKernel,
    FidelityKernel,
    Kernel,
    ProductKernel,
    SumKernel,
    resolve_kernel,
)

# What FidelityKernel takes as feature_map.
MAPS = [
    *(name for name in FEATURE_MAPS if name != "basis"),
    None,
    real_amplitudes(3, reps=0),
    AngleFeatureMap("rz", reps=2, entanglement="linear"),
    BasisFeatureMap(threshold=0.0),
    CircuitFeatureMap(real_amplitudes(3, reps=0), bandwidth="scale"),
    IQPFeatureMap(entanglement="circular", bandwidth=0.5),
    PauliFeatureMap(["Z", "YX"], reps=1, bandwidth="0.5*scale"),
    ReuploadingFeatureMap(2, reps=3),
    ZFeatureMap(reps=1, alpha=0.3),
    ZZFeatureMap(reps=3, entanglement="linear"),
]
all_maps = pytest.mark.parametrize("feature_map", MAPS, ids=label)


class Unopened(AerEngine):
    """Fails as soon as anything is simulated."""

    def open(self, circuit):
        raise AssertionError("simulated")


class Counting(AerEngine):
    """Counts the rows it is asked to simulate."""

    rows = 0

    def _open(self, circuit):
        return CountingSession(self, circuit)


class CountingSession(AerSession):
    def _run_states(self, rows):
        Counting.rows += len(rows)
        return super()._run_states(rows)


def data(n_samples=5, n_features=3, seed=0):
    return np.random.default_rng(seed).normal(size=(n_samples, n_features))


def circuit_and_values(kernel, X):
    feature_map = kernel.feature_map_
    return feature_map.circuit_, feature_map.parameter_values(X)


# --- Values ----------------------------------------------------------------------------------


@all_maps
def test_kernel_equals_oracle_and_qiskit_machine_learning(feature_map):
    X, Y = data(6), data(4, seed=1)
    kernel = FidelityKernel(feature_map).fit(X)
    circuit, values = circuit_and_values(kernel, X)
    A = oracles.states(circuit, values)
    B = oracles.states(circuit, kernel.feature_map_.parameter_values(Y))
    assert_allclose(kernel(X), oracles.fidelity(A, A), rtol=0, atol=1e-12)
    assert_allclose(kernel(X, Y), oracles.fidelity(A, B), rtol=0, atol=1e-12)
    theirs = FidelityStatevectorKernel(feature_map=circuit)
    assert_allclose(kernel(X), theirs.evaluate(values), rtol=0, atol=1e-12)
    Y_values = kernel.feature_map_.parameter_values(Y)
    assert_allclose(kernel(X, Y), theirs.evaluate(values, Y_values), rtol=0, atol=1e-12)


@pytest.mark.parametrize(("n_qubits", "max_examples"), [(1, 10), (2, 20), (4, 20), (8, 4), (12, 3)])
def test_kernel_of_random_circuits(n_qubits, max_examples):
    @hypothesis.settings(max_examples=max_examples, deadline=None, print_blob=True)
    @hypothesis.given(st.data())
    def check(draw):
        circuit = draw.draw(circuits(n_qubits, n_qubits), label="circuit")
        circuit.ry(Parameter("z"), 0)
        X = draw.draw(rows(circuit, n_rows=3), label="X")
        kernel = FidelityKernel(circuit)
        states = oracles.states(circuit, X)
        assert_allclose(kernel(X), oracles.fidelity(states, states), rtol=0, atol=1e-12)
        theirs = FidelityStatevectorKernel(feature_map=circuit).evaluate(X, X[:2])
        assert_allclose(kernel(X, X[:2]), theirs, rtol=0, atol=1e-12)

    check()


def test_angle_kernel_has_its_closed_form():
    X, Y = data(9, 5), data(7, 5, seed=1)
    for rotation in ["rx", "ry", "rz"]:
        kernel = FidelityKernel(AngleFeatureMap(rotation))
        assert_allclose(kernel(X, Y), oracles.angle_kernel(X, Y), rtol=0, atol=1e-12)


def test_amplitude_kernel_is_the_squared_cosine():
    X, Y = data(9, 5), data(7, 5, seed=1)
    norms = np.linalg.norm(X, axis=1)[:, None] * np.linalg.norm(Y, axis=1)
    expected = (X @ Y.T / norms) ** 2
    assert_allclose(FidelityKernel("amplitude")(X, Y), expected, rtol=0, atol=1e-12)


@pytest.mark.parametrize("precision", ["double", "single"])
@all_maps
def test_matrix_of_one_set_is_symmetric_with_diagonal_one_and_positive(feature_map, precision):
    X = np.vstack([data(20), data(3)])  # some rows twice
    kernel = FidelityKernel(feature_map, engine=AerEngine(precision=precision)).fit(X)
    K = kernel(X)
    assert K.dtype == np.float64
    assert_array_equal(K, K.T)
    assert_array_equal(np.diag(K), 1.0)
    rounding = 1e-13 if precision == "double" else 1e-5
    assert np.linalg.eigvalsh(K).min() > -rounding * len(X)
    assert K.min() >= 0
    assert K.max() <= 1 + rounding
    assert_allclose(K[20:, :3], np.where(np.eye(3), 1.0, K[:3, :3]), rtol=0, atol=rounding)


@all_maps
def test_call_is_encode_and_gram(feature_map):
    X, Y = data(6), data(4, seed=1)
    kernel = FidelityKernel(feature_map).fit(X)
    A, B = kernel.encode(X), kernel.encode(Y)
    assert A.array.shape == (6, 2**kernel.feature_map_.circuit_.num_qubits)
    assert_allclose(np.linalg.norm(A.array, axis=1), 1, rtol=0, atol=1e-12)
    assert_array_equal(kernel(X), kernel.gram(A))
    assert_array_equal(kernel(X, Y), kernel.gram(A, B))
    assert kernel(X, Y).shape == (6, 4)
    assert_allclose(kernel(X, Y), kernel(Y, X).T, rtol=0, atol=1e-14)
    assert_allclose(kernel(X, X), kernel(X), rtol=0, atol=1e-14)
    some = [4, 0, 0]
    assert_array_equal(A.take(some), A.array[some])
    assert_array_equal(A.take(slice(1, 3)), kernel.encode(X).array[1:3])
    assert kernel.encoded_row_bytes() == A.take([0]).nbytes


def test_every_row_is_simulated_once():
    kernel = FidelityKernel("zz", engine=Counting())
    Counting.rows = 0
    kernel(data(6))
    assert Counting.rows == 6
    kernel(data(6), data(4))
    assert Counting.rows == 16
    kernel.diag(data(6))
    assert Counting.rows == 16


@pytest.mark.parametrize("precision", ["double", "single"])
@pytest.mark.parametrize("working_memory", [1e-6, 3e-4, 1e-3])
def test_tiles_do_not_change_the_matrix(working_memory, precision):
    kernel = FidelityKernel("zz", engine=AerEngine(precision=precision))
    A, B = kernel.encode(data(17)), kernel.encode(data(9, seed=1))
    whole, rectangle = kernel.gram(A), kernel.gram(A, B)
    rounding = 1e-14 if precision == "double" else 1e-6
    with sklearn.config_context(working_memory=working_memory):
        K = kernel.gram(A)
        assert_allclose(K, whole, rtol=0, atol=rounding)
        assert_array_equal(K, K.T)
        assert_array_equal(np.diag(K), 1.0)
        assert_allclose(kernel.gram(A, B), rectangle, rtol=0, atol=rounding)


def test_single_precision():
    X, Y = data(8, 4), data(5, 4, seed=1)
    kernel = FidelityKernel("zz", engine=AerEngine(precision="single"))
    assert kernel.encode(X).array.dtype == np.complex64
    for K, exact in [
        (kernel(X), FidelityKernel("zz")(X)),
        (kernel(X, Y), FidelityKernel("zz")(X, Y)),
    ]:
        assert K.dtype == np.float64
        assert_allclose(K, exact, rtol=0, atol=1e-5)
    assert kernel.fit(X).encoded_row_bytes() == 16 * 8


# --- Inputs ----------------------------------------------------------------------------------


def test_inputs_of_other_types_and_layouts():
    X = np.arange(12).reshape(4, 3) % 5
    expected = FidelityKernel("zz")(X.astype(float))
    read_only = X.astype(float)
    read_only.flags.writeable = False
    same = [X, X.tolist(), X.astype(np.float32), np.asfortranarray(X), X[::-1][::-1], read_only]
    for fitted in [False, True]:
        kernel = FidelityKernel("zz")
        for rows_ in [*same, pd.DataFrame(X, columns=list("abc"))]:
            if fitted:
                kernel.fit(rows_)
            assert_allclose(kernel(rows_), expected, rtol=0, atol=1e-12)
            assert_allclose(kernel(rows_, rows_), expected, rtol=0, atol=1e-12)
    assert_array_equal(read_only, X)


def test_gram_leaves_read_only_states_alone():
    kernel = FidelityKernel("zz")
    A = kernel.encode(data())
    before = A.array.copy()
    A.array.flags.writeable = False
    kernel.gram(A)
    kernel.gram(A, A.take([0, 1]))
    assert_array_equal(A, before)


def test_evaluate_is_call_and_takes_single_rows():
    X, Y = data(6), data(4, seed=1)
    kernel = FidelityKernel("zz")
    assert_array_equal(kernel.evaluate(X), kernel(X))
    assert_array_equal(kernel.evaluate(X, Y), kernel(X, Y))
    assert_array_equal(kernel.evaluate(X[0], Y), kernel(X[:1], Y))
    assert_array_equal(kernel.evaluate(X, Y[0]), kernel(X, Y[:1]))
    assert_array_equal(kernel.evaluate(X[0], Y[0]), kernel(X[:1], Y[:1]))
    assert_array_equal(kernel.evaluate(X[0]), [[1.0]])
    assert_array_equal(kernel.evaluate(X[0].tolist(), Y[0].tolist()), kernel(X[:1], Y[:1]))


def test_diag_is_one():
    assert_array_equal(FidelityKernel("zz").diag(data()), np.ones(5))
    assert_array_equal(FidelityKernel().fit(data()).diag(data(7)), np.ones(7))


@pytest.mark.parametrize(
    "call", [lambda k, X: k(X), lambda k, X: k.encode(X), lambda k, X: k.diag(X)]
)
@pytest.mark.parametrize(
    ("X", "message"),
    [
        (data(4, 2), "X has 2 features, but FidelityKernel is expecting 3"),
        ([[1.0, np.nan, 0.0]], "NaN"),
        ([[1.0, np.inf, 0.0]], "infinity"),
        ([1.0, 2.0, 3.0], "2D array"),
        (np.empty((0, 3)), "0 sample"),
    ],
)
def test_rows_that_are_refused_after_fit(call, X, message):
    with pytest.raises(ValueError, match=message):
        call(FidelityKernel("zz", engine=Unopened()).fit(data()), X)


def test_other_rows_are_checked_too():
    with pytest.raises(ValueError, match="X has 3 features and Y has 2 features"):
        FidelityKernel("zz").fit(data())(data(), data(4, 2))
    with pytest.raises(ValueError, match="features"):
        FidelityKernel("zz")(data(), data(4, 2))
    # here the states are of the same size nevertheless
    with pytest.raises(ValueError, match="features"):
        FidelityKernel(ReuploadingFeatureMap(2, bandwidth=1.0))(data(), data(4, 2))


# --- With and without fit --------------------------------------------------------------------


def test_unfitted_kernel_works_where_nothing_is_learned():
    for feature_map in ["zz", ZFeatureMap(bandwidth=0.3), real_amplitudes(3, reps=0)]:
        kernel = FidelityKernel(feature_map)
        assert_array_equal(kernel(data()), clone(kernel).fit(data())(data()))
        assert not hasattr(kernel, "feature_map_")


@pytest.mark.parametrize("feature_map", [None, ZFeatureMap(bandwidth="0.5*scale")])
def test_unfitted_kernel_asks_for_fit_where_something_is_learned(feature_map):
    with pytest.raises(ValueError, match=r"is resolved from training data: call fit\(X\)"):
        FidelityKernel(feature_map)(data())


def test_fitted_kernel_keeps_the_bandwidth_of_its_training_data():
    X, Y = data(10), 5 * data(4, seed=1)
    kernel = FidelityKernel().fit(X)
    bandwidth = 2 / np.sqrt(30 * X.var())  # three features, ten times
    expected = FidelityKernel(ReuploadingFeatureMap(bandwidth=bandwidth))(X, Y)
    assert_allclose(kernel(X, Y), expected, rtol=0, atol=1e-12)
    weights = np.arange(10.0)
    weighted = FidelityKernel().fit(X, sample_weight=weights).feature_map_.bandwidth_
    assert weighted == ReuploadingFeatureMap().fit(X, sample_weight=weights).bandwidth_


def test_fit_leaves_parameters_alone():
    feature_map, engine = ZZFeatureMap(reps=1), AerEngine(chunk_size=2)
    kernel = FidelityKernel(feature_map, engine=engine)
    assert kernel.fit(data()) is kernel
    assert kernel.feature_map is feature_map
    assert kernel.engine is engine
    assert not hasattr(feature_map, "circuit_")
    assert kernel.n_features_in_ == 3
    feature_map.reps = 3
    assert_array_equal(kernel(data()), FidelityKernel(ZZFeatureMap(reps=1))(data()))


def test_feature_names_are_remembered():
    X = pd.DataFrame(data(), columns=list("abc"))
    kernel = FidelityKernel("zz").fit(X)
    assert list(kernel.feature_names_in_) == ["a", "b", "c"]
    with pytest.raises(ValueError, match="feature names"):
        kernel(X[["b", "a", "c"]])


@pytest.mark.parametrize(
    "kernel",
    [
        FidelityKernel(),
        FidelityKernel("zz", engine=AerEngine(chunk_size=2), n_jobs=1),
        FidelityKernel(real_amplitudes(3, reps=0)),
        FidelityKernel("angle") + 2 * FidelityKernel("z"),
        CallableKernel(rbf_kernel) * FidelityKernel("iqp"),
    ],
    ids=label,
)
def test_copies_are_equal(kernel):
    X, Y = data(), data(4, seed=1)
    kernel = clone(kernel).fit(X)
    for duplicate in [copy.deepcopy(kernel), pickle.loads(pickle.dumps(kernel))]:
        assert_array_equal(duplicate(X, Y), kernel(X, Y))
    again = clone(kernel)
    assert_array_equal(again.fit(X)(X, Y), kernel(X, Y))


def test_nested_parameters_reach_through_defaults():
    kernel = FidelityKernel().set_params(feature_map__n_qubits=2, engine__precision="single")
    assert kernel.feature_map.n_qubits == 2
    assert kernel.engine.precision == "single"
    kernel = FidelityKernel("zz").set_params(feature_map__reps=1)
    assert repr(kernel.feature_map) == "ZZFeatureMap(reps=1)"
    assert kernel.get_params()["feature_map__reps"] == 1
    both = (FidelityKernel() * 2.0).set_params(k1__feature_map="z", k2__value=3.0)
    assert_array_equal(both(data()), 3 * FidelityKernel("z")(data()))


@pytest.mark.parametrize(
    ("params", "error", "message"),
    [
        ({"feature_map": "zzz"}, ValueError, "feature_map='zzz' is unknown: did you mean 'zz'"),
        ({"feature_map": 3}, TypeError, "feature_map is 3, not a name"),
        ({"feature_map": ZZFeatureMap}, TypeError, "pass an instance"),
        ({"feature_map": QuantumCircuit(2)}, ValueError, "has no free parameters"),
        ({"feature_map": real_amplitudes(2)}, ValueError, "8 free parameters, X has 3 features"),
        ({"engine": 3}, TypeError, "engine is 3, not a name or an Engine object"),
        ({"n_jobs": 1.5}, ValueError, "'n_jobs' parameter of FidelityKernel must be"),
        ({"verbose": "yes"}, ValueError, "'verbose' parameter of FidelityKernel must be"),
    ],
    ids=label,
)
@pytest.mark.parametrize("fit", [True, False])
def test_parameters_that_are_refused(params, error, message, fit):
    kernel = FidelityKernel(**{"feature_map": "zz", **params})
    with pytest.raises(error, match=message):
        kernel.fit(data()) if fit else kernel(data())


# --- Memory ----------------------------------------------------------------------------------


@pytest.mark.parametrize("n_qubits", [40, 500, 2000])
@pytest.mark.parametrize("fit", [True, False])
def test_states_that_cannot_fit_are_refused_before_anything_is_simulated(n_qubits, fit):
    feature_map = ReuploadingFeatureMap(n_qubits, bandwidth=1.0)
    kernel = FidelityKernel(feature_map, engine=Unopened())
    if fit:
        kernel.fit(data())
    with pytest.raises(InsufficientMemoryError) as error:
        kernel(data())
    text = str(error.value)
    assert f"Encoding 5 rows on {n_qubits} qubits needs " in text
    assert "GiB is free; use fewer qubits" in text
    if n_qubits == 40:
        declared = float(text.split(" needs ")[1].split()[0])
        assert 5 * 16 * 1024 <= declared <= 1.25 * 6 * 16 * 1024  # one more row while it is run


def test_precision_counts_in_the_memory_estimate():
    feature_map = ReuploadingFeatureMap(40, bandwidth=1.0)
    kernel = FidelityKernel(feature_map, engine=Unopened(precision="single"))
    with pytest.raises(InsufficientMemoryError, match=r"needs 5\.9\de\+04 GiB"):
        kernel.encode(data())


def test_matrices_that_cannot_fit_are_refused():
    A = StateBatch(np.broadcast_to(np.array([[1.0 + 0j, 0]]), (10**7, 2)))  # takes no memory
    with pytest.raises(
        InsufficientMemoryError, match=r"10000000 x 10000000 entries needs 7.45e\+05"
    ):
        FidelityKernel("zz").gram(A)
    with pytest.raises(MemoryError, match="10000000 x 1000000 entries"):
        FidelityKernel("zz").gram(A, A.take(slice(10**6)))


# --- Other libraries -------------------------------------------------------------------------


def labelled(n_samples=24):
    X = data(n_samples, 2)
    return X, (X[:, 0] * X[:, 1] > 0).astype(int)


def test_kernels_are_kernels_of_qiskit_machine_learning():
    for kernel in [FidelityKernel(), FidelityKernel("zz") + 1, CallableKernel(rbf_kernel)]:
        assert isinstance(kernel, BaseKernel)
        assert isinstance(kernel, Kernel)


def test_drops_into_qsvc_of_qiskit_machine_learning():
    X, y = labelled()
    kernel = FidelityKernel("zz")
    theirs = FidelityStatevectorKernel(feature_map=ZZFeatureMap().build(2))
    ours = QiskitQSVC(quantum_kernel=kernel, tol=1e-9).fit(X, y)
    expected = QiskitQSVC(quantum_kernel=theirs, tol=1e-9).fit(X, y)
    assert_allclose(ours.decision_function(X), expected.decision_function(X), atol=1e-6)
    assert_array_equal(ours.predict(X), expected.predict(X))


def test_drops_into_svc_of_scikit_learn():
    X, y = labelled()
    kernel = FidelityKernel("zz")
    ours = SVC(kernel=kernel, tol=1e-9).fit(X, y)
    expected = SVC(kernel="precomputed", tol=1e-9).fit(kernel(X), y)
    assert_allclose(ours.decision_function(X), expected.decision_function(kernel(X)), atol=1e-6)


# These hand a kernel single rows, pair by pair, unless they know that it takes arrays.


def test_drops_into_nystroem():
    X, _ = labelled()
    kernel = FidelityKernel("angle")
    approximation = Nystroem(kernel=kernel, n_components=len(X), random_state=0).fit_transform(X)
    assert_allclose(approximation @ approximation.T, kernel(X), rtol=0, atol=1e-6)


def test_drops_into_kernel_pca():
    X, _ = labelled()
    kernel = FidelityKernel("angle")
    ours = KernelPCA(2, kernel=kernel).fit(X).transform(X[:5])
    precomputed = KernelPCA(2, kernel="precomputed").fit(kernel(X))
    assert_allclose(ours, precomputed.transform(kernel(X[:5], X)), rtol=0, atol=1e-9)


def test_drops_into_kernel_ridge():
    X, y = labelled()
    kernel = FidelityKernel("angle")
    ours = KernelRidge(kernel=kernel).fit(X, y).predict(X[:5])
    precomputed = KernelRidge(kernel="precomputed").fit(kernel(X), y)
    assert_allclose(ours, precomputed.predict(kernel(X[:5], X)), rtol=0, atol=1e-9)


# --- Sums, products, numbers -----------------------------------------------------------------

COMBINED = {
    "sum": (FidelityKernel("angle") + FidelityKernel("zz"), lambda a, z: a + z),
    "product": (FidelityKernel("angle") * FidelityKernel("zz"), lambda a, z: a * z),
    "number": (FidelityKernel("angle") + 2, lambda a, z: a + 2),
    "number first": (1.5 + FidelityKernel("angle"), lambda a, z: 1.5 + a),
    "factor": (FidelityKernel("zz") * 3, lambda a, z: z * 3),
    "factor first": (0.5 * FidelityKernel("zz"), lambda a, z: 0.5 * z),
    "numpy": (np.float64(0.5) * FidelityKernel("zz") + np.int64(1), lambda a, z: 0.5 * z + 1),
    "nested": (
        0.5 * FidelityKernel("angle") + FidelityKernel("zz") * (FidelityKernel("angle") + 1),
        lambda a, z: 0.5 * a + z * (a + 1),
    ),
    "builtin sum": (sum([FidelityKernel("angle"), FidelityKernel("zz")]), lambda a, z: 0 + a + z),
    "same twice": (FidelityKernel("zz") * FidelityKernel("zz"), lambda a, z: z * z),
}


@pytest.mark.parametrize(("kernel", "combine"), COMBINED.values(), ids=COMBINED)
@pytest.mark.parametrize("fit", [False, True])
def test_sums_and_products(kernel, combine, fit):
    X, Y = data(6), data(4, seed=1)
    kernel = clone(kernel)
    if fit:
        assert kernel.fit(X) is kernel
        assert kernel.n_features_in_ == 3
    angle, zz = FidelityKernel("angle"), FidelityKernel("zz")
    assert_array_equal(kernel(X), combine(angle(X), zz(X)))
    assert_array_equal(kernel(X), kernel(X).T)
    assert_array_equal(kernel(X, Y), combine(angle(X, Y), zz(X, Y)))
    assert_array_equal(kernel.diag(X), np.diag(kernel(X)))
    A = kernel.encode(X)
    assert_array_equal(kernel.gram(A), kernel(X))
    assert_allclose(kernel.gram(A.take([2, 0]), A), kernel(X[[2, 0]], X), rtol=0, atol=1e-14)


def test_types_of_sums_and_products():
    kernel = FidelityKernel("zz")
    assert isinstance(kernel + kernel, SumKernel)
    assert isinstance(kernel * kernel, ProductKernel)
    assert isinstance((kernel + 1).k2, ConstantKernel)
    assert (kernel + 1).k1 is kernel
    assert repr(2 * kernel).split() == (
        "ProductKernel(k1=ConstantKernel(value=2.0), k2=FidelityKernel(feature_map='zz'))".split()
    )


@pytest.mark.parametrize("other", ["zz", None, [1, 2], rbf_kernel, 1j])
def test_operands_that_are_refused(other):
    for operation in [
        lambda k: k + other,
        lambda k: other + k,
        lambda k: k * other,
        lambda k: other * k,
    ]:
        with pytest.raises(TypeError, match="kernel or a number, not a"):
            operation(FidelityKernel("zz"))


def test_combined_kernels_are_fitted_as_clones():
    first, second = FidelityKernel(), FidelityKernel(ZFeatureMap(bandwidth="scale"))
    X = data(8)
    weights = np.arange(8.0)
    kernel = (first + second).fit(X, None, weights)
    assert not hasattr(first, "feature_map_")
    assert_array_equal(
        kernel(X),
        clone(first).fit(X, sample_weight=weights)(X)
        + clone(second).fit(X, sample_weight=weights)(X),
    )
    bytes_ = [k.encoded_row_bytes() for k in (kernel, kernel.k1_, kernel.k2_)]
    assert bytes_[0] == bytes_[1] + bytes_[2] == 16 * 2**10 + 16 * 2**3


@pytest.mark.parametrize(
    "kernel",
    [
        ConstantKernel(2),
        FidelityKernel("zz") + 1,
        2 * FidelityKernel("zz"),
        CallableKernel(rbf_kernel),
    ],
    ids=label,
)
def test_combined_kernels_check_rows(kernel):
    kernel = clone(kernel).fit(data())
    for method in [kernel, kernel.encode, kernel.diag]:
        with pytest.raises(ValueError, match=r"X has 2 features, but .* is expecting 3 features"):
            method(data(4, 2))


@pytest.mark.parametrize("value", [0, 1.5, -2])
def test_constant_kernel(value):
    kernel = ConstantKernel(value)
    assert_array_equal(kernel(data()), np.full((5, 5), float(value)))
    assert_array_equal(kernel(data(), data(2)), np.full((5, 2), float(value)))
    assert_array_equal(kernel.diag(data()), np.full(5, float(value)))
    assert kernel.encoded_row_bytes() == 0
    with pytest.raises(ValueError, match="'value' parameter of ConstantKernel"):
        ConstantKernel("1").fit(data())


def test_sum_parameters_are_checked():
    with pytest.raises(ValueError, match="'k2' parameter of SumKernel must be"):
        SumKernel(FidelityKernel("zz"), 1.0).fit(data())


# --- Functions as kernels --------------------------------------------------------------------


@pytest.mark.parametrize(
    "function",
    [rbf_kernel, FidelityStatevectorKernel(feature_map=ZZFeatureMap().build(3))],
    ids=["function", "qiskit-machine-learning"],
)
def test_callable_kernel(function):
    X, Y = data(), data(4, seed=1)
    call = getattr(function, "evaluate", function)
    kernel = CallableKernel(function)
    for _ in range(2):  # unfitted and fitted
        assert_array_equal(kernel(X), call(X))
        assert_array_equal(kernel(X, Y), call(X, Y))
        assert_array_equal(kernel.evaluate(X[0], Y), call(X[:1], Y))
        assert_allclose(kernel.diag(X), np.diag(call(X)), rtol=1e-12)
        assert_array_equal(kernel.encode(X).parts[0], X)
        kernel.fit(X)
    assert kernel.encoded_row_bytes() == 24


def test_callable_kernel_is_not_assumed_to_be_one_on_the_diagonal():
    X = data()
    assert_allclose(CallableKernel(linear_kernel).diag(X), (X**2).sum(axis=1), rtol=1e-12)


@pytest.mark.parametrize(
    ("function", "message"),
    [
        (
            lambda X, Y: np.ones((2, 3)),
            r"returned an array of float64 and shape \(2, 3\) for 5",
        ),
        (lambda X, Y: np.ones(5), r"shape \(5,\) .* must return real numbers in shape \(5, 5\)"),
        (lambda X, Y: np.full((5, 5), np.nan), "returned nan for rows 0 and 0"),
    ],
)
def test_callable_kernel_checks_what_is_returned(function, message):
    with pytest.raises(ValueError, match=message):
        CallableKernel(function)(data())


def test_callable_kernel_refuses_other_things():
    with pytest.raises(ValueError, match="'function' parameter of CallableKernel"):
        CallableKernel(3).fit(data())


# --- Names -----------------------------------------------------------------------------------


def test_names_resolve_to_kernels():
    assert repr(resolve_kernel(None)) == "FidelityKernel()"
    for name, made in KERNELS.items():
        assert type(resolve_kernel(name)) is made
    for name in FEATURE_MAPS:
        assert repr(resolve_kernel(name)) == f"FidelityKernel(feature_map='{name}')"
    kernel = FidelityKernel("zz")
    assert resolve_kernel(kernel) is kernel
    assert resolve_kernel(rbf_kernel).function is rbf_kernel
    theirs = FidelityStatevectorKernel(feature_map=ZZFeatureMap().build(2))
    assert resolve_kernel(theirs).function is theirs


@pytest.mark.parametrize(
    ("kernel", "error", "message"),
    [
        ("zzz", ValueError, "kernel='zzz' is unknown: did you mean 'zz'"),
        ("gauss", ValueError, "kernel='gauss' is unknown: .*'amplitude', .*'fidelity'"),
        (
            "rbf",
            ValueError,
            "'rbf' is a classical kernel: use .* or pass .*=sklearn.metrics.pairwise.rbf_kernel",
        ),
        ("poly", ValueError, "classical kernel.*sklearn.metrics.pairwise.polynomial_kernel"),
        ("linear", ValueError, "classical kernel.*sklearn.metrics.pairwise.linear_kernel"),
        ("sigmoid", ValueError, "classical kernel.*sklearn.metrics.pairwise.sigmoid_kernel"),
        (3, TypeError, "kernel is 3, not a name, a kernel or a callable"),
        (FidelityKernel, TypeError, "pass an instance"),
    ],
    ids=label,
)
def test_names_that_mean_nothing_are_refused(kernel, error, message):
    with pytest.raises(error, match=message):
        resolve_kernel(kernel)


def test_abstract_kernel_cannot_be_made():
    with pytest.raises(TypeError, match="abstract"):
        Kernel()


def test_gaussian_process_posterior():
    X = np.random.default_rng(5).uniform(-1, 1, (12, 2))
    new, y = X[:3] + 0.1, np.sin(X[:, 0])
    model = GaussianProcessRegressor(FidelityKernel("angle"), alpha=1e-2).fit(X, y)
    weights = np.linalg.solve(oracles.angle_kernel(X, X) + 1e-2 * np.eye(12), y)
    assert_allclose(model.predict(new), oracles.angle_kernel(new, X) @ weights, atol=1e-10)
    assert GaussianProcessClassifier(FidelityKernel("angle")).fit(X, y > 0).score(X, y > 0) > 0.8

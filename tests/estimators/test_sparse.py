"""Sparse rows give the numbers of dense ones, wherever rows are taken, and stay sparse."""

import subprocess
import sys

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from qiskit.primitives import StatevectorSampler
from qiskit_aer.noise import NoiseModel, depolarizing_error
from scipy import sparse
from sklearn import config_context
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.gaussian_process.kernels import WhiteKernel
from sklearn.metrics.pairwise import rbf_kernel
from sklearn.model_selection import cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder
from sklearn.svm import SVC

import skquantum._runtime._sparse as blocks
from skquantum import (
    QSVC,
    QSVR,
    VQC,
    VQR,
    QOneClassSVM,
    QuantumKernelRidge,
    QuantumKernelRidgeClassifier,
)
from skquantum.engines import AerEngine, SamplerEngine
from skquantum.exceptions import InsufficientMemoryError
from skquantum.feature_maps import (
    AmplitudeFeatureMap,
    AngleFeatureMap,
    BasisFeatureMap,
    ReuploadingFeatureMap,
)
from skquantum.kernels import CallableKernel, ConstantKernel, FidelityKernel

each = pytest.mark.parametrize


def rows(n_rows=24, n_features=30, seed=0):
    """Return rows with about a fifth of their entries, and at least one each, as an array."""
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(n_rows, n_features)) * (rng.random((n_rows, n_features)) < 0.2)
    X[np.arange(n_rows), rng.integers(n_features, size=n_rows)] = 1.0
    return X


X, X_NEW = rows(), rows(10, seed=1)
Y = (X[:, :15].sum(axis=1) > X[:, 15:].sum(axis=1)).astype(int)
KERNEL = FidelityKernel(ReuploadingFeatureMap(n_qubits=4), engine="compiled")
KERNEL_ESTIMATORS = [QSVC, QSVR, QOneClassSVM, QuantumKernelRidge, QuantumKernelRidgeClassifier]
SHORT = {"n_qubits": 3, "max_iter": 3, "random_state": 0}

pytestmark = pytest.mark.filterwarnings("ignore:Training has not converged")


@pytest.fixture(autouse=True)
def small_blocks(monkeypatch):
    """Seven rows of thirty features at a time."""
    monkeypatch.setattr(blocks, "BLOCK_BYTES", blocks.COPIES * 8 * 30 * 7)


def with_duplicates(X):
    """Return the rows in CSR format, entries in two halves and in disorder, and zeros stored."""
    n_rows, n_features = X.shape
    columns = np.tile(np.arange(n_features)[::-1], 2)
    return sparse.csr_matrix(
        (
            np.hstack([X[:, ::-1], X[:, ::-1]]).ravel() / 2,
            np.tile(columns, n_rows),
            np.arange(n_rows + 1) * 2 * n_features,
        ),
        shape=X.shape,
    )


def wide_indices(X):
    S = sparse.csr_array(X)
    S.indices, S.indptr = S.indices.astype(np.int64), S.indptr.astype(np.int64)
    return S


FORMATS = [
    sparse.csr_matrix,
    sparse.csr_array,
    sparse.csc_array,
    sparse.coo_array,
    sparse.lil_matrix,
    sparse.dok_array,
    with_duplicates,
    wide_indices,
]


def estimator(cls):
    return cls(**SHORT) if cls in (VQC, VQR) else cls(kernel=KERNEL)


def decisions(model, X):
    return getattr(model, "decision_function", model.predict)(X)


@each("cls", [*KERNEL_ESTIMATORS, VQC, VQR])
def test_estimators_give_the_numbers_of_dense_rows(cls):
    y = None if cls is QOneClassSVM else Y
    ours = estimator(cls).fit(sparse.csr_matrix(X), y)
    dense = estimator(cls).fit(X, y)
    expected = decisions(dense, X_NEW)
    assert_allclose(decisions(ours, sparse.csr_matrix(X_NEW)), expected, atol=1e-12)
    assert_allclose(decisions(ours, X_NEW), expected, atol=1e-12)
    assert ours.n_features_in_ == 30


@each("container", FORMATS, ids=lambda make: make.__name__)
@each("cls", [QSVC, VQC])
def test_formats_do_not_matter(cls, container):
    S, S_new = container(X), container(X_NEW)
    before = S.copy()
    found = decisions(estimator(cls).fit(S, Y), S_new)
    assert_allclose(found, decisions(estimator(cls).fit(X, Y), X_NEW), atol=1e-12)
    assert S.nnz == before.nnz
    if S.format == "csr":  # the caller's own arrays are left alone
        assert_array_equal(S.indices, before.indices)
        assert_array_equal(S.data, before.data)


def test_single_precision_is_taken_as_it_is():
    _, found = KERNEL.fit_gram(sparse.csr_array(X.astype(np.float32)))
    _, expected = KERNEL.fit_gram(X.astype(np.float32).astype(np.float64))
    assert_allclose(found, expected, atol=1e-14)


def test_training_rows_are_kept_as_the_counterparts_keep_them():
    S = sparse.csr_matrix(X)
    model, counterpart = QSVC(kernel=KERNEL).fit(S, Y), SVC(kernel="rbf").fit(S, Y)
    assert model.support_vectors_.format == "csr"
    assert_array_equal(model.support_vectors_.toarray(), X[model.support_])
    plain = QSVC().fit(S, Y)
    assert type(plain.dual_coef_) is type(counterpart.dual_coef_)
    assert plain.shape_fit_ == counterpart.shape_fit_
    assert QuantumKernelRidge(kernel=KERNEL).fit(S, Y).X_fit_.format == "csr"


def test_dense_and_sparse_rows_mix_as_they_do_in_the_counterparts():
    S = sparse.csr_matrix(X)
    for model in (QSVC(), SVC(), QSVR(), QOneClassSVM()):
        model.fit(X, Y)
        with pytest.raises(ValueError, match=r"annot use sparse input in '.*' trained on dense"):
            model.predict(S)
    for model in (QSVC(kernel=KERNEL), QuantumKernelRidge(), VQC(**SHORT)):
        model.fit(X, Y)
        assert_allclose(model.predict(S), model.predict(X))


def test_an_exchanged_engine_encodes_the_kept_rows_again():
    model = QSVC(kernel=KERNEL).fit(sparse.csr_matrix(X), Y)
    before = model.decision_function(X_NEW)
    model.kernel_.set_params(engine="aer")
    assert_allclose(model.decision_function(X_NEW), before, atol=1e-12)


NOISE = NoiseModel()
NOISE.add_all_qubit_quantum_error(depolarizing_error(0.02, 1), ["ry"])
# A bandwidth that is a number is the same to the last bit, and so is what is drawn.
SMALL = ReuploadingFeatureMap(n_qubits=2, bandwidth=0.3)


@each(
    "kernel",
    [
        KERNEL,
        FidelityKernel(AngleFeatureMap(bandwidth="0.5*scale"), engine="compiled"),
        FidelityKernel(AmplitudeFeatureMap(), engine="compiled"),
        FidelityKernel(BasisFeatureMap(0.5), engine="compiled"),
        FidelityKernel(SMALL, engine=AerEngine(shots=100), random_state=0),
        FidelityKernel(SMALL, engine=AerEngine(noise_model=NOISE)),
        FidelityKernel(SMALL, engine=AerEngine(noise_model=NOISE), repair="clip"),
        FidelityKernel(SMALL, engine=SamplerEngine(StatevectorSampler(seed=0), shots=20)),
        KERNEL + 2.0,
        KERNEL * ConstantKernel(0.5),
        KERNEL**2,
        CallableKernel(rbf_kernel),
        CallableKernel(lambda a, b: float(a @ b)),
        CallableKernel(KERNEL + WhiteKernel()),
    ],
    ids=range(14),
)
def test_kernels_give_the_numbers_of_dense_rows(kernel):
    columns = slice(0, 6) if "Angle" in repr(kernel) or "Basis" in repr(kernel) else slice(None)
    dense, new = np.abs(X[:, columns]) + 0.1, np.abs(X_NEW[:, columns]) + 0.1
    if isinstance(getattr(kernel, "engine", None), SamplerEngine):
        dense, new = dense[:9], new[:2]
    S, S_new = sparse.csr_matrix(dense), sparse.csr_matrix(new)
    fitted, expected = kernel.fit(S), kernel.__class__(**kernel.get_params(deep=False)).fit(dense)
    if not isinstance(getattr(kernel, "engine", None), SamplerEngine):
        assert_allclose(fitted(S), expected(dense), atol=1e-12)
        assert_allclose(fitted(S_new, S), expected(new, dense), atol=1e-12)
    assert fitted(S).shape == (len(dense), len(dense))
    assert_allclose(fitted.diag(S), expected.diag(dense), atol=1e-12)


@each("weights", [None, np.arange(24) % 3], ids=["plain", "weighted"])
@each("shift", [0.0, 1e4])
def test_scale_is_that_of_the_dense_rows(weights, shift):
    X_shifted = X + shift * (X != 0)
    ours = ReuploadingFeatureMap().fit(sparse.csr_array(X_shifted), sample_weight=weights)
    dense = ReuploadingFeatureMap().fit(X_shifted, sample_weight=weights)
    assert_allclose(ours.bandwidth_, dense.bandwidth_, rtol=1e-12)


@each("X", [np.zeros((4, 3)), np.ones((4, 3)), np.full((4, 3), -2.0)], ids=["0", "1", "-2"])
def test_scale_of_constant_features(X):
    found = AngleFeatureMap(bandwidth="scale").fit(sparse.csr_array(X)).bandwidth_
    assert found == AngleFeatureMap(bandwidth="scale").fit(X).bandwidth_


def test_rows_are_named_by_their_number_in_all_rows(monkeypatch):
    dense = X.copy()
    dense[17] = 0.0
    kernel = FidelityKernel("amplitude", engine="compiled")
    with pytest.raises(ValueError, match=r"^Row 17 is all zeros"):
        kernel.fit(sparse.csr_array(dense)).encode(sparse.csr_array(dense))
    bits = (X != 0).astype(float)
    bits[20, 4] = 0.5
    with pytest.raises(ValueError, match=r"Feature 4 of row 20 is 0\.5"):
        FidelityKernel("basis", engine="compiled").fit(bits[:, :6]).encode(
            sparse.csr_array(bits[:, :6])
        )
    monkeypatch.setattr(blocks, "BLOCK_BYTES", 0)  # row by row
    dense = np.full((24, 2), 1e200)
    dense[:20] = 1.0
    kernel = FidelityKernel("zz", engine="compiled").fit(dense)
    with pytest.raises(ValueError, match="for row 20"):
        kernel.encode(sparse.csr_array(dense))


def test_blocks_follow_working_memory(monkeypatch):
    monkeypatch.setattr(blocks, "BLOCK_BYTES", 2**40)
    seen = []
    with config_context(working_memory=blocks.COPIES * 8 * 30 * 5 / 2**20):
        blocks.in_dense_blocks(lambda rows: seen.append(len(rows)), sparse.csr_array(X))
    assert seen == [5, 5, 5, 5, 4]


def test_dense_copies_are_declared():
    wide = sparse.csr_array((1_000_000, 2**30))
    with pytest.raises(InsufficientMemoryError, match="dense copy of 1000000 sparse rows"):
        blocks.as_dense(wide)


WORDS = np.array([f"word{k}" for k in range(400)])


def documents(n=60):
    """Return documents of two kinds, of which each prefers a half of the words."""
    rng = np.random.default_rng(3)
    y = np.arange(n) % 2
    weights = np.where(np.arange(400) % 2 == y[:, None], 3.0, 1.0)
    chosen = [rng.choice(WORDS, 80, p=row / row.sum()) for row in weights]
    return [" ".join(words) for words in chosen], y


@each("cls", [QSVC, pytest.param(QuantumKernelRidgeClassifier, marks=pytest.mark.slow)])
def test_texts(cls):
    texts, y = documents()
    model = make_pipeline(TfidfVectorizer(), cls())
    model.fit(texts, y)
    assert model[-1].n_features_in_ > 300
    assert model[-1].kernel_.feature_map_.circuit_.num_qubits == 10
    assert cross_val_score(model, texts, y, cv=2).mean() > 0.8


def test_categories():
    rng = np.random.default_rng(0)
    categories = rng.choice(["red", "green", "blue", "grey"], size=(60, 3))
    y = categories[:, 0] == "red"
    model = make_pipeline(OneHotEncoder(), QSVC(C=10.0)).fit(categories, y)
    assert model.score(categories, y) == 1.0
    dense = make_pipeline(OneHotEncoder(sparse_output=False), QSVC(C=10.0)).fit(categories, y)
    assert_array_equal(model.predict(categories), dense.predict(categories))


WIDE = """
import numpy as np
from qiskit import QuantumCircuit
from qiskit.circuit import ParameterVector
from scipy import sparse
from skquantum import QSVC
from skquantum.feature_maps import FeatureMap
from skquantum.kernels import FidelityKernel

class Folded(FeatureMap):
    "Sums of every fourth feature as angles."
    def _build(self, n_features):
        circuit = QuantumCircuit(4)
        for qubit, angle in enumerate(ParameterVector("x", 4)):
            circuit.ry(angle, qubit)
        return circuit
    def parameter_values(self, X):
        assert isinstance(X, np.ndarray)
        return X.reshape(len(X), -1, 4).sum(axis=1)

def high_water():
    with open("/proc/self/status") as lines:
        return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM"))

rng = np.random.default_rng(0)
indices = rng.integers(50_000, size=100_000)
X = sparse.csr_array((rng.random(100_000), indices, np.arange(2_001) * 50), shape=(2_000, 50_000))
y = np.arange(2_000) % 2
QSVC(kernel=FidelityKernel(Folded(), engine="compiled")).fit(X[:50], y[:50])
before = high_water()
kernel = FidelityKernel(Folded(), engine="compiled").fit(X)
assert len(kernel.encode(X)) == 2_000
assert kernel.diag(X).shape == (2_000,)
print(high_water() - before)
"""


@pytest.mark.slow
@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads /proc")
def test_memory_is_that_of_blocks():
    """All rows made dense would take 800 MB."""
    run = subprocess.run(
        [sys.executable, "-c", WIDE], capture_output=True, text=True, timeout=300, check=False
    )
    assert run.returncode == 0, run.stderr
    assert int(run.stdout) < 150_000  # kB

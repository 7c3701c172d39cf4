"""What is declared is what is taken: some configurations of tests/memory.py."""

import runpy
import sys
from pathlib import Path

import numpy as np
import pytest

from skquantum import QSVC, QGaussianProcessRegressor, QKernelPCA, QPegasosSVC, QuantumKernelRidge
from skquantum._runtime import _memory
from skquantum.engines import AerEngine, CompiledEngine
from skquantum.exceptions import InsufficientMemoryError
from skquantum.feature_maps import AngleFeatureMap, ZZFeatureMap
from skquantum.kernels import FidelityKernel

MEASURE = runpy.run_path(str(Path(__file__).parents[1] / "memory.py"))
GIB = 2**30
X = np.random.default_rng(0).uniform(-1, 1, (40, 4))


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
@pytest.mark.parametrize(
    "name",
    [
        "compiled angle 1 x 22",
        "compiled zz 12 x 20",
        "compiled moving 12 x 20",
        "compiled single angle 9 x 21",
        "aer angle 9 x 20",
        "aer angle 300 x 16",
        "noise angle 2 x 10",
        "matrix exact 5000",
        "matrix in tiles 30 x 21",
        "matrix shots 1200",
        "matrix noise 5000",
        "svc 5000",
        "gaussian process, 2000 new",
        "expectations aer 80 x 16",
        "features aer 40 x 17",
        "features sinks 20000 x 10",
        "vqc compiled 8 x 20",
        "vqc compiled parity 4 x 20",
        "vqc compiled 20 x 18, 2 threads",
        "vqc compiled single 4 x 21",
        "vqc adam 100000 x 6",
        "vqc l-bfgs 100000 x 6",
    ],
)
def test_declared_memory_is_what_is_taken(name):
    declared, taken, _ = MEASURE["measured"](name)
    assert MEASURE["is_fair"](declared, taken), (declared / 2**20, taken / 2**20)


def test_rows_of_24_qubits_are_run_one_by_one():
    """No block of eight is declared, which would take 2.5 GiB."""
    angle = AngleFeatureMap().fit(np.zeros((1, 24))).circuit_
    declared = CompiledEngine().encoding_bytes(angle, 1)
    assert 0.9 * GIB < declared < 1.3 * GIB
    more = CompiledEngine().encoding_bytes(angle, 8)
    assert 7 * 16 * 2**24 <= more - declared < 1.1 * 7 * 16 * 2**24


@pytest.mark.parametrize("engine", [CompiledEngine(), AerEngine()])
def test_many_rows_beside_few(engine):
    """What a prediction compares is no square."""
    matrix = 8 * 100_000 * 200
    assert matrix < engine.comparison_bytes(100_000, 200) < 6 * matrix


@pytest.mark.parametrize("n_qubits", [27, 63, 64, 784, 3000])
@pytest.mark.parametrize("engine", [CompiledEngine(), AerEngine(), AerEngine(100)])
def test_numbers_of_any_size(engine, n_qubits):
    """Powers of 2 beyond every integer and float are declared, and refused."""
    circuit = AngleFeatureMap().fit(np.zeros((1, n_qubits))).circuit_
    for declared in (
        engine.encoding_bytes(circuit, 3, n_jobs=2),
        engine.expectation_bytes(circuit, 2, 3, n_jobs=2),
        engine.expectation_bytes(circuit, 2, 3, n_differentiated=3),
    ):
        assert isinstance(declared, int)
        assert declared > 4 * 16 * 2**n_qubits
    if n_qubits > 40:
        with pytest.raises(InsufficientMemoryError, match=f"on {n_qubits} qubits needs"):
            FidelityKernel("angle", engine=engine)(np.zeros((3, n_qubits)))


def test_zz_features_as_many_as_pixels_are_refused():
    feature_map = ZZFeatureMap(entanglement="linear")
    kernel = FidelityKernel(feature_map, engine="compiled")
    with pytest.raises(InsufficientMemoryError, match="on 64 qubits needs"):
        QSVC(kernel=kernel).fit(np.ones((4, 64)).cumsum(axis=0), [0, 1, 0, 1])


def test_workers_count():
    circuit = ZZFeatureMap().fit(np.zeros((1, 16))).circuit_
    one, two = (AerEngine().encoding_bytes(circuit, 64, n_jobs=n) for n in (1, 2))
    assert two > one + 2 * 100 * 2**20  # interpreters with all that is imported
    one, two = (CompiledEngine().encoding_bytes(circuit, 64, n_jobs=n) for n in (1, 2))
    assert one < two < one + 40 * 2**20  # threads have a block each


class _Unopened(AerEngine):
    def _open(self, circuit):
        pytest.fail("was opened")


@pytest.mark.parametrize(
    ("make", "n_matrices"),
    [
        (lambda kernel: QSVC(kernel=kernel), 4.0),
        (lambda kernel: QuantumKernelRidge(kernel=kernel), 4.2),
        (lambda kernel: QGaussianProcessRegressor(kernel), 7.5),
        (lambda kernel: QSVC(kernel=kernel.set_params(repair="clip")), 8.2),
        (lambda kernel: QKernelPCA(kernel=kernel), 6.0),
        (lambda kernel: QKernelPCA(1, kernel=kernel, fit_inverse_transform=True), 4.3),
    ],
    ids=["svc", "ridge", "process", "repaired", "components", "inverse"],
)
def test_what_follows_the_matrix_is_refused_before_a_circuit_is_opened(
    make, n_matrices, monkeypatch
):
    """Less than all of it is free, and more than the matrix alone takes."""
    rows = np.random.default_rng(0).normal(size=(4000, 2))
    y = np.arange(4000) % 2
    free = int((n_matrices - 0.4) * 8 * 4000**2)
    monkeypatch.setattr(_memory, "free_memory", lambda: (free, ""))
    with pytest.raises(InsufficientMemoryError, match="4000 x 4000 entries with what is computed"):
        make(FidelityKernel("angle", engine=_Unopened())).fit(rows, y)


def test_steps_are_refused_before_a_circuit_is_opened(monkeypatch):
    """Columns of the matrix in a cache, and kernels of a block: less than the matrix takes."""
    rows = np.random.default_rng(0).normal(size=(20_000, 2))
    model = QPegasosSVC(FidelityKernel("angle", engine=_Unopened()))
    monkeypatch.setattr(_memory, "free_memory", lambda: (2**28, ""))
    with pytest.raises(InsufficientMemoryError, match=r"Training on 20000 rows needs 0\.3"):
        model.fit(rows, np.arange(20_000) % 2)


def test_rows_that_are_all_kept_are_not_copied():
    model = QuantumKernelRidge(kernel="angle").fit(X, X[:, 0])
    assert model._encoded.array.base is None
    encoded = []
    kernel = FidelityKernel("angle")

    class Spy(FidelityKernel):
        def fit_gram(self, *args, **options):
            found = super().fit_gram(*args, **options)
            encoded.append(found[0])
            return found

    model = QuantumKernelRidge(kernel=Spy(**kernel.get_params(deep=False))).fit(X, X[:, 0])
    assert model._encoded is encoded[0]


def test_little_is_not_asked_about(monkeypatch):
    """A prediction of one row reads no files."""
    model = QSVC(kernel="angle").fit(X, X[:, 0] > 0)
    monkeypatch.setattr(_memory, "free_memory", lambda: pytest.fail("asked"))
    model.predict(X[:1])

"""Kernel matrices tile by tile: into files, resumed, and with encodings that do not fit."""

import os
import signal
import sys

import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sp
from labels import label
from numpy.testing import assert_allclose, assert_array_equal
from processes import started
from qiskit.circuit.library import zz_feature_map
from qiskit.primitives import StatevectorSampler
from qiskit_aer.noise import NoiseModel, depolarizing_error
from qiskit_machine_learning.kernels import FidelityStatevectorKernel
from sklearn import config_context
from sklearn.base import clone
from sklearn.gaussian_process.kernels import RBF
from sklearn.metrics.pairwise import linear_kernel

from skquantum._runtime import _memory
from skquantum.engines import AerEngine, CompiledEngine, SamplerEngine
from skquantum.exceptions import InsufficientMemoryError
from skquantum.feature_maps import CircuitFeatureMap, ZZFeatureMap
from skquantum.kernels import (
    CallableKernel,
    ConstantKernel,
    FidelityKernel,
    ProjectedKernel,
    TrainedKernel,
)

X = np.random.default_rng(0).uniform(-1, 1, (23, 3))
Y = np.random.default_rng(1).uniform(-1, 1, (10, 3))
TARGETS = X[:, 0] > 0
NOISE = NoiseModel()
NOISE.add_all_qubit_quantum_error(depolarizing_error(0.05, 1), ["ry"])
ZZ = FidelityKernel("zz", engine="compiled")
FORMULA = np.cos((X[:, np.newaxis] - X) / 2).prod(axis=2) ** 2  # of the angle map


def tiles_of(n_rows):
    """Make blocks of so many rows."""
    return config_context(working_memory=32 * n_rows**2 / 2**20)


class Counting(FidelityKernel):
    """Counts rows that are encoded and matrices that are computed, and is killed on demand."""

    rows = tiles = 0
    last = None

    def encode(self, X, **options):
        Counting.rows += X.shape[0]
        return super().encode(X, **options)

    def gram(self, A, B=None):
        if Counting.tiles == Counting.last:
            os.kill(os.getpid(), signal.SIGKILL)
        Counting.tiles += 1
        return super().gram(A, B)


@pytest.fixture(autouse=True)
def _count():
    Counting.rows, Counting.tiles, Counting.last = 0, 0, None


KERNELS = [
    ZZ,
    FidelityKernel("zz", engine=AerEngine(shots=50), random_state=0),
    FidelityKernel("zz", engine=AerEngine(shots=51), symmetric=False, random_state=0),
    FidelityKernel("angle", engine=AerEngine(noise_model=NOISE)),
    FidelityKernel("angle", engine=AerEngine(noise_model=NOISE), symmetric=False),
    FidelityKernel("zz", symmetric=False),
    FidelityKernel("zz", engine="chain"),
    ProjectedKernel("zz", engine="compiled"),
    ProjectedKernel("zz", engine="compiled", outer=RBF()),
    2 * ZZ + ProjectedKernel("zz", engine="compiled") ** 2,
    TrainedKernel(FidelityKernel(ZZFeatureMap(bandwidth="trained")), max_iter=2),
    CallableKernel(linear_kernel),
    ConstantKernel(3.0),
]


@pytest.mark.parametrize("rows", [pytest.param(4, marks=pytest.mark.slow), 23, 5000])
@pytest.mark.parametrize("kernel", KERNELS, ids=label)
def test_the_numbers_are_those_of_the_whole_matrix(kernel, rows):
    kernel = clone(kernel).fit(X, TARGETS)
    with tiles_of(rows):
        K, other = kernel.matrix(X), kernel.matrix(Y, X)
    whole = kernel(X)
    assert K.dtype == np.float64
    assert_allclose(K, whole, rtol=0, atol=2e-14)
    assert_allclose(other, kernel(Y, X), rtol=0, atol=2e-14)
    if (whole == whole.T).all():
        assert_array_equal(K, K.T)
    assert_array_equal(K.diagonal() == 1.0, whole.diagonal() == 1.0)


def test_a_formula():
    with tiles_of(5):
        K = FidelityKernel("angle").matrix(X)
    assert_allclose(K, FORMULA, rtol=0, atol=1e-14)


def test_a_matrix_that_fits_is_the_same_to_the_bit():
    kernel = clone(ZZ).fit(X)
    assert_array_equal(kernel.matrix(X), kernel(X))


@pytest.mark.parametrize(
    "convert", [pd.DataFrame, sp.csr_array, sp.coo_array, sp.csc_matrix, np.ndarray.tolist]
)
@pytest.mark.filterwarnings("error")
def test_rows_of_any_kind(convert):
    rows, others = convert(X), convert(Y)
    if isinstance(rows, pd.DataFrame):
        rows.columns = others.columns = list("abc")
    kernel, wanted = clone(ZZ).fit(rows), clone(ZZ).fit(X)(Y, X)
    with tiles_of(4):
        assert_allclose(kernel.matrix(others, rows), wanted, rtol=0, atol=1e-14)


@pytest.mark.filterwarnings("error")
def test_kernels_that_are_not_fitted():
    with tiles_of(7):
        for kernel in (FidelityKernel("angle"), 2 * FidelityKernel("angle") + 0.5):
            before = dict(vars(kernel))
            K = kernel.matrix(X)
            assert_allclose(K, kernel(X), rtol=0, atol=1e-14)
            assert vars(kernel) == before
        with pytest.raises(ValueError, match="call fit"):
            ProjectedKernel("angle").matrix(X)
    assert_allclose(CallableKernel(linear_kernel).matrix(X), X @ X.T, atol=1e-14)


# --- Where it is written -----------------------------------------------------------------------


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("order", ["C", "F"])
def test_into_a_file(tmp_path, dtype, order):
    path = tmp_path / "K"
    out = np.memmap(path, dtype, "w+", shape=(23, 23), order=order)
    kernel = clone(ZZ).fit(X)
    with tiles_of(4):
        assert kernel.matrix(X, out=out) is out
        wanted = kernel.matrix(X).astype(dtype)
    written = np.memmap(path, dtype, "r", shape=(23, 23), order=order)
    assert_array_equal(written, wanted)


class Rows:
    """An array-like that takes slices, as files of other libraries do."""

    def __init__(self, shape):
        self.shape, self.dtype = shape, np.dtype(np.float64)
        self._array, self.flushed = np.full(shape, np.nan), False

    def __setitem__(self, key, value):
        self._array[key] = value

    def __getitem__(self, key):
        return self._array[key]

    def flush(self):
        self.flushed = True


def test_into_an_array_like(tmp_path):
    out = Rows((10, 23))
    kernel = clone(ZZ).fit(X)
    with tiles_of(6):
        kernel.matrix(Y, X, out=out, checkpoint=tmp_path)
    assert out.flushed
    assert_allclose(out[:, :], kernel(Y, X), rtol=0, atol=1e-14)


# --- After a crash -----------------------------------------------------------------------------


def _killed(path, last):
    """Compute until a tile, and be killed."""
    Counting.last = last
    _resumed(path, "w+")


def _resumed(path, mode="r+", kernel=None, **options):
    kernel = clone(kernel or Counting("zz", engine="compiled")).fit(X)
    out = np.memmap(path / "K", np.float64, mode, shape=(23, 23))
    with tiles_of(4):
        return kernel.matrix(X, out=out, checkpoint=path / "tiles", **options)


@pytest.mark.skipif(sys.platform == "win32", reason="there is no SIGKILL")
def test_a_killed_process_is_continued(tmp_path):
    for last, finished in [(8, 8), (5, 13)]:
        process = started(_killed if last == 8 else _killed_again, tmp_path, last)
        process.join(120)
        assert process.exitcode == -signal.SIGKILL
        noted = list((tmp_path / "tiles").glob("*-pair-*"))
        assert len(noted) == finished
    K = _resumed(tmp_path)
    assert Counting.tiles == 21 - 13
    assert_allclose(K, ZZ(X), rtol=0, atol=1e-14)
    _resumed(tmp_path)
    assert Counting.tiles == 21 - 13


def _killed_again(path, last):
    Counting.last = last
    _resumed(path)


def test_an_interruption_keeps_what_is_finished(tmp_path, monkeypatch):
    class Interrupted(Counting):
        def gram(self, A, B=None):
            if Counting.tiles == 9:
                raise KeyboardInterrupt
            return super().gram(A, B)

    kernel = Interrupted("zz", engine="compiled")
    with pytest.raises(KeyboardInterrupt):
        _resumed(tmp_path, "w+", kernel)
    Counting.tiles = 10
    _resumed(tmp_path, kernel=kernel)
    assert Counting.tiles == 10 + 21 - 9


def test_finished_tiles_take_no_simulation(tmp_path):
    _resumed(tmp_path, "w+")
    Counting.rows = Counting.tiles = 0
    K = _resumed(tmp_path)
    assert (Counting.rows, Counting.tiles) == (0, 0)
    K[9, 2] = 0.5  # a tile below the diagonal, with rows 8 to 11 and 0 to 3
    K = _resumed(tmp_path)
    assert (Counting.rows, Counting.tiles) == (8, 1)
    assert_allclose(K, ZZ(X), rtol=0, atol=1e-14)


def test_another_file_holds_nothing(tmp_path):
    _resumed(tmp_path, "w+")
    Counting.tiles = 0
    K = _resumed(tmp_path, "w+")
    assert Counting.tiles == 21
    assert_allclose(K, ZZ(X), rtol=0, atol=1e-14)


@pytest.mark.parametrize(
    "kernel",
    [
        FidelityKernel("angle", engine="compiled"),
        FidelityKernel(ZZFeatureMap(bandwidth=0.5), engine="compiled"),
        FidelityKernel("zz", engine=AerEngine(50), random_state=0),
        ProjectedKernel("zz", engine="compiled", gamma=0.5),
        ProjectedKernel("zz", engine="compiled", gamma=0.6),
        ProjectedKernel("zz", engine="compiled", gamma=0.6, locality=2),
        ProjectedKernel("zz", engine="compiled", gamma=0.6, observables=[np.arange(8.0)]),
        ProjectedKernel("zz", engine="compiled", outer="linear"),
        ZZ + 1,
        ZZ + 2,
        ZZ**2,
        ZZ**3,
    ],
    ids=label,
)
def test_another_kernel_finds_nothing(tmp_path, kernel):
    _resumed(tmp_path, "w+")
    files = set(os.listdir(tmp_path / "tiles"))
    K = _resumed(tmp_path, kernel=kernel)
    assert len({name for name in os.listdir(tmp_path / "tiles") if "-pair-" in name} - files) == 21
    assert_allclose(K, kernel(X), rtol=0, atol=1e-14)
    files = set(os.listdir(tmp_path / "tiles"))
    assert_array_equal(_resumed(tmp_path, kernel=kernel), K)
    assert set(os.listdir(tmp_path / "tiles")) == files  # and knows itself


def test_trained_weights_count(tmp_path):
    from qiskit.circuit import ParameterVector, QuantumCircuit

    x, w = ParameterVector("x", 3), ParameterVector("w", 3)
    circuit = QuantumCircuit(3)
    for qubit in range(3):
        circuit.rx(x[qubit] * w[qubit], qubit)
    kernel = Counting(CircuitFeatureMap(circuit, weights=w), engine="compiled").fit(X)
    out = np.zeros((23, 23))
    for theta in ([1.0, 2.0, 3.0], [1.0, 2.0, 2.5]):
        kernel.theta = theta
        kernel.matrix(X, out=out, checkpoint=tmp_path)
        formula = np.cos((X[:, np.newaxis] - X) * theta / 2).prod(axis=2) ** 2
        assert_allclose(out, formula, rtol=0, atol=1e-14)


def test_blocks_are_those_of_the_first_process(tmp_path):
    _resumed(tmp_path, "w+")
    kernel = Counting("zz", engine="compiled").fit(X)
    out = np.memmap(tmp_path / "K", np.float64, "r+", shape=(23, 23))
    Counting.tiles = 0
    kernel.matrix(X, out=out, checkpoint=tmp_path / "tiles")  # would be a single tile
    assert Counting.tiles == 0


# --- Rows that are simulated again -------------------------------------------------------------

WIDE = Counting("angle", engine="compiled")
ROWS = np.random.default_rng(0).uniform(-1, 1, (25, 16))
MIB = 2**20


@pytest.mark.parametrize("n_held", [1, 2, 7, 11, 24, 25, 60])
def test_encodings_that_do_not_fit(n_held):
    kernel = WIDE.fit(ROWS)
    fixed = kernel.encoding_bytes(1) + kernel.comparison_bytes(1, 1)
    budget = {"max_bytes": fixed + n_held * MIB}
    with tiles_of(1):
        plan = kernel.plan_matrix(ROWS, **budget)
        held = min(n_held, 25)
        assert plan.n_held == held
        assert plan.n_bytes <= budget["max_bytes"]
        assert plan.n_simulations == sum(25 - start for start in range(0, 25, held))
        assert plan.n_simulations <= 25 + 25**2 / (2 * held)
        K = kernel.matrix(ROWS, **budget)
        assert Counting.rows == plan.n_simulations
        assert Counting.tiles == plan.n_tiles == 25 * 26 // 2
    formula = np.cos((ROWS[:, np.newaxis] - ROWS) / 2).prod(axis=2) ** 2
    assert_allclose(K, formula, rtol=0, atol=1e-13)
    assert_array_equal(K, K.T)


@pytest.mark.parametrize(("n_held", "simulations"), [(3, 25 + 9), (9, 34), (2, 9 + 5 * 25)])
def test_the_side_that_takes_fewer_simulations_is_held(n_held, simulations):
    kernel = WIDE.fit(ROWS)
    fixed = kernel.encoding_bytes(1) + kernel.comparison_bytes(1, 1)
    budget = {"max_bytes": fixed + n_held * MIB}
    few, many = ROWS[:9], ROWS
    simulations = min(9 + -(-9 // n_held) * 25, 25 + -(-25 // n_held) * 9)
    with tiles_of(1):
        for pair in ((few, many), (many, few)):
            plan = kernel.plan_matrix(*pair, **budget)
            assert plan.n_simulations == simulations
            Counting.rows = 0
            K = kernel.matrix(*pair, **budget)
            assert Counting.rows == simulations
            formula = np.cos((pair[0][:, np.newaxis] - pair[1]) / 2).prod(axis=2) ** 2
            assert_allclose(K, formula, rtol=0, atol=1e-13)


def test_what_is_free_decides(monkeypatch):
    kernel = WIDE.fit(ROWS)
    assert kernel.plan_matrix(ROWS).n_simulations == 25
    monkeypatch.setattr(_memory, "free_memory", lambda: (60 * MIB, ""))
    monkeypatch.setattr("skquantum.kernels._tiles.free_memory", lambda: (60 * MIB, ""))
    assert 25 < kernel.plan_matrix(ROWS).n_simulations < 625
    kernel.matrix(ROWS)
    with pytest.raises(InsufficientMemoryError, match="Encoding 200 rows on 16 qubits"):
        kernel(np.tile(ROWS, (8, 1)))


def test_the_number_of_simulations_is_announced(capsys):
    kernel = WIDE.fit(ROWS)
    fixed = kernel.encoding_bytes(1) + kernel.comparison_bytes(1, 1)
    with tiles_of(1):
        kernel.matrix(ROWS, max_bytes=fixed + 5 * MIB, verbose=True)
        said = capsys.readouterr().err
        assert "25 x 25 entries in 325 tiles: 75 simulations of 25 rows, because 5" in said
        assert "325/325" in said
        kernel.matrix(ROWS)
    assert capsys.readouterr().err == ""
    assert kernel.plan_matrix(ROWS).describe() == "25 x 25 entries in 1 tiles: 25 simulations"


def test_workers_count_in_the_plan():
    kernel = FidelityKernel("angle", engine=AerEngine()).fit(ROWS)
    one, two = (kernel.plan_matrix(ROWS, n_jobs=n_jobs).n_bytes for n_jobs in (1, 2))
    assert two >= one
    assert_array_equal(kernel.matrix(X=ROWS, n_jobs=2), kernel.matrix(ROWS))


@pytest.mark.slow
def test_states_of_24_qubits():
    """100 of them take 25 GiB; the largest memory is measured in benchmarks/out_of_memory.py."""
    rows = np.random.default_rng(0).uniform(-1, 1, (6, 24))
    kernel = FidelityKernel("angle", engine=CompiledEngine()).fit(rows)
    plan = kernel.plan_matrix(rows, max_bytes=2 * 2**30)
    assert plan.n_held < 6
    K = kernel.matrix(rows, max_bytes=2 * 2**30)
    formula = np.cos((rows[:, np.newaxis] - rows) / 2).prod(axis=2) ** 2
    assert_allclose(K, formula, rtol=0, atol=1e-12)


# --- What is refused ---------------------------------------------------------------------------

FITTED = FidelityKernel("zz", engine="compiled").fit(X)
READ_ONLY = np.zeros((23, 23))
READ_ONLY.flags.writeable = False
FOREIGN = FidelityStatevectorKernel(feature_map=zz_feature_map(3))


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: FITTED.matrix(X, out=[[0.0]]), TypeError, "out is a list; pass an array"),
        (
            lambda: FITTED.matrix(X, out=np.zeros((23, 22))),
            ValueError,
            r"out has shape \(23, 22\), and the matrix has shape \(23, 23\)",
        ),
        (
            lambda: FITTED.matrix(Y, X, out=np.zeros((23, 10))),
            ValueError,
            r"out has shape \(23, 10\), and the matrix has shape \(10, 23\)",
        ),
        (
            lambda: FITTED.matrix(X, out=np.zeros((23, 23), dtype=int)),
            ValueError,
            "out has dtype int64; pass an array of float64 or float32",
        ),
        (lambda: FITTED.matrix(X, out=READ_ONLY), ValueError, "read-only; open it with mode='r"),
        (lambda: FITTED.matrix(X, checkpoint="x"), ValueError, "and out is None; pass an array"),
        (lambda: FITTED.matrix(X, Y[:, :2]), ValueError, "2 features, but .* expecting 3"),
        (
            lambda: ConstantKernel().matrix(X, Y[:, :2]),
            ValueError,
            "X has 3 features and Y has 2 features",
        ),
        (lambda: FITTED.matrix(X, max_bytes=0), ValueError, "max_bytes=0 must be a positive"),
        (lambda: FITTED.matrix(X, max_bytes="1G"), ValueError, "max_bytes='1G' must be a positive"),
        (
            lambda: FITTED.matrix(X, max_bytes=1000),
            InsufficientMemoryError,
            "blocks of 1 rows needs .* GiB of memory, and 9.31e-07 GiB may be used; free memory",
        ),
        (
            lambda: CallableKernel(linear_kernel).matrix(
                X, out=np.zeros((23, 23)), checkpoint="nowhere"
            ),
            TypeError,
            "CallableKernel cannot be recognised by another process, .*; use checkpoint=None",
        ),
        (
            lambda: (
                ProjectedKernel("zz", outer=RBF())
                .fit(X)
                .matrix(X, out=np.zeros((23, 23)), checkpoint="nowhere")
            ),
            TypeError,
            r"outer=RBF\(length_scale=1\) cannot be recognised",
        ),
        (lambda: FITTED.matrix(np.empty((0, 3))), ValueError, "0 sample"),
        (lambda: FITTED.matrix(X[0]), ValueError, "Expected 2D"),
        (lambda: FITTED.matrix(np.where(X > 0.9, np.nan, X)), ValueError, "NaN"),
    ],
)
def test_refusals(call, error, message):
    with pytest.raises(error, match=message):
        call()
    assert not os.path.exists("nowhere")


@pytest.mark.parametrize(
    ("kernel", "message"),
    [
        (FidelityKernel("zz", repair="clip"), "repair='clip' needs the whole matrix.*metrics.rep"),
        (FidelityKernel("zz", mitigation="mean"), "mitigation='mean' needs .*use mitigation=None"),
        (1 + FidelityKernel("zz", repair="shift"), "repair='shift' needs the whole matrix"),
        (CallableKernel(RBF() + FidelityKernel("zz", repair="shift")), "repair='shift' needs"),
        (
            CallableKernel(FOREIGN),
            "use enforce_psd=False",
        ),
    ],
)
def test_corrections_of_whole_matrices_are_refused(kernel, message):
    for method in (kernel.matrix, kernel.plan_matrix):
        with pytest.raises(ValueError, match=message):
            method(X)


def test_a_bad_row_is_refused_by_its_number_before_anything_is_simulated():
    rows = np.ones((30, 3))
    rows[21] = 0.0
    kernel = Counting("amplitude").fit(rows[:5])
    with tiles_of(4), pytest.raises(ValueError, match=r"\b21\b"):
        kernel.matrix(rows)
    assert Counting.rows == 0


def test_devices_run_each_pair_once():
    kernel = FidelityKernel("zz", engine=SamplerEngine(StatevectorSampler(seed=0), shots=2000))
    kernel.fit(X[:6])
    with tiles_of(2):
        K = kernel.matrix(X[:6])
    assert_array_equal(K, K.T)
    assert_array_equal(K.diagonal(), 1.0)
    assert_allclose(K, ZZ(X[:6]), rtol=0, atol=0.06)

"""However the rows are spread over workers, the result is the same to the last bit."""

import concurrent.futures
import hashlib
import os
import pathlib
import signal
import subprocess
import sys
import threading
import time

import joblib
import numpy as np
import pytest
from numpy.testing import assert_array_equal
from qiskit import QuantumCircuit
from qiskit.circuit import Parameter
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV

from skquantum import QSVC, QSVR
from skquantum._runtime import _parallel
from skquantum.engines import ENGINES, AerEngine, Engine, StateSession
from skquantum.exceptions import SimulationError
from skquantum.feature_maps import ReuploadingFeatureMap
from skquantum.kernels import FidelityKernel

rng = np.random.default_rng(3)
X = rng.normal(size=(37, 3))
X_NEW = rng.normal(size=(5, 3))
Y = np.arange(len(X)) % 3
# All in this process: a single row takes less than the time from which work is shipped.
AER = AerEngine()
STATES = FidelityKernel("zz", engine=AER).encode(X).array
GRAM = FidelityKernel("zz", engine=AER)(X_NEW, X)
DECISION = QSVC(kernel=FidelityKernel("zz", engine=AER)).fit(X, Y).decision_function(X_NEW)

each = pytest.mark.parametrize
each_backend = each(
    "backend",
    ["loky", "threading", pytest.param("multiprocessing", marks=pytest.mark.slow)],
)


class TracedEngine(Engine):
    """AerEngine, with a note in a folder of who simulated how many rows.

    Its sessions claim to be slow, so that work is shipped, also from inside of workers.
    """

    def __init__(self, folder=None, failure=None, sleep=0.0, chunk_size=None, threads=0):
        self.folder = folder
        self.failure = failure
        self.sleep = sleep
        self.chunk_size = chunk_size
        self.threads = threads

    def _open(self, circuit):
        return TracedSession(self, circuit)

    def single_threaded(self):
        return clone(self).set_params(threads=1)


class InThreadsEngine(TracedEngine):
    """One session of it serves several threads."""

    shares_memory = True


class TracedSession(StateSession):
    def __init__(self, engine, circuit):
        super().__init__(engine, circuit)
        self.seconds_per_row = 3600.0
        self.open_aer = lambda: AerEngine(max_parallel_threads=engine.threads).open(circuit)
        self.rows_per_run = engine.chunk_size or self.open_aer().rows_per_run

    def _run_states(self, rows):
        engine = self.engine
        if engine.folder is not None:
            note = f"{os.getpid()} {threading.get_ident()} {len(rows)} {engine.threads}\n"
            with open(pathlib.Path(engine.folder) / "notes", "a") as file:
                file.write(note)
        if engine.failure == "interrupt":
            raise KeyboardInterrupt
        if engine.failure is not None:
            raise SimulationError(engine.failure)
        time.sleep(engine.sleep)
        return self.open_aer().states(rows)  # one for each thread


@pytest.fixture
def notes(tmp_path):
    """Return a function that returns processes, threads, rows and threads per Aer of the tasks."""

    def read():
        lines = (tmp_path / "notes").read_text().splitlines()
        return map(list, zip(*(map(int, line.split()) for line in lines), strict=True))

    return read


@pytest.fixture
def parallels(monkeypatch):
    """The n_jobs of every use of joblib, while work of any size is worth shipping."""
    calls = []
    parallel = _parallel.Parallel

    def noting(**options):
        made = parallel(**options)
        calls.append(options["n_jobs"])
        return made

    monkeypatch.setattr(_parallel, "Parallel", noting)
    monkeypatch.setattr(_parallel, "MIN_SECONDS_TO_SHIP", 0)
    monkeypatch.setattr(_parallel, "MIN_SECONDS_TO_THREAD", 0)
    return calls


def assert_same_bits(n_jobs, engine=AER):
    """States, kernel matrices and decision values are those of a single process."""
    kernel = FidelityKernel("zz", engine=engine, n_jobs=n_jobs)
    states = kernel.encode(X).array
    assert_array_equal(states, STATES)
    assert states.dtype == STATES.dtype
    assert_array_equal(kernel(X_NEW, X), GRAM)
    model = QSVC(kernel=FidelityKernel("zz", engine=engine), n_jobs=n_jobs).fit(X, Y)
    assert_array_equal(model.decision_function(X_NEW), DECISION)


N_ENCODINGS = 5  # that assert_same_bits makes


# --- The same result ---------------------------------------------------------------------------


@each("n_jobs", [1, 2, -1])
@each_backend
def test_result_does_not_depend_on_workers(backend, n_jobs, parallels):
    with joblib.parallel_config(backend):
        assert_same_bits(n_jobs)
        shipped = joblib.effective_n_jobs(n_jobs) > 1
    assert parallels == ([n_jobs] * N_ENCODINGS if shipped else [])


@each("n_jobs", [1, 2])
@each("chunk_size", [1, 4, 36, 1000])
def test_result_does_not_depend_on_chunks(n_jobs, chunk_size, parallels):
    with joblib.parallel_config("threading"):
        assert_same_bits(n_jobs, AerEngine(chunk_size=chunk_size))


@each("engine", ENGINES.values(), ids=ENGINES)
@each("n_jobs", [1, 2, -1])
def test_result_of_no_engine_depends_on_workers(engine, n_jobs, parallels):
    expected = FidelityKernel("zz", engine=engine()).encode(X, n_jobs=1)
    kernel = FidelityKernel("zz", engine=engine(), n_jobs=n_jobs)
    with joblib.parallel_config("threading"):
        assert_array_equal(kernel.encode(X), expected)
        assert len(parallels) == (joblib.effective_n_jobs(n_jobs) > 1)


# Above 14 qubits Aer may fuse gates, and several threads share a state.
WIDE = ReuploadingFeatureMap(n_qubits=15, reps=2, bandwidth=1.0)


@pytest.fixture(scope="module")
def wide_states():
    return FidelityKernel(WIDE, engine=AER).encode(X[:5]).array


@each("chunk_size", [1, 2, 4])
def test_wide_states_do_not_depend_on_chunks(chunk_size, wide_states):
    kernel = FidelityKernel(WIDE, engine=AerEngine(chunk_size=chunk_size))
    assert_array_equal(kernel.encode(X[:5]), wide_states)
    assert_array_equal(kernel.encode(X[:1]), wide_states[:1])


@each("backend", ["loky", "threading"])
def test_wide_states_do_not_depend_on_workers(backend, parallels, wide_states):
    kernel = FidelityKernel(WIDE, engine=AER, n_jobs=2)
    with joblib.parallel_config(backend):
        assert_array_equal(kernel.encode(X[:5]), wide_states)
    assert parallels == [2]


@each_backend
def test_rows_are_simulated_by_other_workers_with_one_thread_each(backend, tmp_path, notes):
    with joblib.parallel_config(backend):
        states = FidelityKernel("zz", engine=TracedEngine(str(tmp_path)), n_jobs=2).encode(X)
    assert_array_equal(states, STATES)
    processes, _, rows, aer_threads = notes()
    assert sum(rows) == len(X)
    assert max(rows) <= -(-len(X) // 8)  # four tasks per worker
    assert set(aer_threads) == {1}
    assert (os.getpid() in processes) == (backend == "threading")


def test_workers_are_several(tmp_path, notes):
    engine = TracedEngine(str(tmp_path), sleep=0.05)
    FidelityKernel("zz", engine=engine, n_jobs=2).encode(X)
    processes, *_ = notes()
    assert len(set(processes)) == 2


@pytest.fixture(scope="module")
def dask_client():
    distributed = pytest.importorskip("distributed")
    cluster = distributed.LocalCluster(
        n_workers=2, processes=True, threads_per_worker=1, dashboard_address=None
    )
    with cluster, distributed.Client(cluster) as client:
        yield client


def test_dask_cluster(dask_client, tmp_path, notes, parallels):
    workers = dask_client.run(os.getpid)
    with joblib.parallel_config("dask"):
        assert_same_bits(-1)
        assert_same_bits(2, TracedEngine(str(tmp_path), sleep=0.02))
    assert parallels == [-1] * N_ENCODINGS + [2] * N_ENCODINGS
    processes, _, rows, aer_threads = notes()
    assert set(processes) == set(workers.values())
    assert len(set(processes)) == 2
    assert set(aer_threads) == {1}
    assert sum(rows) == 3 * len(X) + 2 * len(X_NEW)


def test_error_on_a_dask_worker(dask_client):
    kernel = FidelityKernel("zz", engine=TracedEngine(failure="the fridge is warm"))
    with joblib.parallel_config("dask"), pytest.raises(SimulationError, match="fridge is warm"):
        kernel.encode(X, n_jobs=2)


@each("n_rows", [1, 2, 7, 8, 9, 37])
@each("n_jobs", [1, 2, 3])
@each("chunk_size", [1, 5, 1000])
def test_blocks_cover_the_rows_in_order(n_rows, n_jobs, chunk_size, tmp_path, notes):
    kernel = FidelityKernel("zz", engine=TracedEngine(str(tmp_path), chunk_size=chunk_size))
    with joblib.parallel_config("threading"):
        assert_array_equal(kernel.encode(X[:n_rows], n_jobs=n_jobs), STATES[:n_rows])
    _, _, rows, _ = notes()
    assert sum(rows) == n_rows
    assert max(rows) <= chunk_size
    assert len(rows) >= min(n_rows, n_jobs)


@each("backend", ["loky", "threading"])
def test_engines_that_share_memory_run_in_threads_of_this_process(backend, tmp_path, notes):
    kernel = FidelityKernel("zz", engine=InThreadsEngine(str(tmp_path), sleep=0.01), n_jobs=2)
    with joblib.parallel_config(backend):
        assert_array_equal(kernel.encode(X), STATES)
    processes, threads, rows, _ = notes()
    assert set(processes) == {os.getpid()}
    assert len(set(threads)) == 2
    assert sum(rows) == len(X)


# --- Who decides -------------------------------------------------------------------------------


def test_small_work_stays_in_the_process(parallels, monkeypatch):
    monkeypatch.setattr(_parallel, "MIN_SECONDS_TO_SHIP", 2.0)
    assert_same_bits(2)
    assert parallels == []


@each(
    ("kernel_n_jobs", "n_jobs", "configured", "expected"),
    [
        (None, None, None, []),
        (None, None, 2, [None]),
        (None, 2, None, [2]),
        (2, None, None, [2]),
        (3, 2, None, [3]),
        (1, 2, 2, []),
        (None, 1, 2, []),
    ],
)
def test_n_jobs_of_kernel_then_estimator_then_joblib(
    kernel_n_jobs, n_jobs, configured, expected, parallels
):
    model = QSVC(kernel=FidelityKernel("zz", engine=AER, n_jobs=kernel_n_jobs), n_jobs=n_jobs)
    with joblib.parallel_config("threading", n_jobs=configured):
        model.fit(X, Y)
    assert parallels == expected


# --- Progress bar ------------------------------------------------------------------------------


@each("n_jobs", [1, 2])
@each("verbose", [True, 1, 5, False, 0])
@each("where", ["kernel", "estimator"])
def test_progress_bar(n_jobs, verbose, where, parallels, capsys):
    kernel = FidelityKernel("zz", engine=AER, verbose=verbose if where == "kernel" else False)
    model = QSVC(kernel=kernel, n_jobs=n_jobs, verbose=verbose if where == "estimator" else False)
    with joblib.parallel_config("threading"):
        model.fit(X, Y)
        at_fit = capsys.readouterr()
        model.predict(X_NEW)
        at_predict = capsys.readouterr()
    assert at_fit.out == at_predict.out == ""
    for err, n_rows in ((at_fit.err, len(X)), (at_predict.err, len(X_NEW))):
        assert (f"{n_rows}/{n_rows}" in err) == bool(verbose)
        assert ("states: 100%" in err) == bool(verbose)
        if not verbose:
            assert err == ""


# --- Errors and interruptions ------------------------------------------------------------------


@pytest.fixture
def ctrl_c_is_heard():
    """A shell that starts the tests in the background has the signal ignored."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


def assert_usable(model):
    """It can be fitted, and comes to what it always comes to."""
    model.set_params(kernel__engine__failure=None, kernel__engine__sleep=0.0).fit(X, Y)
    assert_array_equal(model.decision_function(X_NEW), DECISION)


@each("n_jobs", [1, 2])
@each_backend
def test_errors_of_workers_arrive_with_their_message(backend, n_jobs):
    engine = TracedEngine(failure="the fridge is warm")
    model = QSVC(kernel=FidelityKernel("zz", engine=engine), n_jobs=n_jobs)
    with joblib.parallel_config(backend):
        with pytest.raises(SimulationError, match=r"^the fridge is warm$"):
            model.fit(X, Y)
        assert_usable(model)


@each(
    ("backend", "n_jobs"),
    [("loky", 1), pytest.param("loky", 2, marks=pytest.mark.slow), ("threading", 2)],
)
def test_interrupt_inside_of_a_task(backend, n_jobs):
    engine = TracedEngine(failure="interrupt")
    model = QSVC(kernel=FidelityKernel("zz", engine=engine), n_jobs=n_jobs)
    with joblib.parallel_config(backend):
        with pytest.raises(KeyboardInterrupt):
            model.fit(X, Y)
        assert_usable(model)


@each(("backend", "n_jobs"), [("loky", 1), ("loky", 2), ("threading", 2)])
@pytest.mark.skipif(sys.platform == "win32", reason="the signal would end the test run")
def test_ctrl_c_while_workers_are_busy(backend, n_jobs, ctrl_c_is_heard):
    engine = TracedEngine(sleep=0.5, chunk_size=1)  # for half a minute with one worker
    model = QSVC(kernel=FidelityKernel("zz", engine=engine), n_jobs=n_jobs)
    ctrl_c = threading.Timer(0.5, os.kill, [os.getpid(), signal.SIGINT])
    with joblib.parallel_config(backend):
        FidelityKernel("zz", engine=TracedEngine(), n_jobs=n_jobs).encode(X)  # starts the workers
        start = time.perf_counter()
        ctrl_c.start()
        with pytest.raises(KeyboardInterrupt):
            model.fit(np.tile(X, (2, 1)), np.tile(Y, 2))
        assert time.perf_counter() - start < 10
        assert_usable(model)


@each("n_jobs", [1, 2])
@each("chunk_size", [None, 2])
def test_bad_rows_are_named_alike_however_they_ran(n_jobs, chunk_size, parallels):
    x = Parameter("x")
    circuit = QuantumCircuit(1)
    circuit.ry(1 / x, 0)
    rows = np.linspace(1, 2, 12)[:, None]
    rows[7] = 0
    kernel = FidelityKernel(circuit, engine=AerEngine(chunk_size=chunk_size), n_jobs=n_jobs)
    with (
        pytest.raises(ValueError, match="not a finite") as error,
        joblib.parallel_config("threading"),
    ):
        kernel.encode(rows)
    serial = FidelityKernel(circuit, engine=AER)
    with pytest.raises(ValueError, match="not a finite") as expected:
        serial.encode(rows)
    assert str(error.value) == str(expected.value)


# --- Several at once ---------------------------------------------------------------------------

SCRIPT = """
import hashlib
import numpy as np
from skquantum._runtime import _parallel
from skquantum.engines import AerEngine
from skquantum.kernels import FidelityKernel
_parallel.MIN_SECONDS_TO_SHIP = 0
X = np.random.default_rng(3).normal(size=(37, 3))
states = FidelityKernel("zz", engine=AerEngine(), n_jobs=2).encode(X).array
print(hashlib.sha256(states.tobytes()).hexdigest())
"""


@pytest.mark.slow
def test_two_processes_with_workers_at_once():
    other = subprocess.Popen([sys.executable, "-c", SCRIPT], stdout=subprocess.PIPE, text=True)
    kernel = FidelityKernel("zz", engine=TracedEngine(sleep=0.01), n_jobs=2)
    while other.poll() is None:
        assert_array_equal(kernel.encode(X), STATES)
    assert other.returncode == 0
    assert other.stdout.read().strip() == hashlib.sha256(STATES.tobytes()).hexdigest()


@each("n_jobs", [1, 2])
def test_two_threads_share_a_kernel_object(n_jobs, parallels):
    kernel = FidelityKernel("zz", engine=AER)

    def decision(cls):
        model = cls(kernel=kernel, n_jobs=n_jobs).fit(X, Y)
        return model.predict(X_NEW)

    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        results = list(pool.map(decision, [QSVC, QSVR] * 4))
    for cls, result in zip([QSVC, QSVR] * 4, results, strict=True):
        assert_array_equal(result, cls(kernel=kernel).fit(X, Y).predict(X_NEW))


@each("backend", ["loky", "threading"])
def test_parallel_search_over_parallel_estimators(backend, tmp_path, notes):
    engine = TracedEngine(str(tmp_path))
    grid = {"kernel__feature_map__reps": [1, 2], "C": [0.5, 5.0]}
    model = QSVC(kernel=FidelityKernel("zz", engine=engine), n_jobs=2)
    model.set_params(kernel__feature_map__reps=2)
    with joblib.parallel_config(backend):
        search = GridSearchCV(model, grid, cv=2, n_jobs=2, error_score="raise").fit(X, Y)
    serial = GridSearchCV(
        QSVC(kernel=FidelityKernel("zz", engine=AER)), grid, cv=2, error_score="raise"
    ).fit(X, Y)
    for split in (0, 1):
        column = f"split{split}_test_score"
        assert_array_equal(search.cv_results_[column], serial.cv_results_[column])
    _, threads, _, aer_threads = notes()
    assert set(aer_threads) == {1}  # shipped, even inside of the workers of the search
    assert len(set(threads)) > 2

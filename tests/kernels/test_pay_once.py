"""Pairs of rows that were measured once: folds, candidates, other scripts, and jobs in flight."""

import itertools
import pickle
from types import SimpleNamespace

import joblib
import numpy as np
import pytest
from numpy.testing import assert_array_equal
from processes import at_once
from qiskit.primitives import BackendSamplerV2, StatevectorSampler
from qiskit.providers.fake_provider import GenericBackendV2
from sklearn.base import clone
from sklearn.datasets import make_moons
from sklearn.model_selection import GridSearchCV

from skquantum import QSVC, QuantumKernelRidge
from skquantum.engines import SamplerEngine
from skquantum.kernels import FidelityKernel
from skquantum.mitigation import bit_flip_weights

X, Y = make_moons(20, noise=0.1, random_state=0)
N = 18
PAIRS = N * (N - 1) // 2


class Counting(StatevectorSampler):
    """Counts circuits; no two results are the same."""

    def __init__(self):
        super().__init__()
        self.circuits = 0

    def run(self, pubs, **options):
        for _, bindings, _ in pubs:
            self.circuits += int(np.prod(bindings.shape))
        return super().run(pubs, **options)


def counted(run):
    """Return how many circuits are run, and what comes of it."""
    sampler = Counting()
    result = run(sampler)
    return sampler.circuits, result


def kernel_on(sampler, checkpoint, shots=1, **params):
    engine = SamplerEngine(sampler, shots=shots)
    return FidelityKernel("zz", engine=engine, checkpoint=checkpoint, **params)


def fitted(sampler, checkpoint, n_rows=N, **params):
    return QSVC(kernel=kernel_on(sampler, checkpoint, **params)).fit(X[:n_rows], Y[:n_rows])


def search(sampler, checkpoint, shots=1, n_jobs=None):
    model = QSVC(kernel=kernel_on(sampler, checkpoint, shots), random_state=0)
    grid = GridSearchCV(model, {"C": [0.1, 1, 10]}, cv=3, n_jobs=n_jobs, error_score="raise")
    return grid.fit(X[:N], Y[:N])


# with one shot a pair is one circuit, with more it is one in each order
@pytest.mark.parametrize(("shots", "orders"), [(1, 1), (20, 2)])
def test_a_search_runs_no_more_circuits_than_there_are_pairs(tmp_path, shots, orders):
    first, grid = counted(lambda sampler: search(sampler, tmp_path, shots))
    assert first == orders * PAIRS
    again, same = counted(lambda sampler: search(sampler, tmp_path, shots))
    assert again == 0
    for name in ("split0_test_score", "split1_test_score", "split2_test_score"):
        assert_array_equal(same.cv_results_[name], grid.cv_results_[name])
    more, _ = counted(lambda sampler: fitted(sampler, tmp_path, N + 1, shots=shots))
    assert more == orders * N  # those of the row that was appended


def test_fit_runs_each_pair_and_nothing_else_decides(tmp_path):
    assert counted(lambda sampler: fitted(sampler, tmp_path))[0] == PAIRS
    order = np.random.default_rng(0).permutation(N)
    ridge = QuantumKernelRidge(kernel="zz", alpha=50)
    others = [
        lambda sampler: fitted(sampler, tmp_path).predict(X[:N]),
        lambda sampler: fitted(sampler, tmp_path, random_state=5),
        lambda sampler: fitted(sampler, tmp_path, outcome_weights=bit_flip_weights(2, 1)),
        lambda sampler: fitted(sampler, tmp_path, repair="clip", n_jobs=2),
        lambda sampler: kernel_on(sampler, tmp_path).fit(X[order])(X[order]),
        lambda sampler: kernel_on(sampler, tmp_path).fit(X[:5])(X[5:9], X[9:N]),
        lambda sampler: (
            clone(ridge).set_params(kernel=kernel_on(sampler, tmp_path)).fit(X[:N], Y[:N])
        ),
    ]
    assert [counted(run)[0] for run in others] == [0] * len(others)
    changed = [
        lambda sampler: fitted(sampler, tmp_path, shots=3),
        lambda sampler: kernel_on(sampler, tmp_path).set_params(feature_map__reps=1).fit(X)(X[:N]),
        lambda sampler: kernel_on(sampler, tmp_path).fit(X)(X[:N] + 1e-9),
    ]
    assert [counted(run)[0] for run in changed] == [2 * PAIRS, PAIRS, PAIRS]


def test_other_weights_are_taken_of_the_same_bits(tmp_path):
    sampler = Counting()
    zeros = kernel_on(sampler, tmp_path, 50).fit(X[:6])(X[:6])
    tolerant = kernel_on(sampler, tmp_path, 50, outcome_weights=[1, 1, 1, 0]).fit(X[:6])(X[:6])
    only_the_others = [0, 1, 1, 0]
    rest = kernel_on(sampler, tmp_path, 50, outcome_weights=only_the_others).fit(X[:6])(X[:6])
    off = ~np.eye(6, dtype=bool)
    assert np.abs(zeros + rest - tolerant)[off].max() < 1e-12
    assert rest[off].max() > 0.1
    assert sampler.circuits == 2 * 15


def test_equal_rows_are_one_row():
    rows = X[[0, 1, 0, 2, 1]]
    n_circuits, K = counted(lambda sampler: kernel_on(sampler, None, 20).fit(rows)(rows))
    assert n_circuits == 2 * 3
    assert_array_equal(K, K[[0, 1, 0, 3, 1]][:, [0, 1, 0, 3, 1]])
    n_circuits, rest = counted(
        lambda sampler: kernel_on(sampler, None, 20, symmetric=False).fit(rows)(rows)
    )
    assert n_circuits == 2 * 3  # in both orders, which are different entries
    assert_array_equal(rest, rest[[0, 1, 0, 3, 1]][:, [0, 1, 0, 3, 1]])
    n_circuits, _ = counted(
        lambda sampler: kernel_on(sampler, None, mitigation="split").fit_gram(rows)
    )
    assert n_circuits == 3 + 3  # and each row with itself


def overlapping(number, wait, directory):
    """Measure rows that other processes measure, too, in jobs of another size."""
    kernel = kernel_on(Counting(), directory, 40)
    kernel.set_params(engine__max_circuits_per_job=3 + number)
    rows = np.roll(np.arange(10), 3 * number)[:7]
    wait()
    K = kernel.fit(X[rows])(X[rows])
    return rows, K, kernel(X[rows])


def test_processes_at_once_agree_on_every_pair(tmp_path):
    known = {}
    for rows, K, again in at_once(overlapping, tmp_path):
        assert_array_equal(again, K)
        for (i, row), (j, other) in itertools.product(enumerate(rows), repeat=2):
            assert known.setdefault((row, other), K[i, j]) == K[i, j]
    n_circuits, K = counted(lambda sampler: kernel_on(sampler, tmp_path, 40).fit(X)(X[:10]))
    assert n_circuits == 2 * (45 - sum(i < j for i, j in known))
    for (row, other), value in known.items():
        assert K[row, other] == value


def test_a_search_in_threads_agrees_with_itself(tmp_path):
    with joblib.parallel_config("threading"):
        grid = search(Counting(), tmp_path, 20, n_jobs=2)
    n_circuits, again = counted(lambda sampler: search(sampler, tmp_path, 20))
    assert n_circuits == 0
    assert_array_equal(again.cv_results_["mean_test_score"], grid.cv_results_["mean_test_score"])


# --- Jobs of earlier processes ---------------------------------------------------------------


class Service:
    """Runs jobs, and hands out those that it has run before by their numbers."""

    def __init__(self):
        self.jobs, self.asked = {}, []

    def job(self, number):
        self.asked.append(number)
        return self.jobs[number]


class Remote(BackendSamplerV2):
    """A sampler of a service, in a process that dies as soon as `dies_after` jobs are submitted."""

    def __init__(self, service, dies_after=None):
        backend = GenericBackendV2(2, seed=0)
        backend.service = service
        super().__init__(backend=backend)
        self.service, self.dies_after = service, dies_after
        self.runs = 0

    def run(self, pubs, **options):
        if self.runs == self.dies_after:
            raise KeyboardInterrupt
        self.runs += 1
        found = super().run(pubs, **options).result()
        number = f"job-{len(self.service.jobs)}"
        job = SimpleNamespace(
            job_id=lambda: number, result=lambda: found, done=lambda: False, cancel=lambda: None
        )
        self.service.jobs[number] = job
        return job


def remote_kernel(sampler, checkpoint, **params):
    engine = SamplerEngine(sampler, shots=1, max_circuits_per_job=5, max_jobs_in_flight=9)
    return FidelityKernel("zz", engine=engine, checkpoint=checkpoint).set_params(**params)


@pytest.fixture
def elsewhere(monkeypatch):
    """Take the fake device for one that is not in this process."""
    monkeypatch.setattr("skquantum.engines._devices._expectations.runs_here", lambda sampler: False)


@pytest.mark.usefixtures("elsewhere")
@pytest.mark.parametrize("how", ["service", "numbers", "a number"])
def test_jobs_in_flight_are_fetched_by_their_numbers(tmp_path, how):
    service = Service()
    with pytest.raises(KeyboardInterrupt):  # 15 pairs are 3 jobs
        remote_kernel(Remote(service, 2), tmp_path).fit(X[:6])(X[:6])
    assert list(service.jobs) == ["job-0", "job-1"]
    retrieve = {"service": service.job, "numbers": ["job-0", "job-1"], "a number": ["job-1"]}
    # of fewer rows, in another order, and in jobs of another size
    settings = {"engine__retrieve": retrieve[how], "engine__max_circuits_per_job": 4}
    sampler = Remote(service)
    K = remote_kernel(sampler, tmp_path, **settings).fit(X[4::-1])(X[4::-1])
    assert sorted(service.asked) == (["job-1"] if how == "a number" else ["job-0", "job-1"])
    # two pairs were never submitted, and four are in the job that is not asked for
    assert sampler.runs == (2 if how == "a number" else 1)
    # a job that was fetched also had pairs that were not asked for now
    left, whole = counted(lambda sampler: remote_kernel(Named(sampler), tmp_path).fit(X)(X[:6]))
    assert left == (4 if how == "a number" else 3)
    assert_array_equal(whole[4::-1, 4::-1], K)


class Named(BackendSamplerV2):
    """Is of the same device, and has another sampler run its circuits."""

    def __init__(self, sampler):
        super().__init__(backend=GenericBackendV2(2, seed=0))
        self._sampler = sampler

    def run(self, pubs, **options):
        return self._sampler.run(pubs, **options)


@pytest.mark.usefixtures("elsewhere")
def test_what_cannot_be_fetched(tmp_path):
    service = Service()
    with pytest.raises(KeyboardInterrupt):
        remote_kernel(Remote(service, 1), tmp_path).fit(X[:6])(X[:6])
    service.jobs.clear()
    sampler = Remote(service)
    kernel = remote_kernel(sampler, tmp_path, engine__retrieve=["job-0"])
    with pytest.warns(
        UserWarning, match=r"Job job-0 \(circuits 0 to 4 of 15\) cannot be retrieved"
    ):
        kernel.fit(X[:6])(X[:6])
    assert sampler.runs == 3
    with pytest.raises(ValueError, match="retrieve needs a checkpoint"):
        kernel.set_params(checkpoint=None)(X[:6])
    nowhere = kernel_on(Counting(), tmp_path).set_params(engine__retrieve=["job-0", "job-1"])
    with pytest.raises(ValueError, match="holds 2 numbers of jobs, but the sampler has no service"):
        nowhere.fit(X[:6])(X[:6])
    for bad in ("job-0", 3):
        with pytest.raises(ValueError, match="'retrieve' parameter"):
            SamplerEngine(Counting(), retrieve=bad).open(kernel.circuit_)


def test_pickles_leave_the_service_out():
    service = Service()
    engines = [SamplerEngine(retrieve=given) for given in (service.job, ["job-0"])]
    assert clone(engines[0]).retrieve == service.job
    found = [pickle.loads(pickle.dumps(engine)).retrieve for engine in engines]
    assert found == [None, ["job-0"]]

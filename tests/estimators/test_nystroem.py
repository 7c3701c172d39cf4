"""QNystroem against scikit-learn's on the same kernel, and its landmarks by what they leave."""

import pickle

import numpy as np
import pytest
from labels import label
from numpy.testing import assert_allclose, assert_array_equal
from oracles import angle_kernel
from scipy.sparse import csr_array
from sklearn.base import clone
from sklearn.kernel_approximation import Nystroem
from sklearn.linear_model import SGDClassifier
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.utils.estimator_checks import check_estimator

from skquantum import QNystroem
from skquantum.engines import AerEngine
from skquantum.kernels import FidelityKernel, ProjectedKernel

each = pytest.mark.parametrize
X = np.random.default_rng(0).uniform(-1, 1, (60, 3))
NEW = np.random.default_rng(1).uniform(-1, 1, (7, 3))
LANDMARKS = ["random", "k-means++", "leverage", "greedy"]


@each("kernel", ["angle", FidelityKernel("angle", engine="compiled"), angle_kernel], ids=label)
def test_equals_scikit_learn(kernel):
    ours = QNystroem(kernel, n_components=10, random_state=3).fit(X)
    theirs = Nystroem(ours.kernel_, n_components=10, random_state=3).fit(X)
    assert_array_equal(ours.component_indices_, theirs.component_indices_)
    assert_array_equal(ours.components_, theirs.components_)
    assert_allclose(ours.normalization_, theirs.normalization_, rtol=1e-7, atol=1e-9)
    assert_allclose(ours.transform(NEW), theirs.transform(NEW), rtol=1e-7, atol=1e-8)


@each("landmarks", LANDMARKS)
def test_all_rows_give_the_kernel_itself(landmarks):
    kernel = FidelityKernel("zz")
    features = QNystroem(kernel, n_components=60, landmarks=landmarks, random_state=0)
    Z = features.fit_transform(X)
    assert sorted(features.component_indices_) == list(range(60))
    assert_allclose(Z @ Z.T, kernel.fit(X)(X), rtol=0, atol=1e-6)


@each("landmarks", LANDMARKS)
@each("kernel", [FidelityKernel("zz"), ProjectedKernel("zz", outer="linear")], ids=str)
def test_approximation_is_a_projection(landmarks, kernel):
    """K - Z Z^T is positive semidefinite, and zero in the columns of the landmarks."""
    features = QNystroem(kernel, n_components=20, landmarks=landmarks, random_state=0)
    Z = features.fit_transform(X)
    assert Z.shape == (60, 20)
    rows = features.component_indices_
    assert len(set(rows)) == 20
    left = features.kernel_(X) - Z @ Z.T
    assert np.linalg.eigvalsh(left)[0] > -1e-6
    assert_allclose(left[:, rows], 0, atol=1e-5)


def left_over(landmarks, seed, data, n_components=12):
    features = QNystroem("angle", n_components=n_components, landmarks=landmarks, random_state=seed)
    Z = features.fit_transform(data)
    return 1 - (Z**2).sum(axis=1).mean()


def test_informed_landmarks_leave_less():
    """Most rows are alike; the others are what uniform draws miss."""
    rng = np.random.default_rng(5)
    data = np.r_[rng.normal(0, 0.02, (200, 3)), rng.uniform(-1.5, 1.5, (8, 3))]
    mean = {how: np.mean([left_over(how, s, data) for s in range(8)]) for how in LANDMARKS}
    assert mean["greedy"] < 0.05 * mean["random"]
    assert mean["k-means++"] < 0.05 * mean["random"]
    assert mean["leverage"] < 0.5 * mean["random"]


def test_greedy_takes_what_is_described_worst():
    features = QNystroem("angle", n_components=8, landmarks="greedy", random_state=0).fit(X)
    K = features.kernel_(X)
    rows = features.component_indices_
    for k in range(1, 8):
        known = rows[:k]
        left = np.diag(K) - np.einsum(
            "ij,ij->j", K[known], np.linalg.solve(K[np.ix_(known, known)], K[known])
        )
        assert left[rows[k]] == pytest.approx(left.max(), abs=1e-10)


def test_only_landmarks_and_rows_are_simulated(monkeypatch):
    simulated = []
    encode = FidelityKernel._encode
    monkeypatch.setattr(
        FidelityKernel,
        "_encode",
        lambda self, rows, **options: simulated.append(len(rows)) or encode(self, rows, **options),
    )
    QNystroem("zz", n_components=5, random_state=0).fit_transform(X)
    assert simulated == [5, 60]


def test_shots_leave_no_negative_directions():
    """Their matrices are not positive: a root of those would blow up what is noise."""
    shots = FidelityKernel("angle", engine=AerEngine(shots=100))
    features = QNystroem(shots, n_components=40, random_state=0)
    exact = QNystroem("angle", n_components=40, random_state=0)
    Z, K = features.fit_transform(X), exact.fit(X).kernel_(X)
    assert np.abs(Z @ Z.T - K).max() < 0.3


def test_seeds():
    settings = {"n_components": 10, "landmarks": "leverage"}
    shots = FidelityKernel("angle", engine=AerEngine(shots=100))
    first, again, other = (
        QNystroem(shots, **settings, random_state=seed).fit(X) for seed in (0, 0, 1)
    )
    assert_array_equal(first.transform(NEW), again.transform(NEW))
    assert set(first.component_indices_) != set(other.component_indices_)
    workers = clone(first).set_params(n_jobs=2).fit(X)
    assert_array_equal(workers.transform(NEW), first.transform(NEW))


def test_progress_is_shown(capsys):
    for verbose in (False, True):
        QNystroem("zz", n_components=5, random_state=0, verbose=verbose).fit(X)
        assert bool(capsys.readouterr().err) == verbose


def test_in_pipelines_and_searches():
    y = X[:, 0] * X[:, 1] > 0
    model = make_pipeline(QNystroem(random_state=0), SGDClassifier(random_state=0))
    grid = {
        "qnystroem__n_components": [10, 30],
        "qnystroem__kernel__feature_map__n_qubits": [3, 4],
        "qnystroem__landmarks": ["random", "greedy"],
    }
    search = GridSearchCV(model, grid, cv=2, error_score="raise").fit(X, y)
    assert search.best_score_ > 0.6
    features = search.best_estimator_[0]
    assert_array_equal(pickle.loads(pickle.dumps(features)).transform(NEW), features.transform(NEW))


def test_names_frames_and_sparse_rows():
    features = QNystroem("angle", n_components=4, random_state=0).fit(X)
    names = [f"qnystroem{k}" for k in range(4)]
    assert list(features.get_feature_names_out()) == names
    frame = clone(features).set_output(transform="pandas").fit_transform(X)
    assert list(frame.columns) == names
    sparse = clone(features).fit(csr_array(X))
    assert_allclose(sparse.transform(csr_array(NEW)), features.transform(NEW), atol=1e-12)


def test_fewer_rows_than_components():
    with pytest.warns(UserWarning, match="n_components=100 is more than the 60 rows"):
        assert QNystroem("angle").fit(X).transform(NEW).shape == (7, 60)


@each("landmarks", LANDMARKS)
def test_equal_rows(landmarks):
    features = QNystroem("angle", n_components=3, landmarks=landmarks, random_state=0)
    Z = features.fit_transform(np.ones((5, 2)))
    assert_allclose(Z @ Z.T, np.ones((5, 5)), atol=1e-6)


def test_a_matrix_is_refused():
    with pytest.raises(ValueError, match="'precomputed' leaves nothing to save"):
        QNystroem("precomputed").fit(np.eye(3))


@each("landmarks", ["random", pytest.param("greedy", marks=pytest.mark.slow)])
@pytest.mark.filterwarnings("ignore:n_components")
def test_passes_what_its_counterpart_passes(landmarks):
    failed, skipped, failed_there, skipped_there = (
        {result["check_name"] for result in results if result["status"] == status}
        for results in (
            check_estimator(estimator, on_fail=None, on_skip=None)
            for estimator in (QNystroem(landmarks=landmarks), Nystroem())
        )
        for status in ("failed", "skipped")
    )
    assert failed == failed_there == set()
    assert skipped <= skipped_there

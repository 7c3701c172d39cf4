"""Kernels that share a checkpoint: processes, folds, candidates, and machines that only read."""

import os
import pickle
import shutil
import time
import warnings

import numpy as np
import pytest
from labels import label
from numpy.testing import assert_allclose, assert_array_equal
from processes import at_once, reachable_directory, unprivileged
from qiskit.primitives import StatevectorSampler
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV, cross_val_score

from skquantum import QSVC
from skquantum.engines import AerEngine, SamplerEngine
from skquantum.engines._aer._session import AerSession
from skquantum.kernels import FidelityKernel

X = np.random.default_rng(0).uniform(-1, 1, (60, 2))
Y = (X[:, 0] > 0) * 1


def matrices_without_a_seed(number, wait, directory):
    os.fsync = lambda file: time.sleep(0.02)  # a slow disk, which keeps the processes in step
    matrices = []
    for turn in range(5):
        kernel = FidelityKernel(
            "zz", engine=AerEngine(shots=1024), checkpoint=directory / str(turn)
        )
        wait()
        matrices.append(kernel.fit(X[:10])(X[:10]))
    return np.array(matrices)


def test_four_processes_without_a_seed_draw_the_same_shots(tmp_path):
    first, *others = at_once(matrices_without_a_seed, tmp_path)
    for other in others:
        assert_array_equal(other, first)
    assert len(set(first.sum(axis=(1, 2)))) > 3  # each directory has a seed of its own


@pytest.mark.parametrize("shots", [None, 256])
def test_folds_candidates_and_new_rows_share_a_directory(tmp_path, shots):
    def search(checkpoint):
        engine = AerEngine(shots=shots)
        kernel = FidelityKernel("zz", engine=engine, checkpoint=checkpoint, random_state=0)
        grid = {"C": [0.1, 10], "kernel__feature_map__reps": [1, 2]}
        return GridSearchCV(QSVC(kernel=kernel), grid, cv=3).fit(X, Y)

    want, got = search(None), search(tmp_path)
    names = [f"split{fold}_test_score" for fold in range(3)]
    for name in names:
        assert_array_equal(got.cv_results_[name], want.cv_results_[name])
    assert len(list(tmp_path.glob("*-entropy.json"))) == 2  # one for each number of repetitions
    files = set(os.listdir(tmp_path))
    for name in names:
        assert_array_equal(search(tmp_path).cv_results_[name], want.cv_results_[name])
    assert set(os.listdir(tmp_path)) == files
    best = clone(got.best_estimator_)
    scores = cross_val_score(best, X, Y, cv=4)
    assert_array_equal(
        scores, cross_val_score(best.set_params(kernel__checkpoint=None), X, Y, cv=4)
    )


def test_appended_rows_find_the_others(tmp_path, monkeypatch):
    monkeypatch.setattr("skquantum.engines._kernel_sessions.BYTES_PER_PIECE", 3 * 64)
    calls = []
    real = AerSession._run_states
    monkeypatch.setattr(
        AerSession, "_run_states", lambda self, rows: calls.append(len(rows)) or real(self, rows)
    )
    kernel = FidelityKernel("zz", engine=AerEngine(shots=100), checkpoint=tmp_path)
    K = clone(kernel).fit(X[:8])(X[:8])
    assert calls == [3, 3, 2]
    more = clone(kernel).fit(X[:9])(X[:9])
    assert calls == [3, 3, 2, 3]
    assert_array_equal(more[:8, :8], K)


def test_pieces_that_were_exchanged_are_computed_again(tmp_path, monkeypatch):
    monkeypatch.setattr("skquantum.engines._kernel_sessions.BYTES_PER_PIECE", 3 * 64)
    kernel = FidelityKernel("zz", engine=AerEngine(), checkpoint=tmp_path)
    K = clone(kernel).fit(X[:8])(X[:8])
    pieces = {path: np.load(path) for path in tmp_path.glob("*.npy")}
    (short,) = (path for path, piece in pieces.items() if len(piece) == 2)
    for source, target in [(short, next(p for p in pieces if p != short)), (*set(pieces),)[:2]]:
        shutil.copy(source, target)
        with pytest.warns(UserWarning, match="is damaged or belongs elsewhere"):
            assert_array_equal(clone(kernel).fit(X[:8])(X[:8]), K)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert_array_equal(clone(kernel).fit(X[:8])(X[:8]), K)


@pytest.mark.parametrize("content", [b"", b"{}", None])
def test_a_damaged_seed_is_refused(tmp_path, content):
    kernel = FidelityKernel("zz", engine=AerEngine(shots=100), checkpoint=tmp_path)
    K = clone(kernel).fit(X[:5])(X[:5])
    (path,) = tmp_path.glob("*-entropy.json")
    whole = path.read_bytes()
    if content is None:
        digit = next(c for c in whole.partition(b"value")[2] if chr(c).isdigit())
        position = whole.index(digit, whole.index(b"value"))
        content = whole[:position] + (b"1" if digit != ord("1") else b"2") + whole[position + 1 :]
    path.write_bytes(content)
    with pytest.raises(ValueError, match=r"damaged .*-entropy.json, so that .*; restore the file"):
        clone(kernel).fit(X[:5])
    path.write_bytes(whole)
    assert_array_equal(clone(kernel).fit(X[:5])(X[:5]), K)


@pytest.fixture
def open_path():
    with reachable_directory() as directory:
        yield directory


@pytest.mark.parametrize(
    "engine", [AerEngine(shots=200), SamplerEngine(StatevectorSampler(), shots=50)], ids=label
)
def test_prediction_where_nothing_can_be_written(open_path, engine):
    here = open_path / "c"
    kernel = FidelityKernel("zz", engine=engine, checkpoint=here, random_state=0)
    model = QSVC(kernel=kernel).fit(X[:12], Y[:12])
    moved = pickle.loads(pickle.dumps(model))
    moved.kernel_.set_params(checkpoint=open_path / "missing")
    if isinstance(engine, SamplerEngine):
        moved.kernel_.set_params(engine__sampler=StatevectorSampler())
    files = set(os.listdir(here))
    os.chmod(here, 0o555)
    os.chmod(open_path, 0o555)
    try:
        with unprivileged():
            again = clone(model).fit(X[:12], Y[:12])
            assert_array_equal(again.dual_coef_, model.dual_coef_)
            for one in (model, moved):
                with pytest.warns(UserWarning, match="change its permissions.* but not stored"):
                    predicted = one.decision_function(X[12:20])
                if isinstance(engine, AerEngine):
                    alone = clone(model).set_params(kernel__checkpoint=None).fit(X[:12], Y[:12])
                    assert_allclose(predicted, alone.decision_function(X[12:20]), rtol=1e-12)
            # whoever fits is told before anything is simulated
            with pytest.raises(
                PermissionError, match=r"cannot store .*-entropy.json .* its permis"
            ):
                clone(model).set_params(kernel__checkpoint=open_path / "new").fit(X[:12], Y[:12])
        assert set(os.listdir(here)) == files
    finally:
        os.chmod(open_path, 0o755)
        os.chmod(here, 0o755)

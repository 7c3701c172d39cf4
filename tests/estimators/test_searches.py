"""Searches: the results of their relatives, and the contracts of searches."""

import pickle

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.datasets import load_iris
from sklearn.exceptions import FitFailedWarning
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC
from sklearn.utils.estimator_checks import check_estimator

from skquantum import AnnealingSearchCV, GroverSearchCV
from skquantum.combinatorial import all_energies, expected_queries, factorization_machine
from skquantum.estimators._grid_bits import GridBits

X, Y = load_iris(return_X_y=True)
GRID = {"C": [0.01, 1, 100], "gamma": [0.001, 0.1, 10]}
each = pytest.mark.parametrize


@pytest.mark.slow
def test_grover_passes_scikit_learns_checks():
    check_estimator(GroverSearchCV(LogisticRegression(), {"C": [0.1, 1]}, cv=2))


@each("n_jobs", [None, pytest.param(2, marks=pytest.mark.slow)])
def test_grover_finds_what_a_grid_search_finds(n_jobs):
    ours = GroverSearchCV(SVC(), GRID, n_jobs=n_jobs, random_state=0).fit(X, Y)
    theirs = GridSearchCV(SVC(), GRID).fit(X, Y)
    assert ours.best_params_ == theirs.best_params_
    np.testing.assert_array_equal(
        ours.cv_results_["mean_test_score"], theirs.cv_results_["mean_test_score"]
    )
    scores = theirs.cv_results_["mean_test_score"]
    ties = (scores == scores.max()).sum()
    assert ours.advantage_ == pytest.approx(10 / (ties + 1) / expected_queries(-scores))
    assert ours.n_candidates_ == 9
    assert ours.found_
    assert 1 <= ours.n_oracle_queries_ <= ours.query_budget_
    np.testing.assert_array_equal(pickle.loads(pickle.dumps(ours)).predict(X), ours.predict(X))


def test_grover_with_several_scores_and_pipelines():
    model = make_pipeline(StandardScaler(), SVC())
    search = GroverSearchCV(
        model, {"svc__C": [0.1, 1]}, scoring=["accuracy", "f1_macro"], refit="f1_macro"
    )
    assert clone(search).fit(X, Y).best_index_ in (0, 1)
    search = GroverSearchCV(model, {"svc__C": [0.1, 1]}, refit=False).fit(X, Y)
    assert search.n_candidates_ == 2
    search = GroverSearchCV(model, {"svc__C": [1]}, scoring=["accuracy"], refit=False).fit(X, Y)
    assert search.n_oracle_queries_ == 1


FINE = {"C": np.logspace(-3, 3, 9), "gamma": np.logspace(-4, 2, 9), "kernel": ["rbf", "sigmoid"]}


@pytest.mark.slow
def test_annealing_passes_scikit_learns_checks():
    check_estimator(AnnealingSearchCV(LogisticRegression(), {"C": [0.1, 1]}, cv=2))


@each("n_jobs", [None, pytest.param(2, marks=pytest.mark.slow)])
@each(
    "solver",
    ["annealing", "exact", pytest.param("quantum_annealing", marks=pytest.mark.slow)],
)
def test_annealing_finds_a_good_candidate(solver, n_jobs):
    grid = FINE if solver != "exact" else {"C": FINE["C"][::2], "gamma": FINE["gamma"][::2]}
    best = GridSearchCV(SVC(), grid, cv=3).fit(X, Y).best_score_
    search = AnnealingSearchCV(
        SVC(), grid, n_iter=25, cv=3, solver=solver, n_jobs=n_jobs, random_state=0
    )
    search.fit(X, Y)
    assert search.best_score_ >= best - 0.03
    tried = {tuple(sorted(params.items())) for params in search.cv_results_["params"]}
    assert len(tried) == 25  # none of them twice
    again = clone(search).fit(X, Y)
    np.testing.assert_array_equal(
        again.cv_results_["mean_test_score"], search.cv_results_["mean_test_score"]
    )


def test_annealing_ends_where_the_grid_ends():
    search = AnnealingSearchCV(SVC(), GRID, n_iter=100, random_state=0).fit(X, Y)
    theirs = GridSearchCV(SVC(), GRID).fit(X, Y)
    assert len(search.cv_results_["params"]) == 9
    assert search.best_score_ == theirs.best_score_
    np.testing.assert_array_equal(pickle.loads(pickle.dumps(search)).predict(X), search.predict(X))


def test_annealing_survives_failed_fits():
    grid = {"C": [-1.0, 0.1, 1.0, 10.0], "gamma": [0.1, 1.0]}
    with pytest.warns(FitFailedWarning, match="fits failed"):
        search = AnnealingSearchCV(SVC(), grid, n_iter=8, random_state=0).fit(X, Y)
    assert search.best_score_ > 0.9
    with pytest.raises(ValueError, match="All the 10 fits failed"):
        AnnealingSearchCV(SVC(), {"C": [-1.0, -2.0]}).fit(X, Y)


def test_annealing_with_several_scores():
    search = AnnealingSearchCV(
        make_pipeline(StandardScaler(), SVC()),
        {"svc__C": [0.1, 1, 10], "svc__kernel": ["rbf", "linear"]},
        scoring=["accuracy", "f1_macro"],
        refit="f1_macro",
        n_iter=6,
    )
    assert search.fit(X, Y).best_score_ > 0.9
    assert search.set_params(refit=False).fit(X, Y).cv_results_["mean_test_accuracy"].shape == (6,)


def test_bits_of_a_grid():
    bits = GridBits([[1, 2, 3, 4], ["a", "b", "c"], [10, 1], [True, False]])
    assert bits.ordered == [True, False, True, False]
    assert bits.n_bits == 3 + 3 + 1 + 2
    choices = np.array(list(np.ndindex(4, 3, 2, 2)))
    encoded = bits.encode(choices)
    np.testing.assert_array_equal(bits.decode(encoded), choices)
    assert len(np.unique(encoded, axis=0)) == 48
    # the penalty changes no choice against another, and everything else is above all of them
    Q = np.random.default_rng(0).normal(size=(9, 9))
    before = np.einsum("ni,ij,nj->n", encoded, Q, encoded)
    penalised = bits.penalised(Q)
    after = np.einsum("ni,ij,nj->n", encoded, penalised, encoded)
    np.testing.assert_allclose(np.diff(after), np.diff(before), atol=1e-9)
    lowest = all_energies(penalised).argmin()
    assert (encoded == (lowest >> np.arange(9) & 1).astype(bool)).all(axis=1).any()


def test_factorization_machine_learns_what_is_one():
    rng = np.random.default_rng(0)
    factors = rng.normal(size=(8, 2))
    Q = factors @ factors.T
    x = rng.integers(0, 2, (200, 8))
    y = np.einsum("ni,ij,nj->n", x, Q, x) + 3
    found, constant = factorization_machine(x, y, rank=2, alpha=1e-6, random_state=1)
    np.testing.assert_allclose(all_energies(found) + constant, all_energies(Q) + 3, atol=1e-2)


def test_what_is_refused():
    with pytest.raises(ValueError, match="solver='exakt' is unknown"):
        AnnealingSearchCV(SVC(), GRID, solver="exakt").fit(X, Y)

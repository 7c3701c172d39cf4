"""Searches: the results of their relatives, and the contracts of searches."""

import pickle

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.datasets import load_iris
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC
from sklearn.utils.estimator_checks import check_estimator

from skquantum import GroverSearchCV
from skquantum.combinatorial import expected_queries

X, Y = load_iris(return_X_y=True)
GRID = {"C": [0.01, 1, 100], "gamma": [0.001, 0.1, 10]}
each = pytest.mark.parametrize


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

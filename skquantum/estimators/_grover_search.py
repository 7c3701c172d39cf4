"""What Grover's search would need to tune a model."""

import numpy as np
from sklearn.model_selection import GridSearchCV, ParameterGrid

from skquantum.combinatorial import expected_queries, find_minimum, query_budget

__all__ = ["GroverSearchCV"]


class GroverSearchCV(GridSearchCV):
    """Search a grid, and simulate how Grover's search would have gone through it.

    .. warning:: One query of Grover's search is one whole cross-validation, run on a quantum
       computer for all candidates in superposition, and there is no such machine. A simulator has
       to evaluate all candidates first, as :class:`sklearn.model_selection.GridSearchCV` does, and
       saves nothing. What this class is for is the count of queries.

    Parameters
    ----------
    estimator : estimator object
        The model.
    param_grid : dict or list of dict
        Lists of values by name of a parameter.
    scoring : str, callable, list, tuple, dict or None, default=None
        As in ``GridSearchCV``.
    n_jobs : int or None, default=None
        As in ``GridSearchCV``.
    refit : bool, str or callable, default=True
        As in ``GridSearchCV``.
    cv : int, cross-validation generator, iterable or None, default=None
        As in ``GridSearchCV``.
    verbose : int, default=0
        As in ``GridSearchCV``.
    pre_dispatch : int or str, default="2*n_jobs"
        As in ``GridSearchCV``.
    error_score : "raise" or number, default=nan
        As in ``GridSearchCV``.
    return_train_score : bool, default=False
        As in ``GridSearchCV``.
    random_state : int, RandomState instance or None, default=None
        Seed or generator for the measurements of the simulated run.

    Attributes
    ----------
    n_candidates_ : int
        Number of candidates.
    n_oracle_queries_ : int
        Queries until the simulated run had measured its last improvement.
    found_ : bool
        Whether that was the best candidate; it is nearly always.
    query_budget_ : int
        Queries after which the run stops, because it cannot know that there is nothing better.
    advantage_ : float
        How many candidates a random search evaluates until it meets the best, on average, divided
        by the mean number of queries of Grover's search. Below 1 random search is faster.
    cv_results_ : dict of ndarray
        As in ``GridSearchCV``.
    best_estimator_ : estimator
        As in ``GridSearchCV``; so are the attributes below.
    best_score_ : float
        Mean score of the best candidate.
    best_params_ : dict
        Its parameters.
    best_index_ : int
        Its row in `cv_results_`.
    scorer_ : callable or dict
        The scorer.
    n_splits_ : int
        Number of folds.
    refit_time_ : float
        Seconds.
    multimetric_ : bool
        Whether there are several scores.
    classes_ : ndarray of shape (n_classes,)
        Class labels, if the model has them.
    n_features_in_ : int
        Number of features seen in ``fit``, if the model knows it.
    feature_names_in_ : ndarray of shape (n_features,)
        Names of features seen in ``fit``, if the model knows them.

    See Also
    --------
    AnnealingSearchCV : A search that saves evaluations today.
    skquantum.combinatorial.find_minimum : The process.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from sklearn.svm import SVC
    >>> from skquantum import GroverSearchCV
    >>> X, y = load_iris(return_X_y=True)
    >>> grid = {"C": [0.1, 1, 10, 100], "gamma": [0.01, 0.1, 1, 10]}
    >>> search = GroverSearchCV(SVC(), grid, random_state=0).fit(X, y)
    >>> search.best_params_
    {'C': 1, 'gamma': 0.1}
    >>> search.n_candidates_, search.advantage_ > 1
    (16, False)
    """

    def __init__(
        self,
        estimator,
        param_grid,
        *,
        scoring=None,
        n_jobs=None,
        refit=True,
        cv=None,
        verbose=0,
        pre_dispatch="2*n_jobs",
        error_score=np.nan,
        return_train_score=False,
        random_state=None,
    ):
        super().__init__(
            estimator,
            param_grid,
            scoring=scoring,
            n_jobs=n_jobs,
            refit=refit,
            cv=cv,
            verbose=verbose,
            pre_dispatch=pre_dispatch,
            error_score=error_score,
            return_train_score=return_train_score,
        )
        self.random_state = random_state

    _parameter_constraints: dict = {
        **GridSearchCV._parameter_constraints,
        "random_state": ["random_state"],
    }

    def _run_search(self, evaluate_candidates):
        """Evaluate all candidates, and simulate the search among their scores."""
        results = evaluate_candidates(ParameterGrid(self.param_grid))
        name = self.refit if isinstance(self.refit, str) else "score"
        # without one score that decides, the first is minimised
        scores = results.get(f"mean_test_{name}")
        if scores is None:
            scores = next(v for k, v in results.items() if k.startswith("mean_test_"))
        costs = -np.nan_to_num(scores, nan=-np.inf)
        candidates, queries = find_minimum(costs, random_state=self.random_state)
        n_best = int((costs == costs.min()).sum())
        self.n_candidates_ = len(costs)
        self.n_oracle_queries_ = int(queries[-1])
        self.found_ = bool(costs[candidates[-1]] == costs.min())
        self.query_budget_ = query_budget(len(costs))
        self.advantage_ = (len(costs) + 1) / (n_best + 1) / expected_queries(costs)

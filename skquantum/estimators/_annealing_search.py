"""Tuning by a factorization machine and annealing."""

import warnings

import numpy as np
from sklearn.exceptions import FitFailedWarning
from sklearn.model_selection import GridSearchCV
from sklearn.utils import check_random_state

from skquantum._validation import Integral, Interval
from skquantum.combinatorial import check_solver, factorization_machine, minimize_qubo
from skquantum.estimators._grid_bits import GridBits

__all__ = ["AnnealingSearchCV"]

MOST_DRAWS = 1000  # of random candidates, among which there is a new one in all but tiny grids


class AnnealingSearchCV(GridSearchCV):
    """Search hyper-parameters by a factorization machine and annealing.

    Candidates are bits; a factorization machine is fitted to the scores so far, which is a QUBO;
    what minimises it is evaluated next [1]_. The QUBO can be minimised by a quantum annealer.

    Parameters
    ----------
    estimator : estimator object
        The model.
    param_grid : dict
        Lists of values by name of a parameter. Numbers in order count as neighbours; give many of
        them.
    n_iter : int, default=30
        Number of candidates that are evaluated.
    n_initial : int or None, default=None
        Number of them that are drawn at random at first. None means a third, but at least 5.
    solver : str or dimod.Sampler, default="annealing"
        Solver of the QUBOs, as in :class:`QUBOSelector`.
    scoring : str, callable, list, tuple, dict or None, default=None
        As in :class:`sklearn.model_selection.GridSearchCV`; the score that `refit` names decides,
        or the first.
    n_jobs : int or None, default=None
        As in ``GridSearchCV``; the first candidates, and the folds of each, run side by side.
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
        Seed or generator for the first candidates, weights of the scores and seeds of the solver.

    Attributes
    ----------
    cv_results_ : dict of ndarray
        As in ``GridSearchCV``, in the order in which candidates were evaluated; so are the
        attributes below.
    best_estimator_ : estimator
        The model with the best parameters, fitted on all rows.
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
    sklearn.model_selection.RandomizedSearchCV : Without a model of the scores.
    GroverSearchCV : The search that saves nothing before there is hardware for it.

    Notes
    -----
    A candidate that fails in all folds counts as one of n_iter, but is not in `cv_results_` unless
    it is among the first.

    Scores have random weights in every fit, so that candidates are as varied as what is known is
    uncertain. Beside random search and Optuna's TPE see the guide, "Quantum algorithms, honestly".

    References
    ----------
    .. [1] K. Kitai et al., "Designing metamaterials with quantum annealing and factorization
       machines", Phys. Rev. Research 2, 013319 (2020).

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.datasets import load_iris
    >>> from sklearn.svm import SVC
    >>> from skquantum import AnnealingSearchCV
    >>> X, y = load_iris(return_X_y=True)
    >>> grid = {"C": np.logspace(-3, 3, 25), "gamma": np.logspace(-4, 2, 25)}
    >>> search = AnnealingSearchCV(SVC(), grid, n_iter=20, random_state=0).fit(X, y)
    >>> search.best_score_ > 0.97
    np.True_
    >>> len(search.cv_results_["params"])
    20
    """

    _parameter_constraints: dict = {
        **GridSearchCV._parameter_constraints,
        "param_grid": [dict],
        "n_iter": [Interval(Integral, 1, None, closed="left")],
        "n_initial": [Interval(Integral, 1, None, closed="left"), None],
        "solver": "no_validation",  # check_solver says it better
        "random_state": ["random_state"],
    }

    def __init__(
        self,
        estimator,
        param_grid,
        *,
        n_iter=30,
        n_initial=None,
        solver="annealing",
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
        self.n_iter = n_iter
        self.n_initial = n_initial
        self.solver = solver
        self.random_state = random_state

    def _run_search(self, evaluate_candidates):
        """Evaluate candidates, each where the scores so far point to."""
        check_solver(self.solver)
        random_state = check_random_state(self.random_state)
        names = sorted(self.param_grid)
        lists = [list(self.param_grid[name]) for name in names]
        n_candidates = int(np.prod([len(values) for values in lists], dtype=object))
        n_iter = min(self.n_iter, n_candidates)
        n_initial = max(5, n_iter // 3) if self.n_initial is None else self.n_initial
        bits = GridBits(lists)
        search = _Proposals(bits, self.solver, random_state)

        def evaluate(choices):
            return self._last_costs(
                len(choices),
                evaluate_candidates(
                    [
                        {name: values[i] for name, values, i in zip(names, lists, c, strict=True)}
                        for c in choices
                    ]
                ),
            )

        costs = evaluate(search.first(min(n_initial, n_iter)))
        while len(search.choices) < n_iter:
            choice = search.following(costs)
            try:
                cost = evaluate([choice])
            except ValueError as error:
                if "fits failed" not in str(error):
                    raise
                # scikit-learn takes one candidate that fails for a search in which all do
                warnings.warn(str(error), FitFailedWarning)
                cost = [np.inf]
            costs = np.append(costs, cost)

    def _last_costs(self, n_last, results):
        """Return what is minimised, for the last candidates."""
        name = f"mean_test_{self.refit if isinstance(self.refit, str) else 'score'}"
        if name not in results:
            name = next(key for key in results if key.startswith("mean_test_"))
        scores = np.asarray(results[name][-n_last:], dtype=np.float64)
        return np.where(np.isfinite(scores), -scores, np.inf)


class _Proposals:
    """What was evaluated, and what comes next."""

    def __init__(self, bits, solver, random_state):
        self.bits = bits
        self.solver = solver
        self.random_state = random_state
        self.choices = []

    def first(self, n_initial):
        """Return different choices, drawn at random."""
        for _ in range(n_initial):
            self.choices.append(self._new_one())
        return list(self.choices)

    def following(self, costs):
        """Return the choice that a model of the costs so far takes for the best of the new ones."""
        x = self.bits.encode(np.array(self.choices))
        weight = self.random_state.exponential(size=len(x))
        Q, _ = factorization_machine(
            x, _standardised(costs), sample_weight=weight, random_state=self.random_state
        )
        found = minimize_qubo(
            self.bits.penalised(Q), solver=self.solver, random_state=self.random_state
        )
        proposed = self.bits.decode(found.samples)
        known = set(self.choices)
        for choice in map(tuple, proposed.tolist()):
            if choice not in known:
                break
        else:
            choice = self._new_one(near=proposed[0])
        self.choices.append(choice)
        return choice

    def _new_one(self, near=None):
        """Return a random choice that is new, with one parameter changed if `near` is given."""
        known = set(self.choices)
        for draw in range(MOST_DRAWS):
            drawn = self.random_state.randint(self.bits.sizes)
            if near is not None and draw < MOST_DRAWS // 2:
                keep = np.arange(len(drawn)) != self.random_state.randint(len(drawn))
                drawn = np.where(keep, near, drawn)
            choice = tuple(drawn.tolist())
            if choice not in known:
                return choice
        # a grid that is nearly exhausted
        return next(c for c in map(tuple, np.ndindex(*self.bits.sizes)) if c not in known)


def _standardised(costs):
    """Return costs of mean 0 and deviation 1, those of the worse half being that of the middle.

    How bad bad candidates are would otherwise drown by how much the good ones differ.
    """
    finite = costs[np.isfinite(costs)]
    if not finite.size:
        return np.zeros(len(costs))
    # failed fits are worse than all others
    costs = np.minimum(costs, finite.max() + (np.ptp(finite) or 1.0))
    costs = np.minimum(costs, np.median(costs))
    return (costs - costs.mean()) / (costs.std() or 1.0)

"""Selection of features as a QUBO."""

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.feature_selection import SelectorMixin
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_is_fitted, validate_data

from skquantum._validation import FIT_CONTEXT, Integral, Interval, Real, StrOptions
from skquantum.combinatorial import (
    all_energies,
    check_solver,
    distinct,
    minimize_qubo,
    with_ones,
)
from skquantum.estimators._relevance import redundancy_of, relevance_of

__all__ = ["QUBOSelector"]

LARGEST_TABLE = 20  # features, up to which the path of optima is exact
BISECTIONS = 40


class QUBOSelector(SelectorMixin, BaseEstimator):
    """Select features that say much about the target and little about each other.

    Relevance and redundancy are weighed in one quadratic function of bits, a QUBO,

    .. math:: E(x) = (1 - \\alpha) \\sum_{i \\ne j} R_{ij} x_i x_j - \\alpha \\sum_i I_i x_i,

    whose minimum is searched classically, by a simulated quantum algorithm, or by a quantum
    annealer [1]_. With ``alpha=1`` it is :class:`sklearn.feature_selection.SelectKBest`.

    Parameters
    ----------
    n_features_to_select : int, float or None, default=None
        Number of features, or their share if it is a float. None means half of them.
    relevance : {"mutual_info", "correlation"} or callable, default="mutual_info"
        I, what a feature says about the target. "mutual_info" is the mutual information on ten
        quantile bins; "correlation" the absolute correlation, for several classes that with the
        means of the classes. A callable takes `X` and `y` and returns a number per feature, as the
        `score_func` of ``SelectKBest`` does.
    redundancy : {"mutual_info", "correlation"} or callable, default="mutual_info"
        R, what two features say about each other; a callable takes `X` and returns a matrix, whose
        diagonal does not count.
    alpha : float or "auto", default="auto"
        Weight of relevance, between 0 and 1. "auto" searches, by bisection, an alpha at which
        the minimum over all numbers of features has `n_features_to_select`.
    solver : str or dimod.Sampler, default="annealing"
        "exact" is branch and bound; "annealing" is simulated annealing, which exchanges a selected
        feature for another; "quantum_annealing" is path-integral annealing of dwave-samplers;
        "qaoa" is simulated QAOA of three layers, for up to about 20 features; "grover"
        simulates Grover adaptive search. Or any sampler of
        dimod, such as D-Wave's
        ``EmbeddingComposite(DWaveSampler())``: with ``alpha="auto"`` it gets the QUBO of that
        alpha, else the QUBO with a field and the weakest penalty that keep the number of
        features; see :func:`skquantum.combinatorial.minimize_qubo`.
    random_state : int, RandomState instance or None, default=None
        Seed of the solver.

    Attributes
    ----------
    qubo_ : ndarray of shape (n_features, n_features)
        The symmetric matrix Q of the energies x' Q x; linear terms are on its diagonal.
    alpha_ : float
        The weight of relevance.
    energy_ : float
        Energy of the selected features.
    gap_ : float
        By how much the second best selection of as many features that was found is higher; with
        "exact" there is none between. inf if there was no other.
    relevance_ : ndarray of shape (n_features,)
        I.
    redundancy_ : ndarray of shape (n_features, n_features)
        R, with a diagonal of 0.
    support_ : ndarray of bool of shape (n_features,)
        The selected features.
    ranking_ : ndarray of int of shape (n_features,)
        1 for the selected features; the others follow in the order of what adding them costs.
    n_features_to_select_ : int
        Number of selected features.
    n_features_in_ : int
        Number of features seen in ``fit``.
    feature_names_in_ : ndarray of shape (n_features,)
        Names of features seen in ``fit``, if `X` had names that are all strings.

    See Also
    --------
    sklearn.feature_selection.SelectKBest : Relevance alone.
    sklearn.feature_selection.SequentialFeatureSelector : By the score of a model.

    Notes
    -----
    A target of strings, or of at most 32 different whole numbers, is taken for classes; other
    numbers are binned like features.

    As alpha grows, so does the number of features in the minimum, but it can jump by more than
    one. Where "auto" finds no alpha for a number, the alpha of the jump is taken, and the best
    selection of exactly as many features. Up to 20 features the bisection is exact; beyond, it is
    so with ``solver="exact"`` and follows simulated annealing otherwise. Features whose relevance
    is 0 get a penalty of the largest relevance, so that they are the last to be selected.

    References
    ----------
    .. [1] S. Mücke, R. Heese, S. Müller, M. Wolter and N. Piatkowski, "Feature selection on
       quantum computers", Quantum Machine Intelligence 5, 11 (2023), arXiv:2203.13261.

    Examples
    --------
    >>> from sklearn.datasets import load_wine
    >>> from skquantum import QUBOSelector
    >>> X, y = load_wine(return_X_y=True, as_frame=True)
    >>> selector = QUBOSelector(3, random_state=0).set_output(transform="pandas").fit(X, y)
    >>> selector.transform(X).columns.to_list()
    ['color_intensity', 'od280/od315_of_diluted_wines', 'proline']
    """

    _parameter_constraints: dict = {
        "n_features_to_select": [
            Interval(Integral, 1, None, closed="left"),
            Interval(Real, 0, 1, closed="right"),
            None,
        ],
        "relevance": [StrOptions({"mutual_info", "correlation"}), callable],
        "redundancy": [StrOptions({"mutual_info", "correlation"}), callable],
        "alpha": [Interval(Real, 0, 1, closed="both"), StrOptions({"auto"})],
        "solver": "no_validation",  # check_solver says it better
        "random_state": ["random_state"],
    }

    def __init__(
        self,
        n_features_to_select=None,
        *,
        relevance="mutual_info",
        redundancy="mutual_info",
        alpha="auto",
        solver="annealing",
        random_state=None,
    ):
        self.n_features_to_select = n_features_to_select
        self.relevance = relevance
        self.redundancy = redundancy
        self.alpha = alpha
        self.solver = solver
        self.random_state = random_state

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.target_tags.required = True
        return tags

    def _get_support_mask(self):
        check_is_fitted(self)
        return self.support_

    @FIT_CONTEXT
    def fit(self, X, y):
        """Select features.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Rows.
        y : array-like of shape (n_samples,)
            Classes or numbers.

        Returns
        -------
        self : QUBOSelector
            Fitted selector.

        Raises
        ------
        ValueError
            If the data or a parameter is invalid, or the solver cannot take so many features.
        ImportError
            If the solver needs packages that are not installed.
        """
        check_solver(self.solver)
        X, y = validate_data(self, X, y, dtype=np.float64, ensure_min_samples=2)
        n_selected = self._number_of(X.shape[1])
        relevance = relevance_of(self.relevance, X, y)
        redundancy = redundancy_of(self.redundancy, X)
        random_state = check_random_state(self.random_state)
        weigh = _Weighing(relevance, redundancy)
        alpha = self.alpha
        if alpha == "auto":
            solver = "exact" if self.solver == "exact" else "annealing"
            alpha = weigh.alpha_for(n_selected, solver, random_state)
        Q = weigh.qubo(alpha)
        # an optimum that has as many features by itself needs no help
        free = self.alpha == "auto" and not isinstance(self.solver, str)
        free = free and not hasattr(self.solver, "search")
        found = minimize_qubo(
            Q, None if free else n_selected, solver=self.solver, random_state=random_state
        )
        samples, energies = distinct(Q, with_ones(Q, found.samples, n_selected))
        best = samples[0]
        self.qubo_ = Q
        self.alpha_ = float(alpha)
        self.energy_ = float(energies[0])
        self.gap_ = float(energies[1] - energies[0]) if len(energies) > 1 else np.inf
        self.relevance_, self.redundancy_ = relevance, redundancy
        self.support_ = best
        self.ranking_ = np.ones(len(Q), dtype=int)
        cost = np.diag(Q) + 2 * (Q @ best)
        others = np.flatnonzero(~best)
        self.ranking_[others[np.argsort(cost[others], kind="stable")]] += 1 + np.arange(len(others))
        self.n_features_to_select_ = n_selected
        return self

    def _number_of(self, n_features):
        wanted = self.n_features_to_select
        if wanted is None:
            return max(1, n_features // 2)
        if not isinstance(wanted, Integral):
            return max(1, int(wanted * n_features))
        if wanted > n_features:
            raise ValueError(
                f"n_features_to_select={wanted}, but X has {n_features} features; select at most "
                f"{n_features}."
            )
        return int(wanted)


class _Weighing:
    """Relevance against redundancy, for any alpha."""

    def __init__(self, relevance, redundancy):
        self.relevance = relevance
        self.redundancy = redundancy
        nothing = relevance <= 1e-12 * np.abs(relevance).max()
        self.penalty = np.where(nothing, np.abs(relevance).max() or 1.0, 0.0)

    def qubo(self, alpha):
        """Return the QUBO of an alpha."""
        return (1 - alpha) * self.redundancy + np.diag(self.penalty - alpha * self.relevance)

    def alpha_for(self, n_selected, solver, random_state):
        """Return an alpha at which the minimum has a number of ones, or where it jumps past it."""
        if self.size_at(1.0, solver, random_state) <= n_selected:
            return 1.0
        low, high = 0.0, 1.0
        for _ in range(BISECTIONS):
            alpha = (low + high) / 2
            size = self.size_at(alpha, solver, random_state)
            if size == n_selected:
                break
            low, high = (alpha, high) if size < n_selected else (low, alpha)
        return alpha

    def size_at(self, alpha, solver, random_state):
        """Return the number of ones in the minimum over all assignments."""
        if alpha == 1.0:
            return int((self.relevance > self.penalty).sum())
        if len(self.relevance) <= LARGEST_TABLE:
            return int(np.bitwise_count(all_energies(self.qubo(alpha)).argmin()))
        found = minimize_qubo(self.qubo(alpha), solver=solver, random_state=random_state)
        return int(found.samples[0].sum())

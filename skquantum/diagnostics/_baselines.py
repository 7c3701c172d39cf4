"""Classical models that a quantum model is compared with, tuned by cross-validation."""

from scipy.sparse import issparse
from sklearn.base import clone
from sklearn.compose import TransformedTargetRegressor
from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.model_selection import GridSearchCV, KFold, StratifiedKFold
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC, SVR

from skquantum._validation import closest_name

__all__ = ["make_baselines"]

INNER_SPLITS = 3
STRENGTHS = [0.01, 0.1, 1.0, 10.0, 100.0]
PENALTIES = {"C": [0.1, 1.0, 10.0, 100.0]}
# Multiples of 1 / n_features, which is gamma="scale" for standardised features.
WIDTHS = [0.1, 1.0, 10.0]
BOOSTING = {"learning_rate": [0.03, 0.1], "max_leaf_nodes": [7, 31]}
NETWORK = {"alpha": [1e-4, 1e-2, 1.0]}

CLASSIFIERS = {
    "svc": (SVC(), PENALTIES),
    "logistic": (LogisticRegression(max_iter=2000), {"C": STRENGTHS}),
    "boosting": (HistGradientBoostingClassifier(), BOOSTING),
    "mlp": (MLPClassifier(max_iter=1000), NETWORK),
}
REGRESSORS = {
    "svr": (SVR(), PENALTIES),
    "ridge": (Ridge(), {"alpha": STRENGTHS}),
    "boosting": (HistGradientBoostingRegressor(), BOOSTING),
    "mlp": (MLPRegressor(max_iter=1000), NETWORK),
}


def make_baselines(baselines, X, *, classifier, scoring, random_state):
    """Return the models to compare with, by name.

    Parameters
    ----------
    baselines : "default", sequence of str, or dict of str to estimator
        As of :func:`~skquantum.diagnostics.compare`.
    X : {array-like, sparse matrix} of shape (n_samples, n_features)
        Rows.
    classifier : bool
        Whether the targets are classes.
    scoring : str, callable or None
        What the baselines are tuned for.
    random_state : RandomState
        Seed or generator of seeds.

    Returns
    -------
    dict of str to estimator
        Unfitted: the user's own as they are, others inside of a grid search.
    """
    if isinstance(baselines, dict):
        chosen = {name: clone(estimator) for name, estimator in baselines.items()}
    else:
        known = CLASSIFIERS if classifier else REGRESSORS
        names = list(known) if baselines == "default" else baselines
        if isinstance(names, str):
            names = [names]
        for name in names:
            if name not in known:
                raise ValueError(f"baselines holds {name!r}: {closest_name(name, known)}.")
        chosen = {
            name: _searched(name, *known[name], X, classifier, scoring, random_state)
            for name in names
        }
    if not chosen:
        raise ValueError("baselines is empty; name one classical model at least.")
    return chosen


def _searched(name, estimator, grid, X, classifier, scoring, random_state):
    """Return a grid search around a baseline, with what has to be scaled before it."""
    estimator, grid = clone(estimator), dict(grid)
    if "random_state" in estimator.get_params():
        estimator.set_params(random_state=random_state.randint(2**31))
    if isinstance(estimator, SVC | SVR):
        grid["gamma"] = [width / X.shape[1] for width in WIDTHS]
    if name == "boosting":
        if issparse(X):
            raise ValueError(
                "X is sparse, which gradient boosting does not take; name other baselines, such as "
                f"('{'svc' if classifier else 'svr'}', 'mlp'), or pass X.toarray()."
            )
    else:
        scaler = StandardScaler(with_mean=not issparse(X))
        estimator = Pipeline([("scaler", scaler), ("model", estimator)])
        grid = {f"model__{key}": values for key, values in grid.items()}
    if not classifier and name in ("svr", "mlp"):
        estimator = TransformedTargetRegressor(estimator, transformer=StandardScaler())
        grid = {f"regressor__{key}": values for key, values in grid.items()}
    splitter = StratifiedKFold if classifier else KFold
    cv = splitter(INNER_SPLITS, shuffle=True, random_state=random_state.randint(2**31))
    return GridSearchCV(estimator, grid, scoring=scoring, cv=cv)

"""Whether a model is better than tuned classical ones."""

import warnings

import numpy as np
from sklearn.base import is_classifier, is_regressor
from sklearn.exceptions import ConvergenceWarning
from sklearn.metrics import get_scorer_names
from sklearn.model_selection import (
    RepeatedKFold,
    RepeatedStratifiedKFold,
    check_cv,
    cross_validate,
)
from sklearn.utils import check_random_state

from skquantum._validation import N_JOBS, Interval, Real, StrOptions, validate_params
from skquantum.diagnostics._baselines import make_baselines
from skquantum.diagnostics._comparison import Comparison

__all__ = ["compare"]


@validate_params(
    {
        "baselines": [str, list, tuple, dict],
        "cv": ["cv_object"],
        "scoring": [StrOptions(set(get_scorer_names())), callable, None],
        "alpha": [Interval(Real, 0, 1, closed="neither")],
        "n_jobs": N_JOBS,
        "random_state": ["random_state"],
    },
    prefer_skip_nested_validation=True,
)
def compare(
    model,
    X,
    y,
    baselines="default",
    *,
    cv=None,
    scoring=None,
    alpha=0.05,
    n_jobs=None,
    random_state=None,
):
    """Compare a model with tuned classical baselines on the same folds.

    Each baseline is tuned on the training rows of each fold, by a small grid search with an inner
    cross-validation; the model is fitted as it is. To tune it as well, pass it in a
    :class:`~sklearn.model_selection.GridSearchCV`. A "lead" is more than noise: every baseline has
    to be beaten, by a test that allows for folds with common training rows and for the number of
    baselines (:class:`Comparison`).

    Parameters
    ----------
    model : classifier or regressor
        Any estimator with the interface of scikit-learn, such as a :class:`~skquantum.QSVC` or a
        pipeline; it is cloned.
    X : {array-like, sparse matrix} of shape (n_samples, n_features)
        Rows.
    y : array-like of shape (n_samples,)
        Classes or numbers.
    baselines : "default", str, sequence of str or dict of str to estimator, default="default"
        Names of baselines: "svc", "logistic", "boosting" and "mlp" for classifiers; "svr", "ridge",
        "boosting" and "mlp" for regressors; "default" means all four. Features are standardised
        before all but "boosting", for "svr" and "mlp" the targets as well. A dict has estimators of
        your own, which are not tuned unless they tune themselves.
    cv : int, cross-validation generator, iterable or None, default=None
        Folds, as in :func:`~sklearn.model_selection.cross_validate`. None means 2 x 5 folds,
        stratified for classifiers. More repetitions find smaller differences.
    scoring : str, callable or None, default=None
        What is compared, larger is better, and what the baselines are tuned for; None means
        accuracy, or R^2 for regressors.
    alpha : float, default=0.05
        Largest probability of a verdict other than "no difference" where there is none.
    n_jobs : int or None, default=None
        Number of joblib workers that the folds of each model are spread over.
    random_state : int, RandomState instance or None, default=None
        Decides about the default folds, the inner folds and the seeds of the baselines; that of the
        model is its own.

    Returns
    -------
    Comparison
        Scores, differences, p-values and the verdict; print it for a table.

    Raises
    ------
    TypeError
        If `model` is neither a classifier nor a regressor.
    ValueError
        If a baseline is unknown, there are fewer than two folds, or a score is not finite.

    See Also
    --------
    skquantum.plotting.ComparisonDisplay : A picture of the result.

    References
    ----------
    .. [1] C. Nadeau, Y. Bengio, "Inference for the generalization error", Machine Learning 52, 239
       (2003).
    .. [2] J. Bowles, S. Ahmed, M. Schuld, "Better than classical? The subtle art of benchmarking
       quantum machine learning models", arXiv:2403.07059 (2024).

    Examples
    --------
    >>> from sklearn.datasets import make_moons
    >>> from skquantum import QSVC
    >>> from skquantum.diagnostics import compare
    >>> X, y = make_moons(100, noise=0.2, random_state=0)
    >>> comparison = compare(QSVC(), X, y, ["svc", "logistic"], cv=4, random_state=0)
    >>> comparison.verdict, comparison.best_baseline
    ('no difference', 'svc')
    """
    if isinstance(model, type) or not (is_classifier(model) or is_regressor(model)):
        name = model.__name__ if isinstance(model, type) else type(model).__name__
        raise TypeError(
            f"{name} is neither a classifier nor a regressor, so that there is "
            "nothing to compare; pass an instance of one, or a pipeline that ends in one."
        )
    if len(np.shape(X)) != 2:
        raise ValueError(
            f"X has shape {np.shape(X)}, but baselines need rows of features; pass a table."
        )
    X = X if hasattr(X, "shape") else np.asarray(X)
    classifier = is_classifier(model)
    random_state = check_random_state(random_state)
    if cv is None:
        repeated = RepeatedStratifiedKFold if classifier else RepeatedKFold
        cv = repeated(n_splits=5, n_repeats=2, random_state=random_state.randint(2**31))
    splits = list(check_cv(cv, y, classifier=classifier).split(X, y))
    if len(splits) < 2:
        raise ValueError(f"cv makes {len(splits)} fold, but a comparison needs 2 or more.")
    models = {_name_of(model): model}
    others = make_baselines(
        baselines, X, classifier=classifier, scoring=scoring, random_state=random_state
    )
    if twice := models.keys() & others.keys():
        raise ValueError(
            f"A baseline is called {twice.pop()!r}, as the model is; give it another name."
        )
    options = {"cv": splits, "scoring": scoring, "n_jobs": n_jobs, "error_score": "raise"}
    found = {name: cross_validate(each, X, y, **options) for name, each in models.items()}
    with warnings.catch_warnings():
        if not isinstance(baselines, dict):  # a network that ends early is what its grid is for
            warnings.simplefilter("ignore", ConvergenceWarning)
        found |= {name: cross_validate(each, X, y, **options) for name, each in others.items()}
    return Comparison(
        {name: result["test_score"] for name, result in found.items()},
        float(np.mean([len(test) / len(train) for train, test in splits])),
        fit_seconds={name: float(result["fit_time"].mean()) for name, result in found.items()},
        scoring=_name_of_scoring(scoring, classifier),
        alpha=alpha,
    )


def _name_of(model):
    """Return the name of the class that learns, inside of pipelines and searches."""
    while True:
        if hasattr(model, "steps"):
            model = model.steps[-1][1]
        elif getattr(model, "estimator", None) is not None:
            model = model.estimator
        else:
            return type(model).__name__


def _name_of_scoring(scoring, classifier):
    if scoring is None:
        return "accuracy" if classifier else "R^2"
    return scoring if isinstance(scoring, str) else getattr(scoring, "__name__", str(scoring))

"""Scores of a model and of baselines."""

import numpy as np

from skquantum.diagnostics import compare
from skquantum.plotting._axes import new_axes

__all__ = ["ComparisonDisplay"]


class ComparisonDisplay:
    """Scores of a model and of classical baselines on the same folds, with the verdict.

    Make it with :meth:`from_comparison` or :meth:`from_estimator`. It needs matplotlib:
    ``pip install skquantum[plot]``.

    Parameters
    ----------
    scores : dict of str to array-like of shape (n_splits,)
        Scores by model, the model in question first.
    scoring : str, default="score"
        What the scores are called.
    verdict : str or None, default=None
        What the title says.

    Attributes
    ----------
    points_ : list of matplotlib PathCollection
        Scores of the folds, for each model.
    means_ : matplotlib PathCollection
        Their means.
    ax_ : matplotlib Axes
        Axes of the scores.
    figure_ : matplotlib Figure
        The figure.

    Examples
    --------
    >>> import matplotlib
    >>> matplotlib.use("Agg")
    >>> from sklearn.datasets import load_iris
    >>> from skquantum import QSVC
    >>> from skquantum.diagnostics import compare
    >>> from skquantum.plotting import ComparisonDisplay
    >>> X, y = load_iris(return_X_y=True)
    >>> comparison = compare(QSVC(kernel="angle"), X, y, "logistic", cv=4, random_state=0)
    >>> ComparisonDisplay.from_comparison(comparison).ax_.get_title()
    'QSVC: no difference'
    """

    def __init__(self, scores, *, scoring="score", verdict=None):
        self.scores = scores
        self.scoring = scoring
        self.verdict = verdict

    def plot(self, ax=None, **kwargs):
        """Draw.

        Parameters
        ----------
        ax : matplotlib Axes or None, default=None
            Where to draw; None makes a figure.
        **kwargs : dict
            Passed on to matplotlib's ``scatter`` for the scores of the folds.

        Returns
        -------
        display : ComparisonDisplay
            This object, with the artists.

        Raises
        ------
        ImportError
            If matplotlib is not installed.
        """
        ax = new_axes(ax)
        places = np.arange(len(self.scores))
        self.points_ = [
            ax.scatter(values, np.full(len(values), place), **{"alpha": 0.4, **kwargs})
            for place, values in zip(places, self.scores.values(), strict=True)
        ]
        means = [np.mean(values) for values in self.scores.values()]
        self.means_ = ax.scatter(means, places, marker="|", s=400, color="black", label="Mean")
        ax.set_yticks(places, list(self.scores))
        ax.set(xlabel=self.scoring.replace("_", " ").capitalize(), ylim=(len(places) - 0.5, -0.5))
        if self.verdict is not None:
            ax.set_title(f"{next(iter(self.scores))}: {self.verdict}")
        self.ax_ = ax
        self.figure_ = ax.figure
        return self

    @classmethod
    def from_comparison(cls, comparison, *, ax=None, **kwargs):
        """Draw the result of a comparison.

        Parameters
        ----------
        comparison : Comparison
            What :func:`~skquantum.diagnostics.compare` returned.
        ax : matplotlib Axes or None, default=None
            Where to draw; None makes a figure.
        **kwargs : dict
            Passed on to matplotlib's ``scatter`` for the scores of the folds.

        Returns
        -------
        display : ComparisonDisplay
            With the artists.
        """
        display = cls(comparison.scores, scoring=comparison.scoring, verdict=comparison.verdict)
        return display.plot(ax, **kwargs)

    @classmethod
    def from_estimator(
        cls,
        estimator,
        X,
        y,
        *,
        baselines="default",
        cv=None,
        scoring=None,
        alpha=0.05,
        n_jobs=None,
        random_state=None,
        ax=None,
        **kwargs,
    ):
        """Compare a model with baselines, and draw the result.

        Parameters
        ----------
        estimator : classifier or regressor
            The model.
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Rows.
        y : array-like of shape (n_samples,)
            Targets.
        baselines : "default", str, sequence of str or dict of str to estimator, default="default"
            As in :func:`~skquantum.diagnostics.compare`, and so are those below.
        cv : int, cross-validation generator, iterable or None, default=None
            Folds.
        scoring : str, callable or None, default=None
            The score.
        alpha : float, default=0.05
            Level of the verdict.
        n_jobs : int or None, default=None
            Number of joblib workers.
        random_state : int, RandomState instance or None, default=None
            Seed of folds and baselines.
        ax : matplotlib Axes or None, default=None
            Where to draw; None makes a figure.
        **kwargs : dict
            Passed on to matplotlib's ``scatter`` for the scores of the folds.

        Returns
        -------
        display : ComparisonDisplay
            With the artists.
        """
        settings = {"cv": cv, "scoring": scoring, "alpha": alpha, "n_jobs": n_jobs}
        ax = new_axes(ax)
        comparison = compare(estimator, X, y, baselines, random_state=random_state, **settings)
        return cls.from_comparison(comparison, ax=ax, **kwargs)

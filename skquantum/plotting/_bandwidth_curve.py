"""Scores over the bandwidth of a feature map."""

import numpy as np
from sklearn.model_selection import ValidationCurveDisplay, validation_curve

from skquantum.plotting._axes import new_axes

__all__ = ["BandwidthCurveDisplay"]

MULTIPLES = np.logspace(-1, 1, 9)


class BandwidthCurveDisplay(ValidationCurveDisplay):
    """Training and test scores over the bandwidth of a feature map.

    Make it with :meth:`from_estimator`. The bandwidth multiplies the features before they become
    angles, and decides more about a quantum kernel than anything else: too small, all rows look the
    same; too large, each is like itself only. It needs matplotlib: ``pip install skquantum[plot]``.

    Parameters
    ----------
    param_name : str
        What the horizontal axis is called.
    param_range : array-like of shape (n_bandwidths,)
        Bandwidths, or multiples of the default.
    train_scores : array-like of shape (n_bandwidths, n_splits)
        Scores of the training rows.
    test_scores : array-like of shape (n_bandwidths, n_splits)
        Scores of the test rows.
    score_name : str or None, default=None
        What the vertical axis is called; None means "Score".

    Attributes
    ----------
    lines_ : list of matplotlib Line2D
        Mean scores of training and test rows.
    fill_between_ : list of matplotlib FillBetweenPolyCollection
        Their standard deviations over the folds.
    ax_ : matplotlib Axes
        Axes of the scores.
    figure_ : matplotlib Figure
        The figure.

    References
    ----------
    .. [1] R. Shaydulin, S. M. Wild, "Importance of kernel bandwidth in quantum machine learning",
       Phys. Rev. A 106, 042407 (2022).

    Examples
    --------
    >>> import matplotlib
    >>> matplotlib.use("Agg")
    >>> from sklearn.datasets import load_iris
    >>> from skquantum import QSVC
    >>> from skquantum.plotting import BandwidthCurveDisplay
    >>> X, y = load_iris(return_X_y=True)
    >>> display = BandwidthCurveDisplay.from_estimator(QSVC(kernel="angle"), X, y, cv=3)
    >>> display.ax_.get_xlabel()
    'Bandwidth / scale'
    """

    @classmethod
    def from_estimator(
        cls,
        estimator,
        X,
        y,
        *,
        param_range=None,
        param_name=None,
        cv=None,
        scoring=None,
        n_jobs=None,
        ax=None,
        score_name=None,
        **kwargs,
    ):
        """Fit an estimator for each bandwidth and fold, and draw the scores.

        Parameters
        ----------
        estimator : estimator or pipeline
            A model with a feature map that has a bandwidth, such as :class:`~skquantum.QSVC` or
            :class:`~skquantum.VQC`; it is cloned.
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Rows.
        y : array-like of shape (n_samples,)
            Targets.
        param_range : array-like of float of shape (n_bandwidths,) or None, default=None
            Multiples of ``bandwidth="scale"``; None means 9 from 0.1 to 10.
        param_name : str or None, default=None
            Name of the bandwidth among the estimator's parameters; None means that of the feature
            map of its kernel, or of its own one, in the last step of a pipeline.
        cv : int, cross-validation generator, iterable or None, default=None
            Folds.
        scoring : str, callable or None, default=None
            The score; None means that of the estimator.
        n_jobs : int or None, default=None
            Number of joblib workers that fits are spread over.
        ax : matplotlib Axes or None, default=None
            Where to draw; None makes a figure.
        score_name : str or None, default=None
            What the vertical axis is called; None means `scoring` if that is text.
        **kwargs : dict
            Passed on to :meth:`sklearn.model_selection.ValidationCurveDisplay.plot`.

        Returns
        -------
        display : BandwidthCurveDisplay
            With the artists.

        Raises
        ------
        TypeError
            If the estimator has no feature map, and `param_name` is None.
        ValueError
            If a multiple is not positive.
        ImportError
            If matplotlib is not installed.
        """
        ax = new_axes(ax)
        multiples = np.asarray(MULTIPLES if param_range is None else param_range, dtype=float)
        if not (np.isfinite(multiples) & (multiples > 0)).all() or multiples.ndim != 1:
            raise ValueError(
                f"param_range={param_range!r}, but bandwidths are positive multiples of 'scale'."
            )
        train_scores, test_scores = validation_curve(
            estimator,
            X,
            y,
            param_name=_bandwidth_of(estimator) if param_name is None else param_name,
            param_range=[f"{multiple!r}*scale" for multiple in multiples.tolist()],
            cv=cv,
            scoring=scoring,
            n_jobs=n_jobs,
            error_score="raise",
        )
        if score_name is None and isinstance(scoring, str):
            score_name = scoring.replace("_", " ").capitalize()
        display = cls(
            param_name="Bandwidth / scale",
            param_range=multiples,
            train_scores=train_scores,
            test_scores=test_scores,
            score_name="Score" if score_name is None else score_name,
        )
        return display.plot(ax, **kwargs)


def _bandwidth_of(estimator):
    """Return the name of the bandwidth among the parameters of an estimator."""
    prefix = ""
    while hasattr(estimator, "steps"):
        name, estimator = estimator.steps[-1]
        prefix += f"{name}__"
    parameters = estimator.get_params(deep=False)
    if "kernel" in parameters:
        return f"{prefix}kernel__feature_map__bandwidth"
    if "feature_map" in parameters:
        return f"{prefix}feature_map__bandwidth"
    raise TypeError(
        f"{type(estimator).__name__} has no feature map; pass param_name, the name of a bandwidth "
        "among its parameters."
    )

"""The loss around the weights of a trained circuit."""

from copy import copy

import numpy as np
from sklearn.base import is_regressor
from sklearn.metrics import hinge_loss, log_loss, mean_squared_error
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_is_fitted

from skquantum._components import rows_and_last_step
from skquantum._validation import Integral, Real
from skquantum.plotting._axes import new_axes

__all__ = ["LossLandscapeDisplay"]


class LossLandscapeDisplay:
    """The loss in a random plane through the weights of a trained circuit.

    Make it with :meth:`from_estimator` or :meth:`from_objective`. A landscape that is flat but for
    a small hole is that of a barren plateau. It needs matplotlib: ``pip install skquantum[plot]``.

    Parameters
    ----------
    steps : array-like of shape (n_points,)
        How far each direction is gone, as the root mean square of the changes of the weights.
    losses : array-like of shape (n_points, n_points)
        Losses; the second direction comes first.

    Attributes
    ----------
    contours_ : matplotlib QuadContourSet
        The losses.
    point_ : matplotlib Line2D
        The weights in the middle.
    colorbar_ : matplotlib Colorbar
        The color bar.
    ax_ : matplotlib Axes
        Axes of the losses.
    figure_ : matplotlib Figure
        The figure.

    References
    ----------
    .. [1] H. Li, Z. Xu, G. Taylor, C. Studer, T. Goldstein, "Visualizing the loss landscape of
       neural nets", NeurIPS (2018).

    Examples
    --------
    >>> import matplotlib
    >>> matplotlib.use("Agg")
    >>> from sklearn.datasets import load_iris
    >>> from skquantum import VQC
    >>> from skquantum.plotting import LossLandscapeDisplay
    >>> X, y = load_iris(return_X_y=True)
    >>> model = VQC(n_qubits=2, optimizer="l-bfgs", max_iter=20, random_state=0).fit(X, y)
    >>> display = LossLandscapeDisplay.from_estimator(model, X, y, n_points=5, random_state=0)
    >>> display.losses.shape
    (5, 5)
    """

    def __init__(self, steps, losses):
        self.steps = steps
        self.losses = losses

    def plot(self, ax=None, **kwargs):
        """Draw.

        Parameters
        ----------
        ax : matplotlib Axes or None, default=None
            Where to draw; None makes a figure.
        **kwargs : dict
            Passed on to matplotlib's ``contourf``.

        Returns
        -------
        display : LossLandscapeDisplay
            This object, with the artists.

        Raises
        ------
        ImportError
            If matplotlib is not installed.
        """
        ax = new_axes(ax)
        self.contours_ = ax.contourf(
            self.steps, self.steps, self.losses, **{"levels": 20, **kwargs}
        )
        (self.point_,) = ax.plot(0, 0, marker="x", color="white", linestyle="none")
        self.colorbar_ = ax.figure.colorbar(self.contours_, ax=ax, label="Loss")
        ax.set(
            xlabel="First direction (rms step)",
            ylabel="Second direction (rms step)",
            aspect="equal",
        )
        self.ax_ = ax
        self.figure_ = ax.figure
        return self

    @classmethod
    def from_estimator(
        cls, estimator, X, y, *, n_points=21, span=1.0, random_state=None, ax=None, **kwargs
    ):
        """Draw the loss around the weights of a fitted estimator.

        The loss is that of scikit-learn for the predictions: the log loss of probabilities, the
        hinge loss of a classifier without them, the mean squared error of a regressor. Weights of
        the circuit change; what lies behind it, such as intercepts of a readout, stays.

        Parameters
        ----------
        estimator : VQC, VQR or a pipeline that ends in one
            Fitted; it is not changed.
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Rows.
        y : array-like of shape (n_samples,)
            Targets.
        n_points : int, default=21
            Number of points in each direction; an odd one has the weights themselves among them.
        span : float, default=1.0
            How far to go in each direction, as the root mean square of the changes of the weights.
        random_state : int, RandomState instance or None, default=None
            Seed or generator of the two directions, at right angles to each other.
        ax : matplotlib Axes or None, default=None
            Where to draw; None makes a figure.
        **kwargs : dict
            Passed on to matplotlib's ``contourf``.

        Returns
        -------
        display : LossLandscapeDisplay
            With the artists.

        Raises
        ------
        TypeError
            If the estimator has no trained circuit.
        """
        X, last = rows_and_last_step(estimator, X)
        check_is_fitted(last)
        if not hasattr(last, "weights_") or not hasattr(last, "predict"):
            raise TypeError(
                f"{type(last).__name__} has no trained circuit; pass a fitted VQC or VQR, or a "
                "pipeline that ends in one."
            )
        moved = copy(last)

        def loss(weights):
            moved.weights_ = weights
            if is_regressor(moved):
                return mean_squared_error(y, moved.predict(X))
            if hasattr(moved, "predict_proba"):
                return log_loss(y, moved.predict_proba(X), labels=moved.classes_)
            return hinge_loss(y, moved.decision_function(X), labels=moved.classes_)

        return cls._around(loss, last.weights_, n_points, span, random_state).plot(ax, **kwargs)

    @classmethod
    def from_objective(
        cls,
        objective,
        weights,
        *,
        n_points=21,
        span=1.0,
        random_state=None,
        ax=None,
        **kwargs,
    ):
        """Draw the values of an objective around given weights.

        Parameters
        ----------
        objective : Objective
            Anything that :func:`skquantum.variational.train` minimises.
        weights : array-like of shape (n_weights,)
            The point in the middle.
        n_points : int, default=21
            Number of points in each direction.
        span : float, default=1.0
            How far to go in each direction, as the root mean square of the changes of the weights.
        random_state : int, RandomState instance or None, default=None
            Seed or generator of the two directions, at right angles to each other.
        ax : matplotlib Axes or None, default=None
            Where to draw; None makes a figure.
        **kwargs : dict
            Passed on to matplotlib's ``contourf``.

        Returns
        -------
        display : LossLandscapeDisplay
            With the artists.
        """
        made = cls._around(objective.value, weights, n_points, span, random_state)
        return made.plot(ax, **kwargs)

    @classmethod
    def _around(cls, loss, weights, n_points, span, random_state):
        """Return the display of a loss in a plane through weights."""
        weights = np.asarray(weights, dtype=np.float64)
        if weights.ndim != 1 or len(weights) < 2:
            raise ValueError(
                f"There are weights of shape {weights.shape}, but a plane needs 2 or more; draw a "
                "curve instead."
            )
        if not isinstance(n_points, Integral) or n_points < 2:
            raise ValueError(f"n_points={n_points!r}, but a landscape has an integer of 2 or more.")
        if not isinstance(span, Real) or not 0 < span < np.inf:
            raise ValueError(f"span={span!r}, but it must be a positive number.")
        drawn = check_random_state(random_state).normal(size=(len(weights), 2))
        directions = np.linalg.qr(drawn)[0].T * np.sqrt(len(weights))
        steps = np.linspace(-span, span, n_points)
        losses = [[loss(weights + [a, b] @ directions) for a in steps] for b in steps]
        return cls(steps, np.array(losses, dtype=np.float64))

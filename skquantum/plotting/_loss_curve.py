"""Loss of a trained estimator, iteration by iteration."""

import numpy as np
from sklearn.utils.validation import check_is_fitted

from skquantum.plotting._axes import new_axes

__all__ = ["LossCurveDisplay"]


class LossCurveDisplay:
    """Loss, and validation score if there is one, over the iterations of a training.

    Make it with :meth:`from_estimator`. It needs matplotlib: ``pip install skquantum[plot]``.

    Parameters
    ----------
    loss_curve : array-like of shape (n_iter,)
        Losses.
    validation_scores : array-like of shape (n_iter,) or None, default=None
        Validation scores.
    estimator_name : str or None, default=None
        Label in the legend.

    Attributes
    ----------
    line_ : matplotlib Line2D
        The losses.
    validation_line_ : matplotlib Line2D or None
        The validation scores, on an axis of their own.
    ax_ : matplotlib Axes
        Axes of the losses.
    figure_ : matplotlib Figure
        The figure.

    Examples
    --------
    >>> import matplotlib
    >>> matplotlib.use("Agg")
    >>> from sklearn.datasets import load_iris
    >>> from skquantum import VQC
    >>> from skquantum.plotting import LossCurveDisplay
    >>> X, y = load_iris(return_X_y=True)
    >>> model = VQC(n_qubits=2, optimizer="l-bfgs", max_iter=20, random_state=0).fit(X, y)
    >>> LossCurveDisplay.from_estimator(model).ax_.get_ylabel()
    'Loss'
    """

    def __init__(self, loss_curve, *, validation_scores=None, estimator_name=None):
        self.loss_curve = loss_curve
        self.validation_scores = validation_scores
        self.estimator_name = estimator_name

    def plot(self, ax=None, *, name=None, **kwargs):
        """Draw.

        Parameters
        ----------
        ax : matplotlib Axes or None, default=None
            Axes to draw on; None makes a new figure.
        name : str or None, default=None
            Label in the legend; None takes `estimator_name`.
        **kwargs : dict
            Passed on to matplotlib's ``plot`` for the losses.

        Returns
        -------
        display : LossCurveDisplay
            This object, with the artists.

        Raises
        ------
        ImportError
            If matplotlib is not installed.
        """
        ax = new_axes(ax)
        name = self.estimator_name if name is None else name
        iterations = np.arange(1, len(self.loss_curve) + 1)
        (self.line_,) = ax.plot(iterations, self.loss_curve, **{"label": name, **kwargs})
        ax.set(xlabel="Iteration", ylabel="Loss")
        self.validation_line_ = None
        if self.validation_scores is not None:
            other = ax.twinx()
            (self.validation_line_,) = other.plot(
                iterations, self.validation_scores, linestyle="--", color=self.line_.get_color()
            )
            other.set_ylabel("Validation score (dashed)")
        if name is not None:
            ax.legend()
        self.ax_ = ax
        self.figure_ = ax.figure
        return self

    @classmethod
    def from_estimator(cls, estimator, *, ax=None, name=None, **kwargs):
        """Draw the training of a fitted estimator.

        Parameters
        ----------
        estimator : VQC, VQR or a pipeline that ends in one
            Anything with `loss_curve_`, so MLPClassifier too.
        ax : matplotlib Axes or None, default=None
            Axes to draw on; None makes a new figure.
        name : str or None, default=None
            Label in the legend; None takes the name of the class.
        **kwargs : dict
            Passed on to matplotlib's ``plot`` for the losses.

        Returns
        -------
        display : LossCurveDisplay
            With the artists.

        Raises
        ------
        TypeError
            If the estimator has no loss curve.
        """
        check_is_fitted(estimator)
        last = estimator[-1] if hasattr(estimator, "steps") else estimator
        if not hasattr(last, "loss_curve_"):
            raise TypeError(
                f"{type(last).__name__} has no loss_curve_; pass a fitted VQC or VQR, or a "
                "pipeline that ends in one."
            )
        display = cls(
            last.loss_curve_,
            validation_scores=getattr(last, "validation_scores_", None),
            estimator_name=type(last).__name__,
        )
        return display.plot(ax, name=name, **kwargs)

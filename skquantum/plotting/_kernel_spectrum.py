"""Eigenvalues of a kernel matrix, and where the targets are among them."""

import numpy as np

from skquantum.diagnostics import kernel_matrix
from skquantum.metrics import kernel_spectrum, task_model_alignment
from skquantum.plotting._axes import new_axes

__all__ = ["KernelSpectrumDisplay"]


class KernelSpectrumDisplay:
    """Eigenvalues of a kernel matrix, and the part of the targets that the first of them explain.

    Make it with :meth:`from_estimator` or :meth:`from_matrix`. A flat spectrum is that of a kernel
    that concentrates; a dashed line that rises early is that of targets that few rows suffice for
    (:func:`~skquantum.metrics.task_model_alignment`). It needs matplotlib:
    ``pip install skquantum[plot]``.

    Parameters
    ----------
    eigenvalues : array-like of shape (n_samples,)
        Eigenvalues in descending order.
    cumulative_power : array-like of shape (n_samples,) or None, default=None
        Part of the targets that lies in the first eigenvectors.
    name : str or None, default=None
        What the legend says.

    Attributes
    ----------
    line_ : matplotlib Line2D
        The eigenvalues, as parts of their sum.
    power_line_ : matplotlib Line2D or None
        The cumulative power, on an axis of its own.
    ax_ : matplotlib Axes
        Axes of the eigenvalues.
    figure_ : matplotlib Figure
        The figure.

    Examples
    --------
    >>> import matplotlib
    >>> matplotlib.use("Agg")
    >>> from sklearn.datasets import load_iris
    >>> from skquantum.plotting import KernelSpectrumDisplay
    >>> X, y = load_iris(return_X_y=True)
    >>> display = KernelSpectrumDisplay.from_estimator("angle", X, y)
    >>> display.ax_.get_yscale()
    'log'
    """

    def __init__(self, eigenvalues, *, cumulative_power=None, name=None):
        self.eigenvalues = eigenvalues
        self.cumulative_power = cumulative_power
        self.name = name

    def plot(self, ax=None, *, name=None, **kwargs):
        """Draw.

        Parameters
        ----------
        ax : matplotlib Axes or None, default=None
            Where to draw; None makes a figure.
        name : str or None, default=None
            What the legend says; None takes that of the constructor.
        **kwargs : dict
            Passed on to matplotlib's ``plot`` for the eigenvalues.

        Returns
        -------
        display : KernelSpectrumDisplay
            This object, with the artists.

        Raises
        ------
        ImportError
            If matplotlib is not installed.
        """
        ax = new_axes(ax)
        name = self.name if name is None else name
        shares = np.asarray(self.eigenvalues) / np.sum(self.eigenvalues)
        # what is rounding would stretch the axis over many decades
        shares = np.where(shares > len(shares) * np.finfo(np.float64).eps, shares, np.nan)
        numbers = np.arange(1, len(shares) + 1)
        (self.line_,) = ax.plot(numbers, shares, **{"marker": ".", "label": name, **kwargs})
        ax.set(xlabel="Number of the eigenvalue", ylabel="Eigenvalue / trace", yscale="log")
        self.power_line_ = None
        if self.cumulative_power is not None:
            other = ax.twinx()
            (self.power_line_,) = other.plot(
                numbers, self.cumulative_power, linestyle="--", color=self.line_.get_color()
            )
            other.set(ylabel="Part of the targets explained (dashed)", ylim=(0, 1.02))
        if name is not None:
            ax.legend()
        self.ax_ = ax
        self.figure_ = ax.figure
        return self

    @classmethod
    def from_estimator(cls, estimator, X, y=None, *, ax=None, name=None, **kwargs):
        """Draw the spectrum of the kernel matrix of rows, as a model sees it.

        Parameters
        ----------
        estimator : estimator, pipeline, search or kernel
            As in :func:`~skquantum.diagnostics.kernel_matrix`.
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Rows.
        y : array-like of shape (n_samples,) or None, default=None
            Targets, for the cumulative power.
        ax : matplotlib Axes or None, default=None
            Where to draw; None makes a figure.
        name : str or None, default=None
            What the legend says; None makes no legend.
        **kwargs : dict
            Passed on to matplotlib's ``plot`` for the eigenvalues.

        Returns
        -------
        display : KernelSpectrumDisplay
            With the artists.
        """
        return cls.from_matrix(kernel_matrix(estimator, X, y), y, ax=ax, name=name, **kwargs)

    @classmethod
    def from_matrix(cls, K, y=None, *, ax=None, name=None, **kwargs):
        """Draw the spectrum of a kernel matrix.

        Parameters
        ----------
        K : array-like of shape (n_samples, n_samples)
            Kernel matrix, symmetric.
        y : array-like of shape (n_samples,) or None, default=None
            Targets, for the cumulative power.
        ax : matplotlib Axes or None, default=None
            Where to draw; None makes a figure.
        name : str or None, default=None
            What the legend says; None makes no legend.
        **kwargs : dict
            Passed on to matplotlib's ``plot`` for the eigenvalues.

        Returns
        -------
        display : KernelSpectrumDisplay
            With the artists.
        """
        power = None if y is None else task_model_alignment(K, y)
        display = cls(kernel_spectrum(K)[0], cumulative_power=power, name=name)
        return display.plot(ax, **kwargs)

"""A kernel matrix as an image."""

import numpy as np
from sklearn.utils.multiclass import type_of_target
from sklearn.utils.validation import check_array, check_consistent_length, column_or_1d

from skquantum.diagnostics import kernel_matrix
from skquantum.plotting._axes import new_axes

__all__ = ["KernelMatrixDisplay"]


class KernelMatrixDisplay:
    """A kernel matrix as an image, its rows ordered by their targets.

    Make it with :meth:`from_estimator` or :meth:`from_matrix`. A kernel that suits classes shows
    bright blocks on the diagonal; one that concentrates shows a bright diagonal alone. It needs
    matplotlib: ``pip install skquantum[plot]``.

    Parameters
    ----------
    K : array-like of shape (n_samples, n_samples)
        Kernel matrix.
    y : array-like of shape (n_samples,) or None, default=None
        Targets that rows and columns are sorted by; lines separate classes.

    Attributes
    ----------
    image_ : matplotlib AxesImage
        The image.
    lines_ : list of matplotlib Line2D
        Lines between classes.
    colorbar_ : matplotlib Colorbar or None
        The color bar.
    ax_ : matplotlib Axes
        Axes of the image.
    figure_ : matplotlib Figure
        The figure.

    Examples
    --------
    >>> import matplotlib
    >>> matplotlib.use("Agg")
    >>> from sklearn.datasets import load_iris
    >>> from skquantum import QSVC
    >>> from skquantum.plotting import KernelMatrixDisplay
    >>> X, y = load_iris(return_X_y=True)
    >>> display = KernelMatrixDisplay.from_estimator(QSVC().fit(X, y), X, y)
    >>> display.image_.get_array().shape
    (150, 150)
    """

    def __init__(self, K, *, y=None):
        self.K = K
        self.y = y

    def plot(self, ax=None, *, colorbar=True, **kwargs):
        """Draw.

        Parameters
        ----------
        ax : matplotlib Axes or None, default=None
            Where to draw; None makes a figure.
        colorbar : bool, default=True
            Whether to draw a color bar.
        **kwargs : dict
            Passed on to matplotlib's ``imshow``.

        Returns
        -------
        display : KernelMatrixDisplay
            This object, with the artists.

        Raises
        ------
        ValueError
            If the matrix is not square, or targets do not belong to its rows.
        ImportError
            If matplotlib is not installed.
        """
        ax = new_axes(ax)
        K = check_array(self.K, input_name="K")
        if K.shape[0] != K.shape[1]:
            raise ValueError(f"K has shape {K.shape}; pass the square matrix of one set of rows.")
        ends = []
        if self.y is not None:
            y = column_or_1d(self.y)
            check_consistent_length(K, y)
            order = np.argsort(y, kind="stable")
            K = K[np.ix_(order, order)]
            if type_of_target(y) in ("binary", "multiclass"):
                ends = np.cumsum(np.unique(y, return_counts=True)[1])[:-1] - 0.5
        self.image_ = ax.imshow(K, **{"vmin": min(0.0, K.min()), "vmax": K.max(), **kwargs})
        style = {"color": "white", "linewidth": 0.8}
        self.lines_ = [line(end, **style) for end in ends for line in (ax.axhline, ax.axvline)]
        self.colorbar_ = None
        if colorbar:
            self.colorbar_ = ax.figure.colorbar(self.image_, ax=ax, label="Kernel")
        ax.set(xlabel="Row", ylabel="Row")
        self.ax_ = ax
        self.figure_ = ax.figure
        return self

    @classmethod
    def from_estimator(cls, estimator, X, y=None, *, ax=None, colorbar=True, **kwargs):
        """Draw the kernel matrix of rows, as a model sees it.

        Parameters
        ----------
        estimator : estimator, pipeline, search or kernel
            As in :func:`~skquantum.diagnostics.kernel_matrix`.
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Rows.
        y : array-like of shape (n_samples,) or None, default=None
            Targets that rows and columns are sorted by.
        ax : matplotlib Axes or None, default=None
            Where to draw; None makes a figure.
        colorbar : bool, default=True
            Whether to draw a color bar.
        **kwargs : dict
            Passed on to matplotlib's ``imshow``.

        Returns
        -------
        display : KernelMatrixDisplay
            With the artists.
        """
        return cls.from_matrix(
            kernel_matrix(estimator, X, y), y, ax=ax, colorbar=colorbar, **kwargs
        )

    @classmethod
    def from_matrix(cls, K, y=None, *, ax=None, colorbar=True, **kwargs):
        """Draw a kernel matrix.

        Parameters
        ----------
        K : array-like of shape (n_samples, n_samples)
            Kernel matrix.
        y : array-like of shape (n_samples,) or None, default=None
            Targets that rows and columns are sorted by.
        ax : matplotlib Axes or None, default=None
            Where to draw; None makes a figure.
        colorbar : bool, default=True
            Whether to draw a color bar.
        **kwargs : dict
            Passed on to matplotlib's ``imshow``.

        Returns
        -------
        display : KernelMatrixDisplay
            With the artists.
        """
        return cls(K, y=y).plot(ax, colorbar=colorbar, **kwargs)

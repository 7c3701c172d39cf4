"""Repair of matrices with negative eigenvalues, and what it means for rows of other points."""

from skquantum.metrics import positive_projector, repair

__all__ = ["ProjectedRows", "repaired_training_matrix", "rows_and_projector"]


class ProjectedRows:
    """Training rows whose matrix was repaired: kernels with other rows are projected too.

    Parameters
    ----------
    encoded : Encoded
        All training rows.
    projector : ndarray of shape (n_samples, n_kept)
        Columns of the projector on what the repair has left.

    Examples
    --------
    >>> import numpy as np
    >>> from skquantum.engines import AerEngine
    >>> from skquantum.kernels import FidelityKernel
    >>> X = np.random.default_rng(0).uniform(size=(9, 2))
    >>> kernel = FidelityKernel("zz", engine=AerEngine(20), repair="clip", random_state=0)
    >>> encoded, K = kernel.fit_gram(X)
    >>> encoded.projector.shape
    (9, 9)
    """

    def __init__(self, encoded, projector):
        self.encoded = encoded
        self.projector = projector

    def __len__(self):
        return self.projector.shape[1]

    def take(self, rows):
        """Return some of the rows; every one is compared with, so that all encodings are kept.

        Parameters
        ----------
        rows : array-like of int or slice
            Which ones.

        Returns
        -------
        ProjectedRows
            With fewer columns.
        """
        return ProjectedRows(self.encoded, self.projector[:, rows])

    @property
    def nbytes(self):
        """Memory of encodings and projector, in bytes."""
        return self.encoded.nbytes + self.projector.nbytes


def repaired_training_matrix(encoded, K, method):
    """Return the training rows as predictions need them, the repaired matrix, and the shift.

    Raises
    ------
    ValueError
        For "correlation", which says nothing about rows of other points.
    """
    if method == "correlation":
        raise ValueError(
            "repair='correlation' has no rule for the kernel of other rows with the training rows, "
            "so that a model would be trained on one kernel and predict by another; use 'clip' or "
            "'shift', or nearest_correlation on a matrix of your own."
        )
    repaired, shift = repair(K, method)
    if shift and method == "clip":
        encoded = ProjectedRows(encoded, positive_projector(K))
    return encoded, repaired, shift


def rows_and_projector(batch):
    """Return encodings, and the projector that belongs to them or None."""
    if isinstance(batch, ProjectedRows):
        return batch.encoded, batch.projector
    return batch, None

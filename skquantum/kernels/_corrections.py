"""What is done to a matrix as it was measured, and what that means for rows of other points."""

import numpy as np

from skquantum.kernels._shots import BYTES_PER_TILE
from skquantum.metrics import positive_projector, repair

__all__ = [
    "ProjectedRows",
    "corrected_bytes",
    "mitigated",
    "repaired_training_matrix",
    "rows_and_projector",
]

# Measured per entry: matrix and all that is in use beside it.
BYTES_OF_CONCENTRATION = 26
BYTES_OF_MITIGATION = {"single": 34, "mean": 34, "split": 42}
BYTES_OF_REPAIR = {"clip": 66, "shift": 60, "correlation": 80}
OVERHEAD = 8 * 2**20


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


def corrected_bytes(compared, n_rows, n_other, shots, mitigation, repair):
    """Return the largest memory in use from the comparison of rows to the corrected matrix.

    Parameters
    ----------
    compared : int
        That of the comparison itself.
    n_rows : int
        Rows of the matrix.
    n_other : int or None
        Its columns; None means those of the rows with themselves.
    shots, mitigation, repair : object
        As the kernel has them; None means that there are none.

    Returns
    -------
    int
        Bytes, the matrix included.
    """
    entries = n_rows * (n_rows if n_other is None else n_other)
    needs = [compared]
    if shots is not None:
        needs.append(24 * entries + BYTES_PER_TILE)  # both orders, and what is drawn of them
        if n_other is None:
            needs.append(BYTES_OF_CONCENTRATION * entries)
    if mitigation is not None:
        # the user's own objects are taken to need the most
        how = mitigation if isinstance(mitigation, str) else "split"
        needs.append(BYTES_OF_MITIGATION[how] * entries)
    if repair is not None and n_other is None:
        needs.append(BYTES_OF_REPAIR[repair] * entries)
    return max(needs) + max(needs) // 32 + OVERHEAD


def rows_and_projector(batch):
    """Return encodings, and the projector that belongs to them or None."""
    if isinstance(batch, ProjectedRows):
        return batch.encoded, batch.projector
    return batch, None


def mitigated(K, A, B, mitigation, n_qubits, measure, training_keys, training_diagonal):
    """Return a mitigated matrix; rows are corrected as the training rows were.

    Parameters
    ----------
    K : ndarray of shape (n_a, n_b)
        As it was measured.
    A : Encoded
        Its rows.
    B : Encoded or None
        Its columns; None means `A`.
    mitigation : Mitigation
        How.
    n_qubits : int
        Number of measured qubits.
    measure : callable
        Returns the measured kernel of each row of a batch with itself.
    training_keys, training_diagonal : ndarray of shape (n_samples,) or None
        What is known of the training rows, so that it is not measured again.

    Returns
    -------
    ndarray of shape (n_a, n_b)
        Mitigated matrix.
    """
    known = {}
    if training_diagonal is not None:
        known = dict(zip(training_keys, training_diagonal, strict=True))
    if B is None:
        known |= dict(zip(A.keys(), K.diagonal(), strict=True))

    def diagonal_of(batch):
        keys = batch.keys()
        found = np.array([known.get(key, np.nan) for key in keys])
        (new,) = np.nonzero(np.isnan(found))
        if len(new):
            found[new] = measure(batch.take(new))
        return found

    return mitigation.combine(
        K,
        n_qubits,
        lambda: diagonal_of(A if B is None else B),
        rows=None if B is None else lambda: diagonal_of(A),
        training=training_diagonal,
    )

"""Global depolarising noise, undone from the measured diagonal of a kernel matrix."""

from abc import ABC, abstractmethod

from sklearn.base import BaseEstimator

from skquantum._validation import StrOptions, closest_name
from skquantum.mitigation._functions import mitigate_depolarizing

__all__ = ["DepolarizingMitigation", "Mitigation", "resolve_mitigation"]


class Mitigation(BaseEstimator, ABC):
    """Base class of what undoes noise in a kernel matrix, from its measured diagonal."""

    _parameter_constraints: dict = {}

    @abstractmethod
    def combine(self, K, n_qubits, columns, *, rows=None, training=None):
        """Return the mitigated matrix.

        Parameters
        ----------
        K : ndarray of shape (n_rows, n_columns)
            Measured kernel matrix.
        n_qubits : int
            Number of measured qubits.
        columns : callable
            Returns the measured kernel of every column's row with itself, of shape (n_columns,).
        rows : callable or None, default=None
            Returns that of every row; None means that rows and columns are the same.
        training : ndarray of shape (n_samples,) or None, default=None
            That of the training rows, if it is known.

        Returns
        -------
        ndarray of shape (n_rows, n_columns)
            Mitigated matrix.
        """


class DepolarizingMitigation(Mitigation):
    """Undo global depolarising noise, as :func:`mitigate_depolarizing` does.

    Parameters
    ----------
    method : {"single", "mean", "split"}, default="split"
        Where survival probabilities come from: the first training row, the mean of all, or each row
        on its own. With the first two, rows of other points are corrected as the training rows
        were.

    Examples
    --------
    >>> from skquantum.kernels import FidelityKernel
    >>> from skquantum.mitigation import DepolarizingMitigation
    >>> kernel = FidelityKernel("zz", mitigation=DepolarizingMitigation("mean"))
    """

    _parameter_constraints: dict = {"method": [StrOptions({"single", "mean", "split"})]}

    def __init__(self, method="split"):
        self.method = method

    def combine(self, K, n_qubits, columns, *, rows=None, training=None):
        known = columns()
        if self.method == "split" or training is None:
            if rows is None:
                return mitigate_depolarizing(K, known, n_qubits, self.method)
        else:
            known = known.copy()
            known[:] = training[0] if self.method == "single" else training.mean()
            if rows is None:
                # the measured diagonal stays in its place
                return mitigate_depolarizing(K, None, n_qubits, self.method, column_diagonal=known)
        measured = rows() if self.method == "split" else None
        return mitigate_depolarizing(K, measured, n_qubits, self.method, column_diagonal=known)


METHODS = ("single", "mean", "split")


def resolve_mitigation(mitigation):
    """Return the object that a parameter `mitigation` means, or None.

    Parameters
    ----------
    mitigation : {"single", "mean", "split"}, Mitigation or None
        A name is a method of :class:`DepolarizingMitigation`.

    Returns
    -------
    Mitigation or None
        The object.

    Raises
    ------
    ValueError
        If the name is unknown.
    """
    if isinstance(mitigation, str):
        if mitigation not in METHODS:
            raise ValueError(
                f"mitigation={mitigation!r} is unknown: {closest_name(mitigation, METHODS)}."
            )
        return DepolarizingMitigation(mitigation)
    if mitigation is None or isinstance(mitigation, Mitigation):
        return mitigation
    raise TypeError(f"mitigation is {mitigation!r}, not a name, a Mitigation object or None.")

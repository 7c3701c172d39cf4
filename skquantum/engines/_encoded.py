"""Rows as an engine has encoded them: what kernels compare."""

from abc import ABC, abstractmethod

import numpy as np

from skquantum._runtime import row_keys
from skquantum.engines._gram import squared_overlaps, traces

__all__ = ["ChannelBatch", "Encoded", "FeatureBatch", "StateBatch"]


class Encoded(ABC):
    """A batch of encoded rows, made by :meth:`~skquantum.engines.KernelSession.encode`.

    Attributes
    ----------
    shots : int or None
        Number of shots behind each number of :meth:`inner`; None if it is exact.
    drawn : bool
        Whether :meth:`inner` returns what was counted, rather than the probabilities that counts
        are to be drawn from.
    error_bound : float or ndarray of shape (n_rows,)
        How far states may be from the exact ones, of all rows or of each; 0 unless the engine
        truncates.
    """

    shots = None
    drawn = False
    error_bound = 0.0

    @abstractmethod
    def __len__(self):
        """Return the number of rows."""

    @abstractmethod
    def take(self, rows):
        """Return the batch of some rows.

        Parameters
        ----------
        rows : array-like of int or slice
            Which ones.

        Returns
        -------
        Encoded
            A batch of the same kind.
        """

    def joined(self, others):
        """Return one batch of the rows of this batch and those of others that follow.

        Parameters
        ----------
        others : list of Encoded
            Batches of the same circuit and kind.

        Returns
        -------
        Encoded
            This batch itself if there are no others.
        """
        if not others:
            return self
        return self.load([batch.save() for batch in (self, *others)], self.shots)

    @abstractmethod
    def inner(self, other=None, *, symmetric=True, measure_equal=False):
        """Compare all pairs of rows.

        Parameters
        ----------
        other : Encoded or None, default=None
            Rows of the same circuit and kind; None means this batch.
        symmetric : bool, default=True
            Whether both orders of a pair are needed.
        measure_equal : bool, default=False
            Whether a device measures rows that are equal, whose fidelity is known to be 1.

        Returns
        -------
        forth, back : ndarray of shape (n_rows, n_other)
            Fidelities, or what is measured in their place, with the row of this batch first, and
            with the other first. One and the same array where there is no order.

        Raises
        ------
        ValueError
            If the batches do not belong to the same circuit.
        """

    def log_inner(self, other=None):
        """Return natural logarithms of what :meth:`inner` returns first.

        Parameters
        ----------
        other : Encoded or None, default=None
            Rows of the same circuit and kind; None means this batch.

        Returns
        -------
        ndarray of shape (n_rows, n_other)
            Minus infinity for 0.
        """
        with np.errstate(divide="ignore"):
            return np.log(self.inner(other)[0])

    @abstractmethod
    def diagonal(self):
        """Return the fidelity of every row with itself, of shape (n_rows,)."""

    @property
    @abstractmethod
    def nbytes(self):
        """Memory of the batch, in bytes."""

    @abstractmethod
    def keys(self):
        """Return a number for every row that depends on nothing but the row.

        Returns
        -------
        ndarray of shape (n_rows,)
            uint64; what shots are drawn from, and checkpoints know a row by.
        """

    @abstractmethod
    def save(self):
        """Return an array of numbers that :meth:`load` makes the batch of."""

    @classmethod
    @abstractmethod
    def load(cls, pieces, shots):
        """Return the batch that was saved, perhaps in pieces, as a list of arrays."""


class _ArrayBatch(Encoded):
    """A batch that is one array, row by row."""

    def __init__(self, array, shots=None):
        self.array = array
        self.shots = shots

    def __len__(self):
        return len(self.array)

    def __array__(self, dtype=None, copy=None):
        return np.array(self.array, dtype=dtype, copy=copy)

    def take(self, rows):
        return type(self)(self.array[rows], self.shots)

    @property
    def nbytes(self):
        return self.array.nbytes

    def keys(self):
        return row_keys(self.array)

    def save(self):
        return self.array

    @classmethod
    def load(cls, pieces, shots):
        return cls(pieces[0] if len(pieces) == 1 else np.concatenate(pieces), shots)

    def _compared_with(self, other):
        """Return the array of another batch, or raise."""
        if type(other) is not type(self) or other.array.shape[1:] != self.array.shape[1:]:
            raise ValueError(
                f"Encodings of {_described(self)} cannot be compared with encodings of "
                f"{_described(other)}; encode both with the same circuit and engine (call fit "
                "first, or pass rows with the same number of features)."
            )
        return other.array


def _described(batch):
    shape = getattr(getattr(batch, "array", None), "shape", ())[1:]
    return f"type {type(batch).__name__}" + (f" and shape {shape} per row" if shape else "")


class StateBatch(_ArrayBatch):
    """Pure states.

    Parameters
    ----------
    array : ndarray of shape (n_rows, 2 ** n_qubits)
        Amplitudes, little-endian as in Qiskit; complex64 or complex128.
    shots : int or None, default=None
        What a kernel draws from their fidelities.

    Examples
    --------
    >>> import numpy as np
    >>> from skquantum.engines import StateBatch
    >>> batch = StateBatch(np.array([[1, 0], [0.6, 0.8j]]))
    >>> batch.inner()[0].round(2)
    array([[1.  , 0.36],
           [0.36, 1.  ]])
    """

    def inner(self, other=None, *, symmetric=True, measure_equal=False):
        fidelities = squared_overlaps(
            self.array, None if other is None else self._compared_with(other)
        )
        return fidelities, fidelities

    def diagonal(self):
        return np.ones(len(self))


class ChannelBatch(_ArrayBatch):
    """Noisy states, and the measurements that ask for each of them.

    Parameters
    ----------
    array : ndarray of shape (n_rows, 1 or 2, 4 ** n_qubits)
        Density matrices, and effects if there are any, as real vectors whose dot products are
        traces of products.
    shots : int or None, default=None
        What a kernel draws from their products.

    Examples
    --------
    >>> from qiskit.circuit import Parameter, QuantumCircuit
    >>> from qiskit_aer.noise import NoiseModel
    >>> from skquantum.engines import AerEngine
    >>> circuit = QuantumCircuit(1)
    >>> _ = circuit.ry(Parameter("x"), 0)
    >>> batch = AerEngine(noise_model=NoiseModel()).open(circuit).encode([[0.0], [1.0]])
    >>> batch.inner()[0].round(2)
    array([[1.  , 0.77],
           [0.77, 1.  ]])
    """

    def inner(self, other=None, *, symmetric=True, measure_equal=False):
        return traces(self.array, None if other is None else self._compared_with(other))

    def diagonal(self):
        # as the matrix of a single row has it, to the bit
        return np.array([traces(row)[0][0, 0] for row in self.array[:, None]])


class FeatureBatch(_ArrayBatch):
    """Real numbers that circuits have made of each row, such as expectation values.

    Parameters
    ----------
    array : ndarray of shape (n_rows, n_features)
        The numbers; :meth:`inner` returns their dot products.
    shots : int or None, default=None
        Number of shots behind each number.

    Examples
    --------
    >>> import numpy as np
    >>> from skquantum.engines import FeatureBatch
    >>> batch = FeatureBatch(np.array([[1.0, 2.0], [0.0, 3.0]]))
    >>> batch.inner()[0]
    array([[5., 6.],
           [6., 9.]])
    >>> batch.take([1]).array
    array([[0., 3.]])
    """

    def inner(self, other=None, *, symmetric=True, measure_equal=False):
        B = self.array if other is None else self._compared_with(other)
        products = self.array @ B.T
        if other is None:  # BLAS need not be symmetric to the last bit
            products = np.tril(products)
            products += np.tril(products, -1).T
        return products, products

    def diagonal(self):
        return np.einsum("ij,ij->i", self.array, self.array)

"""Rows as matrix product states."""

from itertools import pairwise

import numpy as np

from skquantum._runtime import blocks_of_rows, map_rows, n_workers, row_keys, working_memory
from skquantum.engines._encoded import Encoded

__all__ = ["MPSBatch"]

ROWS_TOGETHER = 16
FLOPS_PER_SECOND = 2e10


class MPSBatch(Encoded):
    """Matrix product states.

    Parameters
    ----------
    tensors : list of ndarray of shape (n_rows, left bond, 2, right bond)
        One for each site; rows of smaller bonds are filled up with zeros.
    values : ndarray of shape (n_rows, n_parameters)
        What the rows were made of.
    truncation : ndarray of shape (n_rows,)
        Weight that was discarded, at most; nan where that is not known.
    error_bound : ndarray of shape (n_rows,)
        How far the state may be from the exact one; a fidelity differs by at most twice the sum
        of those of its rows. nan where that is not known.
    shots : int or None, default=None
        What a kernel draws from their fidelities.
    n_jobs : int or None, default=None
        Threads that compare, as joblib counts them; the result does not depend on them.

    Examples
    --------
    >>> from skquantum.engines import MPSEngine
    >>> from skquantum.feature_maps import RXXChainFeatureMap
    >>> session = MPSEngine().open(RXXChainFeatureMap(bandwidth=0.1).build(100))
    >>> batch = session.encode([[0.5] * 100, [0.6] * 100])
    >>> batch.inner()[0].round(3)
    array([[1.   , 0.961],
           [0.961, 1.   ]])
    >>> max(batch.bonds)
    2
    """

    def __init__(self, tensors, values, truncation, error_bound, shots=None, n_jobs=None):
        self.tensors = tensors
        self.values = values
        self.truncation = truncation
        self.error_bound = error_bound
        self.shots = shots
        self.n_jobs = n_jobs

    def __len__(self):
        return len(self.values)

    def __array__(self, dtype=None, copy=None):
        return np.array(self.save(), dtype=dtype, copy=copy)

    @property
    def bonds(self):
        """Bond dimension on the right of each site."""
        return [tensor.shape[3] for tensor in self.tensors]

    def used_bonds(self):
        """Return the bonds of each row, from the left end on, without what fills them up."""
        used = np.ones((len(self), len(self.tensors) + 1), dtype=np.int64)
        for site, tensor in enumerate(self.tensors, 1):
            places = np.arange(1, tensor.shape[3] + 1)
            used[:, site] = (tensor.any(axis=(1, 2)) * places).max(axis=1, initial=1)
        return used

    def take(self, rows):
        parts = self.values[rows], self.truncation[rows], self.error_bound[rows]
        return MPSBatch([tensor[rows] for tensor in self.tensors], *parts, self.shots, self.n_jobs)

    def inner(self, other=None, *, symmetric=True, measure_equal=False):
        B = self if other is None else other
        if type(B) is not MPSBatch or len(B.tensors) != len(self.tensors):
            raise ValueError(
                f"Matrix product states of {len(self.tensors)} sites cannot be compared with "
                f"encodings of type {type(B).__name__} of another circuit; encode both with the "
                "same circuit and engine."
            )
        # numba takes a while to import; who does not use this engine does not wait for it.
        from skquantum.engines._mps._tiles import fidelities

        K = np.empty((len(self), len(B)))
        tiles = list(_tiles(self, B, other is None))
        bonds_a, bonds_b = self.used_bonds(), B.used_bonds()

        def run(numbers):
            for rows, columns in (tiles[number] for number in numbers):
                K[rows, columns] = fidelities(
                    [tensor[rows] for tensor in self.tensors],
                    [tensor[columns] for tensor in B.tensors],
                    bonds_a[rows],
                    bonds_b[columns],
                    symmetric=other is None and rows == columns,
                )

        flops = 32.0 * K.size * (bonds_a**3.0).sum() / max(1, len(self))
        results = map_rows(
            run,
            np.arange(len(tiles)),
            workers=n_workers(self.n_jobs, flops / FLOPS_PER_SECOND, threads=True),
            n_jobs=self.n_jobs,
            threads=True,
            verbose=False,
            description="tiles",
            rows_per_step=1,
        )
        for _ in results:
            pass
        if other is None:
            K = np.tril(K, -1)
            K += K.T
            np.fill_diagonal(K, 1.0)
        return K, K

    def diagonal(self):
        return np.ones(len(self))

    @property
    def nbytes(self):
        return sum(tensor.nbytes for tensor in self.tensors) + self.values.nbytes

    def keys(self):
        return row_keys(self.values)

    def save(self):
        # sizes, then the numbers of each row, in one array that any number of rows may be cut from
        n_rows = len(self)
        head = np.array([len(self.tensors), self.values.shape[1], *self.bonds], dtype=complex)
        parts = [tensor.reshape(n_rows, tensor[:1].size) for tensor in self.tensors]
        marks = np.stack([self.truncation, self.error_bound], axis=1)
        return np.hstack([np.tile(head, (n_rows, 1)), self.values, marks, *parts])

    @classmethod
    def load(cls, pieces, shots):
        batches = [_unpacked(piece, shots) for piece in pieces if len(piece)]
        if len(batches) == 1:
            return batches[0]
        tensors = []
        for same in zip(*(batch.tensors for batch in batches), strict=True):
            left, right = (max(tensor.shape[k] for tensor in same) for k in (1, 3))
            tensors.append(np.concatenate([_padded(tensor, left, right) for tensor in same]))
        parts = [
            np.concatenate([getattr(batch, name) for batch in batches])
            for name in ("values", "truncation", "error_bound")
        ]
        return cls(tensors, *parts, shots)


def _unpacked(piece, shots):
    n_sites, n_values = piece[0, :2].real.astype(int)
    bonds = [1, *piece[0, 2 : 2 + n_sites].real.astype(int)]
    start = 2 + n_sites
    values = np.ascontiguousarray(piece[:, start : start + n_values].real)
    start += n_values
    truncation, bound = np.ascontiguousarray(piece[:, start : start + 2].real.T)
    start += 2
    tensors = []
    for left, right in pairwise(bonds):
        stop = start + 2 * left * right
        tensors.append(piece[:, start:stop].reshape(len(piece), left, 2, right))
        start = stop
    return MPSBatch(tensors, values, truncation, bound, shots)


def _padded(tensor, left, right):
    out = np.zeros((len(tensor), left, 2, right), dtype=tensor.dtype)
    out[:, : tensor.shape[1], :, : tensor.shape[3]] = tensor
    return out


def _tiles(A, B, symmetric):
    pair = 16 * max(A.bonds) * max(B.bonds)
    size = int(max(1, min(ROWS_TOGETHER, (working_memory() / pair) ** 0.5)))
    for rows in blocks_of_rows(len(A), size):
        for columns in blocks_of_rows(rows.stop if symmetric else len(B), size):
            yield rows, columns

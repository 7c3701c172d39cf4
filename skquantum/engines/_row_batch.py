"""Rows that are compared pair by pair: the batch that runs circuits."""

import warnings

import numpy as np

from skquantum._runtime import row_keys
from skquantum.engines._encoded import Encoded
from skquantum.exceptions import PairwiseWarning

__all__ = ["RowBatch"]


class RowBatch(Encoded):
    """Values of parameters, where every pair of rows is an experiment of its own.

    Parameters
    ----------
    values : ndarray of shape (n_rows, n_parameters)
        Parameter values (radians).
    session : FidelitySession or None, default=None
        What runs pairs of these rows and others; left out of pickles.
    options : dict or None, default=None
        Further arguments of ``session.fidelities``.

    Examples
    --------
    >>> from qiskit.circuit.library import zz_feature_map
    >>> from qiskit.primitives import StatevectorSampler
    >>> from skquantum.engines import SamplerEngine
    >>> session = SamplerEngine(StatevectorSampler(seed=0), shots=100).open(zz_feature_map(2))
    >>> batch = session.encode([[0.1, 0.2], [0.3, 0.4]])
    >>> batch.shots, batch.drawn
    (100, True)
    """

    def __init__(self, values, session=None, options=None):
        self.values = values
        self._session = session
        self._options = options or {}

    def __len__(self):
        return len(self.values)

    @property
    def shots(self):
        return None if self._session is None else self._session.shots

    @property
    def drawn(self):
        return self._session is not None and self._session.counts

    def take(self, rows):
        return RowBatch(self.values[rows], self._session, self._options)

    def joined(self, others):
        values = np.concatenate([batch.values for batch in (self, *others)])
        return RowBatch(values, self._session, self._options)

    def inner(self, other=None, *, symmetric=True, measure_equal=False):
        if not self.drawn:
            return self._probabilities(other, symmetric)
        measured = self._measured(self if other is None else other, symmetric, measure_equal)
        return measured, measured

    def _run(self, A, B, pairs, **options):
        if B.values.shape[1] != A.values.shape[1]:
            raise ValueError(
                f"The rows to compare have {A.values.shape[1]} and {B.values.shape[1]} parameter "
                "values; encode both with the same circuit."
            )
        return self._session.fidelities(A.values, B.values, pairs, **self._options, **options)

    def _probabilities(self, other, symmetric):
        B = self if other is None else other
        shape = len(self), len(B)
        if len(self) * len(B) > 1:
            warnings.warn(
                "The noise may depend on the whole circuit, so that the kernel does not factorise "
                "by row: a circuit is simulated for every pair of rows, instead of two for every "
                "row.",
                PairwiseWarning,
            )
        forth = self._run(self, B, np.indices(shape).reshape(2, -1).T).reshape(shape)
        if other is None:
            return forth, forth.T
        if not symmetric:
            return forth, forth
        shape = shape[::-1]
        return forth, self._run(B, self, np.indices(shape).reshape(2, -1).T).reshape(shape).T

    def _measured(self, B, symmetric, measure_equal):
        """Return fractions of shots; what is measured for a pair depends on its rows only."""
        keys_a, keys_b = self.keys()[:, None], B.keys()[None]
        wanted = np.ones((len(self), len(B)), dtype=bool)
        if not measure_equal:
            wanted &= keys_a != keys_b
        K = np.ones(wanted.shape)
        if B is not self or not symmetric:
            pairs = np.argwhere(wanted)
        else:
            pairs = np.argwhere(np.triu(wanted))
        left, right = pairs.T
        one, other = keys_a[left, 0], keys_b[0, right]
        # an odd shot is run in an order that is the same however the rows are ordered
        swapped = (one > other) & symmetric
        # equal rows are one row, whose pairs are measured once
        kept, places = _distinct(np.where(swapped, other, one), np.where(swapped, one, other))
        stacked = RowBatch(np.vstack([self.values, B.values]))
        there = np.column_stack([left, right + len(self)])
        there[swapped] = there[swapped, ::-1]
        there = there[kept]
        if not symmetric:
            K[left, right] = self._run(stacked, stacked, there)[places]
            return K
        total = self.shots
        found = 0.0
        for order, shots in ((there, total - total // 2), (there[:, ::-1], total // 2)):
            if shots:  # half of them in each order
                found = found + self._run(stacked, stacked, order, shots=shots) * (shots / total)
        K[left, right] = found[places]
        if B is self:
            K[right, left] = found[places]
        return K

    def diagonal(self):
        numbers = np.arange(len(self))
        return self._run(self, self, np.column_stack([numbers, numbers]))

    @property
    def nbytes(self):
        return self.values.nbytes

    def keys(self):
        return row_keys(self.values)

    def save(self):
        return self.values

    @classmethod
    def load(cls, pieces, shots):
        return cls(np.concatenate(pieces))

    def __getstate__(self):
        return {**self.__dict__, "_session": None, "_options": {}}


def _distinct(*keys):
    """Return which items are the first with their keys, in order, and the place of each in them."""
    _, first, which = np.unique(
        np.column_stack(keys), axis=0, return_index=True, return_inverse=True
    )
    order = np.argsort(first)
    return first[order], np.argsort(order)[which.reshape(-1)]

"""Numbers of bins for rows of a table, and back."""

from dataclasses import dataclass

import numpy as np

__all__ = ["Bins"]


@dataclass(frozen=True)
class Bins:
    """How rows become integers.

    Parameters
    ----------
    edges : ndarray of shape (n_features, 2 ** bits + 1) or None
        Edges of the bins of each feature; None if every feature is a bit itself.
    n_features : int
        Number of features.
    bits : int
        Bits of a feature.
    """

    edges: np.ndarray | None
    n_features: int
    bits: int

    @classmethod
    def of(cls, X, bits):
        """Return bins of equal width over the range of each feature, or none for bits."""
        if np.isin(X, (0, 1)).all():
            return cls(None, X.shape[1], 1)
        low, high = X.min(axis=0), X.max(axis=0)
        high = np.where(high > low, high, low + 1.0)  # a constant feature has a bin of width 1
        return cls(np.linspace(low, high, 2**bits + 1, axis=1), X.shape[1], bits)

    @property
    def n_bits(self):
        """Bits of a row."""
        return self.bits * self.n_features

    @property
    def places(self):
        """Numbers that the values of each feature's bits stand for."""
        if self.edges is None:
            return [np.array([0.0, 1.0])] * self.n_features
        return list((self.edges[:, 1:] + self.edges[:, :-1]) / 2)

    @property
    def log_volume(self):
        """Logarithm of the volume of a bin; 0 for bits."""
        if self.edges is None:
            return 0.0
        return float(np.log(self.edges[:, 1] - self.edges[:, 0]).sum())

    def numbers(self, X):
        """Return the number of every row's bin, and whether the row is in one."""
        if self.edges is None:
            inside = np.isin(X, (0, 1)).all(axis=1)
            values = (X == 1).astype(np.int64)
        else:
            low, high = self.edges[:, 0], self.edges[:, -1]
            inside = ((low <= X) & (high >= X)).all(axis=1)
            values = np.empty(X.shape, dtype=np.int64)
            for feature, edges in enumerate(self.edges):
                values[:, feature] = np.searchsorted(edges[1:-1], X[:, feature], side="right")
        return values @ (1 << self.bits * np.arange(self.n_features)), inside

    def rows(self, numbers, random_state):
        """Return rows in bins, uniform within them."""
        values = numbers[:, np.newaxis] >> self.bits * np.arange(self.n_features)
        values &= 2**self.bits - 1
        if self.edges is None:
            return values
        low = np.take_along_axis(self.edges.T, values, axis=0)
        width = self.edges[:, 1] - self.edges[:, 0]
        return low + width * random_state.uniform(size=values.shape)

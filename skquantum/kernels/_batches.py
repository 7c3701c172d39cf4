"""Encodings of several kernels."""

import numpy as np

__all__ = ["Batches"]


class Batches:
    """Encodings of the same rows, one for each of several kernels."""

    def __init__(self, parts):
        self.parts = tuple(parts)

    def __len__(self):
        return len(self.parts[0])

    def take(self, rows):
        """Return the encodings of some rows."""
        return Batches(
            part[rows] if isinstance(part, np.ndarray) else part.take(rows) for part in self.parts
        )

    def joined(self, others):
        """Return the encodings of these rows and those of others that follow."""
        columns = zip(self.parts, *(other.parts for other in others), strict=True)
        return Batches(
            np.concatenate([part, *more]) if isinstance(part, np.ndarray) else part.joined(more)
            for part, *more in columns
        )

    @property
    def nbytes(self):
        """Memory of the encodings, in bytes."""
        return sum(part.nbytes for part in self.parts)

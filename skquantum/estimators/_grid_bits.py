"""Candidates of a grid as bits."""

from itertools import pairwise
from numbers import Real

import numpy as np

__all__ = ["GridBits"]


class GridBits:
    """Bits for a choice from each of some lists.

    Numbers in order have a domain wall: bit m says whether the choice is behind value m, so that
    neighbours differ in one bit. Other lists have a bit for each value, of which one is set.

    Parameters
    ----------
    lists : sequence of list
        The values of each parameter.
    """

    def __init__(self, lists):
        self.sizes = np.array([len(values) for values in lists])
        self.ordered = [_in_order(values) for values in lists]
        n_bits = [
            size - 1 if ordered else size
            for size, ordered in zip(self.sizes, self.ordered, strict=True)
        ]
        ends = np.cumsum(n_bits)
        self.groups = [slice(end - n, end) for end, n in zip(ends, n_bits, strict=True)]
        self.n_bits = int(ends[-1])

    def encode(self, choices):
        """Return the bits of choices (n, n_parameters)."""
        bits = np.zeros((len(choices), self.n_bits), dtype=bool)
        for k, group in enumerate(self.groups):
            values = np.arange(group.stop - group.start)
            chosen = choices[:, k, None]
            bits[:, group] = chosen > values if self.ordered[k] else chosen == values
        return bits

    def decode(self, bits):
        """Return choices for any bits: the number of bits before a wall, or the first one set."""
        choices = np.empty((len(bits), len(self.groups)), dtype=int)
        for k, group in enumerate(self.groups):
            own = bits[:, group]
            choices[:, k] = own.sum(axis=1) if self.ordered[k] else own.argmax(axis=1)
        return choices

    def penalised(self, Q):
        """Return a QUBO in which bits that stand for no choice cost more than the model gains."""
        Q = (Q + Q.T) / 2
        strength = 2 * np.abs(Q).sum(axis=1).max()
        for group, ordered in zip(self.groups, self.ordered, strict=True):
            bits = np.arange(group.start, group.stop)
            if ordered:  # a bit that is set behind one that is not
                for before, behind in pairwise(bits):
                    Q[behind, behind] += strength
                    Q[before, behind] -= strength / 2
                    Q[behind, before] -= strength / 2
            else:  # (1 - number of ones) ** 2
                Q[np.ix_(bits, bits)] += strength
                Q[bits, bits] -= 2 * strength
        return Q


def _in_order(values):
    """Say whether values are numbers that rise or fall."""
    if not all(isinstance(v, Real) and not isinstance(v, bool | np.bool_) for v in values):
        return False
    steps = np.diff(np.asarray(values, dtype=np.float64))
    return bool((steps > 0).all() or (steps < 0).all())

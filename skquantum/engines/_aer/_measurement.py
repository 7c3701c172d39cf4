"""Expectation values of rows, from probabilities or from shots."""

import numpy as np
from sklearn.utils import check_random_state

__all__ = ["Measurement", "draw_entropy", "make_runs"]


def draw_entropy(random_state):
    """Return what all seeds of one call grow from."""
    return check_random_state(random_state).randint(2**32, size=4, dtype=np.uint32).tolist()


def make_runs(numbers, first_row=0, keys=None):
    """Return what is run: numbers for placeholders, and where they come from.

    Parameters
    ----------
    numbers : ndarray of shape (n_rows, n_shifts, n_placeholders)
        The first shift is none.
    first_row : int, default=0
        Number of the first row.
    keys : ndarray of shape (n_rows,) or None, default=None
        What rows are known by, in place of numbers that count them.

    Returns
    -------
    structured ndarray of shape (n_rows * n_shifts,)
        Fields ``numbers``, ``row`` and ``shift``.
    """
    n_rows, n_shifts, n_numbers = numbers.shape
    dtype = [("numbers", np.float64, (n_numbers,)), ("row", np.uint64), ("shift", np.int64)]
    runs = np.empty((n_rows, n_shifts), dtype=dtype)
    runs["numbers"] = numbers
    rows = np.arange(first_row, first_row + n_rows) if keys is None else keys
    runs["row"] = rows[:, None]
    runs["shift"] = np.arange(n_shifts)
    return runs.ravel()


class Measurement:
    """How observables are estimated.

    Parameters
    ----------
    parts : list of Part
        Weights of outcomes.
    constants : ndarray of shape (n_observables,)
        What is added.
    shots : int or None
        How many outcomes are drawn for each part; None takes the exact average.
    entropy : list of int or None
        Result of :func:`draw_entropy`; without effect where nothing is drawn.
    """

    def __init__(self, parts, constants, shots, entropy):
        self.parts = parts
        self.constants = constants
        self._shots = shots
        self._entropy = entropy

    def estimate(self, program, runs):
        """Return the estimates for as many runs as fit into memory, one a row."""
        out = np.tile(self.constants, (len(runs), 1))
        every = program.outcomes(runs["numbers"], [part.key for part in self.parts])
        for number, (part, outcomes) in enumerate(zip(self.parts, every, strict=True)):
            if self._shots is None:
                out[:, part.numbers] += part.average(outcomes)
                continue
            for k, probabilities in enumerate(outcomes):
                key = int(runs["row"][k]), number, int(runs["shift"][k])
                out[k, part.numbers] += part.average_counts(self._draw(probabilities, key))
        return out

    def _draw(self, probabilities, key):
        seed = np.random.SeedSequence(self._entropy, spawn_key=key)
        probabilities = np.maximum(probabilities, 0.0)  # rounding
        total = probabilities.sum()
        return np.random.default_rng(seed).multinomial(self._shots, probabilities / total)

"""Angles that are linear in columns of numbers, and the distinct expressions behind the columns."""

import numpy as np

from skquantum._circuits import expression_key

__all__ = ["Angle", "AngleValues", "Columns"]


class Angle:
    """``constant + sum of weight * column``, in radians.

    Parameters
    ----------
    weights : dict of int to float
        Weights by the number of the column.
    constant : float, default=0.0
        What is the same for every row.
    """

    def __init__(self, weights, constant=0.0):
        self.weights = weights
        self.constant = constant

    def __add__(self, other):
        weights = dict(self.weights)
        for column, weight in other.weights.items():
            weights[column] = weights.get(column, 0.0) + weight
        return Angle(weights, self.constant + other.constant)

    def __mul__(self, factor):
        weights = {column: factor * weight for column, weight in self.weights.items()}
        return Angle(weights, factor * self.constant)

    def key(self):
        """Return something hashable that is equal for equal angles."""
        return self.constant, tuple(sorted(self.weights.items()))


class Columns:
    """The distinct expressions of a circuit; each becomes one column of numbers."""

    def __init__(self):
        self.expressions = []
        self._numbers = {}

    def angle(self, param):
        """Return the angle for a gate parameter: a number or an expression."""
        if not getattr(param, "parameters", None):
            return Angle({}, float(param))
        key = expression_key(param)
        if key not in self._numbers:
            self._numbers[key] = len(self.expressions)
            self.expressions.append(param)
        return Angle({self._numbers[key]: 1.0})


class AngleValues:
    """Evaluates many angles for many rows, term by term: a row's result is its own.

    Parameters
    ----------
    angles : list of Angle
        What to evaluate.
    """

    def __init__(self, angles):
        self._constants = np.array([angle.constant for angle in angles])
        n_terms = max((len(angle.weights) for angle in angles), default=0)
        self._weights = np.zeros((n_terms, len(angles)))
        self._columns = np.zeros((n_terms, len(angles)), dtype=int)
        for k, angle in enumerate(angles):
            for term, (column, weight) in enumerate(angle.weights.items()):
                self._weights[term, k], self._columns[term, k] = weight, column

    def __call__(self, columns):
        """Return the angles for columns of shape (n_rows, n_columns), as (n_rows, n_angles)."""
        found = np.tile(self._constants, (len(columns), 1))
        for weights, numbers in zip(self._weights, self._columns, strict=True):
            found += weights * columns[:, numbers]
        return found

"""Angles that are linear in a few columns of numbers, and 2 x 2 matrices made of them."""

from copy import copy
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from skquantum._circuits import expression_key

__all__ = ["Angle", "Columns", "Factor", "Values", "matrices", "matrix_derivatives"]

# Up to as many terms are added one by one.
FEW = 4


@dataclass(frozen=True)
class Angle:
    """``constant + sum of weight * column``, in radians."""

    weights: dict = field(default_factory=dict)  # column number -> weight
    constant: float = 0.0

    def __add__(self, other):
        weights = dict(self.weights)
        for column, weight in other.weights.items():
            weights[column] = weights.get(column, 0.0) + weight
        return Angle(weights, self.constant + other.constant)

    def __mul__(self, factor):
        weights = {column: factor * weight for column, weight in self.weights.items()}
        return Angle(weights, factor * self.constant)

    @property
    def is_constant(self):
        """Whether it is the same for every row."""
        return not self.weights

    @cached_property
    def _numbers(self):
        return np.array(list(self.weights), dtype=int)

    @cached_property
    def _factors(self):
        return np.array(list(self.weights.values()), dtype=np.float64)

    def values(self, columns):
        """Evaluate for columns as of :class:`Values`; shape (n_rows,) or (1,)."""
        if len(self.weights) > FEW:
            # cumsum adds in this order, where sum does not
            table = columns.table(self._numbers)
            terms = np.empty((len(table), 1 + len(self._numbers)))
            terms[:, 0] = self.constant
            np.multiply(self._factors, table[:, self._numbers], out=terms[:, 1:])
            return terms.cumsum(axis=1)[:, -1]
        result = np.full(1, self.constant)
        for column, weight in self.weights.items():
            result = result + weight * columns[column]
        return result

    def backpropagate(self, gradient, out):
        """Add the gradient with respect to this angle, shape (n_rows,), to that of the columns."""
        for column, weight in self.weights.items():
            out[:, column] += weight * gradient


class Values:
    """Columns of numbers for some rows; a column of equal numbers is kept as one.

    Trained weights are such columns, and what depends on nothing else is computed once.
    """

    def __init__(self, columns):
        self.n_rows = len(columns)
        self._same = (columns == columns[:1]).all(axis=0)
        self._table = columns

    def __getitem__(self, number):
        return self._table[:1, number] if self._same[number] else self._table[:, number]

    def table(self, numbers):
        """Return all columns together, only their first row if those of `numbers` are the same."""
        return self._table[:1] if self._same[numbers].all() else self._table

    def part(self, rows):
        """Return those of some of the rows, given as a slice."""
        chosen = copy(self)
        chosen.n_rows = rows.stop - rows.start
        chosen._table = self._table[rows]
        return chosen


class Columns:
    """The distinct expressions of a circuit; each becomes one column of numbers."""

    def __init__(self):
        self.expressions = []
        self._numbers = {}

    def angle(self, param):
        """Return the angle for a gate parameter: a number or an expression."""
        if not getattr(param, "parameters", None):
            return Angle(constant=float(param))
        key = expression_key(param)
        if key not in self._numbers:
            self._numbers[key] = len(self.expressions)
            self.expressions.append(param)
        return Angle({self._numbers[key]: 1.0})


@dataclass(frozen=True)
class Factor:
    """A one-qubit gate: a fixed matrix, or the rotation exp(-i angle / 2 P)."""

    matrix: np.ndarray | None = None
    axis: str | None = None
    angle: Angle | None = None

    @property
    def is_constant(self):
        """Whether it is the same for every row."""
        return self.axis is None or self.angle.is_constant

    def entries(self, columns, *, derivative=False):
        """Return the four entries, row by row, each of shape (n_rows,) or (1,) or a number.

        With `derivative`, those of the derivative with respect to the angle.
        """
        if self.axis is None:
            return tuple(self.matrix.ravel())
        half = self.angle.values(columns) / 2
        c, s = np.cos(half), np.sin(half)
        if derivative:
            c, s = -s / 2, c / 2
        if self.axis == "x":
            return c, -1j * s, -1j * s, c
        if self.axis == "y":
            return c, -s, s, c
        return c - 1j * s, 0.0, 0.0, c + 1j * s


def _product(factors):
    """Multiply 2 x 2 matrices given by their entries, the first one acting first.

    Entry by entry: a product of stacks of tiny matrices takes NumPy ten times as long.
    """
    a, b, c, d = 1.0, 0.0, 0.0, 1.0
    for p, q, r, s in factors:
        a, b, c, d = p * a + q * c, p * b + q * d, r * a + s * c, r * b + s * d
    return a, b, c, d


def matrices(factors, columns):
    """Multiply factors, the first one acting first; shape (n_rows or 1, 4), rows concatenated."""
    return _stacked(_product([factor.entries(columns) for factor in factors]))


def matrix_derivatives(factors, columns):
    """Yield (angle, derivative of the product as in `matrices`) for every factor that varies."""
    entries = [factor.entries(columns) for factor in factors]
    for number, factor in enumerate(factors):
        if not factor.is_constant:
            slope = factor.entries(columns, derivative=True)
            changed = [*entries[:number], slope, *entries[number + 1 :]]
            yield factor.angle, _stacked(_product(changed))


def _stacked(entries):
    return np.stack(np.broadcast_arrays(*map(np.atleast_1d, entries)), axis=1).astype(complex)

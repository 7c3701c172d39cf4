"""Angles that are linear in a few columns of numbers, and 2 x 2 matrices made of them."""

from dataclasses import dataclass, field

import numpy as np

from skquantum.engines._expressions import expression_key

__all__ = ["Angle", "Columns", "Factor", "matrices", "matrix_derivatives"]


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

    def values(self, columns):
        """Evaluate for `columns` of shape (n_rows, n_columns); shape (n_rows,) or (1,)."""
        result = np.full(1 if self.is_constant else len(columns), self.constant)
        for column, weight in self.weights.items():
            result += weight * columns[:, column]
        return result

    def backpropagate(self, gradient, out):
        """Add the gradient with respect to this angle, shape (n_rows,), to that of the columns."""
        for column, weight in self.weights.items():
            out[:, column] += weight * gradient


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


_PAULIS = {
    "x": np.array([[0, 1], [1, 0]], dtype=complex),
    "y": np.array([[0, -1j], [1j, 0]]),
    "z": np.diag([1.0 + 0j, -1.0]),
}


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

    def values(self, columns):
        """Return the matrices, shape (n_rows or 1, 2, 2)."""
        if self.axis is None:
            return self.matrix[None]
        half = self.angle.values(columns)[:, None, None] / 2
        return np.cos(half) * np.eye(2) - 1j * np.sin(half) * _PAULIS[self.axis]

    def derivatives(self, columns):
        """Return the derivatives with respect to the angle, shape (n_rows or 1, 2, 2)."""
        half = self.angle.values(columns)[:, None, None] / 2
        return -0.5 * (np.sin(half) * np.eye(2) + 1j * np.cos(half) * _PAULIS[self.axis])


def matrices(factors, columns):
    """Multiply factors, the first one acting first; shape (n_rows or 1, 2, 2)."""
    product = np.eye(2)[None]
    for factor in factors:
        product = factor.values(columns) @ product
    return product


def matrix_derivatives(factors, columns):
    """Yield (angle, derivative of the product) for every factor that varies."""
    for number, factor in enumerate(factors):
        if not factor.is_constant:
            before = matrices(factors[:number], columns)
            after = matrices(factors[number + 1 :], columns)
            yield factor.angle, after @ factor.derivatives(columns) @ before

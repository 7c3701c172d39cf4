"""Angles that are linear in a few columns of numbers, and one-qubit gates made of them."""

from dataclasses import dataclass, field

import numpy as np

from skquantum._circuits import expression_key

__all__ = ["Angle", "Columns", "Factor", "product"]


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

    def constant_matrix(self):
        """Return the matrix of a gate that is the same for every row."""
        if self.axis is None:
            return self.matrix
        half = self.angle.constant / 2
        c, s = np.cos(half), np.sin(half)
        if self.axis == "x":
            return np.array([[c, -1j * s], [-1j * s, c]])
        if self.axis == "y":
            return np.array([[c, -s], [s, c]])
        return np.array([[c - 1j * s, 0.0], [0.0, c + 1j * s]])


def product(factors):
    """Multiply gates that are the same for every row, the first one acting first."""
    result = np.eye(2)
    for factor in factors:
        result = factor.constant_matrix() @ result
    return result

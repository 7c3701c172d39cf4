"""The operations that a compiled program is made of.

Each knows how to write itself into the table that numba runs, and to describe itself.
"""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from skquantum.engines._compiled import _program

__all__ = ["Dense", "GlobalPhase", "Hadamards", "OneQubit", "PauliRotation", "PhaseLayer"]


@dataclass(frozen=True)
class PhaseLayer:
    """exp(i phi(z)) on amplitude z, which then moves to an affine map of its bits.

    phi is a sum over masks m of angle times (-1) ** parity(m & z): all diagonal gates of a run.
    The map is all CX, SWAP and X of the run.
    """

    n_qubits: int
    masks: tuple
    angles: tuple
    moves: tuple | None  # per bit: which bits it is the parity of, and whether that is inverted

    @property
    def columns_used(self):
        """Numbers of the columns that the operation depends on."""
        return set().union(*(angle.weights for angle in self.angles))

    def tabulate(self, table):
        """Return kind, number of coefficients and fields of the operation, the rest in a table."""
        return (
            _program.PHASES,
            len(self.masks),
            table.integers(self.masks),
            len(self.masks),
            table.angles(self.angles),
            table.moves(self.moves),
        )

    def describe(self):
        """Say in a line what it does."""
        moved = "" if self.moves is None else ", amplitudes permuted"
        return f"phase layer: {len(self.masks)} parities{moved}"

    def flops(self):
        """Estimate of floating-point operations per row."""
        size = 2**self.n_qubits
        return size * (self.n_qubits + 40) if len(self.masks) else 0


@dataclass(frozen=True)
class Hadamards:
    """H on several qubits: one Walsh-Hadamard transform."""

    n_qubits: int
    qubits: tuple  # ascending

    columns_used: ClassVar[frozenset] = frozenset()

    def tabulate(self, table):
        """Return kind, number of coefficients and fields of the operation, the rest in a table."""
        place = table.integers(self.qubits)
        return _program.HADAMARDS, 0, place, len(self.qubits), 0, 0

    def describe(self):
        """Say in a line what it does."""
        return f"Walsh-Hadamard transform of qubits {', '.join(map(str, self.qubits))}"

    def flops(self):
        """Estimate of floating-point operations per row."""
        return 2 * 2**self.n_qubits * len(self.qubits)


@dataclass(frozen=True)
class OneQubit:
    """A run of one-qubit gates on one qubit, merged into one matrix per row."""

    n_qubits: int
    qubit: int
    factors: tuple

    @property
    def is_real(self):
        """Whether the matrix is real for every row."""
        return all(
            factor.axis == "y" or (factor.axis is None and not np.iscomplex(factor.matrix).any())
            for factor in self.factors
        )

    @property
    def columns_used(self):
        """Numbers of the columns that the operation depends on."""
        angles = [factor.angle for factor in self.factors if factor.axis is not None]
        return set().union(*(angle.weights for angle in angles))

    def tabulate(self, table):
        """Return kind, number of coefficients and fields of the operation, the rest in a table."""
        return _program.ONE_QUBIT, 8, self.qubit, self.is_real, *table.factors(self.factors)

    def describe(self):
        """Say in a line what it does."""
        kind = "real matrix" if self.is_real else "matrix"
        constant = "the same for all rows" if not self.columns_used else "one per row"
        return f"{kind} on qubit {self.qubit} ({len(self.factors)} gates merged, {constant})"

    def flops(self):
        """Estimate of floating-point operations per row."""
        return 2**self.n_qubits * (6 if self.is_real else 14)


@dataclass(frozen=True)
class PauliRotation:
    """exp(-i angle / 2 P) for a Pauli string."""

    n_qubits: int
    x_mask: int
    z_mask: int
    angle: object

    @property
    def columns_used(self):
        """Numbers of the columns that the operation depends on."""
        return set(self.angle.weights)

    def tabulate(self, table):
        """Return kind, number of coefficients and fields of the operation, the rest in a table."""
        n_y = (self.x_mask & self.z_mask).bit_count() % 4
        number = table.angle(self.angle)
        return _program.PAULI, 2, self.x_mask, self.z_mask, number, n_y

    def describe(self):
        """Say in a line what it does."""
        letters = "IXZY"
        string = "".join(
            letters[(self.x_mask >> q & 1) + 2 * (self.z_mask >> q & 1)]
            for q in reversed(range(self.n_qubits))
        )
        return f"rotation about {string}"

    def flops(self):
        """Estimate of floating-point operations per row."""
        return 10 * 2**self.n_qubits


class GlobalPhase(PauliRotation):
    """exp(i phase) on all amplitudes: a rotation about the identity."""

    def __init__(self, n_qubits, phase):
        super().__init__(n_qubits, 0, 0, phase * -2.0)

    def describe(self):
        """Say in a line what it does."""
        return "global phase"


@dataclass(frozen=True)
class Dense:
    """A fixed matrix on a few qubits, the first the least significant."""

    n_qubits: int
    qubits: tuple
    matrix: np.ndarray

    columns_used: ClassVar[frozenset] = frozenset()

    def tabulate(self, table):
        """Return kind, number of coefficients and fields of the operation, the rest in a table."""
        # the loop takes the qubits in ascending order
        order = np.argsort(self.qubits)
        places = np.arange(2 ** len(order))
        bits = places[:, np.newaxis] >> np.arange(len(order)) & 1
        source = bits @ (1 << order)
        matrix = self.matrix[np.ix_(source, source)]
        adjoint = matrix.conj().T
        return (
            _program.DENSE,
            0,
            table.integers(sorted(self.qubits)),
            len(self.qubits),
            table.numbers(matrix.real, matrix.imag, adjoint.real, adjoint.imag),
            0,
        )

    def describe(self):
        """Say in a line what it does."""
        return f"matrix on qubits {', '.join(map(str, self.qubits))}"

    def flops(self):
        """Estimate of floating-point operations per row."""
        return 8 * 2**self.n_qubits * 2 ** len(self.qubits)

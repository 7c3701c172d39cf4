"""A compiled circuit as one table of numbers, which numba runs."""

from typing import NamedTuple

import numpy as np

__all__ = ["Program", "Table"]

# Kinds of operations.
ONE_QUBIT, PHASES, HADAMARDS, PAULI, DENSE = range(5)

# What stands in the columns of the operations: the same in the first three, the rest by kind.
KIND, COEFFICIENTS, VARIES = range(3)
QUBIT, IS_REAL, FACTORS, N_FACTORS = range(3, 7)  # ONE_QUBIT
MASKS, N_MASKS, ANGLES, MOVES = range(3, 7)  # PHASES; ANGLES of PAULI as well
X_MASK, Z_MASK, _, N_Y = range(3, 7)  # PAULI
QUBITS, N_QUBITS, MATRIX, _ = range(3, 7)  # DENSE, HADAMARDS
N_FIELDS = 7

# Axis of a gate that is a matrix of numbers.
FIXED = 3
# Where the integers hold how many of the last bits of a place are looked up together, how long the
# tables of them and of the other bits are, and the numbers of all qubits.
SHIFT, TABLES, ALL_QUBITS = range(3)


class Program(NamedTuple):
    """What numba runs; attributes are arrays.

    Attributes
    ----------
    operations : ndarray of shape (n_operations, N_FIELDS), of int
        Kind, first row of the coefficients, whether they vary, and four fields by the kind:
        numbers, or places in the other arrays.
    integers : ndarray of int
        Qubits, masks, and

        * lists of places of angles;
        * angles: number of terms, place of constant and weights in `numbers`, and columns;
        * factors of one-qubit gates: the axis X, Y, Z or FIXED, the place of the angle or matrix,
          and the row of cosine and sine in the coefficients;
        * moves: amplitude z goes to low[last bits of z] ^ high[first bits of z]; low, high, and
          those of where it comes from.
    numbers : ndarray of float
        Constants and weights of angles, and matrices: real parts, then imaginary parts. Behind
        those of one qubit stands the rotation of (X, Y, Z), behind others the adjoint.
    """

    operations: np.ndarray
    integers: np.ndarray
    numbers: np.ndarray


class Table:
    """What operations write themselves into.

    Parameters
    ----------
    n_qubits : int
        Those in use.
    operations : list
        Of the classes in ``_operations``.
    """

    def __init__(self, n_qubits, operations):
        self.n_qubits = n_qubits
        self.n_coefficients = 0
        # at least the bits of the number of a lane are looked up together
        self._shift = max(3, (n_qubits + 1) // 2)
        self._n_high = 2 ** max(0, n_qubits - self._shift)
        self._integers = [self._shift, 2**self._shift + self._n_high, *range(n_qubits)]
        self._numbers = []
        self._moves = {}
        self._operations = []
        for operation in operations:
            kind, n_coefficients, *fields = operation.tabulate(self)
            varies = bool(operation.columns_used)
            self._operations.append([kind, self.coefficients(n_coefficients), varies, *fields])

    @property
    def has_moves(self):
        """Whether amplitudes move, into a spare copy of the state."""
        return bool(self._moves)

    @property
    def has_phases(self):
        """Whether phases are computed, in an array of double precision."""
        return any(row[KIND] == PHASES and row[N_MASKS] for row in self._operations)

    def finish(self):
        """Return the program."""
        return Program(
            np.array(self._operations, dtype=np.int64).reshape(-1, N_FIELDS),
            np.array(self._integers, dtype=np.int64),
            np.array(self._numbers, dtype=np.float64),
        )

    # -- for operations -------------------------------------------------------------------------

    def coefficients(self, number):
        """Return the first of some rows of coefficients."""
        self.n_coefficients += number
        return self.n_coefficients - number

    def integers(self, integers):
        """Return the place of some integers."""
        place = len(self._integers)
        self._integers.extend(map(int, integers))
        return place

    def numbers(self, *arrays):
        """Return the place of some numbers."""
        place = len(self._numbers)
        for array in arrays:
            self._numbers.extend(np.ravel(array).tolist())
        return place

    def angle(self, angle):
        """Return the place of an angle."""
        place = self.numbers(angle.constant, list(angle.weights.values()))
        return self.integers([len(angle.weights), place, *angle.weights])

    def angles(self, angles):
        """Return the place of the places of some angles."""
        return self.integers([self.angle(angle) for angle in angles])

    def factors(self, factors):
        """Return the place of some one-qubit gates, and how many they are."""
        fields = []
        for factor in factors:
            if factor.is_constant:
                matrix = factor.constant_matrix()
                place = self.numbers(matrix.real, matrix.imag, _rotation(matrix))
                fields += [FIXED, place, 0]
            else:
                place = self.angle(factor.angle)
                fields += ["xyz".index(factor.axis), place, self.coefficients(2)]
        return self.integers(fields), len(factors)

    def moves(self, moves):
        """Return the place of an affine map of the bits; -1: all amplitudes stay."""
        if moves is None:
            return -1
        if moves not in self._moves:
            tables = [table for way in (moves, _inverse(moves)) for table in self._tables(way)]
            self._moves[moves] = self.integers(np.concatenate(tables))
        return self._moves[moves]

    def _tables(self, moves):
        yield _moved(np.arange(2**self._shift), moves, inverted=False)
        yield _moved(np.arange(self._n_high) << self._shift, moves, inverted=True)


def _moved(z, moves, *, inverted):
    """Return where an affine map of the bits sends numbers, without or with what is inverted."""
    moved = np.zeros_like(z)
    for qubit, (mask, flipped) in enumerate(moves):
        bit = np.bitwise_count(z & mask).astype(np.int64) & 1
        moved |= (bit ^ (flipped & inverted)) << qubit
    return moved


def _inverse(moves):
    """Return the inverse of an affine map of the bits."""
    # what has been the mask of some bits becomes a single bit, and the bits become a mask
    rows = [[mask, 1 << qubit] for qubit, (mask, _) in enumerate(moves)]
    for qubit in range(len(rows)):
        pivot = next(k for k in range(qubit, len(rows)) if rows[k][0] >> qubit & 1)
        rows[qubit], rows[pivot] = rows[pivot], rows[qubit]
        mask, bits = rows[qubit]
        for k, row in enumerate(rows):
            if k != qubit and row[0] >> qubit & 1:
                rows[k] = [row[0] ^ mask, row[1] ^ bits]
    flips = sum(flipped << qubit for qubit, (_, flipped) in enumerate(moves))
    return [(bits, (bits & flips).bit_count() & 1) for _, bits in rows]


_PAULIS = np.array([[[0, 1], [1, 0]], [[0, -1j], [1j, 0]], [[1, 0], [0, -1]]])


def _rotation(matrix):
    """Return R with g_k before a gate the sum of R_kl g_l behind it, for g = Im <bra|P|ket>."""
    turned = matrix @ _PAULIS @ matrix.conj().T
    return np.einsum("lij,kji->kl", _PAULIS, turned).real / 2

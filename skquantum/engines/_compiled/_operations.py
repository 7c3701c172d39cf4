"""The operations that a compiled program is made of.

Each knows how to bind its coefficients for a batch of rows (`bind`), to act on a block of states
(`forward`), to undo itself (`backward`) on ket and bra while adding up the gradient of
2 Re <bra| d ket> with respect to the columns, and to describe itself.
"""

from dataclasses import dataclass
from functools import cached_property
from typing import ClassVar

import numpy as np

from skquantum.engines._compiled import _kernels, _overlaps, _pauli_loops
from skquantum.engines._compiled._angles import matrices, matrix_derivatives
from skquantum.engines._compiled._states import (
    blocks_of,
    in_lanes,
    out_of_lanes,
    qubit_groups,
    table_of_moves,
    walsh_hadamard,
    y_phase,
)

__all__ = ["Dense", "Hadamards", "OneQubit", "PauliRotation", "PhaseLayer"]


def _terms(angles):
    """Yield the first terms of all angles that have one, then the second ones, and so on.

    Each as numbers of angles, of columns, and weights; added up in this order, every angle is what
    it is by itself, to the last bit.
    """
    longest = max((len(angle.weights) for angle in angles), default=0)
    terms = [list(angle.weights.items()) for angle in angles]
    for place in range(longest):
        chosen = [number for number, own in enumerate(terms) if place < len(own)]
        columns, weights = zip(*(terms[number][place] for number in chosen), strict=True)
        yield np.array(chosen), np.array(columns), np.array(weights, dtype=np.float64)


@dataclass(frozen=True)
class PhaseLayer:
    """exp(i phi(z)) on amplitude z, which then moves to target[z].

    phi is a sum over masks m of angle times (-1) ** parity(m & z): all diagonal gates of a run.
    target is an affine map over bits: all CX, SWAP and X of the run. It is as large as a state of
    one row, so that it is made when it is needed, and layers that move alike share it.
    """

    n_qubits: int
    masks: np.ndarray
    angles: tuple
    moves: tuple | None  # per bit: which bits it is the parity of, and whether that is inverted

    @cached_property
    def target(self):
        """Where each amplitude moves to; None: amplitudes stay."""
        return None if self.moves is None else table_of_moves(self.n_qubits, self.moves)

    @cached_property
    def _source(self):
        source = np.empty_like(self.target)
        source[self.target] = self._everything
        return source

    @cached_property
    def _everything(self):
        return table_of_moves(self.n_qubits)

    @cached_property
    def _qubits(self):
        return np.arange(self.n_qubits)

    @cached_property
    def _constants(self):
        return np.array([angle.constant for angle in self.angles], dtype=np.float64)

    @cached_property
    def _by_column(self):
        return list(_terms(self.angles))

    @cached_property
    def _used(self):
        return np.array(sorted(self.columns_used), dtype=int)

    @property
    def columns_used(self):
        """Numbers of the columns that the operation depends on."""
        return set().union(*(angle.weights for angle in self.angles))

    def bind(self, columns):
        """Return the angle of every mask, in lanes."""
        if not len(self.masks):
            return None
        if not len(self._used):
            return in_lanes(self._constants[np.newaxis])
        table = columns.table(self._used)
        values = np.tile(self._constants, (len(table), 1))
        for angles, numbers, weights in self._by_column:
            values[:, angles] += weights * table[:, numbers]
        return in_lanes(values)

    def forward(self, state, bound, blocks):
        """Act on a state."""
        if bound is None:
            self._move(state, self._source)
        elif self.moves is None:
            self._multiply(state, bound, blocks, 1.0)
        else:
            self._phase(state, bound, blocks, self.target, state.spare(), 1.0)
            state.swap()

    def backward(self, ket, bra, bound, blocks, columns, gradient):
        """Undo on both states and add to the gradient of the columns."""
        if self.moves is not None:
            self._move(ket, self.target)
            self._move(bra, self.target)
        if bound is None:
            return
        if self.columns_used:
            out = np.empty((len(ket.re), len(self.masks), _kernels.LANES))
            _overlaps.phase_gradient(ket.re, ket.im, bra.re, bra.im, self.masks, self._qubits, out)
            by_mask = out_of_lanes(out)[: columns.n_rows]
            for number, angle in enumerate(self.angles):
                angle.backpropagate(by_mask[:, number], gradient)
        self._multiply(ket, bound, blocks, -1.0)
        self._multiply(bra, bound, blocks, -1.0)

    def _multiply(self, state, bound, blocks, sign):
        """Multiply by the phases where the amplitudes are."""
        self._phase(state, bound, blocks, self._everything, (state.re, state.im), sign)

    def _move(self, state, source):
        state.loop(_kernels.gather, len(source), state.re, state.im, source, *state.spare())
        state.swap()

    def _phase(self, state, bound, blocks, target, out, sign):
        coefficients = blocks_of(bound, blocks)
        if state.share is None:
            args = (self.masks, coefficients, self._qubits, target)
            _kernels.apply_phase(state.re, state.im, *args, *out, sign)
            return
        # the same, step by step
        for block, (re, im, *to) in enumerate(zip(state.re, state.im, *out, strict=True)):
            row = block if len(coefficients) > 1 else 0
            phi = np.zeros(re.shape)
            phi[self.masks] = coefficients[row]
            walsh_hadamard(state, phi, self._qubits, 1.0)
            largest = _kernels.largest_phase(coefficients[row])
            args = (re, im, phi, largest, target, *to, sign)
            state.loop(_kernels.multiply_phase, len(target), *args)

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
    qubits: np.ndarray  # ascending

    columns_used: ClassVar[frozenset] = frozenset()

    def bind(self, columns):
        """Nothing depends on the row."""

    def forward(self, state, bound, blocks):
        """Act on a state."""
        if state.share is None:
            _kernels.hadamard(state.re, state.im, self.qubits)
            return
        for part in (*state.re, *state.im):
            walsh_hadamard(state, part, self.qubits, 0.5)

    def backward(self, ket, bra, bound, blocks, columns, gradient):
        """Undo on both states."""
        self.forward(ket, bound, blocks)
        self.forward(bra, bound, blocks)

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

    def bind(self, columns):
        """Return the matrices, in lanes: real parts, then imaginary parts unless all are zero."""
        m = matrices(self.factors, columns)
        if self.is_real:
            return in_lanes(m.real)
        return in_lanes(np.concatenate([m.real, m.imag], axis=1))

    def forward(self, state, bound, blocks):
        """Act on a state."""
        apply = _kernels.apply_real_matrix if bound.shape[1] == 4 else _kernels.apply_matrix
        m = blocks_of(bound, blocks).astype(state.re.dtype)
        state.loop(apply, 2**self.n_qubits // 2, state.re, state.im, m, self.qubit)

    def backward(self, ket, bra, bound, blocks, columns, gradient):
        """Undo on both states and add to the gradient of the columns."""
        adjoint = bound[:, [0, 2, 1, 3]]
        if bound.shape[1] == 8:
            adjoint = np.concatenate([adjoint, -bound[:, [4, 6, 5, 7]]], axis=1)
        adjoint = np.ascontiguousarray(adjoint)
        self.forward(ket, adjoint, blocks)
        if self.columns_used:
            bases, offsets = qubit_groups(self.n_qubits, (self.qubit,))
            re, im = np.empty((2, len(ket.re), 4, _kernels.LANES))
            _overlaps.cross_moments(ket.re, ket.im, bra.re, bra.im, bases, offsets, re, im)
            moments = out_of_lanes(re + 1j * im)[: columns.n_rows]
            for angle, derivative in matrix_derivatives(self.factors, columns):
                products = derivative * moments
                # ndarray.sum adds in an order that depends on the memory layout
                total = products[:, 0] + products[:, 1] + products[:, 2] + products[:, 3]
                angle.backpropagate(2 * total.real, gradient)
        self.forward(bra, adjoint, blocks)

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
    """exp(-i angle / 2 P) for a Pauli string that is not diagonal."""

    n_qubits: int
    x_mask: int
    z_mask: int
    angle: object

    @property
    def columns_used(self):
        """Numbers of the columns that the operation depends on."""
        return set(self.angle.weights)

    def _y_factor(self):
        return y_phase(self.x_mask, self.z_mask)

    def bind(self, columns):
        """Return cosine and sine of half the angle, in lanes, stacked."""
        half = self.angle.values(columns) / 2
        return in_lanes(np.stack([np.cos(half), np.sin(half)], axis=1))

    def forward(self, state, bound, blocks, sign=1.0):
        """Act on a state."""
        cosine, sine = (
            blocks_of(bound, blocks).astype(state.re.dtype).transpose(1, 0, 2)[:, :, None]
        )
        state.loop(
            _pauli_loops.apply_pauli_rotation,
            2**self.n_qubits // 2,
            state.re,
            state.im,
            np.ascontiguousarray(cosine),
            np.ascontiguousarray(state.re.dtype.type(sign) * sine),
            self.x_mask,
            self.z_mask,
            *self._y_factor(),
        )

    def backward(self, ket, bra, bound, blocks, columns, gradient):
        """Undo on both states and add to the gradient of the columns."""
        if self.columns_used:
            re, im = np.empty((2, len(ket.re), _kernels.LANES))
            _pauli_loops.pauli_overlap(
                ket.re, ket.im, bra.re, bra.im, self.x_mask, self.z_mask, *self._y_factor(), re, im
            )
            # 2 Re <bra| -i/2 P |ket>
            self.angle.backpropagate(out_of_lanes(im)[: columns.n_rows], gradient)
        self.forward(ket, bound, blocks, -1.0)
        self.forward(bra, bound, blocks, -1.0)

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


@dataclass(frozen=True)
class Dense:
    """A fixed matrix on a few qubits, the first the least significant."""

    n_qubits: int
    qubits: tuple
    matrix: np.ndarray

    columns_used: ClassVar[frozenset] = frozenset()

    @cached_property
    def _groups(self):
        return qubit_groups(self.n_qubits, self.qubits)

    def bind(self, columns):
        """Nothing depends on the row."""

    def forward(self, state, bound, blocks):
        """Act on a state."""
        self._apply(state, self.matrix)

    def _apply(self, state, matrix):
        dtype = state.re.dtype
        re = np.ascontiguousarray(matrix.real, dtype)
        im = np.ascontiguousarray(matrix.imag, dtype)
        apply = _kernels.apply_two_qubits if len(self.qubits) == 2 else _kernels.apply_dense
        state.loop(apply, len(self._groups[0]), state.re, state.im, re, im, *self._groups)

    def backward(self, ket, bra, bound, blocks, columns, gradient):
        """Undo on both states."""
        self._apply(ket, self.matrix.conj().T)
        self._apply(bra, self.matrix.conj().T)

    def describe(self):
        """Say in a line what it does."""
        return f"matrix on qubits {', '.join(map(str, self.qubits))}"

    def flops(self):
        """Estimate of floating-point operations per row."""
        return 8 * 2**self.n_qubits * 2 ** len(self.qubits)

"""Hermitian operators, prepared for blocks of states."""

import numpy as np

from skquantum.engines._compiled import _kernels, _pauli_loops
from skquantum.engines._compiled._states import State

__all__ = ["Observables", "spread_bits"]


class Observables:
    """Several Hermitian operators on the qubits of a circuit, some of which are in use.

    Parameters
    ----------
    observables : list of SparsePauliOp or ndarray of shape (2 ** n_qubits,)
        Result of ``check_observables``; an array is the diagonal of one.
    n_qubits : int
        Width of the circuit.
    qubits : sequence of int
        Those in use; the others stay 0.
    """

    def __init__(self, observables, n_qubits, qubits):
        self._n_used = len(qubits)
        self._terms = []  # per observable: those Pauli strings that are not diagonal
        diagonals = []
        for observable in observables:
            if isinstance(observable, np.ndarray):
                diagonals.append(observable[spread_bits(np.arange(2**self._n_used), qubits)])
                self._terms.append([])
            else:
                terms = _terms(observable, n_qubits, qubits)
                diagonals.append(self._diagonal([t for t in terms if not t[1]]))
                self._terms.append([t for t in terms if t[1]])
        self._which = np.flatnonzero([diagonal.any() for diagonal in diagonals])
        self._diagonals = np.empty((len(self._which), 2**self._n_used))
        for k, which in enumerate(self._which):
            self._diagonals[k], diagonals[which] = diagonals[which], None

    def __len__(self):
        return len(self._terms)

    def _diagonal(self, terms):
        z = np.arange(2**self._n_used)
        diagonal = np.zeros(len(z))
        for coefficient, _, z_mask, *_ in terms:
            odd = np.bitwise_count(z & z_mask).astype(np.int8) & 1
            diagonal += coefficient * (1.0 - 2.0 * odd)
        return diagonal

    def expectations(self, state):
        """Return the expectation values of blocks of states, of shape (n_rows, n_observables)."""
        n_rows = len(state.re) * _kernels.LANES
        out = np.zeros((n_rows, len(self._terms)))
        if len(self._which):
            # a matrix product per block, in double precision
            probabilities = np.square(state.re)
            probabilities += np.square(state.im)
            found = np.matmul(self._diagonals, probabilities)
            out[:, self._which] = np.moveaxis(found, 1, 2).reshape(n_rows, -1)
        re, im = np.empty((2, len(state.re), _kernels.LANES))
        known = {}
        for number, terms in enumerate(self._terms):
            for coefficient, *pauli in terms:
                key = tuple(pauli[:2])
                if key not in known:
                    _pauli_loops.pauli_overlap(
                        state.re, state.im, state.re, state.im, *pauli, re, im
                    )
                    known[key] = re.ravel().copy()
                out[:, number] += coefficient * known[key]
        return out

    def applied(self, ket, weights):
        """Return the sum of the operators, weighted row by row, applied to the states."""
        bra = State(len(ket.re), self._n_used, ket.re.dtype)
        padded = np.zeros((len(ket.re) * _kernels.LANES, weights.shape[1]))
        padded[: len(weights)] = weights
        by_block = np.moveaxis(padded.reshape(len(ket.re), _kernels.LANES, -1), 1, 2)
        diagonal = np.matmul(self._diagonals.T, by_block[:, self._which])
        np.multiply(diagonal, ket.re, out=bra.re, casting="same_kind")
        np.multiply(diagonal, ket.im, out=bra.im, casting="same_kind")
        del diagonal  # as large as half of a state
        together = {}
        for number, terms in enumerate(self._terms):
            for coefficient, *pauli in terms:
                key = tuple(pauli)
                together[key] = together.get(key, 0.0) + coefficient * padded[:, number]
        for pauli, weight in together.items():
            lanes = weight.reshape(-1, _kernels.LANES)
            _pauli_loops.pauli_accumulate(ket.re, ket.im, lanes, *pauli, bra.re, bra.im)
        return bra


def _terms(observable, n_qubits, qubits):
    """Return (coefficient, x mask, z mask, i ** n_Y) for the qubits in use."""
    terms = []
    idle = np.ones(n_qubits, dtype=bool)
    idle[list(qubits)] = False
    for x, z, coefficient in zip(
        observable.paulis.x, observable.paulis.z, observable.coeffs.real, strict=True
    ):
        if x[idle].any():
            continue  # flips a qubit that stays 0: no expectation
        x_mask, z_mask = (sum(1 << k for k, q in enumerate(qubits) if bits[q]) for bits in (x, z))
        factor = 1j ** ((x_mask & z_mask).bit_count() % 4)
        terms.append((float(coefficient), x_mask, z_mask, factor.real, factor.imag))
    return terms


def spread_bits(z, qubits):
    """Move bit k of z to bit qubits[k]."""
    spread = np.zeros_like(z)
    for k, qubit in enumerate(qubits):
        spread |= (z >> k & 1) << qubit
    return spread

"""Hermitian operators, prepared for numba."""

from typing import NamedTuple

import numpy as np

from skquantum.engines._compiled._machine import in_vectors

__all__ = ["Operators", "prepare_observables", "spread_bits"]


class Operators(NamedTuple):
    """Several Hermitian operators on the qubits in use; attributes are arrays.

    Attributes
    ----------
    diagonals : ndarray of shape (n_diagonals, n, LANES)
        Those of the operators that have one, little-endian.
    which : ndarray of shape (n_diagonals,)
        Numbers of these operators.
    strings : ndarray of shape (n_strings, 3)
        Pauli strings that are not diagonal: masks of X and Z, and the number of Y modulo 4.
    starts, numbers, weights : ndarray
        String k is part of operators numbers[starts[k]:starts[k + 1]], with these weights.
    """

    diagonals: np.ndarray
    which: np.ndarray
    strings: np.ndarray
    starts: np.ndarray
    numbers: np.ndarray
    weights: np.ndarray


def prepare_observables(observables, n_qubits, qubits):
    """Prepare observables.

    Parameters
    ----------
    observables : list of SparsePauliOp or ndarray of shape (2 ** n_qubits,)
        Result of ``check_observables``; an array is the diagonal of one.
    n_qubits : int
        Width of the circuit.
    qubits : sequence of int
        Those in use; the others stay 0.

    Returns
    -------
    Operators
        What numba runs.
    """
    size = 2 ** len(qubits)
    diagonals, strings = {}, {}  # diagonals: what they are made of
    for number, observable in enumerate(observables):
        if isinstance(observable, np.ndarray):
            diagonals[number] = observable
            continue
        terms = list(_terms(observable, n_qubits, qubits))
        diagonal = [(weight, z_mask) for weight, x_mask, z_mask in terms if not x_mask]
        if diagonal:
            diagonals[number] = diagonal
        for weight, *masks in terms:
            if masks[0]:
                strings.setdefault(tuple(masks), []).append((number, weight))
    values = np.empty((len(diagonals), size))
    for place, made_of in enumerate(diagonals.values()):
        if isinstance(made_of, np.ndarray):
            values[place] = made_of[spread_bits(np.arange(size), qubits)]
        else:
            values[place] = _diagonal(made_of, size)
    masks = [(x, z, (x & z).bit_count() % 4) for x, z in strings]
    own = [term for terms in strings.values() for term in terms]
    return Operators(
        in_vectors(values),
        np.array(list(diagonals), dtype=np.int64),
        np.array(masks, dtype=np.int64).reshape(-1, 3),
        np.cumsum([0, *map(len, strings.values())], dtype=np.int64),
        np.array([number for number, _ in own], dtype=np.int64),
        np.array([weight for _, weight in own], dtype=np.float64),
    )


def _diagonal(terms, size):
    z = np.arange(size)
    diagonal = np.zeros(size)
    for weight, z_mask in terms:
        odd = np.bitwise_count(z & z_mask).astype(np.int8) & 1
        diagonal += weight * (1.0 - 2.0 * odd)
    return diagonal


def _terms(observable, n_qubits, qubits):
    """Yield (coefficient, x mask, z mask) for the qubits in use."""
    idle = np.ones(n_qubits, dtype=bool)
    idle[list(qubits)] = False
    for x, z, coefficient in zip(
        observable.paulis.x, observable.paulis.z, observable.coeffs.real, strict=True
    ):
        if x[idle].any():
            continue  # flips a qubit that stays 0: no expectation
        masks = (sum(1 << k for k, q in enumerate(qubits) if bits[q]) for bits in (x, z))
        yield float(coefficient), *masks


def spread_bits(z, qubits):
    """Move bit k of z to bit qubits[k]."""
    spread = np.zeros_like(z)
    for k, qubit in enumerate(qubits):
        spread |= (z >> k & 1) << qubit
    return spread

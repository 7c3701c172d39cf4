"""Observables as weights on outcomes.

An operator is a sum of terms ``X^x D``: a diagonal, then the flips of the bits of ``x``. Its exact
expectation needs, for every x, the products of amplitudes whose indices differ by x. A device
measures instead: Pauli strings that agree on every qubit they share are read off the counts of
one basis. Both are weighted sums, over products or over outcomes.
"""

from dataclasses import dataclass

import numpy as np

from skquantum._circuits import parity_signs, pauli_terms

__all__ = ["Part", "amplitude_parts", "measured_parts", "products"]


@dataclass(frozen=True)
class Part:
    """What outcomes of one kind contribute to the observables.

    Attributes
    ----------
    key : int or tuple of int
        The flipped bits x; or the basis: on the bits (x, z) a qubit is measured in X if only
        x has it, in Y if both have it, and in Z otherwise.
    numbers : list of int
        Which observables.
    weights : ndarray of shape (len(numbers), 2 ** n_qubits)
        Of every outcome. Complex for amplitudes that are flipped, real otherwise.
    """

    key: object
    numbers: list
    weights: np.ndarray

    # Sums, and no products of matrices: their last bit depends on how many rows and threads work
    # together.

    def average(self, outcomes):
        """Return what rows of outcomes, of shape (n_rows, 2 ** n_qubits), contribute."""
        real = np.ascontiguousarray(outcomes.real)
        averages = [(real * weights.real).sum(axis=1) for weights in self.weights]
        if np.iscomplexobj(outcomes):
            imag = np.ascontiguousarray(outcomes.imag)
            for average, weights in zip(averages, self.weights.imag, strict=True):
                average -= (imag * weights).sum(axis=1)
        return np.stack(averages, axis=1)

    def average_counts(self, counts):
        """Return what counts of one row, of shape (2 ** n_qubits,), contribute per shot."""
        seen = np.flatnonzero(counts)
        return (counts[seen] * self.weights[:, seen]).sum(axis=1) / counts.sum()


class _Weights:
    """Weights by part and observable, as they are summed."""

    def __init__(self):
        self.by_key = {}

    def add(self, key, number, weights):
        of_key = self.by_key.setdefault(key, {})
        of_key[number] = of_key[number] + weights if number in of_key else weights

    def parts(self):
        return [
            Part(key, list(of_key), np.stack(list(of_key.values())))
            for key, of_key in self.by_key.items()
        ]


def amplitude_parts(observables, n_qubits):
    """Return the parts of exact expectations, one for every set of flipped bits.

    Parameters
    ----------
    observables : list of SparsePauliOp or ndarray of shape (2 ** n_qubits,)
        Result of :func:`check_observables`.
    n_qubits : int
        Width of the circuit.

    Returns
    -------
    parts : list of Part
        With the flipped bits as keys.
    constants : ndarray of shape (n_observables,)
        What to add; zero here.
    """
    weights = _Weights()
    for number, observable in enumerate(observables):
        if isinstance(observable, np.ndarray):
            weights.add(0, number, observable)
            continue
        for coefficient, x, z in pauli_terms(observable):
            # Y = i X Z
            factor = coefficient * 1j ** ((x & z).bit_count() % 4) if x else coefficient
            weights.add(x, number, factor * parity_signs(n_qubits, z))
    return weights.parts(), np.zeros(len(observables))


def measured_parts(observables, n_qubits):
    """Return the parts of expectations that are measured, one for every basis.

    What is diagonal shares the first basis. The other Pauli strings go, in their order, to the
    first basis that agrees with them on every qubit they share.

    Parameters
    ----------
    observables : list of SparsePauliOp or ndarray of shape (2 ** n_qubits,)
        Result of :func:`check_observables`.
    n_qubits : int
        Width of the circuit.

    Returns
    -------
    parts : list of Part
        With the bases as keys.
    constants : ndarray of shape (n_observables,)
        Coefficients of the identity, which is not measured.
    """
    constants = np.zeros(len(observables))
    strings = {}  # (x, z) → observable → coefficient
    for number, observable in enumerate(observables):
        if isinstance(observable, np.ndarray):
            continue
        for coefficient, x, z in pauli_terms(observable):
            if x or z:
                of_string = strings.setdefault((x, z), {})
                of_string[number] = of_string.get(number, 0.0) + coefficient
            else:
                constants[number] += coefficient
    diagonals = [
        k for k, observable in enumerate(observables) if isinstance(observable, np.ndarray)
    ]
    bases = [(0, 2**n_qubits - 1)] if diagonals else []
    chosen = {}
    for string in sorted(strings, key=lambda string: string[0] != 0):
        chosen[string] = _first_fitting(bases, *string)
    weights = _Weights()
    for number in diagonals:
        weights.add(bases[0], number, observables[number])
    for string, of_string in strings.items():
        signs = parity_signs(n_qubits, string[0] | string[1])
        for number, coefficient in of_string.items():
            weights.add(bases[chosen[string]], number, coefficient * signs)
    return weights.parts(), constants


def _first_fitting(bases, x, z):
    """Return the index of the first basis that fits a string, which is widened or added."""
    for index, (basis_x, basis_z) in enumerate(bases):
        shared = (x | z) & (basis_x | basis_z)
        if not ((x ^ basis_x) | (z ^ basis_z)) & shared:
            bases[index] = (x | basis_x, z | basis_z)
            return index
    bases.append((x, z))
    return len(bases) - 1


def products(states, flipped):
    """Return the products of amplitudes whose indices differ by some bits, row by row."""
    if not flipped:
        return states.real**2 + states.imag**2
    return states[:, np.arange(states.shape[1]) ^ flipped].conj() * states

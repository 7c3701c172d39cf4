"""Expectation values from counts, basis by basis."""

import hashlib
from dataclasses import dataclass

import numpy as np
from qiskit.quantum_info import PauliList
from sklearn.utils import gen_batches

from skquantum.engines._devices import (
    DeviceExpectations,
    Part,
    commuting_groups,
    pubs_of,
    without_constants,
)
from skquantum.engines._sampler._bits import as_numbers, checked_bits, parities
from skquantum.engines._sampler._circuits import make_basis_circuit
from skquantum.exceptions import SimulationError

__all__ = ["CountedExpectations"]


@dataclass(frozen=True)
class _Basis:
    """Pauli strings and diagonals that are read off the same counts.

    Attributes
    ----------
    letters : tuple of (int, str)
        Qubits that are measured, in their order, and X, Y or Z for each.
    masks : ndarray of bool of shape (n_strings, n_bits)
        Which of these qubits each Pauli string acts on.
    numbers : list of int
        Observables that the strings and diagonals belong to.
    coefficients : ndarray of shape (n_strings, len(numbers))
        Of each string in each observable.
    diagonals : dict of int to ndarray of shape (2 ** n_qubits,)
        Weights of outcomes, by the place of the observable in `numbers`.
    """

    letters: tuple
    masks: np.ndarray
    numbers: list
    coefficients: np.ndarray
    diagonals: dict

    def average(self, bits):
        """Return what bits of circuits contribute, of shape (n_circuits, len(numbers))."""
        averages = parities(bits, self.masks) @ self.coefficients
        for row, outcomes in enumerate(map(as_numbers, bits) if self.diagonals else ()):
            for place, diagonal in self.diagonals.items():
                averages[row, place] += diagonal[outcomes].mean()
        return averages

    def text(self):
        """Return a digest of all that results depend on."""
        digest = hashlib.sha256(repr((self.letters, sorted(self.diagonals))).encode())
        for array in (self.masks, self.coefficients, *self.diagonals.values()):
            digest.update(repr(array.shape).encode() + np.ascontiguousarray(array).tobytes())
        return digest.hexdigest()


class CountedExpectations(DeviceExpectations):
    """Measures each row in every basis that the observables need.

    Parameters
    ----------
    engine : SamplerEngine
        The settings, already validated.
    circuit : QuantumCircuit
        Unitary circuit of one row; its parameters, in order, are the columns of the values.
    wires : list of int
        Qubits of the circuit that observables act on.
    """

    counts = True

    def __init__(self, engine, circuit, wires):
        super().__init__(engine, circuit, wires)
        self._in_basis = {}

    def _parts(self, observables):
        constants, others = without_constants(observables)
        bases = _bases(others, self.n_qubits)
        parts = []
        for block in gen_batches(len(bases), self.circuits_per_job) if bases else ():
            some = bases[block]
            numbers = sorted({number for basis in some for number in basis.numbers})
            text = " ".join(
                f"{basis.text()} {[numbers.index(number) for number in basis.numbers]}"
                for basis in some
            )
            parts.append(Part(numbers, some, text, len(some)))
        return constants, parts

    def _pubs(self, values, part):
        pubs = []
        for basis in part.content:
            circuit = self._measured_in(basis)
            pubs += pubs_of(circuit, circuit.expressions.values(values), after=(self.shots,))
        return pubs

    def _measured_in(self, basis):
        if basis.letters not in self._in_basis:
            letters = {self._wires[qubit]: letter for qubit, letter in basis.letters}
            self._in_basis[basis.letters] = self._checked(
                make_basis_circuit(self.circuit, letters, self._primitive, self._pass_manager)
            )
        return self._in_basis[basis.letters]

    def _read(self, result, n_rows, part):
        n_pubs = sum(self._n_pubs(basis, n_rows) for basis in part.content)
        if len(result) != n_pubs:
            raise SimulationError(f"the sampler returned {len(result)} results for {n_pubs} PUB")
        found = np.zeros((n_rows, len(part.numbers)))
        start = 0
        for basis in part.content:
            stop = start + self._n_pubs(basis, n_rows)
            bits = checked_bits(
                [result[number] for number in range(start, stop)],
                self._measured_in(basis),
                n_rows,
                self.shots,
                len(basis.letters),
            )
            places = [part.numbers.index(number) for number in basis.numbers]
            found[:, places] += basis.average(bits)
            start = stop
        return found

    def _n_pubs(self, basis, n_rows):
        return 1 if self._measured_in(basis).placeholders else n_rows


def _bases(observables, n_qubits):
    """Return what is measured together, for observables by their numbers."""
    diagonals = {k: each for k, each in observables.items() if isinstance(each, np.ndarray)}
    operators = {k: each for k, each in observables.items() if k not in diagonals}
    strings = [operator.paulis for operator in operators.values()]
    if diagonals:  # which need every qubit in Z
        strings.append(PauliList("Z" * n_qubits))
    if not strings:
        return []
    group_of, bases = {}, []
    for group in commuting_groups(strings):
        letters = _letters(group)
        qubits = [qubit for qubit, _ in letters]
        group_of |= {key: len(bases) for key in _keys(group)}
        bases.append((letters, qubits, {}))
    for number, operator in operators.items():
        masks = operator.paulis.x | operator.paulis.z
        for key, mask, coefficient in zip(
            _keys(operator.paulis), masks, operator.coeffs.real, strict=True
        ):
            _, qubits, table = bases[group_of[key]]
            of_string = table.setdefault(key, (mask[qubits], {}))[1]
            of_string[number] = of_string.get(number, 0.0) + coefficient
    of_diagonals = group_of[_keys(strings[-1])[0]] if diagonals else None
    return [
        _basis(letters, table, diagonals if place == of_diagonals else {})
        for place, (letters, _, table) in enumerate(bases)
    ]


def _basis(letters, table, diagonals):
    numbers = sorted(set(diagonals).union(*(of_string for _, of_string in table.values())))
    coefficients = np.zeros((len(table), len(numbers)))
    for row, (_, of_string) in enumerate(table.values()):
        for number, coefficient in of_string.items():
            coefficients[row, numbers.index(number)] = coefficient
    masks = np.array([mask for mask, _ in table.values()], dtype=bool)
    return _Basis(
        letters=letters,
        masks=masks.reshape(len(table), len(letters)),
        numbers=numbers,
        coefficients=coefficients,
        diagonals={numbers.index(number): each for number, each in diagonals.items()},
    )


def _letters(group):
    """Return the qubits that strings of a group act on, and the letter that they have there."""
    x, z = group.x.any(axis=0), group.z.any(axis=0)
    names = {(True, False): "X", (True, True): "Y", (False, True): "Z"}
    return tuple(
        (qubit, names[bits])
        for qubit, bits in enumerate(zip(x.tolist(), z.tolist(), strict=True))
        if any(bits)
    )


def _keys(paulis):
    """Return what Pauli strings are known by."""
    return [bits.tobytes() for bits in np.hstack([paulis.x, paulis.z])]

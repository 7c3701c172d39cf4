"""What is measured at the end of a circuit, and what it means."""

from dataclasses import dataclass
from itertools import combinations, islice, product

import numpy as np
from qiskit.quantum_info import SparsePauliOp

from skquantum._validation import closest_name

__all__ = ["READOUTS", "Readout", "resolve_readout"]


@dataclass(frozen=True, eq=False)
class Readout:
    """Observables whose expectation values are the outputs of a model.

    Attributes
    ----------
    observables : list of SparsePauliOp or ndarray of shape (2 ** n_qubits,)
        One per output; an array is the diagonal of one.
    is_probability : bool
        Whether the expectation values are the probabilities of the classes themselves. If not,
        each is multiplied by a trained scale, and a trained intercept is added.
    """

    observables: list
    is_probability: bool


def _popcount(bitstrings, n_classes):
    return np.bitwise_count(bitstrings) % n_classes


def _number(bitstrings, n_classes):
    return bitstrings % n_classes


# Which class a measured bitstring means.
READOUTS = {"parity": _popcount, "modulo": _number}


def resolve_readout(readout, n_qubits, n_outputs, n_classes=None):
    """Return the readout that a parameter `readout` means.

    Parameters
    ----------
    readout : str, SparsePauliOp or list of SparsePauliOp or str
        "pauli" takes Pauli strings: Z on each qubit, then products of them, then others.
        "parity" and "modulo" give each class the probability of the bitstrings whose number of
        ones, or whose value, leaves its number as remainder. A list holds one observable per
        output.
    n_qubits : int
        Width of the circuit.
    n_outputs : int
        How many numbers the model gives: 1 for two classes, or one per class or target.
    n_classes : int or None, default=None
        Number of classes; None for regression.

    Returns
    -------
    Readout
        The observables.

    Raises
    ------
    ValueError
        If the name is unknown, or does not fit.
    TypeError
        If it is something else altogether.
    """
    if isinstance(readout, str) and readout == "pauli":
        available = 4**n_qubits - 1
        if n_outputs > available:
            raise ValueError(
                f"readout='pauli' needs {n_outputs} Pauli strings, {n_qubits} qubits have "
                f"{available}; use more qubits."
            )
        strings = islice(_pauli_strings(n_qubits), n_outputs)
        return Readout([SparsePauliOp(string) for string in strings], is_probability=False)
    if isinstance(readout, str) and readout in READOUTS:
        if n_classes is None:
            raise ValueError(
                f"readout={readout!r} gives probabilities of classes, which regression does not "
                "have; use readout='pauli'."
            )
        if n_classes > 2**n_qubits:
            raise ValueError(
                f"readout={readout!r} tells at most {2**n_qubits} classes apart on {n_qubits} "
                f"qubits, y has {n_classes}; use more qubits."
            )
        meaning = READOUTS[readout](np.arange(2**n_qubits), n_classes)
        diagonals = [(meaning == number).astype(np.float64) for number in range(n_classes)]
        empty = [number for number, diagonal in enumerate(diagonals) if not diagonal.any()]
        if empty:
            raise ValueError(
                f"readout={readout!r} never gives class number {empty[0]} of {n_classes} on "
                f"{n_qubits} qubits; use more qubits or another readout."
            )
        return Readout(diagonals, is_probability=True)
    if isinstance(readout, str) and set(readout) - set("IXYZ"):
        hint = closest_name(readout, {"pauli", *READOUTS})
        raise ValueError(f"readout={readout!r} is unknown: {hint}.")
    given = [readout] if isinstance(readout, str | SparsePauliOp) else readout
    if not isinstance(given, list | tuple) or not all(
        isinstance(item, str | SparsePauliOp) for item in given
    ):
        raise TypeError(
            f"readout is {readout!r}, not a name, a SparsePauliOp or a list of Pauli strings and "
            "SparsePauliOp; use one of these."
        )
    observables = [SparsePauliOp(item) for item in given]
    if len(observables) != n_outputs:
        raise ValueError(
            f"readout holds {len(observables)} observables, the model has {n_outputs} outputs "
            "(one for two classes, or one per class or target); pass as many."
        )
    for observable in observables:
        if observable.num_qubits != n_qubits:
            raise ValueError(
                f"An observable of readout acts on {observable.num_qubits} qubits, the circuit "
                f"has {n_qubits}; they must be as many."
            )
    return Readout(observables, is_probability=False)


def _pauli_strings(n_qubits):
    """Yield Pauli strings: those of Z by their weight, then all others by their weight."""
    for weight in range(1, n_qubits + 1):
        for qubits in combinations(range(n_qubits), weight):
            yield _string(n_qubits, qubits, "Z" * weight)
    for weight in range(1, n_qubits + 1):
        for qubits in combinations(range(n_qubits), weight):
            for letters in product("XYZ", repeat=weight):
                if set(letters) != {"Z"}:
                    yield _string(n_qubits, qubits, letters)


def _string(n_qubits, qubits, letters):
    """Return the string with letters on some qubits, qubit 0 on the right as in Qiskit."""
    at = dict(zip(qubits, letters, strict=True))
    return "".join(at.get(qubit, "I") for qubit in reversed(range(n_qubits)))

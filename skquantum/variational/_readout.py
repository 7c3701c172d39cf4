"""What is measured at the end of a circuit, and what it means."""

from abc import ABC, abstractmethod
from itertools import combinations, islice, product

import numpy as np
from qiskit.quantum_info import SparsePauliOp
from sklearn.base import BaseEstimator

from skquantum._runtime import check_memory
from skquantum._validation import closest_name

__all__ = [
    "READOUTS",
    "ModuloReadout",
    "ObservablesReadout",
    "ParityReadout",
    "PauliReadout",
    "Readout",
    "resolve_readout",
]


class Readout(BaseEstimator, ABC):
    """Base class: which expectation values are the outputs of a model.

    A subclass writes `build`.

    Attributes
    ----------
    is_probability : bool
        Whether the expectation values are the probabilities of the classes themselves. If not,
        each is multiplied by a trained scale, and a trained intercept is added.

    Examples
    --------
    The magnetisation of all qubits, the same for every output:

    >>> from qiskit.quantum_info import SparsePauliOp
    >>> from sklearn.datasets import load_iris
    >>> from skquantum import VQC
    >>> from skquantum.variational import Readout
    >>> class MagnetizationReadout(Readout):
    ...     def build(self, n_qubits, n_outputs):
    ...         terms = [("Z", [qubit], 1 / n_qubits) for qubit in range(n_qubits)]
    ...         return [SparsePauliOp.from_sparse_list(terms, n_qubits)] * n_outputs
    >>> X, y = load_iris(return_X_y=True)
    >>> VQC(readout=MagnetizationReadout(), random_state=0).fit(X, y == 0).score(X, y == 0) > 0.9
    True
    """

    is_probability = False

    @abstractmethod
    def build(self, n_qubits, n_outputs):
        """Return the observables.

        Parameters
        ----------
        n_qubits : int
            Width of the circuit.
        n_outputs : int
            Number of outputs: one per target or class; one for two classes, unless the outputs are
            probabilities.

        Returns
        -------
        list of SparsePauliOp or ndarray of shape (2 ** n_qubits,)
            One per output; an array is the diagonal of one.

        Raises
        ------
        ValueError
            If the circuit is too narrow, or the numbers do not match.
        """

    def min_qubits(self, n_outputs):
        """Return the width that a number of outputs needs.

        Parameters
        ----------
        n_outputs : int
            As in :meth:`build`.

        Returns
        -------
        int
            Number of qubits.
        """
        return 1


class PauliReadout(Readout):
    """Pauli strings: Z on each qubit, then products of them, then others."""

    def build(self, n_qubits, n_outputs):
        if n_outputs > 4**n_qubits - 1:
            raise ValueError(
                f"readout='pauli' needs {n_outputs} Pauli strings, {n_qubits} qubits have "
                f"{4**n_qubits - 1}; use more qubits."
            )
        return [SparsePauliOp(string) for string in islice(_pauli_strings(n_qubits), n_outputs)]

    def min_qubits(self, n_outputs):
        return -(-n_outputs.bit_length() // 2)


class _BitstringReadout(Readout):
    """Each measured bitstring means a class."""

    is_probability = True
    _name = ""

    @abstractmethod
    def _meaning(self, bitstrings, n_classes):
        """Return the number of the class that each bitstring means."""

    def build(self, n_qubits, n_outputs):
        if n_outputs > 2**n_qubits:
            raise ValueError(
                f"readout={self._name!r} tells at most {2**n_qubits} classes apart on {n_qubits} "
                f"qubits, y has {n_outputs}; use more qubits."
            )
        if n_qubits < self.min_qubits(n_outputs):
            raise ValueError(
                f"readout={self._name!r} never gives class number {n_qubits + 1} of {n_outputs} on "
                f"{n_qubits} qubits; use more qubits or another readout."
            )
        check_memory(
            8 * (n_outputs + 3) * 2**n_qubits,
            f"readout={self._name!r} on {n_qubits} qubits",
            "use fewer qubits, or readout='pauli', which does not weigh every bitstring",
        )
        meaning = self._meaning(np.arange(2**n_qubits), n_outputs)
        return [(meaning == number).astype(np.float64) for number in range(n_outputs)]


class ParityReadout(_BitstringReadout):
    """Class c: the bitstrings whose number of ones is c modulo the number of classes."""

    _name = "parity"

    def _meaning(self, bitstrings, n_classes):
        return np.bitwise_count(bitstrings) % n_classes

    def min_qubits(self, n_outputs):
        return n_outputs - 1


class ModuloReadout(_BitstringReadout):
    """Class c: the bitstrings whose value is c modulo the number of classes."""

    _name = "modulo"

    def _meaning(self, bitstrings, n_classes):
        return bitstrings % n_classes

    def min_qubits(self, n_outputs):
        return (n_outputs - 1).bit_length()


class ObservablesReadout(Readout):
    """Observables of the user's, one per output.

    Parameters
    ----------
    observables : list of SparsePauliOp
        Hermitian operators on all qubits of the circuit.
    """

    def __init__(self, observables):
        self.observables = observables

    def build(self, n_qubits, n_outputs):
        if len(self.observables) != n_outputs:
            raise ValueError(
                f"readout holds {len(self.observables)} observables, the model has {n_outputs} "
                "outputs (one for two classes, or one per class or target); the numbers must match."
            )
        for observable in self.observables:
            if observable.num_qubits != n_qubits:
                raise ValueError(
                    f"An observable of readout acts on {observable.num_qubits} qubits, the circuit "
                    f"has {n_qubits}; the numbers must match."
                )
        return list(self.observables)


READOUTS = {"pauli": PauliReadout, "parity": ParityReadout, "modulo": ModuloReadout}


def resolve_readout(readout):
    """Return the readout that a parameter `readout` means.

    Parameters
    ----------
    readout : str, Readout, SparsePauliOp or list of SparsePauliOp or str
        A key of `READOUTS`; an object, which is returned as it is; or one observable per output,
        as strings or operators.

    Returns
    -------
    Readout
        The object.

    Raises
    ------
    ValueError
        If the name is unknown.
    TypeError
        If it is something else altogether.
    """
    if isinstance(readout, Readout):
        return readout
    if isinstance(readout, str) and readout in READOUTS:
        return READOUTS[readout]()
    if isinstance(readout, str) and set(readout) - set("IXYZ"):
        raise ValueError(f"readout={readout!r} is unknown: {closest_name(readout, READOUTS)}.")
    given = [readout] if isinstance(readout, str | SparsePauliOp) else readout
    if not isinstance(given, list | tuple) or not all(
        isinstance(item, str | SparsePauliOp) for item in given
    ):
        raise TypeError(
            f"readout is {readout!r}, not a name, a Readout, a SparsePauliOp or a list of Pauli "
            "strings and SparsePauliOp; use one of these."
        )
    return ObservablesReadout([SparsePauliOp(item) for item in given])


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

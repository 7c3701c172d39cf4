"""Readouts of observables: outputs are trained functions of their expectation values."""

from itertools import combinations, islice, product

from qiskit.quantum_info import SparsePauliOp

from skquantum.variational._head import AffineHead
from skquantum.variational._readout import Readout, chosen_qubits

__all__ = ["AffineReadout", "ObservablesReadout", "PauliReadout"]


class AffineReadout(Readout):
    """A trained affine function of expectation values for each output.

    Parameters
    ----------
    observables : str or list of str or SparsePauliOp, default="XYZ"
        Letters of Pauli matrices, each measured on each qubit; or a list of observables on all
        qubits of the circuit, as Pauli strings or operators.
    qubits : sequence of int or None, default=None
        Qubits that letters are measured on; None means all.

    Examples
    --------
    Magnetisations along Z of two of the qubits:

    >>> from skquantum import VQC
    >>> from skquantum.variational import AffineReadout
    >>> model = VQC(n_qubits=4, readout=AffineReadout("Z", qubits=[0, 1]), random_state=0)
    >>> model.fit([[0.0], [0.1], [2.0], [2.1]], [0, 0, 1, 1]).output_coef_.shape
    (1, 2)
    """

    def __init__(self, observables="XYZ", *, qubits=None):
        self.observables = observables
        self.qubits = qubits

    def build(self, n_qubits, n_outputs):
        if isinstance(self.observables, str):
            letters = self.observables.upper()
            if not letters or set(letters) - set("XYZ") or len(set(letters)) < len(letters):
                raise ValueError(
                    f"observables={self.observables!r} of AffineReadout are not some of the "
                    "letters X, Y, Z, each once; pass these, or a list of Pauli strings."
                )
            return [
                SparsePauliOp(_string(n_qubits, [qubit], [letter]))
                for qubit in chosen_qubits(self.qubits, n_qubits, self)
                for letter in letters
            ]
        observables = [SparsePauliOp(item) for item in self.observables]
        if not observables:
            raise ValueError("observables of AffineReadout is empty; pass at least one.")
        check_widths(observables, n_qubits)
        return observables

    def n_diagonals(self, n_qubits, n_outputs):
        if not isinstance(self.observables, str):
            return -(-len(self.observables) // 2)
        n_measured = n_qubits if self.qubits is None else len(self.qubits)
        return -(-n_measured // 2) if "Z" in self.observables.upper() else 0

    def head(self, n_observables, n_outputs):
        return AffineHead(n_observables, n_outputs)


class PauliReadout(Readout):
    """Pauli strings: Z on each qubit, then products of them, then others.

    Parameters
    ----------
    qubits : sequence of int or None, default=None
        Qubits that are measured; None means all.
    """

    def __init__(self, qubits=None):
        self.qubits = qubits

    def build(self, n_qubits, n_outputs):
        qubits = chosen_qubits(self.qubits, n_qubits, self)
        if n_outputs > 4 ** len(qubits) - 1:
            raise ValueError(
                f"readout='pauli' needs {n_outputs} Pauli strings, {len(qubits)} qubits have "
                f"{4 ** len(qubits) - 1}; use more qubits, or readout='affine'."
            )
        strings = islice(_pauli_strings(len(qubits)), n_outputs)
        return [
            SparsePauliOp(_string(n_qubits, [qubits[place] for place in places], letters))
            for places, letters in strings
        ]

    def min_qubits(self, n_outputs):
        return -(-n_outputs.bit_length() // 2)


class ObservablesReadout(Readout):
    """Observables given by the user, one per output.

    Parameters
    ----------
    observables : list of SparsePauliOp
        Hermitian operators on all qubits of the circuit.
    """

    def __init__(self, observables):
        self.observables = observables

    def n_outputs(self, n_classes):
        one_each = n_classes == 2 and len(self.observables) == 2
        return 2 if one_each else super().n_outputs(n_classes)

    def build(self, n_qubits, n_outputs):
        if len(self.observables) != n_outputs:
            raise ValueError(
                f"readout holds {len(self.observables)} observables, the model has {n_outputs} "
                "outputs (one or two for two classes, or one per class or target); the numbers "
                "must match."
            )
        check_widths(self.observables, n_qubits)
        return list(self.observables)


def check_widths(observables, n_qubits):
    """Raise unless all observables act on a number of qubits."""
    for observable in observables:
        if observable.num_qubits != n_qubits:
            raise ValueError(
                f"An observable of readout acts on {observable.num_qubits} qubits, the circuit "
                f"has {n_qubits}; the numbers must match."
            )


def _pauli_strings(n_qubits):
    """Yield qubits and letters: strings of Z by their weight, then all others by their weight."""
    for weight in range(1, n_qubits + 1):
        for qubits in combinations(range(n_qubits), weight):
            yield qubits, "Z" * weight
    for weight in range(1, n_qubits + 1):
        for qubits in combinations(range(n_qubits), weight):
            for letters in product("XYZ", repeat=weight):
                if set(letters) != {"Z"}:
                    yield qubits, letters


def _string(n_qubits, qubits, letters):
    """Return the string with letters on some qubits, qubit 0 on the right as in Qiskit."""
    at = dict(zip(qubits, letters, strict=True))
    return "".join(at.get(qubit, "I") for qubit in reversed(range(n_qubits)))

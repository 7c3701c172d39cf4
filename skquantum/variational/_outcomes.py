"""Readouts of outcomes: each measured bitstring means a class."""

from abc import abstractmethod

import numpy as np

from skquantum._runtime import check_memory
from skquantum._validation import Integral
from skquantum.variational._readout import Readout, chosen_qubits

__all__ = ["InterpretedReadout", "ModuloReadout", "ParityReadout"]


class _BitstringReadout(Readout):
    """Each measured bitstring means a class."""

    is_probability = True

    def __init__(self, qubits=None):
        self.qubits = qubits

    @property
    @abstractmethod
    def _name(self):
        """How messages call it."""

    @abstractmethod
    def _meaning(self, bitstrings, n_classes):
        """Return the number of the class that each bitstring means."""

    def build(self, n_qubits, n_outputs):
        qubits = chosen_qubits(self.qubits, n_qubits, self)
        n_measured = len(qubits)
        if n_outputs > 2**n_measured:
            raise ValueError(
                f"readout={self._name} tells at most {2**n_measured} classes apart on {n_measured} "
                f"qubits, y has {n_outputs}; use more qubits."
            )
        check_memory(
            8 * (n_outputs + 3) * 2**n_qubits,
            f"readout={self._name} on {n_qubits} qubits",
            "use fewer qubits, or readout='pauli', which does not weigh every bitstring",
        )
        meaning = self._meaning(np.arange(2**n_measured), n_outputs)
        absent = np.setdiff1d(np.arange(n_outputs), meaning)
        if len(absent):
            raise ValueError(
                f"readout={self._name} never returns class number {absent[0] + 1} of {n_outputs} "
                f"on {n_measured} qubits; use more qubits or another readout."
            )
        if self.qubits is not None:  # spread over all bits
            everything = np.arange(2**n_qubits)
            bits = [(everything >> qubit & 1) << place for place, qubit in enumerate(qubits)]
            meaning = meaning[sum(bits)]
        return [(meaning == number).astype(np.float64) for number in range(n_outputs)]


class ParityReadout(_BitstringReadout):
    """Class c: the bitstrings whose number of ones is c modulo the number of classes.

    Parameters
    ----------
    qubits : sequence of int or None, default=None
        Qubits that are measured; None means all.
    """

    _name = "'parity'"

    def _meaning(self, bitstrings, n_classes):
        return np.bitwise_count(bitstrings) % n_classes

    def min_qubits(self, n_outputs):
        return n_outputs - 1


class ModuloReadout(_BitstringReadout):
    """Class c: the bitstrings whose value is c modulo the number of classes.

    Parameters
    ----------
    qubits : sequence of int or None, default=None
        Qubits that are measured, the first the least significant bit; None means all.
    """

    _name = "'modulo'"

    def _meaning(self, bitstrings, n_classes):
        return bitstrings % n_classes

    def min_qubits(self, n_outputs):
        return (n_outputs - 1).bit_length()


class InterpretedReadout(_BitstringReadout):
    """Class c: the bitstrings for which a function returns c.

    Parameters
    ----------
    interpret : callable
        Takes a bitstring as an integer (qubit 0 is the least significant bit) and returns the
        number of a class, from 0: what `interpret` is in qiskit-machine-learning.
    qubits : sequence of int or None, default=None
        Qubits that are measured, the first the least significant bit; None means all.

    Examples
    --------
    The majority of three qubits:

    >>> from skquantum import VQC
    >>> from skquantum.variational import InterpretedReadout
    >>> majority = InterpretedReadout(lambda bits: bits.bit_count() >= 2)
    >>> model = VQC(n_qubits=3, readout=majority, random_state=0)
    >>> model.fit([[0.0], [0.1], [2.0], [2.1]], [0, 0, 1, 1]).predict_proba([[0.0]]).shape
    (1, 2)
    """

    def __init__(self, interpret, *, qubits=None):
        self.interpret = interpret
        self.qubits = qubits

    @property
    def _name(self):
        return repr(self.interpret)

    def _meaning(self, bitstrings, n_classes):
        meaning = []
        for bits in bitstrings.tolist():
            number = self.interpret(bits)
            if not isinstance(number, Integral | np.bool_) or not 0 <= number < n_classes:
                raise ValueError(
                    f"readout={self._name} returns {number!r} for the bitstring {bits}, which is "
                    f"not a class number between 0 and {n_classes - 1}."
                )
            meaning.append(int(number))
        return np.array(meaning)

    def min_qubits(self, n_outputs):
        return (n_outputs - 1).bit_length()

"""What is measured at the end of a circuit, and what it means."""

from abc import ABC, abstractmethod

from sklearn.base import BaseEstimator

from skquantum._validation import Integral
from skquantum.variational._head import NoHead, ScaleHead

__all__ = ["Readout", "chosen_qubits"]


class Readout(BaseEstimator, ABC):
    """Base class: which expectation values are the outputs of a model.

    A subclass writes `build`.

    Attributes
    ----------
    is_probability : bool
        Whether the expectation values are the probabilities of the classes themselves. If not,
        each is multiplied by a trained scale, and a trained intercept is added, unless :meth:`head`
        says otherwise.

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
            Number of outputs: one per target, or what :meth:`n_outputs` says.

        Returns
        -------
        list of SparsePauliOp or ndarray of shape (2 ** n_qubits,)
            One per output, unless :meth:`head` is another; an array is the diagonal of one.

        Raises
        ------
        ValueError
            If the circuit is too narrow, or the numbers do not match.
        """

    def n_outputs(self, n_classes):
        """Return the number of outputs of a classifier.

        Parameters
        ----------
        n_classes : int
            Number of classes.

        Returns
        -------
        int
            One for two classes, unless the outputs are probabilities, or one per class.
        """
        return 1 if n_classes == 2 and not self.is_probability else n_classes

    def head(self, n_observables, n_outputs):
        """Return what makes outputs of expectation values.

        Parameters
        ----------
        n_observables : int
            How many there are.
        n_outputs : int
            As in :meth:`build`.

        Returns
        -------
        Head
            Nothing for probabilities; a scale and an intercept per output otherwise.

        Raises
        ------
        ValueError
            If there is not one observable per output.
        """
        if n_observables != n_outputs:
            raise ValueError(
                f"{type(self).__name__} has {n_observables} observables for {n_outputs} outputs; "
                "the numbers must match."
            )
        return NoHead() if self.is_probability else ScaleHead(n_outputs)

    def n_diagonals(self, n_qubits, n_outputs):
        """Return how many diagonals of 2 ** n_qubits numbers are in memory, before they are built.

        An engine makes one of each observable of I and Z; what :meth:`build` returns as an array
        is there twice, and counts as one here.

        Parameters
        ----------
        n_qubits, n_outputs : int
            As in :meth:`build`.

        Returns
        -------
        int
            One for each output, unless a subclass says otherwise.
        """
        return n_outputs

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


def chosen_qubits(qubits, n_qubits, readout):
    """Return the qubits that a readout measures, as a list.

    Parameters
    ----------
    qubits : sequence of int or None
        None means all.
    n_qubits : int
        Width of the circuit.
    readout : Readout
        Whose parameter it is.

    Returns
    -------
    list of int
        Numbers of qubits.

    Raises
    ------
    ValueError
        If they are not distinct qubits of the circuit.
    """
    if qubits is None:
        return list(range(n_qubits))
    chosen = list(qubits)
    known = all(isinstance(q, Integral) and 0 <= q < n_qubits for q in chosen)
    if not chosen or not known or len(set(chosen)) < len(chosen):
        raise ValueError(
            f"qubits={qubits!r} of {type(readout).__name__} are not distinct numbers between 0 and "
            f"{n_qubits - 1}; name qubits of the circuit, each once."
        )
    return [int(q) for q in chosen]

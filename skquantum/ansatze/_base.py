"""What every ansatz offers: a trainable circuit for any number of qubits."""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from itertools import chain, count

import numpy as np
from qiskit import QuantumCircuit
from qiskit.circuit import Parameter, ParameterVector
from sklearn.base import BaseEstimator

from skquantum._circuits import CircuitsInState, natural_order
from skquantum._validation import Integral

__all__ = [
    "Ansatz",
    "AttachedCircuit",
    "check_encoding",
    "new_weights",
    "own_parameters",
    "with_weights",
]

NO_MIRRORS = np.empty((0, 2), dtype=np.intp)


@dataclass(frozen=True, eq=False)
class AttachedCircuit:
    """An encoding with an ansatz attached, and what is known of the weights.

    Parameters
    ----------
    circuit : QuantumCircuit
        Its free parameters are those of the encoding, unchanged, and the weights.
    weights : tuple of Parameter
        The weights in order.
    is_scaling : ndarray of shape (n_weights,)
        bool; true for weights that multiply a parameter of the encoding, whose neutral value is 1.
        All others are angles in radians, unless the user's own circuit says otherwise.
    mirrors : ndarray of shape (n_pairs, 2)
        int; pairs ``(i, j)`` of positions in `weights` such that weight j is to start with the
        value of weight i. No j stands in two pairs, and none is an i.

    See Also
    --------
    Ansatz.attach : Makes it.

    Examples
    --------
    Starting values that respect both:

    >>> import numpy as np
    >>> from skquantum.ansatze import ReuploadingAnsatz
    >>> from skquantum.feature_maps import AngleFeatureMap
    >>> attached = ReuploadingAnsatz(layers=1).attach(AngleFeatureMap().build(2))
    >>> attached.is_scaling.astype(int)
    array([1, 1, 0, 0, 0, 0, 0, 0])
    >>> start = np.random.default_rng(0).uniform(-np.pi, np.pi, len(attached.weights))
    >>> start[attached.is_scaling] = 1.0
    >>> start[attached.mirrors[:, 1]] = start[attached.mirrors[:, 0]]
    """

    circuit: QuantumCircuit
    weights: tuple[Parameter, ...]
    is_scaling: np.ndarray
    mirrors: np.ndarray

    def columns(self, encoding):
        """Return where the values of the encoding, and the weights, stand among all values.

        Parameters
        ----------
        encoding : QuantumCircuit
            Circuit of the feature map that the ansatz was attached to.

        Returns
        -------
        data : list of int
            For each parameter of the encoding, its number among the parameters of `circuit`.
        weights : list of int
            The same for the weights.
        """
        number = {parameter: k for k, parameter in enumerate(self.circuit.parameters)}
        data = [number[parameter] for parameter in encoding.parameters]
        return data, [number[parameter] for parameter in self.weights]

    @classmethod
    def without_weights(cls, encoding):
        """Return the encoding alone, whose feature map holds the weights.

        Parameters
        ----------
        encoding : QuantumCircuit
            Circuit of a feature map.

        Returns
        -------
        AttachedCircuit
            The same circuit.
        """
        return cls(encoding, (), np.zeros(0, dtype=bool), NO_MIRRORS)


class Ansatz(CircuitsInState, BaseEstimator, ABC):
    """Base class: turns a number of qubits into a circuit whose parameters are weights.

    A subclass stores its parameters in the constructor and makes the circuit in `_build`.
    """

    _parameter_constraints: dict = {}

    def build(self, n_qubits, shared=()):
        """Return the circuit for a number of qubits.

        Parameters
        ----------
        n_qubits : int
            Width of the circuit.
        shared : iterable of Parameter, default=()
            Parameters of the encoding. A circuit of your own may hold some of them, which then
            stay as they are and take the data, unless it holds no others.

        Returns
        -------
        QuantumCircuit
            Its parameters ``w[0], w[1], ...`` are the weights in order; ``w_1[0], ...`` and so on
            where there is a `w` in `shared` already.

        Raises
        ------
        ValueError
            If this ansatz has no circuit, or no weights, on that many qubits.
        """
        if not isinstance(n_qubits, Integral) or n_qubits < 1:
            raise ValueError(
                f"n_qubits={n_qubits!r}, but an ansatz needs at least 1 qubit; give it a circuit "
                "or a number that has one."
            )
        self._validate_params()
        shared = tuple(shared)
        circuit = self._build_beside(int(n_qubits), shared)
        if not circuit.num_parameters:
            raise ValueError(
                f"{type(self).__name__} on {n_qubits} qubits has 0 free parameters, so there is "
                "nothing to train; use at least one parameterised gate."
            )
        order = self._weights_in_order(own_parameters(circuit, shared), circuit)
        weights = new_weights(shared, len(order))
        return circuit.assign_parameters(dict(zip(order, weights, strict=True)))

    def attach(self, encoding):
        """Return the encoding followed by this ansatz.

        Parameters
        ----------
        encoding : QuantumCircuit
            Circuit of a feature map, with its free parameters. It is not changed.

        Returns
        -------
        AttachedCircuit
            The circuit and its weights, called ``w[0], w[1], ...``, or ``w_1[0], ...`` and so on
            where the encoding has a parameter `w` already.

        Raises
        ------
        ValueError
            If this ansatz has no circuit, or no weights, on as many qubits.
        TypeError
            If `encoding` is not a circuit.
        """
        check_encoding(encoding)
        shared = encoding.parameters
        block = self.build(encoding.num_qubits, shared)
        weights = new_weights(shared, len(own_parameters(block, shared)))
        circuit = encoding.copy()
        circuit.compose(with_weights(block, weights, shared), inplace=True)
        return AttachedCircuit(
            circuit,
            tuple(weights),
            np.zeros(len(weights), dtype=bool),
            self._mirrors(encoding.num_qubits, shared),
        )

    @abstractmethod
    def _build(self, n_qubits):
        """Return the circuit; the parameters of this object have been checked.

        Whatever the free parameters of the circuit are called, they are the weights in natural
        order.
        """

    def _build_beside(self, n_qubits, shared):
        """Return the circuit, in which parameters of the encoding may stay."""
        return self._build(n_qubits)

    def _weights_in_order(self, parameters, circuit):
        """Sort those parameters of a circuit that are weights."""
        return natural_order(parameters)

    def _mirrors(self, n_qubits, shared=()):
        """Return `AttachedCircuit.mirrors` for the weights of :meth:`build`."""
        return NO_MIRRORS


def check_encoding(encoding):
    """Raise if an encoding is no circuit."""
    if not isinstance(encoding, QuantumCircuit):
        raise TypeError(
            f"encoding is {encoding!r}, not a QuantumCircuit; pass what build(n_features) of a "
            "feature map returns."
        )


def new_weights(taken, n_weights):
    """Return a ParameterVector with another name than the parameters that are there already."""
    stems = {parameter.name.partition("[")[0] for parameter in taken}
    names = chain(["w"], (f"w_{number}" for number in count(1)))
    return ParameterVector(next(name for name in names if name not in stems), n_weights)


def own_parameters(circuit, shared):
    """Return the weights of a circuit: its parameters, in natural order, that are not shared.

    If it has no others, they are weights all the same, for there would be nothing to train.
    """
    shared = set(shared)
    parameters = natural_order(circuit.parameters)
    return [parameter for parameter in parameters if parameter not in shared] or parameters


def with_weights(circuit, weights, shared=()):
    """Return a circuit with other weights in place of its own, in order."""
    own = own_parameters(circuit, shared)
    return circuit.assign_parameters(dict(zip(own, weights, strict=True)))

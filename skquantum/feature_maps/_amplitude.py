"""Features as amplitudes."""

import numpy as np
from qiskit import QuantumCircuit
from qiskit.circuit import ParameterVector

from skquantum.exceptions import RowError
from skquantum.feature_maps._base import FeatureMap

__all__ = ["AmplitudeFeatureMap"]


class AmplitudeFeatureMap(FeatureMap):
    r"""Amplitude encoding: the state is the row, normalised and padded with zeros.

    The circuit has ``ceil(log2(n_features))`` qubits (at least one); the fidelity kernel is
    :math:`(x \cdot y)^2 / (\|x\|^2 \|y\|^2)`. It does not depend on the length of a row, so there
    is no bandwidth.

    Attributes
    ----------
    circuit_ : QuantumCircuit
        The circuit for `n_features_in_` features. Its parameters are angles (radians) that
        :meth:`parameter_values` computes from the rows.
    n_features_in_ : int
        Number of features seen in ``fit``.

    Notes
    -----
    The state is prepared by a tree of multiplexed RY rotations [1]_, one level per qubit, each
    opened into single rotations and CX gates.

    References
    ----------
    .. [1] M. Möttönen, J. J. Vartiainen, V. Bergholm, M. M. Salomaa, "Transformation of quantum
       states using uniformly controlled rotations", Quantum Inf. Comput. 5, 467 (2005).

    Examples
    --------
    >>> from skquantum.feature_maps import AmplitudeFeatureMap
    >>> circuit = AmplitudeFeatureMap().build(5)
    >>> circuit.num_qubits, circuit.num_parameters
    (3, 7)
    """

    def _build(self, n_features):
        n_qubits = _n_qubits(n_features)
        angles = iter(ParameterVector("theta", 2**n_qubits - 1))
        circuit = QuantumCircuit(n_qubits, name="amplitude")
        for target in reversed(range(n_qubits)):
            _append_multiplexed_ry(circuit, angles, list(range(target + 1, n_qubits)), target)
        return circuit

    def parameter_values(self, X):
        """Return the rotation angles (radians) that prepare each row.

        Parameters
        ----------
        X : ndarray of shape (n_samples, n_features)
            Rows, none of them all zeros.

        Returns
        -------
        ndarray of shape (n_samples, 2 ** n_qubits - 1)
            Angles in the order of the circuit's parameters.

        Raises
        ------
        ValueError
            If a row is zero, and so has no direction.
        """
        zero = np.flatnonzero(~X.any(axis=1))
        if zero.size:
            raise RowError(
                "Row ",
                zero[0],
                " is all zeros and cannot be normalised to amplitudes; drop it, or add a constant "
                "feature.",
            )
        n_qubits = _n_qubits(X.shape[1])
        amplitudes = np.zeros((len(X), 2**n_qubits))
        # Lengths do not matter; this keeps squares from overflowing or vanishing.
        amplitudes[:, : X.shape[1]] = X / np.abs(X).max(axis=1, keepdims=True)
        levels = []
        for _ in range(n_qubits):
            low, high = amplitudes[:, ::2], amplitudes[:, 1::2]
            levels.append(_rotations(2 * np.arctan2(high, low)))
            amplitudes = np.hypot(low, high)
        return np.hstack(levels[::-1])


def _n_qubits(n_features):
    return max(1, (n_features - 1).bit_length())


def _append_multiplexed_ry(circuit, angles, controls, target):
    """RY on `target` by an angle that depends on the `controls`, the last the most significant."""
    if not controls:
        circuit.ry(next(angles), target)
        return
    *rest, control = controls
    for _ in range(2):
        _append_multiplexed_ry(circuit, angles, rest, target)
        circuit.cx(control, target)


def _rotations(angles):
    """Turn the angles of a multiplexed RY into those of its single rotations, column by column."""
    half = angles.shape[1] // 2
    if not half:
        return angles
    zero, one = angles[:, :half], angles[:, half:]  # of the most significant control
    return np.hstack([_rotations((zero + one) / 2), _rotations((zero - one) / 2)])

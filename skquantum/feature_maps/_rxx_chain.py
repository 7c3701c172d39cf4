"""Layers of RXX gates along a line."""

import numpy as np
from qiskit import QuantumCircuit

from skquantum._validation import Integral, Interval, Real
from skquantum.feature_maps._base import FeatureMap, features

__all__ = ["RXXChainFeatureMap"]


class RXXChainFeatureMap(FeatureMap):
    r"""Chain of RXX gates: one qubit per feature, and gates between qubits that are close.

    After a Hadamard gate on every qubit follow `reps` blocks of
    :math:`R_Z(2 \gamma x_i)` on qubit i and
    :math:`R_{XX}(\pi \gamma^2 (1 - x_i) (1 - x_j))` on qubits i and j that are at most `distance`
    apart, where :math:`\gamma` is the bandwidth. It is meant for features between 0 and 2.

    Parameters
    ----------
    reps : int, default=2
        Number of repetitions of the block.
    distance : int, default=1
        Largest distance between the qubits of a gate.
    bandwidth : float, default=1.0
        The number :math:`\gamma`; for hundreds of qubits, 0.1 or less.

    Attributes
    ----------
    circuit_ : QuantumCircuit
        The circuit for `n_features_in_` features.
    n_features_in_ : int
        Number of features seen in ``fit``.

    See Also
    --------
    skquantum.engines.ChainEngine : Its fidelities for hundreds of features; the boundary has
        ``2 ** (distance * (2 * reps - 1))`` states.

    References
    ----------
    .. [1] M. Metcalf, P. Andres-Martinez, N. Fitzpatrick, "Realizing quantum kernel models at
       scale with matrix product state simulation", arXiv:2411.09336 (2024).

    Examples
    --------
    >>> from skquantum.feature_maps import RXXChainFeatureMap
    >>> dict(RXXChainFeatureMap(reps=1, distance=2).build(4).count_ops())
    {'rxx': 5, 'h': 4, 'rz': 4}
    """

    _parameter_constraints: dict = {
        "reps": [Interval(Integral, 1, None, closed="left")],
        "distance": [Interval(Integral, 1, None, closed="left")],
        "bandwidth": [Interval(Real, 0, None, closed="neither")],
    }

    def __init__(self, *, reps=2, distance=1, bandwidth=1.0):
        self.reps = reps
        self.distance = distance
        self.bandwidth = bandwidth

    def _build(self, n_features):
        x = features(n_features)
        width = float(self.bandwidth)
        circuit = QuantumCircuit(n_features, name="rxx_chain")
        circuit.h(range(n_features))
        for _ in range(self.reps):
            for qubit, feature in enumerate(x):
                circuit.rz(2 * width * feature, qubit)
            for apart in range(1, self.distance + 1):
                for i in range(n_features - apart):
                    j = i + apart
                    circuit.rxx(np.pi * width**2 * (1 - x[i]) * (1 - x[j]), i, j)
        return circuit

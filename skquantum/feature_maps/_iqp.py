"""Instantaneous quantum polynomial encoding."""

from qiskit import QuantumCircuit

from skquantum._circuits import qubit_pairs
from skquantum._validation import Integral, Interval
from skquantum.feature_maps._base import features
from skquantum.feature_maps._scaled import ScaledFeatureMap

__all__ = ["IQPFeatureMap"]


class IQPFeatureMap(ScaledFeatureMap):
    """IQP encoding: H on every qubit, RZ(x_i), RZZ(x_i x_j) on pairs, repeated.

    Parameters
    ----------
    reps : int, default=2
        Number of repetitions of the whole block.
    entanglement : {"linear", "circular", "full", "none"} or list of pairs, default="full"
        On which pairs RZZ acts.
    bandwidth : float or str, default=1.0
        Multiplies the features; angles are in radians. "scale" takes
        ``2 / sqrt(n_features * X.var())`` of the training data, which counts one rotation per
        feature: RZZ and repetitions make the kernel narrower. "0.5*scale" and the like are
        multiples.
        "trained" makes a factor of that number a weight, which starts at 1.

    Attributes
    ----------
    bandwidth_ : float
        The number that `bandwidth` came to in ``fit``.
    circuit_ : QuantumCircuit
        The circuit for `n_features_in_` features.
    n_features_in_ : int
        Number of features seen in ``fit``.

    References
    ----------
    .. [1] V. Havlíček et al., "Supervised learning with quantum-enhanced feature spaces", Nature
       567, 209 (2019).

    Examples
    --------
    >>> from skquantum.feature_maps import IQPFeatureMap
    >>> dict(IQPFeatureMap(reps=1).build(3).count_ops())
    {'h': 3, 'rz': 3, 'rzz': 3}
    """

    _parameter_constraints: dict = {
        **ScaledFeatureMap._parameter_constraints,
        "reps": [Interval(Integral, 1, None, closed="left")],
        "entanglement": [str, "array-like"],
    }

    def __init__(self, *, reps=2, entanglement="full", bandwidth=1.0):
        self.reps = reps
        self.entanglement = entanglement
        self.bandwidth = bandwidth

    def _unscaled(self, n_features):
        x = features(n_features)
        pairs = qubit_pairs(self.entanglement, n_features)
        circuit = QuantumCircuit(n_features, name="iqp")
        for _ in range(self.reps):
            circuit.h(range(n_features))
            for qubit, angle in enumerate(x):
                circuit.rz(angle, qubit)
            for i, j in pairs:
                circuit.rzz(x[i] * x[j], i, j)
        return circuit

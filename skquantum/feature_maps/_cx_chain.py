"""Rotations around a chain of CX gates."""

from qiskit import QuantumCircuit

from skquantum._validation import Integral, Interval
from skquantum.feature_maps._base import features
from skquantum.feature_maps._scaled import ScaledFeatureMap

__all__ = ["CXChainFeatureMap"]


class CXChainFeatureMap(ScaledFeatureMap):
    """Block encoding with a chain of CX gates: one qubit per feature.

    After a Hadamard gate on every qubit follow `reps` blocks of RZ(x_i) and RY(x_i) on qubit i, CX
    gates from each qubit to the next, and RZ(x_i) on qubit i.

    Parameters
    ----------
    reps : int, default=1
        Number of repetitions of the block.
    bandwidth : float or str, default=1.0
        Multiplies the features; angles are in radians. "scale" takes
        ``2 / sqrt(n_features * X.var())`` of the training data, which counts one rotation per
        feature; "0.5*scale" and the like are multiples.
        "trained" makes a factor of that number a weight, which starts at 1.

    Attributes
    ----------
    bandwidth_ : float
        The number that `bandwidth` came to in ``fit``.
    circuit_ : QuantumCircuit
        The circuit for `n_features_in_` features.
    n_features_in_ : int
        Number of features seen in ``fit``.

    See Also
    --------
    skquantum.engines.ChainEngine : Its fidelities for thousands of features; with ``reps=1``, the
        boundary has 2 states.

    References
    ----------
    .. [1] K.-C. Chen, T.-Y. Li, Y.-Y. Wang, S. See, C.-C. Wang, R. Wille, N.-Y. Chen, A.-C. Yang,
       C.-Y. Lin, "Validating large-scale quantum machine learning: Efficient simulation of quantum
       support vector machines using tensor networks", arXiv:2405.02630 (2024).

    Examples
    --------
    >>> from skquantum.feature_maps import CXChainFeatureMap
    >>> dict(CXChainFeatureMap().build(3).count_ops())
    {'rz': 6, 'h': 3, 'ry': 3, 'cx': 2}
    """

    _parameter_constraints: dict = {
        **ScaledFeatureMap._parameter_constraints,
        "reps": [Interval(Integral, 1, None, closed="left")],
    }

    def __init__(self, *, reps=1, bandwidth=1.0):
        self.reps = reps
        self.bandwidth = bandwidth

    def _unscaled(self, n_features):
        x = features(n_features)
        circuit = QuantumCircuit(n_features, name="cx_chain")
        circuit.h(range(n_features))
        for _ in range(self.reps):
            for qubit, angle in enumerate(x):
                circuit.rz(angle, qubit)
                circuit.ry(angle, qubit)
            for qubit in range(n_features - 1):
                circuit.cx(qubit, qubit + 1)
            for qubit, angle in enumerate(x):
                circuit.rz(angle, qubit)
        return circuit

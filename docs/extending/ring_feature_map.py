"""A feature map: rotations, and interactions of neighbours on a ring."""

from qiskit import QuantumCircuit
from qiskit.circuit import ParameterVector

from skquantum.feature_maps import FeatureMap

__all__ = ["RingFeatureMap"]


class RingFeatureMap(FeatureMap):
    """Feature i rotates qubit i about X, and about ZZ together with the next one."""

    def __init__(self, bandwidth=1.0, *, reps=1):
        self.bandwidth = bandwidth
        self.reps = reps

    def _build(self, n_features):
        x = ParameterVector("x", n_features)
        circuit = QuantumCircuit(n_features)
        for _ in range(self.reps):
            for qubit in range(n_features):
                circuit.rx(self.bandwidth * x[qubit], qubit)
            for qubit in range(n_features if n_features > 2 else n_features - 1):
                after = (qubit + 1) % n_features
                circuit.rzz(self.bandwidth * (x[qubit] - x[after]), qubit, after)
                circuit.ry(self.bandwidth * x[after], after)
        return circuit

"""Any circuit of the user's."""

from qiskit import QuantumCircuit

from skquantum.feature_maps._base import ScaledFeatureMap

__all__ = ["CircuitFeatureMap"]


class CircuitFeatureMap(ScaledFeatureMap):
    """A given circuit whose free parameters, in order, are the features.

    Wherever a feature map is taken, a bare :class:`qiskit.QuantumCircuit` is taken too and
    becomes this.

    Parameters
    ----------
    circuit : QuantumCircuit
        Unitary circuit. Its parameters, in the order of ``circuit.parameters``, take the columns
        of the data. It is never changed.
    bandwidth : float or str, default=1.0
        Multiplies the features. "scale" takes ``2 / sqrt(n_features * X.var())`` of the training
        data, which counts one rotation per feature: where the circuit has more, take a multiple
        such as "0.5*scale".

    Attributes
    ----------
    bandwidth_ : float
        The number that `bandwidth` came to in ``fit``.
    circuit_ : QuantumCircuit
        The circuit with the bandwidth in it.
    n_features_in_ : int
        Number of features seen in ``fit``.

    Examples
    --------
    >>> from qiskit.circuit.library import real_amplitudes
    >>> from skquantum.feature_maps import CircuitFeatureMap
    >>> CircuitFeatureMap(real_amplitudes(2, reps=1)).build(4).num_qubits
    2
    """

    _parameter_constraints: dict = {
        **ScaledFeatureMap._parameter_constraints,
        "circuit": [QuantumCircuit],
    }

    def __init__(self, circuit, *, bandwidth=1.0):
        self.circuit = circuit
        self.bandwidth = bandwidth

    def _unscaled(self, n_features):
        n_parameters = self.circuit.num_parameters
        if self.circuit.num_qubits == 0:
            raise ValueError("The circuit has 0 qubits; a feature map needs at least one.")
        if n_parameters == 0:
            raise ValueError(
                "The circuit has no free parameters, so no feature can enter it; use "
                "qiskit.circuit.Parameter where a feature belongs."
            )
        if n_parameters != n_features:
            raise ValueError(
                f"The circuit has {n_parameters} free parameters, X has {n_features} features; "
                "they must be as many: select features, or bind the other parameters first."
            )
        return self.circuit.copy()

"""Any number of features on a given number of qubits: the default feature map."""

from qiskit import QuantumCircuit

from skquantum._circuits import qubit_pairs
from skquantum._validation import Integral, Interval
from skquantum.feature_maps._base import ScaledFeatureMap, features

__all__ = ["ReuploadingFeatureMap"]

DEFAULT_QUBITS = 10


class ReuploadingFeatureMap(ScaledFeatureMap):
    r"""Features folded over a given number of qubits, with entanglers between the layers.

    After a Hadamard gate on every qubit, a layer rotates each qubit about Z by the next feature
    and then about Y by the one after next, until the features are used up; between layers stand
    CX gates. So 64 features need no 64 qubits.

    Parameters
    ----------
    n_qubits : int or None, default=None
        Width of the circuit. None takes one qubit per feature, but at most 10.
    reps : int, default=1
        How often all features are uploaded.
    entanglement : {"linear", "circular", "full", "none"} or list of pairs, default="circular"
        Which CX gates stand between two layers.
    bandwidth : float or str, default="scale"
        Multiplies the features; rotation angles are in radians. "scale" takes
        ``2 / sqrt(n_features * X.var())`` of the training data, which makes the kernel's width
        that of an RBF kernel with ``gamma="scale"``; "0.5*scale" and the like are multiples.

    Attributes
    ----------
    bandwidth_ : float
        The number that `bandwidth` came to in ``fit``.
    circuit_ : QuantumCircuit
        The circuit for `n_features_in_` features.
    n_features_in_ : int
        Number of features seen in ``fit``.

    Notes
    -----
    To second order in the distance, the fidelity kernel of one rotation by `a` is
    :math:`\cos^2(a \Delta / 2) \approx e^{-a^2 \Delta^2 / 4}`, so :math:`a = 2 \sqrt\gamma`
    belongs to :math:`e^{-\gamma \Delta^2}`.

    References
    ----------
    .. [1] A. Pérez-Salinas, A. Cervera-Lierta, E. Gil-Fuster, J. I. Latorre, "Data re-uploading
       for a universal quantum classifier", Quantum 4, 226 (2020).

    Examples
    --------
    >>> from skquantum.feature_maps import ReuploadingFeatureMap
    >>> circuit = ReuploadingFeatureMap(n_qubits=2, bandwidth=1.0).build(6)
    >>> circuit.num_qubits, circuit.num_parameters
    (2, 6)
    >>> dict(circuit.count_ops())
    {'rz': 4, 'h': 2, 'ry': 2, 'cx': 1}
    """

    _parameter_constraints: dict = {
        **ScaledFeatureMap._parameter_constraints,
        "n_qubits": [Interval(Integral, 1, None, closed="left"), None],
        "reps": [Interval(Integral, 1, None, closed="left")],
        "entanglement": [str, "array-like"],
    }

    def __init__(self, n_qubits=None, *, reps=1, entanglement="circular", bandwidth="scale"):
        self.n_qubits = n_qubits
        self.reps = reps
        self.entanglement = entanglement
        self.bandwidth = bandwidth

    def _unscaled(self, n_features):
        n_qubits = self.n_qubits or min(n_features, DEFAULT_QUBITS)
        x = features(n_features)
        pairs = qubit_pairs(self.entanglement, n_qubits)
        circuit = QuantumCircuit(n_qubits, name="reuploading")
        circuit.h(range(n_qubits))
        layers = [
            x[start : start + 2 * n_qubits] for start in range(0, n_features, 2 * n_qubits)
        ] * self.reps
        for number, layer in enumerate(layers):
            # A last entangler would cancel from every overlap of two states.
            if number:
                for control, target in pairs:
                    circuit.cx(control, target)
            for qubit, angle in enumerate(layer[:n_qubits]):
                circuit.rz(angle, qubit)
            for qubit, angle in enumerate(layer[n_qubits:]):
                circuit.ry(angle, qubit)
        return circuit

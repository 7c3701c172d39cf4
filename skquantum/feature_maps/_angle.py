"""One rotation per feature."""

from qiskit import QuantumCircuit

from skquantum._circuits import qubit_pairs
from skquantum._validation import Integral, Interval, StrOptions
from skquantum.feature_maps._base import features
from skquantum.feature_maps._rotations import counted_rotations
from skquantum.feature_maps._scaled import ScaledFeatureMap

__all__ = ["AngleFeatureMap"]


class AngleFeatureMap(ScaledFeatureMap):
    r"""Angle encoding: feature i rotates qubit i.

    With the defaults the fidelity kernel is :math:`\prod_i \cos^2((x_i - y_i) / 2)`.

    Parameters
    ----------
    rotation : {"rx", "ry", "rz"}, default="ry"
        Axis. Before "rz" a Hadamard gate stands on every qubit, for without it the rotation
        would only be a phase.
    reps : int, default=1
        Number of repetitions of the rotations.
    entanglement : {"linear", "circular", "full", "none"} or list of pairs, default="none"
        CX gates between two repetitions.
    bandwidth : float or str, default=1.0
        Multiplies the features; angles are in radians. "scale" takes
        ``2 / sqrt(n_rotations * X.var())`` of the training data, which makes the kernel's width
        that of an RBF kernel with ``gamma="scale"``; "0.5*scale" and the like are multiples. Each
        feature counts as `reps` rotations, or as ``reps ** 2`` where they move the state in the
        same direction, as they do without entanglement, because their angles add up.
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
    .. [1] M. Schuld, F. Petruccione, "Machine Learning with Quantum Computers", 2nd ed.,
       Springer (2021), section 4.3.

    Examples
    --------
    >>> from skquantum.feature_maps import AngleFeatureMap
    >>> dict(AngleFeatureMap().build(3).count_ops())
    {'ry': 3}
    """

    _parameter_constraints: dict = {
        **ScaledFeatureMap._parameter_constraints,
        "rotation": [StrOptions({"rx", "ry", "rz"})],
        "reps": [Interval(Integral, 1, None, closed="left")],
        "entanglement": [str, "array-like"],
    }

    def __init__(self, rotation="ry", *, reps=1, entanglement="none", bandwidth=1.0):
        self.rotation = rotation
        self.reps = reps
        self.entanglement = entanglement
        self.bandwidth = bandwidth

    def _unscaled(self, n_features):
        x = features(n_features)
        pairs = qubit_pairs(self.entanglement, n_features)
        circuit = QuantumCircuit(n_features, name="angle")
        if self.rotation == "rz":
            circuit.h(range(n_features))
        for rep in range(self.reps):
            if rep:
                for control, target in pairs:
                    circuit.cx(control, target)
            for qubit, angle in enumerate(x):
                getattr(circuit, self.rotation)(angle, qubit)
        return circuit

    def _n_rotations(self, n_features):
        return counted_rotations(self._unscaled(n_features))

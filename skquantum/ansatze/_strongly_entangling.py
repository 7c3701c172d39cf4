"""General rotations and rings of CX gates of growing range: the default ansatz."""

from qiskit.circuit import ParameterVector

from skquantum._circuits import rotation_layers
from skquantum._validation import Integral, Interval
from skquantum.ansatze._base import Ansatz

__all__ = ["StronglyEntangling"]


class StronglyEntangling(Ansatz):
    """Strongly entangling layers of the circuit-centric classifier.

    Layer l applies RZ, RY and RZ to each qubit in turn and then, for q = 0, 1, ..., a CX gate
    from qubit q to qubit ``(q + r) % n_qubits`` with the range ``r = l % (n_qubits - 1) + 1``. On
    a single qubit there are no CX gates.

    Parameters
    ----------
    reps : int, default=3
        Number of layers. Each has ``3 * n_qubits`` weights, angles in radians.

    Notes
    -----
    The weights are those of PennyLane's ``StronglyEntanglingLayers``, an array of shape
    ``(reps, n_qubits, 3)`` in C order.

    References
    ----------
    .. [1] M. Schuld, A. Bocharov, K. M. Svore, N. Wiebe, "Circuit-centric quantum classifiers",
       Phys. Rev. A 101, 032308 (2020).

    Examples
    --------
    >>> from skquantum.ansatze import StronglyEntangling
    >>> dict(StronglyEntangling(reps=2).build(3).count_ops())
    {'rz': 12, 'ry': 6, 'cx': 6}
    """

    _parameter_constraints: dict = {"reps": [Interval(Integral, 1, None, closed="left")]}

    def __init__(self, reps=3):
        self.reps = reps

    def _build(self, n_qubits):
        angles = ParameterVector("w", 3 * n_qubits * self.reps)
        return rotation_layers(n_qubits, angles, "strongly_entangling")

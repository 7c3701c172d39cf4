"""Convolutions and poolings down to one qubit."""

from qiskit import QuantumCircuit
from qiskit.circuit import ParameterVector

from skquantum._circuits import general_rotation
from skquantum._validation import Integral, Interval
from skquantum.ansatze._base import Ansatz

__all__ = ["QCNN"]

CONVOLUTION_WEIGHTS = 15
POOLING_WEIGHTS = 2
FINAL_WEIGHTS = 3


class QCNN(Ansatz):
    """Quantum convolutional neural network: convolve, pool to half of the qubits, repeat.

    A convolution applies one and the same general two-qubit gate to all neighbours among the
    active qubits: RZ, RY, RZ on both, RXX, RYY and RZZ, and RZ, RY, RZ on both again, first on
    the pairs (0, 1), (2, 3), ..., then on (1, 2), (3, 4), ... Pooling rotates the first qubit of
    each pair (0, 1), (2, 3), ... depending on the second, by RZ if that is 1 and by RX if it is
    0, and goes on with the first ones only; an odd one out stays. The last active qubit, at
    which the network is read out, is qubit 0; RZ, RY and RZ act on it at the end. On a single
    qubit they are all there is.

    Parameters
    ----------
    reps : int, default=1
        Number of convolutions, with weights of their own, before each pooling. The
        ``(15 * reps + 2) * ceil(log2(n_qubits)) + 3`` weights are angles in radians.

    Notes
    -----
    The controlled rotations are the measurements of the original, followed by a rotation that
    depends on the outcome, with the measurement put off to the end. Their form is that of [2]_.

    References
    ----------
    .. [1] I. Cong, S. Choi, M. D. Lukin, "Quantum convolutional neural networks", Nat. Phys. 15,
       1273 (2019).
    .. [2] T. Hur, L. Kim, D. K. Park, "Quantum convolutional neural network for classical data
       classification", Quantum Mach. Intell. 4, 3 (2022).

    Examples
    --------
    >>> from skquantum.ansatze import QCNN
    >>> QCNN().build(8).num_parameters
    54
    """

    _parameter_constraints: dict = {"reps": [Interval(Integral, 1, None, closed="left")]}

    def __init__(self, reps=1):
        self.reps = reps

    def _build(self, n_qubits):
        n_poolings = (n_qubits - 1).bit_length()
        per_pooling = CONVOLUTION_WEIGHTS * self.reps + POOLING_WEIGHTS
        w = ParameterVector("w", per_pooling * n_poolings + FINAL_WEIGHTS)
        weights = iter(w)
        circuit = QuantumCircuit(n_qubits, name="qcnn")
        active = range(n_qubits)
        while len(active) > 1:
            for _ in range(self.reps):
                angles = [next(weights) for _ in range(CONVOLUTION_WEIGHTS)]
                for start in (0, 1):
                    for pair in zip(active[start::2], active[start + 1 :: 2], strict=False):
                        _convolve(circuit, angles, pair)
            if_one, if_zero = next(weights), next(weights)
            for kept, dropped in zip(active[::2], active[1::2], strict=False):
                circuit.crz(if_one, dropped, kept)
                circuit.crx(if_zero, dropped, kept, ctrl_state=0)
            active = active[::2]
        general_rotation(circuit, weights, 0)
        return circuit


def _convolve(circuit, angles, pair):
    """Append a general two-qubit gate, in its Cartan decomposition."""
    first, second = pair
    general_rotation(circuit, angles[:3], first)
    general_rotation(circuit, angles[3:6], second)
    circuit.rxx(angles[6], first, second)
    circuit.ryy(angles[7], first, second)
    circuit.rzz(angles[8], first, second)
    general_rotation(circuit, angles[9:12], first)
    general_rotation(circuit, angles[12:], second)

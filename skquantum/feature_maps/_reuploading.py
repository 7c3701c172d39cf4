"""Any number of features on a given number of qubits: the default feature map."""

import math

from qiskit import QuantumCircuit

from skquantum._circuits import qubit_pairs
from skquantum._validation import Integral, Interval
from skquantum.feature_maps._base import features
from skquantum.feature_maps._rotations import counted_rotations
from skquantum.feature_maps._scaled import ScaledFeatureMap

__all__ = ["ReuploadingFeatureMap"]

DEFAULT_QUBITS = 10

# A product of n factors cos(u)**2 that falls to exp(-s) is the Gaussian times 1 - s**2 / (6 n): at
# s = 1 the kernel of 30 rotations is within 0.6 % of it. On ten qubits these are three full layers.
ENOUGH_ROTATIONS = 30
ENOUGH_PER_QUBIT = 3


class ReuploadingFeatureMap(ScaledFeatureMap):
    r"""Features, repeated and folded over a given number of qubits with entangling layers.

    The columns of the data are repeated `reps` times, :math:`x_0 \dots x_{d-1}, x_0 \dots`, one
    rotation each. (If the number of columns and `n_qubits` have a common divisor, every repetition
    starts one column later than the one before, so that no feature stays on one qubit.) After a
    Hadamard gate on every qubit, the first `n_qubits` of them rotate the qubits 0, 1, ... about Z
    and the next `n_qubits` about Y; then CX gates entangle the qubits, and so on until the list is
    used up. So any number of features fits any number of qubits.

    Parameters
    ----------
    n_qubits : int or None, default=None
        Width of the circuit. None means 10, or one qubit per rotation if there are fewer than 10
        rotations, which can happen only if `reps` is given.
    reps : int or None, default=None
        Number of repetitions of the columns. None repeats them until there are at least 30
        rotations and at least 3 on average per qubit, so that the qubits are rotated again after
        the first CX gates.
    entanglement : None, {"linear", "circular", "full", "none"} or list of pairs, default=None
        CX gates between two blocks of Z and Y rotations. None means two rings: each
        qubit controls the next one, and then each controls the third next (the second next on four
        qubits). Two and three qubits have one ring only, a single qubit has none.
    bandwidth : float or str, default="scale"
        Multiplies the features; rotation angles are in radians. "scale" takes
        ``2 / sqrt(n_rotations * X.var())`` of the training data, where ``n_rotations`` is
        ``reps * n_features``, which makes the kernel's width that of an RBF kernel with
        ``gamma="scale"``; "0.5*scale" and the like are multiples. Where m rotations by the same
        feature move the state in the same direction, as some must on few qubits, they count as
        ``m ** 2``, because their angles add up; on ten qubits none do unless `reps` is large.
        "trained" makes a factor of that number a weight, which starts at 1.

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
    belongs to :math:`e^{-\gamma \Delta^2}`, and n rotations by :math:`a / \sqrt n` are closer to
    it the larger n is. One rotation per feature is a Fourier series of a single frequency [2]_,
    which fits few functions.

    Every rotation has an effect on the kernel. CX gates at the end would have none, because they
    cancel from the overlap of two states, so there are none. On ten qubits the default kernel of
    normally distributed rows differs from the RBF kernel by about 0.01 (root mean square), with
    ``entanglement="circular"``, which has half the CX gates, by 0.02 to 0.04.

    References
    ----------
    .. [1] A. Pérez-Salinas, A. Cervera-Lierta, E. Gil-Fuster, J. I. Latorre, "Data re-uploading
       for a universal quantum classifier", Quantum 4, 226 (2020).
    .. [2] M. Schuld, R. Sweke, J. J. Meyer, "Effect of data encoding on the expressive power of
       variational quantum-machine-learning models", Phys. Rev. A 103, 032430 (2021).

    Examples
    --------
    >>> from skquantum.feature_maps import ReuploadingFeatureMap
    >>> circuit = ReuploadingFeatureMap(bandwidth=1.0).build(2)
    >>> circuit.num_qubits, circuit.num_parameters
    (10, 2)
    >>> dict(circuit.count_ops())
    {'rz': 20, 'cx': 20, 'h': 10, 'ry': 10}

    Each feature once, on two qubits:

    >>> circuit = ReuploadingFeatureMap(n_qubits=2, reps=1, bandwidth=1.0).build(6)
    >>> dict(circuit.count_ops())
    {'rz': 4, 'h': 2, 'ry': 2, 'cx': 1}
    """

    _parameter_constraints: dict = {
        **ScaledFeatureMap._parameter_constraints,
        "n_qubits": [Interval(Integral, 1, None, closed="left"), None],
        "reps": [Interval(Integral, 1, None, closed="left"), None],
        "entanglement": [str, "array-like", None],
    }

    def __init__(self, n_qubits=None, *, reps=None, entanglement=None, bandwidth="scale"):
        self.n_qubits = n_qubits
        self.reps = reps
        self.entanglement = entanglement
        self.bandwidth = bandwidth

    def _rotations_and_qubits(self, n_features):
        """Return the number of rotations and the number of qubits that they act on."""
        if self.reps is None:
            n_qubits = self.n_qubits or DEFAULT_QUBITS
            enough = max(ENOUGH_ROTATIONS, ENOUGH_PER_QUBIT * n_qubits)
            return -(-enough // n_features) * n_features, n_qubits
        n_rotations = self.reps * n_features
        return n_rotations, self.n_qubits or min(DEFAULT_QUBITS, n_rotations)

    def _unscaled(self, n_features):
        n_rotations, n_qubits = self._rotations_and_qubits(n_features)
        x = features(n_features)
        if self.entanglement is None:
            pairs = _two_rings(n_qubits)
        else:
            pairs = qubit_pairs(self.entanglement, n_qubits)
        later = int(math.gcd(n_features, n_qubits) > 1)
        circuit = QuantumCircuit(n_qubits, name="reuploading")
        circuit.h(range(n_qubits))
        for number in range(n_rotations):
            block, place = divmod(number, 2 * n_qubits)
            if block and place == 0:
                for control, target in pairs:
                    circuit.cx(control, target)
            about_y, qubit = divmod(place, n_qubits)
            rotate = circuit.ry if about_y else circuit.rz
            repetition, column = divmod(number, n_features)
            rotate(x[(column + later * repetition) % n_features], qubit)
        return circuit

    def _n_rotations(self, n_features):
        return counted_rotations(self._unscaled(n_features))


def _two_rings(n_qubits):
    """Return CX gates after which rotations flip sets of qubits far from those before.

    A rotation flips one qubit of the state before the CX gates, or a set of qubits if it comes
    after them. Where two flips make a third, the kernel differs from a Gaussian one; after a single
    ring, neighbours do.
    """
    circular = qubit_pairs("circular", n_qubits)
    if n_qubits < 4:
        return circular
    step = 3 if n_qubits > 4 else 2
    return circular + [(qubit, (qubit + step) % n_qubits) for qubit in range(n_qubits)]

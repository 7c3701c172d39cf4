"""Rotations by affine functions of the features, whose coefficients are trained."""

import numpy as np
from qiskit.circuit import ParameterVector
from scipy.sparse import issparse
from sklearn.utils import check_random_state

from skquantum._circuits import rotation_layers
from skquantum._moments import moments
from skquantum._validation import Integral, Interval, StrOptions, validate_weights
from skquantum.feature_maps._base import TrainableFeatureMap

__all__ = ["AffineFeatureMap"]

DEFAULT_QUBITS = 6
# Few features are uploaded in more layers, for high frequencies.
MIN_LAYERS = 2
MIN_UPLOADS = 6
# Standard deviation of the factors that training starts with, times their number.
SPREAD = 0.5
SMALL = 0.1  # radians


class AffineFeatureMap(TrainableFeatureMap):
    r"""Data re-uploading with full weights: each rotation by an affine function of all features.

    Layers of RZ, RY and RZ on each qubit and a ring of CX gates, whose range grows from layer to
    layer, as in :class:`~skquantum.ansatze.StronglyEntangling`. Rotation k is by the angle
    :math:`\sum_j W_{kj} z_j + b_k`, where :math:`z_j = 2 (x_j - \bar x_j) / (\sigma_j \sqrt d)`
    are the d standardised features. W and b are the map's weights, which :class:`~skquantum.VQC`
    and :class:`~skquantum.VQR` train; what the circuit is given are the angles.

    Parameters
    ----------
    n_qubits : int or None, default=None
        Width of the circuit. None means 6.
    layers : int or None, default=None
        Number of layers. None takes as many as upload at least six features, and two at least: six
        layers for one feature, three for two, two for any more; and with one feature per rotation
        as many as give each feature a rotation.
    encoding : {"full", "single"}, default="full"
        Which features a rotation takes: "full" all of them; "single" one, the features dealt out
        in turn, :math:`w_k z_{k \bmod d} + b_k`, which has fewer weights and more layers.
    random_state : int, RandomState instance or None, default=0
        Draws the weights that are used where they are not trained, as by a kernel.

    Attributes
    ----------
    angle_of_ : ndarray of shape (n_weights,)
        Which angle each weight is a part of.
    circuit_ : QuantumCircuit
        Its parameters are the angles.
    is_encoding_ : ndarray of shape (n_weights,)
        bool; true for weights that multiply features.
    mean_, scale_ : ndarray of shape (n_features,)
        Mean and standard deviation of the features; 1 instead of 0.
    n_features_in_ : int
        Number of features seen in ``fit``.
    n_weights_ : int
        Number of weights: those of W row by row (or w), then those of b (radians).

    References
    ----------
    .. [1] A. Pérez-Salinas, A. Cervera-Lierta, E. Gil-Fuster, J. I. Latorre, "Data re-uploading
       for a universal quantum classifier", Quantum 4, 226 (2020).

    Examples
    --------
    >>> import numpy as np
    >>> from skquantum.feature_maps import AffineFeatureMap
    >>> X = np.random.default_rng(0).normal(size=(20, 3))
    >>> feature_map = AffineFeatureMap(n_qubits=2).fit(X)
    >>> dict(feature_map.circuit_.count_ops())
    {'rz': 8, 'ry': 4, 'cx': 4}
    >>> feature_map.n_weights_  # 12 angles, each with 3 factors and an offset
    48
    """

    _parameter_constraints: dict = {
        "n_qubits": [Interval(Integral, 1, None, closed="left"), None],
        "layers": [Interval(Integral, 1, None, closed="left"), None],
        "encoding": [StrOptions({"full", "single"})],
        "random_state": ["random_state"],
    }

    def __init__(self, n_qubits=None, *, layers=None, encoding="full", random_state=0):
        self.n_qubits = n_qubits
        self.layers = layers
        self.encoding = encoding
        self.random_state = random_state

    def _build(self, n_features):
        n_qubits = self.n_qubits or DEFAULT_QUBITS
        layers = self.layers or max(MIN_LAYERS, -(-MIN_UPLOADS // n_features))
        if self.layers is None and self.encoding == "single":
            layers = max(layers, -(-n_features // (3 * n_qubits)))
        angles = ParameterVector("angle", 3 * n_qubits * layers)
        return rotation_layers(n_qubits, angles, "affine")

    def _resolve(self, X, sample_weight):
        weights = None if sample_weight is None else validate_weights(sample_weight, X)
        self.mean_, self.scale_ = moments(X, weights)

    @property
    def _n_angles(self):
        return self.circuit_.num_parameters

    @property
    def _per_angle(self):
        """Number of factors of an angle."""
        return self.n_features_in_ if self.encoding == "full" else 1

    @property
    def n_weights_(self):
        return self._n_angles * (self._per_angle + 1)

    @property
    def is_encoding_(self):
        return np.arange(self.n_weights_) < self._n_angles * self._per_angle

    @property
    def angle_of_(self):
        angles = np.arange(self._n_angles)
        return np.append(np.repeat(angles, self._per_angle), angles)

    def draw_encoding(self, random_state):
        spread = SPREAD / self._per_angle
        return random_state.normal(0.0, spread, self._n_angles * self._per_angle)

    def inputs(self, X):
        X = X.toarray() if issparse(X) else X
        with np.errstate(over="ignore"):
            return 2.0 / np.sqrt(X.shape[1]) * ((X - self.mean_) / self.scale_)

    def start_weights(self):
        random_state = check_random_state(self.random_state)
        factors = self.draw_encoding(random_state)
        return np.append(factors, random_state.normal(0.0, SMALL, self._n_angles))

    def slopes(self, X, weights=None):
        factors = weights[: self._n_angles * self._per_angle]
        if self.encoding == "single":
            dealt = np.arange(self._n_angles) % X.shape[1]
            factors = factors * (dealt == np.arange(X.shape[1])[:, np.newaxis])
        else:
            factors = factors.reshape(self._n_angles, -1).T
        scale = 2.0 / np.sqrt(X.shape[1]) / self.scale_
        return (factors * scale[:, np.newaxis])[np.newaxis]

    def angles(self, inputs, weights):
        split = self._n_angles * self._per_angle
        factors, offsets = weights[..., :split], weights[..., split:]
        if self.encoding == "single":
            return factors * self._dealt(inputs) + offsets
        factors = factors.reshape(*factors.shape[:-1], self._n_angles, -1)
        # of a row alone, whatever rows there are besides; a matrix product is not
        one_each = "rd,rad->ra" if factors.ndim == 3 else "rd,ad->ra"
        return np.einsum(one_each, inputs, factors) + offsets

    def pull_back(self, inputs, by_angle):
        if self.encoding == "single":
            factors = (by_angle * self._dealt(inputs)).sum(axis=0)
        else:
            factors = (by_angle.T @ inputs).ravel()
        return np.concatenate([factors, by_angle.sum(axis=0)])

    def _dealt(self, inputs):
        """Return the input of every rotation."""
        return inputs[:, np.arange(self._n_angles) % inputs.shape[1]]

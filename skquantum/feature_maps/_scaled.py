"""What feature maps share that multiply features by a bandwidth."""

from abc import abstractmethod

import numpy as np
from scipy.sparse import issparse

from skquantum._moments import total_variance
from skquantum._validation import Interval, Real, scale_factor, validate_weights
from skquantum.feature_maps._base import TrainableFeatureMap

__all__ = ["ScaledFeatureMap"]

# Least factor of a trained bandwidth.
MIN_FACTOR = 1e-3


class ScaledFeatureMap(TrainableFeatureMap):
    """A feature map that multiplies every feature by a bandwidth before it becomes an angle.

    With ``bandwidth="trained"`` a factor of the bandwidth is a weight. Further parameters of the
    circuit that are no features are weights as well, if `_weights` names them.
    """

    _parameter_constraints: dict = {
        "bandwidth": [Interval(Real, 0, None, closed="neither"), str],
    }

    def _resolve(self, X, sample_weight):
        self.bandwidth_ = self._bandwidth_for(X, sample_weight)

    def _bandwidth_for(self, X, sample_weight):
        if not isinstance(self.bandwidth, str):
            return float(self.bandwidth)
        factor = self._scale_factor()
        weights = None if sample_weight is None else validate_weights(sample_weight, X)
        with np.errstate(over="ignore", invalid="ignore"):
            variance = total_variance(X, weights)
        smallest, largest = X.min(), X.max()
        magnitude = max(-smallest, largest)
        if not np.isfinite(variance) or (variance == 0 and smallest < largest):
            raise ValueError(
                f"bandwidth={self.bandwidth!r} needs the variance of X, which comes to {variance} "
                f"for values up to {magnitude:g}; rescale the features."
            )
        rounding = (8 * np.finfo(np.float64).eps * magnitude) ** 2
        if variance <= rounding:  # constant features: as SVC's gamma="scale" does
            variance = 1.0
        n_rotations = self._n_rotations(X.shape[1])
        return factor * 2.0 / self._angle_per_unit() / np.sqrt(n_rotations * variance)

    def _scale_factor(self):
        if self._trains_bandwidth:
            return 1.0
        name = type(self).__name__
        return scale_factor(self.bandwidth, f"bandwidth={self.bandwidth!r} of {name}")

    def _angle_per_unit(self):
        """Rotation angle (radians) that one unit of a feature makes at bandwidth 1."""
        return 1.0

    def _n_rotations(self, n_features):
        """Number of rotations that "scale" shares the width of the kernel among."""
        return n_features

    def _known_bandwidth(self):
        """Return the bandwidth, or raise if it is still to be resolved."""
        if hasattr(self, "bandwidth_"):
            return self.bandwidth_
        if not isinstance(self.bandwidth, str):
            return float(self.bandwidth)
        self._scale_factor()
        raise ValueError(
            f"bandwidth={self.bandwidth!r} of {type(self).__name__} is resolved from training "
            "data: call fit(X) first, or give bandwidth as a number."
        )

    def _build(self, n_features):
        bandwidth = self._known_bandwidth()
        circuit = self._unscaled(n_features)
        if bandwidth == 1.0 or self._trains_bandwidth:
            return circuit
        return circuit.assign_parameters({x: bandwidth * x for x in circuit.parameters})

    @abstractmethod
    def _unscaled(self, n_features):
        """Return the circuit at bandwidth 1, one parameter per feature."""

    # -- weights ------------------------------------------------------------------------------

    @property
    def _trains_bandwidth(self):
        return isinstance(self.bandwidth, str) and self.bandwidth == "trained"

    def _feature_columns(self):
        """Return which parameters of the circuit the features are, in their order."""
        return slice(None)

    def _weight_columns(self):
        """Return which parameters of the circuit are weights, in their order."""
        return np.empty(0, dtype=int)

    def _factor(self):
        """Return what features are multiplied by before they are given to the circuit."""
        return self._known_bandwidth() if self._trains_bandwidth else 1.0

    @property
    def n_weights_(self):
        return self._trains_bandwidth + len(self._weight_columns())

    @property
    def is_encoding_(self):
        return np.arange(self.n_weights_) < self._trains_bandwidth

    @property
    def angle_of_(self):
        features = np.arange(self.circuit_.num_parameters)[self._feature_columns()]
        return np.append(features[: int(self._trains_bandwidth)], self._weight_columns())

    @property
    def weight_bounds_(self):
        bounds = super().weight_bounds_
        bounds[self.is_encoding_, 0] = MIN_FACTOR
        return bounds

    def draw_encoding(self, random_state):
        return np.ones(int(self._trains_bandwidth))

    def inputs(self, X):
        X = X.toarray() if issparse(X) else X
        factor = self._factor()
        return X if factor == 1.0 else X * factor

    def angles(self, inputs, weights):
        trained = int(self._trains_bandwidth)
        others = self._weight_columns()
        angles = np.empty((len(inputs), inputs.shape[1] + len(others)))
        angles[:, self._feature_columns()] = inputs * weights[..., :1] if trained else inputs
        angles[:, others] = weights[..., trained:]
        return angles

    def pull_back(self, inputs, by_angle):
        by_weight = by_angle[:, self._weight_columns()].sum(axis=0)
        if not self._trains_bandwidth:
            return by_weight
        return np.append((inputs * by_angle[:, self._feature_columns()]).sum(), by_weight)

    def parameter_values(self, X):
        return self.angles(self.inputs(X), self.weights_) if self.n_weights_ else X

    def slopes(self, X, weights=None):
        n_features = X.shape[1]
        n_parameters = n_features + len(self._weight_columns())
        slopes = np.zeros((1, n_features, n_parameters))
        columns = np.arange(n_parameters)[self._feature_columns()]
        trained = weights[0] if self._trains_bandwidth else 1.0
        slopes[0, np.arange(n_features), columns] = self._factor() * trained
        return slopes

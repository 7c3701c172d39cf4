"""What every feature map offers: a circuit for any number of features."""

from abc import ABC, abstractmethod

import numpy as np
from qiskit.circuit import ParameterVector
from sklearn.base import BaseEstimator

from skquantum._circuits import CircuitsInState
from skquantum._moments import total_variance
from skquantum._validation import (
    FIT_CONTEXT,
    Integral,
    Interval,
    Real,
    scale_factor,
    validate_rows,
    validate_weights,
)

__all__ = ["FeatureMap", "ScaledFeatureMap", "TrainableFeatureMap"]


class FeatureMap(CircuitsInState, BaseEstimator, ABC):
    """Base class: turns a number of features into a parameterised circuit.

    A subclass stores its parameters in the constructor and makes the circuit in `_build`.
    """

    _parameter_constraints: dict = {}

    @FIT_CONTEXT
    def fit(self, X, y=None, sample_weight=None, feature_names=None):
        """Learn the number of features, and whatever else the data decides.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Training rows.
        y : object, default=None
            Ignored; present for scikit-learn's API.
        sample_weight : array-like of shape (n_samples,) or None, default=None
            Weights of the rows. A weight of 2 means the same as the row twice.
        feature_names : array-like of str of shape (n_features,) or None, default=None
            Names of the columns, where `X` is no data frame. They matter to
            :class:`CircuitFeatureMap` only.

        Returns
        -------
        self : FeatureMap
            With `n_features_in_` and `circuit_`.
        """
        X = validate_rows(self, X, reset=True)
        self._resolve(X, sample_weight)
        self._match_names(getattr(self, "feature_names_in_", feature_names))
        self.circuit_ = self.build(X.shape[1])
        return self

    def _resolve(self, X, sample_weight):
        """Set what depends on the data."""

    def _match_names(self, feature_names):
        """Set what depends on the names of the columns, which may be None."""

    def build(self, n_features):
        """Return the circuit for a number of features.

        Parameters
        ----------
        n_features : int
            Number of columns of the data.

        Returns
        -------
        QuantumCircuit
            Its parameters, in order, take the columns of :meth:`parameter_values`, which are the
            features themselves unless a subclass says otherwise.

        Raises
        ------
        ValueError
            If this map cannot encode that many features.
        """
        if not isinstance(n_features, Integral) or n_features < 1:
            raise ValueError(f"n_features={n_features!r}, but at least one feature is needed.")
        self._validate_params()
        return self._build(int(n_features))

    @abstractmethod
    def _build(self, n_features):
        """Return the circuit; the parameters of this object have been checked."""

    def parameter_values(self, X):
        """Return the values of the circuit's parameters for every row.

        Parameters
        ----------
        X : ndarray of shape (n_samples, n_features)
            Checked rows.

        Returns
        -------
        ndarray of shape (n_samples, n_parameters)
            `X` itself, unless a subclass says otherwise.
        """
        return X


class TrainableFeatureMap(FeatureMap):
    """A feature map with weights that are no parameters of its circuit.

    The circuit's parameters are angles, which are functions of a row and the weights; so a device
    pays for derivatives by the angle, not by the weight. :class:`~skquantum.VQC` and
    :class:`~skquantum.VQR` train the weights. A subclass writes, for a fitted object, the
    attributes and methods below, and `parameter_values`.

    Attributes
    ----------
    n_weights_ : int
        Number of weights.
    is_encoding_ : ndarray of shape (n_weights,)
        bool; true for weights that multiply features, and false for angles (radians).
    angle_of_ : ndarray of shape (n_weights,)
        int; which parameter of the circuit each weight is a part of.
    """

    @abstractmethod
    def draw_encoding(self, random_state):
        """Return weights that multiply features for training to start with.

        Parameters
        ----------
        random_state : RandomState
            Where they are drawn from.

        Returns
        -------
        ndarray of shape (n_encoding,)
            In the order of the weights that `is_encoding_` is true for.
        """

    @abstractmethod
    def inputs(self, X):
        """Return what the angles of every row are functions of, which is computed once.

        Parameters
        ----------
        X : {ndarray, CSR matrix} of shape (n_samples, n_features)
            Checked rows.

        Returns
        -------
        ndarray of shape (n_samples, n_inputs)
            Standardised features, for instance.
        """

    @abstractmethod
    def angles(self, inputs, weights):
        """Return the values of the circuit's parameters.

        Parameters
        ----------
        inputs : ndarray of shape (n_samples, n_inputs)
            What :meth:`inputs` returned.
        weights : ndarray of shape (n_weights,) or (n_samples, n_weights)
            Weights, the same for all rows or a row for each.

        Returns
        -------
        ndarray of shape (n_samples, n_parameters)
            Angles (radians).
        """

    @abstractmethod
    def pull_back(self, inputs, by_angle):
        """Return derivatives with respect to the weights, summed over the rows.

        Parameters
        ----------
        inputs : ndarray of shape (n_samples, n_inputs)
            What :meth:`inputs` returned.
        by_angle : ndarray of shape (n_samples, n_parameters)
            Derivatives with respect to the angles.

        Returns
        -------
        ndarray of shape (n_weights,)
            Derivatives.
        """


class ScaledFeatureMap(FeatureMap):
    """A feature map that multiplies every feature by a bandwidth before it becomes an angle."""

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
        if bandwidth == 1.0:
            return circuit
        return circuit.assign_parameters({x: bandwidth * x for x in circuit.parameters})

    @abstractmethod
    def _unscaled(self, n_features):
        """Return the circuit at bandwidth 1, one parameter per feature."""


def features(n_features):
    """Return the circuit parameters ``x[0] ... x[n_features - 1]``."""
    return ParameterVector("x", n_features)

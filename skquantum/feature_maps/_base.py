"""What every feature map offers: a circuit for any number of features."""

from abc import ABC, abstractmethod

import numpy as np
from qiskit.circuit import ParameterVector
from sklearn.base import BaseEstimator
from sklearn.utils import check_random_state

from skquantum._circuits import CircuitsInState
from skquantum._validation import FIT_CONTEXT, Integral, validate_rows

__all__ = ["FeatureMap", "TrainableFeatureMap"]

# Bounds of weights.
MAX_ANGLE = 4 * np.pi
MAX_FACTOR = 4.0


class FeatureMap(CircuitsInState, BaseEstimator, ABC):
    """Base class: turns a number of features into a parameterised circuit.

    A subclass stores its parameters in the constructor and makes the circuit in `_build`.

    Attributes
    ----------
    n_weights_ : int
        Number of weights that can be trained; 0 unless it is a :class:`TrainableFeatureMap`.
    """

    n_weights_ = 0
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
            Names of the columns, where `X` is not a data frame. They matter to
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
        if self.n_weights_:
            self.weights_ = self.start_weights()
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

    def slopes(self, X, weights=None):
        """Return the derivatives of :meth:`parameter_values` with respect to the features.

        Parameters
        ----------
        X : ndarray of shape (n_samples, n_features)
            Checked rows.
        weights : ndarray of shape (n_weights,) or None, default=None
            Weights, if there are any.

        Returns
        -------
        ndarray of shape (n_samples or 1, n_features, n_parameters)
            Derivatives; a single one where they are the same for all rows, as here, where each
            feature is a parameter.

        Raises
        ------
        ValueError
            If a subclass writes `parameter_values` and does not say.
        """
        if type(self).parameter_values is not FeatureMap.parameter_values:
            raise ValueError(
                f"{type(self).__name__} offers no derivatives with respect to features; use a "
                "feature map whose angles are multiples of them."
            )
        return np.eye(X.shape[1])[np.newaxis]


class TrainableFeatureMap(FeatureMap):
    """A feature map with weights, as its parameters say.

    What the circuit is given are angles, which are functions of a row and the weights, affine in
    the weights; so a device pays for derivatives by the angle, not by the weight.
    :class:`~skquantum.VQC`, :class:`~skquantum.VQR` and :class:`~skquantum.kernels.TrainedKernel`
    train the weights. A subclass writes, for a fitted object, the attributes below but the last,
    and the methods that are abstract.

    Attributes
    ----------
    n_weights_ : int
        Number of weights; with 0 it is a feature map like any other.
    is_encoding_ : ndarray of shape (n_weights,)
        bool; true for weights that multiply features, and false for angles (radians).
    angle_of_ : ndarray of shape (n_weights,)
        int; which parameter of the circuit each weight is a part of, the first if there are more.
    weight_bounds_ : ndarray of shape (n_weights, 2)
        Where Gaussian processes look for weights: angles between -4 pi and 4 pi, which is two
        periods, and factors between -4 and 4, unless a subclass says otherwise.
    weights_ : ndarray of shape (n_weights,)
        What is used where nothing trains weights, as by a kernel; ``fit`` sets it to what
        :meth:`start_weights` returns.
    """

    @property
    def weight_bounds_(self):
        bounds = np.where(self.is_encoding_, MAX_FACTOR, MAX_ANGLE)
        return np.column_stack([-bounds, bounds])

    def start_weights(self):
        """Return weights for where nothing trains them.

        Returns
        -------
        ndarray of shape (n_weights,)
            Angles from [0, 2 pi), and factors as training starts with them, drawn from a parameter
            `random_state`, unless a subclass says otherwise.
        """
        random_state = check_random_state(getattr(self, "random_state", 0))
        weights = random_state.uniform(0.0, 2 * np.pi, self.n_weights_)
        weights[self.is_encoding_] = self.draw_encoding(random_state)
        return weights

    def parameter_values(self, X):
        """Return the angles of every row, with `weights_`.

        Parameters
        ----------
        X : ndarray of shape (n_samples, n_features)
            Checked rows.

        Returns
        -------
        ndarray of shape (n_samples, n_parameters)
            Angles (radians).
        """
        return self.angles(self.inputs(X), self.weights_)

    @abstractmethod
    def draw_encoding(self, random_state):
        """Return weights that multiply features for training to start with.

        Parameters
        ----------
        random_state : RandomState
            Seed or generator for the draws.

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
            Return value of :meth:`inputs`.
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
            Return value of :meth:`inputs`.
        by_angle : ndarray of shape (n_samples, n_parameters)
            Derivatives with respect to the angles.

        Returns
        -------
        ndarray of shape (n_weights,)
            Derivatives.
        """


def features(n_features):
    """Return the circuit parameters ``x[0] ... x[n_features - 1]``."""
    return ParameterVector("x", n_features)

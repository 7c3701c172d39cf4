"""Any circuit of the user."""

import numpy as np
from qiskit import QuantumCircuit

from skquantum._circuits import feature_order, stated_names, stated_ones, stated_order
from skquantum.feature_maps._scaled import ScaledFeatureMap

__all__ = ["CircuitFeatureMap"]


class CircuitFeatureMap(ScaledFeatureMap):
    """A given circuit whose free parameters are the features, or features and weights.

    Wherever a feature map is taken, a bare :class:`qiskit.QuantumCircuit` is taken too and
    becomes this.

    Parameters
    ----------
    circuit : QuantumCircuit
        Unitary circuit. Each of its free parameters takes a column of the data, or is a weight. It
        is never changed.
    features : list of Parameter or str, or None, default=None
        The parameters, or their names, in the order of the columns of the data. None matches
        columns by name where ``fit`` knows their names and they are those of the parameters; else
        the parameters take the columns in natural order, ``x2`` before ``x10``, elements of a
        ParameterVector by index.
    weights : list of Parameter or str, or None, default=None
        Parameters that take no column of the data, but are trained: by
        :class:`~skquantum.kernels.TrainedKernel`, by Gaussian processes, and by
        :class:`~skquantum.VQC` and :class:`~skquantum.VQR`, which append no ansatz unless they are
        given one.
    initial_weights : array-like of shape (n_weights,) or None, default=None
        Values of the weights (radians) where nothing trains them, and for a trained kernel to
        start with. None draws them uniformly from [0, 2 pi).
    bandwidth : float or str, default=1.0
        Multiplies the features, wherever they enter. "scale" takes
        ``2 / sqrt(n_features * X.var())`` of the training data, which counts one rotation per
        feature: where the circuit has more, take a multiple such as "0.5*scale". "trained" makes a
        factor of that number the first weight, which starts at 1.
    random_state : int, RandomState instance or None, default=0
        Draws weights.

    Attributes
    ----------
    bandwidth_ : float
        The number that `bandwidth` came to in ``fit``.
    circuit_ : QuantumCircuit
        A copy of the circuit, with its own parameters; :meth:`parameter_values` returns their
        values, in the order of ``circuit_.parameters``.
    features_ : list of str
        Names of the parameters in the order of the columns of the data.
    n_features_in_ : int
        Number of features seen in ``fit``.
    n_weights_ : int
        Number of weights.
    weights_ : ndarray of shape (n_weights,)
        Values of the weights; only if there are any.

    Warns
    -----
    UserWarning
        If natural order is taken and differs from that of ``circuit.parameters``, which is
        alphabetical: ``x10`` before ``x2``.

    Examples
    --------
    >>> from qiskit.circuit.library import real_amplitudes
    >>> from skquantum.feature_maps import CircuitFeatureMap
    >>> CircuitFeatureMap(real_amplitudes(2, reps=1)).build(4).num_qubits
    2

    Columns in an order of your own:

    >>> from qiskit import QuantumCircuit
    >>> from qiskit.circuit import Parameter
    >>> circuit = QuantumCircuit(2)
    >>> _ = circuit.ry(Parameter("width"), 0)
    >>> _ = circuit.ry(Parameter("height"), 1)
    >>> feature_map = CircuitFeatureMap(circuit, features=["width", "height"]).fit([[0.1, 0.2]])
    >>> feature_map.circuit_.parameters
    ParameterView([Parameter(height), Parameter(width)])
    >>> import numpy as np
    >>> feature_map.parameter_values(np.array([[0.1, 0.2]]))
    array([[0.2, 0.1]])

    A circuit with weights, in a kernel that is trained:

    >>> from qiskit.circuit import ParameterVector
    >>> from skquantum import QSVC
    >>> from skquantum.kernels import FidelityKernel, TrainedKernel
    >>> x, w = ParameterVector("x", 2), ParameterVector("w", 4)
    >>> circuit = QuantumCircuit(2)
    >>> for layer in range(2):
    ...     for qubit in range(2):
    ...         _ = circuit.ry(w[2 * layer + qubit] * x[qubit], qubit)
    ...     _ = circuit.cz(0, 1)
    >>> feature_map = CircuitFeatureMap(circuit, weights=w)
    >>> kernel = TrainedKernel(FidelityKernel(feature_map), n_restarts=3, random_state=0)
    >>> X = np.random.default_rng(0).uniform(-1, 1, (60, 2))
    >>> y = X[:, 0] * X[:, 1] > 0
    >>> QSVC(kernel=kernel).fit(X, y).score(X, y) > 0.9
    True
    """

    _parameter_constraints: dict = {
        **ScaledFeatureMap._parameter_constraints,
        "circuit": [QuantumCircuit],
        "features": "no_validation",  # stated_order says it better
        "weights": "no_validation",  # and so does stated_ones
        "initial_weights": ["array-like", None],
        "random_state": ["random_state"],
    }

    def __init__(
        self,
        circuit,
        *,
        features=None,
        weights=None,
        initial_weights=None,
        bandwidth=1.0,
        random_state=0,
    ):
        self.circuit = circuit
        self.features = features
        self.weights = weights
        self.initial_weights = initial_weights
        self.bandwidth = bandwidth
        self.random_state = random_state

    def __getstate__(self):
        named = {name: stated_names(getattr(self, name)) for name in ("features", "weights")}
        return {**super().__getstate__(), **named}

    def _match_names(self, feature_names):
        self._check_width(self.n_features_in_)
        order = feature_order(self._candidates(), self.features, feature_names)
        self.features_ = [parameter.name for parameter in order]
        self._columns_ = self._find_columns()

    def _build(self, n_features):
        self._known_bandwidth()
        return self._unscaled(n_features)

    def _unscaled(self, n_features):
        self._check_width(n_features)
        if not hasattr(self, "features_"):
            feature_order(self._candidates(), self.features)  # refuses and warns
        self.start_weights()  # refuses
        return self.circuit.copy()

    def _check_width(self, n_features):
        n_parameters = self.circuit.num_parameters
        if self.circuit.num_qubits == 0:
            raise ValueError("The circuit has 0 qubits; a feature map needs at least one.")
        if n_parameters == 0:
            raise ValueError(
                "The circuit has no free parameters, so no feature can enter it; use "
                "qiskit.circuit.Parameter where a feature belongs."
            )
        n_free = len(self._candidates())
        if n_free != n_features:
            besides = f" besides {n_parameters - n_free} weights" if n_parameters > n_free else ""
            raise ValueError(
                f"The circuit has {n_free} free parameters{besides}, X has {n_features} features; "
                "the numbers must match: select features, name the other parameters in weights, or "
                "bind them first."
            )

    # -- which parameter is what --------------------------------------------------------------

    def _stated_weights(self):
        if self.weights is None:
            return []
        return stated_ones(self.circuit.parameters, self.weights, "weights")

    def _candidates(self):
        """Return the parameters that are features, in the order of the circuit."""
        weights = set(self._stated_weights())
        return [parameter for parameter in self.circuit.parameters if parameter not in weights]

    def _find_columns(self):
        """Return which parameters of the circuit are features, and which weights, in order."""
        place = {parameter.name: k for k, parameter in enumerate(self.circuit.parameters)}
        if hasattr(self, "features_"):
            features = self.features_
        else:
            order = stated_order(self._candidates(), self.features, "features")
            features = [parameter.name for parameter in order]
        weights = [parameter.name for parameter in self._stated_weights()]
        return [[place[name] for name in names] for names in (features, weights)]

    def _feature_columns(self):
        return self._columns(0)

    def _weight_columns(self):
        return self._columns(1)

    def _columns(self, which):
        found = self._columns_ if hasattr(self, "_columns_") else self._find_columns()
        return np.array(found[which], dtype=int)

    def _factor(self):
        return self._known_bandwidth()

    def start_weights(self):
        if self.initial_weights is None:
            return super().start_weights()
        given = np.asarray(self.initial_weights, dtype=np.float64).ravel()
        if len(given) != self.n_weights_ or not np.isfinite(given).all():
            raise ValueError(
                f"initial_weights holds {len(given)} numbers, the feature map has "
                f"{self.n_weights_} weights; pass that many finite numbers."
            )
        return given.copy()

    def parameter_values(self, X):
        """Return the values of the circuit's parameters for every row.

        Parameters
        ----------
        X : ndarray of shape (n_samples, n_features)
            Checked rows.

        Returns
        -------
        ndarray of shape (n_samples, n_parameters)
            The features times the bandwidth, and the weights, in the order of
            ``circuit.parameters``.
        """
        weights = getattr(self, "weights_", None)
        return self.angles(self.inputs(X), self.start_weights() if weights is None else weights)

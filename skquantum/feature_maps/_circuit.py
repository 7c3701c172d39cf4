"""Any circuit of the user's."""

from qiskit import QuantumCircuit

from skquantum._circuits import feature_order, stated_names, stated_order
from skquantum.feature_maps._base import ScaledFeatureMap

__all__ = ["CircuitFeatureMap"]


class CircuitFeatureMap(ScaledFeatureMap):
    """A given circuit whose free parameters are the features.

    Wherever a feature map is taken, a bare :class:`qiskit.QuantumCircuit` is taken too and
    becomes this.

    Parameters
    ----------
    circuit : QuantumCircuit
        Unitary circuit. Each of its free parameters takes a column of the data. It is never
        changed.
    features : list of Parameter or str, or None, default=None
        The parameters, or their names, in the order of the columns of the data. None matches
        columns by name where ``fit`` knows their names and they are those of the parameters; else
        the parameters take the columns in natural order, ``x2`` before ``x10``, elements of a
        ParameterVector by index.
    bandwidth : float or str, default=1.0
        Multiplies the features, wherever they enter. "scale" takes
        ``2 / sqrt(n_features * X.var())`` of the training data, which counts one rotation per
        feature: where the circuit has more, take a multiple such as "0.5*scale".

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
    """

    _parameter_constraints: dict = {
        **ScaledFeatureMap._parameter_constraints,
        "circuit": [QuantumCircuit],
        "features": "no_validation",  # stated_order says it better
    }

    def __init__(self, circuit, *, features=None, bandwidth=1.0):
        self.circuit = circuit
        self.features = features
        self.bandwidth = bandwidth

    def __getstate__(self):
        return {**super().__getstate__(), "features": stated_names(self.features)}

    def _match_names(self, feature_names):
        self._check_width(self.n_features_in_)
        order = feature_order(self.circuit.parameters, self.features, feature_names)
        self.features_ = [parameter.name for parameter in order]

    def _build(self, n_features):
        self._known_bandwidth()
        return self._unscaled(n_features)

    def _unscaled(self, n_features):
        self._check_width(n_features)
        if not hasattr(self, "features_"):
            feature_order(self.circuit.parameters, self.features)  # refuses and warns
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
        if n_parameters != n_features:
            raise ValueError(
                f"The circuit has {n_parameters} free parameters, X has {n_features} features; "
                "the numbers must match: select features, or bind the other parameters first."
            )

    def parameter_values(self, X):
        """Return the values of the circuit's parameters for every row.

        Parameters
        ----------
        X : ndarray of shape (n_samples, n_features)
            Checked rows.

        Returns
        -------
        ndarray of shape (n_samples, n_features)
            The features times the bandwidth, in the order of ``circuit.parameters``.
        """
        if hasattr(self, "features_"):
            circuit, names = self.circuit_, self.features_
        else:
            circuit = self.circuit
            order = stated_order(circuit.parameters, self.features, "features")
            names = [parameter.name for parameter in order]
        column = {name: k for k, name in enumerate(names)}
        order = [column[parameter.name] for parameter in circuit.parameters]
        return X[:, order] * self._known_bandwidth()

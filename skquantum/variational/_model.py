"""A circuit with data and weights as a function of both."""

from copy import copy

import numpy as np
from sklearn.base import clone

from skquantum._circuits import (
    CircuitsInState,
    FixedObservables,
    first_depths,
    without_idle_wires,
)
from skquantum._components import same_settings
from skquantum.engines import ExpectationSession
from skquantum.variational._memory import count_numbers

__all__ = ["Model", "encoding_circuit"]


def encoding_circuit(feature_map, n_qubits):
    """Return the circuit of a fitted feature map on a given number of qubits.

    Parameters
    ----------
    feature_map : FeatureMap
        Fitted.
    n_qubits : int or None
        Width; more qubits than the feature map's own come on top and stay 0. None, and a width
        that is less than the feature map's own, leave out those that no gate acts on.

    Returns
    -------
    QuantumCircuit
        The circuit.

    Raises
    ------
    ValueError
        If the feature map needs more qubits.
    """
    circuit = feature_map.circuit_
    if n_qubits is None or n_qubits < circuit.num_qubits:
        circuit, _ = without_idle_wires(circuit)
    if n_qubits is None or n_qubits == circuit.num_qubits:
        return circuit
    if n_qubits < circuit.num_qubits:
        raise ValueError(
            f"n_qubits={n_qubits}, but the feature map needs {circuit.num_qubits} qubits for "
            f"{feature_map.n_features_in_} features; raise n_qubits, or take "
            "feature_map='reuploading', which fits any number."
        )
    wide = type(circuit)(n_qubits, name=circuit.name)
    wide.compose(circuit, range(circuit.num_qubits), inplace=True)
    return wide


class Model(CircuitsInState):
    """A circuit with data and weights, and what is measured at its end.

    Parameters
    ----------
    attached : AttachedCircuit
        Encoding and ansatz.
    encoding : QuantumCircuit
        The encoding alone; its parameters, in order, are the columns of the data.
    readout : Readout
        What is measured.
    n_outputs : int
        Number of outputs.
    engine : Engine
        What runs it.
    feature_map : TrainableFeatureMap or None, default=None
        What makes angles of inputs and weights, if the encoding's parameters are angles.

    Notes
    -----
    All that is trained is one vector: the weights of the feature map, then those of the circuit,
    and then what the readout puts behind them, such as a scale and an intercept per output.
    """

    def __init__(self, attached, encoding, readout, n_outputs, engine, feature_map=None):
        self.circuit = attached.circuit
        width = self.circuit.num_qubits
        self.observables = FixedObservables(readout.build(width, n_outputs), width)
        self.head = readout.head(len(self.observables), n_outputs)
        self.n_outputs = n_outputs
        self.n_numbers = count_numbers(self.circuit)
        self.feature_map = feature_map
        outside = np.empty(0, dtype=bool) if feature_map is None else feature_map.is_encoding_
        self._n_outside = len(outside)
        self.n_weights = self._n_outside + len(attached.weights)
        self.is_encoding = np.append(outside, np.zeros(len(attached.weights), dtype=bool))
        self.is_scaling = np.append(np.zeros(len(outside), dtype=bool), attached.is_scaling)
        self.mirrors = attached.mirrors + self._n_outside
        self._data_columns, self._weight_columns = attached.columns(encoding)
        self._use(engine)
        self.open()  # so that what is wrong is found here

    def _use(self, engine):
        # what the engine holds by reference, such as a backend, is compared by identity first
        self._settings = type(engine), engine.get_params(deep=False)
        self.engine = clone(engine)

    @property
    def session(self):
        """The open circuit."""
        return self.open()

    def open(self):
        """Open the circuit, unless it is open, and return its session."""
        session = self.engine.session(self.circuit)
        if not isinstance(session, ExpectationSession):
            raise TypeError(
                f"engine={self.engine!r} has no expectation values, on which circuits are trained; "
                "use 'compiled', or AerEngine(shots=..., noise_model=...), which takes a backend "
                "as its noise_model."
            )
        return session

    def on(self, engine):
        """Return this model as another engine runs it: itself, if the settings are the same."""
        if same_settings((type(engine), engine.get_params(deep=False)), self._settings):
            return self
        other = copy(self)
        other._use(engine)
        return other

    @property
    def n_parameters(self):
        """Length of the vector of all that is trained."""
        return self.n_weights + self.head.n_numbers

    @property
    def groups(self):
        """Numbers of the weights by what they are."""
        angles = ~(self.is_encoding | self.is_scaling)
        return {
            "angles": np.flatnonzero(angles),
            "encoding": np.flatnonzero(self.is_encoding),
            "scaling": np.flatnonzero(self.is_scaling),
            "readout": np.arange(self.n_weights, self.n_parameters),
        }

    @property
    def depths(self):
        """Depth of the circuit at which each weight first acts; -1 for those behind it."""
        first = first_depths(self.circuit)
        by_column = np.array([first[parameter] for parameter in self.circuit.parameters])
        inside, outside = by_column[self._weight_columns], []
        if self.feature_map is not None:
            outside = by_column[self._data_columns][self.feature_map.angle_of_]
        return np.concatenate([outside, inside, np.full(self.head.n_numbers, -1)])

    def draw_weights(self, random_state, draw_angles):
        """Return weights at random: angles as told, and factors of features as training starts."""
        weights = draw_angles(self.n_weights)
        weights[self.is_scaling] = 1.0
        if self.feature_map is not None:
            weights[self.is_encoding] = self.feature_map.draw_encoding(random_state)
        return weights

    def values(self, data, vector):
        """Return the values of the circuit's parameters, row by row.

        `vector` holds what is the same for all rows, or a row of it for each.
        """
        outside, inside, _ = np.split(vector, [self._n_outside, self.n_weights], axis=-1)
        if self.feature_map is not None:
            data = self.feature_map.angles(data, outside)
        values = np.empty((len(data), len(self._data_columns) + len(self._weight_columns)))
        values[:, self._data_columns] = data
        values[:, self._weight_columns] = inside
        return values

    def check_rows(self, data, vector):
        """Raise if the circuit has no finite angles for a row."""
        self.session.check_rows(self.session.check_values(self.values(data, vector)))

    def expectations(self, data, vector, *, n_jobs=None, random_state=None):
        """Return the expectation values of the readout, of shape (n_rows, n_observables)."""
        return self.session.expectations(
            self.values(data, vector), self.observables, n_jobs=n_jobs, random_state=random_state
        )

    def gradients(self, data, vector, cotangents, *, n_jobs=None, random_state=None):
        """Return expectation values, and derivatives for :meth:`pull_back`."""
        angles = [] if self.feature_map is None else self._data_columns
        return self.session.gradients(
            self.values(data, vector),
            self.observables,
            cotangents,
            wrt=angles + self._weight_columns,
            n_jobs=n_jobs,
            random_state=random_state,
        )

    def pull_back(self, data, derivatives):
        """Return derivatives with respect to the weights, summed over the rows.

        Parameters
        ----------
        data : ndarray of shape (n_rows, n_inputs)
            Those that were differentiated for.
        derivatives : ndarray of shape (n_rows, n_differentiated)
            Return value of :meth:`gradients`.

        Returns
        -------
        ndarray of shape (n_weights,)
            Derivatives.
        """
        if self.feature_map is None:
            return derivatives.sum(axis=0)
        by_angle, inside = np.split(derivatives, [len(self._data_columns)], axis=1)
        return np.append(self.feature_map.pull_back(data, by_angle), inside.sum(axis=0))

    def outputs(self, expectations, vector):
        """Return the outputs that belong to expectation values."""
        return self.head.outputs(expectations, vector[self.n_weights :])

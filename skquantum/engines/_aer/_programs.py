"""A lowered circuit in an Aer simulator: rows of numbers in, rows of outcomes out."""

from functools import cache

import numpy as np
from qiskit.circuit.library import UnitaryGate
from qiskit.quantum_info import Operator
from qiskit_aer import AerSimulator

from skquantum._circuits import BINDABLE, has_free_parameters
from skquantum.engines._aer._noise import acts_locally, as_run, confuse, measured_circuit
from skquantum.engines._observables import products
from skquantum.exceptions import SimulationError

__all__ = ["DensityProgram", "StateProgram"]


class StateProgram:
    """States, and what is computed from them.

    Parameters
    ----------
    simulator : AerSimulator
        With the method "statevector".
    lowered : Lowered
        The circuit.
    dtype : numpy dtype
        Of the amplitudes.
    measures : bool
        Whether outcomes are probabilities in a basis, or products of amplitudes.
    """

    bound_row_by_row = False

    def __init__(self, simulator, lowered, dtype, measures):
        self.lowered = lowered
        self.dtype = dtype
        self._simulator = simulator
        self._outcomes = _probabilities if measures else products
        self._circuit = lowered.circuit.copy()
        self._circuit.save_statevector()

    def states(self, columns, out):
        """Write the states for rows of columns, without the global phase, into `out`."""
        placeholders = self.lowered.placeholders
        if placeholders:
            states = _run(self._simulator, self._circuit, placeholders, columns, "statevector")
        else:  # no row is different
            states = _run(self._simulator, [self._circuit], (), columns[:1], "statevector")
        for row, state in enumerate(states):
            out[row] = state
        out[len(states) :] = out[0]

    def outcomes(self, columns, keys):
        """Yield the outcomes of all rows, of shape (n_rows, 2 ** n_qubits), for every key."""
        states = np.empty((len(columns), 2**self.lowered.circuit.num_qubits), dtype=self.dtype)
        self.states(columns, states)
        for key in keys:
            yield self._outcomes(states, key)


class DensityProgram:
    """Probabilities of measured bits, noise of gates and of the readout included.

    Parameters
    ----------
    simulator : AerSimulator
        With the method "density_matrix" and the errors of the noise model.
    lowered : Lowered
        The circuit in the basis gates of the noise model.
    noise_model : NoiseModel
        The same.
    readout : list of (ndarray, tuple of int)
        Result of ``_noise.readout_errors``.
    """

    def __init__(self, simulator, lowered, noise_model, readout):
        self.lowered = lowered
        self._simulator = simulator
        self._noise_model = noise_model
        self._readout = readout
        self._circuits = {}
        # Aer mis-binds the parameters of controlled rotations, or does not know these gates.
        self.bound_row_by_row = bool(lowered.placeholders) and (
            not acts_locally(noise_model)
            or any(
                has_free_parameters(item.operation) and item.operation.name not in BINDABLE
                for item in lowered.circuit.data
            )
        )

    def outcomes(self, columns, keys):
        """Yield the outcomes of all rows, of shape (n_rows, 2 ** n_qubits), for every key."""
        for key in keys:
            outcomes = self._run(key, columns, np.float64)
            for matrix, qubits in self._readout:
                outcomes = confuse(outcomes, matrix, qubits)
            yield outcomes

    def densities(self, columns):
        """Return the density matrices for rows of columns, of shape (n_rows, dim, dim)."""
        return self._run(None, columns, np.complex128)

    def _run(self, key, columns, dtype):
        """Return probabilities in the basis of a key, or for None the density matrices."""
        what = "density_matrix" if key is None else "probabilities"
        placeholders = self.lowered.placeholders
        circuit = self._circuit(key)
        if not placeholders:  # no row is different
            found = _run(self._simulator, [circuit], (), columns[:1], what) * len(columns)
        elif not self.bound_row_by_row:
            found = _run(self._simulator, circuit, placeholders, columns, what)
        else:
            rows = [dict(zip(placeholders, row, strict=True)) for row in columns.tolist()]
            circuits = [self._ready(circuit.assign_parameters(row), key) for row in rows]
            found = _run(self._simulator, circuits, (), columns, what)
        return np.array(found, dtype=dtype)

    def _circuit(self, key):
        if key not in self._circuits:
            circuit = self.lowered.circuit
            if key is not None:
                circuit = measured_circuit(circuit, key, self._noise_model)
            self._circuits[key] = circuit if self.bound_row_by_row else self._ready(circuit, key)
        return self._circuits[key]

    def _ready(self, circuit, key):
        ready = _native_circuit(as_run(circuit, self._noise_model))
        if key is None:
            ready.save_density_matrix()
        else:
            ready.save_probabilities()
        return ready


def _run(simulator, circuits, placeholders, columns, what):
    """Return what Aer saved for every row of `columns`."""
    binds = {}
    if placeholders:
        # columns that only the global phase depends on come last
        pairs = zip(placeholders, columns.T.tolist(), strict=False)
        binds = {"parameter_binds": [dict(pairs)]}
    result = simulator.run(circuits, **binds).result()
    complete = len(result.results) == len(columns) and all(
        hasattr(one.data, what) for one in result.results
    )
    if not result.success or not complete:
        raise SimulationError(
            f"Aer returned {len(result.results)} results for {len(columns)} rows and reports: "
            f"{result.status}; try a smaller chunk_size or another max_memory_mb."
        )
    return [np.asarray(result.data(row)[what]) for row in range(len(columns))]


def _probabilities(states, basis):
    """Return the probabilities of the bits measured in a basis of Paulis."""
    x, z = basis
    for qubit in range(states.shape[1].bit_length() - 1):
        if not x >> qubit & 1:
            continue
        low, high = np.moveaxis(states.reshape(len(states), -1, 2, 2**qubit), 2, 0)
        if z >> qubit & 1:
            high = -1j * high
        scale = states.real.dtype.type(np.sqrt(0.5))
        states = (np.stack([low + high, low - high], axis=2) * scale).reshape(states.shape)
    return (states.real**2 + states.imag**2).astype(np.float64)


@cache
def _native_names():
    """Return what Aer's density-matrix method runs."""
    return frozenset(AerSimulator(method="density_matrix").target.operation_names)


def _native_circuit(circuit):
    """Replace what the density-matrix method does not run by matrices that keep their noise.

    Aer looks up the noise of a matrix by its label. Gates with free parameters stay, to be
    replaced when they are bound.
    """
    result = circuit.copy_empty_like()
    for item in circuit.data:
        operation = item.operation
        if operation.name not in _native_names() and not has_free_parameters(operation):
            label = operation.label or operation.name
            # some controlled gates have a definition, but no matrix of their own
            operation = UnitaryGate(Operator(operation).data, label=label)
        result.append(operation, item.qubits, copy=False)
    return result

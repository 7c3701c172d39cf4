"""Expectation values by an estimator."""

import hashlib

import numpy as np
from qiskit.primitives.containers.observables_array import ObservablesArray

from skquantum._circuits import diagonal_paulis
from skquantum.engines._devices import (
    DeviceExpectations,
    Part,
    commuting_groups,
    opened_for,
    pubs_of,
    translated,
    without_constants,
)
from skquantum.exceptions import SimulationError

__all__ = ["EstimatorSession"]


class EstimatorSession(DeviceExpectations):
    """A circuit, translated for a device, and the estimator that runs it.

    Parameters
    ----------
    engine : EstimatorEngine
        The settings, already validated.
    circuit : QuantumCircuit
        Unitary circuit of one row; its parameters, in order, are the columns of the values.
    wires : list of int
        Qubits of the circuit that observables act on.
    """

    def __init__(self, engine, circuit, wires):
        super().__init__(engine, circuit, wires)
        self.counts = self.shots is not None
        self._primitive = engine.configured()
        self._after = () if engine.precision is None else (float(engine.precision),)
        opened = opened_for(circuit, self._primitive)
        self.on_device = self._checked(
            translated(opened, circuit.parameters, self._primitive, self._pass_manager)
        )
        self._places = [self.on_device.places[wire] for wire in wires]

    def _parts(self, observables):
        constants, others = without_constants(observables)
        operators = {
            number: diagonal_paulis(each) if isinstance(each, np.ndarray) else each
            for number, each in others.items()
        }
        if not operators:
            return constants, []
        together = _n_circuits(operators.values())
        if together <= self.circuits_per_job:
            return constants, [self._part(list(operators), list(operators.values()), together)]
        return constants, [
            self._part([number], [operator], _n_circuits([operator]))
            for number, operator in operators.items()
        ]

    def _part(self, numbers, operators, n_circuits):
        digest = hashlib.sha256()
        for operator in operators:
            digest.update(" ".join(operator.paulis.to_labels()).encode())
            digest.update(operator.coeffs.tobytes())
        width = self.on_device.circuit.num_qubits
        content = ObservablesArray.coerce(
            [[operator.apply_layout(self._places, width)] for operator in operators]
        )
        return Part(numbers, content, digest.hexdigest(), n_circuits)

    def _pubs(self, values, part):
        angles = self.on_device.expressions.values(values)
        return pubs_of(self.on_device, angles, before=(part.content,), after=self._after)

    def _read(self, result, n_rows, part):
        n_pubs, n_columns = (1, n_rows) if self.on_device.placeholders else (n_rows, 1)
        if len(result) != n_pubs:
            raise SimulationError(f"the estimator returned {len(result)} results for {n_pubs} PUB")
        shape = len(part.numbers), n_columns
        found = [_checked_values(one, shape) for one in result]
        return np.hstack(found).T


def _checked_values(result, shape):
    values = np.asarray(getattr(result.data, "evs", None))
    if values.shape != shape or values.dtype.kind not in "fiu":
        raise SimulationError(
            f"the estimator returned expectation values of shape {values.shape} and dtype "
            f"{values.dtype}, asked for {shape} real numbers"
        )
    if not np.isfinite(values).all():
        raise SimulationError("the estimator returned expectation values that are not finite")
    return values


def _n_circuits(operators):
    """Return in how many bases the strings of operators can be measured."""
    return len(commuting_groups([operator.paulis for operator in operators]))

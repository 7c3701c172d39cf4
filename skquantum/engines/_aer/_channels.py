"""Noisy states, and measurements pulled back through a noisy circuit.

A device that measures a fidelity runs the circuit of one row forward and that of another one
backward, and counts how often all bits are 0. Its noise acts gate by gate, so that the probability
is the trace of the noisy state of the first row with an *effect* of the second: the projector on
0...0, pulled back through the noisy backward half by the adjoint channels, last gate first.
"""

import numpy as np
from qiskit import QuantumCircuit
from qiskit.circuit import Gate, Instruction
from qiskit.quantum_info import DensityMatrix, SuperOp
from qiskit_aer.library import SetDensityMatrix

from skquantum.engines._aer._noise import (
    confuse,
    noisy,
    opened,
    with_passes,
    without_passes,
)
from skquantum.engines._aer._programs import DensityProgram
from skquantum.engines._expressions import Expressions
from skquantum.engines._lowering import Lowered, has_free_parameters, placeholder_for

__all__ = ["Effects", "Noise", "hermitian_vectors"]

NEGLECTED_BY_AER = 1e-10


class Noise:
    """What a noise model does after an instruction.

    Parameters
    ----------
    noise_model : NoiseModel
        Errors of gates.
    """

    def __init__(self, noise_model):
        # Aer offers no other way to ask for the error of one instruction.
        self._local = noise_model._local_quantum_errors
        self._default = noise_model._default_quantum_errors
        self._known = {}

    def after(self, name, qubits):
        """Return the channel that follows an instruction, or None.

        Parameters
        ----------
        name : str
            Label, or else name, of the instruction.
        qubits : tuple of int
            Where it acts.

        Returns
        -------
        SuperOp or None
            Channel on these qubits.
        """
        error = self._local.get(name, {}).get(qubits, self._default.get(name))
        if error is None or error.num_qubits != len(qubits):
            return None
        if error.id not in self._known:
            self._known[error.id] = _channel(error)
        return self._known[error.id]


def _channel(error):
    """Return an error as Aer applies it: without terms of a probability below 1e-10."""
    terms = zip(error.circuits, error.probabilities, strict=True)
    return sum(p * SuperOp(circuit) for circuit, p in terms if p > NEGLECTED_BY_AER)


def _channel_of(operation):
    error = getattr(operation, "_quantum_error", None)  # what Aer reads
    return SuperOp(operation) if error is None else _channel(error)


class Effects:
    """The measurement of 0...0 at the end of the inverse circuit, as operators on its input.

    Parameters
    ----------
    simulator : AerSimulator
        With the method "density_matrix" and without a noise model.
    circuit : QuantumCircuit
        Unitary circuit, which the device inverts.
    noise_model : NoiseModel
        Noise of the device, which acts locally.
    readout : list of (ndarray, tuple of int)
        Result of ``_noise.readout_errors``.
    measured : list of int
        Qubits that are read.
    weights : ndarray of shape (2 ** n_measured,) or None
        What each bitstring that is read counts; None means 1 for zeros and 0 otherwise.
    """

    def __init__(self, simulator, circuit, noise_model, readout, measured, weights=None):
        self.parameters = tuple(circuit.parameters)
        n_qubits = circuit.num_qubits
        backward = noisy(opened(circuit).inverse(), noise_model)
        self._first = Expressions(backward.expressions, backward.parameters)
        self._order = [self.parameters.index(parameter) for parameter in backward.parameters]
        accepted = _accepted(readout, n_qubits, measured, weights)
        # Aer starts from states: positive, of trace 1. The identity pulled back is the identity.
        self._shift = min(accepted.min(), 0.0)
        accepted = accepted - self._shift
        self._scale = accepted.sum()
        noise = Noise(noise_model)
        result = QuantumCircuit(n_qubits)
        state = DensityMatrix(np.diag(accepted / self._scale))
        result.append(SetDensityMatrix(state), range(n_qubits))
        for qubit in measured:
            _append_adjoint(result, noise.after("measure", (qubit,)), (qubit,))
        placeholders = {}
        last = with_passes(backward.circuit, noise_model)
        for item in reversed(last.data):
            operation = item.operation
            wires = tuple(last.find_bit(qubit).index for qubit in item.qubits)
            _append_adjoint(result, noise.after(operation.label or operation.name, wires), wires)
            if operation.name in ("barrier", "delay"):
                continue
            if not isinstance(operation, Gate):  # of a pass
                _append_adjoint(result, _channel_of(operation), wires)
                continue
            inverse = operation.inverse()
            if has_free_parameters(inverse):
                inverse = inverse.to_mutable()
                inverse.params = [placeholder_for(p, placeholders) for p in inverse.params]
            result.append(inverse, wires, copy=False)
        pairs = tuple(placeholders.values())
        self._second = Expressions([expression for _, expression in pairs], backward.placeholders)
        lowered = Lowered(
            circuit=result,
            placeholders=tuple(placeholder for placeholder, _ in pairs),
            expressions=(),
            parameters=(),
            global_phase=0.0,
        )
        self._program = DensityProgram(simulator, lowered, without_passes(noise_model), readout)

    def columns(self, values):
        """Return the numbers for the gates, row by row."""
        return self._second.values(self._first.values(values[:, self._order]))

    def run(self, columns):
        """Return the effects for rows of `columns`, of shape (n_rows, dim, dim)."""
        effects = self._program.densities(columns) * self._scale
        return effects + self._shift * np.eye(effects.shape[1])


def _append_adjoint(circuit, channel, qubits):
    if channel is not None:
        matrix = channel.adjoint().data
        circuit.append(Instruction("superop", len(qubits), 0, [matrix]), qubits)


def _accepted(readout, n_qubits, measured, weights):
    """Return what is counted for every true bitstring, on average over what is read."""
    z = np.arange(2**n_qubits)
    bits = sum((z >> qubit & 1) << k for k, qubit in enumerate(measured))
    accepted = ((bits == 0).astype(np.float64) if weights is None else weights[bits])[None]
    for matrix, qubits in readout[::-1]:
        accepted = confuse(accepted, matrix.T, qubits)
    return accepted[0]


def hermitian_vectors(operators):
    """Return Hermitian operators as real vectors, whose dot products are traces of products.

    Parameters
    ----------
    operators : ndarray of shape (n_rows, dim, dim)
        Hermitian.

    Returns
    -------
    ndarray of shape (n_rows, dim ** 2)
        Diagonal, then real and imaginary parts above it times the root of 2.
    """
    above = operators[:, *np.triu_indices(operators.shape[1], 1)] * np.sqrt(2.0)
    diagonal = np.einsum("rii->ri", operators).real
    return np.hstack([diagonal, above.real, above.imag])

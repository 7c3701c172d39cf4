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
from qiskit_aer.noise import NoiseModel

from skquantum._circuits import Expressions, Lowered, has_free_parameters, placeholder_for
from skquantum.engines._aer._merging import merged
from skquantum.engines._aer._noise import confuse, noisy, opened, with_passes
from skquantum.engines._aer._programs import DensityProgram

__all__ = ["Effects", "Noise", "States", "hermitian_vectors"]

NEGLECTED_BY_AER = 1e-10


class Noise:
    """What a noise model does after an instruction.

    Parameters
    ----------
    noise_model : NoiseModel
        Errors of gates.
    """

    def __init__(self, noise_model):
        self.model = noise_model
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


def _steps(circuit, noise):
    """Return gates and noise as one list of (Gate or SuperOp, qubits)."""
    steps = []
    with_noise = with_passes(circuit, noise.model)
    for item in with_noise.data:
        operation = item.operation
        wires = tuple(with_noise.find_bit(qubit).index for qubit in item.qubits)
        if isinstance(operation, Gate):
            steps.append((operation, wires))
        elif operation.name not in ("barrier", "delay"):  # of a pass
            steps.append((_channel_of(operation), wires))
        if (channel := noise.after(operation.label or operation.name, wires)) is not None:
            steps.append((channel, wires))
    return steps


def _program(simulator, n_qubits, steps, placeholders, start=None):
    """Return what runs steps, from zeros or from a given state."""
    circuit = QuantumCircuit(n_qubits)
    if start is not None:
        circuit.append(SetDensityMatrix(start), range(n_qubits))
    for step, wires in merged(steps):
        if isinstance(step, SuperOp):
            step = Instruction("superop", len(wires), 0, [step.data])
        circuit.append(step, wires, copy=False)
    lowered = Lowered(
        circuit=circuit,
        placeholders=placeholders,
        expressions=(),
        parameters=(),
        global_phase=0.0,
    )
    return DensityProgram(simulator, lowered, NoiseModel(), [])


class States:
    """The states that a noisy circuit leaves.

    Parameters
    ----------
    simulator : AerSimulator
        With the method "density_matrix" and without a noise model.
    lowered : Lowered
        Result of ``_noise.noisy``.
    noise_model : NoiseModel
        Noise of the device, which acts locally.
    """

    def __init__(self, simulator, lowered, noise_model):
        steps = _steps(lowered.circuit, Noise(noise_model))
        n_qubits = lowered.circuit.num_qubits
        self._program = _program(simulator, n_qubits, steps, lowered.placeholders)

    def run(self, columns):
        """Return the density matrices for rows of `columns`, of shape (n_rows, dim, dim)."""
        return self._program.densities(columns)


class Effects:
    """The measurement of 0...0 at the end of the inverse circuit, as operators on its input.

    Parameters
    ----------
    simulator : AerSimulator
        With the method "density_matrix" and without a noise model.
    circuit : QuantumCircuit
        Unitary circuit, which the device inverts.
    parameters : sequence of Parameter
        What the rows of values are for.
    noise_model : NoiseModel
        Noise of the device, which acts locally.
    readout : list of (ndarray, tuple of int)
        Result of ``_noise.readout_errors``.
    measured : list of int
        Qubits that are read.
    weights : ndarray of shape (2 ** n_measured,) or None
        Weight of each measured bitstring; None means 1 for zeros and 0 otherwise.
    """

    def __init__(self, simulator, circuit, parameters, noise_model, readout, measured, weights):
        n_qubits = circuit.num_qubits
        backward = noisy(opened(circuit).inverse(), noise_model, parameters)
        self._first = Expressions(backward.expressions, backward.parameters)
        accepted = _accepted(readout, n_qubits, measured, weights)
        # Aer starts from states: positive, of trace 1. The identity pulled back is the identity.
        self._shift = min(accepted.min(), 0.0)
        accepted = accepted - self._shift
        self._scale = accepted.sum()  # 0 where all count the same
        start = accepted if accepted.any() else np.full(len(accepted), 1 / len(accepted))
        noise = Noise(noise_model)
        before = [(noise.after("measure", (qubit,)), (qubit,)) for qubit in measured]
        steps = _steps(backward.circuit, noise)
        steps += [(channel, wires) for channel, wires in before if channel is not None]
        placeholders = {}
        adjoint = [(_adjoint(step, placeholders), wires) for step, wires in reversed(steps)]
        pairs = tuple(placeholders.values())
        self._second = Expressions([expression for _, expression in pairs], backward.placeholders)
        self._program = _program(
            simulator,
            n_qubits,
            adjoint,
            tuple(placeholder for placeholder, _ in pairs),
            DensityMatrix(np.diag(start / start.sum())),
        )

    def columns(self, values):
        """Return the numbers for the gates, row by row."""
        return self._second.values(self._first.values(values))

    def run(self, columns):
        """Return the effects for rows of `columns`, of shape (n_rows, dim, dim)."""
        effects = self._program.densities(columns)
        effects *= self._scale
        effects += self._shift * np.eye(effects.shape[1])
        return effects


def _adjoint(step, placeholders):
    """Return the adjoint of a gate or a channel; free parameters get placeholders of their own."""
    if isinstance(step, SuperOp):
        return step.adjoint()
    inverse = step.inverse()
    if has_free_parameters(inverse):
        inverse = inverse.to_mutable()
        inverse.params = [placeholder_for(param, placeholders) for param in inverse.params]
    return inverse


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

"""Circuits as a device with a noise model runs them."""

import numpy as np
from qiskit import QuantumCircuit, transpile
from qiskit.circuit.library import UnitaryGate
from qiskit.transpiler import TranspilerError
from qiskit_aer import AerSimulator
from qiskit_aer.noise import RelaxationNoisePass

from skquantum.engines._lowering import (
    Lowered,
    definition_of,
    has_free_parameters,
    library_name,
    lower,
    placeholder_for,
)

__all__ = ["check_splits", "confuse", "measured_circuit", "noisy", "opened", "readout_errors"]


def noisy(circuit, noise_model):
    """Translate a circuit to the basis gates of a noise model.

    As ``transpile(circuit, AerSimulator(noise_model=...), optimization_level=0)`` does: gates with
    noise stay what they are, no gates are merged or cancelled, and qubits keep their numbers.

    Parameters
    ----------
    circuit : QuantumCircuit
        Any unitary circuit; it is not changed.
    noise_model : NoiseModel
        Whose basis gates to use.

    Returns
    -------
    Lowered
        Without global phase, which is not seen in a measurement.

    Raises
    ------
    ValueError
        If the circuit is not unitary, a delay depends on a parameter, or the basis gates are too
        few.
    """
    lower(circuit)  # refuses what is not unitary
    placeholders = {}
    result = QuantumCircuit(circuit.num_qubits)
    translated = _translate(circuit, noise_model)
    for item in translated.data:
        operation = item.operation
        if operation.name == "barrier":
            continue
        if has_free_parameters(operation):
            if operation.name == "delay":
                raise ValueError(
                    "The circuit holds 'delay' with a free parameter, which cannot be simulated "
                    "with noise; give it a number, or use noise_model=None, which ignores delays."
                )
            operation = operation.to_mutable()  # keeps the label, which may have noise
            operation.params = [placeholder_for(param, placeholders) for param in operation.params]
        wires = [translated.find_bit(qubit).index for qubit in item.qubits]
        result.append(operation, wires, copy=False)
    pairs = tuple(placeholders.values())
    return Lowered(
        circuit=result,
        placeholders=tuple(placeholder for placeholder, _ in pairs),
        expressions=tuple(expression for _, expression in pairs),
        parameters=tuple(circuit.parameters),
        global_phase=0.0,
    )


def _translate(circuit, noise_model):
    target = AerSimulator(noise_model=noise_model).target
    try:
        return transpile(opened(circuit), target=target, optimization_level=0)
    except TranspilerError as error:
        raise ValueError(
            "The circuit cannot be translated to the basis gates of the noise model, "
            f"{', '.join(noise_model.basis_gates)}; add some with noise_model.add_basis_gates."
        ) from error


def check_splits(circuit, noise_model):
    """Raise if the noise of a circuit need not be that of its gates, one after the other.

    Parameters
    ----------
    circuit : QuantumCircuit
        What is run.
    noise_model : NoiseModel
        Errors of gates, and perhaps passes over whole circuits; that of a device relaxes qubits
        during delays.

    Raises
    ------
    ValueError
        If a pass may add noise that depends on the whole circuit.
    """
    passes = noise_model._custom_noise_passes
    harmless = "delay" not in circuit.count_ops() and all(
        isinstance(one, RelaxationNoisePass) for one in passes
    )
    if passes and not harmless:
        raise ValueError(
            f"The noise model has a pass of its own, {type(passes[-1]).__name__}, whose noise may "
            "depend on the whole circuit, so that a kernel does not split into halves; measure "
            "pair by pair with SamplerEngine over a sampler of Qiskit Aer, or leave out delays."
        )


def opened(circuit):
    """Return a circuit of gates of the standard library and matrices, without composites."""
    result = QuantumCircuit(circuit.num_qubits)
    _open(circuit, range(circuit.num_qubits), result)
    return result


def _open(circuit, qubits, result):
    """Append a circuit without composites, which the transpiler may take for gates by their name.

    And without `initialize`, which Aer would do without gates and their noise.
    """
    for item in circuit.data:
        wires = [qubits[circuit.find_bit(qubit).index] for qubit in item.qubits]
        if library_name(item.operation) in ("", "initialize"):
            _open(definition_of(item.operation), wires, result)
        else:
            result.append(item.operation, wires, copy=False)


def measured_circuit(circuit, basis, noise_model):
    """Append what a device does to measure all qubits in a basis of Paulis.

    Parameters
    ----------
    circuit : QuantumCircuit
        The circuit in the basis gates of the noise model.
    basis : tuple of int
        Key of a ``_observables.Part``.
    noise_model : NoiseModel
        Whose noise the gates that change the basis get.

    Returns
    -------
    QuantumCircuit
        A new circuit.
    """
    x, z = basis
    change = QuantumCircuit(circuit.num_qubits)
    for qubit in range(circuit.num_qubits):
        if x >> qubit & 1:
            if z >> qubit & 1:
                change.sdg(qubit)
            change.h(qubit)
    result = circuit.compose(_translate(change, noise_model))
    result.global_phase = 0
    if "measure" in noise_model.noise_instructions:
        # The noise before a measurement, without the collapse; Aer looks it up by the label.
        for qubit in range(circuit.num_qubits):
            result.append(UnitaryGate(np.eye(2), label="measure"), [qubit])
    return result


def readout_errors(noise_model, n_qubits):
    """Return the readout errors of a noise model.

    Parameters
    ----------
    noise_model : NoiseModel
        Errors of single qubits, or joint ones of several; what is said of a qubit goes before
        what is said of all.
    n_qubits : int
        Number of qubits that are measured.

    Returns
    -------
    list of (ndarray of shape (2 ** k, 2 ** k), tuple of int)
        Probability of reading the column where the row is true, and the qubits, the first the
        least significant.
    """
    for_all, local = [], []
    for error in noise_model.to_dict()["errors"]:
        if error["type"] != "roerror":
            continue
        matrix = np.asarray(error["probabilities"], dtype=np.float64)
        if "gate_qubits" not in error:
            for_all.append(matrix)
            continue
        for qubits in error["gate_qubits"]:
            if max(qubits) < n_qubits:
                local.append((matrix, tuple(qubits)))
    own = {qubit for _, qubits in local for qubit in qubits}
    others = [(matrix, (q,)) for matrix in for_all for q in range(n_qubits) if q not in own]
    return others + local


def confuse(probabilities, matrix, qubits):
    """Apply a readout error to probabilities.

    Parameters
    ----------
    probabilities : ndarray of shape (n_rows, 2 ** n_qubits)
        Of the true bits.
    matrix : ndarray of shape (2 ** k, 2 ** k)
        Probability of reading the column where the row is true.
    qubits : tuple of int
        The k qubits, the first the least significant.

    Returns
    -------
    ndarray of shape (n_rows, 2 ** n_qubits)
        Of the bits that are read.
    """
    n_rows, size = probabilities.shape
    n_qubits = size.bit_length() - 1
    axes = [n_qubits - qubit for qubit in reversed(qubits)]
    front = range(1, len(qubits) + 1)
    tensor = np.moveaxis(probabilities.reshape((n_rows,) + (2,) * n_qubits), axes, front)
    true = tensor.reshape(n_rows, len(matrix), -1)
    # no BLAS, whose last bit depends on the number of threads
    read = sum(row[:, None] * true[:, None, k] for k, row in enumerate(matrix))
    return np.moveaxis(read.reshape(tensor.shape), front, axes).reshape(n_rows, size)

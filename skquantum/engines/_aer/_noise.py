"""Circuits as a device with a noise model runs them."""

import json
import pickle
import warnings
from copy import copy
from hashlib import sha256

import numpy as np
from qiskit import ClassicalRegister, QuantumCircuit, transpile
from qiskit.circuit import Delay
from qiskit.circuit.library import UnitaryGate
from qiskit.providers import BackendV2
from qiskit.transpiler import PassManager, TranspilerError
from qiskit_aer import AerSimulator
from qiskit_aer.noise import RelaxationNoisePass

from skquantum._circuits import (
    Lowered,
    has_free_parameters,
    lower,
    placeholder_for,
    walk,
)

__all__ = [
    "acts_locally",
    "as_run",
    "confuse",
    "is_pairwise",
    "measured_circuit",
    "noise_text",
    "noisy",
    "opened",
    "readout_errors",
    "warn_if_idle",
    "with_passes",
    "without_passes",
]


def noisy(circuit, noise_model, parameters=None):
    """Translate a circuit to the basis gates of a noise model.

    As ``transpile(circuit, AerSimulator(noise_model=...), optimization_level=0)`` does: gates with
    noise stay what they are, no gates are merged or cancelled, and qubits keep their numbers.

    Parameters
    ----------
    circuit : QuantumCircuit
        Any unitary circuit; it is not changed.
    noise_model : NoiseModel
        Whose basis gates to use.
    parameters : sequence of Parameter or None, default=None
        What the rows of values are for, if not the free parameters that the circuit has left.

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
        parameters=tuple(circuit.parameters if parameters is None else parameters),
        global_phase=0.0,
    )


def _translate(circuit, noise_model):
    target = AerSimulator(noise_model=noise_model).target
    # what Qiskit 2.6 makes of a matrix differs from call to call where it has a choice
    matrices = frozenset(["unitary"]) - set(target.operation_names)
    try:
        return transpile(opened(circuit, matrices), target=target, optimization_level=0)
    except TranspilerError as error:
        if not error.message.startswith("Unable to translate"):  # mixed units of delays
            raise ValueError(f"The circuit cannot be translated: {error.message}") from error
        raise ValueError(
            "The circuit cannot be translated to the basis gates of the noise model, "
            f"{', '.join(noise_model.basis_gates)}; add some with noise_model.add_basis_gates."
        ) from error


def acts_locally(noise_model):
    """Return whether the noise of an instruction follows from its name and its qubits.

    Parameters
    ----------
    noise_model : NoiseModel
        Errors of gates, and perhaps passes that change whole circuits; that of a device has one
        that relaxes qubits during delays.

    Returns
    -------
    bool
        Whether there is no pass but such ones.
    """
    # Aer offers no other way to ask for the passes.
    return all(map(_relaxes_delays, noise_model._custom_noise_passes))


def is_pairwise(noise_model):
    """Say whether pairs of rows are simulated, as noise does not act gate by gate."""
    return not (
        noise_model is None or isinstance(noise_model, BackendV2) or acts_locally(noise_model)
    )


def _relaxes_delays(one):
    return isinstance(one, RelaxationNoisePass) and one._ops == (Delay,)


def warn_if_idle(circuit, noise_model, readout):
    """Warn if no error of a noise model acts on an instruction of a circuit.

    Parameters
    ----------
    circuit : QuantumCircuit
        In the basis gates of the noise model.
    noise_model : NoiseModel
        Errors of instructions, perhaps on some qubits only.
    readout : list
        Result of :func:`readout_errors`.
    """
    errors = noise_model.to_dict()["errors"]
    if not errors or readout or noise_model._custom_noise_passes:
        return
    present = {
        (item.operation.label or item.operation.name, wires_of(circuit, item))
        for item in circuit.data
    }
    present |= {("measure", (qubit,)) for qubit in range(circuit.num_qubits)}
    names = {name for name, _ in present}
    for error in errors:
        places = error.get("gate_qubits")
        for name in error["operations"]:
            if places is None and name in names:
                return
            if any((name, tuple(place)) in present for place in places or ()):
                return
    where = {
        f"{name} on {' and '.join(str(tuple(place)) for place in error['gate_qubits'])}"
        if "gate_qubits" in error
        else name
        for error in errors
        for name in error["operations"]
    }
    warnings.warn(
        f"The noise acts on nothing: the noise model has errors for {', '.join(sorted(where))}, "
        f"and the circuit of {circuit.num_qubits} qubits, in the basis gates of the noise model, "
        f"holds {', '.join(sorted({name for name in names if name != 'measure'}))}."
    )


def wires_of(circuit, item):
    """Return the numbers of the qubits that an instruction acts on."""
    return tuple(circuit.find_bit(qubit).index for qubit in item.qubits)


def with_passes(circuit, noise_model):
    """Return a circuit with what the passes of a noise model make of it.

    Aer itself runs them for circuits with delays only. All but those that relax delays want
    numbers for parameters, and the measurements.
    """
    passes = noise_model._custom_noise_passes
    return PassManager(passes).run(circuit) if passes else circuit


def without_passes(noise_model):
    """Return the errors of gates and of the readout alone."""
    result = copy(noise_model)
    result._custom_noise_passes = []
    return result


def noise_text(noise_model):
    """Return what results depend on, the same in every process: errors, gates, passes.

    Raises
    ------
    ValueError
        If a pass cannot be told from another one.
    """
    errors = noise_model.to_dict(serializable=True)["errors"]
    for error in errors:
        error.pop("id", None)  # drawn at random
    passes = [_pass_text(one) for one in noise_model._custom_noise_passes]
    return json.dumps([errors, noise_model.basis_gates, passes], sort_keys=True)


def _pass_text(one):
    if _relaxes_delays(one):
        return [np.asarray(times).tolist() for times in (one._t1s, one._t2s, one._p1s, one._dt)]
    # what the machinery of passes keeps differs from process to process
    settings = {k: v for k, v in vars(one).items() if k not in ("_hash", "property_set")}
    try:
        return sha256(pickle.dumps((type(one), settings))).hexdigest()
    except Exception as error:
        raise ValueError(
            f"A checkpoint cannot tell whether the pass {type(one).__name__} of the noise model "
            f"stays the same, because it cannot be pickled ({error}); write its function on the "
            "top level of a module, or use checkpoint=None."
        ) from error


def opened(circuit, also=frozenset()):
    """Return a circuit of gates of the standard library and matrices, without composites.

    And without gates of the names in `also`.
    """
    result = QuantumCircuit(circuit.num_qubits)

    def take(name, operation, wires):
        # the transpiler would take composites for gates by their name
        if not name or name in also:
            return False
        if name != "global_phase":
            result.append(operation, wires, copy=False)
        return True

    walk(circuit, take)
    return result


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
        A new circuit that ends with measurements.
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
    result.add_register(ClassicalRegister(circuit.num_qubits))
    result.measure(range(circuit.num_qubits), range(circuit.num_qubits))
    return result


def as_run(circuit, noise_model):
    """Return a circuit after the passes of a noise model, and without the collapse of measuring.

    Parameters
    ----------
    circuit : QuantumCircuit
        In the basis gates of the noise model, perhaps with measurements at the end.
    noise_model : NoiseModel
        Whose passes run; measurements become identities with the name of a measurement for a
        label, by which Aer finds their noise.

    Returns
    -------
    QuantumCircuit
        Without classical bits.

    Raises
    ------
    ValueError
        If a pass has put an instruction behind the measurement of some of its qubits.
    """
    before = with_passes(circuit, noise_model)
    result = QuantumCircuit(circuit.num_qubits)
    measured = set()
    for item in before.data:
        operation = item.operation
        wires = [before.find_bit(qubit).index for qubit in item.qubits]
        if operation.name == "measure":
            measured.update(wires)
            if "measure" not in noise_model.noise_instructions:
                continue
            operation = UnitaryGate(np.eye(2), label="measure")
        elif operation.name == "barrier" or measured.issuperset(wires):
            continue
        elif measured.intersection(wires):
            raise ValueError(
                f"A pass of the noise model puts {operation.name!r} behind the measurement of "
                f"qubits {sorted(measured.intersection(wires))}, where Aer cannot compute "
                "probabilities; put it before the measurement."
            )
        result.append(operation, wires, copy=False)
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

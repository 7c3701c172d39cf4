"""Texts that are equal for equal circuits only, in every process."""

import hashlib
from contextlib import suppress
from uuid import uuid4

import numpy as np
from qiskit import QuantumCircuit
from qiskit.circuit import AnnotatedOperation, Instruction, Parameter, ParameterExpression
from qiskit.circuit.library import get_standard_gate_name_mapping
from qiskit.exceptions import QiskitError
from qiskit.quantum_info import Clifford

__all__ = ["array_text", "circuit_text", "is_standard"]

_STANDARD = {name: gate.base_class for name, gate in get_standard_gate_name_mapping().items()}


def array_text(array):
    """Return a text that is the same for the same numbers, type and shape."""
    digest = hashlib.sha256(np.ascontiguousarray(array).tobytes()).hexdigest()
    return f"array {array.dtype.str} {array.shape} {digest}"


def is_standard(operation):
    """Whether an operation is a gate of Qiskit's standard library, which its name describes.

    A composite may be called anything, "swap" for instance.
    """
    standard = _STANDARD.get(operation.name)
    return standard is not None and getattr(operation, "base_class", None) is standard


def circuit_text(circuit):
    """Return a text that says what a circuit does, whatever its parameters are called.

    Parameters
    ----------
    circuit : QuantumCircuit
        Any circuit.

    Returns
    -------
    str
        The same for the same gates, angles and order of parameters, in every process.

    Examples
    --------
    >>> from qiskit import QuantumCircuit
    >>> from qiskit.circuit import Parameter
    >>> from skquantum._circuits import circuit_text
    >>> circuit = QuantumCircuit(1)
    >>> circuit.rx(2 * Parameter("x"), 0)  # doctest: +ELLIPSIS
    <qiskit.circuit.instructionset.InstructionSet object at 0x...>
    >>> print(circuit_text(circuit))
    1 qubits, 0 bits, 1 parameters, phase 0.0
    rx [2*p0] on 0
    """
    old = list(circuit.parameters)
    between = [Parameter(uuid4().hex) for _ in old]  # p0 may be the name of another one by now
    new = [Parameter(f"p{k}") for k in range(len(old))]
    renamed = circuit.assign_parameters(dict(zip(old, between, strict=True)))
    renamed.assign_parameters(dict(zip(between, new, strict=True)), inplace=True)
    return "\n".join(_lines(renamed))


def _lines(circuit):
    yield (
        f"{circuit.num_qubits} qubits, {circuit.num_clbits} bits, {circuit.num_parameters} "
        f"parameters, phase {_parameter_text(circuit.global_phase)}"
    )
    for item in circuit.data:
        operation = item.operation
        wires = [circuit.find_bit(bit).index for bit in (*item.qubits, *item.clbits)]
        yield f"{_operation_text(operation)} on {', '.join(map(str, wires))}"
        params = getattr(operation, "params", ())
        if is_standard(operation):
            continue
        if any(isinstance(param, np.ndarray | QuantumCircuit) for param in params):
            continue  # the matrix or the blocks say it all
        definition = None
        with suppress(TypeError, QiskitError):  # some have one only when they are bound
            definition = getattr(operation, "definition", None)
        if definition is not None:
            yield from ("  " + line for line in _lines(definition))


def _operation_text(operation):
    """Return what is said of an operation besides its definition."""
    if isinstance(operation, AnnotatedOperation):
        base = operation.base_op
        inside = "\n".join(_lines(base.definition)) if getattr(base, "definition", None) else ""
        return f"{operation.modifiers} of {_operation_text(base)} {{{inside}}}"
    if isinstance(operation, Clifford):
        return f"clifford {array_text(operation.tableau)}"
    if not isinstance(operation, Instruction):
        raise TypeError(
            f"holds a circuit with {operation.name!r}, of which nothing is known but its name; "
            "append operation.to_instruction() instead."
        )
    text = f"{operation.name} [{', '.join(map(_parameter_text, operation.params))}]"
    for name in ("ctrl_state", "label", "unit"):
        if (value := getattr(operation, name, None)) is not None:
            text += f" {name} {value}"
    return text


def _parameter_text(param):
    if isinstance(param, ParameterExpression):
        return str(param)
    if isinstance(param, QuantumCircuit):
        return "{" + "\n".join(_lines(param)) + "}"
    if isinstance(param, np.ndarray):
        return array_text(param)
    if isinstance(param, int | float | np.number):
        return repr(complex(param).real if complex(param).imag == 0 else complex(param))
    return str(param)

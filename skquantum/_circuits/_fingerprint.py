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

from skquantum._circuits._postfix import BINARY, UNARY, postfix

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
    rx [2.0*p0] on 0
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
        return _expression_text(param)
    if isinstance(param, QuantumCircuit):
        return "{" + "\n".join(_lines(param)) + "}"
    if isinstance(param, np.ndarray):
        return array_text(param)
    if isinstance(param, int | float | np.number):
        return _number_text(param)
    return str(param)


def _number_text(number):
    return repr(complex(number).real if complex(number).imag == 0 else complex(number))


def _expression_text(expression):
    """Return a text with sorted terms and factors, since QPY of Qiskit 2.1 reorders them."""
    tokens = postfix(expression)
    if tokens is None:
        return str(expression)
    stack = []  # of terms, each a list of factors
    for token in tokens:
        if token in ("ADD", "SUB"):
            right, left = stack.pop(), stack.pop()
            stack.append(left + (right if token == "ADD" else [["-1.0", *term] for term in right]))
        elif token == "MUL":
            right, left = map(_factors, (stack.pop(), stack.pop()))
            stack.append([left + right])
        elif token in BINARY:
            right, left = map(_sum_text, (stack.pop(), stack.pop()))
            stack.append([[f"{token}({left}, {right})"]])
        elif token in UNARY:
            stack.append([[f"{token}({_sum_text(stack.pop())})"]])
        else:
            text = token.name if isinstance(token, Parameter) else _number_text(token)
            stack.append([[text]])
    return _sum_text(stack.pop())


def _factors(terms):
    return terms[0] if len(terms) == 1 else [f"({_sum_text(terms)})"]


def _sum_text(terms):
    return " + ".join(sorted(_product_text(factors) for factors in terms))


def _product_text(factors):
    factors = sorted(factor for factor in factors if factor != "1.0")
    if factors[:2] == ["-1.0", "-1.0"]:
        return _product_text(factors[2:])
    return "*".join(factors) or "1.0"

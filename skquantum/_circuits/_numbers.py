"""Numbers that no gate can have, found before a circuit runs."""

import math
import re
from contextlib import suppress
from numbers import Number

import numpy as np
from qiskit import QuantumCircuit
from qiskit.circuit import Parameter, ParameterExpression
from qiskit.exceptions import QiskitError

from skquantum._circuits._postfix import postfix

__all__ = ["COMPOSITES", "check_numbers"]

# What a text of a number that is not finite holds, and some names.
_NOT_FINITE = re.compile("inf|nan", re.IGNORECASE)

# Where the classes of composites are defined.
COMPOSITES = frozenset(
    f"qiskit.circuit.{name}" for name in ("gate", "instruction", "controlledgate")
)


def check_numbers(circuit):
    """Raise if a circuit holds a number that is not finite.

    Simulators take such angles and matrices without a word and return NaN.

    Parameters
    ----------
    circuit : QuantumCircuit
        Any circuit; definitions of composite gates and blocks of control flow are looked into.

    Raises
    ------
    ValueError
        If a parameter of a gate, a constant in one, an entry of a matrix or the global phase is
        NaN or infinite. The message names the gate.
    """
    _check_circuit(circuit, "")


def _check_circuit(circuit, inside):
    if (number := _not_finite(circuit.global_phase)) is not None:
        _refuse(f"The global phase{inside or ' of the circuit'}", number)
    for item in circuit.data:
        if item.params or not item.is_standard_gate():
            _check_operation(item.operation, inside)


def _check_operation(operation, inside):
    for param in getattr(operation, "params", ()):
        if isinstance(param, QuantumCircuit):
            _check_circuit(param, f" inside {operation.name!r}")
        elif (number := _not_finite(param)) is not None:
            _refuse(f"The gate {operation.name!r}{inside}", number)
    if (base := getattr(operation, "base_op", None)) is not None:  # of an annotated operation
        _check_operation(base, inside)
    if (definition := _definition(operation)) is not None:
        _check_circuit(definition, f" inside {operation.name!r}")


def _definition(operation):
    """Return what a composite is made of; gates of Qiskit's own are made of what was checked."""
    module = getattr(operation, "base_class", type(operation)).__module__
    if module.startswith("qiskit.") and module not in COMPOSITES:
        return None
    with suppress(TypeError, QiskitError):  # reported when the gate is opened
        return getattr(operation, "definition", None)


def _refuse(name, number):
    raise ValueError(
        f"{name} holds {number}, which is not a finite number; give it one, or a Parameter."
    )


def _not_finite(param):
    """Return a number in a parameter of a gate that is not finite, or None."""
    if isinstance(param, int | float):
        return None if math.isfinite(param) else param
    if param is None or isinstance(param, str | Parameter):
        return None
    if isinstance(param, ParameterExpression):
        if not param.parameters:
            return _not_finite(complex(param.numeric()))
        if not _NOT_FINITE.search(str(param)):  # cheaper than reading the expression
            return None
        return _first(token for token in postfix(param) or () if isinstance(token, Number))
    numbers = np.asarray(param)
    if numbers.dtype.kind == "O":  # several parameters
        return _first(part for part in numbers.flat if isinstance(part, ParameterExpression))
    if numbers.dtype.kind not in "fc" or np.isfinite(numbers).all():
        return None
    return numbers[~np.isfinite(numbers)].flat[0]


def _first(params):
    return next((n for param in params if (n := _not_finite(param)) is not None), None)

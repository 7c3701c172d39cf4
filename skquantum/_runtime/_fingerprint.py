"""What a computation depends on, as text that is equal for equal values in every process."""

import hashlib

import numpy as np
from qiskit import QuantumCircuit

from skquantum._circuits import array_text, circuit_text

__all__ = ["fingerprint_part"]


def fingerprint_part(name, value):
    """Return what a manifest keeps of a part of a fingerprint.

    Raises
    ------
    TypeError
        If it is, or holds, an object that has no lasting text.
    """
    try:
        text = _text(value)
    except TypeError as error:
        raise TypeError(f"{name!r} of a fingerprint {error}") from None
    return {"is": _short(value), "sha256": hashlib.sha256(text.encode()).hexdigest()}


def _short(value):
    if isinstance(value, QuantumCircuit):
        return f"a circuit of {value.num_qubits} qubits and {value.size()} gates"
    if isinstance(value, np.ndarray):
        return f"an array of shape {value.shape}"
    text = _text(value)
    return text if len(text) <= 80 else f"a {type(value).__name__}"


def _text(value):
    """Return a text that is equal for equal values only, in every process."""
    if isinstance(value, np.generic):
        value = value.item()
    if value is None or isinstance(value, bool | int | float | complex | str | bytes):
        return repr(value)
    if isinstance(value, QuantumCircuit):
        return circuit_text(value)
    if isinstance(value, np.ndarray) and value.dtype.kind in "biufcSU":
        return array_text(value)
    if isinstance(value, dict):
        items = sorted((_text(key), _text(item)) for key, item in value.items())
        return "{" + ", ".join(f"{key}: {item}" for key, item in items) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(_text, value)) + "]"
    kind = f"{type(value).__module__}.{type(value).__qualname__}"
    raise TypeError(
        f"holds a {kind}, which has no stable text form; use numbers, text, arrays and "
        "circuits, or lists and dicts of them."
    )

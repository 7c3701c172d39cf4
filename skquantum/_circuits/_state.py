"""Circuits in what is saved, copied and hashed.

Qiskit's circuits hold objects of Rust, which neither skops nor JSON knows, and the bytes of two
builds of one circuit differ, because each has parameters with identifiers of their own. So the
state of an object holds circuits packed: QPY bytes where it is saved, whose identifiers keep
shared parameters shared; and a canonical text where joblib hashes it.
"""

import copy
from io import BytesIO

from joblib.hashing import Hasher
from qiskit import QuantumCircuit, qpy

from skquantum._circuits._fingerprint import circuit_text
from skquantum._circuits._numbers import COMPOSITES

__all__ = ["CircuitsInState", "PackedCircuit"]


class CircuitsInState:
    """Mixin of objects whose attributes may be circuits.

    Pickles, copies, ``skops.io`` and ``joblib.hash`` work on the state; there, attributes that
    are circuits, or lists or tuples of them, are :class:`PackedCircuit`.
    """

    def __getstate__(self):
        return {name: _packed(value) for name, value in super().__getstate__().items()}

    def __setstate__(self, state):
        state = {name: _unpacked(value) for name, value in state.items()}
        if hasattr(super(), "__setstate__"):
            super().__setstate__(state)
        else:
            self.__dict__.update(state)


class PackedCircuit:
    """A circuit that can be saved by everything that can save bytes.

    Parameters
    ----------
    content : QuantumCircuit or bytes
        The circuit, or what QPY made of it.
    """

    def __init__(self, content):
        self._content = content

    def unpacked(self):
        """Return the circuit, with the parameters that it had: equal names and identifiers."""
        if isinstance(self._content, QuantumCircuit):
            return self._content
        (circuit,) = qpy.load(BytesIO(self._content))
        return circuit

    def __reduce__(self):
        return PackedCircuit, (_saved(self.unpacked()),)

    def __copy__(self):
        return self

    def __deepcopy__(self, memo):
        return PackedCircuit(copy.deepcopy(self.unpacked(), memo))


def _packed(value):
    if isinstance(value, QuantumCircuit):
        return PackedCircuit(value)
    if _holds(value, QuantumCircuit):
        return type(value)(map(_packed, value))
    return value


def _unpacked(value):
    if isinstance(value, PackedCircuit):
        return value.unpacked()
    if _holds(value, PackedCircuit):
        return type(value)(map(_unpacked, value))
    return value


def _holds(value, kind):
    return type(value) in (list, tuple) and any(isinstance(item, kind) for item in value)


def _saved(circuit):
    """Return QPY bytes; where they would not do, the circuit itself, which pickle can save."""
    buffer = BytesIO()
    try:
        qpy.dump(circuit, buffer)
        (again,) = qpy.load(BytesIO(buffer.getvalue()))
        if circuit_text(again) == circuit_text(circuit) and _is_defined(circuit):
            return buffer.getvalue()
    except Exception:  # what QPY cannot do is known to QPY only
        pass
    return circuit


def _is_defined(circuit):
    """Whether no custom gate is known by its class only, which QPY does not keep."""
    return all(_has_definition(item.operation) for item in circuit.data)


def _has_definition(operation):
    module = getattr(operation, "base_class", type(operation)).__module__
    if module.startswith("qiskit.") and module not in COMPOSITES:
        return True
    return operation.definition is not None and _is_defined(operation.definition)


def _hash(hasher, packed):
    """Hash what a circuit does and how its parameters are called, not their identifiers.

    Parameters are numbered as they come, so that those which several circuits share count.
    """
    circuit = packed.unpacked()
    numbers = hasher.__dict__.setdefault("_numbers_of_parameters", {})
    parameters = [
        (parameter.name, numbers.setdefault(parameter.uuid, len(numbers)))
        for parameter in circuit.parameters
    ]
    try:
        hasher.save((circuit_text(circuit), parameters))
    except TypeError:  # an operation without a text
        hasher.save(circuit)


# joblib finds the function by type, as pickle finds those of copyreg
Hasher.dispatch[PackedCircuit] = _hash

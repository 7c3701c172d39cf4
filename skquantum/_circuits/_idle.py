"""Dropping the wires on which nothing happens."""

from qiskit import QuantumCircuit
from qiskit.circuit import Barrier, ControlFlowOp, Delay

from skquantum._circuits._numbers import COMPOSITES

__all__ = ["without_idle_wires"]


def without_idle_wires(circuit, *, delays=False):
    """Return a circuit without the qubits that no gate acts on.

    Barriers are not gates, and `id` is one. A composite gate acts on those of its qubits that
    the gates inside act on; where it covers others, it is opened.

    Parameters
    ----------
    circuit : QuantumCircuit
        Any circuit; it is not changed.
    delays : bool, default=False
        Whether delays count as gates, which they do where qubits relax. Those with a free
        parameter always count, so that no column of values is lost.

    Returns
    -------
    circuit : QuantumCircuit
        The circuit on the wires in use, in their order, with the parameters, classical bits and
        global phase of the given one; the circuit itself if all are in use. If none is, it keeps
        its first qubit.
    wires : list of int
        Which qubits of the given circuit these are.

    Examples
    --------
    >>> from qiskit import QuantumCircuit
    >>> from skquantum._circuits import without_idle_wires
    >>> circuit = QuantumCircuit(5)
    >>> _ = circuit.cx(3, 1)
    >>> narrow, wires = without_idle_wires(circuit)
    >>> narrow.num_qubits, wires
    (2, [1, 3])
    """
    wires = sorted(_used(circuit, delays)) or [0]
    # variables belong to programs that branch, which no engine runs
    if len(wires) >= circuit.num_qubits or circuit.num_identifiers:
        return circuit, list(range(circuit.num_qubits))
    narrow = QuantumCircuit(
        len(wires), name=circuit.name, global_phase=circuit.global_phase, metadata=circuit.metadata
    )
    for register in circuit.cregs:
        narrow.add_register(register)
    narrow.add_bits([bit for bit in circuit.clbits if bit not in set(narrow.clbits)])
    place = {wire: number for number, wire in enumerate(wires)}
    _append(narrow, circuit, [place.get(wire) for wire in range(circuit.num_qubits)], delays)
    return narrow, wires


def _append(narrow, circuit, places, delays):
    """Append the instructions of a circuit whose qubits are at `places`, None for idle ones."""
    for item in circuit.data:
        here = [places[circuit.find_bit(qubit).index] for qubit in item.qubits]
        operation = item.operation
        if None not in here:
            narrow.append(operation, here, item.clbits, copy=False)
        elif isinstance(operation, Barrier):
            if left := [place for place in here if place is not None]:
                narrow.barrier(left, label=operation.label)
        elif (inside := _inside(operation)) is not None:
            narrow.global_phase += inside.global_phase
            _append(narrow, inside, here, delays)
        # what is left is a delay that does not count


def _used(circuit, delays):
    """Return the numbers of the qubits that gates act on."""
    used = set()
    for item in circuit.data:
        operation = item.operation
        qubits = [circuit.find_bit(qubit).index for qubit in item.qubits]
        if isinstance(operation, Barrier):
            continue
        if isinstance(operation, Delay) and not delays and not operation.is_parameterized():
            continue
        inside = _inside(operation)
        numbers = range(len(qubits)) if inside is None else _used(inside, delays)
        used.update(qubits[number] for number in numbers)
        if len(used) == circuit.num_qubits:
            break
    return used


def _inside(operation):
    """Return the circuit of a composite of gates, and None of anything that acts as a whole."""
    if isinstance(operation, ControlFlowOp) or operation.num_clbits:
        return None
    if getattr(operation, "base_class", type(operation)).__module__ not in COMPOSITES:
        return None
    return operation.definition

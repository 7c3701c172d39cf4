"""Layers of general rotations and CX rings, which encode data as well as they are trained."""

from qiskit import QuantumCircuit

__all__ = ["general_rotation", "rotation_layers"]


def general_rotation(circuit, angles, qubit):
    """Append RZ, RY and RZ by three angles, which is any rotation of a qubit."""
    first, second, third = angles
    circuit.rz(first, qubit)
    circuit.ry(second, qubit)
    circuit.rz(third, qubit)


def rotation_layers(n_qubits, angles, name):
    """Return a circuit of layers: three rotations of each qubit, then a ring of CX gates.

    In layer l, qubit q controls qubit ``(q + r) % n_qubits`` with ``r = l % (n_qubits - 1) + 1``.

    Parameters
    ----------
    n_qubits : int
        Width.
    angles : sequence of length 3 * n_qubits * n_layers
        Angles or parameters, layer by layer and qubit by qubit.
    name : str
        Of the circuit.

    Returns
    -------
    QuantumCircuit
        The circuit.
    """
    circuit = QuantumCircuit(n_qubits, name=name)
    per_layer = 3 * n_qubits
    for layer in range(len(angles) // per_layer):
        for qubit in range(n_qubits):
            start = layer * per_layer + 3 * qubit
            general_rotation(circuit, angles[start : start + 3], qubit)
        if n_qubits > 1:
            reach = layer % (n_qubits - 1) + 1
            for qubit in range(n_qubits):
                circuit.cx(qubit, (qubit + reach) % n_qubits)
    return circuit

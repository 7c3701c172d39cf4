"""Circuits on which engines are checked."""

import numpy as np
from qiskit import QuantumCircuit
from qiskit.circuit import Parameter
from qiskit.circuit.library import get_standard_gate_name_mapping

__all__ = ["example_circuit", "small_circuits", "standard_circuits"]

GATES_PER_CIRCUIT = 7
WIDTH = 4  # of the widest standard gates


def example_circuit(parameters=None):
    """Return a circuit of 3 qubits and 3 parameters, with a shared one and expressions."""
    x, y, z = map(Parameter, "xyz") if parameters is None else parameters
    circuit = QuantumCircuit(3, global_phase=0.3)
    circuit.h(0)
    circuit.ry(x, 1)
    circuit.cx(0, 1)
    circuit.rz(0.5 * x + y, 1)
    circuit.rx(y, 2)
    circuit.cp(x * z, 1, 2)
    circuit.ry(2 * z - 1, 0)
    circuit.rzz(y, 0, 2)
    return circuit


def small_circuits():
    """Return circuits with something unusual, by what it is."""
    a, b = Parameter("a"), Parameter("b")
    one = QuantumCircuit(1)
    one.ry(a, 0)
    idle = QuantumCircuit(4)
    idle.ry(a, 1)
    idle.crx(b, 1, 3)
    none = QuantumCircuit(2)
    none.h(0)
    none.cx(0, 1)
    barriers = QuantumCircuit(2)
    barriers.barrier()
    barriers.rx(a, 0)
    barriers.barrier(0)
    barriers.ryy(a + b, 0, 1)
    phase = QuantumCircuit(1, global_phase=a)
    phase.h(0)
    inner = QuantumCircuit(2, global_phase=b)
    inner.rxx(a, 0, 1)
    nested = QuantumCircuit(3)
    nested.h([0, 1, 2])
    nested.append(inner.to_gate(), [2, 0])
    nested.append(inner.to_instruction(), [0, 1])
    return {
        "a circuit of one qubit": one,
        "a circuit with idle wires": idle,
        "a circuit without parameters": none,
        "a circuit with barriers": barriers,
        "a circuit with a parameter in its global phase only": phase,
        "a circuit with composite gates": nested,
    }


def standard_circuits():
    """Return circuits that hold every unitary gate of Qiskit's standard library once."""
    rng = np.random.default_rng(0)
    gates = [
        gate
        for name, gate in sorted(get_standard_gate_name_mapping().items())
        if name not in ("delay", "measure", "reset")
    ]
    order = rng.permutation(len(gates))
    return [
        _circuit_of([gates[k] for k in order[start : start + GATES_PER_CIRCUIT]], rng)
        for start in range(0, len(gates), GATES_PER_CIRCUIT)
    ]


def _circuit_of(gates, rng):
    x, y = Parameter("x"), Parameter("y")
    angles = [x, y, 0.7 * x, x - 0.4 * y, x * y, (x + y).sin(), x**2, 0.6]
    circuit = QuantumCircuit(WIDTH, global_phase=0.2 * x)
    for qubit in range(WIDTH):  # no gate is left without effect
        circuit.ry(0.3 + qubit + y, qubit)
        circuit.rz(0.2 + x, qubit)
    for gate in gates:
        params = [angles[k] for k in rng.integers(len(angles), size=len(gate.params))]
        qubits = rng.permutation(WIDTH)[: gate.num_qubits].tolist()
        circuit.append(gate.base_class(*params), qubits)
        circuit.ry(0.5 * x, int(rng.integers(WIDTH)))
    return circuit

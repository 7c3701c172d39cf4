"""Circuits for the chain engine, on lines and rings."""

import numpy as np
from hypothesis import strategies as st
from qiskit import QuantumCircuit
from qiskit.circuit import Gate, ParameterVector
from qiskit.circuit.library import get_standard_gate_name_mapping

GATES = {
    name: gate
    for name, gate in sorted(get_standard_gate_name_mapping().items())
    if isinstance(gate, Gate) and gate.num_qubits in (1, 2)
}
ONE = [name for name, gate in GATES.items() if gate.num_qubits == 1]
TWO = [name for name, gate in GATES.items() if gate.num_qubits == 2]


def rows_for(circuit, n_rows=4, seed=0):
    return np.random.default_rng(seed).normal(size=(n_rows, circuit.num_parameters))


def rxx_layers(n_qubits, reps=2, distance=1, last=None):
    """RZ and RXX, as arXiv:2411.09336 has them, every angle a parameter of its own."""
    angles = iter(ParameterVector("a", 6000))
    circuit = QuantumCircuit(n_qubits)
    circuit.h(range(n_qubits))
    for _ in range(reps):
        for qubit in range(n_qubits):
            circuit.rz(next(angles), qubit)
        for apart in range(1, distance + 1):
            for qubit in range(n_qubits - apart):
                circuit.rxx(next(angles), qubit, qubit + apart)
    if last:
        for qubit in range(n_qubits):
            getattr(circuit, last)(next(angles), qubit)
    return circuit


def cx_chain(n_qubits, last="rz"):
    angles = iter(ParameterVector("a", 6000))
    circuit = QuantumCircuit(n_qubits)
    for qubit in range(n_qubits):
        circuit.ry(next(angles), qubit)
    for qubit in range(n_qubits - 1):
        circuit.cx(qubit, qubit + 1)
    for qubit in range(n_qubits):
        getattr(circuit, last)(next(angles), qubit)
    return circuit


def bricks(n_qubits, name):
    """One layer of a two-qubit gate on neighbours, between one-qubit gates."""
    angles = iter(ParameterVector("a", 6000))
    circuit = QuantumCircuit(n_qubits)
    for step in range(2):
        for qubit in range(n_qubits):
            circuit.ry(next(angles), qubit)
            circuit.rz(next(angles), qubit)
        for qubit in range(n_qubits - 1) if step == 0 else ():
            gate = GATES[name]
            params = [next(angles) for _ in gate.params]
            circuit.append(gate.base_class(*params), [qubit, qubit + 1])
    return circuit


def runs(n_qubits, names, last=(), apart=1, places=None):
    """Several gates on each pair, one after the other; those on one qubit act on the first.

    The first qubits of the pairs are `places`, in this order.
    """
    angles = iter(ParameterVector("a", 6000))
    circuit = QuantumCircuit(n_qubits)

    def add(name, wires):
        gate = GATES[name]
        params = [next(angles) for _ in gate.params]
        circuit.append(gate.base_class(*params), wires[: gate.num_qubits])

    for qubit in range(n_qubits):
        add("ry", [qubit])
        add("rz", [qubit])
    for qubit in range(n_qubits - apart) if places is None else places:
        for name in names:
            add(name, [qubit, qubit + apart])
    for name in last:
        for qubit in range(n_qubits):
            add(name, [qubit])
    return circuit


def from_draws(n_qubits, draws, ring):
    """A circuit of drawn (gate, qubit, numbers of parameters)."""
    x = ParameterVector("x", 3)
    angles = [x[0], 0.5 * x[1], x[2] - x[0], x[0] * x[1], 0.7, (x[1] + x[2]).sin()]
    circuit = QuantumCircuit(n_qubits, global_phase=x[0])
    for qubit in range(n_qubits):
        circuit.ry(x[qubit % 3], qubit)
    for name, place, numbers in draws:
        gate = GATES[name]
        params = [angles[k] for k in numbers[: len(gate.params)]]
        last = n_qubits if ring else n_qubits - gate.num_qubits + 1
        first = place % last
        wires = [(first + k) % n_qubits for k in range(gate.num_qubits)]
        circuit.append(gate.base_class(*params), wires[:: 1 if numbers[-1] % 2 else -1])
    circuit.rz(x[1] + x[2], 0)  # all parameters are in use
    return circuit


numbers = st.lists(st.integers(0, 5), min_size=5, max_size=5)
draws = st.lists(
    st.tuples(st.sampled_from([*ONE, *TWO, *TWO]), st.integers(0, 30), numbers), max_size=12
)

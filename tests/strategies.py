"""Hypothesis strategies: random circuits with parameters."""

import numpy as np
import qiskit
from hypothesis import strategies as st
from qiskit import QuantumCircuit
from qiskit.circuit import ControlledGate, Parameter
from qiskit.circuit.library import get_standard_gate_name_mapping

# Every unitary operation of Qiskit's standard library, by name.
STANDARD_GATES = {
    name: operation
    for name, operation in get_standard_gate_name_mapping().items()
    if name not in ("delay", "measure", "reset")
}

NUMBERS = st.floats(-3, 3).map(lambda number: round(number, 6))
SCALES = NUMBERS.filter(lambda number: abs(number) > 0.1)

# Each keeps angles below about 20, so that rounding stays far below the tolerance of 1e-12.
EXPRESSIONS = [
    lambda x, y, c: x,
    lambda x, y, c: c * x,
    lambda x, y, c: x / c / 4,
    lambda x, y, c: x + c,
    lambda x, y, c: c - x,
    lambda x, y, c: -x,
    lambda x, y, c: x + y,
    lambda x, y, c: x - c * y,
    lambda x, y, c: x * y,
    lambda x, y, c: (np.pi - x) * (c - y),
    lambda x, y, c: x**2,
    lambda x, y, c: x.sin() * y.cos(),
    lambda x, y, c: (x + y).exp() / 25,
    lambda x, y, c: c * (x * y).arctan(),
    lambda x, y, c: abs(x - y),
    lambda x, y, c: x / (y**2 + 1),
    lambda x, y, c: 1 / (c**2 + x.cos() ** 2),
]
# Before Qiskit 2.6, 2**x + 3**x is 5**x as soon as it is written.
if tuple(map(int, qiskit.__version__.split(".")[:2])) >= (2, 6):
    EXPRESSIONS.append(lambda x, y, c: 2**x)


def angles(parameters):
    """Numbers, and expressions of up to two of the `parameters`."""
    one = st.sampled_from(parameters)
    expressions = st.builds(
        lambda make, *of: make(*of), st.sampled_from(EXPRESSIONS), one, one, SCALES
    )
    return expressions | NUMBERS


@st.composite
def operations(draw, n_qubits, parameters):
    """A gate of the standard library with random parameters, and what may be made of it."""
    fitting = [name for name, gate in STANDARD_GATES.items() if gate.num_qubits <= n_qubits]
    known = STANDARD_GATES[draw(st.sampled_from(fitting))]
    params = [draw(angles(parameters)) for _ in known.params]
    options = {}
    if isinstance(known, ControlledGate) and draw(st.booleans()):
        options["ctrl_state"] = draw(st.integers(0, 2**known.num_ctrl_qubits - 1))
    gate = known.base_class(*params, **options)
    # mostly as it is
    form = draw(st.sampled_from(["plain"] * 6 + ["inverse", "composite", "control", "instruction"]))
    if form == "inverse":
        return gate.inverse()
    if form == "control" and gate.num_qubits and gate.num_qubits < n_qubits:
        return gate.control(1, ctrl_state=draw(st.integers(0, 1)), annotated=False)
    if form in ("composite", "instruction") and gate.num_qubits:
        inner = QuantumCircuit(gate.num_qubits, global_phase=draw(angles(parameters)))
        inner.append(gate, range(gate.num_qubits)[::-1])
        return inner.to_gate() if form == "composite" else inner.to_instruction()
    return gate


@st.composite
def circuits(draw, min_qubits=1, max_qubits=6, max_gates=25):
    """Circuits over the whole standard library, with shared parameters and global phases."""
    n_qubits = draw(st.integers(min_qubits, max_qubits))
    parameters = [Parameter(name) for name in "abcd"[: draw(st.integers(1, 4))]]
    circuit = QuantumCircuit(n_qubits, global_phase=draw(angles(parameters)))
    for _ in range(draw(st.integers(1, max_gates))):
        qubits = draw(st.permutations(range(n_qubits)))
        kind = draw(st.sampled_from(["gate"] * 8 + ["barrier", "parity"]))
        if kind == "barrier":
            circuit.barrier(qubits[: draw(st.integers(1, n_qubits))])
        elif kind == "parity" and n_qubits > 1:  # what the engine merges into rzz
            opening = getattr(circuit, draw(st.sampled_from(["cx", "cx", "cz"])))
            opening(*draw(st.sampled_from([qubits[:2], qubits[1::-1]])))
            rotate = getattr(circuit, draw(st.sampled_from(["rz", "p", "rx"])))
            rotate(draw(angles(parameters)), draw(st.sampled_from(qubits[:2])))
            circuit.cx(qubits[0], qubits[1])
        else:
            operation = draw(operations(n_qubits, parameters))
            circuit.append(operation, qubits[: operation.num_qubits])
    return circuit


def rows(circuit, n_rows=2):
    """Arrays of parameter values for a circuit."""
    row = st.lists(NUMBERS, min_size=circuit.num_parameters, max_size=circuit.num_parameters)
    return st.lists(row, min_size=n_rows, max_size=n_rows).map(
        lambda values: np.reshape(values, (n_rows, circuit.num_parameters))
    )

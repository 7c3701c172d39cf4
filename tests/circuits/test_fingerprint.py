"""Texts of circuits: equal for equal circuits only, in every process."""

import os
import subprocess
import sys
import textwrap

import numpy as np
import pytest
from qiskit import QuantumCircuit
from qiskit.circuit import (
    AnnotatedOperation,
    ControlModifier,
    Delay,
    InverseModifier,
    Operation,
    Parameter,
    ParameterVector,
    PowerModifier,
)
from qiskit.circuit.library import (
    CRXGate,
    HGate,
    PauliEvolutionGate,
    RXGate,
    TGate,
    UnitaryGate,
    XGate,
    unitary_overlap,
    zz_feature_map,
)
from qiskit.quantum_info import SparsePauliOp, random_clifford

from skquantum._circuits import circuit_text

A, B = Parameter("a"), Parameter("p0")


def variants():
    """Yield circuits that all differ."""

    def circuit(*items, n_qubits=2):
        result = QuantumCircuit(n_qubits)
        for operation, *wires in items:
            result.append(operation, wires)
        return result

    def composite(angle, name):
        inner = QuantumCircuit(2, name=name)
        inner.rx(angle, 0)
        inner.cx(0, 1)
        return inner.to_gate()

    yield circuit()
    yield circuit(n_qubits=3)
    yield circuit((XGate(), 0))
    yield circuit((XGate(), 1))
    yield circuit((CRXGate(A), 0, 1))
    yield circuit((CRXGate(A, ctrl_state=0), 0, 1))
    yield circuit((CRXGate(2 * A), 0, 1))
    yield circuit((CRXGate(A * B), 0, 1))
    yield circuit((CRXGate(0.1), 0, 1))
    yield circuit((CRXGate(0.1 + 1e-16), 0, 1))
    yield circuit((CRXGate(A), 0, 1), (CRXGate(B), 0, 1))
    yield circuit((CRXGate(B), 0, 1), (CRXGate(A), 0, 1))
    yield circuit((composite(0.3, "cx"), 0, 1))
    yield circuit((composite(0.4, "cx"), 0, 1))
    yield circuit((composite(A, "mine"), 0, 1))
    yield circuit((composite(A + B, "mine"), 0, 1))
    yield circuit((UnitaryGate(np.eye(2)), 0))
    yield circuit((UnitaryGate(np.diag([1, 1j])), 0))
    yield circuit((PauliEvolutionGate(SparsePauliOp("XY"), A), 0, 1))
    yield circuit((PauliEvolutionGate(SparsePauliOp("XZ"), A), 0, 1))
    yield circuit((PauliEvolutionGate(SparsePauliOp("XZ", 0.5), A), 0, 1))
    barrier = circuit((XGate(), 0))
    barrier.barrier()
    yield barrier
    phase = circuit()
    phase.global_phase = A
    yield phase
    branch = QuantumCircuit(2, 1)
    with branch.if_test((0, True)):
        branch.x(0)
    yield branch
    branch = QuantumCircuit(2, 1)
    with branch.if_test((0, True)):
        branch.y(0)
    yield branch


def test_texts_differ_where_circuits_do():
    texts = [circuit_text(circuit) for circuit in variants()]
    assert len(set(texts)) == len(texts)
    assert texts == [circuit_text(circuit) for circuit in variants()]


def test_texts_do_not_know_names():
    def circuit(parameters, name):
        result = QuantumCircuit(2, name=name, metadata={"made": name})
        result.rx(2 * parameters[0] + parameters[1], 0)
        result.ry(parameters[1] * parameters[0].sin(), 1)
        return result

    texts = {
        circuit_text(circuit([Parameter(x), Parameter(y)], x))
        for x, y in ["ab", "yz", ("p0", "p1"), ("a", "p0")]
    }
    texts.add(circuit_text(circuit(ParameterVector("v", 2), "vector")))
    assert len(texts) == 1


@pytest.mark.slow
def test_texts_are_the_same_in_every_process():
    code = """
        import hashlib
        from qiskit.circuit.library import unitary_overlap, zz_feature_map
        from skquantum._circuits import circuit_text
        circuit = unitary_overlap(zz_feature_map(3), zz_feature_map(3), prefix1="l", prefix2="r")
        print(hashlib.sha256(circuit_text(circuit).encode()).hexdigest())
    """
    digests = {
        subprocess.run(
            [sys.executable, "-c", textwrap.dedent(code)],
            env=os.environ | {"PYTHONHASHSEED": str(seed)},
            capture_output=True,
            check=True,
            text=True,
        ).stdout
        for seed in (1, 2)
    }
    assert len(digests) == 1


def test_texts_differ_where_operations_do():
    """Labels have noise of their own, delays have units, annotations and Cliffords no params."""

    def of(operation):
        circuit = QuantumCircuit(2)
        circuit.append(operation, range(operation.num_qubits))
        return circuit_text(circuit)

    x = np.array([[0, 1], [1, 0]])
    operations = [
        UnitaryGate(x),
        UnitaryGate(x, label="foo"),
        RXGate(0.4),
        RXGate(0.4, label="foo"),
        Delay(100, "ns"),
        Delay(100, "us"),
        AnnotatedOperation(RXGate(0.4), [PowerModifier(2)]),
        AnnotatedOperation(RXGate(0.4), [PowerModifier(3)]),
        AnnotatedOperation(RXGate(0.5), [PowerModifier(3)]),
        AnnotatedOperation(TGate(), [InverseModifier()]),
        AnnotatedOperation(HGate(), [InverseModifier()]),
        AnnotatedOperation(HGate(), [ControlModifier(1, 0)]),
        AnnotatedOperation(HGate(), [ControlModifier(1, 1)]),
        random_clifford(2, seed=1),
        random_clifford(2, seed=4),
    ]
    assert len({of(operation) for operation in operations}) == len(operations)
    assert of(random_clifford(2, seed=1)) == of(random_clifford(2, seed=1))

    class Opaque(Operation):
        name, num_qubits, num_clbits = "opaque", 1, 0

        def copy(self):
            return self

    with pytest.raises(TypeError, match="a circuit with 'opaque', of which nothing is known"):
        of(Opaque())


def test_the_circuit_is_not_changed():
    circuit = unitary_overlap(zz_feature_map(2), zz_feature_map(2), prefix1="p", prefix2="q")
    before = circuit.copy()
    circuit_text(circuit)
    assert circuit == before

"""Wires without gates are dropped, and nothing else changes."""

import hypothesis
import numpy as np
import oracles
import pytest
import strategies
from hypothesis import strategies as st
from numpy.testing import assert_allclose
from qiskit import ClassicalRegister, QuantumCircuit, QuantumRegister
from qiskit.circuit import Parameter, ParameterVector
from qiskit.circuit.library import zz_feature_map

from skquantum._circuits import without_idle_wires


def on_wires(state, wires, n_qubits):
    """The state of some wires, beside zeros on the others."""
    bits = (np.arange(len(state))[:, None] >> np.arange(len(wires))) & 1
    wide = np.zeros(2**n_qubits, dtype=complex)
    wide[bits @ (1 << np.array(wires))] = state
    return wide


@st.composite
def embedded(draw):
    """A circuit on some wires of a wider one, with what does not count anywhere."""
    inner = draw(strategies.circuits(max_qubits=4, max_gates=10))
    n_qubits = inner.num_qubits + draw(st.integers(0, 3))
    wires = draw(st.permutations(range(n_qubits)))[: inner.num_qubits]
    circuit = QuantumCircuit(n_qubits)
    every = range(n_qubits)
    for put in draw(
        st.lists(st.sampled_from(["barrier", "delay", "circuit", "composite"]), max_size=4)
    ):
        qubits = draw(st.permutations(every))[: draw(st.integers(1, n_qubits))]
        if put == "barrier":
            circuit.barrier(qubits)
        elif put == "delay":
            circuit.delay(100, qubits[0])
        elif put == "circuit":
            circuit.compose(inner, wires, inplace=True)
        else:
            wide = QuantumCircuit(n_qubits, global_phase=0.25)
            wide.compose(inner, wires, inplace=True)
            wide.barrier()
            circuit.append(wide.to_instruction(), every)
    return circuit, inner


@hypothesis.settings(max_examples=60, deadline=None, print_blob=True)
@hypothesis.given(embedded(), st.data())
def test_states_are_those_of_the_wide_circuit(both, data):
    circuit, inner = both
    (row,) = data.draw(strategies.rows(circuit, n_rows=1))
    narrow, wires = without_idle_wires(circuit)
    assert narrow.num_qubits == len(wires) <= max(inner.num_qubits, 1)
    assert wires == sorted(wires)
    assert list(narrow.parameters) == list(circuit.parameters)
    expected = oracles.simulate(circuit, row)
    got = on_wires(oracles.simulate(narrow, row), wires, circuit.num_qubits)
    assert_allclose(got, expected, rtol=0, atol=1e-10)


@hypothesis.settings(max_examples=20, deadline=None)
@hypothesis.given(embedded())
def test_once_is_enough_and_the_circuit_is_not_changed(both):
    circuit, _ = both
    before = circuit.copy()
    narrow, _ = without_idle_wires(circuit)
    assert circuit == before
    again, wires = without_idle_wires(narrow)
    assert again is narrow
    assert wires == list(range(narrow.num_qubits))


def wide(n_qubits=6, wires=(3, 4)):
    circuit = QuantumCircuit(n_qubits, name="wide", metadata={"key": 1}, global_phase=0.3)
    circuit.compose(zz_feature_map(2), wires, inplace=True)
    return circuit


def test_embedded_feature_map():
    narrow, wires = without_idle_wires(wide())
    assert wires == [3, 4]
    expected = zz_feature_map(2)
    values = [0.1, 0.7]
    assert narrow.name == "wide"
    assert narrow.metadata == {"key": 1}
    assert_allclose(
        oracles.simulate(narrow, values),
        np.exp(0.3j) * oracles.simulate(expected, values),
        atol=1e-12,
    )
    assert narrow.count_ops() == expected.count_ops()


def test_order_of_wires_is_kept():
    circuit = QuantumCircuit(7)
    circuit.cx(5, 1)
    narrow, wires = without_idle_wires(circuit)
    assert wires == [1, 5]
    assert [narrow.find_bit(qubit).index for qubit in narrow.data[0].qubits] == [1, 0]


@pytest.mark.parametrize("n_qubits", [1, 5])
def test_without_gates_one_wire_is_left(n_qubits):
    phase = Parameter("phase")
    circuit = QuantumCircuit(n_qubits, global_phase=phase)
    circuit.barrier()
    narrow, wires = without_idle_wires(circuit)
    assert wires == [0]
    assert narrow.num_qubits == 1
    assert narrow.global_phase == phase


def test_no_qubits_at_all():
    circuit = QuantumCircuit()
    assert without_idle_wires(circuit) == (circuit, [])


def test_delays_count_where_qubits_relax():
    circuit = QuantumCircuit(4)
    circuit.x(1)
    circuit.delay(100, 2, unit="ns")
    assert without_idle_wires(circuit)[1] == [1]
    narrow, wires = without_idle_wires(circuit, delays=True)
    assert wires == [1, 2]
    assert narrow.count_ops() == {"x": 1, "delay": 1}


def test_delays_with_a_parameter_keep_their_column():
    circuit = QuantumCircuit(4)
    circuit.rx(Parameter("x"), 0)
    circuit.delay(Parameter("t"), 2)
    narrow, wires = without_idle_wires(circuit)
    assert wires == [0, 2]
    assert [parameter.name for parameter in narrow.parameters] == ["t", "x"]


def test_what_counts():
    circuit = QuantumCircuit(QuantumRegister(6, "q"), ClassicalRegister(2, "c"))
    circuit.id(0)
    circuit.reset(2)
    circuit.measure(4, 1)
    narrow, wires = without_idle_wires(circuit)
    assert wires == [0, 2, 4]
    assert narrow.cregs == circuit.cregs
    assert narrow.find_bit(narrow.data[-1].clbits[0]).index == 1


def test_barriers_shrink():
    circuit = QuantumCircuit(4)
    circuit.barrier(2, 3)
    circuit.x(1)
    circuit.barrier(label="middle")
    circuit.x(1)
    narrow, _ = without_idle_wires(circuit)
    assert [item.operation.name for item in narrow.data] == ["x", "barrier", "x"]
    assert narrow.data[1].operation.num_qubits == 1
    assert narrow.data[1].operation.label == "middle"


def test_composites_are_opened_only_where_they_cover_idle_wires():
    inner = QuantumCircuit(3, name="inner")
    inner.cx(0, 2)
    circuit = QuantumCircuit(5)
    circuit.append(inner.to_gate(), [4, 0, 2])
    narrow, wires = without_idle_wires(circuit)
    assert wires == [2, 4]
    assert narrow.count_ops() == {"cx": 1}
    circuit.x(0)
    narrow, wires = without_idle_wires(circuit)
    assert wires == [0, 2, 4]
    assert narrow.count_ops() == {"inner": 1, "x": 1}


def test_programs_that_branch_are_left_to_be_refused():
    circuit = QuantumCircuit(3, 1)
    variable = circuit.add_var("v", False)
    with circuit.if_test(variable):
        circuit.x(0)
    assert without_idle_wires(circuit)[0] is circuit
    circuit = QuantumCircuit(3, 1)
    with circuit.if_test((0, True)):
        circuit.x(2)
    narrow, wires = without_idle_wires(circuit)
    assert wires == [2]
    assert narrow.count_ops() == {"if_else": 1}


def test_a_large_device():
    circuit = QuantumCircuit(127)
    x = ParameterVector("x", 12)
    for k, qubit in enumerate((126, 3, 64)):
        for j in range(4):
            circuit.rx(x[4 * k + j], qubit)
    narrow, wires = without_idle_wires(circuit)
    assert wires == [3, 64, 126]
    assert list(narrow.parameters) == list(x)

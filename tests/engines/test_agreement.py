"""All engines open and refuse the same circuits, in the same words, and agree in numbers."""

import hypothesis
import numpy as np
import pytest
from hypothesis import strategies as st
from numpy.testing import assert_allclose
from oracles import states
from qiskit import QuantumCircuit
from qiskit.circuit import Gate, Instruction, Parameter
from qiskit.circuit.library import StatePreparation
from qiskit.primitives import StatevectorSampler
from qiskit.quantum_info import SparsePauliOp
from qiskit_aer.noise import NoiseModel
from strategies import NUMBERS, operations

from skquantum.engines import AerEngine, CompiledEngine, SamplerEngine

SHOTS = 4000


def engines():
    return {
        "aer": AerEngine(),
        "noisy": AerEngine(noise_model=NoiseModel()),
        "compiled": CompiledEngine(),
        "sampler": SamplerEngine(StatevectorSampler(seed=0), shots=SHOTS),
    }


def named_like(name, n_qubits):
    """Return a gate that is called like one of the standard library and does something else."""
    inner = QuantumCircuit(n_qubits)
    inner.ry(0.7, 0)
    gate = Gate(name, n_qubits, [])
    gate.definition = inner
    return gate


def composite(n_qubits, parameter, draw_instruction):
    inner = QuantumCircuit(n_qubits, global_phase=parameter)
    inner.ry(parameter, 0)
    return inner.to_instruction() if draw_instruction else inner.to_gate()


@st.composite
def odd_circuits(draw):
    """Circuits of gates, and in some of them something that is not one."""
    n_qubits = draw(st.integers(1, 3))
    parameters = [Parameter("a"), Parameter("b")]
    circuit = QuantumCircuit(n_qubits, draw(st.integers(0, 2)))
    angle = draw(st.sampled_from([*parameters, 0.3]))
    circuit.global_phase = draw(st.sampled_from([0.0, 0.4, parameters[0]]))
    kinds = ["gate"] * 4 + ["barrier", "delay", "initialize", "composite", "phase", "like"]
    kinds += draw(st.sampled_from([[], ["measure", "reset", "branch", "opaque", "instr"]]))
    for _ in range(draw(st.integers(1, 6))):
        kind = draw(st.sampled_from(kinds))
        wires = draw(st.permutations(range(n_qubits)))
        qubit = wires[0]
        if kind == "gate":
            operation = draw(operations(n_qubits, parameters))
            circuit.append(operation, wires[: operation.num_qubits])
        elif kind == "barrier":
            circuit.barrier(wires[: draw(st.integers(1, n_qubits))])
        elif kind == "delay":
            circuit.delay(100, qubit)
        elif kind == "initialize":
            some = wires[: draw(st.integers(1, n_qubits))]
            state = np.arange(1.0, 2 ** len(some) + 1)
            state /= np.linalg.norm(state)
            if draw(st.booleans()):
                circuit.initialize(state, some)
            else:
                circuit.append(StatePreparation(state), some)
        elif kind == "composite":
            circuit.append(composite(n_qubits, angle, draw(st.booleans())), wires)
        elif kind == "phase":
            inner = QuantumCircuit(0, global_phase=0.2)
            circuit.append(inner.to_gate(), [])
        elif kind == "like":
            circuit.append(
                named_like(draw(st.sampled_from(["x", "rz", "unitary", "h"])), 1), [qubit]
            )
        elif kind == "measure" and circuit.clbits:
            circuit.measure(qubit, 0)
        elif kind == "reset":
            circuit.reset(qubit)
        elif kind == "branch" and circuit.clbits:
            with circuit.if_test((circuit.clbits[0], 1)):
                circuit.x(qubit)
        elif kind == "opaque":
            circuit.append(Gate("mystery", 1, []), [qubit])
        elif kind == "instr":
            circuit.append(Instruction("mystery", 1, 0, []), [qubit])
    return circuit


def outcome(engine, circuit):
    """Return the session of a circuit, or the words of its refusal."""
    try:
        return engine.open(circuit)
    except ValueError as error:
        return f"{type(error).__name__}: {error}"


@hypothesis.settings(max_examples=150, deadline=None, print_blob=True)
@hypothesis.given(st.data())
def test_engines_agree(data):
    circuit = data.draw(odd_circuits(), label="circuit")
    row = [data.draw(NUMBERS) for _ in range(circuit.num_parameters)]
    values = np.reshape([row, row[::-1]], (2, circuit.num_parameters))
    found = {name: outcome(engine, circuit) for name, engine in engines().items()}
    refused = {name: words for name, words in found.items() if isinstance(words, str)}
    if refused:
        assert refused.keys() == found.keys()
        assert len(set(refused.values())) == 1, refused
        return
    expected = found["aer"].states(values)
    assert_allclose(found["compiled"].states(values), expected, atol=1e-10)
    fidelities = np.abs(expected.conj() @ expected.T) ** 2
    noisy, _ = found["noisy"].encode(values, measurement="overlap").inner()
    assert_allclose(noisy, fidelities, atol=1e-9)
    counted = found["sampler"].fidelities(values[:1], values[1:], [[0, 0]])
    # six standard deviations: once in 5e8 examples by chance
    assert abs(counted[0] - fidelities[0, 1]) < 3 / np.sqrt(SHOTS) + 1e-9


@pytest.mark.parametrize("name", engines())
def test_initialise_beside_gates_on_other_qubits(name):
    """A qubit that nothing has acted on is in state 0, whatever has happened elsewhere."""
    x = Parameter("x")
    circuit = QuantumCircuit(2)
    circuit.ry(x, 0)
    circuit.p(x, 0)
    circuit.initialize([0.6, 0.8], 1)
    circuit.cx(0, 1)
    values = np.array([[0.4], [1.9]])
    plain = QuantumCircuit(2)
    plain.ry(x, 0)
    plain.p(x, 0)
    plain.append(StatePreparation([0.6, 0.8]), [1])
    plain.cx(0, 1)
    expected = states(plain, values)
    session = engines()[name].open(circuit)
    if name in ("aer", "compiled"):
        overlaps = (expected.conj() * session.states(values)).sum(axis=1)
        assert_allclose(np.abs(overlaps), 1.0, atol=1e-12)
        return
    fidelity = abs(np.vdot(expected[0], expected[1])) ** 2
    if name == "noisy":
        got = session.encode(values, measurement="overlap").inner()[0][0, 1]
        assert_allclose(got, fidelity, atol=1e-12)
    else:
        got = session.fidelities(values[:1], values[1:], [[0, 0]])[0]
        assert abs(got - fidelity) < 3 / np.sqrt(SHOTS)


@pytest.mark.parametrize("name", engines())
@pytest.mark.parametrize("before", ["h", "x", "p", "swap", "composite"])
def test_initialise_behind_gates_is_refused(name, before):
    circuit = QuantumCircuit(2)
    x = Parameter("x")
    if before == "p":
        circuit.p(x, 0)
    elif before == "swap":
        circuit.swap(0, 1)
    elif before == "composite":
        circuit.append(composite(1, x, True), [0])
    else:
        getattr(circuit, before)(0)
    circuit.initialize([1, 0], 0)
    with pytest.raises(ValueError, match="'initialize' on a qubit that other gates have acted on"):
        engines()[name].open(circuit)


@pytest.mark.parametrize(
    "engine",
    [AerEngine(), AerEngine(shots=100), CompiledEngine()],
    ids=["aer", "shots", "compiled"],
)
@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"wrt": [-1]}, "wrt holds -1, the values have 2 columns"),
        ({"wrt": [7]}, "wrt holds 7, the values have 2 columns"),
        ({"cotangents": np.ones(3)}, "cotangents have shape"),
        ({"cotangents": np.ones((3, 2))}, "cotangents have shape"),
        ({"cotangents": np.ones((1, 1))}, "cotangents have shape"),
        ({"cotangents": lambda rows, found: np.ones(found.shape[0])}, "cotangents have shape"),
    ],
    ids=["negative", "too large", "1d", "columns", "broadcast", "callable"],
)
def test_gradients_check_what_they_are_given(engine, options, message):
    circuit = QuantumCircuit(1)
    circuit.ry(Parameter("a"), 0)
    circuit.rz(Parameter("b"), 0)
    session = engine.open(circuit)
    arguments = {"cotangents": np.ones((3, 1)), **options}
    with pytest.raises(ValueError, match=message):
        session.gradients(np.zeros((3, 2)), [SparsePauliOp("Z")], **arguments)

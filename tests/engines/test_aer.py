"""AerEngine against the NumPy oracle, gate by gate and setting by setting."""

import pickle
import re
from types import SimpleNamespace

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from oracles import states
from qiskit import AncillaRegister, ClassicalRegister, QuantumCircuit, QuantumRegister
from qiskit.circuit import (
    AnnotatedOperation,
    ControlModifier,
    Gate,
    Instruction,
    InverseModifier,
    Parameter,
    ParameterVector,
    PowerModifier,
)
from qiskit.circuit import library as lib
from qiskit.circuit.library import get_standard_gate_name_mapping
from qiskit.quantum_info import Clifford, SparsePauliOp
from qiskit_aer import AerSimulator
from sklearn.base import clone

from skquantum._circuits._lowering import BINDABLE, lower
from skquantum.engines import AerEngine
from skquantum.exceptions import SimulationError

A, B, C = (Parameter(name) for name in "abc")
V = ParameterVector("v", 12)
STANDARD = {
    name: operation
    for name, operation in get_standard_gate_name_mapping().items()
    if name not in ("measure", "reset")
}


def random_values(circuit, n_rows=3, seed=0):
    return np.random.default_rng(seed).uniform(-4, 4, (n_rows, circuit.num_parameters))


def assert_right_states(circuit, reference=None, values=None, engine=None, atol=1e-12):
    """Compare the engine with the oracle on `circuit`, or on a `reference` that it can walk."""
    values = random_values(circuit) if values is None else np.asarray(values, dtype=float)
    got = (engine or AerEngine()).open(circuit).states(values)
    assert got.shape == (len(values), 2**circuit.num_qubits)
    assert_allclose(got, states(reference or circuit, values), rtol=0, atol=atol)


def random_layer(circuit, seed):
    """Append a random u gate to every qubit, so that no gate between two layers is trivial."""
    angles = np.random.default_rng(seed).uniform(-3, 3, (circuit.num_qubits, 3))
    for qubit, (theta, phi, lam) in enumerate(angles):
        circuit.u(theta, phi, lam, qubit)


def embed(*operations, n_qubits=5):
    """Circuit with `operations` on some of its qubits, not in order, between random layers."""
    circuit = QuantumCircuit(n_qubits)
    random_layer(circuit, 0)
    for number, operation in enumerate(operations, start=1):
        circuit.append(operation, [3, 0, 4, 1, 2][: operation.num_qubits])
        random_layer(circuit, number)
    return circuit


def inner(name=None, *, phase=0.0, instruction=False):
    """Return a composite of two qubits with parameters."""
    circuit = QuantumCircuit(2, name=name, global_phase=phase)
    circuit.ry(A, 0)
    circuit.crx(2 * B, 0, 1)
    circuit.rz(A * B, 1)
    return circuit.to_instruction() if instruction else circuit.to_gate()


# --- Gates -----------------------------------------------------------------------------------


@pytest.mark.parametrize("name", STANDARD)
def test_standard_gate(name):
    gate = STANDARD[name]
    assert_right_states(embed(gate))
    if gate.params:
        n_params = len(gate.params)
        numbers = list(np.linspace(0.3, 1.7, n_params))
        if name != "delay":  # which wants a positive duration
            assert_right_states(embed(gate.base_class(*numbers)))
        # each parameter free in turn, the others numbers
        for free in range(n_params):
            params = [A if k == free else number for k, number in enumerate(numbers)]
            assert_right_states(embed(gate.base_class(*params)))
        # one parameter for all
        assert_right_states(embed(gate.base_class(*[A] * n_params), lib.RYGate(A)))


@pytest.mark.parametrize("name", sorted(BINDABLE))
def test_bindable_gate_with_expressions(name):
    n_params = len(STANDARD[name].params)
    gate = STANDARD[name].base_class(*[A * B, A.sin() - 1, B / 3][:n_params])
    assert_right_states(embed(gate, gate.inverse()))


def control(gate, n_controls=1, ctrl_state=None):
    """Control a gate without annotations, which the oracle does not know."""
    return gate.control(n_controls, ctrl_state=ctrl_state, annotated=False)


CONTROLLED = [
    lib.CXGate(ctrl_state=0),
    lib.CCXGate(ctrl_state=1),
    lib.CHGate(ctrl_state=0),
    lib.CSXGate(ctrl_state=0),
    lib.CSwapGate(ctrl_state=0),
    lib.C3SXGate(ctrl_state=5),
    lib.C4XGate(ctrl_state=9),
    lib.C4XGate(),
    lib.C3XGate(),
    lib.MCXGate(3, ctrl_state=2),
    control(lib.XGate(), 4),
    control(lib.HGate(), 2, ctrl_state=2),
    control(lib.iSwapGate(), 1),
    control(lib.UnitaryGate([[0, 1j], [1, 0]]), 2, ctrl_state=1),
    lib.CPhaseGate(A, ctrl_state=0),
    lib.CRXGate(A, ctrl_state=0),
    lib.CRYGate(A, ctrl_state=0),
    lib.CRZGate(A, ctrl_state=0),
    lib.CUGate(A, B, C, A + B, ctrl_state=0),
    lib.CU1Gate(A, ctrl_state=0),
    lib.CU3Gate(A, B, C, ctrl_state=0),
    lib.MCPhaseGate(A, 1),
    lib.MCPhaseGate(A, 3),
    lib.MCPhaseGate(0.7, 3),
    lib.MCPhaseGate(A, 4),
    control(lib.RXGate(A), 2),
    control(lib.RXGate(A), 2, ctrl_state=1),
    control(lib.RYGate(A * B), 2, ctrl_state=0),
    control(lib.RZGate(A), 3, ctrl_state=5),
    control(lib.PhaseGate(A), 2, ctrl_state=2),
    control(lib.UGate(A, B, C), 1, ctrl_state=0),
    control(lib.U2Gate(A, B), 1),
    control(lib.RGate(A, B), 1),
    control(lib.RXXGate(A), 1),
    control(lib.RZZGate(2 * A), 2, ctrl_state=1),
    control(lib.RZXGate(A), 1, ctrl_state=0),
    control(lib.XXPlusYYGate(A, B), 1),
    control(lib.CRXGate(A), 1, ctrl_state=0),
    control(inner(), 1),
    control(inner(phase=0.7), 2, ctrl_state=2),
    control(inner(phase=A), 1, ctrl_state=0),
]


@pytest.mark.parametrize("gate", CONTROLLED, ids=lambda gate: gate.name)
def test_controlled_gate(gate):
    assert_right_states(embed(gate, lib.RXGate(B)))


def random_unitary(n_qubits, seed=0):
    real, imaginary = np.random.default_rng(seed).normal(size=(2, 2**n_qubits, 2**n_qubits))
    return np.linalg.qr(real + 1j * imaginary)[0]


STRUCTURED = {
    "unitary 1": [lib.UnitaryGate(random_unitary(1))],
    "unitary 2": [lib.UnitaryGate(random_unitary(2))],
    "unitary 4": [lib.UnitaryGate(random_unitary(4))],
    "diagonal": [lib.DiagonalGate(np.exp(1j * np.arange(8)).tolist())],
    "permutation": [lib.PermutationGate([2, 0, 3, 1])],
    "pauli": [lib.PauliGate("XIYZ")],
    "mcmt": [lib.MCMTGate(lib.XGate(), 2, 2)],
    "qft": [lib.QFTGate(3)],
    "gate": [inner()],
    "instruction": [inner(instruction=True)],
    "phase": [inner(phase=A - B)],
    "inverse": [inner(phase=A).inverse(), inner(instruction=True).inverse()],
    "repeated": [inner().repeat(3)],
    "power": [lib.RXGate(A).power(2), lib.SXGate().power(0.3)],
    "commuting evolution": [
        lib.PauliEvolutionGate(SparsePauliOp(["ZZI", "IZZ", "III"], [0.3, -0.5, 0.7]), time=A),
        lib.PauliEvolutionGate(SparsePauliOp(["XX", "YY", "ZZ"], [1, 0.5, 0.25]), time=A * B),
        lib.PauliEvolutionGate(SparsePauliOp(["YZX"]), time=0.4),
    ],
    "controlled evolution": [control(lib.PauliEvolutionGate(SparsePauliOp(["XY"]), time=A))],
}


@pytest.mark.parametrize("operations", STRUCTURED.values(), ids=STRUCTURED)
def test_structured_operations(operations):
    assert_right_states(embed(*operations, lib.RXGate(C)))


def test_nested_composites():
    middle = QuantumCircuit(3, global_phase=B)
    middle.append(inner(), [2, 0])
    middle.append(inner(phase=1.0), [0, 1])
    outer = QuantumCircuit(4, global_phase=0.3)
    outer.append(middle.to_gate(), [3, 1, 0])
    outer.barrier()
    outer.append(middle.to_instruction(), [0, 1, 2])
    assert_right_states(embed(outer.to_instruction(), middle.to_gate()))


@pytest.mark.parametrize("make", ["to_gate", "to_instruction"])
@pytest.mark.parametrize(
    "name", ["swap", "cx", "rzz", "barrier", "delay", "global_phase", "unitary"]
)
def test_composites_may_have_the_name_of_a_standard_gate(name, make):
    def composite(name, angle):
        circuit = QuantumCircuit(2, name=name)
        circuit.ry(angle, 0)
        circuit.cz(0, 1)
        circuit.rx(0.3, 1)
        return getattr(circuit, make)()

    names = [name, "something_else"]
    circuit, reference = (embed(composite(n, A), composite(n, 0.4)) for n in names)
    assert_right_states(circuit, reference)


PREPARATIONS = [[0.6, 0.8j, 0, 0], "1+", "rl", 2, 0]


@pytest.mark.parametrize("method", ["prepare_state", "initialize"])
@pytest.mark.parametrize("what", PREPARATIONS, ids=str)
def test_state_preparation_on_fresh_qubits(method, what):
    circuit = QuantumCircuit(4)
    circuit.barrier()
    circuit.h(1)
    getattr(circuit, method)(what, [3, 0])
    circuit.crx(A, 3, 1)
    circuit.ry(B, 0)
    assert_right_states(circuit)


ANNOTATED = [
    (lib.RXGate(A), [InverseModifier()], [lib.RXGate(-A)]),
    (lib.RXGate(A), [PowerModifier(3)], [lib.RXGate(3 * A)]),
    (lib.RXGate(A), [ControlModifier(2, 1)], [control(lib.RXGate(A), 2, 1)]),
    (lib.UGate(A, B, C), [ControlModifier(1, 0)], [control(lib.UGate(A, B, C), 1, 0)]),
    (lib.RYGate(A), [InverseModifier(), ControlModifier(1)], [lib.CRYGate(-A)]),
    (lib.RZGate(A), [ControlModifier(1), PowerModifier(2)], [lib.CRZGate(A), lib.CRZGate(A)]),
    (inner(), [ControlModifier(1)], [control(inner())]),
    (inner(phase=A), [InverseModifier()], [inner(phase=A).inverse()]),
]


@pytest.mark.parametrize(("operation", "modifiers", "plain"), ANNOTATED)
def test_annotated_operations(operation, modifiers, plain):
    def surrounded(*gates):
        circuit = QuantumCircuit(4)
        random_layer(circuit, 0)
        for gate in gates:
            circuit.append(gate, [3, 0, 1][: gate.num_qubits])
        random_layer(circuit, 1)
        return circuit

    circuit = surrounded(AnnotatedOperation(operation, modifiers))
    assert_right_states(circuit, reference=surrounded(*plain))


def test_annotated_control():
    circuit = embed(lib.RXGate(A).control(2, ctrl_state=1, annotated=True))
    assert_right_states(circuit, reference=embed(control(lib.RXGate(A), 2, 1)))


@pytest.mark.parametrize("kind", [Clifford, lib.LinearFunction])
def test_operators_that_are_synthesised(kind):
    circuit = QuantumCircuit(3)
    circuit.cx([0, 1, 2], [1, 2, 0])
    if kind is Clifford:
        circuit.h(0)
        circuit.s(1)
        circuit.cz(2, 0)
    assert_states_agree_up_to_phase(
        embed(kind(circuit), lib.RXGate(A)), embed(circuit.to_gate(), lib.RXGate(A))
    )


def assert_states_agree_up_to_phase(circuit, reference):
    """Cliffords have no global phase."""
    values = random_values(circuit)
    got = AerEngine().open(circuit).states(values)
    overlaps = np.einsum("ij,ij->i", got.conj(), states(reference, values))
    assert_allclose(np.abs(overlaps), 1, rtol=0, atol=1e-12)


@pytest.mark.parametrize(
    "circuit",
    [
        lib.real_amplitudes(3, reps=1),
        lib.efficient_su2(3, su2_gates=["rx", "p"], reps=1, entanglement="circular"),
        lib.excitation_preserving(3, reps=1),
        lib.iqp([[1, 2, 0], [2, 3, 1], [0, 1, 4]]),
        lib.zz_feature_map(3, insert_barriers=True),
        lib.n_local(3, "ry", "crx", reps=1),
    ],
    ids=lambda circuit: circuit.name,
)
def test_circuits_of_the_library(circuit):
    assert_right_states(circuit)


def test_registers_and_classical_bits_and_labels_do_not_matter():
    circuit = QuantumCircuit(
        QuantumRegister(2, "q"), AncillaRegister(1, "z"), ClassicalRegister(2), QuantumRegister(1)
    )
    random_layer(circuit, 0)
    circuit.append(lib.RXGate(A, label="turn"), [3])
    circuit.append(lib.CRZGate(B, label="turn"), [2, 0])
    circuit.cp(A, 1, 3)
    assert_right_states(circuit)


# --- Parameters ------------------------------------------------------------------------------


def test_shared_and_repeated_parameters():
    circuit = QuantumCircuit(3)
    circuit.h([0, 1, 2])
    for qubit in range(3):
        circuit.p(A, qubit)
        circuit.ry(2 * A, qubit)
        circuit.rx(A * B - 1, qubit)
    circuit.u(A, A, B, 0)
    circuit.cp(A, 0, 1)
    circuit.rx(A * B - 1, 2)
    assert_right_states(circuit)


def test_parameter_unused_in_the_last_gates():
    circuit = QuantumCircuit(2)
    circuit.ry(A, 0)
    circuit.crx(B, 0, 1)
    for _ in range(5):
        circuit.h([0, 1])
        circuit.rz(C, 0)
        circuit.cx(0, 1)
    assert_right_states(circuit)


def test_parameters_follow_the_order_of_the_circuit():
    circuit = QuantumCircuit(2)
    for parameter in V[::-1]:  # v[10] comes after v[9], not after v[1]
        circuit.ry(parameter, 0)
        circuit.crx(parameter / 2, 0, 1)
    circuit.rz(A, 1)
    circuit.ry(A, 1)
    assert_right_states(circuit)
    assert_array_equal([p.name for p in lower(circuit).parameters][:2], ["a", "v[0]"])


def test_names_and_texts_of_expressions_do_not_matter():
    plus = Parameter("a + b")
    circuit = QuantumCircuit(3)
    circuit.rx(A + B, 0)
    circuit.ry(plus, 1)
    # both print as b/-a*b
    circuit.rx(B / (-(A * B)), 1)
    circuit.ry((B / -A) * B, 2)
    circuit.rx(Parameter("column0") + Parameter("θ⃗"), 2)
    assert str(A + B) == str(plus)
    assert_right_states(circuit)


def test_close_coefficients_stay_apart():
    circuit = QuantumCircuit(2)
    circuit.ry(0.1234567890123456 * A, 0)
    circuit.ry(0.1234567890123457 * A, 1)
    assert_right_states(circuit, values=[[1e9]])
    assert len(lower(circuit).expressions) == 2


def test_expressions_that_simplify_to_numbers():
    circuit = QuantumCircuit(2, global_phase=A - A - 1)
    circuit.rx(A - A - 2, 0)
    circuit.crx(0 * B + 1, 0, 1)
    circuit.ry(B - B, 0)
    assert circuit.num_parameters == 2
    assert_right_states(circuit)


def test_bound_expressions():
    circuit = QuantumCircuit(1)
    circuit.rx(A * B, 0)
    circuit.p(A, 0)
    circuit.global_phase = A
    assert_right_states(circuit.assign_parameters({A: 0.3}))
    assert_right_states(circuit.assign_parameters({A: 0.3, B: 2}))
    assert_right_states(circuit.assign_parameters({A: B.sin() + C, B: 2 * C}))


@pytest.mark.parametrize("phase", [0.7, A, A * B - 1])
def test_global_phase(phase):
    circuit = QuantumCircuit(2, global_phase=phase)
    circuit.h(0)
    circuit.crz(A, 0, 1)
    circuit.append(lib.GlobalPhaseGate(B), [])
    circuit.append(lib.GlobalPhaseGate(2), [])
    assert_right_states(circuit)


@pytest.mark.parametrize("chunk_size", [None, 1, 2])
def test_parameters_in_the_global_phase_only(chunk_size):
    circuit = QuantumCircuit(2, global_phase=A - 2 * B)
    circuit.h([0, 1])
    circuit.t(0)
    assert_right_states(circuit, engine=AerEngine(chunk_size=chunk_size))


def test_no_parameters():
    circuit = QuantumCircuit(2, global_phase=1)
    circuit.h(0)
    circuit.cx(0, 1)
    assert_right_states(circuit, values=np.empty((3, 0)))
    assert_right_states(QuantumCircuit(2), values=np.empty((1, 0)))


def test_angles_that_are_not_finite_are_refused():
    circuit = QuantumCircuit(1)
    circuit.ry(1 / A, 0)
    with pytest.raises(ValueError, match=r"expression 1/a is inf for row 1, not a finite real"):
        AerEngine().open(circuit).states([[1.0], [0.0]])
    phase = QuantumCircuit(1, global_phase=A.log())
    with pytest.raises(ValueError, match=r"expression log\(a\) is nan for row 0"):
        AerEngine().open(phase).states([[-1.0]])


# --- cx rz cx is rzz -------------------------------------------------------------------------


def parity(*steps, n_qubits=3):
    """Circuit of ``(method, *arguments)`` steps between random layers."""
    circuit = QuantumCircuit(n_qubits)
    random_layer(circuit, 0)
    for method, *arguments in steps:
        getattr(circuit, method)(*arguments)
    random_layer(circuit, 1)
    return circuit


CX = ("cx", 0, 1)
RZ = ("rz", A, 1)
MERGED = {
    "rz": [CX, RZ, CX],
    "p": [CX, ("p", A * B, 1), CX],
    "number": [CX, ("rz", 0.3, 1), CX],
    "downwards": [("cx", 2, 0), ("rz", A, 0), ("cx", 2, 0)],
    "others between": [CX, ("ry", B, 2), RZ, ("h", 2), CX],
    "barriers": [CX, ("barrier",), RZ, ("barrier",), CX],
    "neighbours": [("rz", B, 1), CX, RZ, CX, ("cx", 1, 2)],
    "nested": [("cx", 0, 2), ("cx", 1, 2), ("rz", A, 2), ("cx", 1, 2), ("h", 0)],
}
KEPT = {
    "swapped": [CX, RZ, ("cx", 1, 0)],
    "swapped opening": [("cx", 1, 0), RZ, CX],
    "other control": [CX, RZ, ("cx", 2, 1)],
    "other target": [CX, RZ, ("cx", 0, 2)],
    "on the control": [CX, ("rz", A, 0), CX],
    "two rotations": [CX, RZ, ("rz", B, 1), CX],
    "wrong axis": [CX, ("rx", A, 1), CX],
    "before rz": [CX, ("ry", B, 1), RZ, CX],
    "after rz": [CX, RZ, ("h", 1), CX],
    "control touched": [CX, ("h", 0), RZ, CX],
    "control touched later": [CX, RZ, ("x", 0), CX],
    "control used": [CX, RZ, ("cx", 0, 2), CX],
    "target used": [CX, RZ, ("cz", 1, 2), CX],
    "no opening": [("ry", B, 1), RZ, CX],
    "opening cz": [("cz", 0, 1), RZ, CX],
    "closing cz": [CX, RZ, ("cz", 0, 1)],
    "open control": [("cx", 0, 1, None, 0), RZ, ("cx", 0, 1)],
    "u": [CX, ("u", 0, 0, A, 1), CX],
}


@pytest.mark.parametrize("steps", MERGED.values(), ids=MERGED)
def test_parity_rotation_is_merged(steps):
    circuit = parity(*steps)
    assert lower(circuit).circuit.count_ops()["rzz"] == 1
    assert len(lower(circuit).circuit) < len(circuit)
    assert_right_states(circuit)


@pytest.mark.parametrize("steps", KEPT.values(), ids=KEPT)
def test_what_only_looks_like_a_parity_rotation_is_kept(steps):
    circuit = parity(*steps)
    assert "rzz" not in lower(circuit).circuit.count_ops()
    assert_right_states(circuit)


def test_parity_rotations_in_a_row():
    circuit = parity(CX, RZ, CX, CX, ("p", B, 1), CX, RZ, CX, CX, RZ, CX, ("cx", 1, 0), RZ)
    assert lower(circuit).circuit.count_ops()["rzz"] == 3
    assert_right_states(circuit)


def test_parity_rotations_of_composites():
    half = parity(CX, RZ)
    circuit = QuantumCircuit(3)
    circuit.append(half.to_gate(), [2, 0, 1])
    circuit.append(half.inverse().to_gate(), [2, 0, 1])
    circuit.append(half.to_gate(), [2, 0, 1])
    assert_right_states(circuit)


# --- Circuits that are refused, and circuits that are not changed ---------------------------


def test_circuit_is_never_changed():
    circuit = embed(*CONTROLLED[:3], inner(phase=A), lib.CPhaseGate(A * B), lib.RZGate(C))
    circuit.metadata = {"key": "value"}
    circuit.global_phase = A
    before, parameters = circuit.copy(), list(circuit.parameters)
    definitions = [item.operation for item in circuit.data]
    session = AerEngine().open(circuit)
    session.states(random_values(circuit))
    assert circuit == before
    assert list(circuit.parameters) == parameters
    assert [item.operation for item in circuit.data] == definitions
    assert circuit.metadata == {"key": "value"}
    # nor does a later change of the circuit reach the session
    circuit.x(0)
    values = random_values(before)
    assert_allclose(session.states(values), states(before, values), rtol=0, atol=1e-12)


def not_unitary(name):
    circuit = QuantumCircuit(2, 1)
    circuit.ry(A, 0)
    if name == "measure":
        circuit.measure(0, 0)
    elif name == "reset":
        circuit.reset(0)
    elif name == "if_else":
        with circuit.if_test((circuit.clbits[0], 1)):
            circuit.x(0)
    elif name == "nested measure":
        nested = QuantumCircuit(1, 1)
        nested.measure(0, 0)
        circuit.append(nested.to_instruction(), [0], [0])
    elif name == "save_statevector":
        circuit.save_statevector()
    else:
        circuit.append(Instruction(name, 1, 0, []), [0])
    return circuit


@pytest.mark.parametrize(
    "name", ["measure", "nested measure", "reset", "if_else", "save_statevector", "unknown"]
)
def test_circuits_that_are_not_unitary_are_refused(name):
    message = rf"holds '{name.split()[-1]}', which is not a gate; .* unitary circuit"
    with pytest.raises(ValueError, match=message):
        AerEngine().open(not_unitary(name))


@pytest.mark.parametrize("params", [[], [A], [0.5]])
def test_gates_without_a_definition_are_refused(params):
    circuit = QuantumCircuit(1)
    circuit.append(Gate("opaque", 1, params), [0])
    with pytest.raises(ValueError, match="gate 'opaque' has no definition"):
        AerEngine().open(circuit)


def test_initialize_after_other_gates_is_refused():
    circuit = QuantumCircuit(2)
    circuit.h(0)
    circuit.initialize([0.6, 0.8], 1)
    AerEngine().open(circuit)
    circuit.initialize([0.6, 0.8], 0)
    with pytest.raises(ValueError, match="'initialize' on a qubit that other gates have acted on"):
        AerEngine().open(circuit)


def test_gates_of_own_classes():
    class Turn(Gate):
        def __init__(self, angle):
            super().__init__("turn", 1, [angle])

        def _define(self):
            self.definition = QuantumCircuit(1, global_phase=self.params[0])
            self.definition.ry(self.params[0], 0)
            self.definition.rz(0.3, 0)

    assert_right_states(embed(Turn(A), Turn(0.2), control(Turn(B), 2)))


# --- Settings --------------------------------------------------------------------------------


@pytest.mark.parametrize("n_qubits", range(1, 13))
def test_widths(n_qubits):
    circuit = QuantumCircuit(n_qubits)
    random_layer(circuit, 0)
    for qubit in range(n_qubits):
        circuit.ry(V[qubit], qubit)
        if n_qubits > 1:
            circuit.cp(V[qubit] / 2, qubit, (qubit + 1) % n_qubits)
    random_layer(circuit, 1)
    assert_right_states(circuit)


def test_single_precision():
    circuit = embed(*CONTROLLED[14:20], inner(phase=A), lib.GlobalPhaseGate(B))
    engine = AerEngine(precision="single")
    values = random_values(circuit)
    got = engine.open(circuit).states(values)
    assert got.dtype == np.complex64
    assert engine.open(circuit).dtype == np.complex64
    assert engine.open(circuit).states(values).dtype == np.complex64
    assert_allclose(got, states(circuit, values), rtol=0, atol=1e-5)
    assert AerEngine().open(circuit).states(values).dtype == np.complex128
    assert (engine.row_bytes(3), AerEngine().row_bytes(3)) == (64, 128)


@pytest.mark.parametrize("precision", ["single", "double"])
@pytest.mark.parametrize("chunk_size", [1, 3, 1000])
def test_chunk_size_does_not_change_a_bit(chunk_size, precision):
    circuit = embed(*CONTROLLED[14:18], inner(phase=A))
    values = random_values(circuit, n_rows=8)
    engine = AerEngine(precision=precision)
    expected = engine.open(circuit).states(values)
    engine.set_params(chunk_size=chunk_size)
    assert_array_equal(engine.open(circuit).states(values), expected)
    assert_array_equal(engine.open(circuit).states(values), expected)
    assert engine.open(circuit).rows_per_run == chunk_size


PHASES = [1, -1, 1j, -1j, np.exp(0.3j)]


@pytest.mark.parametrize(
    "make", [lib.DiagonalGate, lambda diagonal: lib.UnitaryGate(np.diag(diagonal))]
)
@pytest.mark.parametrize("first", PHASES)
@pytest.mark.parametrize("second", PHASES)
def test_diagonal_matrices_of_one_qubit(first, second, make):
    # Aer conjugates diag(i, 1) and diag(-i, 1), https://github.com/Qiskit/qiskit-aer/issues/2245
    assert_right_states(embed(make([first, second]), inner(phase=A)))


def test_no_fused_gates_are_applied_as_their_inverse():
    # The circuit of that issue; Aer fuses from 14 qubits on.
    circuit = QuantumCircuit(15)
    circuit.h(0)
    circuit.cx(1, 0)
    for name in "xsx":
        getattr(circuit, name)(0)
    state = AerEngine().open(circuit).states(np.empty((1, 0)))[0]
    assert_allclose(state[:2], [1j / np.sqrt(2), 1 / np.sqrt(2)], rtol=0, atol=1e-15)


def test_chunk_size_does_not_change_a_bit_of_wide_states():
    # Aer treats wide states differently.
    circuit = embed(*CONTROLLED[14:18], inner(phase=A), n_qubits=15)
    values = random_values(circuit, n_rows=4)
    expected = AerEngine().open(circuit).states(values)
    for chunk_size in [1, 3]:
        got = AerEngine(chunk_size=chunk_size).open(circuit).states(values)
        assert_array_equal(got, expected)


def test_rows_per_run_follow_the_memory():
    def rows(n_qubits, precision="double"):
        return AerEngine(precision=precision).open(QuantumCircuit(n_qubits)).rows_per_run

    assert [rows(2), rows(12), rows(16), rows(16, "single"), rows(24)] == [1000, 1000, 64, 128, 1]


@pytest.mark.parametrize(
    "settings",
    [
        {"max_parallel_threads": 1},
        {"statevector_parallel_threshold": 1},
        {"max_memory_mb": 1000},
        {"blocking_enable": True, "blocking_qubits": 3},
        {"backend_options": {"seed_simulator": 1, "zero_threshold": 1e-14}},
    ],
    ids=str,
)
def test_settings_do_not_change_the_states(settings):
    circuit = embed(*CONTROLLED[14:18], inner(phase=A), STANDARD["rzz"])
    assert_right_states(circuit, engine=AerEngine(**settings))


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"precision": "half"}, "'precision' parameter of AerEngine must be"),
        ({"device": "TPU"}, "'device' parameter of AerEngine must be"),
        ({"chunk_size": 0}, "'chunk_size' parameter of AerEngine must be .* Got 0"),
        ({"max_parallel_threads": -1}, "'max_parallel_threads' parameter of .* Got -1"),
        ({"backend_options": []}, "'backend_options' parameter of AerEngine must be"),
        ({"backend_options": {"noise_model": None}}, "one random trajectory per row"),
        ({"backend_options": {"method": "statevector"}}, "sets itself; remove it there"),
        ({"backend_options": {"runtime_parameter_bind_enable": False}}, "sets itself; remove it"),
        ({"backend_options": {"fusion_enable": True}}, "holds 'fusion_enable', .* sets itself"),
        ({"backend_options": {"shoots": 1}}, "'shoots', which AerSimulator does not know"),
    ],
    ids=str,
)
def test_settings_that_are_refused(settings, message):
    with pytest.raises(ValueError, match=message):
        AerEngine(**settings).open(QuantumCircuit(1))


def test_missing_device_is_refused(monkeypatch):
    monkeypatch.setattr(AerSimulator, "available_devices", lambda self: ("CPU",))
    with pytest.raises(ValueError, match="device='GPU' is not available, Aer offers CPU here"):
        AerEngine(device="GPU").open(QuantumCircuit(1))


def test_engine_can_be_cloned_and_pickled():
    circuit = embed(lib.CRXGate(A), inner(phase=B))
    values = random_values(circuit)
    engine = AerEngine(precision="single", chunk_size=2, backend_options={"seed_simulator": 1})
    expected = engine.open(circuit).states(values)
    for copy in [clone(engine), pickle.loads(pickle.dumps(engine)), eval(repr(engine))]:
        assert copy.get_params() == engine.get_params()
        assert_array_equal(copy.open(circuit).states(values), expected)
    assert repr(AerEngine()) == "AerEngine()"


def test_single_threaded_is_a_clone():
    engine = AerEngine(precision="single", chunk_size=7)
    single = engine.single_threaded()
    assert single.get_params() == {**engine.get_params(), "max_parallel_threads": 1}
    assert engine.max_parallel_threads == 0


def test_backend_options_are_not_changed():
    options = {"seed_simulator": 1}
    AerEngine(backend_options=options).open(QuantumCircuit(1))
    assert options == {"seed_simulator": 1}


# --- Values and results ----------------------------------------------------------------------


@pytest.mark.parametrize("shape", [(3, 1), (3, 3), (3, 0), (2,), (), (3, 2, 1)], ids=str)
def test_values_of_wrong_shape_are_refused(shape):
    session = AerEngine().open(embed(lib.RXGate(A), lib.CPhaseGate(B)))
    with pytest.raises(ValueError, match=rf"2 free parameters, .* shape {re.escape(str(shape))}"):
        session.states(np.ones(shape))


def test_values_of_other_types_and_layouts():
    circuit = embed(lib.RXGate(A), lib.CPhaseGate(B))
    session = AerEngine().open(circuit)
    values = np.array([[1, 2], [3, -1], [0, 4]])
    expected = states(circuit, values)
    read_only = values.astype(float)
    read_only.flags.writeable = False
    for same in [values, values.tolist(), np.asfortranarray(values), read_only, values[::-1][::-1]]:
        assert_allclose(session.states(same), expected, rtol=0, atol=1e-12)
    assert session.states(values[:0]).shape == (0, 32)
    assert AerEngine().open(circuit).states(read_only[:0]).shape == (0, 32)


@pytest.mark.parametrize("n_rows", [1, 4])
def test_wrong_number_of_results_is_an_error(monkeypatch, n_rows):
    run = AerSimulator.run

    def lose_one(self, *args, **options):
        result = run(self, *args, **options).result()
        result.results.pop()
        return SimpleNamespace(result=lambda: result)

    session = AerEngine().open(embed(lib.RXGate(A)))
    monkeypatch.setattr(AerSimulator, "run", lose_one)
    with pytest.raises(SimulationError, match=f"returned {n_rows - 1} results for {n_rows} rows"):
        session.states(np.ones((n_rows, 1)))


def test_failed_simulation_is_an_error():
    circuit = QuantumCircuit(17)
    circuit.ry(A, range(17))
    with pytest.raises(SimulationError, match="rows and reports"):
        AerEngine(max_memory_mb=1).open(circuit).states(np.ones((2, 1)))


def test_success_with_nothing_saved_is_an_error(monkeypatch):
    # What Aer does with max_memory_mb=1, if it has several threads.
    run = AerSimulator.run

    def forget(self, *args, **options):
        result = run(self, *args, **options).result()
        for one in result.results:
            del one.data.statevector
        return SimpleNamespace(result=lambda: result)

    circuit = embed(lib.RYGate(A))
    session = AerEngine().open(circuit)
    monkeypatch.setattr(AerSimulator, "run", forget)
    with pytest.raises(SimulationError, match="for 4 rows and reports: COMPLETED"):
        session.states(np.ones((4, 1)))

"""Numbers that are not finite are refused before anything runs, wherever they are."""

import numpy as np
import pytest
from qiskit import QuantumCircuit
from qiskit.circuit import AnnotatedOperation, ControlModifier, Gate, Parameter
from qiskit.circuit.library import (
    GlobalPhaseGate,
    RXGate,
    RZGate,
    U2Gate,
    UCRZGate,
    UnitaryGate,
    efficient_su2,
    zz_feature_map,
)
from qiskit.primitives import StatevectorEstimator, StatevectorSampler
from qiskit.quantum_info import SparsePauliOp
from qiskit_aer.noise import NoiseModel, depolarizing_error

from skquantum import VQC
from skquantum._circuits import check_numbers
from skquantum._circuits._postfix import postfix
from skquantum.engines import AerEngine, CompiledEngine, EstimatorEngine, SamplerEngine
from skquantum.kernels import FidelityKernel

X = Parameter("x")


def encoding(*more):
    circuit = QuantumCircuit(2)
    circuit.ry(X, 0)
    for operation in more:
        circuit.append(operation, range(operation.num_qubits))
    return circuit


class Mine(Gate):
    """A gate of the user's, with a definition that is made on demand."""

    def __init__(self, number):
        super().__init__("mine", 1, [])
        self.number = number

    def _define(self):
        self.definition = composite(self.number).definition


def composite(number, as_phase=False):
    inner = QuantumCircuit(1, name="inner", global_phase=number if as_phase else 0)
    if not as_phase:
        inner.rx(number, 0)
    return inner.to_gate()


def nested(number):
    outer = QuantumCircuit(1, name="outer")
    outer.append(composite(number), [0])
    return outer.to_instruction()


def phase(number):
    circuit = encoding()
    circuit.global_phase = number
    return circuit


# What is wrong, and how the message calls it; by a function of the number.
PLACES = {
    "angle": (lambda b: encoding(RZGate(b)), "The gate 'rz' holds"),
    "one of two": (lambda b: encoding(U2Gate(0.1, b)), "The gate 'u2' holds"),
    "phase": (phase, "The global phase of the circuit holds"),
    "phase gate": (lambda b: encoding(GlobalPhaseGate(b)), "The gate 'global_phase' holds"),
    "composite": (lambda b: encoding(composite(b)), "The gate 'rx' inside 'inner' holds"),
    "nested": (lambda b: encoding(nested(b)), "The gate 'rx' inside 'inner' holds"),
    "own gate": (lambda b: encoding(Mine(b)), "The gate 'rx' inside 'mine' holds"),
    "inner phase": (
        lambda b: encoding(composite(b, as_phase=True)),
        "The global phase inside 'inner' holds",
    ),
    "controlled": (lambda b: encoding(RXGate(b).control(1)), "The gate 'crx' holds"),
    "annotated": (
        lambda b: encoding(AnnotatedOperation(RXGate(b), [ControlModifier(1)])),
        "The gate '(rx|annotated)' holds",
    ),
    "matrix": (
        lambda b: encoding(UnitaryGate(np.array([[1, 0], [0, b]]), check_input=False)),
        "The gate 'unitary' holds",
    ),
    "list": (lambda b: encoding(UCRZGate([0.1, b])), "The gate 'ucrz' holds"),
}
ENGINES = {
    "aer": AerEngine(),
    "shots": AerEngine(shots=10),
    "compiled": CompiledEngine(),
    "sampler": SamplerEngine(StatevectorSampler(seed=1), shots=10),
}


def noise():
    model = NoiseModel()
    model.add_all_qubit_quantum_error(depolarizing_error(0.01, 1), ["ry", "rx", "rz"])
    return AerEngine(noise_model=model)


places = pytest.mark.parametrize("place", PLACES)
numbers = pytest.mark.parametrize("number", [np.nan, np.inf, -np.inf])


@places
@numbers
def test_numbers_are_found(place, number):
    make, message = PLACES[place]
    with pytest.raises(ValueError, match=f"{message} .*(nan|inf).*, not|finite number; give it"):
        check_numbers(make(number))
    check_numbers(make(1.0))


@places
@pytest.mark.parametrize("key", [*ENGINES, "noise"])
def test_every_engine_refuses_them(place, key):
    make, message = PLACES[place]
    kernel = FidelityKernel(make(np.nan), engine=noise() if key == "noise" else ENGINES[key])
    with pytest.raises(ValueError, match=message):
        kernel.fit([[0.1], [0.2]])([[0.1], [0.2]])


@places
@pytest.mark.parametrize("key", ["compiled", "aer", "sampler", "estimator"])
def test_sessions_for_expectation_values_refuse_them(place, key):
    make, message = PLACES[place]
    engine = {**ENGINES, "estimator": EstimatorEngine(StatevectorEstimator())}[key]
    with pytest.raises(ValueError, match=message):
        engine.open(make(np.inf)).expectations([[0.1]], [SparsePauliOp("ZI")])


@pytest.mark.parametrize("which", ["feature_map", "ansatz"])
def test_trained_circuits_refuse_them(which):
    bad = encoding(RZGate(np.nan))
    circuits = {"feature_map": encoding(), "ansatz": efficient_su2(2, reps=1)}
    model = VQC(**{**circuits, which: bad if which == "feature_map" else bad.copy()})
    with pytest.raises(ValueError, match="The gate 'rz' holds nan, which is not a finite number"):
        model.fit([[0.1], [0.2], [0.3]], [0, 1, 0])


def test_constants_in_expressions():
    angle = X * 1e308 * 1e308
    if np.inf not in postfix(angle):
        pytest.skip("Qiskit 2.1 keeps the two numbers apart")
    with pytest.raises(ValueError, match="The gate 'rz' holds inf"):
        check_numbers(encoding(RZGate(angle)))


def test_whole_numbers_texts_and_free_parameters_are_fine():
    circuit = zz_feature_map(3, reps=1)
    circuit.initialize("010")
    circuit.prepare_state(3, [0, 1])
    circuit.pauli("XYZ", [0, 1, 2])
    circuit.append(UnitaryGate(np.eye(2)), [0])
    circuit.delay(100, 0)
    circuit.barrier()
    circuit.measure_all()
    with circuit.if_test((0, True)):
        circuit.rx(1, 0)
    check_numbers(circuit)


def test_blocks_of_control_flow_are_looked_into():
    circuit = QuantumCircuit(1, 1)
    with circuit.if_test((0, True)):
        circuit.rx(np.nan, 0)
    with pytest.raises(ValueError, match="The gate 'rx' inside 'if_else' holds nan"):
        check_numbers(circuit)

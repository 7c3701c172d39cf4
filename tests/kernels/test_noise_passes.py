"""Kernels under noise that passes over whole circuits add: delays, custom noise, cross-talk.

The oracle builds the circuit of a pair, lets Qiskit run the passes on it, and Aer the result.
"""

import warnings

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from qiskit import QuantumCircuit, transpile
from qiskit.circuit import Delay
from qiskit.circuit.library import RZZGate
from qiskit.providers.fake_provider import GenericBackendV2
from qiskit.quantum_info import Kraus, SparsePauliOp
from qiskit.transpiler import PassManager, TransformationPass
from qiskit_aer import AerSimulator
from qiskit_aer.noise import (
    LocalNoisePass,
    NoiseModel,
    ReadoutError,
    RelaxationNoisePass,
    amplitude_damping_error,
    depolarizing_error,
)
from sklearn.base import clone

from skquantum import QSVC
from skquantum.engines import AerEngine
from skquantum.engines._aer._noisy_session import PairwiseSession
from skquantum.exceptions import PairwiseWarning
from skquantum.feature_maps import ZZFeatureMap
from skquantum.kernels import FidelityKernel

RNG = np.random.default_rng(0)
X = RNG.uniform(0, 2, (4, 2))
Y = RNG.uniform(0, 2, (3, 2))
FEW = X[:3]
BASIS = ["h", "p", "rz", "rzz", "cx", "delay"]

pytestmark = [
    pytest.mark.slow,
    pytest.mark.filterwarnings("ignore::skquantum.exceptions.PairwiseWarning"),
    pytest.mark.filterwarnings("ignore:Instruction duration not found"),
    pytest.mark.filterwarnings("ignore:Duration is rounded"),
]


class Crosstalk(TransformationPass):
    """Every gate rotates the qubits against each other, the more the more gates were before it."""

    def __init__(self, angles=(0.02,)):
        super().__init__()
        self.angles = list(angles)

    def run(self, dag):
        result = dag.copy_empty_like()
        for number, node in enumerate(dag.topological_op_nodes()):
            result.apply_operation_back(node.op, node.qargs, node.cargs)
            if node.op.name not in ("barrier", "measure"):
                angle = number * self.angles[number % len(self.angles)]
                result.apply_operation_back(RZZGate(angle), dag.qubits[:2])
        return result


def errors():
    model = NoiseModel(basis_gates=BASIS)
    model.add_all_qubit_quantum_error(depolarizing_error(0.03, 2), "cx")
    model.add_all_qubit_quantum_error(amplitude_damping_error(0.02), "h")
    model.add_all_qubit_readout_error(ReadoutError([[0.95, 0.05], [0.1, 0.9]]))
    return model


def with_pass(*passes):
    model = errors()
    model._custom_noise_passes.extend(passes)
    return model


def of_operation(operation, qubits):
    if operation.name == "cx":
        return depolarizing_error(0.02 * (1 + qubits[0]), 2)
    if operation.name == "h":
        return Kraus(amplitude_damping_error(0.05))
    if operation.name == "p":  # depends on the angle
        return amplitude_damping_error(min(abs(float(operation.params[0])) / 20, 1))
    if operation.name == "measure":
        return depolarizing_error(0.1, 1)
    return None


RELAXATION = RelaxationNoisePass([50e-6] * 2, [30e-6] * 2, dt=1e-9, op_types=Delay)

PAIRWISE = {
    "cross-talk": Crosstalk(),
    "function": LocalNoisePass(of_operation),
    "before": LocalNoisePass(of_operation, method="prepend"),
    "relaxation of everything": RelaxationNoisePass([50e-6] * 2, [30e-6] * 2, dt=1e-9),
}


def zz(delay=False):
    circuit = ZZFeatureMap(reps=1).build(2)
    if delay:
        circuit.delay(3000, 0, unit="ns")
        circuit.h([0, 1])
    return circuit


def oracle(circuit, X, Y, model):
    """Return the probability of reading 0...0 for every pair of rows."""
    passes = PassManager(model._custom_noise_passes)
    bare = errors()
    simulator = AerSimulator(method="density_matrix", noise_model=bare)
    accepted = np.kron([0.95, 0.1], [0.95, 0.1])
    K = np.empty((len(X), len(Y)))
    for i, x in enumerate(X):
        for j, y in enumerate(Y):
            both = circuit.assign_parameters(x)
            both.barrier()
            both = both.compose(circuit.assign_parameters(y).inverse())
            ready = transpile(both, AerSimulator(noise_model=bare), optimization_level=0)
            ready.measure_all()
            before, measured = QuantumCircuit(2), set()
            for item in passes.run(ready).data:
                if item.operation.name == "measure":
                    measured.update(item.qubits)
                elif not measured.intersection(item.qubits):
                    before.append(item.operation, [ready.find_bit(q).index for q in item.qubits])
            before.save_probabilities()
            K[i, j] = accepted @ simulator.run(before).result().data()["probabilities"]
    return K


def kernel_of(one, delay=False, **params):
    engine = AerEngine(noise_model=with_pass(one))
    return FidelityKernel(zz(delay), engine=engine, **params)


@pytest.mark.parametrize("delay", [False, True])
def test_relaxation_during_delays_splits(delay):
    kernel = kernel_of(RELAXATION, delay, symmetric=False)
    with warnings.catch_warnings():
        warnings.simplefilter("error", PairwiseWarning)
        K = kernel.fit(X)(X, Y)
    assert_allclose(K, oracle(zz(delay), X, Y, with_pass(RELAXATION)), rtol=0, atol=1e-12)
    without = clone(kernel).set_params(engine__noise_model=errors()).fit(X)(X, Y)
    assert (np.abs(K - without).max() > 1e-3) == delay


@pytest.mark.parametrize("as_model", [False, True])
def test_delays_on_a_device(as_model):
    backend = GenericBackendV2(3, seed=1, noise_info=True)
    circuit = zz()
    circuit.delay(100_000, [0, 1], unit="ns")
    circuit.h([0, 1])
    engine = AerEngine(noise_model=NoiseModel.from_backend(backend) if as_model else backend)
    K = FidelityKernel(circuit, engine=engine, symmetric=False)(X)
    pairs = np.indices(K.shape).reshape(2, -1).T
    found = engine.open(circuit).fidelities(X, X, pairs)
    assert_allclose(found.reshape(K.shape), K, rtol=0, atol=1e-12)
    short = FidelityKernel(zz(), engine=engine, symmetric=False)(X)
    assert (K.diagonal() < short.diagonal() - 1e-3).all()


@pytest.mark.parametrize("delay", [False, True])
@pytest.mark.parametrize("name", PAIRWISE)
def test_other_passes_are_simulated_pair_by_pair(name, delay):
    X, Y = FEW, FEW[1:] + 0.5
    model, circuit = with_pass(PAIRWISE[name]), zz(delay)
    kernel = kernel_of(PAIRWISE[name], delay, symmetric=False).fit(X)
    with pytest.warns(PairwiseWarning, match="a circuit is simulated for every pair"):
        K = kernel(X, Y)
    assert_allclose(K, oracle(circuit, X, Y, model), rtol=0, atol=1e-12)
    raw = kernel(X)
    assert_allclose(raw, oracle(circuit, X, X, model), rtol=0, atol=1e-12)
    with warnings.catch_warnings():
        warnings.simplefilter("error", PairwiseWarning)
        assert_allclose(kernel.diag(X), raw.diagonal(), rtol=0, atol=1e-14)
    even = clone(kernel).set_params(symmetric=True).fit(X)
    expected = (K + oracle(circuit, Y, X, model).T) / 2
    assert_allclose(even(X, Y), expected, rtol=0, atol=1e-12)
    square = even(X)
    assert_array_equal(square, square.T)
    assert_allclose(square, (raw + raw.T) / 2, rtol=0, atol=1e-15)
    without = FidelityKernel(circuit, engine=AerEngine(noise_model=errors()), symmetric=False)
    assert name == "relaxation of everything" or np.abs(K - without(X, Y)).max() > 1e-2


def test_cross_talk_has_no_halves(monkeypatch):
    K = kernel_of(Crosstalk(), symmetric=False).fit(X)(X, Y)
    with pytest.raises(ValueError, match=r"has no effect of its own; use fidelities"):
        AerEngine(noise_model=with_pass(Crosstalk())).open(zz()).effects(X)
    monkeypatch.setattr("skquantum.engines._aer._noise.acts_locally", lambda model: True)
    split = kernel_of(Crosstalk(), symmetric=False).fit(X)(X, Y)
    assert np.abs(K - split).max() > 1e-2


def test_an_instruction_behind_a_measurement_is_refused():
    class Behind(TransformationPass):
        def run(self, dag):
            dag.apply_operation_back(RZZGate(0.2), dag.qubits[:2])
            measures = [n for n in dag.op_nodes() if n.op.name == "measure"]
            if measures:
                dag.remove_op_node(measures[1])
            return dag

    with pytest.raises(ValueError, match=r"puts 'rzz' behind the measurement of qubits \[0\]"):
        kernel_of(Behind()).fit(X)(X)


def test_shots_of_pairs(monkeypatch):
    exact = kernel_of(Crosstalk()).fit(X)(X)
    kernel = kernel_of(Crosstalk(), random_state=0).set_params(engine__shots=4000)
    K = kernel.fit(X)(X)
    assert_array_equal(K, K.T)
    assert (np.abs(K - exact) < 5 * np.sqrt(exact * (1 - exact) / 4000)).all()
    # a pair is drawn from its own seed
    assert_array_equal(kernel(X[1:3], X), K[1:3])
    assert_array_equal(kernel.diag(X), K.diagonal())
    monkeypatch.setattr("skquantum._runtime._parallel.MIN_SECONDS_TO_SHIP", 0.0)
    assert_array_equal(clone(kernel).set_params(n_jobs=2).fit(X)(X), K)


def test_workers_of_the_estimator_take_pairs(monkeypatch):
    rows, y = np.vstack([X, Y]), np.array([0, 1, 0, 1, 0, 1, 0])
    asked = []
    real = PairwiseSession.fidelities
    monkeypatch.setattr(
        PairwiseSession, "fidelities", lambda *a, **o: asked.append(o["n_jobs"]) or real(*a, **o)
    )
    model = QSVC(kernel=kernel_of(Crosstalk()), n_jobs=2).fit(rows, y)
    assert model.predict(rows).shape == y.shape
    assert set(asked) == {2}


def test_pairs_are_kept_in_a_checkpoint(tmp_path, monkeypatch):
    monkeypatch.setattr("skquantum.engines._kernel_sessions.PAIRS_PER_PIECE", 6)
    kernel = kernel_of(Crosstalk(), checkpoint=tmp_path / "c").fit(X)
    K = kernel(X)
    pieces = sorted((tmp_path / "c").glob("*.npy"))
    assert len(pieces) == 3  # of 16 pairs
    pieces[1].unlink()
    measured = []
    real = PairwiseSession._run_fidelities
    monkeypatch.setattr(
        PairwiseSession,
        "_run_fidelities",
        lambda *a: measured.append(len(a[1])) or real(*a),
    )
    assert_array_equal(clone(kernel).fit(X)(X), K)
    assert measured in ([6], [4])
    assert sorted((tmp_path / "c").glob("*.npy")) == sorted(pieces)


def test_a_checkpoint_knows_passes_and_basis_gates(tmp_path):
    def fit(model):
        engine = AerEngine(noise_model=model)
        FidelityKernel(zz(), engine=engine, checkpoint=tmp_path, random_state=0).fit(X)
        return computations(tmp_path)

    times = [50e-6] * 2, [30e-6] * 2
    assert fit(with_pass(RELAXATION)) == 1
    assert fit(with_pass(RelaxationNoisePass(*times, dt=1e-9, op_types=Delay))) == 1
    more = with_pass(RELAXATION)
    more.add_basis_gates("x")
    slower = RelaxationNoisePass([40e-6] * 2, [30e-6] * 2, dt=1e-9, op_types=Delay)
    others = [errors(), with_pass(slower), with_pass(Crosstalk()), more]
    assert list(map(fit, others)) == [2, 3, 4, 5]


def computations(directory):
    """Return how many computations a checkpoint tells apart."""
    return len(list(directory.glob("*-entropy.json")))


def test_a_checkpoint_knows_the_settings_of_a_pass(tmp_path):
    def fit(one):
        kernel_of(one, checkpoint=tmp_path, random_state=0).fit(X)
        return computations(tmp_path)

    matrix = Crosstalk([0.1, 0.2])
    matrix.unitary = np.diag([1, 1j])
    assert fit(matrix) == 1
    same, other = Crosstalk([0.1, 0.2]), Crosstalk([0.1, 0.2])
    same.unitary, other.unitary = np.diag([1, 1j]), np.diag([1, -1j])
    assert fit(same) == 1
    others = [other, Crosstalk([0.1, 0.3]), LocalNoisePass(of_operation)]
    assert list(map(fit, others)) == [2, 3, 4]
    with pytest.raises(ValueError, match=r"cannot tell whether the pass LocalNoisePass .* pickled"):
        fit(LocalNoisePass(lambda operation, qubits: None))


def test_weights_mitigation_and_overlap_of_pairs():
    weights = np.array([1.0, 1.0, 1.0, 0.0])
    plain = kernel_of(Crosstalk()).fit(X)(X)
    tolerant = kernel_of(Crosstalk(), outcome_weights=weights).fit(X)(X)
    assert (tolerant > plain).all()
    mitigated = kernel_of(LocalNoisePass(of_operation), mitigation="split", repair="clip")
    assert_allclose(mitigated.fit(X)(X).diagonal(), 1, atol=1e-12)
    assert mitigated(Y, X).shape == (3, 4)
    # states are those of the whole circuit of a row
    overlap = kernel_of(Crosstalk(), measurement="overlap").fit(X)
    with warnings.catch_warnings():
        warnings.simplefilter("error", PairwiseWarning)
        assert_allclose(overlap(X), overlap(X).T, atol=1e-14)
    shots = kernel_of(Crosstalk(), outcome_weights=weights / 2).set_params(engine__shots=10)
    with pytest.raises(ValueError, match="cannot be drawn in 10 shots"):
        shots.fit(X)(X)


def test_unfitted_pairs():
    kernel = kernel_of(Crosstalk())
    assert_array_equal(kernel(X), clone(kernel).fit(X)(X))
    assert not hasattr(kernel, "feature_map_")


def test_passes_reach_expectation_values_without_delays():
    """Aer itself leaves passes out where there is no delay."""
    circuit = QuantumCircuit(1)
    circuit.x(0)
    model = NoiseModel(basis_gates=["x"])
    model._custom_noise_passes.append(LocalNoisePass(lambda *_: amplitude_damping_error(0.1)))
    session = AerEngine(noise_model=model).open(circuit)
    found = session.expectations(np.empty((1, 0)), [SparsePauliOp("Z")])
    assert_allclose(found, -0.8, rtol=0, atol=1e-12)


def test_initialize_has_an_inverse_under_noise():
    circuit = QuantumCircuit(2)
    circuit.initialize([0.6, 0, 0.8, 0], [0, 1])
    circuit.compose(zz(), inplace=True)
    prepared = QuantumCircuit(2)
    prepared.prepare_state([0.6, 0, 0.8, 0], [0, 1])
    prepared.compose(zz(), inplace=True)
    for model in (errors(), with_pass(Crosstalk())):
        engine = AerEngine(noise_model=model)
        K, expected = (FidelityKernel(c, engine=engine).fit(X)(X) for c in (circuit, prepared))
        assert_allclose(K, expected, rtol=0, atol=1e-12)

"""Kernels under noise that passes over whole circuits add: delays, custom noise, cross-talk.

The oracle builds the circuit of a pair, lets Qiskit run the passes on it, and Aer the result.
"""

import warnings

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from qiskit import QuantumCircuit, transpile
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
from skquantum.feature_maps import ZZFeatureMap
from skquantum.kernels import FidelityKernel

RNG = np.random.default_rng(0)
X = RNG.uniform(0, 2, (4, 2))
Y = RNG.uniform(0, 2, (3, 2))
BASIS = ["h", "p", "rz", "rzz", "cx", "delay"]


class Crosstalk(TransformationPass):
    """Two gates that run at the same time rotate the qubits of both against each other."""

    def run(self, dag):
        result = dag.copy_empty_like()
        for layer in dag.layers():
            busy = []
            for node in layer["graph"].op_nodes():
                result.apply_operation_back(node.op, node.qargs, node.cargs)
                if node.op.name != "barrier":
                    busy.append(node.qargs[0])
            for one, other in zip(busy[::2], busy[1::2], strict=False):
                result.apply_operation_back(RZZGate(0.2), [one, other])
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
    if operation.name == "p":
        noise = QuantumCircuit(1)
        noise.rx(0.05, 0)
        return noise
    return None


LOCAL = {
    "relaxation": RelaxationNoisePass([50e-6] * 2, [30e-6] * 2, dt=1e-9),
    "function": LocalNoisePass(of_operation),
    "before": LocalNoisePass(of_operation, method="prepend"),
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
            translator = AerSimulator(noise_model=bare)
            ready = passes.run(transpile(both, translator, optimization_level=0))
            ready.save_probabilities()
            K[i, j] = accepted @ simulator.run(ready).result().data()["probabilities"]
    return K


@pytest.mark.parametrize("delay", [False, True])
@pytest.mark.parametrize("name", LOCAL)
@pytest.mark.filterwarnings("ignore:Instruction duration not found")
def test_local_noise_splits(name, delay):
    model = with_pass(LOCAL[name])
    circuit = zz(delay)
    kernel = FidelityKernel(circuit, engine=AerEngine(noise_model=model), symmetric=False)
    with warnings.catch_warnings():
        warnings.filterwarnings("error", message="The noise may depend")
        K = kernel.fit(X)(X, Y)
    assert_allclose(K, oracle(circuit, X, Y, model), rtol=0, atol=1e-12)
    without = clone(kernel).set_params(engine__noise_model=errors()).fit(X)(X, Y)
    changes = name != "relaxation" or delay
    assert (np.abs(K - without).max() > 1e-3) == changes


@pytest.mark.parametrize("as_model", [False, True])
def test_delays_on_a_device(as_model):
    backend = GenericBackendV2(3, seed=1, noise_info=True)
    circuit = zz()
    circuit.delay(100_000, [0, 1], unit="ns")
    circuit.h([0, 1])
    noise_model = NoiseModel.from_backend(backend) if as_model else backend
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Duration is rounded")
        session = AerEngine(noise_model=noise_model).open(circuit)
        one = FidelityKernel(circuit, engine=AerEngine(noise_model=noise_model), symmetric=False)
        K = one(X)
        pairs = np.indices(K.shape).reshape(2, -1).T
        assert_allclose(session.overlaps(X, X, pairs).reshape(K.shape), K, rtol=0, atol=1e-12)
    short = FidelityKernel(zz(), engine=AerEngine(noise_model=noise_model), symmetric=False)(X)
    assert (K.diagonal() < short.diagonal() - 1e-3).all()


def crosstalk(**params):
    return FidelityKernel(zz(), engine=AerEngine(noise_model=with_pass(Crosstalk())), **params)


@pytest.mark.parametrize("delay", [False, True])
def test_cross_talk_is_simulated_pair_by_pair(delay):
    model = with_pass(Crosstalk())
    circuit = zz(delay)
    kernel = FidelityKernel(circuit, engine=AerEngine(noise_model=model), symmetric=False).fit(X)
    with pytest.warns(UserWarning, match="does not split .* 12 circuits of pairs .* 14 of rows"):
        K = kernel(X, Y)
    assert_allclose(K, oracle(circuit, X, Y, model), rtol=0, atol=1e-12)
    with pytest.warns(UserWarning, match="16 circuits of pairs"):
        raw = kernel(X)
    assert_allclose(raw, oracle(circuit, X, X, model), rtol=0, atol=1e-12)
    assert_allclose(kernel.diag(X), raw.diagonal(), rtol=0, atol=1e-14)
    even = clone(kernel).set_params(symmetric=True).fit(X)
    with pytest.warns(UserWarning, match="24 circuits of pairs"):
        both = even(X, Y)
    assert_allclose(both, (K + oracle(circuit, Y, X, model).T) / 2, rtol=0, atol=1e-12)
    with pytest.warns(UserWarning, match="does not split"):
        square = even(X)
    assert_array_equal(square, square.T)
    assert_allclose(square, (raw + raw.T) / 2, rtol=0, atol=1e-15)


pytestmark = pytest.mark.filterwarnings("ignore:The noise may depend on the whole circuit")


def test_the_halves_of_cross_talk_would_be_wrong():
    """A layer of the second half would run with one of the first, were they not kept apart."""
    model = with_pass(Crosstalk())
    exact = FidelityKernel(zz(), engine=AerEngine(noise_model=errors()), symmetric=False)(X, Y)
    assert np.abs(oracle(zz(), X, Y, model) - exact).max() > 1e-2


def test_shots_of_pairs():
    exact = crosstalk().fit(X)(X)
    kernel = crosstalk(random_state=0).set_params(engine__shots=4000)
    K = kernel.fit(X)(X)
    assert_array_equal(K, K.T)
    assert (np.abs(K - exact) < 5 * np.sqrt(exact * (1 - exact) / 4000)).all()
    assert_array_equal(clone(kernel).set_params(n_jobs=2).fit(X)(X), K)
    # a pair is drawn from its own seed
    assert_array_equal(kernel(X[1:3], X), K[1:3])


def test_workers_do_not_change_pairs(monkeypatch):
    monkeypatch.setattr("skquantum._parallel.MIN_SECONDS_TO_SHIP", 0.0)
    K = crosstalk().fit(X)(X)
    assert_array_equal(crosstalk(n_jobs=2).fit(X)(X), K)


def test_pairs_are_kept_in_a_checkpoint(tmp_path, monkeypatch):
    monkeypatch.setattr("skquantum.kernels._pairs.PAIRS_PER_PIECE", 6)
    kernel = crosstalk(checkpoint=tmp_path / "c").fit(X)
    K = kernel(X)
    pieces = sorted((tmp_path / "c").glob("*.npy"))
    assert len(pieces) == 3  # of 16 pairs
    pieces[1].unlink()
    counted = []
    real = AerEngine.open
    monkeypatch.setattr(AerEngine, "open", lambda self, c: counted.append(c) or real(self, c))
    assert_array_equal(clone(kernel).fit(X)(X), K)
    assert len(counted) == 1
    assert sorted((tmp_path / "c").glob("*.npy")) == sorted(pieces)


def test_a_checkpoint_knows_passes_and_basis_gates(tmp_path):
    times = [50e-6] * 2, [30e-6] * 2
    model = with_pass(RelaxationNoisePass(*times, dt=1e-9))
    FidelityKernel(zz(), engine=AerEngine(noise_model=model), checkpoint=tmp_path / "c").fit(X)
    same = with_pass(RelaxationNoisePass(*times, dt=1e-9))
    FidelityKernel(zz(), engine=AerEngine(noise_model=same), checkpoint=tmp_path / "c").fit(X)
    more = with_pass(RelaxationNoisePass(*times, dt=1e-9))
    more.add_basis_gates("x")
    for other in (
        errors(),
        with_pass(RelaxationNoisePass([40e-6] * 2, [30e-6] * 2, dt=1e-9)),
        with_pass(Crosstalk()),
        more,
    ):
        kernel = FidelityKernel(
            zz(), engine=AerEngine(noise_model=other), checkpoint=tmp_path / "c"
        )
        with pytest.raises(ValueError, match="noise_model"):
            kernel.fit(X)


def test_weights_mitigation_and_overlap_of_pairs():
    weights = np.array([1.0, 1.0, 1.0, 0.0])
    plain, tolerant = crosstalk().fit(X)(X), crosstalk(outcome_weights=weights).fit(X)(X)
    assert (tolerant > plain).all()
    mitigated = crosstalk(mitigation="split", repair="clip").fit(X)(X)
    assert_allclose(mitigated.diagonal(), 1, atol=1e-12)
    # states are those of the whole circuit of a row
    overlap = crosstalk(measurement="overlap").fit(X)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert overlap(X).shape == (4, 4)
    with pytest.raises(ValueError, match="cannot be drawn in 10 shots"):
        crosstalk(outcome_weights=weights / 2).set_params(engine__shots=10).fit(X)(X)


def test_estimators_take_cross_talk():
    rows = np.vstack([X, Y])
    y = np.array([0, 1, 0, 1, 0, 1, 0])
    model = QSVC(kernel=crosstalk()).fit(rows, y)
    assert model.predict(rows).shape == y.shape


def test_unfitted_pairs_are_refused():
    with pytest.raises(ValueError, match=r"pair by pair compares rows after fit\(X\)"):
        crosstalk()(X)


def test_passes_reach_expectation_values_without_delays():
    """Aer itself leaves passes out where there is no delay."""
    circuit = QuantumCircuit(1)
    circuit.x(0)
    model = NoiseModel(basis_gates=["x"])
    model._custom_noise_passes.append(LocalNoisePass(lambda *_: amplitude_damping_error(0.1)))
    session = AerEngine(noise_model=model).open(circuit)
    found = session.expectations(np.empty((1, 0)), [SparsePauliOp("Z")])
    assert_allclose(found, -0.8, rtol=0, atol=1e-12)

"""Wires without gates are dropped once, for every engine."""

import numpy as np
import pytest
from labels import label
from numpy.testing import assert_allclose, assert_array_equal
from qiskit import QuantumCircuit, transpile
from qiskit.circuit.library import zz_feature_map
from qiskit.primitives import BackendSamplerV2, StatevectorSampler
from qiskit.providers.fake_provider import GenericBackendV2
from qiskit_aer.noise import NoiseModel, ReadoutError, depolarizing_error

from skquantum import QSVC, VQC
from skquantum.engines import AerEngine, CompiledEngine, SamplerEngine
from skquantum.feature_maps import ReuploadingFeatureMap
from skquantum.kernels import FidelityKernel

X = np.random.default_rng(0).uniform(0, 2, (8, 2))
Y = np.array([0, 1] * 4)
NARROW = zz_feature_map(2)


def wide(n_qubits=6):
    circuit = QuantumCircuit(n_qubits)
    circuit.compose(NARROW, [3, 4], inplace=True)
    return circuit


def readout(qubits=None):
    model = NoiseModel()
    error = ReadoutError([[0.97, 0.03], [0.03, 0.97]])
    if qubits is None:
        model.add_all_qubit_readout_error(error)
    else:
        model.add_readout_error(error, qubits)
    return model


def on_one_wire(wire):
    """Noise of a single qubit, by its number."""
    model = NoiseModel(basis_gates=["h", "p", "cx"])
    model.add_quantum_error(depolarizing_error(0.2, 1), ["h"], [wire])
    model.add_readout_error(ReadoutError([[0.9, 0.1], [0.2, 0.8]]), [wire])
    return model


@pytest.mark.parametrize(
    "engine",
    [
        AerEngine(),
        CompiledEngine(),
        AerEngine(shots=100),
        AerEngine(noise_model=readout()),
        AerEngine(100, readout()),
        SamplerEngine(StatevectorSampler(seed=3), shots=50),
    ],
    ids=label,
)
def test_the_kernel_is_that_of_the_wires_in_use(engine):
    small = FidelityKernel(NARROW, engine=engine, random_state=0).fit(X)
    large = FidelityKernel(wide(), engine=engine, random_state=0).fit(X)
    assert large.circuit_.num_qubits == small.circuit_.num_qubits == 2
    assert large.encoded_row_bytes() == small.encoded_row_bytes()
    assert_array_equal(large(X), small(X))
    assert_array_equal(large.diag(X), small.diag(X))


def test_readout_errors_of_idle_wires_do_not_count():
    """Six wires that are read would give .97 ** 4 of it."""
    K = FidelityKernel(wide(), engine=AerEngine(noise_model=readout()))(X)
    assert_allclose(K.diagonal(), 0.97**2, rtol=0, atol=1e-12)


@pytest.mark.parametrize("wire", [0, 3, 4])
def test_noise_knows_wires_by_their_own_numbers(wire):
    K = FidelityKernel(wide(), engine=AerEngine(noise_model=on_one_wire(wire)))(X)
    if wire == 0:
        assert_allclose(K, FidelityKernel(NARROW)(X), rtol=0, atol=1e-12)
        return
    expected = FidelityKernel(NARROW, engine=AerEngine(noise_model=on_one_wire(wire - 3)))(X)
    assert_allclose(K, expected, rtol=0, atol=1e-12)
    assert np.abs(K - FidelityKernel(NARROW)(X)).max() > 0.05


def test_weights_are_those_of_the_wires_in_use():
    engine = AerEngine(noise_model=readout())
    settings = {"engine": engine, "outcome_weights": [1, 1, 0, 0]}
    assert_array_equal(FidelityKernel(wide(), **settings)(X), FidelityKernel(NARROW, **settings)(X))


def test_circuits_for_a_device_of_127_qubits():
    backend = GenericBackendV2(127, coupling_map=[[k, k + 1] for k in range(126)], seed=1)
    layout = [60, 61]
    circuit = transpile(NARROW, backend, initial_layout=layout, optimization_level=1)
    assert circuit.num_qubits == 127
    exact = FidelityKernel(NARROW)(X)
    for engine in ("aer", "compiled"):
        assert_allclose(FidelityKernel(circuit, engine=engine)(X), exact, rtol=0, atol=1e-12)
    noisy = FidelityKernel(circuit, engine=AerEngine(noise_model=backend))(X)
    assert 0 < np.abs(noisy - exact).max() < 0.2
    sampler = BackendSamplerV2(backend=backend, options={"seed_simulator": 1})
    session = SamplerEngine(sampler, shots=100).open(circuit, idle_wires=False)
    measured = [item for item in session.pair.circuit.data if item.operation.name == "measure"]
    wires = [session.pair.circuit.find_bit(item.qubits[0]).index for item in measured]
    assert sorted(wires) == layout
    model = QSVC(kernel=FidelityKernel(circuit)).fit(X, Y)
    assert model.predict(X).shape == (8,)
    trained = VQC(feature_map=circuit, max_iter=2, random_state=0).fit(X, Y)
    assert trained.circuit_.num_qubits == 2


def test_an_ansatz_of_the_same_width_keeps_the_wires():
    ansatz = QuantumCircuit(6)
    ansatz.compose(ReuploadingFeatureMap(6, bandwidth=1.0, reps=1).build(6), inplace=True)
    model = VQC(feature_map=wide(), ansatz=ansatz, max_iter=2, random_state=0).fit(X, Y)
    assert model.circuit_.num_qubits == 6


def test_states_have_all_wires():
    states = AerEngine().open(wide()).states(X)
    assert states.shape == (8, 64)

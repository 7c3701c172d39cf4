"""Noise of devices: transpiled, routed, cut to the qubits in use."""

import pickle

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from qiskit import QuantumCircuit, transpile
from qiskit.circuit.library import zz_feature_map
from qiskit.providers.fake_provider import GenericBackendV2
from qiskit.quantum_info import DensityMatrix, SparsePauliOp, SuperOp
from qiskit_aer import AerSimulator
from qiskit_aer.noise import NoiseModel
from sklearn.base import clone

from skquantum.engines import AerEngine
from skquantum.kernels import FidelityKernel

RNG = np.random.default_rng(0)
LINE = [[k, k + 1] for k in range(19)] + [[k + 1, k] for k in range(19)]


@pytest.fixture(scope="module")
def backend():
    return GenericBackendV2(20, coupling_map=LINE, seed=3)


@pytest.mark.parametrize("n_qubits", [2, 4])
def test_few_qubits_are_simulated(backend, n_qubits):
    circuit = zz_feature_map(n_qubits, reps=1, entanglement="full")
    session = AerEngine(noise_model=backend).open(circuit)
    assert session.n_qubits <= n_qubits + 2
    assert session.densities(RNG.uniform(0, 1, (2, n_qubits))).shape[0] == 2


@pytest.mark.parametrize("entanglement", ["linear", "full"])
def test_expectations_are_those_of_the_noisy_isa_circuit(backend, entanglement):
    circuit = zz_feature_map(3, reps=1, entanglement=entanglement)
    row = RNG.uniform(0, 1, 3)
    observable = SparsePauliOp(["ZZI", "XIY", "IIZ"], [0.5, 1.0, -0.3])
    # the oracle: the device's noise on the ISA circuit, observables moved by Qiskit, no readout
    ready = transpile(circuit, backend, optimization_level=1, seed_transpiler=0)
    isa = ready.assign_parameters(dict(zip(circuit.parameters, row, strict=True)))
    moved = observable.apply_layout(ready.layout)
    used = sorted({ready.find_bit(q).index for item in ready.data for q in item.qubits})
    model = NoiseModel.from_backend(backend)
    state = DensityMatrix.from_int(0, 2 ** len(used))
    for item in isa.data:
        if item.operation.name == "barrier":
            continue
        physical = tuple(isa.find_bit(q).index for q in item.qubits)
        wires = [used.index(k) for k in physical]
        state = state.evolve(item.operation, wires)
        error = model._local_quantum_errors.get(item.operation.name, {}).get(physical)
        if error is not None:
            state = state.evolve(SuperOp(error), wires)
    assert len(used) <= 5
    expected = 0.0
    for pauli, coefficient in zip(moved.paulis, moved.coeffs.real, strict=True):
        label = "".join(pauli.to_label()[::-1][k] for k in used)[::-1]
        expected += coefficient * state.expectation_value(SparsePauliOp(label)).real
    quiet = without_readout(backend)
    found = AerEngine(noise_model=quiet).open(circuit).expectations([row], [observable])
    strings = SparsePauliOp("ZZI")
    observables = [RNG.uniform(-1, 1, 8), strings, strings.to_matrix().diagonal().real]
    session = AerEngine(noise_model=quiet).open(circuit)
    by_array = session.expectations([row, row], observables)
    assert_allclose(found[0, 0], expected, rtol=0, atol=2e-3)  # noise of the basis change
    assert_allclose(by_array[:, 1], by_array[:, 2], rtol=0, atol=1e-12)


def without_readout(backend):
    """Return the device with a perfect readout."""
    quiet = GenericBackendV2(20, coupling_map=LINE, seed=3)
    for qubit in range(20):
        quiet.target["measure"][(qubit,)].error = 0.0
    return quiet


def test_kernel_is_what_the_device_would_measure_pair_by_pair(backend):
    """Against Aer's own counts of the pair circuit, all 20 qubits known to it."""
    circuit = zz_feature_map(3, reps=1, entanglement="full")
    X = RNG.uniform(0, 1, (2, 3))
    kernel = FidelityKernel(circuit, engine=AerEngine(noise_model=backend), symmetric=False)
    K = kernel(X)
    forward = transpile(circuit, backend, optimization_level=1, seed_transpiler=0)
    simulator = AerSimulator.from_backend(backend)
    shots = 200_000
    for i, j in [(0, 1), (1, 0), (0, 0)]:
        pair = forward.assign_parameters(dict(zip(circuit.parameters, X[i], strict=True)))
        back = forward.assign_parameters(dict(zip(circuit.parameters, X[j], strict=True))).inverse()
        pair.barrier()
        pair = pair.compose(back)
        start = forward.layout.initial_index_layout(filter_ancillas=True)
        measured = QuantumCircuit(20, 3)
        measured.compose(pair, range(20), inplace=True)
        measured.measure(start, range(3))
        ready = transpile(measured, simulator, optimization_level=0, seed_transpiler=0)
        counts = simulator.run(ready, shots=shots, seed_simulator=7).result().get_counts()
        frequency = counts.get("000", 0) / shots
        # five standard errors: a false alarm in two million
        assert abs(frequency - K[i, j]) < 5 * np.sqrt(K[i, j] * (1 - K[i, j]) / shots)


def test_reproducible_picklable_and_refused(backend):
    circuit = zz_feature_map(2, reps=1)
    X = RNG.uniform(0, 1, (5, 2))
    engine = AerEngine(100, backend)
    kernel = FidelityKernel(circuit, engine=engine, random_state=0)
    K = kernel(X)
    assert_array_equal(clone(kernel)(X), K)
    assert_array_equal(pickle.loads(pickle.dumps(kernel))(X), K)
    assert_array_equal(clone(kernel).set_params(n_jobs=2)(X), K)
    small = GenericBackendV2(2, seed=0)
    with pytest.raises(ValueError, match=r"circuit has 3 qubits, .* has 2"):
        AerEngine(noise_model=small).open(zz_feature_map(3))
    with pytest.raises(AttributeError, match="no states"):
        engine.open(circuit).states(X)

"""Kernels from counts and under noise, against circuits pair by pair."""

import warnings

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from qiskit import QuantumCircuit, transpile
from qiskit.circuit import Parameter, ParameterVector
from qiskit.providers.fake_provider import GenericBackendV2
from qiskit.quantum_info import SparsePauliOp, random_unitary
from qiskit_aer import AerSimulator
from qiskit_aer.noise import (
    NoiseModel,
    ReadoutError,
    amplitude_damping_error,
    coherent_unitary_error,
    depolarizing_error,
    pauli_error,
    phase_damping_error,
    thermal_relaxation_error,
)
from scipy.stats import binom, chisquare, kstest
from sklearn.base import clone
from sklearn.datasets import make_moons

from skquantum import QSVC
from skquantum.engines import AerEngine
from skquantum.exceptions import ConcentrationWarning
from skquantum.feature_maps import FEATURE_MAPS, ZZFeatureMap
from skquantum.kernels import FidelityKernel
from skquantum.mitigation import bit_flip_weights, readout_weights

RNG = np.random.default_rng(0)
GATES_1 = ["h", "p", "rz", "ry", "rx", "sx", "x", "u", "id"]
GATES_2 = ["cx", "cz", "rzz"]

# A test that should pass fails by chance this often.
FALSE_ALARM = 1e-6


def random_noise(n_qubits, seed):
    """Return a noise model with errors of every kind, for all qubits and for some of them."""
    rng = np.random.default_rng(seed)
    model = NoiseModel(basis_gates=[*GATES_1, *GATES_2])
    strength = rng.uniform(0.01, 0.1, 8)
    angle = rng.uniform(-0.3, 0.3)
    c, s = np.cos(angle / 2), np.sin(angle / 2)
    singles = [
        depolarizing_error(strength[0], 1),
        amplitude_damping_error(strength[1]),
        phase_damping_error(strength[2]),
        coherent_unitary_error(np.array([[c, -s], [s, c]])),
        pauli_error([("X", strength[3]), ("Z", strength[4]), ("I", 1 - strength[3] - strength[4])]),
        thermal_relaxation_error(50e3, 30e3, rng.uniform(500, 3000)),
    ]
    rng.shuffle(singles)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for gate, error in zip(GATES_1, singles, strict=False):
            model.add_all_qubit_quantum_error(error, gate)
        model.add_quantum_error(singles[5], "h", [0])
        pair = depolarizing_error(strength[5], 2).compose(singles[0].tensor(singles[1]))
        for gate in GATES_2:
            model.add_all_qubit_quantum_error(pair, gate)
        if n_qubits > 1:
            model.add_quantum_error(depolarizing_error(strength[6], 2), "cx", [1, 0])
        flip = strength[7]
        model.add_all_qubit_readout_error(
            ReadoutError([[1 - flip, flip], [2 * flip, 1 - 2 * flip]])
        )
        model.add_readout_error(ReadoutError([[0.9, 0.1], [0.05, 0.95]]), [0])
        if seed % 2:
            model.add_all_qubit_quantum_error(amplitude_damping_error(0.1), "measure")
    return model


def confusion(model, n_qubits):
    """Return the probability of reading 0...0 for every bitstring, from the model's dict."""
    accepted = np.ones(1)
    local, everywhere = {}, None
    for error in model.to_dict()["errors"]:
        if error["type"] == "roerror":
            if "gate_qubits" in error:
                local |= {qubits[0]: error["probabilities"] for qubits in error["gate_qubits"]}
            else:
                everywhere = error["probabilities"]
    for qubit in range(n_qubits):
        matrix = np.asarray(local.get(qubit, everywhere if everywhere is not None else np.eye(2)))
        accepted = np.kron(matrix[:, 0], accepted)
    return accepted


def as_matrices(circuit):
    """Return a circuit of matrices, whose noise Aer looks up by their labels.

    The density-matrix method does not know all gates; transpiling to it drops their noise.
    """
    result = QuantumCircuit(circuit.num_qubits)
    for item in circuit.data:
        wires = [circuit.find_bit(qubit).index for qubit in item.qubits]
        if item.operation.name != "barrier":
            result.unitary(item.operation.to_matrix(), wires, label=item.operation.name)
    return result


def pairwise(circuit, X, Y, model):
    """Return the probability of reading 0...0, one density-matrix circuit per pair."""
    simulator = AerSimulator(method="density_matrix", noise_model=model)
    accepted = confusion(model, circuit.num_qubits)
    K = np.empty((len(X), len(Y)))
    for i, x in enumerate(X):
        for j, y in enumerate(Y):
            both = circuit.assign_parameters(x)
            both.barrier()
            both = both.compose(circuit.assign_parameters(y).inverse())
            translator = AerSimulator(noise_model=model)
            ready = as_matrices(transpile(both, translator, optimization_level=0))
            if "measure" in model.noise_instructions:
                for qubit in range(circuit.num_qubits):
                    ready.unitary(np.eye(2), [qubit], label="measure")
            ready.save_probabilities()
            found = simulator.run(ready).result().data()["probabilities"]
            K[i, j] = accepted @ np.asarray(found)
    return K


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("n_qubits", [1, 2, 3])
def test_products_equal_circuits_pair_by_pair(n_qubits, seed):
    model = random_noise(n_qubits, seed)
    circuit = ZZFeatureMap(reps=1).build(n_qubits)
    X = RNG.uniform(0, 2, (3, n_qubits))
    Y = RNG.uniform(0, 2, (2, n_qubits))
    kernel = FidelityKernel(circuit, engine=AerEngine(noise_model=model), symmetric=False)
    assert_allclose(kernel(X, Y), pairwise(circuit, X, Y, model), rtol=0, atol=1e-12)
    raw = kernel(X)
    assert_allclose(raw, pairwise(circuit, X, X, model), rtol=0, atol=1e-12)
    even = clone(kernel).set_params(symmetric=True)
    assert_allclose(even(X), (raw + raw.T) / 2, rtol=0, atol=1e-15)
    assert_array_equal(even(X), even(X).T)
    assert_allclose(kernel.diag(X), raw.diagonal(), rtol=0, atol=1e-14)


@pytest.mark.parametrize("name", FEATURE_MAPS)
def test_every_feature_map(name):
    n_features = 4 if name == "amplitude" else 3
    X = RNG.uniform(0.1, 1, (2, n_features)).round(0 if name == "basis" else 6)
    kernel = FidelityKernel(name, engine=AerEngine(noise_model=random_noise(3, 7)), symmetric=False)
    if "n_qubits" in FEATURE_MAPS[name]().get_params():
        kernel.set_params(feature_map__n_qubits=3)
    kernel.fit(X)
    feature_map = kernel.feature_map_
    values = feature_map.parameter_values(X)
    expected = pairwise(feature_map.circuit_, values, values, kernel.engine.noise_model)
    assert_allclose(kernel(X), expected, rtol=0, atol=1e-12)


@pytest.mark.slow
@pytest.mark.parametrize("n_qubits", [4, 5, 6])
def test_products_equal_circuits_pair_by_pair_wide(n_qubits):
    test_products_equal_circuits_pair_by_pair(n_qubits, 11)


def test_gates_whose_parameters_aer_mis_binds():
    x = ParameterVector("x", 4)
    circuit = QuantumCircuit(2)
    circuit.h([0, 1])
    circuit.crx(x[0], 0, 1)
    circuit.cp(x[1] * x[0], 1, 0)
    circuit.u(x[2], x[1], -x[0], 1)
    circuit.append(QuantumCircuit(1, name="mine").to_gate(), [0])
    circuit.cu(x[0], x[1], x[2], x[3], 0, 1)
    model = NoiseModel(basis_gates=["h", "cx", "u", "crx", "cp", "cu"])
    model.add_all_qubit_quantum_error(depolarizing_error(0.1, 2), ["crx", "cp", "cu"])
    model.add_all_qubit_quantum_error(amplitude_damping_error(0.1), ["u", "h"])
    X = RNG.uniform(0, 2, (3, 4))
    kernel = FidelityKernel(circuit, engine=AerEngine(noise_model=model), symmetric=False)
    assert_allclose(kernel(X), pairwise(circuit, X, X, model), rtol=0, atol=1e-12)


def test_errors_of_many_terms_some_of_which_aer_neglects():
    relaxation = thermal_relaxation_error(100e3, 80e3, 300)
    model = NoiseModel(basis_gates=["rz", "sx", "cx"])
    model.add_all_qubit_quantum_error(
        depolarizing_error(0.01, 2).compose(relaxation.tensor(relaxation)), "cx"
    )
    circuit = ZZFeatureMap(reps=1).build(3)
    X = RNG.uniform(0, 2, (2, 3))
    kernel = FidelityKernel(circuit, engine=AerEngine(noise_model=model), symmetric=False)
    assert_allclose(kernel(X), pairwise(circuit, X, X, model), rtol=0, atol=1e-12)


def test_overlap_is_that_of_the_noisy_states():
    model = random_noise(2, 3)
    circuit = ZZFeatureMap(reps=1).build(2)
    X = RNG.uniform(0, 2, (4, 2))
    kernel = FidelityKernel(circuit, engine=AerEngine(noise_model=model), measurement="overlap")
    simulator = AerSimulator(method="density_matrix", noise_model=model)
    states = []
    for row in X:
        ready = transpile(circuit.assign_parameters(row), simulator, optimization_level=0)
        ready.save_density_matrix()
        states.append(np.asarray(simulator.run(ready).result().data()["density_matrix"]))
    expected = [[np.trace(a @ b).real for b in states] for a in states]
    assert_allclose(kernel(X), expected, rtol=0, atol=1e-12)
    assert_array_equal(kernel(X), kernel(X).T)


def test_without_errors_it_is_the_fidelity():
    X = RNG.uniform(0, 2, (5, 3))
    exact = FidelityKernel("zz")(X)
    for measurement in ("compute_uncompute", "overlap"):
        engine = AerEngine(noise_model=NoiseModel(basis_gates=["u", "cx"]))
        kernel = FidelityKernel("zz", engine=engine, measurement=measurement)
        assert_allclose(kernel(X), exact, rtol=0, atol=1e-12)


# -- shots ---------------------------------------------------------------------------------------


def shot_kernel(**params):
    return FidelityKernel("zz", engine=AerEngine(shots=200), **params)


@pytest.mark.parametrize("symmetric", [True, False])
def test_counts_follow_the_binomial_distribution(symmetric):
    X = RNG.uniform(0, 2, (60, 2))
    exact = FidelityKernel("zz")(X)
    K = shot_kernel(random_state=1, symmetric=symmetric)(X)
    above = np.triu_indices(60, 1)
    counts, p = K[above] * 200, exact[above]
    assert_allclose(counts, counts.round(), rtol=0, atol=1e-9)
    # the distribution function, made continuous, is uniform
    u = RNG.uniform(size=len(p))
    uniform = binom.cdf(counts - 1, 200, p) + u * binom.pmf(counts.round(), 200, p)
    assert kstest(uniform, "uniform").pvalue > FALSE_ALARM
    assert chisquare(np.histogram(uniform, 20, (0, 1))[0]).pvalue > FALSE_ALARM
    # variance k (1 - k) / M
    z = (K[above] - p) / np.sqrt(p * (1 - p) / 200)
    assert abs((z**2).mean() - 1) < 5 * np.sqrt(2 / len(z))
    assert_array_equal(K.diagonal(), 1.0)


def test_one_pair_over_many_seeds_follows_the_distribution_that_aer_draws_from():
    model = random_noise(2, 5)
    X = RNG.uniform(0, 2, (2, 2))
    kernel = FidelityKernel("zz", engine=AerEngine(20, model), symmetric=False)
    found = [clone(kernel).set_params(random_state=s)(X)[0, 1] * 20 for s in range(80)]
    exact = pairwise(ZZFeatureMap().build(2), X, X, model)[0, 1]
    uniform = binom.cdf(np.array(found) - 1, 20, exact)
    uniform += RNG.uniform(size=80) * binom.pmf(np.round(found), 20, exact)
    assert kstest(uniform, "uniform").pvalue > FALSE_ALARM


@pytest.mark.parametrize("noise_model", [None, random_noise(2, 1)])
@pytest.mark.parametrize("shots", [1, 7, 1000])
def test_symmetric_and_reproducible_to_the_bit(noise_model, shots):
    X = RNG.uniform(0, 2, (12, 2))
    X[5] = X[3]
    engine = AerEngine(shots, noise_model)
    kernel = FidelityKernel("zz", engine=engine, random_state=3).fit(X)
    K = kernel(X)
    assert_array_equal(K, K.T)
    for other in (
        clone(kernel).set_params(n_jobs=2),
        clone(kernel).set_params(engine__chunk_size=5),
        clone(kernel),
    ):
        assert_array_equal(other(X), K)
    assert (clone(kernel).set_params(random_state=4)(X) != K).any() or shots == 1
    # a pair has its draw, whoever else is there
    assert_array_equal(kernel(X[:3]), K[:3, :3])
    assert_array_equal(kernel(X[2:5], X[:2]), K[2:5, :2])


def test_equal_rows_have_equal_draws():
    """What is drawn for a pair depends on its rows and the seed, on nothing that stands around."""
    X = RNG.uniform(0, 2, (9, 2))
    X[[4, 7]] = X[1]
    kernel = shot_kernel(random_state=0).fit(X)
    K = kernel(X)
    assert_array_equal(K[1], K[4])
    assert_array_equal(K[1], K[7])
    for row in range(9):
        assert_array_equal(kernel(X[[row]], X)[0], kernel(X, X)[row])


def test_estimators_take_noisy_kernels():
    X, y = make_moons(30, random_state=0)
    kernel = FidelityKernel("zz", engine=AerEngine(500, random_noise(2, 2)), random_state=0)
    model = QSVC(kernel=kernel).fit(X, y)
    assert_array_equal(model.predict(X[:4]), model.predict(X)[:4])
    assert model.score(X, y) > 0.6


def test_refusals():
    X = RNG.uniform(0, 2, (3, 2))
    engine = AerEngine(10, random_noise(2, 0))
    with pytest.raises(ValueError, match="measurement='overlap' is available only without shots"):
        FidelityKernel("zz", engine=engine, measurement="overlap")(X)
    with pytest.raises(MemoryError, match="Encoding 3 rows on 17 qubits"):
        FidelityKernel("zz", engine=engine)(RNG.uniform(0, 2, (3, 17)))
    with pytest.raises((AttributeError, ValueError), match=r"no states"):
        engine.open(ZZFeatureMap().build(2)).states(X)
    small = FidelityKernel("zz", engine=engine)
    with pytest.raises(ValueError, match="same circuit and engine"):
        small.gram(small.encode(X), small.encode(X[:, :1]))


# -- mitigation and repair -----------------------------------------------------------------------


@pytest.mark.parametrize("method", ["single", "mean", "split"])
def test_mitigation_brings_back_the_ideal_kernel_under_global_depolarising(method):
    x = ParameterVector("x", 2)
    circuit = QuantumCircuit(2)
    circuit.ry(x[0], 0)
    circuit.ry(x[1], 1)
    circuit.cx(0, 1)
    model = NoiseModel(basis_gates=["ry", "cx"])
    model.add_all_qubit_quantum_error(depolarizing_error(0.2, 2), "cx")
    X, Y = RNG.uniform(0, 2, (6, 2)), RNG.uniform(0, 2, (3, 2))
    ideal = FidelityKernel(circuit).fit(X)
    noisy = FidelityKernel(circuit, engine=AerEngine(noise_model=model)).fit(X)
    assert np.abs(noisy(X) - ideal(X)).max() > 0.1
    mended = clone(noisy).set_params(mitigation=method).fit(X)
    assert_allclose(mended(X), ideal(X), rtol=0, atol=1e-12)
    assert_allclose(mended(Y, X[2:]), ideal(Y, X[2:]), rtol=0, atol=1e-12)
    assert_array_equal(mended.diag(X), 1.0)


@pytest.mark.parametrize("method", ["single", "mean"])
def test_new_rows_are_mitigated_as_the_training_rows_were(method):
    model = random_noise(2, 4)
    X, Y = RNG.uniform(0, 2, (6, 2)), RNG.uniform(0, 2, (3, 2))
    kernel = FidelityKernel("zz", engine=AerEngine(300, model), mitigation=method, random_state=0)
    A, K = kernel.fit_gram(X)
    B = kernel.encode(Y)
    whole = kernel.gram(B, A)
    assert_allclose(kernel.gram(B, A.take([3, 4, 5])), whole[:, 3:], rtol=0, atol=1e-15)
    kernel.gram(B)  # leaves no trace
    assert_array_equal(kernel.gram(B, A), whole)
    assert_allclose(kernel.gram(A), K, rtol=0, atol=1e-15)


@pytest.mark.parametrize("method", ["single", "split"])
def test_a_second_fit_forgets_the_measured_diagonal(method):
    X = RNG.uniform(0, 2, (4, 2))
    kernel = FidelityKernel("zz", engine=AerEngine(noise_model=random_noise(2, 4)))
    kernel.set_params(mitigation=method).fit_gram(X)
    kernel.set_params(engine__noise_model=random_noise(2, 9)).fit(X)
    assert_array_equal(kernel(X[:2], X), clone(kernel).fit(X)(X[:2], X))


@pytest.mark.parametrize("method", ["clip", "shift"])
def test_repair_is_recorded_on_the_fitted_estimator(method):
    X, y = make_moons(25, random_state=0)
    engine = AerEngine(20, random_noise(2, 2))
    kernel = FidelityKernel("zz", engine=engine, repair=method, random_state=0)
    model = QSVC(kernel=kernel).fit(X, y)
    raw = clone(kernel).set_params(repair=None).fit(X)(X)
    assert model.kernel_.psd_shift_ == pytest.approx(-np.linalg.eigvalsh(raw).min(), rel=1e-9)
    K = clone(kernel).fit(X)(X)
    assert np.linalg.eigvalsh(K).min() > -1e-10
    exact = FidelityKernel("zz", repair=method)
    assert_array_equal(exact.fit_gram(X)[1], FidelityKernel("zz")(X))
    assert exact.psd_shift_ == 0.0


def test_a_kernel_drowned_in_shot_noise_warns():
    X = RNG.uniform(-3, 3, (20, 8))
    kernel = FidelityKernel("zz", engine=AerEngine(shots=10), random_state=0)
    with pytest.warns(ConcentrationWarning, match="bandwidth"):
        kernel(X)


# -- weights of outcomes -------------------------------------------------------------------------


def with_readout_errors():
    model = NoiseModel(basis_gates=["h", "p", "cx", "u"])
    model.add_readout_error(ReadoutError([[0.9, 0.1], [0.2, 0.8]]), [0])
    model.add_readout_error(ReadoutError([[0.95, 0.05], [0.1, 0.9]]), [1])
    return model


def test_readout_mitigation_brings_back_the_ideal_kernel():
    model = with_readout_errors()
    X = RNG.uniform(0, 2, (4, 2))
    confusion_matrices = [np.array([[0.9, 0.2], [0.1, 0.8]]), np.array([[0.95, 0.1], [0.05, 0.9]])]
    weights = readout_weights(confusion_matrices)
    assert weights.min() < 0
    raw = FidelityKernel("zz", engine=AerEngine(noise_model=model))
    mended = clone(raw).set_params(outcome_weights=weights)
    assert np.abs(raw(X) - FidelityKernel("zz")(X)).max() > 0.05
    assert_allclose(mended(X), FidelityKernel("zz")(X), rtol=0, atol=1e-12)


@pytest.mark.parametrize("distance", [0, 1, 2])
def test_bit_flip_tolerance_counts_bitstrings_with_few_ones(distance):
    model = random_noise(3, 1)
    circuit = ZZFeatureMap(reps=1).build(3)
    X = RNG.uniform(0, 2, (2, 3))
    engine = AerEngine(noise_model=model)
    weights = bit_flip_weights(3, distance)
    kernel = FidelityKernel(circuit, engine=engine, outcome_weights=weights, symmetric=False)
    # the oracle: a diagonal observable after the pair circuit
    x, y = ParameterVector("a", 3), ParameterVector("b", 3)
    both = circuit.assign_parameters(dict(zip(circuit.parameters, x, strict=True)))
    back = circuit.assign_parameters(dict(zip(circuit.parameters, y, strict=True))).inverse()
    session = engine.open(both.compose(back))
    pairs = [np.concatenate([one, other]) for one in X for other in X]
    expected = session.expectations(pairs, [weights])[:, 0].reshape(2, 2)
    assert_allclose(kernel(X), expected, rtol=0, atol=1e-12)
    counted = clone(kernel).set_params(engine__shots=10**6, random_state=0)(X)
    assert_allclose(counted, expected, rtol=0, atol=5 * 0.5e-3)


def test_refused_weights():
    X = RNG.uniform(0, 2, (3, 2))
    noisy = AerEngine(noise_model=with_readout_errors())
    with pytest.raises(ValueError, match="states are not measured"):
        FidelityKernel("zz", outcome_weights=np.ones(4))(X)
    with pytest.raises(ValueError, match=r"shape \(3,\), the circuit has 2 qubits; pass 4"):
        FidelityKernel("zz", engine=noisy, outcome_weights=np.ones(3))(X)
    engine = AerEngine(10, with_readout_errors())
    with pytest.raises(ValueError, match="cannot be drawn in 10 shots"):
        FidelityKernel("zz", engine=engine, outcome_weights=np.full(4, 0.5))(X)


def test_noise_of_the_model_of_a_device():
    model = NoiseModel.from_backend(GenericBackendV2(3, seed=1))
    circuit = ZZFeatureMap(reps=1).build(2)
    X = RNG.uniform(0, 1, (2, 2))
    kernel = FidelityKernel(circuit, engine=AerEngine(noise_model=model), symmetric=False)
    assert_allclose(kernel(X), pairwise(circuit, X, X, model), rtol=0, atol=1e-12)


@pytest.mark.parametrize("basis", [["cx", "cz", "rz", "sx"], ["rxx", "rzz", "rz", "sx"]])
def test_matrices_are_translated_the_same_way_every_time(basis):
    """Qiskit 2.6 draws among equally good syntheses, which have different noise."""
    circuit = QuantumCircuit(2)
    circuit.ry(Parameter("x"), 0)
    circuit.unitary(random_unitary(4, seed=1), [0, 1])
    model = NoiseModel(basis_gates=basis)
    model.add_all_qubit_quantum_error(depolarizing_error(0.05, 2), basis[:2])
    model.add_all_qubit_quantum_error(depolarizing_error(0.02, 1), "sx")
    rows = [[0.3], [1.0]]
    engine = AerEngine(noise_model=model)
    kernel = FidelityKernel(circuit, engine=engine, symmetric=False)
    K = kernel(rows)
    for _ in range(8):
        assert_array_equal(kernel(rows), K)
    pairs = np.indices((2, 2)).reshape(2, -1).T
    found = engine.open(circuit).fidelities(rows, rows, pairs).reshape(2, 2)
    assert_allclose(found, K, rtol=0, atol=1e-12)


@pytest.mark.parametrize("as_model", [False, True])
def test_parameters_that_are_gone_on_a_device(as_model):
    backend = GenericBackendV2(2, seed=1)
    a, b = Parameter("a"), Parameter("b")
    circuit = QuantumCircuit(1, global_phase=a)
    circuit.ry(b, 0)
    engine = AerEngine(noise_model=NoiseModel.from_backend(backend) if as_model else backend)
    K = FidelityKernel(circuit, engine=engine)([[0.1, 0.2], [0.3, 1.4]])
    assert_allclose(K, [[1, np.cos(0.6) ** 2], [np.cos(0.6) ** 2, 1]], rtol=0, atol=0.02)
    session = engine.open(circuit)
    for observable in ("Z", "X"):
        exact = np.cos(0.2) if observable == "Z" else np.sin(0.2)
        found = session.expectations([[0.1, 0.2]], [SparsePauliOp(observable)])
        assert_allclose(found, exact, rtol=0, atol=0.02)


def test_gates_whose_inverse_has_no_matrix():
    circuit = QuantumCircuit(3)
    circuit.h([0, 1])
    circuit.ry(Parameter("x"), 2)
    circuit.ccx(0, 1, 2)
    model = NoiseModel(basis_gates=["rz", "sx", "cx", "csx"])
    rows = np.array([[0.3], [1.0]])
    exact = FidelityKernel(circuit)(rows)
    model.add_all_qubit_quantum_error(amplitude_damping_error(1e-14), "rz")
    K = FidelityKernel(circuit, engine=AerEngine(noise_model=model))(rows)
    assert_allclose(K, exact, rtol=0, atol=1e-10)


@pytest.mark.parametrize("weight", [0.0, -1.0, 1.0])
def test_weights_that_are_all_equal(weight):
    X = RNG.uniform(0, 2, (3, 2))
    engine = AerEngine(noise_model=with_readout_errors())
    K = FidelityKernel("zz", engine=engine, outcome_weights=[weight] * 4)(X)
    assert_allclose(K, weight, rtol=0, atol=1e-12)
    with pytest.raises(ValueError, match="outcome_weights are complex"):
        FidelityKernel("zz", engine=engine, outcome_weights=[1j] * 4)(X)


@pytest.mark.parametrize(
    ("settings", "name"),
    [
        ({"shots": 0}, "shots"),
        ({"shots": 1.5}, "shots"),
        ({"shots": "x"}, "shots"),
        ({"shots": 10**20}, "shots"),
        ({"noise_model": 3}, "noise_model"),
        ({"noise_model": NoiseModel}, "noise_model"),
        ({"shots": 5, "chunk_size": -1}, "chunk_size"),
    ],
    ids=str,
)
@pytest.mark.parametrize("fitted", [False, True])
def test_settings_of_an_engine_are_checked_first(settings, name, fitted):
    kernel = FidelityKernel("zz", engine=AerEngine(**settings))
    with pytest.raises(ValueError, match=f"The '{name}' parameter of AerEngine must be"):
        kernel.fit([[1.0, 2.0]]) if fitted else kernel([[1.0, 2.0]])


def test_mixed_units_of_delays_are_named():
    circuit = QuantumCircuit(1)
    circuit.delay(3, 0, unit="ns")
    circuit.ry(Parameter("x"), 0)
    circuit.delay(3, 0, unit="dt")
    model = NoiseModel()
    model.add_all_qubit_quantum_error(depolarizing_error(0.1, 1), "sx")
    with pytest.raises(ValueError, match=r"cannot be translated: .*unit"):
        FidelityKernel(circuit, engine=AerEngine(noise_model=model))([[0.1], [0.2]])

"""Circuits of the user's as ansätze: order of the weights, and parameters shared with the data."""

import pickle

import numpy as np
import oracles
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from qiskit import QuantumCircuit, qasm3
from qiskit.circuit import Parameter, ParameterVector
from sklearn.base import clone

from skquantum import VQC, VQR
from skquantum.ansatze import CircuitAnsatz, IdentityBlocks, ReuploadingAnsatz
from skquantum.feature_maps import AngleFeatureMap, CircuitFeatureMap

N = 12
FACTORS = np.linspace(0.3, 1.7, N)


def rotations(parameters):
    """One RX per parameter, by different factors; those of a qubit add up."""
    circuit = QuantumCircuit(2)
    for k, parameter in enumerate(parameters):
        circuit.rx(FACTORS[k] * parameter, k % 2)
    return circuit


def plain():
    return rotations([Parameter(f"w{k}") for k in range(N)])


def round_trip():
    return qasm3.loads(qasm3.dumps(rotations(ParameterVector("w", N))))


def expected_unitary(w):
    angles = FACTORS * w
    turns = [oracles.rotation("X", angles[qubit::2].sum()) for qubit in (0, 1)]
    return np.kron(turns[1], turns[0])


def numbers(size, seed=0):
    return np.random.default_rng(seed).uniform(-np.pi, np.pi, size)


reordered = pytest.mark.filterwarnings("ignore:The weights take the parameters")


@reordered
@pytest.mark.parametrize("make", [plain, round_trip])
def test_weights_stand_in_natural_order(make):
    w = numbers(N)
    ansatz = CircuitAnsatz(make())
    assert_allclose(oracles.unitary(ansatz.build(2), w), expected_unitary(w), atol=1e-12)
    attached = ansatz.attach(QuantumCircuit(2))
    bound = dict(zip(attached.weights, w, strict=True))
    assert_allclose(oracles.unitary(attached.circuit, bound), expected_unitary(w), atol=1e-12)


@reordered
def test_weights_in_blocks_stand_in_natural_order():
    w = numbers(2 * N)
    circuit = IdentityBlocks(plain()).build(2)
    expected = expected_unitary(-w[N:]) @ expected_unitary(w[:N])
    assert_allclose(oracles.unitary(circuit, w), expected, atol=1e-12)


def test_factors_of_features_stand_in_natural_order():
    attached = ReuploadingAnsatz(1, ansatz="strongly_entangling").attach(plain())
    together = [
        sorted(parameter.name for parameter in item.params[0].parameters)
        for item in attached.circuit.data[:N]
    ]
    assert together == [[f"w{k}", f"w[{k}]"] for k in range(N)]


def test_natural_order_is_announced(recwarn):
    with pytest.warns(
        UserWarning, match=r"The weights take .* natural order \('w2' before 'w10'\)"
    ):
        CircuitAnsatz(rotations([Parameter(name) for name in ("w10", "w2")])).build(2)
    recwarn.clear()
    CircuitAnsatz(plain(), weights=[f"w{k}" for k in range(N)]).build(2)
    CircuitAnsatz(rotations(ParameterVector("w", N))).build(2)
    assert not recwarn.list


def test_weights_may_be_stated():
    w, shuffled = numbers(N), np.random.default_rng(0).permutation(N)
    ansatz = CircuitAnsatz(plain(), weights=[f"w{k}" for k in shuffled])
    for copied in (ansatz, clone(ansatz), pickle.loads(pickle.dumps(ansatz))):
        got = oracles.unitary(copied.build(2), w[shuffled])
        assert_allclose(got, expected_unitary(w), atol=1e-12)


@pytest.mark.parametrize(
    ("weights", "message"),
    [
        (["w0"], "weights names 1 of the 12 free parameters"),
        (["w0"] * N, "weights holds 'w0' twice"),
        ("w0", "weights='w0' is not a list"),
        ([f"v{k}" for k in range(N)], "weights holds 'v0', which is not a free parameter"),
    ],
)
def test_statements_that_are_refused(weights, message):
    with pytest.raises(ValueError, match=message):
        CircuitAnsatz(plain(), weights=weights).build(2)


@reordered
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_initial_and_trained_weights_stand_in_natural_order():
    rng = np.random.default_rng(3)
    X = rng.uniform(-1, 1, (12, 2))
    y = (X[:, 0] > 0).astype(int)
    w = numbers(N)
    model = VQC(
        AngleFeatureMap("ry"),
        plain(),
        init=w,
        max_iter=1,
        learning_rate_init=1e-12,
        random_state=0,
        readout=["ZI"],
    ).fit(X, y)
    assert_allclose(model.weights_, w, atol=1e-9)
    # qubit 1: RY(x1) and then rotations about X by the sum of the odd angles
    z = np.cos(X[:, 1]) * np.cos((FACTORS * w)[1::2].sum())
    logit = z * model.output_scale_ + model.output_intercept_
    assert_allclose(model.predict_proba(X)[:, 1], 1 / (1 + np.exp(-logit)), atol=1e-8)
    again = clone(model).set_params(init=model.weights_, warm_start=True).fit(X, y)
    assert_allclose(again.fit(X, y).weights_, w, atol=1e-9)


# --- Parameters that belong to the data ------------------------------------------------------


def shared_circuits(vector=False):
    """An encoding, and an ansatz of two weights that uploads both features again."""
    x = ParameterVector("x", 2) if vector else [Parameter("x0"), Parameter("x1")]
    encoding = QuantumCircuit(2)
    encoding.ry(x[0], 0)
    encoding.ry(x[1], 1)
    block = QuantumCircuit(2)
    block.rx(Parameter("a"), 0)
    block.rz(x[0], 0)
    block.cx(0, 1)
    block.rx(Parameter("b") * x[1], 1)
    return encoding, block


def by_hand(x, w, bandwidth=1.0):
    """The state of one row, gate by gate."""
    x = bandwidth * np.asarray(x)
    state = oracles.basis_state([0, 0])
    for matrix, qubits in [
        (oracles.rotation("Y", x[0]), [0]),
        (oracles.rotation("Y", x[1]), [1]),
        (oracles.rotation("X", w[0]), [0]),
        (oracles.rotation("Z", x[0]), [0]),
        (oracles.gate_matrix("cx"), [0, 1]),
        (oracles.rotation("X", w[1] * x[1]), [1]),
    ]:
        state = oracles.apply_matrix(state, matrix, qubits)
    return state


@pytest.mark.parametrize("vector", [False, True])
def test_parameters_of_the_encoding_are_shared(vector):
    encoding, block = shared_circuits(vector)
    attached = CircuitAnsatz(block).attach(encoding)
    assert len(attached.weights) == 2
    assert set(attached.circuit.parameters) == {*encoding.parameters, *attached.weights}
    x, w = numbers(2, 1), numbers(2, 2)
    bound = dict(zip([*encoding.parameters, *attached.weights], [*x, *w], strict=True))
    assert_allclose(oracles.simulate(attached.circuit, bound), by_hand(x, w), atol=1e-12)


def test_equal_names_are_not_shared():
    encoding, _ = shared_circuits()
    _, block = shared_circuits()
    assert len(CircuitAnsatz(block).attach(encoding).weights) == 4


def test_weights_are_stated_without_shared_parameters():
    encoding, block = shared_circuits()
    attached = CircuitAnsatz(block, weights=["b", "a"]).attach(encoding)
    x, w = numbers(2, 1), numbers(2, 2)
    bound = dict(zip([*encoding.parameters, *attached.weights], [*x, *w[::-1]], strict=True))
    assert_allclose(oracles.simulate(attached.circuit, bound), by_hand(x, w), atol=1e-12)


def test_composites_share_too():
    encoding, block = shared_circuits()
    x = dict(zip(encoding.parameters, numbers(2, 1), strict=True))
    blocks = IdentityBlocks(block, n_blocks=2).attach(encoding)
    assert len(blocks.weights) == 8
    w = numbers(8)
    w[blocks.mirrors[:, 1]] = w[blocks.mirrors[:, 0]]
    bound = x | dict(zip(blocks.weights, w, strict=True))
    expected = oracles.simulate(encoding, x)
    assert_allclose(oracles.simulate(blocks.circuit, bound), expected, atol=1e-12)

    layers = ReuploadingAnsatz(2, ansatz=block).attach(encoding)
    assert len(layers.weights) == 8
    assert_array_equal(layers.is_scaling, [True, True, False, False] * 2)
    assert set(layers.circuit.parameters) == {*encoding.parameters, *layers.weights}


def exact(model, X, w):
    """Expectation value of Z on qubit 0, by hand."""
    states = np.array([by_hand(row, w, model.feature_map_.bandwidth_) for row in X])
    return (np.abs(states) ** 2) @ [1, -1, 1, -1]


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.parametrize("engine", ["compiled", "aer"])
@pytest.mark.parametrize("copied", [clone, lambda m: pickle.loads(pickle.dumps(m))])
@pytest.mark.parametrize("bandwidth", [1.0, 0.4])
def test_trained_circuits_share_parameters(engine, copied, bandwidth):
    encoding, block = shared_circuits()
    X = np.random.default_rng(0).uniform(-1, 1, (10, 2))
    t = np.sin(X[:, 0])
    feature_map = CircuitFeatureMap(encoding, bandwidth=bandwidth)
    model = VQR(
        feature_map, block, readout=["IZ"], engine=engine, optimizer="l-bfgs", max_iter=3, alpha=0
    )
    model = copied(model).fit(X, t)
    assert model.weights_.shape == (2,)
    scale, intercept = model.output_scale_, model.output_intercept_
    outputs = exact(model, X, model.weights_) * scale + intercept
    predictions = copied(model.fit(X, t)).fit(X, t).predict(X)
    # targets are standardised before training, so compare up to an affine map
    assert np.corrcoef(outputs, predictions)[0, 1] == pytest.approx(1, abs=1e-9)

    gradient = gradients(model, X)
    step = 1e-6
    for k in range(2):
        shift = step * np.eye(2)[k]
        slope = exact(model, X, model.weights_ + shift) - exact(model, X, model.weights_ - shift)
        assert_allclose(gradient[:, k], slope / (2 * step), atol=1e-7)


def gradients(model, X):
    """Derivatives of the expectation values with respect to the weights, from the engine."""
    trained = model._model
    data = model.feature_map_.parameter_values(X)
    vector = np.append(model.weights_, [1.0, 0.0])
    return trained.gradients(data, vector, np.ones((len(X), 1)))[1]


def test_estimators_take_bare_circuits_that_share():
    encoding, block = shared_circuits()
    X = np.random.default_rng(0).uniform(-1, 1, (20, 2))
    y = (X[:, 0] > 0).astype(int)
    model = VQC(encoding, block, random_state=0).fit(X, y)
    assert model.weights_.shape == (2,)
    assert model.circuit_.num_parameters == 4
    assert model.predict_proba(X).std() > 0

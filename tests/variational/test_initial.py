"""Where training starts."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from oracles import unitary
from scipy import stats

from skquantum import VQC
from skquantum.ansatze import IdentityBlocks, RealAmplitudes, ReuploadingAnsatz, resolve_ansatz
from skquantum.engines import resolve_engine
from skquantum.feature_maps import AngleFeatureMap
from skquantum.variational import Model, initial_weights, resolve_readout

each = pytest.mark.parametrize

DATA = np.random.default_rng(0).beta(2, 5, size=(200, 2)) * 3 - 1


def model_of(ansatz, readout="pauli"):
    encoding = AngleFeatureMap().build(2)
    attached = resolve_ansatz(ansatz).attach(encoding)
    resolved = resolve_readout(readout)
    return attached, Model(attached, encoding, resolved, 2, resolve_engine("compiled"))


def start(init, model, seed=0, data=DATA):
    return initial_weights(init, model, data, np.random.RandomState(seed))


DEEP = RealAmplitudes(reps=200)  # 402 angles


@each(
    ("init", "distribution"),
    [
        ("uniform", stats.uniform(-np.pi, 2 * np.pi)),
        ("small", stats.norm(0, 0.1)),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_distributions(init, distribution):
    """False alarms: one in ten thousand."""
    _, model = model_of(DEEP)
    weights = start(init, model)[: model.n_weights]
    assert stats.kstest(weights, distribution.cdf).pvalue > 1e-4


def test_beta_has_the_moments_of_the_data():
    _, model = model_of(DEEP)
    weights = np.concatenate([start("beta", model, seed)[: model.n_weights] for seed in range(30)])
    scaled = (DATA - DATA.min()) / np.ptp(DATA)
    assert weights.min() >= 0
    assert weights.max() <= 2 * np.pi
    mean, spread = scaled.mean() * 2 * np.pi, scaled.std() * 2 * np.pi
    assert abs(weights.mean() - mean) < 5 * spread / np.sqrt(len(weights))
    assert_allclose(weights.std(), spread, rtol=0.05)


@each("data", [np.ones((5, 2)), np.array([[0.0, 1.0]]), np.zeros((1, 2))], ids=str)
def test_beta_of_data_without_a_spread(data):
    _, model = model_of("real_amplitudes")
    weights = start("beta", model, data=data)
    assert np.isfinite(weights).all()


@each("n_blocks", [1, 3])
@each("half", [None, "strongly_entangling", "qcnn", "real_amplitudes"])
def test_identity_blocks_start_as_the_identity(half, n_blocks):
    ansatz = IdentityBlocks(half, n_blocks=n_blocks)
    _, model = model_of(ansatz)
    weights = start("identity", model)[: model.n_weights]
    assert np.abs(weights).max() > 1  # and not because the angles are small
    circuit = ansatz.build(2)
    # the weights are called alike, in the order of the circuit
    assert_allclose(unitary(circuit, weights), np.eye(4), atol=1e-12)


def test_identity_inside_of_reuploading():
    attached, model = model_of(ReuploadingAnsatz(2, ansatz="identity_blocks"))
    weights = start("identity", model)[: model.n_weights]
    binding = dict(zip(attached.weights, weights, strict=True))
    row = dict(zip(AngleFeatureMap().build(2).parameters, DATA[0], strict=True))
    names = {parameter.name: value for parameter, value in (binding | row).items()}
    matrix = unitary(attached.circuit, [names[p.name] for p in attached.circuit.parameters])
    twice = AngleFeatureMap(reps=2).build(2)
    assert_allclose(matrix, unitary(twice, DATA[0]), atol=1e-12)


@each("init", ["uniform", "small", "beta"])
def test_weights_that_multiply_features_start_at_one(init):
    attached, model = model_of(ReuploadingAnsatz(3))
    weights = start(init, model)[: model.n_weights]
    assert attached.is_scaling.sum() == 6
    assert (weights[attached.is_scaling] == 1).all()
    assert (weights[~attached.is_scaling] != 1).all()


def test_arrays_of_both_lengths():
    _, model = model_of("real_amplitudes")
    given = np.arange(model.n_weights) / 7.0
    got = start(given, model)
    assert_array_equal(got[: model.n_weights], given)
    assert len(got) == model.n_parameters == model.n_weights + 4
    everything = np.arange(model.n_parameters) / 7.0
    assert_array_equal(start(everything.tolist(), model), everything)
    got = start(everything, model)
    got[0] = 5
    assert everything[0] == 0  # a copy
    _, model = model_of("real_amplitudes", "parity")
    assert_array_equal(start(given, model), given)


@each("readout", ["pauli", "parity"])
def test_the_outputs_start_alike(readout):
    """One scale for all, and no intercept: no class has an advantage."""
    _, model = model_of("real_amplitudes", readout)
    head = start("small", model)[model.n_weights :]
    assert len(head) == (4 if readout == "pauli" else 0)
    if len(head):
        assert head[0] == head[1] > 0
        assert head[2] == head[3] == 0


def test_seeds():
    _, model = model_of("real_amplitudes")
    for init in ("uniform", "small", "beta"):
        assert_array_equal(start(init, model), start(init, model))
        assert (start(init, model) != start(init, model, 1))[: model.n_weights].all()


@each(
    ("init", "message"),
    [
        ("unifrom", "init='unifrom' is unknown: did you mean 'uniform'"),
        ("identity", "init='identity' needs an ansatz of identity blocks"),
        (np.zeros(3), r"init holds 3 numbers, the circuit has 8 weights \(\d+ with"),
        (np.full(8, np.nan), "finite numbers"),
        ([], "init holds 0 numbers, the circuit has 8 weights"),
    ],
    ids=str,
)
def test_what_does_not_fit(init, message):
    _, model = model_of("real_amplitudes")
    assert model.n_weights == 8
    with pytest.raises(ValueError, match=message):
        start(init, model)
    with pytest.raises(ValueError, match=message.replace("12", "10")):
        VQC("angle", "real_amplitudes", init=init).fit(DATA[:8], np.arange(8) % 2)


@each("init", [["a"] * 8, [[0.0], [1.0, 2.0]], None, 3.0], ids=str)
def test_what_is_no_vector(init):
    """One clear sentence that names the parameter."""
    with pytest.raises((TypeError, ValueError), match="init"):
        VQC("angle", "real_amplitudes", init=init).fit(DATA[:8], np.arange(8) % 2)

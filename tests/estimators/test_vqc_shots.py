"""VQC and VQR on shots and noise."""

import numpy as np
import pytest
from numpy.testing import assert_array_equal
from qiskit_aer.noise import NoiseModel, ReadoutError, depolarizing_error
from sklearn.base import clone

from skquantum import VQC, VQR
from skquantum.ansatze import RealAmplitudes, ReuploadingAnsatz
from skquantum.engines import AerEngine
from skquantum.exceptions import BarrenPlateauWarning

each = pytest.mark.parametrize
pytestmark = [
    pytest.mark.slow,
    pytest.mark.filterwarnings("ignore:Training has not converged"),
]

rng = np.random.default_rng(0)
Y = np.arange(40) % 2
X = rng.normal(scale=0.6, size=(40, 2)) + np.where(Y, 1.0, -1.0)[:, None]
X_NEW = rng.normal(scale=0.6, size=(200, 2)) + np.where(np.arange(200) % 2, 1.0, -1.0)[:, None]


def noise():
    model = NoiseModel()
    model.add_all_qubit_quantum_error(depolarizing_error(0.01, 1), ["ry", "rz"])
    model.add_all_qubit_quantum_error(depolarizing_error(0.05, 2), ["cx"])
    model.add_all_qubit_readout_error(ReadoutError([[0.98, 0.02], [0.03, 0.97]]))
    return model


NOISY = AerEngine(shots=1024, noise_model=noise())


def vqc(**parameters):
    settings = {"optimizer": "spsa", "max_iter": 60, "engine": NOISY, "random_state": 0}
    return VQC("angle", RealAmplitudes(2), **settings | parameters)


@each("readout", ["pauli", "parity"])
def test_two_classes_are_learnt_from_noisy_shots(readout):
    model = vqc(readout=readout).fit(X, Y)
    assert model.score(X, Y) >= 0.85
    assert model.score(X_NEW, np.arange(200) % 2) >= 0.85
    assert model.circuit_.num_qubits == 2
    assert_array_equal(model.predict_proba(X), model.predict_proba(X))  # drawn anew, but alike


@each("optimizer", ["spsa", "adam", "cobyla"])
def test_any_number_of_workers_gives_the_same_bits(optimizer, monkeypatch):
    """Even where the work is really shipped, which is not worth it here."""
    settings = {"optimizer": optimizer, "max_iter": 2, "readout": "parity"}
    one = vqc(**settings).fit(X[:10], Y[:10])
    monkeypatch.setattr("skquantum._runtime._parallel.MIN_SECONDS_TO_SHIP", 0.0)
    two = vqc(**settings, n_jobs=2).fit(X[:10], Y[:10])
    assert_array_equal(two.weights_, one.weights_)
    assert two.loss_curve_ == one.loss_curve_
    assert_array_equal(two.predict_proba(X), one.predict_proba(X))


def test_seeds():
    model = vqc(max_iter=3).fit(X, Y)
    assert vqc(max_iter=3).fit(X, Y).loss_curve_ == model.loss_curve_
    assert vqc(max_iter=3, random_state=1).fit(X, Y).loss_curve_ != model.loss_curve_
    assert clone(model).fit(X, Y).loss_curve_ == model.loss_curve_


def test_gradients_from_shots():
    model = vqc(optimizer="adam", max_iter=8, batch_size=20, engine=AerEngine(shots=500))
    model.set_params(learning_rate_init=0.2).fit(X, Y)
    assert model.best_loss_ < 0.7 * model.loss_curve_[0]
    assert model.score(X, Y) >= 0.85


@pytest.mark.slow
def test_regression():
    target = X @ [0.5, 0.2]
    model = VQR("angle", RealAmplitudes(1), optimizer="spsa", engine=NOISY, random_state=0)
    assert model.set_params(max_iter=100).fit(X, target).score(X, target) > 0.7


def test_no_natural_gradient_without_states():
    """One clear sentence: fidelities need states, which shots and noise do not give."""
    with pytest.raises(ValueError, match=r"states|qnspsa"):
        vqc(optimizer="qnspsa").fit(X, Y)


@pytest.mark.filterwarnings("error::skquantum.exceptions.BarrenPlateauWarning")
def test_plateaus_are_seen_where_there_are_some():
    vqc(max_iter=1).fit(X, Y)
    deep = {"n_qubits": 8, "ansatz": ReuploadingAnsatz(12), "optimizer": "spsa", "max_iter": 1}
    VQC(None, **deep, engine="compiled").fit(X[:4], Y[:4])  # without shots there is no limit
    with pytest.raises(BarrenPlateauWarning, match="10 shots"):
        VQC(None, **deep, engine=AerEngine(shots=10)).fit(X[:4], Y[:4])

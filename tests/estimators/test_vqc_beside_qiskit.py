"""VQC beside qiskit-machine-learning's: the same losses, wherever the optimizer goes."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from qiskit.circuit.library import real_amplitudes, zz_feature_map
from qiskit_machine_learning.algorithms import VQC as QiskitVQC
from qiskit_machine_learning.algorithms import NeuralNetworkClassifier
from qiskit_machine_learning.neural_networks import SamplerQNN
from qiskit_machine_learning.optimizers import COBYLA, L_BFGS_B, NELDER_MEAD, SLSQP
from qiskit_machine_learning.primitives import QMLSampler

from skquantum import VQC

each = pytest.mark.parametrize
pytestmark = [
    pytest.mark.slow,
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
    pytest.mark.filterwarnings("ignore:No gradient function provided"),
]

rng = np.random.default_rng(0)
X = rng.uniform(0, 1, size=(12, 2))
TWO = (X[:, 0] > X[:, 1]).astype(int)
THREE = np.digitize(X.sum(axis=1), [0.8, 1.2])
ENCODING = zz_feature_map(2, reps=1)
OPTIMIZERS = {
    "COBYLA": lambda: COBYLA(maxiter=14),
    "NELDER_MEAD": lambda: NELDER_MEAD(maxfev=14),
    "L_BFGS_B": lambda: L_BFGS_B(maxfun=12, maxiter=12),
    "SLSQP": lambda: SLSQP(maxiter=6),
}


def parity(number):
    return bin(number).count("1") % 2


def theirs(ansatz, y, optimizer, loss, init, interpret):
    """Loss curve and fitted model of the other library."""
    curve = []
    n_classes = len(set(y))
    model = QiskitVQC(
        feature_map=ENCODING,
        ansatz=ansatz,
        loss=loss,
        optimizer=optimizer,
        initial_point=init,
        callback=lambda weights, loss: curve.append(loss),
        sampler=QMLSampler(),  # exact
        interpret=interpret,
        output_shape=n_classes,
    )
    return model.fit(X, np.eye(n_classes)[y]), np.array(curve)


def ours(ansatz, y, optimizer, loss, init, readout):
    model = VQC(
        ENCODING, ansatz, readout=readout, loss=loss, optimizer=optimizer, init=init, alpha=0.0
    )
    return model.fit(X, y)


@each("optimizer", OPTIMIZERS)
@each("reps", [1, pytest.param(2, marks=pytest.mark.slow)])
def test_same_curve_with_parity(reps, optimizer):
    """Of an ansatz whose weights all count: where one does not, rounding leads COBYLA astray."""
    ansatz = real_amplitudes(2, reps=reps)
    init = np.random.default_rng(1).uniform(-np.pi, np.pi, ansatz.num_parameters)
    make = OPTIMIZERS[optimizer]
    other, want = theirs(ansatz, TWO, make(), "squared_error", init, parity)
    model = ours(ansatz, TWO, make(), "squared_error", init, "parity")
    assert len(want) >= 6
    assert len(model.loss_curve_) == len(want)
    assert_allclose(model.loss_curve_, want, rtol=0, atol=1e-6)
    assert want.min() < want[0] - 0.01
    if model.loss_curve_[-1] == model.best_loss_:  # theirs keeps the last weights
        assert_allclose(model.predict_proba(X), other.predict_proba(X), atol=1e-4)


@each("loss", ["cross_entropy", "absolute_error"])
def test_same_curve_with_other_losses(loss):
    """Without gradients: theirs of the cross-entropy are those of a softmax that is not there."""
    ansatz = real_amplitudes(2, reps=1)
    init = np.random.default_rng(1).uniform(-np.pi, np.pi, ansatz.num_parameters)
    # few steps: what COBYLA compares may differ by rounding only, and then it goes another way
    _, want = theirs(ansatz, TWO, COBYLA(maxiter=8), loss, init, parity)
    name = {"cross_entropy": "log_loss"}.get(loss, loss)
    model = ours(ansatz, TWO, COBYLA(maxiter=8), name, init, "parity")
    unit = np.log(2) if loss == "cross_entropy" else 1.0  # theirs is in bits
    assert_allclose(np.array(model.loss_curve_) / unit, want, rtol=0, atol=1e-6)


def test_their_default_for_three_classes_is_modulo():
    """It is called parity there, and takes the remainder of the bitstring as a number."""
    ansatz = real_amplitudes(2, reps=2)
    init = np.random.default_rng(1).uniform(-np.pi, np.pi, ansatz.num_parameters)
    other, want = theirs(ansatz, THREE, COBYLA(maxiter=14), "squared_error", init, None)
    model = ours(ansatz, THREE, COBYLA(maxiter=14), "squared_error", init, "modulo")
    assert_allclose(model.loss_curve_, want, rtol=0, atol=1e-6)
    assert other.predict(X).shape == (12, 3)


def test_networks_that_are_not_a_vqc():
    """NeuralNetworkClassifier around the same circuit."""
    ansatz = real_amplitudes(2, reps=1)
    init = np.random.default_rng(1).uniform(-np.pi, np.pi, ansatz.num_parameters)
    network = SamplerQNN(
        circuit=ENCODING.compose(ansatz),
        input_params=list(ENCODING.parameters),
        weight_params=list(ansatz.parameters),
        interpret=parity,
        output_shape=2,
    )
    curve = []
    other = NeuralNetworkClassifier(
        network,
        loss="squared_error",
        one_hot=True,
        optimizer=COBYLA(maxiter=14),
        initial_point=init,
        callback=lambda weights, loss: curve.append(loss),
    ).fit(X, TWO)
    model = ours(ansatz, TWO, COBYLA(maxiter=14), "squared_error", init, "parity")
    assert_allclose(model.loss_curve_, curve, rtol=0, atol=1e-6)
    winners = other.predict(X)
    if model.loss_curve_[-1] == model.best_loss_:
        assert_array_equal(model.predict(X), np.asarray(winners).astype(int))

"""The same circuit and seed lead to the same weights as before training was written anew.

The numbers, four weights and the last loss of each model, were computed before trainable feature
maps, heads and the one-table engine, with the settings that were the defaults then.
"""

import numpy as np
import pytest
from numpy.testing import assert_allclose

from skquantum import VQC, VQR
from skquantum.ansatze import ReuploadingAnsatz
from skquantum.feature_maps import ReuploadingFeatureMap

RNG = np.random.default_rng(7)
X = RNG.normal(size=(60, 3))
THREE = np.digitize(X[:, 0] + X[:, 1] * X[:, 2], [-0.5, 0.5])
TWO = (X[:, 0] * X[:, 1] > 0) * 1
NUMBERS = np.sin(X[:, 0]) + X[:, 1] ** 2

SETTINGS = {"readout": "pauli", "optimizer": "adam", "learning_rate_init": 0.05, "max_iter": 20}
SETTINGS |= {"tol": 1e-3, "n_iter_no_change": 10, "alpha": 1e-4, "init": "small", "random_state": 3}


def reuploading(n_qubits=3):
    return ReuploadingFeatureMap(n_qubits=n_qubits, reps=1, entanglement="circular")


def vqc(feature_map, ansatz, **settings):
    return VQC(feature_map, ansatz, **(SETTINGS | settings))


def vqr():
    return VQR(reuploading(), ReuploadingAnsatz(), **SETTINGS)


SPSA = {"optimizer": "spsa", "learning_rate_init": 0.2, "max_iter": 30}
SGD = {"optimizer": "sgd", "learning_rate_init": 0.1, "max_iter": 10, "init": "identity"}
MODELS = {
    "vqc reuploading": (vqc(reuploading(), ReuploadingAnsatz()), THREE),
    "vqc two classes": (vqc(reuploading(4), "strongly_entangling"), TWO),
    "vqc early": (
        vqc(reuploading(), ReuploadingAnsatz(), early_stopping=True, n_restarts=1),
        THREE,
    ),
    "vqc sgd identity": (vqc("angle", "identity_blocks", **SGD), THREE),
    "vqc spsa": (vqc("angle", "real_amplitudes", **SPSA), TWO),
    "vqr": (vqr(), NUMBERS),
    "vqr two targets": (vqr(), np.c_[NUMBERS, X[:, 0]]),
}
BEFORE = {
    "vqc reuploading": [
        0.8967418167142,
        1.528837186825,
        1.219028518123,
        0.4841828596177,
        0.6709855239554,
    ],
    "vqc two classes": [
        0.1331428622116,
        -0.1599402955449,
        -0.00542401827825,
        -0.1314907750934,
        0.3254070901165,
    ],
    "vqc early": [
        0.9270127866342,
        1.505267592514,
        0.9278529064281,
        0.656935278522,
        0.5507596167824,
    ],
    "vqc sgd identity": [
        1.152454856571,
        1.460298308219,
        -1.198477862409,
        -0.01741880566049,
        0.7222781455194,
    ],
    "vqc spsa": [
        0.5615498667364,
        -0.02184482826805,
        -0.4906165410798,
        -1.029340318109,
        0.5780203859143,
    ],
    "vqr": [0.7109340056554, 1.102474989804, 2.182757991055, -0.5439133196362, 0.2056239646344],
    "vqr two targets": [
        0.6984020950445,
        1.070888561494,
        0.06215680915893,
        -0.5775442737612,
        0.2424642532146,
    ],
}


@pytest.mark.parametrize("name", MODELS)
@pytest.mark.filterwarnings("ignore:Training has not converged")
def test_weights_are_those_of_before(name):
    model, y = MODELS[name]
    model.fit(X, y)
    assert_allclose([*model.weights_[:4], model.loss_], BEFORE[name], rtol=0, atol=1e-10)

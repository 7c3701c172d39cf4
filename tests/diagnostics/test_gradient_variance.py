"""Variance of gradients against closed forms."""

import numpy as np
import pytest
from numpy.testing import assert_allclose
from qiskit import QuantumCircuit
from qiskit.circuit import Parameter
from sklearn.base import clone

from skquantum import QSVC, VQC, VQR
from skquantum.diagnostics import gradient_variance
from skquantum.engines import AerEngine
from skquantum.exceptions import BarrenPlateauWarning
from skquantum.feature_maps import AngleFeatureMap

X = np.random.default_rng(0).normal(size=(12, 2))


def product_ansatz(n_qubits):
    circuit = QuantumCircuit(n_qubits)
    for qubit in range(n_qubits):
        circuit.ry(Parameter(f"w{qubit:02d}"), qubit)
    return circuit


def constant_map(n_qubits):
    """A feature map whose data does not reach the measurement."""
    circuit = QuantumCircuit(n_qubits)
    for qubit in range(n_qubits):
        circuit.rz(Parameter(f"x{qubit:02d}"), qubit)
    return circuit


@pytest.mark.parametrize("n_qubits", [1, 3, 6])
def test_product_state_has_a_closed_form(n_qubits):
    # <Z...Z> is the product of cos(w), so a derivative has variance 2 ** -n
    model = VQC(constant_map(n_qubits), product_ansatz(n_qubits), readout="Z" * n_qubits)
    rows = np.zeros((3, n_qubits))
    found = gradient_variance(model, rows, 20000, random_state=0)
    assert_allclose(found, 2.0**-n_qubits, rtol=0.1)


def test_reproducible_and_leaves_the_estimator_alone():
    model = VQC(n_qubits=2)
    before = repr(model)
    first = gradient_variance(model, X, 20, random_state=1)
    assert_allclose(gradient_variance(model, X, 20, random_state=1), first, rtol=0, atol=0)
    assert repr(model) == before
    assert not hasattr(model, "feature_map_")
    assert first.shape == (len(model.fit(X, np.arange(12) % 2).weights_),)
    assert_allclose(gradient_variance(model, X, 20, random_state=1), first, rtol=0, atol=1e-12)


@pytest.mark.parametrize("readout", ["parity", ["ZI", "IX"]])
def test_other_readouts_engines_and_regression(readout):
    model = VQC(AngleFeatureMap(), "real_amplitudes", readout=readout)
    exact = gradient_variance(model, X, 10, random_state=0)
    shots = clone(model).set_params(engine=AerEngine(shots=10))
    assert_allclose(gradient_variance(shots, X, 10, random_state=0), exact, rtol=0, atol=1e-12)
    if readout != "parity":
        model = VQR(AngleFeatureMap(), "real_amplitudes", readout=readout)
        assert_allclose(gradient_variance(model, X, 10, random_state=0), exact, rtol=0, atol=0)


def test_refusals():
    with pytest.raises(TypeError, match="QSVC has no circuit to train"):
        gradient_variance(QSVC(), X)
    with pytest.raises(ValueError, match="n_samples=1, but a variance needs 2"):
        gradient_variance(VQC(), X, 1)
    with pytest.raises(ValueError, match="NaN"):
        gradient_variance(VQC(), X * np.nan)


def test_fit_warns_of_a_plateau_that_the_shots_cannot_resolve():
    n_qubits = 8
    model = VQC(
        constant_map(n_qubits),
        product_ansatz(n_qubits),
        readout="Z" * n_qubits,
        engine=AerEngine(shots=16),
        optimizer="spsa",
        max_iter=1,
        random_state=0,
    )
    rows = np.zeros((4, n_qubits))
    with pytest.warns(BarrenPlateauWarning, match="16 shots"):
        model.fit(rows, [0, 1, 0, 1])


def test_fit_does_not_warn_where_shots_suffice(recwarn):
    VQC(
        constant_map(1),
        product_ansatz(1),
        engine=AerEngine(shots=1000),
        optimizer="spsa",
        max_iter=1,
        random_state=0,
    ).fit(np.zeros((4, 1)), [0, 1, 0, 1])
    assert not [w for w in recwarn if w.category is BarrenPlateauWarning]

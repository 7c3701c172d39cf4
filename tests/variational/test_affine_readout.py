"""Trained layers behind the circuit, parts of the qubits, and functions of bitstrings."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from oracles import states
from qiskit.quantum_info import SparsePauliOp, Statevector
from scipy.special import softmax

from skquantum import VQC, VQR
from skquantum.variational import (
    AffineReadout,
    InterpretedReadout,
    ModuloReadout,
    ParityReadout,
    PauliReadout,
    Readout,
    resolve_readout,
)

pytestmark = pytest.mark.filterwarnings("ignore:Training has not converged")
each = pytest.mark.parametrize

RNG = np.random.default_rng(2)
X = RNG.normal(size=(12, 2))
Y = np.arange(12) % 3
FEW = {"feature_map": "angle", "ansatz": "real_amplitudes", "max_iter": 3, "random_state": 0}


def test_affine_logits_are_those_of_the_definition():
    model = VQC(optimizer="adam", **FEW).fit(X, Y)
    assert model.output_coef_.shape == (3, 6)
    assert model.output_scale_ is None
    circuit = model.circuit_
    number = {p: k for k, p in enumerate(circuit.parameters)}
    values = np.empty((12, len(number)))
    for parameter, k in number.items():
        is_weight = parameter.name.startswith("w[")
        source = model.weights_ if is_weight else X.T
        values[:, k] = source[parameter.index]
    rows = [Statevector(row) for row in states(circuit, values)]
    strings = map(SparsePauliOp, ("IX", "IY", "IZ", "XI", "YI", "ZI"))
    measured = [[row.expectation_value(string).real for row in rows] for string in strings]
    logits = np.transpose(measured) @ model.output_coef_.T + model.output_intercept_
    assert_allclose(model.decision_function(X), logits, rtol=0, atol=1e-12)
    assert_allclose(model.predict_proba(X), softmax(logits, axis=1), rtol=0, atol=1e-12)


@each(
    ("readout", "labels"),
    [
        (AffineReadout(), ["IX", "IY", "IZ", "XI", "YI", "ZI"]),
        (AffineReadout("zx"), ["IZ", "IX", "ZI", "XI"]),
        (AffineReadout("Z", qubits=[1]), ["ZI"]),
        (AffineReadout(["ZZ", SparsePauliOp("XX")]), ["ZZ", "XX"]),
        (PauliReadout(qubits=[1]), ["ZI", "XI", "YI"]),
    ],
    ids=str,
)
def test_what_is_measured(readout, labels):
    n_outputs = 3 if isinstance(readout, PauliReadout) else 1
    found = [op.paulis.to_labels()[0] for op in readout.build(2, n_outputs)]
    assert found == labels
    diagonal = sum(set(label) <= set("IZ") for label in labels)
    assert diagonal / 2 <= readout.n_diagonals(2, n_outputs) <= max(diagonal, n_outputs)


@each(
    ("readout", "message"),
    [
        (AffineReadout("XQ"), "are not some of the letters X, Y, Z"),
        (AffineReadout("XX"), "each once"),
        (AffineReadout([]), "is empty"),
        (AffineReadout(["ZZZ"]), "acts on 3 qubits, the circuit has 2"),
        (AffineReadout(qubits=[2]), r"qubits=\[2\] of AffineReadout are not distinct"),
        (AffineReadout(qubits=[0, 0]), "each once"),
        (AffineReadout(qubits=[]), "name qubits"),
        (ParityReadout(qubits=[5]), "between 0 and 1"),
        (InterpretedReadout(lambda bits: 7), "returns 7 for the bitstring 0"),
        (InterpretedReadout(lambda bits: 0), "never returns class number 2 of 2"),
        (InterpretedReadout(lambda bits: "a"), "returns 'a'"),
    ],
    ids=lambda value: "",
)
def test_refusals(readout, message):
    with pytest.raises(ValueError, match=message):
        readout.build(2, 2)


@each("readout", [ParityReadout, ModuloReadout])
def test_bitstrings_of_some_qubits(readout):
    (zero, one) = readout(qubits=[2, 0]).build(3, 2)
    for bits in range(8):
        seen = (bits >> 2 & 1) + 2 * (bits & 1)
        number = (seen.bit_count() if readout is ParityReadout else seen) % 2
        assert (zero[bits], one[bits]) == (1 - number, number)


def test_a_function_of_bitstrings():
    def at_least_two(bits):
        return bits.bit_count() >= 2

    assert isinstance(resolve_readout(at_least_two), InterpretedReadout)
    model = VQC(n_qubits=3, readout=at_least_two, max_iter=2, random_state=0).fit(X, X[:, 0] > 0)
    _, one = model._model.observables
    assert_array_equal(one, [0, 0, 0, 1, 0, 1, 1, 1])
    assert_allclose(model.predict_proba(X).sum(axis=1), 1, rtol=1e-12)


def test_one_observable_per_class_for_two_classes():
    y = X[:, 0] > 0
    model = VQC(readout=["ZI", "IX"], **FEW).fit(X, y)
    assert model.output_scale_.shape == (2,)
    logits = model._outputs(X)
    assert_allclose(model.decision_function(X), logits[:, 1] - logits[:, 0], rtol=1e-12)
    assert_array_equal(model.predict(X), model.decision_function(X) > 0)
    assert_allclose(model.predict_proba(X), softmax(logits, axis=1), rtol=1e-12)


def test_more_classes_than_pauli_strings():
    y = np.arange(12) % 6
    model = VQC("angle", "real_amplitudes", max_iter=2, random_state=0).fit(X[:, :1], y)
    assert model.circuit_.num_qubits == 1
    assert model.output_coef_.shape == (6, 3)
    assert model.predict_proba(X[:, :1]).shape == (12, 6)


def test_regression_of_two_targets():
    model = VQR(max_iter=2, random_state=0).fit(X, X)
    assert model.output_coef_.shape == (2, 18)
    assert model.predict(X).shape == (12, 2)


def test_a_readout_whose_numbers_do_not_match_is_refused():
    class Three(Readout):
        def build(self, n_qubits, n_outputs):
            return [SparsePauliOp("Z" * n_qubits)] * 3

    with pytest.raises(ValueError, match="Three has 3 observables for 1 outputs"):
        VQC(readout=Three(), **FEW).fit(X, Y > 0)

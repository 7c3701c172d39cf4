"""What is measured, against its definition and against qiskit-machine-learning."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from oracles import pauli_matrix, states
from qiskit.circuit.library import real_amplitudes, zz_feature_map
from qiskit.quantum_info import SparsePauliOp
from qiskit_machine_learning.neural_networks import SamplerQNN
from sklearn.base import clone

from skquantum import VQC
from skquantum.engines import CompiledEngine
from skquantum.variational import READOUTS, resolve_readout

each = pytest.mark.parametrize

rng = np.random.default_rng(0)
X = rng.uniform(0, np.pi, size=(6, 3))
MEANING = {
    "parity": lambda number, n_classes: bin(number).count("1") % n_classes,
    "modulo": lambda number, n_classes: number % n_classes,
}


def by_definition(readout, probabilities, n_classes):
    """Probabilities of classes from those of bitstrings."""
    result = np.zeros((len(probabilities), n_classes))
    for number in range(probabilities.shape[1]):
        result[:, MEANING[readout](number, n_classes)] += probabilities[:, number]
    return result


def test_every_name_is_tested():
    assert set(READOUTS) == {*MEANING, "pauli", "affine"}


@each("readout", MEANING)
@each(("n_qubits", "n_classes"), [(1, 2), (2, 2), (2, 3), (3, 2), (3, 3), (3, 4)])
def test_classes_of_bitstrings(readout, n_qubits, n_classes):
    resolved = resolve_readout(readout)
    assert resolved.is_probability
    observables = resolved.build(n_qubits, n_classes)
    want = by_definition(readout, np.eye(2**n_qubits), n_classes)
    assert_array_equal(np.transpose(observables), want)
    assert_array_equal(np.sum(observables, axis=0), 1)


@each("readout", MEANING)
@each("n_classes", [2, 3])
def test_same_probabilities_as_qiskit_machine_learning(readout, n_classes):
    encoding, ansatz = zz_feature_map(3, reps=1), real_amplitudes(3, reps=1)
    weights = np.random.default_rng(1).uniform(-np.pi, np.pi, ansatz.num_parameters)
    circuit = encoding.compose(ansatz)
    theirs = SamplerQNN(
        circuit=circuit,
        input_params=list(encoding.parameters),
        weight_params=list(ansatz.parameters),
        interpret=lambda number: MEANING[readout](number, n_classes),
        output_shape=n_classes,
    ).forward(X, weights)
    session = CompiledEngine().open(circuit)
    column = {p: k for k, p in enumerate(circuit.parameters)}
    values = np.empty((len(X), len(column)))
    values[:, [column[p] for p in encoding.parameters]] = X
    values[:, [column[p] for p in ansatz.parameters]] = weights
    ours = session.expectations(values, resolve_readout(readout).build(3, n_classes))
    assert_allclose(ours, theirs, rtol=0, atol=1e-10)  # theirs are rounded
    exact = by_definition(readout, np.abs(states(circuit, values)) ** 2, n_classes)
    assert_allclose(ours, exact, rtol=0, atol=1e-12)
    assert_allclose(ours.sum(axis=1), 1, rtol=1e-12)


@each("n_qubits", [1, 2, 3])
def test_pauli_strings_are_distinct_and_begin_with_those_of_single_qubits(n_qubits):
    n_strings = 4**n_qubits - 1
    resolved = resolve_readout("pauli")
    labels = [observable.paulis.to_labels() for observable in resolved.build(n_qubits, n_strings)]
    assert not resolved.is_probability
    assert all(len(label) == 1 for label in labels)
    labels = [label for (label,) in labels]
    assert len(set(labels)) == n_strings
    assert "I" * n_qubits not in labels
    for qubit in range(n_qubits):
        assert labels[qubit] == "I" * (n_qubits - 1 - qubit) + "Z" + "I" * qubit
    diagonal = labels[: 2**n_qubits - 1]
    assert set("".join(diagonal)) <= set("IZ")
    with pytest.raises(ValueError, match=f"needs {n_strings + 1} Pauli strings, {n_qubits} qubits"):
        resolved.build(n_qubits, n_strings + 1)


@each(
    "readout",
    [
        SparsePauliOp("XY"),
        "XY",
        [SparsePauliOp("XY")],
        ["XY"],
        (SparsePauliOp(["XX", "XY"], [0.0, 1.0]),),
    ],
    ids=repr,
)
def test_one_observable_in_every_form(readout):
    (observable,) = resolve_readout(readout).build(2, 1)
    matrix = observable.to_matrix()
    assert_allclose(matrix, pauli_matrix("XY"), atol=1e-15)


FEW = rng.normal(size=(12, 2))
LABELS = np.arange(12) % 3


def classifier(**parameters):
    return VQC("angle", "real_amplitudes", max_iter=3, random_state=0, **parameters)


@each("readout", [*READOUTS, [SparsePauliOp(p) for p in ("XY", "ZI", "YY")]], ids=str)
@each("loss", ["log_loss", "squared_error", "absolute_error"])
@pytest.mark.filterwarnings("ignore:Training has not converged")
def test_probabilities_of_a_classifier_sum_to_one(readout, loss):
    proba = classifier(readout=readout, loss=loss).fit(FEW, LABELS).predict_proba(FEW)
    assert proba.shape == (12, 3)
    assert proba.min() >= 0
    assert_allclose(proba.sum(axis=1), 1, rtol=1e-12)


@pytest.mark.filterwarnings("ignore:Training has not converged")
def test_probabilities_of_a_classifier_against_the_state():
    model = classifier(readout="modulo").fit(FEW, LABELS)
    circuit = model.circuit_
    w = {f"w[{k}]": value for k, value in enumerate(model.weights_)}
    x = [{f"x[{k}]": value for k, value in enumerate(row)} for row in FEW]
    values = [[(w | row)[parameter.name] for parameter in circuit.parameters] for row in x]
    want = by_definition("modulo", np.abs(states(circuit, values)) ** 2, 3)
    assert_allclose(model.predict_proba(FEW), want, rtol=0, atol=1e-12)
    assert_array_equal(model.predict(FEW), want.argmax(axis=1))


@pytest.mark.filterwarnings("ignore:Training has not converged")
@pytest.mark.filterwarnings("error:.*encountered in:RuntimeWarning")
@each("optimizer", ["adam", "l-bfgs", "cobyla"])
def test_probabilities_of_exactly_zero_give_no_nan(optimizer):
    """All rows in |00>, whose parity is always 0."""
    model = classifier(readout="parity", optimizer=optimizer, init=np.zeros(8), alpha=0.0)
    model.set_params(ansatz__reps=3).fit(np.zeros((4, 2)), [0, 1, 0, 1])
    assert np.isfinite(model.loss_curve_).all()
    assert np.isfinite(model.weights_).all()
    still = clone(model).set_params(max_iter=1, callback=lambda *_: True, learning_rate_init=1e-300)
    still.fit(np.zeros((4, 2)), [0, 1, 0, 1])
    if optimizer == "adam":  # has not moved
        assert_allclose(still.predict_proba(np.zeros((1, 2))), [[1, 0]], atol=1e-15)
        assert_allclose(still.loss_curve_, [-np.log(1e-10) / 2], rtol=1e-3)
    assert np.isfinite(still.predict_proba(np.zeros((1, 2)))).all()


@each(
    ("arguments", "message"),
    [
        (("paritty", 2, 2), "'paritty' is unknown: did you mean 'parity'"),
        (("paulis", 2, 2), "'paulis' is unknown: did you mean 'pauli'"),
        (("modulo", 2, 5), "at most 4 classes apart on 2 qubits, y has 5"),
        (("parity", 2, 4), "never returns class number 4 of 4 on 2 qubits"),
        (("XYZ", 2, 1), "acts on 3 qubits, the circuit has 2"),
        ((["XY", "XX"], 2, 1), "holds 2 observables, the model has 1 outputs"),
        (([], 2, 1), "holds 0 observables, the model has 1 outputs"),
        ((["XY", "XXX"], 2, 2), "acts on 3 qubits, the circuit has 2"),
    ],
    ids=str,
)
def test_readouts_that_do_not_fit(arguments, message):
    readout, n_qubits, n_outputs = arguments
    with pytest.raises(ValueError, match=message):
        resolve_readout(readout).build(n_qubits, n_outputs)


def test_observables_that_are_not_hermitian():
    readout = SparsePauliOp(["XY"], [1j])
    with pytest.raises(ValueError, match="Hermitian"):
        classifier(readout=readout).fit(FEW, LABELS % 2)


@each("readout", [5, None, [3.0], [None]], ids=str)
def test_readouts_that_mean_nothing(readout):
    """One clear sentence that names the parameter."""
    with pytest.raises((TypeError, ValueError), match="readout"):
        classifier(readout=readout).fit(FEW, LABELS % 2)

"""Loss and gradient of the training rows, for every ansatz, readout and loss.

The loss is written out in NumPy, from the state that the oracles simulate. Its gradient is
found in three ways: adjoint (compiled), parameter shift (Aer), and differences.
"""

from functools import partial

import numpy as np
import pytest
from numpy.testing import assert_allclose
from oracles import pauli_matrix, states
from qiskit import QuantumCircuit
from qiskit.circuit import Parameter
from qiskit.quantum_info import SparsePauliOp

from skquantum.ansatze import ANSATZE, ReuploadingAnsatz, TwoLocal, resolve_ansatz
from skquantum.engines import AerEngine, resolve_engine
from skquantum.feature_maps import ZZFeatureMap
from skquantum.variational import (
    CLASSIFICATION_LOSSES,
    IDENTITY,
    REGRESSION_LOSSES,
    SOFTMAX,
    Model,
    SupervisedObjective,
    resolve_readout,
)

each = pytest.mark.parametrize

# Three qubits where the ansatz does not make that slow.
X = np.random.default_rng(0).uniform(-1, 1, size=(3, 3))
CLASSES = np.array([0, 2, 1])
PAULIS = {
    2: [(("XY", 0.7), ("ZI", -0.4)), (("YI", 1.0),), (("XX", 0.5), ("YY", 0.5), ("II", 0.2))],
    3: [(("XYZ", 0.7), ("ZII", -0.4)), (("YIX", 1.0),), (("XXI", 0.5), ("IYY", 0.5))],
}
PAULI_READOUT = {  # what "pauli" means for three outputs
    2: [(("IZ", 1.0),), (("ZI", 1.0),), (("ZZ", 1.0),)],
    3: [(("IIZ", 1.0),), (("IZI", 1.0),), (("ZII", 1.0),)],
}
MEANING = {"parity": lambda k: bin(k).count("1") % 3, "modulo": lambda k: k % 3}


def own_circuit(n_qubits):
    """Circuit with a shared parameter, and generators of more than two eigenvalues."""
    a, b, c = (Parameter(name) for name in "abc")
    circuit = QuantumCircuit(n_qubits)
    circuit.ry(a, 0)
    circuit.crx(a + b, 0, 1)
    circuit.cu(b, 0.3 * c, c, a * b, 1, 0)
    circuit.u(c, a, b**2, 1)
    circuit.rxx(2 * b, 0, n_qubits - 1)
    return circuit


ALL = {
    **{name: resolve_ansatz(name) for name in ANSATZE},
    "reuploading, 2 layers": ReuploadingAnsatz(2, ansatz="real_amplitudes"),
    "two_local, crz": TwoLocal("u", "crz", reps=1),
    "own": own_circuit,
}
SLOW = {"qcnn", "efficient_su2"}


def setting(name, readout, n_outputs=3):
    """Model of an ansatz, the matrices of its outputs, and a vector to look at."""
    n_qubits = 2 if name in SLOW else 3
    encoding = ZZFeatureMap(reps=1).build(n_qubits)
    ansatz = own_circuit(n_qubits) if ALL[name] is own_circuit else ALL[name]
    attached = resolve_ansatz(ansatz).attach(encoding)
    if readout in MEANING:
        meaning = np.array([MEANING[readout](k) for k in range(2**n_qubits)])
        matrices = [np.diag(meaning == k).astype(float) for k in range(3)]
        given = readout
    else:
        terms = (PAULI_READOUT if readout == "pauli" else PAULIS)[n_qubits][:n_outputs]
        matrices = [sum(c * pauli_matrix(label) for label, c in sums) for sums in terms]
        given = "pauli" if readout == "pauli" else [SparsePauliOp.from_list(sums) for sums in terms]
    resolved = resolve_readout(given)
    model = Model(attached, encoding, resolved, n_outputs, resolve_engine("compiled"))
    vector = np.random.default_rng(1).uniform(-2, 2, model.n_parameters)
    return attached, encoding, model, matrices, vector, X[:, :n_qubits]


def outputs_by_definition(attached, encoding, matrices, vector, rows):
    """Expectation values of the state, scaled and moved unless they are probabilities."""
    weights = dict(zip(attached.weights, vector, strict=False))
    values = []
    for row in rows:
        binding = weights | dict(zip(encoding.parameters, row, strict=True))
        values.append([binding[parameter] for parameter in attached.circuit.parameters])
    psi = states(attached.circuit, values)
    found = np.array([[(s.conj() @ m @ s).real for m in matrices] for s in psi])
    head = vector[len(attached.weights) :]
    if not len(head):
        return found
    scale, intercept = head[: len(matrices)], head[len(matrices) :]
    return found * scale + intercept


def classification_by_definition(loss, outputs, is_probability):
    losses = []
    for row, label in zip(outputs, CLASSES, strict=True):
        target = np.eye(3)[label]
        margins = 1 - (2 * target - 1) * row
        p = row if is_probability else np.exp(row) / np.exp(row).sum()
        if loss == "hinge":
            losses.append(sum(margins[margins > 0]))
        elif loss == "log_loss":
            losses.append(-np.log(p[label]))
        else:
            losses.append(sum(abs(p - target) ** (2 if loss == "squared_error" else 1)))
    return np.array(losses)


def objective_for(model, targets, loss, rows, **options):
    options = {"sample_weight": None, "alpha": 0.0, "n_jobs": None} | options
    random_state = np.random.RandomState(0)
    return SupervisedObjective(model, rows, targets, loss, random_state=random_state, **options)


def differences(function, vector, step=1e-5):
    directions = step * np.eye(len(vector))
    return np.array([function(vector + d) - function(vector - d) for d in directions]) / (2 * step)


def assert_right_gradients(objectives, vector):
    compiled, aer = objectives
    loss, adjoint = compiled.value_and_gradient(vector)
    assert_allclose(loss, compiled.value(vector), rtol=1e-13)
    assert_allclose(adjoint, differences(compiled.value, vector), rtol=0, atol=1e-7)
    by_shifts = aer.value_and_gradient(vector)
    assert_allclose(by_shifts[0], loss, rtol=1e-12)
    assert_allclose(by_shifts[1], adjoint, rtol=0, atol=1e-10)
    return loss, adjoint


@each("readout", ["pauli", "parity", "modulo", "observables"])
@each("name", ALL)
def test_classification(name, readout):
    attached, encoding, model, matrices, vector, rows = setting(name, readout)
    engines = model, model.on(AerEngine())
    outputs = outputs_by_definition(attached, encoding, matrices, vector, rows)
    is_probability = readout in MEANING
    for loss in CLASSIFICATION_LOSSES:
        if loss == "hinge" and is_probability:
            continue

        function = partial(
            CLASSIFICATION_LOSSES[loss](),
            link=IDENTITY if is_probability or loss == "hinge" else SOFTMAX,
        )

        objectives = [objective_for(m, np.eye(3)[CLASSES], function, rows) for m in engines]
        got, _ = assert_right_gradients(objectives, vector)
        want = classification_by_definition(loss, outputs, is_probability).mean()
        assert_allclose(got, want, rtol=1e-11)


@each("n_targets", [1, 3])
@each("readout", ["pauli", "observables"])
@each("name", ["real_amplitudes", "reuploading, 2 layers", "own"])
def test_regression(name, readout, n_targets):
    attached, encoding, model, matrices, vector, rows = setting(name, readout, n_targets)
    engines = model, model.on(AerEngine())
    targets = np.random.default_rng(2).normal(size=(3, n_targets))
    outputs = outputs_by_definition(attached, encoding, matrices, vector, rows)
    for loss in REGRESSION_LOSSES:
        function = partial(REGRESSION_LOSSES[loss](), link=IDENTITY)

        got, _ = assert_right_gradients(
            [objective_for(m, targets, function, rows) for m in engines], vector
        )
        power = {"squared_error": 2, "absolute_error": 1}[loss]
        assert_allclose(got, np.mean(abs(outputs - targets) ** power), rtol=1e-11)


log_loss = partial(CLASSIFICATION_LOSSES["log_loss"](), link=SOFTMAX)


@each("name", ["real_amplitudes", "reuploading"])
@each("alpha", [0.0, 0.3])
@each("weight", [None, np.array([0.5, 0.0, 2.0])], ids=["equal", "weighted"])
def test_weights_of_rows_and_decay(name, alpha, weight):
    """As MLPClassifier: alpha / 2 times the squared length, over the number of rows."""
    attached, encoding, model, matrices, vector, rows = setting(name, "pauli")
    options = {"alpha": alpha, "sample_weight": weight}
    engines = model, model.on(AerEngine())
    objectives = [objective_for(m, np.eye(3)[CLASSES], log_loss, rows, **options) for m in engines]
    got, _ = assert_right_gradients(objectives, vector)
    outputs = outputs_by_definition(attached, encoding, matrices, vector, rows)
    losses = classification_by_definition("log_loss", outputs, False)
    total = 3 if weight is None else weight.sum()
    decayed = [
        value
        for value, scaling in zip(vector[: model.n_weights], attached.is_scaling, strict=True)
        if not scaling
    ]
    assert len(decayed) < len(vector)
    want = np.average(losses, weights=weight) + alpha / 2 * np.square(decayed).sum() / total
    assert_allclose(got, want, rtol=1e-11)


@each("name", ["efficient_su2", "reuploading"])
def test_some_of_the_rows(name):
    *_, model, _, vector, rows = setting(name, "pauli")
    weight, targets = np.array([0.5, 1.5, 2.0]), np.eye(3)[CLASSES]
    options = {"alpha": 0.1, "sample_weight": weight}
    objective = objective_for(model, targets, log_loss, rows, **options)
    chosen = np.array([2, 0])
    options["sample_weight"] = weight[chosen]
    alone = objective_for(model, targets[chosen], log_loss, rows[chosen], **options)
    assert_allclose(objective.value(vector, chosen), alone.value(vector), rtol=1e-14)
    for got, want in zip(
        objective.value_and_gradient(vector, chosen), alone.value_and_gradient(vector), strict=True
    ):
        assert_allclose(got, want, rtol=1e-12, atol=1e-15)


def test_rows_of_no_weight_at_all():
    *_, model, _, vector, rows = setting("real_amplitudes", "pauli")
    weight = np.array([0.0, 0.0, 1.0])
    options = {"alpha": 0.1, "sample_weight": weight}
    objective = objective_for(model, np.eye(3)[CLASSES], log_loss, rows, **options)
    loss, gradient = objective.value_and_gradient(vector, np.array([0, 1]))
    assert loss == 0
    assert not gradient.any()


def test_fidelity():
    attached, encoding, model, _, vector, rows = setting("real_amplitudes", "pauli")
    objective = objective_for(model, np.eye(3)[CLASSES], log_loss, rows)
    others = vector + np.random.default_rng(3).normal(size=(4, len(vector)))

    def state(values, row):
        binding = dict(zip(attached.weights, values, strict=False))
        binding |= dict(zip(encoding.parameters, row, strict=True))
        return states(attached.circuit, [[binding[p] for p in attached.circuit.parameters]])[0]

    want = [
        np.mean([abs(np.vdot(state(vector, row), state(other, row))) ** 2 for row in rows])
        for other in others
    ]
    assert_allclose(objective.fidelity(vector, others), want, rtol=1e-12)


def test_estimates_from_shots_are_right_on_average():
    """The mean of 100 estimates of the gradient, each of 100 shots, within 5 standard errors."""
    *_, model, _, vector, rows = setting("real_amplitudes", "parity")

    def linear(outputs, targets):  # its slopes do not depend on the noise
        return (outputs * targets).sum(axis=1), targets.copy()

    targets = np.eye(3)[CLASSES]
    exact = objective_for(model, targets, linear, rows[:3]).value_and_gradient(vector)[1]
    noisy = objective_for(model.on(AerEngine(shots=100)), targets, linear, rows[:3])
    found = np.array([noisy.value_and_gradient(vector)[1] for _ in range(100)])
    errors = (found.mean(axis=0) - exact) / (found.std(axis=0) / np.sqrt(100) + 1e-12)
    assert np.abs(errors).max() < 5

"""VQC and VQR as objects: what reaches their parts, copies, pickles, and what is left alone."""

import inspect
import pickle

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from qiskit import QuantumCircuit
from qiskit.circuit import Parameter
from qiskit.circuit.library import real_amplitudes, zz_feature_map
from qiskit_machine_learning.optimizers import COBYLA
from sklearn.base import clone

from skquantum import VQC, VQR
from skquantum.ansatze import RealAmplitudes, ReuploadingAnsatz
from skquantum.optimizers import Adam, QiskitOptimizer

each = pytest.mark.parametrize
pytestmark = pytest.mark.filterwarnings("ignore:Training has not converged")

rng = np.random.default_rng(0)
X = rng.normal(size=(30, 2))
X_NEW = rng.normal(size=(7, 2))
SIGNAL = np.sin(X[:, 0]) + 0.5 * X[:, 1]
Y = {VQC: np.array(["no", "yes"])[(SIGNAL > 0).astype(int)], VQR: SIGNAL}
FOREIGN = COBYLA(maxiter=40)
both = each("cls", [VQC, VQR], ids=lambda cls: cls.__name__)


def model_of(cls=VQC, **parameters):
    settings = {"readout": "pauli", "optimizer": "l-bfgs", "max_iter": 12, "random_state": 0}
    settings |= parameters
    return cls("angle", settings.pop("ansatz", RealAmplitudes(1)), **settings)


def fitted(cls=VQC, **parameters):
    return model_of(cls, **parameters).fit(X, Y[cls])


def outputs(model):
    return model.predict_proba(X_NEW) if isinstance(model, VQC) else model.predict(X_NEW)


def test_signatures_agree():
    """Both take the same, but for the weights of classes."""
    names = [list(inspect.signature(cls).parameters) for cls in (VQC, VQR)]
    assert [name for name in names[0] if name != "class_weight"] == names[1]


@each(
    ("key", "value"),
    [
        ("feature_map__layers", 3),
        ("feature_map__encoding", "single"),
        ("ansatz__layers", 3),
        ("ansatz__trainable_scaling", False),
        ("optimizer__beta_1", 0.5),
        ("engine__precision", "single"),
    ],
)
def test_set_params_reaches_through_none_and_names(key, value):
    model = VQC().set_params(**{key: value})
    assert model.get_params()[key] == value
    assert clone(model).get_params()[key] == value
    assert VQC().get_params()[key.partition("__")[0]] in (None, "adamw", "compiled")
    model.set_params(max_iter=1).fit(X, Y[VQC])


@both
@each("n_features", [1, 2, 4, 13])
def test_default_feature_map_before_an_ansatz_takes_each_feature_once(cls, n_features):
    rows = np.random.default_rng(n_features).normal(size=(8, n_features))
    model = cls(ansatz="strongly_entangling", max_iter=1).fit(rows, rows[:, 0] > 0)
    n_qubits = min(n_features, 6)
    assert model.feature_map_.circuit_.num_qubits == n_qubits
    counts = model.feature_map_.circuit_.count_ops()
    assert counts["rz"] + counts.get("ry", 0) == n_features
    assert model.feature_map_.bandwidth_ == pytest.approx(2 / np.sqrt(n_features * rows.var()))
    model = cls(ansatz="qcnn").set_params(feature_map__bandwidth=1.0)
    assert model.feature_map.reps == 1


def test_set_params_reaches_through_other_names():
    model = VQC("zz", "real_amplitudes", optimizer="spsa", engine="aer")
    model.set_params(feature_map__reps=1, ansatz__reps=4, optimizer__alpha=0.5, engine__shots=9)
    assert model.ansatz.reps == 4
    assert model.engine.shots == 9
    foreign = VQC(optimizer=QiskitOptimizer(FOREIGN))
    assert foreign.get_params()["optimizer__optimizer"] is FOREIGN
    with pytest.raises(ValueError, match="Invalid parameter 'repetitions'"):
        VQC().set_params(ansatz__repetitions=2)


@both
@each("optimizer", ["adam", "l-bfgs", "spsa", FOREIGN], ids=["adam", "l-bfgs", "spsa", "COBYLA"])
def test_clone_and_pickle(cls, optimizer):
    model = fitted(cls, optimizer=optimizer)
    data = pickle.dumps(model)
    assert len(data) < 2**20
    copy = pickle.loads(data)
    assert_array_equal(outputs(copy), outputs(model))
    assert copy.loss_curve_ == model.loss_curve_
    before = pickle.dumps(model)
    outputs(model)
    assert len(pickle.dumps(model)) == len(before)
    fresh = clone(model, safe=False)
    assert not hasattr(fresh, "weights_")
    assert_array_equal(outputs(fresh.fit(X, Y[cls])), outputs(model))


def test_the_pickle_of_a_large_model_is_small():
    rows = np.random.default_rng(1).normal(size=(500, 30))
    model = VQC(n_qubits=6, max_iter=1).fit(rows, rows[:, 0] > 0)
    assert len(pickle.dumps(model)) < 2**20


@both
def test_pickled_between_two_epochs(cls):
    model = model_of(cls, optimizer="adam").fit(X, Y[cls])
    copy = pickle.loads(pickle.dumps(model))
    for m in (model, copy):
        m.partial_fit(X, Y[cls]).partial_fit(X[:9], Y[cls][:9])
    assert_array_equal(copy.weights_, model.weights_)


def test_parameters_are_left_alone():
    encoding, ansatz = zz_feature_map(2), real_amplitudes(2)
    optimizer, init = Adam(), np.zeros(8)
    model = VQC(encoding, ansatz, optimizer=optimizer, init=init, max_iter=2)
    before = pickle.dumps(model)
    model.fit(X, Y[VQC])
    assert model.feature_map is encoding
    assert model.optimizer is optimizer
    assert pickle.dumps(VQC(encoding, ansatz, optimizer=optimizer, init=init, max_iter=2)) == before
    assert not init.any()
    rows = X.copy()
    rows.flags.writeable = False
    model.fit(rows, Y[VQC]).predict(rows)


def test_circuits_of_the_user():
    a, b = Parameter("a"), Parameter("b")
    ansatz = QuantumCircuit(2)
    ansatz.ry(a, 0)
    ansatz.crx(a * b, 0, 1)  # shared, and a generator of three eigenvalues
    ansatz.ry(b, 1)
    model = VQC(zz_feature_map(2, reps=1), ansatz, max_iter=5, random_state=0).fit(X, Y[VQC])
    assert model.weights_.shape == (2,)
    assert {p.name[0] for p in model.circuit_.parameters} == {"x", "w"}
    aer = clone(model, safe=False).set_params(engine="aer").fit(X, Y[VQC])
    assert_allclose(aer.loss_curve_, model.loss_curve_, rtol=1e-8)


def test_identity_blocks_start_as_the_encoding():
    """With init="identity", the model before training is the one without an ansatz."""
    model = fitted(
        ansatz="identity_blocks",
        init="identity",
        max_iter=1,
        learning_rate_init=1e-9,
        optimizer="adam",
        alpha=0.0,
    )
    z = np.cos(X_NEW[:, 0])  # of RY(x)|0>
    logits = z * model.output_scale_ + model.output_intercept_
    assert_allclose(model.decision_function(X_NEW), logits, atol=1e-6)


def test_fitted_attributes():
    model = fitted(ansatz=ReuploadingAnsatz(2))
    assert isinstance(model.circuit_, QuantumCircuit)
    assert model.circuit_.num_parameters == 2 + len(model.weights_)
    assert model.n_features_in_ == 2
    assert model.output_scale_.shape == model.output_intercept_.shape == (1,)
    assert model.n_outputs_ == 1
    assert model.t_ == 30 * model.n_iter_


@both
@each("readout", ["pauli", "parity", "affine"])
def test_fitted_attributes_are_the_model(cls, readout):
    """As `coef_` elsewhere: what they hold is what predicts, and they hold it alone."""
    if cls is VQR and readout == "parity":
        pytest.skip("not for regressors")
    model, other = fitted(cls, readout=readout), fitted(cls, readout=readout, random_state=1)
    assert (outputs(model) != outputs(other)).any()
    for name in ("weights_", "output_scale_", "output_coef_", "output_intercept_"):
        assert getattr(model, name) is None or getattr(model, name).base is None
        setattr(model, name, getattr(other, name))
    assert_array_equal(outputs(model), outputs(other))
    assert_array_equal(outputs(pickle.loads(pickle.dumps(model))), outputs(other))
    other.weights_[:] = 0
    assert_array_equal(outputs(model), outputs(other))

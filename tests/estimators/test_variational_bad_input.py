"""What VQC and VQR refuse: one clear sentence with the numbers and the remedy, before training."""

import numpy as np
import pytest
from qiskit import QuantumCircuit
from qiskit.circuit import Parameter
from qiskit.quantum_info import SparsePauliOp
from scipy import sparse
from sklearn.exceptions import NotFittedError

from skquantum import VQC, VQR
from skquantum.ansatze import RealAmplitudes
from skquantum.feature_maps import AngleFeatureMap

each = pytest.mark.parametrize
pytestmark = pytest.mark.filterwarnings("ignore:Training has not converged")

X = np.random.default_rng(0).normal(size=(12, 2))
Y = np.arange(12) % 2
THREE = np.arange(12) % 3


def measured():
    circuit = QuantumCircuit(2)
    circuit.ry(Parameter("a"), 0)
    circuit.measure_all()
    return circuit


def without_parameters():
    circuit = QuantumCircuit(2)
    circuit.cx(0, 1)
    return circuit


def wide(n_qubits):
    circuit = QuantumCircuit(n_qubits)
    for qubit in range(n_qubits):
        circuit.ry(Parameter(f"a{qubit}"), qubit)
    return circuit


# Parameters of VQC, targets, and what the message must say.
PARAMETERS = [
    ({"optimizer": "adm"}, Y, "optimizer='adm' is unknown: did you mean 'adam'"),
    ({"feature_map": "zx"}, Y, "feature_map='zx' is unknown"),
    ({"ansatz": "real_amplitude"}, Y, "did you mean 'real_amplitudes'"),
    ({"engine": "compile"}, Y, "did you mean 'compiled'"),
    ({"readout": "paritty"}, Y, "readout='paritty' is unknown: did you mean 'parity'"),
    ({"loss": "cross_entropy"}, Y, "The 'loss' parameter of VQC must be"),
    ({"init": "smal"}, Y, "init='smal' is unknown: did you mean 'small'"),
    ({"init": np.zeros(3)}, Y, "init holds 3 numbers, the circuit has 4 weights"),
    ({"init": "identity"}, Y, "use ansatz='identity_blocks'"),
    ({"readout": SparsePauliOp("XYZ")}, Y, "acts on 3 qubits, the circuit has 2"),
    ({"readout": ["XX", "YY", "ZZ"]}, Y, "holds 3 observables, the model has 1 outputs"),
    ({"readout": ["XX", "YY"]}, THREE, "holds 2 observables, the model has 3 outputs"),
    (
        {"readout": "parity", "n_qubits": 2},
        np.arange(12) % 4,
        "never returns class number 4 of 4 on 2 qubits",
    ),
    (
        {"readout": "modulo", "n_qubits": 2},
        np.arange(12) % 6,
        "at most 4 classes apart on 2 qubits, y has 6",
    ),
    ({"loss": "hinge", "readout": "parity"}, Y, "loss='hinge' needs logits.*'pauli' or another"),
    ({"n_qubits": 1}, Y, "n_qubits=1, but the feature map needs 2 qubits.*raise n_qubits"),
    ({"n_qubits": 0}, Y, "The 'n_qubits' parameter of VQC must be"),
    ({"ansatz": measured()}, Y, "measure"),
    ({"ansatz": without_parameters()}, Y, "has 0 free parameters, so there is nothing to train"),
    ({"ansatz": wide(3)}, Y, "3 qubits"),
    ({"feature_map": wide(3)}, Y, "3 .*2 features"),
    ({"learning_rate_init": 0.0}, Y, "'learning_rate_init'"),
    ({"batch_size": 0}, Y, "'batch_size'"),
    ({"max_iter": 0}, Y, "'max_iter'"),
    ({"tol": -1.0}, Y, "'tol'"),
    ({"n_iter_no_change": 0}, Y, "'n_iter_no_change'"),
    ({"validation_fraction": 1.0}, Y, "'validation_fraction'"),
    ({"alpha": -1.0}, Y, "'alpha'"),
    ({"n_restarts": -1}, Y, "'n_restarts'"),
    ({"n_jobs": 0}, Y, "'n_jobs'"),
    ({"callback": 3}, Y, "'callback'"),
    ({"random_state": "zero"}, Y, "'random_state'"),
    ({"class_weight": "balance"}, Y, "'class_weight'"),
    ({"class_weight": {5: 1.0}}, Y, r"weights for \[5\], which are not classes in y"),
    ({"class_weight": {0: -1.0}}, Y, "holds -1.0 for class 0"),
    (
        {"early_stopping": True, "validation_fraction": 0.2},
        np.r_[0, np.ones(11)],
        "least populated class",
    ),
]


@each(("parameters", "y", "message"), PARAMETERS, ids=lambda value: str(value)[:40])
def test_parameters(parameters, y, message):
    settings = {"max_iter": 1} | parameters
    feature_map = settings.pop("feature_map", "angle")
    model = VQC(feature_map, settings.pop("ansatz", RealAmplitudes(1)), **settings)
    with pytest.raises(ValueError, match=message) as error:
        model.fit(X, y)
    assert not hasattr(model, "weights_")
    assert "\n" not in str(error.value).strip() or "least populated" in message


@each(
    "parameters", [{"optimizer": None}, {"ansatz": 3}, {"feature_map": 3}, {"engine": 3}], ids=str
)
def test_things_that_are_no_parts(parameters):
    (name,) = parameters
    with pytest.raises(TypeError, match=f"{name} is {parameters[name]!r}, not a name"):
        VQC(**parameters).fit(X, Y)


def model(cls=VQC, **parameters):
    return cls("angle", RealAmplitudes(1), max_iter=1, **parameters)


def put(value):
    rows = X.copy()
    rows[3, 1] = value
    return rows


@each("cls", [VQC, VQR])
@each(
    ("rows", "y", "message"),
    [
        (put(np.nan), Y, "Input X contains NaN"),
        (put(np.inf), Y, "Input X contains infinity"),
        (X[:, 0], Y, "Expected 2D array"),
        (sparse.csr_matrix(put(np.nan)), Y, "Input X contains NaN"),
        (X[:0], Y[:0], "Found array with 0 sample"),
        (X[:, :0], Y, r"Found array with 0 feature\(s\)"),
        (X, Y[:5], "inconsistent numbers of samples"),
        (X, np.where(Y, np.nan, 0.0), "contains NaN"),
        (1j * X, Y, "Complex data not supported"),
    ],
    ids=["nan", "inf", "1d", "sparse nan", "no rows", "no features", "length", "nan y", "complex"],
)
def test_data(cls, rows, y, message):
    with pytest.raises((ValueError, TypeError), match=message):
        model(cls).fit(rows, y)


@each(
    ("y", "message"),
    [
        (np.zeros(12), "y holds 1 class; a classifier needs 2 or more"),
        (np.random.default_rng(0).normal(size=12), "Unknown label type: continuous"),
        (np.c_[Y, Y], r"y should be a 1d array"),
    ],
    ids=["one class", "continuous", "two columns"],
)
def test_classes(y, message):
    with pytest.raises(ValueError, match=message):
        model().fit(X, y)


@each("cls", [VQC, VQR])
@each(
    ("weight", "message"),
    [
        (np.ones(5), "sample_weight.shape == |12"),
        (-np.ones(12), "sample_weight holds -1 for row 0"),
        (np.full(12, np.nan), "sample_weight contains NaN"),
    ],
    ids=["length", "negative", "nan"],
)
def test_weights(cls, weight, message):
    with pytest.raises(ValueError, match=message):
        model(cls).fit(X, Y, sample_weight=weight)


@each("cls", [VQC, VQR])
@each("method", ["predict", "predict_proba", "predict_log_proba", "decision_function"])
def test_before_and_after_fit(cls, method):
    if not hasattr(cls, method):
        pytest.skip("not for regressors")
    unfitted = model(cls)
    with pytest.raises(NotFittedError, match="is not fitted yet"):
        getattr(unfitted, method)(X)
    fitted = model(cls).fit(X, Y)
    with pytest.raises(ValueError, match=r"X has 3 features, but VQ. is expecting 2 features"):
        getattr(fitted, method)(np.c_[X, X[:, 0]])
    with pytest.raises(ValueError, match="Input X contains NaN"):
        getattr(fitted, method)(put(np.nan))


def test_partial_fit():
    with pytest.raises(ValueError, match="classes must be passed on the first call"):
        model().partial_fit(X, Y)
    with pytest.raises(ValueError, match="class_weight='balanced' needs all rows at once"):
        model(class_weight="balanced").partial_fit(X, Y, classes=[0, 1])
    with pytest.raises(ValueError, match=r"holds \[2\], which are not among the classes \[0, 1\]"):
        model().partial_fit(X, THREE, classes=[0, 1])
    known = model().partial_fit(X, Y, classes=[0, 1])
    weights = known.weights_
    with pytest.raises(ValueError, match=r"classes are \[0, 1, 2\], but were \[0, 1\]"):
        known.partial_fit(X, Y, classes=[0, 1, 2])
    with pytest.raises(ValueError, match="X has 1 features, but VQC is expecting 2"):
        known.partial_fit(X[:, :1], Y)
    assert known.weights_ is weights
    with pytest.raises(AttributeError, match="partial_fit"):
        model(optimizer="l-bfgs").partial_fit(X, Y, classes=[0, 1])


def test_partial_fit_of_a_single_class():
    with pytest.raises(ValueError, match="1 class"):
        model().partial_fit(X, np.zeros(12), classes=[0])


def test_warm_start():
    warm = model(warm_start=True).fit(X, Y)
    with pytest.raises(ValueError, match=r"classes of the previous fit, \[0, 1\].*\[0, 1, 2\]"):
        warm.fit(X, THREE)
    with pytest.raises(ValueError, match="ansatz of VQC changed since the previous fit"):
        warm.set_params(ansatz__reps=3).fit(X, Y)
    with pytest.raises(ValueError, match="X has 1 features, but VQC is expecting 2"):
        warm.set_params(ansatz__reps=1).fit(X[:, :1], Y)


@each("how", ["fit", "partial_fit"])
@each(
    "changed",
    [
        {"readout": "parity"},
        {"readout": ["XX"]},
        {"n_qubits": 3},
        {"feature_map__reps": 2},
        {"feature_map": "zz", "ansatz": "real_amplitudes"},
        {"ansatz__entanglement": "full"},
    ],
    ids=str,
)
def test_trained_weights_belong_to_their_circuit(changed, how):
    """Even where another circuit has as many."""
    warm = model(warm_start=True).fit(X, Y)
    before, weights = warm.predict_proba(X), warm.weights_
    names = " and ".join(
        name for name in ("feature_map", "ansatz", "n_qubits", "readout") if name in str(changed)
    )
    with pytest.raises(ValueError, match=f"{names} of VQC changed .* warm_start=False"):
        getattr(warm.set_params(**changed), how)(X, Y)
    assert warm.weights_ is weights
    assert (warm.predict_proba(X) == before).all()


def test_a_failed_fit_leaves_the_model_as_it_was():
    fitted = model().fit(X, Y)
    before = fitted.predict_proba(X)
    with pytest.raises(ValueError, match="init holds"):
        fitted.set_params(init=[1.0]).fit(X, Y)
    with pytest.raises(ValueError, match="1 class"):
        fitted.set_params(init="small").fit(X, np.zeros(12))
    assert (fitted.predict_proba(X) == before).all()


@each("width", [2, 3])
def test_columns_of_a_circuit_that_is_too_wide_or_narrow(width):
    rows = np.random.default_rng(0).normal(size=(12, 5 - width))
    with pytest.raises(ValueError, match=rf"{width} .*{5 - width} features"):
        VQC(AngleFeatureMap().build(width), max_iter=1).fit(rows, Y)

"""Circuits in pickles, copies, hashes and files of skops."""

import copy
import os
import pickle
import pickletools
import subprocess
import sys
import textwrap

import hypothesis
import joblib
import numpy as np
import pytest
import strategies
from hypothesis import strategies as st
from numpy.testing import assert_array_equal
from qiskit import QuantumCircuit
from qiskit.circuit import Gate, Parameter, ParameterVector
from qiskit.circuit.library import efficient_su2, real_amplitudes, zz_feature_map
from qiskit.quantum_info import SparsePauliOp
from sklearn.base import clone
from sklearn.gaussian_process.kernels import WhiteKernel
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skquantum import (
    QSVC,
    QSVR,
    VQC,
    VQR,
    QGaussianProcessClassifier,
    QGaussianProcessRegressor,
    QNuSVC,
    QNuSVR,
    QOneClassSVM,
    QPegasosSVC,
    QuantumFeatures,
    QuantumKernelRidge,
    QuantumKernelRidgeClassifier,
)
from skquantum._circuits import CircuitsInState, circuit_text
from skquantum.ansatze import CircuitAnsatz, IdentityBlocks, ReuploadingAnsatz
from skquantum.engines import AerEngine, CompiledEngine
from skquantum.feature_maps import CircuitFeatureMap, ZZFeatureMap
from skquantum.kernels import FidelityKernel, TrainedKernel

X = np.random.default_rng(0).uniform(-1, 1, (16, 2))
Y = (X[:, 0] > 0).astype(int)


def encoding(reps=1):
    return zz_feature_map(2, reps=reps)


def pickled(obj):
    return pickle.loads(pickle.dumps(obj))


COPIES = {"clone": clone, "deepcopy": copy.deepcopy, "pickle": pickled}
# By a function of the number of repetitions of their circuit.
HOLDERS = {
    "map": lambda r: CircuitFeatureMap(encoding(r)),
    "ansatz": lambda r: CircuitAnsatz(encoding(r)),
    "blocks": lambda r: IdentityBlocks(encoding(r)),
    "layers": lambda r: ReuploadingAnsatz(ansatz=CircuitAnsatz(encoding(r))),
    "kernel": lambda r: FidelityKernel(encoding(r)),
    "kernel of a map": lambda r: FidelityKernel(CircuitFeatureMap(encoding(r))),
    "sum": lambda r: FidelityKernel(encoding(r)) + 0.5 * FidelityKernel("angle"),
    "estimator": lambda r: QSVC(kernel=FidelityKernel(encoding(r))),
    "trained": lambda r: VQC(encoding(r), real_amplitudes(2)),
    "trained, its ansatz": lambda r: VQR("zz", encoding(r)),
    "pipeline": lambda r: make_pipeline(
        StandardScaler(), QuantumKernelRidge(kernel=FidelityKernel(encoding(r)))
    ),
    "features": lambda r: QuantumFeatures(encoding(r)),
    "fitted map": lambda r: ZZFeatureMap(reps=r).fit(X),
    "fitted kernel": lambda r: FidelityKernel(encoding(r), random_state=0).fit(X),
    "fitted estimator": lambda r: QSVC(kernel=FidelityKernel(encoding(r), random_state=0)).fit(
        X, Y
    ),
}
FITTED = {
    "QSVC": lambda: QSVC(),
    "QSVC, own circuit": lambda: QSVC(kernel=FidelityKernel(encoding()) + 1),
    "QSVR": lambda: QSVR(kernel="zz"),
    "QNuSVC": lambda: QNuSVC(nu=0.3),
    "QNuSVR": lambda: QNuSVR(kernel="projected"),
    "QOneClassSVM": lambda: QOneClassSVM(),
    "QPegasosSVC": lambda: QPegasosSVC(encoding(), random_state=0),
    "trained kernel": lambda: QSVC(
        kernel=TrainedKernel(
            CircuitFeatureMap(encoding(), features=["x[0]", "x[1]"], bandwidth="trained"),
            max_iter=2,
            random_state=0,
        )
    ),
    "ridge": lambda: QuantumKernelRidge(),
    "ridge classifier": lambda: QuantumKernelRidgeClassifier(kernel="angle"),
    "regression process": lambda: QGaussianProcessRegressor(
        FidelityKernel(encoding()) + WhiteKernel()
    ),
    "classification process": lambda: QGaussianProcessClassifier(),
    "VQC": lambda: VQC(max_iter=2, tol=0, random_state=0),
    "VQC, own circuits": lambda: VQC(encoding(), efficient_su2(2), max_iter=2, random_state=0),
    "VQR, own readout": lambda: VQR(
        readout=SparsePauliOp("ZZ"), n_qubits=2, max_iter=2, random_state=0
    ),
}
holders = pytest.mark.parametrize("key", HOLDERS)
quiet = pytest.mark.filterwarnings(
    "ignore::sklearn.exceptions.ConvergenceWarning", "ignore::UserWarning:skops"
)
fitted = pytest.mark.parametrize("key", FITTED)


def globals_in(data):
    """Names of the classes and functions that a pickle looks up."""
    strings, found = [], set()
    for opcode, argument, _ in pickletools.genops(data):
        if isinstance(argument, str):
            strings.append(argument)
        if opcode.name == "STACK_GLOBAL":
            found.add(".".join(strings[-2:]))
        elif opcode.name == "GLOBAL":
            found.add(argument.replace(" ", "."))
    return found


# --- Pickles and copies ----------------------------------------------------------------------


@holders
@pytest.mark.parametrize("protocol", [2, 3, 4, 5])
def test_no_live_circuit_is_in_a_pickle(key, protocol):
    names = globals_in(pickle.dumps(HOLDERS[key](1), protocol=protocol))
    assert "skquantum._circuits._state.PackedCircuit" in names
    assert not [name for name in names if name.endswith(("QuantumCircuit", "CircuitData"))]


@quiet
@fitted
def test_no_live_circuit_is_in_a_fitted_estimator(key):
    names = globals_in(pickle.dumps(FITTED[key]().fit(X, Y)))
    assert "skquantum._circuits._state.PackedCircuit" in names
    assert not [name for name in names if name.endswith(("QuantumCircuit", "CircuitData"))]


@pytest.mark.parametrize("how", COPIES)
@pytest.mark.parametrize("vector", [False, True])
def test_parameters_stay_themselves(how, vector):
    x = list(ParameterVector("x", 12)) if vector else [Parameter(f"x{k}") for k in range(12)]
    circuit = QuantumCircuit(1)
    for parameter in x:
        circuit.rx(parameter / 3 + parameter**2, 0)
    for holder in (CircuitFeatureMap(circuit), CircuitAnsatz(circuit)):
        again = COPIES[how](holder).circuit
        assert list(again.parameters) == list(circuit.parameters)
        assert again == circuit
        assert again is not circuit
    assert circuit.num_parameters == 12


@pytest.mark.parametrize("how", COPIES)
def test_shared_parameters_stay_shared(how):
    x = Parameter("x")
    first, second = QuantumCircuit(1), QuantumCircuit(1)
    first.ry(x, 0)
    second.rx(Parameter("w"), 0)
    second.rz(x, 0)
    together = COPIES[how](VQC(first, CircuitAnsatz(second)))
    apart = COPIES[how](CircuitAnsatz(second))
    for ansatz in (together.ansatz, apart):
        assert len(ansatz.attach(together.feature_map).weights) == 1
        assert len(ansatz.attach(first).weights) == 1


@hypothesis.settings(max_examples=40, deadline=None, print_blob=True)
@hypothesis.given(strategies.circuits(max_qubits=4, max_gates=12), st.data())
def test_any_circuit_comes_back_to_the_bit(circuit, data):
    values = data.draw(strategies.rows(circuit))
    again = pickled(CircuitAnsatz(circuit)).circuit
    assert circuit_text(again) == circuit_text(circuit)
    assert list(again.parameters) == list(circuit.parameters)
    for engine in (AerEngine(), CompiledEngine()):
        assert_array_equal(engine.open(again).states(values), engine.open(circuit).states(values))


class OnlyAMatrix(Gate):
    """A gate that is known by its class alone."""

    def __init__(self):
        super().__init__("only_a_matrix", 1, [])

    def __array__(self, dtype=None, copy=None):
        return np.array([[0, 1], [1, 0]], dtype=dtype or complex)


def test_gates_that_bytes_cannot_hold_survive_pickles():
    circuit = QuantumCircuit(1, name="inner")
    circuit.rx(Parameter("x"), 0)
    circuit.append(OnlyAMatrix(), [0])
    again = pickled(CircuitFeatureMap(circuit)).circuit
    assert type(again.data[1].operation) is OnlyAMatrix
    outer = QuantumCircuit(1)
    outer.append(circuit.to_gate(), [0])
    again = pickled(CircuitFeatureMap(outer)).circuit
    inside = again.data[0].operation.definition.data[1].operation
    assert_array_equal(inside.to_matrix(), [[0, 1], [1, 0]])


def test_lists_of_circuits():
    class Several(CircuitsInState):
        def __init__(self, *circuits):
            self.circuits = list(circuits)
            self.pair = circuits
            self.others = [1, None]

    several = Several(encoding(1), encoding(2))
    again = copy.copy(several)
    assert again.circuits == several.circuits
    state = several.__getstate__()
    assert not any(
        isinstance(item, QuantumCircuit) for item in [*state["circuits"], *state["pair"]]
    )
    assert state["others"] is several.others


@quiet
@fitted
def test_fitted_estimators_predict_the_same_to_the_bit(key):
    model = FITTED[key]().fit(X, Y)
    for copied in (pickled, copy.deepcopy):
        again = copied(model)
        assert_array_equal(again.predict(X), model.predict(X))
        assert_array_equal(clone(again).fit(X, Y).predict(X), model.predict(X))


# --- Hashes ----------------------------------------------------------------------------------


@holders
def test_hashes_know_what_a_circuit_does(key):
    make = HOLDERS[key]
    assert joblib.hash(make(1)) == joblib.hash(make(1))
    assert joblib.hash(make(1)) != joblib.hash(make(2))
    if key != "fitted estimator":  # pickles change how arrays lie in memory
        assert joblib.hash(make(1)) == joblib.hash(pickled(make(1)))


@pytest.mark.parametrize("wrap", ["features", "weights"])
def test_statements_of_parameters_are_saved_by_name(wrap):
    def holder(stated):
        x = ParameterVector("x", 3)
        circuit = QuantumCircuit(1)
        for factor, parameter in enumerate(x, 1):
            circuit.rx(factor * parameter, 0)
        kind = CircuitFeatureMap if wrap == "features" else CircuitAnsatz
        return kind(circuit, **{wrap: stated(x)})

    ways = [
        lambda x: [x[2], x[0], x[1]],
        lambda x: ["x[2]", "x[0]", "x[1]"],
        lambda x: ("x[2]", x[0], "x[1]"),
        lambda x: x,
        lambda x: None,
    ]
    hashes = [joblib.hash(holder(way)) for way in ways]
    assert hashes == [joblib.hash(pickled(holder(way))) for way in ways]
    assert hashes == [joblib.hash(copy.deepcopy(holder(way))) for way in ways]
    assert [len({*hashes[:3]}), len({*hashes})] == [1, 3]
    assert getattr(pickled(holder(ways[0])), wrap) == ["x[2]", "x[0]", "x[1]"]
    assert clone(holder(ways[0])).get_params()[wrap][0].name == "x[2]"


def test_hashes_know_names_and_sharing():
    def model(name, share):
        x = Parameter(name)
        first, second = QuantumCircuit(1), QuantumCircuit(1)
        first.ry(x, 0)
        second.rx(Parameter("w"), 0)
        second.rz(x if share else Parameter(name), 0)
        return VQC(first, second)

    settings = [(name, share) for name in ("x", "y") for share in (True, False)]
    hashes = [joblib.hash(model(*each)) for each in settings]
    assert len(set(hashes)) == 4
    assert hashes == [joblib.hash(model(*each)) for each in settings]


@pytest.mark.slow
def test_hashes_are_the_same_in_every_process():
    code = """
        import joblib
        from qiskit.circuit.library import zz_feature_map
        from skquantum.kernels import FidelityKernel
        print(joblib.hash(FidelityKernel(zz_feature_map(3))))
    """
    digests = {
        subprocess.run(
            [sys.executable, "-c", textwrap.dedent(code)],
            env=os.environ | {"PYTHONHASHSEED": str(seed)},
            capture_output=True,
            check=True,
            text=True,
        ).stdout.strip()
        for seed in (1, 2)
    }
    assert digests == {joblib.hash(FidelityKernel(zz_feature_map(3)))}


def test_memory_hits_for_a_circuit_built_twice(tmp_path):
    calls = []

    def matrix(kernel, rows):
        calls.append(kernel)
        return kernel.fit(rows)(rows)

    cached = joblib.Memory(tmp_path, verbose=0).cache(matrix)
    first = cached(FidelityKernel(encoding()), X)
    assert_array_equal(cached(FidelityKernel(encoding()), X), first)
    assert len(calls) == 1
    cached(FidelityKernel(encoding(2)), X)
    assert len(calls) == 2


# --- skops and MLflow ------------------------------------------------------------------------


@quiet
@fitted
def test_skops_takes_fitted_estimators(key):
    skops = pytest.importorskip("skops.io")
    model = FITTED[key]().fit(X, Y)
    data = skops.dumps(model)
    again = skops.loads(data, trusted=skops.get_untrusted_types(data=data))
    assert_array_equal(again.predict(X), model.predict(X))
    circuit = getattr(model, "circuit_", None)
    if circuit is not None:
        assert list(again.circuit_.parameters) == list(circuit.parameters)


@pytest.mark.parametrize("key", sorted(HOLDERS.keys() - {"fitted estimator"}))  # as above
def test_skops_takes_circuits_as_parameters(key):
    skops = pytest.importorskip("skops.io")
    data = skops.dumps(HOLDERS[key](1))
    again = skops.loads(data, trusted=skops.get_untrusted_types(data=data))
    assert joblib.hash(again) == joblib.hash(HOLDERS[key](1))


@pytest.fixture
def mlflow(tmp_path, monkeypatch):
    """MLflow with its files in a directory of the test."""
    monkeypatch.setenv("GIT_PYTHON_REFRESH", "quiet")
    module = pytest.importorskip("mlflow.sklearn") and pytest.importorskip("mlflow")
    module.set_tracking_uri(f"sqlite:///{tmp_path}/mlflow.db")
    module.create_experiment("test", artifact_location=str(tmp_path / "artifacts"))
    module.set_experiment("test")
    yield module
    module.sklearn.autolog(disable=True)


@quiet
@pytest.mark.parametrize("key", ["QSVC", "VQC"])
@pytest.mark.parametrize("form", ["skops", "cloudpickle"])
def test_mlflow_takes_fitted_estimators(mlflow, key, form):
    skops = pytest.importorskip("skops.io")
    model = FITTED[key]().fit(X, Y)
    options = {"serialization_format": form}
    if form == "skops":
        options["skops_trusted_types"] = skops.get_untrusted_types(data=skops.dumps(model))
    with mlflow.start_run():
        info = mlflow.sklearn.log_model(model, name="model", **options)
    again = mlflow.sklearn.load_model(info.model_uri)
    assert type(again) is type(model)
    assert_array_equal(again.predict(X), model.predict(X))


def test_mlflow_logs_pipelines_by_itself(mlflow):
    mlflow.sklearn.autolog()
    model = make_pipeline(StandardScaler(), QSVC())
    with mlflow.start_run() as run:
        model.fit(X, Y)
    (logged,) = [
        found
        for found in mlflow.search_logged_models(output_format="list")
        if found.source_run_id == run.info.run_id
    ]
    again = mlflow.sklearn.load_model(logged.model_uri)
    assert type(again[-1]) is QSVC
    assert_array_equal(again.predict(X), model.predict(X))

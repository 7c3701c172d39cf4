"""Circuits of the user's: which column of the data each parameter takes."""

import copy
import pickle

import numpy as np
import oracles
import pandas as pd
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from qiskit import QuantumCircuit, qasm3
from qiskit.circuit import Parameter, ParameterVector, library
from qiskit.quantum_info import SparsePauliOp
from qiskit_machine_learning.circuit.library import raw_feature_vector
from sklearn.base import clone

from skquantum import QSVC, VQC, QuantumKernelRidge
from skquantum.feature_maps import AngleFeatureMap, CircuitFeatureMap
from skquantum.kernels import FidelityKernel

N = 12
# Angles by which each qubit is turned differ, so that exchanged features are seen.
FACTORS = np.linspace(0.3, 1.7, N)


def rotations(parameters):
    """One RY per parameter, by different factors, on qubits that are never exchanged."""
    circuit = QuantumCircuit(len(parameters))
    for qubit, parameter in enumerate(parameters):
        circuit.ry(FACTORS[qubit] * parameter, qubit)
    return circuit


def plain(n=N):
    return rotations([Parameter(f"x{k}") for k in range(n)])


def round_trip(n=N):
    return qasm3.loads(qasm3.dumps(rotations(ParameterVector("x", n))))


def expected_kernel(X):
    """The product of the fidelities of qubits that are turned apart."""
    apart = (X[:, None] - X[None]) * FACTORS[: X.shape[1]]
    return np.prod(np.cos(apart / 2) ** 2, axis=-1)


def data(n_features=N, n_rows=6):
    return np.random.default_rng(1).uniform(-1, 1, (n_rows, n_features))


reordered = pytest.mark.filterwarnings("ignore:The columns of X take the parameters")


@reordered
@pytest.mark.parametrize("make", [plain, round_trip])
@pytest.mark.parametrize("wrap", [lambda c: c, CircuitFeatureMap])
@pytest.mark.parametrize("fit", [True, False])
def test_parameters_take_columns_in_natural_order(make, wrap, fit):
    X = data()
    kernel = FidelityKernel(wrap(make()))
    K = (kernel.fit(X) if fit else kernel)(X)
    assert_allclose(K, expected_kernel(X), rtol=0, atol=1e-12)


@pytest.mark.parametrize("make", [plain, round_trip])
def test_natural_order_is_announced(make):
    with pytest.warns(
        UserWarning, match=r"natural order \(._?x_?[12]_?. before ._?x_?10_?.\), not"
    ):
        CircuitFeatureMap(make()).fit(data())
    with pytest.warns(UserWarning, match=r"pass CircuitFeatureMap\(circuit, features="):
        CircuitFeatureMap(make()).build(N)


def test_nothing_is_announced_where_orders_agree(recwarn):
    CircuitFeatureMap(rotations(ParameterVector("x", N))).fit(data())
    CircuitFeatureMap(plain(10)).fit(data(10))
    circuit = plain()
    CircuitFeatureMap(circuit, features=list(circuit.parameters)).fit(data())
    assert not [w for w in recwarn.list if "natural order" in str(w.message)]


@pytest.mark.parametrize("by", ["name", "parameter"])
def test_features_state_the_order(by):
    X = data()
    shuffled = np.random.default_rng(0).permutation(N)
    parameters = [Parameter(f"x{k}") for k in range(N)]
    stated = [parameters[k].name if by == "name" else parameters[k] for k in shuffled]
    feature_map = CircuitFeatureMap(rotations(parameters), features=stated)
    K = FidelityKernel(feature_map).fit(X[:, shuffled])(X[:, shuffled])
    assert_allclose(K, expected_kernel(X), rtol=0, atol=1e-12)
    fitted = clone(feature_map).fit(X[:, shuffled])
    assert fitted.features_ == [f"x{k}" for k in shuffled]
    assert_array_equal(
        fitted.parameter_values(X[:, shuffled]), feature_map.parameter_values(X[:, shuffled])
    )


@reordered
@pytest.mark.parametrize(
    "duplicate", [clone, copy.deepcopy, lambda m: pickle.loads(pickle.dumps(m))]
)
def test_order_outlives_copies(duplicate):
    X = data()
    columns = [f"x{k}" for k in np.random.default_rng(0).permutation(N)]
    frame = pd.DataFrame(X, columns=[f"x{k}" for k in range(N)])[columns]
    feature_map = duplicate(CircuitFeatureMap(plain())).fit(frame)
    got = duplicate(feature_map)
    assert getattr(got, "features_", columns) == columns
    if duplicate is not clone:
        values = got.parameter_values(frame.to_numpy())
        bound = dict(zip(got.circuit_.parameters, values.T, strict=True))
        for k, parameter in enumerate(natural(got.circuit_)):
            assert_array_equal(bound[parameter], X[:, k])


def natural(circuit):
    return sorted(circuit.parameters, key=lambda parameter: int(parameter.name[1:]))


# --- Data frames -----------------------------------------------------------------------------


def frame(n=4, n_rows=20, names=None):
    """Columns named like the parameters of ``plain(n)``, in another order; and in that order."""
    X = data(n, n_rows)
    names = names or [f"x{k}" for k in range(n)]
    return pd.DataFrame(X, columns=names)[names[::-1]], X


MODELS = {
    "kernel": lambda c: FidelityKernel(c),
    "sum": lambda c: FidelityKernel(c) + 0.5 * FidelityKernel("angle"),
    "product in a sum": lambda c: FidelityKernel("angle") + (2 * (FidelityKernel(c) * 1.0)),
}


@pytest.mark.parametrize("key", MODELS)
def test_kernels_match_columns_by_name(key):
    named, X = frame()
    other = MODELS[key](AngleFeatureMap())
    by_name = MODELS[key](plain(4)).fit(named)
    by_hand = MODELS[key](CircuitFeatureMap(plain(4), features=list(named.columns)))
    assert_array_equal(by_name(named), by_hand.fit(named.to_numpy())(named.to_numpy()))
    if key == "kernel":
        assert_allclose(by_name(named), expected_kernel(X), rtol=0, atol=1e-12)
    assert other.fit(named)(named).shape == (20, 20)


ESTIMATORS = {
    "QSVC": lambda c: QSVC(kernel=FidelityKernel(c)),
    "ridge with a sum": lambda c: QuantumKernelRidge(kernel=FidelityKernel(c) + 1),
    "VQC": lambda c: VQC(c, "real_amplitudes", max_iter=2, random_state=0, tol=0),
}


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.parametrize("key", ESTIMATORS)
def test_estimators_match_columns_by_name(key):
    named, X = frame()
    y = (X[:, 0] > 0).astype(int)
    method = (
        "predict" if "ridge" in key else "decision_function" if key == "QSVC" else "predict_proba"
    )
    by_name = ESTIMATORS[key](plain(4)).fit(named, y)
    stated = CircuitFeatureMap(plain(4), features=list(named.columns))
    by_hand = ESTIMATORS[key](stated).fit(named.to_numpy(), y)
    by_position = ESTIMATORS[key](plain(4)).fit(X, y)
    got = getattr(by_name, method)(named)
    assert_array_equal(got, getattr(by_hand, method)(named.to_numpy()))
    assert_allclose(got, getattr(by_position, method)(X), rtol=0, atol=1e-10)


def test_frames_with_other_names_go_by_position():
    X = data(4)
    named = pd.DataFrame(X, columns=["age", "size", "weight", "height"])
    assert_allclose(FidelityKernel(plain(4)).fit(named)(named), expected_kernel(X), atol=1e-12)


def test_refitting_forgets_names():
    named, X = frame()
    feature_map = CircuitFeatureMap(plain(4)).fit(named)
    assert feature_map.features_ == ["x3", "x2", "x1", "x0"]
    assert feature_map.fit(X).features_ == ["x0", "x1", "x2", "x3"]


def test_names_may_come_beside_an_array():
    named, _ = frame()
    feature_map = CircuitFeatureMap(plain(4))
    feature_map.fit(named.to_numpy(), feature_names=list(named.columns))
    assert feature_map.features_ == list(named.columns)


@pytest.mark.parametrize(
    ("columns", "features", "message"),
    [
        (["x0", "x1", "x2"], None, "has 4 free parameters, X has 3 features; the numbers must"),
        (["x0", "x1", "x2", "age"], None, "3 of the 4 columns of X .* but 'age' is not"),
        (["x0", "x1", "x2", "x3"], ["x3", "x2", "x1", "x0"], "contradicts the columns of X"),
        (["a", "b", "c", "d"], ["x0", "x1"], "names 2 of the 4 free parameters"),
        (["a", "b", "c", "d"], ["x0", "x1", "x2", "x2"], "holds 'x2' twice"),
        (["a", "b", "c", "d"], ["x0", "x1", "x2", "a"], "holds 'a', which is not a free param"),
    ],
)
def test_frames_that_are_refused(columns, features, message):
    named = pd.DataFrame(data(len(columns)), columns=columns)
    feature_map = CircuitFeatureMap(plain(4), features=features)
    for fit in (feature_map.fit, FidelityKernel(feature_map).fit):
        with pytest.raises(ValueError, match=message):
            fit(named)


# --- Bandwidth -------------------------------------------------------------------------------


@reordered
def test_the_circuit_keeps_its_parameters_whatever_the_bandwidth():
    circuit = plain()
    feature_map = CircuitFeatureMap(circuit, bandwidth=0.5).fit(data())
    assert feature_map.circuit_ == circuit
    assert list(feature_map.circuit_.parameters) == list(circuit.parameters)
    states = [
        oracles.simulate(feature_map.circuit_, row)
        for row in feature_map.parameter_values(data(n_rows=2))
    ]
    expected = [
        oracles.simulate(circuit, dict(zip(natural(circuit), 0.5 * row, strict=True)))
        for row in data(n_rows=2)
    ]
    assert_allclose(states, expected, rtol=0, atol=1e-12)


# --- Circuits of other libraries -------------------------------------------------------------

POINTS = np.random.default_rng(5).uniform(0.1, 1, (3, 4))


@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::PendingDeprecationWarning")
@pytest.mark.parametrize("engine", ["aer", "compiled"])
@pytest.mark.parametrize(
    ("blueprint", "function"),
    [
        (lambda: library.ZZFeatureMap(4), lambda: library.zz_feature_map(4)),
        (lambda: library.ZFeatureMap(4, reps=1), lambda: library.z_feature_map(4, reps=1)),
        (
            lambda: library.RealAmplitudes(2, reps=1, entanglement="full"),
            lambda: library.real_amplitudes(2, reps=1, entanglement="full"),
        ),
        (
            lambda: library.QAOAAnsatz(SparsePauliOp(["ZZ", "XI"]), reps=2),
            lambda: library.qaoa_ansatz(SparsePauliOp(["ZZ", "XI"]), reps=2),
        ),
    ],
    ids=["zz", "z", "real amplitudes", "qaoa"],
)
def test_blueprints_are_circuits(blueprint, function, engine):
    kernels = [FidelityKernel(make(), engine=engine).fit(POINTS) for make in (blueprint, function)]
    first, second = (kernel(POINTS) for kernel in kernels)
    assert_allclose(first, second, rtol=0, atol=1e-12)
    assert first[0, 1] < 0.999
    again = pickle.loads(pickle.dumps(kernels[0]))
    assert_array_equal(again(POINTS), first)


@pytest.mark.parametrize("engine", ["aer", "compiled"])
def test_raw_feature_vectors_are_refused_with_a_remedy(engine, tmp_path):
    message = "'ParameterizedInitialize' has no definition .*; use AmplitudeFeatureMap, which takes"
    for options in ({}, {"checkpoint": tmp_path / "new"}):
        kernel = FidelityKernel(raw_feature_vector(4), engine=engine, **options)
        with pytest.raises(ValueError, match=message):
            kernel.fit(POINTS)(POINTS)
    fidelities = oracles.fidelity(*2 * [np.array([oracles.amplitude_state(x) for x in POINTS])])
    assert_allclose(FidelityKernel("amplitude", engine=engine)(POINTS), fidelities, atol=1e-12)


def test_matrices_that_need_numbers_are_refused_with_a_remedy():
    circuit = QuantumCircuit(1)
    circuit.append(library.HamiltonianGate(np.diag([1.0, 2.0]), Parameter("t")), [0])
    with pytest.raises(ValueError, match=r"'hamiltonian' .* bound; use PauliEvolutionGate instead"):
        FidelityKernel(circuit)([[0.1], [0.2]])

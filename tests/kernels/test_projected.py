"""Projected kernels against reduced density matrices, and as a part of estimators."""

import pickle
from itertools import combinations

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from qiskit import QuantumCircuit
from qiskit.circuit.library import real_amplitudes, zz_feature_map
from qiskit.quantum_info import DensityMatrix, SparsePauliOp, Statevector, partial_trace
from qiskit_aer.noise import NoiseModel, depolarizing_error
from sklearn.base import clone
from sklearn.gaussian_process.kernels import RBF, DotProduct
from sklearn.metrics.pairwise import rbf_kernel
from sklearn.model_selection import GridSearchCV

from skquantum import QSVC, QuantumKernelRidge
from skquantum.engines import AerEngine, ChainEngine, CompiledEngine
from skquantum.exceptions import InsufficientMemoryError
from skquantum.feature_maps import AngleFeatureMap, ZZFeatureMap
from skquantum.kernels import ProjectedKernel, resolve_kernel

each = pytest.mark.parametrize
X = np.random.default_rng(0).uniform(-1, 1, (6, 3))
Y = np.random.default_rng(1).uniform(-1, 1, (4, 3))


def states(circuit, rows):
    return [DensityMatrix(Statevector(circuit.assign_parameters(row))) for row in rows]


def reduced(rho, kept):
    others = [qubit for qubit in range(rho.num_qubits) if qubit not in kept]
    return partial_trace(rho, others).data


def pauli_table(circuit, rows, strings):
    """Return expectation values by Qiskit."""
    operators = [SparsePauliOp(string) for string in strings]
    return np.array(
        [[rho.expectation_value(o).real for o in operators] for rho in states(circuit, rows)]
    )


def single_paulis(n_qubits):
    return [
        "I" * (n_qubits - 1 - qubit) + letter + "I" * qubit
        for qubit in range(n_qubits)
        for letter in "XYZ"
    ]


# -- numbers --------------------------------------------------------------------------------------


@each("engine", ["compiled", "aer", "chain", "mps", "auto"])
def test_gaussian_of_frobenius_norms(engine):
    """Equation 9 of Huang et al. (2021), whose gamma is twice ours."""
    circuit = zz_feature_map(3, reps=2, entanglement="linear")
    a, b = states(circuit, X), states(circuit, Y)
    distances = [
        [sum(np.linalg.norm(reduced(r, [k]) - reduced(s, [k])) ** 2 for k in range(3)) for s in b]
        for r in a
    ]
    K = ProjectedKernel(circuit, gamma=0.35, engine=engine).fit(X)(X, Y)
    assert_allclose(K, np.exp(-0.7 * np.array(distances)), rtol=0, atol=1e-12)


@each("locality", [1, 2, 3, 4])
def test_linear_kernel_is_the_mean_of_hilbert_schmidt_products(locality):
    circuit = real_amplitudes(4, reps=1)
    rows = np.random.default_rng(2).uniform(-3, 3, (5, 8))
    rhos = states(circuit, rows)
    sets = list(combinations(range(4), locality))
    expected = [
        [
            np.mean([np.trace(reduced(r, kept) @ reduced(s, kept)).real for kept in sets])
            for s in rhos
        ]
        for r in rhos
    ]
    kernel = ProjectedKernel(circuit, locality=locality, outer="linear", engine="compiled")
    assert_allclose(kernel.fit(rows)(rows), expected, rtol=0, atol=1e-12)
    assert_allclose(kernel.diag(rows), np.diag(expected), rtol=0, atol=1e-12)


@each("seed", range(4))
def test_two_qubit_strings_count_once(seed):
    circuit = real_amplitudes(3, reps=2, entanglement="full")
    rows = np.random.default_rng(seed).uniform(-3, 3, (5, 9))
    pairs = [
        "".join(dict(zip(places, letters, strict=True)).get(2 - k, "I") for k in range(3))
        for places in combinations(range(3), 2)
        for letters in [a + b for a in "XYZ" for b in "XYZ"]
    ]
    table = pauli_table(circuit, rows, single_paulis(3) + pairs)
    K = ProjectedKernel(circuit, locality=2, gamma=0.2, engine="compiled").fit(rows)(rows)
    assert_allclose(K, rbf_kernel(table, gamma=0.2), rtol=0, atol=1e-12)


@each("outer", [None, "linear", RBF(0.8), DotProduct(0.5) + 2.0 * RBF(1.5)], ids=str)
def test_observables_of_the_users(outer):
    circuit = zz_feature_map(3, reps=1)
    diagonal = np.random.default_rng(3).normal(size=8)
    operators = [SparsePauliOp(["XXI", "IZZ"], [0.5, -2.0]), diagonal]
    table = np.array(
        [
            [rho.expectation_value(operators[0]).real, diagonal @ np.diag(rho.data).real]
            for rho in states(circuit, X)
        ]
    )
    kernel = ProjectedKernel(circuit, observables=operators, outer=outer, gamma=0.3).fit(X)
    if outer is None:
        expected = rbf_kernel(table, gamma=0.3)
    else:
        expected = table @ table.T if outer == "linear" else outer(table)
    assert_allclose(kernel(X), expected, rtol=0, atol=1e-12)
    assert_allclose(kernel(X, X[:2]), expected[:, :2], rtol=0, atol=1e-12)
    assert_allclose(kernel.diag(X), np.diag(expected), rtol=0, atol=1e-12)


@each(("gamma", "factor"), [("scale", 1.0), ("0.5*scale", 0.5), ("3 * scale", 3.0)])
def test_scale(gamma, factor):
    circuit = zz_feature_map(3, reps=1)
    table = pauli_table(circuit, X, single_paulis(3))
    kernel = ProjectedKernel(circuit, gamma=gamma).fit(X)
    assert_allclose(kernel.gamma_, factor / (9 * table.var()), rtol=1e-12)
    encoded, K = clone(kernel).fit_gram(X)
    assert_allclose(K, rbf_kernel(table, gamma=kernel.gamma_), rtol=0, atol=1e-12)
    assert_array_equal(kernel.gram(encoded), K)


def test_weights_of_rows_count_as_repetitions():
    weights = np.array([1, 2, 0, 1, 3, 0])
    kernel = ProjectedKernel("zz")
    repeated = clone(kernel).fit(np.repeat(X, weights, axis=0)).gamma_
    assert_allclose(clone(kernel).fit(X, sample_weight=weights).gamma_, repeated, rtol=1e-12)
    assert repeated != kernel.fit(X).gamma_


def test_equal_rows_have_the_kernel_1():
    kernel = ProjectedKernel("angle", observables=[SparsePauliOp("ZI")]).fit(np.ones((3, 2)))
    assert kernel.gamma_ == 1.0
    assert_array_equal(kernel(np.ones((3, 2))), np.ones((3, 3)))


def test_depolarizing_noise_shrinks_expectation_values():
    noise = NoiseModel()
    noise.add_all_qubit_quantum_error(depolarizing_error(0.2, 1), ["ry"])
    exact = ProjectedKernel("angle", gamma=0.64 * 0.7).fit(X)
    noisy = ProjectedKernel("angle", gamma=0.7, engine=AerEngine(noise_model=noise)).fit(X)
    assert_allclose(noisy(X, Y), exact(X, Y), rtol=0, atol=1e-12)


# -- wires ----------------------------------------------------------------------------------------


def wide(circuit):
    return QuantumCircuit(6).compose(circuit, [1, 3, 4])


@each("engine", ["compiled", "aer"])
def test_idle_wires_do_not_count(engine):
    circuit = zz_feature_map(3, reps=1)
    for outer in (None, "linear"):
        kernel = ProjectedKernel(circuit, outer=outer, engine=engine).fit(X)
        same = clone(kernel).set_params(feature_map=wide(circuit)).fit(X)
        assert_allclose(same(X), kernel(X), rtol=0, atol=1e-14)


def test_observables_act_on_all_wires():
    circuit = zz_feature_map(3, reps=1)
    given = ProjectedKernel(circuit, observables=[SparsePauliOp("XZY")], gamma=1.0).fit(X)
    same = ProjectedKernel(wide(circuit), observables=[SparsePauliOp("IXZIYI")], gamma=1.0).fit(X)
    assert_allclose(same(X), given(X), rtol=0, atol=1e-14)


def test_hundreds_of_qubits():
    rows = np.random.default_rng(0).uniform(-1, 1, (4, 150))
    feature_map = ZZFeatureMap(entanglement="linear", bandwidth=0.5)
    K = ProjectedKernel(feature_map, engine="chain").fit(rows)(rows)
    assert np.linalg.eigvalsh(K)[0] > 0.01
    assert 0.01 < K[0, 1] < 0.99


# -- shots ----------------------------------------------------------------------------------------


@pytest.fixture
def shots():
    return ProjectedKernel("zz", engine=AerEngine(shots=500), random_state=0).fit(X)


def test_draws_belong_to_rows(shots):
    K = shots(X)
    order = [4, 1, 1, 0]
    # two equal rows are drawn alike
    assert_allclose(shots(X[order]), K[np.ix_(order, order)], rtol=0, atol=1e-14)
    assert_array_equal(clone(shots).set_params(n_jobs=2).fit(X)(X), K)
    assert np.abs(clone(shots).set_params(random_state=1).fit(X)(X) - K).max() > 1e-3


def test_draws_are_those_of_the_expectation_values():
    many = np.repeat([[0.3, 0.8]], 2000, axis=0) + 1e-12 * np.arange(2000)[:, None]
    kernel = ProjectedKernel(
        "angle",
        observables=[SparsePauliOp("IZ"), SparsePauliOp("ZI")],
        engine=AerEngine(shots=50),
        random_state=3,
    )
    drawn = kernel.fit(many).encode(many).array
    exact = np.cos([0.3, 0.8])
    assert_allclose(drawn.mean(axis=0), exact, atol=6 * np.sqrt(1 / 50 / 2000))
    assert_allclose(drawn.var(axis=0), (1 - exact**2) / 50, rtol=0.2)


# -- as part of something --------------------------------------------------------------------------


def test_it_has_a_name():
    assert isinstance(resolve_kernel("projected"), ProjectedKernel)


def test_in_a_grid_search():
    y = (X[:, 0] > 0) * 1
    model = QSVC(kernel=ProjectedKernel("zz", engine="compiled", outer=RBF()))
    grid = {
        "kernel__outer__length_scale": [0.5, 2.0],
        "kernel__locality": [1, 2],
        "kernel__feature_map__reps": [1, 2],
    }
    search = GridSearchCV(model, grid, cv=2).fit(np.vstack([X, Y]), np.r_[y, Y[:, 0] > 0])
    assert len(set(map(str, search.cv_results_["params"]))) == 8


def test_in_a_regression():
    target = np.sin(3 * X[:, 0])
    model = QuantumKernelRidge(1e-6, kernel=ProjectedKernel("angle")).fit(X, target)
    assert model.score(X, target) > 0.999
    again = pickle.loads(pickle.dumps(model))
    assert_array_equal(again.predict(Y), model.predict(Y))


def test_rows_are_simulated_once(monkeypatch, tmp_path):
    simulated = []
    encode = ProjectedKernel._encode
    monkeypatch.setattr(
        ProjectedKernel,
        "_encode",
        lambda self, rows, **options: simulated.append(len(rows)) or encode(self, rows, **options),
    )
    model = QSVC(kernel=ProjectedKernel("zz", memory=str(tmp_path)))
    y = (X[:, 0] > 0) * 1
    model.fit(X, y).predict(Y)
    clone(model).set_params(C=10).fit(X, y)  # out of the cache
    assert simulated == [6, 4]


def test_settings_leave_it_unfitted():
    for change in ({"gamma": 2.0}, {"locality": 2}, {"outer": "linear"}, {"observables": "paulis"}):
        kernel = ProjectedKernel("zz").fit(X)
        assert not kernel.set_params(**change).is_fitted()


def test_an_unfitted_kernel_with_a_number_for_gamma():
    kernel = ProjectedKernel(ZZFeatureMap(), gamma=0.5)
    assert_array_equal(kernel(X, Y), clone(kernel).fit(X)(X, Y))
    assert not kernel.is_fitted()


# -- refusals -------------------------------------------------------------------------------------


@each(
    ("kernel", "error", "message"),
    [
        (ProjectedKernel("zz", locality=4), ValueError, "locality=4 is more than the 3 qubits"),
        (ProjectedKernel("zz", gamma="auto"), ValueError, "gamma='auto' of ProjectedKernel is nei"),
        (ProjectedKernel("zz", gamma=-1.0), ValueError, "'gamma' parameter"),
        (ProjectedKernel("zz", outer="rbf"), ValueError, "'outer' parameter"),
        (ProjectedKernel("zz", observables=[]), ValueError, "observables is empty"),
        (
            ProjectedKernel("zz", observables=[SparsePauliOp("ZZ")]),
            ValueError,
            "acts on 2 qubits, the circuit has 3",
        ),
        (ProjectedKernel("zz", observables=["ZZZ"]), TypeError, "pass a SparsePauliOp"),
        (
            ProjectedKernel("zz", engine=ChainEngine(shots=100)),
            AttributeError,
            "offers no expectations",
        ),
    ],
)
def test_refused_in_fit(kernel, error, message):
    with pytest.raises(error, match=message):
        kernel.fit(X)
    assert not kernel.is_fitted()
    with pytest.raises(error, match=message):
        QSVC(kernel=kernel).fit(X, [0, 1, 0, 1, 0, 1])


def test_unfitted_with_a_width_from_data():
    with pytest.raises(ValueError, match=r"gamma='scale' .* call fit\(X\) first"):
        ProjectedKernel(ZZFeatureMap())(X)


def test_memory_is_asked_first(monkeypatch):
    monkeypatch.setattr(CompiledEngine, "_open", None)  # nothing is opened
    rows = np.zeros((2, 40))
    with pytest.raises(InsufficientMemoryError, match="120 expectation values of 2 rows on 40 q"):
        ProjectedKernel(AngleFeatureMap(), engine="compiled").fit(rows)


@pytest.mark.parametrize("engine", ["compiled", AerEngine(shots=50)])
def test_a_progress_bar_changes_nothing(engine, capsys):
    X = np.random.default_rng(0).normal(size=(120, 2))
    kernel = ProjectedKernel("zz", engine=engine, random_state=0).fit(X)
    quiet = kernel.encode(X).array
    assert capsys.readouterr().err == ""
    assert_array_equal(kernel.encode(X, verbose=True).array, quiet)
    assert "120/120" in capsys.readouterr().err

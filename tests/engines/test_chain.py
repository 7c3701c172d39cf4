"""The chain engine, with state vectors as the oracle."""

import pickle

import numpy as np
import pytest
from chain_circuits import bricks, cx_chain, draws, from_draws, rows_for, runs, rxx_layers
from hypothesis import given, settings
from hypothesis import strategies as st
from qiskit import QuantumCircuit
from qiskit.circuit import Parameter
from qiskit.circuit.library import zz_feature_map
from qiskit_aer.noise import NoiseModel
from scipy.stats import binom
from sklearn.model_selection import GridSearchCV

from skquantum import QSVC
from skquantum.engines import AerEngine, ChainBatch, ChainEngine, CompiledEngine
from skquantum.engines._chain import _tiles
from skquantum.exceptions import ConcentrationWarning
from skquantum.kernels import FidelityKernel

each = pytest.mark.parametrize


def fidelities(circuit, X):
    states = CompiledEngine().open(circuit).states(X)
    return np.abs(states.conj() @ states.T) ** 2


def largest_error(circuit, X, **settings):
    K = ChainEngine(**settings).open(circuit).encode(X).inner()[0]
    return np.abs(K - fidelities(circuit, X)).max()


# -- numbers --------------------------------------------------------------------------------------


@settings(max_examples=60, deadline=None)
@given(st.integers(2, 6), draws, st.booleans())
def test_random_lines_and_rings(n_qubits, draws, ring):
    circuit = from_draws(n_qubits, draws, ring)
    assert largest_error(circuit, rows_for(circuit, 3)) < 1e-12


def test_runs_on_pairs_far_apart_and_swapped():
    circuit = runs(6, ["rxx", "h", "ryy", "rzz"], ["ry"], apart=2)
    circuit.swap(1, 2)
    circuit.compose(runs(6, ["rzx", "ryy"]).assign_parameters(0.3 * np.arange(22)), inplace=True)
    assert largest_error(circuit, rows_for(circuit), max_states=2**16) < 1e-12


@pytest.mark.slow
@settings(max_examples=25, deadline=None)
@given(st.integers(7, 14), draws, st.booleans())
def test_random_wide_lines_and_rings(n_qubits, draws, ring):
    circuit = from_draws(n_qubits, draws, ring)
    assert largest_error(circuit, rows_for(circuit, 3), max_states=2**14) < 1e-12


TURNS = ["ry", "rz"]
# circuit, bits of the boundary across the middle
STRUCTURES = {
    "CX chain, RZ": (cx_chain(6), 1),
    "CX chain, RY": (cx_chain(6, "ry"), 2),
    "one layer": (rxx_layers(6, 1), 1),
    "one layer of distance 2": (rxx_layers(6, 1, 2), 2),
    "one layer of distance 3": (rxx_layers(6, 1, 3), 3),
    "two layers": (rxx_layers(6, 2), 3),
    "one layer, RZ": (rxx_layers(6, 1, last="rz"), 2),
    "one layer, RX": (rxx_layers(6, 1, last="rx"), 1),
    "two layers, RZ": (rxx_layers(6, 2, last="rz"), 4),
    "one layer of distance 2, RZ": (rxx_layers(6, 1, 2, last="rz"), 4),
    **{name: (bricks(6, name), 2) for name in ["cx", "cz", "cp", "crx", "rzz", "ryy", "ecr", "cu"]},
    **{name: (bricks(6, name), 4) for name in ["iswap", "dcx"]},
    "RXX, RYY": (runs(6, ["rxx", "ryy"]), 2),
    "RXX, RYY, RZZ": (runs(6, ["rxx", "ryy", "rzz"]), 2),
    "RXX, RYY, RZZ, RY, RZ": (runs(6, ["rxx", "ryy", "rzz"], TURNS), 4),
    **{
        f"RXX, RYY, RZZ, {last}": (runs(6, ["rxx", "ryy", "rzz"], last), 3)
        for last in [("rx",), ("ry",), ("rz",), ("h", "rz")]
    },
    "RXX, RYY, RZ": (runs(6, ["rxx", "ryy"], ["rz"]), 3),
    "RXX, RYY, RZ, from behind": (runs(6, ["rxx", "ryy"], ["rz"], places=range(4, -1, -1)), 3),
    "RZZ, RY, RZZ, RX": (runs(6, ["rzz", "ry", "rzz"], ["rx"]), 2),
    "RXX, RYY, RXX, RZZ": (runs(6, ["rxx", "ryy", "rxx", "rzz"]), 2),
    "RZX, H, RYY, H, RXX, RY, RZ": (runs(6, ["rzx", "h", "ryy", "h", "rxx"], TURNS), 4),
    "ISWAP, H, CSX, RY, RZ": (runs(6, ["iswap", "h", "csx"], TURNS), 4),
}


def rank_of_overlaps(circuit, cut, most):
    """Parameters left and right of the cut are drawn; those of gates across it are fixed.

    Ranks above `most` are not told from one another.
    """
    rng = np.random.default_rng(0)
    n_samples = most + 3
    place = {}
    for item in circuit.data:
        wires = [circuit.find_bit(qubit).index for qubit in item.qubits]
        for param in item.operation.params:
            for p in getattr(param, "parameters", ()):
                place[p] = "left" if max(wires) <= cut else "right" if min(wires) > cut else "cut"
    sides = np.array([place[p] for p in circuit.parameters])
    fixed = rng.normal(size=(2, len(sides)))
    left, right = rng.normal(size=(2, 2, n_samples, len(sides)))
    values = np.broadcast_to(fixed[:, None, None], (2, n_samples, n_samples, len(sides))).copy()
    values[..., sides == "left"] = left[:, :, None, sides == "left"]
    values[..., sides == "right"] = right[:, None, :, sides == "right"]
    states = CompiledEngine().open(circuit).states(values.reshape(-1, len(sides)))
    x, y = states.reshape(2, n_samples, n_samples, -1)
    return np.linalg.matrix_rank((x.conj() * y).sum(axis=-1), rtol=1e-9)


@each("name", STRUCTURES)
def test_boundary_is_the_rank_of_random_overlaps(name):
    circuit, n_bits = STRUCTURES[name]
    assert ChainEngine().open(circuit).program.n_bits[2] == n_bits
    assert rank_of_overlaps(circuit, 2, 2**n_bits) == 2**n_bits


@settings(max_examples=25, deadline=None)
@given(
    st.lists(st.sampled_from(["rxx", "ryy", "rzz", "rzx"]), min_size=1, max_size=4),
    st.sampled_from([[], ["h"], ["sx"]]),
    st.lists(st.sampled_from(["rx", "ry", "rz"]), max_size=2, unique=True),
    st.permutations(range(3)),
)
def test_boundary_of_random_runs_is_the_rank(names, fixed, turns, places):
    circuit = runs(4, names, fixed + turns, places=places)
    n_bits = ChainEngine().open(circuit).program.n_bits[1]
    assert rank_of_overlaps(circuit, 1, 16) == 2**n_bits
    assert largest_error(circuit, rows_for(circuit, 3)) < 1e-12


@each("reps", [1, 2, 3])
@each("entanglement", ["linear", "circular"])
def test_zz_map(reps, entanglement):
    circuit = zz_feature_map(6, reps, entanglement=entanglement)
    assert largest_error(circuit, rows_for(circuit, 20)) < 1e-12
    n_bits = (2 * reps - 1) * (1 if entanglement == "linear" else 2)
    assert max(ChainEngine().open(circuit).program.n_bits) == n_bits


@each("make", [rxx_layers, cx_chain, lambda n: zz_feature_map(n, 2, entanglement="linear")])
def test_single_precision(make):
    circuit = make(8)
    X = rows_for(circuit, 30)
    batch = ChainEngine(precision="single").open(circuit).encode(X)
    assert batch.array.dtype == np.float32
    assert np.abs(batch.inner()[0] - fidelities(circuit, X)).max() < 1e-5


def test_shuffled_qubits_are_laid_out_along_the_chain():
    rng = np.random.default_rng(0)
    circuit = rxx_layers(30)
    shuffled = QuantumCircuit(30)
    shuffled.compose(circuit, rng.permutation(30), inplace=True)
    session, plain = ChainEngine().open(shuffled), ChainEngine().open(circuit)
    assert "reordered" in session.describe()
    assert max(session.program.n_bits) == 3
    X = 0.1 * rows_for(circuit)
    found, wanted = (s.encode(X).inner()[0] for s in (session, plain))
    np.testing.assert_allclose(found, wanted, atol=1e-13)


def test_narrow_circuits_are_contracted_in_time():
    circuit = QuantumCircuit(3)
    x = Parameter("x")
    for _ in range(10):
        circuit.rx(x, 0)
        circuit.iswap(0, 1)
        circuit.ry(x, 1)
        circuit.iswap(1, 2)
    assert "in time" in ChainEngine().open(circuit).describe()
    assert largest_error(circuit, rows_for(circuit, 9)) < 1e-12


def test_wide_circuits_beside_marginals_of_product_states():
    """Without entangling angles, the fidelity is a product over qubits."""
    circuit = cx_chain(300, "rz")
    X = np.zeros((2, 600))
    X[1, :300] = 0.01
    K = ChainEngine().open(circuit).encode(X).inner()[0]
    np.testing.assert_allclose(K[0, 1], np.cos(0.005) ** 600, rtol=1e-11)


# -- tiles and threads ----------------------------------------------------------------------------


@each("make", [rxx_layers, cx_chain, lambda n: bricks(n, "iswap")])
def test_same_bits_for_all_tiles_and_threads(make, monkeypatch):
    circuit = make(7)
    X, Y = 0.3 * rows_for(circuit, 150), 0.3 * rows_for(circuit, 37, seed=1)
    session = ChainEngine().open(circuit)
    A, B = session.encode(X), session.encode(Y)
    K, L = A.inner()[0], A.inner(B)[0]
    for n_blocks, n_rows in [(1, 8), (2, 1000), (3, 5)]:
        monkeypatch.setattr(_tiles, "MOST_BLOCKS", n_blocks)
        monkeypatch.setattr(_tiles, "ROWS_PER_TASK", n_rows)
        monkeypatch.setattr(_tiles, "FLOPS_PER_SECOND", 1.0)  # worth sharing
        A, B = session.encode(X, n_jobs=2), session.encode(Y, n_jobs=2)
        np.testing.assert_array_equal(A.inner()[0], K)
        np.testing.assert_array_equal(A.inner(B)[0], L)


def test_permuted_rows():
    circuit = rxx_layers(40)
    X = 0.1 * rows_for(circuit, 60)
    order = np.random.default_rng(0).permutation(60)
    batch = ChainEngine().open(circuit).encode(X)
    K = batch.inner()[0]
    assert (K == K.T).all()
    assert (np.diag(K) == 1).all()
    np.testing.assert_allclose(batch.take(order).inner()[0], K[np.ix_(order, order)], atol=1e-14)
    np.testing.assert_allclose(batch.inner(batch.take(slice(None)))[0], K, atol=1e-14)


def test_logarithms_of_what_no_float_holds():
    circuit = cx_chain(3000)
    X = 2 * rows_for(circuit, 3)
    kernel = FidelityKernel(circuit, engine="chain").fit(X)
    logarithms = kernel.log_fidelities(X)
    assert logarithms.max(initial=-np.inf, where=~np.eye(3, dtype=bool)) < np.log(1e-300)
    assert (np.diag(logarithms) == 0).all()
    with pytest.warns(ConcentrationWarning, match="6 of 9 fidelities are below 1e-300"):
        np.testing.assert_array_equal(kernel(X), np.eye(3))
    half = 0.01 * X
    np.testing.assert_allclose(
        kernel.log_fidelities(half, half[:2]), np.log(kernel(half, half[:2]))
    )


def test_logarithms_elsewhere():
    X = rows_for(rxx_layers(3), 3)[:, :2]
    kernel = FidelityKernel("zz")
    np.testing.assert_allclose(kernel.log_fidelities(X), np.log(kernel(X)))
    noisy = FidelityKernel("zz", engine=AerEngine(noise_model=NoiseModel()))
    with pytest.raises(ValueError, match="log_fidelities needs exact fidelities"):
        noisy.log_fidelities(X)


# -- batches, kernels and estimators --------------------------------------------------------------


def test_batches_survive_pickles_and_files(tmp_path):
    circuit = rxx_layers(6)
    X = rows_for(circuit, 5)
    batch = ChainEngine().open(circuit).encode(X)
    K = batch.inner()[0]
    np.testing.assert_array_equal(pickle.loads(pickle.dumps(batch)).inner()[0], K)
    again = ChainBatch.load([batch.save()], None)
    with pytest.raises(ValueError, match="loaded without the program"):
        again.inner()
    np.testing.assert_allclose(again.inner(batch)[0], K, atol=1e-14)
    other = ChainEngine().open(cx_chain(6)).encode(rows_for(cx_chain(6)))
    with pytest.raises(ValueError, match="cannot be compared"):
        batch.inner(other)


def test_kernels_keep_checkpoints(tmp_path):
    circuit = rxx_layers(6)
    X = rows_for(circuit, 8)
    options = {"engine": ChainEngine(shots=100), "checkpoint": tmp_path, "random_state": 0}
    K = FidelityKernel(circuit, **options).fit(X)(X)
    assert list(tmp_path.rglob("*"))
    np.testing.assert_array_equal(FidelityKernel(circuit, **options).fit(X)(X), K)


def test_shots_are_binomial():
    circuit = rxx_layers(5, 1)
    X = 0.5 * rows_for(circuit, 40)
    exact = fidelities(circuit, X)
    K = FidelityKernel(circuit, engine=ChainEngine(shots=200), random_state=0).fit(X)(X)
    pairs = np.triu_indices(40, 1)
    counts = np.rint(200 * K[pairs]).astype(int)
    np.testing.assert_allclose(counts, 200 * K[pairs])
    # randomised quantiles of right counts are uniform: mean 1/2 within 5 standard deviations
    rng = np.random.default_rng(0)
    low, high = binom.cdf(counts - 1, 200, exact[pairs]), binom.cdf(counts, 200, exact[pairs])
    uniform = rng.uniform(low, high)
    assert abs(uniform.mean() - 0.5) < 5 / np.sqrt(12 * len(counts))


def test_estimators_and_searches():
    rng = np.random.default_rng(0)
    X = rng.uniform(size=(40, 60))
    y = (X[:, :30].mean(axis=1) > X[:, 30:].mean(axis=1)).astype(int)
    model = QSVC(kernel=FidelityKernel("zz", engine="chain"))
    model.set_params(
        kernel__feature_map__entanglement="linear", kernel__feature_map__bandwidth=0.05
    )
    grid = {"kernel__feature_map__bandwidth": [0.02, 0.05]}
    search = GridSearchCV(model, grid, cv=2, error_score="raise").fit(X, y)
    again = pickle.loads(pickle.dumps(search))
    np.testing.assert_array_equal(again.predict(X), search.predict(X))
    alone = model.set_params(**search.best_params_, kernel__n_jobs=2).fit(X, y)
    np.testing.assert_array_equal(alone.predict(X), search.predict(X))


# -- refusals -------------------------------------------------------------------------------------


def test_wide_boundaries_are_refused():
    with pytest.raises(ValueError, match=r"boundary of 2\*\*\d+ states .*max_states=4096; use"):
        ChainEngine().open(zz_feature_map(40, 2, entanglement="full"))
    with pytest.raises(ValueError, match="max_states=4;"):
        ChainEngine(max_states=4).open(rxx_layers(6))
    with pytest.raises(ValueError, match="max_states"):
        ChainEngine(max_states=0).open(rxx_layers(6))


def test_noise_is_refused():
    X = rows_for(rxx_layers(3))[:, :2]
    with pytest.raises(ValueError, match="ChainEngine does not simulate noise"):
        FidelityKernel("zz", engine="chain", outcome_weights=np.ones(4))(X)
    with pytest.raises(TypeError, match="noise_model"):
        ChainEngine(noise_model="noise")


def test_describe():
    text = ChainEngine().open(rxx_layers(50)).describe(n_rows=2000)
    assert "50 sites, in the order of the qubits" in text
    assert "at most 8 states" in text
    assert "2000 rows: about" in text

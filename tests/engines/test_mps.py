"""Matrix product states, with state vectors and the chain engine as oracles."""

import pickle

import numpy as np
import pytest
from chain_circuits import cx_chain, draws, from_draws, rows_for, rxx_layers
from hypothesis import given, settings
from hypothesis import strategies as st
from qiskit.circuit.library import efficient_su2
from qiskit.quantum_info import SparsePauliOp
from qiskit_aer import AerSimulator

from skquantum import QSVC
from skquantum.engines import ChainEngine, CompiledEngine, MPSBatch, MPSEngine
from skquantum.engines._mps import _batch
from skquantum.kernels import FidelityKernel

EXACT = MPSEngine(truncation_threshold=1e-28)
BY_AER = MPSEngine(truncation_threshold=1e-28, simulator="aer")


def fidelities(circuit, X):
    states = CompiledEngine().open(circuit).states(X)
    return np.abs(states.conj() @ states.T) ** 2


@settings(max_examples=30, deadline=None)
@given(st.integers(2, 6), draws, st.booleans())
def test_random_circuits_without_truncation(n_qubits, draws, ring):
    circuit = from_draws(n_qubits, draws, ring)
    X = rows_for(circuit, 3)
    K = EXACT.open(circuit).encode(X).inner()[0]
    np.testing.assert_allclose(K, fidelities(circuit, X), atol=1e-12)


def aer_states(circuit, X):
    """Tensors of shape (left bond, 2, right bond) of each row, by Aer."""
    simulator = AerSimulator(
        method="matrix_product_state", matrix_product_state_truncation_threshold=1e-28
    )
    for row in X:
        bound = circuit.assign_parameters(row)
        bound.save_matrix_product_state()
        gammas, values = simulator.run(bound).result().data(0)["matrix_product_state"]
        weights = [*values, np.ones(1)]
        yield [np.stack(g, axis=1) * w for g, w in zip(gammas, weights, strict=True)]


def overlap(bra, ket):
    E = np.ones((1, 1))
    for a, b in zip(bra, ket, strict=True):
        E = np.einsum("ab,asc,bsd->cd", E, a.conj(), b, optimize=True)
    return abs(E[0, 0])


@pytest.mark.parametrize("circuit", [rxx_layers(12, 2), cx_chain(20, "ry"), rxx_layers(9, 1, 3)])
def test_states_are_those_of_aer_up_to_the_gauge(circuit):
    X = 0.4 * rows_for(circuit, 2)
    batch = EXACT.open(circuit).encode(X)
    for row, theirs in enumerate(aer_states(circuit, X)):
        own = [tensor[row] for tensor in batch.tensors]
        np.testing.assert_allclose(overlap(own, theirs), 1.0, atol=1e-10)


@pytest.mark.parametrize("settings", [{"truncation_threshold": 1e-4}, {"max_bond_dimension": 3}])
def test_errors_stay_below_the_bound(settings):
    circuit = rxx_layers(8, 2, 2)
    X = 0.3 * rows_for(circuit, 12)
    with pytest.warns(UserWarning, match="has lost a weight of .* by truncation"):
        batch = MPSEngine(**settings).open(circuit).encode(X)
    assert batch.truncation.min() > 0
    bounds = 2 * (batch.error_bound[:, None] + batch.error_bound[None])
    error = np.abs(batch.inner()[0] - fidelities(circuit, X))
    assert (error <= bounds).all()
    assert error.max() > 1e-10


@pytest.mark.filterwarnings("ignore:The state of row")
def test_fitted_kernels_know_the_bound():
    circuit = rxx_layers(8, 2, 2)
    X = 0.3 * rows_for(circuit, 12)
    y = np.arange(12) % 2
    truncated = QSVC(kernel=FidelityKernel(circuit, engine=MPSEngine(max_bond_dimension=4)))
    kernel = truncated.fit(X, y).kernel_
    error = np.abs(kernel(X) - fidelities(circuit, X)).max()
    assert 1e-10 < error <= 4 * kernel.truncation_
    exact = QSVC(kernel=FidelityKernel(circuit, engine="compiled")).fit(X, y)
    assert exact.kernel_.truncation_ == 0.0


@settings(max_examples=15, deadline=None)
@given(st.integers(2, 5), draws, st.booleans())
def test_random_circuits_by_aer(n_qubits, draws, ring):
    circuit = from_draws(n_qubits, draws, ring)
    X = rows_for(circuit, 3)
    session = BY_AER.open(circuit)
    K = session.encode(X).inner()[0]
    np.testing.assert_allclose(K, fidelities(circuit, X), atol=1e-10)
    observables = [SparsePauliOp("XZY"[:2] + "Z" * (n_qubits - 2)), np.arange(2.0**n_qubits)]
    wanted = CompiledEngine().open(circuit).expectations(X, observables)
    np.testing.assert_allclose(session.expectations(X, observables), wanted, atol=1e-9)


def test_by_aer_as_by_our_own_loops():
    circuit = rxx_layers(30, 2)
    X = 0.3 * rows_for(circuit, 20)
    ours, theirs = (MPSEngine(simulator=s).open(circuit).encode(X) for s in ("batched", "aer"))
    assert theirs.bonds == ours.bonds
    K = ours.inner()[0]
    np.testing.assert_allclose(theirs.inner()[0], K, atol=1e-10)
    np.testing.assert_allclose(theirs.inner(ours)[0], K, atol=1e-10)
    again = MPSBatch.load([theirs.save()], None)
    np.testing.assert_array_equal(again.inner()[0], theirs.inner()[0])


def test_workers_change_no_bit_of_what_aer_returns():
    circuit = rxx_layers(6)
    X = rows_for(circuit, 21)
    session = MPSEngine(simulator="aer", max_bond_dimension=4).open(circuit)
    K = session.encode(X).inner()[0]
    observables = [SparsePauliOp("IXYZII")]
    expectations = session.expectations(X, observables)
    session.seconds_per_row = 1.0  # worth sharing
    np.testing.assert_array_equal(session.encode(X, n_jobs=2).inner()[0], K)
    np.testing.assert_array_equal(session.expectations(X, observables, n_jobs=2), expectations)


@pytest.mark.parametrize("threshold", [1e-4, 1e-6])
def test_errors_of_aer_stay_below_what_the_threshold_allows(threshold):
    circuit = rxx_layers(8, 2, 2)
    X = 0.3 * rows_for(circuit, 6)
    with pytest.warns(UserWarning, match="has lost a weight of .* by truncation"):
        batch = MPSEngine(truncation_threshold=threshold, simulator="aer").open(circuit).encode(X)
    # two layers of 7 gates on neighbours, and of 6 with a SWAP on either side
    np.testing.assert_allclose(batch.truncation, 2 * (7 + 3 * 6) * threshold)
    error = np.abs(batch.inner()[0] - fidelities(circuit, X)).max()
    assert threshold / 100 < error < 4 * batch.error_bound.max()


def test_nobody_knows_what_aer_cuts_off():
    circuit = rxx_layers(8, 2, 2)
    X = 0.3 * rows_for(circuit, 6)
    engine = MPSEngine(max_bond_dimension=2, simulator="aer")
    batch = engine.open(circuit).encode(X)
    assert max(batch.bonds) == 2
    assert np.isnan([batch.truncation, batch.error_bound]).all()
    y = np.arange(6) % 2
    assert np.isnan(
        QSVC(kernel=FidelityKernel(circuit, engine=engine)).fit(X, y).kernel_.truncation_
    )


@pytest.mark.parametrize("simulator", ["batched", "aer"])
def test_shots(simulator):
    circuit = rxx_layers(5)
    X = 0.3 * rows_for(circuit, 6)
    kernel = FidelityKernel(circuit, engine=MPSEngine(shots=100, simulator=simulator))
    K = kernel.set_params(random_state=0).fit(X)(X)
    assert (np.rint(100 * K) == np.round(100 * K, 9)).all()
    assert 0 < np.abs(K - fidelities(circuit, X)).max() < 0.25


def test_simulators_have_names():
    with pytest.raises(ValueError, match="simulator"):
        MPSEngine(simulator="qiskit").open(rxx_layers(3))


def test_wide_circuits_beside_the_chain():
    circuit = rxx_layers(60)
    X = 0.2 * rows_for(circuit, 9)
    K = EXACT.open(circuit).encode(X).inner()[0]
    np.testing.assert_allclose(K, ChainEngine().open(circuit).encode(X).inner()[0], atol=1e-12)


def test_expectations():
    circuit = efficient_su2(5, reps=2, entanglement="circular")
    X = rows_for(circuit, 4)
    observables = [SparsePauliOp(["XIIYZ", "IIZII", "IIIII"], [0.5, 1.0, 2.0]), np.arange(32.0)]
    found, wanted = (
        engine.open(circuit).expectations(X, observables) for engine in (EXACT, CompiledEngine())
    )
    np.testing.assert_allclose(found, wanted, atol=1e-11)


def test_batches_are_cut_joined_and_saved():
    circuit = cx_chain(6)
    X = rows_for(circuit, 70)
    batch = EXACT.open(circuit).encode(X)
    K = batch.inner()[0]
    again = pickle.loads(pickle.dumps(batch))
    np.testing.assert_array_equal(again.inner()[0], K)
    parts = [batch.take(slice(0, 30)), batch.take(slice(30, 70))]
    for joined in (parts[0].joined(parts[1:]), MPSBatch.load([p.save() for p in parts], None)):
        np.testing.assert_array_equal(joined.keys(), batch.keys())
        np.testing.assert_allclose(joined.inner()[0], K, atol=1e-13)
    order = np.random.default_rng(0).permutation(70)
    np.testing.assert_allclose(batch.take(order).inner()[0], K[np.ix_(order, order)], atol=1e-13)


@pytest.mark.parametrize("rows_together", [5, 16, 70])
def test_threads_and_tiles_change_no_bit(rows_together, monkeypatch):
    circuit = rxx_layers(6)
    X = rows_for(circuit, 150)
    session = EXACT.open(circuit)
    K = session.encode(X).inner()[0]
    session.seconds_per_row = 1.0  # worth sharing
    monkeypatch.setattr(_batch, "FLOPS_PER_SECOND", 1.0)
    monkeypatch.setattr(_batch, "ROWS_TOGETHER", rows_together)
    again = session.encode(X, n_jobs=2)
    np.testing.assert_array_equal(again.inner()[0], K)
    np.testing.assert_allclose(again.inner(again.take(slice(0, 33)))[0], K[:, :33], atol=1e-14)


def test_checkpoints_and_shots(tmp_path):
    circuit = rxx_layers(6)
    X = rows_for(circuit, 8)
    options = {"engine": MPSEngine(shots=100), "checkpoint": tmp_path, "random_state": 0}
    K = FidelityKernel(circuit, **options).fit(X)(X)
    np.testing.assert_array_equal(FidelityKernel(circuit, **options).fit(X)(X), K)
    assert (np.rint(100 * K) == np.round(100 * K, 9)).all()


def test_bonds_that_explode_stop_early():
    circuit = efficient_su2(24, reps=8, entanglement="linear")
    with pytest.raises(ValueError, match=r"has grown to \d+ after \d+ of \d+ gates .*; use fewer"):
        MPSEngine(max_bytes=2**20).open(circuit).encode(rows_for(circuit, 2))


def test_noise_is_refused():
    with pytest.raises(ValueError, match="MPSEngine does not simulate noise"):
        FidelityKernel("zz", engine="mps", outcome_weights=np.ones(4))(np.zeros((2, 2)))

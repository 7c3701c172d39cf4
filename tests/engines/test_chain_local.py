"""Expectation values and reduced states on the chain, with state vectors as the oracle."""

from itertools import product

import numpy as np
import pytest
from chain_circuits import bricks, cx_chain, draws, from_draws, rows_for, runs, rxx_layers
from hypothesis import given, settings
from hypothesis import strategies as st
from qiskit import QuantumCircuit
from qiskit.quantum_info import SparsePauliOp

from skquantum.engines import ChainEngine, CompiledEngine

each = pytest.mark.parametrize


@settings(max_examples=25, deadline=None)
@given(st.integers(2, 5), draws, st.booleans(), st.data())
def test_random_strings_on_random_circuits(n_qubits, draws, ring, data):
    circuit = from_draws(n_qubits, draws, ring)
    text = st.text("IXYZ", min_size=n_qubits, max_size=n_qubits)
    labels = data.draw(st.lists(text, min_size=1, max_size=4))
    observables = [SparsePauliOp(labels, 0.3 + np.arange(len(labels)))]
    X = rows_for(circuit, 3)
    found = ChainEngine().open(circuit).expectations(X, observables)
    wanted = CompiledEngine().open(circuit).expectations(X, observables)
    np.testing.assert_allclose(found, wanted, atol=1e-11)


@each("gates", [["ch", "swap"], ["ryy", "ch", "swap"], ["swap", "ch", "swap"]], ids=" ".join)
def test_every_string_behind_a_swap(gates):
    """The bit of a qubit may be summed where the qubit was before the SWAP."""
    circuit = from_draws(3, [(gate, gate != "ch", [0] * 5) for gate in gates], ring=False)
    labels = ["".join(letters) for letters in product("IXYZ", repeat=3)]
    X, observables = rows_for(circuit, 2), list(map(SparsePauliOp, labels))
    found = ChainEngine().open(circuit).expectations(X, observables)
    wanted = CompiledEngine().open(circuit).expectations(X, observables)
    np.testing.assert_allclose(found, wanted, rtol=0, atol=1e-12)


CIRCUITS = [
    rxx_layers(6),
    rxx_layers(6, 1, 2, "ry"),
    cx_chain(6),
    bricks(6, "iswap"),
    runs(6, ["rxx", "ryy", "rzz"], ["ry"]),
    runs(6, ["rxx", "ryy"], ["rz"], places=range(4, -1, -1)),
]


@each("circuit", CIRCUITS)
@each("subsets", [[(0,), (3,), (5,)], [(0, 1), (3, 2), (4, 5)], [(0, 5)]])
def test_reduced_states(circuit, subsets):
    X = rows_for(circuit, 9)
    found = ChainEngine().open(circuit).marginals(X, subsets)
    wanted = CompiledEngine().open(circuit).marginals(X, subsets)
    np.testing.assert_allclose(found, wanted, atol=1e-12)


def test_shuffled_qubits():
    circuit = QuantumCircuit(7)
    circuit.compose(rxx_layers(7), [3, 0, 6, 1, 5, 2, 4], inplace=True)
    X, observables = rows_for(circuit, 3), [SparsePauliOp("IXIIYZI"), np.cos(np.arange(128))]
    found, wanted = (
        engine.open(circuit).expectations(X, observables)
        for engine in (ChainEngine(), CompiledEngine())
    )
    np.testing.assert_allclose(found, wanted, atol=1e-12)


def test_hundreds_of_qubits():
    """Far from the ends, qubits of a homogeneous chain are alike; shifts of strings are."""
    circuit = rxx_layers(200)
    X = np.full((2, circuit.num_parameters), [[0.3], [0.4]])
    labels = [("XY", [100, 101]), ("XY", [60, 61]), ("Z", [100]), ("Z", [60])]
    observables = [
        SparsePauliOp.from_sparse_list([(*label, 1.0)], num_qubits=200) for label in labels
    ]
    found = ChainEngine().open(circuit).expectations(X, observables)
    np.testing.assert_allclose(found[:, ::2], found[:, 1::2], atol=1e-12)
    # angles are equal all along
    narrow = rxx_layers(9)
    middle = SparsePauliOp.from_sparse_list([("Z", [4], 1.0)], num_qubits=9)
    same = CompiledEngine().open(narrow).expectations(X[:, : narrow.num_parameters], [middle])
    np.testing.assert_allclose(found[:, 2], same[:, 0], atol=1e-12)


def test_threads_change_no_bit():
    circuit = rxx_layers(12)
    X, observables = rows_for(circuit, 40), [SparsePauliOp("IIIXYIIIIZII")]
    session = ChainEngine().open(circuit)
    expected = session.expectations(X, observables)
    session.seconds_per_row = 1.0  # worth sharing
    np.testing.assert_array_equal(session.expectations(X, observables, n_jobs=2), expected)


def test_refusals():
    session = ChainEngine().open(rxx_layers(14))
    X = rows_for(rxx_layers(14), 1)
    with pytest.raises(ValueError, match="a sum of 16384 Pauli strings for ChainEngine"):
        session.expectations(X, [np.ones(2**14)])
    with pytest.raises(ValueError, match="distinct qubits"):
        session.marginals(X, [(0,), (1, 1)])
    assert not hasattr(ChainEngine(shots=10).open(rxx_layers(3)), "marginals")

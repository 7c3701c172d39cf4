"""Feature maps along a line, beside the formulas of the papers."""

import numpy as np
import pytest
from scipy.linalg import expm

from skquantum.engines import ChainEngine, CompiledEngine
from skquantum.feature_maps import FEATURE_MAPS, CXChainFeatureMap, RXXChainFeatureMap
from skquantum.testing import FEATURE_MAP_CHECKS

each = pytest.mark.parametrize

X, Y, Z = np.array([[0, 1], [1, 0]]), np.array([[0, -1j], [1j, 0]]), np.diag([1, -1])


def on(n_qubits, **matrices):
    """Kronecker product of matrices, given as q0, q1, ..., little-endian."""
    found = np.eye(1)
    for qubit in range(n_qubits):
        found = np.kron(matrices.get(f"q{qubit}", np.eye(2)), found)
    return found


def plus(n_qubits):
    return np.full(2**n_qubits, 2 ** (-n_qubits / 2), dtype=complex)


def rxx_state(x, reps, distance, width):
    """Equations 6 to 8 of arXiv:2411.09336: exp(-i H_XX) exp(-i H_Z), repeated."""
    n = len(x)
    h_z = width * sum(x[i] * on(n, **{f"q{i}": Z}) for i in range(n))
    h_xx = np.zeros((2**n, 2**n))
    for i in range(n):
        for j in range(i + 1, min(n, i + distance + 1)):
            strength = np.pi / 2 * width**2 * (1 - x[i]) * (1 - x[j])
            h_xx = h_xx + strength * on(n, **{f"q{i}": X, f"q{j}": X})
    state = plus(n)
    for _ in range(reps):
        state = expm(-1j * h_xx) @ expm(-1j * h_z) @ state
    return state


def cx_state(x, reps):
    n = len(x)
    state = plus(n)
    for _ in range(reps):
        for qubit in range(n):
            state = on(n, **{f"q{qubit}": expm(-0.5j * x[qubit] * Z)}) @ state
            state = on(n, **{f"q{qubit}": expm(-0.5j * x[qubit] * Y)}) @ state
        z = np.arange(2**n)
        for qubit in range(n - 1):
            moved = np.empty_like(state)
            moved[z ^ ((z >> qubit & 1) << (qubit + 1))] = state
            state = moved
        for qubit in range(n):
            state = on(n, **{f"q{qubit}": expm(-0.5j * x[qubit] * Z)}) @ state
    return state


MAPS = [
    (RXXChainFeatureMap(), lambda x: rxx_state(x, 2, 1, 1.0)),
    (RXXChainFeatureMap(reps=1, distance=3, bandwidth=0.3), lambda x: rxx_state(x, 1, 3, 0.3)),
    (CXChainFeatureMap(), lambda x: cx_state(x, 1)),
    (CXChainFeatureMap(reps=2, bandwidth=0.5), lambda x: cx_state(0.5 * x, 2)),
]


@each(("feature_map", "formula"), MAPS)
@each("n_features", [1, 2, 5])
def test_states_are_those_of_the_formula(feature_map, formula, n_features):
    rows = np.random.default_rng(0).uniform(0, 2, (3, n_features))
    circuit = feature_map.build(n_features)
    states = CompiledEngine().open(circuit).states(rows)
    wanted = np.array([formula(row) for row in rows])
    np.testing.assert_allclose(states, wanted, atol=1e-12)


@each("feature_map", [part[0] for part in MAPS], ids=str)
@each("check", FEATURE_MAP_CHECKS)
def test_contract(check, feature_map):
    check(feature_map, n_features=4)


def test_boundaries():
    def states(feature_map):
        return 2 ** max(ChainEngine().open(feature_map.build(12)).program.n_bits)

    assert [states(RXXChainFeatureMap(reps=r)) for r in (1, 2, 3)] == [2, 8, 32]
    assert states(RXXChainFeatureMap(distance=2)) == 64
    assert states(CXChainFeatureMap()) == 2
    assert FEATURE_MAPS["rxx_chain"] is RXXChainFeatureMap
    assert FEATURE_MAPS["cx_chain"] is CXChainFeatureMap

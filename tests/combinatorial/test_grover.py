"""Minimum finding: its mean, its circuits, its limits."""

import numpy as np
import pytest
from qiskit import transpile
from qiskit.quantum_info import Statevector
from qiskit_aer import AerSimulator

from skquantum.combinatorial import (
    GroverSampler,
    all_energies,
    as_qubo,
    exact_minimum,
    expected_queries,
    find_minimum,
    grover,
    grover_circuit,
    minimize_qubo,
    query_budget,
)

each = pytest.mark.parametrize
# mean queries to the minimum, computed elsewhere from 2,000 runs each
MEANS = {16: 9.3, 64: 20.9, 256: 48.5, 1024: 102, 16384: 421}


def random_qubo(n, seed=0):
    return as_qubo(np.random.default_rng(seed).normal(size=(n, n)))


@each("n", [16, 64, 256, *(pytest.param(n, marks=pytest.mark.slow) for n in (1024, 16384))])
def test_mean_queries(n):
    """Of 2,000 runs, within three standard errors of the exact mean, and near the published one."""
    random_state = np.random.RandomState(0)
    last = [
        find_minimum(np.arange(n), max_queries=10**9, random_state=random_state)[1][-1]
        for _ in range(2000)
    ]
    exact = expected_queries(np.arange(n))
    assert abs(np.mean(last) - exact) < 3.5 * np.std(last) / np.sqrt(2000)
    assert exact == pytest.approx(MEANS[n], rel=0.05)
    assert np.mean(last) == pytest.approx(MEANS[n], rel=0.05)


def test_mean_queries_with_ties():
    values = np.repeat([0.0, 1.0, 2.0], [3, 5, 8])
    random_state = np.random.RandomState(1)
    last = [find_minimum(values, random_state=random_state)[1][-1] for _ in range(4000)]
    assert abs(np.mean(last) - expected_queries(values)) < 4 * np.std(last) / np.sqrt(4000)
    assert expected_queries([1.0, 1.0]) == 1
    # half of all are better, and every turn after none leads back to a half
    assert expected_queries([0.0, 1.0]) == pytest.approx(1 + 0.5 * 2 * _mean_rounds())


def _mean_rounds():
    """Return half the mean queries where every measurement succeeds in half of the cases."""
    reach, left, queries = 1.0, 1.0, 0.0
    for _ in range(200):
        queries += left * (np.ceil(reach) + 1) / 2
        left /= 2
        reach = min(8 / 7 * reach, np.sqrt(2))
    return queries / 2


@each("n_selected", [None, 2])
@each("n", [4, 6, 8])
def test_circuits_succeed_as_often_as_the_process(n, n_selected):
    energies = all_energies(random_qubo(n))
    allowed = None
    if n_selected is not None:
        allowed = np.bitwise_count(np.arange(2**n)) == n_selected
    candidates = energies if allowed is None else energies[allowed]
    for rank, turns in [(1, 1), (3, 2), (5, 4)]:
        marked = energies < np.sort(candidates)[rank]
        if allowed is not None:
            marked &= allowed
        circuit = grover_circuit(marked, turns, allowed)
        assert circuit.count_ops()["diagonal"] == turns
        circuit = transpile(circuit, basis_gates=["u", "cx"], optimization_level=0)
        circuit.save_statevector()
        simulator = AerSimulator(method="statevector")
        state = np.asarray(simulator.run(circuit).result().get_statevector())
        expected = np.sin((2 * turns + 1) * np.arcsin(np.sqrt(rank / len(candidates)))) ** 2
        found = abs(state[marked]) ** 2
        assert found.sum() == pytest.approx(expected, abs=1e-10)
        np.testing.assert_allclose(found, expected / rank, atol=1e-10)  # all alike


@each("n_selected", [None, 5])
@each("seed", range(5))
def test_finds_the_optimum_of_twelve_variables(seed, n_selected):
    Q = random_qubo(12, seed)
    found = minimize_qubo(Q, n_selected, solver="grover", random_state=seed)
    assert found.energies[0] == pytest.approx(exact_minimum(Q, n_selected).energies[0])
    info = found.info
    assert info["n_candidates"] == (4096 if n_selected is None else 792)
    assert 1 <= info["n_oracle_queries"] <= info["query_budget"]
    assert info["resources"]["n_qubits"] == grover_circuit(np.ones(2**12), 0).num_qubits


def test_the_budget_ends_a_run():
    candidates, queries = find_minimum(np.arange(10**4), max_queries=1, random_state=0)
    assert len(candidates) == len(queries) == 1
    assert query_budget(1) == 23
    assert grover(np.eye(3), max_queries=1, random_state=0).info["query_budget"] == 1


def test_sampler():
    sampled = GroverSampler().sample_qubo({(0, 0): -1.0, (0, 1): 2.0, (1, 1): -1.5}, seed=0)
    assert sampled.first.energy == -1.5


@each("turns", [0, 1, 2])
def test_one_qubit(turns):
    """Half of the candidates are marked, and no number of turns changes that."""
    state = Statevector(grover_circuit([True, False], turns))
    np.testing.assert_allclose(state.probabilities(), [0.5, 0.5])

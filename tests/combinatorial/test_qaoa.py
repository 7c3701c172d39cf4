"""QAOA beside known optima, the circuit on Aer, and derivatives by differences."""

import dimod
import numpy as np
import pytest
from qiskit import transpile
from qiskit_aer import AerSimulator

from skquantum._runtime import sharing
from skquantum.combinatorial import (
    QAOASampler,
    all_energies,
    as_qubo,
    exact_minimum,
    minimize_qubo,
    qaoa,
    qaoa_circuit,
)
from skquantum.combinatorial._qaoa_circuit import ring
from skquantum.combinatorial._qaoa_ring import RingObjective
from skquantum.combinatorial._qaoa_state import QAOAObjective
from skquantum.engines import AerEngine
from skquantum.optimizers import Adam

each = pytest.mark.parametrize


def random_qubo(n, seed=0):
    return as_qubo(np.random.default_rng(seed).normal(size=(n, n)))


def objective_of(energies, k, **options):
    if k is None:
        return QAOAObjective(energies, **options)
    return RingObjective(energies, np.bitwise_count(np.arange(len(energies))) == k, **options)


def dense_state(energies, weights):
    """Return the state, one gate after the other."""
    state = np.full(len(energies), len(energies) ** -0.5, dtype=complex)
    for gamma, beta in zip(*np.split(weights, 2), strict=True):
        state *= np.exp(-1j * gamma * energies)
        gate = np.array([[np.cos(beta), 1j * np.sin(beta)], [1j * np.sin(beta), np.cos(beta)]])
        for i in range(len(energies).bit_length() - 1):
            state = np.einsum("ab,xbz->xaz", gate, state.reshape(-1, 2, 2**i)).ravel()
    return state


def ring_of_disagrees(n):
    """Return the QUBO whose energy is minus the number of neighbours that differ."""
    Q = np.zeros((n, n))
    for i in range(n):
        Q[i, i] -= 2
        Q[i, (i + 1) % n] += 2
    return Q


@each("n_layers", [2, *(pytest.param(n, marks=pytest.mark.slow) for n in (1, 3))])
def test_ring_of_disagrees(n_layers):
    """Farhi, Goldstone and Gutmann: (2 p + 1) / (2 p + 2)."""
    found = qaoa(ring_of_disagrees(10), n_layers=n_layers, random_state=0)
    expected = (2 * n_layers + 1) / (2 * n_layers + 2)
    assert found.info["qaoa"]["approximation_ratio"] == pytest.approx(expected, abs=1e-6)


@each("k", [None, 1, 2])
@each("n", [1, 2, 3, 6, 9])
def test_gradients_are_derivatives(n, k):
    if k is not None and k > n:
        pytest.skip("more ones than variables")
    objective = objective_of(all_energies(random_qubo(n)), k)
    weights = np.random.default_rng(1).normal(size=6)
    value, gradient = objective.value_and_gradient(weights)
    assert value == pytest.approx(objective.value(weights), abs=1e-12)
    step = 1e-6 * np.eye(6)
    differences = [
        (objective.value(weights + e) - objective.value(weights - e)) / 2e-6 for e in step
    ]
    np.testing.assert_allclose(gradient, differences, atol=1e-7)


@each("k", [None, 3])
@each("n", [4, 7])
def test_state_is_that_of_the_circuit_on_aer(n, k):
    Q = random_qubo(n)
    gammas, betas = np.random.default_rng(2).normal(size=(2, 3))
    circuit = qaoa_circuit(Q, 3, k).assign_parameters(np.concatenate([betas, gammas]))
    circuit = transpile(circuit, basis_gates=["u", "cx"], optimization_level=0)
    circuit.save_statevector()
    state = np.asarray(AerSimulator(method="statevector").run(circuit).result().get_statevector())
    objective = objective_of(all_energies(Q), k)
    weights = np.concatenate([gammas, betas])
    probabilities = objective.probabilities(weights)
    np.testing.assert_allclose(probabilities, abs(state) ** 2, atol=1e-10)
    expected = abs(state) ** 2 @ all_energies(Q)
    assert objective.value(weights) == pytest.approx(expected, abs=1e-10)
    overlap = np.vdot(state, objective.amplitudes(weights))
    assert abs(overlap) == pytest.approx(1, abs=1e-10)  # relative phases, too


# without a row, with a tile, and with tiles for the high qubits, whose number is odd or even
@each("n_layers", [1, 2, 3])
@each("n", [1, 2, 3, 4, 6, 12, 13, 14, 15])
def test_passes_over_tiles_are_gates_on_qubits(n, n_layers):
    energies = np.random.default_rng(n).normal(size=2**n)
    weights = np.random.default_rng(n_layers).normal(scale=2, size=2 * n_layers)
    objective = QAOAObjective(energies)
    state = dense_state(energies, weights)
    overlap = np.vdot(state, objective.amplitudes(weights))
    assert abs(overlap) == pytest.approx(1, abs=1e-12)
    np.testing.assert_allclose(objective.probabilities(weights), abs(state) ** 2, atol=1e-13)

    def energy(weights):
        return abs(dense_state(energies, weights)) ** 2 @ energies

    value, gradient = objective.value_and_gradient(weights)
    assert value == pytest.approx(energy(weights), abs=1e-12)
    assert objective.value(weights) == pytest.approx(value, abs=1e-12)
    step = 1e-5 * np.eye(len(weights))
    differences = [(energy(weights + e) - energy(weights - e)) / 2e-5 for e in step]
    np.testing.assert_allclose(gradient, differences, atol=1e-8)


@each("k", [None, 3])
@each("n_threads", [2, 3])
def test_threads_share_a_state_without_a_trace(n_threads, k):
    energies = all_energies(random_qubo(14))
    weights = np.random.default_rng(3).normal(size=4)
    alone = objective_of(energies, k)
    with sharing(n_threads) as share:
        shared = objective_of(energies, k, share=share)
        assert shared.value(weights) == alone.value(weights)
        value, gradient = shared.value_and_gradient(weights)
        probabilities = shared.probabilities(weights)
    expected = alone.value_and_gradient(weights)
    assert value == expected[0]
    np.testing.assert_array_equal(gradient, expected[1])
    np.testing.assert_array_equal(probabilities, alone.probabilities(weights))


@each("k", [None, 5])
@each("seed", range(3))
def test_finds_the_optimum_of_twelve_variables(seed, k):
    Q = random_qubo(12, seed)
    found = minimize_qubo(Q, k, solver="qaoa", random_state=seed)
    assert found.energies[0] == pytest.approx(exact_minimum(Q, k).energies[0])
    info = found.info
    for name in ("p_optimum", "approximation_ratio"):
        assert info["random"][name] < info["qaoa"][name] <= 1
        assert info["annealing"][name] <= 1 + 1e-12
    if k is not None:
        assert (found.samples.sum(axis=1) == k).all()


@each("k", [None, 3])
def test_resources_are_those_of_the_circuit(k):
    Q = random_qubo(6)
    Q[0, 1] = Q[1, 0] = 0
    found = qaoa(Q, k, n_layers=2, random_state=0)
    circuit, start = (
        transpile(
            qaoa_circuit(Q, p, k),
            basis_gates=["rz", "ry", "rx", "h", "sx", "cx"],
            optimization_level=0,
        )
        for p in (2, 0)
    )
    cx = circuit.count_ops()["cx"] - start.count_ops().get("cx", 0)
    assert found.info["resources"]["cx"] == cx
    assert found.info["resources"]["n_qubits"] == circuit.num_qubits


def test_starts_and_optimizers():
    Q = random_qubo(6)
    by_default = qaoa(Q, random_state=0)
    ratio = by_default.info["qaoa"]["approximation_ratio"]
    again = qaoa(Q, init=by_default.info["angles"], max_iter=1, random_state=0)
    assert again.info["qaoa"]["approximation_ratio"] == pytest.approx(ratio, abs=1e-4)
    for settings in ({"init": "ramp"}, {"optimizer": Adam()}, {"optimizer": "spsa"}):
        found = qaoa(Q, random_state=0, **settings)
        assert (
            found.info["qaoa"]["approximation_ratio"] > found.info["random"]["approximation_ratio"]
        )


@each("k", [None, 2])
@each("engine", ["aer", "compiled"])
def test_engines_find_the_same_angles(engine, k):
    Q = random_qubo(5)
    ours, theirs = (qaoa(Q, k, n_layers=2, engine=e, random_state=0) for e in (None, engine))
    for name in ("p_optimum", "approximation_ratio"):
        assert theirs.info["qaoa"][name] == pytest.approx(ours.info["qaoa"][name], abs=1e-4)
    with pytest.raises(ValueError, match="cannot return state vectors"):
        qaoa(Q, k, engine=AerEngine(shots=10))


def test_sampler():
    sampler = QAOASampler(n_layers=2, shots=200)
    dimod.testing.assert_sampler_api(sampler)
    bqm = dimod.BinaryQuadraticModel(random_qubo(7), "BINARY")
    best = dimod.ExactSolver().sample(bqm).first.energy
    assert sampler.sample(bqm, seed=0).first.energy == pytest.approx(best)
    assert QAOASampler().set_params(n_layers=1).get_params()["n_layers"] == 1


def test_ring_has_each_pair_once():
    assert [len(ring(n)) for n in (1, 2, 3, 4, 7)] == [0, 1, 3, 4, 7]


def test_what_is_refused():
    with pytest.raises(MemoryError, match=r"QAOA of 60 variables needs .* use solver='annealing'"):
        qaoa(np.eye(60))
    with pytest.raises(MemoryError, match=r"QAOA of 60 variables needs .* GiB is free"):
        qaoa(np.eye(60), engine="compiled")
    with pytest.raises(ValueError, match="init='lamp' is unknown: did you mean 'ramp'"):
        qaoa(np.eye(3), init="lamp")
    with pytest.raises(ValueError, match=r"init has shape \(2,\) for 3 layers; pass 6 angles"):
        qaoa(np.eye(3), init=[0.1, 0.2])


@each("n_selected", [0, 5])
def test_nothing_to_choose(n_selected):
    found = qaoa(random_qubo(5), n_selected)
    assert found.samples.sum() == n_selected
    assert found.info["qaoa"]["approximation_ratio"] == 1

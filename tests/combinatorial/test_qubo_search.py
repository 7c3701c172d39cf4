"""Searches of QUBOs, beside all assignments written out."""

from itertools import product

import dimod
import numpy as np
import pytest
from dwave.system import EmbeddingComposite
from dwave.system.testing import MockDWaveSampler
from labels import label

from skquantum.combinatorial import (
    AnnealingSampler,
    ExactSampler,
    all_energies,
    as_qubo,
    energy,
    exact_minimum,
    minimize_qubo,
    simulated_annealing,
    with_ones,
)

each = pytest.mark.parametrize


def random_qubo(n, seed=0):
    return np.random.default_rng(seed).normal(size=(n, n))


def written_out(Q, n_selected=None):
    """Return the energies of all assignments in ascending order, and the assignments."""
    x = np.array(list(product([0, 1], repeat=len(Q))))
    if n_selected is not None:
        x = x[x.sum(axis=1) == n_selected]
    energies = np.array([row @ Q @ row for row in x])
    order = energies.argsort()
    return energies[order], x[order]


def test_energies_by_doubling():
    Q = as_qubo(random_qubo(7))
    expected = [
        sum(Q[i, j] for i in range(7) for j in range(7) if z >> i & 1 and z >> j & 1)
        for z in range(128)
    ]
    np.testing.assert_allclose(all_energies(Q), expected, atol=1e-12)


@each("n_selected", [None, 0, 1, 4, 9])
def test_exact_minimum_of_few_variables(n_selected):
    Q = random_qubo(9)
    energies, x = written_out(Q, n_selected)
    found = exact_minimum(Q, n_selected, n_best=3)
    np.testing.assert_allclose(found.energies, energies[:3], atol=1e-12)
    np.testing.assert_array_equal(found.samples, x[:3])


@each("n_selected", [None, 0, 1, 5, 12])
def test_branches_find_what_the_table_finds(n_selected, monkeypatch):
    Q = random_qubo(12)
    energies, x = written_out(Q, n_selected)
    monkeypatch.setattr("skquantum.combinatorial._exact.LARGEST_TABLE", 1)
    found = exact_minimum(Q, n_selected, n_best=4)
    np.testing.assert_allclose(found.energies, energies[:4], atol=1e-12)
    np.testing.assert_array_equal(found.samples, x[:4])


@each("n_selected", [None, 0, 1, 5, 12])
def test_annealing_finds_the_minimum(n_selected):
    Q = random_qubo(12, seed=1)
    energies, _ = written_out(Q, n_selected)
    found = simulated_annealing(Q, n_selected, random_state=0)
    assert found.energies[0] == pytest.approx(energies[0], abs=1e-12)
    np.testing.assert_allclose(energy(as_qubo(Q), found.samples), found.energies, atol=1e-12)
    if n_selected is not None:
        assert (found.samples.sum(axis=1) == n_selected).all()


def test_annealing_depends_on_its_seed_only():
    Q = random_qubo(30)
    first, again = (simulated_annealing(Q, 9, n_sweeps=3, random_state=5) for _ in range(2))
    np.testing.assert_array_equal(first.samples, again.samples)


@each("vartype", ["BINARY", "SPIN"])
@each("sampler", [ExactSampler(), AnnealingSampler()], ids=["exact", "annealing"])
def test_samplers_agree_with_dimod(sampler, vartype):
    rng = np.random.default_rng(0)
    names = list("abcdefg")
    bqm = dimod.BinaryQuadraticModel(
        {name: rng.normal() for name in names},
        {(names[i], names[j]): rng.normal() for i in range(7) for j in range(i)},
        rng.normal(),
        vartype,
    )
    assert isinstance(sampler, dimod.Sampler)
    dimod.testing.assert_sampler_api(sampler)
    found, best = sampler.sample(bqm, seed=0).first, dimod.ExactSolver().sample(bqm).first
    assert found.energy == pytest.approx(best.energy)
    assert found.sample == best.sample
    assert sampler.sample_ising({"a": 1.0}, {("a", "b"): 1.0}).first.energy == -2
    assert len(sampler.sample(dimod.BinaryQuadraticModel(vartype))) <= 1


@each("n_selected", [None, 3])
@each("solver", ["quantum_annealing", dimod.ExactSolver(), AnnealingSampler()], ids=label)
def test_any_sampler_solves(solver, n_selected):
    Q = random_qubo(8)
    energies, x = written_out(Q, n_selected)
    found = minimize_qubo(Q, n_selected, solver=solver, random_state=0)
    assert found.energies[0] == pytest.approx(energies[0])
    np.testing.assert_array_equal(found.samples[0], x[0])


@each("n_selected", [0, 8])
def test_a_sampler_can_have_no_choice(n_selected):
    found = minimize_qubo(random_qubo(8), n_selected, solver=dimod.ExactSolver())
    np.testing.assert_array_equal(found.samples, np.full((1, 8), n_selected == 8))


def test_the_way_to_an_annealer():
    Q = random_qubo(8)
    solver = EmbeddingComposite(MockDWaveSampler(topology_type="pegasus", topology_shape=[2]))
    found = minimize_qubo(Q, 4, solver=solver, random_state=0)
    assert (found.samples.sum(axis=1) == 4).all()
    assert found.energies[0] == pytest.approx(written_out(Q, 4)[0][0])


def test_ones_are_added_and_removed_where_it_costs_least():
    Q = np.diag([-3.0, -1.0, -2.0, 4.0])
    x = with_ones(Q, [[1, 1, 1, 1], [0, 0, 0, 0]], 2)
    np.testing.assert_array_equal(x, [[True, False, True, False]] * 2)


@each(
    ("Q", "n_selected", "message"),
    [
        (np.ones((2, 3)), None, "square matrix, and Q has shape"),
        ([[np.nan]], None, r"Q\[0, 0\] is nan"),
        (np.ones((2, 2)), 3, "n_selected=3 of 2 variables"),
        (np.ones((60, 60)), None, "1.2e[+]18 assignments, more than 1e[+]11"),
    ],
)
def test_what_is_refused(Q, n_selected, message):
    with pytest.raises(ValueError, match=message):
        exact_minimum(Q, n_selected)


def test_solvers_that_are_none():
    with pytest.raises(ValueError, match="did you mean 'exact'"):
        minimize_qubo(np.eye(2), solver="exakt")
    with pytest.raises(TypeError, match="neither a name nor a sampler"):
        minimize_qubo(np.eye(2), solver=3)


def test_a_missing_extra_is_named(monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "dwave.samplers", None)
    with pytest.raises(ImportError, match=r'pip install "skquantum\[combinatorial\]"'):
        minimize_qubo(np.eye(2), solver="quantum_annealing")

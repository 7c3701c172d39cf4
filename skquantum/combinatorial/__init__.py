"""QUBO, and what searches assignments of low energy: functions, and samplers of dimod."""

from skquantum._lazy import lazy_names
from skquantum.combinatorial._annealing import simulated_annealing
from skquantum.combinatorial._exact import exact_minimum
from skquantum.combinatorial._factorization import factorization_machine
from skquantum.combinatorial._grover import (
    expected_queries,
    find_minimum,
    grover,
    grover_circuit,
    query_budget,
)
from skquantum.combinatorial._qaoa import qaoa
from skquantum.combinatorial._qaoa_circuit import qaoa_circuit
from skquantum.combinatorial._qubo import LowEnergies, all_energies, as_qubo, distinct, energy
from skquantum.combinatorial._solvers import SOLVERS, check_solver, minimize_qubo, with_ones

__all__ = [
    "SOLVERS",
    "AnnealingSampler",
    "ExactSampler",
    "GroverSampler",
    "LocalSampler",
    "LowEnergies",
    "QAOASampler",
    "all_energies",
    "as_qubo",
    "check_solver",
    "distinct",
    "energy",
    "exact_minimum",
    "expected_queries",
    "factorization_machine",
    "find_minimum",
    "grover",
    "grover_circuit",
    "minimize_qubo",
    "qaoa",
    "qaoa_circuit",
    "query_budget",
    "simulated_annealing",
    "with_ones",
]

# these derive from a class of dimod, which is optional
__getattr__ = lazy_names(
    __name__,
    {
        "AnnealingSampler": "skquantum.combinatorial._samplers",
        "ExactSampler": "skquantum.combinatorial._samplers",
        "GroverSampler": "skquantum.combinatorial._samplers",
        "LocalSampler": "skquantum.combinatorial._samplers",
        "QAOASampler": "skquantum.combinatorial._samplers",
    },
)

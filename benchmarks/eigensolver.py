"""VQE beside qiskit-algorithms in the same run, on one thread.

    pip install "qiskit-algorithms>=0.4"
    python benchmarks/eigensolver.py

Targets: each energy to 1e-6 in less than 5 s; 50 x the speed of qiskit-algorithms with Aer's
EstimatorV2. The same ansatz, the same start and the same optimizer; theirs differentiates by finite
differences, so that the two may end in different minima. Times are medians of three runs. The
benchmark stops if energies at the start differ.
"""

import os
from functools import partial

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
from _timing import check_equal, header, median_seconds
from qiskit import QuantumCircuit
from qiskit.circuit import ParameterVector
from qiskit.circuit.library import n_local
from qiskit.quantum_info import SparsePauliOp
from qiskit_aer.primitives import EstimatorV2
from qiskit_algorithms import VQE as PeerVQE
from qiskit_algorithms.optimizers import SLSQP
from threadpoolctl import threadpool_limits

from skquantum import VQE
from skquantum.engines import resolve_engine
from skquantum.variational import EnergyObjective

RUNS = 3


def ising(n_qubits):
    """Return the transverse-field Ising ring, h = J = 1, and a Hamiltonian-variational ansatz."""
    rings = [("ZZ", [q, (q + 1) % n_qubits], -1.0) for q in range(n_qubits)]
    fields = [("X", [q], -1.0) for q in range(n_qubits)]
    w = ParameterVector("w", n_qubits)
    circuit = QuantumCircuit(n_qubits)
    circuit.h(range(n_qubits))
    for layer in range(n_qubits // 2):
        for q in range(n_qubits):
            circuit.rzz(w[2 * layer], q, (q + 1) % n_qubits)
        for q in range(n_qubits):
            circuit.rx(w[2 * layer + 1], q)
    return SparsePauliOp.from_sparse_list(rings + fields, n_qubits), circuit


def cases():
    """Return operators and ansätze by name."""
    two = n_local(2, ["ry", "rz"], "cx", reps=2)
    spins = SparsePauliOp(["ZZ", "ZI", "IZ", "XX"], [-1.0, 0.5, 0.5, 0.2])
    hydrogen = SparsePauliOp(
        ["II", "IZ", "ZI", "ZZ", "XX"],
        [-1.052373245772859, 0.39793742484318045, -0.39793742484318045]
        + [-0.01128010425623538, 0.18093119978423156],
    )
    return {
        "two spins": (spins, two),
        "H2 at 0.735 angstrom": (hydrogen, two),
        "Ising ring of 6": ising(6),
        "Ising ring of 10": ising(10),
    }


def main():
    """Print a line per operator."""
    header("skquantum", "qiskit", "qiskit-aer", "qiskit-algorithms")
    # loads what is compiled
    VQE("real_amplitudes", max_iter=2, random_state=0).fit(SparsePauliOp(["ZZ", "XX"]))
    for name, (operator, ansatz) in cases().items():
        start = np.random.default_rng(0).uniform(-np.pi, np.pi, ansatz.num_parameters)
        energy = EnergyObjective(ansatz, operator, resolve_engine("compiled")).value(start)
        (same,) = EstimatorV2().run([(ansatz, operator, start)]).result()
        check_equal("energy", np.array(energy), same.data.evs)
        model = VQE(ansatz, optimizer="slsqp", max_iter=300, initial_weights=start)
        mine, ours = median_seconds(partial(model.fit, operator), RUNS)
        peer = PeerVQE(EstimatorV2(), ansatz, SLSQP(maxiter=300), initial_point=start)
        theirs, found = median_seconds(partial(peer.compute_minimum_eigenvalue, operator), RUNS)
        print(
            f"{name:22} error {ours.errors()[0]:.1e} in {mine:.3f} s ({ours.n_iter_} iterations); "
            f"qiskit-algorithms {found.eigenvalue.real - ours.exact_energies()[0]:.1e} in "
            f"{theirs:.1f} s ({found.cost_function_evals} evaluations); {theirs / mine:.0f} x",
            flush=True,
        )


if __name__ == "__main__":
    with threadpool_limits(1):
        main()

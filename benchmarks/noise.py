"""Noisy kernel: N + N simulations and one product, beside one circuit for every pair.

    OMP_NUM_THREADS=1 python benchmarks/noise.py [--qubits 6] [--rows 200]

The pairwise route is Aer's density-matrix method on the compute-uncompute circuit, transpiled once
with its parameters free, which is the fastest way we know to run it; it is timed on some of the
pairs and scaled to all of them. The entries of these pairs are checked to be the same.
"""

import argparse
import os
import time

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
from _timing import check_equal, header, median_seconds
from qiskit import transpile
from qiskit.circuit import ParameterVector
from qiskit.circuit.library import zz_feature_map
from qiskit_aer import AerSimulator
from qiskit_aer.noise import NoiseModel, ReadoutError, depolarizing_error, thermal_relaxation_error

from skquantum.engines import AerEngine
from skquantum.kernels import FidelityKernel


def noise():
    """Depolarising and thermal noise of the gates, and readout errors."""
    model = NoiseModel(basis_gates=["rz", "sx", "x", "cx"])
    relaxation = thermal_relaxation_error(100e3, 80e3, 50)
    model.add_all_qubit_quantum_error(depolarizing_error(0.001, 1).compose(relaxation), ["sx", "x"])
    pair = thermal_relaxation_error(100e3, 80e3, 300)
    model.add_all_qubit_quantum_error(
        depolarizing_error(0.01, 2).compose(pair.tensor(pair)), ["cx"]
    )
    model.add_all_qubit_readout_error(ReadoutError([[0.99, 0.01], [0.02, 0.98]]))
    return model


def read_as_zeros(probabilities, n_qubits):
    """Return the probability of reading zeros, given those of the true bits."""
    accepted = np.ones(1)
    for _ in range(n_qubits):
        accepted = np.kron([0.99, 0.02], accepted)
    return probabilities @ accepted


def pairwise(circuit, X, pairs, model):
    """Return the kernel of some pairs, and the seconds that their simulation took."""
    n_qubits, n_features = circuit.num_qubits, circuit.num_parameters
    x, y = ParameterVector("x", n_features), ParameterVector("y", n_features)
    both = circuit.assign_parameters(dict(zip(circuit.parameters, x, strict=True)))
    both.barrier()
    back = circuit.assign_parameters(dict(zip(circuit.parameters, y, strict=True)))
    both = both.compose(back.inverse())
    simulator = AerSimulator(
        method="density_matrix",
        noise_model=model,
        max_parallel_threads=1,
        runtime_parameter_bind_enable=True,
    )
    ready = transpile(both, simulator, optimization_level=0)
    ready.global_phase = 0  # which Aer cannot bind, and nobody measures
    ready.save_probabilities()
    start = time.perf_counter()
    binds = {p: X[pairs[:, 0], k].tolist() for k, p in enumerate(x)}
    binds |= {p: X[pairs[:, 1], k].tolist() for k, p in enumerate(y)}
    result = simulator.run(ready, parameter_binds=[binds], shots=1).result()
    found = [result.data(k)["probabilities"] for k in range(len(pairs))]
    seconds = time.perf_counter() - start
    return read_as_zeros(np.array(found), n_qubits), seconds


def main(n_qubits, n_rows, n_sampled):
    """Print both times."""
    model = noise()
    circuit = zz_feature_map(n_qubits, reps=2, entanglement="linear")
    rng = np.random.default_rng(0)
    X = rng.uniform(0, 2, (n_rows, n_qubits))
    engine = AerEngine(noise_model=model, max_parallel_threads=1)
    kernel = FidelityKernel(circuit, engine=engine, symmetric=False)
    seconds, K = median_seconds(lambda: kernel(X), 3)
    pairs = rng.integers(0, n_rows, (n_sampled, 2))
    entries, sampled = pairwise(circuit, X, pairs, model)
    difference = check_equal("pairwise", entries, K[pairs[:, 0], pairs[:, 1]], 1e-12)
    print(f"{n_qubits} qubits, {n_rows} rows, all pairs in both orders: {seconds:.2f} s")
    for what, n_pairs in {
        "every pair once": n_rows * (n_rows + 1) // 2,
        "every pair in both orders": n_rows**2,
    }.items():
        theirs = sampled / n_sampled * n_pairs
        print(
            f"    pair by pair, {what}: {theirs:.0f} s ({n_sampled} of {n_pairs} timed), "
            f"{theirs / seconds:.0f} x (target 100)"
        )
    print(f"    largest difference {difference:.0e}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--qubits", type=int, default=6)
    parser.add_argument("--rows", type=int, default=200)
    parser.add_argument("--pairs", type=int, default=200)
    options = parser.parse_args()
    header("qiskit", "qiskit-aer", "numpy")
    main(options.qubits, options.rows, options.pairs)

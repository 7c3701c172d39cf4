"""Projected kernels: 100 rows of 10 qubits beside sQUlearn, and 1,000 rows of 165 qubits.

    OMP_NUM_THREADS=1 python benchmarks/projected.py [--rows 100] [--qubits 10]

sQUlearn runs on qulacs, with the same circuit, observables and width of the Gaussian, and is left
out if it is not installed; both matrices have to agree.
"""

import argparse
import os

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
from _timing import check_equal, header, median_seconds
from qiskit import QuantumCircuit
from qiskit.circuit import ParameterVector

from skquantum.feature_maps import RXXChainFeatureMap, ZZFeatureMap
from skquantum.kernels import ProjectedKernel


def rotations(n_qubits):
    """Return two layers of rotations and a ring of CX gates."""
    x = ParameterVector("x", n_qubits)
    circuit = QuantumCircuit(n_qubits)
    for _ in range(2):
        for qubit in range(n_qubits):
            circuit.ry(x[qubit], qubit)
            circuit.rz(x[qubit], qubit)
        for qubit in range(n_qubits):
            circuit.cx(qubit, (qubit + 1) % n_qubits)
    return circuit


def beside_squlearn(circuit, X, gamma):
    """Print times for one matrix, ours by both engines."""
    ours = {}
    for engine in ("compiled", "aer"):
        kernel = ProjectedKernel(circuit, gamma=gamma, engine=engine).fit(X)
        ours[engine], K = median_seconds(lambda kernel=kernel: kernel(X), 5)
        print(f"ours, {engine:9}{1e3 * ours[engine]:10.1f} ms", flush=True)
    try:
        from squlearn import Executor
        from squlearn.encoding_circuit import QiskitEncodingCircuit
        from squlearn.kernel import ProjectedQuantumKernel
    except ImportError as error:
        print(f"sQUlearn is left out: {error}")
        return
    theirs = ProjectedQuantumKernel(
        QiskitEncodingCircuit(circuit, mode="features"),
        Executor("qulacs"),
        gamma=gamma,
        caching=False,
    )
    seconds, other = median_seconds(lambda: theirs.evaluate(X, X), 3)
    check_equal("sQUlearn", K, other, 1e-10)
    ratios = ", ".join(f"{seconds / own:.0f} x ({engine})" for engine, own in ours.items())
    print(f"sQUlearn, qulacs {1e3 * seconds:8.1f} ms: {ratios}", flush=True)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=100)
    parser.add_argument("--qubits", type=int, default=10)
    options = parser.parse_args()
    header("skquantum", "scikit-learn", "qiskit", "qiskit-aer")
    rng = np.random.default_rng(0)
    print(f"\n{options.rows} rows, {options.qubits} qubits, X, Y and Z of each, one core")
    X = rng.uniform(-1, 1, (options.rows, options.qubits))
    beside_squlearn(rotations(options.qubits), X, 0.3)
    print("\n1,000 rows, 165 qubits, on ChainEngine, two threads")
    X = rng.uniform(-1, 1, (1000, 165))
    for feature_map in (
        RXXChainFeatureMap(),
        ZZFeatureMap(entanglement="linear", bandwidth=0.3),
    ):
        kernel = ProjectedKernel(feature_map, engine="chain", n_jobs=2)
        kernel.fit_gram(X[:4])  # compiles
        seconds, _ = median_seconds(lambda kernel=kernel: kernel.fit_gram(X), 1)
        print(f"{type(feature_map).__name__:20}{seconds:6.1f} s", flush=True)

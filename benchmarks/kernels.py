"""Kernel matrices, beside qiskit-machine-learning in the same run.

    python benchmarks/kernels.py

Prints medians and ratios, and checks that every matrix is the same. Targets: 15 x
FidelityStatevectorKernel (400 rows) and 300 x the default FidelityQuantumKernel (40 rows) on a
serial Aer; 1.6 x with two workers on a job of ten seconds or more.
"""

import numpy as np
from _timing import check_equal, header, median_seconds
from joblib import effective_n_jobs
from qiskit.circuit.library import zz_feature_map
from qiskit_machine_learning.kernels import FidelityQuantumKernel, FidelityStatevectorKernel
from sklearn.base import clone

from skquantum import QSVC
from skquantum.engines import AerEngine
from skquantum.kernels import FidelityKernel

N_QUBITS = 10


def serial_against_peers(rng):
    """400 rows against the statevector kernel, 40 against the default one."""
    circuit = zz_feature_map(N_QUBITS, reps=2, entanglement="full")
    X = rng.uniform(0, 2, (400, N_QUBITS))
    # One thread: the ratio is that of the work, not of the cores.
    kernel = FidelityKernel("zz", engine=AerEngine(max_parallel_threads=1))
    kernel(X[:4])

    ours, K = median_seconds(lambda: kernel(X), 5)
    peer = FidelityStatevectorKernel(feature_map=circuit)
    theirs, K_peer = median_seconds(lambda: peer.evaluate(X), 3)
    check_equal("FidelityStatevectorKernel", K, K_peer)
    report("400 rows", "FidelityStatevectorKernel", ours, theirs, target=15)

    few = X[:40]
    ours, K = median_seconds(lambda: kernel(few), 5)
    # Its default sampler returns exact probabilities.
    peer = FidelityQuantumKernel(feature_map=circuit)
    theirs, K_peer = median_seconds(lambda: peer.evaluate(few), 1)
    agreement = np.abs(K - K_peer).max()
    report("40 rows", "FidelityQuantumKernel", ours, theirs, target=300)
    print(
        f"    largest difference to FidelityQuantumKernel (1024 shots by default): {agreement:.1e}"
    )


def two_workers(rng):
    """Simulate a job of ten seconds or more with one worker and with two."""
    if effective_n_jobs(-1) < 2:
        print("one core only: no comparison of workers")
        return
    X = rng.uniform(0, 2, (24_000, N_QUBITS))
    kernel = FidelityKernel("zz", engine=AerEngine(max_parallel_threads=1)).fit(X)
    kernel.encode(X[:8000], n_jobs=2)  # warm workers: they stay for the session
    one, states = median_seconds(lambda: kernel.encode(X, n_jobs=1), 1)
    two, states_two = median_seconds(lambda: kernel.encode(X, n_jobs=2), 1)
    assert np.array_equal(states, states_two)
    print(f"{len(X)} rows: one worker {one:.1f} s, two workers {two:.1f} s, {one / two:.2f} x")
    print("    target 1.6 x; states bit-identical")


def second_predict(rng):
    """Show that predict simulates only its own rows."""
    X = rng.normal(size=(400, N_QUBITS))
    model = QSVC(kernel="zz").fit(X, X[:, 0] > 0)
    few = X[:10]
    fit, _ = median_seconds(lambda: clone(model).fit(X, X[:, 0] > 0), 3)
    predict, _ = median_seconds(lambda: model.predict(few), 5)
    print(f"fit on 400 rows {fit * 1e3:.0f} ms, predict on 10 rows {predict * 1e3:.1f} ms")


def report(what, peer, ours, theirs, target):
    """Print a line of the comparison."""
    ratio = theirs / ours
    print(
        f"{what}: skquantum {ours * 1e3:.0f} ms, {peer} {theirs * 1e3:.0f} ms, "
        f"{ratio:.0f} x (target {target} x)"
    )


if __name__ == "__main__":
    header("qiskit", "qiskit-aer", "qiskit-machine-learning", "scikit-learn")
    print("ZZ map, 10 qubits, reps=2, full entanglement")
    generator = np.random.default_rng(0)
    serial_against_peers(generator)
    two_workers(generator)
    second_predict(generator)

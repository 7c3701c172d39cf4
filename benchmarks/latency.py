"""Latency of single calls, beside scikit-learn and PennyLane in the same run.

    OMP_NUM_THREADS=1 python benchmarks/latency.py [--features 10] [--engine-only]

Times of estimators, warm and the first of a process, are medians, and minima in brackets, in
milliseconds. Targets on an idle machine: 40 rows of a fitted "zz" kernel at most 2 ms, and one row
predicted by QSVC at most 0.5 ms, where SVC takes 0.1.

Then few rows of trained circuits on CompiledEngine, minima in milliseconds, beside PennyLane's
lightning.qubit (gradients by its adjoint method, row by row) if it is installed; each row checks
that both gave the same numbers. Targets: one row of 9 qubits and 109 operations in 0.4 ms, and its
gradient in 1.5 ms, 15 and 6 times as fast as lightning.qubit; the gradient of 32 rows of two
re-uploading layers on 6 qubits in 0.5 ms; time that grows with L for L gates on one qubit.
"""

import argparse
import os
import time
import warnings

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
from _timing import check_equal, header
from qiskit import QuantumCircuit
from qiskit.circuit import ParameterVector
from qiskit.circuit.library import efficient_su2, real_amplitudes
from qiskit.quantum_info import SparsePauliOp
from sklearn.kernel_ridge import KernelRidge
from sklearn.neural_network import MLPClassifier
from sklearn.svm import SVC

from skquantum import QSVC, VQC, QuantumKernelRidge
from skquantum.ansatze import ReuploadingAnsatz
from skquantum.engines import CompiledEngine
from skquantum.feature_maps import AngleFeatureMap
from skquantum.kernels import FidelityKernel


def report(name, function, repeats):
    """Print how long the first call and the others take; return the last result."""
    times = []
    for _ in range(repeats + 1):
        start = time.perf_counter()
        result = function()
        times.append(1e3 * (time.perf_counter() - start))
    first, *warm = times
    print(f"{name:34} first {first:9.2f}   warm {np.median(warm):7.3f} ({min(warm):.3f})")
    return result


def fastest(function, seconds=0.2):
    """Return the shortest time of a call in milliseconds, and the last result."""
    times = []
    end = time.perf_counter() + seconds
    while len(times) < 3 or time.perf_counter() < end:
        start = time.perf_counter()
        result = function()
        times.append(1e3 * (time.perf_counter() - start))
    return min(times), result


def by_lightning(circuit):
    """Return functions for the states of rows, and the gradients of Z on qubit 0, or None."""
    try:
        import pennylane as qml
    except ImportError:
        return None
    n_qubits, parameters = circuit.num_qubits, list(circuit.parameters)
    kinds = {"h": qml.Hadamard, "cx": qml.CNOT, "rx": qml.RX, "ry": qml.RY, "rz": qml.RZ}
    gates = []
    for item in circuit.data:
        # PennyLane counts wires from the most significant bit
        wires = [n_qubits - 1 - circuit.find_bit(qubit).index for qubit in item.qubits]
        places = [parameters.index(parameter) for parameter in item.operation.params]
        gates.append((kinds[item.operation.name], places, wires))
    device = qml.device("lightning.qubit", wires=n_qubits)

    def apply(row):
        for kind, places, wires in gates:
            kind(*[row[place] for place in places], wires=wires)

    @qml.qnode(device)
    def state(row):
        apply(row)
        return qml.state()

    @qml.qnode(device, diff_method="adjoint")
    def expectation(row):
        apply(row)
        return qml.expval(qml.PauliZ(n_qubits - 1))

    def states(values):
        return np.array([state(row) for row in values])

    def gradients(values):
        rows = [qml.numpy.array(row, requires_grad=True) for row in values]
        return np.array([qml.grad(expectation)(row) for row in rows])

    return states, gradients


def engine_row(name, circuit, n_rows, *, beside=True):
    """Print times of states and gradients, and of lightning.qubit where it is installed."""
    session = CompiledEngine().open(circuit)
    values = np.random.default_rng(0).uniform(-3, 3, (n_rows, circuit.num_parameters))
    observables = [SparsePauliOp("I" * (circuit.num_qubits - 1) + "Z")]
    ones = np.ones((n_rows, 1))
    line = f"{name:34}{n_rows:>5}"
    functions = (
        lambda: session.states(values),
        lambda: session.gradients(values, observables, ones)[1],
    )
    peers = by_lightning(circuit) if beside else None
    for number, function in enumerate(functions):
        function()
        ours, found = fastest(function)
        line += f"{ours:>12.3f}"
        if peers is not None:
            theirs, other = fastest(lambda peer=peers[number]: peer(values))
            check_equal(name, found, other)
            line += f"{theirs:>12.2f} ({theirs / ours:>5.0f} x)"
    print(line, flush=True)


def product_of_gates(n_gates):
    """Return rotations one after another on one qubit."""
    angles = ParameterVector("a", n_gates)
    circuit = QuantumCircuit(1)
    for number, angle in enumerate(angles):
        getattr(circuit, ("rx", "rz", "ry")[number % 3])(angle, 0)
    return circuit


def engine_tables():
    """Print times of few rows on CompiledEngine."""
    print(f"\n{'states and gradients':34}{'rows':>5}{'ours':>12}{'lightning.qubit':>21}")
    for n_qubits in (4, 6, 9, 12, 16):
        for n_rows in (1, 8, 64):
            name = f"efficient_su2, {n_qubits} qubits, reps=3"
            # lightning.qubit takes minutes for these
            engine_row(name, efficient_su2(n_qubits), n_rows, beside=n_qubits < 12 or n_rows == 1)
    engine_row("real_amplitudes, 109 operations", real_amplitudes(9, reps=10), 1)
    engine_row("efficient_su2, 109 operations", efficient_su2(9, reps=10), 1)
    encoding = AngleFeatureMap().build(6)
    reuploading = ReuploadingAnsatz(layers=2).attach(encoding).circuit
    engine_row("ReuploadingAnsatz(2), 6 qubits", reuploading, 32, beside=False)
    for n_gates in (3, 6, 12, 24, 48, 96):
        engine_row(f"{n_gates} gates on one qubit", product_of_gates(n_gates), 32, beside=False)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--features", type=int, default=10)
    parser.add_argument("--repeats", type=int, default=200)
    parser.add_argument("--engine-only", action="store_true")
    arguments = parser.parse_args()
    warnings.simplefilter("ignore")
    header("skquantum", "scikit-learn", "qiskit", "numba")
    if not arguments.engine_only:
        estimators(arguments)
    engine_tables()


def estimators(arguments):
    """Print times of kernels and estimators."""
    X = np.random.default_rng(0).uniform(-1, 1, (40, arguments.features))
    y = (X[:, 0] > 0) * 1
    row = X[:1]

    def kernel(feature_map):
        return FidelityKernel(feature_map, engine="compiled")

    zz = kernel("zz").fit(X)
    K = report("FidelityKernel('zz'), 40 rows", lambda: zz(X), arguments.repeats)
    check_equal("kernel", zz(X, X), K)
    models = {
        "QSVC('zz')": QSVC(kernel=kernel("zz")),
        "QSVC()": QSVC(kernel=kernel(None)),
        "SVC()": SVC(),
        "QuantumKernelRidge('zz')": QuantumKernelRidge(kernel=kernel("zz")),
        "KernelRidge(kernel='rbf')": KernelRidge(kernel="rbf"),
        "VQC()": VQC(max_iter=5, random_state=0),
        "MLPClassifier()": MLPClassifier(max_iter=5, random_state=0),
    }
    for name, model in models.items():
        model.fit(X, y)
        one = report(f"{name}, 1 row", lambda model=model: model.predict(row), arguments.repeats)
        check_equal(name, model.predict(X)[:1], one)


if __name__ == "__main__":
    main()

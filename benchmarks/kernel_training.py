"""Trained kernels: the gradient of an alignment, and covariant kernels of Glick et al.

    python benchmarks/kernel_training.py [--rows 100] [--data FOLDER]

The gradient of the centred alignment with respect to 30 weights on 6 qubits, beside what
qiskit-machine-learning's QuantumKernelTrainer has for it: one value of the loss for each weight, of
its TrainableFidelityStatevectorKernel. FOLDER holds glick2021_graph7.csv and glick2021_graph10.csv,
rows of features and the label, of arXiv:2105.03406.
"""

import argparse
from functools import partial
from pathlib import Path

import numpy as np
from _timing import header, median_seconds
from qiskit import QuantumCircuit
from qiskit.circuit import Parameter, ParameterVector
from qiskit_machine_learning.kernels import TrainableFidelityStatevectorKernel
from sklearn.preprocessing import StandardScaler

from skquantum import QSVC
from skquantum.engines import AerEngine
from skquantum.feature_maps import CircuitFeatureMap
from skquantum.kernels import FidelityKernel, TrainedKernel
from skquantum.metrics import centered_alignment
from skquantum.variational import CenteredAlignment, KernelObjective

EDGES = {
    7: [(0, 2), (3, 4), (2, 5), (1, 4), (2, 3), (4, 6)],
    10: [(0, 1), (2, 3), (4, 5), (6, 7), (8, 9), (1, 2), (3, 4), (5, 6), (7, 8)],
}


def layered(n_qubits, n_weights):
    """RY and RZ by weights times features, in layers with a ring of CZ."""
    x, w = ParameterVector("x", n_qubits), ParameterVector("w", n_weights)
    circuit = QuantumCircuit(n_qubits)
    circuit.h(range(n_qubits))
    for number, weight in enumerate(w):
        qubit = number % n_qubits
        (circuit.ry if number // n_qubits % 2 else circuit.rz)(weight * x[qubit], qubit)
        if qubit == n_qubits - 1:
            for other in range(n_qubits):
                circuit.cz(other, (other + 1) % n_qubits)
    return circuit, w


def gradients(n_rows):
    circuit, w = layered(6, 30)
    rng = np.random.default_rng(0)
    X = StandardScaler().fit_transform(rng.normal(size=(n_rows, 6)))
    y = X[:, 0] * X[:, 1] + X[:, 2] > 0
    kernel = FidelityKernel(CircuitFeatureMap(circuit, weights=w), engine="compiled").fit(X)
    objective = KernelObjective(kernel, X, y, CenteredAlignment())
    weights = kernel.theta
    objective.value_and_gradient(weights)  # compiles
    ours, (value, gradient) = median_seconds(lambda: objective.value_and_gradient(weights), 5)

    shifted = FidelityKernel(kernel.feature_map_, engine=AerEngine()).fit(X)
    states, slopes = shifted.engine_.kernel_session(
        shifted.feature_map_.circuit_
    ).state_derivatives(
        shifted.feature_map_.parameter_values(X),
        wrt=[list(circuit.parameters).index(weight) for weight in w],
    )
    overlaps = states @ states.conj().T
    moved = np.tensordot(slopes.conj(), states, axes=(2, 1))
    by_first = 2 * (overlaps[:, None] * moved).real.transpose(0, 2, 1)
    _, by_entry = CenteredAlignment()(
        np.abs(overlaps) ** 2, CenteredAlignment().targets(y), np.arange(n_rows), np.ones(n_rows)
    )
    by_shift = np.tensordot(by_entry, by_first + by_first.transpose(1, 0, 2), 2)
    print(f"largest difference from shifted angles: {np.abs(by_shift - gradient).max():.1e}")

    theirs = TrainableFidelityStatevectorKernel(feature_map=circuit, training_parameters=w)

    def loss(weights):
        theirs.assign_training_parameters(weights)
        return -centered_alignment(theirs.evaluate(X), y)

    step = 1e-6

    def differences():
        start = loss(weights)
        return start, [(loss(weights + step * one) - start) / step for one in np.eye(len(w))]

    peer, (their_value, their_gradient) = median_seconds(differences, 1)
    assert abs(value - their_value) < 1e-10
    assert np.abs(gradient - their_gradient).max() < 1e-3
    print(
        f"gradient, {n_rows} rows, 6 qubits, 30 weights: {1e3 * ours:.2f} ms; "
        f"qiskit-machine-learning, 31 values of the loss: {peer:.1f} s, {peer / ours:.0f} x"
    )


def covariant(n_qubits):
    theta, x = Parameter("theta"), ParameterVector("x", 2 * n_qubits)
    circuit = QuantumCircuit(n_qubits)
    for qubit in range(n_qubits):
        circuit.ry(theta, qubit)
    for edge in EDGES[n_qubits]:
        circuit.cz(*edge)
    for qubit in range(n_qubits):
        circuit.rz(-2 * x[2 * qubit + 1], qubit)
        circuit.rx(-2 * x[2 * qubit], qubit)
    return CircuitFeatureMap(circuit, features=x, weights=[theta], initial_weights=[0.1])


def groups(folder):
    for n_qubits in EDGES:
        rows = np.loadtxt(folder / f"glick2021_graph{n_qubits}.csv", delimiter=",")
        (X, y), (X_test, y_test) = (
            (part[:, :-1], part[:, -1]) for part in (rows[:20], rows[20:40])
        )
        start = FidelityKernel(covariant(n_qubits), engine="compiled")
        untrained = QSVC(kernel=start).fit(X, y).score(X_test, y_test)
        print(f"{n_qubits} qubits, theta = .1: test accuracy {untrained:.2f}")
        for seed in (None, *range(5)):
            kernel = FidelityKernel(covariant(n_qubits), engine="compiled")
            if seed is not None:
                kernel.set_params(feature_map__initial_weights=None)
            model = QSVC(kernel=TrainedKernel(kernel, random_state=seed))
            seconds, _ = median_seconds(partial(model.fit, X, y), 1)
            print(
                f"  from {'.1' if seed is None else f'seed {seed}':7} {seconds:.2f} s, "
                f"test accuracy {model.score(X_test, y_test):.2f}"
            )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=100)
    parser.add_argument("--data", type=Path)
    options = parser.parse_args()
    header("skquantum", "qiskit", "qiskit-aer", "qiskit-machine-learning")
    gradients(options.rows)
    if options.data is not None:
        groups(options.data)

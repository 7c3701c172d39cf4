"""Published scores of quantum kernels, from the package's public pieces.

    python benchmarks/published.py DIRECTORY

DIRECTORY holds ``bowles2024.npz``, the linearly separable and hyperplane data sets of Bowles,
Ahmed and Schuld (arXiv:2403.07059), as arrays ``NAME/X_train``, ``NAME/y_train``, ``NAME/X_test``
and ``NAME/y_test``, and ``bowles2024_scores.csv`` with their best scores: model, dataset,
train_mean, test_mean and hyperparameters (JSON).

Their projected kernel takes the variance in gamma from the rows that are predicted, not from those
of the training; what the scores are without that is printed as well.
"""

import argparse
import csv
import json
import time
from pathlib import Path

import numpy as np
from _timing import header
from qiskit import QuantumCircuit
from qiskit.circuit import ParameterVector
from sklearn.base import clone
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MinMaxScaler
from sklearn.svm import SVC

from skquantum import QSVC
from skquantum.feature_maps import IQPFeatureMap
from skquantum.kernels import FidelityKernel, ProjectedKernel

ANGLES = MinMaxScaler((-np.pi / 2, np.pi / 2))


def svc(settings, X, y, X_test, y_test):
    """Return scores of the classical classifier, which check the data."""
    model = SVC(C=settings["C"], gamma=settings["gamma"]).fit(X, y)
    return model.score(X, y), model.score(X_test, y_test)


def iqp(settings, X, y, X_test, y_test):
    """Return scores with the IQP kernel."""
    kernel = FidelityKernel(IQPFeatureMap(reps=1), engine="compiled")
    model = make_pipeline(clone(ANGLES), QSVC(kernel=kernel, C=settings["C"])).fit(X, y)
    return model.score(X, y), model.score(X_test, y_test)


def heisenberg(settings, n_features, seed):
    """Return the circuit of the projected kernel: a random start, and Trotter steps."""
    n_qubits, x = n_features + 1, ParameterVector("x", n_features)
    circuit = QuantumCircuit(n_qubits)
    rng = np.random.default_rng(seed)
    rng.integers(100000)
    for qubit, (phi, theta, omega) in enumerate(2 * np.pi * rng.uniform(size=(n_qubits, 3))):
        circuit.rz(phi, qubit)
        circuit.ry(theta, qubit)
        circuit.rz(omega, qubit)
    steps = int(settings["trotter_steps"])
    for _ in range(steps):
        for j in range(n_features):
            for gate in (circuit.rxx, circuit.ryy, circuit.rzz):
                gate(settings["t"] / steps * (n_qubits - 1) * x[j], j, j + 1)
    return circuit


def projected(settings, X, y, X_test, y_test, *, theirs=True):
    """Return mean scores with the projected kernel over five random starts."""
    angles = clone(ANGLES).fit(X)
    X, X_test = angles.transform(X), angles.transform(X_test)
    n_features, scores = X.shape[1], []
    multiple = settings["gamma_factor"] * 3 * (n_features + 1) / n_features
    for seed in range(5):
        circuit = heisenberg(settings, n_features, seed)
        kernel = ProjectedKernel(circuit, gamma=f"{multiple}*scale", engine="compiled").fit(X)
        model = SVC(kernel="precomputed", C=settings["C"]).fit(kernel(X), y)
        K_test = (clone(kernel).fit(X_test) if theirs else kernel)(X_test, X)
        scores.append((model.score(kernel(X), y), model.score(K_test, y_test)))
    return np.mean(scores, axis=0)


def as_it_should_be(*args):
    """Return scores with the projected kernel of the training rows."""
    return projected(*args, theirs=False)


MODELS = {
    "SVC": [svc],
    "IQPKernelClassifier": [iqp],
    "ProjectedQuantumKernel": [projected, as_it_should_be],
}


def difference(row, data, scores):
    """Return the largest difference to the published scores on a data set."""
    settings = {k: float(v) for k, v in json.loads(row["hyperparameters"]).items() if v}
    parts = ("X_train", "y_train", "X_test", "y_test")
    found = scores(settings, *(data[f"{row['dataset']}/{part}"] for part in parts))
    return np.abs(np.subtract(found, (float(row["train_mean"]), float(row["test_mean"])))).max()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("directory", type=Path)
    directory = parser.parse_args().directory
    header("skquantum", "scikit-learn", "qiskit")
    data = np.load(directory / "bowles2024.npz")
    with open(directory / "bowles2024_scores.csv", newline="") as file:
        rows = list(csv.DictReader(file))
    for model, functions in MODELS.items():
        for scores in functions:
            start = time.perf_counter()
            found = [difference(row, data, scores) for row in rows if row["model"] == model]
            print(
                f"{model:23} {scores.__name__:16}{sum(d < 1e-6 for d in found):3} of {len(found)} "
                f"data sets to 1e-6, largest difference {max(found):.1e}, "
                f"{time.perf_counter() - start:.0f} s",
                flush=True,
            )

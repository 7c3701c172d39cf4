"""QPegasosSVC beside QSVC on thousands of rows, and beside qiskit-machine-learning on a few.

    python benchmarks/pegasos.py [--rows 2000 10000]

QSVC gets the C that means the same. The matrix of all rows that it needs takes 8 bytes per pair;
QPegasosSVC keeps columns of it in `cache_size` MB, here the default of 200 and enough for all.
PegasosQSVC runs on the same kernel, as many steps as two epochs take.
"""

import argparse
import time

from _timing import check_equal, header
from qiskit_machine_learning.algorithms import PegasosQSVC
from qiskit_machine_learning.kernels import FidelityStatevectorKernel
from sklearn.datasets import make_classification
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import StandardScaler

from skquantum import QSVC, QPegasosSVC
from skquantum.feature_maps import ReuploadingFeatureMap
from skquantum.kernels import FidelityKernel

ALPHA = 1e-4
N_FEATURES = 8
N_TEST = 2000
N_FEW = 100


def report(name, model, X, y, X_test, y_test):
    """Fit and score a model, and print how long it took."""
    start = time.perf_counter()
    model.fit(X, y)
    fitted = time.perf_counter()
    accuracy = (model.predict(X_test) == y_test).mean()
    predicted = time.perf_counter()
    n_support = len(model.support_) if hasattr(model, "support_") else len(model._alphas)
    print(
        f"{name:32}{fitted - start:8.2f} s, {predicted - fitted:6.2f} s for {len(X_test)} "
        f"predictions, accuracy {accuracy:.3f}, {n_support} support vectors",
        flush=True,
    )


def data(n_rows, n_test):
    """Return standardised rows to train and to test on."""
    X, y = make_classification(
        n_rows + n_test, N_FEATURES, n_informative=6, n_clusters_per_class=3, random_state=0
    )
    X, X_test, y, y_test = train_test_split(X, y, test_size=n_test, random_state=0)
    scaler = StandardScaler().fit(X)
    return scaler.transform(X), y, scaler.transform(X_test), y_test


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, nargs="*", default=[2000, 10_000])
    options = parser.parse_args()
    header("skquantum", "scikit-learn", "qiskit", "qiskit-machine-learning")
    feature_map = ReuploadingFeatureMap(n_qubits=N_FEATURES)
    kernel = FidelityKernel(feature_map, engine="compiled")

    rows = data(N_FEW, N_FEW)
    circuit = feature_map.fit(rows[0]).circuit_
    QPegasosSVC(kernel, random_state=0).fit(rows[0][:9], rows[1][:9])  # compiles
    print(f"{N_FEW} rows, 2 epochs")
    two_epochs = {"alpha": 1 / N_FEW, "max_iter": 2, "tol": None, "random_state": 0}
    report("QPegasosSVC", QPegasosSVC(kernel, **two_epochs), *rows)
    theirs = FidelityStatevectorKernel(feature_map=circuit)
    few = rows[0][:20]
    check_equal("FidelityStatevectorKernel", kernel.fit(rows[0])(few), theirs.evaluate(few))
    report("PegasosQSVC", PegasosQSVC(theirs, C=N_FEW, num_steps=2 * N_FEW, seed=0), *rows)

    for n_rows in options.rows:
        rows = data(n_rows, N_TEST)
        print(f"{n_rows} rows")
        pegasos = {"alpha": ALPHA, "random_state": 0}
        report("QPegasosSVC", QPegasosSVC(kernel, **pegasos), *rows)
        large = 8 * n_rows**2 / 2**20 + 1
        report(
            f"QPegasosSVC, cache of {large:.0f} MB",
            QPegasosSVC(kernel, cache_size=large, **pegasos),
            *rows,
        )
        report("QPegasosSVC, 3 epochs", QPegasosSVC(kernel, max_iter=3, tol=None, **pegasos), *rows)
        report("QSVC", QSVC(kernel=kernel, C=1 / (ALPHA * n_rows)), *rows)

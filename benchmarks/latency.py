"""Latency of single calls, warm and the first of a process, beside scikit-learn in the same run.

    OMP_NUM_THREADS=1 python benchmarks/latency.py [--features 10]

Times are medians, and minima in brackets, in milliseconds. Targets on an idle machine: 40 rows of a
fitted "zz" kernel at most 2 ms, and one row predicted by QSVC at most 0.5 ms, where SVC takes 0.1.
"""

import argparse
import os
import time
import warnings

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
from _timing import check_equal, header
from sklearn.kernel_ridge import KernelRidge
from sklearn.neural_network import MLPClassifier
from sklearn.svm import SVC

from skquantum import QSVC, VQC, QuantumKernelRidge
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


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--features", type=int, default=10)
    parser.add_argument("--repeats", type=int, default=200)
    arguments = parser.parse_args()
    warnings.simplefilter("ignore")
    header("skquantum", "scikit-learn", "qiskit", "numba")
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

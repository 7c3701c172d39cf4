"""100,000 rows of 8 features: QNystroem, and a linear model on its features.

    python benchmarks/low_rank.py [--rows 100000] [--landmarks 200]

scikit-learn's Nystroem with the RBF kernel stands beside it.
"""

import argparse
import resource
import time

from _timing import header
from sklearn.datasets import make_classification
from sklearn.kernel_approximation import Nystroem
from sklearn.linear_model import SGDClassifier
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skquantum import QNystroem
from skquantum.feature_maps import ReuploadingFeatureMap
from skquantum.kernels import FidelityKernel

if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--landmarks", type=int, default=200)
    options = parser.parse_args()
    header("skquantum", "scikit-learn", "qiskit", "qiskit-aer")
    X, y = make_classification(
        options.rows + 10_000, 8, n_informative=6, n_clusters_per_class=3, random_state=0
    )
    X, X_test, y, y_test = train_test_split(X, y, test_size=10_000, random_state=0)
    few = {"n_components": options.landmarks, "random_state": 0}
    features = {"Nystroem, RBF": Nystroem(gamma=1 / 8, **few)}
    for engine in ("compiled", "aer"):
        kernel = FidelityKernel(ReuploadingFeatureMap(n_qubits=8), engine=engine)
        features[f"QNystroem, {engine}"] = QNystroem(kernel, n_jobs=2, **few)
    QNystroem(features["QNystroem, compiled"].kernel, n_components=2).fit(X[:4])  # compiles
    for name, made in features.items():
        start = time.perf_counter()
        model = make_pipeline(StandardScaler(), made, SGDClassifier(random_state=0)).fit(X, y)
        seconds = time.perf_counter() - start
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
        print(
            f"{name:20}{seconds:7.1f} s, accuracy {model.score(X_test, y_test):.3f}, "
            f"largest memory so far {peak:.1f} GiB",
            flush=True,
        )

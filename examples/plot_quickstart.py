"""
Quickstart: a quantum support vector machine on real data
=========================================================

The breast cancer data has 30 features. ``QSVC()`` folds them over ten qubits, so nothing has to
be thrown away first; it goes into a pipeline and a grid search like ``SVC()``.

Run it with ``python examples/plot_quickstart.py``; the picture is saved beside this file.
"""

import time
from pathlib import Path

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt
import numpy as np
from sklearn.datasets import load_breast_cancer
from sklearn.model_selection import GridSearchCV, train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC

from skquantum import QSVC
from skquantum.feature_maps import ReuploadingFeatureMap


def main():
    """Train, compare with SVC() and draw the kernel matrix."""
    X, y = load_breast_cancer(return_X_y=True)
    X_train, X_test, y_train, y_test = train_test_split(X, y, stratify=y, random_state=0)

    classical = make_pipeline(StandardScaler(), SVC()).fit(X_train, y_train)
    print(f"SVC()   with its defaults    test accuracy {classical.score(X_test, y_test):.3f}")

    quantum = make_pipeline(StandardScaler(), QSVC())
    start = time.perf_counter()
    quantum.fit(X_train, y_train)
    seconds = time.perf_counter() - start
    print(
        f"QSVC()  with its defaults    test accuracy {quantum.score(X_test, y_test):.3f}   "
        f"(10 qubits, {len(X_train)} rows, fit in {seconds:.1f} s)"
    )

    # Everything inside can be searched by name. n_jobs=2 tries two candidates at a time.
    grid = {
        "qsvc__C": [0.3, 1.0, 3.0, 10.0],
        "qsvc__kernel__feature_map": [
            ReuploadingFeatureMap(),
            ReuploadingFeatureMap(n_qubits=6),
            ReuploadingFeatureMap(bandwidth="0.5*scale"),
        ],
    }
    start = time.perf_counter()
    search = GridSearchCV(quantum, grid, n_jobs=2).fit(X_train, y_train)
    seconds = time.perf_counter() - start
    print(
        f"QSVC()  after a grid search  test accuracy {search.score(X_test, y_test):.3f}   "
        f"(60 fits in {seconds:.1f} s)"
    )
    print("best parameters:", search.best_params_)

    picture = Path(__file__).with_suffix(".png")
    draw(search.best_estimator_, X_train, y_train, X_test, y_test, picture)
    print("picture:", picture)


def draw(model, X_train, y_train, X_test, y_test, path):
    """Draw the training kernel matrix, sorted by class, and the test decision values."""
    svc = model[-1]
    order = np.argsort(y_train, kind="stable")
    K = svc.kernel_(model[:-1].transform(X_train[order]))
    decision = model.decision_function(X_test)

    figure, (left, right) = plt.subplots(1, 2, figsize=(9, 4), layout="constrained")
    image = left.imshow(K, cmap="viridis", vmin=0, vmax=1)
    figure.colorbar(image, ax=left, label="fidelity")
    left.set(title="Kernel matrix, rows sorted by class", xlabel="row", ylabel="row")
    bins = np.linspace(decision.min(), decision.max(), 30)
    for label, name in enumerate(["malignant", "benign"]):
        right.hist(decision[y_test == label], bins=bins, alpha=0.7, label=name)
    right.axvline(0, color="black", linewidth=1)
    right.set(title="Test set", xlabel="decision value", ylabel="patients")
    right.legend()
    figure.savefig(path, dpi=150)


if __name__ == "__main__":
    main()

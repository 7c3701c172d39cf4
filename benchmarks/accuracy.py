"""Accuracy without tuning, beside scikit-learn's estimators on the same folds.

    python benchmarks/accuracy.py

Targets: QSVC() not more than 0.01 under SVC(), QuantumKernelRidge() not more than 0.05 (R^2)
under KernelRidge(kernel="rbf") tuned over alpha and gamma, in the mean over 5 shuffles of 5 folds.
"""

import numpy as np
from _timing import header
from sklearn.datasets import load_breast_cancer, load_diabetes, load_digits, load_iris, load_wine
from sklearn.kernel_ridge import KernelRidge
from sklearn.model_selection import GridSearchCV, KFold, StratifiedKFold, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC
from threadpoolctl import threadpool_limits

from skquantum import QSVC, QuantumKernelRidge, QuantumKernelRidgeClassifier
from skquantum.feature_maps import ReuploadingFeatureMap
from skquantum.kernels import FidelityKernel

SHUFFLES = 5


def scores(estimator, X, y, splitter):
    """Return the mean score over folds, for each shuffle."""
    return np.array(
        [
            cross_val_score(
                make_pipeline(StandardScaler(), estimator),
                X,
                y,
                cv=splitter(5, shuffle=True, random_state=seed),
            ).mean()
            for seed in range(SHUFFLES)
        ]
    )


def classification():
    """Compare on four data sets, all features."""
    eight = FidelityKernel(ReuploadingFeatureMap(n_qubits=8))
    models = {
        "SVC()": SVC(),
        "QSVC()": QSVC(),
        "QSVC, 8 qubits": QSVC(kernel=eight),
        "QuantumKernelRidgeClassifier()": QuantumKernelRidgeClassifier(),
    }
    for load in (load_iris, load_wine, load_breast_cancer, load_digits):
        X, y = load(return_X_y=True)
        X, y = X[:800], y[:800]
        name = load.__name__.removeprefix("load_")
        print(f"{name}: {X.shape[0]} rows, {X.shape[1]} features")
        means = {}
        for label, model in models.items():
            result = scores(model, X, y, StratifiedKFold)
            means[label] = result.mean()
            print(f"    {label:32s}{result.mean():.4f} +- {result.std():.4f}")
        print(f"    {'QSVC() - SVC()':32s}{means['QSVC()'] - means['SVC()']:+.4f} (target -0.01)")


def regression():
    """Compare on diabetes."""
    X, y = load_diabetes(return_X_y=True)
    grid = {"alpha": np.logspace(-4, 1, 6), "gamma": np.logspace(-5, 0, 6)}
    tuned = GridSearchCV(KernelRidge(kernel="rbf"), grid, cv=3)
    classical = scores(tuned, X, y, KFold).mean()
    quantum = scores(QuantumKernelRidge(), X, y, KFold).mean()
    print(f"diabetes: {X.shape[0]} rows, {X.shape[1]} features, R^2")
    print(f"    {'KernelRidge(rbf), tuned':32s}{classical:.4f}")
    print(
        f"    {'QuantumKernelRidge()':32s}{quantum:.4f} ({quantum - classical:+.4f}, target -0.05)"
    )


if __name__ == "__main__":
    header("scikit-learn", "qiskit-aer")
    with threadpool_limits(1):  # matrices are small, threads only get in each other's way
        classification()
        regression()

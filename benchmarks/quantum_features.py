"""QuantumFeatures beside random cosine features of the same width, under the same linear model.

    python benchmarks/quantum_features.py [--repeats 2]

Every pipeline begins with a StandardScaler and ends with the same LogisticRegression or RidgeCV.
The width of each map (gamma, or the bandwidth of the feature map) is chosen on the training rows of
each fold, among five values for all. Scores (accuracy, R^2) are means over repeats of 5 folds, the
same for all; differences to the cosine features are judged by the corrected resampled t-test
(C. Nadeau, Y. Bengio, "Inference for the generalization error", Mach. Learn. 52, 239 (2003)), whose
two-sided p-value is printed: below 0.05 / 9, one of the nine comparisons is more than noise. No
default was chosen by these numbers.
"""

import argparse
import time

import numpy as np
from _timing import header
from sklearn.datasets import load_breast_cancer, load_diabetes, make_moons
from sklearn.kernel_approximation import RBFSampler
from sklearn.linear_model import LogisticRegression, RidgeCV
from sklearn.model_selection import (
    GridSearchCV,
    RepeatedKFold,
    RepeatedStratifiedKFold,
    cross_val_score,
)
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from threadpoolctl import threadpool_limits

from skquantum import QuantumFeatures
from skquantum.diagnostics import corrected_t_test

N_COMPARISONS = 9
ALPHAS = np.logspace(-3, 4, 15)
MULTIPLES = [0.1, 0.3, 1.0, 3.0, 10.0]


def noisy_moons():
    """Return two features that matter, and eight that do not."""
    X, y = make_moons(500, noise=0.2, random_state=0)
    return np.hstack([X, np.random.default_rng(0).normal(size=(500, 8))]), y


DATA = {
    "breast cancer": (load_breast_cancer(return_X_y=True), LogisticRegression(max_iter=2000)),
    "moons, 8 noise": (noisy_moons(), LogisticRegression(max_iter=2000)),
    "diabetes": (load_diabetes(return_X_y=True), RidgeCV(ALPHAS)),
}
SETTINGS = {"engine": "compiled", "random_state": 0}
BANDWIDTHS = [f"{np.sqrt(multiple):.3g}*scale" for multiple in MULTIPLES]
FEATURES = {
    "default": QuantumFeatures(**SETTINGS),
    "kitchen sinks": QuantumFeatures(gamma="scale", n_circuits=20, **SETTINGS),
    "extreme learning": QuantumFeatures(ansatz="strongly_entangling", n_circuits=4, **SETTINGS),
}


def searched(features, model, n_features):
    """Return a pipeline whose width is chosen on the rows that it is fitted on."""
    name = type(features).__name__.lower()
    if getattr(features, "gamma", None) is None:
        grid = {f"{name}__feature_map__bandwidth": BANDWIDTHS}
    else:  # of standardised features, 1 / n_features is "scale"
        grid = {f"{name}__gamma": [multiple / n_features for multiple in MULTIPLES]}
    return GridSearchCV(make_pipeline(StandardScaler(), features, model), grid, cv=3)


def compare(name, X, y, model, repeats):
    """Print the scores of all kinds of features on a data set."""
    splitter = RepeatedKFold if isinstance(model, RidgeCV) else RepeatedStratifiedKFold
    cv = splitter(n_splits=5, n_repeats=repeats, random_state=0)
    linear = cross_val_score(make_pipeline(StandardScaler(), model), X, y, cv=cv)
    print(f"\n{name}: {X.shape[0]} rows, {X.shape[1]} features; linear model {linear.mean():.3f}")
    for kind, features in FEATURES.items():
        width = features.fit(X[:50]).transform(X[:1]).shape[1]
        start = time.perf_counter()
        scores = cross_val_score(searched(features, model, X.shape[1]), X, y, cv=cv)
        seconds = time.perf_counter() - start
        cosines = RBFSampler(n_components=width, random_state=0)
        theirs = cross_val_score(searched(cosines, model, X.shape[1]), X, y, cv=cv)
        _, p = corrected_t_test(scores - theirs, test_size=1 / 4)
        winner = "quantum" if scores.mean() > theirs.mean() else "cosines"
        verdict = f"{winner} better" if p < 0.05 / N_COMPARISONS else "no difference beyond noise"
        print(
            f"    {kind:18}{width:5} features: {scores.mean():.3f} (std {scores.std():.3f}), "
            f"cosines {theirs.mean():.3f} (std {theirs.std():.3f}), p = {p:.2g}: {verdict}; "
            f"{seconds:.0f} s",
            flush=True,
        )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repeats", type=int, default=2)
    options = parser.parse_args()
    header("skquantum", "scikit-learn", "qiskit")
    with threadpool_limits(1):
        for name, ((X, y), model) in DATA.items():
            compare(name, X, y, model, options.repeats)

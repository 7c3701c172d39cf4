"""VQC() and VQR() beside scikit-learn's networks and linear models, on many data sets.

    python benchmarks/variational_defaults.py [--folds 5] [--seeds 1] [--only held]

Each of our models is as it comes; those of scikit-learn stand behind a StandardScaler, and the
target of MLPRegressor is scaled too. "tuning" marks the data sets that the defaults were chosen on,
"held" those that they were not. Targets: mean accuracy or R^2 within .02 of the network's, a win by
more than .02 counted as .02; no set more than .06 below; less than 2 s a fit at 400 rows.
"""

import argparse
import os
import time
import warnings

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
from _timing import header
from sklearn import datasets
from sklearn.compose import TransformedTargetRegressor
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.model_selection import KFold, StratifiedKFold
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skquantum import VQC, VQR

MOST_ROWS = 400


def classification(n_rows=400, **parameters):
    """Return rows of make_classification."""
    return datasets.make_classification(n_rows, **({"random_state": 5} | parameters))


def checkerboard():
    """Return points on a board of 3 x 3 fields."""
    X = np.random.RandomState(1).uniform(0, 3, (400, 2))
    return X, X.astype(int).sum(axis=1) % 2


def spirals():
    """Return points on two interleaved spirals."""
    rng = np.random.RandomState(2)
    t = np.sqrt(rng.uniform(0.04, 1, 400)) * 2.5 * np.pi
    y = rng.randint(0, 2, 400)
    X = np.c_[t * np.cos(t + np.pi * y), t * np.sin(t + np.pi * y)] / (2 * np.pi)
    return X + rng.normal(0, 0.05, X.shape), y


def curve(function, noise):
    """Return a noisy function of one feature."""
    rng = np.random.RandomState(4)
    x = rng.uniform(-3, 3, 300)
    return x[:, None], function(x) + noise * rng.normal(size=300)


def surface(function):
    """Return a noisy function of two features."""
    rng = np.random.RandomState(6)
    X = rng.uniform(-1, 1, (400, 2))
    return X, function(*X.T) + 0.05 * rng.normal(size=400)


def table(load):
    """Return a table that comes with scikit-learn."""
    return load(return_X_y=True)


d = datasets
CLASSES = {
    "tuning": {
        "moons, noise .1": lambda: d.make_moons(300, noise=0.1, random_state=0),
        "circles": lambda: d.make_circles(300, noise=0.1, factor=0.5, random_state=0),
        "checkerboard": checkerboard,
        "3 blobs": lambda: d.make_blobs(300, centers=3, cluster_std=2.5, random_state=0),
        "quantiles, 5 features": lambda: d.make_gaussian_quantiles(
            n_samples=400, n_features=5, random_state=0
        ),
        "4 features": lambda: classification(n_features=4, n_informative=2, n_redundant=1),
        "20 features, 3 classes": lambda: classification(
            n_features=20, n_informative=8, n_classes=3
        ),
        "64 features": lambda: classification(n_features=64, n_informative=10, n_redundant=10),
        "100 features": lambda: classification(n_features=100, n_informative=20, n_redundant=20),
        "Hastie 10.2": lambda: d.make_hastie_10_2(400, random_state=0),
        "iris": lambda: table(d.load_iris),
        "breast cancer": lambda: table(d.load_breast_cancer),
        "digits": lambda: table(d.load_digits),
    },
    "held": {
        "moons, noise .3": lambda: d.make_moons(300, noise=0.3, random_state=0),
        "quantiles, 2 features": lambda: d.make_gaussian_quantiles(
            n_samples=300, n_features=2, n_classes=2, random_state=0
        ),
        "spirals": spirals,
        "6 blobs, 4 features": lambda: d.make_blobs(
            400, n_features=4, centers=6, cluster_std=4, random_state=0
        ),
        "quantiles, 10 features": lambda: d.make_gaussian_quantiles(
            n_samples=400, n_features=10, n_classes=2, random_state=0
        ),
        "10 features": lambda: classification(n_features=10, n_informative=5, n_redundant=2),
        "12 features, 4 classes": lambda: classification(
            n_features=12, n_informative=6, n_classes=4
        ),
        "40 features, flipped labels": lambda: classification(
            n_features=40, n_informative=10, flip_y=0.15
        ),
        "15 features, 10 classes": lambda: classification(
            n_features=15, n_informative=10, n_classes=10, n_clusters_per_class=1
        ),
        "150 features": lambda: classification(n_features=150, n_informative=10, n_redundant=40),
        "iris, 2 features": lambda: (d.load_iris().data[:, :2], d.load_iris().target),
        "wine": lambda: table(d.load_wine),
    },
}
NUMBERS = {
    "tuning": {
        "Friedman 1": lambda: d.make_friedman1(400, noise=1, random_state=0),
        "Friedman 3": lambda: d.make_friedman3(400, noise=0.1, random_state=0),
        "linear, 5 features": lambda: d.make_regression(
            200, 5, n_informative=3, noise=10, random_state=0
        ),
        "linear, 50 features": lambda: d.make_regression(
            400, 50, n_informative=10, noise=10, random_state=0
        ),
        "sine": lambda: curve(lambda x: np.sin(2 * x), 0.1),
        "sine and cosine": lambda: surface(lambda a, b: np.sin(3 * a) * np.cos(2 * b)),
        "diabetes": lambda: table(d.load_diabetes),
    },
    "held": {
        "Friedman 1, 20 features": lambda: d.make_friedman1(400, 20, noise=0.5, random_state=1),
        "Friedman 2": lambda: d.make_friedman2(400, noise=50, random_state=0),
        "linear, 10 features": lambda: d.make_regression(
            300, 10, n_informative=8, noise=50, random_state=0
        ),
        "linear, 80 features": lambda: d.make_regression(
            300, 80, n_informative=15, noise=20, random_state=0
        ),
        "steps": lambda: curve(lambda x: np.sign(x - 0.5) + (x > -1.5), 0.1),
        "absolute value": lambda: curve(np.abs, 0.2),
        "product": lambda: surface(lambda a, b: a * b + a**2),
    },
}


def rows(make):
    """Return at most so many rows of a data set."""
    X, y = make()
    if len(X) > MOST_ROWS:
        chosen = np.random.RandomState(0).permutation(len(X))[:MOST_ROWS]
        X, y = X[chosen], y[chosen]
    return X, y


def scores(model, X, y, folds, n_seeds):
    """Return the mean score over folds and seeds, the lowest, and seconds of the longest fit."""
    found, seconds = [], []
    for seed in range(n_seeds):
        for train, test in folds.split(X, y):
            fresh = model(seed)
            start = time.process_time()
            fresh.fit(X[train], y[train])
            seconds.append(time.process_time() - start)
            found.append(fresh.score(X[test], y[test]))
    return np.mean(found), np.min(found), max(seconds)


def network(seed):
    """Return MLPRegressor on standardised features and target."""
    scaled = make_pipeline(StandardScaler(), MLPRegressor(random_state=seed))
    return TransformedTargetRegressor(scaled, transformer=StandardScaler())


MODELS = {
    "accuracy": [
        lambda seed: VQC(random_state=seed),
        lambda seed: make_pipeline(StandardScaler(), MLPClassifier(random_state=seed)),
        lambda seed: make_pipeline(StandardScaler(), LogisticRegression()),
    ],
    "R^2": [
        lambda seed: VQR(random_state=seed),
        network,
        lambda seed: make_pipeline(StandardScaler(), Ridge()),
    ],
}


def compare(what, halves, splitter, arguments):
    """Print a line per data set and the mean gaps."""
    print(f"\n{what}: ours, network, linear; gap to the network; longest fit of ours (processor)")
    for half, sets in halves.items():
        if arguments.only not in (None, half):
            continue
        gaps = []
        for name, make in sets.items():
            X, y = rows(make)
            folds = splitter(arguments.folds, shuffle=True, random_state=0)
            found = [scores(model, X, y, folds, arguments.seeds) for model in MODELS[what]]
            ours, theirs, linear = (mean for mean, _, _ in found)
            gaps.append(ours - theirs)
            print(
                f"{half:7}{name:29}{X.shape[0]:5} x {X.shape[1]:3}{ours:8.3f}{theirs:8.3f}"
                f"{linear:8.3f}{gaps[-1]:+8.3f}   lowest fold {found[0][1]:.2f} ({found[1][1]:.2f})"
                f"{found[0][2]:7.2f} s",
                flush=True,
            )
        capped = np.minimum(gaps, 0.02).mean()
        print(
            f"{half}: mean gap {np.mean(gaps):+.4f}, capped {capped:+.4f}, worst {min(gaps):+.3f}"
        )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--folds", type=int, default=5)
    parser.add_argument("--seeds", type=int, default=1)
    parser.add_argument("--only", choices=["tuning", "held"])
    options = parser.parse_args()
    header("skquantum", "scikit-learn", "qiskit", "numba")
    warnings.simplefilter("ignore")
    VQC(max_iter=1).fit([[0.0], [1.0]], [0, 1])  # loads what is compiled
    compare("accuracy", CLASSES, StratifiedKFold, options)
    compare("R^2", NUMBERS, KFold, options)

"""
Variational classifiers: loss curves and decision boundaries of two ansätze
===========================================================================

Two circuits learn two interleaved half moons, both on two qubits. Both upload each feature three
times and have 24 weights. The first uploads all data before any weight is trained; the second, the
default of ``VQC()``, trains between the uploads, and scales the features as well.

Run it with ``python examples/plot_variational.py``; the picture is saved beside this file.
"""

import time
from pathlib import Path

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt
from sklearn.datasets import make_moons
from sklearn.inspection import DecisionBoundaryDisplay
from sklearn.model_selection import cross_val_score, train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skquantum import VQC
from skquantum.ansatze import ReuploadingAnsatz, StronglyEntangling
from skquantum.feature_maps import ReuploadingFeatureMap
from skquantum.plotting import LossCurveDisplay

COLORS = ["tab:blue", "tab:red"]


def main():
    """Train both, compare their test accuracies and draw them."""
    X, y = make_moons(300, noise=0.2, random_state=0)
    X_train, X_test, y_train, y_test = train_test_split(X, y, stratify=y, random_state=0)

    # On so few rows L-BFGS takes a tenth of the time of the default, Adam, and never goes uphill.
    classifiers = {
        "strongly entangling": VQC(
            ReuploadingFeatureMap(reps=3),
            StronglyEntangling(reps=4),
            optimizer="l-bfgs",
            random_state=0,
        ),
        "data re-uploading": VQC(
            ansatz=ReuploadingAnsatz(layers=3), optimizer="l-bfgs", random_state=0
        ),
    }
    models = {}
    for name, classifier in classifiers.items():
        model = make_pipeline(StandardScaler(), classifier)
        validated = cross_val_score(model, X_train, y_train).mean()
        start = time.perf_counter()
        model.fit(X_train, y_train)
        seconds = time.perf_counter() - start
        print(
            f"{name:20s} test accuracy {model.score(X_test, y_test):.3f}, cross-validated "
            f"{validated:.3f}   ({len(classifier.weights_)} weights, {classifier.n_iter_} "
            f"iterations in {seconds:.2f} s)"
        )
        models[name] = model

    picture = Path(__file__).with_suffix(".png")
    draw(models, X_test, y_test, picture)
    print("picture:", picture)


def draw(models, X, y, path):
    """Draw the loss curves, and the probability of the second class with the test rows."""
    figure, (left, *others) = plt.subplots(1, 3, figsize=(13, 4), layout="constrained")
    for name, model in models.items():
        LossCurveDisplay.from_estimator(model, ax=left, name=name)
    left.set(title="Training: cross-entropy", ylim=(0, None))

    for ax, (name, model) in zip(others, models.items(), strict=True):
        boundary = DecisionBoundaryDisplay.from_estimator(
            model,
            X,
            response_method="predict_proba",
            plot_method="pcolormesh",
            class_of_interest=1,
            grid_resolution=150,
            eps=0.3,
            cmap="RdBu_r",
            vmin=0,
            vmax=1,
            alpha=0.6,
            ax=ax,
        )
        ax.contour(boundary.xx0, boundary.xx1, boundary.response, [0.5], colors="black")
        for label, color in enumerate(COLORS):
            ax.scatter(*X[y == label].T, s=25, color=color, edgecolor="black", label=label)
        ax.set(title=f"{name}: test accuracy {model.score(X, y):.2f}", xlabel="x[0]")
    others[0].set_ylabel("x[1]")
    others[0].legend(title="class", loc="lower left", fontsize="small")
    figure.colorbar(boundary.surface_, ax=others, label="probability of class 1")
    figure.savefig(path, dpi=150)


if __name__ == "__main__":
    main()

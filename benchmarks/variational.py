"""VQC and VQR, beside qiskit-machine-learning and scikit-learn in the same run, on one thread.

    python benchmarks/variational.py [--parts peer defaults circle]

peer: iris, 120 rows, four qubits, the ZZ map and real amplitudes, exact probabilities. Both VQCs
start with the same weights and see the same data; the benchmark stops if losses, gradients or
loss curves differ. Targets: 200 x per loss evaluation, 1000 x per gradient.

defaults: 5-fold cross-validation without tuning, mean over three values of random_state. Targets:
accuracy 0.93 (iris, wine) and 0.94 (breast_cancer), R^2 0.40 (diabetes) and 0.99 (sine), each fit
under 10 s: on a busy machine, see the processor's time.

circle: data re-uploading on a single qubit. Target: test accuracy 0.90.
"""

import argparse
import os
import time
import warnings

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
from _timing import check_equal, header, median_seconds
from qiskit import QuantumCircuit
from qiskit.circuit import ParameterVector
from qiskit.circuit.library import real_amplitudes, zz_feature_map
from qiskit_machine_learning.algorithms import VQC as PeerVQC
from qiskit_machine_learning.optimizers import COBYLA, L_BFGS_B, OptimizerResult
from sklearn.base import clone
from sklearn.compose import TransformedTargetRegressor
from sklearn.datasets import load_breast_cancer, load_diabetes, load_iris, load_wine
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import KFold, StratifiedKFold, train_test_split
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MinMaxScaler, StandardScaler
from threadpoolctl import threadpool_limits

from skquantum import VQC, VQR
from skquantum.ansatze import ReuploadingAnsatz
from skquantum.datasets import make_circle_in_square
from skquantum.optimizers import Optimizer

SEEDS = range(3)

# -- beside qiskit-machine-learning --------------------------------------------------------------

FEATURE_MAP = zz_feature_map(4)
ANSATZ = real_amplitudes(4, reps=3)


class Probe(Optimizer):
    """Optimizer that only evaluates the objective at given points, and takes the time."""

    def __init__(self, points, repeats=1):
        self.points = points
        self.repeats = repeats

    def _minimize(self, objective, weights, report, **settings):
        """Evaluate the loss and its gradient at each point."""
        timed = [median_seconds(lambda x=x: objective.value(x), self.repeats) for x in self.points]
        self.loss_seconds_, self.losses_ = np.transpose(timed)
        timed = [
            median_seconds(lambda x=x: objective.value_and_gradient(x), self.repeats)
            for x in self.points
        ]
        self.gradient_seconds_ = np.array([seconds for seconds, _ in timed])
        self.gradients_ = np.array([gradient for _, (_, gradient) in timed])
        report(weights, self.losses_[0])
        return True


class PeerProbe:
    """The same for the peer, which takes any callable; gradients at the first points only."""

    def __init__(self, points, n_gradients):
        self.points = points
        self.n_gradients = n_gradients

    def __call__(self, fun, x0, jac, bounds=None):
        """Evaluate; the peer keeps the last forward pass, so its gradient is the backward one."""
        self.loss_seconds_, self.losses_, self.gradient_seconds_, self.gradients_ = [], [], [], []
        for number, x in enumerate(self.points):
            seconds, loss = median_seconds(lambda x=x: fun(x), 1)
            self.loss_seconds_.append(seconds)
            self.losses_.append(loss)
            if number < self.n_gradients:
                seconds, gradient = median_seconds(lambda x=x: jac(x), 1)
                self.gradient_seconds_.append(seconds)
                self.gradients_.append(gradient)
        result = OptimizerResult()
        result.x, result.fun = x0, self.losses_[0]
        return result


def ours(optimizer, start, readout="parity", **settings):
    """VQC of this package, as the peer's is."""
    return VQC(
        FEATURE_MAP,
        ANSATZ,
        readout=readout,
        loss="squared_error",
        optimizer=optimizer,
        init=start,
        alpha=0.0,
        **settings,
    )


def peers(optimizer, start, readout="parity", **settings):
    """VQC of qiskit-machine-learning, with its default sampler, which gives exact probabilities.

    Without `interpret` the class is the remainder of the bitstring's value: our "modulo".
    """
    interpret = {"parity": lambda bits: bits.bit_count() % 3, "modulo": None}[readout]
    return PeerVQC(
        feature_map=FEATURE_MAP,
        ansatz=ANSATZ,
        loss="squared_error",
        optimizer=optimizer,
        initial_point=start,
        interpret=interpret,
        output_shape=3,
        **settings,
    )


def beside_peer():
    """Compare losses, gradients and loss curves."""
    X, y = load_iris(return_X_y=True)
    X, _, y, _ = train_test_split(X, y, train_size=120, stratify=y, random_state=0)
    X = MinMaxScaler().fit_transform(X)
    points = np.random.default_rng(0).uniform(-np.pi, np.pi, (5, ANSATZ.num_parameters))
    print(
        f"\niris, {len(X)} rows, {FEATURE_MAP.num_qubits} qubits, {ANSATZ.num_parameters} weights, "
        "squared error"
    )
    for readout, n_gradients in {"parity": 1, "modulo": 0}.items():
        mine = ours(Probe(points, repeats=20), points[0], readout).fit(X, y).optimizer_
        other = PeerProbe(points, n_gradients)
        peers(other, points[0], readout).fit(X, y)
        difference = check_equal("losses", mine.losses_, np.array(other.losses_))
        print(f"readout {readout}: losses at {len(points)} points agree to {difference:.0e}")
        if not n_gradients:
            continue
        report("loss evaluation", mine.loss_seconds_, other.loss_seconds_, target=200)
        difference = check_equal("gradient", mine.gradients_[:n_gradients], other.gradients_)
        report("gradient", mine.gradient_seconds_, other.gradient_seconds_, target=1000)
        print(f"        (one gradient of the peer, on all rows; they agree to {difference:.0e})")
    loss_curves(COBYLA(maxiter=30), X, y, points[0])
    few = slice(12)  # of the peer's gradients on all rows, each takes many seconds
    loss_curves(L_BFGS_B(maxiter=3), X[few], y[few], points[0])


def report(what, mine, other, target):
    """Print a line of the comparison."""
    mine, other = np.median(mine), np.median(other)
    print(
        f"    {what:16s} skquantum {mine * 1e3:.3f} ms, qiskit-machine-learning "
        f"{other * 1e3:.0f} ms, {other / mine:.0f} x (target {target} x)"
    )


def loss_curves(optimizer, X, y, start):
    """Train both with the same optimizer object; their loss curves are the same."""
    model = ours(optimizer, start)
    mine, _ = median_seconds(lambda: model.fit(X, y), 1)
    curve = []
    peer = peers(optimizer, start, callback=lambda _, loss: curve.append(loss))
    other, _ = median_seconds(lambda: peer.fit(X, y), 1)
    assert len(curve) == len(model.loss_curve_), (len(curve), len(model.loss_curve_))
    difference = check_equal("loss curve", np.array(model.loss_curve_), np.array(curve), 1e-6)
    print(
        f"{type(optimizer).__name__}, {len(X)} rows: {len(curve)} losses from {curve[0]:.4f} to "
        f"{curve[-1]:.4f} agree to {difference:.0e} (target 1e-6)"
    )
    print(
        f"    {'whole fit':16s} skquantum {mine:.3f} s, qiskit-machine-learning {other:.1f} s, "
        f"{other / mine:.0f} x"
    )


# -- without tuning ------------------------------------------------------------------------------


def sine(limit):
    """Return 200 points of a curve that no low frequency fits."""
    x = np.linspace(-limit, limit, 200)
    return x[:, None], np.sin(x) * x**2


def cross_validated(model, X, y, splitter):
    """Return a mean score per random_state, and wall and processor seconds of all fits."""
    scores, seconds = [], []
    for seed in SEEDS:
        for train, test in splitter(5, shuffle=True, random_state=0).split(X, y):
            seeded = make_pipeline(StandardScaler(), clone(model))
            names = [name for name in seeded.get_params() if name.endswith("__random_state")]
            seeded.set_params(**dict.fromkeys(names, seed))
            start = time.perf_counter(), time.process_time()
            seeded.fit(X[train], y[train])
            seconds.append((time.perf_counter() - start[0], time.process_time() - start[1]))
            scores.append(seeded.score(X[test], y[test]))
    return np.reshape(scores, (len(SEEDS), -1)).mean(axis=1), np.array(seconds)


def compare(name, X, y, models, splitter, target):
    """Print a line per model, ours first."""
    print(f"{name}: {X.shape[0]} rows, {X.shape[1]} feature{'s' * (X.shape[1] > 1)}")
    for number, (label, model) in enumerate(models.items()):
        scores, seconds = cross_validated(model, X, y, splitter)
        by_seed = ", ".join(f"{score:.3f}" for score in scores)
        note = f"   target {target:.2f}, 10 s" if number == 0 else ""
        print(
            f"    {label:28s}{scores.mean():7.3f} ({by_seed})   fit {seconds[:, 0].mean():.2f} s, "
            f"longest {seconds[:, 0].max():.2f} s (processor {seconds[:, 1].max():.2f} s){note}",
            flush=True,
        )


def defaults():
    """Cross-validate on real data and on a curve, each model behind a StandardScaler."""
    VQC(max_iter=1).fit([[0.0], [1.0]], [0, 1])  # loads what is compiled
    classifiers = {"VQC()": VQC(), "MLPClassifier()": MLPClassifier()}
    # VQR scales the targets, MLPRegressor does not: it is shown both ways
    scaled = TransformedTargetRegressor(MLPRegressor(), transformer=StandardScaler())
    regressors = {
        "VQR()": VQR(),
        "MLPRegressor()": MLPRegressor(),
        "MLPRegressor(), y scaled": scaled,
    }
    print("\naccuracy, 5 folds; in brackets random_state by random_state")
    for load, target in ((load_iris, 0.93), (load_wine, 0.93), (load_breast_cancer, 0.94)):
        X, y = load(return_X_y=True)
        name = load.__name__.removeprefix("load_")
        compare(name, X, y, classifiers, StratifiedKFold, target)
    print("R^2, 5 folds")
    compare("diabetes", *load_diabetes(return_X_y=True), regressors, KFold, 0.40)
    compare("sin(x) x^2 on [-5, 5]", *sine(5.0), regressors, KFold, 0.99)
    compare("sin(x) x^2 on [-2 pi, 2 pi]", *sine(2 * np.pi), regressors, KFold, 0.99)


# -- one qubit -----------------------------------------------------------------------------------


def upload():
    """Return a rotation of one qubit by two features, its third angle left out."""
    x = ParameterVector("x", 2)
    circuit = QuantumCircuit(1)
    circuit.ry(x[0], 0)
    circuit.rz(x[1], 0)
    return circuit


def circle():
    """Separate a circle from the square around it with a single qubit."""
    X, y = make_circle_in_square(200, random_state=0)
    X_test, y_test = make_circle_in_square(4000, random_state=1)
    print(f"\ncircle in a square, one qubit, {len(X)} training rows, {len(X_test)} test rows")
    for name, feature_map in {
        "RY(x0) RZ(x1)": upload(),
        "default feature map": None,
    }.items():
        print(f"{name}\n    layers  weights  test accuracy (by random_state)      fit")
        best = 0.0
        for layers in range(1, 7):
            scores, seconds = [], []
            for seed in SEEDS:
                model = VQC(feature_map, ReuploadingAnsatz(layers), n_qubits=1, random_state=seed)
                taken, _ = median_seconds(lambda model=model: model.fit(X, y), 1)
                seconds.append(taken)
                scores.append(model.score(X_test, y_test))
            best = max(best, np.mean(scores))
            by_seed = ", ".join(f"{score:.3f}" for score in scores)
            print(
                f"{layers:10d}{len(model.weights_):9d}{np.mean(scores):8.3f} ({by_seed})"
                f"{np.mean(seconds):14.2f} s"
            )
        print(f"    best mean {best:.3f} (target 0.90)", flush=True)


if __name__ == "__main__":
    parts = {"peer": beside_peer, "defaults": defaults, "circle": circle}
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--parts", nargs="+", choices=parts, default=list(parts))
    options = parser.parse_args()
    header("numba", "qiskit", "qiskit-machine-learning", "scikit-learn")
    warnings.simplefilter("ignore", ConvergenceWarning)  # 200 epochs are the default of both
    with threadpool_limits(1):
        for part in options.parts:
            parts[part]()

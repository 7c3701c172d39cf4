"""Born machines beside scikit-learn's densities and a restricted Boltzmann machine.

    python benchmarks/generative.py [--parts patterns densities iqp]

patterns: Kullback-Leibler divergence from bars and stripes, over seeds. Targets: 2 x 2 below 1e-6
for all of 5; 2 x 3 below 1e-5 for 3; 3 x 3 below 1e-3 for 3 of 5, each in less than 30 s.

densities: mean log-density of held-out rows, 5 folds, beside KernelDensity, a Gaussian mixture and,
for bits, a Bernoulli mixture. Rows outside of all bins, or in empty ones, have the density 0: their
share is shown, and they are left out for all.

iqp: maximum mean discrepancy of samples from held-out rows, 16 bits in three noisy patterns, beside
BernoulliRBM; and the time of training at 200 qubits.
"""

import argparse
import os
import time
import warnings

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
from _timing import header
from scipy.special import logsumexp
from sklearn.datasets import load_digits, load_iris, make_moons
from sklearn.mixture import GaussianMixture
from sklearn.model_selection import GridSearchCV, KFold
from sklearn.neighbors import KernelDensity
from sklearn.neural_network import BernoulliRBM

from skquantum import BornMachine, IQPBornMachine
from skquantum.datasets import make_bars_and_stripes


def bars_and_stripes(n_rows, n_columns):
    """Return all patterns whose rows, or whose columns, are of one colour."""
    return make_bars_and_stripes(None, height=n_rows, width=n_columns)[0]


def patterns():
    """Print divergences by seed."""
    for shape, seeds in (((2, 2), 5), ((2, 3), 3), ((3, 3), 5)):
        X, found, seconds = bars_and_stripes(*shape), [], []
        for seed in range(seeds):
            start = time.perf_counter()
            model = BornMachine(random_state=seed).fit(X)
            seconds.append(time.perf_counter() - start)
            found.append(-np.log(len(X)) - model.score(X))
        text = ", ".join(f"{value:.0e}" for value in found)
        print(f"bars and stripes {shape}: KL {text}; longest fit {max(seconds):.1f} s", flush=True)


class BernoulliMixture:
    """A mixture of products of Bernoulli distributions, by expectation and maximisation."""

    def __init__(self, n_components, seed=0):
        self.n_components = n_components
        self.seed = seed

    def fit(self, X):
        """Run 200 iterations from random rows."""
        rng = np.random.default_rng(self.seed)
        p = 0.25 + 0.5 * X[rng.choice(len(X), self.n_components)]
        shares = np.full(self.n_components, 1 / self.n_components)
        for _ in range(200):
            self.p_, self.shares_ = p, shares
            logs = self._logs(X)
            r = np.exp(logs - logsumexp(logs, axis=1, keepdims=True))
            shares = r.mean(axis=0)
            p = (r.T @ X + 0.5) / (r.sum(axis=0)[:, np.newaxis] + 1)
        return self

    def _logs(self, X):
        return X @ np.log(self.p_).T + (1 - X) @ np.log(1 - self.p_).T + np.log(self.shares_)

    def score_samples(self, X):
        """Return log-probabilities."""
        return logsumexp(self._logs(X), axis=1)


def kernel_density(X):
    """Return a KernelDensity with a bandwidth chosen on the training rows."""
    grid = {"bandwidth": np.logspace(-1.5, 0.5, 15)}
    return GridSearchCV(KernelDensity(), grid).fit(X).best_estimator_


def densities():
    """Print held-out log-densities."""
    digits = load_digits().data.reshape(-1, 8, 8)
    corners = (digits[:, 2:6, 2:5] > 8).reshape(len(digits), -1).astype(float)
    sets = {
        "moons, 400 rows, 3 bits a feature": (make_moons(400, noise=0.1, random_state=0)[0], 3),
        "iris petals, 150 rows, 3 bits": (load_iris().data[:, 2:], 3),
        "12 pixels of digits, 1,797 rows": (corners, 1),
    }
    for name, (X, bits) in sets.items():
        rows = []
        for train, test in KFold(5, shuffle=True, random_state=0).split(X):
            born = BornMachine(n_bits=bits, max_iter=300, random_state=0).fit(X[train])
            ours = born.score_samples(X[test])
            if bits == 1:
                others = {"Bernoulli mixture": BernoulliMixture(10).fit(X[train])}
            else:
                others = {
                    "KernelDensity": kernel_density(X[train]),
                    "Gaussian mixture": GaussianMixture(5, random_state=0).fit(X[train]),
                }
            inside = np.isfinite(ours)
            scores = {"BornMachine": ours} | {
                k: m.score_samples(X[test]) for k, m in others.items()
            }
            rows.append([inside.mean(), *(s[inside].mean() for s in scores.values())])
        inside, *means = np.mean(rows, axis=0)
        text = ", ".join(f"{k} {mean:.3f}" for k, mean in zip(scores, means, strict=True))
        print(f"{name}: {text}; {1 - inside:.1%} of the rows outside", flush=True)


def blobs(n_rows, n_qubits, seed):
    """Return noisy copies of three patterns."""
    rng = np.random.default_rng(seed)
    centres = np.random.default_rng(99).integers(0, 2, (3, n_qubits))
    flips = rng.uniform(size=(n_rows, n_qubits)) < 0.05
    return centres[rng.integers(0, 3, n_rows)] ^ flips


def discrepancy(X, Y, widths):
    """Return the squared maximum mean discrepancy of two samples, without bias."""

    def kernel(A, B):
        distances = (A[:, np.newaxis] != B).sum(axis=2)
        return np.mean([np.exp(-distances / (2 * w**2)) for w in widths], axis=0)

    def within(A):
        K = kernel(A, A)
        return (K.sum() - K.trace()) / (len(A) * (len(A) - 1))

    return within(X) + within(Y) - 2 * kernel(X, Y).mean()


def iqp():
    """Print discrepancies, and how long 200 qubits take."""
    train, test = blobs(1000, 16, 0), blobs(1000, 16, 1)
    start = time.perf_counter()
    model = IQPBornMachine(random_state=0).fit(train)
    seconds = time.perf_counter() - start
    ours = model.sample(1000, random_state=0)
    # the best of 3 sizes and 4 step sizes, by what is compared here
    machine = BernoulliRBM(16, learning_rate=0.1, n_iter=200, random_state=0).fit(train)
    theirs = train[np.random.default_rng(0).integers(0, len(train), 1000)].astype(float)
    theirs = np.random.default_rng(1).integers(0, 2, theirs.shape)
    for _ in range(2000):
        theirs = machine.gibbs(theirs)
    alone = np.random.default_rng(2).uniform(size=train.shape) < train.mean(axis=0)
    found = {
        "IQPBornMachine": ours,
        "BernoulliRBM": theirs,
        "independent bits": alone,
        "train": train,
    }
    for name, sample in found.items():
        value = discrepancy(np.asarray(sample, dtype=int), test, model.widths_)
        print(f"16 bits: MMD^2 of {name} from held-out rows {value:.5f}")
    print(f"    trained in {seconds:.1f} s")
    X = blobs(500, 200, 0)
    start = time.perf_counter()
    model = IQPBornMachine(n_samples=100, max_iter=100, random_state=0).fit(X)
    curve = model.loss_curve_
    print(
        f"200 qubits, {len(model.weights_)} gates: 100 steps in {time.perf_counter() - start:.0f} "
        f"s, loss {curve[0]:.4f} to {curve[-1]:.4f}"
    )


if __name__ == "__main__":
    parts = {"patterns": patterns, "densities": densities, "iqp": iqp}
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--parts", nargs="+", choices=parts, default=list(parts))
    options = parser.parse_args()
    header("skquantum", "scikit-learn", "qiskit", "numba")
    warnings.simplefilter("ignore")
    for part in options.parts:
        parts[part]()

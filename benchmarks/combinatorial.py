"""Feature selection, QAOA, Grover and HHL: what is found, beside peers, and how long it takes.

    python benchmarks/combinatorial.py [selection qaoa grover hhl]
    python benchmarks/combinatorial.py selection --plugin ENV/bin/python
    python benchmarks/combinatorial.py qaoa --qokit ENV/bin/python

dwave-scikit-learn-plugin and QOKit run in environments of their own, which have them installed.
The plugin's models go to a service of D-Wave's; here, its constrained model is given a penalty by
dimod and sampled by simulated annealing of dwave-samplers, with 1,000 reads.

Targets: breast cancer, correlations, k = 10, alpha = 10/11 has the optimum -2.035381, by branch
and bound and by annealing; 1,000 features under 60 s; 20 variables and p = 3: 100 energies of QAOA
under 10 s and 100 with gradients under 30 s on two cores; dual weights by HHL with 8 clock qubits
and more within .08 for lambda = 1.
"""

import argparse
import subprocess
import tempfile
import time
import warnings
from pathlib import Path

import numpy as np
from _timing import check_equal, header
from sklearn.datasets import load_breast_cancer, load_wine, make_classification
from sklearn.feature_selection import SequentialFeatureSelector
from sklearn.model_selection import cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC

from skquantum import QuantumKernelRidge, QUBOSelector
from skquantum._runtime import sharing
from skquantum.combinatorial import all_energies, as_qubo, expected_queries, find_minimum
from skquantum.combinatorial._qaoa_state import QAOAObjective
from skquantum.feature_maps import AngleFeatureMap
from skquantum.kernels import FidelityKernel

PLUGIN = """
import sys, time, dimod, numpy as np
from dwave.plugins.sklearn import SelectFromQuadraticModel
from dwave.samplers import SimulatedAnnealingSampler
data = np.load(sys.argv[1])
start = time.perf_counter()
cqm = SelectFromQuadraticModel.correlation_cqm(
    data["X"], data["y"], alpha=0.5, num_features=int(data["k"])
)
bqm, invert = dimod.cqm_to_bqm(cqm)
found = SimulatedAnnealingSampler().sample(bqm, num_reads=1000, seed=0)
best = min(
    (invert(sample) for sample in found.samples()),
    key=lambda x: (sum(x.values()) != int(data["k"]), cqm.objective.energy(x)),
)
print(time.perf_counter() - start, *(i for i in sorted(best) if best[i]))
"""
QOKIT = """
import sys, time, numpy as np
from qokit.fur import choose_simulator
data = np.load(sys.argv[1])
n, h, J, angles = len(data["h"]), data["h"], data["J"], data["angles"]
terms = [(h[i], (i,)) for i in range(n)]
terms += [(J[i, j], (i, j)) for i in range(n) for j in range(i + 1, n)]
simulator = choose_simulator(name="auto")(n, terms=terms)
gammas, betas = np.split(angles, 2)
run = lambda: simulator.get_expectation(simulator.simulate_qaoa(2 * gammas, -betas))
start, cpu = time.perf_counter(), time.process_time()
value = run()
seconds = time.perf_counter() - start, time.process_time() - cpu
print(type(simulator).__module__, *seconds, value)
"""


def in_environment(python, code, **arrays):
    """Run code in another environment, with arrays in a file; return what it prints."""
    with tempfile.TemporaryDirectory() as folder:
        path = str(Path(folder, "arrays.npz"))
        np.savez(path, **arrays)
        command = [python, "-c", code, path]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
    return done.stdout.split()


def greedy_mrmr(relevance, redundancy, k):
    """Return features by relevance minus mean redundancy, one after the other."""
    chosen = [int(relevance.argmax())]
    while len(chosen) < k:
        gain = relevance - redundancy[:, chosen].mean(axis=1)
        gain[chosen] = -np.inf
        chosen.append(int(gain.argmax()))
    return sorted(chosen)


def selection(options):
    """Print energies and accuracies of selections of k features."""
    for title, load, k in [("breast cancer", load_breast_cancer, 10), ("wine", load_wine, 5)]:
        X, y = load(return_X_y=True)
        alpha = k / (k + 1)  # the objective of the plugin at its alpha of .5
        settings = {"relevance": "correlation", "redundancy": "correlation", "alpha": alpha}
        model = make_pipeline(StandardScaler(), SVC())
        rows = []
        for solver in ("exact", "annealing", "quantum_annealing"):
            selector = QUBOSelector(k, solver=solver, random_state=0, **settings)
            selector.fit(X, y)  # loops are compiled
            start = time.perf_counter()
            selector.fit(X, y)
            seconds = time.perf_counter() - start
            rows.append((f"QUBOSelector, {solver}", selector.get_support(indices=True), seconds))
        Q = selector.qubo_
        relevance, redundancy = selector.relevance_, selector.redundancy_
        start = time.perf_counter()
        best = np.sort(relevance.argsort()[-k:])  # what SelectKBest does with them
        rows.append(("SelectKBest", best, time.perf_counter() - start))
        start = time.perf_counter()
        chosen = greedy_mrmr(relevance, redundancy, k)
        rows.append(("greedy mRMR", chosen, time.perf_counter() - start))
        start = time.perf_counter()
        forward = SequentialFeatureSelector(model, n_features_to_select=k, cv=3).fit(X, y)
        seconds = time.perf_counter() - start
        rows.append(("SequentialFeatureSelector", forward.get_support(indices=True), seconds))
        if options.plugin and len(np.unique(y)) == 2:
            seconds, *chosen = in_environment(options.plugin, PLUGIN, X=X, y=y, k=k)
            rows.append(("plugin's model, annealed", list(map(int, chosen)), float(seconds)))
        print(f"\n{title}, k = {k}, absolute correlations, alpha = {k}/{k + 1}")
        for name, features, seconds in rows:
            x = np.zeros(len(Q))
            x[features] = 1
            score = cross_val_score(model, X[:, features], y, cv=5).mean()
            print(
                f"{name:32} energy {x @ Q @ x:10.6f}  SVC {score:.3f}  {seconds:8.3f} s", features
            )
        if title == "breast cancer":
            check_equal("annealing", rows[0][1], rows[1][1])
    X, y = make_classification(2000, 1000, n_informative=40, n_redundant=100, random_state=0)
    start, cpu = time.perf_counter(), time.process_time()
    QUBOSelector(50, random_state=0).fit(X, y)
    print(
        f"\n1,000 features, 2,000 rows, mutual information: {time.perf_counter() - start:.1f} s, "
        f"{time.process_time() - cpu:.1f} s of CPU"
    )


def qaoa(options):
    """Print times of energies and gradients for 20 variables."""
    n, p = 20, 3
    rng = np.random.default_rng(0)
    Q = as_qubo(rng.normal(size=(n, n)))
    angles = 0.3 * rng.uniform(size=2 * p)
    start = time.perf_counter()
    energies = all_energies(Q)
    print(
        f"\nQAOA, {n} variables, p = {p}; energies by doubling {time.perf_counter() - start:.3f} s"
    )
    with sharing(2) as share:
        for name, options_of in [("1 thread", {}), ("2 threads", {"share": share})]:
            objective = QAOAObjective(energies, **options_of)
            objective.value_and_gradient(angles)
            for what, function in [
                ("energies", objective.value),
                ("with gradients", objective.value_and_gradient),
            ]:
                start, cpu = time.perf_counter(), time.process_time()
                for _ in range(100):
                    function(angles)
                print(
                    f"100 {what:15} {name:10} {time.perf_counter() - start:6.1f} s, "
                    f"{time.process_time() - cpu:6.1f} s of CPU"
                )
    value = QAOAObjective(energies).value(angles)
    if options.qokit:
        h, J = -Q.sum(axis=1) / 2, Q / 2
        constant = np.trace(Q) / 2 + np.triu(Q, 1).sum() / 2
        name, seconds, cpu, other = in_environment(options.qokit, QOKIT, h=h, J=J, angles=angles)
        print(f"1 energy, {name}: {float(seconds):.1f} s, {float(cpu):.1f} s of CPU")
        check_equal("QOKit", value, float(other) + constant, 1e-8)


def grover(options):
    """Print mean queries until the minimum was measured."""
    print("\nGrover: mean queries of 2,000 runs, exact mean, mean of random search")
    random_state = np.random.RandomState(0)
    for n in (16, 64, 256, 1024, 16384):
        values = np.arange(n)
        last = [
            find_minimum(values, max_queries=10**9, random_state=random_state)[1][-1]
            for _ in range(2000)
        ]
        print(f"N = {n:6} {np.mean(last):7.1f} {expected_queries(values):7.1f} {(n + 1) / 2:8.1f}")


def hhl(options):
    """Print relative errors of dual weights, over lambda and clock qubits."""
    X, y = load_breast_cancer(return_X_y=True)
    X, y = StandardScaler().fit_transform(X[:128, :8]), 2.0 * y[:128] - 1
    kernel = FidelityKernel(AngleFeatureMap(bandwidth="scale"), engine="compiled")
    clocks = range(4, 15)
    print("\nHHL, breast cancer, 128 rows: relative error of the dual weights, accuracy below")
    print("lambda  kappa " + "".join(f"{t:6}" for t in clocks))
    for alpha in (0.1, 0.3, 1.0, 3.0, 10.0):
        exact = QuantumKernelRidge(alpha, kernel=kernel).fit(X, y)
        errors, scores = [], []
        for t in clocks:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                model = QuantumKernelRidge(alpha, kernel=kernel, solver="hhl", clock_qubits=t)
                model.fit(X, y)
            difference = np.linalg.norm(model.dual_coef_ - exact.dual_coef_)
            errors.append(difference / np.linalg.norm(exact.dual_coef_))
            scores.append(np.mean(np.sign(model.predict(X)) == y))
        kappa = model.resources_["condition_number"]
        print(f"{alpha:6} {kappa:6.1f} " + "".join(f"{e:6.3f}" for e in errors))
        print(" " * 14 + "".join(f"{s:6.2f}" for s in scores))
    print(model.resources_)


def main():
    """Run what the command line names."""
    sections = {f.__name__: f for f in (selection, qaoa, grover, hhl)}
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("sections", nargs="*", default=list(sections), help=", ".join(sections))
    parser.add_argument("--plugin", help="python with dwave-scikit-learn-plugin")
    parser.add_argument("--qokit", help="python with QOKit")
    options = parser.parse_args()
    header("numpy", "numba", "scikit-learn", "qiskit")
    for name in options.sections:
        sections[name](options)


if __name__ == "__main__":
    main()

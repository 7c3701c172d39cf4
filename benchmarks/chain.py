"""Kernel matrices of hundreds of qubits, beside published figures and peers.

    OMP_NUM_THREADS=1 python benchmarks/chain.py [--by-hand PATH] [--parts gram growth mps ...]

PATH is a script of the same two contractions written by hand, with functions ``gram_cx_chain(X)``
and ``gram_rxx(X, gamma, threads)``; it is run in the same process, in turns with the engine. Times
are of whole matrices, rows encoded and compared, from the second call on; what opening the circuit
takes is said beside them. "cores" counts threads. PennyLane is a peer where it can be imported.
"""

import argparse
import importlib.util
import os
import resource
import time
import warnings
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
from qiskit_aer import AerSimulator
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC

from skquantum import QSVC
from skquantum.engines import ChainEngine, CompiledEngine, MPSEngine
from skquantum.feature_maps import CXChainFeatureMap, RXXChainFeatureMap, ZZFeatureMap
from skquantum.kernels import FidelityKernel

# qubits, rows, seconds and machine of the publications
PUBLISHED = {
    ("RXX", 165, 5120): "10,557 s, 32 GPUs (arXiv:2411.09336)",
    ("CX", 784, 1000): "9,089 s, 8 H100 (arXiv:2405.02630)",
    ("CX", 4096, 200): "2,262 s, 8 H100 (arXiv:2405.02630)",
}
# distance; standard deviation of features about 1 that gives about the published mean bond; rows;
# and, from arXiv:2411.09336, mean bond, seconds per state, milliseconds per overlap
MPS = [(2, 0.3, 200, "10, 0.66, 1.8"), (4, 0.12, 48, "29, 3.6, 2.2")]
MAPS = {
    "RXX": RXXChainFeatureMap(bandwidth=0.1),
    "CX": CXChainFeatureMap(),
    "ZZ": ZZFeatureMap(entanglement="linear"),
}


def rows_of(n_rows, n_qubits):
    return np.random.default_rng(0).uniform(0, 2, (n_rows, n_qubits))


def gram(session, X, n_jobs):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of concentration
        return session.encode(X, n_jobs=n_jobs).inner()[0]


def timed(call):
    start = time.perf_counter()
    result = call()
    return time.perf_counter() - start, result


def best(call, repeats):
    """Return the least time of some calls, and the result."""
    found = [timed(call) for _ in range(repeats)]
    return min(seconds for seconds, _ in found), found[0][1]


def load_script(path):
    spec = importlib.util.spec_from_file_location("by_hand", path)
    by_hand = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(by_hand)
    return by_hand


def gram_by_hand(by_hand, kind, X, n_jobs):
    if kind == "CX":
        return by_hand.gram_cx_chain(X)
    return by_hand.gram_rxx(X, 0.1, threads=n_jobs)


def peak_gib():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20


def gram_tables(by_hand, n_jobs, small):
    print(f"\nwhole matrices, {n_jobs} cores (the CX loop by hand has one thread)")
    print("map qubits rows | open  double single | by hand ratio error | published")
    sizes = [("RXX", 165, 1280), ("RXX", 165, 5120), ("ZZ", 165, 1280)]
    sizes += [("CX", 784, 1000), ("CX", 4096, 200)]
    for kind, n_qubits, n_rows in sizes:
        if small and n_rows > 2000:
            continue
        X = rows_of(n_rows, n_qubits)
        circuit = MAPS[kind].build(n_qubits)
        opening, session = timed(lambda circuit=circuit: ChainEngine().open(circuit))
        single = ChainEngine(precision="single").open(circuit)
        for each in (session, single):
            gram(each, X[:70], n_jobs)
        repeats = 1 if n_rows > 2000 else 3
        # the script has no ZZ map; RXX gates of the same number of layers are what it is beside
        threads = 1 if kind == "CX" else n_jobs
        own, K = best(lambda s=session, X=X, t=threads: gram(s, X, t), repeats)
        own_single, _ = best(lambda s=single, X=X, t=threads: gram(s, X, t), repeats)
        line = f"{kind:3} {n_qubits:6} {n_rows:5} | {opening:5.2f} {own:6.2f} {own_single:6.2f} | "
        if by_hand is not None:
            gram_by_hand(by_hand, kind, X[:70], threads)
            theirs, T = best(lambda k=kind, X=X, t=threads: gram_by_hand(by_hand, k, X, t), repeats)
            off = ~np.eye(n_rows, dtype=bool)
            error = "" if kind == "ZZ" else f"{np.abs(K - T)[off].max():.0e}"
            line += f"{theirs:6.2f} {own / theirs:5.2f} {error:>5} | "
        print(line + PUBLISHED.get((kind, n_qubits, n_rows), ""), flush=True)
    print(f"peak memory of this process so far: {peak_gib():.2f} GiB")


def growth_tables(n_jobs):
    print("\ngrowth: RXX, reps=2, seconds")
    for n_rows in (512, 1280, 2560, 5120):
        session = ChainEngine().open(MAPS["RXX"].build(165))
        X = rows_of(n_rows, 165)
        print(
            f"165 qubits {n_rows:5} rows {timed(lambda s=session, X=X: gram(s, X, n_jobs))[0]:.2f}"
        )
    for n_qubits in (20, 64, 165, 512, 1024, 4096):
        opening, session = timed(lambda n=n_qubits: ChainEngine().open(MAPS["RXX"].build(n)))
        X = rows_of(256, n_qubits)
        seconds = timed(lambda s=session, X=X: gram(s, X, n_jobs))[0]
        print(f"{n_qubits:5} qubits 256 rows {seconds:.2f}, opened in {opening:.2f}")
    for reps in (1, 2, 3):
        session = ChainEngine().open(RXXChainFeatureMap(reps=reps, bandwidth=0.1).build(165))
        X = rows_of(512, 165)
        seconds = timed(lambda s=session, X=X: gram(s, X, n_jobs))[0]
        print(
            f"reps={reps} 165 qubits 512 rows {seconds:.2f}, "
            f"2**{max(session.program.n_bits)} states"
        )


def mps_tables(n_jobs):
    print(f"\nmatrix product states, RXX, 100 qubits, bandwidth 1, {n_jobs} cores")
    print("distance rows mean bond | s per state, ms per overlap | published, one core")
    for distance, spread, n_rows, published in MPS:
        rng = np.random.default_rng(0)
        X = np.clip(rng.normal(1, spread, (n_rows, 100)), 0, 2)
        session = MPSEngine().open(RXXChainFeatureMap(distance=distance).build(100))
        encoding, batch = timed(lambda s=session, X=X: s.encode(X, n_jobs=n_jobs))
        comparing = best(lambda b=batch: b.inner(), 3)[0]
        pairs = n_rows * (n_rows - 1) / 2
        print(
            f"{distance:8} {n_rows:4} {batch.used_bonds().mean():9.1f} | "
            f"{encoding / n_rows:11.3g} {1e3 * comparing / pairs:15.2f} | {published}",
            flush=True,
        )


def pennylane_table():
    print("\nPennyLane default.tensor (mps), a circuit for each pair, RXX, seconds per pair")
    try:
        import pennylane as qml

        qml.device("default.tensor", wires=2, method="mps")
    except ImportError as error:
        print(f"left out: {error}")
        return
    for n_qubits in (16, 64, 165):
        X = rows_of(2, n_qubits)
        K = gram(ChainEngine().open(MAPS["RXX"].build(n_qubits)), X, 1)
        width = MAPS["RXX"].bandwidth

        def layers(x, n=n_qubits, width=width):
            for qubit in range(n):
                qml.Hadamard(qubit)
            for _ in range(2):
                for qubit in range(n):
                    qml.RZ(2 * width * x[qubit], qubit)
                for qubit in range(n - 1):
                    angle = np.pi * width**2 * (1 - x[qubit]) * (1 - x[qubit + 1])
                    qml.IsingXX(angle, [qubit, qubit + 1])

        @qml.qnode(qml.device("default.tensor", wires=n_qubits, method="mps"))
        def fidelity(x, y, layers=layers, n=n_qubits):
            layers(x)
            qml.adjoint(layers)(y)
            return qml.expval(qml.prod(*(qml.Projector([0], [k]) for k in range(n))))

        seconds, found = timed(lambda f=fidelity, X=X: f(*X))
        print(f"{n_qubits:4} qubits: {seconds:.3g}, error {abs(found - K[0, 1]):.0e}", flush=True)


def peer_tables(n_jobs):
    print("\nCompiledEngine beside ChainEngine, RXX, 500 rows, seconds, one core")
    for n_qubits in (8, 10, 12, 14, 16, 18):
        circuit, X = MAPS["RXX"].build(n_qubits), rows_of(500, n_qubits)
        found = []
        for engine in (CompiledEngine(), ChainEngine()):
            session = engine.open(circuit)
            gram(session, X[:20], 1)
            found.append(best(lambda s=session, X=X: gram(s, X, 1), 2)[0])
        print(f"{n_qubits:3} qubits: compiled {found[0]:.3f}, chain {found[1]:.3f}", flush=True)
    print("\nAer's matrix_product_state, a circuit for each pair, RXX, seconds per pair")
    simulator = AerSimulator(method="matrix_product_state")
    for n_qubits in (16, 64, 165):
        circuit, X = MAPS["RXX"].build(n_qubits), rows_of(4, n_qubits)
        order = list(circuit.parameters)
        pairs = [(0, 1), (2, 3)]
        both = []
        for i, j in pairs:
            there, back = (
                circuit.assign_parameters(dict(zip(order, X[k], strict=True))) for k in (i, j)
            )
            whole = there.compose(back.inverse())
            whole.save_amplitudes([0])
            both.append(whole)
        seconds, result = timed(lambda both=both: simulator.run(both).result())
        session = ChainEngine().open(circuit)
        K = gram(session, X, 1)
        error = max(
            abs(abs(result.data(k)["amplitudes"][0]) ** 2 - K[i, j])
            for k, (i, j) in enumerate(pairs)
        )
        own = best(lambda s=session: gram(s, rows_of(200, len(s.parameters)), 1), 2)[0] / 19900
        print(
            f"{n_qubits:4} qubits: Aer {seconds / 2:.3g}, chain {own:.2g} "
            f"({seconds / 2 / own:.0f} times as fast), error {error:.0e}",
            flush=True,
        )


def digits(n_jobs):
    print("\ndigits, 64 qubits, all 1,797 rows")
    X, y = load_digits(return_X_y=True)
    X_train, X_test, y_train, y_test = train_test_split(X, y, random_state=0, stratify=y)
    kernel = FidelityKernel(
        RXXChainFeatureMap(reps=1, bandwidth=0.1), engine="chain", n_jobs=n_jobs
    )
    model = make_pipeline(StandardScaler(), QSVC(kernel=kernel))
    fitting = timed(lambda: model.fit(X_train, y_train))[0]
    predicting, accuracy = timed(lambda: model.score(X_test, y_test))
    classical = make_pipeline(StandardScaler(), SVC()).fit(X_train, y_train).score(X_test, y_test)
    print(
        f"fit {fitting:.2f} s, predict {predicting:.2f} s, accuracy {accuracy:.4f}; "
        f"SVC {classical:.4f}"
    )


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--by-hand", type=Path)
    parser.add_argument("--jobs", type=int, default=os.cpu_count())
    parser.add_argument("--small", action="store_true", help="leave out matrices of 5,120 rows")
    parts = ["gram", "growth", "mps", "peers", "digits"]
    parser.add_argument("--parts", nargs="+", choices=parts, default=parts)
    options = parser.parse_args()
    by_hand = None if options.by_hand is None else load_script(options.by_hand)
    if "digits" in options.parts:
        digits(options.jobs)
    if "gram" in options.parts:
        gram_tables(by_hand, options.jobs, options.small)
    if "growth" in options.parts:
        growth_tables(options.jobs)
    if "peers" in options.parts:
        peer_tables(options.jobs)
        pennylane_table()
    if "mps" in options.parts:
        mps_tables(options.jobs)


if __name__ == "__main__":
    main()

"""Matrices that do not fit into memory, and states that do not: memory, seconds, and right numbers.

    python benchmarks/out_of_memory.py matrix [--rows 20000] [--qubits 12] [--directory .]
    python benchmarks/out_of_memory.py states [--rows 100] [--qubits 24] [--gib 6]

"matrix" writes a kernel matrix into a memory-mapped file, and trains QSVC and QuantumKernelRidge on
it. RssAnon is memory that is not a file's: pages of the matrix are dropped when memory is needed.
"states" compares rows whose states together take more memory than they may.
"""

import argparse
import tempfile
import threading
import time
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from _timing import header

from skquantum import QSVC, QuantumKernelRidge
from skquantum.kernels import FidelityKernel

GIB = 2**30
N_PAIRS = 200


def in_use(name):
    """Return a line of /proc/self/status in bytes."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith(f"{name}:"):
            return 1024 * int(line.split()[1])
    raise OSError(f"/proc/self/status has no {name}")


@contextmanager
def measured(what):
    """Print how long something takes, and the largest anonymous memory meanwhile."""
    before, done = in_use("RssAnon"), threading.Event()
    largest = [before]

    def follow():
        while not done.wait(0.005):
            largest[0] = max(largest[0], in_use("RssAnon"))

    thread = threading.Thread(target=follow)
    thread.start()
    start = time.perf_counter()
    try:
        yield
    finally:
        seconds = time.perf_counter() - start
        done.set()
        thread.join()
    print(
        f"{what:44}{seconds:8.1f} s, RssAnon {before / GIB:.2f} GiB before, "
        f"{largest[0] / GIB:.2f} GiB at most",
        flush=True,
    )


def fidelities(X, rows, columns):
    """Return the kernel of the angle map for pairs of rows, by its formula."""
    return np.cos((X[rows] - X[columns]) / 2).prod(axis=1) ** 2


def check_pairs(K, X, tolerance):
    """Stop unless randomly chosen entries are those of the formula."""
    rows, columns = np.random.default_rng(1).integers(len(X), size=(2, N_PAIRS))
    found = np.array([K[row, column] for row, column in zip(rows, columns, strict=True)])
    difference = np.abs(found - fidelities(X, rows, columns)).max()
    assert difference < tolerance, difference
    print(f"{N_PAIRS} entries differ from the formula by at most {difference:.1e}", flush=True)


def train_on_a_file(X, directory):
    """Write the matrix of rows into a file, and train on it."""
    n_rows = len(X)
    y = (np.sin(3 * X[:, 0]) + X[:, 1] > 0).astype(int)
    kernel = FidelityKernel("angle", engine="compiled").fit(X)
    with tempfile.TemporaryDirectory(dir=directory) as place:
        out = np.memmap(Path(place) / "K", np.float64, "w+", shape=(n_rows, n_rows))
        print(f"{out.nbytes / GIB:.2f} GiB: {kernel.plan_matrix(X).describe()}", flush=True)
        checkpoint = Path(place) / "tiles"
        with measured("the matrix"):
            kernel.matrix(X, out=out, checkpoint=checkpoint)
        check_pairs(out, X, 1e-12)
        with measured("the matrix, which is finished"):
            kernel.matrix(X, out=out, checkpoint=checkpoint)
        model = QSVC(kernel="precomputed", cache_size=200)
        with measured("QSVC.fit, with a cache of 200 MB"):
            model.fit(out, y)
        with measured("QSVC.score on the training rows"):
            score = model.score(out, y)
        print(f"accuracy {score:.3f}, {len(model.support_)} support vectors", flush=True)
        ridge = QuantumKernelRidge(kernel="precomputed", alpha=0.1, solver="cg")
        with measured("QuantumKernelRidge(solver='cg').fit"):
            ridge.fit(out, y - 0.5)
        residual = np.abs(out @ ridge.dual_coef_ + 0.1 * ridge.dual_coef_ - (y - 0.5)).max()
        print(f"largest residual {residual:.1e}", flush=True)


def compare_large_states(X, max_bytes):
    """Compare rows whose states do not fit."""
    kernel = FidelityKernel("angle", engine="compiled").fit(X)
    states = len(X) * kernel.encoded_row_bytes()
    print(f"{states / GIB:.1f} GiB of states in {max_bytes / GIB:.1f} GiB", flush=True)
    with measured("the matrix"):
        K = kernel.matrix(X, max_bytes=max_bytes, verbose=True)
    check_pairs(K, X, 1e-12)
    assert (K == K.T).all()
    print(f"VmHWM {in_use('VmHWM') / GIB:.2f} GiB", flush=True)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("what", choices=["matrix", "states"])
    parser.add_argument("--rows", type=int)
    parser.add_argument("--qubits", type=int)
    parser.add_argument("--gib", type=float, default=6.0)
    parser.add_argument("--directory", default=".")
    options = parser.parse_args()
    n_rows, n_qubits = (20_000, 12) if options.what == "matrix" else (100, 24)
    shape = options.rows or n_rows, options.qubits or n_qubits
    X = np.random.default_rng(0).uniform(-1, 1, shape)
    header("skquantum", "scikit-learn", "numpy", "scipy")
    if options.what == "matrix":
        train_on_a_file(X, options.directory)
    else:
        # what is imported, and the matrix, count as well
        compare_large_states(X, int(options.gib * GIB) - in_use("RssAnon") - 8 * len(X) ** 2)

"""What configurations declare that they need, and what they take.

Each runs in a process of its own: once on few qubits and rows, so that all is imported and
compiled, and then at full size, while the largest resident memory is followed.

    python tests/memory.py              all configurations, as a table
    python tests/memory.py "aer 24"     those whose names begin so
"""

import argparse
import contextlib
import json
import subprocess
import sys
import threading
import time
import warnings

import numpy as np
import psutil

MIB = 2**20


def _rows(n_rows, n_features):
    return np.random.default_rng(0).uniform(-1, 1, (n_rows, n_features))


def _encode(engine, feature_map, n_rows, n_qubits, n_jobs=None, **settings):
    def run(small):
        from skquantum.kernels import FidelityKernel

        X = _rows(n_rows, 4 if small else n_qubits)
        if small and n_jobs is None:
            X = X[:1]
        kernel = FidelityKernel(feature_map, engine=engine(), n_jobs=n_jobs, **settings).fit(X)
        return kernel.encode(X)

    return run


def _encode_moving(n_rows, n_qubits):
    """Encode by a circuit whose amplitudes move, in two ways."""

    def run(small):
        from qiskit.circuit import ParameterVector, QuantumCircuit

        from skquantum.kernels import FidelityKernel

        width = 4 if small else n_qubits
        x = ParameterVector("x", width)
        circuit = QuantumCircuit(width)
        for shift in (1, 2):
            for qubit in range(width):
                circuit.ry(x[qubit], qubit)
            for qubit in range(width):
                circuit.cx(qubit, (qubit + shift) % width)
        X = _rows(n_rows, width)
        return FidelityKernel(circuit, engine="compiled").fit(X).encode(X)

    return run


def _projected(n_rows, n_qubits, **settings):
    def run(small):
        from skquantum.kernels import ProjectedKernel

        X = _rows(20 if small else n_rows, 4 if small else n_qubits)
        return ProjectedKernel("angle", engine="compiled", **settings).fit_gram(X)

    return run


def _components(n_rows, n_qubits, **settings):
    def run(small):
        from skquantum import QKernelPCA

        X = _rows(40 if small else n_rows, 4 if small else n_qubits)
        return QKernelPCA(kernel="angle", random_state=0, **settings).fit(X)

    return run


def _low_rank(n_rows, n_qubits, n_components):
    def run(small):
        from skquantum import QNystroem

        X = _rows(20 if small else n_rows, 4 if small else n_qubits)
        features = QNystroem("angle", n_components=10 if small else n_components, random_state=0)
        return features.fit_transform(X)

    return run


def _trained(kind, n_rows, loss="centered_alignment"):
    def run(small):
        from skquantum import kernels
        from skquantum.feature_maps import AffineFeatureMap

        X = _rows(20 if small else n_rows, 4)
        feature_map = AffineFeatureMap(4 if small else 8)
        kernel = getattr(kernels, kind)(feature_map, engine="compiled")
        trained = kernels.TrainedKernel(kernel, loss=loss, max_iter=2, random_state=0)
        return trained.fit(X, X[:, 0] > 0)

    return run


def _derivatives(n_rows):
    def run(small):
        from skquantum.feature_maps import AffineFeatureMap
        from skquantum.kernels import FidelityKernel

        X = _rows(20 if small else n_rows, 4)
        feature_map = AffineFeatureMap(4 if small else 8, encoding="single")
        return FidelityKernel(feature_map, engine="compiled").fit(X)(X, eval_gradient=True)

    return run


def _features(engine, feature_map, n_rows, n_features, **settings):
    def run(small):
        from skquantum import QuantumFeatures

        width = 4 if small and not isinstance(settings.get("image_shape"), tuple) else n_features
        X = _rows(20 if small else n_rows, width)
        features = QuantumFeatures(feature_map, engine=engine(), random_state=0, **settings)
        return features.fit_transform(X)

    return run


def _compare_wide(engine, name, n_rows, n_qubits, *, matrix=True, **settings):
    """Encode by a feature map of few layers, whose states nobody computes, and compare."""

    def run(small):
        from skquantum import feature_maps
        from skquantum.kernels import FidelityKernel

        X = _rows(20 if small else n_rows, n_qubits)
        feature_map = getattr(feature_maps, name)(bandwidth=0.1, **settings)
        kernel = FidelityKernel(feature_map, engine=engine()).fit(X)
        return kernel(X) if matrix else kernel.encode(X)

    return run


def _matrix(engine, n_rows, n_qubits, n_other=None, **settings):
    def run(small):
        from skquantum.kernels import FidelityKernel

        X = _rows(20 if small else n_rows, n_qubits)
        settings.setdefault("random_state", 0)
        kernel = FidelityKernel("angle", engine=engine(), **settings).fit(X)
        if n_other is None:
            return kernel(X)
        return kernel(_rows(10 if small else n_other, n_qubits), X)

    return run


def _tiles(n_rows, n_qubits, max_bytes):
    """Compute a matrix of states that do not fit into the memory that they may take."""

    def run(small):
        from skquantum.kernels import FidelityKernel

        X = _rows(20 if small else n_rows, 4 if small else n_qubits)
        return FidelityKernel("angle", engine="compiled").fit(X).matrix(X, max_bytes=max_bytes)

    return run


def _fit(name, n_rows, n_qubits, n_classes=2, **settings):
    def run(small):
        import skquantum

        X = _rows(40 if small else n_rows, n_qubits)
        y = (np.arange(len(X)) * 7919 >> 3) % n_classes
        settings.setdefault("kernel", "angle")
        return getattr(skquantum, name)(**settings).fit(X, y)

    return run


def _process(name, n_rows, n_classes=2, *, n_new=None, noise=True, **settings):
    """Fit a Gaussian process with something to tune, and perhaps predict covariances."""

    def run(small):
        from sklearn.gaussian_process.kernels import ConstantKernel, WhiteKernel

        import skquantum
        from skquantum.kernels import FidelityKernel

        kernel = ConstantKernel() * FidelityKernel("angle")
        kernel = kernel + WhiteKernel() if noise else kernel
        X = _rows(40 if small else n_rows, 4)
        y = (np.arange(len(X)) * 7919 >> 3) % n_classes
        # a step of the optimizer takes what all of them take
        model = getattr(skquantum, name)(kernel, optimizer=_one_step, **settings).fit(X, y)
        if n_new is not None:
            model.sample_y(_rows(40 if small else n_new, 4))
        return model

    return run


def _one_step(function, initial, bounds):
    return initial, function(initial)[0]


def _train(name, n_rows, n_qubits, *, engine, predict=False, **settings):
    def run(small):
        import skquantum

        X, y = _rows(n_rows, 2), np.arange(n_rows) % 2
        model = getattr(skquantum, name)(
            "angle",
            "real_amplitudes",
            n_qubits=3 if small else n_qubits,
            engine=engine(),
            max_iter=1,
            **settings,
        ).fit(X, y)
        return model.predict(X) if predict else model

    return run


def _train_rows(optimizer, n_rows):
    def run(small):
        from skquantum import VQC

        X = np.random.default_rng(0).normal(size=(n_rows, 4))[: 100 if small else None]
        return VQC(optimizer=optimizer, max_iter=1).fit(X, X[:, 0] > 0).predict(X)

    return run


def _expect(engine, n_rows, n_qubits):
    def run(small):
        from qiskit.circuit.library import real_amplitudes
        from qiskit.quantum_info import SparsePauliOp

        width = 3 if small else n_qubits
        observables = [SparsePauliOp("Z" * width), SparsePauliOp("X" + "I" * (width - 1))]
        circuit = real_amplitudes(width, reps=1)
        session = engine().open(circuit)
        values = _rows(n_rows, circuit.num_parameters)
        return session.expectations(values, observables, random_state=0)

    return run


def _ground_state(n_qubits, *, engine=None, optimizer="adam", **settings):
    def run(small):
        from qiskit.quantum_info import SparsePauliOp

        from skquantum import VQE

        width = 3 if small else n_qubits
        terms = [("ZZ", [k, k + 1], -1.0) for k in range(width - 1)]
        terms += [("X", [k], -0.5) for k in range(width)]
        operator = SparsePauliOp.from_sparse_list(terms, width)
        settings["engine"] = "compiled" if engine is None else engine()
        model = VQE("real_amplitudes", max_iter=1, random_state=0, optimizer=optimizer, **settings)
        return model.fit(operator)

    return run


def _density(n_qubits, **settings):
    def run(small):
        from skquantum import BornMachine

        X = (_rows(100, 3 if small else n_qubits) > 0).astype(int)
        options = {"layers": 1, "optimizer": "adam", "max_iter": 1, **settings}
        return BornMachine(max_qubits=30, random_state=0, **options).fit(X)

    return run


def _bits(n_qubits, *, score=False, **settings):
    def run(small):
        from skquantum import IQPBornMachine

        X = (_rows(100, 4 if small else n_qubits) > 0).astype(int)
        model = IQPBornMachine(max_iter=1, random_state=0, **settings).fit(X)
        return model.score_samples(X) if score else model

    return run


def _select(solver, n_features, n_selected=None, **settings):
    def run(small):
        from skquantum import combinatorial

        n_variables, chosen = (6, n_selected and 2) if small else (n_features, n_selected)
        Q = np.random.default_rng(0).normal(size=(n_variables, n_variables))
        return getattr(combinatorial, solver)(Q + Q.T, chosen, random_state=0, **settings)

    return run


def _compiled(**settings):
    def make():
        from skquantum.engines import CompiledEngine

        return CompiledEngine(**settings)

    return make


def _chain(**settings):
    def make():
        from skquantum.engines import ChainEngine

        return ChainEngine(**settings)

    return make


def _mps(**settings):
    def make():
        from skquantum.engines import MPSEngine

        return MPSEngine(**settings)

    return make


def _aer(*args, **settings):
    def make():
        from skquantum.engines import AerEngine

        return AerEngine(*args, **settings)

    return make


def _noisy(*args):
    def make():
        from qiskit_aer.noise import NoiseModel, ReadoutError, depolarizing_error

        from skquantum.engines import AerEngine

        model = NoiseModel()
        model.add_all_qubit_quantum_error(depolarizing_error(0.02, 1), ["ry", "h", "p"])
        model.add_all_qubit_quantum_error(depolarizing_error(0.02, 2), ["cx"])
        model.add_all_qubit_readout_error(ReadoutError([[0.97, 0.03], [0.05, 0.95]]))
        return AerEngine(*args, noise_model=model)

    return make


def _shots():
    from skquantum.engines import AerEngine
    from skquantum.kernels import FidelityKernel

    return FidelityKernel("angle", engine=AerEngine(1000), random_state=0)


CONFIGURATIONS = {
    "compiled angle 1 x 22": _encode(_compiled(), "angle", 1, 22),
    "compiled angle 1 x 23": _encode(_compiled(), "angle", 1, 23),
    "compiled angle 20 x 20": _encode(_compiled(), "angle", 20, 20),
    "compiled zz 1 x 22": _encode(_compiled(), "zz", 1, 22),
    "compiled zz 12 x 20": _encode(_compiled(), "zz", 12, 20),
    "compiled moving 12 x 20": _encode_moving(12, 20),
    "compiled zz 12 x 20, 2 threads": _encode(_compiled(), "zz", 12, 20, 2),
    "compiled iqp 1 x 22": _encode(_compiled(), "iqp", 1, 22),
    "compiled single zz 1 x 22": _encode(_compiled(precision="single"), "zz", 1, 22),
    "compiled single angle 9 x 21": _encode(_compiled(precision="single"), "angle", 9, 21),
    "aer angle 1 x 23": _encode(_aer(), "angle", 1, 23),
    "aer angle 9 x 20": _encode(_aer(), "angle", 9, 20),
    "aer angle 300 x 16": _encode(_aer(), "angle", 300, 16),
    "aer single angle 2 x 23": _encode(_aer(precision="single"), "angle", 2, 23),
    "aer zz 80 x 17, 2 workers": _encode(_aer(), "zz", 80, 17, 2),
    "noise angle 2 x 10": _encode(_noisy(), "angle", 2, 10),
    "noise angle 40 x 8": _encode(_noisy(), "angle", 40, 8),
    "noise angle overlap 2 x 11": _encode(_noisy(), "angle", 2, 11, measurement="overlap"),
    "matrix exact 5000": _matrix(_aer(), 5000, 4),
    "matrix exact 12000": _matrix(_compiled(), 12000, 4),
    "matrix exact 4000 x 9000": _matrix(_compiled(), 9000, 4, 4000),
    "matrix in tiles 5000 x 8": _tiles(5000, 8, None),
    "matrix in tiles 30 x 21": _tiles(30, 21, 700 * MIB),
    "matrix shots 1200": _matrix(_aer(1000), 1200, 4),
    "matrix noise 5000": _matrix(_noisy(), 5000, 2),
    "matrix noise shots 1200": _matrix(_noisy(1000), 1200, 2),
    "matrix noise mitigated 5000": _matrix(_noisy(), 5000, 2, mitigation="mean"),
    "projected 5000": _projected(5000, 4),
    "projected linear 5000": _projected(5000, 4, outer="linear"),
    "projected 9 x 21": _projected(9, 21),
    "low rank 40000 x 8": _low_rank(40000, 8, 500),
    "trained 3000": _trained("FidelityKernel", 3000),
    "trained svc 3000": _trained("FidelityKernel", 3000, "svc"),
    "trained likelihood 3000": _trained("FidelityKernel", 3000, "marginal_likelihood"),
    "trained projected 3000": _trained("ProjectedKernel", 3000),
    "derivatives 500": _derivatives(500),
    "features 200000 x 10": _features(_compiled(), None, 200_000, 10),
    "features aer 40 x 17": _features(_aer(), "angle", 40, 17),
    "features chain 3000 x 60": _features(
        _chain(), "angle", 3000, 60, ansatz="real_amplitudes", n_circuits=2
    ),
    "features sinks 20000 x 10": _features(
        _compiled(), None, 20_000, 10, gamma=0.1, n_circuits=100
    ),
    "features patches 20000 x 64": _features(
        _compiled(), "angle", 20_000, 64, patch_size=2, image_shape=(8, 8), ansatz="real_amplitudes"
    ),
    "matrix noise single 5000": _matrix(_noisy(), 5000, 2, mitigation="single"),
    "matrix noise split 5000": _matrix(_noisy(), 5000, 2, mitigation="split"),
    "matrix shots repaired 1200": _matrix(_aer(1000), 1200, 4, repair="clip"),
    "matrix shots shifted 1200": _matrix(_aer(1000), 1200, 4, repair="shift"),
    "svc 5000": _fit("QSVC", 5000, 4, max_iter=200),
    "svc probability 4000": _fit("QSVC", 4000, 4, max_iter=200, probability=True),
    "svr 5000": _fit("QSVR", 5000, 4, max_iter=200),
    "one class 5000": _fit("QOneClassSVM", 5000, 4, max_iter=200),
    "pegasos 10000": _fit("QPegasosSVC", 10000, 8, max_iter=2, tol=None),
    "pegasos 5000, 5 classes": _fit("QPegasosSVC", 5000, 4, 5, max_iter=4, tol=None),
    "kernel pca 2000": _components(2000, 4),
    "kernel pca 10 of 5000": _components(5000, 4, n_components=10, eigen_solver="dense"),
    "kernel pca arpack 5000": _components(5000, 4, n_components=5),
    "kernel pca inverse 5000": _components(5000, 4, n_components=5, fit_inverse_transform=True),
    "ridge 5000": _fit("QuantumKernelRidge", 5000, 4),
    "ridge 9000": _fit("QuantumKernelRidge", 9000, 4),
    "ridge cg 5000": _fit("QuantumKernelRidge", 5000, 4, solver="cg"),
    "ridge classifier 5000": _fit("QuantumKernelRidgeClassifier", 5000, 4, 3),
    "gaussian process 3000": _process("QGaussianProcessRegressor", 3000),
    "gaussian process, variance 3000": _process("QGaussianProcessRegressor", 3000, noise=False),
    "gaussian process, 2000 new": _process("QGaussianProcessRegressor", 300, n_new=2000),
    "gaussian process classifier 3000": _process("QGaussianProcessClassifier", 3000),
    "gaussian process classifier, 4 classes": _process("QGaussianProcessClassifier", 2000, 4),
    "vqc compiled 8 x 20": _train("VQC", 8, 20, engine=_compiled()),
    "vqc compiled 2 x 23": _train("VQC", 2, 23, engine=_compiled(), optimizer="adam"),
    "vqc compiled parity 4 x 20": _train("VQC", 4, 20, engine=_compiled(), readout="parity"),
    "vqc compiled single 4 x 21": _train("VQC", 4, 21, engine=_compiled(precision="single")),
    "vqc compiled 20 x 18, 2 threads": _train("VQC", 20, 18, engine=_compiled(), n_jobs=2),
    "vqc adam 100000 x 6": _train_rows("adam", 100_000),
    "vqc l-bfgs 100000 x 6": _train_rows("l-bfgs", 100_000),
    "expectations aer 1 x 22": _expect(_aer(), 1, 22),
    "expectations aer 80 x 16": _expect(_aer(), 80, 16),
    "expectations shots 6 x 20": _expect(_aer(100), 6, 20),
    "expectations noise 3 x 10": _expect(_noisy(), 3, 10),
    "vqr compiled 8 x 20": _train("VQR", 8, 20, engine=_compiled(), predict=True),
    "chain angles 5000 x 100": _compare_wide(
        _chain(), "RXXChainFeatureMap", 5000, 100, matrix=False
    ),
    "chain zz 20000 x 60": _compare_wide(
        _chain(), "ZZFeatureMap", 20000, 60, matrix=False, entanglement="linear"
    ),
    "chain matrix 6000 x 20": _compare_wide(
        _chain(), "ZZFeatureMap", 6000, 20, reps=1, entanglement="linear"
    ),
    "chain single matrix 6000 x 20": _compare_wide(
        _chain(precision="single"), "ZZFeatureMap", 6000, 20, reps=1, entanglement="linear"
    ),
    "mps rxx 256 x 40": _compare_wide(_mps(), "RXXChainFeatureMap", 256, 40, matrix=False),
    "mps rxx 64 x 40, 4 layers": _compare_wide(_mps(), "RXXChainFeatureMap", 64, 40, reps=4),
    "mps by Aer rxx 64 x 40": _compare_wide(
        _mps(simulator="aer"), "RXXChainFeatureMap", 64, 40, matrix=False
    ),
    "vqe chain 60": _ground_state(60, engine=_chain(), optimizer="spsa"),
    "vqe mps 30": _ground_state(30, engine=_mps(), optimizer="spsa"),
    "vqe 20": _ground_state(20),
    "vqe 24": _ground_state(24),
    "vqe 8 states 20": _ground_state(20, n_states=8),
    "vqe cobyla 22": _ground_state(22, optimizer="cobyla"),
    "born machine 20": _density(20),
    "born machine 23": _density(23),
    "born machine mmd 20": _density(20, loss="mmd"),
    "iqp born machine 30": _bits(30),
    "iqp born machine 50, 3 qubits": _bits(50, locality=3, n_samples=1000),
    "iqp born machine score 22": _bits(22, score=True),
    "qaoa 20": _select("qaoa", 20, n_layers=1),
    "qaoa 5 of 20": _select("qaoa", 20, 5, n_layers=1),
    "qaoa 24": _select("qaoa", 24, n_layers=1, max_iter=1),
    "qaoa compiled 20": _select("qaoa", 20, n_layers=1, engine="compiled"),
    "grover 22": _select("grover", 22),
}


def _resident(process):
    total = process.memory_info().rss
    for child in process.children(recursive=True):
        with contextlib.suppress(psutil.NoSuchProcess):
            total += child.memory_info().rss
    return total


def _peak(call):
    """Return the largest resident memory while a function runs, beyond what was there before."""
    process = psutil.Process()
    before = _resident(process)
    with open("/proc/self/clear_refs", "w") as file:
        file.write("5")  # resets VmHWM
    largest, done = [0], threading.Event()

    def follow():
        while not done.wait(0.002):
            if process.children():
                largest[0] = max(largest[0], _resident(process))

    thread = threading.Thread(target=follow)
    thread.start()
    kept = call()
    done.set()
    thread.join()
    del kept
    with open("/proc/self/status") as file:
        (line,) = (line for line in file if line.startswith("VmHWM"))
    return max(largest[0], 1024 * int(line.split()[1])) - before


def run_here(name):
    """Run one configuration in this process; return bytes declared and taken, and seconds."""
    from skquantum import _runtime
    from skquantum._runtime import _memory

    run = CONFIGURATIONS[name]
    declared = [0]
    original = _memory.check_memory

    def check_memory(n_bytes, *words):
        declared.append(n_bytes)
        return original(n_bytes, *words)

    warnings.simplefilter("ignore")
    run(small=True)
    for module in [*sys.modules.values(), _runtime]:
        if getattr(module, "check_memory", None) is original:
            module.check_memory = check_memory
    start = time.perf_counter()
    taken = _peak(lambda: run(small=False))
    return max(declared), taken, time.perf_counter() - start


def measured(name):
    """Run one configuration in a new process; return bytes declared and taken, and seconds."""
    found = subprocess.run(
        [sys.executable, __file__, "--here", name], capture_output=True, text=True, check=True
    )
    return json.loads(found.stdout.splitlines()[-1])


def is_fair(declared, taken):
    """Say whether a declaration is what is taken: no less, and little more."""
    return taken <= declared <= taken + max(256 * MIB, taken / 4 if taken > 2**30 else 0)


def main():
    """Print a table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*")
    parser.add_argument("--here", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.here:
        print(json.dumps(run_here(arguments.here)))
        return
    print(f"{'configuration':34} declared    taken MiB  ratio  seconds")
    for name in CONFIGURATIONS:
        if not arguments.names or name.startswith(tuple(arguments.names)):
            try:
                declared, taken, seconds = measured(name)
            except subprocess.CalledProcessError as error:
                print(f"{name:34} failed: {error.stderr.splitlines()[-1]}")
                continue
            fair = "" if is_fair(declared, taken) else "  <--"
            print(
                f"{name:34} {declared / MIB:8.0f} {taken / MIB:8.0f}     {declared / taken:6.2f} "
                f"{seconds:7.1f}{fair}",
                flush=True,
            )


if __name__ == "__main__":
    main()

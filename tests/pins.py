"""Hashes of matrices, draws and weights, to see whether a refactoring has changed a bit of them.

Floating-point numbers differ in their last bits from machine to machine, so there is nothing to
compare with in the repository: write the hashes before a change, and compare after it.

    python tests/pins.py write before.json
    python tests/pins.py compare before.json
"""

import argparse
import hashlib
import json
import sys
import warnings
from pathlib import Path

import numpy as np
from qiskit.circuit import ParameterVector, QuantumCircuit
from qiskit.circuit.library import efficient_su2
from qiskit.primitives import StatevectorSampler
from qiskit.quantum_info import SparsePauliOp
from qiskit_aer.noise import NoiseModel, ReadoutError, depolarizing_error
from qiskit_ibm_runtime.fake_provider import FakeManilaV2

from skquantum import QSVC, QSVR, VQC, VQR, QOneClassSVM, QuantumKernelRidge
from skquantum.engines import AerEngine, CompiledEngine, SamplerEngine
from skquantum.feature_maps import ReuploadingFeatureMap
from skquantum.kernels import FidelityKernel
from skquantum.mitigation import bit_flip_weights

X = np.random.default_rng(0).uniform(-1, 1, (24, 2))
WIDE = np.random.default_rng(1).normal(size=(20, 7))
T = X[7:12] + 0.05
y = (X[:, 0] > 0) * 1
target = np.sin(2 * X[:, 0]) + X[:, 1] ** 2


def _noise():
    model = NoiseModel()
    model.add_all_qubit_quantum_error(depolarizing_error(0.02, 1), ["h", "p", "ry", "rz", "u"])
    model.add_all_qubit_quantum_error(depolarizing_error(0.05, 2), ["cx"])
    model.add_all_qubit_readout_error(ReadoutError([[0.97, 0.03], [0.05, 0.95]]))
    return model


def _kernel(feature_map="zz", rows=X, others=None, **settings):
    def matrix():
        kernel = FidelityKernel(feature_map, random_state=5, **settings).fit(rows)
        return kernel(rows) if others is None else kernel(others, rows)

    return matrix


def _own_circuit():
    x = ParameterVector("x", 2)
    circuit = QuantumCircuit(3)
    circuit.h([0, 1])
    circuit.crz(x[0] * x[1], 0, 1)
    circuit.ry(x[1].sin(), 1)
    circuit.cp(x[0], 1, 2)
    return circuit


def _old_default():
    # spelt out, so that another default changes nothing here
    return ReuploadingFeatureMap(n_qubits=5, reps=1)


def _fitted(model, *targets):
    def values():
        model.fit(X, *targets)
        decide = getattr(model, "decision_function", model.predict)
        return np.concatenate([np.ravel(model.dual_coef_), np.ravel(decide(T))])

    return values


def _trained(model, targets):
    def values():
        model.fit(X, targets)
        return np.concatenate([model.weights_, model.loss_curve_, np.ravel(model.predict(T))])

    return values


def _expectations(engine, gradients):
    def values():
        session = engine.open(efficient_su2(3, reps=1))
        rows = np.random.default_rng(3).uniform(-3, 3, (4, 12))
        observables = [SparsePauliOp("ZZI"), SparsePauliOp(["XXY", "IIZ"], [0.5, 2.0])]
        if not gradients:
            return session.expectations(rows, observables, random_state=2)
        return session.gradients(rows, observables, np.ones((4, 2)), random_state=2)[1]

    return values


def configurations():
    """Return functions that compute arrays, by name."""
    noisy = AerEngine(noise_model=_noise())
    noisy_shots = AerEngine(300, _noise())
    sampler = SamplerEngine(StatevectorSampler(seed=1), shots=200)
    small = QSVC(kernel=FidelityKernel(_old_default()), C=3.0)
    trained = {"feature_map": "angle", "ansatz": "real_amplitudes", "random_state": 1}
    return {
        "zz aer": _kernel(),
        "zz compiled": _kernel(engine="compiled"),
        "zz single": _kernel(engine=CompiledEngine(precision="single")),
        "zz test rows": _kernel(others=T),
        "iqp compiled": _kernel("iqp", WIDE, engine="compiled"),
        "pauli aer": _kernel("pauli", WIDE[:, :4]),
        "amplitude aer": _kernel("amplitude", WIDE),
        "reuploading aer": _kernel(_old_default(), WIDE),
        "own circuit aer": _kernel(_own_circuit()),
        "own circuit compiled": _kernel(_own_circuit(), engine="compiled"),
        "shots": _kernel(engine=AerEngine(512)),
        "shots test rows": _kernel(others=T, engine=AerEngine(512)),
        "shots two workers": _kernel(engine=AerEngine(512), n_jobs=2),
        "shots asymmetric": _kernel(engine=AerEngine(512), symmetric=False),
        "noise": _kernel(engine=noisy),
        "noise asymmetric": _kernel(engine=noisy, symmetric=False),
        "noise overlap": _kernel(engine=noisy, measurement="overlap"),
        "noise weights": _kernel(engine=noisy, outcome_weights=bit_flip_weights(2, 1)),
        "noise and shots": _kernel(engine=noisy_shots),
        "noise mitigated": _kernel(engine=noisy, mitigation="split"),
        "noise of a device": _kernel("angle", X[:6], engine=AerEngine(noise_model=FakeManilaV2())),
        "shots repaired": _kernel("angle", engine=AerEngine(100), repair="clip"),
        "svc": _fitted(small, y),
        "svr": _fitted(QSVR(kernel="zz"), target),
        "one class": _fitted(QOneClassSVM(kernel="angle"), y),
        "ridge": _fitted(QuantumKernelRidge(0.01, kernel="angle"), target),
        "sampler": _kernel("angle", X[:8], engine=sampler),
        "vqc adam": _trained(VQC(max_iter=6, **trained), y),
        "vqc shots": _trained(
            VQC(max_iter=3, optimizer="spsa", engine=AerEngine(100), **trained), y
        ),
        "vqr l-bfgs": _trained(VQR(max_iter=8, optimizer="l-bfgs", **trained), target),
        "expectations aer": _expectations(AerEngine(), False),
        "expectations shots": _expectations(AerEngine(200), False),
        "gradients noise": _expectations(noisy, True),
        "gradients compiled": _expectations(CompiledEngine(), True),
    }


def hashes():
    """Return the hash of every configuration, by name."""
    found = {}
    for name, compute in configurations().items():
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            array = np.ascontiguousarray(compute(), dtype=np.float64)
        found[name] = hashlib.sha256(repr(array.shape).encode() + array.tobytes()).hexdigest()
    return found


def main():
    """Write hashes, or compare with those that were written."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("action", choices=["write", "compare"])
    parser.add_argument("file", type=Path)
    arguments = parser.parse_args()
    now = hashes()
    if arguments.action == "write":
        arguments.file.write_text(json.dumps(now, indent=1))
        print(f"{len(now)} hashes written")
        return 0
    before = json.loads(arguments.file.read_text())
    changed = [name for name in before | now if before.get(name) != now.get(name)]
    print(f"{len(now)} configurations, {len(changed)} changed: {', '.join(changed) or 'none'}")
    return 1 if changed else 0


if __name__ == "__main__":
    sys.exit(main())

"""The public checks on our own kernels."""

import numpy as np
import pytest
from qiskit.circuit.library import zz_feature_map
from qiskit.primitives import StatevectorSampler
from qiskit_aer.noise import NoiseModel, depolarizing_error
from sklearn.gaussian_process.kernels import RBF
from sklearn.metrics.pairwise import laplacian_kernel, linear_kernel, sigmoid_kernel

from skquantum.engines import AerEngine, SamplerEngine
from skquantum.feature_maps import AffineFeatureMap, ZZFeatureMap
from skquantum.kernels import (
    CallableKernel,
    ConstantKernel,
    FidelityKernel,
    ProjectedKernel,
    TrainedKernel,
)
from skquantum.testing import KERNEL_CHECKS

each = pytest.mark.parametrize


def noise_model():
    noise = NoiseModel()
    noise.add_all_qubit_quantum_error(depolarizing_error(0.02, 1), ["ry"])
    return noise


def sampler():
    return SamplerEngine(StatevectorSampler(seed=np.random.default_rng(0)), shots=300)


POSITIVE = {
    "default": FidelityKernel(),
    "zz": FidelityKernel("zz", engine="compiled"),
    "circuit": FidelityKernel(zz_feature_map(2), n_jobs=2),
    "shots": FidelityKernel("angle", engine=AerEngine(100)),
    "sampler": FidelityKernel("angle", engine=sampler()),
    "projected": ProjectedKernel(engine="compiled"),
    "projected, linear": ProjectedKernel("zz", locality=2, outer="linear"),
    "projected, gaussian process": ProjectedKernel("zz", outer=RBF(2.0), engine="mps"),
    "projected, shots": ProjectedKernel("angle", engine=AerEngine(100)),
    "projected, noise": ProjectedKernel("angle", engine=AerEngine(noise_model=noise_model())),
    "sum": FidelityKernel("angle") + 0.5 * FidelityKernel("zz"),
    "product": FidelityKernel("angle") * CallableKernel(laplacian_kernel),
    "sum of projected": ProjectedKernel("zz") + ProjectedKernel("zz", outer="linear"),
    "power": FidelityKernel("zz") ** 2,
    "trained": TrainedKernel(AffineFeatureMap(2, layers=1), max_iter=5),
    "trained, projected": TrainedKernel(
        ProjectedKernel(ZZFeatureMap(bandwidth="trained"), engine="compiled"),
        n_samples=4,
        max_iter=2,
    ),
    "trained, shots": TrainedKernel(
        FidelityKernel(AffineFeatureMap(2, layers=1), engine=AerEngine(100)), max_iter=3
    ),
    "constant": ConstantKernel(2.0),
    "function": CallableKernel(linear_kernel),
    "gaussian process": CallableKernel(RBF(0.5)),
}
OTHERS = {
    "function": CallableKernel(sigmoid_kernel),
    "noise": FidelityKernel("angle", engine=AerEngine(noise_model=noise_model())),
    "overlap": FidelityKernel(
        "angle", engine=AerEngine(noise_model=noise_model()), measurement="overlap"
    ),
    "noise and shots": FidelityKernel("angle", engine=AerEngine(100, noise_model())),
}


SLOW = [
    "trained, projected",
    "trained, shots",
    "projected, gaussian process",
    "projected, noise",
    "sum of projected",
]


@each("name", [pytest.param(n, marks=pytest.mark.slow) if n in SLOW else n for n in POSITIVE])
@each("check", KERNEL_CHECKS)
def test_positive_kernels(check, name):
    check(POSITIVE[name])


@each("name", OTHERS)
@each("check", KERNEL_CHECKS)
def test_kernels_that_need_not_be_positive(check, name):
    check(OTHERS[name], positive=False)

"""The public checks on our own engines: exact, from shots, under noise, and on a sampler."""

import numpy as np
import pytest
from qiskit.primitives import BackendEstimatorV2, StatevectorEstimator, StatevectorSampler
from qiskit.providers.fake_provider import GenericBackendV2
from qiskit_aer.noise import NoiseModel, ReadoutError, depolarizing_error
from qiskit_aer.primitives import EstimatorV2 as AerEstimator
from qiskit_aer.primitives import SamplerV2 as AerSampler

from skquantum.engines import (
    AerEngine,
    ChainEngine,
    CompiledEngine,
    EstimatorEngine,
    MPSEngine,
    SamplerEngine,
)
from skquantum.testing import ENGINE_CHECKS, check_engine

each = pytest.mark.parametrize


def noise_model():
    noise = NoiseModel()
    noise.add_all_qubit_quantum_error(depolarizing_error(0.02, 1), ["ry", "rx", "h"])
    noise.add_all_qubit_quantum_error(depolarizing_error(0.05, 2), ["cx"])
    noise.add_all_qubit_readout_error(ReadoutError([[0.97, 0.03], [0.05, 0.95]]))
    return noise


IDEAL = {
    "compiled": CompiledEngine(),
    "chain": ChainEngine(),
    "chain single": ChainEngine(precision="single"),
    "chain shots": ChainEngine(shots=200),
    "mps": MPSEngine(truncation_threshold=1e-28),
    "mps by Aer": MPSEngine(truncation_threshold=1e-28, simulator="aer"),
    "aer": AerEngine(),
    "aer single": AerEngine(precision="single"),
    "aer chunks": AerEngine(chunk_size=2),
    "shots": AerEngine(200),
    "sampler": SamplerEngine(StatevectorSampler(seed=np.random.default_rng(0)), shots=300),
    "estimator": EstimatorEngine(StatevectorEstimator()),
    "aer estimator": EstimatorEngine(AerEstimator()),
    "estimator shots": EstimatorEngine(
        StatevectorEstimator(seed=np.random.default_rng(0)), precision=0.05
    ),
}
NOISY = {
    "noise": AerEngine(noise_model=noise_model()),
    "noise and shots": AerEngine(100, noise_model()),
    "backend": AerEngine(noise_model=GenericBackendV2(4, seed=1)),
    "noisy sampler": SamplerEngine(
        AerSampler(seed=1, options={"backend_options": {"noise_model": noise_model()}}), shots=200
    ),
    "noisy estimator": EstimatorEngine(
        BackendEstimatorV2(backend=GenericBackendV2(4, seed=1), options={"seed_simulator": 1}),
        precision=0.1,
    ),
}


def some_slow(engines, *slow):
    return [pytest.param(n, marks=pytest.mark.slow) if n in slow else n for n in engines]


@each(
    "name",
    some_slow(
        IDEAL,
        "aer single",
        "aer chunks",
        "chain single",
        "chain shots",
        "mps by Aer",
        "aer estimator",
        "estimator shots",
    ),
)
@each("check", ENGINE_CHECKS)
def test_exact_circuits(check, name):
    check(IDEAL[name])


@each("name", some_slow(NOISY, "backend", "noisy sampler", "noisy estimator", "noise and shots"))
@each("check", ENGINE_CHECKS)
def test_noise(check, name):
    check(NOISY[name], ideal=False)


@pytest.mark.slow
def test_single_precision():
    """Its loops are compiled by numba for this alone."""
    check_engine(CompiledEngine(precision="single"))

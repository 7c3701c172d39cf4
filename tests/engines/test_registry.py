"""What a parameter `engine` can be."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from qiskit.primitives import StatevectorEstimator, StatevectorSampler
from qiskit.providers.fake_provider import GenericBackendV2
from qiskit_aer import AerSimulator
from qiskit_aer.noise import NoiseModel, ReadoutError, depolarizing_error

from skquantum import QSVC, VQC
from skquantum.engines import AerEngine, EstimatorEngine, SamplerEngine, resolve_engine
from skquantum.kernels import FidelityKernel, ProjectedKernel

X = np.random.default_rng(0).uniform(0, 2, (6, 2))
Y = np.array([0, 1] * 3)


def noise():
    model = NoiseModel()
    model.add_all_qubit_quantum_error(depolarizing_error(0.1, 2), ["cx"])
    return model


def test_a_noise_model_means_the_engine_that_has_it():
    model = noise()
    assert isinstance(resolve_engine(model), AerEngine)
    K = FidelityKernel("zz", engine=model).fit(X)(X)
    assert_array_equal(K, FidelityKernel("zz", engine=AerEngine(noise_model=model)).fit(X)(X))
    kernel = FidelityKernel("zz", engine=model).set_params(engine__shots=7)
    assert kernel.engine.shots == 7


def test_a_sampler_means_the_engine_that_runs_it():
    sampler = StatevectorSampler(seed=1)
    assert isinstance(resolve_engine(sampler), SamplerEngine)
    kernel = FidelityKernel("angle", engine=sampler).fit(X)
    assert kernel.engine_ is kernel.engine_
    assert kernel(X).shape == (6, 6)
    assert QSVC(kernel=FidelityKernel("angle", engine=sampler)).fit(X, Y).score(X, Y) >= 0.5


def test_an_estimator_means_the_engine_that_runs_it():
    estimator = StatevectorEstimator()
    assert isinstance(resolve_engine(estimator), EstimatorEngine)
    with pytest.raises(TypeError, match="EstimatorEngine offers expectation values, but no fideli"):
        FidelityKernel("zz", engine=estimator).fit(X)(X)
    K = ProjectedKernel("zz", engine=estimator).fit(X)(X)
    assert_allclose(K, ProjectedKernel("zz", engine="compiled").fit(X)(X), rtol=0, atol=1e-12)


@pytest.mark.parametrize(
    ("engine", "message"),
    [
        (
            GenericBackendV2(2),
            r"AerEngine\(noise_model=backend\) simulates .* EstimatorEngine\(est",
        ),
        (AerSimulator(), r"pass AerEngine\(\)"),
        (AerEngine, "pass an instance"),
        (3, "use one of 'aer', 'auto', 'chain', 'compiled', 'mps'"),
    ],
)
@pytest.mark.parametrize(
    "make", [lambda e: FidelityKernel("zz", engine=e), lambda e: VQC(engine=e)]
)
def test_what_is_no_engine_is_told_what_to_write(engine, message, make):
    with pytest.raises(TypeError, match=message):
        make(engine).fit(X, Y)


@pytest.mark.parametrize(
    ("name", "qubits", "present"),
    [("CX", None, "cx"), ("cz", None, "cx"), ("h", [9], "h"), ("x", None, "cx")],
)
def test_noise_that_acts_on_nothing_warns(name, qubits, present):
    model = NoiseModel()
    error = depolarizing_error(0.1, 2 if name.lower() in ("cx", "cz") else 1)
    if qubits is None:
        model.add_all_qubit_quantum_error(error, [name])
    else:
        model.add_quantum_error(error, [name], qubits)
    with pytest.warns(UserWarning, match=rf"acts on nothing: .* for {name}.* holds .*{present}"):
        FidelityKernel("zz", engine=AerEngine(noise_model=model))(X)


@pytest.mark.filterwarnings("error")
def test_noise_that_acts_does_not_warn():
    for noisy in (noise(), NoiseModel()):
        FidelityKernel("zz", engine=AerEngine(noise_model=noisy))(X)
    readout = NoiseModel()
    readout.add_readout_error(ReadoutError([[0.9, 0.1], [0.1, 0.9]]), [1])
    FidelityKernel("zz", engine=AerEngine(noise_model=readout))(X)


def test_readout_errors_of_other_qubits_warn():
    readout = NoiseModel()
    readout.add_readout_error(ReadoutError([[0.9, 0.1], [0.1, 0.9]]), [7])
    with pytest.warns(UserWarning, match=r"acts on nothing: .* measure on \(7,\)"):
        FidelityKernel("zz", engine=AerEngine(noise_model=readout))(X)

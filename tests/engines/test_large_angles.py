"""Angles that are finite and meaningless."""

import warnings

import numpy as np
import pytest
from qiskit import QuantumCircuit
from qiskit.circuit import Parameter
from qiskit_aer.noise import NoiseModel, depolarizing_error

from skquantum import QSVC, VQC
from skquantum.engines import AerEngine, CompiledEngine
from skquantum.feature_maps import AngleFeatureMap, ZZFeatureMap
from skquantum.kernels import FidelityKernel

each = pytest.mark.parametrize
NOISE = NoiseModel()
NOISE.add_all_qubit_quantum_error(depolarizing_error(0.01, 2), ["cx"])
each_engine = each(
    "engine",
    [AerEngine(), CompiledEngine(), AerEngine(noise_model=NOISE), AerEngine(shots=100)],
    ids=["aer", "compiled", "noise", "shots"],
)
MESSAGE = r"The angle .*x\[[01]\].* is up to \S+ radians.*scale the features"


def rows(scale, n_rows=6):
    return scale * np.random.default_rng(0).uniform(0.5, 1, (n_rows, 2))


def warnings_of(call):
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        call()
    return [str(w.message) for w in caught if "The angle" in str(w.message)]


@each_engine
def test_angles_beyond_a_million_warn(engine):
    """Where the engines disagree by half of all there is, because each rounds in its own way."""
    kernel = FidelityKernel("zz", engine=engine, random_state=0)
    with pytest.warns(UserWarning, match=MESSAGE):
        kernel(rows(1e8))


@each("engine", [AerEngine(), CompiledEngine()], ids=["aer", "compiled"])
def test_one_warning_for_all_rows(engine):
    kernel = FidelityKernel("zz", engine=engine)
    (message,) = warnings_of(lambda: kernel(rows(1e8, 300)))
    assert "e+16 radians" in message
    assert len(warnings_of(lambda: QSVC(kernel=kernel).fit(rows(1e8), [0, 1] * 3))) == 1


@each_engine
@each("scale", [0.0, 1.0, -1.0, 300.0])
def test_smaller_angles_do_not(engine, scale):
    kernel = FidelityKernel("zz", engine=engine, random_state=0)
    assert not warnings_of(lambda: kernel(rows(scale)))


@each("sign", [1, -1])
def test_the_limit_is_a_million_radians(sign):
    kernel = FidelityKernel(AngleFeatureMap())
    assert not warnings_of(lambda: kernel([[0.0, sign * 1e6]]))
    (message,) = warnings_of(lambda: kernel([[0.0, sign * 1.1e6]]))
    assert "The angle x[1] is up to 1e+06 radians" in message
    remedy = FidelityKernel(AngleFeatureMap(bandwidth=0.5))
    assert not warnings_of(lambda: remedy([[0.0, sign * 1.1e6]]))


def test_scaled_features_do_not_warn():
    X = 1e12 + rows(1e8)
    assert not warnings_of(lambda: QSVC().fit(rows(1e8), [0, 1] * 3))
    assert warnings_of(lambda: QSVC(kernel=FidelityKernel(ZZFeatureMap())).fit(X, [0, 1] * 3))


def test_circuits_and_trained_models_warn():
    circuit = QuantumCircuit(1)
    circuit.rx(Parameter("a") ** 3, 0)
    (message,) = warnings_of(lambda: FidelityKernel(circuit)([[1e3]]))
    assert "The angle a**3 is up to 1e+09 radians" in message
    model = VQC("angle", max_iter=1, random_state=0)
    assert warnings_of(lambda: model.fit(rows(1e8), [0, 1] * 3))


@each("engine", [AerEngine(), CompiledEngine()], ids=["aer", "compiled"])
def test_no_rows_and_no_parameters(engine):
    circuit = QuantumCircuit(1)
    circuit.h(0)
    assert not warnings_of(lambda: engine.open(circuit).prepare(np.empty((3, 0))))
    circuit.rx(Parameter("a"), 0)
    assert not warnings_of(lambda: engine.open(circuit).prepare(np.empty((0, 1))))

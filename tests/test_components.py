"""Parameters that hold objects, names of classes, and when two values mean the same."""

import numpy as np
import pytest
from qiskit.circuit.library import zz_feature_map
from qiskit.quantum_info import SparsePauliOp
from qiskit_aer.noise import NoiseModel, depolarizing_error
from sklearn.base import clone

from skquantum import ansatze, engines, feature_maps, kernels, optimizers
from skquantum._components import same_settings
from skquantum.ansatze import EfficientSU2, IdentityBlocks, RealAmplitudes
from skquantum.engines import AerEngine, CompiledEngine
from skquantum.feature_maps import CircuitFeatureMap

each = pytest.mark.parametrize


def noise(rate):
    model = NoiseModel()
    model.add_all_qubit_quantum_error(depolarizing_error(rate, 1), ["x"])
    return model


CIRCUIT = zz_feature_map(2)
DIFFERENT = [
    None,
    1,
    2,
    "a",
    np.zeros(2),
    np.zeros(3),
    [1, 2],
    [1, 3],
    (1, 2),
    [1, 2, 3],
    {"a": 1},
    {"a": 2},
    {"b": 1},
    SparsePauliOp("XX"),
    SparsePauliOp("XY"),
    SparsePauliOp("X"),
    RealAmplitudes(1),
    RealAmplitudes(2),
    EfficientSU2(1),
    IdentityBlocks(RealAmplitudes(1)),
    IdentityBlocks(RealAmplitudes(2)),
    CompiledEngine(),
    CompiledEngine,
    AerEngine(noise_model=noise(0.1)),
    AerEngine(noise_model=noise(0.2)),
    CircuitFeatureMap(CIRCUIT),
    CircuitFeatureMap(zz_feature_map(2, reps=1)),
]


@each("number", range(len(DIFFERENT)))
def test_same_settings(number):
    one = DIFFERENT[number]
    same = clone(one, safe=False) if not isinstance(one, type) else one
    assert same_settings(one, same)
    for other, value in enumerate(DIFFERENT):
        assert same_settings(one, value) == (other == number), value


NAMES = {
    "ansatz": ansatze.ANSATZE,
    "engine": engines.ENGINES,
    "feature_map": feature_maps.FEATURE_MAPS,
    "kernel": kernels.KERNELS,
    "optimizer": optimizers.OPTIMIZERS,
}


@each("parameter", NAMES)
def test_names_are_those_of_the_package(parameter):
    """A worker process would not know any others."""
    names = NAMES[parameter]
    before = dict(names)
    with pytest.raises(TypeError, match=rf"pass an object instead, {parameter}=RealAmplitudes"):
        names["mine"] = RealAmplitudes
    assert dict(names) == before
    assert all(cls.__module__.startswith("skquantum.") for cls in names.values())

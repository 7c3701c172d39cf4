"""The engine that takes whichever fits."""

import numpy as np
import pytest
from chain_circuits import rows_for, rxx_layers

from skquantum.engines import AutoEngine, ChainEngine, CompiledEngine, MPSEngine
from skquantum.exceptions import InsufficientMemoryError
from skquantum.kernels import FidelityKernel
from skquantum.testing import check_engine


def test_width_decides():
    assert isinstance(AutoEngine().choose(rxx_layers(17)), CompiledEngine)
    assert isinstance(AutoEngine().choose(rxx_layers(18)), ChainEngine)
    assert isinstance(AutoEngine(precision="single").choose(rxx_layers(18)), CompiledEngine)
    assert isinstance(AutoEngine(max_states=4).choose(rxx_layers(18)), MPSEngine)
    assert AutoEngine(max_bytes=0, max_states=8).choose(rxx_layers(3)).max_states == 8


def test_numbers_are_those_of_the_engine():
    circuit = rxx_layers(5)
    X = rows_for(circuit, 6)
    for engine, same in [
        (AutoEngine(), CompiledEngine()),
        (AutoEngine(max_bytes=0), ChainEngine()),
    ]:
        K, wanted = (FidelityKernel(circuit, engine=e)(X) for e in (engine, same))
        np.testing.assert_array_equal(K, wanted)


def test_it_says_which(capsys):
    AutoEngine(verbose=True).open(rxx_layers(30))
    assert "ChainEngine: 1000 states of 30 qubits do not fit into 2 GiB" in capsys.readouterr().err
    AutoEngine().open(rxx_layers(30))
    assert not capsys.readouterr().err
    assert AutoEngine().describe(rxx_layers(4)).startswith("CompiledEngine: 1000 states of 4 qub")


def test_memory_errors_name_it():
    X = np.zeros((10, 60))
    with pytest.raises(InsufficientMemoryError, match="engine='auto', which"):
        FidelityKernel("zz")(X)
    kernel = FidelityKernel("zz", engine="auto").set_params(feature_map__entanglement="linear")
    assert kernel(X).shape == (10, 10)


@pytest.mark.parametrize("max_bytes", [2**31, pytest.param(0, marks=pytest.mark.slow)])
def test_contract(max_bytes):
    check_engine(AutoEngine(max_bytes=max_bytes))

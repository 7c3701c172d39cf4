"""Circuits that stay open between calls."""

import gc
import os
import threading

import numpy as np
import pytest
from numpy.testing import assert_array_equal
from qiskit.circuit.library import real_amplitudes, zz_feature_map

from skquantum._runtime import _sessions
from skquantum.engines import AerEngine, CompiledEngine
from skquantum.kernels import FidelityKernel

X = np.random.default_rng(0).uniform(0, 2, (4, 2))


@pytest.fixture(autouse=True)
def nothing_is_open(monkeypatch):
    monkeypatch.setattr(_sessions, "_kept", {})


@pytest.fixture
def opened(monkeypatch):
    """What was opened."""
    calls = []
    for engine in (AerEngine, CompiledEngine):
        real = engine._open

        def spy(self, circuit, real=real):
            calls.append(circuit)
            return real(self, circuit)

        monkeypatch.setattr(engine, "_open", spy)
    return calls


@pytest.mark.parametrize("engine", [AerEngine(), CompiledEngine()], ids=str)
def test_a_fitted_kernel_opens_its_circuit_once(engine, opened):
    kernel = FidelityKernel("zz", engine=engine).fit(X)
    for _ in range(3):
        kernel(X)
        kernel(X[:1], X)
    assert len(opened) == 1
    FidelityKernel("zz", engine=engine).fit(X)(X)  # another circuit
    assert len(opened) == 2


def test_changed_settings_open_it_again(opened):
    engine = AerEngine()
    kernel = FidelityKernel("zz", engine=engine).fit(X)
    exact = kernel(X)
    engine.set_params(shots=10)
    assert (kernel(X) != exact).any()
    engine.set_params(shots=None, precision="single")
    assert kernel.encode(X).array.dtype == np.complex64
    assert len(opened) == 3


def test_each_thread_has_its_own_unless_memory_is_shared(opened):
    for engine, expected in ((AerEngine(), 3), (CompiledEngine(), 1)):
        kernel = FidelityKernel("zz", engine=engine).fit(X)
        K = kernel(X)
        opened.clear()
        threads = [threading.Thread(target=kernel, args=(X,)) for _ in range(3)]
        for thread in threads:
            thread.start()
            thread.join()
        # identifiers of threads that have ended may come again
        assert len(opened) <= expected
        assert_array_equal(kernel(X), K)


def test_few_are_kept_and_fewer_large_ones():
    circuits = [zz_feature_map(2) for _ in range(3 * _sessions.SESSIONS_KEPT)]
    for circuit in circuits:
        CompiledEngine().session(circuit)
    assert len(_sessions._kept) == _sessions.SESSIONS_KEPT
    wide = [real_amplitudes(19, reps=0) for _ in range(4)]
    for circuit in wide:
        CompiledEngine().session(circuit)
    assert len(_sessions._kept) == 2  # of weight 8 each


def test_a_circuit_in_the_same_place_in_memory_is_another_one():
    engine = CompiledEngine()
    for n_qubits in (2, 3, 2, 3, 4):
        for _ in range(2):
            assert engine.session(zz_feature_map(n_qubits)).n_qubits == n_qubits
            gc.collect()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork")
def test_a_forked_process_opens_anew():
    FidelityKernel("zz", engine="compiled").fit(X)(X)
    assert _sessions._kept
    child = os.fork()
    if child == 0:
        os._exit(len(_sessions._kept))
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0

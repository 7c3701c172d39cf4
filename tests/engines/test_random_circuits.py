"""The engine against the NumPy oracle on random circuits."""

import hypothesis
import numpy as np
import pytest
from hypothesis import strategies as st
from numpy.testing import assert_allclose
from oracles import states
from strategies import circuits, rows

from skquantum.engines import AerEngine

SETTINGS = {"deadline": None, "print_blob": True}


def check(data, circuit):
    values = data.draw(rows(circuit), label="values")
    hypothesis.note(circuit)
    before = circuit.copy()
    got = AerEngine().open(circuit).states(values)
    assert_allclose(got, states(circuit, values), rtol=0, atol=1e-12)
    assert circuit == before


@hypothesis.settings(max_examples=120, **SETTINGS)
@hypothesis.given(st.data())
def test_states_of_small_circuits(data):
    check(data, data.draw(circuits(max_qubits=6), label="circuit"))


@pytest.mark.slow
@hypothesis.settings(max_examples=1000, **SETTINGS)
@hypothesis.given(st.data())
def test_states_of_many_small_circuits(data):
    check(data, data.draw(circuits(max_qubits=6), label="circuit"))


@pytest.mark.parametrize(
    "n_qubits", [*range(7, 11), *(pytest.param(n, marks=pytest.mark.slow) for n in (11, 12))]
)
@hypothesis.settings(max_examples=8, **SETTINGS)
@hypothesis.given(st.data())
def test_states_of_wide_circuits(n_qubits, data):
    check(data, data.draw(circuits(n_qubits, n_qubits), label="circuit"))


@hypothesis.settings(max_examples=40, **SETTINGS)
@hypothesis.given(st.data())
def test_neither_chunks_nor_threads_change_a_bit(data):
    circuit = data.draw(circuits(max_qubits=5), label="circuit")
    values = data.draw(rows(circuit, n_rows=5), label="values")
    hypothesis.note(circuit)
    expected = AerEngine().open(circuit).states(values)
    chunked = AerEngine(chunk_size=2, max_parallel_threads=1).open(circuit).states(values)
    assert np.array_equal(chunked, expected)

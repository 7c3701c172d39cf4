"""Merged steps of noisy circuits are the same channel, and fewer."""

import hypothesis
import numpy as np
from hypothesis import strategies as st
from numpy.testing import assert_allclose
from qiskit.circuit import Parameter
from qiskit.circuit import library as lib
from qiskit.quantum_info import SuperOp
from qiskit_aer.noise import amplitude_damping_error, depolarizing_error

from skquantum.engines._aer._merging import merged

DAMPED = SuperOp(amplitude_damping_error(0.1))
SPREAD = SuperOp(depolarizing_error(0.05, 2)).compose(DAMPED, [1])
STEPS = [
    lib.HGate(),
    lib.SGate(),
    lib.RXGate(0.4),
    DAMPED,
    lib.CXGate(),
    SPREAD,
    lib.CCXGate(),
    lib.RYGate(Parameter("a")),
    lib.RZZGate(Parameter("b")),
]
VALUES = {"a": 0.3, "b": -0.8}


def width(step):
    return int(np.log2(step.dim[0])) if isinstance(step, SuperOp) else step.num_qubits


def channel(steps, n_qubits):
    """Compose steps one after the other."""
    total = SuperOp(np.eye(4**n_qubits))
    for step, wires in steps:
        if not isinstance(step, SuperOp) and step.params and isinstance(step.params[0], Parameter):
            step = type(step)(VALUES[step.params[0].name])
        total = total.compose(SuperOp(step), qargs=list(wires))
    return total.data


@st.composite
def circuits(draw, n_qubits=3):
    chosen = draw(st.lists(st.sampled_from(STEPS), max_size=15))
    return [(s, tuple(draw(st.permutations(range(n_qubits)))[: width(s)])) for s in chosen]


@hypothesis.settings(max_examples=150, deadline=None)
@hypothesis.given(circuits())
def test_the_channel_stays(steps):
    result = list(merged(steps))
    assert_allclose(channel(result, 3), channel(steps, 3), rtol=0, atol=1e-12)
    assert len(result) <= len(steps)


def test_what_is_merged():
    free = lib.RZGate(Parameter("a"))
    steps = [
        (lib.HGate(), (0,)),
        (DAMPED, (0,)),
        (lib.HGate(), (2,)),  # without noise: stays a gate
        (free, (0,)),
        (lib.CXGate(), (0, 1)),
        (SPREAD, (0, 1)),
        (lib.HGate(), (1,)),
        (DAMPED, (1,)),
        (lib.CXGate(), (1, 2)),
        (free, (2,)),
    ]
    found = [
        ("channel" if isinstance(step, SuperOp) else step.name, wires)
        for step, wires in merged(steps)
    ]
    assert found == [
        ("channel", (0,)),
        ("rz", (0,)),
        ("channel", (0, 1)),
        ("h", (2,)),
        ("cx", (1, 2)),
        ("rz", (2,)),
    ]

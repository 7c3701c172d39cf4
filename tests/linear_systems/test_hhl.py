"""HHL: the closed form is the circuit, and both are near the solution."""

import warnings

import numpy as np
import pytest
from qiskit.quantum_info import Statevector

from skquantum.linear_systems import hhl_circuit, hhl_solve

each = pytest.mark.parametrize


def system(n, seed=1, shift=0.3):
    rng = np.random.default_rng(seed)
    M = rng.normal(size=(n, n))
    return M @ M.T / n + shift * np.eye(n), rng.normal(size=n)


@pytest.mark.filterwarnings("ignore:4 clock qubits")
@each("clock_qubits", [4, 6, pytest.param(8, marks=pytest.mark.slow)])
@each("n", [4, 8])
@each("indefinite", [False, True])
def test_closed_form_is_the_circuit(n, clock_qubits, indefinite):
    A, b = system(n)
    if indefinite:
        A = A - 0.7 * np.eye(n)
    closed = hhl_solve(A, b, clock_qubits=clock_qubits)
    run = hhl_solve(A, b, clock_qubits=clock_qubits, circuit=True)
    np.testing.assert_allclose(run.x, closed.x, atol=1e-10)
    p, q = (found.resources.pop("success_probability") for found in (run, closed))
    assert p == pytest.approx(q, abs=1e-10)
    assert run.resources == closed.resources


@pytest.mark.filterwarnings("ignore:4 clock qubits")
def test_circuit_by_qiskit_itself():
    A, b = system(4)
    state = Statevector(hhl_circuit(A, b, 4)).data.reshape(2, 16, 4)[1, 0]
    found = hhl_solve(A, b, clock_qubits=4)
    assert np.sum(abs(state) ** 2) == pytest.approx(found.resources["success_probability"])
    np.testing.assert_allclose(
        abs(state) / np.linalg.norm(state), abs(found.x) / np.linalg.norm(found.x), atol=1e-10
    )


@each("n", [1, 2, 3, 5, 16])
def test_any_size(n):
    A, b = system(n)
    closed, run = (hhl_solve(A, b, clock_qubits=5, circuit=c) for c in (False, True))
    np.testing.assert_allclose(run.x, closed.x, atol=1e-10)


@pytest.fixture(autouse=True)
def _quiet():
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "5 clock qubits")
        yield


@each("n", [4, 40])
def test_near_the_solution(n):
    """As near as the cells below the smallest eigenvalue allow, which are not inverted."""
    A, b = system(n)
    x = np.linalg.solve(A, b)
    error = np.linalg.norm(hhl_solve(A, b, clock_qubits=16).x - x) / np.linalg.norm(x)
    assert error < 0.2


def test_eigenvalues_that_cells_have_exactly_are_inverted_exactly():
    """The largest takes .9 of the register, so these take .5 and .25."""
    A, b = np.diag([9.0, 5.0, 2.5]), np.array([0.0, 2.0, 3.0])
    np.testing.assert_allclose(hhl_solve(A, b, clock_qubits=4).x, [0, 0.4, 1.2], atol=1e-12)


def test_a_small_clock_is_warned_of():
    A, b = np.diag([1.0, 0.01]), np.ones(2)
    with pytest.warns(UserWarning, match="4 clock qubits resolve 16 .* condition number, 100"):
        hhl_solve(A, b, clock_qubits=4)
    assert hhl_solve(A, b).resources["n_qubits"] == 1 + 10 + 1


def test_resources():
    A, b = system(8)
    found = hhl_solve(A, b, clock_qubits=6).resources
    assert found["n_qubits"] == 3 + 6 + 1
    assert found["controlled_u"] == 2 * 63
    assert found["condition_number"] == pytest.approx(np.linalg.cond(A))
    assert found["shots"] == np.ceil(800 / found["success_probability"])


def test_nothing_on_the_right():
    np.testing.assert_array_equal(hhl_solve(np.eye(3), np.zeros(3)).x, np.zeros(3))


@each(
    ("A", "b", "settings", "message"),
    [
        (np.ones((2, 3)), [1, 1], {}, "A has shape"),
        ([[1, 2], [0, 1]], [1, 1], {}, "symmetric"),
        (np.eye(17), np.ones(17), {"circuit": True}, "up to 16 unknowns, and there are 17"),
        (np.eye(2), [1, 1], {"clock_qubits": 0}, "clock_qubits=0"),
    ],
)
def test_what_is_refused(A, b, settings, message):
    with pytest.raises(ValueError, match=message):
        hhl_solve(A, b, **settings)

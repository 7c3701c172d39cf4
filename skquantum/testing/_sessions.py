"""All numbers that a session offers, and what Qiskit's states say they should be."""

import numpy as np
from qiskit.quantum_info import SparsePauliOp

from skquantum.engines import (
    ExpectationSession,
    KernelSession,
    StateGradientSession,
    StateSession,
)
from skquantum.testing._common import exact_states, quiet, require_close

__all__ = [
    "all_numbers",
    "exact_expectations",
    "example_values",
    "fidelities_of",
    "has_states",
    "is_drawn",
    "observables_on",
    "precision_of",
    "require_right",
]


def example_values(circuit, n_rows=3, seed=0):
    return np.random.default_rng(seed).normal(size=(n_rows, circuit.num_parameters))


def observables_on(n_qubits):
    """Return a sum of Pauli strings, the identity among them, and a diagonal."""
    labels = ["Z" * n_qubits, "I" * n_qubits, "X" + "I" * (n_qubits - 1), "Y" * n_qubits]
    diagonal = np.cos(np.arange(2**n_qubits))
    return [SparsePauliOp(labels, [0.5, -0.25, 1.0, 0.75]), diagonal]


def exact_expectations(states, observables):
    matrices = [
        np.diag(observable) if isinstance(observable, np.ndarray) else observable.to_matrix()
        for observable in observables
    ]
    return np.array([[(s.conj() @ matrix @ s).real for matrix in matrices] for s in states])


def precision_of(session):
    return 2e-5 if getattr(session, "dtype", None) == np.complex64 else 1e-10


def expectation_error(session):
    # outcomes of the observables lie between -2.5 and 2.5; P(error > t) <= 2 exp(-n t² / 2 / 2.5²)
    return precision_of(session) if session.shots is None else 6 * 2.5 / np.sqrt(session.shots)


def fidelity_error(session):
    return 3 / np.sqrt(session.shots) if is_drawn(session) else 10 * precision_of(session)


def has_states(session):
    # with shots, states stand behind kernels, and are not shown
    return isinstance(session, StateSession) and session.shots is None


def is_drawn(session):
    # by a device, other numbers each time
    return session.counts


@quiet
def fidelities_of(session, A, B, n_jobs=None):
    encoded = session.encode(A, n_jobs=n_jobs)
    return encoded.inner(None if B is None else session.encode(B, n_jobs=n_jobs))[0]


def example_bra(n_qubits):
    places = np.arange(2**n_qubits)
    return np.cos(places) + 1j * np.sin(3 * places)


def all_numbers(session, values, n_jobs=None):
    """Return all numbers per row that do not come from a device."""
    found = {}
    if has_states(session):
        found["states"] = session.states(values, n_jobs=n_jobs)
    if isinstance(session, ExpectationSession) and not is_drawn(session):
        observables = observables_on(session.n_qubits)
        options = {"n_jobs": n_jobs, "random_state": 0}
        found["expectations"] = session.expectations(values, observables, **options)
        ones = np.ones((len(values), len(observables)))
        found["gradients"] = session.gradients(values, observables, ones, **options)[1]
    if isinstance(session, StateGradientSession):
        bras = np.tile(example_bra(session.n_qubits), (len(values), 1))
        found["pull_back"] = session.pull_back(values, bras, n_jobs=n_jobs)
    if isinstance(session, KernelSession) and not is_drawn(session):
        other = example_values(session.circuit, 2, seed=7)
        found["fidelities"] = fidelities_of(session, values, other, n_jobs)
    return found


def require_right(session, circuit, values, where):
    """Compare all that a session offers with Qiskit's states."""
    states = exact_states(circuit, values)
    if has_states(session):
        found = session.states(values)
        require_close(found, states, precision_of(session), f"States of {where}")
    if isinstance(session, ExpectationSession):
        observables = observables_on(circuit.num_qubits)
        found = session.expectations(values, observables, random_state=0)
        wanted = exact_expectations(states, observables).reshape(found.shape)
        require_close(found, wanted, expectation_error(session), f"Expectation values of {where}")
    if isinstance(session, StateGradientSession):
        _require_right_slopes(session, circuit, values, where)
    if isinstance(session, KernelSession):
        error = fidelity_error(session)
        wanted = np.abs(states.conj() @ states.T) ** 2
        require_close(fidelities_of(session, values, None), wanted, error, f"Fidelities of {where}")
        found = fidelities_of(session, values, values[:2])
        require_close(found, wanted[:, :2], error, f"Fidelities with other rows of {where}")


def _require_right_slopes(session, circuit, values, where):
    """Compare derivatives of states with differences along one direction."""
    bra = example_bra(circuit.num_qubits)
    direction, step = np.cos(np.arange(circuit.num_parameters)), 1e-3

    def product(shift):
        return 2 * (exact_states(circuit, values + shift * direction) @ bra.conj()).real

    near, far = (product(shift) - product(-shift) for shift in (step, 2 * step))
    found = session.pull_back(values, np.tile(bra, (len(values), 1))) @ direction
    wanted = (8 * near - far) / (12 * step)
    # differences are not exact themselves
    error = (1e-6 + 10 * precision_of(session)) * np.abs(bra).sum()
    require_close(found, wanted, error, f"Derivatives of states of {where}")

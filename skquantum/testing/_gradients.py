"""What holds for the gradients of every engine."""

import numpy as np

from skquantum.engines import ExpectationSession
from skquantum.testing._circuits import example_circuit
from skquantum.testing._common import exact_states, require, require_close, require_equal
from skquantum.testing._sessions import (
    exact_expectations,
    example_values,
    is_drawn,
    observables_on,
    precision_of,
)

__all__ = ["check_engine_gradients"]


def check_engine_gradients(engine, *, ideal=True):
    """Gradients are the derivatives of the expectation values."""
    circuit = example_circuit()
    session = engine.open(circuit)
    if not isinstance(session, ExpectationSession):
        return
    values, observables = example_values(circuit, 2), observables_on(circuit.num_qubits)
    cotangents = np.random.default_rng(3).normal(size=(2, 2))

    def called(rows, expectations):
        require(expectations.shape == cotangents[rows].shape, "Cotangents get a wrong shape.")
        return cotangents[rows]

    found, gradient = session.gradients(values, observables, called, random_state=0)
    require(gradient.shape == values.shape, f"Gradients have shape {gradient.shape}.")
    if is_drawn(session):
        return  # other numbers each time
    options = {"random_state": 0}
    by_array = session.gradients(values, observables, cotangents, **options)
    require_equal(by_array[1], gradient, "Gradients by a callable and by an array of cotangents")
    if session.shots is not None:
        return  # a drawn gradient has no bound that would catch anything
    expectations = session.expectations(values, observables)
    require_close(found, expectations, precision_of(session), "Expectation values of gradients")
    some = session.gradients(values, observables, cotangents, wrt=[1, 0])[1]
    require_close(some, gradient[:, [1, 0]], precision_of(session), "Gradients with wrt=[1, 0]")
    if getattr(session, "dtype", None) == np.complex64:
        if not ideal:
            return  # differences of single precision say nothing

        def evaluate(points):
            return exact_expectations(exact_states(circuit, points), observables)
    else:

        def evaluate(points):
            return session.expectations(points, observables)

    step = 1e-4
    for column in range(values.shape[1]):
        change = np.zeros(values.shape)
        change[:, column] = step
        slope = (evaluate(values + change) - evaluate(values - change)) / (2 * step)
        wanted = (cotangents * slope).sum(axis=1)
        require_close(
            gradient[:, column],
            wanted,
            1e-6 + 100 * precision_of(session),
            f"Gradient with respect to parameter {column} and central differences",
        )

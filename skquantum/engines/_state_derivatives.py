"""Derivatives of states, as sums of states at shifted angles."""

import numpy as np

from skquantum._circuits import Expressions, lower, unshared
from skquantum._runtime import blocks_of_rows

__all__ = ["ShiftedStates"]

# Largest block of shifted states.
BYTES_OF_STATES = 64 * 2**20


class ShiftedStates:
    """The states of a circuit and their derivatives, on an engine that has states.

    Parameters
    ----------
    session : StateSession
        The open circuit.
    """

    def __init__(self, session):
        self._shifts = unshared(lower(session.circuit), of_states=True)
        lowered = self._shifts.lowered
        self._session = session.engine.open(lowered.circuit)
        place = {parameter: k for k, parameter in enumerate(lowered.placeholders)}
        self._order = [place[parameter] for parameter in self._session.parameters]
        self._expressions = Expressions(lowered.expressions, session.parameters)

    def derivatives(self, values, wrt, *, n_jobs=None):
        """Return states and their derivatives for checked arguments."""
        columns = self._expressions.values(values)
        slopes = self._expressions.jacobian(values, wrt)
        shifts = self._shifts.only(np.flatnonzero(slopes.any(axis=(0, 2))))
        states = self._session.states(columns[:, shifts.columns][:, self._order], n_jobs=n_jobs)
        found = np.zeros((len(values), len(wrt), states.shape[1]), dtype=np.complex128)
        per_block = max(1, BYTES_OF_STATES // max(1, states.nbytes))
        for block in blocks_of_rows(len(shifts.angles), per_block):
            angles, coefficients = shifts.angles[block], shifts.coefficients[block]
            shifted = columns[:, np.newaxis, shifts.columns].repeat(len(angles), axis=1)
            shifted[:, np.arange(len(angles)), angles] += shifts.steps[block]
            shifted = shifted[..., self._order].reshape(-1, len(self._order))
            moved = self._session.states(shifted, n_jobs=n_jobs)
            moved = moved.reshape(len(values), len(angles), -1)
            by_angle = slopes[:, shifts.columns[angles]] * coefficients[:, np.newaxis]
            found += by_angle.transpose(0, 2, 1) @ moved
        return states, found

"""The energy of a trained state, as optimizers see it."""

import numpy as np

from skquantum._circuits import FixedObservables
from skquantum.engines import StateGradientSession
from skquantum.variational._circuit_objective import CircuitObjective
from skquantum.variational._objective import is_resolved

__all__ = ["EnergyObjective"]


class EnergyObjective(CircuitObjective):
    """Expectation value of an operator, with a penalty for what lower states take part in it.

    Parameters
    ----------
    circuit : QuantumCircuit
        Its parameters, in order, are the weights.
    operator : SparsePauliOp
        Hermitian.
    engine : Engine
        Engine that runs the circuit.
    lower : ndarray of shape (n_lower, 2 ** n_qubits) or None, default=None
        States to be orthogonal to.
    penalty : float, default=0.0
        Penalty for a squared overlap of 1 with one of them.
    n_jobs : int or None, default=None
        Workers.
    random_state : RandomState or None, default=None
        Seed or generator for the shots.
    """

    def __init__(
        self,
        circuit,
        operator,
        engine,
        *,
        lower=None,
        penalty=0.0,
        n_jobs=None,
        random_state=None,
    ):
        super().__init__(circuit, engine, n_jobs=n_jobs, random_state=random_state)
        if lower is not None and not isinstance(self.session, StateGradientSession):
            raise TypeError(
                f"engine={engine!r} cannot compare states, which excited states need; use "
                "engine='compiled', or n_states=1."
            )
        self._observables = FixedObservables([operator], circuit.num_qubits)
        self._lower = lower
        self._penalty = penalty

    def energy(self, weights, random_state=None):
        """Return the energy alone, whatever lower states take part in it.

        Parameters
        ----------
        weights : ndarray of shape (n_weights,)
            Weights (radians).
        random_state : RandomState or None, default=None
            Seed or generator for the shots.

        Returns
        -------
        float
            Expectation value.
        """
        options = {**self._options, "random_state": random_state}
        return float(self.session.expectations([weights], self._observables, **options)[0, 0])

    def value(self, weights, rows=None):
        if not is_resolved(weights):
            return np.nan
        value = self.energy(weights, self._options["random_state"])
        if self._lower is not None:
            overlaps = self._lower.conj() @ self.session.states([weights])[0]
            value += self._penalty * float((np.abs(overlaps) ** 2).sum())
        return value

    def value_and_gradient(self, weights, rows=None):
        if not is_resolved(weights):
            return np.nan, np.full(len(weights), np.nan)
        energies, gradient = self.session.gradients(
            [weights], self._observables, [[1.0]], **self._options
        )
        value, gradient = float(energies[0, 0]), gradient[0]
        if self._lower is not None:
            overlaps = self._lower.conj() @ self.session.states([weights])[0]
            value += self._penalty * float((np.abs(overlaps) ** 2).sum())
            bra = self._penalty * overlaps @ self._lower
            gradient = gradient + self.session.pull_back([weights], [bra])[0]
        return value, gradient

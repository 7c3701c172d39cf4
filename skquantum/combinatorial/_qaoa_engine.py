"""QAOA as a circuit of gates, run by an engine."""

import numpy as np

from skquantum._circuits import FixedObservables
from skquantum.combinatorial._qaoa_circuit import qaoa_circuit
from skquantum.engines import resolve_engine
from skquantum.optimizers import Objective

__all__ = ["EngineObjective"]


class EngineObjective(Objective):
    """What :class:`QAOAObjective` is, by an engine.

    Parameters
    ----------
    engine : str or Engine
        The engine.
    Q : ndarray of shape (n_variables, n_variables)
        The QUBO.
    n_selected : int or None
        Number of ones.
    energies : ndarray of shape (2 ** n_variables,)
        The energies that are averaged.
    unit : float
        By how much the angles of the phases are larger than those of the circuit.
    """

    def __init__(self, engine, Q, n_selected, energies, unit):
        self.engine = resolve_engine(engine)
        self.Q = Q
        self.n_selected = n_selected
        self.observables = FixedObservables([energies], len(Q))
        self.unit = unit
        self.sessions = {}
        self.probabilities(np.zeros(2))  # an engine without states says so before training

    def value(self, weights, rows=None):
        """Return the mean energy for angles gamma_1, ..., gamma_p, beta_1, ..., beta_p."""
        session, values = self._prepared(weights)
        return float(session.expectations(values, self.observables)[0, 0])

    def value_and_gradient(self, weights, rows=None):
        """Return the mean energy and its derivatives with respect to the angles."""
        session, values = self._prepared(weights)
        found, gradient = session.gradients(values, self.observables, np.ones((1, 1)))
        betas, gammas = np.split(gradient[0], 2)
        return float(found[0, 0]), np.concatenate([gammas / self.unit, betas])

    def probabilities(self, weights):
        """Return the probability of every assignment."""
        session, values = self._prepared(weights)
        return np.abs(session.states(values)[0]) ** 2

    def _prepared(self, weights):
        gammas, betas = np.split(np.asarray(weights, dtype=np.float64), 2)
        n_layers = len(gammas)
        if n_layers not in self.sessions:
            circuit = qaoa_circuit(self.Q, n_layers, self.n_selected)
            self.sessions[n_layers] = self.engine.open(circuit)
        return self.sessions[n_layers], np.concatenate([betas, gammas / self.unit])[None]

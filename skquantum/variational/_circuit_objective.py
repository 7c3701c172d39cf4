"""What objectives without data share: a circuit whose parameters are all trained."""

import numpy as np

from skquantum._circuits import first_depths
from skquantum.engines import ExpectationSession, StateSession
from skquantum.optimizers import Objective

__all__ = ["CircuitObjective"]


class CircuitObjective(Objective):
    """Base class: a function of the state that a circuit makes of 0...0.

    Parameters
    ----------
    circuit : QuantumCircuit
        Its parameters, in order, are the weights.
    engine : Engine
        Engine that runs the circuit.
    n_jobs : int or None, default=None
        Workers.
    random_state : RandomState or None, default=None
        Seed or generator for the shots.

    Raises
    ------
    TypeError
        If the engine has no expectation values.
    """

    def __init__(self, circuit, engine, *, n_jobs=None, random_state=None):
        self.session = engine.session(circuit)
        if not isinstance(self.session, ExpectationSession):
            raise TypeError(
                f"engine={engine!r} has no expectation values, on which circuits are trained; use "
                "'compiled' or AerEngine(...)."
            )
        self.n_weights = circuit.num_parameters
        self._circuit = circuit
        self._has_states = isinstance(self.session, StateSession) and engine.shots is None
        self._options = {"n_jobs": n_jobs, "random_state": random_state}

    @property
    def groups(self):
        return {"angles": np.arange(self.n_weights)}

    @property
    def depths(self):
        first = first_depths(self._circuit)
        return [first[parameter] for parameter in self._circuit.parameters]

    def fidelity(self, weights, others):
        if not self._has_states:
            return super().fidelity(weights, others)
        here, *there = self.session.states([weights, *others])
        return np.abs(np.conj(here) @ np.transpose(there)) ** 2

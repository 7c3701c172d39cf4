"""How far the outcomes of a circuit are from a distribution, as optimizers see it."""

import numpy as np

from skquantum.engines import StateGradientSession
from skquantum.variational._circuit_objective import CircuitObjective
from skquantum.variational._objective import is_resolved

__all__ = ["DIVERGENCES", "DistributionObjective", "Divergence"]

# Probabilities are kept above, so that an outcome that is never seen costs much but not infinity.
TINY = 1e-12


class Divergence:
    """Kullback-Leibler divergence of the outcomes' distribution from the target, in nats.

    Parameters
    ----------
    target : ndarray of shape (2 ** n_qubits,)
        Probabilities.
    places : sequence of ndarray of shape (2 ** n_bits,)
        Numbers that the values of each group of bits stand for, the first group the least
        significant bits.
    """

    def __init__(self, target, places):
        self.target = target
        self._seen = target > 0

    def __call__(self, probabilities):
        """Return the divergence and its derivatives.

        Parameters
        ----------
        probabilities : ndarray of shape (2 ** n_qubits,)
            Of the outcomes.

        Returns
        -------
        value : float
            The divergence.
        slopes : ndarray of shape (2 ** n_qubits,)
            Derivatives with respect to the probabilities.
        """
        kept = np.maximum(probabilities, TINY)
        t = self.target[self._seen]
        return float(t @ np.log(t / kept[self._seen])), -self.target / kept


class MaximumMeanDiscrepancy(Divergence):
    """Squared maximum mean discrepancy, with a mixture of Gaussian kernels of several widths.

    A feature of numbers is compared by the distance of the places of its bins, in units of their
    standard deviation.
    """

    WIDTHS = (0.25, 1.0, 4.0)

    def __init__(self, target, places):
        super().__init__(target, places)
        scale = [np.std(each) or 1.0 for each in places]
        distances = [
            ((each[:, None] - each) / s) ** 2 for each, s in zip(places, scale, strict=True)
        ]
        n_groups = len(places)  # a common width, whatever the number of features
        self._kernels = [
            [np.exp(-d / (2 * width * n_groups)) for d in distances] for width in self.WIDTHS
        ]
        # in C order the last axis is the least significant
        self._shape = tuple(len(each) for each in reversed(places))

    def __call__(self, probabilities):
        difference = (probabilities - self.target).reshape(self._shape)
        total = np.zeros(self._shape)
        for kernels in self._kernels:
            smooth = difference
            for axis, kernel in enumerate(reversed(kernels)):
                smooth = np.moveaxis(np.tensordot(kernel, smooth, axes=(1, axis)), 0, axis)
            total += smooth / len(self._kernels)
        return float((difference * total).sum()), 2.0 * total.ravel()


DIVERGENCES = {"kl": Divergence, "mmd": MaximumMeanDiscrepancy}


class DistributionObjective(CircuitObjective):
    """Divergence of the outcomes of a circuit from a target.

    Parameters
    ----------
    circuit : QuantumCircuit
        Its parameters, in order, are the weights.
    divergence : Divergence
        Takes probabilities.
    engine : Engine
        Engine that runs the circuit.
    n_jobs : int or None, default=None
        Workers.
    random_state : RandomState or None, default=None
        Seed or generator for the shots.
    """

    def __init__(self, circuit, divergence, engine, *, n_jobs=None, random_state=None):
        super().__init__(circuit, engine, n_jobs=n_jobs, random_state=random_state)
        self._size = 2**circuit.num_qubits
        self._divergence = divergence

    def probabilities(self, weights):
        """Return the probabilities of the outcomes, or with shots estimates of them.

        Parameters
        ----------
        weights : ndarray of shape (n_weights,)
            Weights (radians).

        Returns
        -------
        ndarray of shape (2 ** n_qubits,)
            Probabilities, little-endian.
        """
        if self._has_states:
            return np.abs(self.session.states([weights])[0]) ** 2
        indicators = list(np.eye(self._size))
        return self.session.expectations([weights], indicators, **self._options)[0]

    def value(self, weights, rows=None):
        if not is_resolved(weights):
            return np.nan
        return self._divergence(self.probabilities(weights))[0]

    def value_and_gradient(self, weights, rows=None):
        if not is_resolved(weights):
            return np.nan, np.full(len(weights), np.nan)
        if self._has_states and isinstance(self.session, StateGradientSession):
            state = self.session.states([weights])[0]
            value, slopes = self._divergence(np.abs(state) ** 2)
            return value, self.session.pull_back([weights], [slopes * state])[0]
        value, slopes = self._divergence(self.probabilities(weights))
        # the slopes are a diagonal observable
        _, gradient = self.session.gradients([weights], [slopes], [[1.0]], **self._options)
        return value, gradient[0]

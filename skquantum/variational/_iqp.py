"""Instantaneous quantum polynomial circuits whose expectation values are sampled classically."""

import numpy as np

from skquantum.optimizers import Objective
from skquantum.variational._objective import is_resolved

__all__ = ["IQPObjective", "parities"]

# So many bitstrings and strings of Z the reported loss is averaged over, the same in every
# iteration.
EVALUATION = 2


def parities(gates, bits):
    """Return (-1) ** (number of ones on the qubits of a gate), for rows of bits.

    Parameters
    ----------
    gates : ndarray of shape (n_gates, n_qubits)
        1 on the qubits of each gate.
    bits : ndarray of shape (n_rows, n_qubits)
        Zeros and ones.

    Returns
    -------
    ndarray of shape (n_rows, n_gates)
        1.0 and -1.0.
    """
    ones = bits.astype(np.float32) @ gates.T.astype(np.float32)
    return (1.0 - 2.0 * (ones % 2)).astype(np.float64)


class IQPObjective(Objective):
    r"""Squared maximum mean discrepancy of an IQP circuit's outcomes from rows of bits.

    With the Gaussian kernel of width sigma in the Hamming distance it is the mean of
    :math:`(\langle Z_a \rangle - \bar Z_a)^2` over strings `a` that hold Z on each qubit with
    probability :math:`(1 - e^{-1 / 2 \sigma^2}) / 2` [1]_, and of the circuit
    :math:`\prod_j e^{i \theta_j X_{g_j}}` on 0...0 the expectation values are

    .. math:: \langle Z_a \rangle
        = E_z \cos \sum_j \theta_j (-1)^{g_j \cdot z} (1 - (-1)^{g_j \cdot a})

    over uniform bitstrings z [2]_. Both means are sampled, and without bias, whatever the number of
    qubits.

    Parameters
    ----------
    gates : ndarray of shape (n_gates, n_qubits)
        1 on the qubits of each gate.
    X : ndarray of shape (n_rows, n_qubits)
        Zeros and ones.
    shares : ndarray of float
        Probabilities of a Z, one for each width; strings are drawn for all alike.
    n_samples : int
        Number of strings, and of bitstrings, drawn in each step.
    random_state : RandomState
        Seed or generator for the draws.

    References
    ----------
    .. [1] M. Rudolph et al., "Trainability barriers and opportunities in quantum generative
       modeling", npj Quantum Information 10, 116 (2024).
    .. [2] E. Recio-Armengol, S. Ahmed, J. Bowles, "Train on classical, deploy on quantum: scaling
       generative quantum machine learning to a thousand qubits", arXiv:2503.02934 (2025).
    """

    def __init__(self, gates, X, shares, n_samples, random_state):
        self.n_weights = len(gates)
        self.depths = np.zeros(len(gates), dtype=int)
        self._gates = gates
        self._X = X
        self._shares = np.asarray(shares)
        self._n_samples = n_samples
        self._random_state = random_state
        self._fixed = self._draw(EVALUATION * n_samples, np.random.RandomState(0))

    @property
    def groups(self):
        return {"angles": np.arange(self.n_weights)}

    def _draw(self, n_samples, random_state):
        """Return phases of bitstrings, factors of strings, and the rows' mean of each string."""
        n_qubits = self._gates.shape[1]
        shares = self._shares[np.arange(n_samples) % len(self._shares)]
        strings = random_state.uniform(size=(n_samples, n_qubits)) < shares[:, np.newaxis]
        bits = random_state.randint(0, 2, (n_samples, n_qubits))
        targets = parities(strings, self._X).mean(axis=0)
        return parities(self._gates, bits), 1.0 - parities(self._gates, strings), targets

    def value(self, weights, rows=None):
        if not is_resolved(weights):
            return np.nan
        signs, factors, targets = self._fixed
        cosines = np.cos(signs @ (weights * factors).T)
        left, right = cosines[::2].mean(axis=0), cosines[1::2].mean(axis=0)
        return float(((left - targets) * (right - targets)).mean())

    def value_and_gradient(self, weights, rows=None):
        if not is_resolved(weights):
            return np.nan, np.full(len(weights), np.nan)
        signs, factors, targets = self._draw(self._n_samples, self._random_state)
        phases = signs @ (weights * factors).T
        cosines = np.cos(phases)
        # two halves of the bitstrings, so that the product of two means has no bias
        apart = [cosines[half::2].mean(axis=0) - targets for half in (0, 1)]
        pull = np.empty_like(phases)
        for half in (0, 1):
            count = len(phases[half::2])
            pull[half::2] = -np.sin(phases[half::2]) * apart[1 - half] / (count * len(targets))
        gradient = ((pull.T @ signs) * factors).sum(axis=0)
        return float((apart[0] * apart[1]).mean()), gradient

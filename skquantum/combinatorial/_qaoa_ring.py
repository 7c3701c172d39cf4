"""The state of QAOA whose mixer exchanges ones on a ring, and the gradient of its energy."""

import numpy as np

from skquantum.combinatorial._qaoa_circuit import ring
from skquantum.combinatorial._qaoa_state import alone
from skquantum.combinatorial._ring_loops import exchange, exchange_overlap, phase
from skquantum.engines import LANES
from skquantum.optimizers import Objective

__all__ = ["RingObjective"]


class RingObjective(Objective):
    """Mean energy after layers of phases exp(-i gamma E) and mixers exp(i beta B).

    B is the sum of (XX + YY) / 2 on a ring.

    Parameters
    ----------
    energies : ndarray of shape (2 ** n_variables,)
        E, the energy of each assignment, variable i being bit i.
    allowed : ndarray of bool of shape (2 ** n_variables,)
        Assignments among which the mixer moves; the start is their equal superposition.
    share : callable, default=alone
        As of ``_runtime.sharing``: how threads share loops.
    """

    def __init__(self, energies, allowed, share=alone):
        self.n_states = len(energies)
        self.pairs = ring(self.n_states.bit_length() - 1)
        self.share = share
        # states that fill no row have amplitudes 0 beside them
        size = max(self.n_states, LANES)
        self.energies = np.zeros(size)
        self.energies[: self.n_states] = energies
        self.start = np.zeros(size)
        self.start[: self.n_states][allowed] = 1 / np.sqrt(np.count_nonzero(allowed))

    def value(self, weights, rows=None):
        """Return the mean energy for angles gamma_1, ..., gamma_p, beta_1, ..., beta_p."""
        return float(self.probabilities(weights) @ self.energies[: self.n_states])

    def probabilities(self, weights):
        """Return the probability of every assignment."""
        re, im = self._evolved(weights)
        return (re * re + im * im)[: self.n_states]

    def amplitudes(self, weights):
        """Return the state."""
        re, im = self._evolved(weights)
        return (re + 1j * im)[: self.n_states]

    def value_and_gradient(self, weights, rows=None):
        """Return the mean energy and its derivatives with respect to the angles."""
        gammas, betas = np.split(np.asarray(weights, dtype=np.float64), 2)
        re, im = self._evolved(weights)
        bra_re, bra_im = self.energies * re, self.energies * im
        value = float(bra_re @ re + bra_im @ im)
        gradient = np.empty((2, len(gammas)))
        for layer in reversed(range(len(gammas))):
            gradient[1, layer] = -2 * self._unmix(re, im, bra_re, bra_im, betas[layer])
            products = bra_re * im
            products -= bra_im * re
            gradient[0, layer] = 2 * float(products @ self.energies)
            self._phase(re, im, -gammas[layer])
            self._phase(bra_re, bra_im, -gammas[layer])
        return value, gradient.ravel()

    def _evolved(self, weights):
        gammas, betas = np.split(np.asarray(weights, dtype=np.float64), 2)
        re, im = self.start.copy(), np.zeros(len(self.start))
        for gamma, beta in zip(gammas, betas, strict=True):
            self._phase(re, im, gamma)
            for pair in self.pairs:
                exchange(re, im, *pair, float(beta))
        return re, im

    def _phase(self, re, im, angle):
        rows = (x.reshape(-1, LANES) for x in (re, im, self.energies))
        self.share(phase, len(re) // LANES, *rows, float(angle))

    def _unmix(self, re, im, bra_re, bra_im, angle):
        """Undo a mixer on state and bra; return Im <bra| B |state>."""
        total = 0.0
        for pair in reversed(self.pairs):
            total += exchange_overlap(re, im, bra_re, bra_im, *pair)
            exchange(re, im, *pair, -float(angle))
            exchange(bra_re, bra_im, *pair, -float(angle))
        return total

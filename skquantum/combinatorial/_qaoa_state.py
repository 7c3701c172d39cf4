"""The state of QAOA for given angles, and the gradient of its energy by the adjoint method."""

import numpy as np

from skquantum.optimizers import Objective

__all__ = ["QAOAObjective", "ring"]


def ring(n_variables):
    """Return the pairs of neighbours on a ring, in an order in which most act at once."""
    if n_variables < 3:
        return [(0, 1)][: n_variables - 1]
    even = [(i, i + 1) for i in range(0, n_variables - 1, 2)]
    odd = [(i, i + 1) for i in range(1, n_variables - 1, 2)]
    return even + odd + [(0, n_variables - 1)]


def _alone(task, n_items, *args):
    """Do what threads would share."""
    task(*args, 0, n_items)


class QAOAObjective(Objective):
    """Mean energy after layers of phases exp(-i gamma E) and mixers exp(i beta B).

    Parameters
    ----------
    energies : ndarray of shape (2 ** n_variables,)
        E, the energy of each assignment, variable i being bit i.
    allowed : ndarray of bool of shape (2 ** n_variables,) or None, default=None
        Assignments among which the mixer moves, by B = sum of (XX + YY) / 2 on a ring; the start is
        their equal superposition. None is for all, by B = sum of X.
    share : callable, default=_alone
        As of ``_runtime.sharing``: how threads share loops.
    """

    def __init__(self, energies, allowed=None, share=_alone):
        self.energies = energies
        self.n_variables = len(energies).bit_length() - 1
        self.n_low = self.n_variables // 2
        self.share = share
        self.start = np.zeros(len(energies))
        self.start[slice(None) if allowed is None else allowed] = 1.0
        self.start /= np.sqrt(self.start.sum())
        self.pairs = None if allowed is None else ring(self.n_variables)

    def value(self, weights, rows=None):
        """Return the mean energy for angles gamma_1, ..., gamma_p, beta_1, ..., beta_p."""
        return float(self.probabilities(weights) @ self.energies)

    def probabilities(self, weights):
        """Return the probability of every assignment."""
        re, im = self._evolved(weights)
        return re * re + im * im

    def amplitudes(self, weights):
        """Return the state."""
        re, im = self._evolved(weights)
        return re + 1j * im

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
            self._mix(re, im, beta)
        return re, im

    def _phase(self, re, im, angle):
        from skquantum.combinatorial._qaoa_loops import phase

        self.share(phase, len(re), re, im, self.energies, float(angle))

    def _mix(self, re, im, angle):
        from skquantum.combinatorial._qaoa_loops import exchange, mix

        if self.pairs is not None:
            for pair in self.pairs:
                exchange(re, im, *pair, float(angle))
            return
        for low in (True, False):
            self.share(mix, self._n_blocks(low), re, im, self.n_low, low, float(angle))

    def _unmix(self, re, im, bra_re, bra_im, angle):
        """Undo a mixer on state and bra; return Im <bra| B |state>."""
        from skquantum.combinatorial._qaoa_loops import exchange, exchange_overlap, unmix

        total = 0.0
        if self.pairs is not None:
            for pair in reversed(self.pairs):
                total += exchange_overlap(re, im, bra_re, bra_im, *pair)
                exchange(re, im, *pair, -float(angle))
                exchange(bra_re, bra_im, *pair, -float(angle))
            return total
        from skquantum.engines import LANES

        for low in (True, False):
            n_blocks = self._n_blocks(low)
            sums = np.zeros((n_blocks, LANES))
            states = re, im, bra_re, bra_im
            self.share(unmix, n_blocks, *states, self.n_low, low, float(angle), sums)
            total += float(sums.sum())
        return total

    def _n_blocks(self, low):
        """Return the number of blocks of columns in a pass."""
        from skquantum.engines import LANES

        n_others = self.n_variables - self.n_low if low else self.n_low
        return -(-(1 << n_others) // LANES)

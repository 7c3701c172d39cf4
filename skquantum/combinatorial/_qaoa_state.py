"""The state of QAOA with the mixer of X, and the gradient of its energy by the adjoint method."""

import numpy as np

from skquantum.combinatorial._qaoa_loops import (
    Tiles,
    backward,
    begin,
    end,
    finish,
    forward,
    mean_energy,
    turn,
)
from skquantum.engines import LANES
from skquantum.optimizers import Objective

__all__ = ["QAOAObjective", "alone"]

BITS = LANES.bit_length() - 1  # of the number of a lane
LOW = 12  # qubits in a run of the state: 32 KiB of real parts, if there are not many more qubits
COLUMN_BITS = 5  # columns of all runs that are taken together: four cache lines of each


def alone(task, n_items, *args):
    """Do what threads would share."""
    task(*args, 0, n_items)


class QAOAObjective(Objective):
    """Mean energy after layers of phases exp(-i gamma E) and mixers exp(i beta sum of X).

    Parameters
    ----------
    energies : ndarray of shape (2 ** n_variables,)
        E, the energy of each assignment, variable i being bit i.
    share : callable, default=alone
        As of ``_runtime.sharing``: how threads share loops.
    """

    def __init__(self, energies, share=alone):
        self.share = share
        self.n_variables = len(energies).bit_length() - 1
        n_qubits = max(self.n_variables, COLUMN_BITS)
        # a state that is too small has idle qubits beside it, on which nothing depends
        self.n_copies = 1 << (n_qubits - self.n_variables)
        if self.n_copies > 1:
            energies = np.tile(energies, self.n_copies)
        self.energies = energies.reshape(-1, LANES)
        self.ones = np.bitwise_count(np.arange(len(self.energies)))
        self.tiles = _tiles(n_qubits)
        self.state = np.empty((2, *self.energies.shape))
        self.bra = None

    def value(self, weights, rows=None):
        """Return the mean energy for angles gamma_1, ..., gamma_p, beta_1, ..., beta_p."""
        gammas, betas = self._angles(weights)
        tiles = self._evolve(gammas, betas)
        return self._sums(1, mean_energy, tiles, *self.state, self.energies, betas[-1])[0]

    def probabilities(self, weights):
        """Return the probability of every assignment."""
        self._finish(weights)
        self.state *= self.state
        re, im = self.state
        re += im
        return re.reshape(self.n_copies, -1).sum(axis=0)

    def amplitudes(self, weights):
        """Return the state, up to a factor."""
        self._finish(weights)
        re, im = self.state.reshape(2, self.n_copies, -1)[:, 0] * np.sqrt(self.n_copies)
        return (re + 1j * im) * (-1j) ** np.bitwise_count(np.arange(len(re)))

    def value_and_gradient(self, weights, rows=None):
        """Return the mean energy and its derivatives with respect to the angles."""
        gammas, betas = self._angles(weights)
        if self.bra is None:
            self.bra = np.empty_like(self.state)
        arrays = *self.state, *self.bra, self.energies
        phases, mixers = np.zeros((2, len(gammas)))
        tiles = self._evolve(gammas, betas)
        value, mixers[-1] = self._sums(2, turn, tiles, *arrays, betas[-1])
        for layer in reversed(range(1, len(gammas))):
            angles = betas[layer], gammas[layer], betas[layer - 1]
            late, phases[layer], early = self._sums(
                3, backward, self.tiles[layer % 2], *arrays, *angles
            )
            mixers[layer] += late
            mixers[layer - 1] += early
        late, phases[0] = self._sums(2, end, self.tiles[0], *arrays, betas[0])
        mixers[0] += late
        return value, np.concatenate([2 * phases, -2 * mixers])

    def _evolve(self, gammas, betas):
        """Set the state to that before half of the last mixer; return the tiles of that half."""
        arrays = *self.state, self.energies
        amplitude = 1 / np.sqrt(self.energies.size)
        self._share(begin, self.tiles[0], *arrays, self.ones, amplitude, gammas[0], betas[0])
        for layer in range(1, len(gammas)):
            angles = betas[layer - 1], gammas[layer], betas[layer]
            self._share(forward, self.tiles[layer % 2], *arrays, *angles)
        return self.tiles[len(gammas) % 2]

    def _finish(self, weights):
        """Set the state to the last one."""
        gammas, betas = self._angles(weights)
        tiles = self._evolve(gammas, betas)
        self._share(finish, tiles, *self.state, betas[-1])

    @staticmethod
    def _angles(weights):
        """Return angles of phases, and of mixers."""
        return np.split(np.asarray(weights, dtype=np.float64), 2)

    def _share(self, task, tiles, *args):
        self.share(task, len(self.energies) // tiles.n_rows, tiles, *args)

    def _sums(self, n_sums, task, tiles, *args):
        """Return sums over all tiles, which are added in one order by any number of threads."""
        sums = np.empty((len(self.energies) // tiles.n_rows, n_sums, LANES))
        self._share(task, tiles, *args, sums.reshape(-1, LANES))
        return sums.sum(axis=(0, 2)).tolist()


def _tiles(n_qubits):
    """Return tiles for the low qubits, and for the high ones, of equal sizes if there are many."""
    n_low = max(min(n_qubits, LOW), (n_qubits + COLUMN_BITS) // 2)
    run = 1 << (n_low - BITS)
    shift = COLUMN_BITS - BITS
    low = Tiles(run, n_low - BITS, 0, True)
    return low, Tiles(1 << (n_qubits - n_low + shift), shift, run, False)

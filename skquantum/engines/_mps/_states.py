"""Matrix product states of many rows at once, gate by gate.

Tensors are right-canonical, of shape (n_rows, left bond, 2, right bond), and the singular values of
every bond are kept beside them; so a gate on neighbours needs one singular value decomposition and
no inverse (M. B. Hastings, J. Math. Phys. 50, 095207, 2009). Rows of smaller bonds are filled up
with zeros.
"""

import numpy as np

__all__ = ["States", "evolve"]

# Matrices from this size on are worth a decomposition of their own; many small ones are faster
# together.
WIDE = 48

_CX = np.zeros((2, 2, 2, 2))  # out, out, in, in
_SWAP = np.zeros((2, 2, 2, 2))
for _i in range(2):
    for _j in range(2):
        _CX[_i, _i ^ _j, _i, _j] = _SWAP[_j, _i, _i, _j] = 1.0
_X = np.array([[0.0, 1.0], [1.0, 0.0]])


class States:
    """Rows that begin in the state of all zeros.

    Parameters
    ----------
    n_rows, n_sites : int
        Sizes.
    threshold : float
        Weight that may be discarded at a bond by a gate.
    largest : int or None
        Largest bond that is kept.

    Attributes
    ----------
    tensors : list of ndarray of shape (n_rows, left bond, 2, right bond)
        One for each site.
    values : list of ndarray of shape (n_rows, left bond)
        Singular values on the left of each site, and behind the last one.
    truncation, bound : ndarray of shape (n_rows,)
        Weight that was discarded, and how far the state may be off.
    """

    def __init__(self, n_rows, n_sites, threshold, largest):
        self.n_rows = n_rows
        start = np.zeros((n_rows, 1, 2, 1), dtype=complex)
        start[:, 0, 0] = 1.0
        self.tensors = [start.copy() for _ in range(n_sites)]
        self.values = [np.ones((n_rows, 1)) for _ in range(n_sites + 1)]  # left of each site
        self.truncation = np.zeros(n_rows)
        self.bound = np.zeros(n_rows)
        self._threshold = threshold
        self._largest = largest

    def turn(self, site, matrix):
        """Apply a gate of shape (2, 2) or (n_rows, 2, 2)."""
        self.tensors[site] = np.matmul(
            matrix if matrix.ndim == 2 else matrix[:, None], self.tensors[site]
        )

    def pair(self, site, gate):
        """Apply a gate of shape (n_rows or 1, 2, 2, 2, 2) to a site and the next."""
        left, right = self.tensors[site], self.tensors[site + 1]
        n_rows, a, _, m = left.shape
        b = right.shape[3]
        both = np.matmul(left.reshape(n_rows, 2 * a, m), right.reshape(n_rows, m, 2 * b))
        both = both.reshape(n_rows, a, 2, 2, b).transpose(0, 2, 3, 1, 4).reshape(n_rows, 4, a * b)
        both = np.matmul(gate.reshape(-1, 4, 4), both).reshape(n_rows, 2, 2, a, b)
        both = np.ascontiguousarray(both.transpose(0, 3, 1, 2, 4)).reshape(n_rows, 2 * a, 2 * b)
        weighted = both * np.repeat(self.values[site], 2, axis=1)[:, :, None]
        if min(2 * a, 2 * b) < WIDE:
            _, s, vh = np.linalg.svd(weighted, full_matrices=False)
        else:
            s, vh = self._row_by_row(weighted, site)
        keep = self._kept(s)
        s = np.where(keep, s, 0.0)
        size = max(1, int(keep.sum(axis=1).max(initial=1)))
        s, vh = s[:, :size], vh[:, :size] * keep[:, :size, None]
        norm = np.sqrt((s * s).sum(axis=1))
        self.values[site + 1] = s / norm[:, None]
        self.tensors[site + 1] = vh.reshape(n_rows, size, 2, b)
        new = np.matmul(both, vh.conj().transpose(0, 2, 1)) / norm[:, None, None]
        self.tensors[site] = new.reshape(n_rows, a, 2, size)

    def bond(self, site):
        """Return the bond dimension on the right of a site."""
        return self.tensors[site].shape[3]

    def _row_by_row(self, weighted, site):
        """Decompose the matrix of each row without what fills it up."""
        n_rows, height, width = weighted.shape
        s = np.zeros((n_rows, min(height, width)))
        vh = np.zeros((n_rows, min(height, width), 2, width // 2), dtype=complex)
        used = [np.count_nonzero(self.values[k], axis=1) for k in (site, site + 2)]
        for row, (a, b) in enumerate(zip(*used, strict=True)):
            matrix = weighted[row].reshape(height, 2, -1)[: 2 * a, :, :b].reshape(2 * a, 2 * b)
            _, own, right = np.linalg.svd(matrix, full_matrices=False)
            s[row, : len(own)] = own
            vh[row, : len(own), :, :b] = right.reshape(len(own), 2, b)
        return s, vh.reshape(n_rows, -1, width)

    def _kept(self, s):
        """Say which singular values are kept; note the weight of the others."""
        weights = s * s
        total = weights.sum(axis=1, keepdims=True)
        behind = np.cumsum(weights[:, ::-1], axis=1)[:, ::-1] / total
        keep = behind > self._threshold
        if self._largest is not None:
            keep[:, self._largest :] = False
        keep[:, 0] = True
        lost = np.where(keep, 0.0, weights).sum(axis=1) / total[:, 0]
        self.truncation += lost
        self.bound += np.sqrt(2 * lost)
        return keep


def evolve(states, gates, angles, *, too_large):
    """Run gates on all rows.

    Parameters
    ----------
    states : States or Circuits
        What they act on; changed.
    gates : list of tuple
        Result of ``read``, without SWAP; the wires are sites.
    angles : iterator of ndarray of shape (n_rows,)
        Values of the angles of the gates, in their order.
    too_large : int
        Largest bond that is computed.

    Raises
    ------
    ValueError
        If a bond grows beyond `too_large`.
    """
    n_rows = states.n_rows
    growth = []
    for number, (kind, *arguments) in enumerate(gates):
        if kind == "turn":
            states.turn(arguments[0], arguments[1].matrix)
            continue
        if kind == "flip":
            states.turn(arguments[0], _X)
            continue
        if kind == "phase":
            ends = arguments[0]
            number_of = np.exp(1j * next(angles))
            if len(ends) == 1:
                matrix = np.zeros((n_rows, 2, 2), dtype=complex)
                matrix[:, 0, 0], matrix[:, 1, 1] = 1.0, number_of
                states.turn(ends[0], matrix)
                continue
            gate = np.zeros((n_rows, 2, 2, 2, 2), dtype=complex)
            for i in range(2):
                for j in range(2):
                    gate[:, i, j, i, j] = number_of if i != j else 1.0
        elif kind == "sum_up":
            ends, gate = arguments, _CX[None]
        else:
            ends, (one, other) = arguments
            gate = np.einsum("sab,scd->acbd", one, other)[None]
        site, other = sorted(ends)
        if ends[0] > site:  # the first wire is the right one
            gate = gate.transpose(0, 2, 1, 4, 3)
        between = range(other - 1, site, -1)
        for left in between:  # the wire on the right comes next to the other, and goes back
            states.pair(left, _SWAP[None])
        states.pair(site, gate)
        for left in reversed(between):
            states.pair(left, _SWAP[None])
        bond = states.bond(site)
        growth.append(bond)
        if bond > too_large:
            raise ValueError(
                f"The bond dimension has grown to {bond} after {number + 1} of {len(gates)} gates "
                f"({growth[len(growth) // 2]} after half as many), beyond max_bytes; use fewer "
                "repetitions, a smaller bandwidth, a larger truncation_threshold, or "
                "max_bond_dimension."
            )

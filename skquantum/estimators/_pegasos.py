"""Kernelised Pegasos: stochastic subgradient steps towards a support vector machine."""

import numpy as np
from scipy import sparse

from skquantum._runtime import (
    blocks_of_rows,
    check_memory,
    in_dense_blocks,
    row_keys,
    rows_in_working_memory,
)

__all__ = ["Epochs", "Pegasos", "Support", "check_training", "comparer", "reader", "scores_of"]

# Kernels of a block of rows with each other are computed at once, for the steps within it, and
# those of its violators with all rows for the steps that follow.
ROWS_PER_BLOCK = 128
# Measured: kernels of all rows with a block, and what they are computed from.
BYTES_PER_ENTRY = 48


def check_training(row_bytes, n_rows, n_outputs, cache_bytes):
    """Raise if encodings and what is computed of them would not fit into memory.

    Parameters
    ----------
    row_bytes : int
        Memory of the encoding of a row.
    n_rows, n_outputs : int
        Numbers of rows and of decision functions.
    cache_bytes : int
        What may be kept of the kernel matrix.
    """
    kept = min(cache_bytes, 8 * n_rows**2)
    # sums, scores, targets, and copies of the coefficients for the record and its reader
    vectors = 10 * 8 * n_rows * n_outputs
    steps = kept + BYTES_PER_ENTRY * n_rows * min(n_rows, ROWS_PER_BLOCK) + vectors
    encodings = row_bytes * n_rows
    # those of support vectors are copied when the rest is no longer needed
    check_memory(
        encodings + max(encodings, steps),
        f"Training on {n_rows} rows",
        "use fewer qubits, a smaller cache_size, or partial_fit with some rows at a time",
    )


def reader(K, rows):
    """Return a function of numbers among some rows of a kernel matrix, as Pegasos calls it."""

    def gram(columns, some=None):
        return K[np.ix_(rows if some is None else rows[some], rows[columns])]

    return gram


def comparer(kernel, encoded):
    """Return a function of numbers of encoded rows, as Pegasos calls it."""

    def gram(columns, some=None):
        return kernel.gram(encoded if some is None else encoded.take(some), encoded.take(columns))

    return gram


def scores_of(encoded, before, kernel, offset):
    """Return sums of kernels of rows with those that steps were taken on before."""
    scores = np.empty((len(encoded), before.sums.shape[1]))
    per_batch = rows_in_working_memory(8 * len(before.numbers))
    for batch in blocks_of_rows(len(encoded), per_batch):
        scores[batch] = kernel.gram(encoded.take(batch), before.encoded) @ before.sums
    return scores + offset * before.sums.sum(axis=0)


class Pegasos:
    """Training rows, and what the steps taken on them add up to.

    Step t looks at a row: where the target y times the sum of kernels with the rows before, each
    by its own coefficient, is less than ``alpha * t``, the row violates the margin, and its
    coefficient grows by its weight in the direction of y. The sums for all rows are kept up to
    date, so that a step costs kernels only if it changes something.

    Parameters
    ----------
    gram : callable
        ``gram(columns, rows=None)`` returns the kernel of rows with others by their numbers; None
        means all.
    targets : ndarray of shape (n_rows, n_outputs)
        -1 and 1.
    weights : ndarray of shape (n_rows,)
        Weights of the rows.
    alpha : float
        Regularisation strength.
    offset : float
        What is added to the kernel, for an intercept.
    scores : ndarray of shape (n_rows, n_outputs) or None, default=None
        Sums of kernels with rows that steps were taken on before; None means that there are none.
    n_steps : int, default=0
        How many steps that were.
    cache_bytes : int, default=0
        How much of the kernel matrix may be kept.
    """

    def __init__(
        self, gram, targets, weights, *, alpha, offset, scores=None, n_steps=0, cache_bytes=0
    ):
        self._gram = gram
        self._targets = targets
        self._weights = weights[:, np.newaxis]
        self._alpha = alpha
        self._offset = offset
        self._sums = np.zeros(targets.shape)
        self._scores = np.zeros(targets.shape) if scores is None else scores
        self._n_steps = n_steps
        n_rows = len(targets)
        self._columns = np.empty((min(n_rows, cache_bytes // (8 * n_rows)), n_rows))
        self._n_kept = 0
        self._place = np.full(n_rows, -1)  # of the column of each row, if it is kept

    def __len__(self):
        return len(self._targets)

    def dual_coef(self):
        """Return the coefficients of all rows in the decision functions, as one vector."""
        return (self._sums / (self._alpha * self._n_steps)).ravel()

    def epoch(self, order):
        """Take a step for each row.

        Parameters
        ----------
        order : ndarray of shape (n_rows,)
            Numbers of the rows, one after another.

        Returns
        -------
        float
            Mean over rows of their hinge losses before their steps, summed over outputs.
        """
        losses = sum(
            self._steps(order[block]) for block in blocks_of_rows(len(order), ROWS_PER_BLOCK)
        )
        return losses / len(order)

    def _steps(self, rows):
        """Take a step for each of some rows; return the sum of their losses."""
        targets, scores = self._targets[rows], self._scores[rows]
        numbers = self._n_steps + np.arange(1, len(rows) + 1)
        margins = self._alpha * numbers[:, np.newaxis]
        K = self._gram(rows, rows) + self._offset
        change = np.zeros(scores.shape)
        start = 0
        while True:
            violated = targets[start:] * scores[start:] < margins[start:]
            (violators,) = np.nonzero(violated.any(axis=1))
            if not violators.size:
                break
            first = violators[0]
            row, start = start + first, start + first + 1
            change[row] = self._weights[rows[row]] * targets[row] * violated[first]
            scores[start:] += np.outer(K[start:, row], change[row])
        changed = np.flatnonzero(change.any(axis=1))
        self._add(rows[changed], change[changed])
        self._n_steps += len(rows)
        return float((self._weights[rows] * np.maximum(1 - targets * scores / margins, 0)).sum())

    def _add(self, rows, change):
        """Change the coefficients of some rows, and the scores of all."""
        self._sums[rows] += change
        known = self._place[rows] >= 0
        if known.any():
            self._scores += self._columns[self._place[rows[known]]].T @ change[known]
        new = rows[~known]
        if new.size:
            columns = self._gram(new) + self._offset
            self._scores += columns @ change[~known]
            self._keep(new, columns.T)

    def _keep(self, rows, columns):
        """Keep columns of the kernel matrix as long as there is room."""
        start = self._n_kept
        self._n_kept = min(start + len(rows), len(self._columns))
        n_new = self._n_kept - start
        self._columns[start : self._n_kept] = columns[:n_new]
        self._place[rows[:n_new]] = np.arange(start, self._n_kept)


class Epochs:
    """Passes over the rows in random order, as what :func:`~skquantum.variational.train` runs.

    Parameters
    ----------
    until_converged : bool
        Whether to say at the end that the loss still falls.
    """

    is_annealed = True  # steps become smaller and smaller, and the last coefficients are kept

    def __init__(self, until_converged):
        self._until_converged = until_converged

    def minimize(self, pegasos, start, report, *, max_iter, tol, random_state):
        """Run epochs until `report` ends them; say whether that was all to be done."""
        for _ in range(max_iter):
            loss = pegasos.epoch(random_state.permutation(len(pegasos)))
            report(pegasos.dual_coef(), loss)
        return not self._until_converged


class Support:
    """Rows with their coefficients: all that predictions and further steps need.

    Parameters
    ----------
    numbers : ndarray of shape (n_rows,)
        Which training rows they are.
    sums : ndarray of shape (n_rows, n_outputs)
        Coefficients times regularisation strength and number of steps.
    X : ndarray or CSR matrix of shape (n_rows, n_features)
        The rows.
    encoded : Encoded or None
        Their encodings, if there are any.
    """

    def __init__(self, numbers, sums, X, encoded):
        self.numbers = numbers
        self.sums = sums
        self.X = X
        self.encoded = encoded

    def take(self, rows):
        """Return some of the rows."""
        if len(rows) == len(self.numbers):
            return self
        encoded = None if self.encoded is None else self.encoded.take(rows)
        return Support(self.numbers[rows], self.sums[rows], self.X[rows], encoded)

    def joined(self, other):
        """Return these rows and others; a row that is in both gets the sum of its coefficients."""
        places = {key: place for place, key in enumerate(_keys(self.X))}
        found = np.array([places.get(key, -1) for key in _keys(other.X)])
        sums = self.sums.copy()
        np.add.at(sums, found[found >= 0], other.sums[found >= 0])
        if not (found < 0).any():
            return Support(self.numbers, sums, self.X, self.encoded)
        new = other.take(np.flatnonzero(found < 0))
        return Support(
            np.concatenate([self.numbers, new.numbers]),
            np.concatenate([sums, new.sums]),
            _stacked(self.X, new.X),
            self.encoded.joined([new.encoded]),
        )


def _keys(X):
    """Return a number for each row by which equal rows are found, sparse or not."""
    return np.concatenate(in_dense_blocks(row_keys, X)).tolist()


def _stacked(X, other):
    if sparse.issparse(X) or sparse.issparse(other):
        return sparse.vstack([sparse.csr_array(X), sparse.csr_array(other)], format="csr")
    return np.concatenate([X, other])

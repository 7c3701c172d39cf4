"""The loss of a kernel's matrix of training rows, as optimizers see it."""

import numpy as np

from skquantum.optimizers import Objective
from skquantum.variational._objective import is_resolved

__all__ = ["KernelObjective"]


class KernelObjective(Objective):
    """Loss of the matrix that a kernel makes of training rows.

    Parameters
    ----------
    kernel : Kernel
        Fitted; its `theta` is set to what is tried.
    X : {ndarray, CSR matrix} of shape (n_rows, n_features)
        Checked rows.
    y : ndarray of shape (n_rows,) or (n_rows, n_targets)
        Targets.
    loss : KernelLoss
        What is minimised.
    sample_weight : ndarray of shape (n_rows,) or None, default=None
        Positive weights of the rows.
    sample : ndarray of int or None, default=None
        Rows that stand for all of them, where the matrix of all would be too large.
    n_jobs : int or None, default=None
        Workers.
    """

    def __init__(self, kernel, X, y, loss, *, sample_weight=None, sample=None, n_jobs=None):
        self.kernel = kernel
        self.n_rows = X.shape[0]
        self.n_weights = kernel.n_dims
        self._X = X
        self._targets = loss.targets(y)
        self._loss = loss
        self._sample_weight = np.ones(self.n_rows) if sample_weight is None else sample_weight
        self._all = np.arange(self.n_rows) if sample is None else sample
        self._n_jobs = n_jobs

    def draw(self, random_state):
        return self.kernel.draw_theta(random_state)

    def _loss_of(self, K, rows):
        return self._loss(K, self._targets, rows, self._sample_weight[rows])

    def value(self, weights, rows=None):
        if not is_resolved(weights):
            return np.nan
        rows = self._all if rows is None else rows
        self.kernel.theta = weights
        K = self.kernel.gram(self.kernel.encode(self._X[rows], n_jobs=self._n_jobs))
        return self._loss_of(K, rows)[0]

    def value_and_gradient(self, weights, rows=None):
        if not is_resolved(weights):
            return np.nan, np.full(len(weights), np.nan)
        rows = self._all if rows is None else rows
        self.kernel.theta = weights
        K, pull_back = self.kernel.linearize(self._X[rows], n_jobs=self._n_jobs)
        value, by_entry = self._loss_of(K, rows)
        return value, pull_back(by_entry)

"""What watches a minimisation: records, callbacks, progress, early stopping."""

import time

import numpy as np

__all__ = ["Training", "TrainingStopped"]


class TrainingStopped(Exception):
    """Ends a minimisation from inside."""


class Training:
    """The record of one minimisation; `report` is what the optimizer calls.

    Parameters
    ----------
    start : ndarray of shape (n_parameters,)
        The vector that training starts with.
    n_weights : int
        How many of the vector are weights of the circuit: what callbacks see.
    bar : tqdm
        Progress bar.
    callback : callable or None, default=None
        Takes iteration, loss, weights and elapsed seconds; returning True stops.
    score : callable or None, default=None
        Takes a vector and returns a validation score; None means no early stopping.
    patience : int or None, default=None
        After how many iterations without an improvement to stop; None means never.
    tol : float, default=0.0
        What counts as an improvement.

    Attributes
    ----------
    best : ndarray of shape (n_parameters,)
        The vector with the lowest loss, or the best validation score, so far.
    last : ndarray of shape (n_parameters,)
        The vector of the last iteration.
    best_loss : float
        Lowest loss.
    loss_curve : list of float
        Losses.
    validation_scores : list of float
        Validation scores.
    converged : bool
        Whether training stopped because nothing improved.
    interrupted : bool
        Whether the user stopped it from the keyboard.
    """

    def __init__(self, start, n_weights, bar, *, callback=None, score=None, patience=None, tol=0.0):
        self.best = self.last = start
        self.best_loss = np.inf
        self.loss_curve = []
        self.validation_scores = []
        self.converged = self.interrupted = False
        self._n_weights = n_weights
        self._callback = callback
        self._bar = bar
        self._score = score
        self._patience = np.inf if patience is None else patience
        self._tol = tol
        self._waited = 0
        self._start = time.perf_counter()

    def report(self, vector, loss):
        """Record an iteration.

        Parameters
        ----------
        vector : ndarray of shape (n_parameters,)
            What was reached.
        loss : float
            Its loss.

        Raises
        ------
        TrainingStopped
            If the callback says so, or nothing improves any more.
        """
        loss = float(loss)
        self.last = np.array(vector, dtype=np.float64)
        self.loss_curve.append(loss)
        improvement = self._improvement(loss)
        self._waited = 0 if improvement > self._tol else self._waited + 1
        if improvement > 0:
            self.best = self.last
        self.best_loss = min(self.best_loss, loss)
        self._bar.set_postfix_str(f"loss {loss:.4g}", refresh=False)
        self._bar.update()
        if self._callback is not None:
            elapsed = time.perf_counter() - self._start
            weights = self.last[: self._n_weights].copy()
            if self._callback(len(self.loss_curve), loss, weights, elapsed) is True:
                raise TrainingStopped
        if self._waited > self._patience:
            self.converged = True
            raise TrainingStopped

    @property
    def rank(self):
        """Less is better."""
        return -max(self.validation_scores) if self.validation_scores else self.best_loss

    def _improvement(self, loss):
        """Return by how much this iteration is better than the best one before."""
        if self._score is None:
            return self.best_loss - loss
        before = max(self.validation_scores, default=-np.inf)
        self.validation_scores.append(self._score(self.last))
        return self.validation_scores[-1] - before

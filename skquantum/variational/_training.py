"""What watches a minimisation: records, callbacks, progress, early stopping."""

import inspect
import time
import warnings

import numpy as np
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import train_test_split

from skquantum._runtime import progress_bar
from skquantum.variational._objective import is_resolved

__all__ = ["Training", "check_callback", "hold_out", "train"]


class TrainingStopped(Exception):
    """Ends a minimisation from inside."""


class Training:
    """The record of one minimisation; `report` is what the optimizer calls.

    Parameters
    ----------
    start : ndarray of shape (n_parameters,)
        The vector that training starts with.
    n_weights : int
        How many of the vector callbacks see, from the first on: the weights of the circuit.
    bar : tqdm
        Progress bar.
    callback : callable or None, default=None
        Called after every iteration as ``callback(iteration, loss, weights, elapsed)``: an int from
        1, a float, a copy of the circuit's weights, and seconds since the start. True, Python's or
        NumPy's, stops the training; any other value is ignored. What it raises ends the fit.
    score : callable or None, default=None
        Takes a vector and returns a validation score; None means no early stopping.
    patience : int, float or None, default=None
        After how many iterations without an improvement to stop; None means never.
    tol : float, default=0.0
        What counts as an improvement.
    keeps_last : bool, default=False
        Whether, without validation scores, the last vector of finite loss is the one to keep.

    Attributes
    ----------
    best : ndarray of shape (n_parameters,)
        The vector to keep: with the lowest finite loss so far, or the best validation score, or
        the last one.
    last : ndarray of shape (n_parameters,)
        The vector of the last iteration.
    state : object
        State of the optimizer after the last iteration; None if it has none.
    best_loss : float
        Lowest finite loss; inf if there is none.
    kept_loss : float
        Loss of `best`; inf if there is none.
    best_score : float
        Highest validation score; -inf if there is none.
    loss_curve : list of float
        Losses.
    validation_scores : list of float
        Validation scores.
    converged : bool
        Whether training stopped because nothing improved.
    stopped : bool
        Whether something else than the optimizer ended training.
    interrupted : bool
        Whether the user stopped it from the keyboard.
    """

    def __init__(
        self,
        start,
        n_weights,
        bar,
        *,
        callback=None,
        score=None,
        patience=None,
        tol=0.0,
        keeps_last=False,
    ):
        self.best = self.last = start
        self.state = None
        self.best_loss, self.best_score = np.inf, -np.inf
        self.loss_curve = []
        self.validation_scores = []
        self.converged = self.stopped = self.interrupted = False
        self._n_weights = n_weights
        self._callback = callback
        self._bar = bar
        self._score = score
        self._patience = np.inf if patience is None else patience
        self._tol = tol
        self._keeps_last = keeps_last and score is None
        self.kept_loss = np.inf
        self._waited = 0
        self._start = time.perf_counter()

    def report(self, vector, loss, state=None):
        """Record an iteration.

        Parameters
        ----------
        vector : ndarray of shape (n_parameters,)
            What was reached.
        loss : float
            Its loss.
        state : object, default=None
            State of the optimizer.

        Raises
        ------
        TrainingStopped
            If the callback says so, nothing improves any more, or the vector has grown beyond all
            bounds.
        """
        loss = float(loss)
        self.last, self.state = np.array(vector, dtype=np.float64), state
        self.loss_curve.append(loss)
        improvement = self._improvement(loss)
        self._waited = 0 if improvement > self._tol else self._waited + 1
        if improvement > 0 or (self._keeps_last and np.isfinite(loss)):
            self.best, self.kept_loss = self.last, loss
        if np.isfinite(loss):
            self.best_loss = min(self.best_loss, loss)
        self._bar.set_postfix_str(f"loss {loss:.4g}", refresh=False)
        self._bar.update()
        if self._callback is not None:
            elapsed = time.perf_counter() - self._start
            weights = self.last[: self._n_weights].copy()
            answer = self._callback(len(self.loss_curve), loss, weights, elapsed)
            if isinstance(answer, bool | np.bool_) and answer:
                raise TrainingStopped
        if not is_resolved(self.last):  # no step leads back
            raise TrainingStopped
        if self._waited > self._patience:
            self.converged = True
            raise TrainingStopped

    def _improvement(self, loss):
        """Return by how much this iteration is better than the best one before."""
        if self._score is None:
            return self.best_loss - loss if np.isfinite(loss) else -np.inf
        score = self._score(self.last) if is_resolved(self.last) else np.nan
        self.validation_scores.append(score)
        if not np.isfinite(score):
            return -np.inf
        before, self.best_score = self.best_score, max(self.best_score, score)
        return score - before

    @property
    def n_iter(self):
        """Number of iterations."""
        return len(self.loss_curve)

    @property
    def rank(self):
        """Less is better; inf if nothing has been learned."""
        return self.kept_loss if self._score is None else -self.best_score

    def run(self, optimizer, objective, start, **settings):
        """Let an optimizer minimise to its end, or until something stops it.

        Parameters
        ----------
        optimizer : Optimizer
            What minimises.
        objective : Objective
            What is minimised.
        start : ndarray of shape (n_parameters,)
            Where to start.
        **settings : dict
            Passed on to the optimizer.

        Returns
        -------
        self : Training
            This record.
        """
        try:
            self.converged = optimizer.minimize(objective, start, self.report, **settings)
        except TrainingStopped:
            self.stopped = True
        except KeyboardInterrupt:
            self.stopped = self.interrupted = True
        return self

    def check(self):
        """Warn if losses were not finite, and raise if none was.

        Raises
        ------
        ValueError
            If nothing has been learned.
        """
        n_iter, losses = self.n_iter, np.array(self.loss_curve)
        strange = losses[~np.isfinite(losses)]
        if not n_iter or (self.rank < np.inf and not strange.size):
            return
        remedy = "lower learning_rate_init, or check the scale of the data"
        if self.rank == np.inf:
            what = f"loss was {losses[-1]}" if strange.size else "validation score was not finite"
            raise ValueError(
                f"The {what} in each of the {n_iter} iterations, so nothing was learned; {remedy}."
            )
        warnings.warn(
            f"The loss was {strange[0]} in {strange.size} of {n_iter} iterations; the best weights "
            f"among the others are kept: {remedy}.",
            ConvergenceWarning,
        )


def train(
    objective,
    optimizer,
    starts,
    *,
    title,
    max_iter,
    n_weights,
    tol,
    patience=None,
    score=None,
    callback=None,
    verbose=False,
    in_pieces=False,
    known=False,
    **settings,
):
    """Minimise an objective from one start after another, watched and interruptible.

    Parameters
    ----------
    objective : Objective
        What is minimised.
    optimizer : Optimizer
        What minimises.
    starts : iterable of ndarray of shape (n_parameters,)
        Where to start; the best run is returned.
    title : str
        What the progress bar is called.
    max_iter : int
        Largest number of iterations.
    n_weights : int
        How many of a vector callbacks see.
    tol : float
        By how much something has to improve; also the tolerance of the optimizer.
    patience : int, float or None, default=None
        After how many iterations without an improvement to stop; None means never.
    score : callable or None, default=None
        Takes a vector and returns a validation score; None means no early stopping.
    callback : callable or None, default=None
        As in :class:`Training`.
    verbose : bool or int, default=False
        Whether to show a progress bar.
    in_pieces : bool, default=False
        Whether this is a part of a longer training: then it need not converge, its last vector is
        kept, and interrupting it undoes it.
    known : bool, default=False
        Whether there is something to go back to if nothing has been learned when the user
        interrupts.
    **settings : dict
        Passed on to the optimizer.

    Returns
    -------
    Training
        The record of the best run.

    Raises
    ------
    ValueError
        If no loss was finite.
    KeyboardInterrupt
        If the user interrupts and nothing is kept.
    """
    trainings = []
    for start in starts:
        with progress_bar(max_iter, title, "it", verbose) as bar:
            training = Training(
                start,
                n_weights,
                bar,
                callback=callback,
                score=score,
                patience=patience,
                tol=tol,
                keeps_last=in_pieces or optimizer.is_annealed,
            )
            training.run(optimizer, objective, start, max_iter=max_iter, tol=tol, **settings)
        trainings.append(training)
        if training.interrupted:
            if in_pieces or (known and not any(each.n_iter for each in trainings)):
                raise KeyboardInterrupt
            warnings.warn(
                f"Training interrupted after {training.n_iter} iterations; the best weights so "
                "far are kept."
            )
            break
        if not (in_pieces or training.converged or training.stopped):
            warnings.warn(
                f"Training has not converged after {training.n_iter} iterations; raise "
                "max_iter, or tol.",
                ConvergenceWarning,
            )
    best = min(trainings, key=lambda training: training.rank)
    best.check()
    return best


def check_callback(callback):
    """Raise if a callback does not accept what it is called with.

    Parameters
    ----------
    callback : callable or None
        As in :class:`Training`.

    Raises
    ------
    TypeError
        With the signature that is called.
    """
    if callback is None:
        return
    try:
        signature = inspect.signature(callback)
    except (TypeError, ValueError):  # some built-in functions do not tell
        return
    try:
        signature.bind(1, 0.0, None, 0.0)
    except TypeError:
        raise TypeError(
            f"callback accepts {signature}, but is called as callback(iteration, loss, weights, "
            "elapsed); let it accept these 4 arguments."
        ) from None


def hold_out(n_rows, fraction, strata, sample_weight, random_state):
    """Split rows into those that train and those that validate.

    Parameters
    ----------
    n_rows : int
        Number of rows.
    fraction : float
        Share of the rows that validate.
    strata : ndarray of shape (n_rows,) or None
        Classes that both parts have in equal shares.
    sample_weight : ndarray of shape (n_rows,) or None
        Weights of the rows.
    random_state : RandomState
        Draws them.

    Returns
    -------
    training, validation : ndarray of int
        Numbers of rows.

    Raises
    ------
    ValueError
        If there are too few of either, or all have weight 0.
    """
    n_held_out = int(np.ceil(fraction * n_rows))
    if n_held_out < 2:
        raise ValueError(
            f"validation_fraction={fraction} of {n_rows} rows leaves {n_held_out} for validation, "
            "and a score needs 2 or more; raise validation_fraction, or pass more rows."
        )
    parts = train_test_split(
        np.arange(n_rows), test_size=fraction, random_state=random_state, stratify=strata
    )
    for part, name in zip(parts, ("training", "validation"), strict=True):
        if sample_weight is not None and not sample_weight[part].any():
            raise ValueError(
                f"sample_weight is 0 for all of {len(part)} {name} rows that early_stopping "
                "drew; leave out rows of weight 0, or set early_stopping=False."
            )
    return parts

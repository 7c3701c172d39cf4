"""What every optimizer offers: a minimum of an objective, reported iteration by iteration."""

from abc import ABC, abstractmethod

from sklearn.base import BaseEstimator

__all__ = ["Optimizer"]


class Optimizer(BaseEstimator, ABC):
    """Base class: settings of a way to minimise.

    An objective offers ``loss(weights, rows=None)``, ``loss_and_gradient(weights, rows=None)``,
    ``fidelity(weights, others)`` and ``n_rows``; `rows` are numbers of training rows, None means
    all of them.

    Attributes
    ----------
    in_epochs : bool
        Whether an iteration is one pass over all rows in batches. Only then training stops when
        the loss does not fall any more, and can go on with further data.
    default_learning_rate : float or None
        What ``learning_rate=None`` means; None if there is no such thing.
    """

    _parameter_constraints: dict = {}
    in_epochs = False
    default_learning_rate = None

    def minimize(
        self, objective, weights, report, *, max_iter, tol, learning_rate, batch_size, random_state
    ):
        """Minimise.

        Parameters
        ----------
        objective : object
            See above.
        weights : ndarray of shape (n_weights,)
            Where to start.
        report : callable
            Takes weights and their loss after every iteration. What it raises ends the
            minimisation.
        max_iter : int
            Largest number of iterations.
        tol : float
            Tolerance, for methods that have one.
        learning_rate : float or None
            Step size, for methods that have one.
        batch_size : int or None
            Rows per step, for methods that take batches; None means the method's own.
        random_state : RandomState
            Where batches and directions are drawn from.

        Returns
        -------
        bool
            Whether the method considers itself done, rather than out of iterations.

        Raises
        ------
        ValueError
            If a parameter of the optimizer is out of range.
        """
        self._validate_params()
        return self._minimize(
            objective,
            weights,
            report,
            max_iter=max_iter,
            tol=tol,
            learning_rate=self.default_learning_rate if learning_rate is None else learning_rate,
            batch_size=batch_size,
            random_state=random_state,
        )

    @abstractmethod
    def _minimize(
        self, objective, weights, report, *, max_iter, tol, learning_rate, batch_size, random_state
    ):
        """Do what `minimize` says; the parameters of this object have been checked."""

"""What every optimizer offers: a minimum of an objective, reported iteration by iteration."""

from abc import ABC, abstractmethod

import numpy as np
from sklearn.base import BaseEstimator

__all__ = ["GROUPS", "Objective", "Optimizer"]

# What the weights of a trained circuit may be.
GROUPS = ("angles", "encoding", "scaling", "readout")


class Objective(ABC):
    """Base class: what optimizers minimise, a function of weights and possibly of rows of data.

    Attributes
    ----------
    n_rows : int or None, default=None
        Number of rows, whose values are averaged; None if there is no data, and then `rows` below
        is None as well.
    n_weights : int or None, default=None
        Number of weights; :meth:`draw` needs it.
    depths : array-like of shape (n_weights,) or None, default=None
        Where each weight first acts in the circuit, by depth; -1 for what lies behind it. Only
        :class:`Layerwise` asks for it.
    groups : dict of str to array-like of int
        Which weights an optimizer may treat apart, by name; empty here. Circuits with data have
        "angles", "encoding", "scaling" and "readout", as :class:`Adam` describes them.

    Examples
    --------
    >>> import numpy as np
    >>> from skquantum.optimizers import Adam, Objective
    >>> class Cosine(Objective):
    ...     def value(self, weights, rows=None):
    ...         return np.cos(weights[0])
    ...
    ...     def value_and_gradient(self, weights, rows=None):
    ...         return self.value(weights), -np.sin(weights)
    >>> values = []
    >>> converged = Adam().minimize(
    ...     Cosine(),
    ...     np.array([1.0]),
    ...     lambda weights, value, state=None: values.append(value),
    ...     max_iter=200,
    ...     tol=0.0,
    ...     learning_rate=None,
    ...     batch_size=None,
    ...     random_state=np.random.RandomState(0),
    ... )
    >>> round(float(values[-1]), 3)
    -1.0
    """

    n_rows = None
    n_weights = None
    depths = None

    @property
    def groups(self):
        return {}

    def residual(self, value):
        """Return how far predictions are off where the objective has some value.

        Parameters
        ----------
        value : float
            Return value of :meth:`value`.

        Returns
        -------
        float or None
            Root mean square, in units of the targets' standard deviation; None here, and wherever
            there are no targets that are numbers. :class:`AdamW` asks for it.
        """
        return None

    def draw(self, random_state):
        """Return weights at random, such as :func:`~skquantum.diagnostics.gradient_variance` takes.

        Parameters
        ----------
        random_state : RandomState
            Seed or generator for the draws.

        Returns
        -------
        ndarray of shape (n_weights,)
            Angles from [-pi, pi), unless a subclass says otherwise.

        Raises
        ------
        ValueError
            If `n_weights` is None.
        """
        if self.n_weights is None:
            raise ValueError(
                f"{type(self).__name__} does not say how many weights it has; set n_weights, or "
                "write draw."
            )
        return random_state.uniform(-np.pi, np.pi, self.n_weights)

    @abstractmethod
    def value(self, weights, rows=None):
        """Return the value.

        Parameters
        ----------
        weights : ndarray of shape (n_weights,)
            Where.
        rows : ndarray of int or None, default=None
            Which rows; None means all.

        Returns
        -------
        float
            The value, nan where it has none.
        """

    @abstractmethod
    def value_and_gradient(self, weights, rows=None):
        """Return the value and its gradient.

        Parameters
        ----------
        weights : ndarray of shape (n_weights,)
            Where.
        rows : ndarray of int or None, default=None
            Which rows; None means all.

        Returns
        -------
        value : float
            The value.
        gradient : ndarray of shape (n_weights,)
            Its derivatives.
        """

    def fidelity(self, weights, others):
        """Return how alike the states are at other weights; only :class:`QNSPSA` asks for it.

        Parameters
        ----------
        weights : ndarray of shape (n_weights,)
            Where.
        others : sequence of ndarray of shape (n_weights,)
            Other weights.

        Returns
        -------
        ndarray of shape (n_others,)
            Squared overlaps, between 0 and 1, averaged over the rows.

        Raises
        ------
        ValueError
            If there are no states.
        """
        raise ValueError(
            f"{type(self).__name__} has no fidelities of states, which optimizer='qnspsa' needs; "
            "use optimizer='spsa'."
        )


class Optimizer(BaseEstimator, ABC):
    """Base class: settings of a way to minimise.

    A subclass stores its settings in the constructor and writes `_minimize`. What steps have
    learned belongs to the state, which is passed in and out, and not to the object.

    Attributes
    ----------
    in_epochs : bool
        Whether an iteration is one pass over all rows in batches. Only then training stops when
        the loss does not fall any more, and can go on with further data.
    default_learning_rate : float or None
        What ``learning_rate=None`` means; None if there is no such thing.
    is_annealed : bool
        Whether steps become smaller and smaller until the last iteration, so that training neither
        ends before nor goes back to weights from before.

    Examples
    --------
    Steps along the sign of the gradient:

    >>> import numpy as np
    >>> from sklearn.datasets import load_iris
    >>> from skquantum import VQC
    >>> from skquantum.optimizers import Optimizer
    >>> class SignDescent(Optimizer):
    ...     default_learning_rate = 0.02
    ...
    ...     def _minimize(
    ...         self, objective, weights, report, *, max_iter, learning_rate, **settings
    ...     ):
    ...         for _ in range(max_iter):
    ...             value, gradient = objective.value_and_gradient(weights)
    ...             report(weights, value)
    ...             weights = weights - learning_rate * np.sign(gradient)
    ...         return True
    >>> X, y = load_iris(return_X_y=True)
    >>> model = VQC(optimizer=SignDescent(), max_iter=100, random_state=0).fit(X, y)
    >>> model.score(X, y) > 0.9
    True
    """

    _parameter_constraints: dict = {}
    in_epochs = False
    default_learning_rate = None
    is_annealed = False

    def minimize(
        self,
        objective,
        weights,
        report,
        *,
        max_iter,
        tol,
        learning_rate,
        batch_size,
        random_state,
        state=None,
    ):
        """Minimise.

        Parameters
        ----------
        objective : Objective
            Function to minimise.
        weights : ndarray of shape (n_weights,)
            Where to start: initial weights.
        report : callable
            Called after every iteration as ``report(weights, value)`` or
            ``report(weights, value, state)``. What it raises ends the minimisation.
        max_iter : int
            Largest number of iterations.
        tol : float
            Tolerance, for methods that have one.
        learning_rate : float or None
            Step size, for methods that have one.
        batch_size : int or None
            Rows per step, for methods that take batches; None means the method's own.
        random_state : RandomState
            Seed or generator for batches and directions.
        state : object, default=None
            What was reported with `weights` before, to go on from there. None starts from the
            beginning; methods that report no state ignore it.

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
            state=state,
        )

    def in_pieces(self):
        """Return the optimizer for training of unknown length, as ``partial_fit`` needs it.

        Returns
        -------
        Optimizer
            Itself, unless it is annealed.
        """
        return self

    def rows_per_step(self, n_rows, batch_size):
        """Return how many rows are differentiated at once, which takes memory.

        Parameters
        ----------
        n_rows : int
            Number of rows.
        batch_size : int or None
            As in :meth:`minimize`.

        Returns
        -------
        int
            All of them, unless a subclass takes batches.
        """
        return n_rows

    @abstractmethod
    def _minimize(
        self,
        objective,
        weights,
        report,
        *,
        max_iter,
        tol,
        learning_rate,
        batch_size,
        random_state,
        state,
    ):
        """Do what `minimize` says; the parameters of this object have been checked."""

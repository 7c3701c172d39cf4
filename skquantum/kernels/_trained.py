"""A kernel whose weights are trained on the training rows."""

import os

import numpy as np
from sklearn.base import clone
from sklearn.utils import assert_all_finite, check_random_state
from sklearn.utils.validation import check_consistent_length

from skquantum._components import ComponentsMixin, set_child_seeds
from skquantum._validation import (
    FIT_CONTEXT,
    N_JOBS,
    HasMethods,
    Integral,
    Interval,
    Real,
    feature_names_for,
    validate_rows,
    validate_weights,
)
from skquantum.kernels._cache import CachedFitMixin
from skquantum.kernels._fidelity import FidelityKernel
from skquantum.kernels._operators import Kernel
from skquantum.optimizers import resolve_optimizer
from skquantum.variational import (
    KernelObjective,
    check_callback,
    resolve_kernel_loss,
    train,
)

__all__ = ["TrainedKernel"]

# Losses are reported for this many times the rows of a step.
REPORTED = 4


class TrainedKernel(CachedFitMixin, ComponentsMixin, Kernel):
    """Kernel with weights that are trained on the training rows, in ``fit``.

    Inside an estimator, cross-validation trains on the training rows of each fold only.

    Parameters
    ----------
    kernel : str, FeatureMap or Kernel
        Kernel to train: one whose feature map has weights, such as a
        :class:`~skquantum.feature_maps.CircuitFeatureMap` with `weights`, an
        :class:`~skquantum.feature_maps.AffineFeatureMap`, or any map with
        ``bandwidth="trained"``; sums, products and powers of such; a feature map, or its name,
        means its :class:`FidelityKernel`.
    loss : str or KernelLoss, default="centered_alignment"
        Loss to minimise: "centered_alignment", "target_alignment", "svc", "svr", "ridge" or
        "marginal_likelihood", or an object such as ``SVCLoss(C=10.0)``; see
        :class:`~skquantum.variational.KernelLoss`.
    optimizer : None, str or Optimizer, default=None
        Optimizer of the loss. None means "l-bfgs-b"; "adam" with `n_samples`; and "spsa" where the
        engine has shots or noise, and so no derivatives.
    learning_rate_init : float or None, default=None
        Step size, for optimizers that have one. None means their own.
    max_iter : int, default=100
        Largest number of iterations; with "adam" each is a pass over all rows.
    tol : float, default=1e-05
        Tolerance of the optimizer.
    n_samples : int or None, default=None
        Number of rows that a step looks at, drawn at random [1]_; the cost of a step grows with
        its square. The losses of iterations are then those of a fixed sample, four times as large.
        None means all.
    initial_weights : array-like of shape (n_weights,) or None, default=None
        Weights to start with. None takes those that the feature map states, if it does, or else
        draws angles from [0, 2 pi), for all zeros may be a stationary point.
    n_restarts : int, default=0
        Number of random restarts; the run with the lowest loss is kept.
    callback : callable or None, default=None
        Called after every iteration as ``callback(iteration, loss, weights, elapsed)``; if it
        returns True, training stops.
    memory : None, str or joblib.Memory, default=None
        Cache of trained kernels and their training matrices, so that a search over parameters of an
        estimator trains once for each fold.
    n_jobs : int or None, default=None
        Number of workers, where the kernel does not say itself.
    random_state : int, RandomState instance or None, default=None
        Draws initial weights, rows of a step and directions of "spsa".
    verbose : bool or int, default=False
        Whether to show a progress bar with the loss.

    Attributes
    ----------
    kernel_ : Kernel
        The trained kernel.
    loss_ : float
        Its loss.
    loss_curve_ : list of float
        Losses of the iterations.
    n_features_in_ : int
        Number of features seen in ``fit``.
    feature_names_in_ : ndarray of shape (n_features,)
        Names of features, if `X` had any in ``fit`` that are all strings.
    n_iter_ : int
        Number of iterations.
    optimizer_ : Optimizer
        What minimised.
    weights_ : ndarray of shape (n_weights,)
        The trained weights; ``theta`` of `kernel_`.

    See Also
    --------
    skquantum.variational.KernelLoss : Losses, and how to write one.

    Notes
    -----
    Derivatives are those of the adjoint method, on the compiled engine, wherever the kernel's
    engine is exact; :class:`ProjectedKernel` with exact noise follows the parameter-shift rule.
    Ctrl-C keeps the best weights so far. A ``gamma="scale"`` is resolved for the weights that
    training starts with.

    References
    ----------
    .. [1] M. E. Sahin et al., "Efficient parameter optimisation for quantum kernel alignment: a
       sub-sampling approach in variational training", Quantum 8, 1502 (2024).

    Examples
    --------
    >>> from sklearn.datasets import make_moons
    >>> from skquantum import QSVC
    >>> from skquantum.feature_maps import ZZFeatureMap
    >>> from skquantum.kernels import TrainedKernel
    >>> X, y = make_moons(80, noise=0.1, random_state=0)
    >>> kernel = TrainedKernel(ZZFeatureMap(bandwidth="trained"))
    >>> model = QSVC(kernel=kernel).fit(X, y)
    >>> model.score(X, y), QSVC(kernel=ZZFeatureMap(bandwidth="scale")).fit(X, y).score(X, y)
    (0.9, 0.825)
    >>> model.kernel_.weights_.round(2)  # what the bandwidth of "scale" is multiplied by
    array([0.56])
    """

    _parameter_constraints: dict = {
        "kernel": "no_validation",  # the resolve functions say it better
        "loss": "no_validation",
        "optimizer": "no_validation",
        "learning_rate_init": [Interval(Real, 0, None, closed="neither"), None],
        "max_iter": [Interval(Integral, 1, None, closed="left")],
        "tol": [Interval(Real, 0, None, closed="left")],
        "n_samples": [Interval(Integral, 2, None, closed="left"), None],
        "initial_weights": ["array-like", None],
        "n_restarts": [Interval(Integral, 0, None, closed="left")],
        "callback": [callable, None],
        "memory": [str, os.PathLike, HasMethods("cache"), None],
        "n_jobs": N_JOBS,
        "random_state": ["random_state"],
        "verbose": ["verbose"],
    }

    def __init__(
        self,
        kernel,
        *,
        loss="centered_alignment",
        optimizer=None,
        learning_rate_init=None,
        max_iter=100,
        tol=1e-5,
        n_samples=None,
        initial_weights=None,
        n_restarts=0,
        callback=None,
        memory=None,
        n_jobs=None,
        random_state=None,
        verbose=False,
    ):
        self.kernel = kernel
        self.loss = loss
        self.optimizer = optimizer
        self.learning_rate_init = learning_rate_init
        self.max_iter = max_iter
        self.tol = tol
        self.n_samples = n_samples
        self.initial_weights = initial_weights
        self.n_restarts = n_restarts
        self.callback = callback
        self.memory = memory
        self.n_jobs = n_jobs
        self.random_state = random_state
        self.verbose = verbose

    def resolve_component(self, name, value):
        if name == "kernel":
            return value if isinstance(value, Kernel) else FidelityKernel(value)
        if name == "loss":
            return resolve_kernel_loss(value)
        if name == "optimizer" and value is not None:
            return resolve_optimizer(value)
        return value

    # -- training -----------------------------------------------------------------------------

    @FIT_CONTEXT
    def fit(self, X, y=None, sample_weight=None, feature_names=None):
        """Train the weights.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Training rows.
        y : array-like of shape (n_samples,) or (n_samples, n_targets)
            Targets. Integers, booleans and text are classes, and so are any two distinct values;
            other floats are numbers.
        sample_weight : array-like of shape (n_samples,) or None, default=None
            Weights of the rows; those of weight 0 are left out.
        feature_names : array-like of str of shape (n_features,) or None, default=None
            Names of the columns, where `X` is not a data frame, for circuits with such parameters.

        Returns
        -------
        self : TrainedKernel
            Trained kernel.

        Raises
        ------
        ValueError
            If `y` is missing, the kernel has no weights, or no loss was finite.
        """
        return self._fit(X, y, sample_weight, feature_names, None, False)

    _learns_from_targets = True

    @FIT_CONTEXT
    def _fit_gram(self, X, y, sample_weight, feature_names, n_jobs, verbose):
        self._fit(X, y, sample_weight, feature_names, n_jobs, verbose)
        encoded = self.encode(X, n_jobs=n_jobs, verbose=verbose)
        return encoded, self.gram(encoded)

    def _fit(self, X, y, sample_weight, feature_names, n_jobs, verbose):
        X = validate_rows(self, X, reset=True)
        if y is None:
            raise ValueError(
                f"{type(self).__name__} is trained on targets, and y is None; pass y, or the "
                "kernel inside as it is."
            )
        check_consistent_length(X, y)
        assert_all_finite(y, input_name="y")
        check_callback(self.callback)
        loss = clone(resolve_kernel_loss(self.loss))
        loss.check()
        y, sample_weight = np.asarray(y), validate_weights(sample_weight, X)
        n_jobs = self.n_jobs if self.n_jobs is not None else n_jobs
        random_state = check_random_state(self.random_state)
        kernel = clone(self.resolve_component("kernel", self.kernel))
        set_child_seeds(kernel, int(random_state.randint(2**31 - 1)))  # one draw, however many
        names = feature_names_for(kernel, self, feature_names)
        kernel.fit(X, y, sample_weight=sample_weight, **names)
        if sample_weight is not None:
            kept = sample_weight > 0
            X, y, sample_weight = X[kept], y[kept], sample_weight[kept]
        objective = KernelObjective(
            kernel,
            X,
            y,
            loss,
            sample_weight=sample_weight,
            sample=self._sample(X.shape[0], random_state),
            n_jobs=n_jobs,
        )
        if not objective.n_weights:
            raise ValueError(
                f"{self.kernel!r} has no weights, so there is nothing to train; use a feature map "
                "with weights, such as CircuitFeatureMap(circuit, weights=[...]), or "
                "bandwidth='trained'."
            )
        optimizer = self._resolved_optimizer(kernel)
        starts = self._starts(objective, random_state)
        kernel.theta = starts[0]
        kernel.rescale(X, sample_weight)
        best = train(
            objective,
            optimizer,
            starts,
            title="kernel",
            max_iter=self.max_iter,
            n_weights=objective.n_weights,
            tol=self.tol,
            callback=self.callback,
            verbose=self.verbose or verbose,
            known=hasattr(self, "kernel_"),
            learning_rate=self.learning_rate_init,
            batch_size=self.n_samples,
            random_state=random_state,
        )
        kernel.theta = best.best if best.n_iter else best.last
        self.kernel_, self.optimizer_ = kernel, optimizer
        self.weights_ = kernel.theta
        self.loss_curve_, self.n_iter_ = best.loss_curve, best.n_iter
        self.loss_ = best.kept_loss
        return self

    def _sample(self, n_rows, random_state):
        """Return the rows that losses are reported of; None means all."""
        if self.n_samples is None or REPORTED * self.n_samples >= n_rows:
            return None
        return random_state.choice(n_rows, REPORTED * self.n_samples, replace=False)

    def _resolved_optimizer(self, kernel):
        if self.optimizer is not None:
            return clone(resolve_optimizer(self.optimizer), safe=False)
        if not kernel.has_gradient():
            return resolve_optimizer("spsa")
        return resolve_optimizer("l-bfgs-b" if self.n_samples is None else "adam")

    def _starts(self, objective, random_state):
        """Return the weights that trainings start with."""
        kernel = objective.kernel
        if self.initial_weights is not None:
            first = np.asarray(self.initial_weights, dtype=np.float64).ravel()
            if len(first) != objective.n_weights or not np.isfinite(first).all():
                raise ValueError(
                    f"initial_weights holds {len(first)} numbers, the kernel has "
                    f"{objective.n_weights} weights; pass that many finite numbers."
                )
            first = first.copy()
        elif any(
            value is not None
            for name, value in kernel.get_params().items()
            if name.endswith("initial_weights")
        ):
            first = kernel.theta
        else:
            first = objective.draw(random_state)
        return [first, *(objective.draw(random_state) for _ in range(self.n_restarts))]

    # -- the trained kernel -------------------------------------------------------------------

    def is_fitted(self):
        return hasattr(self, "kernel_")

    def _trained(self):
        if not self.is_fitted():
            raise AttributeError(f"This {type(self).__name__} is not fitted; call fit(X, y) first.")
        return self.kernel_

    @property
    def theta(self):
        """Weights, which Gaussian processes tune further: of shape (n_dims,); none before fit."""
        return self.kernel_.theta if self.is_fitted() else super().theta

    @theta.setter
    def theta(self, theta):
        self._trained().theta = theta
        self.weights_ = self.kernel_.theta

    @property
    def bounds(self):
        """Where Gaussian processes look for `theta`, of shape (n_dims, 2)."""
        return self.kernel_.bounds if self.is_fitted() else super().bounds

    def draw_theta(self, random_state):
        return self._trained().draw_theta(random_state)

    def has_gradient(self):
        return self._trained().has_gradient()

    def encode(self, X, *, n_jobs=None, verbose=False):
        n_jobs = self.n_jobs if self.n_jobs is not None else n_jobs
        return self._trained().encode(X, n_jobs=n_jobs, verbose=self.verbose or verbose)

    def gram(self, A, B=None):
        return self._trained().gram(A, B)

    def diag(self, X):
        return self._trained().diag(X)

    def linearize(self, X, *, n_jobs=None):
        return self._trained().linearize(X, n_jobs=n_jobs)

    def gram_gradient(self, X, *, n_jobs=None):
        return self._trained().gram_gradient(X, n_jobs=n_jobs)

    def check_rows(self, X):
        self._trained().check_rows(X)

    def encoded_row_bytes(self):
        return self._trained().encoded_row_bytes()

    def encoding_settings(self):
        return self._trained().encoding_settings()

    # -- matrices in tiles --------------------------------------------------------------------

    def is_symmetric(self):
        return self._trained().is_symmetric()

    def check_tiles(self):
        self._trained().check_tiles()

    def encoding_bytes(self, n_rows, n_jobs=None):
        n_jobs = self.n_jobs if self.n_jobs is not None else n_jobs
        return self._trained().encoding_bytes(n_rows, n_jobs)

    def comparison_bytes(self, n_rows, n_other=None):
        return self._trained().comparison_bytes(n_rows, n_other)

    def fingerprint(self):
        return self._trained().fingerprint()

    def row_contents(self, X):
        return self._trained().row_contents(X)

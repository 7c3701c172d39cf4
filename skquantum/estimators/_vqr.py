"""Variational quantum regressor."""

import numpy as np
from sklearn.base import RegressorMixin
from sklearn.metrics import r2_score
from sklearn.utils.metaestimators import available_if

from skquantum._validation import (
    FIT_CONTEXT,
    StrOptions,
    validate_numeric_targets,
    validate_rows,
    validate_weights,
)
from skquantum.estimators._variational import VariationalEstimator, in_epochs
from skquantum.variational import REGRESSION_LOSSES, regression_loss

__all__ = ["VQR"]


class VQR(RegressorMixin, VariationalEstimator):
    """Variational quantum regressor: a circuit whose weights are trained.

    Parameters
    ----------
    feature_map : None, str, QuantumCircuit or FeatureMap, default=None
        How features become a circuit. None means
        ``ReuploadingFeatureMap(reps=1, entanglement="circular")``; names are the keys of
        ``skquantum.feature_maps.FEATURE_MAPS``.
    ansatz : None, str, QuantumCircuit or Ansatz, default=None
        The trainable circuit. None means ``ReuploadingAnsatz()``, which repeats the feature
        map; all others follow it. Names are the keys of ``skquantum.ansatze.ANSATZE``.
    n_qubits : int or None, default=None
        Width of the circuit. None takes what the feature map needs, or one qubit per feature but
        at most 6 where the feature map fits any number. Qubits beyond those of the feature map
        start at 0.
    readout : str, SparsePauliOp or list, default="pauli"
        What is measured. "pauli" takes the expectation values of Pauli strings (Z on each qubit
        first, then products of them), one per target. Or the observables themselves, as strings
        or operators.
    loss : {"squared_error", "absolute_error"}, default="squared_error"
        Distance of the predictions from the targets, in units of the targets' standard deviation.
    optimizer : str, Optimizer or qiskit_machine_learning Optimizer, default="adam"
        "adam", "sgd", "spsa", "qnspsa", "l-bfgs", or another method of
        :func:`scipy.optimize.minimize`.
    learning_rate_init : float or None, default=None
        Step size. None takes the optimizer's own: 0.05 for "adam", 0.1 for "sgd", and a first
        step of 0.2 radians for "spsa" and "qnspsa". The others have none.
    batch_size : int or "auto", default="auto"
        Rows per step. "auto" means a twelfth of the rows, but at least 32, for "adam" and "sgd",
        and all for the others; methods of scipy and qiskit-machine-learning always take all.
    max_iter : int, default=200
        Largest number of iterations: epochs for "adam" and "sgd", steps for the others. An
        optimizer of qiskit-machine-learning has its own limit.
    tol : float, default=0.001
        By how much the loss (or the validation score) has to improve; also the tolerance of
        scipy's methods.
    n_iter_no_change : int, default=10
        After how many iterations without improvement training stops; for "adam", "sgd" and early
        stopping.
    early_stopping : bool, default=False
        Whether to hold out some rows, and keep the weights with the best score on them.
    validation_fraction : float, default=0.1
        Share of the rows that are held out.
    warm_start : bool, default=False
        Whether ``fit`` goes on from the weights of the fit before.
    alpha : float, default=0.0001
        Weight decay: alpha / 2 times the sum of the squared angles, divided by the number of rows.
    init : str or array-like of shape (n_weights,), default="small"
        Where training starts: "small" draws angles from a normal distribution of standard
        deviation 0.1, "uniform" from [-pi, pi), "identity" such that identity blocks are the
        identity, "beta" from a beta distribution with the moments of the data. Or the weights
        themselves (radians).
    n_restarts : int, default=0
        How often training starts anew; the best run is kept.
    engine : None, str or Engine, default="compiled"
        What runs the circuits. "compiled" differentiates by the adjoint method; "aer", which noise
        and shots need, by the parameter-shift rule. None takes that of ``set_config``.
    n_jobs : int or None, default=None
        Workers, as joblib counts them. The result does not depend on them.
    callback : callable or None, default=None
        Called after every iteration as ``callback(iteration, loss, weights, elapsed)``, the time
        in seconds; returning True stops training.
    random_state : int, RandomState instance or None, default=None
        Where weights, batches, directions and shots are drawn from.
    verbose : bool or int, default=False
        Whether to show a progress bar.

    Attributes
    ----------
    weights_ : ndarray of shape (n_weights,)
        Trained weights of the circuit (radians, or factors of features): those with the lowest
        loss, or with `early_stopping` the best validation score.
    output_scale_, output_intercept_ : ndarray of shape (n_outputs,) or None
        Prediction = expectation value * scale + intercept, in units of the targets' standard
        deviation around their mean; trained too.
    circuit_ : QuantumCircuit
        Encoding and ansatz.
    feature_map_ : FeatureMap
        The fitted feature map.
    optimizer_ : Optimizer
        The optimizer.
    loss_curve_ : list of float
        Loss of every iteration.
    loss_ : float
        The last one.
    best_loss_ : float
        The lowest one.
    validation_scores_ : list of float or None
        R^2 on the held-out rows after every iteration, with `early_stopping`.
    best_validation_score_ : float or None
        The best of them.
    n_iter_ : int
        Number of iterations.
    n_outputs_ : int
        Number of targets.
    n_features_in_ : int
        Number of features seen in ``fit``.
    feature_names_in_ : ndarray of shape (n_features,)
        Names of features seen in ``fit``, if `X` had names that are all strings.

    See Also
    --------
    sklearn.neural_network.MLPRegressor : Its classical counterpart.
    VQC : The same for classification.

    Notes
    -----
    Targets are standardised for training. Interrupting ``fit`` from the keyboard keeps the best
    weights so far.

    References
    ----------
    .. [1] K. Mitarai, M. Negoro, M. Kitagawa, K. Fujii, "Quantum circuit learning", Physical
       Review A 98, 032309 (2018).

    Examples
    --------
    >>> import numpy as np
    >>> from skquantum import VQR
    >>> X = np.linspace(-3, 3, 60)[:, None]
    >>> y = np.sin(X[:, 0]) * X[:, 0] ** 2
    >>> VQR(random_state=0).fit(X, y).score(X, y) > 0.99
    True
    """

    _parameter_constraints: dict = {
        **VariationalEstimator._parameter_constraints,
        "loss": [StrOptions(set(REGRESSION_LOSSES))],
    }

    def __init__(
        self,
        feature_map=None,
        ansatz=None,
        *,
        n_qubits=None,
        readout="pauli",
        loss="squared_error",
        optimizer="adam",
        learning_rate_init=None,
        batch_size="auto",
        max_iter=200,
        tol=1e-3,
        n_iter_no_change=10,
        early_stopping=False,
        validation_fraction=0.1,
        warm_start=False,
        alpha=1e-4,
        init="small",
        n_restarts=0,
        engine="compiled",
        n_jobs=None,
        callback=None,
        random_state=None,
        verbose=False,
    ):
        self.feature_map = feature_map
        self.ansatz = ansatz
        self.n_qubits = n_qubits
        self.readout = readout
        self.loss = loss
        self.optimizer = optimizer
        self.learning_rate_init = learning_rate_init
        self.batch_size = batch_size
        self.max_iter = max_iter
        self.tol = tol
        self.n_iter_no_change = n_iter_no_change
        self.early_stopping = early_stopping
        self.validation_fraction = validation_fraction
        self.warm_start = warm_start
        self.alpha = alpha
        self.init = init
        self.n_restarts = n_restarts
        self.engine = engine
        self.n_jobs = n_jobs
        self.callback = callback
        self.random_state = random_state
        self.verbose = verbose

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.target_tags.multi_output = True
        return tags

    @FIT_CONTEXT
    def fit(self, X, y, sample_weight=None):
        """Train the circuit.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Training rows.
        y : array-like of shape (n_samples,) or (n_samples, n_targets)
            Targets.
        sample_weight : array-like of shape (n_samples,) or None, default=None
            Weights of the rows.

        Returns
        -------
        self : VQR
            Fitted estimator.

        Raises
        ------
        ValueError
            If the data or a parameter is unfit; the message says what to change.
        """
        return self._fit_targets(X, y, sample_weight)

    @available_if(in_epochs)
    @FIT_CONTEXT
    def partial_fit(self, X, y, sample_weight=None):
        """Train for one epoch more; for optimizers "adam" and "sgd".

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Some of the training rows. The first ones decide about bandwidths such as "scale", and
            about the mean and standard deviation of the targets.
        y : array-like of shape (n_samples,) or (n_samples, n_targets)
            Targets.
        sample_weight : array-like of shape (n_samples,) or None, default=None
            Weights of the rows.

        Returns
        -------
        self : VQR
            Fitted estimator.

        Raises
        ------
        ValueError
            If the data is unfit.
        """
        return self._fit_targets(X, y, sample_weight, incremental=True)

    def _fit_targets(self, X, y, sample_weight, *, incremental=False):
        goes_on = hasattr(self, "_model") and (incremental or self.warm_start)
        validate_numeric_targets(y)
        X, y = validate_rows(self, X, reset=not goes_on, y=y, multi_output=True, y_numeric=True)
        sample_weight = validate_weights(sample_weight, X)
        y = np.asarray(y, dtype=np.float64)
        targets = y.reshape(len(y), -1)
        if goes_on and targets.shape[1] != len(self._mean):
            raise ValueError(
                f"y has {targets.shape[1]} targets, but had {len(self._mean)} in the fit before; "
                "pass as many, or set warm_start=False."
            )
        mean, scale = (self._mean, self._scale) if goes_on else _moments(targets, sample_weight)
        self._train(
            X,
            (targets - mean) / scale,
            sample_weight,
            n_outputs=targets.shape[1],
            incremental=incremental,
        )
        self._mean, self._scale = mean, scale
        self._one_dimensional = y.ndim == 1
        self.n_outputs_ = targets.shape[1]
        return self

    def _loss_function(self, model):
        return lambda outputs, targets: regression_loss(self.loss, outputs, targets)

    def _strata(self, targets):
        return None

    def _validation_score(self, model, outputs, targets, sample_weight):
        return r2_score(targets, outputs, sample_weight=sample_weight)

    def predict(self, X):
        """Predict the targets of every row.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Rows.

        Returns
        -------
        ndarray of shape (n_samples,) or (n_samples, n_targets)
            Predictions.
        """
        predictions = self._outputs(X) * self._scale + self._mean
        return predictions[:, 0] if self._one_dimensional else predictions


def _moments(targets, sample_weight):
    """Return weighted mean and standard deviation of each target; 1 where it is constant."""
    if sample_weight is not None and not sample_weight.any():
        sample_weight = None
    mean = np.average(targets, axis=0, weights=sample_weight)
    scale = np.sqrt(np.average((targets - mean) ** 2, axis=0, weights=sample_weight))
    rounding = 8 * np.finfo(np.float64).eps * np.abs(targets).max(axis=0)
    return mean, np.where(scale > rounding, scale, 1.0)

"""Variational quantum regressor."""

from functools import partial

import numpy as np
from sklearn.base import RegressorMixin
from sklearn.metrics import r2_score
from sklearn.utils.metaestimators import available_if

from skquantum._moments import moments
from skquantum._validation import (
    FIT_CONTEXT,
    StrOptions,
    validate_numeric_targets,
    validate_rows,
    validate_weights,
)
from skquantum.estimators._docs import shared_descriptions
from skquantum.estimators._variational import VariationalEstimator, in_epochs
from skquantum.variational import (
    IDENTITY,
    REGRESSION_LOSSES,
    Loss,
    resolve_loss,
    resolve_readout,
)

__all__ = ["VQR"]


@shared_descriptions
class VQR(RegressorMixin, VariationalEstimator):
    """Variational quantum regressor: a circuit whose weights are trained.

    Parameters
    ----------
    $circuit
    readout : str, Readout, SparsePauliOp or list, default="affine"
        What is measured. "affine" takes X, Y and Z of each qubit, of which the predictions are
        trained affine functions; "pauli" takes Pauli strings (Z on each qubit first, then products
        of them), one per target, each with a trained scale and intercept. Or the observables
        themselves, as strings or operators. The objects in ``skquantum.variational`` have more
        settings, such as which qubits are measured.
    loss : {"squared_error", "absolute_error"} or Loss, default="squared_error"
        Distance of the predictions from the targets, in units of the targets' standard deviation.
    $optimization
    $start_and_engine

    Attributes
    ----------
    $weights
    output_coef_ : ndarray of shape (n_outputs, n_observables) or None
        Predictions are ``expectation_values @ output_coef_.T + output_intercept_``, in units of the
        targets' standard deviation around their mean; trained too. None unless the readout is
        affine.
    output_scale_ : ndarray of shape (n_outputs,) or None
        Prediction = expectation value * scale + intercept likewise; None unless there is one
        observable per output.
    output_intercept_ : ndarray of shape (n_outputs,)
        Of either.
    $training_record
    validation_scores_ : list of float or None
        R^2 on the held-out rows after every iteration, with `early_stopping`.
    $counts
    n_outputs_ : int
        Number of targets.
    $features_seen

    See Also
    --------
    sklearn.neural_network.MLPRegressor : Its classical counterpart.
    VQC : The same for classification.

    Notes
    -----
    Targets are standardised for training. Interrupting ``fit`` from the keyboard keeps the best
    weights so far, and a fit that fails leaves the estimator as it was.

    After ``fit``, another `engine` or `n_jobs` takes effect with the next prediction, and every
    other parameter with the next ``fit``.

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
        "loss": [StrOptions(set(REGRESSION_LOSSES)), Loss],
    }

    def __init__(
        self,
        feature_map=None,
        ansatz=None,
        *,
        encoding=None,
        n_qubits=None,
        readout="affine",
        loss="squared_error",
        optimizer="adamw",
        learning_rate_init=None,
        batch_size="auto",
        max_iter=100,
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
        self.encoding = encoding
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
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
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
            If the data or a parameter is invalid, or no loss was finite.
        InsufficientMemoryError
            If the circuit or the rows do not fit into memory.
        """
        return self._fit_targets(X, y, sample_weight)

    @available_if(in_epochs)
    @FIT_CONTEXT
    def partial_fit(self, X, y, sample_weight=None):
        """Train for one epoch more; for optimizers "adam" and "sgd".

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
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
            If the data is invalid.
        """
        return self._fit_targets(X, y, sample_weight, incremental=True)

    def _fit_targets(self, X, y, sample_weight, *, incremental=False):
        goes_on = hasattr(self, "_model") and (incremental or self.warm_start)
        loss = resolve_loss(self.loss, REGRESSION_LOSSES)
        if loss.needs_logits or resolve_readout(self.readout).is_probability:
            name, value = ("loss", self.loss) if loss.needs_logits else ("readout", self.readout)
            raise ValueError(
                f"{name}={value!r} is about classes, which regression does not have; use "
                "readout='pauli' and one of the losses for regression."
            )
        validate_numeric_targets(y)
        X, y = validate_rows(self, X, reset=not goes_on, y=y, multi_output=True, y_numeric=True)
        sample_weight = validate_weights(sample_weight, X)
        y = np.asarray(y, dtype=np.float64)
        targets = y.reshape(len(y), -1)
        if goes_on and targets.shape[1] != len(self._mean):
            raise ValueError(
                f"y has {targets.shape[1]} targets, but had {len(self._mean)} in the previous fit; "
                "the numbers must match, unless warm_start=False."
            )
        mean, scale = (self._mean, self._scale) if goes_on else moments(targets, sample_weight)
        targets = (targets - mean) / scale
        self._train(
            X,
            targets,
            sample_weight,
            loss=partial(loss, link=IDENTITY),
            residual=loss.residual,
            score=lambda rows, outputs, weight: r2_score(
                targets[rows], outputs, sample_weight=weight
            ),
            constant=np.zeros((1, targets.shape[1])),
            n_outputs=targets.shape[1],
            incremental=incremental,
        )
        self._mean, self._scale = mean, scale
        self._one_dimensional = y.ndim == 1
        return self

    def predict(self, X):
        """Predict the targets of every row.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Rows.

        Returns
        -------
        ndarray of shape (n_samples,) or (n_samples, n_targets)
            Predictions.
        """
        predictions = self._outputs(X) * self._scale + self._mean
        return predictions[:, 0] if self._one_dimensional else predictions

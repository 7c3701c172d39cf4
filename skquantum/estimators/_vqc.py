"""Variational quantum classifier."""

from functools import partial

import numpy as np
from sklearn.base import ClassifierMixin
from sklearn.metrics import accuracy_score
from sklearn.utils import compute_sample_weight
from sklearn.utils.metaestimators import available_if
from sklearn.utils.multiclass import check_classification_targets

from skquantum._validation import (
    FIT_CONTEXT,
    StrOptions,
    validate_class_weight,
    validate_rows,
    validate_weights,
)
from skquantum.estimators._class_outputs import (
    check_several,
    class_shares,
    classes_for_partial_fit,
    constant_outputs,
    winners_of,
)
from skquantum.estimators._docs import shared_descriptions
from skquantum.estimators._variational import VariationalEstimator, in_epochs
from skquantum.variational import (
    CLASSIFICATION_LOSSES,
    IDENTITY,
    SOFTMAX,
    Loss,
    resolve_loss,
    resolve_readout,
)

__all__ = ["VQC"]


def _gives_probabilities(estimator):
    return not estimator._loss_and_readout()[0].needs_logits


def _gives_logits(estimator):
    return not estimator._loss_and_readout()[1].is_probability


@shared_descriptions
class VQC(ClassifierMixin, VariationalEstimator):
    """Variational quantum classifier: a circuit whose weights are trained.

    Parameters
    ----------
    $circuit
    readout : str, Readout, SparsePauliOp, list or callable, default="affine"
        What is measured. "affine" takes X, Y and Z of each qubit, of which the logits are trained
        affine functions; "pauli" takes Pauli strings (Z on each qubit first, then products of
        them), one for two classes or one per class, each with a trained scale and intercept;
        "parity" and "modulo" give class c the probability of those bitstrings whose number of
        ones, or whose value, leaves c when divided by the number of classes. Or the observables
        themselves, one per logit (one or two for two classes), as strings or operators; or a
        function from a bitstring as an integer to the number of a class. The objects in
        ``skquantum.variational`` have more settings, such as which qubits are measured.
    loss : {"log_loss", "squared_error", "absolute_error", "hinge"} or Loss, default="log_loss"
        Cross-entropy; distance of the probabilities from 0 and 1; or hinge loss of the logits,
        one class against the rest.
    $optimization
    class_weight : dict, "balanced" or None, default=None
        Weights of classes, multiplied with those of the rows.
    $start_and_engine

    Attributes
    ----------
    $weights
    output_coef_ : ndarray of shape (n_outputs, n_observables) or None
        Logits are ``expectation_values @ output_coef_.T + output_intercept_``, trained too; None
        unless the readout is affine.
    output_scale_ : ndarray of shape (n_outputs,) or None
        Logit = expectation value * scale + intercept, trained too; None unless there is one
        observable per output.
    output_intercept_ : ndarray of shape (n_outputs,) or None
        None for readouts that give probabilities.
    $training_record
    validation_scores_ : list of float or None
        Accuracy on the held-out rows after every iteration, with `early_stopping`.
    $counts
    n_outputs_ : int
        Number of outputs: one for two classes, unless the readout gives probabilities, or one per
        class.
    classes_ : ndarray of shape (n_classes,)
        Class labels.
    $features_seen

    See Also
    --------
    sklearn.neural_network.MLPClassifier : Its classical counterpart.
    VQR : The same for regression.

    Notes
    -----
    Interrupting ``fit`` from the keyboard keeps the best weights so far, and a fit that fails
    leaves the estimator as it was.

    After ``fit``, another `engine` or `n_jobs` takes effect with the next prediction, and every
    other parameter with the next ``fit``.

    Before an ansatz of your choice, the default feature map only rotates about Z, up to one feature
    per qubit. Followed by real matrices, as of "real_amplitudes", every expectation value of Z is
    then an even function of the features; take a feature map with RY or ``"zz"``.

    References
    ----------
    .. [1] M. Schuld, A. Bocharov, K. M. Svore, N. Wiebe, "Circuit-centric quantum classifiers",
       Physical Review A 101, 032308 (2020).
    .. [2] A. Pérez-Salinas, A. Cervera-Lierta, E. Gil-Fuster, J. I. Latorre, "Data re-uploading
       for a universal quantum classifier", Quantum 4, 226 (2020).

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from sklearn.pipeline import make_pipeline
    >>> from sklearn.preprocessing import StandardScaler
    >>> from skquantum import VQC
    >>> X, y = load_iris(return_X_y=True)
    >>> model = make_pipeline(StandardScaler(), VQC(random_state=0)).fit(X, y)
    >>> model.score(X, y) > 0.95
    True
    """

    _parameter_constraints: dict = {
        **VariationalEstimator._parameter_constraints,
        "loss": [StrOptions(set(CLASSIFICATION_LOSSES)), Loss],
        "class_weight": [StrOptions({"balanced"}), dict, None],
    }

    _min_layers = 3

    def __init__(
        self,
        feature_map=None,
        ansatz=None,
        *,
        encoding=None,
        n_qubits=None,
        readout="affine",
        loss="log_loss",
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
        class_weight=None,
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
        self.class_weight = class_weight
        self.init = init
        self.n_restarts = n_restarts
        self.engine = engine
        self.n_jobs = n_jobs
        self.callback = callback
        self.random_state = random_state
        self.verbose = verbose

    @FIT_CONTEXT
    def fit(self, X, y, sample_weight=None):
        """Train the circuit.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Training rows.
        y : array-like of shape (n_samples,)
            Class labels of any kind.
        sample_weight : array-like of shape (n_samples,) or None, default=None
            Weights of the rows.

        Returns
        -------
        self : VQC
            Fitted estimator.

        Raises
        ------
        ValueError
            If the data or a parameter is invalid, or no loss was finite.
        InsufficientMemoryError
            If the circuit or the rows do not fit into memory.
        """
        X, y = self._checked(X, y, reset=not self._goes_on())
        classes = np.unique(y)
        check_several(classes, "y")
        if self._goes_on() and not np.array_equal(classes, self.classes_):
            raise ValueError(
                f"warm_start needs the classes of the previous fit, {self.classes_.tolist()}, y "
                f"holds {classes.tolist()}; set warm_start=False."
            )
        return self._fit_classes(X, y, classes, sample_weight)

    @available_if(in_epochs)
    @FIT_CONTEXT
    def partial_fit(self, X, y, sample_weight=None, classes=None):
        """Train for one epoch more; for optimizers "adam" and "sgd".

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Some of the training rows. The first ones decide about bandwidths such as "scale".
        y : array-like of shape (n_samples,)
            Class labels.
        sample_weight : array-like of shape (n_samples,) or None, default=None
            Weights of the rows.
        classes : array-like of shape (n_classes,) or None, default=None
            All classes there will be; needed in the first call.

        Returns
        -------
        self : VQC
            Fitted estimator.

        Raises
        ------
        ValueError
            If the data is invalid, or the classes are missing or change.
        """
        X, y = self._checked(X, y, reset=not hasattr(self, "_model"))
        known = classes_for_partial_fit(self, y, classes)
        return self._fit_classes(X, y, known, sample_weight, incremental=True)

    def _goes_on(self):
        return self.warm_start and hasattr(self, "_model")

    def _checked(self, X, y, *, reset):
        shape = np.asarray(y).shape
        if len(shape) == 2 and shape[1] > 1:
            raise ValueError(
                f"y should be a 1d array of class labels, got an array of shape {shape} instead; "
                "pass np.argmax(y, axis=1) if its rows are one-hot, or fit a "
                "sklearn.multioutput.MultiOutputClassifier of VQC for several labels per row."
            )
        X, y = validate_rows(self, X, reset=reset, y=y)
        check_classification_targets(y)
        return X, y

    def _loss_and_readout(self):
        """Return those of the fitted model, or of the parameters before."""
        if hasattr(self, "_model"):
            return self._fitted_loss_and_readout
        return resolve_loss(self.loss, CLASSIFICATION_LOSSES), resolve_readout(self.readout)

    def _fit_classes(self, X, y, classes, sample_weight, *, incremental=False):
        loss = resolve_loss(self.loss, CLASSIFICATION_LOSSES)
        readout = resolve_readout(self.readout)
        if loss.needs_logits and readout.is_probability:
            raise ValueError(
                f"loss={self.loss!r} needs logits, but readout={self.readout!r} returns "
                "probabilities; use readout='pauli' or another loss."
            )
        sample_weight = validate_weights(sample_weight, X)
        codes = np.searchsorted(classes, y)
        if self.class_weight is not None:
            validate_class_weight(self.class_weight, classes)
            by_class = compute_sample_weight(self.class_weight, y)
            sample_weight = by_class if sample_weight is None else sample_weight * by_class
        n_outputs = readout.n_outputs(len(classes))
        targets = np.eye(len(classes))[codes]
        if loss.needs_logits:
            targets = targets[:, -n_outputs:]
        shares = class_shares(codes, sample_weight, len(classes))
        link = IDENTITY if loss.needs_logits or readout.is_probability else SOFTMAX
        self._train(
            X,
            targets,
            sample_weight,
            loss=partial(loss, link=link),
            score=lambda rows, outputs, weight: accuracy_score(
                codes[rows], winners_of(outputs), sample_weight=weight
            ),
            constant=constant_outputs(shares, n_outputs, loss, readout),
            strata=codes,
            n_outputs=n_outputs,
            incremental=incremental,
        )
        self.classes_ = classes
        self._fitted_loss_and_readout = loss, readout
        return self

    def predict(self, X):
        """Predict the class of every row.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Rows.

        Returns
        -------
        ndarray of shape (n_samples,)
            Class labels.
        """
        winners = winners_of(self._outputs(X))
        return self.classes_[winners]

    @available_if(_gives_probabilities)
    def predict_proba(self, X):
        """Predict the probabilities of the classes; not for the hinge loss.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Rows.

        Returns
        -------
        ndarray of shape (n_samples, n_classes)
            In the order of `classes_`.
        """
        outputs = self._outputs(X)
        readout = self._fitted_loss_and_readout[1]
        return (IDENTITY if readout.is_probability else SOFTMAX).predictions(outputs)

    @available_if(_gives_probabilities)
    def predict_log_proba(self, X):
        """Predict the logarithms of the probabilities; not for the hinge loss.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Rows.

        Returns
        -------
        ndarray of shape (n_samples, n_classes)
            In the order of `classes_`.
        """
        with np.errstate(divide="ignore"):  # the logarithm of 0 is minus infinity
            return np.log(self.predict_proba(X))

    @available_if(_gives_logits)
    def decision_function(self, X):
        """Return the logits; not for readouts that give probabilities.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Rows.

        Returns
        -------
        ndarray of shape (n_samples,) or (n_samples, n_classes)
            One number per row for two classes, positive for the second of `classes_`.
        """
        outputs = self._outputs(X)
        if len(self.classes_) > 2:
            return outputs
        return outputs[:, 0] if outputs.shape[1] == 1 else outputs[:, 1] - outputs[:, 0]

"""Variational quantum classifier."""

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
from skquantum.estimators._variational import VariationalEstimator, in_epochs
from skquantum.variational import (
    CLASSIFICATION_LOSSES,
    READOUTS,
    class_probabilities,
    classification_loss,
)

__all__ = ["VQC"]


def _gives_probabilities(estimator):
    return estimator.loss != "hinge"


def _gives_logits(estimator):
    return not (isinstance(estimator.readout, str) and estimator.readout in READOUTS)


class VQC(ClassifierMixin, VariationalEstimator):
    """Variational quantum classifier: a circuit whose weights are trained.

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
        first, then products of them), one for two classes or one per class, as logits;
        "parity" and "modulo" give class c the probability of those bitstrings whose number of
        ones, or whose value, leaves c when divided by the number of classes. Or the observables
        themselves, one per logit, as strings or operators.
    loss : {"log_loss", "squared_error", "absolute_error", "hinge"}, default="log_loss"
        Cross-entropy; distance of the probabilities from 0 and 1; or hinge loss of the logits,
        one class against the rest.
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
    class_weight : dict, "balanced" or None, default=None
        Weights of classes, multiplied with those of the rows.
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
        Logit = expectation value * scale + intercept, trained too; None for readouts that give
        probabilities.
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
        Accuracy on the held-out rows after every iteration, with `early_stopping`.
    best_validation_score_ : float or None
        The best of them.
    n_iter_ : int
        Number of iterations.
    classes_ : ndarray of shape (n_classes,)
        Class labels.
    n_features_in_ : int
        Number of features seen in ``fit``.
    feature_names_in_ : ndarray of shape (n_features,)
        Names of features seen in ``fit``, if `X` had names that are all strings.

    See Also
    --------
    sklearn.neural_network.MLPClassifier : Its classical counterpart.
    VQR : The same for regression.

    Notes
    -----
    Interrupting ``fit`` from the keyboard keeps the best weights so far.

    Up to one feature per qubit, the default feature map only rotates about Z. Followed by an ansatz
    of real matrices, such as "real_amplitudes", every expectation value of Z is then an even
    function of the features; take a feature map with RY or ``"zz"`` for it.

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
        "loss": [StrOptions(set(CLASSIFICATION_LOSSES))],
        "class_weight": [StrOptions({"balanced"}), dict, None],
    }

    def __init__(
        self,
        feature_map=None,
        ansatz=None,
        *,
        n_qubits=None,
        readout="pauli",
        loss="log_loss",
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
        X : array-like of shape (n_samples, n_features)
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
            If the data or a parameter is unfit; the message says what to change.
        """
        X, y = self._checked(X, y, reset=not self._goes_on())
        classes = np.unique(y)
        _check_several(classes, "y")
        if self._goes_on() and not np.array_equal(classes, self.classes_):
            raise ValueError(
                f"warm_start needs the classes of the fit before, {self.classes_.tolist()}, y "
                f"holds {classes.tolist()}; set warm_start=False."
            )
        return self._fit_classes(X, y, classes, sample_weight)

    @available_if(in_epochs)
    @FIT_CONTEXT
    def partial_fit(self, X, y, classes=None, sample_weight=None):
        """Train for one epoch more; for optimizers "adam" and "sgd".

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Some of the training rows. The first ones decide about bandwidths such as "scale".
        y : array-like of shape (n_samples,)
            Class labels.
        classes : array-like of shape (n_classes,) or None, default=None
            All classes there will be; needed in the first call.
        sample_weight : array-like of shape (n_samples,) or None, default=None
            Weights of the rows.

        Returns
        -------
        self : VQC
            Fitted estimator.

        Raises
        ------
        ValueError
            If the data is unfit, or the classes are missing or change.
        """
        first = not hasattr(self, "_model")
        X, y = self._checked(X, y, reset=first)
        if first and classes is None:
            raise ValueError(
                "classes must be passed on the first call to partial_fit: pass all labels there "
                "will be."
            )
        if self.class_weight == "balanced":
            raise ValueError(
                "class_weight='balanced' needs all rows at once, which partial_fit does not have; "
                "pass a dict."
            )
        known = np.unique(classes) if first else self.classes_
        _check_several(known, "classes")
        if classes is not None and not np.array_equal(known, np.unique(classes)):
            raise ValueError(
                f"classes are {np.unique(classes).tolist()}, but were {known.tolist()} in the "
                "first call; pass the same."
            )
        if unknown := set(np.unique(y).tolist()) - set(known.tolist()):
            raise ValueError(
                f"y holds {sorted(unknown)}, which are none of the classes {known.tolist()}."
            )
        return self._fit_classes(X, y, known, sample_weight, incremental=True)

    def _goes_on(self):
        return self.warm_start and hasattr(self, "_model")

    def _checked(self, X, y, *, reset):
        X, y = validate_rows(self, X, reset=reset, y=y)
        check_classification_targets(y)
        return X, y

    def _fit_classes(self, X, y, classes, sample_weight, *, incremental=False):
        if self.loss == "hinge" and not _gives_logits(self):
            raise ValueError(
                f"loss='hinge' needs logits, readout={self.readout!r} gives probabilities; use "
                "readout='pauli' or another loss."
            )
        sample_weight = validate_weights(sample_weight, X)
        codes = np.searchsorted(classes, y)
        if self.class_weight is not None:
            validate_class_weight(self.class_weight, classes)
            by_class = compute_sample_weight(self.class_weight, y)
            sample_weight = by_class if sample_weight is None else sample_weight * by_class
        is_probability = not _gives_logits(self)
        self._train(
            X,
            np.eye(len(classes))[codes],
            sample_weight,
            n_outputs=1 if len(classes) == 2 and not is_probability else len(classes),
            n_classes=len(classes),
            incremental=incremental,
        )
        self.classes_ = classes
        return self

    def _loss_function(self, model):
        is_probability = model.readout.is_probability
        return lambda outputs, targets: classification_loss(
            self.loss, outputs, targets, is_probability=is_probability
        )

    def _strata(self, targets):
        return targets.argmax(axis=1)

    def _validation_score(self, model, outputs, targets, sample_weight):
        return accuracy_score(
            targets.argmax(axis=1), _winners(outputs), sample_weight=sample_weight
        )

    def predict(self, X):
        """Predict the class of every row.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Rows.

        Returns
        -------
        ndarray of shape (n_samples,)
            Class labels.
        """
        winners = _winners(self._outputs(X))
        return self.classes_[winners]

    @available_if(_gives_probabilities)
    def predict_proba(self, X):
        """Predict the probabilities of the classes; not for the hinge loss.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Rows.

        Returns
        -------
        ndarray of shape (n_samples, n_classes)
            In the order of `classes_`.
        """
        outputs = self._outputs(X)
        return class_probabilities(outputs, is_probability=self._model.readout.is_probability)

    @available_if(_gives_probabilities)
    def predict_log_proba(self, X):
        """Predict the logarithms of the probabilities; not for the hinge loss.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
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
        X : array-like of shape (n_samples, n_features)
            Rows.

        Returns
        -------
        ndarray of shape (n_samples,) or (n_samples, n_classes)
            One number per row for two classes, positive for the second of `classes_`.
        """
        outputs = self._outputs(X)
        return outputs[:, 0] if outputs.shape[1] == 1 else outputs


def _check_several(classes, name):
    if len(classes) < 2:
        raise ValueError(f"{name} holds {len(classes)} class; a classifier needs 2 or more.")


def _winners(outputs):
    """Return the number of the class that outputs mean."""
    if outputs.shape[1] == 1:
        return (outputs[:, 0] > 0).astype(int)
    return outputs.argmax(axis=1)

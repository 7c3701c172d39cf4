"""What VQC and VQR share: from parameters to a model, and from rows to trained weights."""

import contextlib
import warnings

import numpy as np
from sklearn.base import BaseEstimator, clone
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import train_test_split
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_is_fitted

from skquantum._components import ComponentsMixin
from skquantum._parallel import progress_bar
from skquantum._validation import N_JOBS, Integral, Interval, Real, StrOptions, validate_rows
from skquantum.ansatze import resolve_ansatz
from skquantum.engines import resolve_engine
from skquantum.exceptions import BarrenPlateauWarning
from skquantum.feature_maps import ReuploadingFeatureMap, resolve_feature_map
from skquantum.optimizers import resolve_optimizer
from skquantum.variational import (
    Model,
    Objective,
    Training,
    TrainingStopped,
    encoding_circuit,
    initial_weights,
    random_gradients,
    resolve_readout,
)

__all__ = ["VariationalEstimator", "in_epochs"]

# Qubits of a feature map that takes any number of features on any number of qubits.
DEFAULT_QUBITS = 6

# Random weights at which the spread of the gradient is looked at before training on shots.
PLATEAU_SAMPLES = 20


def _resolve_feature_map(feature_map):
    if feature_map is None:  # the default ansatz repeats it
        return ReuploadingFeatureMap(reps=1, entanglement="circular")
    return resolve_feature_map(feature_map)


def in_epochs(estimator):
    """Say whether the optimizer of an estimator goes through the rows in epochs."""
    return resolve_optimizer(estimator.optimizer).in_epochs


class VariationalEstimator(ComponentsMixin, BaseEstimator):
    """Base class of estimators that train the weights of a circuit.

    A subclass encodes its targets and calls `_train`; `_outputs` predicts.
    """

    _parameter_constraints: dict = {
        "feature_map": "no_validation",  # the resolve functions say it better
        "ansatz": "no_validation",
        "n_qubits": [Interval(Integral, 1, None, closed="left"), None],
        "readout": "no_validation",
        "optimizer": "no_validation",
        "learning_rate_init": [Interval(Real, 0, None, closed="neither"), None],
        "batch_size": [Interval(Integral, 1, None, closed="left"), StrOptions({"auto"})],
        "max_iter": [Interval(Integral, 1, None, closed="left")],
        "tol": [Interval(Real, 0, None, closed="left")],
        "n_iter_no_change": [Interval(Integral, 1, None, closed="left")],
        "early_stopping": ["boolean"],
        "validation_fraction": [Interval(Real, 0, 1, closed="neither")],
        "warm_start": ["boolean"],
        "alpha": [Interval(Real, 0, None, closed="left")],
        "init": [str, "array-like"],
        "n_restarts": [Interval(Integral, 0, None, closed="left")],
        "engine": "no_validation",
        "n_jobs": N_JOBS,
        "callback": [callable, None],
        "random_state": ["random_state"],
        "verbose": ["verbose"],
    }

    def _resolve_component(self, name, value):
        resolve = {
            "feature_map": _resolve_feature_map,
            "ansatz": resolve_ansatz,
            "optimizer": resolve_optimizer,
            "engine": resolve_engine,
        }.get(name)
        return value if resolve is None else resolve(value)

    # -- the model --------------------------------------------------------------------------------

    def _fitted_feature_map(self, X, sample_weight):
        feature_map = clone(_resolve_feature_map(self.feature_map))
        if getattr(feature_map, "n_qubits", self) is None:
            feature_map.set_params(n_qubits=self.n_qubits or min(X.shape[1], DEFAULT_QUBITS))
        return feature_map.fit(X, sample_weight=sample_weight)

    def _model_for(self, feature_map, n_outputs, n_classes):
        """Return a model, whose circuit is open."""
        encoding = encoding_circuit(feature_map, self.n_qubits)
        attached = clone(resolve_ansatz(self.ansatz)).attach(encoding)
        readout = resolve_readout(self.readout, encoding.num_qubits, n_outputs, n_classes)
        engine = clone(resolve_engine(self.engine))
        return Model(attached, encoding, readout, engine)

    def _model_without_shots(self, X):
        """Return a model for unknown targets, and the values of the encoding for some rows."""
        known = hasattr(self, "_model")
        feature_map = self.feature_map_ if known else self._fitted_feature_map(X, None)
        n_outputs = len(self.readout) if isinstance(self.readout, list) else 1
        model = self._model if known else self._model_for(feature_map, n_outputs, 2)
        if getattr(model.engine, "shots", None) is not None:
            model = model.with_engine(clone(model.engine).set_params(shots=None))
        return model, feature_map.parameter_values(X)

    # -- training ---------------------------------------------------------------------------------

    def _train(self, X, targets, sample_weight, *, n_outputs, n_classes=None, incremental=False):
        """Train; nothing is kept if it fails.

        `targets` are what `_loss` compares outputs with, one row each. With `incremental`, one
        epoch from where training ended before.
        """
        known = hasattr(self, "_model")
        goes_on = known and (incremental or self.warm_start)
        feature_map = self.feature_map_ if goes_on else self._fitted_feature_map(X, sample_weight)
        if known and incremental:
            model, random_state = self._model, self._random_state
            optimizer = self._going_on_optimizer()
        else:
            model = self._model_for(feature_map, n_outputs, n_classes)
            optimizer = clone(resolve_optimizer(self.optimizer), safe=False)
            random_state = check_random_state(self.random_state)
        data = feature_map.parameter_values(X)
        training_rows, score = np.arange(len(X)), None
        if self.early_stopping and not incremental:
            training_rows, score = self._hold_out(model, data, targets, sample_weight, random_state)
        objective = Objective(
            model,
            data[training_rows],
            targets[training_rows],
            self._loss_function(model),
            sample_weight=None if sample_weight is None else sample_weight[training_rows],
            alpha=self.alpha,
            n_jobs=self.n_jobs,
            random_state=random_state,
        )
        if not goes_on:
            self._check_gradients(model, data)
        starts = self._starts(model, data, random_state, goes_on)
        run = self._one_epoch if incremental else self._one_training
        trainings = []
        for start in starts:
            trainings.append(run(objective, optimizer, start, score, random_state))
            if trainings[-1].interrupted:
                break
        self._keep(feature_map, model, optimizer, random_state, trainings, goes_on, incremental)
        return self

    def _going_on_optimizer(self):
        """Return the optimizer of the fit before, or a new one if it has been exchanged."""
        wanted = clone(resolve_optimizer(self.optimizer), safe=False)
        before = self.optimizer_
        if type(wanted) is type(before) and wanted.get_params() == before.get_params():
            return before
        wanted.start(self._vector)
        return wanted

    def _starts(self, model, data, random_state, goes_on):
        """Yield the vectors that training starts with."""
        if goes_on:
            if len(self._vector) != model.n_parameters:
                raise ValueError(
                    f"warm_start goes on from {len(self._vector)} trained numbers, the model has "
                    f"{model.n_parameters} now; leave feature_map, ansatz and readout as they "
                    "were, or set warm_start=False."
                )
            yield self._vector
            return
        for _ in range(self.n_restarts + 1):
            yield initial_weights(self.init, model, data, random_state)

    def _hold_out(self, model, data, targets, sample_weight, random_state):
        """Split off validation rows; return the other ones and a score of vectors."""
        rows, held_out = train_test_split(
            np.arange(len(data)),
            test_size=self.validation_fraction,
            random_state=random_state,
            stratify=self._strata(targets),
        )
        weight = None if sample_weight is None else sample_weight[held_out]
        shots = random_state.randint(2**31)

        def score(vector):
            expectations = model.expectations(
                data[held_out], vector, n_jobs=self.n_jobs, random_state=shots
            )
            outputs = model.outputs(expectations, vector)
            return self._validation_score(model, outputs, targets[held_out], weight)

        return rows, score

    def _one_training(self, objective, optimizer, start, score, random_state):
        """Run the optimizer to its end, or until something stops it."""
        patience = self.n_iter_no_change if optimizer.in_epochs or score is not None else None
        with progress_bar(self.max_iter, type(self).__name__, "it", self.verbose) as bar:
            training = Training(
                start,
                objective.model.n_weights,
                bar,
                callback=self.callback,
                score=score,
                patience=patience,
                tol=self.tol,
            )
            try:
                training.converged = optimizer.minimize(
                    objective,
                    start,
                    training.report,
                    max_iter=self.max_iter,
                    tol=self.tol,
                    learning_rate=self.learning_rate_init,
                    batch_size=None if self.batch_size == "auto" else self.batch_size,
                    random_state=random_state,
                )
                if not training.converged:
                    warnings.warn(
                        f"Training has not converged after {len(training.loss_curve)} iterations; "
                        "raise max_iter, or tol.",
                        ConvergenceWarning,
                    )
            except TrainingStopped:
                pass
            except KeyboardInterrupt:
                training.interrupted = True
                warnings.warn(
                    f"Training interrupted after {len(training.loss_curve)} iterations; the best "
                    "weights so far are kept."
                )
        return training

    def _one_epoch(self, objective, optimizer, start, score, random_state):
        """Go once through the rows."""
        if not hasattr(self, "_model"):
            optimizer.start(start)
        reached = optimizer.epoch(
            objective,
            start,
            self.learning_rate_init,
            None if self.batch_size == "auto" else self.batch_size,
            random_state,
        )
        with progress_bar(1, type(self).__name__, "it", self.verbose) as bar:
            training = Training(start, objective.model.n_weights, bar, callback=self.callback)
            with contextlib.suppress(TrainingStopped):
                training.report(*reached)
        return training

    def _keep(self, feature_map, model, optimizer, random_state, trainings, goes_on, incremental):
        best = min(trainings, key=lambda training: training.rank)
        curve = list(best.loss_curve)
        scores = list(best.validation_scores)
        if goes_on:
            curve = self.loss_curve_ + curve
            scores = (self.validation_scores_ or []) + scores
        self.feature_map_ = feature_map
        self.optimizer_ = optimizer
        self.circuit_ = model.circuit
        self._model = model
        self._random_state = random_state
        if not goes_on:
            self._shots_seed = random_state.randint(2**31)
        self._vector = best.last if incremental else best.best
        self.weights_ = self._vector[: model.n_weights].copy()
        has_head = not model.readout.is_probability
        self.output_scale_, self.output_intercept_ = (
            model.head(self._vector) if has_head else (None, None)
        )
        self.loss_curve_ = curve
        self.loss_ = curve[-1] if curve else np.inf
        self.best_loss_ = min(curve, default=np.inf)
        self.validation_scores_ = scores if self.early_stopping else None
        self.best_validation_score_ = max(scores, default=None) if self.early_stopping else None
        self.n_iter_ = len(curve)

    def _check_gradients(self, model, data):
        """Warn if shots cannot resolve the gradient at random weights."""
        shots = getattr(model.engine, "shots", None)
        if shots is None:
            return
        exact = model.with_engine(resolve_engine("compiled"))
        gradients = random_gradients(
            exact,
            data,
            PLATEAU_SAMPLES,
            np.random.RandomState(0),  # leaves random_state alone
        )
        spread = gradients.std(axis=0).max()
        # a difference of two estimates, halved, each of variance 1 / shots at most
        resolution = np.sqrt(0.5 / shots)
        if spread < resolution:
            warnings.warn(
                f"The gradient's standard deviation over random weights is {spread:.1e}, less than "
                f"the {resolution:.1e} that {shots} shots resolve (a barren plateau): use fewer "
                "qubits or layers, init='small', or more shots.",
                BarrenPlateauWarning,
            )

    # -- prediction -------------------------------------------------------------------------------

    def _outputs(self, X):
        """Return the outputs of the model for rows."""
        check_is_fitted(self)
        X = validate_rows(self, X, reset=False)
        model = self._model
        expectations = model.expectations(
            self.feature_map_.parameter_values(X),
            self._vector,
            n_jobs=self.n_jobs,
            random_state=self._shots_seed,
        )
        return model.outputs(expectations, self._vector)

"""What VQC and VQR share: from parameters to a model, and from rows to trained weights."""

from copy import deepcopy
from functools import partial

import numpy as np
from sklearn.base import BaseEstimator, clone
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_is_fitted

from skquantum._circuits import CircuitsInState
from skquantum._components import ComponentsMixin, same_settings
from skquantum._runtime import as_dense, in_dense_blocks
from skquantum._validation import (
    N_JOBS,
    Integral,
    Interval,
    Options,
    Real,
    StrOptions,
    as_rows,
    validate_rows,
)
from skquantum.ansatze import AttachedCircuit, CircuitAnsatz, resolve_ansatz
from skquantum.engines import resolve_engine
from skquantum.estimators._encoding import fitted_map, inputs_of, resolve_map
from skquantum.optimizers import resolve_optimizer
from skquantum.variational import (
    Model,
    SupervisedObjective,
    check_callback,
    check_model_memory,
    count_numbers,
    encoding_circuit,
    hold_out,
    initial_weights,
    resolve_readout,
    train,
    warn_if_stuck,
    warn_of_plateau,
)

__all__ = ["VariationalEstimator", "in_epochs"]

# What a readout trains, in the order of the vector.
HEAD_ATTRIBUTES = ("output_scale_", "output_coef_", "output_intercept_")


def in_epochs(estimator):
    """Say whether the optimizer of an estimator goes through the rows in epochs."""
    return resolve_optimizer(estimator.optimizer).in_epochs


class VariationalEstimator(CircuitsInState, ComponentsMixin, BaseEstimator):
    """Base class of estimators that train the weights of a circuit.

    A subclass encodes its targets and calls `_train`; `_outputs` predicts. What is trained are
    `weights_` and the attributes of the readout, and predictions use nothing else.
    """

    _parameter_constraints: dict = {
        "feature_map": "no_validation",  # the resolve functions say it better
        "ansatz": "no_validation",
        "encoding": [StrOptions({"full", "single"}), None],
        "n_qubits": [Interval(Integral, 1, None, closed="left"), None],
        "readout": "no_validation",
        "optimizer": "no_validation",
        "learning_rate_init": [Interval(Real, 0, None, closed="neither"), None],
        "batch_size": [Interval(Integral, 1, None, closed="left"), StrOptions({"auto"})],
        "max_iter": [Interval(Integral, 1, None, closed="left")],
        "tol": [Interval(Real, 0, None, closed="left")],
        "n_iter_no_change": [Interval(Integral, 1, None, closed="left"), Options(Real, {np.inf})],
        "early_stopping": ["boolean"],
        "validation_fraction": [Interval(Real, 0, 1, closed="left")],
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

    _min_layers = 2  # of the default circuit

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        return tags

    def resolve_component(self, name, value):
        resolve = {
            "feature_map": partial(resolve_map, self),
            "ansatz": resolve_ansatz,
            "readout": resolve_readout,
            "optimizer": resolve_optimizer,
            "engine": resolve_engine,
        }.get(name)
        return value if resolve is None else resolve(value)

    # -- the model --------------------------------------------------------------------------------

    def _architecture(self):
        """Return the parameters that define the circuit and what is measured, as they are now."""
        return {
            "feature_map": clone(resolve_map(self, self.feature_map)),
            "ansatz": clone(resolve_ansatz(self.ansatz)),
            "n_qubits": self.n_qubits,
            "readout": clone(resolve_readout(self.readout)),
        }

    def _model_for(self, feature_map, n_outputs, n_rows):
        """Return a model, whose circuit is open."""
        readout = resolve_readout(self.readout)
        trainable = feature_map.n_weights_ > 0
        # a bandwidth alone is no circuit to train
        alone = self.ansatz is None and trainable and not feature_map.is_encoding_.all()
        ansatz = None if alone else clone(resolve_ansatz(self.ansatz))
        n_qubits, width = self.n_qubits, feature_map.circuit_.num_qubits
        if n_qubits is None:
            if not isinstance(ansatz, CircuitAnsatz) or ansatz.circuit.num_qubits != width:
                width = encoding_circuit(feature_map, None).num_qubits
            n_qubits = max(width, readout.min_qubits(n_outputs))
        encoding = encoding_circuit(feature_map, n_qubits)
        attached = AttachedCircuit.without_weights(encoding) if alone else ansatz.attach(encoding)
        engine = resolve_engine(self.engine)
        check_model_memory(
            engine,
            attached.circuit,
            readout.n_diagonals(n_qubits, n_outputs),
            **self._needs(n_rows, training=True),
            n_numbers=count_numbers(attached.circuit),
        )
        outside = feature_map if trainable else None
        return Model(attached, encoding, readout, n_outputs, engine, outside)

    def _fitted_model(self, n_rows, *, training=False):
        """Return the trained model on the engine that the parameter means now."""
        engine, model = resolve_engine(self.engine), self._model
        check_model_memory(
            engine,
            model.circuit,
            resolve_readout(self._fitted_architecture["readout"]).n_diagonals(
                model.circuit.num_qubits, model.n_outputs
            ),
            **self._needs(n_rows, training=training),
            n_numbers=model.n_numbers,
        )
        return model.on(engine)

    def _needs(self, n_rows, *, training):
        """Return what memory depends on besides the circuit."""
        if not training:
            return {"n_rows": n_rows, "n_jobs": self.n_jobs}
        per_step = resolve_optimizer(self.optimizer).rows_per_step(n_rows, self._batch_size)
        return {"n_rows": n_rows, "n_jobs": self.n_jobs, "n_differentiated": per_step}

    @property
    def _batch_size(self):
        return None if self.batch_size == "auto" else self.batch_size

    @property
    def _vector(self):
        """All that is trained, as one vector."""
        numbers = [getattr(self, name) for name in HEAD_ATTRIBUTES]
        return np.concatenate([self.weights_, *(n.ravel() for n in numbers if n is not None)])

    def _model_without_shots(self, X):
        """Return a model for unknown targets, and the values of the encoding for some rows."""
        if hasattr(self, "_model"):
            X = validate_rows(self, X, reset=False)
            feature_map, model = self.feature_map_, self._model
        else:
            X = as_rows(X)
            readout = resolve_readout(self.readout)
            given = getattr(readout, "observables", [None])
            n_outputs = 2 if readout.is_probability else len(given)
            feature_map = fitted_map(self, X, None, n_outputs)
            model = self._model_for(feature_map, n_outputs, X.shape[0])
        engine = resolve_engine(self.engine).without_shots()
        return model.on(engine), inputs_of(feature_map, as_dense(X))

    # -- training ---------------------------------------------------------------------------------

    def _train(
        self,
        X,
        targets,
        sample_weight,
        *,
        loss,
        residual=None,
        score,
        constant,
        strata=None,
        n_outputs,
        incremental=False,
    ):
        """Train; nothing is kept if it fails.

        Parameters
        ----------
        X : ndarray of shape (n_rows, n_features)
            Rows.
        targets : ndarray of shape (n_rows, n_targets)
            What `loss` compares outputs with.
        sample_weight : ndarray of shape (n_rows,) or None
            Weights of the rows.
        loss : callable
            As of :class:`SupervisedObjective`.
        residual : callable or None, default=None
            As of :class:`SupervisedObjective`.
        score : callable
            Takes numbers of rows, their outputs and weights, and returns a validation score.
        constant : ndarray of shape (1, n_outputs)
            Outputs that are the best to give if nothing is known of a row.
        strata : ndarray of shape (n_rows,) or None, default=None
            Classes that the validation rows represent in equal shares.
        n_outputs : int
            Number of outputs.
        incremental : bool, default=False
            Whether to go on for one epoch from where training ended before.
        """
        check_callback(self.callback)
        X = as_dense(X)  # every step of training takes all features
        known = hasattr(self, "_model")
        goes_on = known and (incremental or self.warm_start)
        if incremental and self.early_stopping:
            raise ValueError(
                "partial_fit does not support early_stopping=True, as each call sees some rows "
                "only; set early_stopping=False."
            )
        optimizer = clone(resolve_optimizer(self.optimizer), safe=False)
        if goes_on:
            self._check_architecture()
            feature_map, model = self.feature_map_, self._fitted_model(X.shape[0], training=True)
        else:
            feature_map = fitted_map(self, X, sample_weight, n_outputs)
            model = self._model_for(feature_map, n_outputs, X.shape[0])
        # a copy, so that a call that fails draws nothing from it
        random_state = (
            deepcopy(self._random_state)
            if known and incremental
            else check_random_state(self.random_state)
        )
        shots = _child(random_state)
        data = inputs_of(feature_map, X)
        rows, validate = np.arange(X.shape[0]), None
        if self.early_stopping:
            rows, held_out = hold_out(
                X.shape[0], self.validation_fraction, strata, sample_weight, random_state
            )
            validate = self._validation(model, data, score, held_out, sample_weight, random_state)
        objective = SupervisedObjective(
            model,
            data[rows],
            targets[rows],
            loss,
            sample_weight=None if sample_weight is None else sample_weight[rows],
            alpha=self.alpha,
            n_jobs=self.n_jobs,
            random_state=shots,
            residual=residual,
        )
        if not goes_on:
            warn_of_plateau(model, data)
        same = known and same_settings(optimizer, self.optimizer_)
        watched = not incremental and (
            validate is not None or (optimizer.in_epochs and not optimizer.is_annealed)
        )
        best = train(
            objective,
            optimizer.in_pieces() if incremental else optimizer,
            self._starts(model, data, random_state, goes_on),
            title=type(self).__name__,
            max_iter=1 if incremental else self.max_iter,
            n_weights=model.n_weights,
            tol=self.tol,
            patience=self.n_iter_no_change if watched else None,
            score=validate,
            callback=self.callback,
            verbose=self.verbose,
            in_pieces=incremental,
            known=known,
            learning_rate=self.learning_rate_init,
            batch_size=self._batch_size,
            random_state=random_state,
            state=self._optimizer_state if incremental and same else None,
        )
        if not (incremental or best.interrupted):
            warn_if_stuck(objective, best, constant)
        self._keep(feature_map, model, optimizer, random_state, best, goes_on)
        self.t_ = len(rows) * best.n_iter + (self.t_ if goes_on else 0)

    def _check_architecture(self):
        """Raise if the circuit is to be another one than that whose weights are trained."""
        before, now = self._fitted_architecture, self._architecture()
        changed = [name for name in now if not same_settings(now[name], before[name])]
        if changed:
            raise ValueError(
                f"{' and '.join(changed)} of {type(self).__name__} changed since the previous fit, "
                "whose trained weights belong to another circuit; call fit with warm_start=False "
                "to train the new one, or change it back."
            )

    def _starts(self, model, data, random_state, goes_on):
        """Yield the vectors that training starts with."""
        if goes_on:
            model.check_rows(data, self._vector)
            yield self._vector
            return
        for _ in range(self.n_restarts + 1):
            start = initial_weights(self.init, model, data, random_state)
            model.check_rows(data, start)  # messages name rows of X, not of a batch
            yield start

    def _validation(self, model, data, score, held_out, sample_weight, random_state):
        """Return a function that scores vectors on the rows that are held out."""
        weight = None if sample_weight is None else sample_weight[held_out]
        shots = random_state.randint(2**31)

        def validate(vector):
            expectations = model.expectations(
                data[held_out], vector, n_jobs=self.n_jobs, random_state=shots
            )
            return score(held_out, model.outputs(expectations, vector), weight)

        return validate

    def _keep(self, feature_map, model, optimizer, random_state, best, goes_on):
        curve, scores = list(best.loss_curve), list(best.validation_scores)
        if goes_on:
            curve = self.loss_curve_ + curve
            scores = (self.validation_scores_ or []) + scores
        else:
            self._fitted_architecture = self._architecture()
            self._shots_seed = random_state.randint(2**31)
        self._model = model
        self._optimizer_state = best.state
        self._random_state = deepcopy(random_state)
        self.feature_map_ = feature_map
        self.optimizer_ = optimizer
        self.circuit_ = model.circuit
        self.weights_ = best.best[: model.n_weights].copy()
        numbers = model.head.named(best.best[model.n_weights :])
        for name in HEAD_ATTRIBUTES:
            setattr(self, name, numbers[name].copy() if name in numbers else None)
        self.loss_curve_ = curve
        self.loss_ = curve[-1] if curve else np.inf
        self.best_loss_ = min((loss for loss in curve if np.isfinite(loss)), default=np.inf)
        self.validation_scores_ = scores if self.early_stopping else None
        self.best_validation_score_ = max(scores, default=None) if self.early_stopping else None
        self.n_iter_ = best.n_iter
        self.n_outputs_ = model.n_outputs

    # -- prediction -------------------------------------------------------------------------------

    def _outputs(self, X):
        """Return the outputs of the model for rows."""
        check_is_fitted(self)
        X = validate_rows(self, X, reset=False)
        vector = self._vector

        def outputs(rows):
            model = self._fitted_model(len(rows))
            expectations = model.expectations(
                inputs_of(self.feature_map_, rows),
                vector,
                n_jobs=self.n_jobs,
                random_state=self._shots_seed,
            )
            return model.outputs(expectations, vector)

        if resolve_engine(self.engine).shots is not None:
            return outputs(as_dense(X))  # what is drawn for a row depends on its place
        first, *others = in_dense_blocks(outputs, X)
        return np.concatenate([first, *others]) if others else first


def _child(random_state):
    """Return a generator that `random_state` decides about, without drawing from it.

    So batches, directions and starting weights do not depend on the engine.
    """
    return np.random.RandomState(deepcopy(random_state).randint(2**31, size=4))

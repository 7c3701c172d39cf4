"""What kernels that run circuits share: feature map, engine, workers, checkpoint, cache."""

import os
from copy import copy

import numpy as np
from qiskit import QuantumCircuit
from scipy.sparse import issparse
from sklearn.base import clone
from sklearn.utils import check_random_state

from skquantum._circuits import without_idle_wires
from skquantum._components import ComponentsMixin
from skquantum._runtime import (
    Checkpoint,
    as_dense,
    bytes_later,
    check_matrix,
    check_memory,
    in_dense_blocks,
)
from skquantum._validation import (
    FIT_CONTEXT,
    N_JOBS,
    HasMethods,
    Integral,
    feature_names_for,
    validate_rows,
)
from skquantum.engines import Engine, KernelSession, resolve_engine
from skquantum.feature_maps import resolve_feature_map
from skquantum.kernels._cache import CachedFitMixin
from skquantum.kernels._operators import Kernel
from skquantum.kernels._weights import WeightsMixin

__all__ = ["CircuitKernel"]


class CircuitKernel(WeightsMixin, CachedFitMixin, ComponentsMixin, Kernel):
    """Base class of kernels that encode rows by circuits.

    A subclass has `feature_map` and `engine` among its parameters, those of the others that it
    offers, and writes ``gram`` and ``diag``. What circuits return is decided in `_encode`: the
    fidelity encodings of the engine, as `_encoding_options` describes them, unless a subclass
    writes it as well.

    Parameters
    ----------
    feature_map, engine, checkpoint, memory, n_jobs, random_state, verbose : object
        As :class:`FidelityKernel` has them.
    """

    # for subclasses that leave them out
    checkpoint = None
    random_state = None

    _parameter_constraints: dict = {
        "feature_map": "no_validation",  # resolve_feature_map says it better,
        "engine": "no_validation",  # and so does resolve_engine
        "checkpoint": [str, os.PathLike, None],
        "memory": [str, os.PathLike, HasMethods("cache"), None],
        "n_jobs": N_JOBS,
        "random_state": ["random_state"],
        "verbose": ["verbose"],
    }

    # What fit depends on; nested parameters count with the parameter that holds them.
    _fitted_from = frozenset(["feature_map", "random_state"])

    def resolve_component(self, name, value):
        if name == "feature_map":
            return resolve_feature_map(value)
        if name == "engine":
            return resolve_engine(value)
        return value

    # -- state: all of it is made by fit ----------------------------------------------------------

    @FIT_CONTEXT
    def fit(self, X, y=None, sample_weight=None, feature_names=None):
        """Fit the feature map; nothing is simulated.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Training rows.
        y : object, default=None
            Ignored.
        sample_weight : array-like of shape (n_samples,) or None, default=None
            Weights of the rows; they count where a bandwidth is learned from the data.
        feature_names : array-like of str of shape (n_features,) or None, default=None
            Names of the columns, where `X` is not a data frame, for circuits with such parameters.

        Returns
        -------
        self : CircuitKernel
            Fitted kernel.

        Raises
        ------
        ValueError
            If the feature map cannot encode that many features, or `X` is not finite.
        """
        X = validate_rows(self, X, reset=True)
        feature_map = clone(resolve_feature_map(self.feature_map))
        names = feature_names_for(feature_map, self, feature_names)
        feature_map.fit(X, sample_weight=sample_weight, **names)
        engine = resolve_engine(self.engine)
        engine._validate_params()
        self._forget_fit()
        self.feature_map_ = feature_map
        if feature_map.n_weights_:
            self.weights_ = feature_map.weights_
        self.circuit_, _ = without_idle_wires(feature_map.circuit_)
        self._named_engine = self.engine, engine
        self.seed_ = self._new_seed()
        if self.checkpoint is not None:
            # all processes draw with the seed of the first one
            self.seed_ = self._open_checkpoint().note_once("entropy", self.seed_)
        return self

    @property
    def engine_(self):
        """The engine in use: `engine`, or what its name, or None, meant in ``fit``."""
        self._check_fitted()
        if isinstance(self.engine, Engine):
            return self.engine
        given, engine = self._named_engine
        unchanged = self.engine is given or (isinstance(given, str) and self.engine == given)
        return engine if unchanged else resolve_engine(self.engine)

    @property
    def num_features(self):
        """Number of features, under qiskit-machine-learning's name; None if only ``fit`` knows."""
        if isinstance(self.feature_map, QuantumCircuit):
            return self.feature_map.num_parameters
        return super().num_features

    def is_fitted(self):
        return "feature_map_" in vars(self)

    def _check_fitted(self):
        if not self.is_fitted():
            raise AttributeError(f"This {type(self).__name__} is not fitted; call fit(X) first.")

    def set_params(self, **params):
        """Set parameters, nested ones included.

        Parameters
        ----------
        **params : dict
            Names and values. An engine, and how many workers it has, can be exchanged after
            ``fit``; a change of the feature map or the seed leaves the kernel unfitted.

        Returns
        -------
        self : CircuitKernel
            This object.
        """
        super().set_params(**params)
        if self._fitted_from & {name.partition("__")[0] for name in params}:
            self._forget_fit()
        return self

    def _ready(self, X):
        """Return a fitted kernel and checked rows: this kernel, or one that needs no data."""
        if self.is_fitted():
            return self, validate_rows(self, X, reset=False)
        self._validate_params()
        ready = copy(self)
        X = validate_rows(ready, X, reset=True)
        if self.checkpoint is not None:
            raise ValueError(
                f"checkpoint={str(self.checkpoint)!r} needs a fitted kernel; call fit(X) first."
            )
        feature_map = resolve_feature_map(self.feature_map)
        circuit = feature_map.build(X.shape[1])  # raises where data would decide about it
        if hasattr(feature_map, "circuit_"):  # fitted by the user
            feature_map = copy(feature_map)
            feature_map.circuit_ = circuit
        else:
            names = feature_names_for(feature_map, ready)
            feature_map = clone(feature_map).fit(X, **names)
        ready.feature_map_ = feature_map
        if feature_map.n_weights_:
            ready.weights_ = feature_map.weights_
        ready.circuit_, _ = without_idle_wires(feature_map.circuit_)
        engine = resolve_engine(self.engine)
        engine._validate_params()
        ready._named_engine = self.engine, engine
        ready.seed_ = self._new_seed()
        return ready, X

    def __call__(self, X, Y=None, eval_gradient=False):
        return super(CircuitKernel, self._as_fitted(X)).__call__(X, Y, eval_gradient)

    def _as_fitted(self, X):
        return self if self.is_fitted() else self._ready(X)[0]

    def _new_seed(self):
        return int(check_random_state(self.random_state).randint(2**63 - 1, dtype=np.int64))

    def _seed(self):
        return self.seed_ if self.is_fitted() else self._new_seed()

    # -- encodings --------------------------------------------------------------------------------

    def _session(self, engine=None):
        """Return the open circuit of the feature map, on the engine unless another is given."""
        engine = self.engine_ if engine is None else engine
        session = engine.kernel_session(self.feature_map_.circuit_)
        if not isinstance(session, KernelSession):
            raise TypeError(
                f"{type(engine).__name__} offers expectation values, but no fidelities; use "
                "AerEngine, CompiledEngine or SamplerEngine for this kernel."
            )
        return session

    def _encoding_options(self):
        """Return what ``session.encode`` is told besides the rows."""
        return {}

    def encoding_settings(self):
        engine = self.engine_
        weights = tuple(self.theta.tolist())
        return {**engine.encoding_settings(), **self._encoding_options(), "weights": weights}

    def check_rows(self, X):
        session = self.engine_.kernel_session(self.feature_map_.circuit_)

        def check(rows):
            values = self._values(rows)
            session.check_rows(session.check_values(values))

        in_dense_blocks(check, X)

    def encode(self, X, *, n_jobs=None, verbose=False):
        """Encode every row.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Rows.
        n_jobs : int or None, default=None
            Taken if the kernel's own `n_jobs` is None.
        verbose : bool, default=False
            Shows a progress bar, as the kernel's own `verbose` does.

        Returns
        -------
        Encoded
            States; or, with noise, density matrices (and effects, for compute-uncompute); or, where
            pairs of rows are measured, values of parameters.

        Raises
        ------
        InsufficientMemoryError
            If the encodings would not fit into memory; nothing has been simulated then.
        """
        kernel, X = self._ready(X)
        kernel._check_encoding(X.shape[0], n_jobs)
        options = {
            "n_jobs": self.n_jobs if self.n_jobs is not None else n_jobs,
            "verbose": self.verbose or verbose,
        }
        if issparse(X):
            kernel.check_rows(X)  # all blocks before the first is encoded
        first, *others = in_dense_blocks(lambda rows: kernel._encode(rows, **options), X)
        return first.joined(others)

    def _encode(self, X, *, n_jobs, verbose):
        """Return the encodings of checked rows; `feature_map_` and `engine_` are known."""
        return self._session().encode(
            self._values(X),
            **self._encoding_options(),
            checkpoint=self._open_checkpoint(),
            n_jobs=n_jobs,
            verbose=verbose,
        )

    def encoding_bytes(self, n_rows, n_jobs=None):
        return self.engine_.encoding_bytes(
            self.circuit_,
            n_rows,
            measurement=self._encoding_options().get("measurement", "compute_uncompute"),
            n_jobs=self.n_jobs if self.n_jobs is not None else n_jobs,
        )

    def _check_encoding(self, n_rows, n_jobs):
        check_memory(
            self.encoding_bytes(n_rows, n_jobs),
            f"Encoding {n_rows} rows on {self.circuit_.num_qubits} qubits",
            "use fewer qubits (ReuploadingFeatureMap(n_qubits=...) takes any number of features), "
            "fewer rows, no noise, precision='single', engine='auto', which compares rows of wide, "
            "shallow circuits without their states, or the kernel's matrix method, which simulates "
            "rows again where they do not fit",
        )

    def _check_training(self, n_rows, n_jobs):
        """Raise if a training matrix, what it is made of, and what follows would not fit."""
        self._check_encoding(n_rows, n_jobs)
        encoded = n_rows * self.encoded_row_bytes()
        needed = max(self.comparison_bytes(n_rows), 8 * n_rows**2 + bytes_later())
        check_matrix(n_rows, n_rows, besides=encoded + needed - 8 * n_rows**2)

    def comparison_bytes(self, n_rows, n_other=None):
        return self.engine_.comparison_bytes(n_rows, n_other)

    def encoded_row_bytes(self):
        measurement = self._encoding_options().get("measurement", "compute_uncompute")
        return self.engine_.row_bytes(self.circuit_.num_qubits, measurement)

    # -- what survives the process ----------------------------------------------------------------

    def _checkpoint_settings(self):
        """Return what pieces of work depend on besides circuit, engine and seed."""
        return {}

    def _open_checkpoint(self):
        if self.checkpoint is None:
            return None
        seed = self.random_state if isinstance(self.random_state, Integral) else None
        return Checkpoint(self.checkpoint, self._results_depend_on(seed))

    def _results_depend_on(self, seed):
        """Return what encodings, and what is drawn from them, depend on besides `_values`."""
        engine = self.engine_
        parts = {
            **engine.fingerprint(),
            "circuit": self.feature_map_.circuit_,
            **self._checkpoint_settings(),
        }
        return parts if engine.on_device else {**parts, "random_state": seed}

    def row_contents(self, X):
        return self._values(as_dense(X))

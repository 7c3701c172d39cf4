"""The fidelity kernel."""

import os
from functools import partial

import numpy as np
from sklearn.base import clone
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_array

from skquantum._checkpoint import Checkpoint
from skquantum._components import ComponentsMixin
from skquantum._memory import check_matrix, check_memory
from skquantum._validation import (
    FIT_CONTEXT,
    N_JOBS,
    Integral,
    StrOptions,
    feature_names_for,
    validate_rows,
)
from skquantum.engines import resolve_engine
from skquantum.feature_maps import resolve_feature_map
from skquantum.kernels._base import Kernel
from skquantum.kernels._encoding import (
    BYTES_PER_PIECE,
    checked_weights,
    compared,
    encode,
    piece_by_piece,
    row_bytes,
)
from skquantum.kernels._gram import squared_overlaps, traces
from skquantum.kernels._mitigation import mitigate_depolarizing
from skquantum.kernels._pairs import measured_pairs, simulated_pairs
from skquantum.kernels._repair import repair
from skquantum.kernels._shot_budget import warn_if_concentrated
from skquantum.kernels._shots import measured, row_keys

__all__ = ["FidelityKernel"]


class FidelityKernel(ComponentsMixin, Kernel):
    r"""Fidelity of the encoded states: :math:`k(x, y) = |\langle \phi(x) | \phi(y) \rangle|^2`.

    Each row is simulated once; the matrix is made of inner products of the states.

    Parameters
    ----------
    feature_map : None, str, QuantumCircuit or FeatureMap, default=None
        How a row becomes a circuit. None means
        :class:`~skquantum.feature_maps.ReuploadingFeatureMap`; names are the keys of
        ``skquantum.feature_maps.FEATURE_MAPS``; a circuit means
        :class:`CircuitFeatureMap(circuit) <skquantum.feature_maps.CircuitFeatureMap>`.
    engine : None, str or Engine, default=None
        How circuits are simulated: "aer" (:class:`~skquantum.engines.AerEngine`), "compiled"
        (:class:`~skquantum.engines.CompiledEngine`), or an object. None means what
        :func:`skquantum.set_config` says, which is "aer" at first.
    measurement : {"compute_uncompute", "overlap"}, default="compute_uncompute"
        What the kernel is where `engine` has noise: how often a device finds all bits 0 that runs
        the circuit of one row and then the inverse of the circuit of the other; or the overlap
        :math:`\mathrm{Tr}[\rho(x) \rho(y)]` of the noisy states. Both are the fidelity without
        noise.
    symmetric : bool, default=True
        With noise, compute-uncompute depends on which row comes first. True takes the mean of
        both orders (half of the shots each); False the first row first.
    outcome_weights : array-like of shape (2 ** n_qubits,) or None, default=None
        What each bitstring that is measured counts, little-endian, where `engine` has noise or is
        a device: :func:`~skquantum.kernels.readout_weights` undo readout errors,
        :func:`~skquantum.kernels.bit_flip_weights` tolerate bit flips. None means 1 for zeros and
        0 otherwise.
    mitigation : {"single", "mean", "split"} or None, default=None
        How :func:`~skquantum.kernels.mitigate_depolarizing` undoes noise, from the measured
        diagonal.
    repair : {"clip", "shift", "correlation"} or None, default=None
        How :func:`~skquantum.kernels.repair` makes the matrix of the training rows positive
        semidefinite, if shots or noise have left it otherwise.
    checkpoint : str, path-like or None, default=None
        Directory that keeps what is finished (states, or chunks of pairs and the numbers of
        their jobs), so that the same call resumes where a killed process was, and gives the same
        matrix to the bit. It belongs to the circuit, engine, seed and rows of one ``fit``, and is
        refused for others.
    n_jobs : int or None, default=None
        Number of joblib workers that simulate. None means 1, or what a surrounding
        :func:`joblib.parallel_config` says; -1 means all cores. The result does not depend on it.
        Work of less than about two seconds stays in the calling process.
    random_state : int, RandomState instance or None, default=None
        Where shots are drawn from, if `engine` has them. A pair of rows has its own draw, which
        depends on nothing else: not on `n_jobs`, nor on the other rows.
    verbose : bool or int, default=False
        Whether to show a progress bar.

    Attributes
    ----------
    feature_map_ : FeatureMap
        The fitted feature map; ``feature_map_.circuit_`` is the circuit.
    engine_ : Engine
        The engine that is used.
    psd_shift_ : float
        How far the smallest eigenvalue of the last matrix of rows with themselves was below 0,
        before `repair`.
    n_features_in_ : int
        Number of features seen in ``fit``.
    feature_names_in_ : ndarray of shape (n_features,)
        Names of features seen in ``fit``, if `X` had names that are all strings.

    See Also
    --------
    skquantum.QSVC : Support vector classifier with this kernel.

    Notes
    -----
    It can be called like scikit-learn's Gaussian-process kernels, added and multiplied, and is a
    ``qiskit_machine_learning.kernels.BaseKernel``. Without ``fit`` it works as long as nothing
    has to be learned from data (``bandwidth="scale"`` has to).

    With noise that acts gate by gate, what a device would measure has an exact expectation that
    takes 2 N simulations rather than N²: the noisy state of every row, and the measurement of
    every row pulled back through its noisy inverse circuit, whose products are the matrix. It
    holds for circuits whose halves are kept apart by a barrier; the second one undoes the circuit,
    opened to gates of Qiskit's standard library, gate by gate. We know of no published use of this
    for kernels. Shots are binomial draws from it.

    Where the noise model has a transpiler pass of its own (cross-talk, say), the kernel need not
    split: then a circuit is simulated for every pair of rows, which a ``PairwiseWarning`` says.

    References
    ----------
    .. [1] M. Schuld, N. Killoran, "Quantum machine learning in feature Hilbert spaces", Phys.
       Rev. Lett. 122, 040504 (2019).

    Examples
    --------
    >>> import numpy as np
    >>> from skquantum.kernels import FidelityKernel
    >>> X = np.array([[0.0], [np.pi / 2]])
    >>> FidelityKernel("angle")(X).round(12)
    array([[1. , 0.5],
           [0.5, 1. ]])

    Shots, and noise:

    >>> from qiskit_aer.noise import NoiseModel, depolarizing_error
    >>> from skquantum.engines import AerEngine
    >>> FidelityKernel("angle", engine=AerEngine(shots=1000), random_state=0)(X)
    array([[1.   , 0.532],
           [0.532, 1.   ]])
    >>> noise_model = NoiseModel()
    >>> noise_model.add_all_qubit_quantum_error(depolarizing_error(0.1, 1), ["ry"])
    >>> FidelityKernel("angle", engine=AerEngine(noise_model=noise_model))(X).round(3)
    array([[0.905, 0.5  ],
           [0.5  , 0.905]])
    """

    _parameter_constraints: dict = {
        "feature_map": "no_validation",  # resolve_feature_map says it better,
        "engine": "no_validation",  # and so does resolve_engine
        "measurement": [StrOptions({"compute_uncompute", "overlap"})],
        "symmetric": ["boolean"],
        "outcome_weights": ["array-like", None],
        "mitigation": [StrOptions({"single", "mean", "split"}), None],
        "repair": [StrOptions({"clip", "shift", "correlation"}), None],
        "checkpoint": [str, os.PathLike, None],
        "n_jobs": N_JOBS,
        "random_state": ["random_state"],
        "verbose": ["verbose"],
    }

    def __init__(
        self,
        feature_map=None,
        *,
        engine=None,
        measurement="compute_uncompute",
        symmetric=True,
        outcome_weights=None,
        mitigation=None,
        repair=None,
        checkpoint=None,
        n_jobs=None,
        random_state=None,
        verbose=False,
    ):
        self.feature_map = feature_map
        self.engine = engine
        self.measurement = measurement
        self.symmetric = symmetric
        self.outcome_weights = outcome_weights
        self.mitigation = mitigation
        self.repair = repair
        self.checkpoint = checkpoint
        self.n_jobs = n_jobs
        self.random_state = random_state
        self.verbose = verbose

    def _resolve_component(self, name, value):
        if name == "feature_map":
            return resolve_feature_map(value)
        if name == "engine":
            return resolve_engine(value)
        return value

    @FIT_CONTEXT
    def fit(self, X, y=None, sample_weight=None, feature_names=None):
        """Fit the feature map; nothing is simulated.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Training rows.
        y : object, default=None
            Ignored.
        sample_weight : array-like of shape (n_samples,) or None, default=None
            Weights of the rows; they count where a bandwidth is learned from the data.
        feature_names : array-like of str of shape (n_features,) or None, default=None
            Names of the columns, where `X` is no data frame, for circuits with such parameters.

        Returns
        -------
        self : FidelityKernel
            Fitted kernel.

        Raises
        ------
        ValueError
            If the feature map cannot encode that many features, or `X` is not finite and dense.
        """
        X = validate_rows(self, X, reset=True)
        self.feature_map_ = clone(resolve_feature_map(self.feature_map))
        names = feature_names_for(self.feature_map_, self, feature_names)
        self.feature_map_.fit(X, sample_weight=sample_weight, **names)
        self.engine_ = clone(resolve_engine(self.engine))
        self.engine_._validate_params()
        self._entropy = self._new_entropy()
        # what was learned of other circuits, engines and rows
        self._rows = self._session = self._training_diagonal = self._measured_diagonal = None
        if self.checkpoint is not None:
            self._rows = self.feature_map_.parameter_values(X)
            self._use_entropy_of(self._open_checkpoint())
        return self

    def _open_checkpoint(self):
        """Return the checkpoint of this fit, or None; raise if it belongs to another one."""
        if self.checkpoint is None:
            return None
        if not hasattr(self, "feature_map_"):
            raise ValueError(
                f"checkpoint={str(self.checkpoint)!r} belongs to the rows of a fit; call fit(X) "
                "first."
            )
        return Checkpoint(
            self.checkpoint,
            {
                **self.engine_.fingerprint(),
                "circuit": self.feature_map_.circuit_,
                "measurement": self.measurement,
                "symmetric": self.symmetric,
                "outcome_weights": checked_weights(
                    self.outcome_weights, self.feature_map_.circuit_
                ),
                "random_state": self.random_state
                if isinstance(self.random_state, Integral)
                else None,
                "rows": self._rows,
            },
        )

    def _use_entropy_of(self, checkpoint):
        note = checkpoint.get_note("entropy")
        if note is None:
            checkpoint.put_note("entropy", {"entropy": self._entropy})
            note = checkpoint.get_note("entropy")
        self._entropy = int(note["entropy"])

    def _new_entropy(self):
        return int(check_random_state(self.random_state).randint(2**63 - 1, dtype=np.int64))

    def _parts(self, X):
        """Return checked rows, feature map, circuit and engine, with or without `fit`."""
        if hasattr(self, "feature_map_"):
            X = validate_rows(self, X, reset=False)
            return X, self.feature_map_, self.feature_map_.circuit_, self.engine_
        self._validate_params()
        X = check_array(X, dtype=np.float64, order="C", input_name="X")
        feature_map = resolve_feature_map(self.feature_map)
        engine = resolve_engine(self.engine)
        engine._validate_params()
        return X, feature_map, feature_map.build(X.shape[1]), engine

    def check_rows(self, X):
        """Raise if a row cannot be encoded, before any is.

        Parameters
        ----------
        X : ndarray of shape (n_samples, n_features)
            Checked rows.

        Raises
        ------
        ValueError
            If the feature map has no state for a row.
        """
        self.feature_map_.parameter_values(X)

    def encode(self, X, *, n_jobs=None, verbose=False):
        """Simulate the state of every row.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Rows.
        n_jobs : int or None, default=None
            Taken if the kernel's own `n_jobs` is None.
        verbose : bool, default=False
            Shows a progress bar, as the kernel's own `verbose` does.

        Returns
        -------
        ndarray of shape (n_samples, 2 ** n_qubits) or (n_samples, 1 or 2, 4 ** n_qubits)
            Amplitudes, little-endian as in Qiskit; or, with noise, density matrices (and effects,
            for compute-uncompute) as real vectors.

        Raises
        ------
        InsufficientMemoryError
            If the states would not fit into memory; nothing has been simulated then.
        """
        X, feature_map, circuit, engine = self._parts(X)
        values = feature_map.parameter_values(X)
        per_row = row_bytes(engine, circuit.num_qubits, self.measurement)
        check_memory(
            # the result, and what one run holds besides it: at least one more state
            (len(X) + 1) * per_row,
            f"Encoding {len(X)} rows on {circuit.num_qubits} qubits",
            "use fewer qubits (ReuploadingFeatureMap(n_qubits=...) takes any number of features), "
            + (
                "fewer rows, or precision='single'"
                if engine.gives == "states"
                else "fewer rows, or no noise"
            ),
        )
        encode_rows = partial(
            encode,
            engine,
            circuit,
            measurement=self.measurement,
            weights=checked_weights(self.outcome_weights, circuit),
            n_jobs=self.n_jobs if self.n_jobs is not None else n_jobs,
            verbose=self.verbose or verbose,
        )
        if compared(engine, self.measurement) in ("counts", "pairs"):
            self._asked = n_jobs, verbose  # nothing is run before `gram`
            return encode_rows(values)
        checkpoint = self._open_checkpoint()
        if checkpoint is None:
            return encode_rows(values)
        return piece_by_piece(
            lambda block: encode_rows(values[block]),
            values.__getitem__,
            len(values),
            max(1, BYTES_PER_PIECE // per_row),
            checkpoint,
        )

    def gram(self, A, B=None):
        """Return the squared overlaps of encoded rows.

        Parameters
        ----------
        A : ndarray of shape (n_a, ...)
            What :meth:`encode` returned.
        B : ndarray of shape (n_b, ...) or None, default=None
            Other encoding; None means `A`.

        Returns
        -------
        ndarray of shape (n_a, n_b)
            float64; symmetric to the last bit if `B` is None (unless `symmetric` is False), with
            diagonal 1 if there is no noise.

        Raises
        ------
        InsufficientMemoryError
            If the matrix would not fit into memory.
        """
        check_matrix(len(A), len(A if B is None else B))
        K = self._measured_matrix(A, B)
        shots = getattr(self._engine(), "shots", None)
        weights = np.asarray([0, 1] if self.outcome_weights is None else self.outcome_weights)
        if B is None and shots is not None and np.isin(weights, (0, 1)).all():  # probabilities
            warn_if_concentrated(K, shots)
        if self.mitigation is not None:
            K = self._mitigated(K, A, B)
        if B is None and self.repair is not None:
            K, self.psd_shift_ = repair(K, self.repair)
        return K

    def _measured_matrix(self, A, B):
        what = compared(self._engine(), self.measurement)
        if what == "counts":
            with_diagonal = self.mitigation is not None
            options = {"symmetric": self.symmetric, "with_diagonal": with_diagonal}
            return measured_pairs(self._pair_session(), A, B, **options, **self._of_pairs())
        if what == "states":
            forth = back = squared_overlaps(A, B)
            if getattr(self._engine(), "shots", None) is None:
                return forth
        elif what == "pairs":
            options = {"both_orders": self.symmetric, "checkpoint": self._open_checkpoint()}
            pairs = simulated_pairs(self._pair_session(), A, B, **options, **self._of_pairs())
            forth, back = pairs
        else:
            forth, back = traces(A, B)
        return self._drawn(A, A if B is None else B, forth, back)

    def _drawn(self, A, B, forth, back):
        """Draw the shots of all pairs of rows, if there are shots, from the probabilities."""
        shots = getattr(self._engine(), "shots", None)
        keys = (None, None) if shots is None else (row_keys(A), row_keys(B))
        return measured(forth, back, *keys, shots, self.symmetric, self._current_entropy())

    def _mitigated(self, K, A, B):
        """Undo depolarising noise; rows are corrected as the training rows were."""
        if hasattr(self, "feature_map_"):
            n_qubits = self.feature_map_.circuit_.num_qubits
        else:
            size = A.shape[1] if np.iscomplexobj(A) else int(A.shape[2] ** 0.5)
            n_qubits = size.bit_length() - 1
        if B is None:
            self._training_diagonal = diagonal = K.diagonal().copy()
            self._measured_diagonal = dict(zip(map(_bytes, A), diagonal, strict=True))
            return mitigate_depolarizing(K, diagonal, n_qubits, self.mitigation)
        columns = self._diagonal_of(B)
        if self.mitigation != "split" and self._training_diagonal is not None:
            known = self._training_diagonal
            columns[:] = known[0] if self.mitigation == "single" else known.mean()
        rows = self._diagonal_of(A) if self.mitigation == "split" else None
        return mitigate_depolarizing(K, rows, n_qubits, self.mitigation, column_diagonal=columns)

    # of the last matrix of rows with themselves: in order, and by the encoding of a row
    _training_diagonal = None
    _measured_diagonal = None

    def _diagonal_of(self, A):
        """Return what is measured for every row with itself; that of training rows is known."""
        known = self._measured_diagonal or {}
        diagonal = np.array([known.get(_bytes(row), np.nan) for row in A])
        (new,) = np.nonzero(np.isnan(diagonal))
        if not len(new):
            return diagonal
        what = compared(self._engine(), self.measurement)
        pairs = np.column_stack([new, new])
        if what == "counts":
            diagonal[new] = self._pair_session().overlaps(A, A, pairs, **self._of_pairs())
        elif what == "pairs":
            found = self._pair_session().overlaps(A, A, pairs, **self._of_pairs())
            for k, probability in zip(new, found, strict=True):
                diagonal[k] = self._drawn(A[[k]], A[[k]], *np.full((2, 1, 1), probability))[0, 0]
        else:
            diagonal[new] = [self._measured_matrix(A[[k]], None)[0, 0] for k in new]
        return diagonal

    def _of_pairs(self):
        """Return the options of ``overlaps``."""
        n_jobs, verbose = self._asked
        options = {
            "weights": checked_weights(self.outcome_weights, self.feature_map_.circuit_),
            "verbose": self.verbose or verbose,
        }
        if self._engine().gives == "counts":
            return {**options, "checkpoint": self._open_checkpoint()}
        return {**options, "n_jobs": self.n_jobs if self.n_jobs is not None else n_jobs}

    _asked = None, False  # the workers and the progress bar that `encode` was asked for

    def _engine(self):
        engine = self.engine_ if hasattr(self, "engine_") else resolve_engine(self.engine)
        if getattr(engine, "sampler", self) is None and self.engine.sampler is not None:
            engine = self.engine_ = clone(self.engine)  # attached again after unpickling
        return engine

    def _pair_session(self):
        """Return the open circuit, which is translated once."""
        if not hasattr(self, "feature_map_"):
            raise ValueError(
                "A kernel that is measured pair by pair compares rows after fit(X); call it first."
            )
        engine = self._engine()
        if self._session is None or self._session[0] is not engine:
            self._session = engine, engine.open(self.feature_map_.circuit_)
        return self._session[1]

    _session = None  # engine and what it opened

    def __getstate__(self):
        return {**super().__getstate__(), "_session": None}

    def _current_entropy(self):
        return self._entropy if hasattr(self, "_entropy") else self._new_entropy()

    def diag(self, X):
        """Return the kernel of every row with itself, which is 1 without noise or mitigated.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Rows.

        Returns
        -------
        ndarray of shape (n_samples,)
            Diagonal of the kernel matrix.
        """
        X, *_, engine = self._parts(X)
        if engine.gives in ("states", "counts") or self.mitigation is not None:
            return np.ones(len(X))
        return self._diagonal_of(self.encode(X))

    def encoded_row_bytes(self):
        """Return the memory of one state, once the kernel is fitted."""
        return row_bytes(self.engine_, self.feature_map_.circuit_.num_qubits, self.measurement)


def _bytes(row):
    return np.ascontiguousarray(row).tobytes()

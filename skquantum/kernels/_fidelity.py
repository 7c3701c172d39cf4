"""The fidelity kernel."""

import numpy as np

from skquantum._circuits import are_zero_or_one, check_weights
from skquantum._runtime import check_matrix
from skquantum._validation import StrOptions
from skquantum.kernels._circuit import CircuitKernel
from skquantum.kernels._corrections import (
    corrected_bytes,
    mitigated,
    repaired_training_matrix,
    rows_and_projector,
)
from skquantum.kernels._fidelity_derivatives import FidelityDerivativesMixin
from skquantum.kernels._logarithms import LogFidelitiesMixin
from skquantum.kernels._shots import drawn, measured
from skquantum.metrics import positive_projector, repair, warn_if_concentrated
from skquantum.mitigation import resolve_mitigation

__all__ = ["FidelityKernel"]


class FidelityKernel(FidelityDerivativesMixin, LogFidelitiesMixin, CircuitKernel):
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
        How circuits are simulated: "aer" (:class:`~skquantum.engines.AerEngine`), "compiled",
        "chain" (:class:`~skquantum.engines.ChainEngine`, for hundreds of qubits), "mps", "auto", or
        an object. None means what :func:`skquantum.set_config` says, which is "aer" at first.
    measurement : {"compute_uncompute", "overlap"}, default="compute_uncompute"
        Definition of the kernel under noise: "compute_uncompute" is the probability of reading all
        zeros after one row's circuit and the inverse of the other's; "overlap" is the
        Hilbert-Schmidt product :math:`\mathrm{Tr}[\rho(x) \rho(y)]` of the noisy states. Both
        are the fidelity without noise.
    symmetric : bool, default=True
        With noise, compute-uncompute depends on which row comes first. True takes the mean of
        both orders (half of the shots each); False the first row first.
    outcome_weights : array-like of shape (2 ** n_qubits,), callable, dict or None, default=None
        Weight of each measured bitstring of the qubits that have gates, if `engine` has noise or
        is a device: :func:`~skquantum.mitigation.readout_weights` undo readout errors,
        :func:`~skquantum.mitigation.bit_flip_weights` tolerate flips. None counts zeros alone.
        An array is little-endian and for at most 20 qubits; for any number of them,
        ``{"max_ones": h}`` counts what has at most h ones, and a function takes bits, an array of
        0 and 1 of shape (n_outcomes, n_qubits) with those of qubit q in column q, and returns
        numbers of shape (n_outcomes,).
    mitigation : {"single", "mean", "split"} or None, default=None
        How :func:`~skquantum.mitigation.mitigate_depolarizing` undoes noise.
    repair : {"clip", "shift", "correlation"} or None, default=None
        How :func:`~skquantum.metrics.repair` makes the matrix of the training rows positive
        semidefinite, if shots or noise have left it otherwise. "clip" projects kernels with other
        rows alike, "shift" leaves them as they are; estimators refuse "correlation".
    checkpoint : str, path-like or None, default=None
        Directory that keeps what is finished, so that the same call resumes where a killed process
        was, to the bit. Any number of kernels, fits and processes can share it: results are kept
        by circuit, engine, seed and rows (with ``random_state=None`` the seed of the first fit),
        those of devices by circuit, engine and pair of rows, and for these versions of skquantum,
        Qiskit, Aer and NumPy (patch releases aside).
    memory : None, str or joblib.Memory, default=None
        Cache of training matrices, as scikit-learn's pipelines have one: a search over parameters
        of an estimator computes the matrix of each fold once.
    n_jobs : int or None, default=None
        Number of joblib workers that simulate. None means 1, or what a surrounding
        :func:`joblib.parallel_config` says; -1 means all cores. The result does not depend on it.
        Work of less than about two seconds stays in the calling process.
    random_state : int, RandomState instance or None, default=None
        Seed or generator for the shots. A pair's draw depends on neither `n_jobs` nor other rows.
    verbose : bool or int, default=False
        Whether to show a progress bar.

    Attributes
    ----------
    feature_map_ : FeatureMap
        The fitted feature map.
    circuit_ : QuantumCircuit
        Its circuit, on the qubits that have gates.
    engine_ : Engine
        The engine that is used.
    psd_shift_ : float
        Magnitude of the most negative eigenvalue of the training matrix before `repair`.
    truncation_ : float
        How far the state of a training row of an estimator may be from the exact one; fidelities
        differ by at most four times as much. 0 unless `engine` truncates, as "mps" does; nan if
        it does not know by how much.
    n_features_in_ : int
        Number of features seen in ``fit``.
    feature_names_in_ : ndarray of shape (n_features,)
        Names of features, if `X` had any in ``fit`` that are all strings.

    See Also
    --------
    skquantum.QSVC : Support vector classifier with this kernel.

    Notes
    -----
    It can be called like scikit-learn's Gaussian-process kernels, added and multiplied, and is a
    ``qiskit_machine_learning.kernels.BaseKernel``; without ``fit`` as well, unless data decide.

    Noise that acts gate by gate takes 2 N simulations, of which shots are binomial draws (see
    :doc:`/engines`); a noise model with a transpiler pass of its own N² (a ``PairwiseWarning``).

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
        **CircuitKernel._parameter_constraints,
        "measurement": [StrOptions({"compute_uncompute", "overlap"})],
        "symmetric": ["boolean"],
        "outcome_weights": ["array-like", callable, dict, None],
        "mitigation": "no_validation",  # resolve_mitigation says it better
        "repair": [StrOptions({"clip", "shift", "correlation"}), None],
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
        memory=None,
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
        self.memory = memory
        self.n_jobs = n_jobs
        self.random_state = random_state
        self.verbose = verbose

    def _encoding_options(self):
        return {"measurement": self.measurement, "weights": self.outcome_weights}

    def _checkpoint_settings(self):
        if self.engine_.on_device:  # what was counted is the same whatever is made of it
            return {}
        weights = self.outcome_weights
        if not isinstance(weights, dict):
            weights = check_weights(weights, self.circuit_.num_qubits)
        return {
            "measurement": self.measurement,
            "symmetric": self.symmetric,
            "outcome_weights": weights,
        }

    def _fit_gram(self, X, y, sample_weight, feature_names, n_jobs, verbose):
        self.fit(X, y, sample_weight=sample_weight, feature_names=feature_names)
        self._check_training(np.shape(X)[0], n_jobs)
        encoded = self.encode(X, n_jobs=n_jobs, verbose=verbose)
        self.truncation_ = float(np.max(encoded.error_bound, initial=0.0))
        K = self._measured(encoded, None)
        if self.mitigation is not None:
            self.training_keys_, self.training_diagonal_ = encoded.keys(), K.diagonal().copy()
            K = self._mitigated(K, encoded, None)
        if self.repair is not None:
            encoded, K, self.psd_shift_ = repaired_training_matrix(encoded, K, self.repair)
        return encoded, K

    def gram(self, A, B=None):
        A, _ = rows_and_projector(A)
        B, projector = rows_and_projector(B)
        K = self._unrepaired(A, B)
        if self.repair is None:
            return K
        if B is None:
            return repair(K, self.repair)[0]
        if self.repair == "clip" and projector is None:
            projector = positive_projector(self._unrepaired(B, None))
        return K if projector is None else K @ projector

    def _unrepaired(self, A, B):
        K = self._measured(A, B)
        return K if self.mitigation is None else self._mitigated(K, A, B)

    def comparison_bytes(self, n_rows, n_other=None):
        compared = super().comparison_bytes(n_rows, n_other)
        how = self.engine_.shots, self.mitigation, self.repair
        return corrected_bytes(compared, n_rows, n_other, *how)

    # -- matrices in tiles ------------------------------------------------------------------------

    def is_symmetric(self):
        return self.symmetric or (self.engine_.shots is None and self._session().unit_diagonal)

    def check_tiles(self):
        for name, function in (
            ("repair", "skquantum.metrics.repair"),
            ("mitigation", "skquantum.mitigation.mitigate_depolarizing"),
        ):
            if getattr(self, name) is not None:
                raise ValueError(
                    f"{name}={getattr(self, name)!r} needs the whole matrix, which is computed "
                    f"tile by tile here; use {name}=None, and {function} on a matrix that fits "
                    "into memory."
                )

    def fingerprint(self):
        drawn_from = None if self.engine_.shots is None else self.seed_
        return {"kernel": type(self).__qualname__, **self._results_depend_on(drawn_from)}

    # -- what is measured -------------------------------------------------------------------------

    def _measured(self, A, B):
        n_rows, n_other = len(A), None if B is None else len(B)
        n_columns = n_rows if B is None else n_other
        check_matrix(n_rows, n_columns)
        if self.is_fitted():
            besides = self.comparison_bytes(n_rows, n_other) - 8 * n_rows * n_columns
            check_matrix(n_rows, n_columns, besides)
        options = {"symmetric": self.symmetric, "measure_equal": self.mitigation is not None}
        forth, back = A.inner(B, **options)
        keys = A.keys, (A if B is None else B).keys
        shots = None if A.drawn else A.shots
        K = measured(forth, back, *keys, shots, self.symmetric, self._seed())
        del forth, back
        if B is None and are_zero_or_one(self.outcome_weights):
            warn_if_concentrated(K, A.shots)
        return K

    def _mitigated(self, K, A, B):
        self._check_fitted()
        training = getattr(self, "training_keys_", None), getattr(self, "training_diagonal_", None)
        how = resolve_mitigation(self.mitigation), self.circuit_.num_qubits, self._diagonal
        return mitigated(K, A, B, *how, *training)

    def _diagonal(self, encoded):
        found = encoded.diagonal()
        if encoded.drawn or encoded.shots is None:
            return found
        keys = encoded.keys()
        return drawn(found, found, keys, keys, encoded.shots, self.symmetric, self._seed())

    def diag(self, X):
        kernel, X = self._ready(X)
        if kernel._session().unit_diagonal or self.mitigation is not None:
            return np.ones(X.shape[0])
        return kernel._diagonal(kernel.encode(X))

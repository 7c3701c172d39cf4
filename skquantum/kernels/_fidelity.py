"""The fidelity kernel."""

import numpy as np
from sklearn.base import clone
from sklearn.utils.validation import check_array

from skquantum._components import ComponentsMixin
from skquantum._memory import check_matrix, check_memory
from skquantum._validation import FIT_CONTEXT, N_JOBS, validate_rows
from skquantum.engines import resolve_engine
from skquantum.feature_maps import resolve_feature_map
from skquantum.kernels._base import Kernel
from skquantum.kernels._gram import squared_overlaps

__all__ = ["FidelityKernel"]


class FidelityKernel(ComponentsMixin, Kernel):
    r"""Fidelity of the encoded states: :math:`k(x, y) = |\langle \phi(x) | \phi(y) \rangle|^2`.

    Each row is simulated once; the matrix is made of inner products of the states.

    Parameters
    ----------
    feature_map : None, str, QuantumCircuit or FeatureMap, default=None
        How a row becomes a circuit. None means
        :class:`~skquantum.feature_maps.ReuploadingFeatureMap`; names are the keys of
        ``skquantum.feature_maps.FEATURE_MAPS``; the parameters of a circuit, in order, are the
        features.
    engine : None, str or Engine, default=None
        How circuits are simulated: "aer" (:class:`~skquantum.engines.AerEngine`), "compiled"
        (:class:`~skquantum.engines.CompiledEngine`), or an object. None means what
        :func:`skquantum.set_config` says, which is "aer" at first.
    n_jobs : int or None, default=None
        Number of joblib workers that simulate. None means 1, or what a surrounding
        :func:`joblib.parallel_config` says; -1 means all cores. The result does not depend on it.
        Work of less than about two seconds stays in the calling process.
    verbose : bool or int, default=False
        Whether to show a progress bar.

    Attributes
    ----------
    feature_map_ : FeatureMap
        The fitted feature map; ``feature_map_.circuit_`` is the circuit.
    engine_ : Engine
        The engine that is used.
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
    """

    _parameter_constraints: dict = {
        "feature_map": "no_validation",  # resolve_feature_map says it better,
        "engine": "no_validation",  # and so does resolve_engine
        "n_jobs": N_JOBS,
        "verbose": ["verbose"],
    }

    def __init__(self, feature_map=None, *, engine=None, n_jobs=None, verbose=False):
        self.feature_map = feature_map
        self.engine = engine
        self.n_jobs = n_jobs
        self.verbose = verbose

    def _resolve_component(self, name, value):
        if name == "feature_map":
            return resolve_feature_map(value)
        if name == "engine":
            return resolve_engine(value)
        return value

    @FIT_CONTEXT
    def fit(self, X, y=None, sample_weight=None):
        """Fit the feature map; nothing is simulated.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Training rows.
        y : object, default=None
            Ignored.
        sample_weight : array-like of shape (n_samples,) or None, default=None
            Weights of the rows; they count where a bandwidth is learned from the data.

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
        self.feature_map_.fit(X, sample_weight=sample_weight)
        self.engine_ = clone(resolve_engine(self.engine))
        return self

    def _parts(self, X):
        """Return checked rows, feature map, circuit and engine, with or without `fit`."""
        if hasattr(self, "feature_map_"):
            X = validate_rows(self, X, reset=False)
            return X, self.feature_map_, self.feature_map_.circuit_, self.engine_
        self._validate_params()
        X = check_array(X, dtype=np.float64, order="C", input_name="X")
        feature_map = resolve_feature_map(self.feature_map)
        engine = resolve_engine(self.engine)
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
        ndarray of shape (n_samples, 2 ** n_qubits)
            Amplitudes, little-endian as in Qiskit.

        Raises
        ------
        InsufficientMemoryError
            If the states would not fit into memory; nothing has been simulated then.
        """
        X, feature_map, circuit, engine = self._parts(X)
        values = feature_map.parameter_values(X)
        n_qubits = circuit.num_qubits
        check_memory(
            # the result, and what one run holds besides it: at least one more state
            (len(X) + 1) * 2**n_qubits * engine.amplitude_bytes,
            f"Encoding {len(X)} rows on {n_qubits} qubits",
            "use fewer qubits (ReuploadingFeatureMap(n_qubits=...) takes any number of features), "
            "fewer rows, or precision='single'",
        )
        return engine.states(
            circuit,
            values,
            n_jobs=self.n_jobs if self.n_jobs is not None else n_jobs,
            verbose=self.verbose or verbose,
        )

    def gram(self, A, B=None):
        """Return the squared overlaps of encoded rows.

        Parameters
        ----------
        A : ndarray of shape (n_a, 2 ** n_qubits)
            What :meth:`encode` returned.
        B : ndarray of shape (n_b, 2 ** n_qubits) or None, default=None
            Other encoding; None means `A`.

        Returns
        -------
        ndarray of shape (n_a, n_b)
            float64; symmetric to the last bit, with diagonal 1, if `B` is None.

        Raises
        ------
        InsufficientMemoryError
            If the matrix would not fit into memory.
        """
        check_matrix(len(A), len(A if B is None else B))
        return squared_overlaps(A, B)

    def diag(self, X):
        """Return the kernel of every row with itself, which is 1.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Rows.

        Returns
        -------
        ndarray of shape (n_samples,)
            Ones.
        """
        return np.ones(len(self._parts(X)[0]))

    def encoded_row_bytes(self):
        """Return the memory of one state, once the kernel is fitted."""
        return 2**self.feature_map_.circuit_.num_qubits * self.engine_.amplitude_bytes

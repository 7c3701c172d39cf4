"""The projected kernel."""

from math import comb, sqrt

import numpy as np
from sklearn.gaussian_process.kernels import Kernel as GaussianProcessKernel

from skquantum._moments import total_variance
from skquantum._runtime import check_matrix
from skquantum._validation import (
    FIT_CONTEXT,
    Integral,
    Interval,
    Real,
    StrOptions,
    scale_factor,
    validate_weights,
)
from skquantum.engines import FeatureBatch, RowExpectations
from skquantum.kernels._circuit import CircuitKernel
from skquantum.kernels._projected_derivatives import ProjectedDerivativesMixin

__all__ = ["ProjectedKernel"]

OVERHEAD = 8 * 2**20


class ProjectedKernel(ProjectedDerivativesMixin, CircuitKernel):
    r"""Classical kernel of expectation values, by default those of all single-qubit Paulis.

    By default the Gaussian :math:`k(x, y) = \exp(-\gamma \sum_P (\langle P \rangle_x - \langle P
    \rangle_y)^2)` of the Pauli matrices of all qubits. Each row is simulated once. Where fidelities
    of wide circuits vanish (exponential concentration), these numbers need not.

    Parameters
    ----------
    feature_map : None, str, QuantumCircuit or FeatureMap, default=None
        How a row becomes a circuit, as in :class:`FidelityKernel`.
    observables : "paulis" or list of SparsePauliOp or ndarray, default="paulis"
        Observables to measure: "paulis" means all Pauli strings on at most `locality` of the
        qubits that have gates, which together are the reduced states of all sets of so many
        qubits. A list holds Hermitian operators on all qubits of the circuit, arrays the diagonals
        of such.
    locality : int, default=1
        Number of qubits of a reduced state, at most the number of qubits; without effect on a list
        of observables.
    outer : "linear", kernel of sklearn.gaussian_process.kernels or None, default=None
        The classical kernel of the expectation values. None is the Gaussian above. "linear" is the
        mean of the Hilbert-Schmidt products :math:`\mathrm{Tr}[\rho_S(x) \rho_S(y)]` of the reduced
        states of all sets S of `locality` qubits (the local kernel of [2]_, which adds such
        kernels to multi-scale ones), or, for a list of observables, the dot product.
    gamma : float or str, default="scale"
        Width of the Gaussian. "scale" takes ``1 / (n_observables * expectations.var())`` of the
        training rows, and "0.5*scale", for instance, a multiple. Huang et al. [1]_ write the same
        kernel with the Frobenius norms of differences of reduced states, which for single qubits
        takes a gamma that is twice as large.
    engine : None, str or Engine, default=None
        How circuits are simulated, as in :class:`FidelityKernel`; any engine that offers
        expectation values will do.
    memory : None, str or joblib.Memory, default=None
        Cache of training matrices, as in :class:`FidelityKernel`.
    n_jobs : int or None, default=None
        Number of joblib workers that simulate. None means 1, or what a surrounding
        :func:`joblib.parallel_config` says; -1 means all cores. The result does not depend on it.
    random_state : int, RandomState instance or None, default=None
        Seed or generator for the shots. The draw of a row depends on neither `n_jobs` nor other
        rows.

    Attributes
    ----------
    feature_map_ : FeatureMap
        The fitted feature map; its ``circuit_`` is the circuit.
    circuit_ : QuantumCircuit
        Its part on the qubits that have gates.
    engine_ : Engine
        The engine that is used.
    gamma_ : float
        The number that `gamma` came to in ``fit``; only with the Gaussian.
    n_features_in_ : int
        Number of features seen in ``fit``.
    feature_names_in_ : ndarray of shape (n_features,)
        Names of features, if `X` had any in ``fit`` that are all strings.

    See Also
    --------
    FidelityKernel : Kernel of the states themselves.

    Notes
    -----
    The matrix is positive semidefinite with shots and noise too, since it is a kernel of numbers
    that each row has for itself.

    References
    ----------
    .. [1] H.-Y. Huang et al., "Power of data in quantum machine learning", Nat. Commun. 12, 2631
       (2021), equation 9.
    .. [2] C. Zendejas-Morales, D. Saikia, U. Singh, "Local and multi-scale strategies to mitigate
       exponential concentration in quantum kernels", arXiv:2602.16097 (2026).

    Examples
    --------
    >>> import numpy as np
    >>> from skquantum.kernels import ProjectedKernel
    >>> X = np.array([[0.0], [np.pi / 2]])
    >>> ProjectedKernel("angle", gamma=0.5)(X).round(3)
    array([[1.   , 0.368],
           [0.368, 1.   ]])

    In place of the kernel of a support vector classifier:

    >>> from skquantum import QSVC
    >>> from sklearn.datasets import make_moons
    >>> X, y = make_moons(100, noise=0.1, random_state=0)
    >>> QSVC(kernel="projected").fit(X, y).score(X, y)
    0.99
    """

    _parameter_constraints: dict = {
        **{k: v for k, v in CircuitKernel._parameter_constraints.items() if k != "checkpoint"},
        "observables": [StrOptions({"paulis"}), list, tuple],
        "locality": [Interval(Integral, 1, None, closed="left")],
        "outer": [StrOptions({"linear"}), GaussianProcessKernel, None],
        "gamma": [Interval(Real, 0, None, closed="neither"), str],
    }

    _fitted_from = CircuitKernel._fitted_from | {"observables", "locality", "outer", "gamma"}

    def __init__(
        self,
        feature_map=None,
        *,
        observables="paulis",
        locality=1,
        outer=None,
        gamma="scale",
        engine=None,
        memory=None,
        n_jobs=None,
        random_state=None,
    ):
        self.feature_map = feature_map
        self.observables = observables
        self.locality = locality
        self.outer = outer
        self.gamma = gamma
        self.engine = engine
        self.memory = memory
        self.n_jobs = n_jobs
        self.random_state = random_state

    @FIT_CONTEXT
    def fit(self, X, y=None, sample_weight=None, feature_names=None):
        """Fit the feature map, and find the width of the Gaussian.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Training rows. They are simulated if gamma depends on their expectation values.
        y : object, default=None
            Ignored.
        sample_weight : array-like of shape (n_samples,) or None, default=None
            Weights of the rows in variances.
        feature_names : array-like of str of shape (n_features,) or None, default=None
            Names of the columns, where `X` is not a data frame, for circuits with such parameters.

        Returns
        -------
        self : ProjectedKernel
            Fitted kernel.

        Raises
        ------
        ValueError
            If the feature map cannot encode that many features, `X` is not finite, or the circuit
            has too few qubits for `locality` or `observables`.
        """
        self._fit_feature_map(X, sample_weight, feature_names)
        self.rescale(X, sample_weight)
        return self

    def rescale(self, X, sample_weight=None):
        if self.outer is None:
            encoded = self.encode(X) if isinstance(self.gamma, str) else None
            self.gamma_ = self._resolved_gamma(encoded, sample_weight)

    @FIT_CONTEXT
    def _fit_gram(self, X, y, sample_weight, feature_names, n_jobs, verbose):
        self._fit_feature_map(X, sample_weight, feature_names)
        self._check_training(np.shape(X)[0], n_jobs)
        encoded = self.encode(X, n_jobs=n_jobs, verbose=verbose)
        if self.outer is None:
            self.gamma_ = self._resolved_gamma(encoded, sample_weight)
        return encoded, self.gram(encoded)

    def _fit_feature_map(self, X, sample_weight, feature_names):
        super().fit(X, sample_weight=sample_weight, feature_names=feature_names)
        self._expectations()  # refuses observables that do not fit the circuit

    def _resolved_gamma(self, encoded, sample_weight):
        if not isinstance(self.gamma, str):
            return float(self.gamma)
        factor = self._gamma_factor()
        weights = None if sample_weight is None else validate_weights(sample_weight, encoded.array)
        variance = total_variance(encoded.array, weights)
        if variance <= np.finfo(np.float64).eps:  # equal rows: as SVC's gamma="scale" does
            variance = 1.0
        return factor / (encoded.array.shape[1] * variance)

    def _gamma_factor(self):
        return scale_factor(self.gamma, f"gamma={self.gamma!r} of {type(self).__name__}")

    def _known_gamma(self):
        if hasattr(self, "gamma_"):
            return self.gamma_
        if not isinstance(self.gamma, str):
            return float(self.gamma)
        self._gamma_factor()
        raise ValueError(
            f"gamma={self.gamma!r} of {type(self).__name__} is resolved from training data: call "
            "fit(X) first, or give gamma as a number."
        )

    # -- encodings ----------------------------------------------------------------------------

    def _expectations(self):
        return RowExpectations(self.feature_map_.circuit_, self.observables, self.locality)

    def _session(self, engine=None):
        return self._expectations().session(self.engine_ if engine is None else engine)

    def _encode(self, X, *, n_jobs, verbose):
        values = self._values(X)
        options = {"n_jobs": n_jobs, "seed": self._seed(), "verbose": verbose}
        found = self._expectations().of(self.engine_, values, **options)
        return FeatureBatch(found, self.engine_.shots)

    def encoded_row_bytes(self):
        return 8 * len(self._expectations())

    def encoding_bytes(self, n_rows, n_jobs=None):
        n_jobs = self.n_jobs if self.n_jobs is not None else n_jobs
        return self._expectations().needed_bytes(self.engine_, n_rows, n_rows, n_jobs=n_jobs)

    def _check_encoding(self, n_rows, n_jobs):
        n_jobs = self.n_jobs if self.n_jobs is not None else n_jobs
        self._expectations().check_memory(self.engine_, n_rows, n_jobs=n_jobs)

    def comparison_bytes(self, n_rows, n_other=None):
        # measured: the matrix and another one, or two more beside a kernel of scikit-learn's
        per_entry = 18 if self.outer is None or isinstance(self.outer, str) else 26
        return per_entry * n_rows * (n_rows if n_other is None else n_other) + OVERHEAD

    # -- matrices -----------------------------------------------------------------------------

    def gram(self, A, B=None):
        n_rows, n_other = len(A), len(A if B is None else B)
        check_matrix(n_rows, n_other, self.comparison_bytes(n_rows, n_other) - 8 * n_rows * n_other)
        if self.outer is None:
            return _gaussian(A, B, self._known_gamma())
        if self.outer == "linear":
            return self._weighted(A).inner(None if B is None else self._weighted(B))[0]
        if B is not None:
            return self.outer(A.array, B.array)
        K = self.outer(A.array)
        return (K + K.T) / 2  # symmetric to the last bit

    def _weighted(self, encoded):
        """Return numbers whose dot products are the linear kernel."""
        if not self._expectations().measures_paulis:
            return encoded
        weights = product_weights(self.circuit_.num_qubits, self.locality)
        constant = np.full((len(encoded), 1), sqrt(weights[0]))
        return FeatureBatch(np.hstack([constant, encoded.array * self._factors()]), encoded.shots)

    def _factors(self):
        """Return what each expectation value is multiplied by in the linear kernel."""
        if not self._expectations().measures_paulis:
            return np.ones(len(self.observables))
        n_qubits = self.circuit_.num_qubits
        weights = product_weights(n_qubits, self.locality)[1:]
        counts = [comb(n_qubits, k) * 3**k for k in range(1, self.locality + 1)]
        return np.sqrt(np.repeat(weights, counts))

    def fingerprint(self):
        outer = self.outer
        if isinstance(outer, GaussianProcessKernel):
            raise TypeError(
                f"outer={outer} cannot be recognised by another process; use checkpoint=None, or "
                "outer=None or 'linear'."
            )
        return {
            "kernel": type(self).__qualname__,
            **self._results_depend_on(None if self.engine_.shots is None else self.seed_),
            "outer": outer,
            "gamma": self._known_gamma() if outer is None else None,
            "locality": self.locality,
            "observables": _as_numbers(self.observables),
        }

    def diag(self, X):
        kernel, X = self._ready(X)
        if kernel.outer is None:
            return np.ones(X.shape[0])
        encoded = kernel.encode(X)
        if kernel.outer == "linear":
            return kernel._weighted(encoded).diagonal()
        return kernel.outer.diag(encoded.array)


def _as_numbers(observables):
    """Return observables as text and numbers."""
    if isinstance(observables, str):
        return observables
    return [one.to_list() if hasattr(one, "to_list") else np.asarray(one) for one in observables]


def _gaussian(A, B, gamma):
    products, _ = A.inner(B)
    products *= 2.0
    distances = A.diagonal()[:, None] + (A if B is None else B).diagonal()
    distances -= products
    if B is None:
        np.fill_diagonal(distances, 0.0)
    np.maximum(distances, 0.0, out=distances)  # rounding
    distances *= -gamma
    return np.exp(distances, out=distances)


def product_weights(n_qubits, locality):
    r"""Return the weights of Pauli strings on 0, 1, ..., `locality` qubits in a linear kernel.

    The sum over the sets S of so many qubits of :math:`\mathrm{Tr}[\rho_S \sigma_S] = 2^{-|S|}
    \sum_{P \subset S} \langle P \rangle_\rho \langle P \rangle_\sigma` counts each string once
    for every set around it; the kernel is the mean over the sets.
    """
    n_sets = comb(n_qubits, locality)
    around = [comb(n_qubits - k, locality - k) for k in range(locality + 1)]
    return np.array(around) / (n_sets * 2**locality)

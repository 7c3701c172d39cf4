"""Features whose dot products approximate a quantum kernel."""

import warnings

import numpy as np
from sklearn.base import ClassNamePrefixFeaturesOutMixin, TransformerMixin
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_is_fitted

from skquantum._runtime import check_matrix
from skquantum._validation import (
    FIT_CONTEXT,
    Integral,
    Interval,
    StrOptions,
    feature_names_for,
    validate_rows,
)
from skquantum.estimators._base import KernelEstimator
from skquantum.estimators._landmarks import LANDMARKS, inverse_root

__all__ = ["QNystroem"]


class QNystroem(ClassNamePrefixFeaturesOutMixin, TransformerMixin, KernelEstimator):
    """Approximate a quantum kernel by features of low rank.

    Rows become their kernels with a few landmarks, made such that dot products approximate the
    kernel. Training a linear model on them takes time and memory that grow with the number of rows,
    not with its square: each row, and each landmark, is simulated once.

    Parameters
    ----------
    kernel : None, str, Kernel, qiskit-machine-learning kernel or callable, default=None
        None is ``FidelityKernel()``; a name is "fidelity", "projected" or that of a feature map
        ("zz", "iqp", ...), meaning its fidelity kernel. A callable takes two arrays of rows and
        returns a matrix, or two rows and returns a number.
    n_components : int, default=100
        Number of landmarks, and of features; at most the number of training rows.
    landmarks : {"random", "k-means++", "leverage", "greedy"}, default="random"
        Which training rows they are. "k-means++" spreads them in the space of the features.
        "leverage" draws by ridge leverage scores [2]_, and "greedy" takes the row that those before
        describe worst (a pivoted Cholesky decomposition [3]_); both encode all training rows.
    random_state : int, RandomState instance or None, default=None
        Seed or generator for the landmarks, and for the shots of kernels that draw them.
    n_jobs : int or None, default=None
        Number of joblib workers that simulate circuits, if the kernel does not say itself. None
        means 1 unless a :func:`joblib.parallel_config` is active; -1 means all cores.
    verbose : bool or int, default=False
        Whether to show a progress bar while circuits are simulated.

    Attributes
    ----------
    components_ : ndarray or CSR matrix of shape (n_components, n_features)
        The landmarks.
    component_indices_ : ndarray of shape (n_components,)
        Their numbers among the training rows.
    normalization_ : ndarray of shape (n_components, n_components)
        Inverse of the square root of their kernel matrix, where that has weight.
    kernel_ : Kernel
        The fitted kernel.
    n_features_in_ : int
        Number of features seen in ``fit``.
    feature_names_in_ : ndarray of shape (n_features,)
        Names of features seen in ``fit``, if `X` had names that are all strings.

    See Also
    --------
    sklearn.kernel_approximation.Nystroem : Its classical counterpart.
    QSVC : Exact kernel, quadratic in the number of rows.

    References
    ----------
    .. [1] C. Williams, M. Seeger, "Using the Nyström method to speed up kernel machines", NIPS 13
       (2000).
    .. [2] A. Alaoui, M. Mahoney, "Fast randomized kernel ridge regression with statistical
       guarantees", NIPS 28 (2015).
    .. [3] S. Fine, K. Scheinberg, "Efficient SVM training using low-rank kernel representations",
       J. Mach. Learn. Res. 2, 243 (2001).

    Examples
    --------
    >>> from sklearn.datasets import make_moons
    >>> from sklearn.linear_model import SGDClassifier
    >>> from sklearn.pipeline import make_pipeline
    >>> from skquantum import QNystroem
    >>> X, y = make_moons(1000, noise=0.2, random_state=0)
    >>> features = QNystroem(n_components=60, random_state=0)
    >>> model = make_pipeline(features, SGDClassifier(random_state=0)).fit(X, y)
    >>> print(f"{model.score(X, y):.2f}")
    0.96
    """

    _parameter_constraints: dict = {
        **KernelEstimator._parameter_constraints,
        "n_components": [Interval(Integral, 1, None, closed="left")],
        "landmarks": [StrOptions(set(LANDMARKS))],
    }

    def __init__(
        self,
        kernel=None,
        *,
        n_components=100,
        landmarks="random",
        random_state=None,
        n_jobs=None,
        verbose=False,
    ):
        self.kernel = kernel
        self.n_components = n_components
        self.landmarks = landmarks
        self.random_state = random_state
        self.n_jobs = n_jobs
        self.verbose = verbose

    @FIT_CONTEXT
    def fit(self, X, y=None):
        """Choose the landmarks, and compute their kernel matrix.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Training rows.
        y : object, default=None
            Ignored; present for scikit-learn's API.

        Returns
        -------
        self : QNystroem
            Fitted transformer.

        Raises
        ------
        ValueError
            If the data or a parameter is invalid; the message says what to change.
        InsufficientMemoryError
            If encodings or kernel matrix would not fit into memory; nothing has been simulated.

        Warns
        -----
        UserWarning
            If there are fewer rows than `n_components`.
        """
        if self._is_precomputed():
            raise ValueError(
                "kernel='precomputed' leaves nothing to save; decompose the matrix yourself, or "
                "pass a kernel."
            )
        X = validate_rows(self, X, reset=True)
        n_components = min(self.n_components, X.shape[0])
        if n_components < self.n_components:
            warnings.warn(
                f"n_components={self.n_components} is more than the {X.shape[0]} rows, all of "
                "which are landmarks.",
                UserWarning,
            )
        check_matrix(n_components, n_components, besides=3 * 8 * n_components**2)
        rng = check_random_state(self.random_state)
        kernel = self._new_kernel()
        kernel.fit(X, y, **feature_names_for(kernel, self))
        options = {"n_jobs": self.n_jobs, "verbose": self.verbose}
        rows = LANDMARKS[self.landmarks](kernel, X, n_components, rng, options)
        encoded = kernel.encode(X[rows], **options)
        self.normalization_ = inverse_root(kernel.gram(encoded))
        self.components_ = X[rows]
        self.component_indices_ = rows
        self._keep(kernel, encoded, np.arange(n_components), self.components_, n_components)
        return self

    @property
    def _n_features_out(self):
        return len(self.component_indices_)

    def transform(self, X):
        """Return features whose dot products approximate the kernel.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Rows.

        Returns
        -------
        ndarray of shape (n_samples, n_components)
            float64.
        """
        check_is_fitted(self)
        return self._in_batches(lambda K: K @ self.normalization_, X)

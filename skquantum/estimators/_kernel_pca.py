"""Principal components of rows in the space of a quantum kernel."""

import numpy as np
from scipy.sparse import issparse
from sklearn.base import ClassNamePrefixFeaturesOutMixin, TransformerMixin
from sklearn.decomposition import KernelPCA
from sklearn.exceptions import NotFittedError
from sklearn.metrics.pairwise import rbf_kernel
from sklearn.preprocessing import KernelCenterer
from sklearn.utils import check_array
from sklearn.utils.validation import check_is_fitted

from skquantum._runtime import blocks_of_rows, rows_in_working_memory
from skquantum._validation import (
    FIT_CONTEXT,
    Integral,
    Interval,
    Real,
    StrOptions,
    scale_factor,
    validate_rows,
)
from skquantum.estimators._base import KernelEstimator
from skquantum.estimators._ridge_solvers import with_intercept

__all__ = ["QKernelPCA"]


class QKernelPCA(ClassNamePrefixFeaturesOutMixin, TransformerMixin, KernelEstimator):
    """Kernel principal component analysis with a quantum kernel.

    Every parameter and attribute of :class:`sklearn.decomposition.KernelPCA` that does not belong
    to its classical kernels is here under the same name, with the same default and meaning. The
    way back from components to rows has a kernel of its own, see `inverse_gamma`.

    Parameters
    ----------
    n_components : int or None, default=None
        Number of components, at most the number of training rows. None keeps all whose eigenvalue
        is positive.
    kernel : None, str, Kernel, qiskit-machine-learning kernel or callable, default=None
        None is ``FidelityKernel()``; a name is "fidelity", "projected" or that of a feature map
        ("zz", "iqp", ...), meaning its fidelity kernel; "precomputed" takes kernel matrices in
        place of rows. A callable takes two arrays of rows and returns a matrix, or two rows and
        returns a number.
    alpha : float, default=1.0
        Regularisation strength of the ridge regression that ``inverse_transform`` learns.
    fit_inverse_transform : bool, default=False
        Whether to learn ``inverse_transform``. Not for precomputed kernels and sparse rows.
    inverse_gamma : float or str, default="scale"
        Coefficient of the RBF kernel between components that ``inverse_transform`` uses. "scale"
        is 1 divided by the total variance of the components, and "0.5*scale" a multiple of it.
    eigen_solver : {"auto", "dense", "arpack", "randomized"}, default="auto"
        Solver of the eigenvalue problem. "auto" means "arpack" for fewer than 10 components of more
        than 200 rows, and "dense" otherwise.
    tol : float, default=0
        Tolerance of "arpack"; 0 lets it choose.
    max_iter : int or None, default=None
        Largest number of iterations of "arpack"; None lets it choose.
    iterated_power : int or "auto", default="auto"
        Number of iterations of the power method of "randomized".
    remove_zero_eig : bool, default=False
        Whether to remove components whose eigenvalue is 0, so that there may be fewer than
        `n_components`. Always done if that is None.
    random_state : int, RandomState instance or None, default=None
        For "arpack", "randomized", and kernels that draw random numbers.
    n_jobs : int or None, default=None
        Number of joblib workers that simulate circuits, if the kernel does not say itself. None
        means 1 unless a :func:`joblib.parallel_config` is active; -1 means all cores.
    verbose : bool or int, default=False
        Whether to show a progress bar while circuits are simulated.

    Attributes
    ----------
    eigenvalues_ : ndarray of shape (n_components,)
        Eigenvalues of the centred kernel matrix, the largest first.
    eigenvectors_ : ndarray of shape (n_samples, n_components)
        Its eigenvectors.
    X_fit_ : ndarray or CSR matrix of shape (n_samples, n_features)
        Training rows, or the training matrix if kernel is "precomputed".
    X_transformed_fit_ : ndarray of shape (n_samples, n_components)
        Components of the training rows. Only with `fit_inverse_transform`, as the next three.
    dual_coef_ : ndarray of shape (n_samples, n_features)
        Weights of the training rows in ``inverse_transform``.
    intercept_ : ndarray of shape (n_features,)
        What is added to them, which is not regularised.
    inverse_gamma_ : float
        The coefficient in use.
    kernel_ : Kernel or "precomputed"
        The fitted kernel.
    n_features_in_ : int
        Number of features seen in ``fit``.
    feature_names_in_ : ndarray of shape (n_features,)
        Names of features seen in ``fit``, if `X` had names that are all strings.

    See Also
    --------
    sklearn.decomposition.KernelPCA : Its classical counterpart.
    QNystroem : Features for many rows, which never need the whole matrix.

    Notes
    -----
    ``KernelPCA`` compares components by the same kernel as rows to find the way back. A quantum
    kernel is made for the features: its circuit takes as many of them as there are, and its
    bandwidth is theirs. Components are coordinates in the space of the kernel instead, where
    distances are Euclidean, so an RBF kernel compares them [2]_. Its intercept lets features have
    any mean.

    References
    ----------
    .. [1] B. Schölkopf, A. Smola and K.-R. Müller, "Nonlinear component analysis as a kernel
       eigenvalue problem", Neural Comput. 10, 1299 (1998).
    .. [2] G. H. Bakir, J. Weston and B. Schölkopf, "Learning to find pre-images", NIPS 16 (2004).

    Examples
    --------
    >>> from sklearn.datasets import make_circles
    >>> from sklearn.linear_model import LogisticRegression
    >>> from sklearn.pipeline import make_pipeline
    >>> from skquantum import QKernelPCA
    >>> X, y = make_circles(200, factor=0.3, noise=0.05, random_state=0)
    >>> model = make_pipeline(QKernelPCA(2), LogisticRegression()).fit(X, y)
    >>> print(f"{model.score(X, y):.2f}")
    1.00
    """

    _parameter_constraints: dict = {
        **KernelEstimator._parameter_constraints,
        "n_components": [Interval(Integral, 1, None, closed="left"), None],
        "alpha": [Interval(Real, 0, None, closed="left")],
        "fit_inverse_transform": ["boolean"],
        "inverse_gamma": [Interval(Real, 0, None, closed="neither"), str],
        "eigen_solver": [StrOptions({"auto", "dense", "arpack", "randomized"})],
        "tol": [Interval(Real, 0, None, closed="left")],
        "max_iter": [Interval(Integral, 1, None, closed="left"), None],
        "iterated_power": [Interval(Integral, 0, None, closed="left"), StrOptions({"auto"})],
        "remove_zero_eig": ["boolean"],
    }

    def __init__(
        self,
        n_components=None,
        *,
        kernel=None,
        alpha=1.0,
        fit_inverse_transform=False,
        inverse_gamma="scale",
        eigen_solver="auto",
        tol=0,
        max_iter=None,
        iterated_power="auto",
        remove_zero_eig=False,
        random_state=None,
        n_jobs=None,
        verbose=False,
    ):
        self.n_components = n_components
        self.kernel = kernel
        self.alpha = alpha
        self.fit_inverse_transform = fit_inverse_transform
        self.inverse_gamma = inverse_gamma
        self.eigen_solver = eigen_solver
        self.tol = tol
        self.max_iter = max_iter
        self.iterated_power = iterated_power
        self.remove_zero_eig = remove_zero_eig
        self.random_state = random_state
        self.n_jobs = n_jobs
        self.verbose = verbose

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse &= not self.fit_inverse_transform
        return tags

    def _solver_bytes(self, n_rows):
        # LAPACK works on a copy; the eigenvectors are copied as signs are flipped and rows sorted
        n_components = min(n_rows, self.n_components or n_rows)
        solver = 8 * n_rows**2 + 4 * 8 * n_rows * n_components
        # the matrix of components takes the place of that of the rows
        return max(solver, 27 * n_rows**2) if self.fit_inverse_transform else solver

    @FIT_CONTEXT
    def fit(self, X, y=None):
        """Find the components.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features) or (n_samples, n_samples)
            Training rows, or their kernel matrix if kernel is "precomputed".
        y : object, default=None
            Ignored; present for scikit-learn's API.

        Returns
        -------
        self : QKernelPCA
            Fitted transformer.

        Raises
        ------
        ValueError
            If the data or a parameter is invalid, or the kernel matrix has eigenvalues far below 0
            among the components; the message says what to change.
        InsufficientMemoryError
            If states or kernel matrix would not fit into memory; nothing has been simulated.
        """
        X = validate_rows(self, X, reset=True)
        factor = self._check_inverse(X)
        kernel, encoded, K = self._training_matrix(X, y)
        self._centerer = KernelCenterer().fit(K)
        solver = self._decomposed(K, copy=isinstance(kernel, str) or not K.flags.writeable)
        del K  # the solver holds it
        self.eigenvalues_, self.eigenvectors_ = solver.eigenvalues_, solver.eigenvectors_
        self.X_fit_ = X
        self._keep(kernel, encoded, np.arange(X.shape[0]), X, X.shape[0])
        del solver
        for name in ("dual_coef_", "intercept_", "inverse_gamma_", "X_transformed_fit_"):
            vars(self).pop(name, None)  # of a fit before
        if self.fit_inverse_transform:
            self._learn_inverse(X, factor)
        return self

    def _check_inverse(self, X):
        """Return the factor of "scale" in `inverse_gamma`, or None; raise if nothing can invert."""
        if self.fit_inverse_transform and self._is_precomputed():
            raise ValueError(
                "kernel='precomputed' does not tell which rows inverse_transform should return; "
                "pass a kernel and the rows, or set fit_inverse_transform=False."
            )
        if self.fit_inverse_transform and issparse(X):
            raise ValueError(
                "inverse_transform returns dense rows, which cannot be learned from sparse ones; "
                "pass X.toarray(), or set fit_inverse_transform=False."
            )
        if not isinstance(self.inverse_gamma, str):
            return None
        return scale_factor(self.inverse_gamma, f"inverse_gamma={self.inverse_gamma!r}")

    def _decomposed(self, K, *, copy):
        """Return scikit-learn's KernelPCA, fitted on a matrix, which may be overwritten."""
        solver = KernelPCA(
            self.n_components,
            kernel="precomputed",
            eigen_solver=self.eigen_solver,
            tol=self.tol,
            max_iter=self.max_iter,
            iterated_power=self.iterated_power,
            remove_zero_eig=self.remove_zero_eig,
            random_state=self.random_state,
            copy_X=copy,
        )
        try:
            return solver.fit(K)
        except ValueError as error:
            found = getattr(solver, "eigenvalues_", None)
            if found is None or found.min() >= 0:
                raise
            raise ValueError(
                f"The centred kernel matrix has eigenvalues from {found.min():.3g} to "
                f"{found.max():.3g} among its {len(found)} largest, as happens with "
                "shots, and components need positive ones; set repair='clip' of the kernel, or "
                f"n_components to at most {np.count_nonzero(found > 0)}."
            ) from error

    def _learn_inverse(self, X, factor):
        Z = self._training_components()
        variance = self.eigenvalues_.sum() / X.shape[0]
        self.inverse_gamma_ = (
            float(self.inverse_gamma) if factor is None else factor / (variance or 1.0)
        )
        K = rbf_kernel(Z, gamma=self.inverse_gamma_)
        self.dual_coef_, self.intercept_ = with_intercept(K, X, self.alpha, None)
        self.X_transformed_fit_ = Z

    def _training_components(self):
        return self.eigenvectors_ * np.sqrt(self.eigenvalues_)

    @property
    def _n_features_out(self):
        return len(self.eigenvalues_)

    def fit_transform(self, X, y=None):
        """Find the components, and return those of the training rows.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features) or (n_samples, n_samples)
            Training rows, or their kernel matrix if kernel is "precomputed".
        y : object, default=None
            Ignored; present for scikit-learn's API.

        Returns
        -------
        ndarray of shape (n_samples, n_components)
            float64.
        """
        return self.fit(X, y)._training_components()

    def transform(self, X):
        """Return the components of rows.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features) or (n_samples, n_train)
            Rows, or their kernel with the training rows if kernel is "precomputed".

        Returns
        -------
        ndarray of shape (n_samples, n_components)
            float64.
        """
        check_is_fitted(self)
        scales = np.sqrt(self.eigenvalues_)
        vectors = self.eigenvectors_ / np.where(scales > 0, scales, np.inf)
        of_user = isinstance(self.kernel_, str)  # a precomputed matrix, which is left as it is
        return self._in_batches(
            lambda K: self._centerer.transform(K, copy=of_user) @ vectors,
            X,
        )

    def inverse_transform(self, X):
        """Return rows that belong to components; needs ``fit_inverse_transform=True`` in ``fit``.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_components)
            Components.

        Returns
        -------
        ndarray of shape (n_samples, n_features)
            Rows, by ridge regression on those of the training rows.

        Raises
        ------
        NotFittedError
            If it was not learned.
        ValueError
            If there are more or fewer components.
        """
        check_is_fitted(self)
        if not hasattr(self, "dual_coef_"):
            raise NotFittedError(
                "inverse_transform is not available when fitted with fit_inverse_transform=False; "
                "set it to True and call fit again."
            )
        Z = check_array(X, dtype=np.float64)
        if Z.shape[1] != self._n_features_out:
            raise ValueError(
                f"X has {Z.shape[1]} components, but {self._n_features_out} were fitted; pass what "
                "transform returns."
            )
        found = np.empty((len(Z), self.n_features_in_))
        for batch in blocks_of_rows(len(Z), rows_in_working_memory(8 * len(self.dual_coef_))):
            K = rbf_kernel(Z[batch], self.X_transformed_fit_, gamma=self.inverse_gamma_)
            found[batch] = K @ self.dual_coef_ + self.intercept_
        return found

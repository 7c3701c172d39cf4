"""Kernels of circuits as functions of weights and of rows: hyperparameters and derivatives."""

from abc import abstractmethod

import numpy as np
from sklearn.base import clone

from skquantum._runtime import as_dense, check_memory
from skquantum.engines import CompiledEngine, StateGradientSession, StateSession
from skquantum.feature_maps import resolve_feature_map

__all__ = ["WeightsMixin"]

# One object, so that circuits stay open.
COMPILED = CompiledEngine()
OVERHEAD = 16 * 2**20


class WeightsMixin:
    """What a kernel offers whose feature map has weights, and derivatives by rows for any.

    A subclass writes `has_gradient`, `_encoding_derivatives`, `_by_first` and `_by_both`.
    """

    @property
    def theta(self):
        """Weights of the feature map, which Gaussian processes tune: of shape (n_dims,).

        A feature map whose weights depend on the data has none before ``fit``.
        """
        if self.is_fitted():
            return self.weights_.copy() if self.feature_map_.n_weights_ else np.empty(0)
        feature_map = resolve_feature_map(self.feature_map)
        return feature_map.start_weights() if self._knows_weights(feature_map) else np.empty(0)

    @theta.setter
    def theta(self, theta):
        theta = np.array(theta, dtype=np.float64)
        n_dims = self.n_dims
        if len(theta) != n_dims:
            raise ValueError(f"theta has {len(theta)} numbers, the kernel takes {n_dims}.")
        if not n_dims:
            return
        if self.is_fitted():
            self.weights_ = theta
            return
        feature_map = clone(resolve_feature_map(self.feature_map))
        self.feature_map = feature_map.set_params(initial_weights=theta)

    def draw_theta(self, random_state):
        feature_map = self.feature_map_
        if not feature_map.n_weights_:
            return np.empty(0)
        weights = random_state.uniform(0.0, 2 * np.pi, feature_map.n_weights_)
        weights[feature_map.is_encoding_] = feature_map.draw_encoding(random_state)
        return weights

    def _differentiable_session(self):
        """Return an open circuit for derivatives: of the compiled engine where states are exact.

        Its numbers are the same, and an adjoint sweep takes the place of a simulation per angle.
        """
        session = self._session()
        exact = isinstance(session, StateSession) and session.shots is None
        if not exact or isinstance(session, StateGradientSession):
            return session
        return self._session(COMPILED)

    @staticmethod
    def _knows_weights(feature_map):
        # the number of weights may depend on the data
        stated = "initial_weights" in feature_map.get_params(deep=False)
        return stated and feature_map.n_weights_ > 0

    @property
    def bounds(self):
        """Where Gaussian processes look for `theta`, of shape (n_dims, 2)."""
        if not self.n_dims:
            return np.empty((0, 2))
        if self.is_fitted():
            return self.feature_map_.weight_bounds_
        return resolve_feature_map(self.feature_map).weight_bounds_

    def _values(self, X):
        """Return the values of the circuit's parameters for checked rows."""
        feature_map = self.feature_map_
        if not feature_map.n_weights_:
            return feature_map.parameter_values(X)
        return feature_map.angles(feature_map.inputs(X), self.weights_)

    def _weight_slopes(self, X):
        """Return the derivatives of `_values` by weights: (n_rows, n_dims, n_parameters)."""
        feature_map = self.feature_map_
        inputs = feature_map.inputs(X)
        at_zero = feature_map.angles(inputs, np.zeros(self.n_dims))
        # angles are affine in the weights
        rows = [feature_map.angles(inputs, one) - at_zero for one in np.eye(self.n_dims)]
        return np.stack(rows, axis=1)

    @abstractmethod
    def _encoding_derivatives(self, values, wrt, n_jobs):
        """Return what is compared, (n_rows, size), and derivatives, (n_rows, len(wrt), size)."""

    @abstractmethod
    def _by_first(self, A, dA, B):
        """Return derivatives of the matrix by changes of its first rows: (n_a, n_b, n)."""

    @abstractmethod
    def _by_both(self, A, dA, B, dB):
        """Return mixed second derivatives: (n_a, n_b, n, m)."""

    def _differentiated(self, X, slopes, n_jobs=None):
        """Return what is compared, and its derivatives by what `slopes` are derivatives by."""
        (columns,) = np.nonzero(slopes.any(axis=(0, 1)))
        self._check_derivatives(len(X), max(len(columns), slopes.shape[1]))
        compared, found = self._encoding_derivatives(self._values(X), columns.tolist(), n_jobs)
        return compared, slopes[:, :, columns] @ found

    def _check_derivatives(self, n_rows, n_derivatives):
        """Raise if derivatives of a matrix by so many numbers would not fit into memory."""
        row_bytes = self.encoded_row_bytes() * (2 * n_derivatives + 4)
        self._check_memory(n_rows, n_rows * row_bytes + 8 * n_rows**2 * (n_derivatives + 8))

    def _check_linear(self, n_rows):
        """Raise if a matrix and what pulls derivatives back would not fit into memory."""
        # overlaps, the matrix, and what a loss makes of it, as was measured
        self._check_memory(n_rows, 5 * n_rows * self.encoded_row_bytes() + 80 * n_rows**2)

    def _check_memory(self, n_rows, n_bytes):
        check_memory(
            n_bytes + OVERHEAD,
            f"Differentiating a kernel matrix of {n_rows} rows",
            "use fewer rows (n_samples of TrainedKernel), fewer qubits or fewer weights",
        )

    def gram_gradient(self, X, *, n_jobs=None):
        if not self.n_dims:
            return super().gram_gradient(X, n_jobs=n_jobs)
        kernel, X = self._ready(X)
        X = as_dense(X)
        n_jobs = self.n_jobs if self.n_jobs is not None else n_jobs
        A, dA = kernel._differentiated(X, kernel._weight_slopes(X), n_jobs)
        gradient = kernel._by_first(A, dA, A)
        del A, dA
        for number in range(gradient.shape[2]):
            gradient[..., number] += gradient[..., number].T.copy()
        return kernel.gram(kernel.encode(X, n_jobs=n_jobs)), gradient

    def derivatives(self, X, Y=None, *, by="x"):
        """Return derivatives of the kernel matrix with respect to the features of its rows.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_x, n_features)
            Rows.
        Y : {array-like, sparse matrix} of shape (n_y, n_features) or None, default=None
            Other rows; None means `X`, which are other rows all the same.
        by : {"x", "y", "xy"}, default="x"
            Which rows change: those of `X`, those of `Y`, or mixed second derivatives.

        Returns
        -------
        ndarray of shape (n_x, n_y, n_features) or (n_x, n_y, n_features, n_features)
            Derivatives; in the mixed ones the feature of `X` comes first.

        Raises
        ------
        ValueError
            If the engine has noise or shots, or the feature map has no derivatives.

        Notes
        -----
        Linear differential equations are linear regressions on such matrices [1]_.

        References
        ----------
        .. [1] A. E. Paine, V. E. Elfving, O. Kyriienko, "Quantum kernel methods for solving
           regression problems and differential equations", Phys. Rev. A 107, 032428 (2023).

        Examples
        --------
        >>> from skquantum.kernels import FidelityKernel
        >>> kernel = FidelityKernel("angle", engine="compiled")  # cos((x - y) / 2) ** 2
        >>> kernel.derivatives([[0.5]], [[0.0]]).round(6)  # -sin(x - y) / 2
        array([[[-0.239713]]])
        >>> kernel.derivatives([[0.5]], [[0.0]], by="xy").round(6)  # cos(x - y) / 2
        array([[[[0.438791]]]])
        """
        if by not in ("x", "y", "xy"):
            raise ValueError(f"by={by!r} is unknown: use 'x', 'y' or 'xy'.")
        if by == "y" and Y is not None:
            return self.derivatives(Y, X).transpose(1, 0, 2)
        kernel, X = self._ready(X)
        Y = None if Y is None else kernel._ready(Y)[1]
        if by == "xy":  # complex products, and what is left of them
            n_rows, n_features = X.shape
            n_other = n_rows if Y is None else Y.shape[0]
            self._check_memory(n_rows, 64 * n_rows * n_other * n_features**2)
        A, dA = kernel._by_features(X)
        B, dB = (A, dA) if Y is None else kernel._by_features(Y)
        if by == "xy":
            return kernel._by_both(A, dA, B, dB)
        found = kernel._by_first(A, dA, B)
        return found.transpose(1, 0, 2) if by == "y" else found

    def _by_features(self, X):
        X = as_dense(X)
        weights = self.weights_ if self.feature_map_.n_weights_ else None
        return self._differentiated(X, self.feature_map_.slopes(X, weights), self.n_jobs)

"""What Gaussian processes on quantum kernels share."""

import numpy as np
from sklearn.base import clone
from sklearn.gaussian_process.kernels import CompoundKernel, ConstantKernel
from sklearn.gaussian_process.kernels import Kernel as GaussianProcessKernel
from sklearn.utils.validation import check_is_fitted

from skquantum._components import set_child_seeds
from skquantum._runtime import blocks_of_rows, check_matrix, later, rows_in_working_memory
from skquantum._validation import (
    Integral,
    Interval,
    StrOptions,
    feature_names_for,
    validate_rows,
)
from skquantum.estimators._base import KernelEstimator, check_still_fitted
from skquantum.estimators._encoded_kernel import (
    EncodedKernel,
    encoding_new_rows,
    parts_of,
    replaced,
)
from skquantum.kernels import Kernel, resolve_kernel

__all__ = ["GaussianProcessEstimator"]


class GaussianProcessEstimator(KernelEstimator):
    """A shell around a Gaussian process of scikit-learn, in whose kernel quantum kernels are parts.

    A subclass trains a solver by `_fit_solver`, and asks it by `_together` or `_in_row_batches`.
    """

    _parameter_constraints: dict = {
        **KernelEstimator._parameter_constraints,
        "optimizer": [StrOptions({"fmin_l_bfgs_b"}), callable, None],
        "n_restarts_optimizer": [Interval(Integral, 0, None, closed="left")],
        "copy_X_train": ["boolean"],
    }

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.pairwise = False
        tags.input_tags.sparse = False
        return tags

    _remedy = None  # of a subclass, where a matrix is not positive definite

    def _default_kernel(self):
        return ConstantKernel() * resolve_kernel(None)

    def resolve_component(self, name, value):
        if name == "kernel" and self._is_precomputed():
            raise ValueError(
                "kernel='precomputed' says nothing about the variance of new rows, which a "
                "Gaussian process needs; pass a kernel."
            )
        if isinstance(value, Kernel) or not isinstance(value, GaussianProcessKernel):
            return super().resolve_component(name, value)
        if isinstance(value, CompoundKernel):
            raise ValueError(
                f"kernel is a CompoundKernel of {len(value.kernels)} kernels, which has a matrix "
                "for each of them; pass one of them, their sum or their product."
            )
        return value

    def _own_kernel(self):
        """Return a kernel for this estimator alone, with seeds."""
        kernel = clone(self.resolve_component("kernel", self.kernel), safe=False)
        set_child_seeds(kernel, self.random_state)
        return kernel

    def _fit_solver(self, solver, X, y, matrices):
        """Train `solver` with the kernel, every quantum part of which is computed once.

        Parameters
        ----------
        solver : GaussianProcessRegressor or GaussianProcessClassifier
            Gets the kernel.
        X : ndarray of shape (n_samples, n_features)
            Training rows.
        y : ndarray of shape (n_samples,) or (n_samples, n_targets)
            Targets.
        matrices : callable
            Takes the number of hyperparameters, and returns how many matrices of the size of the
            kernel's the solver needs.

        """
        kernel = self._own_kernel()
        n_rows = X.shape[0]
        # each quantum kernel keeps its matrix, the first of which is counted as such
        n_matrices = matrices(kernel.n_dims) + len(parts_of(kernel, Kernel)[1:])
        solver_bytes = int(8 * n_rows**2 * n_matrices)
        check_matrix(n_rows, n_rows, besides=solver_bytes)
        options = self._encode_options()

        def encoded(part):
            return EncodedKernel(part).fit(X, y, options, **feature_names_for(part, self))

        with later(solver_bytes):  # kernels count it
            kernel = replaced(kernel, Kernel, encoded)
        parts = parts_of(kernel, EncodedKernel)
        try:
            solver.set_params(kernel=kernel, copy_X_train=False).fit(X, y)
        except np.linalg.LinAlgError as error:
            if not parts:
                raise
            lowest = min(part.smallest_eigenvalue() for part in parts)
            raise np.linalg.LinAlgError(
                f"The kernel matrix of {n_rows} training rows is not positive definite, the "
                f"smallest eigenvalue of a quantum kernel in it is {lowest:.2g}; {self._remedy}."
            ) from error
        self._solver = solver
        self._n_train = n_rows
        # those of several processes, one after the other
        self._parts = parts_of(solver.kernel_, EncodedKernel)
        for k, part in enumerate(self._parts):
            part.share(parts[k % len(parts)])  # what a worker has sent back

    @property
    def kernel_(self):
        """The fitted kernel, with hyperparameters that were tuned."""
        check_is_fitted(self, "_solver")
        return replaced(self._solver.kernel_, EncodedKernel, lambda part: part.kernel)

    # -- predictions ------------------------------------------------------------------------------

    def _quantum_kernels(self):
        """Return the quantum kernels in the fitted kernel, those that processes share once."""
        kernels = {id(part.kernel): part.kernel for part in self._parts}.values()
        for kernel in kernels:
            check_still_fitted(kernel)
        return kernels

    def _encode_options(self):
        return {"n_jobs": self.n_jobs, "verbose": self.verbose}

    def _validated(self, X):
        return validate_rows(self, X, reset=False, accept_sparse=False)

    def _together(self, method, X, **keywords):
        """Return what a method of the solver says about all rows together."""
        self._quantum_kernels()
        with encoding_new_rows(self._encode_options()) as select:
            select(X)
            return method(X, **keywords)

    def _in_row_batches(self, method, X, **keywords):
        """Return what a method of the solver says about rows, one array or several of them.

        Batches of rows keep encodings and matrices under scikit-learn's ``working_memory``.
        """
        kernels = self._quantum_kernels()
        # the kernel and what it is made of, and what variances are made of
        row_bytes = 8 * (4 + len(kernels)) * self._n_train
        row_bytes += sum(kernel.encoded_row_bytes() for kernel in kernels)
        per_batch = rows_in_working_memory(row_bytes)
        if len(X) <= per_batch:
            return self._together(method, X, **keywords)
        for kernel in kernels:
            kernel.check_rows(X)  # so that messages name rows of X, not of a batch
        found = []
        with encoding_new_rows(self._encode_options()) as select:
            for block in blocks_of_rows(len(X), per_batch):
                rows = X[block]
                select(rows)
                found.append(method(rows, **keywords))
        if isinstance(found[0], tuple):
            return tuple(np.concatenate(arrays) for arrays in zip(*found, strict=True))
        return np.concatenate(found)

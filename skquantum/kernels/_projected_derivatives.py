"""Derivatives of kernels of expectation values."""

import numpy as np

from skquantum._runtime import as_dense
from skquantum.engines import FeatureBatch

__all__ = ["ProjectedDerivativesMixin"]


class ProjectedDerivativesMixin:
    """How a kernel of expectation values changes with them, the width of the Gaussian held."""

    def has_gradient(self):
        return self.outer in (None, "linear") and self._session().shots is None

    def _require_derivatives(self):
        """Raise if the kernel is not a differentiable function of exact numbers."""
        if self.outer not in (None, "linear"):
            raise ValueError(
                f"outer={self.outer!r} offers no derivatives with respect to its rows; use the "
                "Gaussian, outer=None, or outer='linear', or, to train a kernel, optimizer='spsa'."
            )
        if not self.has_gradient():
            raise ValueError(
                "Derivatives of kernel matrices need exact expectation values; use shots=None, or, "
                "to train a kernel, optimizer='spsa'."
            )

    def _encoding_derivatives(self, values, wrt, n_jobs):
        self._require_derivatives()
        session, observables = self._differentiable_session(), self._expectations().observables
        found = np.empty((len(values), len(wrt), len(observables)))
        expectations = session.expectations(values, observables, n_jobs=n_jobs)
        for number in range(len(observables)):
            one = np.zeros_like(expectations)
            one[:, number] = 1.0
            _, slopes = session.gradients(values, observables, one, wrt=wrt, n_jobs=n_jobs)
            found[:, :, number] = slopes
        return expectations, found

    def _by_first(self, A, dA, B):
        if self.outer == "linear":
            return np.tensordot(dA, self._factors() ** 2 * B, axes=(2, 1)).transpose(0, 2, 1)
        K = self.gram(FeatureBatch(A), FeatureBatch(B))
        return -2 * self._known_gamma() * K[..., np.newaxis] * _moved_apart(A, dA, B)

    def _by_both(self, A, dA, B, dB):
        if self.outer == "linear":
            both = np.tensordot(dA, self._factors() ** 2 * dB, axes=(2, 2))
            return both.transpose(0, 2, 1, 3)
        gamma = self._known_gamma()
        K = self.gram(FeatureBatch(A), FeatureBatch(B))[..., np.newaxis, np.newaxis]
        first = _moved_apart(A, dA, B)
        second = _moved_apart(B, dB, A).transpose(1, 0, 2)
        both = np.tensordot(dA, dB, axes=(2, 2)).transpose(0, 2, 1, 3)
        product = first[..., np.newaxis] * second[:, :, np.newaxis]
        return 2 * gamma * K * (2 * gamma * product + both)

    def linearize(self, X, *, n_jobs=None):
        if not self.is_fitted():
            return self._ready(X)[0].linearize(X, n_jobs=n_jobs)
        if not self.n_dims:
            return super().linearize(X, n_jobs=n_jobs)
        self._require_derivatives()
        X = as_dense(self._ready(X)[1])
        self._check_linear(len(X))
        n_jobs = self.n_jobs if self.n_jobs is not None else n_jobs
        session, observables = self._differentiable_session(), self._expectations().observables
        inputs = self.feature_map_.inputs(X)
        values = self.feature_map_.angles(inputs, self.weights_)
        E = session.expectations(values, observables, n_jobs=n_jobs)
        K = self.gram(FeatureBatch(E))

        def pull_back(by_entry):
            if self.outer == "linear":
                by_expectation = 2 * by_entry @ (self._factors() ** 2 * E)
            else:
                weights = -4 * self._known_gamma() * by_entry * K
                by_expectation = weights.sum(axis=1, keepdims=True) * E - weights @ E
            _, by_angle = session.gradients(values, observables, by_expectation, n_jobs=n_jobs)
            return self.feature_map_.pull_back(inputs, by_angle)

        return K, pull_back


def _moved_apart(A, dA, B):
    """Return the dot products of the differences of rows with what moves the first of them."""
    own = np.einsum("ro,rko->rk", A, dA)
    return own[:, np.newaxis] - np.tensordot(dA, B, axes=(2, 1)).transpose(0, 2, 1)

"""Derivatives of fidelities."""

import numpy as np

from skquantum._runtime import as_dense
from skquantum.engines import StateSession

__all__ = ["FidelityDerivativesMixin"]


class FidelityDerivativesMixin:
    """How a kernel of fidelities changes with the states."""

    def has_gradient(self):
        session = self._session()
        return isinstance(session, StateSession) and session.shots is None

    def _session_with_states(self):
        if not self.has_gradient():
            raise ValueError(
                f"{type(self.engine_).__name__} offers no derivatives of fidelities with these "
                "settings; use engine='compiled' or AerEngine() without noise and shots, or, to "
                "train a kernel, optimizer='spsa'."
            )
        return self._differentiable_session()

    def _encoding_derivatives(self, values, wrt, n_jobs):
        return self._session_with_states().state_derivatives(values, wrt=wrt, n_jobs=n_jobs)

    def _by_first(self, A, dA, B):
        overlaps = A @ B.conj().T  # conjugates of <a|b>
        found = np.empty((len(A), len(B), dA.shape[1]))
        for number in range(dA.shape[1]):  # arrays of complex numbers of one at a time
            moved = dA[:, number].conj() @ B.T
            moved *= overlaps
            found[..., number] = 2 * moved.real
        return found

    def _by_both(self, A, dA, B, dB):
        overlaps = A.conj() @ B.T
        first = np.tensordot(dA.conj(), B, axes=(2, 1)).transpose(0, 2, 1)
        second = np.tensordot(A.conj(), dB, axes=(1, 2))
        both = np.tensordot(dA.conj(), dB, axes=(2, 2)).transpose(0, 2, 1, 3)
        mixed = first.conj()[..., np.newaxis] * second[:, :, np.newaxis]
        return 2 * (mixed + overlaps.conj()[..., np.newaxis, np.newaxis] * both).real

    def linearize(self, X, *, n_jobs=None):
        if not self.is_fitted():
            return self._ready(X)[0].linearize(X, n_jobs=n_jobs)
        if not self.n_dims:
            return super().linearize(X, n_jobs=n_jobs)
        session = self._session_with_states()
        X = as_dense(self._ready(X)[1])
        self._check_linear(len(X))
        n_jobs = self.n_jobs if self.n_jobs is not None else n_jobs
        inputs = self.feature_map_.inputs(X)
        values = self.feature_map_.angles(inputs, self.weights_)
        states = session.states(values, n_jobs=n_jobs)
        overlaps = states.conj() @ states.T
        K = np.abs(overlaps) ** 2

        def pull_back(by_entry):
            # each row is there as the first and as the second
            bras = 2 * (by_entry * overlaps).T @ states
            by_angle = session.pull_back(values, bras, n_jobs=n_jobs)
            return self.feature_map_.pull_back(inputs, by_angle)

        return K, pull_back

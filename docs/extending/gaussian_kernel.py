"""A kernel: a Gaussian of the expectation values of single qubits."""

import numpy as np
from qiskit.quantum_info import SparsePauliOp
from sklearn.metrics.pairwise import rbf_kernel

from skquantum.engines import FeatureBatch
from skquantum.kernels import CircuitKernel

__all__ = ["GaussianKernel"]


class GaussianKernel(CircuitKernel):
    """``exp(-gamma |e(x) - e(y)|²)``, where e holds the expectation values of X, Y and Z."""

    def __init__(self, feature_map=None, gamma=1.0, *, engine=None, n_jobs=None):
        self.feature_map = feature_map
        self.gamma = gamma
        self.engine = engine
        self.n_jobs = n_jobs

    def _encode(self, X, *, n_jobs, verbose):
        circuit = self.feature_map_.circuit_
        observables = [
            SparsePauliOp.from_sparse_list([(pauli, [qubit], 1.0)], circuit.num_qubits)
            for qubit in range(circuit.num_qubits)
            for pauli in "XYZ"
        ]
        values = self.feature_map_.parameter_values(X)
        session = self.engine_.session(circuit)
        return FeatureBatch(session.expectations(values, observables, n_jobs=n_jobs))

    def encoded_row_bytes(self):
        return 8 * 3 * self.feature_map_.circuit_.num_qubits

    def gram(self, A, B=None):
        K = rbf_kernel(A.array, (A if B is None else B).array, gamma=self.gamma)
        return (K + K.T) / 2 if B is None else K  # symmetric to the last bit

    def diag(self, X):
        return np.ones(len(self.encode(X)))

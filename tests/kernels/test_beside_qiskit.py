"""Our kernels where qiskit-machine-learning expects its own."""

import numpy as np
import pytest
from numpy.testing import assert_allclose
from qiskit_machine_learning.algorithms import QSVC as QiskitQSVC
from qiskit_machine_learning.algorithms import PegasosQSVC
from qiskit_machine_learning.kernels import BaseKernel, FidelityStatevectorKernel

from skquantum.feature_maps import ReuploadingFeatureMap, ZZFeatureMap
from skquantum.kernels import CallableKernel, FidelityKernel

rng = np.random.default_rng(11)
X, NEW = rng.uniform(-1, 1, (16, 2)), rng.uniform(-1, 1, (5, 2))
Y = np.where(X[:, 0] * X[:, 1] > 0, 1, 0)
CIRCUIT = ZZFeatureMap().build(2)
KERNELS = {
    "name": FidelityKernel("zz"),
    "circuit": FidelityKernel(CIRCUIT),
    "fitted": FidelityKernel(ReuploadingFeatureMap()).fit(X),
    "sum": 0.5 * FidelityKernel("zz") + 1,
    "function": CallableKernel(np.inner),
    "theirs": CallableKernel(FidelityStatevectorKernel(feature_map=CIRCUIT)),
}
each_kernel = pytest.mark.parametrize("kernel", KERNELS.values(), ids=KERNELS)


@each_kernel
def test_matrices_with_no_rows_are_empty(kernel):
    none = np.empty((0, 2))
    assert kernel.evaluate(X[0], none).shape == (1, 0)
    assert kernel.evaluate(X, none).shape == (16, 0)
    assert kernel.evaluate(none, X).shape == (0, 16)


class Precomputed(BaseKernel):
    """The values of a kernel, as qiskit-machine-learning's own kernels return them."""

    def __init__(self, kernel):
        super().__init__(feature_map=CIRCUIT)
        self.kernel = kernel

    def evaluate(self, x_vec, y_vec=None):
        x_vec, y_vec = np.atleast_2d(x_vec), np.atleast_2d(y_vec)
        return self.kernel(x_vec, y_vec) if len(y_vec) else np.empty((len(x_vec), 0))


@each_kernel
def test_pegasos_takes_our_kernels(kernel):
    ours, theirs = (
        PegasosQSVC(quantum_kernel=k, C=100, num_steps=40, seed=5).fit(X, Y)
        for k in (kernel, Precomputed(kernel))
    )
    # The kernel that draws the same rows has the same coefficients.
    assert ours._alphas == theirs._alphas
    assert_allclose(ours.decision_function(NEW), theirs.decision_function(NEW), rtol=1e-9)


@each_kernel
def test_qsvc_of_qiskit_takes_our_kernels(kernel):
    ours = QiskitQSVC(quantum_kernel=kernel).fit(X, Y)
    theirs = QiskitQSVC(quantum_kernel=Precomputed(kernel)).fit(X, Y)
    assert_allclose(ours.decision_function(NEW), theirs.decision_function(NEW), rtol=1e-9)


@each_kernel
def test_number_of_features(kernel):
    assert kernel.fit(X).num_features == 2


def test_number_of_features_of_a_circuit_is_known_before_fit():
    assert FidelityKernel(CIRCUIT).num_features == CIRCUIT.num_parameters


@each_kernel
def test_matrices_are_not_projected_unless_that_is_asked_for(kernel):
    assert kernel.enforce_psd is False
    assert FidelityKernel("zz", repair="clip").enforce_psd is True

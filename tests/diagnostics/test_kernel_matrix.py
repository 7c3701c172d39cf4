"""The kernel matrix that a model sees."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy.sparse import csr_array
from sklearn.cluster import KMeans
from sklearn.exceptions import NotFittedError
from sklearn.gaussian_process.kernels import RBF
from sklearn.metrics.pairwise import rbf_kernel
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skquantum import (
    QSVC,
    VQC,
    QGaussianProcessClassifier,
    QGaussianProcessRegressor,
    QKernelPCA,
    QNystroem,
    QuantumKernelRidge,
)
from skquantum.diagnostics import kernel_matrix
from skquantum.feature_maps import AngleFeatureMap
from skquantum.kernels import FidelityKernel, TrainedKernel

each = pytest.mark.parametrize
X = np.random.default_rng(0).normal(size=(12, 2)) * [1, 5] + 3
Y = np.arange(12) % 2
ANGLE = FidelityKernel("angle", engine="compiled")
WANTED = ANGLE.fit(X)(X)


@each("kernel", ["angle", AngleFeatureMap(), ANGLE, FidelityKernel("angle"), ANGLE.fit(X)])
def test_kernels(kernel):
    assert_allclose(kernel_matrix(kernel, X), WANTED, atol=1e-12)
    assert_allclose(kernel_matrix(kernel, csr_array(X)), WANTED, atol=1e-12)


def test_kernels_of_others():
    assert_allclose(kernel_matrix(rbf_kernel, X), rbf_kernel(X))
    assert_allclose(kernel_matrix(RBF(2.0), X), RBF(2.0)(X))


@each("cls", [QSVC, QuantumKernelRidge, QNystroem, QKernelPCA])
def test_estimators_see_other_rows_with_what_they_have_learned(cls):
    model = cls(kernel=ANGLE).fit(X, Y)
    assert_allclose(kernel_matrix(model, X), WANTED, atol=1e-12)
    assert_allclose(kernel_matrix(model, X[:5]), WANTED[:5, :5], atol=1e-12)


@each("cls", [QGaussianProcessRegressor, QGaussianProcessClassifier])
def test_gaussian_processes(cls):
    model = cls(kernel=ANGLE, optimizer=None).fit(X, Y)
    assert_allclose(kernel_matrix(model, X), WANTED, atol=1e-12)


def test_pipelines_and_searches():
    pipeline = make_pipeline(StandardScaler(), QSVC(kernel=ANGLE))
    scaled = StandardScaler().fit_transform(X)
    wanted = ANGLE.fit(scaled)(scaled)
    assert_allclose(kernel_matrix(pipeline.fit(X, Y), X), wanted, atol=1e-12)
    search = GridSearchCV(pipeline, {"qsvc__C": [1.0]}, cv=2).fit(X, Y)
    assert_allclose(kernel_matrix(search, X), wanted, atol=1e-12)
    nested = make_pipeline(make_pipeline(StandardScaler(), QSVC(kernel=ANGLE))).fit(X, Y)
    assert_allclose(kernel_matrix(nested, X), wanted, atol=1e-12)


def test_kernels_that_learn_from_targets_get_them():
    kernel = TrainedKernel(
        FidelityKernel(AngleFeatureMap(bandwidth="trained"), engine="compiled"), max_iter=3
    )
    assert_array_equal(kernel_matrix(kernel, X, Y), kernel.fit(X, Y)(X))


@each(
    ("model", "error", "message"),
    [
        (QSVC(), NotFittedError, "not fitted"),
        (make_pipeline(StandardScaler(), QSVC()), NotFittedError, "not fitted"),
        (KMeans(2).fit(X), TypeError, "KMeans has no kernel"),
        (VQC(max_iter=1, n_qubits=2).fit(X, Y), TypeError, "VQC has no kernel"),
        (QSVC(kernel="precomputed").fit(WANTED, Y), ValueError, "use X itself"),
        ("angel", ValueError, "did you mean 'angle'"),
        (3, TypeError, "not a name, a kernel or a callable"),
    ],
)
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_refusals(model, error, message):
    with pytest.raises(error, match=message):
        kernel_matrix(model, X)

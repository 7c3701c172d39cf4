"""Losses of kernel matrices."""

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy.stats import multivariate_normal
from sklearn.gaussian_process import GaussianProcessRegressor
from sklearn.gaussian_process.kernels import RBF
from sklearn.kernel_ridge import KernelRidge
from sklearn.svm import SVC, SVR

from skquantum.variational import (
    KERNEL_LOSSES,
    CenteredAlignment,
    MarginalLikelihood,
    RidgeLoss,
    SVCLoss,
    SVRLoss,
    TargetAlignment,
    resolve_kernel_loss,
)

RNG = np.random.default_rng(0)
X = RNG.normal(size=(24, 2))
CLASSES = (X[:, 0] * X[:, 1] > 0).astype(int)
THREE = (X[:, 0] > -0.5).astype(int) + (X[:, 1] > 0.3)
NUMBERS = np.sin(X[:, 0]) + X[:, 1]
ROWS, ONES = np.arange(24), np.ones(24)
K = RBF(1.0)(X) + 0.3 * RBF(0.2)(X)


def of(loss, y, matrix=K, weights=ONES):
    return loss(matrix, loss.targets(y), ROWS, weights)


@pytest.mark.parametrize("weights", [ONES, RNG.uniform(0.5, 2.0, 24)], ids=["even", "weighted"])
@pytest.mark.parametrize(
    ("loss", "y"),
    [
        (TargetAlignment(), CLASSES),
        (CenteredAlignment(), NUMBERS),
        (CenteredAlignment(), THREE),
        (SVCLoss(3.0), CLASSES),
        (SVCLoss(), THREE),
        (SVRLoss(2.0, 0.05), NUMBERS),
        (RidgeLoss(0.5), NUMBERS),
        (RidgeLoss(0.5), THREE),
        (MarginalLikelihood(0.2), NUMBERS),
        (MarginalLikelihood(0.2), CLASSES),
    ],
)
def test_gradients_equal_central_differences(loss, y, weights):
    direction = RNG.normal(size=K.shape)
    direction += direction.T
    _, gradient = of(loss, y, weights=weights)
    assert_allclose(gradient, gradient.T, atol=1e-14)
    step = 1e-5
    above, below = (of(loss, y, K + s * direction, weights)[0] for s in (step, -step))
    assert_allclose((gradient * direction).sum(), (above - below) / (2 * step), rtol=2e-3)


def test_svc_loss_is_the_dual_optimum():
    model = SVC(kernel="precomputed", C=2.0, tol=1e-8).fit(K, CLASSES)
    coef = np.zeros(24)
    coef[model.support_] = model.dual_coef_[0]
    primal = (
        0.5 * coef @ K @ coef
        + 2.0 * np.maximum(0, 1 - (2 * CLASSES - 1) * model.decision_function(K)).sum()
    )
    assert_allclose(of(SVCLoss(2.0), CLASSES)[0], primal / 24, rtol=1e-6)  # no duality gap


def test_svr_loss_is_the_dual_optimum():
    y = (NUMBERS - NUMBERS.mean()) / NUMBERS.std()
    model = SVR(kernel="precomputed", C=2.0, epsilon=0.1, tol=1e-8).fit(K, y)
    coef = np.zeros(24)
    coef[model.support_] = model.dual_coef_[0]
    residuals = np.abs(y - model.predict(K))
    primal = 0.5 * coef @ K @ coef + 2.0 * np.maximum(0, residuals - 0.1).sum()
    assert_allclose(of(SVRLoss(2.0, 0.1), NUMBERS)[0], primal / 24, rtol=1e-6)


def test_ridge_loss_is_the_penalised_sum_of_squares():
    y = (NUMBERS - NUMBERS.mean()) / NUMBERS.std()
    model = KernelRidge(alpha=0.5, kernel="precomputed").fit(K, y)
    residuals = y - model.predict(K)
    wanted = residuals @ residuals + 0.5 * model.dual_coef_ @ K @ model.dual_coef_
    assert_allclose(of(RidgeLoss(0.5), NUMBERS)[0], wanted / 24)


def test_marginal_likelihood_is_that_of_a_gaussian_process():
    y = (NUMBERS - NUMBERS.mean()) / NUMBERS.std()
    found = of(MarginalLikelihood(0.3), NUMBERS, RBF(1.0)(X))[0]
    model = GaussianProcessRegressor(RBF(1.0), alpha=0.3, optimizer=None).fit(X, y)
    assert_allclose(found, -model.log_marginal_likelihood_value_ / 24)
    signs = 2.0 * CLASSES - 1
    wanted = multivariate_normal(cov=K + 0.3 * np.eye(24)).logpdf(signs)
    assert_allclose(of(MarginalLikelihood(0.3), CLASSES)[0], -wanted / 24)


@pytest.mark.parametrize("loss", [RidgeLoss(1e-3), MarginalLikelihood(1e-3)])
def test_matrices_that_are_not_positive_have_no_loss(loss):
    value, gradient = of(loss, NUMBERS, -K)
    assert np.isnan(value)
    assert np.isnan(gradient).all()


def test_names():
    for name, kind in KERNEL_LOSSES.items():
        assert type(resolve_kernel_loss(name)) is kind
    loss = SVCLoss(5.0)
    assert resolve_kernel_loss(loss) is loss
    with pytest.raises(ValueError, match="loss='svm' is unknown"):
        resolve_kernel_loss("svm")
    with pytest.raises(ValueError, match="loss=3 is unknown"):
        resolve_kernel_loss(3)
    with pytest.raises(ValueError, match="C"):
        SVCLoss(-1.0).check()


@pytest.mark.parametrize("loss", [SVCLoss(), CenteredAlignment(), MarginalLikelihood()])
def test_one_class_is_refused(loss):
    with pytest.raises(ValueError, match="one class"):
        loss.targets(np.ones(5, dtype=int))

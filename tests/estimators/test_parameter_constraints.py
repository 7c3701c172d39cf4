"""Parameters that an estimator shares with its counterpart accept and refuse the same values."""

import contextlib

import numpy as np
import pytest
from sklearn.gaussian_process import GaussianProcessClassifier, GaussianProcessRegressor
from sklearn.kernel_ridge import KernelRidge
from sklearn.metrics.pairwise import rbf_kernel
from sklearn.svm import SVC, SVR, NuSVC, NuSVR, OneClassSVM
from sklearn.utils._param_validation import (
    Hidden,
    InvalidParameterError,
    generate_invalid_param_val,
    generate_valid_param,
    make_constraint,
    validate_parameter_constraints,
)

from skquantum import (
    QSVC,
    QSVR,
    QGaussianProcessClassifier,
    QGaussianProcessRegressor,
    QNuSVC,
    QNuSVR,
    QOneClassSVM,
    QuantumKernelRidge,
)

COUNTERPART = {
    QSVC: SVC,
    QSVR: SVR,
    QNuSVC: NuSVC,
    QNuSVR: NuSVR,
    QOneClassSVM: OneClassSVM,
    QuantumKernelRidge: KernelRidge,
    QGaussianProcessRegressor: GaussianProcessRegressor,
    QGaussianProcessClassifier: GaussianProcessClassifier,
}
EDGES = [0, 1, -1, -2, 0.5, 1.0, np.inf, -np.inf, np.nan, 2**40, True, None, "auto", "", [1], {}]
NUMPY = [np.float32(0.5), np.int64(1), np.bool_(False), np.array([1.0, 2.0])]

# `kernel` is what differs, and scikit-learn's table has 0 jobs, which joblib refuses; everything
# else that is shared is compared.
SHARED = [
    (ours, name)
    for ours, theirs in COUNTERPART.items()
    for name in ours().get_params(deep=False)
    if name in theirs().get_params(deep=False) and name not in ("kernel", "n_jobs")
]


def constraints(cls, name):
    """Return the documented constraints of a parameter."""
    return [c for c in cls._parameter_constraints[name] if not isinstance(c, Hidden)]


def values(cls, name):
    """Return values on both sides of what the table of a class says."""
    made = []
    for constraint in map(make_constraint, constraints(cls, name)):
        for generate in (generate_valid_param, generate_invalid_param_val):
            with contextlib.suppress(NotImplementedError, ValueError):  # it is none of theirs
                made.append(generate(constraint))
        made += [getattr(constraint, border, None) for border in ("left", "right")]
    return made


def accepts(cls, name, value):
    try:
        validate_parameter_constraints({name: constraints(cls, name)}, {name: value}, "it")
    except InvalidParameterError:
        return False
    return True


@pytest.mark.parametrize(("ours", "name"), SHARED)
def test_accepts_and_refuses_what_the_counterpart_does(ours, name):
    theirs = COUNTERPART[ours]
    tried = [*values(ours, name), *values(theirs, name), *EDGES, *NUMPY]
    answers = [accepts(theirs, name, value) for value in tried]
    assert [accepts(ours, name, value) for value in tried] == answers
    assert {True, False} == set(answers)  # so there was something to compare


@pytest.mark.parametrize("ours", [QSVC, QSVR])
def test_infinite_C_forbids_errors(ours):
    X = np.random.default_rng(0).normal(size=(30, 4))
    y = X[:, 0] > 0 if ours is QSVC else X[:, 0]
    hard = ours(kernel=rbf_kernel, C=np.inf).fit(X, y)
    large = ours(kernel=rbf_kernel, C=1e10).fit(X, y)
    theirs = COUNTERPART[ours](kernel=rbf_kernel, C=np.inf).fit(X, y)
    assert np.allclose(hard.predict(X), large.predict(X), atol=1e-9)
    assert np.allclose(hard.predict(X), theirs.predict(X), atol=1e-9)

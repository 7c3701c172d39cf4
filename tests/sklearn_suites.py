"""scikit-learn's own tests of SVC, SVR, OneClassSVM, KernelRidge and the MLPs, run on our classes.

    python tests/sklearn_suites.py test_svm test_kernel_ridge test_mlp

The tests are those of the installed scikit-learn. Before they are imported, each of its classes is
replaced by a subclass of ours that takes the same parameters: classical kernels reach QSVC and its
kin as functions of two arrays, so that solver, shell and validation are ours, and the numbers those
that the tests expect; the MLPs become trained circuits. A test that builds none of the replaced
classes says nothing about ours and is counted apart, and so is what `NOT_OURS` lists. Every failure
must be listed in `FAILURES` with its reason, and everything that is listed must fail; the table is
that of scikit-learn 1.9.
"""

import argparse
import inspect
import sys
from functools import partial

import numpy as np
import pytest
import sklearn.kernel_ridge
import sklearn.neural_network
import sklearn.svm
from scipy import sparse
from sklearn.metrics.pairwise import pairwise_kernels
from sklearn.svm._base import _one_vs_one_coef

from skquantum import QSVC, QSVR, VQC, VQR, QOneClassSVM, QuantumKernelRidge

CLASSICAL = ("linear", "poly", "rbf", "sigmoid", "laplacian", "cosine", "chi2")

built = []  # names of the replaced classes that the running test has built


def classical_kernel(name, X, *, gamma, degree, coef0):
    """Return the classical kernel `name` as a function of two arrays of rows."""
    if gamma in ("scale", "auto"):
        rows = X.toarray() if sparse.issparse(X) else np.asarray(X, dtype=np.float64)
        spread = rows.var() if gamma == "scale" else 1.0
        gamma = 1.0 / (rows.shape[1] * spread) if spread else 1.0
    parameters = {"gamma": gamma, "degree": degree, "coef0": coef0}
    return partial(pairwise_kernels, metric=name, filter_params=True, **parameters)


class ClassicalKernels:
    """Take the name of a classical kernel, and hand it on as a function."""

    def fit(self, X, y=None, sample_weight=None):
        name = self.kernel
        if not (isinstance(name, str) and name in CLASSICAL):
            return super().fit(X, y, sample_weight=sample_weight)
        parameters = {key: getattr(self, key) for key in ("gamma", "degree", "coef0")}
        self.kernel = classical_kernel(name, X, **parameters)
        try:
            return super().fit(X, y, sample_weight=sample_weight)
        finally:
            self.kernel = name


class LinearCoefficients:
    """`coef_` of a linear kernel, from what our class has learned."""

    @property
    def coef_(self):
        if self.kernel != "linear":
            raise AttributeError("coef_ is only available with kernel='linear'")
        if self.dual_coef_.shape[0] == 1:
            return self.dual_coef_ @ self.support_vectors_
        return np.vstack(_one_vs_one_coef(self.dual_coef_, self.n_support_, self.support_vectors_))


class Solvers:
    """Take the parameter `solver` of an MLP for that which is called `optimizer` here."""

    n_qubits = 2  # for speed

    @property
    def optimizer(self):
        return {"lbfgs": "l-bfgs"}.get(self.solver, self.solver)


def stand_in(counterpart, ours, *mixins):
    """Return a subclass of `ours` with the name and the parameters of `counterpart`."""
    own = ours().get_params(deep=False)
    signature = inspect.signature(counterpart.__init__)
    # a default that differs from the counterpart's differs on purpose
    signature = signature.replace(
        parameters=[
            parameter.replace(default=own[name]) if name in own and name != "kernel" else parameter
            for name, parameter in signature.parameters.items()
        ]
    )

    def __init__(self, *args, **kwargs):
        built.append(counterpart.__name__)
        bound = signature.bind(self, *args, **kwargs)
        bound.apply_defaults()
        for name, value in list(bound.arguments.items())[1:]:
            setattr(self, name, value)

    __init__.__signature__ = signature
    fixed = {
        k: v
        for k, v in own.items()
        if k not in signature.parameters and not any(hasattr(m, k) for m in mixins)
    }
    theirs = counterpart._parameter_constraints
    added = {k: theirs[k] for k in signature.parameters if k in theirs and k not in own}
    return type(
        counterpart.__name__,
        (*mixins, ours),
        {
            **fixed,
            "__init__": __init__,
            "__module__": __name__,
            "_parameter_constraints": {**ours._parameter_constraints, **added},
        },
    )


REPLACED = {
    sklearn.svm: {
        "SVC": stand_in(sklearn.svm.SVC, QSVC, LinearCoefficients, ClassicalKernels),
        "SVR": stand_in(sklearn.svm.SVR, QSVR, LinearCoefficients, ClassicalKernels),
        "OneClassSVM": stand_in(
            sklearn.svm.OneClassSVM, QOneClassSVM, LinearCoefficients, ClassicalKernels
        ),
    },
    sklearn.kernel_ridge: {
        "KernelRidge": stand_in(
            sklearn.kernel_ridge.KernelRidge, QuantumKernelRidge, ClassicalKernels
        )
    },
    sklearn.neural_network: {
        "MLPClassifier": stand_in(sklearn.neural_network.MLPClassifier, VQC, Solvers),
        "MLPRegressor": stand_in(sklearn.neural_network.MLPRegressor, VQR, Solvers),
    },
}

for classes in REPLACED.values():
    globals().update(classes)  # where pickle looks for them

SUITES = {
    "test_svm": "sklearn.svm.tests.test_svm",
    "test_kernel_ridge": "sklearn.tests.test_kernel_ridge",
    "test_mlp": "sklearn.neural_network.tests.test_mlp",
}

# A name without brackets means all cases of a test that build one of the replaced classes.
NOT_OURS = {
    "test_gamma_scale": "the width of a classical kernel",
    "test_immutable_coef_property": "coef_ is that of the stand-in",
    "test_n_iter_no_change_inf": "3,000 epochs, to read a private attribute of the MLP at the end",
}

FAILURES = {
    "test_svm": {
        "sets or reads private attributes of SVC": """
            test_tweak_params test_svc_raises_error_internal_representation
        """,
        "a kernel that returns a wrong shape is refused in fit already": "test_svr_errors",
        "rows are numbers; those of other kinds go through kernel='precomputed'": """
            test_custom_kernel_not_array_input
        """,
        "negative weights are refused, with the row; SVC leaves such rows out": """
            test_negative_weights_svc_leave_just_one_label
            test_negative_weights_svc_leave_two_labels[partial-mask-label-1-SVC]
            test_negative_weight_equal_coeffs[partial-mask-label-1-SVC]
            test_negative_sample_weights_mask_all_samples[weights-are-negative-SVC]
            test_negative_sample_weights_mask_all_samples[weights-are-negative-SVR]
            test_negative_sample_weights_mask_all_samples[weights-are-negative-OneClassSVM]
        """,
        "a linear kernel comes as a function, with which SVC keeps dense coefficients too": """
            test_sparse_fit_support_vectors_empty
        """,
        "rows for which the kernel is nan are refused by the kernel, before the solver": """
            test_svc_nonfinite_params
        """,
        "probability=True stays: it is CalibratedClassifierCV, as SVC's deprecation advises": """
            test_probability_raises_futurewarning test_svc_nusvc_probA_probB_deprecated
        """,
    },
    "test_kernel_ridge": {},
    "test_mlp": {
        "coefs_, intercepts_ and their gradients belong to layers": """
            test_alpha test_fit test_gradient test_shuffle test_mlp_param_dtypes
        """,
        "reads private attributes of the MLP": """
            test_learning_rate_warmstart test_adaptive_learning_rate test_n_iter_no_change
        """,
        "max_fun is not a parameter of trained circuits": """
            test_lbfgs_classification_maxfun test_lbfgs_regression_maxfun
        """,
        "labels are one per row": """
            test_multilabel_classification test_predict_proba_multilabel
        """,
        "losses are squared and absolute error": "test_mlp_vs_poisson_glm_equivalent",
        "a regression that two qubits do not fit as well as 50 hidden units": """
            test_lbfgs_regression test_multioutput_regression test_partial_fit_regression
        """,
        "200 steps of constant size end within 2e-4 of a new target, not 1e-4": """
            test_mlp_loading_from_joblib_partial_fit
        """,
        "a class alone is refused, as SVC does": """
            test_preserve_feature_names[MLPClassifier]
        """,
        "rows of 1e308 are refused by the feature map, before training": "test_nonfinite_params",
        "verbose shows a progress bar": "test_verbose_sgd",
        "the same error in other words": """
            test_warm_start test_early_stopping_stratified
        """,
        "best_loss_ stands beside the validation scores": "test_early_stopping",
        "l-bfgs converges before it reaches max_iter": """
            test_mlp_warm_start_no_convergence[lbfgs-MLPClassifier]
            test_mlp_warm_start_no_convergence[lbfgs-MLPRegressor]
        """,
        "one validation row is not refused": "test_minimum_input_sample_size",
    },
}


def listed(name, names):
    return name in names or name.partition("[")[0] in names


class Outcomes:
    """Collect what happened to the tests that concern our classes, and the names of the others."""

    def __init__(self):
        self.failed, self.passed, self.others = {}, [], []

    def pytest_collection_modifyitems(self, config, items):
        left_out = [item for item in items if listed(item.name, NOT_OURS)]
        config.hook.pytest_deselected(items=left_out)
        self.others += [item.name for item in left_out]
        items[:] = [item for item in items if item not in left_out]

    def pytest_runtest_setup(self, item):
        built.clear()

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(self, item, call):
        report = yield
        if call.when == "call" and not report.skipped:
            if not built:
                self.others.append(item.name)
            elif report.failed:
                self.failed[item.name] = call.excinfo.exconly().splitlines()[0]
            else:
                self.passed.append(item.name)
        return report


def run(suite):
    """Run a suite and return its outcomes."""
    outcomes = Outcomes()
    options = "-q --no-header --no-summary -p no:cacheprovider -c /dev/null --rootdir / --pyargs"
    code = pytest.main([*options.split(), SUITES[suite]], plugins=[outcomes])
    if code not in (pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED):
        raise RuntimeError(f"pytest ended with {code!r}")
    return outcomes


def report(suite, outcomes):
    """Print the outcomes, and return what the table does not say."""
    passed, failed = outcomes.passed, outcomes.failed
    print(f"\n{suite}: {len(passed)} passed, {len(failed)} failed, as listed:")
    explained = []
    for reason, names in FAILURES[suite].items():
        found = [name for name in failed if listed(name, names.split())]
        explained += found
        print(f"  {reason}:", *found, sep="\n    ")
    print(f"  {len(outcomes.others)} are about other classes")
    names = " ".join(FAILURES[suite].values()).split()
    surprises = [f"{name} fails: {failed[name]}" for name in failed if name not in explained]
    surprises += [f"{name} passes, and is listed" for name in passed if listed(name, names)]
    return surprises


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("suites", nargs="*", default=list(SUITES), choices=SUITES)
    suites = parser.parse_args().suites
    for module, classes in REPLACED.items():
        for name, cls in classes.items():
            setattr(module, name, cls)
    surprises = [line for suite in suites for line in report(suite, run(suite))]
    print(*["\nNot as listed:", *surprises] if surprises else ["\nAll as listed."], sep="\n  ")
    return bool(surprises)


if __name__ == "__main__":
    sys.exit(main())

"""Bad input gets one clear sentence, and gets it before anything is simulated.

A case is an id, a call, the exception and a pattern of its message. What this package says itself
is in `OURS`: one sentence with the numbers and the remedy in it. Where scikit-learn's own checks
find the problem, or Python's, the message is theirs (`THEIRS`), and has to name it.
"""

import re
from functools import partial
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sp
from qiskit import QuantumCircuit
from qiskit.circuit import Gate, Parameter, ParameterVector
from qiskit.quantum_info import Kraus
from qiskit_aer import AerSimulator
from sklearn import config_context
from sklearn.exceptions import NotFittedError

from skquantum import (
    QSVC,
    QSVR,
    QNuSVC,
    QNuSVR,
    QOneClassSVM,
    QPegasosSVC,
    QuantumKernelRidge,
    QuantumKernelRidgeClassifier,
)
from skquantum.engines import AerEngine
from skquantum.exceptions import InsufficientMemoryError
from skquantum.feature_maps import (
    AmplitudeFeatureMap,
    AngleFeatureMap,
    BasisFeatureMap,
    CircuitFeatureMap,
    IQPFeatureMap,
    PauliFeatureMap,
    ReuploadingFeatureMap,
    ZZFeatureMap,
)
from skquantum.kernels import ConstantKernel, FidelityKernel, SumKernel

rng = np.random.default_rng(0)
X = rng.normal(size=(12, 2))
Y = np.arange(12) % 2  # classes
T = X[:, 0]  # a target
THREE = np.c_[T, Y, T]
K = X @ X.T
NAMED = pd.DataFrame(X, columns=["a", "b"])
ONES = np.ones(12)
ESTIMATORS = {
    cls.__name__: cls
    for cls in (
        QSVC,
        QSVR,
        QNuSVC,
        QNuSVR,
        QOneClassSVM,
        QuantumKernelRidge,
        QuantumKernelRidgeClassifier,
        QPegasosSVC,
    )
}


def put(row, column, value, array=X):
    """Return a copy with one entry changed."""
    array = array.astype(float)
    array[row, column] = value
    return array


def qsvc(kernel, rows=X, labels=Y, **parameters):
    """Fit a classifier with a kernel."""
    return QSVC(kernel=kernel, **parameters).fit(rows, labels)


def mapped(feature_map, rows=X, **parameters):
    """Fit a classifier with the fidelity kernel of a feature map."""
    return qsvc(FidelityKernel(feature_map, **parameters), rows, np.arange(len(rows)) % 2)


def engine(**settings):
    """Fit a classifier with an engine."""
    return mapped("zz", engine=AerEngine(**settings))


def in_batches(model, rows):
    """Predict one row at a time."""
    with config_context(working_memory=1e-6):
        model.predict(rows)


def circuit(append=lambda c: None, n_qubits=2, n_clbits=0, n_parameters=2):
    """Return a circuit with one rotation per parameter, and what `append` adds to it."""
    c = QuantumCircuit(n_qubits, n_clbits)
    for number, parameter in enumerate(ParameterVector("p", n_parameters)):
        c.ry(parameter, number % n_qubits)
    append(c)
    return c


def expression(function):
    """Return a circuit that rotates by a function of the first of two features."""
    c = QuantumCircuit(2)
    first, second = ParameterVector("x", 2)
    c.ry(function(first), 0)
    c.ry(second, 1)
    return c


def append_if(c):
    with c.if_test((c.clbits[0], 1)):
        c.x(0)


def append_loop(c):
    with c.for_loop(range(2)):
        c.x(0)


def append_measured_gate(c):
    inner = QuantumCircuit(1, 1)
    inner.measure(0, 0)
    c.append(inner.to_instruction(), [0], [0])


def append_noise(c):
    half = np.sqrt(0.5)
    c.append(Kraus([half * np.eye(2), half * np.eye(2)[::-1]]).to_instruction(), [0])


def too_late(*args, **kwargs):
    raise AssertionError("circuits were simulated before the error came")


@pytest.fixture(scope="module")
def fitted():
    """Fitted estimators; they were simulated before the watch begins."""
    return SimpleNamespace(
        amplitude=qsvc("amplitude"),
        basis=qsvc("basis", X > 0),
        logarithm=mapped(expression(lambda x: x.log()), np.abs(X)),
        named=QSVC().fit(NAMED, Y),
        precomputed=qsvc("precomputed", K),
        precomputed_ridge=QuantumKernelRidge(kernel="precomputed").fit(K, T),
        kernel=FidelityKernel("zz").fit(X),
        qsvc=QSVC().fit(X, Y),
        ridge=QuantumKernelRidge().fit(X, T),
        outliers=QOneClassSVM().fit(X),
        ties=QSVC(break_ties=True, decision_function_shape="ovo").fit(X, np.arange(12) % 3),
        without_probability=QSVC().fit(X, Y).set_params(probability=True),
    )


@pytest.fixture(autouse=True)
def nothing_is_simulated(monkeypatch):
    monkeypatch.setattr(AerSimulator, "run", too_late)


def each_estimator(prefix, call, exception, pattern, without=()):
    """Make a case for every estimator; `{}` in the pattern becomes its name."""
    return [
        (f"{prefix}-{name}", partial(call, cls), exception, pattern.replace("{}", name))
        for name, cls in ESTIMATORS.items()
        if name not in without
    ]


def each_parameter(values):
    """Make a case for every value out of range, by scikit-learn's check of the parameters."""
    return [
        (
            f"{parameter}={value!r}-{name}",
            lambda m, cls=ESTIMATORS[name], p=parameter, v=value: cls(**{p: v}).fit(X, Y),
            ValueError,
            rf"'{parameter}' parameter of {name} must be .*Got {re.escape(repr(value))} instead",
        )
        for parameter, names, out_of_range in values
        for name in names.split()
        for value in out_of_range
    ]


MISSING = np.nan
KERNEL_SVMS = "QSVC QSVR QOneClassSVM"
RIDGES = "QuantumKernelRidge QuantumKernelRidgeClassifier"

THEIRS = [
    # -- rows
    *each_estimator(
        "nan", lambda cls, m: cls().fit(put(3, 1, MISSING), Y), ValueError, "X contains NaN"
    ),
    *each_estimator(
        "inf", lambda cls, m: cls().fit(put(3, 1, np.inf), Y), ValueError, "X contains infinity"
    ),
    *each_estimator(
        "sparse-nan",
        lambda cls, m: cls().fit(sp.csr_matrix(put(3, 1, MISSING)), Y),
        ValueError,
        "X contains NaN",
    ),
    (
        "sparse-predict",
        lambda m: m.qsvc.predict(sp.csc_array(X)),
        ValueError,
        r"Cannot use sparse input in 'QSVC' trained on dense data.*toarray\(\)",
    ),
    *[
        (
            f"sparse-matrix-{cls.__name__}",
            lambda m, cls=cls: cls(kernel="precomputed").fit(sp.csr_array(X @ X.T), Y),
            TypeError,
            r"Sparse precomputed kernels are not supported.*toarray\(\)",
        )
        for cls in (QSVC, QSVR, QuantumKernelRidge)
    ],
    ("nan-predict", lambda m: m.qsvc.predict(put(0, 0, MISSING)), ValueError, "X contains NaN"),
    ("inf-kernel", lambda m: m.kernel(put(0, 0, -np.inf)), ValueError, "X contains infinity"),
    (
        "1d",
        lambda m: QSVC().fit(X[:, 0], Y),
        ValueError,
        r"(?s)Expected 2D array, got 1D array.*reshape\(-1, 1\)",
    ),
    (
        "1d-predict",
        lambda m: m.qsvc.predict(X[0]),
        ValueError,
        r"(?s)Expected 2D array, got 1D array.*reshape\(-1, 1\)",
    ),
    ("3d", lambda m: QSVC().fit(X[None], Y), ValueError, "array with dim 3"),
    ("scalar", lambda m: QSVC().fit(3.0, Y), ValueError, "Expected 2D array, got scalar"),
    ("empty", lambda m: QSVC().fit([], []), ValueError, "Expected 2D array, got 1D array"),
    (
        "no-rows",
        lambda m: QSVC().fit(X[:0], Y[:0]),
        ValueError,
        r"0 sample\(s\) \(shape=\(0, 2\)\) while a minimum of 1",
    ),
    (
        "no-rows-predict",
        lambda m: m.qsvc.predict(X[:0]),
        ValueError,
        r"0 sample\(s\) \(shape=\(0, 2\)\) while a minimum of 1",
    ),
    (
        "no-features",
        lambda m: QSVC().fit(X[:, :0], Y),
        ValueError,
        r"0 feature\(s\) \(shape=\(12, 0\)\) while a minimum of 1",
    ),
    (
        "strings",
        lambda m: QSVC().fit([["a", "b"]] * 12, Y),
        ValueError,
        "could not convert string to float: 'a'",
    ),
    ("complex", lambda m: QSVC().fit(X + 0j, Y), ValueError, "Complex data not supported"),
    (
        "objects",
        lambda m: QSVC().fit(np.array([[object(), 1]] * 12), Y),
        TypeError,
        "a real number, not 'object'",
    ),
    ("ragged", lambda m: QSVC().fit([[1, 2], [1]] * 6, Y), ValueError, "inhomogeneous shape"),
    *[
        (
            f"n-features-{name}",
            lambda m, name=name: getattr(m, name).predict(X[:, :1]),
            ValueError,
            "X has 1 features, but .* is expecting 2 features",
        )
        for name in ("qsvc", "ridge", "outliers")
    ],
    (
        "n-features-kernel",
        lambda m: m.kernel(rng.normal(size=(3, 4))),
        ValueError,
        "X has 4 features, but FidelityKernel is expecting 2 features",
    ),
    (
        "feature-names",
        lambda m: m.named.predict(NAMED.rename(columns={"b": "c"})),
        ValueError,
        r"(?s)feature names should match.*unseen at fit time:\n- c.*now missing:\n- b",
    ),
    (
        "feature-order",
        lambda m: m.named.predict(NAMED[["b", "a"]]),
        ValueError,
        "(?s)feature names should match.*same order",
    ),
    # -- targets
    *[
        (
            f"continuous-{name}",
            lambda m, cls=ESTIMATORS[name]: cls().fit(X, T),
            ValueError,
            "continuous",
        )
        for name in ("QSVC", "QuantumKernelRidgeClassifier")
    ],
    *each_estimator(
        "nan-in-y",
        lambda cls, m: cls().fit(X, np.where(Y, MISSING, 0.0)),
        ValueError,
        "y contains NaN",
        without=["QOneClassSVM"],
    ),
    *each_estimator(
        "length",
        lambda cls, m: cls().fit(X, Y[:7]),
        ValueError,
        r"inconsistent numbers of samples: \[12, 7\]",
        without=["QOneClassSVM"],
    ),
    *each_estimator(
        "y-none",
        lambda cls, m: cls().fit(X, None),
        ValueError,
        "requires y to be passed, but the target y is None",
        without=["QOneClassSVM"],
    ),
    ("inf-in-y", lambda m: QSVR().fit(X, np.where(Y, np.inf, 0)), ValueError, "y contains inf"),
    ("complex-y", lambda m: QSVR().fit(X, T + 1j), ValueError, "Complex data not supported"),
    (
        "mixed-labels",
        lambda m: QSVC().fit(X, np.array([1, "a"] * 6, dtype=object)),
        ValueError,
        "Unknown label type",
    ),
    *[
        (
            f"2d-y-{name}",
            lambda m, cls=ESTIMATORS[name]: cls().fit(X, np.c_[T, T]),
            ValueError,
            r"y should be a 1d array, got an array of shape \(12, 2\)",
        )
        for name in ("QSVC", "QSVR")
    ],
    # -- weights
    *each_estimator(
        "weight-length",
        lambda cls, m: cls().fit(X, Y, sample_weight=ONES[:7]),
        ValueError,
        r"sample_weight.shape == \(7,\), expected \(12,\)",
    ),
    *each_estimator(
        "weight-nan",
        lambda cls, m: cls().fit(X, Y, sample_weight=np.where(Y, MISSING, 1.0)),
        ValueError,
        "sample_weight contains NaN",
    ),
    (
        "weight-2d",
        lambda m: QSVC().fit(X, Y, sample_weight=np.ones((12, 2))),
        ValueError,
        "Sample weights must be 1D array or scalar",
    ),
    # -- parameters of estimators
    *each_parameter(
        [
            ("C", "QSVC QSVR", (0, -1.0, MISSING, "1")),
            ("tol", KERNEL_SVMS, (0, -1.0, MISSING)),
            ("epsilon", "QSVR", (-0.1, MISSING)),
            ("nu", "QOneClassSVM QNuSVC QNuSVR", (0, -0.5, 1.5, MISSING)),
            ("alpha", RIDGES, (-1.0, MISSING, "a")),
            ("n_jobs", " ".join(ESTIMATORS), (0, "2", 1.5)),
            ("max_iter", KERNEL_SVMS, (-2, 1.5)),
            ("cache_size", KERNEL_SVMS, (0, MISSING)),
            ("verbose", "QSVC", ("yes", -1)),
            ("random_state", "QSVC", ("a", -1)),
            ("class_weight", "QSVC QuantumKernelRidgeClassifier", ("balancd",)),
            ("decision_function_shape", "QSVC", ("ovx",)),
            ("probability", "QSVC", ("yes",)),
        ]
    ),
    *each_estimator(
        "unfitted",
        lambda cls, m: cls().predict(X),
        NotFittedError,
        "This {} instance is not fitted yet",
    ),
    (
        "probability-unfitted",
        lambda m: QSVC(probability=True).predict_proba(X),
        NotFittedError,
        "This QSVC instance is not fitted yet",
    ),
    *each_estimator(
        "misspelt-keyword",
        lambda cls, m: cls(kernal="zz"),
        TypeError,
        "unexpected keyword argument 'kernal'",
    ),
    ("misspelt-map", lambda m: ZZFeatureMap(rep=2), TypeError, "keyword argument 'rep'"),
    ("misspelt-engine", lambda m: AerEngine(methd="x"), TypeError, "keyword argument 'methd'"),
    (
        "misspelt-parameter",
        lambda m: QSVC().set_params(kernal="zz"),
        ValueError,
        "Invalid parameter 'kernal' for estimator QSVC.*Valid parameters are: .*'kernel'",
    ),
    (
        "misspelt-nested-parameter",
        lambda m: QSVC().set_params(kernel__feature_map__rep=2),
        ValueError,
        "Invalid parameter 'rep' for estimator ReuploadingFeatureMap.*'reps'",
    ),
    (
        "misspelt-component",
        lambda m: QSVC().set_params(kernel__fmap__reps=2),
        ValueError,
        "Invalid parameter 'fmap' for estimator FidelityKernel.*'feature_map'",
    ),
    (
        "parameter-of-a-circuit",
        lambda m: QSVC(kernel=FidelityKernel(circuit())).set_params(kernel__feature_map__reps=2),
        ValueError,
        "Invalid parameter 'reps' for estimator CircuitFeatureMap.*'bandwidth', 'circuit'",
    ),
    # -- parameters of kernels, feature maps and engines
    (
        "kernel-n_jobs",
        lambda m: mapped("zz", n_jobs=0),
        ValueError,
        "'n_jobs' parameter of FidelityKernel must be .*Got 0 instead",
    ),
    *[
        (
            f"{parameter}={value!r}-{feature_map.__name__}",
            lambda m, f=feature_map, p=parameter, v=value: mapped(f(**{p: v})),
            ValueError,
            rf"'{parameter}' parameter of {feature_map.__name__} must be .*"
            rf"Got {re.escape(repr(value))} instead",
        )
        for feature_map, parameter, values in [
            (AngleFeatureMap, "reps", (0, -1, 1.5, "2")),
            (ZZFeatureMap, "reps", (0,)),
            (AngleFeatureMap, "rotation", ("rw",)),
            (AngleFeatureMap, "bandwidth", (0, -1.0, MISSING, np.inf, None)),
            (IQPFeatureMap, "entanglement", (None, 3)),
            (ReuploadingFeatureMap, "n_qubits", (0, -1, 1.5, "a")),
            (ZZFeatureMap, "alpha", (0, -1.0, MISSING)),
            (ZZFeatureMap, "data_map_func", (3,)),
            (PauliFeatureMap, "paulis", ("Z", 3)),
            (BasisFeatureMap, "threshold", ("a", MISSING, np.inf)),
            (CircuitFeatureMap, "circuit", ("zz",)),
        ]
        for value in values
    ],
    *[
        (
            f"engine-{parameter}={value!r}",
            lambda m, p=parameter, v=value: engine(**{p: v}),
            ValueError,
            rf"'{parameter}' parameter of AerEngine must be .*Got {re.escape(repr(value))} inst",
        )
        for parameter, values in [
            ("precision", ("half", 64)),
            ("device", ("gpu", "TPU")),
            ("chunk_size", (0, 2.5)),
            ("max_parallel_threads", (-1,)),
            ("max_memory_mb", (-5,)),
            ("backend_options", ([1],)),
        ]
        for value in values
    ],
    *[
        (
            f"constant-{value!r}",
            lambda m, v=value: qsvc(FidelityKernel("zz") + ConstantKernel(v)),
            ValueError,
            "'value' parameter of ConstantKernel must be .*Got .* instead",
        )
        for value in (MISSING, np.inf, "a")
    ],
    (
        "sum-of-names",
        lambda m: SumKernel("zz", "angle")(X),
        ValueError,
        "'k1' parameter of SumKernel must be .*Got 'zz' instead",
    ),
    *each_estimator(
        "kernel-number",
        lambda cls, m: cls(kernel=3.5).fit(X, Y),
        TypeError,
        r"kernel.* 3\.5\b",
    ),
    ("engine-number", lambda m: mapped("zz", engine=3), TypeError, r"engine.* 3\b"),
    # -- precomputed: SVC's words for it are two sentences
    *each_estimator(
        "precomputed-not-square",
        lambda cls, m: cls(kernel="precomputed").fit(K[:, :5], Y),
        ValueError,
        r"(?i)(?=.*\bsquare\b)precomputed matrix .*12 ?x ?5\b.*; pass",
    ),
    (
        "precomputed-columns",
        lambda m: m.precomputed.predict(K[:, :5]),
        ValueError,
        "X has 5 features, but QSVC is expecting 12 features",
    ),
    (
        "precomputed-columns-ridge",
        lambda m: m.precomputed_ridge.predict(K[:, :5]),
        ValueError,
        "X has 5 features, but QuantumKernelRidge is expecting 12 features",
    ),
    (
        "precomputed-nan",
        lambda m: qsvc("precomputed", put(1, 1, MISSING, K)),
        ValueError,
        "X contains NaN",
    ),
]


def entangled(entanglement, feature_map=AngleFeatureMap):
    return mapped(feature_map(reps=2, entanglement=entanglement))


def dragged(function):
    return mapped(ZZFeatureMap(data_map_func=function))


NOT_A_PAIR = "entanglement holds {}[,;] .*pair"
NOT_A_GATE = r"The circuit holds '{}', which is not a gate.*unitary circuit"
QUBITS = (
    r"Encoding 12 rows on {} qubits needs {} GiB of memory, but only \S+ GiB is free; "
    "use fewer qubits"
)
MATRIX = (
    r"A kernel matrix of 2000000 x 2000000 entries needs 2\.98e\+4 GiB of memory, but only "
    r"\S+ GiB is free; use fewer rows"
).replace(r"e\+4", r"e\+0?4")
MANY = np.zeros((2_000_000, 1))
MANY_LABELS = np.arange(len(MANY)) % 2

OURS = [
    (
        "nu-infeasible",
        lambda m: QNuSVC(nu=0.6).fit(X, np.arange(12) % 6 == 0),
        ValueError,
        "nu=0.6 is infeasible for classes False and True with 10 and 2 rows, .* at most 0.333, or",
    ),
    # -- targets
    (
        "one-class-QuantumKernelRidgeClassifier",
        lambda m: QuantumKernelRidgeClassifier().fit(X, ONES),
        ValueError,
        "number of classes has to be greater than one; got 1 class",
    ),
    (
        "one-class-QSVC",
        lambda m: QSVC().fit(X, ONES),
        ValueError,
        "number of classes has to be greater than one; got 1 class",
    ),
    *[
        (
            f"string-targets-{name}",
            lambda m, cls=ESTIMATORS[name]: cls().fit(X, np.array(["a", "b"] * 6)),
            ValueError,
            r"y holds .*'a'.*not a number; use a classifier",
        )
        for name in ("QSVR", "QuantumKernelRidge")
    ],
    # -- weights
    *each_estimator(
        "weight-negative",
        lambda cls, m: cls().fit(X, Y, sample_weight=np.where(np.arange(12) == 3, -2.5, 1.0)),
        ValueError,
        r"sample_weight holds -2\.5 for row 3\b.*negative; use 0",
    ),
    (
        "weight-of-one-class",
        lambda m: QSVC().fit(X, Y, sample_weight=Y),
        ValueError,
        "sample_weight is 0 for all rows but those of class 1, .*two classes",
    ),
    *[
        (
            f"class-weight-{what}-{name}",
            lambda m, cls=ESTIMATORS[name], w=weight: cls(class_weight=w).fit(X, Y),
            ValueError,
            pattern,
        )
        for name in ("QSVC", "QuantumKernelRidgeClassifier")
        for what, weight, pattern in [
            ("unknown", {7: 1.0, 8: 2.0}, r"(?=.*class_weight).*classes.*\[0, 1\]"),
            ("negative", {0: -1.5, 1: 1.0}, r"class_weight holds -1\.5 for class 0; .*positive"),
            ("nan", {0: MISSING, 1: 1.0}, "class_weight holds nan for class 0; .*positive"),
        ]
    ],
    # -- parameters of estimators
    *[
        (
            f"alpha-{alpha}-of-{n_targets}-targets",
            lambda m, a=alpha, n=n_targets: QuantumKernelRidge(alpha=a).fit(X, THREE[:, :n]),
            ValueError,
            pattern,
        )
        for n_targets, alpha, pattern in [
            (3, [1, 2], r"alpha has shape \(2,\) for 3 targets"),
            (2, [1, 2, 3], r"alpha has shape \(3,\) for 2 targets"),
            (2, [1, -2], r"alpha=\[1, -2\]"),
            (2, [1, MISSING], r"alpha=\[1, nan\]"),
        ]
    ],
    (
        "break-ties",
        lambda m: m.ties.predict(X),
        ValueError,
        "break_ties.*decision_function_shape.*'ovo'",
    ),
    (
        "probability-of-few",
        lambda m: QSVC(probability=True).fit(X[:3], [0, 0, 1]),
        ValueError,
        "probability=True needs .*5.*class 1 has 1 of 3",
    ),
    (
        "probability-of-one",
        lambda m: QSVC(probability=True).fit(X, np.arange(12) == 0),
        ValueError,
        "probability=True needs .*class True has 1 of 12",
    ),
    (
        # rows of weight 0 count for nothing
        "probability-of-weights",
        lambda m: QSVC(probability=True).fit(X, Y, sample_weight=np.arange(12) < 5),
        ValueError,
        "probability=True needs .*class 1 has 2 of 5",
    ),
    (
        "probability-after-fit",
        lambda m: m.without_probability.predict_proba(X),
        NotFittedError,
        "probability.*fit again",
    ),
    # -- kernels
    *each_estimator(
        "kernel-name",
        lambda cls, m: cls(kernel="fidelty").fit(X, Y),
        ValueError,
        "kernel='fidelty' is unknown.*did you mean 'fidelity'.*'zz'",
    ),
    (
        "kernel-classical",
        lambda m: qsvc("rbf"),
        ValueError,
        "kernel='rbf' is a classical kernel: use .* or pass .*pairwise.rbf_kernel",
    ),
    *each_estimator(
        "kernel-class",
        lambda cls, m: cls(kernel=FidelityKernel).fit(X, Y),
        TypeError,
        r"kernel is .*FidelityKernel.*pass an instance",
    ),
    (
        "parameter-of-precomputed",
        lambda m: QSVC(kernel="precomputed").set_params(kernel__n_jobs=2),
        ValueError,
        "kernel='precomputed' .*has no parameters",
    ),
    (
        "kernel-plus-name",
        lambda m: FidelityKernel() + "zz",
        TypeError,
        "added to and multiplied by a kernel or a number, not a str; wrap",
    ),
    *[
        (
            f"kernel-of-{what}",
            lambda m, k=kernel: k(np.ones((2, 3)), np.ones((2, 4))),
            ValueError,
            "X has 3 features.* Y has 4 features; they must",
        )
        for what, kernel in [
            ("different-widths", FidelityKernel("zz")),
            ("different-widths-same-qubits", FidelityKernel("amplitude")),
            ("different-widths-constant", ConstantKernel()),
        ]
    ],
    *[
        (f"callable-{what}", lambda m, k=kernel: qsvc(k), ValueError, pattern)
        for what, kernel, pattern in [
            ("shape", lambda A, B: np.zeros((3, 4)), r"shape \(3, 4\) for 12 and 12 rows; it must"),
            ("1d", lambda A, B: np.zeros(12), r"shape \(12,\) for 12 and 12 rows; it must"),
            ("scalar", lambda A, B: 1.0 if A.ndim > 1 else "1", "returned 1.0 for 12 and 12 rows"),
            ("none", lambda A, B: None, r"returned .*None.* for 12 and 12 rows; it must"),
            ("complex", lambda A, B: A @ B.T + 1j, r"returned .*complex.*\(12, 12\)"),
            ("nan", lambda A, B: put(2, 5, MISSING, A @ B.T), "returned nan for rows 2 and 5"),
        ]
    ],
    # -- feature maps
    (
        "map-name",
        lambda m: mapped("zzz"),
        ValueError,
        "feature_map='zzz' is unknown.*did you mean 'zz'.*'angle'",
    ),
    ("map-number", lambda m: mapped(3), TypeError, "feature_map is .*not a name, a QuantumCircuit"),
    (
        "map-class",
        lambda m: mapped(ZZFeatureMap),
        TypeError,
        "feature_map is .*ZZFeatureMap.*pass an instance",
    ),
    (
        "map-kernel",
        lambda m: mapped(FidelityKernel()),
        TypeError,
        "feature_map is .*FidelityKernel.*not a name, a QuantumCircuit",
    ),
    *[
        (
            f"entanglement-{feature_map.__name__}",
            lambda m, f=feature_map: entangled("lineer", f),
            ValueError,
            "entanglement='lineer' is unknown; use one of .*'linear'.* or a list of pairs",
        )
        for feature_map in (AngleFeatureMap, IQPFeatureMap, ReuploadingFeatureMap, ZZFeatureMap)
    ],
    *[
        (
            f"entanglement-{what}-{feature_map.__name__}",
            lambda m, f=feature_map, e=entanglement: entangled(e, f),
            ValueError,
            NOT_A_PAIR.replace("{}", pair),
        )
        for feature_map in (AngleFeatureMap, IQPFeatureMap, ZZFeatureMap, PauliFeatureMap)
        for what, entanglement, pair in [
            ("out-of-range", [(0, 1), (0, 5)], r"\(0, 5\)"),
            ("negative", [(-1, 0)], r"\(-1, 0\)"),
            ("same", [(1, 1)], r"\(1, 1\)"),
            ("triple", [(0, 1, 2)], r"\(0, 1, 2\)"),
            ("flat", [0, 1], "0"),
            ("floats", [(0.0, 0.5)], r"\(0\.0, 0\.5\)"),
            ("letters", [("a", "b")], r"\('a', 'b'\)"),
        ]
    ],
    (
        "entanglement-dict-out-of-range",
        lambda m: entangled({1: [(0,), (1,)], 2: [(0, 5)]}, PauliFeatureMap),
        ValueError,
        NOT_A_PAIR.replace("{}", r"\(0, 5\)"),
    ),
    (
        "entanglement-dict-wrong-length",
        lambda m: entangled({1: [(0,), (1,)], 2: [(0,)]}, PauliFeatureMap),
        ValueError,
        NOT_A_PAIR.replace("{}", r"\(0,\)"),
    ),
    (
        "entanglement-dict-incomplete",
        lambda m: mapped(PauliFeatureMap(["Z", "ZZ"], entanglement={2: [(0, 1)]})),
        ValueError,
        "entanglement .*'Z'.*length 1",
    ),
    (
        "entanglement-dict-key",
        lambda m: entangled({"1": [(0,), (1,)]}, PauliFeatureMap),
        ValueError,
        "entanglement .*key.*'1'",
    ),
    (
        "entanglement-pairs-for-triple",
        lambda m: mapped(PauliFeatureMap(["Z", "ZZZ"], entanglement=[(0, 1)]), np.ones((4, 3))),
        ValueError,
        "entanglement .*'ZZZ'.*length 3",
    ),
    (
        "entanglement-dict-ZZFeatureMap",
        lambda m: entangled({2: [(0, 1)]}, ZZFeatureMap),
        ValueError,
        "entanglement.* dict.*PauliFeatureMap",
    ),
    *[
        (
            f"bandwidth-{bandwidth!r}",
            lambda m, b=bandwidth: mapped(ReuploadingFeatureMap(bandwidth=b)),
            ValueError,
            rf"bandwidth={re.escape(repr(bandwidth))} of ReuploadingFeatureMap is neither a "
            r"positive number nor 'scale'",
        )
        for bandwidth in ("wide", "", "0*scale", "-1*scale", "nan*scale", "1e999*scale", "scale*2")
    ],
    *[
        (
            f"scale-without-fit-{what}",
            lambda m, call=call: call(FidelityKernel(ReuploadingFeatureMap(bandwidth="2*scale"))),
            ValueError,
            r"bandwidth='2\*scale' of ReuploadingFeatureMap .*call fit\(X\) first, or give",
        )
        for what, call in [("kernel", lambda k: k(X)), ("diagonal", lambda k: k.diag(X))]
    ],
    *[
        (
            f"scale-of-{factor:g}",
            lambda m, f=factor: QSVC().fit(X * f, Y),
            ValueError,
            r"bandwidth='scale' .*variance.*(inf|0).*scale the features",
        )
        for factor in (1e300, 1e-300)
    ],
    (
        "no-features-to-build",
        lambda m: AngleFeatureMap().build(0),
        ValueError,
        "n_features=0, but at least one feature is needed",
    ),
    (
        "not-bits",
        lambda m: qsvc("basis", put(7, 1, 0.5, X > 0)),
        ValueError,
        r"Feature 1 of row 7 is 0\.5, not 0 or 1; give BasisFeatureMap a threshold",
    ),
    (
        "not-bits-predict",
        lambda m: m.basis.predict(put(7, 1, 2, X > 0)),
        ValueError,
        "Feature 1 of row 7 is 2, not 0 or 1; give BasisFeatureMap a threshold",
    ),
    (
        "zero-row",
        lambda m: mapped(AmplitudeFeatureMap(), put(4, slice(None), 0.0)),
        ValueError,
        "Row 4 is all zeros and cannot be normalised to amplitudes; drop it, or add",
    ),
    (
        "zero-row-predict",
        lambda m: m.amplitude.predict(put(4, slice(None), 0.0)),
        ValueError,
        "Row 4 is all zeros and cannot be normalised to amplitudes; drop it, or add",
    ),
    (
        # the row counts in X, not in the part of it that is predicted at a time
        "zero-row-in-a-later-batch",
        lambda m: in_batches(m.amplitude, put(9, slice(None), 0.0)),
        ValueError,
        "Row 9 is all zeros",
    ),
    (
        "not-bits-in-a-later-batch",
        lambda m: in_batches(m.basis, put(7, 1, 0.5, X > 0)),
        ValueError,
        r"Feature 1 of row 7 is 0\.5, not 0 or 1",
    ),
    *[
        (
            f"pauli-{string!r}",
            lambda m, s=string: mapped(PauliFeatureMap(["Z", s])),
            ValueError,
            rf"paulis holds {re.escape(repr(string))}, which is not a string of I, X, Y and Z\.",
        )
        for string in ("Q", "z", "", 1, None)
    ],
    (
        "paulis-too-long",
        lambda m: mapped(PauliFeatureMap(["ZZZ"])),
        ValueError,
        r"Every string of paulis=\['ZZZ'\] is longer than the 2 features; add",
    ),
    ("paulis-empty", lambda m: mapped(PauliFeatureMap([])), ValueError, "paulis .*empty.*'Z'"),
    (
        "paulis-identity",
        lambda m: mapped(PauliFeatureMap(["II"])),
        ValueError,
        "encodes 0 of 2 features.*'Z'",
    ),
    *[
        (f"data-map-{what}", lambda m, f=function: dragged(f), ValueError, pattern)
        for what, function, pattern in [
            ("none", lambda x: None, r"data_map_func returned None for x\[0\]"),
            ("string", lambda x: "a", r"data_map_func returned 'a' for x\[0\]"),
            ("constant", lambda x: 1.5, r"data_map_func returned 1\.5 for x\[0\]"),
            ("foreign", lambda x: Parameter("w"), r"data_map_func returned .*w.* for x\[0\]"),
        ]
    ],
    # -- circuits
    *[
        (
            f"circuit-{name}",
            lambda m, c=c: mapped(c),
            ValueError,
            NOT_A_GATE.replace("{}", name.partition("-")[0]),
        )
        for name, c in {
            "measure": circuit(lambda c: c.measure_all()),
            "measure-in-between": circuit(lambda c: (c.measure(0, 0), c.x(0)), n_clbits=1),
            "measure-in-a-gate": circuit(append_measured_gate, n_clbits=1),
            "reset": circuit(lambda c: c.reset(0)),
            "if_else": circuit(append_if, n_clbits=1),
            "for_loop": circuit(append_loop),
            "kraus": circuit(append_noise),
            "save_statevector": circuit(lambda c: c.save_statevector()),
        }.items()
    ],
    (
        "circuit-parameters",
        lambda m: mapped(circuit(n_parameters=3)),
        ValueError,
        "The circuit has 3 free parameters, X has 2 features; the numbers must match: select",
    ),
    (
        "circuit-without-parameters",
        lambda m: mapped(circuit(n_parameters=0)),
        ValueError,
        "The circuit has no free parameters, .*; use qiskit.circuit.Parameter",
    ),
    (
        "circuit-without-qubits",
        lambda m: mapped(QuantumCircuit(0, global_phase=Parameter("p")), X[:, :1]),
        ValueError,
        "The circuit has 0 qubits",
    ),
    (
        "circuit-without-qubits-engine",
        lambda m: AerEngine().open(QuantumCircuit(0)),
        ValueError,
        "The circuit has 0 qubits",
    ),
    (
        "circuit-opaque",
        lambda m: mapped(circuit(lambda c: c.append(Gate("oracle", 2, []), [0, 1]))),
        ValueError,
        "The gate 'oracle' has no definition in gates that Aer knows; give it one",
    ),
    (
        "circuit-initialize",
        lambda m: mapped(circuit(lambda c: c.initialize([0, 1], 0))),
        ValueError,
        "holds 'initialize' on a qubit that other gates have acted on, .*StatePreparation",
    ),
    (
        "values-for-a-circuit",
        lambda m: AerEngine().open(circuit()).states(np.ones((4, 3))),
        ValueError,
        r"The circuit has 2 free parameters, the values have shape \(4, 3\); pass one column",
    ),
    *[
        (
            f"expression-{what}",
            lambda m, f=function, x=rows: mapped(expression(f), x),
            ValueError,
            rf"The circuit parameter expression {text} is {value} for row {row}, not a finite real "
            "number; scale or shift",
        )
        for what, function, rows, text, value, row in [
            ("log", lambda x: x.log(), put(5, 0, 0.0, abs(X)), r"log\(x\[0\]\)", "-inf", 5),
            ("power", lambda x: x**0.5, put(5, 0, -1.0, abs(X)), r"x\[0\]\*\*0\.5", "nan", 5),
            ("inverse", lambda x: 1 / x, put(5, 0, 0.0), r"1/x\[0\]", "inf", 5),
            ("exp", lambda x: x.exp(), put(5, 0, 1e4), r"exp\(x\[0\]\)", "inf", 5),
            ("imaginary", lambda x: 1j * x, put(5, 0, 2.0, 0 * X), r".*x\[0\]", "2j", 5),
        ]
    ],
    (
        "expression-predict",
        lambda m: m.logarithm.predict(put(9, 0, 0.0, abs(X))),
        ValueError,
        r"expression log\(x\[0\]\) is -inf for row 9,",
    ),
    (
        # nor in the part that one run takes
        "expression-in-a-later-run",
        lambda m: mapped(
            expression(lambda x: x.log()), put(9, 0, 0.0, abs(X)), engine=AerEngine(chunk_size=4)
        ),
        ValueError,
        r"expression log\(x\[0\]\) is -inf for row 9,",
    ),
    ("angles-too-large", lambda m: mapped("iqp", X * 1e200), ValueError, "is -?inf for row 0, not"),
    # -- engines
    ("engine-name", lambda m: mapped("zz", engine="aerr"), ValueError, "did you mean 'aer'"),
    (
        "engine-class",
        lambda m: mapped("zz", engine=AerEngine),
        TypeError,
        "engine is .*AerEngine.*pass an instance",
    ),
    (
        "noise-model",
        lambda m: engine(backend_options={"noise_model": "any"}),
        ValueError,
        "noise_model cannot be combined with method='statevector'.*remove noise_model",
    ),
    (
        "option-unknown",
        lambda m: engine(backend_options={"fusion_treshold": 3}),
        ValueError,
        r"backend_options holds 'fusion_treshold', which AerSimulator does not know; see",
    ),
    (
        "option-clash",
        lambda m: engine(backend_options={"precision": "single"}),
        ValueError,
        "backend_options holds 'precision', which AerEngine sets itself; remove it there and pass",
    ),
    (
        "option-internal",
        lambda m: engine(backend_options={"runtime_parameter_bind_enable": False}),
        ValueError,
        "'runtime_parameter_bind_enable', which AerEngine sets itself; remove it there",
    ),
    # -- memory
    *[
        (
            f"memory-{what}",
            lambda m, f=feature_map, x=rows: mapped(f, x),
            InsufficientMemoryError,
            QUBITS.replace("{}", str(n_qubits), 1).replace("{}", gib, 1),
        )
        for what, feature_map, rows, n_qubits, gib in [
            ("60-qubits", "zz", np.ones((12, 60)), 60, r"2\.\d+e\+11"),
            ("165-qubits", "angle", np.ones((12, 165)), 165, r"\S+e\+4\d"),
            ("1100-qubits", ReuploadingFeatureMap(1100), X, 1100, r"\S+"),
        ]
    ],
    *[
        (
            f"memory-matrix-{what}",
            lambda m, k=kernel: qsvc(k, MANY, MANY_LABELS),
            InsufficientMemoryError,
            MATRIX,
        )
        for what, kernel in [
            ("fidelity", "angle"),
            ("sum", FidelityKernel("angle") + 1),
            ("callable", too_late),
        ]
    ],
    (
        "memory-gram",
        lambda m: m.kernel.gram(np.zeros((2_000_000, 4), np.complex64)),
        InsufficientMemoryError,
        MATRIX,
    ),
]


def table(cases):
    ids = [case[0] for case in cases]
    assert len(set(ids)) == len(ids)
    return pytest.mark.parametrize(
        ("call", "exception", "pattern"), [case[1:] for case in cases], ids=ids
    )


@table(THEIRS)
def test_what_others_check_names_the_problem(call, exception, pattern, fitted):
    with pytest.raises(exception, match=pattern):
        call(fitted)


@table(OURS)
def test_one_sentence_names_the_problem_and_the_remedy(call, exception, pattern, fitted):
    with pytest.raises(exception, match=pattern) as caught:
        call(fitted)
    message = str(caught.value)
    assert "\n" not in message
    assert not re.search(r"\. +[A-Z]", message), "more than one sentence"
    assert len(message) < 400


def test_missing_probabilities_say_what_to_set(fitted):
    """scikit-learn puts the reason into the cause, which a traceback shows first."""
    assert not hasattr(fitted.qsvc, "predict_proba")
    with pytest.raises(AttributeError, match="no attribute 'predict_proba'") as caught:
        fitted.qsvc.predict_proba(X)
    assert "set probability=True before fit" in str(caught.value.__cause__)


@pytest.mark.skipif("GPU" in AerSimulator().available_devices(), reason="there is a GPU")
def test_missing_gpu():
    message = "device='GPU' is not available, Aer offers CPU here; install qiskit-aer-gpu"
    with pytest.raises(ValueError, match=message):
        engine(device="GPU")


def test_the_watch_sees_simulations():
    with pytest.raises(AssertionError, match="simulated before"):
        QSVC().fit(X, Y)

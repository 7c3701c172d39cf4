"""scikit-learn compatible quantum kernel estimators."""

from skquantum import (
    ansatze,
    combinatorial,
    diagnostics,
    engines,
    exceptions,
    feature_maps,
    kernels,
    linear_systems,
    metrics,
    mitigation,
    optimizers,
    plotting,
    testing,
    variational,
)
from skquantum._components import ComponentsMixin
from skquantum._config import config_context, get_config, set_config
from skquantum._show_versions import show_versions
from skquantum._version import __version__
from skquantum.estimators import (
    QLSSVC,
    QSVC,
    QSVR,
    VQC,
    VQR,
    AnnealingSearchCV,
    GroverSearchCV,
    QOneClassSVM,
    QuantumKernelRidge,
    QuantumKernelRidgeClassifier,
    QUBOSelector,
)

__all__ = [
    "QLSSVC",
    "QSVC",
    "QSVR",
    "VQC",
    "VQR",
    "AnnealingSearchCV",
    "ComponentsMixin",
    "GroverSearchCV",
    "QOneClassSVM",
    "QUBOSelector",
    "QuantumKernelRidge",
    "QuantumKernelRidgeClassifier",
    "__version__",
    "ansatze",
    "combinatorial",
    "config_context",
    "diagnostics",
    "engines",
    "exceptions",
    "feature_maps",
    "get_config",
    "kernels",
    "linear_systems",
    "metrics",
    "mitigation",
    "optimizers",
    "plotting",
    "set_config",
    "show_versions",
    "testing",
    "variational",
]

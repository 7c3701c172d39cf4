"""scikit-learn compatible quantum kernel estimators."""

from skquantum._config import config_context, get_config, set_config
from skquantum._show_versions import show_versions
from skquantum._version import __version__
from skquantum.estimators import (
    QSVC,
    QSVR,
    VQC,
    VQR,
    QOneClassSVM,
    QuantumKernelRidge,
    QuantumKernelRidgeClassifier,
)

__all__ = [
    "QSVC",
    "QSVR",
    "VQC",
    "VQR",
    "QOneClassSVM",
    "QuantumKernelRidge",
    "QuantumKernelRidgeClassifier",
    "__version__",
    "config_context",
    "get_config",
    "set_config",
    "show_versions",
]

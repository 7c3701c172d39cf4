"""scikit-learn compatible quantum kernel estimators."""

from skquantum._show_versions import show_versions
from skquantum.estimators import (
    QSVC,
    QSVR,
    QOneClassSVM,
    QuantumKernelRidge,
    QuantumKernelRidgeClassifier,
)

__version__ = "0.1.0.dev0"

__all__ = [
    "QSVC",
    "QSVR",
    "QOneClassSVM",
    "QuantumKernelRidge",
    "QuantumKernelRidgeClassifier",
    "show_versions",
]

"""scikit-learn estimators on quantum kernels."""

from skquantum.estimators._one_class_svm import QOneClassSVM
from skquantum.estimators._ridge import QuantumKernelRidge, QuantumKernelRidgeClassifier
from skquantum.estimators._svc import QSVC
from skquantum.estimators._svr import QSVR

__all__ = ["QSVC", "QSVR", "QOneClassSVM", "QuantumKernelRidge", "QuantumKernelRidgeClassifier"]

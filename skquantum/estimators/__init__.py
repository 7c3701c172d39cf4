"""scikit-learn estimators on quantum kernels and trainable circuits."""

from skquantum.estimators._annealing_search import AnnealingSearchCV
from skquantum.estimators._born_machine import BornMachine
from skquantum.estimators._gpc import QGaussianProcessClassifier
from skquantum.estimators._gpr import QGaussianProcessRegressor
from skquantum.estimators._grover_search import GroverSearchCV
from skquantum.estimators._iqp_born_machine import IQPBornMachine
from skquantum.estimators._kernel_pca import QKernelPCA
from skquantum.estimators._lssvc import QLSSVC
from skquantum.estimators._nu_svc import QNuSVC
from skquantum.estimators._nu_svr import QNuSVR
from skquantum.estimators._nystroem import QNystroem
from skquantum.estimators._one_class_svm import QOneClassSVM
from skquantum.estimators._pegasos_svc import QPegasosSVC
from skquantum.estimators._quantum_features import QuantumFeatures
from skquantum.estimators._ridge import QuantumKernelRidge, QuantumKernelRidgeClassifier
from skquantum.estimators._selector import QUBOSelector
from skquantum.estimators._svc import QSVC
from skquantum.estimators._svr import QSVR
from skquantum.estimators._vqc import VQC
from skquantum.estimators._vqe import VQE
from skquantum.estimators._vqr import VQR

__all__ = [
    "QLSSVC",
    "QSVC",
    "QSVR",
    "VQC",
    "VQE",
    "VQR",
    "AnnealingSearchCV",
    "BornMachine",
    "GroverSearchCV",
    "IQPBornMachine",
    "QGaussianProcessClassifier",
    "QGaussianProcessRegressor",
    "QKernelPCA",
    "QNuSVC",
    "QNuSVR",
    "QNystroem",
    "QOneClassSVM",
    "QPegasosSVC",
    "QUBOSelector",
    "QuantumFeatures",
    "QuantumKernelRidge",
    "QuantumKernelRidgeClassifier",
]

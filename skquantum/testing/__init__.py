"""Checks of engines, kernels, feature maps, ansätze and optimizers, of this package or others."""

from skquantum.testing._ansatze import ANSATZ_CHECKS, check_ansatz
from skquantum.testing._engines import ENGINE_CHECKS, check_engine
from skquantum.testing._feature_maps import FEATURE_MAP_CHECKS, check_feature_map
from skquantum.testing._kernels import KERNEL_CHECKS, check_kernel
from skquantum.testing._optimizers import OPTIMIZER_CHECKS, check_optimizer

__all__ = [
    "ANSATZ_CHECKS",
    "ENGINE_CHECKS",
    "FEATURE_MAP_CHECKS",
    "KERNEL_CHECKS",
    "OPTIMIZER_CHECKS",
    "check_ansatz",
    "check_engine",
    "check_feature_map",
    "check_kernel",
    "check_optimizer",
]

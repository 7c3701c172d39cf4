"""Quantum kernels."""

from skquantum.kernels._base import Kernel
from skquantum.kernels._callable import CallableKernel
from skquantum.kernels._composition import ConstantKernel, ProductKernel, SumKernel
from skquantum.kernels._fidelity import FidelityKernel
from skquantum.kernels._registry import KERNELS, resolve_kernel

__all__ = [
    "KERNELS",
    "CallableKernel",
    "ConstantKernel",
    "FidelityKernel",
    "Kernel",
    "ProductKernel",
    "SumKernel",
    "resolve_kernel",
]

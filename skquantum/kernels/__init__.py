"""Quantum kernels."""

from skquantum.kernels._callable import CallableKernel
from skquantum.kernels._circuit import CircuitKernel
from skquantum.kernels._corrections import ProjectedRows
from skquantum.kernels._fidelity import FidelityKernel
from skquantum.kernels._matrix_plan import MatrixPlan
from skquantum.kernels._operators import (
    ConstantKernel,
    Kernel,
    PowerKernel,
    ProductKernel,
    SumKernel,
)
from skquantum.kernels._projected import ProjectedKernel
from skquantum.kernels._registry import KERNELS, resolve_kernel
from skquantum.kernels._trained import TrainedKernel

__all__ = [
    "KERNELS",
    "CallableKernel",
    "CircuitKernel",
    "ConstantKernel",
    "FidelityKernel",
    "Kernel",
    "MatrixPlan",
    "PowerKernel",
    "ProductKernel",
    "ProjectedKernel",
    "ProjectedRows",
    "SumKernel",
    "TrainedKernel",
    "resolve_kernel",
]

"""Quantum kernels."""

from skquantum.kernels._base import Kernel
from skquantum.kernels._callable import CallableKernel
from skquantum.kernels._composition import ConstantKernel, ProductKernel, SumKernel
from skquantum.kernels._fidelity import FidelityKernel
from skquantum.kernels._mitigation import (
    bit_flip_weights,
    mitigate_depolarizing,
    readout_weights,
)
from skquantum.kernels._registry import KERNELS, resolve_kernel
from skquantum.kernels._repair import (
    clip_eigenvalues,
    nearest_correlation,
    repair,
    shift_eigenvalues,
)
from skquantum.kernels._shot_budget import (
    shots_needed,
    spread_to_noise,
    standard_error,
    warn_if_concentrated,
)

__all__ = [
    "KERNELS",
    "CallableKernel",
    "ConstantKernel",
    "FidelityKernel",
    "Kernel",
    "ProductKernel",
    "SumKernel",
    "bit_flip_weights",
    "clip_eigenvalues",
    "mitigate_depolarizing",
    "nearest_correlation",
    "readout_weights",
    "repair",
    "resolve_kernel",
    "shift_eigenvalues",
    "shots_needed",
    "spread_to_noise",
    "standard_error",
    "warn_if_concentrated",
]

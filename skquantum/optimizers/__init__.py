"""How variational estimators minimise their loss."""

from skquantum.optimizers._base import Objective, Optimizer
from skquantum.optimizers._layerwise import Layerwise
from skquantum.optimizers._qiskit import QiskitOptimizer
from skquantum.optimizers._registry import OPTIMIZERS, resolve_optimizer
from skquantum.optimizers._scipy import ScipyOptimizer
from skquantum.optimizers._spsa import QNSPSA, SPSA
from skquantum.optimizers._stochastic import SGD, Adam, AdamW

__all__ = [
    "OPTIMIZERS",
    "QNSPSA",
    "SGD",
    "SPSA",
    "Adam",
    "AdamW",
    "Layerwise",
    "Objective",
    "Optimizer",
    "QiskitOptimizer",
    "ScipyOptimizer",
    "resolve_optimizer",
]

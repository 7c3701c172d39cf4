"""Names of optimizers."""

from skquantum.optimizers._layerwise import Layerwise
from skquantum.optimizers._resolve import CLASSES, OPTIMIZERS, resolve_optimizer
from skquantum.optimizers._spsa import QNSPSA, SPSA
from skquantum.optimizers._stochastic import SGD, Adam, AdamW

__all__ = ["OPTIMIZERS", "resolve_optimizer"]

CLASSES |= {
    "adam": Adam,
    "adamw": AdamW,
    "layerwise": Layerwise,
    "qnspsa": QNSPSA,
    "sgd": SGD,
    "spsa": SPSA,
}

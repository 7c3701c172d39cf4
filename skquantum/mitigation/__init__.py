"""Error mitigation."""

from skquantum.mitigation._depolarizing import (
    DepolarizingMitigation,
    Mitigation,
    resolve_mitigation,
)
from skquantum.mitigation._functions import (
    bit_flip_weights,
    mitigate_depolarizing,
    readout_weights,
)

__all__ = [
    "DepolarizingMitigation",
    "Mitigation",
    "bit_flip_weights",
    "mitigate_depolarizing",
    "readout_weights",
    "resolve_mitigation",
]

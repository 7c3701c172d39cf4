"""Error mitigation."""

from skquantum.mitigation._functions import (
    bit_flip_weights,
    mitigate_depolarizing,
    readout_weights,
)

__all__ = ["bit_flip_weights", "mitigate_depolarizing", "readout_weights"]

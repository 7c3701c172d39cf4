"""Reading circuits: what every other part of the package has to know of them."""

from skquantum._circuits._fingerprint import array_text, circuit_text, is_standard
from skquantum._circuits._idle import without_idle_wires
from skquantum._circuits._numbers import COMPOSITES, check_numbers
from skquantum._circuits._order import (
    feature_order,
    natural_order,
    stated_names,
    stated_order,
    warn_if_reordered,
)
from skquantum._circuits._search import check_candidates
from skquantum._circuits._state import CircuitsInState, PackedCircuit

__all__ = [
    "COMPOSITES",
    "CircuitsInState",
    "PackedCircuit",
    "array_text",
    "check_candidates",
    "check_numbers",
    "circuit_text",
    "feature_order",
    "is_standard",
    "natural_order",
    "stated_names",
    "stated_order",
    "warn_if_reordered",
    "without_idle_wires",
]

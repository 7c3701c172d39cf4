"""Reading circuits, once for all engines, feature maps and ansätze."""

from skquantum._circuits._depths import first_depths
from skquantum._circuits._entanglement import check_groups, qubit_pairs
from skquantum._circuits._expressions import Expressions, check_rows
from skquantum._circuits._fingerprint import array_text, circuit_text, is_standard
from skquantum._circuits._idle import without_idle_wires
from skquantum._circuits._lowering import BINDABLE, CONSTANT, Lowered, lower, placeholder_for
from skquantum._circuits._numbers import COMPOSITES, check_numbers
from skquantum._circuits._order import (
    feature_order,
    natural_order,
    stated_names,
    stated_ones,
    stated_order,
    warn_if_reordered,
)
from skquantum._circuits._outcome_weights import (
    MAX_QUBITS_OF_ARRAYS,
    are_zero_or_one,
    check_weights,
)
from skquantum._circuits._pair import check_pairs, there_and_back
from skquantum._circuits._paulis import (
    FixedObservables,
    check_observables,
    diagonal_paulis,
    local_paulis,
    parity_signs,
    pauli_sum,
    pauli_terms,
)
from skquantum._circuits._postfix import expression_key
from skquantum._circuits._rotations import general_rotation, rotation_layers
from skquantum._circuits._search import check_candidates
from skquantum._circuits._shift import unshared
from skquantum._circuits._state import CircuitsInState, PackedCircuit
from skquantum._circuits._walk import IGNORED, has_free_parameters, library_name, walk

__all__ = [
    "BINDABLE",
    "COMPOSITES",
    "CONSTANT",
    "IGNORED",
    "MAX_QUBITS_OF_ARRAYS",
    "CircuitsInState",
    "Expressions",
    "FixedObservables",
    "Lowered",
    "PackedCircuit",
    "are_zero_or_one",
    "array_text",
    "check_candidates",
    "check_groups",
    "check_numbers",
    "check_observables",
    "check_pairs",
    "check_rows",
    "check_weights",
    "circuit_text",
    "diagonal_paulis",
    "expression_key",
    "feature_order",
    "first_depths",
    "general_rotation",
    "has_free_parameters",
    "is_standard",
    "library_name",
    "local_paulis",
    "lower",
    "natural_order",
    "parity_signs",
    "pauli_sum",
    "pauli_terms",
    "placeholder_for",
    "qubit_pairs",
    "rotation_layers",
    "stated_names",
    "stated_ones",
    "stated_order",
    "there_and_back",
    "unshared",
    "walk",
    "warn_if_reordered",
    "without_idle_wires",
]

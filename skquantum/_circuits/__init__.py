"""Reading circuits, once for all engines, feature maps and ansätze."""

from skquantum._circuits._entanglement import check_groups, qubit_pairs
from skquantum._circuits._expressions import Expressions, check_rows
from skquantum._circuits._lowering import (
    BINDABLE,
    CONSTANT,
    IGNORED,
    INITIALIZE_BEHIND_GATES,
    Lowered,
    check_width,
    definition_of,
    has_free_parameters,
    initial_state_definition,
    library_name,
    lower,
    placeholder_for,
)
from skquantum._circuits._pair import check_pairs, check_weights, there_and_back
from skquantum._circuits._paulis import check_observables, parity_signs, pauli_terms
from skquantum._circuits._postfix import expression_key
from skquantum._circuits._shift import unshared

__all__ = [
    "BINDABLE",
    "CONSTANT",
    "IGNORED",
    "INITIALIZE_BEHIND_GATES",
    "Expressions",
    "Lowered",
    "check_groups",
    "check_observables",
    "check_pairs",
    "check_rows",
    "check_weights",
    "check_width",
    "definition_of",
    "expression_key",
    "has_free_parameters",
    "initial_state_definition",
    "library_name",
    "lower",
    "parity_signs",
    "pauli_terms",
    "placeholder_for",
    "qubit_pairs",
    "there_and_back",
    "unshared",
]

"""Workers, memory, and what survives the process."""

from skquantum._runtime._checkpoint import Checkpoint, circuit_text
from skquantum._runtime._keys import mixed, row_keys
from skquantum._runtime._memory import (
    bytes_later,
    check_matrix,
    check_memory,
    later,
    rows_in_working_memory,
    working_memory,
)
from skquantum._runtime._parallel import map_rows, n_workers, progress_bar, sharing
from skquantum._runtime._pieces import in_pieces
from skquantum._runtime._sessions import is_unchanged, kept_fact, kept_session, run_rows

__all__ = [
    "Checkpoint",
    "bytes_later",
    "check_matrix",
    "check_memory",
    "circuit_text",
    "in_pieces",
    "is_unchanged",
    "kept_fact",
    "kept_session",
    "later",
    "map_rows",
    "mixed",
    "n_workers",
    "progress_bar",
    "row_keys",
    "rows_in_working_memory",
    "run_rows",
    "sharing",
    "working_memory",
]

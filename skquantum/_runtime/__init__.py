"""Workers, memory, and what survives the process."""

from skquantum._runtime._checkpoint import Checkpoint
from skquantum._runtime._items import ItemStore
from skquantum._runtime._keys import digest, mixed, row_keys
from skquantum._runtime._memory import (
    blocks_of_rows,
    bytes_later,
    check_matrix,
    check_memory,
    free_memory,
    later,
    rows_in_working_memory,
    working_memory,
)
from skquantum._runtime._parallel import map_rows, n_workers, progress_bar, sharing
from skquantum._runtime._pieces import in_pieces
from skquantum._runtime._sessions import is_unchanged, kept_fact, kept_session, run_rows
from skquantum._runtime._sparse import as_dense, in_dense_blocks

__all__ = [
    "Checkpoint",
    "ItemStore",
    "as_dense",
    "blocks_of_rows",
    "bytes_later",
    "check_matrix",
    "check_memory",
    "digest",
    "free_memory",
    "in_dense_blocks",
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

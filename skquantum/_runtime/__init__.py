"""Workers, memory, and what survives the process."""

from skquantum._runtime._checkpoint import Checkpoint, circuit_text
from skquantum._runtime._memory import check_matrix, check_memory, rows_in_working_memory
from skquantum._runtime._parallel import map_rows, n_workers, progress_bar, sharing

__all__ = [
    "Checkpoint",
    "check_matrix",
    "check_memory",
    "circuit_text",
    "map_rows",
    "n_workers",
    "progress_bar",
    "rows_in_working_memory",
    "sharing",
]

"""Memory: refusing work that cannot fit before it starts, and cutting the rest into tiles."""

from decimal import Decimal

import psutil
import sklearn

from skquantum.exceptions import InsufficientMemoryError

__all__ = ["blocks_of_rows", "check_matrix", "check_memory", "rows_in_working_memory"]


ALWAYS_FREE = 2**24


def check_memory(n_bytes, what, remedy):
    """Raise if `n_bytes` are more than the machine has free.

    Parameters
    ----------
    n_bytes : int
        Estimated need.
    what : str
        What needs it, as the subject of a sentence.
    remedy : str
        What to do instead.

    Raises
    ------
    InsufficientMemoryError
        With both numbers and the remedy.
    """
    if n_bytes < ALWAYS_FREE:  # asking takes longer than using so little
        return
    available = psutil.virtual_memory().available
    if n_bytes > available:
        # a float ends at 1024 qubits
        gib = n_bytes / 2**30 if n_bytes < 2**1000 else Decimal(n_bytes) / 2**30
        raise InsufficientMemoryError(
            f"{what} needs {gib:.3g} GiB of memory, {available / 2**30:.3g} GiB are free; {remedy}."
        )


def check_matrix(n_rows, n_columns):
    """Raise if a kernel matrix of float64 would not fit into memory."""
    check_memory(
        8 * n_rows * n_columns,
        f"A kernel matrix of {n_rows} x {n_columns} entries",
        "use fewer rows, or a method that needs only a part of the matrix, such as "
        "sklearn.kernel_approximation.Nystroem",
    )


def rows_in_working_memory(row_bytes):
    """Return how many rows fit into scikit-learn's ``working_memory`` (MiB), at least one."""
    return max(1, int(sklearn.get_config()["working_memory"] * 2**20) // max(1, row_bytes))


def blocks_of_rows(n_rows, size):
    """Yield slices of at most `size` rows, which cover all rows; none if there are none.

    ``sklearn.utils.gen_batches`` validates its arguments for longer than a small circuit takes.
    """
    for start in range(0, n_rows, size):
        yield slice(start, min(start + size, n_rows))

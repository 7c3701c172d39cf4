"""Memory: refusing work that cannot fit before it starts, and cutting the rest into tiles."""

import psutil
import sklearn

from skquantum.exceptions import InsufficientMemoryError

__all__ = ["check_memory", "rows_in_working_memory"]


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
    available = psutil.virtual_memory().available
    if n_bytes > available:
        raise InsufficientMemoryError(
            f"{what} needs {n_bytes / 2**30:.3g} GiB of memory, {available / 2**30:.3g} GiB are "
            f"free; {remedy}."
        )


def rows_in_working_memory(row_bytes):
    """Return how many rows fit into scikit-learn's ``working_memory`` (MiB), at least one."""
    return max(1, int(sklearn.get_config()["working_memory"] * 2**20) // max(1, row_bytes))

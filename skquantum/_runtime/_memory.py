"""Memory: refusing work that cannot fit before it starts, and cutting the rest into tiles.

What something takes is said by its owner: engines declare what encodings and expectation values
take, kernels add their matrices, estimators their solvers. All numbers are compared here.
"""

from contextlib import contextmanager
from contextvars import ContextVar
from decimal import Decimal
from pathlib import Path

import psutil
import sklearn

from skquantum.exceptions import InsufficientMemoryError

try:
    import resource
except ImportError:  # Windows
    resource = None

__all__ = [
    "blocks_of_rows",
    "bytes_later",
    "check_matrix",
    "check_memory",
    "free_memory",
    "later",
    "rows_in_working_memory",
    "working_memory",
]


ALWAYS_FREE = 3 * 2**24

# What a process is a member of, and where the limits of groups are.
MEMBERSHIPS = Path("/proc/self/cgroup")
CGROUPS = Path("/sys/fs/cgroup")

_later = ContextVar("later", default=0)


def check_memory(n_bytes, what, remedy):
    """Raise if `n_bytes` are more than this process can get.

    Parameters
    ----------
    n_bytes : int
        Estimated need, beyond what is in use.
    what : str
        What needs it, as the subject of a sentence.
    remedy : str
        What to do instead.

    Raises
    ------
    InsufficientMemoryError
        With both numbers, the limit that they were compared with, and the remedy.
    """
    if n_bytes < ALWAYS_FREE:  # asking takes longer than using so little
        return
    available, limit = free_memory()
    if n_bytes > available:
        # a float ends at 1024 qubits
        gib = n_bytes / 2**30 if n_bytes < 2**1000 else Decimal(n_bytes) / 2**30
        raise InsufficientMemoryError(
            f"{what} needs {gib:.3g} GiB of memory, but only {available / 2**30:.3g} GiB is "
            f"free{limit}; {remedy}."
        )


def free_memory():
    """Return how much memory this process can still get, and what limits it.

    Returns
    -------
    n_bytes : int
        The least of what the machine has free, and what RLIMIT_AS and the cgroup leave.
    limit : str
        Empty for the memory of the machine, and otherwise what comes behind "is free".
    """
    found = [(psutil.virtual_memory().available, "")]
    if resource is not None:
        allowed, _ = resource.getrlimit(resource.RLIMIT_AS)
        if allowed != resource.RLIM_INFINITY:
            left = allowed - psutil.Process().memory_info().vms
            found.append((max(0, left), f" under RLIMIT_AS={allowed} (ulimit -v)"))
    for group, allowed, used in _cgroups():
        found.append((max(0, allowed - used), f" under the memory limit of the cgroup {group}"))
    return min(found)


def _cgroups():
    """Yield directory, limit and use of every group that this process is in."""
    try:
        lines = MEMBERSHIPS.read_text().splitlines()
    except OSError:  # not Linux
        return
    for line in lines:
        _, controllers, path = line.split(":", 2)
        if not controllers:
            roots = CGROUPS, CGROUPS / "unified"  # the latter beside version 1
            names = "memory.max", "memory.current", "inactive_file"
        elif "memory" in controllers.split(","):
            roots = (CGROUPS / "memory",)
            names = "memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file"
        else:
            continue
        for root in roots:
            # the limits of groups around it count as well; in a container, where the own group is
            # mounted as the root, the path may lead nowhere
            below = root / path.strip("/")
            for group in (below, *below.parents):
                if (found := _limit_and_use(group, *names)) is not None:
                    yield group, *found
                if group == root:
                    break


def _limit_and_use(group, limit, use, cache):
    """Return the limit of a group and what it uses without what the kernel can drop, or None."""
    try:
        allowed = int((group / limit).read_text())  # "max" is no number
        used = int((group / use).read_text())
        for line in (group / "memory.stat").read_text().splitlines():
            name, _, value = line.partition(" ")
            if name == cache:
                used -= int(value)
    except (OSError, ValueError):
        return None
    return allowed, used


@contextmanager
def later(n_bytes):
    """Announce what will be needed besides the result of what is called within.

    Parameters
    ----------
    n_bytes : int
        Such as what a solver takes beside the matrix that it gets.
    """
    token = _later.set(n_bytes)
    try:
        yield
    finally:
        _later.reset(token)


def bytes_later():
    """Return what was announced by :func:`later`; 0 for nothing."""
    return _later.get()


def check_matrix(n_rows, n_columns, besides=0):
    """Raise if a kernel matrix of float64 would not fit into memory, nor other bytes besides."""
    check_memory(
        8 * n_rows * n_columns + besides,
        f"A kernel matrix of {n_rows} x {n_columns} entries"
        + (" with what is computed beside it" if besides else ""),
        "use fewer rows, or a method that needs only a part of the matrix, such as "
        "sklearn.kernel_approximation.Nystroem",
    )


def working_memory():
    """Return scikit-learn's ``working_memory`` in bytes."""
    return int(sklearn.get_config()["working_memory"] * 2**20)


def rows_in_working_memory(row_bytes):
    """Return how many rows fit into scikit-learn's ``working_memory``, at least one."""
    return max(1, working_memory() // max(1, row_bytes))


def blocks_of_rows(n_rows, size):
    """Yield slices of at most `size` rows, which cover all rows; none if there are none.

    ``sklearn.utils.gen_batches`` validates its arguments for longer than a small circuit takes.
    """
    for start in range(0, n_rows, size):
        yield slice(start, min(start + size, n_rows))

"""What to paste into a bug report."""

import importlib.metadata
import platform
import sys

from threadpoolctl import threadpool_info

__all__ = ["show_versions"]

DEPENDENCIES = (
    "skquantum scikit-learn qiskit qiskit-aer qiskit-machine-learning numpy scipy numba joblib "
    "threadpoolctl tqdm psutil"
).split()
# What the package works with where it is installed.
OPTIONAL = (
    "qiskit-ibm-runtime dimod dwave-samplers dwave-system matplotlib pandas distributed ray".split()
)


def show_versions():
    """Print the versions of Python, the platform, the dependencies and the thread pools.

    Optional dependencies are listed where they are installed.

    Examples
    --------
    >>> from skquantum import show_versions
    >>> show_versions()
    python: ...
    """
    lines = [f"python: {sys.version.split()[0]}", f"platform: {platform.platform()}"]
    for name in DEPENDENCIES + OPTIONAL:
        try:
            lines.append(f"{name}: {importlib.metadata.version(name)}")
        except importlib.metadata.PackageNotFoundError:
            if name in DEPENDENCIES:
                lines.append(f"{name}: not installed")
    for pool in threadpool_info():
        lines.append(f"{pool['prefix']}: {pool['num_threads']} threads, version {pool['version']}")
    sys.stdout.write("\n".join(lines) + "\n")

"""Shared by the benchmarks: medians, and a header that says what machine this is."""

import os
import platform
import statistics
import time
from importlib.metadata import version

import numpy as np


def median_seconds(function, repeats):
    """Run `function` `repeats` times; return the median time and the last result."""
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        result = function()
        times.append(time.perf_counter() - start)
    return statistics.median(times), result


def header(*packages):
    """Print machine and versions."""
    print(f"{os.cpu_count()} cores, {platform.machine()}, Python {platform.python_version()}")
    print(", ".join(f"{name} {version(name)}" for name in packages))


def check_equal(name, reference, other, tolerance=1e-10):
    """Stop the benchmark if an answer changed: a fast wrong number is worth nothing."""
    difference = np.abs(reference - other).max()
    assert difference < tolerance, f"{name} differs by {difference}"
    return difference

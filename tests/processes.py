"""Processes that start together, that are killed, and that may not do everything."""

import contextlib
import multiprocessing
import os
import tempfile
from pathlib import Path

import numpy as np

# The package is imported once, and not by each process.
CONTEXT = multiprocessing.get_context("forkserver")
CONTEXT.set_forkserver_preload(["skquantum"])


def _call(barrier, queue, function, number, args):
    np.random.seed(None)  # noqa: NPY002 - the global generator is a copy of the server's
    queue.put((number, function(number, lambda: barrier.wait(60), *args)))


def at_once(function, *args, n_processes=4):
    """Call ``function(number, wait, *args)`` in several processes; return what they return.

    ``wait()`` returns when all of them have called it.
    """
    barrier, queue = CONTEXT.Barrier(n_processes), CONTEXT.Queue()
    processes = [
        CONTEXT.Process(target=_call, args=(barrier, queue, function, number, args))
        for number in range(n_processes)
    ]
    for process in processes:
        process.start()
    results = dict(queue.get(timeout=100) for _ in processes)
    for process in processes:
        process.join(60)
    assert [process.exitcode for process in processes] == [0] * n_processes
    return [results[number] for number in range(n_processes)]


def started(function, *args):
    """Return a process that calls a function."""
    process = CONTEXT.Process(target=function, args=args)
    process.start()
    return process


@contextlib.contextmanager
def unprivileged():
    """Drop the privilege of writing wherever one likes."""
    if os.geteuid() != 0:
        yield
        return
    os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(0)


@contextlib.contextmanager
def reachable_directory():
    """Make a directory that other users can enter, unlike those of pytest."""
    with tempfile.TemporaryDirectory() as directory:
        os.chmod(directory, 0o755)
        yield Path(directory)

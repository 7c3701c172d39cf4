"""Processes that start together, and processes that are killed."""

import multiprocessing

# The package is imported once, and not by each process.
CONTEXT = multiprocessing.get_context("forkserver")
CONTEXT.set_forkserver_preload(["skquantum"])


def _wait_and_call(barrier, queue, function, number, args):
    barrier.wait(60)
    queue.put((number, function(number, *args)))


def at_once(function, *args, n_processes=4):
    """Call ``function(number, *args)`` in several processes at once; return what they return."""
    barrier, queue = CONTEXT.Barrier(n_processes), CONTEXT.Queue()
    processes = [
        CONTEXT.Process(target=_wait_and_call, args=(barrier, queue, function, number, args))
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

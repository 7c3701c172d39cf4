"""Spreading rows over joblib workers: the only module that uses joblib.

Rows are independent of each other, so how they are cut into tasks never changes a result; it
only decides how often a worker starts a simulator and how often the progress bar moves.
"""

from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from itertools import pairwise

import numpy as np
from joblib import Parallel, delayed, effective_n_jobs
from tqdm.auto import tqdm

from skquantum._runtime._memory import blocks_of_rows

__all__ = ["MIN_SECONDS_TO_SHIP", "map_rows", "n_workers", "progress_bar", "sharing"]

# Starting worker processes takes a second or two, because each imports Qiskit. Work that is done
# in less time than that stays in the calling process.
MIN_SECONDS_TO_SHIP = 2.0
# Threads start at once.
MIN_SECONDS_TO_THREAD = 0.01

# More tasks than workers, so that a slow core does not leave the others waiting at the end.
TASKS_PER_WORKER = 4


def n_workers(n_jobs, estimated_seconds, *, threads):
    """Return how many workers joblib would use, or 1 where sharing costs more than it saves."""
    if estimated_seconds < (MIN_SECONDS_TO_THREAD if threads else MIN_SECONDS_TO_SHIP):
        return 1
    return effective_n_jobs(n_jobs)


def map_rows(
    task, rows, *, workers, n_jobs, threads, verbose, description, rows_per_step, rows_together=1
):
    """Yield `(slice, task(rows[slice]))` in order, over `workers` joblib workers.

    Parameters
    ----------
    task : callable
        Takes a block of rows. It is pickled when more than one worker is used.
    rows : ndarray of shape (n_rows, ...)
        What is cut into blocks.
    workers : int
        Result of :func:`n_workers`. With 1, joblib is left out altogether.
    n_jobs : int or None
        Passed on to :class:`joblib.Parallel`.
    threads : bool
        Whether the workers share memory; they are what joblib says otherwise.
    verbose : bool or int
        Whether a tqdm progress bar counts rows on stderr.
    description : str
        Label of the progress bar.
    rows_per_step : int
        Largest block in the serial case; upper limit of a task in the parallel one.
    rows_together : int, default=1
        Rows that take as long as one; blocks are multiples of them if `rows_per_step` is.

    Yields
    ------
    block : slice
        Which rows.
    result : object
        What `task` returned for them.
    """
    n_rows = len(rows)
    per_block = rows_per_step
    if workers > 1:
        share = -(-n_rows // (workers * TASKS_PER_WORKER * rows_together)) * rows_together
        per_block = min(per_block, share)
    blocks = list(blocks_of_rows(n_rows, max(1, per_block)))
    if workers > 1:
        calls = (delayed(task)(rows[block]) for block in blocks)
        results = _lazy_parallel(n_jobs, require="sharedmem" if threads else None)(calls)
    else:
        results = (task(rows[block]) for block in blocks)
    with progress_bar(n_rows, description, "row", verbose) as bar:
        results = iter(results)
        for block in blocks:
            # kept by nobody here, while the next one is computed
            yield block, next(results)
            bar.update(block.stop - block.start)


def progress_bar(total, description, unit, verbose):
    """Return a tqdm bar on stderr, which stays silent unless `verbose` is true."""
    return tqdm(total=total, desc=description, unit=unit, disable=not verbose)


def _lazy_parallel(n_jobs, require):
    """Return a `Parallel` that hands out results as they come, if the backend can."""
    try:
        return Parallel(n_jobs=n_jobs, require=require, return_as="generator")
    except ValueError:  # joblib's "multiprocessing" backend cannot
        return Parallel(n_jobs=n_jobs, require=require)


@contextmanager
def sharing(n_threads):
    """Give a function with which threads share loops over numbers that one row needs.

    Parameters
    ----------
    n_threads : int
        How many, at least 2.

    Yields
    ------
    share : callable
        ``share(task, n_items, *args)`` calls ``task(*args, start, stop)`` for parts of
        range(n_items), one for each thread, and returns when all are done; n_items > 0.
    """
    # joblib looks for results every 10 ms, which is longer than such a loop takes
    with ThreadPoolExecutor(n_threads - 1) as pool:

        def share(task, n_items, *args):
            edges = np.linspace(0, n_items, n_threads + 1).astype(int).tolist()
            own, *others = [part for part in pairwise(edges) if part[0] < part[1]]
            futures = [pool.submit(task, *args, *part) for part in others]
            task(*args, *own)
            for future in futures:
                future.result()

        yield share

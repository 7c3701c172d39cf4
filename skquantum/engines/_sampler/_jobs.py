"""Jobs that may fail: several in flight, retried with growing delays, none lost or used twice."""

import time
from collections import deque
from concurrent.futures import Future
from dataclasses import dataclass
from threading import Thread

from skquantum.exceptions import SimulationError

__all__ = ["JobSettings", "job_id", "run_jobs", "submitted"]


@dataclass(frozen=True)
class JobSettings:
    """How jobs are run.

    Attributes
    ----------
    max_in_flight : int
        How many at once.
    max_retries : int
        How often each is tried again.
    retry_delay : float
        Seconds before the first retry; twice as long before each further one.
    timeout : float or None
        How long to wait for a submission, and for a result (seconds).
    """

    max_in_flight: int
    max_retries: int
    retry_delay: float
    timeout: float | None


@dataclass
class _Work:
    chunk: object
    job: object = None
    failures: int = 0


def run_jobs(chunks, submit, read, accept, settings, *, remedy, sleep=None):
    """Run a job for every chunk and take the results in the order of the chunks.

    A job that cannot be submitted while others are in flight waits until one of them is done: the
    queue may be full. Whatever ends this early, results that are there by then are accepted, and
    the other jobs are cancelled if they can be.

    Parameters
    ----------
    chunks : iterable
        What to do; ``str(chunk)`` describes it.
    submit : callable
        ``submit(chunk)`` returns a job.
    read : callable
        ``read(chunk, result)`` returns a value, or raises if the result is not whole.
    accept : callable
        ``accept(chunk, value)`` keeps a value.
    settings : JobSettings
        How.
    remedy : str
        What to do when a chunk has failed too often.
    sleep : callable or None, default=None
        Waits for some seconds; None means :func:`time.sleep`.

    Raises
    ------
    SimulationError
        If a chunk has failed more than `max_retries` times.
    """
    sleep = sleep or time.sleep
    chunks = iter(chunks)
    works = deque()

    def fail(work, error):
        work.failures += 1
        job, work.job = work.job, None
        _cancel(job)
        if work.failures > settings.max_retries:
            name = f"Job {job_id(job)}" if job is not None else "The submission of a job"
            reason = str(error).removesuffix(".")
            raise SimulationError(
                f"{name} ({work.chunk}) failed, and so did all attempts, {work.failures} of them; "
                f"the last error was {type(error).__name__}: {reason}. {remedy}"
            ) from error
        sleep(settings.retry_delay * 2 ** (work.failures - 1))

    try:
        while True:
            while len(works) < settings.max_in_flight:
                chunk = next(chunks, None)
                if chunk is None:
                    break
                works.append(_Work(chunk))
            if not works:
                return
            head = works[0]
            for work in works:
                if work.job is None:
                    try:
                        work.job = submit(work.chunk)
                    except Exception as error:
                        if work is head:
                            fail(work, error)
                        break
            if head.job is None:
                continue
            try:
                value = read(head.chunk, _result(head.job, settings.timeout))
            except Exception as error:
                fail(head, error)
                continue
            accept(head.chunk, value)
            works.popleft()
    except BaseException:
        _rescue(works, read, accept, settings.timeout)
        raise


def _rescue(works, read, accept, timeout):
    """Accept the results that are there, cancel the other jobs."""
    for work in works:
        if work.job is None:
            continue
        try:
            if work.job.done():
                accept(work.chunk, read(work.chunk, _result(work.job, timeout)))
            else:
                _cancel(work.job)
        except Exception:  # what ended the run is reported, not this
            _cancel(work.job)


def _cancel(job):
    try:
        job.cancel()
    except Exception:  # finished, failed, or of a kind that cannot be cancelled
        return


def _result(job, timeout):
    return _within(timeout, job.result, "no result")


def submitted(run, timeout):
    """Return the job that a sampler's `run` returns, which has so many seconds.

    A job that comes later is cancelled, as another one is submitted for the same circuits.
    """
    return _within(timeout, run, "no answer to a submission", late=_cancel)


def _within(timeout, call, missing, late=None):
    """Return what a call returns; `late` gets what it returns when nobody waits any more."""
    if timeout is None:
        return call()
    future = Future()

    def wait():
        try:
            future.set_result(call())
        except BaseException as error:
            future.set_exception(error)

    try:
        # a daemon: a service that never answers must not keep the process from ending
        Thread(target=wait, daemon=True).start()
        return future.result(timeout)
    except BaseException as error:
        if isinstance(error, TimeoutError) and future.done():
            return future.result()  # in the last moment, or it is the service's own
        if late is not None:
            future.add_done_callback(lambda done: done.exception() or late(done.result()))
        if isinstance(error, TimeoutError):
            raise TimeoutError(f"{missing} within {timeout:g} seconds") from None
        raise


def job_id(job):
    """Return by what name a service knows a job, or None."""
    found = getattr(job, "job_id", None)
    return found() if callable(found) else found

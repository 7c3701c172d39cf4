"""Jobs that may fail: several in flight, retried with growing delays, none lost or used twice."""

import json
import time
from collections import deque
from concurrent.futures import Future
from dataclasses import dataclass
from itertools import islice
from threading import Thread

from qiskit.circuit import CircuitError

from skquantum.exceptions import SimulationError

__all__ = ["JobSettings", "job_id", "run_jobs", "submitted"]

# Lost connections, full queues, timeouts, responses that were cut off; NotImplementedError is a
# RuntimeError, too.
_MAY_HEAL = (OSError, RuntimeError, UnicodeError, json.JSONDecodeError)
# What a sampler or an estimator raises that refuses its input.
_OF_INPUT = (CircuitError, MemoryError, NotImplementedError, TypeError, ValueError)


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
    runs_here : bool, default=False
        Whether jobs are simulated in this process, where the same job fails again.
    primitive : {"sampler", "estimator"}, default="sampler"
        What runs them.
    """

    max_in_flight: int
    max_retries: int
    retry_delay: float
    timeout: float | None
    runs_here: bool = False
    primitive: str = "sampler"


@dataclass
class _Work:
    chunk: object
    job: object = None
    failures: int = 0


def run_jobs(chunks, submit, read, accept, settings, *, remedy, record=None, sleep=None):
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
    record : callable or None, default=None
        ``record(chunk, job)`` takes note of a submitted job. What it raises ends the run, as does
        what `accept` raises.
    sleep : callable or None, default=None
        Waits for some seconds; None means :func:`time.sleep`.

    Raises
    ------
    SimulationError
        If a chunk has failed more than `max_retries` times, or once in a way that another attempt
        would not change: if `submit` raises a TypeError, ValueError, NotImplementedError,
        MemoryError or CircuitError, or if a simulation in this process raises anything but an
        OSError or a RuntimeError.
    """
    sleep = sleep or time.sleep
    chunks = iter(chunks)
    works = deque()
    try:
        while True:
            works.extend(map(_Work, islice(chunks, settings.max_in_flight - len(works))))
            if not works:
                return
            head = works[0]
            for work in works:
                if work.job is not None:
                    continue
                try:
                    work.job = submit(work.chunk)
                except Exception as error:
                    if work is head:
                        _fail(work, error, settings, remedy, sleep)
                    break
                if record is not None:
                    record(work.chunk, work.job)
            if head.job is None:
                continue
            try:
                value = read(head.chunk, _result(head.job, settings.timeout))
            except Exception as error:
                _fail(head, error, settings, remedy, sleep)
                continue
            accept(head.chunk, value)
            works.popleft()
    except BaseException:
        _rescue(works, read, accept, settings.timeout)
        raise


def _fail(work, error, settings, remedy, sleep):
    """Wait for the next attempt, or raise if there is none."""
    work.failures += 1
    job, work.job = work.job, None
    name = "The submission of a job"
    if job is not None:
        _cancel(job)
        name = f"Job {job_id(job)}"
    reason = f"{type(error).__name__}: {str(error).removesuffix('.')}"
    if _is_hopeless(error, settings.runs_here, was_submitted=job is not None):
        raise SimulationError(
            f"{name} ({work.chunk}) failed, and would fail again; the error was {reason}. Check "
            f"the circuit, the pass_manager and the options of the {settings.primitive}."
        ) from error
    if work.failures > settings.max_retries:
        raise SimulationError(
            f"{name} ({work.chunk}) failed in all {work.failures} attempts; "
            f"the last error was {reason}. {remedy}"
        ) from error
    sleep(settings.retry_delay * 2 ** (work.failures - 1))


def _is_hopeless(error, runs_here, was_submitted):
    """Return whether another attempt would fail in the same way."""
    if isinstance(error, _MAY_HEAL) and not isinstance(error, NotImplementedError):
        return False
    # what a service says of a job that it has taken may be due to the device
    return runs_here or (not was_submitted and isinstance(error, _OF_INPUT))


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
    """Return the job that `run` of a sampler or an estimator returns, which has so many seconds.

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

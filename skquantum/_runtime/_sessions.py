"""Sessions: kept open between calls, and opened again by the workers that need them.

A session is made of an engine and a circuit, and lives in one process. What is here knows no
more of them than that.
"""

import os
from functools import partial
from threading import Lock, get_ident

from skquantum._runtime._parallel import map_rows, n_workers

__all__ = ["is_unchanged", "kept_fact", "kept_session", "run_rows"]

# More than one are in use where estimators that are fitted in turn share a process. Sessions that
# hold large tables count as several.
SESSIONS_KEPT = 16

_lock = Lock()
# key -> (what it was made of, what was made), the one that was used last at the end
_kept = {}
_facts = {}


def _forget_all():
    """Reset everything in a process that was forked: simulators and their threads stay behind."""
    global _lock
    _lock = Lock()
    _kept.clear()
    _facts.clear()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget_all)


def kept_session(engine, circuit, **options):
    """Return the session of a circuit that nobody changes, which is opened once.

    Parameters
    ----------
    engine : Engine
        Its settings may have changed since the last call: then the circuit is opened again.
    circuit : QuantumCircuit
        Known by its identity.
    **options
        Of ``engine.open``.

    Returns
    -------
    Session
        For this thread, unless threads may share one.
    """
    thread = None if engine.shares_memory else get_ident()
    key = id(circuit), id(engine), thread, *options.items()
    made_of = circuit, type(engine), dict(vars(engine))
    return _session(key, made_of, partial(engine.open, circuit, **options))


def _session(key, made_of, make):
    return _kept_or_made(_kept, key, made_of, make, lambda session: session.weight)


def kept_fact(function, circuit):
    """Return ``function(circuit)`` for a circuit that nobody changes, which is called once.

    Parameters
    ----------
    function : callable
        Takes the circuit.
    circuit : QuantumCircuit
        Known by its identity.

    Returns
    -------
    object
        What the function returned.
    """
    key = id(circuit), function
    return _kept_or_made(_facts, key, (circuit, {}), partial(function, circuit), lambda fact: 1)


def _kept_or_made(kept, key, made_of, make, weight):
    with _lock:
        found = kept.pop(key, None)
        if found is not None and _same(found[0], made_of):
            kept[key] = found
            return found[1]
    made = make()
    with _lock:
        kept[key] = made_of, made
        while len(kept) > 1 and sum(weight(one) for _, one in kept.values()) > SESSIONS_KEPT:
            del kept[next(iter(kept))]
    return made


def _same(old, new):
    """Compare what sessions are made of; the identity of objects is enough, and needed."""
    (*old_parts, old_settings), (*new_parts, new_settings) = old, new
    return all(a is b for a, b in zip(old_parts, new_parts, strict=True)) and is_unchanged(
        old_settings, new_settings
    )


def is_unchanged(a, b):
    """Say whether settings are equal: numbers and text by value, other objects by identity.

    Parameters
    ----------
    a, b : object
        Values, or tuples and dicts of them.

    Returns
    -------
    bool
        Whether nothing has changed.
    """
    if a is b:
        return True
    if type(a) is not type(b):
        return False
    if isinstance(a, dict):
        return a.keys() == b.keys() and all(is_unchanged(a[name], b[name]) for name in a)
    if isinstance(a, tuple):
        return len(a) == len(b) and all(map(is_unchanged, a, b))
    return isinstance(a, bool | int | float | str) and a == b


class _InWorker:
    """A method of a session, as it is sent to workers: without the session."""

    def __init__(self, session, method, args):
        self._engine = session.engine.single_threaded()
        self._circuit = session.circuit
        self._token = session.token
        self._method = method
        self._args = args

    def __call__(self, rows):
        # a worker knows the session by its token, for circuits are copied on their way
        key = self._token, get_ident()
        make = partial(self._engine.open, self._circuit)
        session = _session(key, (None, {}), make)
        return getattr(session, self._method)(rows, *self._args)


def run_rows(
    session, method, rows, out, *, args=(), times=1, n_jobs=None, verbose=False, description="rows"
):
    """Call a method of a session with blocks of rows, spread over joblib workers.

    Parameters
    ----------
    session : Session
        Of this process; workers that do not share its memory open it again, once each.
    method : str
        Takes rows, and `args`.
    rows : ndarray of shape (n_rows, ...)
        What is cut into blocks.
    out : ndarray of shape (n_rows, ...)
        Takes what the method returns.
    args : tuple, default=()
        Sent along with every block.
    times : float, default=1
        How often the session's ``seconds_per_row`` one row takes.
    n_jobs : int or None, default=None
        Workers, as joblib counts them.
    verbose : bool or int, default=False
        Whether to show a progress bar.
    description : str, default="rows"
        Its label.

    Returns
    -------
    ndarray of shape (n_rows, ...)
        `out`.
    """
    threads = session.engine.shares_memory
    workers = n_workers(n_jobs, session.seconds_per_row * times * len(rows), threads=threads)
    if workers > 1 and not threads:
        task = _InWorker(session, method, args)
    else:
        task = partial(_call, session, method, args)
    blocks = map_rows(
        task,
        rows,
        workers=workers,
        n_jobs=n_jobs,
        threads=threads,
        verbose=verbose,
        description=description,
        rows_per_step=session.rows_per_run,
        rows_together=session.rows_together,
    )
    for block, found in blocks:
        out[block] = found
        del found  # before the next one is computed
    return out


def _call(session, method, args, rows):
    return getattr(session, method)(rows, *args)

"""Files that are there as a whole or not at all, whoever writes, reads or dies at the same time."""

import contextlib
import hashlib
import os
import platform
import re
import stat
import time
from uuid import uuid4

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None

__all__ = ["create", "is_temporary", "locked", "read", "remove_stale_temporaries", "replace"]

_TEMPORARY = re.compile(r"\..+\.([0-9a-f]{8})-(\d+)-[0-9a-f]{32}\.tmp")
# Seconds after which a temporary file is stale, whoever wrote it.
_DAY = 86_400

_KINDS = {
    stat.S_IFDIR: "directory",
    stat.S_IFLNK: "symbolic link",
    stat.S_IFIFO: "named pipe",
    stat.S_IFSOCK: "socket",
}


def read(path):
    """Return the content of a regular file.

    Parameters
    ----------
    path : pathlib.Path
        Where it is.

    Returns
    -------
    bytes or None
        None if there is nothing.

    Raises
    ------
    ValueError
        If something else is there; a named pipe would be waited for without end.
    OSError
        If it cannot be read.
    """
    try:
        _refuse_irregular(path)
        return path.read_bytes()
    except FileNotFoundError:
        return None


def _refuse_irregular(path):
    mode = path.lstat().st_mode
    if not stat.S_ISREG(mode):
        kind = _KINDS.get(stat.S_IFMT(mode), "device")
        raise ValueError(f"{path} is a {kind} where a file is expected; remove it.")


def create(path, content):
    """Write a file unless there is one; of several processes, the first one wins.

    Parameters
    ----------
    path : pathlib.Path
        Where; its directory exists.
    content : bytes
        What.

    Raises
    ------
    OSError
        If it cannot be written; nothing is left behind then.
    """
    with _temporary(path, content) as temporary:
        try:
            os.link(temporary, path)
        except FileExistsError:
            pass
        except OSError:  # a file system without hard links
            with locked(path.parent):
                if not os.path.lexists(path):
                    os.rename(temporary, path)
    _flush(path.parent)


def replace(path, content):
    """Write a file, whether or not there is one.

    Parameters
    ----------
    path : pathlib.Path
        Where; its directory exists.
    content : bytes
        What.

    Raises
    ------
    ValueError
        If something other than a regular file is there.
    OSError
        If it cannot be written; what was there before still is.
    """
    with contextlib.suppress(FileNotFoundError):
        _refuse_irregular(path)
    with _temporary(path, content) as temporary:
        os.replace(temporary, path)
    _flush(path.parent)


@contextlib.contextmanager
def locked(path):
    """Keep other processes that ask for the lock of a directory or a file waiting.

    Where the system has no such locks, nobody waits.

    Parameters
    ----------
    path : pathlib.Path
        Whose lock.
    """
    with contextlib.ExitStack() as stack:
        with contextlib.suppress(OSError):  # some network file systems
            descriptor = stack.enter_context(_opened(path))
            if fcntl is not None:
                fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield


@contextlib.contextmanager
def _opened(path):
    descriptor = os.open(path, os.O_RDONLY)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def is_temporary(name):
    """Return whether a file of that name is one that is being written."""
    return _TEMPORARY.fullmatch(name) is not None


def remove_stale_temporaries(directory):
    """Remove what killed processes have left: files of dead processes, and those of days ago.

    Parameters
    ----------
    directory : pathlib.Path
        Where `create` and `replace` have written.
    """
    with os.scandir(directory) as entries:
        stale = [entry.path for entry in entries if _is_stale(entry)]
    for path in stale:
        with contextlib.suppress(OSError):  # another process removes them, too
            os.unlink(path)


def _is_stale(entry):
    match = _TEMPORARY.fullmatch(entry.name)
    if match is None:
        return False
    table, pid = match.groups()
    if table == _process_table() and os.name == "posix" and not _is_alive(int(pid)):
        return True
    try:
        return time.time() - entry.stat(follow_symlinks=False).st_mtime > _DAY
    except FileNotFoundError:
        return False


def _is_alive(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except (OSError, OverflowError):  # of another user, say
        return True
    return True


def _process_table():
    """Return a name of the machine or container that a process number belongs to."""
    try:
        namespace = os.stat("/proc/self/ns/pid").st_ino
    except OSError:
        namespace = 0
    return hashlib.sha256(f"{platform.node()} {namespace}".encode()).hexdigest()[:8]


@contextlib.contextmanager
def _temporary(path, content):
    """Write a file beside its place, and remove what is left of it in the end."""
    name = f".{path.name}.{_process_table()}-{os.getpid()}-{uuid4().hex}.tmp"
    temporary = path.with_name(name)
    try:
        with open(temporary, "xb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        yield temporary
    finally:
        with contextlib.suppress(OSError):
            temporary.unlink()


def _flush(directory):
    """Have the names of files survive a power failure, where a directory can be flushed."""
    with contextlib.suppress(OSError), _opened(directory) as descriptor:
        os.fsync(descriptor)

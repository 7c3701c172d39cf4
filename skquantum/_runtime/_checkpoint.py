"""Work that survives the process: finished pieces on disk, each under what it depends on."""

import contextlib
import errno
import hashlib
import json
import os
import re
import warnings
from pathlib import Path

import numpy as np

from skquantum._runtime import _files, _records
from skquantum._runtime._fingerprint import fingerprint_part

__all__ = ["Checkpoint"]

MANIFEST = "manifest.json"
PIECE = ".npy"
NOTE = ".json"
# A name of a file may have 255 bytes, of which a fingerprint and a temporary file take some.
LONGEST_KEY = 100

_READ_ONLY = (errno.EROFS, errno.EACCES, errno.EPERM)
_REMEDIES = dict.fromkeys(_READ_ONLY, "change its permissions") | {
    errno.EROFS: "make it writable",
    **dict.fromkeys((errno.ENOSPC, errno.EDQUOT, errno.EFBIG), "free that much space"),
}


class Checkpoint:
    """The finished pieces of one computation, in a directory that may hold those of others.

    Any number of computations share a directory: those of the folds of a cross-validation, say.
    They are told apart by their fingerprints, of which each file carries a digest in its name and
    in its checksum. So a file is never taken for that of another computation or of another key,
    and a damaged one is never taken at all.

    Every file is written beside its place, flushed to the disk and then moved there, so that
    whatever happens, it is there as a whole or not at all. Several processes may work on one
    directory: what the first of them stores is what all of them get. Nothing is written before the
    first piece or note is stored, so that a read-only disk serves readers.

    Parameters
    ----------
    directory : str or path-like
        Where the files are; made with the first of them if it is missing.
    fingerprint : dict
        What the pieces depend on besides their keys, by name: numbers, text, arrays, circuits,
        None, and lists and dicts of them. Objects that are equal leave equal fingerprints in every
        process.

    Attributes
    ----------
    directory : pathlib.Path
        Where the files are.

    Raises
    ------
    ValueError
        If the directory holds other files, is damaged, or was begun with other versions (see
        Notes).
    TypeError
        If a part of the fingerprint is of another kind.
    OSError
        If something cannot be read.

    Notes
    -----
    The directory holds ``manifest.json`` (format and versions), and for each computation, under
    the first 16 digits of its digest, ``<digest>.json`` (the parts of its fingerprint),
    ``<digest>-<key>.npy`` (pieces, which :func:`numpy.load` reads as well) and
    ``<digest>-<key>.json`` (notes).

    A directory is continued with the versions that it was begun with, on which the last bits may
    depend: another version of skquantum, or another minor version (2.5, 2.6) of Qiskit, Qiskit Aer
    or NumPy is refused; another patch release (2.6.1, 2.6.2) leaves a warning.

    Examples
    --------
    >>> import tempfile
    >>> import numpy as np
    >>> from skquantum._runtime._checkpoint import Checkpoint
    >>> with tempfile.TemporaryDirectory() as directory:
    ...     checkpoint = Checkpoint(directory, {"shots": 100})
    ...     _ = checkpoint.put("first", np.array([0.5, 0.25]))
    ...     print(Checkpoint(directory, {"shots": 100}).get("first"))
    ...     print(Checkpoint(directory, {"shots": 200}).get("first"))
    [0.5  0.25]
    None
    """

    def __init__(self, directory, fingerprint):
        self.directory = Path(directory)
        parts = {str(name): fingerprint_part(name, value) for name, value in fingerprint.items()}
        digests = {name: part["sha256"] for name, part in parts.items()}
        self._digest = hashlib.sha256(json.dumps(digests, sort_keys=True).encode()).hexdigest()
        self._parts = dict(sorted(parts.items()))
        self._warned = set()
        self._is_prepared = False
        self._check_directory()

    def get(self, key, shape=None):
        """Return a finished piece.

        Parameters
        ----------
        key : str
            Its name.
        shape : tuple of int or None, default=None
            The first lengths that it must have; None takes any.

        Returns
        -------
        ndarray or None
            None if it is not there, is damaged, belongs to another key or computation, or has
            another shape.

        Raises
        ------
        ValueError
            If there is a directory, a link or a pipe in its place.
        OSError
            If it cannot be read.

        Warns
        -----
        UserWarning
            If there is a file that cannot be used (once).
        """
        path = self._path(key, PIECE)
        with self._explained(f"read {path.name}"):
            content = _files.read(path)
        if content is None:
            return None
        array = _records.unpack(content, {"key": key, "fingerprint": self._digest})
        if array is not None and (shape is None or array.shape[: len(shape)] == tuple(shape)):
            return array
        self._warn_once(
            "piece",
            f"The file {path.name} of the checkpoint in {self.directory} is damaged or belongs "
            "elsewhere; its content is computed again.",
        )
        return None

    def put(self, key, array):
        """Store a finished piece, unless another process was first; it is on the disk then.

        Parameters
        ----------
        key : str
            Its name: up to 100 letters, digits, "-", "_" and ".".
        array : ndarray
            Numbers.

        Returns
        -------
        ndarray
            What is there now.

        Raises
        ------
        OSError
            If the disk is full, say; what was there before still is.

        Warns
        -----
        UserWarning
            If nothing can be written because the directory is read-only (once); then `array` is
            returned.
        """
        array = np.asarray(array)
        path = self._path(key, PIECE)
        content = _records.pack(array, {"key": key, "fingerprint": self._digest})
        is_writable = self._write_if_possible(_files.create, path, content)
        found = self.get(key, array.shape)
        if found is None and is_writable:  # a file is there that cannot be used
            with _files.locked(self.directory):
                found = self.get(key, array.shape)
                if found is None:
                    self._write_if_possible(_files.replace, path, content)
        return array if found is None else found

    def note_once(self, key, value):
        """Store a note, unless another process was first, and return what all of them get.

        Parameters
        ----------
        key : str
            Its name; notes of both kinds share names, pieces and notes do not.
        value : object
            What JSON can hold, such as a seed.

        Returns
        -------
        object
            What JSON makes of what was stored first.

        Raises
        ------
        ValueError
            If the note is damaged; another value could belie what is stored already.
        OSError
            If it has to be written and cannot be.
        """
        path, binding = self._path(key, NOTE), (self._digest, key, "once")
        unknown = f"with which {key} its pieces were computed"
        if (record := self._record(path, binding, unknown)) is None:
            self._write(_files.create, path, _records.seal({"value": value}, *binding))
            record = self._record(path, binding, unknown)
        return record["value"]

    def get_note(self, key):
        """Return a note that may change.

        Parameters
        ----------
        key : str
            Its name.

        Returns
        -------
        object or None
            What JSON makes of what was put last; None if it is not there or damaged.

        Raises
        ------
        ValueError
            If there is a directory, a link or a pipe in its place.
        """
        path = self._path(key, NOTE)
        with self._explained(f"read {path.name}"):
            content = _files.read(path)
        if content is None:
            return None
        record = _records.unseal(content, self._digest, key)
        if record is None:
            self._warn_once(
                "note",
                f"The note {path.name} of the checkpoint in {self.directory} is damaged and "
                "ignored; what it said (the numbers of jobs, say) is lost.",
            )
            return None
        return record["value"]

    def put_note(self, key, value):
        """Store a note that may change, such as the number of a job.

        Parameters
        ----------
        key : str
            Its name.
        value : object
            What JSON can hold.

        Raises
        ------
        OSError
            If the disk is full, say.

        Warns
        -----
        UserWarning
            If nothing can be written because the directory is read-only (once).
        """
        content = _records.seal({"value": value}, self._digest, key)
        self._write_if_possible(_files.replace, self._path(key, NOTE), content)

    def keys(self, prefix, *, notes=False):
        """Return the names that begin with a prefix, in order.

        Parameters
        ----------
        prefix : str
            How they begin.
        notes : bool, default=False
            Whether those of notes are asked for, rather than of pieces.

        Returns
        -------
        list of str
            Names; what is there by them may turn out to be damaged.

        Raises
        ------
        OSError
            If the directory cannot be read.
        """
        start, ending = f"{self._digest[:16]}-", NOTE if notes else PIECE
        with self._explained("be listed"), contextlib.suppress(FileNotFoundError):
            names = [name for name in os.listdir(self.directory) if name.endswith(ending)]
            found = [name[len(start) : -len(ending)] for name in names if name.startswith(start)]
            return sorted(key for key in found if key.startswith(prefix))
        return []

    def locked(self):
        """Keep other processes that ask for the same waiting, within a ``with`` statement.

        Pieces and notes can be stored meanwhile, by all of them. Where nothing is stored yet, or
        the file system has no such locks, nobody waits.
        """
        return _files.locked(self._computation)

    def _path(self, key, ending):
        if not re.fullmatch(rf"[A-Za-z0-9_][A-Za-z0-9_.-]{{,{LONGEST_KEY - 1}}}", key):
            raise ValueError(
                f"{key!r} is not a valid name for a piece of a checkpoint; use up to "
                f"{LONGEST_KEY} letters, digits, '-', '_' and '.'."
            )
        return self.directory / f"{self._digest[:16]}-{key}{ending}"

    @property
    def _computation(self):
        """Return the path of the file with the parts of the fingerprint."""
        return self.directory / f"{self._digest[:16]}.json"

    def _check_directory(self):
        """Raise unless the directory is missing, empty, or a checkpoint to be continued."""
        with self._explained("be opened"):
            if self.directory.exists() and not self.directory.is_dir():
                raise ValueError(f"The checkpoint {self.directory} is a file; pass a directory.")
            manifest = self._record(self.directory / MANIFEST, (), "what it belongs to")
            if manifest is None:
                self._refuse_other_files()
                return
        if manifest["format"] != _records.FORMAT:
            raise ValueError(
                f"The checkpoint in {self.directory} has format {manifest['format']}, but this "
                f"version of skquantum reads format {_records.FORMAT}; pass another directory."
            )
        self._compare_versions(manifest["versions"])
        self._record(self._computation, (self._digest,), "which computation its files belong to")

    def _prepare(self):
        """Have everything in place for the first file that is written."""
        self.directory.mkdir(parents=True, exist_ok=True)
        self._refuse_other_files()
        _files.remove_stale_temporaries(self.directory)
        manifest = {"format": _records.FORMAT, "versions": _records.installed_versions()}
        records = {
            self.directory / MANIFEST: _records.seal(manifest),
            self._computation: _records.seal({"fingerprint": self._parts}, self._digest),
        }
        for path, content in records.items():
            if not os.path.lexists(path):
                _files.create(path, content)
        self._check_directory()  # another process may have been first
        self._is_prepared = True

    def _refuse_other_files(self):
        if not self.directory.exists():
            return
        names = [path.name for path in self.directory.iterdir()]
        others = [name for name in names if not _files.is_temporary(name)]
        # the manifest is made first, maybe just now by another process
        if others and not os.path.lexists(self.directory / MANIFEST):
            raise ValueError(
                f"The directory {self.directory} holds other files (such as {min(others)!r}), but "
                "no checkpoint; pass a directory that is empty or does not exist."
            )

    def _compare_versions(self, then):
        now = _records.installed_versions()
        changed = [name for name in now if then.get(name) != now[name]]
        said = ", ".join(f"{name} {then.get(name)} (now {now[name]})" for name in changed)
        if _records.lasting_versions(then) != _records.lasting_versions(now):
            raise ValueError(
                f"The checkpoint in {self.directory} was begun with {said}, which may give other "
                "numbers; install these versions, pass another directory, or delete this one to "
                "start again."
            )
        if changed:
            self._warn_once(
                "versions",
                f"The checkpoint in {self.directory} was begun with {said}; what is added may "
                "differ in the last bits.",
            )

    def _record(self, path, binding, unknown):
        """Return the record in a file that is checked; None if there is no file."""
        with self._explained(f"read {path.name}"):
            content = _files.read(path)
        if content is None:
            return None
        if (record := _records.unseal(content, *binding)) is None:
            raise ValueError(
                f"The checkpoint in {self.directory} has a damaged {path.name}, so that {unknown} "
                "is unknown; restore the file from a backup, delete the directory to start again, "
                "or pass another one."
            )
        return record

    def _write(self, write, path, content):
        with self._explained(f"store {path.name} ({len(content)} bytes)"):
            if not self._is_prepared:
                self._prepare()
            write(path, content)

    def _write_if_possible(self, write, path, content):
        """Write, or warn that the directory is read-only and return False."""
        try:
            self._write(write, path, content)
        except OSError as error:
            if error.errno not in _READ_ONLY:
                raise
            message = f"{error.strerror}; what is computed now is returned, but not stored."
            self._warn_once("read-only", message)
            return False
        return True

    @contextlib.contextmanager
    def _explained(self, action):
        """Say what could not be done, and what to do, where the system says its reason only."""
        try:
            yield
        except OSError as error:
            if isinstance(error.__cause__, OSError):  # explained already
                raise
            reason = error.strerror or error
            remedy = _REMEDIES.get(error.errno, "check the file system")
            raise OSError(
                error.errno,
                f"The checkpoint in {self.directory} cannot {action}: {reason}; {remedy}, "
                "or pass another directory (what is stored already is kept).",
            ) from error

    def _warn_once(self, topic, message):
        if topic not in self._warned:
            self._warned.add(topic)
            warnings.warn(message)

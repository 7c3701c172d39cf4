"""Work that survives the process: finished pieces on disk, under a fingerprint of the input."""

import hashlib
import json
import os
import re
from io import BytesIO
from pathlib import Path
from uuid import uuid4

import numpy as np
from qiskit import QuantumCircuit

from skquantum._circuits import array_text, circuit_text

__all__ = ["Checkpoint"]

FORMAT = 1
MANIFEST = "manifest.json"
CHUNK = ".npy"
NOTE = ".json"
CHECKSUM_BYTES = 32


class Checkpoint:
    """A directory of finished pieces of one computation.

    Every file is written beside its place, flushed to the disk and then moved there, so that
    whatever happens, a piece is there as a whole or not at all. Several processes may work on one
    directory: they write equal pieces.

    Parameters
    ----------
    directory : str or path-like
        Where the pieces are; made if it is missing.
    fingerprint : dict
        What the pieces depend on, by name: numbers, text, arrays, circuits, None, and lists and
        dicts of them. Objects that are equal leave equal fingerprints in every process.

    Attributes
    ----------
    directory : pathlib.Path
        Where the pieces are.

    Raises
    ------
    ValueError
        If the directory belongs to another fingerprint (the message says which parts differ), or
        holds other files.
    TypeError
        If a part of the fingerprint is of another kind.

    Examples
    --------
    >>> import tempfile
    >>> import numpy as np
    >>> from skquantum._checkpoint import Checkpoint
    >>> with tempfile.TemporaryDirectory() as directory:
    ...     checkpoint = Checkpoint(directory, {"shots": 100})
    ...     _ = checkpoint.put("first", np.array([0.5, 0.25]))
    ...     print(Checkpoint(directory, {"shots": 100}).get("first"), checkpoint.get("second"))
    [0.5  0.25] None
    """

    def __init__(self, directory, fingerprint):
        self.directory = Path(directory)
        parts = {str(name): _part(name, value) for name, value in fingerprint.items()}
        manifest = {"format": FORMAT, "fingerprint": dict(sorted(parts.items()))}
        if self.directory.exists() and not self.directory.is_dir():
            raise ValueError(f"The checkpoint {self.directory} is a file; pass a directory.")
        self.directory.mkdir(parents=True, exist_ok=True)
        path = self.directory / MANIFEST
        if not path.exists():
            self._refuse_other_files()
            self._create(path, json.dumps(manifest, indent=1).encode())
        self._compare(path, parts)

    def get(self, key):
        """Return a finished piece.

        Parameters
        ----------
        key : str
            Its name.

        Returns
        -------
        ndarray or None
            None if it is not there, or is not whole.
        """
        try:
            content = self._path(key, CHUNK).read_bytes()
        except FileNotFoundError:
            return None
        payload, checksum = content[:-CHECKSUM_BYTES], content[-CHECKSUM_BYTES:]
        if hashlib.sha256(payload).digest() != checksum:
            return None
        return np.load(BytesIO(payload), allow_pickle=False)

    def put(self, key, array):
        """Store a finished piece, unless another process was first; it is on the disk then.

        Parameters
        ----------
        key : str
            Its name: letters, digits, "-", "_" and ".".
        array : ndarray
            Numbers.

        Returns
        -------
        ndarray
            What is there now.
        """
        buffer = BytesIO()
        np.save(buffer, array, allow_pickle=False)
        payload = buffer.getvalue()
        # np.load reads the file too, and stops before the checksum
        content = payload + hashlib.sha256(payload).digest()
        path = self._path(key, CHUNK)
        self._create(path, content)
        if (found := self.get(key)) is None:  # a damaged one was there
            self._write(path, content)
            found = array
        return found

    def get_note(self, key):
        """Return a note.

        Parameters
        ----------
        key : str
            Its name.

        Returns
        -------
        object or None
            What JSON makes of what was put; None if it is not there.
        """
        try:
            return json.loads(self._path(key, NOTE).read_bytes())
        except (FileNotFoundError, ValueError):
            return None

    def put_note(self, key, value):
        """Store a note, such as the number of a job.

        Parameters
        ----------
        key : str
            Its name; pieces and notes do not share names.
        value : object
            What JSON can hold.
        """
        self._write(self._path(key, NOTE), json.dumps(value).encode())

    def _path(self, key, ending):
        if not re.fullmatch(r"[A-Za-z0-9_][A-Za-z0-9_.-]*", key) or key + ending == MANIFEST:
            raise ValueError(
                f"{key!r} is no name for a piece of a checkpoint; use letters, digits, '-', '_' "
                "and '.', and not 'manifest'."
            )
        return self.directory / (key + ending)

    def _refuse_other_files(self):
        others = [path.name for path in self.directory.iterdir() if not _is_temporary(path)]
        # another process may have made the manifest just now
        if others and not (self.directory / MANIFEST).exists():
            raise ValueError(
                f"The directory {self.directory} holds {len(others)} files ({others[0]!r} for "
                "one), but no checkpoint; pass a directory that is empty or not there."
            )

    def _create(self, path, content):
        """Write a file unless another process was first."""
        temporary = self._temporary(path, content)
        try:
            os.link(temporary, path)
        except FileExistsError:
            pass
        except OSError:  # no links on this file system
            os.replace(temporary, path)
        finally:
            temporary.unlink(missing_ok=True)
        self._flush_directory()

    def _write(self, path, content):
        temporary = self._temporary(path, content)
        try:
            os.replace(temporary, path)
        finally:
            temporary.unlink(missing_ok=True)
        self._flush_directory()

    def _temporary(self, path, content):
        temporary = path.with_name(f".{path.name}.{uuid4().hex}.tmp")
        with open(temporary, "xb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        return temporary

    def _flush_directory(self):
        if os.name != "posix":  # elsewhere directories cannot be opened
            return
        descriptor = os.open(self.directory, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)

    def _compare(self, path, parts):
        try:
            manifest = json.loads(path.read_bytes())
            found, version = manifest["fingerprint"], manifest["format"]
        except (ValueError, KeyError, TypeError) as error:
            raise ValueError(
                f"The checkpoint in {self.directory} has a damaged {MANIFEST}, so that what it "
                "belongs to is unknown; delete the directory, or pass another one."
            ) from error
        changes = [] if version == FORMAT else [f"its format was {version}, now {FORMAT}"]
        changes += [_change(name, found.get(name), parts.get(name)) for name in found | parts]
        if any(changes):
            raise ValueError(
                f"The checkpoint in {self.directory} belongs to other work: "
                f"{'; '.join(filter(None, changes))}. Pass another directory, or delete this one "
                "to start again."
            )


def _is_temporary(path):
    return path.name.startswith(".") and path.name.endswith(".tmp")


def _change(name, old, new):
    """Say what has become of a part of a fingerprint; None if it is the same."""
    if old is None:
        return f"{name} was not there, now {new['is']}"
    if new is None:
        return f"{name} was {old['is']}, now not there"
    if old["sha256"] == new["sha256"]:
        return None
    if old["is"] == new["is"]:
        return f"{name} has changed ({new['is']} before and now)"
    return f"{name} was {old['is']}, now {new['is']}"


def _part(name, value):
    """Return what a manifest keeps of a part of a fingerprint."""
    try:
        text = _text(value)
    except TypeError as error:
        raise TypeError(f"{name!r} of a fingerprint {error}") from None
    return {"is": _short(value), "sha256": hashlib.sha256(text.encode()).hexdigest()}


def _short(value):
    if isinstance(value, QuantumCircuit):
        return f"a circuit of {value.num_qubits} qubits and {value.size()} gates"
    if isinstance(value, np.ndarray):
        return f"an array of shape {value.shape}"
    text = _text(value)
    return text if len(text) <= 80 else f"a {type(value).__name__}"


def _text(value):
    """Return a text that is equal for equal values only, in every process."""
    if isinstance(value, np.generic):
        value = value.item()
    if value is None or isinstance(value, bool | int | float | complex | str | bytes):
        return repr(value)
    if isinstance(value, QuantumCircuit):
        return circuit_text(value)
    if isinstance(value, np.ndarray) and value.dtype.kind in "biufcSU":
        return array_text(value)
    if isinstance(value, dict):
        items = sorted((_text(key), _text(item)) for key, item in value.items())
        return "{" + ", ".join(f"{key}: {item}" for key, item in items) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(_text, value)) + "]"
    kind = f"{type(value).__module__}.{type(value).__qualname__}"
    raise TypeError(
        f"holds a {kind}, which has no text that stays the same; use numbers, text, arrays and "
        "circuits, or lists and dicts of them."
    )

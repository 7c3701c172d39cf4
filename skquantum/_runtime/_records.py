"""What the files of a checkpoint hold: arrays and records, bound by checksums to what they are."""

import functools
import hashlib
import importlib.metadata
import json
from io import BytesIO

import numpy as np

__all__ = ["FORMAT", "installed_versions", "lasting_versions", "pack", "seal", "unpack", "unseal"]

FORMAT = 2

# What results depend on in the last bits, if not in more.
_PACKAGES = ("skquantum", "qiskit", "qiskit-aer", "numpy")
_CHECKSUM_BYTES = 32


@functools.cache
def installed_versions():
    """Return the versions of what results depend on, by name; None if it is not installed."""
    from skquantum._version import __version__  # of the package that this module is a part of

    versions = {"skquantum": __version__}
    for name in _PACKAGES[1:]:
        try:
            versions[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            versions[name] = None
    return versions


def lasting_versions(versions):
    """Return the parts of versions that have to stay: all of our own, major and minor of others."""
    found = {name: versions.get(name) for name in _PACKAGES}
    return {
        name: version if name == "skquantum" or version is None else version.split(".")[:2]
        for name, version in found.items()
    }


def pack(array, description):
    """Return the bytes of a file that holds an array, what it is, and a checksum of both.

    :func:`numpy.load` reads it as well, and stops after the array.

    Parameters
    ----------
    array : ndarray
        Numbers.
    description : dict
        What the array is bound to: text by name.

    Returns
    -------
    bytes
        Content of a file.
    """
    buffer = BytesIO()
    np.save(buffer, array, allow_pickle=False)
    description = {"format": FORMAT, **description, "versions": installed_versions()}
    content = buffer.getvalue() + json.dumps(description).encode()
    return content + hashlib.sha256(content).digest()


def unpack(content, description):
    """Return the array of a file that `pack` has made.

    Parameters
    ----------
    content : bytes
        Content of the file.
    description : dict
        What the array has to be bound to.

    Returns
    -------
    ndarray or None
        None if the content is damaged, bound to something else, or made with versions that may
        give other numbers.
    """
    content, checksum = content[:-_CHECKSUM_BYTES], content[-_CHECKSUM_BYTES:]
    if hashlib.sha256(content).digest() != checksum:
        return None
    buffer = BytesIO(content)
    try:
        array = np.load(buffer, allow_pickle=False)
        found = json.loads(buffer.read())
        versions = lasting_versions(found.pop("versions"))
    except (ValueError, KeyError, TypeError, AttributeError, EOFError):  # another kind of file
        return None
    is_expected = found == {"format": FORMAT, **description}
    return array if is_expected and versions == lasting_versions(installed_versions()) else None


def seal(record, *binding):
    """Return the bytes of a file that holds a record and a checksum.

    Parameters
    ----------
    record : dict
        What JSON can hold, by name.
    *binding : str
        What the record is bound to besides its content.

    Returns
    -------
    bytes
        Content of a file.
    """
    return json.dumps(record | {"sha256": _checksum(record, binding)}, indent=1).encode()


def unseal(content, *binding):
    """Return the record of a file that `seal` has made; None if damaged or bound elsewhere."""
    try:
        record = json.loads(content)
        checksum = record.pop("sha256")
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return None
    return record if checksum == _checksum(record, binding) else None


def _checksum(record, binding):
    return hashlib.sha256(json.dumps([binding, record]).encode()).hexdigest()

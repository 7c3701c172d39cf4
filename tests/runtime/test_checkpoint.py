"""Checkpoints: whole or not there, for the right input only, whoever writes at the same time."""

import contextlib
import itertools
import json
import os
import resource
import shutil
import signal
import socket
import stat
import subprocess
import sys
import tempfile
import textwrap
import time
import warnings
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from numpy.testing import assert_array_equal
from processes import CONTEXT, at_once, reachable_directory, started, unprivileged
from qiskit.circuit.library import (
    zz_feature_map,
)

from skquantum._runtime import _records
from skquantum._runtime._checkpoint import Checkpoint

FINGERPRINT = {
    "circuit": zz_feature_map(2),
    "X": np.arange(6.0).reshape(3, 2),
    "shots": 100,
    "seed": None,
    "settings": {"method": "statevector", "options": [1, 2.5, True]},
}


def path_of(directory, ending):
    """Return the one file of a checkpoint with that ending."""
    (path,) = directory.glob(f"*{ending}")
    return path


def manifests(directory):
    """Return the names of the files that say what a directory holds."""
    names = {path.name for path in Path(directory).glob("*.json")}
    return {name for name in names if "-" not in name}


@contextlib.contextmanager
def at_most(seconds):
    """Interrupt what would wait without end."""

    def interrupt(*args):
        raise TimeoutError(f"not done in {seconds} s")

    before = signal.signal(signal.SIGALRM, interrupt)
    signal.alarm(seconds)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


# --- Pieces and notes ------------------------------------------------------------------------


@pytest.mark.parametrize(
    "array",
    [
        np.arange(5.0),
        np.array(0.1),
        np.empty((0, 3)),
        np.array([[1 + 2j]]),
        np.array([1, 2]),
        np.asfortranarray(np.arange(6, dtype=np.float32).reshape(2, 3)),
    ],
)
def test_pieces_come_back_to_the_bit(tmp_path, array):
    Checkpoint(tmp_path, FINGERPRINT).put("a", array)
    again = Checkpoint(str(tmp_path), FINGERPRINT)
    assert_array_equal(again.get("a"), array, strict=True)
    assert_array_equal(again.get("a", array.shape), array, strict=True)
    assert again.get("b") is None
    assert_array_equal(np.load(path_of(tmp_path, "-a.npy")), array)  # for those who look into it


def test_notes_that_change(tmp_path):
    checkpoint = Checkpoint(tmp_path, {})
    assert checkpoint.get_note("a") is None
    for jobs in (["x", None], ["y"]):
        checkpoint.put_note("a", {"jobs": jobs})
        assert Checkpoint(tmp_path, {}).get_note("a") == {"jobs": jobs}


def test_notes_that_are_stored_once(tmp_path):
    assert Checkpoint(tmp_path, {}).note_once("seed", 2**62 + 1) == 2**62 + 1
    assert Checkpoint(tmp_path, {}).note_once("seed", 5) == 2**62 + 1
    assert Checkpoint(tmp_path, {"other": 1}).note_once("seed", 5) == 5
    assert Checkpoint(tmp_path, {}).note_once("other", {"a": [1.5, None]}) == {"a": [1.5, None]}


def test_who_is_first_is_kept(tmp_path):
    one, other = Checkpoint(tmp_path, {}), Checkpoint(tmp_path, {})
    assert_array_equal(one.put("a", np.ones(3)), np.ones(3))
    assert_array_equal(other.put("a", np.zeros(3)), np.ones(3))
    assert_array_equal(one.get("a"), np.ones(3))


# --- Damage ----------------------------------------------------------------------------------


def damaged(whole):
    """Yield contents that differ from a whole one."""
    for length in range(len(whole)):
        yield whole[:length]
    for position in range(len(whole)):
        flipped = bytearray(whole)
        flipped[position] ^= 1
        yield bytes(flipped)
    yield whole + b"\n"


@pytest.mark.filterwarnings("ignore:The file .* is damaged or belongs elsewhere")
def test_damaged_pieces_are_not_there(tmp_path):
    checkpoint = Checkpoint(tmp_path, {})
    array = np.random.default_rng(0).random(4)
    checkpoint.put("a", array)
    path = path_of(checkpoint.directory, ".npy")
    whole = path.read_bytes()
    for content in damaged(whole):
        path.write_bytes(content)
        assert checkpoint.get("a") is None
    assert_array_equal(checkpoint.put("a", array + 1), array + 1)
    assert_array_equal(Checkpoint(tmp_path, {}).get("a"), array + 1)


def test_damage_is_said_once(tmp_path):
    checkpoint = Checkpoint(tmp_path, {})
    for key in "ab":
        checkpoint.put(key, np.ones(3))
        path_of(tmp_path, f"-{key}.npy").write_bytes(b"")
    with pytest.warns(UserWarning, match=r"-a\.npy of .* is damaged or belongs elsewhere; its con"):
        assert checkpoint.get("a") is None
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert checkpoint.get("b") is None
        checkpoint.put("b", np.ones(3))


@pytest.mark.filterwarnings("ignore:The file .* is damaged or belongs elsewhere")
def test_pieces_are_never_taken_for_others(tmp_path):
    checkpoint = Checkpoint(tmp_path / "one", {})
    for key, n_rows in [("a", 3), ("b", 3), ("c", 2)]:
        checkpoint.put(key, np.full((n_rows, 2), ord(key)))
    here = path_of(checkpoint.directory, "-a.npy")
    # another key, with as many rows and with fewer
    for key in "bc":
        shutil.copy(path_of(checkpoint.directory, f"-{key}.npy"), here)
        assert checkpoint.get("a") is None
    # another computation, in another directory and in the same one
    for directory in ("other", "one"):
        other = Checkpoint(tmp_path / directory, {"shots": 1})
        other.put("other", np.zeros((3, 2)))
        other.put("a", np.zeros((3, 2)))
        (source,) = (p for p in other.directory.glob("*-a.npy") if p != here)
        shutil.copy(source, here)
        assert checkpoint.get("a") is None
    # what NumPy writes, and what is whole but of another shape
    np.save(here, np.zeros((3, 2)))
    assert checkpoint.get("a") is None
    assert_array_equal(checkpoint.put("a", np.ones((3, 2))), np.ones((3, 2)))
    assert checkpoint.get("a", (2,)) is checkpoint.get("a", (3, 3)) is None
    assert checkpoint.get("a", (3, 2, 1)) is None
    assert checkpoint.get("a", (3,)).shape == checkpoint.get("a", (3, 2)).shape == (3, 2)
    assert_array_equal(checkpoint.put("a", np.zeros((4, 2))), np.zeros((4, 2)))


def test_a_damaged_seed_is_an_error(tmp_path):
    """Another seed would silently give other shots than those that are stored."""
    checkpoint = Checkpoint(tmp_path, {})
    checkpoint.note_once("entropy", 7)
    path = path_of(checkpoint.directory, "-entropy.json")
    whole = path.read_bytes()
    assert whole.count(b"7,") == 1
    contents = [*damaged(whole), whole.replace(b"7,", b"8,")]
    Checkpoint(tmp_path, {"other": 1}).note_once("entropy", 9)
    (elsewhere,) = (p for p in tmp_path.glob("*-entropy.json") if p != path)
    contents.append(elsewhere.read_bytes())
    for content in contents:
        path.write_bytes(content)
        if content.strip() == whole.strip() or json_equal(content, whole):
            continue  # only spaces differ
        for value in (7, 8):
            with pytest.raises(ValueError, match=r"has a damaged .*-entropy\.json, so that with w"):
                checkpoint.note_once("entropy", value)
        assert path.read_bytes() == content
    path.write_bytes(whole)
    assert checkpoint.note_once("entropy", 8) == 7


def json_equal(first, second):
    try:
        return json.loads(first) == json.loads(second)
    except ValueError:
        return False


def test_damaged_notes_are_said_to_be_lost(tmp_path):
    checkpoint = Checkpoint(tmp_path, {})
    checkpoint.put_note("a", {"jobs": ["1"]})
    checkpoint.put_note("b", {"jobs": ["2"]})
    path, other = (path_of(checkpoint.directory, f"-{key}.json") for key in "ab")
    for content in (b"", path.read_bytes()[:-9], b"[]", b"{}", b"\xff", other.read_bytes()):
        path.write_bytes(content)
        with pytest.warns(UserWarning, match=r"note .*-a\.json .* is damaged and ignored; what it"):
            assert Checkpoint(tmp_path, {}).get_note("a") is None
    checkpoint.put_note("a", 5)
    assert checkpoint.get_note("a") == 5
    # the two kinds are not taken for each other
    checkpoint.put_note("seed", 5)
    with pytest.raises(ValueError, match="damaged"):
        checkpoint.note_once("seed", 5)


@pytest.mark.parametrize(
    "content", [b"", b'{"format": 2, "vers', b"[]", b"{}", b"\xff\xfe", b"7", b"[" * 10**6]
)
@pytest.mark.parametrize("name", ["manifest.json", "computation"])
def test_damaged_manifests(tmp_path, content, name):
    Checkpoint(tmp_path, {}).put("a", np.ones(3))
    (other,) = manifests(tmp_path) - {"manifest.json"}
    path = tmp_path / (other if name == "computation" else name)
    path.write_bytes(content)
    with pytest.raises(ValueError, match=rf"damaged {path.name}, so .*; restore the file from a"):
        Checkpoint(tmp_path, {})
    assert path.read_bytes() == content


def test_formats_are_refused(tmp_path, monkeypatch):
    with monkeypatch.context() as patch:
        patch.setattr(_records, "FORMAT", 77)
        Checkpoint(tmp_path, {}).put("a", np.ones(3))
    with pytest.raises(ValueError, match=r"has format 77, but this version of skquantum reads for"):
        Checkpoint(tmp_path, {})


def others(path, kind):
    """Put something other than a file in a place."""
    if kind == "directory":
        path.mkdir()
    elif kind == "named pipe":
        os.mkfifo(path)
    elif kind == "socket":
        # the name of a socket has to be short
        with tempfile.TemporaryDirectory() as short:
            link = Path(short) / "d"
            link.symlink_to(path.parent)
            with socket.socket(socket.AF_UNIX) as one:
                one.bind(str(link / path.name))
    elif kind == "dangling":
        path.symlink_to(path.parent / "nowhere")
    else:
        original = path.with_name("original")
        path.rename(original)
        path.symlink_to(original)


@pytest.mark.parametrize("kind", ["directory", "named pipe", "socket", "symbolic link", "dangling"])
def test_only_files_are_taken_for_files(tmp_path, kind):
    checkpoint = Checkpoint(tmp_path, {})
    actions = {
        "-a.npy": [lambda: checkpoint.get("a"), lambda: checkpoint.put("a", np.ones(3))],
        "-n.json": [lambda: checkpoint.get_note("n"), lambda: checkpoint.put_note("n", 1)],
        "-s.json": [lambda: checkpoint.note_once("s", 1)],
        "manifest.json": [lambda: Checkpoint(tmp_path, {})],
    }
    checkpoint.put("a", np.ones(3))
    checkpoint.put_note("n", 1)
    checkpoint.note_once("s", 1)
    word = "symbolic link" if kind == "dangling" else kind
    for ending, calls in actions.items():
        path = path_of(checkpoint.directory, ending)
        shutil.copy(path, tmp_path / "kept")
        if kind != "symbolic link":
            path.unlink()
        others(path, kind)
        for call in calls:
            message = rf"{path.name} is a {word} where a file is expected; remove it\."
            with at_most(10), pytest.raises(ValueError, match=message):
                call()
        shutil.rmtree(path) if kind == "directory" else path.unlink()
        (tmp_path / "kept").rename(path)
        for call in calls:
            call()
    assert not list(tmp_path.glob(".*"))


# --- Several computations --------------------------------------------------------------------

CHANGES = {
    "circuit": zz_feature_map(2, reps=1),
    "X": FINGERPRINT["X"] + 1e-15,
    "shots": 200,
    "seed": 7,
    "settings": {"method": "mps"},
    "new": None,
}


def test_computations_share_a_directory(tmp_path):
    fingerprints = [FINGERPRINT, *(FINGERPRINT | {name: CHANGES[name]} for name in CHANGES)]
    fingerprints += [{name: FINGERPRINT[name] for name in FINGERPRINT if name != "seed"}, {}]
    for number, fingerprint in enumerate(fingerprints):
        checkpoint = Checkpoint(tmp_path, fingerprint)
        assert checkpoint.get("a") is None
        assert checkpoint.get_note("n") is None
        checkpoint.put("a", np.full(3, number))
        checkpoint.put_note("n", number)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for number, fingerprint in enumerate(fingerprints):
            assert_array_equal(Checkpoint(tmp_path, fingerprint).get("a"), np.full(3, number))
            assert Checkpoint(tmp_path, fingerprint).get_note("n") == number
    # every one says what it is
    said = [json.loads((tmp_path / name).read_text()) for name in manifests(tmp_path)]
    said = [record["fingerprint"] for record in said if "fingerprint" in record]
    assert len(said) == len(fingerprints)
    assert sum(parts.get("shots", {}).get("is") == "200" for parts in said) == 1
    assert sum("seed" in parts for parts in said) == len(fingerprints) - 2


def test_equal_objects_leave_equal_fingerprints(tmp_path):
    Checkpoint(tmp_path, FINGERPRINT).put("a", np.ones(3))
    settings = {"options": (np.int64(1), np.float64(2.5), np.bool_(True)), "method": "statevector"}
    x = np.asfortranarray(FINGERPRINT["X"])
    same = {"settings": settings, "X": x, "circuit": zz_feature_map(2), "shots": 100, "seed": None}
    assert_array_equal(Checkpoint(tmp_path, same).get("a"), np.ones(3))


def test_parts_without_a_fingerprint_are_refused(tmp_path):
    with pytest.raises(TypeError, match=r"'sampler' of a fingerprint holds a builtins\.object"):
        Checkpoint(tmp_path / "new", {"sampler": [object()]})
    with pytest.raises(TypeError, match=r"holds a numpy\.ndarray"):
        Checkpoint(tmp_path / "new", {"X": np.array([None])})
    assert not (tmp_path / "new").exists()


VERSIONS = {"skquantum": "0.2.1", "qiskit": "2.6.2", "qiskit-aer": "0.18.2", "numpy": "2.4.6"}


@pytest.mark.parametrize(
    ("change", "refused"),
    [
        ({"skquantum": "0.2.2"}, "skquantum 0.2.1 .now 0.2.2."),
        ({"qiskit": "2.7.0"}, "qiskit 2.6.2 .now 2.7.0."),
        ({"qiskit": "3.6.2", "numpy": "2.5.0.dev0"}, "qiskit 2.6.2 .now 3.6.2., numpy 2.4.6 .now"),
        ({"qiskit-aer": None}, "qiskit-aer 0.18.2 .now None."),
        ({"qiskit": "2.6.10"}, None),
        ({"qiskit-aer": "0.18.3", "numpy": "2.4.0"}, None),
        ({}, None),
    ],
)
def test_versions(tmp_path, monkeypatch, change, refused):
    array = np.arange(3.0)
    monkeypatch.setattr(_records, "installed_versions", lambda: VERSIONS)
    Checkpoint(tmp_path / "old", {}).put("a", array)
    monkeypatch.setattr(_records, "installed_versions", lambda: VERSIONS | change)
    if refused:
        match = f"was begun with {refused}.*; install these versions, pass another directory"
        with pytest.raises(ValueError, match=match):
            Checkpoint(tmp_path / "old", {})
        # nor is a piece taken that was copied from there
        new = Checkpoint(tmp_path / "new", {})
        new.put("a", -array)
        shutil.copy(path_of(tmp_path / "old", "-a.npy"), tmp_path / "new")
        with pytest.warns(UserWarning, match="damaged or belongs elsewhere"):
            assert new.get("a") is None
        return
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        checkpoint = Checkpoint(tmp_path / "old", {})
    assert_array_equal(checkpoint.get("a"), array)
    assert len(caught) == bool(change)
    if change:
        assert "what is added may differ in the last bits" in str(caught[0].message)


def test_installed_versions_are_recorded(tmp_path):
    Checkpoint(tmp_path, {}).put("a", np.ones(3))
    versions = json.loads((tmp_path / "manifest.json").read_text())["versions"]
    assert versions["numpy"] == np.__version__
    assert versions.keys() == VERSIONS.keys()
    assert None not in versions.values()
    content = next(tmp_path.glob("*.npy")).read_bytes()
    assert json.dumps(versions).encode() in content


# --- Places ----------------------------------------------------------------------------------


def test_places_that_are_refused(tmp_path):
    (tmp_path / "thesis.tex").write_text("precious")
    with pytest.raises(ValueError, match=r"holds other files \(such as 'thesis.tex'\), but no"):
        Checkpoint(tmp_path, {})
    with pytest.raises(ValueError, match=r"thesis.tex is a file; pass a directory"):
        Checkpoint(tmp_path / "thesis.tex", {})
    with pytest.raises(NotADirectoryError, match=r"thesis.tex/below cannot .*; check the file sys"):
        Checkpoint(tmp_path / "thesis.tex" / "below", {})
    assert os.listdir(tmp_path) == ["thesis.tex"]


def test_places_that_become_foreign(tmp_path):
    """Nothing is written among files that came after the checkpoint was opened."""
    checkpoint = Checkpoint(tmp_path / "new", {})
    (tmp_path / "new").mkdir()
    (tmp_path / "new" / "thesis.tex").write_text("precious")
    with pytest.raises(ValueError, match="holds other files"):
        checkpoint.put("a", np.ones(3))
    assert os.listdir(tmp_path / "new") == ["thesis.tex"]


@pytest.mark.parametrize("key", ["", "a/b", "../a", ".hidden", "a b", "x" * 101, "a\n"])
def test_names_that_are_refused(tmp_path, key):
    checkpoint = Checkpoint(tmp_path, {})
    calls = [
        lambda: checkpoint.put(key, np.zeros(1)),
        lambda: checkpoint.get(key),
        lambda: checkpoint.put_note(key, 1),
        lambda: checkpoint.get_note(key),
        lambda: checkpoint.note_once(key, 1),
    ]
    for call in calls:
        with pytest.raises(ValueError, match="is not a valid name for a piece of a checkpoint"):
            call()
    checkpoint.put("x" * 100, np.zeros(1))


def snapshot(directory):
    """Return all that writing would change."""
    paths = [directory, *directory.iterdir()]
    return {path.name: (path.stat().st_mtime_ns, path.stat().st_ino) for path in paths}


def test_readers_do_not_write(tmp_path):
    checkpoint = Checkpoint(tmp_path / "c", FINGERPRINT)
    checkpoint.put("a", np.ones(3))
    checkpoint.note_once("seed", 5)
    checkpoint.put_note("n", 6)
    left = tmp_path / "c" / f".x.npy.{'0' * 8}-1-{'0' * 32}.tmp"
    left.write_bytes(b"half of")
    os.utime(left, (0, 0))  # stale
    before = snapshot(tmp_path / "c")
    again = Checkpoint(tmp_path / "c", FINGERPRINT)
    assert_array_equal(again.get("a"), np.ones(3))
    assert again.note_once("seed", 7) == 5
    assert again.get_note("n") == 6
    assert again.get("b") is again.get_note("b") is None
    assert Checkpoint(tmp_path / "c", {}).get("a") is None
    assert Checkpoint(tmp_path / "missing" / "c", {}).get("a") is None
    assert snapshot(tmp_path / "c") == before
    assert not (tmp_path / "missing").exists()


@pytest.fixture
def open_path():
    with reachable_directory() as directory:
        yield directory


def test_directories_without_permission_to_write(open_path):
    here = open_path / "c"
    Checkpoint(here, {}).put("a", np.ones(3))
    Checkpoint(here, {}).note_once("seed", 5)
    os.chmod(here, 0o555)
    before = snapshot(here)
    try:
        with unprivileged():
            checkpoint = Checkpoint(here, {})
            assert_array_equal(checkpoint.get("a"), np.ones(3))
            assert checkpoint.note_once("seed", 7) == 5
            with pytest.warns(UserWarning, match="change its permissions.*returned, but not store"):
                assert_array_equal(checkpoint.put("b", np.zeros(3)), np.zeros(3))
            assert_array_equal(checkpoint.put("a", np.zeros(3)), np.ones(3))
            checkpoint.put_note("n", 1)
            message = r"cannot store .*-other.json \(\d+ bytes\): Permission denied; change its"
            with pytest.raises(PermissionError, match=message):
                checkpoint.note_once("other", 7)
            for directory in (here, here / "below"):
                with pytest.raises(PermissionError, match=message.replace("other", "seed")):
                    Checkpoint(directory, {"new": 1}).note_once("seed", 7)
        assert snapshot(here) == before
        path_of(checkpoint.directory, "-a.npy").chmod(0o200)
        with unprivileged(), pytest.raises(PermissionError, match=r"cannot read .*-a.npy: Permiss"):
            checkpoint.get("a")
    finally:
        os.chmod(here, 0o755)


# --- Disks that are full or read-only --------------------------------------------------------

MOUNTS = ["unshare", "--map-root-user", "--mount", "sh", "-ec"]


def mounted(setup, code, directory):
    """Run code in a process that sees file systems of its own."""
    command = [*MOUNTS, f'{setup}; exec "$0" -c "$1" "$2"', sys.executable]
    command += [textwrap.dedent(PREAMBLE) + textwrap.dedent(code), str(directory)]
    return subprocess.run(command, capture_output=True, text=True, timeout=100, check=False)


PREAMBLE = """
    import os, sys, warnings
    import numpy as np
    from skquantum._runtime._checkpoint import Checkpoint
    here = sys.argv[1]
"""


def can_mount():
    command = [*MOUNTS, "mount -t tmpfs -o size=64k none /mnt"]
    return (
        shutil.which("unshare") is not None
        and subprocess.run(command, capture_output=True, check=False).returncode == 0
    )


needs_mount = pytest.mark.skipif(not can_mount(), reason="file systems cannot be mounted here")


@pytest.mark.slow
@needs_mount
def test_full_disks(tmp_path):
    code = """
    checkpoint = Checkpoint(here, {})
    checkpoint.note_once("seed", 5)
    with open(os.path.join(here, ".ballast"), "wb") as file:
        file.write(bytes(32768))
    pieces = [np.full(2000, number, dtype=float) for number in range(20)]
    try:
        for stored, piece in enumerate(pieces):
            checkpoint.put(f"p{stored}", piece)
    except OSError as error:
        print(error)
    assert 0 < stored < 10
    for number in range(stored):
        assert (checkpoint.get(f"p{number}") == pieces[number]).all()
    assert not [name for name in os.listdir(here) if name.endswith("tmp")]
    # with some space it goes on
    os.unlink(os.path.join(here, ".ballast"))
    checkpoint.put(f"p{stored}", pieces[stored])
    """
    done = mounted('mount -t tmpfs -o size=128k none "$2"', code, tmp_path)
    assert done.returncode == 0, done.stderr
    assert f"The checkpoint in {tmp_path} cannot store" in done.stdout
    assert "bytes): No space left on device; free that much space, or pass another" in done.stdout
    assert "(what is stored already is kept)." in done.stdout


@needs_mount
def test_read_only_disks(tmp_path):
    checkpoint = Checkpoint(tmp_path, {})
    checkpoint.put("a", np.ones(3))
    checkpoint.note_once("seed", 5)
    code = """
    warnings.simplefilter("error")
    checkpoint = Checkpoint(here, {})
    assert (checkpoint.get("a") == np.ones(3)).all()
    assert checkpoint.note_once("seed", 7) == 5
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        assert (checkpoint.put("b", np.zeros(3)) == np.zeros(3)).all()
        assert (checkpoint.put("c", np.zeros(3)) == np.zeros(3)).all()
    print(*(one.message for one in caught))
    try:
        Checkpoint(here + "/new", {}).note_once("seed", 7)
    except OSError as error:
        print(error)
    """
    setup = 'mount --bind "$2" "$2"; mount -o remount,ro,bind "$2"'
    done = mounted(setup, code, tmp_path)
    assert done.returncode == 0, done.stderr
    warned, refused = done.stdout.splitlines()
    assert warned.count("Read-only file system; make it writable, or pass another directory") == 1
    assert warned.endswith("what is computed now is returned, but not stored.")
    assert f"{tmp_path}/new cannot store" in refused
    assert "Read-only file system; make it writable" in refused


def test_writes_that_end_in_the_middle(tmp_path):
    """A limit on the size of files, which the system keeps to by writing a part."""
    checkpoint = Checkpoint(tmp_path, {})
    checkpoint.put("a", np.ones(3))
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4096, hard))
    try:
        message = rf"checkpoint in {tmp_path} cannot store .*-b.npy \(16\d\d\d bytes\): File too la"
        with pytest.raises(OSError, match=message):
            checkpoint.put("b", np.zeros(2000))
        with pytest.raises(OSError, match=r"-n.json \(\d+ bytes\): .*; free that much space"):
            checkpoint.put_note("n", list(range(5000)))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before
    checkpoint.put("b", np.zeros(2000))


def test_notes_survive_a_failed_write(tmp_path, monkeypatch):
    checkpoint = Checkpoint(tmp_path, {})
    checkpoint.put_note("n", 1)
    names = set(os.listdir(tmp_path))

    def fail(*args):
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(OSError, match=r"-n.json .*: Input/output error; check the file system, or"):
        checkpoint.put_note("n", 2)
    assert checkpoint.get_note("n") == 1
    assert set(os.listdir(tmp_path)) == names


# --- Processes that die ----------------------------------------------------------------------


def dies_while_writing(directory):
    checkpoint = Checkpoint(directory, {})
    checkpoint.put("a", np.ones(1000))
    os.fsync = lambda file: os.kill(os.getpid(), signal.SIGKILL)
    checkpoint.put("b", np.ones(1000))


@pytest.mark.slow
def test_what_killed_processes_leave_is_removed_by_writers(tmp_path):
    child = started(dies_while_writing, tmp_path / "c")
    child.join(60)
    assert child.exitcode == -signal.SIGKILL
    (left,) = (tmp_path / "c").glob(".*")
    assert left.stat().st_size > 8000
    checkpoint = Checkpoint(tmp_path / "c", {})
    assert_array_equal(checkpoint.get("a"), np.ones(1000))
    assert checkpoint.get("b") is None
    assert left.exists()
    # those of a living process, of another machine, and of no checkpoint at all
    pid = left.name.split("-")[-2]
    alive = left.with_name(left.name.replace(f"-{pid}-", f"-{os.getpid()}-"))
    table = left.name.split(".")[-2].split("-")[0]
    elsewhere = left.with_name(left.name.replace(table, "0" * 8))
    foreign = left.with_name(".mine.tmp")
    for path in (alive, elsewhere, foreign):
        path.write_bytes(b"half of")
    checkpoint.put("b", np.ones(1000))
    assert set((tmp_path / "c").glob(".*")) == {alive, elsewhere, foreign}
    yesterday = time.time() - 100_000
    for path in (alive, elsewhere, foreign):
        os.utime(path, (yesterday, yesterday))
    Checkpoint(tmp_path / "c", {}).put_note("n", 1)
    assert set((tmp_path / "c").glob(".*")) == {foreign}


def writes_without_end(directory, ready):
    ready.set()
    checkpoint = Checkpoint(directory, {})
    for number in itertools.count():
        checkpoint.put(f"p{number}", np.full(5000, number))
        checkpoint.put_note("last", number)


def test_killed_at_any_time(tmp_path):
    """Whatever was going on, what is there is right, and the next one goes on."""
    rng = np.random.default_rng(0)
    for _ in range(8):
        ready = CONTEXT.Event()
        child = started(writes_without_end, tmp_path / "c", ready)
        assert ready.wait(60)
        time.sleep(rng.uniform(0, 0.3))
        child.kill()
        child.join(60)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        checkpoint = Checkpoint(tmp_path / "c", {})
        last = checkpoint.get_note("last")
        for number in range(last + 1):
            assert_array_equal(checkpoint.get(f"p{number}"), np.full(5000, number))
        checkpoint.put("end", np.ones(3))
    assert not list((tmp_path / "c").glob(".*"))


# --- Processes at once -----------------------------------------------------------------------


def stores_many(number, wait, directory):
    got = []
    for turn in range(40):
        wait()
        checkpoint = Checkpoint(directory / str(turn % 8), {"seed": None})
        seed = checkpoint.note_once(f"entropy{turn}", 1000 * number + turn)
        piece = checkpoint.put(f"piece{turn}", np.full(100, number))
        checkpoint.put_note("jobs", [number, turn])
        got.append([seed, piece[0], checkpoint.get(f"piece{turn}")[-1]])
    return got


def test_four_processes_take_what_the_first_one_stored(tmp_path):
    first, *others = at_once(stores_many, tmp_path)
    assert all(other == first for other in others)
    got = np.array(first)
    assert_array_equal(got[:, 1], got[:, 2])
    assert len(set(got[:, 1])) > 1  # they did run at once
    assert not list(tmp_path.glob("*/.*"))
    assert len(list(tmp_path.glob("*/*.npy"))) == 40


@pytest.mark.filterwarnings("ignore:The file .* is damaged or belongs elsewhere")
def test_damaged_pieces_are_replaced_once(tmp_path):
    for turn in range(20):
        checkpoint = Checkpoint(tmp_path, {})
        checkpoint.put(f"a{turn}", np.ones(3))
        path_of(checkpoint.directory, f"-a{turn}.npy").write_bytes(b"damaged")
        with ThreadPoolExecutor(8) as pool:
            found = pool.map(
                lambda k, key=f"a{turn}": Checkpoint(tmp_path, {}).put(key, np.full(9, k)), range(8)
            )
        assert len({array[0] for array in [*found, checkpoint.get(f"a{turn}")]}) == 1


def test_many_writers_and_readers(tmp_path):
    """No reader ever sees a piece that is not whole."""
    array = np.arange(20_000.0)

    def work(number):
        checkpoint = Checkpoint(tmp_path / "new", {"owner": number % 2})
        for _ in range(10):
            checkpoint.put("a", array + number % 2)
            assert_array_equal(checkpoint.get("a"), array + number % 2)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(work, range(8)))
    assert len(os.listdir(tmp_path / "new")) == 1 + 2 * 2


def test_file_systems_without_links(tmp_path, monkeypatch):
    def refuse(*args):
        raise OSError("no links here")

    monkeypatch.setattr(os, "link", refuse)
    with ThreadPoolExecutor(8) as pool:
        for turn in range(20):
            seeds = pool.map(
                lambda k, turn=turn: Checkpoint(tmp_path, {}).note_once(f"s{turn}", k), range(8)
            )
            assert len(set(seeds)) == 1
    assert_array_equal(Checkpoint(tmp_path, {}).put("a", np.ones(3)), np.ones(3))
    assert_array_equal(Checkpoint(tmp_path, {}).put("a", np.zeros(3)), np.ones(3))
    assert not list(tmp_path.glob(".*"))


def test_files_have_the_usual_permissions(tmp_path):
    """Those who share a directory can read what the others have written."""
    before = os.umask(0o027)
    try:
        Checkpoint(tmp_path / "c", {}).put("a", np.ones(3))
    finally:
        os.umask(before)
    assert {stat.S_IMODE(p.stat().st_mode) for p in (tmp_path / "c").iterdir()} == {0o640}

"""Checkpoints: whole or not there, for the right input only, whoever writes at the same time."""

import os
import subprocess
import sys
import textwrap
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from numpy.testing import assert_array_equal
from qiskit.circuit.library import zz_feature_map

from skquantum._checkpoint import Checkpoint

FINGERPRINT = {
    "circuit": zz_feature_map(2),
    "X": np.arange(6.0).reshape(3, 2),
    "shots": 100,
    "seed": None,
    "settings": {"method": "statevector", "options": [1, 2.5, True]},
}


@pytest.mark.parametrize(
    "array",
    [np.arange(5.0), np.array(0.1), np.empty((0, 3)), np.array([[1 + 2j]]), np.array([1, 2])],
)
def test_pieces_come_back_to_the_bit(tmp_path, array):
    Checkpoint(tmp_path, FINGERPRINT).put("a", array)
    again = Checkpoint(str(tmp_path), FINGERPRINT)
    got = again.get("a")
    assert_array_equal(got, array, strict=True)
    assert again.get("b") is None
    assert_array_equal(np.load(tmp_path / "a.npy"), array)  # for those who look into it


def test_notes(tmp_path):
    checkpoint = Checkpoint(tmp_path, {})
    assert checkpoint.get_note("a") is None
    checkpoint.put_note("a", {"jobs": ["x", None]})
    assert Checkpoint(tmp_path, {}).get_note("a") == {"jobs": ["x", None]}
    (tmp_path / "a.json").write_text('{"jobs": [')
    assert checkpoint.get_note("a") is None


def test_damaged_pieces_are_not_there(tmp_path):
    checkpoint = Checkpoint(tmp_path, {})
    array = np.random.default_rng(0).random(4)
    checkpoint.put("a", array)
    whole = (tmp_path / "a.npy").read_bytes()
    for length in range(len(whole)):
        (tmp_path / "a.npy").write_bytes(whole[:length])
        assert checkpoint.get("a") is None
    flipped = bytearray(whole)
    flipped[-40] ^= 1
    (tmp_path / "a.npy").write_bytes(flipped)
    assert checkpoint.get("a") is None
    checkpoint.put("a", array)
    assert_array_equal(checkpoint.get("a"), array)


CHANGES = {
    "circuit": (zz_feature_map(2, reps=1), "a circuit of 2 qubits and 14 gates, now a circuit of"),
    "X": (np.arange(8.0).reshape(4, 2), r"an array of shape \(3, 2\), now an array of shape"),
    "shots": (200, "100, now 200"),
    "seed": (7, "None, now 7"),
    "settings": ({"method": "mps"}, "{'method': 'statevector', .*}, now {'method': 'mps'}"),
}


@pytest.mark.parametrize("name", CHANGES)
def test_changed_parts_are_named(tmp_path, name):
    Checkpoint(tmp_path, FINGERPRINT)
    value, message = CHANGES[name]
    with pytest.raises(ValueError, match=f"belongs to other work: {name} was .*{message}") as info:
        Checkpoint(tmp_path, FINGERPRINT | {name: value})
    others = FINGERPRINT.keys() - {name}
    assert not any(f"{other} was" in str(info.value) for other in others)
    assert "Pass another directory, or delete this one" in str(info.value)
    Checkpoint(tmp_path, FINGERPRINT)


def test_all_changed_parts_are_named(tmp_path):
    Checkpoint(tmp_path, FINGERPRINT)
    changed = FINGERPRINT | {"shots": 1, "X": FINGERPRINT["X"] + 1e-15, "new": 1}
    del changed["seed"]
    parts = [
        r"X has changed \(an array of shape \(3, 2\) before and now\)",
        "seed was None, now not there",
        "shots was 100, now 1",
        "new was not there, now 1",
    ]
    for part in parts:
        with pytest.raises(ValueError, match=part):
            Checkpoint(tmp_path, changed)


def test_equal_objects_leave_equal_fingerprints(tmp_path):
    Checkpoint(tmp_path, FINGERPRINT)
    settings = {"options": (np.int64(1), np.float64(2.5), np.bool_(True)), "method": "statevector"}
    x = np.asfortranarray(FINGERPRINT["X"])
    same = {"settings": settings, "X": x, "circuit": zz_feature_map(2), "shots": 100, "seed": None}
    Checkpoint(tmp_path, same)


def test_parts_without_a_fingerprint_are_refused(tmp_path):
    with pytest.raises(TypeError, match=r"'sampler' of a fingerprint holds a builtins\.object"):
        Checkpoint(tmp_path / "new", {"sampler": [object()]})
    with pytest.raises(TypeError, match=r"holds a numpy\.ndarray"):
        Checkpoint(tmp_path / "new", {"X": np.array([None])})
    assert not (tmp_path / "new").exists()


def test_places_that_are_refused(tmp_path):
    (tmp_path / "thesis.tex").write_text("precious")
    with pytest.raises(ValueError, match=r"holds 1 files \('thesis.tex' for one\), but no check"):
        Checkpoint(tmp_path, {})
    with pytest.raises(ValueError, match=r"thesis.tex is a file; pass a directory"):
        Checkpoint(tmp_path / "thesis.tex", {})
    assert os.listdir(tmp_path) == ["thesis.tex"]


@pytest.mark.parametrize("content", ["", '{"format": 1, "finger', "[]", "{}"])
def test_damaged_manifest(tmp_path, content):
    Checkpoint(tmp_path, {})
    (tmp_path / "manifest.json").write_text(content)
    with pytest.raises(ValueError, match=r"damaged manifest.json.*; delete the directory"):
        Checkpoint(tmp_path, {})


@pytest.mark.parametrize("key", ["", "a/b", "../a", ".hidden", "a b"])
def test_names_that_are_refused(tmp_path, key):
    checkpoint = Checkpoint(tmp_path, {})
    with pytest.raises(ValueError, match="is no name for a piece of a checkpoint"):
        checkpoint.put(key, np.zeros(1))
    with pytest.raises(ValueError, match="is no name"):
        checkpoint.put_note("manifest", 1)


def test_what_a_killed_process_leaves_does_not_matter(tmp_path):
    (tmp_path / ".a.npy.0123.tmp").write_bytes(b"half of")
    checkpoint = Checkpoint(tmp_path, {})
    assert checkpoint.get("a") is None


def test_file_systems_without_links(tmp_path, monkeypatch):
    def refuse(*args):
        raise OSError("no links here")

    monkeypatch.setattr(os, "link", refuse)
    Checkpoint(tmp_path, FINGERPRINT)
    Checkpoint(tmp_path, FINGERPRINT)
    assert os.listdir(tmp_path) == ["manifest.json"]


def test_who_is_first_is_kept(tmp_path):
    one, other = Checkpoint(tmp_path, {}), Checkpoint(tmp_path, {})
    assert_array_equal(one.put("a", np.ones(3)), np.ones(3))
    assert_array_equal(other.put("a", np.zeros(3)), np.ones(3))
    assert_array_equal(one.get("a"), np.ones(3))
    (tmp_path / "a.npy").write_bytes(b"damaged")
    assert_array_equal(other.put("a", np.zeros(3)), np.zeros(3))
    assert_array_equal(one.get("a"), np.zeros(3))


def test_failed_writes_leave_what_was_there(tmp_path, monkeypatch):
    checkpoint = Checkpoint(tmp_path, {})
    checkpoint.put("a", np.ones(3))

    def fail(*args):
        raise OSError("disk full")

    monkeypatch.setattr(os, "link", fail)
    monkeypatch.setattr(os, "replace", fail)
    with pytest.raises(OSError, match="disk full"):
        checkpoint.put("b", np.zeros(3))
    with pytest.raises(OSError, match="disk full"):
        checkpoint.put_note("a", 1)
    assert_array_equal(checkpoint.get("a"), np.ones(3))
    assert sorted(os.listdir(tmp_path)) == ["a.npy", "manifest.json"]


def test_many_writers_and_readers(tmp_path):
    """No reader ever sees a piece that is not whole, and one fingerprint wins."""
    array = np.arange(20_000.0)

    def work(number):
        try:
            checkpoint = Checkpoint(tmp_path / "new", {"owner": number % 2})
        except ValueError:
            return None
        for _ in range(10):
            checkpoint.put("a", array)
            assert_array_equal(checkpoint.get("a"), array)
        return number % 2

    with ThreadPoolExecutor(8) as pool:
        owners = set(pool.map(work, range(8))) - {None}
    assert len(owners) == 1
    assert sorted(os.listdir(tmp_path / "new")) == ["a.npy", "manifest.json"]


def test_two_processes(tmp_path):
    code = """
        import sys
        import numpy as np
        from skquantum._checkpoint import Checkpoint
        for _ in range(50):
            checkpoint = Checkpoint(sys.argv[1], {"seed": 1})
            for number in range(4):
                found = checkpoint.get(f"piece{number}")
                assert found is None or (found == np.full(1000, number)).all()
                checkpoint.put(f"piece{number}", np.full(1000, number))
    """
    command = [sys.executable, "-c", textwrap.dedent(code), str(tmp_path / "new")]
    children = [subprocess.Popen(command) for _ in range(2)]
    assert [child.wait(60) for child in children] == [0, 0]
    names = [f"piece{number}.npy" for number in range(4)]
    assert sorted(os.listdir(tmp_path / "new")) == ["manifest.json", *names]

"""Items that are finished: each stored once, whatever file it is in and whoever was first."""

import itertools
import os
import warnings
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import numpy as np
import pytest
from numpy.testing import assert_array_equal
from processes import reachable_directory, unprivileged

from skquantum._runtime import Checkpoint, ItemStore


def store_in(directory):
    return ItemStore(Checkpoint(directory, {"shots": 10}))


def values_of(store, names):
    """Return what is finished, by name."""
    parts = store.find(names)
    return {names[p]: v for where, values in parts for p, v in zip(where, values, strict=True)}


def put(store, **items):
    parts = store.put(list(items), np.array(list(items.values())))
    names = list(items)
    return {names[p]: v for where, values in parts for p, v in zip(where, values, strict=True)}


def test_what_was_first_is_what_all_get(tmp_path):
    store, other = store_in(tmp_path), store_in(tmp_path)
    assert list(store.find(["a"])) == []
    assert put(store, a=1.0, b=2.0) == {"a": 1.0, "b": 2.0}
    assert put(other, b=3.0, c=4.0) == {"b": 2.0, "c": 4.0}
    assert put(other, a=5.0) == {"a": 1.0}
    for one in (store, other, store_in(tmp_path)):
        assert values_of(one, ["c", "x", "b", "a"]) == {"a": 1.0, "b": 2.0, "c": 4.0}
    assert values_of(ItemStore(Checkpoint(tmp_path, {"shots": 11})), ["a"]) == {}
    assert len(list(tmp_path.glob("*.npy"))) == 2


def test_jobs_are_noted_until_their_items_are_there(tmp_path):
    store = store_in(tmp_path)
    assert list(store.unfinished()) == []
    assert store.jobs(["a", "b"]) == []
    store.note_jobs(["a", "b"], ["job-0", "job-1"])
    assert store.jobs(["a", "b"]) == ["job-0", "job-1"]
    assert store.jobs(["b", "a"]) == []  # which would be other circuits
    assert list(store_in(tmp_path).unfinished()) == [(["a", "b"], ["job-0", "job-1"])]
    put(store, a=1.0)
    assert list(store.unfinished()) == [(["a", "b"], ["job-0", "job-1"])]
    put(store, a=2.0, b=3.0)
    assert values_of(store, ["a", "b"]) == {"a": 1.0, "b": 3.0}


def test_damaged_files_are_stored_again(tmp_path):
    put(store_in(tmp_path), a=1.0, b=2.0)
    (path,) = tmp_path.glob("*.npy")
    path.write_bytes(path.read_bytes()[:-1])
    store = store_in(tmp_path)
    with pytest.warns(UserWarning, match="is damaged or belongs elsewhere"):
        assert values_of(store, ["a", "b"]) == {}
    assert put(store, b=3.0) == {"b": 3.0}  # in another file
    with warnings.catch_warnings(action="ignore"):
        assert put(store_in(tmp_path), a=4.0, b=5.0) == {"a": 4.0, "b": 3.0}
        assert values_of(store_in(tmp_path), ["a", "b"]) == {"a": 4.0, "b": 3.0}


def test_a_damaged_file_is_replaced(tmp_path):
    put(store_in(tmp_path), a=1.0, b=2.0)
    (path,) = tmp_path.glob("*.npy")
    path.write_bytes(b"")
    with pytest.warns(UserWarning, match="is damaged or belongs elsewhere"):
        assert put(store_in(tmp_path), a=3.0, b=4.0) == {"a": 3.0, "b": 4.0}
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert values_of(store_in(tmp_path), ["a", "b"]) == {"a": 3.0, "b": 4.0}


def test_without_its_note_a_file_is_found_by_whoever_does_the_same(tmp_path):
    put(store_in(tmp_path), a=1.0, b=2.0)
    (note,) = tmp_path.glob("*-items-*.json")
    note.unlink()
    assert values_of(store_in(tmp_path), ["a", "b"]) == {}
    assert put(store_in(tmp_path), a=3.0, b=4.0) == {"a": 1.0, "b": 2.0}
    assert values_of(store_in(tmp_path), ["a", "b"]) == {"a": 1.0, "b": 2.0}


def test_threads_that_store_the_same_agree(tmp_path):
    """Each stores its own numbers for items that others store, too, in other company."""
    items = [list(names) for names in itertools.combinations("abcdef", 4)]
    Checkpoint(tmp_path, {"shots": 10}).put_note("begun", 1)
    barrier = Barrier(8)

    def work(number):
        store, got = store_in(tmp_path), {}
        barrier.wait()
        for names in np.random.default_rng(number).permutation(items).tolist():
            for where, values in store.put(names, number + np.zeros(4)):
                for position, value in zip(where, values, strict=True):
                    assert got.setdefault(names[position], value) == value
        return got

    with ThreadPoolExecutor(8) as pool:
        first, *others = pool.map(work, range(8))
    assert others == [first] * 7
    assert values_of(store_in(tmp_path), list("abcdef")) == first


def test_what_cannot_be_written_is_returned():
    with reachable_directory() as directory:
        put(store_in(directory), a=1.0)
        os.chmod(directory, 0o555)
        try:
            with unprivileged():
                store = store_in(directory)
                with pytest.warns(UserWarning, match="returned, but not stored"):
                    assert put(store, a=2.0, b=3.0) == {"a": 1.0, "b": 3.0}
                assert values_of(store, ["a", "b"]) == {"a": 1.0}
        finally:
            os.chmod(directory, 0o755)


def test_items_may_be_arrays(tmp_path):
    bits = np.arange(24, dtype=np.uint8).reshape(2, 3, 4)
    store_in(tmp_path).put(["a", "b"], bits)
    ((where, found),) = store_in(tmp_path).find(["b", "a"])
    assert_array_equal(found, bits[::-1][where])
    assert found.dtype == np.uint8

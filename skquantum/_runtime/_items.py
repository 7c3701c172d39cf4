"""Finished items in a checkpoint: paid for once, whatever else was asked for with them."""

import hashlib

__all__ = ["ItemStore"]

PREFIX = "items-"


class ItemStore:
    """What jobs have found, item by item, though files hold whole jobs.

    An item is known by its name alone. So rows that were measured in one call are there in every
    other one, in whatever order and among whatever others. Several processes may work on one
    checkpoint: each item is stored once, by the first of them, and is what all of them get.

    A file holds the items of a job, and a note beside it their names and the numbers of the job,
    from the moment that it is submitted.

    Parameters
    ----------
    checkpoint : Checkpoint
        Where the files are.

    Examples
    --------
    >>> import tempfile
    >>> import numpy as np
    >>> from skquantum._runtime import Checkpoint, ItemStore
    >>> with tempfile.TemporaryDirectory() as directory:
    ...     store = ItemStore(Checkpoint(directory, {"shots": 100}))
    ...     _ = store.put(["a", "b"], np.array([0.25, 0.5]))
    ...     _ = store.put(["b", "c"], np.array([0.75, 1.0]))  # b is there already
    ...     for positions, values in store.find(["c", "b", "d"]):
    ...         print(positions, values)
    [0] [1.]
    [1] [0.5]
    """

    def __init__(self, checkpoint):
        self._checkpoint = checkpoint
        self._places = {}  # name -> (key of the file, row in it)
        self._names = {}  # key of a file -> names of its rows

    def find(self, names):
        """Yield the items that are finished, file by file.

        Parameters
        ----------
        names : sequence of str
            Their names.

        Yields
        ------
        positions : list of int
            Which of `names` they are.
        values : ndarray of shape (n_found, ...)
            What was stored.
        """
        self._look()
        wanted = {}
        for position, name in enumerate(names):
            if name in self._places:
                key, row = self._places[name]
                wanted.setdefault(key, []).append((position, row))
        for key, places in wanted.items():
            positions, rows = map(list, zip(*places, strict=True))
            piece = self._checkpoint.get(key, (len(self._names[key]),))
            if piece is not None:
                yield positions, piece[rows]
                continue
            self._forget(key)
            for found, values in self.find([names[position] for position in positions]):
                yield [positions[k] for k in found], values

    def put(self, names, values):
        """Store items, unless another process was first.

        Parameters
        ----------
        names : sequence of str
            Their names, each once.
        values : ndarray of shape (n_items, ...)
            What was found.

        Returns
        -------
        list of (list of int, ndarray)
            As :meth:`find` yields it, for all of them: what is there now.
        """
        with self._checkpoint.locked():
            parts = list(self.find(names))
            found = {position for positions, _ in parts for position in positions}
            new = [position for position in range(len(names)) if position not in found]
            if new:
                new_names = [names[position] for position in new]
                key = _key(new_names)
                if (self._checkpoint.get_note(key) or {}).get("names") != new_names:
                    self.note_jobs(new_names, [])
                parts.append((new, self._checkpoint.put(key, values[new])))
                self._remember(key, new_names)
        return parts

    def note_jobs(self, names, jobs):
        """Take a note of the jobs that were submitted for some items, the last one at the end."""
        self._checkpoint.put_note(_key(names), {"jobs": list(jobs), "names": list(names)})

    def jobs(self, names):
        """Return the numbers of jobs that were submitted for exactly these items."""
        return list((self._checkpoint.get_note(_key(names)) or {}).get("jobs", ()))

    def unfinished(self):
        """Yield the names and the jobs of each note whose items have not come back."""
        finished = set(self._checkpoint.keys(PREFIX))
        for key in self._checkpoint.keys(PREFIX, notes=True):
            note = None if key in finished else self._checkpoint.get_note(key)
            if note is not None and note["jobs"]:
                yield note["names"], note["jobs"]

    def _look(self):
        """Learn what is in files that are new."""
        for key in self._checkpoint.keys(PREFIX):
            if key not in self._names:
                note = self._checkpoint.get_note(key) or {"names": []}
                self._remember(key, note["names"])

    def _remember(self, key, names):
        self._names[key] = names
        for row, name in enumerate(names):
            self._places.setdefault(name, (key, row))

    def _forget(self, key):
        """Do without a file that cannot be used; others may have some of its items."""
        self._names[key] = []
        self._places.clear()
        for other, names in self._names.items():
            self._remember(other, names)


def _key(names):
    return PREFIX + hashlib.sha256(" ".join(names).encode()).hexdigest()[:32]

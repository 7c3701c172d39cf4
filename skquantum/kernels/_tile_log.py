"""Which tiles of a kernel matrix are finished, on disk."""

from skquantum._runtime import digest

__all__ = ["NoLog", "TileLog"]


class NoLog:
    """Nothing is finished, and nothing is kept."""

    def agreed(self, rows_per_block):
        return rows_per_block

    def has(self, rows, columns, symmetric):
        return False

    def add(self, rows, columns, symmetric):
        pass


class TileLog:
    """Which tiles of an array are finished: those that it holds as they were written.

    A file that is not the one that was written, or lost what was on its way to the disk, has other
    bits, so that nothing needs to be flushed before it is noted.
    """

    def __init__(self, checkpoint, sides, out):
        self.checkpoint = checkpoint
        self.sides = sides[0], sides[-1]
        self.out = out
        self._digests = {}

    def agreed(self, rows_per_block):
        """Return the block size of the first process, since tiles are cut by it."""
        return self.checkpoint.note_once("rows_per_block", rows_per_block)

    def has(self, rows, columns, symmetric):
        noted = self.checkpoint.get_note(self._key(rows, columns, symmetric))
        return noted is not None and noted == self._found(rows, columns, symmetric)

    def add(self, rows, columns, symmetric):
        found = self._found(rows, columns, symmetric)
        self.checkpoint.put_note(self._key(rows, columns, symmetric), found)

    def _found(self, rows, columns, symmetric):
        """Return a digest of a tile as it is, and of its mirror image."""
        found = digest(self.out[rows, columns])
        return found + digest(self.out[columns, rows]) if symmetric else found

    def _key(self, rows, columns, symmetric):
        names = self._digest(0, rows), self._digest(1, columns)
        return "-".join(["pair" if symmetric else "tile", *names])

    def _digest(self, side, block):
        key = side, block.start
        if key not in self._digests:
            self._digests[key] = self.sides[side].digest(block)
        return self._digests[key]

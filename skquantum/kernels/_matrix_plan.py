"""How a kernel matrix is cut into tiles: which rows are held, and how often rows are simulated."""

from dataclasses import dataclass
from math import isqrt

from skquantum._runtime import blocks_of_rows, working_memory
from skquantum.exceptions import InsufficientMemoryError

__all__ = ["MatrixPlan", "planned"]

# Products of larger blocks are no faster; a tile is then as much work as is lost to a crash.
ROWS_PER_BLOCK = 1024
# A block that passes by leaves most of the memory to the rows that are held.
BLOCKS_IN_MEMORY = 8
# A tile, what it is computed from, and its transpose.
BYTES_PER_ENTRY = 32


@dataclass(frozen=True)
class MatrixPlan:
    """How a kernel matrix is computed tile by tile, as :meth:`Kernel.plan_matrix` returns it.

    Where not all encodings fit into memory, some rows are held while the others pass by, block by
    block, and are simulated again for the next rows that are held: about
    ``N + N**2 / (2 * n_held)`` simulations for N rows with themselves.

    Parameters
    ----------
    n_rows : int
        Number of rows.
    n_other : int or None
        Number of other rows; None compares the rows with themselves.
    rows_per_block : int
        Rows that are encoded at once; a tile compares two blocks.
    blocks_held : int
        Blocks that stay in memory while others pass by.
    n_bytes : int
        Largest memory in use, the matrix not included.

    Examples
    --------
    100 states of 24 qubits take 25 GiB; 16 of them are held in 6 GiB:

    >>> import numpy as np
    >>> from skquantum.kernels import FidelityKernel
    >>> X = np.zeros((100, 24))
    >>> kernel = FidelityKernel("angle", engine="compiled").fit(X)
    >>> plan = kernel.plan_matrix(X, max_bytes=6 * 2**30)
    >>> plan.n_held < 100 < plan.n_simulations < 500
    True
    """

    n_rows: int
    n_other: int | None
    rows_per_block: int
    blocks_held: int
    n_bytes: int

    @property
    def n_held(self):
        """Number of rows that stay in memory while others pass by."""
        n_rows = self.n_rows if self.n_other is None or self.holds_rows else self.n_other
        return min(n_rows, self.blocks_held * self.rows_per_block)

    @property
    def holds_rows(self):
        """Whether rows are held, and columns pass by; the other way round otherwise."""
        if self.n_other is None:
            return True
        return self._passing(self.n_rows, self.n_other) <= self._passing(self.n_other, self.n_rows)

    @property
    def n_simulations(self):
        """How many rows are encoded; each row counts as often as it is."""
        if self.n_other is not None:
            sizes = self.n_rows, self.n_other
            return self._passing(*(sizes if self.holds_rows else sizes[::-1]))
        step = self.blocks_held * self.rows_per_block
        return sum(self.n_rows - start for start in range(0, self.n_rows, step))

    def _passing(self, n_held, n_passing):
        """Return the number of simulations if a side of the matrix is held in parts."""
        n_groups = -(-n_held // (self.blocks_held * self.rows_per_block))
        return n_held + n_groups * n_passing

    @property
    def n_tiles(self):
        """Number of tiles; one above the diagonal counts with its mirror image."""
        n_blocks = -(-self.n_rows // self.rows_per_block)
        if self.n_other is None:
            return n_blocks * (n_blocks + 1) // 2
        return n_blocks * -(-self.n_other // self.rows_per_block)

    def groups(self):
        """Yield blocks that are held together, and the blocks that they are compared with.

        Yields
        ------
        held : list of slice
            Blocks of rows, or of columns unless `holds_rows`.
        passing : list of slice
            Blocks of the other side. Where rows are compared with themselves, those from the first
            one that is held.
        """
        sides = self.n_rows, self.n_rows if self.n_other is None else self.n_other
        if not self.holds_rows:
            sides = sides[::-1]
        held, passing = (list(blocks_of_rows(n, self.rows_per_block)) for n in sides)
        for start in range(0, len(held), self.blocks_held):
            first = start if self.n_other is None else 0
            yield held[start : start + self.blocks_held], passing[first:]

    def describe(self):
        """Return what the plan says, in one line.

        Returns
        -------
        str
            Rows, tiles and simulations.
        """
        n_columns = self.n_rows if self.n_other is None else self.n_other
        n_distinct = self.n_rows + (self.n_other or 0)
        text = f"{self.n_rows} x {n_columns} entries in {self.n_tiles} tiles"
        if self.n_simulations == n_distinct:
            return f"{text}: {n_distinct} simulations"
        return (
            f"{text}: {self.n_simulations} simulations of {n_distinct} rows, because "
            f"{self.n_held} encodings are held in {self.n_bytes / 2**30:.3g} GiB"
        )


def planned(kernel, n_rows, n_other, *, available, n_jobs=None, rows_per_block=None):
    """Return a plan for the memory that there is.

    Parameters
    ----------
    kernel : Kernel
        Declares what it needs.
    n_rows : int
        Number of rows.
    n_other : int or None
        Number of other rows; None compares the rows with themselves.
    available : int
        Bytes for encodings and tiles.
    n_jobs : int or None, default=None
        Workers that encode.
    rows_per_block : int or None, default=None
        As an earlier run had it; None chooses.

    Returns
    -------
    MatrixPlan
        With at least one block held.

    Raises
    ------
    InsufficientMemoryError
        If not even two blocks fit.
    """
    row_bytes = kernel.encoded_row_bytes()
    longest = max(n_rows, n_other or 0)

    def needed(rows):
        """Return the bytes of a block that passes by, of a tile, and of a block that is held."""
        fixed = kernel.encoding_bytes(rows, n_jobs=n_jobs) + kernel.comparison_bytes(rows, rows)
        return fixed, rows * row_bytes

    if rows_per_block is None:
        rows_per_block = min(
            ROWS_PER_BLOCK,
            longest,
            max(1, isqrt(working_memory() // BYTES_PER_ENTRY)),
            max(1, available // max(1, BLOCKS_IN_MEMORY * row_bytes)),
        )
        while rows_per_block > 1 and sum(needed(rows_per_block)) > available:
            rows_per_block //= 2
    fixed, block_bytes = needed(rows_per_block)
    if fixed + block_bytes > available:
        raise InsufficientMemoryError(
            f"Comparing blocks of {rows_per_block} rows needs "
            f"{(fixed + block_bytes) / 2**30:.3g} GiB of memory, and "
            f"{max(0, available) / 2**30:.3g} GiB may be used; free memory, raise max_bytes, or "
            "use fewer qubits."
        )
    n_blocks = -(-longest // rows_per_block)
    held = min(n_blocks, (available - fixed) // max(1, block_bytes))
    return MatrixPlan(n_rows, n_other, rows_per_block, held, fixed + held * block_bytes)

"""Overlaps of all pairs of rows, tile by tile, spread over threads."""

import numpy as np

from skquantum._runtime import map_rows, n_workers
from skquantum.engines._chain._loops import LANES
from skquantum.engines._chain._operations import sweep

__all__ = ["in_lanes", "overlaps"]

# Vectors of a tile that are worked on between two sites stay in the second-level cache, those of
# one row in the first.
BYTES_OF_VECTORS = 2**17
BYTES_OF_A_ROW = 2**13
MOST_BLOCKS = 8
ROWS_PER_TASK = 256
FLOPS_PER_SECOND = 8e9  # of one core, cautious


def n_blocks_for(program, dtype):
    """Return how many times LANES rows are worked on together."""
    row = 2 * program.room * LANES * np.dtype(dtype).itemsize
    return max(1, min(MOST_BLOCKS, BYTES_OF_A_ROW // row))


def n_rows_for(program, dtype):
    """Return how many other rows are worked on between two sites."""
    row = 2 * program.room * LANES * np.dtype(dtype).itemsize
    return max(1, min(32, BYTES_OF_VECTORS // (row * n_blocks_for(program, dtype))))


def in_lanes(rows, signs, n_blocks):
    """Lay out rows of coefficients as the loops read them; the last row fills up the block."""
    full = np.empty((n_blocks * LANES, rows.shape[1]), rows.dtype)
    np.multiply(rows, signs, out=full[: len(rows)], casting="same_kind")
    full[len(rows) :] = full[len(rows) - 1]
    return np.ascontiguousarray(full.T).reshape(-1, LANES)


def overlaps(program, X, Y, finish, n_jobs, *, symmetric, verbose=False):
    """Compute the overlaps of all pairs of rows.

    Parameters
    ----------
    program : Program
        Of the circuit of all rows.
    X : ndarray of shape (n_x, n_numbers)
        Coefficients of rows.
    Y : ndarray of shape (n_y, n_numbers)
        Coefficients of other rows; `X` itself if `symmetric`.
    finish : callable
        Called as ``finish(rows, columns, re, im, exponents)`` with slices and arrays of their
        shape: the overlap is ``(re + 1j * im) * 2.0**exponents``.
    n_jobs : int or None
        Threads, as joblib counts them.
    symmetric : bool
        Whether pairs below the diagonal, and on it, suffice: column j ends with row j then.
    verbose : bool, default=False
        Whether to show a progress bar.
    """
    dtype = X.dtype
    n_blocks, n_rows = n_blocks_for(program, dtype), n_rows_for(program, dtype)
    width = n_blocks * LANES
    tasks = [
        (column, first, min(first + ROWS_PER_TASK, len(X)))
        for column in range(0, len(Y), width)
        for first in range(column if symmetric else 0, len(X), ROWS_PER_TASK)
    ]
    n_pairs = sum(stop - start for _, start, stop in tasks) * width
    seconds = n_pairs * program.n_flops / FLOPS_PER_SECOND
    signs = program.signs.astype(dtype)

    def run(numbers):
        for column, start, stop in numbers:
            columns = slice(column, min(column + width, len(Y)))
            y = in_lanes(Y[columns], signs, n_blocks)
            v = np.empty((4 * n_rows * n_blocks * program.room, LANES), dtype)
            wide = np.empty((program.n_numbers + 1, LANES), dtype)
            pairs = np.empty((program.n_pairs * n_blocks + 1, LANES), dtype)
            exponents = np.empty((stop - start, n_blocks, LANES), dtype=np.int64)
            out = np.empty((stop - start, 2, n_blocks, LANES), dtype)
            for first in range(start, stop, n_rows):
                part = slice(first - start, min(first + n_rows, stop) - start)
                x = np.ascontiguousarray(X[first : min(first + n_rows, stop)])
                sweep(
                    program.operations, program.starts, program.lists, v, program.room, n_blocks,
                    x, wide, y, pairs, exponents[part], out[part],
                )  # fmt: skip
            n_columns = columns.stop - columns.start
            re, im = np.moveaxis(out, 1, 0).reshape(2, stop - start, width)[:, :, :n_columns]
            powers = exponents.reshape(stop - start, width)[:, :n_columns]
            finish(slice(start, stop), columns, re, im, powers)

    results = map_rows(
        run,
        np.array(tasks).reshape(-1, 3),
        workers=n_workers(n_jobs, seconds, threads=True),
        n_jobs=n_jobs,
        threads=True,
        verbose=verbose,
        description="tiles",
        rows_per_step=1,
    )
    for _ in results:
        pass

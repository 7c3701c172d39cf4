"""Kernel matrices tile by tile: into memory or a file, and with encodings that do not fit."""

import sys

import numpy as np

from skquantum._runtime import (
    Checkpoint,
    as_dense,
    check_matrix,
    check_memory,
    digest,
    free_memory,
    progress_bar,
)
from skquantum._validation import Integral, as_rows, some_rows, validate_rows
from skquantum.kernels._matrix_plan import planned
from skquantum.kernels._tile_log import NoLog, TileLog

__all__ = ["TiledMatrices", "check_same_width"]


class TiledMatrices:
    """The methods of a kernel that compute its matrix tile by tile, and what they ask of it."""

    def matrix(
        self,
        X,
        Y=None,
        *,
        out=None,
        checkpoint=None,
        max_bytes=None,
        n_jobs=None,
        verbose=False,
    ):
        """Return the kernel matrix, computed tile by tile.

        The numbers are those of ``kernel(X, Y)``, up to rounding; what differs is memory. `out` may
        be a file that is larger than memory. Where encodings do not fit into memory, some are held
        and the others are simulated again when they are needed (see :meth:`plan_matrix`).

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_x, n_features)
            Rows.
        Y : {array-like, sparse matrix} of shape (n_y, n_features) or None, default=None
            Other rows; None means `X`.
        out : array-like of shape (n_x, n_y) or None, default=None
            Where the matrix is written, such as a :class:`numpy.memmap`, or another object that
            slices can be assigned to: float64, or float32. None makes an array.
        checkpoint : str, path-like or None, default=None
            Directory that keeps which tiles of `out` are finished. The same call with the same
            `out` continues where a killed process was. A tile counts as finished if `out` holds it
            to the bit. With shots, that takes a kernel with an integer as `random_state`. The
            `checkpoint` of a kernel, which can be the same directory, keeps encodings.
        max_bytes : int or None, default=None
            Memory for encodings and tiles. None means three quarters of what is free.
        n_jobs : int or None, default=None
            Workers that encode, if the kernel does not say itself.
        verbose : bool or int, default=False
            Whether to say on stderr how many simulations there will be, and to show a progress bar.

        Returns
        -------
        array-like of shape (n_x, n_y)
            `out`, or a new array. Symmetric to the last bit if `Y` is None.

        Raises
        ------
        ValueError
            If rows or `out` are invalid, or the kernel repairs or mitigates matrices, which takes
            the whole one.
        TypeError
            If `out` is not an array, or `checkpoint` is given for a kernel that another process
            cannot recognise, such as a function.
        InsufficientMemoryError
            If not even two rows fit into memory; nothing has been simulated.

        Examples
        --------
        >>> import tempfile
        >>> import numpy as np
        >>> from skquantum.kernels import FidelityKernel
        >>> X = np.array([[0.0], [np.pi / 2]])
        >>> kernel = FidelityKernel("angle").fit(X)
        >>> with tempfile.TemporaryFile() as file:
        ...     out = np.memmap(file, dtype=np.float64, shape=(2, 2))
        ...     K = np.array(kernel.matrix(X, out=out))
        >>> K.round(12)
        array([[1. , 0.5],
               [0.5, 1. ]])
        """
        kernel = self._as_fitted(X)
        kernel.check_tiles()
        sides = [_Side(kernel, X)] if Y is None else [_Side(kernel, X), _Side(kernel, Y)]
        shape = _checked_shape(sides)
        if out is not None:
            _check_out(out, shape)
        log = NoLog()
        if checkpoint is not None:
            if out is None:
                raise ValueError(
                    "checkpoint keeps which tiles of `out` are finished, and out is None; pass an "
                    "array that outlives the process, such as a numpy.memmap."
                )
            log = TileLog(Checkpoint(checkpoint, kernel.fingerprint()), sides, out)
        in_memory = 8 * shape[0] * shape[1] if out is None else 0
        if in_memory:
            check_matrix(*shape)
        options = {"symmetric": Y is None, "max_bytes": max_bytes, "n_jobs": n_jobs}
        plan = kernel._plan(shape, in_memory, **options)
        agreed = log.agreed(plan.rows_per_block)
        if agreed != plan.rows_per_block:
            plan = kernel._plan(shape, in_memory, rows_per_block=agreed, **options)
        check_memory(
            in_memory + plan.n_bytes,
            f"A kernel matrix of {shape[0]} x {shape[1]} entries in tiles",
            "free memory, or use a smaller max_bytes",
        )
        if verbose:
            sys.stderr.write(plan.describe() + "\n")
        if out is None:
            out = np.empty(shape)
        encode = _Encoder(kernel, sides, n_jobs)
        with progress_bar(plan.n_tiles, "tiles", "tile", verbose) as bar:
            for held, passing in plan.groups():
                _compare(kernel, plan, held, passing, encode, out, log, bar)
        if hasattr(out, "flush"):
            out.flush()
        return out

    def plan_matrix(self, X, Y=None, *, max_bytes=None, n_jobs=None):
        """Return how :meth:`matrix` would go about it; nothing is simulated.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_x, n_features)
            Rows.
        Y : {array-like, sparse matrix} of shape (n_y, n_features) or None, default=None
            Other rows; None means `X`.
        max_bytes : int or None, default=None
            Memory for encodings and tiles. None means three quarters of what is free.
        n_jobs : int or None, default=None
            Workers that encode, if the kernel does not say itself.

        Returns
        -------
        MatrixPlan
            With the numbers of simulations, tiles and bytes.
        """
        kernel = self._as_fitted(X)
        kernel.check_tiles()
        sides = [_Side(kernel, rows) for rows in (X, Y) if rows is not None]
        shape = _checked_shape(sides)
        return kernel._plan(shape, 0, symmetric=Y is None, max_bytes=max_bytes, n_jobs=n_jobs)

    def _plan(self, shape, in_memory, *, symmetric, max_bytes, n_jobs, rows_per_block=None):
        """Return a plan beside so many bytes that the matrix takes."""
        if max_bytes is None:
            available = (free_memory()[0] - in_memory) * 3 // 4
        elif isinstance(max_bytes, Integral) and max_bytes > 0:
            available = int(max_bytes)
        else:
            raise ValueError(
                f"max_bytes={max_bytes!r} must be a positive integer; None takes what is free."
            )
        options = {"available": available, "n_jobs": n_jobs, "rows_per_block": rows_per_block}
        return planned(self, shape[0], None if symmetric else shape[1], **options)

    # -- what kernels say of themselves -----------------------------------------------------------

    def is_symmetric(self):
        """Return whether the kernel of two rows does not depend on their order."""
        return True

    def check_tiles(self):
        """Raise if an entry of the matrix depends on more than its two rows.

        Raises
        ------
        ValueError
            If matrices are repaired or mitigated as a whole.
        """

    def encoding_bytes(self, n_rows, n_jobs=None):
        """Return the largest memory in use while rows are encoded, the encodings included.

        Parameters
        ----------
        n_rows : int
            Number of rows.
        n_jobs : int or None, default=None
            Workers, if the kernel does not say itself.

        Returns
        -------
        int
            Bytes; those of the encodings alone if the kernel does not know better.
        """
        return n_rows * self.encoded_row_bytes()

    def comparison_bytes(self, n_rows, n_other=None):
        """Return the largest memory in use while encoded rows are compared.

        Parameters
        ----------
        n_rows : int
            Number of rows.
        n_other : int or None, default=None
            Number of other rows; None means that the rows are compared with themselves.

        Returns
        -------
        int
            Bytes, the matrix included, and the encodings not. Four matrices if the kernel does not
            know better.
        """
        return 32 * n_rows * (n_rows if n_other is None else n_other)

    def fingerprint(self):
        """Return what entries of the matrix depend on besides :meth:`row_contents`.

        Returns
        -------
        dict
            Numbers, text, arrays and circuits by name, equal for equal kernels in every process.

        Raises
        ------
        TypeError
            If the kernel does not know.
        """
        raise TypeError(
            f"A {type(self).__name__} cannot be recognised by another process, so that finished "
            "tiles could be those of another kernel; use checkpoint=None, or a kernel with a "
            "fingerprint method."
        )

    def row_contents(self, X):
        """Return the numbers that rows are recognised by.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Checked rows.

        Returns
        -------
        ndarray of shape (n_samples, n_numbers)
            The features themselves, or what encodings are made from.
        """
        return as_dense(X)

    def _as_fitted(self, X):
        """Return this kernel, or what it is without ``fit`` for rows as wide as those of `X`."""
        return self

    def _checked(self, X):
        """Return rows that are checked like those of any other call."""
        fitted = hasattr(self, "n_features_in_")
        return validate_rows(self, X, reset=False) if fitted else as_rows(X)


class _Side:
    """Rows of a matrix, or its columns: as they were given, and checked."""

    def __init__(self, kernel, X):
        self.kernel = kernel
        self.checked = kernel._checked(X)
        self.given = X
        kernel.check_rows(self.checked)  # so that messages name rows of X, not of a block

    def block(self, rows):
        return some_rows(self.given, self.checked, rows)

    def digest(self, rows):
        return digest(self.kernel.row_contents(self.checked[rows]))[:32]


def check_same_width(n_features, n_other):
    """Raise if rows and other rows have different numbers of features."""
    if n_features != n_other:
        raise ValueError(
            f"X has {n_features} features and Y has {n_other} features; they must have the same "
            "ones."
        )


def _checked_shape(sides):
    """Return the shape of the matrix of rows with themselves, or with other rows."""
    shapes = [side.checked.shape for side in sides]
    check_same_width(shapes[0][1], shapes[-1][1])
    return shapes[0][0], shapes[-1][0]


def _check_out(out, shape):
    if not all(hasattr(out, name) for name in ("shape", "dtype", "__setitem__")):
        raise TypeError(
            f"out is a {type(out).__name__}; pass an array that slices can be assigned to, such as "
            "a numpy.memmap."
        )
    if tuple(out.shape) != shape:
        raise ValueError(
            f"out has shape {tuple(out.shape)}, and the matrix has shape {shape}; pass an array of "
            "that shape."
        )
    if np.dtype(out.dtype) not in (np.float64, np.float32):
        raise ValueError(f"out has dtype {out.dtype}; pass an array of float64 or float32.")
    if not getattr(getattr(out, "flags", None), "writeable", True):
        raise ValueError("out is read-only; open it with mode='r+', or pass another array.")


class _Encoder:
    """Encodes blocks of both sides."""

    def __init__(self, kernel, sides, n_jobs):
        self.kernel = kernel
        self.sides = sides[0], sides[-1]
        self.n_jobs = n_jobs

    def __call__(self, block, *, column):
        return self.kernel.encode(self.sides[column].block(block), n_jobs=self.n_jobs)


def _compare(kernel, plan, held, passing, encode, out, log, bar):
    """Compute the tiles of blocks that are held; what is finished takes no simulation."""
    kept = {}  # encodings by the first row of their block
    symmetric = plan.n_other is None
    for block in passing:
        partners = [one for one in held if not symmetric or one.start <= block.start]
        tiles = [(one, block) if plan.holds_rows else (block, one) for one in partners]
        missing = [tile for tile in tiles if not log.has(*tile, symmetric)]
        bar.update(len(tiles) - len(missing))
        if not missing:
            continue
        passed = kept.get(block.start) if symmetric else None
        if passed is None:
            passed = encode(block, column=plan.holds_rows)
        if symmetric and block in held:
            kept[block.start] = passed
        for tile in missing:
            one = tile[0] if plan.holds_rows else tile[1]
            if one.start not in kept:
                kept[one.start] = encode(one, column=not plan.holds_rows)
            pair = kept[one.start], passed
            _write(kernel, tile, pair if plan.holds_rows else pair[::-1], symmetric, out)
            log.add(*tile, symmetric)
            bar.update(1)
        del passed, pair  # before the next block is encoded


def _write(kernel, tile, encoded, symmetric, out):
    rows, columns = tile
    if symmetric and rows == columns:
        out[rows, rows] = kernel.gram(encoded[0])
        return
    K = kernel.gram(*encoded)
    out[rows, columns] = K
    if symmetric:
        out[columns, rows] = K.T if kernel.is_symmetric() else kernel.gram(*encoded[::-1])

"""Rows as the chain engine has encoded them."""

import warnings

import numpy as np

from skquantum._runtime import blocks_of_rows, row_keys
from skquantum.engines._encoded import Encoded
from skquantum.exceptions import ConcentrationWarning

__all__ = ["ChainBatch"]

# Smaller fidelities are 0; their logarithms are not.
SMALLEST = 1e-300
ROWS_PER_MIRROR = 512


class ChainBatch(Encoded):
    """Coefficients of the gates of each row, which are contracted pair by pair.

    Parameters
    ----------
    array : ndarray of shape (n_rows, n_numbers)
        The coefficients; float64 or float32.
    program : Program or None, default=None
        How they are contracted: ``session.program``. A batch without one can be compared with
        batches that have one.
    shots : int or None, default=None
        What a kernel draws from their fidelities.
    n_jobs : int or None, default=None
        Threads that compare, as joblib counts them; the result does not depend on them.
    verbose : bool, default=False
        Whether to show a progress bar.

    Examples
    --------
    >>> import numpy as np
    >>> from qiskit.circuit.library import zz_feature_map
    >>> from skquantum.engines import ChainEngine
    >>> session = ChainEngine().open(zz_feature_map(100, reps=1, entanglement="linear"))
    >>> batch = session.encode([[0.1] * 100, [0.101] * 100])
    >>> batch.inner()[0].round(3)
    array([[1.   , 0.996],
           [0.996, 1.   ]])
    """

    def __init__(self, array, program=None, shots=None, n_jobs=None, verbose=False):
        self.array = array
        self.program = program
        self.shots = shots
        self.n_jobs = n_jobs
        self.verbose = verbose

    def __len__(self):
        return len(self.array)

    def __array__(self, dtype=None, copy=None):
        return np.array(self.array, dtype=dtype, copy=copy)

    def _like(self, array):
        return ChainBatch(array, self.program, self.shots, self.n_jobs, self.verbose)

    def take(self, rows):
        return self._like(self.array[rows])

    def joined(self, others):
        return self._like(np.concatenate([batch.array for batch in (self, *others)]))

    def inner(self, other=None, *, symmetric=True, measure_equal=False):
        K = np.empty((len(self), len(self if other is None else other)))

        def finish(rows, columns, re, im, exponents):
            K[rows, columns] = np.ldexp(_squared(re, im), 2 * exponents)

        self._contract(other, finish, K)
        small = K < SMALLEST
        if small.any():
            warnings.warn(
                f"{small.sum()} of {K.size} fidelities are below {SMALLEST:.0e} and set to 0 "
                "(exponential concentration); use a smaller bandwidth of the feature map, fewer "
                "qubits, or log_fidelities of the kernel.",
                ConcentrationWarning,
            )
            K[small] = 0.0
        return K, K

    def log_inner(self, other=None):
        K = np.empty((len(self), len(self if other is None else other)))

        def finish(rows, columns, re, im, exponents):
            with np.errstate(divide="ignore"):
                logarithms = np.log(_squared(re, im))
            K[rows, columns] = logarithms + 2 * np.log(2.0) * exponents

        self._contract(other, finish, K, diagonal=0.0)
        return K

    def _contract(self, other, finish, K, diagonal=1.0):
        # numba takes a while to import; who does not use this engine does not wait for it.
        from skquantum.engines._chain._tiles import overlaps

        if other is not None:
            self._check_comparable(other)
        program = self.program or getattr(other, "program", None)
        if program is None:
            raise ValueError(
                "The encodings have been loaded without the program of their circuit; compare them "
                "with rows that a session has encoded, or set batch.program = session.program."
            )
        Y = self.array if other is None else other.array
        symmetric = other is None
        options = {"symmetric": symmetric, "verbose": self.verbose}
        overlaps(program, self.array, Y, finish, self.n_jobs, **options)
        if symmetric:
            _mirror(K, diagonal)

    def _check_comparable(self, other):
        keys = {p.key for p in (self.program, getattr(other, "program", None)) if p is not None}
        if (
            type(other) is not ChainBatch
            or len(keys) > 1
            or other.array.shape[1] != self.array.shape[1]
            or other.array.dtype != self.array.dtype
        ):
            raise ValueError(
                f"Encodings of a chain of {self.array.shape[1]} {self.array.dtype} numbers per row "
                f"cannot be compared with encodings of type {type(other).__name__} of another "
                "circuit or engine; encode both with the same circuit and engine (call fit first, "
                "or pass rows with the same number of features)."
            )

    def diagonal(self):
        return np.ones(len(self))

    @property
    def nbytes(self):
        return self.array.nbytes

    def keys(self):
        return row_keys(self.array)

    def save(self):
        return self.array

    @classmethod
    def load(cls, pieces, shots):
        return cls(np.concatenate(pieces), shots=shots)


def _squared(re, im):
    re, im = re.astype(np.float64), im.astype(np.float64)
    return re * re + im * im


def _mirror(K, diagonal):
    """Copy what is below the diagonal above it."""
    for rows in blocks_of_rows(len(K), ROWS_PER_MIRROR):
        below = np.tril(K[rows, rows], -1)
        K[rows, rows] = below + below.T
        K[rows, rows.stop :] = K[rows.stop :, rows].T
    np.fill_diagonal(K, diagonal)

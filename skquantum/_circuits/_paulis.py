"""Hermitian operators as Pauli strings and diagonals."""

from collections.abc import Sequence
from functools import lru_cache
from itertools import combinations, product

import numpy as np
from qiskit.quantum_info import Operator, PauliList, SparsePauliOp
from scipy.sparse import issparse

__all__ = [
    "FixedObservables",
    "check_observables",
    "diagonal_paulis",
    "local_paulis",
    "parity_signs",
    "pauli_sum",
    "pauli_terms",
]

WIDEST_MATRIX = 14  # qubits of a matrix that is decomposed into Pauli strings


def check_observables(observables, n_qubits):
    """Return a sequence of observables on `n_qubits` qubits, SparsePauliOp and float64 arrays."""
    if isinstance(observables, FixedObservables) and observables.n_qubits == n_qubits:
        return observables
    return [_check(observable, n_qubits) for observable in observables]


class FixedObservables(Sequence):
    """Observables that are asked for again and again: checked once, and never changed.

    They are known by their identity, so that what an engine makes of them can be kept with them.

    Parameters
    ----------
    observables : sequence of SparsePauliOp or ndarray of shape (2 ** n_qubits,)
        Copied, for the originals may be changed.
    n_qubits : int
        Width of the circuit.
    """

    def __init__(self, observables, n_qubits):
        self.n_qubits = n_qubits
        self._observables = [each.copy() for each in check_observables(observables, n_qubits)]

    def __len__(self):
        return len(self._observables)

    def __getitem__(self, number):
        return self._observables[number]


def _check(observable, n_qubits):
    if isinstance(observable, SparsePauliOp):
        if observable.num_qubits != n_qubits:
            raise ValueError(
                f"The observable acts on {observable.num_qubits} qubits, the circuit has "
                f"{n_qubits}; the numbers must match."
            )
        if not np.isfinite(observable.coeffs).all():
            raise ValueError("The observable holds NaN or infinity; use finite coefficients.")
        if np.abs(observable.coeffs.imag).max(initial=0.0) > 1e-12:
            raise ValueError(
                "The observable has complex coefficients, so it is not Hermitian; use real ones."
            )
        return observable
    if not isinstance(observable, np.ndarray):
        raise TypeError(
            f"The observable is a {type(observable).__name__}; pass a SparsePauliOp, or an array "
            "that holds the diagonal of one."
        )
    if observable.shape != (2**n_qubits,):
        raise ValueError(
            f"The diagonal observable has shape {observable.shape}, the circuit has {n_qubits} "
            f"qubits; pass an array of shape ({2**n_qubits},)."
        )
    if observable.dtype.kind not in "biuf":
        raise ValueError(
            f"The diagonal observable has dtype {observable.dtype}, so it need not be Hermitian; "
            "pass real numbers."
        )
    if not np.isfinite(observable).all():
        raise ValueError("The diagonal observable holds NaN or infinity; pass finite numbers.")
    return observable.astype(np.float64, copy=False)


@lru_cache(maxsize=16)
def local_paulis(n_qubits, locality):
    """Return all Pauli strings on 1, 2, ..., `locality` qubits."""
    strings = (
        SparsePauliOp.from_sparse_list([("".join(letters), qubits, 1.0)], n_qubits)
        for weight in range(1, locality + 1)
        for qubits in combinations(range(n_qubits), weight)
        for letters in product("XYZ", repeat=weight)
    )
    return FixedObservables(list(strings), n_qubits)


def pauli_terms(observable):
    """Yield (coefficient, x mask, z mask) of the Pauli strings of an operator."""
    powers = [1 << qubit for qubit in range(observable.num_qubits)]  # beyond int64 as well
    for x, z, coefficient in zip(
        observable.paulis.x, observable.paulis.z, observable.coeffs.real, strict=True
    ):
        masks = (
            sum(power for power, bit in zip(powers, bits, strict=True) if bit) for bits in (x, z)
        )
        yield float(coefficient), *masks


def parity_signs(n_qubits, mask):
    """Return (-1) to the number of bits that an index has in common with a mask."""
    return 1.0 - 2.0 * (np.bitwise_count(np.arange(2**n_qubits) & mask) % 2)


def diagonal_paulis(diagonal):
    """Return a diagonal, of shape (2 ** n_qubits,), as Pauli strings of I and Z.

    The coefficients are its Walsh-Hadamard transform; those that are rounding errors are left out.
    """
    n_qubits = len(diagonal).bit_length() - 1
    coefficients = diagonal.astype(np.float64)
    for qubit in range(n_qubits):
        low, high = np.moveaxis(coefficients.reshape(-1, 2, 2**qubit), 1, 0)
        coefficients = np.stack([low + high, low - high], axis=1).ravel() / 2
    largest = np.abs(diagonal).max()
    kept = np.flatnonzero(np.abs(coefficients) > np.finfo(np.float64).eps * largest)
    z = (kept[:, np.newaxis] >> np.arange(n_qubits) & 1).astype(bool)
    return SparsePauliOp(PauliList.from_symplectic(z, np.zeros_like(z)), coefficients[kept])


def pauli_sum(operator):
    """Return a Hermitian operator, or a matrix, as Pauli strings with real coefficients."""
    if not isinstance(operator, SparsePauliOp):
        if issparse(operator):
            operator = operator.toarray()
        try:
            if hasattr(operator, "to_matrix") and not isinstance(operator, Operator):
                operator = operator.to_matrix()
            operator = Operator(operator)
        except Exception as error:
            raise ValueError(
                f"operator is {operator!r}, which is not an operator on qubits; pass a "
                "SparsePauliOp or a Hermitian matrix whose size is a power of 2."
            ) from error
        if operator.num_qubits is None or operator.dim[0] != operator.dim[1]:
            raise ValueError(
                f"operator has dimensions {operator.dim}, which are not those of qubits; pass a "
                "square matrix whose size is a power of 2."
            )
        if operator.num_qubits > WIDEST_MATRIX:
            raise ValueError(
                f"operator is a matrix on {operator.num_qubits} qubits, and decomposing it takes "
                f"too long above {WIDEST_MATRIX}; pass a SparsePauliOp."
            )
        operator = SparsePauliOp.from_operator(operator)
    operator = operator.simplify()
    if not np.isfinite(operator.coeffs).all():
        raise ValueError("operator holds NaN or infinity; use finite coefficients.")
    largest = np.abs(operator.coeffs).max(initial=0.0)
    if np.abs(operator.coeffs.imag).max(initial=0.0) > 1e-10 * max(largest, 1.0):
        raise ValueError(
            "operator is not Hermitian, so its energies are not real; check its coefficients."
        )
    return SparsePauliOp(operator.paulis, operator.coeffs.real)

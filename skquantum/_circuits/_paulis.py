"""Hermitian operators as Pauli strings and diagonals."""

import numpy as np
from qiskit.quantum_info import SparsePauliOp

__all__ = ["check_observables", "parity_signs", "pauli_terms"]


def check_observables(observables, n_qubits):
    """Return observables as a list of SparsePauliOp and float64 arrays on `n_qubits` qubits."""
    return [_check(observable, n_qubits) for observable in observables]


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

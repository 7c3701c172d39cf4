"""Bits that a sampler returns."""

import numpy as np
from qiskit.primitives import BitArray

from skquantum.engines._sampler._circuits import REGISTER
from skquantum.exceptions import SimulationError

__all__ = ["as_columns", "as_numbers", "checked_bits", "parities"]


def checked_bits(results, device_circuit, n_circuits, shots, n_bits):
    """Return the bits of circuits that differ in their angles, if they are all there.

    Parameters
    ----------
    results : sequence of SamplerPubResult
        For what ``pubs_of`` returned.
    device_circuit : DeviceCircuit
        What has been run.
    n_circuits, shots, n_bits : int
        What was asked for.

    Returns
    -------
    ndarray of shape (n_circuits, n_shots, n_bytes)
        Packed, the most significant byte first.

    Raises
    ------
    SimulationError
        If something is missing.
    """
    n_pubs, shape = (1, (n_circuits,)) if device_circuit.placeholders else (n_circuits, ())
    if len(results) != n_pubs:
        raise SimulationError(f"the sampler returned {len(results)} results for {n_pubs} PUB")
    parts = [_checked(one, shape, shots, n_bits) for one in results]
    return parts[0] if shape else np.stack(parts)


def _checked(result, shape, shots, n_bits):
    bits = getattr(result.data, REGISTER, None)
    if not isinstance(bits, BitArray):
        raise SimulationError(
            f"the sampler returned no bits of the register {REGISTER!r} (but "
            f"{type(bits).__name__}); it has to be set to return classified outcomes"
        )
    if bits.shape != shape or bits.num_shots < shots or bits.num_bits != n_bits:
        raise SimulationError(
            f"the sampler returned circuits of shape {bits.shape} with {bits.num_shots} shots of "
            f"{bits.num_bits} bits, asked for {shape} with {shots} shots of {n_bits} bits"
        )
    return bits.array


def as_numbers(bits):
    """Return bitstrings, the most significant byte first, as numbers."""
    numbers = np.zeros(bits.shape[:-1], dtype=np.intp)
    for byte in np.moveaxis(bits, -1, 0):
        numbers = numbers << 8 | byte
    return numbers


def as_columns(bits, n_qubits):
    """Return bitstrings, the most significant byte first, with a column for each qubit."""
    return np.unpackbits(bits, axis=-1)[..., ::-1][..., :n_qubits].astype(np.int64)


def parities(bits, masks):
    """Return averages of (-1) to the number of ones among some of the bits.

    Parameters
    ----------
    bits : ndarray of shape (n_circuits, n_shots, n_bytes)
        Packed, the most significant byte first.
    masks : ndarray of bool of shape (n_masks, n_bits)
        Which bits count, bit 0 first.

    Returns
    -------
    ndarray of shape (n_circuits, n_masks)
        Between -1 and 1.
    """
    packed = np.packbits(masks, axis=1, bitorder="little")[:, ::-1]
    averages = np.empty((len(bits), len(masks)))
    for number, mask in enumerate(packed):
        ones = np.bitwise_count(bits & mask).sum(axis=-1, dtype=np.uint8)  # 256 is even
        averages[:, number] = 1 - 2 * (ones % 2).mean(axis=-1)
    return averages

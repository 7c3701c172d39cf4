"""Blocks that start as the identity, against barren plateaus."""

import numpy as np
from qiskit import QuantumCircuit
from qiskit.circuit.exceptions import CircuitError

from skquantum._validation import Integral, Interval
from skquantum.ansatze._base import new_weights, own_parameters, with_weights
from skquantum.ansatze._composite import CompositeAnsatz
from skquantum.ansatze._two_local import EfficientSU2

__all__ = ["IdentityBlocks"]


class IdentityBlocks(CompositeAnsatz):
    """Blocks of an ansatz followed by its inverse, each half with weights of its own.

    Where the weights of the second half of a block equal those of the first, the block is the
    identity. `AttachedCircuit.mirrors` says which weights these are, so that training starts
    there, where gradients do not vanish with the depth.

    Parameters
    ----------
    ansatz : None, str, QuantumCircuit or Ansatz, default=None
        The first half of a block. None means ``EfficientSU2(reps=1)``; names are the keys of
        ``skquantum.ansatze.ANSATZE`` and mean that ansatz with its own defaults.
    n_blocks : int, default=1
        Number of blocks. Each has twice the weights of `ansatz`, in the same units: those of the
        first half, then those of the inverse in the same order.

    References
    ----------
    .. [1] E. Grant, L. Wossnig, M. Ostaszewski, M. Benedetti, "An initialization strategy for
       addressing barren plateaus in parametrized quantum circuits", Quantum 3, 214 (2019).

    Examples
    --------
    >>> from skquantum.ansatze import IdentityBlocks, RealAmplitudes
    >>> from skquantum.feature_maps import AngleFeatureMap
    >>> ansatz = IdentityBlocks(RealAmplitudes(reps=1, final_rotation=False))
    >>> attached = ansatz.attach(AngleFeatureMap().build(2))
    >>> attached.mirrors
    array([[0, 2],
           [1, 3]])
    """

    _parameter_constraints: dict = {
        **CompositeAnsatz._parameter_constraints,
        "n_blocks": [Interval(Integral, 1, None, closed="left")],
    }

    def __init__(self, ansatz=None, *, n_blocks=1):
        self.ansatz = ansatz
        self.n_blocks = n_blocks

    def _default_block(self):
        return EfficientSU2(reps=1)

    def _build_beside(self, n_qubits, shared):
        half = self._block().build(n_qubits, shared)
        try:
            inverse = half.inverse()
        except CircuitError as error:
            raise ValueError(
                f"The ansatz inside of IdentityBlocks has no inverse ({error.message}); use gates "
                "only."
            ) from error
        n_half = len(own_parameters(half, shared))
        w = new_weights(shared, 2 * n_half * self.n_blocks)
        circuit = QuantumCircuit(n_qubits, name="identity_blocks")
        for start in range(0, len(w), 2 * n_half):
            middle = start + n_half
            circuit.compose(with_weights(half, w[start:middle], shared), inplace=True)
            mirrored = with_weights(inverse, w[middle : middle + n_half], shared)
            circuit.compose(mirrored, inplace=True)
        return circuit

    def _mirrors(self, n_qubits, shared=()):
        block = self._block()
        n_half = len(own_parameters(block.build(n_qubits, shared), shared))
        inner = block._mirrors(n_qubits, shared)
        # Where a weight of the first half is itself a mirror image, both follow the same one.
        source = np.arange(n_half)
        source[inner[:, 1]] = inner[:, 0]
        pairs = np.vstack([inner, np.column_stack([source, n_half + np.arange(n_half)])])
        starts = 2 * n_half * np.arange(self.n_blocks)[:, None, None]
        return (starts + pairs).reshape(-1, 2)

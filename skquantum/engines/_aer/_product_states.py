"""Matrix product states by Aer."""

from threading import Lock

import numpy as np
from qiskit_aer import AerSimulator

from skquantum.exceptions import SimulationError

__all__ = ["product_states"]

# Where Aer truncates is a setting of the whole process.
_LOCK = Lock()


def product_states(circuits, threshold, largest):
    """Return the matrix product state of every circuit.

    Parameters
    ----------
    circuits : list of QuantumCircuit
        Without free parameters; an instruction that saves the state is appended.
    threshold : float
        Weight that may be discarded at a bond by a gate.
    largest : int or None
        Largest bond that is kept.

    Returns
    -------
    list of (list of ndarray, list of ndarray)
        Right-canonical tensors of shape (left bond, 2, right bond), and the singular values on the
        left of each, 1 at the left end.

    Raises
    ------
    SimulationError
        If Aer fails.
    """
    for circuit in circuits:
        circuit.save_matrix_product_state()
    with _LOCK:
        simulator = AerSimulator(
            method="matrix_product_state",
            matrix_product_state_truncation_threshold=threshold,
            matrix_product_state_max_bond_dimension=largest,
            max_parallel_threads=1,
        )
        result = simulator.run(circuits).result()
    if not result.success:
        raise SimulationError(
            f"Aer could not run {len(circuits)} matrix product states and reports: "
            f"{result.status}; try a smaller max_bond_dimension, or simulator='batched'."
        )
    return [
        _right_canonical(*result.data(row)["matrix_product_state"]) for row in range(len(circuits))
    ]


def _right_canonical(gammas, values):
    # Aer has G, s, G, s, ..., G; a tensor G times the singular values behind it is right-canonical
    edge = np.ones(1)
    behind = [*map(np.asarray, values), edge]
    tensors = [np.stack(both, axis=1) * s for both, s in zip(gammas, behind, strict=True)]
    return tensors, [edge, *behind[:-1]]

"""The circuit of a pair of rows: that of one, and then the inverse of that of the other."""

import numpy as np
from qiskit.circuit import Parameter

__all__ = ["check_pairs", "there_and_back"]


def there_and_back(circuit, parameters):
    """Append to a circuit its inverse, with parameters of its own.

    Parameters
    ----------
    circuit : QuantumCircuit
        Unitary circuit of one row; it is not changed.
    parameters : sequence of Parameter
        Those of a row, in order; the circuit may hold fewer.

    Returns
    -------
    pair : QuantumCircuit
        Both halves with a barrier between: cancelled gates would be cancelled noise, and a
        diagonal that is always 1.
    parameters : list of Parameter
        Those of the first row, and then those of the second.
    """
    there, first = _renamed(circuit, parameters, "first")
    back, second = _renamed(circuit, parameters, "second")
    there.barrier()
    return there.compose(back.inverse()), first + second


def _renamed(circuit, parameters, which):
    new = {parameter: Parameter(f"{parameter.name}@{which}") for parameter in parameters}
    used = set(circuit.parameters)
    renamed = circuit.assign_parameters({old: new[old] for old in parameters if old in used})
    return renamed, list(new.values())


def check_pairs(pairs, n_x, n_y):
    """Return numbers of rows of two arrays as an array, or raise."""
    pairs = np.asarray(pairs)
    if pairs.size == 0:
        return np.empty((0, 2), dtype=np.intp)
    if pairs.ndim != 2 or pairs.shape[1] != 2 or pairs.dtype.kind not in "iu":
        raise ValueError(
            f"The pairs have shape {pairs.shape} and type {pairs.dtype}; pass two row numbers per "
            "pair, as integers of shape (n_pairs, 2)."
        )
    for column, n_rows, name in ((0, n_x, "x_values"), (1, n_y, "y_values")):
        bad = np.flatnonzero((pairs[:, column] < 0) | (pairs[:, column] >= n_rows))
        if bad.size:
            raise ValueError(
                f"Pair {bad[0]} names row {pairs[bad[0], column]} of {name}, which has {n_rows} "
                f"rows; pass numbers from 0 to {n_rows - 1}."
            )
    return pairs.astype(np.intp)

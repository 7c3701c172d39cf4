"""What a kernel compares: states, noisy states with effects, or the values of pairs of rows."""

import hashlib

import numpy as np
from sklearn.utils import gen_batches

__all__ = ["checked_weights", "compared", "encode", "piece_by_piece", "row_bytes"]

# About as much as is lost when a process is killed.
BYTES_PER_PIECE = 16 * 2**20


def compared(engine, measurement):
    """Return what a kernel compares: what ``engine.gives``, or noisy states alone for overlaps."""
    if engine.gives == "pairs" and measurement == "overlap":
        return "channels"
    return engine.gives


def encode(engine, circuit, values, *, measurement, weights, n_jobs, verbose):
    """Encode rows of parameter values.

    Parameters
    ----------
    engine : Engine
        What runs the circuit.
    circuit : QuantumCircuit
        Of one row.
    values : ndarray of shape (n_rows, n_parameters)
        Parameter values (radians).
    measurement : {"compute_uncompute", "overlap"}
        What is measured where there is noise.
    weights : ndarray of shape (2 ** n_qubits,) or None
        What each bitstring counts that is measured.
    n_jobs : int or None
        Workers.
    verbose : bool or int
        Whether to show a progress bar.

    Returns
    -------
    ndarray of shape (n_rows, dim), (n_rows, 1 or 2, dim ** 2) or (n_rows, n_parameters)
        Complex states; real vectors of density matrices and effects; or, where pairs of rows are
        measured, the values.

    Raises
    ------
    ValueError
        If the engine cannot measure that.
    """
    if engine.gives == "counts":
        return values
    if engine.gives == "states":
        if weights is not None:
            raise ValueError(
                "outcome_weights are for what a device measures, and states are not measured; use "
                "an engine with noise or a sampler, or outcome_weights=None."
            )
        # shots are drawn later, pair by pair
        return engine.without_shots().states(circuit, values, n_jobs=n_jobs, verbose=verbose)
    if measurement == "overlap" and engine.shots is not None:
        raise ValueError(
            "measurement='overlap' is exact, a device cannot count it in "
            f"{engine.shots} shots; use measurement='compute_uncompute' or shots=None."
        )
    if weights is not None and engine.shots is not None and not np.isin(weights, (0, 1)).all():
        raise ValueError(
            f"outcome_weights other than 0 and 1 cannot be drawn in {engine.shots} shots here; "
            "use shots=None, or SamplerEngine, whose counts are weighted one by one."
        )
    if compared(engine, measurement) == "pairs":
        return values
    session = engine.open(circuit)
    parts = [session.densities(values, n_jobs=n_jobs, verbose=verbose)]
    if measurement == "compute_uncompute":
        parts.append(session.effects(values, weights=weights, n_jobs=n_jobs, verbose=verbose))
    return np.stack(parts, axis=1)


def row_bytes(engine, n_qubits, measurement):
    """Return the memory of one encoded row."""
    what = compared(engine, measurement)
    if what == "channels":
        return 4**n_qubits * 8 * (2 if measurement == "compute_uncompute" else 1)
    return 2**n_qubits * engine.amplitude_bytes if what == "states" else 0


def checked_weights(weights, circuit):
    """Return weights of outcomes as an array, or None."""
    if weights is None:
        return None
    if np.iscomplexobj(weights):
        raise ValueError("outcome_weights are complex; what a bitstring counts is a real number.")
    weights = np.asarray(weights, dtype=np.float64)
    if weights.shape != (2**circuit.num_qubits,) or not np.isfinite(weights).all():
        raise ValueError(
            f"outcome_weights have shape {weights.shape}, the circuit has "
            f"{circuit.num_qubits} qubits; pass {2**circuit.num_qubits} finite numbers."
        )
    return weights


def piece_by_piece(compute, content, n_items, per_piece, checkpoint):
    """Compute something in pieces; those that are in the checkpoint are not computed again.

    Parameters
    ----------
    compute : callable
        Takes a slice of the items and returns a number or an array for each.
    content : callable
        Takes a slice and returns the numbers which these items are made of, and known by.
    n_items : int
        How many there are.
    per_piece : int
        How many are computed between two writes.
    checkpoint : Checkpoint
        Where pieces are kept.

    Returns
    -------
    ndarray of shape (n_items, ...)
        What was computed.
    """
    pieces = []
    for block in gen_batches(n_items, per_piece):
        digest = hashlib.sha256(np.ascontiguousarray(content(block)).tobytes()).hexdigest()
        key = f"rows-{digest[:32]}"
        piece = checkpoint.get(key, (block.stop - block.start,))
        if piece is None:
            piece = checkpoint.put(key, compute(block))
        pieces.append(piece)
    return np.concatenate(pieces)

"""Encodings that are kept on disk as they are finished."""

import hashlib

import numpy as np
from sklearn.utils import gen_batches

__all__ = ["encoded_piece_by_piece"]

# About as much as is lost when a process is killed.
BYTES_PER_PIECE = 16 * 2**20


def encoded_piece_by_piece(encode, values, row_bytes, checkpoint):
    """Encode rows in pieces; those that are in the checkpoint are not encoded again.

    Parameters
    ----------
    encode : callable
        Takes values of some rows and returns their encodings.
    values : ndarray of shape (n_rows, n_parameters)
        Parameter values.
    row_bytes : int
        Memory of the encoding of a row.
    checkpoint : Checkpoint
        Where pieces are kept, by the values that they belong to.

    Returns
    -------
    ndarray of shape (n_rows, ...)
        Encodings.
    """
    pieces = []
    for block in gen_batches(len(values), max(1, BYTES_PER_PIECE // row_bytes)):
        digest = hashlib.sha256(np.ascontiguousarray(values[block]).tobytes()).hexdigest()
        key = f"rows-{digest[:32]}"
        piece = checkpoint.get(key)
        if piece is None:
            piece = encode(values[block])
            checkpoint.put(key, piece)
        pieces.append(piece)
    return np.concatenate(pieces)

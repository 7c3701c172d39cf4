"""Work in pieces, those that a checkpoint holds not done again."""

from skquantum._runtime._keys import digest
from skquantum._runtime._memory import blocks_of_rows

__all__ = ["in_pieces"]


def in_pieces(compute, content, n_items, per_piece, checkpoint):
    """Compute something in pieces; those that are in the checkpoint are not computed again.

    Parameters
    ----------
    compute : callable
        Takes a slice of the items and returns an array for them.
    content : callable
        Takes a slice and returns the numbers which these items are made of, and known by.
    n_items : int
        How many there are.
    per_piece : int
        How many are computed between two writes.
    checkpoint : Checkpoint or None
        Where pieces are kept; None computes all at once.

    Returns
    -------
    list of ndarray
        What was computed, piece by piece.
    """
    if checkpoint is None:
        return [compute(slice(0, n_items))]
    pieces = []
    for block in blocks_of_rows(n_items, per_piece):
        key = f"rows-{digest(content(block))[:32]}"
        piece = checkpoint.get(key, (block.stop - block.start,))
        if piece is None:
            piece = checkpoint.put(key, compute(block))
        pieces.append(piece)
    return pieces

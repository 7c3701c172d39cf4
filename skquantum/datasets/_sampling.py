"""Rows of two classes of equal size, by rejection."""

import numpy as np

__all__ = ["draw_balanced", "sizes_of_classes", "with_flips"]

# Rows that are drawn at a time, at least.
MIN_DRAWS = 64
# How often a generator draws before it gives up.
MAX_ROUNDS = 500


def sizes_of_classes(n_samples):
    """Return how many rows two classes have: the same number, or one more in the first."""
    return n_samples - n_samples // 2, n_samples // 2


def draw_balanced(draw, n_samples, random_state, remedy):
    """Draw rows until both classes have half of them each, and shuffle.

    Parameters
    ----------
    draw : callable
        Takes a number of rows, and returns these with their classes: 0, 1, or -1 to drop the row.
    n_samples : int
        Number of rows.
    random_state : RandomState
        Seed or generator of all random draws.
    remedy : str
        What to do if a class cannot be filled.

    Returns
    -------
    X : ndarray of shape (n_samples, n_features)
        Rows.
    y : ndarray of shape (n_samples,)
        Their classes.
    """
    sizes = sizes_of_classes(n_samples)
    kept = [[], []]
    found, per_round = np.zeros(2, dtype=int), max(n_samples, MIN_DRAWS)
    for _ in range(MAX_ROUNDS):
        rows, classes = draw(per_round)
        for label in (0, 1):
            kept[label].append(rows[classes == label])
            found[label] += len(kept[label][-1])
        if (found >= sizes).all():
            break
    else:
        raise ValueError(
            f"Of {MAX_ROUNDS * per_round} rows that were drawn, {found[0]} are of class 0 and "
            f"{found[1]} of class 1, but {sizes[0]} and {sizes[1]} are asked for; {remedy}."
        )
    X = np.vstack([np.vstack(kept[label])[: sizes[label]] for label in (0, 1)])
    order = random_state.permutation(n_samples)
    return X[order], np.repeat([0, 1], sizes)[order]


def with_flips(y, flip_y, random_state):
    """Return classes of which a fraction are drawn at random."""
    drawn = random_state.uniform(size=len(y)) < flip_y
    return np.where(drawn, random_state.randint(0, 2, len(y)), y)

"""Warning of angles that are finite, but so large that nothing can be concluded from them."""

import warnings

import numpy as np

__all__ = ["LARGEST_ANGLE", "warn_if_meaningless"]

# Radians. A change of a feature in its seventh digit turns such an angle by a tenth of a radian.
LARGEST_ANGLE = 1e6


def warn_if_meaningless(columns, expressions):
    """Warn if an angle is beyond `LARGEST_ANGLE`, once for all rows.

    Parameters
    ----------
    columns : ndarray of shape (n_rows, n_expressions)
        Finite values of the expressions (radians).
    expressions : sequence of ParameterExpression
        What the columns hold.
    """
    if columns.size == 0 or max(columns.max(), -columns.min()) <= LARGEST_ANGLE:
        return
    largest = np.abs(columns).max(axis=0)
    worst = int(largest.argmax())
    warnings.warn(
        f"The angle {expressions[worst]} is up to {largest[worst]:.0e} radians, and what exceeds "
        f"{LARGEST_ANGLE:.0e} radians depends on the last digits of the features, so that results "
        "are meaningless; scale the features, with StandardScaler for instance, or lower the "
        "bandwidth of the feature map.",
        UserWarning,
        stacklevel=2,
    )

"""What all displays share: matplotlib, and where to draw."""

__all__ = ["new_axes"]


def new_axes(ax):
    """Return axes to draw in: those that are given, or those of a new figure.

    Raises
    ------
    ImportError
        If matplotlib is not installed.
    """
    try:
        from matplotlib import pyplot
    except ImportError as error:
        raise ImportError(
            "Drawing needs matplotlib, which is not installed; run: pip install skquantum[plot]"
        ) from error
    return pyplot.subplots()[1] if ax is None else ax

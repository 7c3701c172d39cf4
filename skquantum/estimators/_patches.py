"""Patches of images and windows of sequences, as columns of the rows that hold them."""

from math import prod

import numpy as np

from skquantum._validation import Integral

__all__ = ["in_patches", "patch_columns", "patch_names"]


def patch_columns(n_features, patch_size, image_shape, stride):
    """Return the columns that each patch covers.

    Parameters
    ----------
    n_features : int
        Number of columns.
    patch_size : int, (int, int) or None
        Length of a window, or height and width of a patch; None for no patches.
    image_shape : tuple of int or None
        Height, width and, if there are several, channels of images, whose pixels are the columns,
        row by row, the channels of a pixel together. None means that the columns are a sequence.
    stride : int or (int, int)
        Steps from patch to patch.

    Returns
    -------
    ndarray of shape (n_patches, n_patch_features) or None
        int; patches row by row, and the pixels in them likewise. Those that would reach beyond the
        border are left out.

    Raises
    ------
    ValueError
        If the sizes do not fit.
    """
    if patch_size is None:
        if image_shape is not None:
            raise ValueError(
                f"image_shape={image_shape!r} matters to patches only; set patch_size as well."
            )
        return None
    shape = (n_features,) if image_shape is None else _as_sizes(image_shape, "image_shape")
    if image_shape is not None and len(shape) not in (2, 3):
        raise ValueError(
            f"image_shape={image_shape!r} holds {len(shape)} numbers; pass (height, width), or "
            "(height, width, channels)."
        )
    if prod(shape) != n_features:
        raise ValueError(
            f"image_shape={image_shape!r} has {prod(shape)} numbers, X has {n_features} features; "
            "the numbers must match."
        )
    axes = tuple(range(min(2, len(shape))))
    size = _along(axes, patch_size, "patch_size")
    steps = _along(axes, stride, "stride")
    if any(one > all_ for one, all_ in zip(size, shape, strict=False)):
        within = f"{n_features} features" if image_shape is None else f"image_shape={image_shape!r}"
        raise ValueError(
            f"patch_size={patch_size!r} does not fit into {within}; use a smaller patch."
        )
    columns = np.arange(n_features).reshape(shape)
    windows = np.lib.stride_tricks.sliding_window_view(columns, size, axis=axes)
    windows = windows[tuple(slice(None, None, step) for step in steps)]
    if len(shape) == 3:  # the channels of a pixel stay together
        windows = np.moveaxis(windows, 2, -1)
    return windows.reshape(prod(windows.shape[: len(axes)]), -1)


def in_patches(rows, columns):
    """Return the patches of all rows, of shape (n_rows * n_patches, n_patch_features)."""
    return rows[:, columns].reshape(-1, columns.shape[1])


def patch_names(columns, image_shape):
    """Return names of patches by where they begin: "t3" in sequences, "r0_c4" in images."""
    if image_shape is None:
        return [f"t{first}" for first in columns[:, 0]]
    rows, places, *_ = np.unravel_index(columns[:, 0], image_shape)
    return [f"r{row}_c{place}" for row, place in zip(rows, places, strict=True)]


def _as_sizes(value, name):
    sizes = tuple(value) if isinstance(value, tuple | list) else (value,)
    for size in sizes:
        if not isinstance(size, Integral) or size < 1:
            raise ValueError(f"{name}={value!r} holds {size!r}; use whole numbers from 1.")
    return sizes


def _along(axes, value, name):
    """Return a number for every axis; a single one stands for all."""
    sizes = _as_sizes(value, name)
    if not isinstance(value, tuple | list):
        return sizes * len(axes)
    if len(sizes) != len(axes):
        remedy = (
            "pass image_shape=(height, width) for images, or an int for windows of sequences"
            if len(axes) == 1
            else "pass (height, width), or one number for both"
        )
        raise ValueError(f"{name}={value!r} holds {len(sizes)} numbers, not {len(axes)}; {remedy}.")
    return sizes

"""The three moves that every sliding-window operator is made of: pad, tap, unpad.

A *tap* is the view of a padded image that one cell of the kernel sees: a shifted, strided copy of
the image with one value per output cell. Operators loop over the taps of a kernel, never over
pixels.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from foveal.ops.arrays import Array
from foveal.ops.grid import Cell, WindowGrid


def pad(x_NCHW: Array, grid: WindowGrid, fill: float = 0) -> Array:
    """Return the images with their padding.

    Args:
        x_NCHW: images of the grid's size; any leading axes.
        grid: the geometry.
        fill: what the cells added by ``"zero"`` hold.

    Returns:
        (…, padded H, padded W); the input itself where nothing is added.
    """
    if grid.padded == grid.size:
        return x_NCHW
    if grid.padding_mode != "zero":
        return x_NCHW[..., grid.sources(0)[:, None], grid.sources(1)]
    padded = np.full((*x_NCHW.shape[:-2], *grid.padded), fill, x_NCHW.dtype)
    inside(padded, grid)[...] = x_NCHW
    return padded


def unpad(gradient: Array, grid: WindowGrid) -> Array:
    """Return the gradient of the images from the gradient of the padded images.

    Args:
        gradient: (…, padded H, padded W).
        grid: the geometry.

    Returns:
        (…, H, W): what fell on mirrored or repeated cells is added to the cells they came from.
    """
    if grid.padding_mode == "zero":
        return inside(gradient, grid)
    leading = gradient.shape[:-2]
    rows = np.zeros((*leading, grid.size[0], grid.padded[1]), gradient.dtype)
    for place, source in enumerate(grid.sources(0)):
        rows[..., source, :] += gradient[..., place, :]
    folded = np.zeros((*leading, *grid.size), gradient.dtype)
    for place, source in enumerate(grid.sources(1)):
        folded[..., source] += rows[..., place]
    return folded


def inside(padded: Array, grid: WindowGrid) -> Array:
    """Return the view of a padded image that is the image.

    Args:
        padded: (…, padded H, padded W).
        grid: the geometry.

    Returns:
        A view, (…, H, W).
    """
    (top, _), (left, _) = grid.padding
    return padded[..., top : top + grid.size[0], left : left + grid.size[1]]


def taps(grid: WindowGrid) -> Iterator[Cell]:
    """Return the cells of the kernel, in reading order.

    Args:
        grid: the geometry.

    Returns:
        (row, column) of each.
    """
    return iter(np.ndindex(*grid.kernel))


def tap(padded: Array, grid: WindowGrid, cell: Cell, rows: slice | None = None) -> Array:
    """Return what one cell of the kernel sees, for every output cell.

    Args:
        padded: (…, padded H, padded W).
        grid: the geometry.
        cell: (row, column) in the kernel.
        rows: the output rows wanted, with start and stop; all if None.

    Returns:
        A view, (…, output rows, output W).
    """
    first, last = (rows.start, rows.stop) if rows else (0, grid.output[0])
    vertical = _along(grid, 0, cell[0], first, last)
    return padded[..., vertical, _along(grid, 1, cell[1], 0, grid.output[1])]


def _along(grid: WindowGrid, axis: int, offset: int, first: int, last: int) -> slice:
    step, shift = grid.stride[axis], offset * grid.dilation[axis]
    return slice(first * step + shift, (last - 1) * step + shift + 1, step)

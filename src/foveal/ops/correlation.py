"""The engine of the convolutions: correlation of padded, checked arrays of one dtype."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from foveal.ops.arrays import Array
from foveal.ops.grid import WindowGrid
from foveal.ops.windows import pad, tap, taps, unpad

_BLOCK_BYTES = 256 * 1024  # of one shifted copy: stays in the cache while it is added up
_COLUMN_BYTES = 8 * 1024 * 1024  # of the matrix of windows: bounds the memory of large images


def correlate(padded_NCHW: Array, w_OIHW: Array, grid: WindowGrid, groups: int) -> Array:
    """Slide filters over images that are padded, checked and of one dtype.

    Args:
        padded_NCHW: padded images.
        w_OIHW: filters, (O, C / groups, kh, kw).
        grid: the geometry.
        groups: groups of channels that do not see each other.

    Returns:
        (N, O, h, w).
    """
    shape = (padded_NCHW.shape[0], w_OIHW.shape[0], *grid.output)
    out = np.empty(shape, w_OIHW.dtype)
    one_kernel = padded_NCHW.shape[1] == w_OIHW.shape[0] == 1
    for image, target in zip(padded_NCHW, out, strict=True):
        if one_kernel:
            _add_shifted_copies(image[0], w_OIHW[0, 0], grid, target[0])
        else:
            _multiply_columns(image, w_OIHW, grid, groups, target)
    return out


def _add_shifted_copies(image_HW: Array, w_HW: Array, grid: WindowGrid, out: Array) -> None:
    """Add up one weighted, shifted copy of the image per weight, in reading order."""
    if grid.stride == (1, 1):
        _add_shifted_lines(image_HW, w_HW, grid, out)
        return
    width = grid.output[1]
    blocks = list(_row_blocks(grid, width * out.itemsize, _BLOCK_BYTES))
    scratch = np.empty((blocks[0].stop, width), out.dtype)
    for rows in blocks:
        copies = (tap(image_HW, grid, cell, rows) for cell in taps(grid))
        _add_up(copies, w_HW, out[rows], scratch[: rows.stop - rows.start])


def _add_shifted_lines(image_HW: Array, w_HW: Array, grid: WindowGrid, out: Array) -> None:
    """Do the same with the rows laid end to end, as one line.

    What lies between the last window of a row and the first of the next is computed too and
    dropped: that takes less time than to begin anew in every row.
    """
    width, kept = image_HW.shape[1], grid.output[1]
    line = np.ascontiguousarray(image_HW).reshape(-1)
    blocks = list(_row_blocks(grid, width * out.itemsize, _BLOCK_BYTES))
    total, scratch = np.empty((2, blocks[0].stop * width), out.dtype)
    for rows in blocks:
        count = rows.stop - rows.start
        length = (count - 1) * width + kept
        starts = (
            (rows.start + row * grid.dilation[0]) * width + column * grid.dilation[1]
            for row, column in taps(grid)
        )
        copies = (line[start : start + length] for start in starts)
        _add_up(copies, w_HW, total[:length], scratch[:length])
        out[rows] = total[: count * width].reshape(count, width)[:, :kept]


def _add_up(copies: Iterator[Array], w_HW: Array, total: Array, scratch: Array) -> None:
    for number, (copy, weight) in enumerate(zip(copies, w_HW.flat, strict=True)):
        np.multiply(copy, weight, out=scratch if number else total)
        if number:
            total += scratch


def _multiply_columns(
    image_CHW: Array, w_OIHW: Array, grid: WindowGrid, groups: int, out: Array
) -> None:
    """Lay the windows out as the columns of a matrix and multiply the filters with it."""
    filters = w_OIHW.reshape(groups, w_OIHW.shape[0] // groups, -1)
    bytes_per_row = image_CHW.shape[0] * grid.kernel[0] * grid.kernel[1] * grid.output[1]
    for rows in _row_blocks(grid, bytes_per_row * out.itemsize, _COLUMN_BYTES):
        block = out[:, rows]
        columns = np.empty((image_CHW.shape[0], *grid.kernel, *block.shape[1:]), out.dtype)
        for cell in taps(grid):
            columns[:, *cell] = tap(image_CHW, grid, cell, rows)
        matrix = columns.reshape(groups, filters.shape[2], -1)
        block[...] = (filters @ matrix).reshape(block.shape)


def _row_blocks(grid: WindowGrid, bytes_per_row: int, budget: int) -> Iterator[slice]:
    height, step = grid.output[0], max(1, budget // bytes_per_row)
    for first in range(0, height, step):
        yield slice(first, min(first + step, height))


def input_gradient(gradient_NOhw: Array, w_OIHW: Array, grid: WindowGrid, groups: int) -> Array:
    """Return ∂L/∂input of `correlate`: every output cell hands its gradient back to its window.

    Args:
        gradient_NOhw: ∂L/∂output, (N, O, h, w).
        w_OIHW: filters, (O, C / groups, kh, kw).
        grid: the geometry.
        groups: groups of channels that do not see each other.

    Returns:
        (N, C, H, W).
    """
    batch, depth = gradient_NOhw.shape[0], w_OIHW.shape[1]
    arrived = gradient_NOhw.reshape(batch, groups, w_OIHW.shape[0] // groups, -1)
    filters = w_OIHW.reshape(groups, -1, *w_OIHW.shape[1:]).swapaxes(1, 2)
    padded = np.zeros((batch, groups * depth, *grid.padded), w_OIHW.dtype)
    for cell in taps(grid):
        view = tap(padded, grid, cell)
        view += (filters[..., *cell] @ arrived).reshape(view.shape)
    return unpad(padded, grid)


def kernel_gradient(x_NCHW: Array, gradient_NOhw: Array, grid: WindowGrid, groups: int) -> Array:
    """Return ∂L/∂kernel of `correlate`: each weight sums what it saw times what came of it.

    Args:
        x_NCHW: images, not padded.
        gradient_NOhw: ∂L/∂output, (N, O, h, w).
        grid: the geometry.
        groups: groups of channels that do not see each other.

    Returns:
        (O, C / groups, kh, kw).
    """
    batch, channels = x_NCHW.shape[:2]
    outputs, depth = gradient_NOhw.shape[1], channels // groups
    arrived = gradient_NOhw.reshape(batch, groups, outputs // groups, -1)
    padded = pad(x_NCHW, grid)
    result = np.empty((outputs, depth, *grid.kernel), gradient_NOhw.dtype)
    for cell in taps(grid):
        seen = tap(padded, grid, cell).reshape(batch, groups, depth, -1)
        result[..., *cell] = (arrived @ seen.swapaxes(2, 3)).sum(0).reshape(outputs, depth)
    return result

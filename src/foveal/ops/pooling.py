"""Pooling: one number for every window of every channel.

``"same"`` and other padding, as in `window_grid`, never wins a maximum and, unless it is asked
for, does not count in an average.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from foveal.arguments import IntPair, pair
from foveal.errors import UsageError
from foveal.ops.arrays import Array, as_batch, floating
from foveal.ops.grid import Padding, WindowGrid, window_grid
from foveal.ops.windows import pad, tap, taps


class MaxPooled(NamedTuple):
    """Maxima, and where they are: cell ``divmod(index, W)`` of the input's plane."""

    values: Array
    indices: npt.NDArray[np.intp]


def max_pool2d(
    x: npt.ArrayLike,
    pool_size: IntPair = 2,
    stride: IntPair | None = None,
    padding: Padding = "valid",
) -> Array:
    """Return the largest value of every window.

    Args:
        x: (H, W), (C, H, W) or (N, C, H, W).
        pool_size: side of the window, or (height, width).
        stride: cells between two windows, or (vertical, horizontal); None stands for `pool_size`.
        padding: what is added around the image, as in `window_grid`; less than the window.

    Returns:
        (h, w), (C, h, w) or (N, C, h, w), in the dtype of `x`.

    Raises:
        UsageError: an argument is out of range, or the window does not fit.

    Example:
        >>> max_pool2d([[1, 3, 2, 4], [5, 6, 1, 2], [3, 2, 8, 1], [4, 7, 3, 9]])
        array([[6, 4],
               [7, 9]])
    """
    x_NCHW = as_batch(x)
    grid = pool_grid(x_NCHW.shape[2:], pool_size, stride, padding)
    padded = pad(x_NCHW, grid, _least(x_NCHW.dtype))
    out = tap(padded, grid, (0, 0)).copy()
    for cell in taps(grid):
        np.maximum(out, tap(padded, grid, cell), out=out)
    return out.reshape(np.shape(x)[:-2] + out.shape[2:])


def max_pool2d_with_indices(
    x: npt.ArrayLike,
    pool_size: IntPair = 2,
    stride: IntPair | None = None,
    padding: Padding = "valid",
) -> MaxPooled:
    """Return the largest value of every window and which input cell it came from.

    Args:
        x: (H, W), (C, H, W) or (N, C, H, W).
        pool_size: side of the window, or (height, width).
        stride: cells between two windows, or (vertical, horizontal); None stands for `pool_size`.
        padding: what is added around the image, as in `window_grid`; less than the window.

    Returns:
        (values, indices), both in the shape of the output; an index counts the cells of the
        input's plane in reading order. Of equal cells the first counts.

    Raises:
        UsageError: an argument is out of range, or the window does not fit.

    Example:
        >>> max_pool2d_with_indices([[1, 3, 2, 4], [5, 6, 1, 2]]).indices
        array([[5, 3]])
    """
    x_NCHW = as_batch(x)
    grid = pool_grid(x_NCHW.shape[2:], pool_size, stride, padding)
    padded = pad(x_NCHW, grid, _least(x_NCHW.dtype))
    cells = pad(np.arange(grid.size[0] * grid.size[1]).reshape(grid.size), grid, -1)
    values = np.full((*x_NCHW.shape[:2], *grid.output), _least(x_NCHW.dtype), x_NCHW.dtype)
    indices = np.full(values.shape, -1, np.intp)
    for cell in taps(grid):
        seen, place = tap(padded, grid, cell), tap(cells, grid, cell)
        # A first real cell beats nothing at all, even where it holds the least value there is.
        better = (seen > values) | (seen != seen) | ((indices < 0) & (place >= 0))
        np.copyto(values, seen, where=better)
        np.copyto(indices, np.broadcast_to(place, indices.shape), where=better)
    shape = np.shape(x)[:-2] + values.shape[2:]
    return MaxPooled(values.reshape(shape), indices.reshape(shape))


def average_pool2d(
    x: npt.ArrayLike,
    pool_size: IntPair = 2,
    stride: IntPair | None = None,
    padding: Padding = "valid",
    *,
    count_padding: bool = False,
) -> Array:
    """Return the mean of every window.

    Args:
        x: (H, W), (C, H, W) or (N, C, H, W).
        pool_size: side of the window, or (height, width).
        stride: cells between two windows, or (vertical, horizontal); None stands for `pool_size`.
        padding: what is added around the image, as in `window_grid`; less than the window.
        count_padding: count padding as zeros (PyTorch's way) instead of leaving it out (Keras's).

    Returns:
        (h, w), (C, h, w) or (N, C, h, w), in the floating dtype of `x` (float64 for integers).

    Raises:
        UsageError: an argument is out of range, or the window does not fit.

    Example:
        >>> average_pool2d([[1, 3, 2, 4], [5, 6, 1, 2], [3, 2, 8, 1], [4, 7, 3, 9]])
        array([[3.75, 2.25],
               [4.  , 5.25]])
    """
    x_NCHW = as_batch(x)
    grid = pool_grid(x_NCHW.shape[2:], pool_size, stride, padding)
    result = floating(x_NCHW)
    padded = pad(x_NCHW.astype(result, copy=False), grid)
    out = np.zeros((*x_NCHW.shape[:2], *grid.output), result)
    for cell in taps(grid):
        out += tap(padded, grid, cell)
    out /= window_counts(grid, count_padding).astype(result)
    return out.reshape(np.shape(x)[:-2] + out.shape[2:])


def global_average_pool2d(x: npt.ArrayLike) -> Array:
    """Return the mean of every channel.

    Args:
        x: (H, W), (C, H, W) or (N, C, H, W).

    Returns:
        (), (C,) or (N, C), in the floating dtype of `x` (float64 for integers).

    Raises:
        UsageError: `x` has another number of dimensions.

    Example:
        >>> global_average_pool2d(np.ones((64, 28, 28))).shape
        (64,)
    """
    x_NCHW = as_batch(x)
    means: Array = x_NCHW.mean(axis=(2, 3), dtype=floating(x_NCHW))
    return means.reshape(np.shape(x)[:-2])


def global_max_pool2d(x: npt.ArrayLike) -> Array:
    """Return the largest value of every channel.

    Args:
        x: (H, W), (C, H, W) or (N, C, H, W).

    Returns:
        (), (C,) or (N, C), in the dtype of `x`.

    Raises:
        UsageError: `x` has another number of dimensions.

    Example:
        >>> global_max_pool2d([[[1, 3], [5, 6]], [[7, 2], [0, 1]]])
        array([6, 7])
    """
    largest: Array = as_batch(x).max(axis=(2, 3))
    return largest.reshape(np.shape(x)[:-2])


def global_max_pool2d_with_indices(x: npt.ArrayLike) -> MaxPooled:
    """Return the largest value of every channel and which cell it is.

    Args:
        x: (H, W), (C, H, W) or (N, C, H, W).

    Returns:
        (values, indices), as `max_pool2d_with_indices`.

    Raises:
        UsageError: `x` has another number of dimensions.

    Example:
        >>> int(global_max_pool2d_with_indices([[1, 3], [5, 6]]).indices)
        3
    """
    x_NCHW = as_batch(x)
    planes = x_NCHW.reshape(*x_NCHW.shape[:2], -1)
    indices = planes.argmax(axis=2)
    return MaxPooled(global_max_pool2d(x), indices.reshape(np.shape(x)[:-2]))


def pool_grid(
    size: tuple[int, int], pool_size: IntPair, stride: IntPair | None, padding: Padding
) -> WindowGrid:
    """Return where the windows of a pooling lie.

    Args:
        size: (height, width) of the image.
        pool_size: side of the window, or (height, width).
        stride: cells between two windows, or (vertical, horizontal); None stands for `pool_size`.
        padding: as in `window_grid`; less than the window, so that none is padding alone.

    Returns:
        The grid.

    Raises:
        UsageError: an argument is out of range, or the window does not fit.
    """
    window = pair(pool_size, "pool_size")
    grid = window_grid(size, window, window if stride is None else stride, padding)
    for amounts, side in zip(grid.padding, window, strict=True):
        if max(amounts) >= side:
            raise UsageError(
                f"`padding` of a pooling must be below its window; "
                f"got {max(amounts)} for a window of {side}."
            )
    return grid


def window_counts(grid: WindowGrid, count_padding: bool) -> Array:
    """Return how many cells each average is over.

    Args:
        grid: the geometry.
        count_padding: whether padding counts.

    Returns:
        (h, w) of ints.
    """
    ones = np.ones(grid.size, np.int64)
    padded = pad(ones, grid, 1 if count_padding else 0)
    counts = np.zeros(grid.output, np.int64)
    for cell in taps(grid):
        counts += tap(padded, grid, cell)
    return counts


def _least(dtype: np.dtype[Any]) -> float:
    """Return a value that no cell is below."""
    if dtype.kind == "f":
        return -np.inf
    return 0 if dtype.kind == "b" else int(np.iinfo(dtype).min)

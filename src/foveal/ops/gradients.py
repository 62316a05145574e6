"""Gradients of convolution and pooling: what a change of the output asks of every input.

Each function takes `gradient`, ∂L/∂output, in the shape of the operator's output, and the
operator's own arguments.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from foveal.arguments import IntPair
from foveal.errors import UsageError
from foveal.ops.arrays import Array, as_batch, choose_dtypes, floating, numeric
from foveal.ops.correlation import input_gradient, kernel_gradient
from foveal.ops.filters import checked_filters
from foveal.ops.grid import Padding, PaddingMode, window_grid
from foveal.ops.pooling import (
    global_max_pool2d_with_indices,
    max_pool2d_with_indices,
    pool_grid,
    window_counts,
)
from foveal.ops.windows import tap, taps, unpad


class ConvolutionGradients(NamedTuple):
    """Gradients of `conv2d`, each in the shape of what it belongs to."""

    input: Array
    kernel: Array
    bias: Array


def conv2d_gradients(
    x: npt.ArrayLike,
    w_OIHW: npt.ArrayLike,
    gradient: npt.ArrayLike,
    stride: IntPair = 1,
    padding: Padding = "valid",
    dilation: IntPair = 1,
    groups: int = 1,
    *,
    padding_mode: PaddingMode = "zero",
) -> ConvolutionGradients:
    """Return the gradients of `conv2d` with respect to its input, kernel and bias.

    Args:
        x: (H, W), (C, H, W) or (N, C, H, W).
        w_OIHW: the filters, (O, C / groups, kh, kw).
        gradient: ∂L/∂output, (O, h, w) or (N, O, h, w); (h, w) where there is one filter.
        stride: cells between two windows, or (vertical, horizontal).
        padding: what is added around the image, as in `window_grid`.
        dilation: cells between two cells of a window, or (vertical, horizontal).
        groups: groups of channels that do not see each other.
        padding_mode: ``"zero"``, ``"reflect"`` or ``"replicate"``.

    Returns:
        (input, kernel, bias), in the floating dtype of `x` (float64 for integers).

    Raises:
        UsageError: an argument is out of range, or the shapes do not fit each other.

    Source:
        Dumoulin and Visin, "A guide to convolution arithmetic for deep learning", 2016, ch. 4.

    Example:
        >>> gradients = conv2d_gradients(np.ones((3, 3)), np.ones((1, 1, 2, 2)), np.ones((2, 2)))
        >>> gradients.input
        array([[1., 2., 1.],
               [2., 4., 2.],
               [1., 2., 1.]])
        >>> gradients.kernel[0, 0]
        array([[4., 4.],
               [4., 4.]])
        >>> gradients.bias
        array([4.])
    """
    x_NCHW = as_batch(x)
    weights = checked_filters(w_OIHW, x_NCHW.shape[1], groups)
    grid = window_grid(x_NCHW.shape[2:], weights.shape[2:], stride, padding, dilation, padding_mode)
    result = floating(x_NCHW)
    images = x_NCHW.astype(result, copy=False)
    work = choose_dtypes(images).work
    images, weights = images.astype(work, copy=False), weights.astype(work, copy=False)
    arrived = _like_output(gradient, (x_NCHW.shape[0], weights.shape[0], *grid.output))
    arrived = arrived.astype(work, copy=False)
    return ConvolutionGradients(
        input_gradient(arrived, weights, grid, groups).astype(result).reshape(np.shape(x)),
        kernel_gradient(images, arrived, grid, groups).astype(result),
        arrived.sum(axis=(0, 2, 3)).astype(result),
    )


def max_pool2d_gradient(
    x: npt.ArrayLike,
    gradient: npt.ArrayLike,
    pool_size: IntPair = 2,
    stride: IntPair | None = None,
    padding: Padding = "valid",
) -> Array:
    """Return the gradient of `max_pool2d`: all of it goes to the cell that was the largest.

    Args:
        x: (H, W), (C, H, W) or (N, C, H, W).
        gradient: ∂L/∂output, in the shape of the output.
        pool_size: side of the window, or (height, width).
        stride: cells between two windows, or (vertical, horizontal); None stands for `pool_size`.
        padding: what is added around the image, as in `window_grid`.

    Returns:
        An array of the shape of `x`; of equal cells the first in reading order gets it.

    Raises:
        UsageError: an argument is out of range, or the shapes do not fit each other.

    Example:
        >>> max_pool2d_gradient([[1, 3], [5, 6]], [[2.0]])
        array([[0., 0.],
               [0., 2.]])
    """
    x_NCHW = as_batch(x)
    pooled = max_pool2d_with_indices(x_NCHW, pool_size, stride, padding)
    arrived = _like_output(gradient, pooled.values.shape)
    return _scatter(arrived, pooled.indices, x_NCHW).reshape(np.shape(x))


def average_pool2d_gradient(
    x: npt.ArrayLike,
    gradient: npt.ArrayLike,
    pool_size: IntPair = 2,
    stride: IntPair | None = None,
    padding: Padding = "valid",
    *,
    count_padding: bool = False,
) -> Array:
    """Return the gradient of `average_pool2d`: every cell of a window gets an equal share.

    Args:
        x: (H, W), (C, H, W) or (N, C, H, W).
        gradient: ∂L/∂output, in the shape of the output.
        pool_size: side of the window, or (height, width).
        stride: cells between two windows, or (vertical, horizontal); None stands for `pool_size`.
        padding: what is added around the image, as in `window_grid`.
        count_padding: whether padding counted as zeros in the averages.

    Returns:
        An array of the shape of `x`.

    Raises:
        UsageError: an argument is out of range, or the shapes do not fit each other.

    Example:
        >>> average_pool2d_gradient([[1, 3], [5, 6]], [[2.0]])
        array([[0.5, 0.5],
               [0.5, 0.5]])
    """
    x_NCHW = as_batch(x)
    grid = pool_grid(x_NCHW.shape[2:], pool_size, stride, padding)
    result = floating(x_NCHW)
    arrived = _like_output(gradient, (*x_NCHW.shape[:2], *grid.output)).astype(result)
    share = arrived / window_counts(grid, count_padding).astype(result)
    padded = np.zeros((*x_NCHW.shape[:2], *grid.padded), result)
    for cell in taps(grid):
        tap(padded, grid, cell)[...] += share
    return unpad(padded, grid).reshape(np.shape(x))


def global_average_pool2d_gradient(x: npt.ArrayLike, gradient: npt.ArrayLike) -> Array:
    """Return the gradient of `global_average_pool2d`.

    Args:
        x: (H, W), (C, H, W) or (N, C, H, W).
        gradient: ∂L/∂output, in the shape of the output: (), (C,) or (N, C).

    Returns:
        An array of the shape of `x`.

    Raises:
        UsageError: the shapes do not fit each other.

    Example:
        >>> global_average_pool2d_gradient(np.zeros((2, 2, 2)), [4, 8])[1]
        array([[2., 2.],
               [2., 2.]])
    """
    x_NCHW = as_batch(x)
    height, width = x_NCHW.shape[2:]
    arrived = _like_output(gradient, x_NCHW.shape[:2]).astype(floating(x_NCHW))
    share = arrived[..., None, None] / (height * width)
    return np.broadcast_to(share, x_NCHW.shape).reshape(np.shape(x)).astype(share.dtype)


def global_max_pool2d_gradient(x: npt.ArrayLike, gradient: npt.ArrayLike) -> Array:
    """Return the gradient of `global_max_pool2d`: it goes to the largest cell of each channel.

    Args:
        x: (H, W), (C, H, W) or (N, C, H, W).
        gradient: ∂L/∂output, in the shape of the output: (), (C,) or (N, C).

    Returns:
        An array of the shape of `x`.

    Raises:
        UsageError: the shapes do not fit each other.

    Example:
        >>> global_max_pool2d_gradient([[1, 3], [5, 6]], 2.0)
        array([[0., 0.],
               [0., 2.]])
    """
    x_NCHW = as_batch(x)
    pooled = global_max_pool2d_with_indices(x_NCHW)
    arrived = _like_output(gradient, pooled.values.shape)
    return _scatter(arrived, pooled.indices, x_NCHW).reshape(np.shape(x))


def _scatter(arrived: Array, indices: Array, x_NCHW: Array) -> Array:
    """Add each value of `arrived` to the cell of its plane that `indices` names."""
    batch, channels, height, width = x_NCHW.shape
    planes = np.zeros((batch * channels, height * width), floating(x_NCHW))
    plane = np.arange(batch * channels)[:, None]
    values = arrived.reshape(batch * channels, -1).astype(planes.dtype)
    np.add.at(planes, (plane, indices.reshape(batch * channels, -1)), values)
    return planes


def _like_output(gradient: npt.ArrayLike, shape: tuple[int, ...]) -> Array:
    """Return `gradient` with the leading axes of 1 that the caller's layout leaves out."""
    array = numeric(gradient, "gradient")
    missing = len(shape) - array.ndim
    if missing < 0 or (1,) * missing + array.shape != shape:
        raise UsageError(
            f"`gradient` must have the shape of the output, {shape} as a batch; "
            f"got shape {array.shape}."
        )
    return array.reshape(shape)

"""Transposed convolution: a convolution run backwards, from its output to its input."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from foveal.arguments import IntPair, pair
from foveal.errors import UsageError
from foveal.ops.arrays import Array, as_batch, choose_dtypes, with_ndim
from foveal.ops.correlation import input_gradient
from foveal.ops.counts import check_groups
from foveal.ops.filters import checked_bias
from foveal.ops.grid import Padding, per_axis, window_grid
from foveal.ops.shapes import conv_transpose_output_size


def conv_transpose2d(
    x: npt.ArrayLike,
    w_IOHW: npt.ArrayLike,
    bias: npt.ArrayLike | None = None,
    stride: IntPair = 1,
    padding: Padding = "valid",
    dilation: IntPair = 1,
    groups: int = 1,
    output_padding: IntPair = 0,
) -> Array:
    """Spread every input cell over a window of the output, weighted by the kernel.

    This is the gradient of `conv2d` with respect to its input: what one turns from large to
    small, the other, with the same stride and padding, turns from small to large.

    Args:
        x: (H, W), which counts as one channel, (C, H, W) or (N, C, H, W).
        w_IOHW: the filters, (C, O / groups, kh, kw).
        bias: one number per output channel, (O,), or None.
        stride: output cells between two windows, or (vertical, horizontal).
        padding: what is cut off the output, written as in `window_grid`; ``"same"`` makes the
            output size · stride.
        dilation: cells between two cells of a window, or (vertical, horizontal).
        groups: groups of channels that do not see each other.
        output_padding: rows and columns added at the end, below `stride`.

    Returns:
        (O, h, w), or (N, O, h, w) for a batch, as `conv_transpose_output_size` says.

    Raises:
        UsageError: an argument is out of range, or the shapes do not fit each other.

    Source:
        Dumoulin and Visin, "A guide to convolution arithmetic for deep learning", 2016, ch. 4.

    Example:
        >>> conv_transpose2d([[1, 2]], [[[[1, 10]]]], stride=(1, 2))[0]
        array([[ 1, 10,  2, 20]])
    """
    x_NCHW = as_batch(x)
    weights = with_ndim(w_IOHW, "w_IOHW", "(I, O, kh, kw)")
    groups = check_groups(x_NCHW.shape[1], weights.shape[1] * groups, groups)
    if weights.shape[0] != x_NCHW.shape[1]:
        raise UsageError(
            f"`w_IOHW` must have {x_NCHW.shape[1]} input channels, as `x`; "
            f"got shape {weights.shape}."
        )
    biases = checked_bias(bias, weights.shape[1] * groups)
    kernel, steps, spread = weights.shape[2:], pair(stride, "stride"), pair(dilation, "dilation")
    extra = pair(output_padding, "output_padding", 0)
    axes = zip(x_NCHW.shape[2:], kernel, steps, per_axis(padding), spread, extra, strict=True)
    height, width = (conv_transpose_output_size(*axis) for axis in axes)
    grid = window_grid((height, width), kernel, steps, padding, spread)
    work, result = choose_dtypes(x_NCHW, weights, biases)
    images, weights = x_NCHW.astype(work, copy=False), weights.astype(work, copy=False)
    out: Array = input_gradient(images, weights, grid, groups)
    out = (out + biases.astype(work)[:, None, None]).astype(result, copy=False)
    return out if np.ndim(x) == 4 else np.asarray(out[0])

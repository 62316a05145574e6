"""Convolution as deep learning means it: the kernel slides and is *not* flipped.

Mathematics calls this cross-correlation; ``flip_kernel=True`` turns the kernel by 180° and gives
the convolution of mathematics and signal processing.

What may be padded and how, for all operators here: ``"valid"`` (nothing), ``"same"`` (the output
is ⌈n / stride⌉, the odd row or column goes to the end, as in TensorFlow), an int for all sides,
(vertical, horizontal), or ((top, bottom), (left, right)). ``padding_mode`` says what the added
cells hold: ``"zero"``, ``"reflect"`` (the image mirrored at its border cells) or ``"replicate"``
(the border cells repeated).

Dtypes: a floating image decides (float32 in, float32 out); integers with an integer kernel give
exact int64; integers with a floating kernel give the kernel's dtype.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from foveal.arguments import IntPair
from foveal.errors import UsageError
from foveal.ops.arrays import Array, as_batch, choose_dtypes, numeric, with_ndim
from foveal.ops.correlation import correlate
from foveal.ops.filters import checked_bias, checked_filters
from foveal.ops.grid import Padding, PaddingMode, window_grid
from foveal.ops.windows import pad


def convolve2d(
    image_HW: npt.ArrayLike,
    kernel: npt.ArrayLike,
    stride: IntPair = 1,
    padding: Padding = "valid",
    dilation: IntPair = 1,
    *,
    padding_mode: PaddingMode = "zero",
    flip_kernel: bool = False,
) -> Array:
    """Slide one kernel over one grey image.

    Args:
        image_HW: the image, (H, W).
        kernel: the weights, (kh, kw).
        stride: cells between two windows, or (vertical, horizontal).
        padding: what is added around the image, as in `window_grid`.
        dilation: cells between two cells of a window, or (vertical, horizontal).
        padding_mode: ``"zero"``, ``"reflect"`` or ``"replicate"``.
        flip_kernel: turn the kernel by 180° first: the convolution of mathematics.

    Returns:
        (h, w), as `window_grid` says.

    Raises:
        UsageError: an argument is out of range, or the kernel does not fit.

    Example:
        >>> convolve2d([[10, 10, 10, 0, 0]] * 5, [[-1, 0, 1]] * 3)
        array([[  0, -30, -30],
               [  0, -30, -30],
               [  0, -30, -30]])
    """
    image = with_ndim(image_HW, "image_HW", "(H, W)")
    weights = with_ndim(kernel, "kernel", "(kh, kw)")[None, None]
    out = conv2d(
        image,
        weights,
        None,
        stride,
        padding,
        dilation,
        padding_mode=padding_mode,
        flip_kernel=flip_kernel,
    )
    plane: Array = out[0]
    return plane


def conv2d(
    x: npt.ArrayLike,
    w_OIHW: npt.ArrayLike,
    bias: npt.ArrayLike | None = None,
    stride: IntPair = 1,
    padding: Padding = "valid",
    dilation: IntPair = 1,
    groups: int = 1,
    *,
    padding_mode: PaddingMode = "zero",
    flip_kernel: bool = False,
) -> Array:
    """Slide a bank of filters over images of many channels.

    Args:
        x: (H, W), which counts as one channel, (C, H, W) or (N, C, H, W).
        w_OIHW: the filters, (O, C / groups, kh, kw).
        bias: one number per filter, (O,), or None.
        stride: cells between two windows, or (vertical, horizontal).
        padding: what is added around the image, as in `window_grid`.
        dilation: cells between two cells of a window, or (vertical, horizontal).
        groups: groups of channels that do not see each other.
        padding_mode: ``"zero"``, ``"reflect"`` or ``"replicate"``.
        flip_kernel: turn every filter by 180° first: the convolution of mathematics.

    Returns:
        (O, h, w), or (N, O, h, w) for a batch.

    Raises:
        UsageError: an argument is out of range, or the shapes do not fit each other.

    Example:
        >>> conv2d(np.ones((3, 32, 32), np.float32), np.ones((8, 3, 5, 5)), stride=2).shape
        (8, 14, 14)
    """
    x_NCHW = as_batch(x)
    weights = checked_filters(w_OIHW, x_NCHW.shape[1], groups)
    biases = checked_bias(bias, weights.shape[0])
    grid = window_grid(x_NCHW.shape[2:], weights.shape[2:], stride, padding, dilation, padding_mode)
    work, result = choose_dtypes(x_NCHW, weights, biases)
    if flip_kernel:
        weights = weights[..., ::-1, ::-1]
    padded = pad(x_NCHW.astype(work, copy=False), grid)
    out = correlate(padded, weights.astype(work), grid, groups)
    if bias is not None:
        out += biases.astype(work)[:, None, None]
    out = out.astype(result, copy=False)
    return out if np.ndim(x) == 4 else out[0]


def depthwise_conv2d(
    x: npt.ArrayLike,
    w_CMHW: npt.ArrayLike,
    bias: npt.ArrayLike | None = None,
    stride: IntPair = 1,
    padding: Padding = "valid",
    dilation: IntPair = 1,
    *,
    padding_mode: PaddingMode = "zero",
    flip_kernel: bool = False,
) -> Array:
    """Slide over each channel filters of its own.

    Args:
        x: (H, W), (C, H, W) or (N, C, H, W).
        w_CMHW: M filters per channel, (C, M, kh, kw); (C, kh, kw) stands for M = 1.
        bias: one number per output channel, (C·M,), or None.
        stride: cells between two windows, or (vertical, horizontal).
        padding: what is added around the image, as in `window_grid`.
        dilation: cells between two cells of a window, or (vertical, horizontal).
        padding_mode: ``"zero"``, ``"reflect"`` or ``"replicate"``.
        flip_kernel: turn every filter by 180° first: the convolution of mathematics.

    Returns:
        (C·M, h, w), or (N, C·M, h, w) for a batch; the M outputs of a channel lie together.

    Raises:
        UsageError: an argument is out of range, or the shapes do not fit each other.

    Example:
        >>> depthwise_conv2d(np.ones((2, 4, 4)), np.ones((2, 3, 3))).shape
        (2, 2, 2)
    """
    weights = numeric(w_CMHW, "w_CMHW")
    channels = as_batch(x).shape[1]
    if weights.ndim not in (3, 4) or weights.shape[0] != channels:
        raise UsageError(
            f"`w_CMHW` must be (C, M, kh, kw) or (C, kh, kw) with C = {channels}, "
            f"the channels of `x`; got shape {weights.shape}."
        )
    return conv2d(
        x,
        weights.reshape(-1, 1, *weights.shape[-2:]),
        bias,
        stride,
        padding,
        dilation,
        channels,
        padding_mode=padding_mode,
        flip_kernel=flip_kernel,
    )

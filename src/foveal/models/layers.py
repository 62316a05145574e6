"""The layers that several architectures share."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import torch.nn.functional as F
from torch import Tensor, nn

from foveal.ops.shapes import same_padding

Side = int | tuple[int, int]
RELU = partial(nn.ReLU, inplace=True)


def same_conv2d(
    x_NCHW: Tensor,
    weight: Tensor,
    bias: Tensor | None,
    stride: tuple[int, ...],
    dilation: tuple[int, ...],
    groups: int,
) -> Tensor:
    """Convolve with TensorFlow's "same" padding: output ⌈n/s⌉, the odd row at the end.

    Args:
        x_NCHW: maps, float (N, C, H, W).
        weight: kernels, float (C', C / groups, rows, columns).
        bias: one number for each output channel, or None.
        stride: step of the window in rows and in columns.
        dilation: cells between two cells of a window, of rows and of columns.
        groups: groups of channels.

    Returns:
        Maps, float (N, C', ⌈H / stride⌉, ⌈W / stride⌉).
    """
    (top, bottom), (left, right) = (
        same_padding(
            int(x_NCHW.shape[2 + axis]), int(weight.shape[2 + axis]), stride[axis], dilation[axis]
        )
        for axis in (0, 1)
    )
    if (top, left) == (bottom, right):
        return F.conv2d(x_NCHW, weight, bias, stride, (top, left), dilation, groups)
    padded = F.pad(x_NCHW, (left, right, top, bottom))
    return F.conv2d(padded, weight, bias, stride, 0, dilation, groups)


class SameConv2d(nn.Conv2d):
    """A convolution with TensorFlow's "same" padding: output ⌈n/s⌉, the odd row at the end.

    Arguments are those of ``nn.Conv2d`` without `padding`; any input size is fine.
    """

    def forward(self, input: Tensor) -> Tensor:
        """Return the convolution of a batch.

        Args:
            input: maps, float (N, C, H, W).

        Returns:
            Maps, float (N, out_channels, ⌈H/s⌉, ⌈W/s⌉).
        """
        return same_conv2d(input, self.weight, self.bias, self.stride, self.dilation, self.groups)


class ConvBN(nn.Sequential):
    """Convolution, batch normalisation, activation: the brick of every later network.

    Args:
        in_channels: channels of the input.
        out_channels: channels of the output.
        kernel: side of the kernel in pixels, or (height, width).
        stride: step of the window in pixels.
        groups: groups of channels; `in_channels` for a depthwise convolution.
        activation: makes the activation, or None for a linear output.
        conv: the class of the convolution: `SameConv2d`, or ``nn.Conv2d``.
        padding: zeros at each side of an ``nn.Conv2d``; None for half the kernel.
        bias: whether the convolution has biases; the normalisation makes them superfluous.
        eps: of the batch normalisation.
    """

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel: Side,
        stride: int = 1,
        groups: int = 1,
        *,
        activation: Callable[[], nn.Module] | None = RELU,
        conv: type[nn.Conv2d] = nn.Conv2d,
        padding: int | None = None,
        bias: bool = False,
        eps: float = 1e-5,
    ) -> None:
        height, width = (kernel, kernel) if isinstance(kernel, int) else kernel
        sides = (height // 2, width // 2) if padding is None else (padding, padding)
        super().__init__()
        self.conv = conv(
            in_channels,
            out_channels,
            (height, width),
            stride,
            0 if issubclass(conv, SameConv2d) else sides,
            groups=groups,
            bias=bias,
        )
        self.bn = nn.BatchNorm2d(out_channels, eps=eps)
        if activation is not None:
            self.activation = activation()

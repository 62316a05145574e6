"""The mobile inverted bottleneck, which MobileNetV2 and the EfficientNets are made of."""

from __future__ import annotations

import re
from collections.abc import Callable

import torch
from torch import Tensor, nn

from foveal.models.convnet import ConvNet
from foveal.models.layers import ConvBN

Brick = Callable[..., ConvBN]


class SqueezeExcitation(nn.Module):
    """Weigh each channel by what all channels hold on average.

    Args:
        channels: channels of the input, and of the output.
        squeezed: channels in between.

    Source:
        Hu et al. 2018, "Squeeze-and-Excitation Networks", equations 2 and 3, with SiLU for ReLU
        as EfficientNet has it.
    """

    def __init__(self, channels: int, squeezed: int) -> None:
        super().__init__()
        self.reduce = nn.Conv2d(channels, squeezed, 1)
        self.activation = nn.SiLU(inplace=True)
        self.expand = nn.Conv2d(squeezed, channels, 1)

    def forward(self, x_NCHW: Tensor) -> Tensor:
        """Return the weighted maps.

        Args:
            x_NCHW: maps, float (N, channels, H, W).

        Returns:
            Maps of the same shape.
        """
        means_NC11 = torch.mean(x_NCHW, dim=(2, 3), keepdim=True)
        scores_NC11: Tensor = self.expand(self.activation(self.reduce(means_NC11)))
        return x_NCHW * torch.sigmoid(scores_NC11)


class MBConv(nn.Module):
    """The mobile inverted bottleneck: expand, filter each channel, project; skip if shapes allow.

    Args:
        in_channels: channels of the input.
        out_channels: channels of the output.
        kernel: side of the depthwise kernel in pixels.
        stride: step of the depthwise convolution.
        expansion: widening of the first 1×1 convolution; 1 leaves it out.
        brick: makes convolution, batch normalisation and activation.
        squeezed: channels of the squeeze-and-excitation before the projection; 0 for none.

    Source:
        Sandler et al. 2018, "MobileNetV2", figure 3 and table 1.
    """

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel: int,
        stride: int,
        expansion: int,
        *,
        brick: Brick,
        squeezed: int = 0,
    ) -> None:
        super().__init__()
        width = in_channels * expansion
        self.layers = nn.Sequential()
        if expansion != 1:
            self.layers.add_module("expand", brick(in_channels, width, 1))
        self.layers.add_module("depthwise", brick(width, width, kernel, stride, groups=width))
        if squeezed:
            self.layers.add_module("excite", SqueezeExcitation(width, squeezed))
        self.layers.add_module("project", brick(width, out_channels, 1, activation=None))
        self.has_skip = stride == 1 and in_channels == out_channels

    def forward(self, x_NCHW: Tensor) -> Tensor:
        """Return the block's output.

        Args:
            x_NCHW: maps, float (N, in_channels, H, W).

        Returns:
            Maps, float (N, out_channels, ⌈H/s⌉, ⌈W/s⌉).
        """
        y_NCHW: Tensor = self.layers(x_NCHW)
        if self.has_skip:
            y_NCHW += x_NCHW  # in place: one pass over memory less
        return y_NCHW


def round_channels(channels: float, divisor: int = 8) -> int:
    """Round to a multiple of `divisor` that loses less than a tenth.

    Args:
        channels: the wanted number of channels.
        divisor: what the result is a multiple of.

    Returns:
        A positive multiple of `divisor`, at least 0.9 × `channels`.

    Example:
        >>> round_channels(16 * 1.1), round_channels(112 * 1.1)
        (16, 120)
    """
    rounded = max(divisor, int(channels + divisor / 2) // divisor * divisor)
    return rounded + divisor if rounded < 0.9 * channels else rounded


_BLOCK = re.compile(r"blocks\.(\d+)\.(\d+)\.(\w+)\.(.+)")
_OUTER = {
    "conv_stem": "blocks.stem.conv",
    "bn1": "blocks.stem.bn",
    "conv_head": "blocks.top.conv",
    "bn2": "blocks.top.bn",
    "classifier": "head.1",
}
_EXPANDED = {
    "conv_pw": "expand.conv",
    "bn1": "expand.bn",
    "conv_dw": "depthwise.conv",
    "bn2": "depthwise.bn",
    "se": "excite",
    "conv_pwl": "project.conv",
    "bn3": "project.bn",
}
_PLAIN = {  # the first stage does not expand: its one 1×1 convolution is the projection
    "conv_dw": "depthwise.conv",
    "bn1": "depthwise.bn",
    "se": "excite",
    "conv_pw": "project.conv",
    "bn2": "project.bn",
}


def rename_timm_weights(name: str, network: ConvNet) -> str:
    """Translate timm's name of a weight of MobileNetV2 or EfficientNet into the name used here.

    Args:
        name: such as ``"blocks.1.0.bn2.weight"``.
        network: the network the weights are for.

    Returns:
        Such as ``"blocks.stage2_1.layers.depthwise.bn.weight"``.
    """
    found = _BLOCK.fullmatch(name)
    if found is None:
        first, _, rest = name.partition(".")
        return f"{_OUTER.get(first, first)}.{rest}"
    stage, repeat, layer, rest = found.groups()
    inner = (_PLAIN if stage == "0" else _EXPANDED).get(layer, layer)
    block = f"stage{int(stage) + 1}_{int(repeat) + 1}"
    return f"blocks.{block}.layers.{inner}.{rest.removeprefix('conv_')}"

"""EfficientNet-Lite: EfficientNet for small devices, one table scaled in width and depth.

The Lite variants have no squeeze-and-excitation, use ReLU6, and do not scale the stem, the top
and the first and last stage's depth, so that they quantise well.

Source:
    Tan & Le 2019, "EfficientNet: Rethinking Model Scaling for Convolutional Neural Networks",
    table 1; the Lite changes are those of the authors' 2020 release.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

from torch import Tensor, nn

from foveal.models.convnet import ConvNet, GlobalAveragePool
from foveal.models.layers import ConvBN, SameConv2d, initialise

# Table 1: kernel k, stride s, expansion e, output channels c, repeats n.
STAGES = (
    # k, s, e, c, n
    (3, 1, 1, 16, 1),
    (3, 2, 6, 24, 2),
    (5, 2, 6, 40, 2),
    (3, 2, 6, 80, 3),
    (5, 1, 6, 112, 3),
    (5, 2, 6, 192, 4),
    (3, 1, 6, 320, 1),
)
STEM, TOP = 32, 1280
EPS = 1e-3


class MBConv(nn.Module):
    """The mobile inverted bottleneck: expand, filter each channel, project; skip if shapes allow.

    Args:
        in_channels: channels of the input.
        out_channels: channels of the output.
        kernel: side of the depthwise kernel in pixels.
        stride: step of the depthwise convolution.
        expansion: widening of the first 1×1 convolution; 1 leaves it out.

    Source:
        Sandler et al. 2018, "MobileNetV2", figure 3 and table 1.
    """

    def __init__(
        self, in_channels: int, out_channels: int, kernel: int, stride: int, expansion: int
    ) -> None:
        super().__init__()
        width = in_channels * expansion
        self.layers = nn.Sequential()
        if expansion != 1:
            self.layers.add_module("expand", _conv(in_channels, width, 1))
        self.layers.add_module("depthwise", _conv(width, width, kernel, stride, groups=width))
        self.layers.add_module("project", _conv(width, out_channels, 1, activation=None))
        self.has_skip = stride == 1 and in_channels == out_channels

    def forward(self, x_NCHW: Tensor) -> Tensor:
        """Return the block's output.

        Args:
            x_NCHW: maps, float (N, in_channels, H, W).

        Returns:
            Maps, float (N, out_channels, ⌈H/s⌉, ⌈W/s⌉).
        """
        y_NCHW: Tensor = self.layers(x_NCHW)
        return x_NCHW + y_NCHW if self.has_skip else y_NCHW


def efficientnet_lite(
    name: str,
    *,
    width: float,
    depth: float,
    image_size: int,
    num_classes: int = 1000,
    in_channels: int = 3,
) -> ConvNet:
    """Build an EfficientNet-Lite without trained weights.

    Args:
        name: its registered name.
        width: factor on the channels of every stage.
        depth: factor on the repeats of every stage but the first and the last.
        image_size: the side in pixels it was designed for.
        num_classes: number of logits.
        in_channels: channels of the input.

    Returns:
        The network, with He-normal weights.
    """
    stem = _conv(in_channels, STEM, 3, stride=2)
    stages = list(_stages(width, depth))
    last: int = stages[-1][1].layers.project.conv.out_channels  # type: ignore[assignment,union-attr]
    top = _conv(last, TOP, 1)
    head = nn.Sequential(nn.Dropout(0.2), nn.Linear(TOP, num_classes))
    network = ConvNet(
        name,
        [("stem", stem), *stages, ("top", top)],
        GlobalAveragePool(),
        head,
        image_size=image_size,
        in_channels=in_channels,
    )
    initialise(network)
    return network


def _stages(width: float, depth: float) -> Iterator[tuple[str, MBConv]]:
    channels = STEM
    for index, (kernel, stride, expansion, base, repeats) in enumerate(STAGES, start=1):
        out = round_channels(base * width)
        edge = index in (1, len(STAGES))
        for repeat in range(repeats if edge else math.ceil(repeats * depth)):
            step = stride if repeat == 0 else 1
            yield f"stage{index}_{repeat + 1}", MBConv(channels, out, kernel, step, expansion)
            channels = out


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


def _conv(
    in_channels: int,
    out_channels: int,
    kernel: int,
    stride: int = 1,
    groups: int = 1,
    activation: type[nn.Module] | None = nn.ReLU6,
) -> ConvBN:
    return ConvBN(
        in_channels,
        out_channels,
        kernel,
        stride,
        groups,
        activation=activation,
        conv=SameConv2d,
        eps=EPS,
    )


def rename_lite_weights(name: str, network: ConvNet) -> str:
    """Translate a name in the packaged EfficientNet-Lite files into the name used here.

    Args:
        name: such as ``"_blocks.3._bn1.weight"``.
        network: the network the weights are for.

    Returns:
        Such as ``"blocks.stage2_2.layers.depthwise.bn.weight"``.
    """
    outer = {
        "_conv_stem": "blocks.stem.conv",
        "_bn0": "blocks.stem.bn",
        "_conv_head": "blocks.top.conv",
        "_bn1": "blocks.top.bn",
        "_fc": "head.1",
    }
    inner = {
        "_expand_conv": "expand.conv",
        "_bn0": "expand.bn",
        "_depthwise_conv": "depthwise.conv",
        "_bn1": "depthwise.bn",
        "_project_conv": "project.conv",
        "_bn2": "project.bn",
    }
    first, *rest = name.split(".")
    if first != "_blocks":
        return ".".join([outer.get(first, first), *rest])
    block = network.block_names[1 + int(rest[0])]
    return ".".join(["blocks", block, "layers", inner.get(rest[1], rest[1]), *rest[2:]])

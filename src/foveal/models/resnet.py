"""ResNet: blocks that add to what they are given; and a simple one for small tasks.

The stride of a bottleneck is in its 3×3 convolution, not in its first 1×1 as in the paper: so
have the published weights.

Source:
    He et al. 2016, "Deep Residual Learning for Image Recognition", table 1 and figure 5.
"""

from __future__ import annotations

import re
from collections import OrderedDict
from collections.abc import Callable, Iterator
from functools import partial

from torch import Tensor, nn

from foveal.models.convnet import ConvNet, GlobalAveragePool
from foveal.models.layers import ConvBN


class Residual(nn.Module):
    """Add the input, or a projection of it, to what some layers make of it.

    Args:
        layers: convolutions with batch normalisation; the last one without activation.
        shortcut: a 1×1 convolution where the shape changes, else None.

    Source:
        He et al. 2016, equations 1 and 2.
    """

    def __init__(self, layers: list[ConvBN], shortcut: ConvBN | None) -> None:
        super().__init__()
        named = {f"conv{index}": layer for index, layer in enumerate(layers, start=1)}
        self.layers = nn.Sequential(OrderedDict(named))
        self.shortcut = nn.Identity() if shortcut is None else shortcut
        self.activation = nn.ReLU(inplace=True)

    def forward(self, x_NCHW: Tensor) -> Tensor:
        """Return the block's output.

        Args:
            x_NCHW: maps, float (N, C, H, W).

        Returns:
            Maps, float (N, C', ⌈H/s⌉, ⌈W/s⌉).
        """
        y_NCHW: Tensor = self.layers(x_NCHW)
        y_NCHW += self.shortcut(x_NCHW)  # in place: one pass over memory less
        activated: Tensor = self.activation(y_NCHW)
        return activated


def basic(in_channels: int, width: int, stride: int, *, bias: bool = False) -> Residual:
    """Build the block of the shallow networks: two 3×3 convolutions.

    Args:
        in_channels: channels of the input.
        width: channels of the convolutions, and of the output.
        stride: step of the first convolution, and of the shortcut.
        bias: whether the convolutions have biases.

    Returns:
        The block.
    """
    first = ConvBN(in_channels, width, 3, stride, bias=bias)
    second = ConvBN(width, width, 3, bias=bias, activation=None)
    return Residual([first, second], _shortcut(in_channels, width, stride, bias))


def bottleneck(in_channels: int, width: int, stride: int) -> Residual:
    """Build the block of the deep networks: narrow by a 1×1, filter by a 3×3, widen by a 1×1.

    Args:
        in_channels: channels of the input.
        width: channels of the 3×3 convolution; the output has four times as many.
        stride: step of the 3×3 convolution, and of the shortcut.

    Returns:
        The block.
    """
    out = width * 4
    layers = [
        ConvBN(in_channels, width, 1),
        ConvBN(width, width, 3, stride),
        ConvBN(width, out, 1, activation=None),
    ]
    return Residual(layers, _shortcut(in_channels, out, stride))


def _shortcut(in_channels: int, out: int, stride: int, bias: bool = False) -> ConvBN | None:
    if stride == 1 and in_channels == out:
        return None
    return ConvBN(in_channels, out, 1, stride, bias=bias, activation=None)


Block = Callable[[int, int, int], Residual]

# Table 1: the block, its widening, and its repeats in each stage, by layers with weights.
LAYERS: dict[int, tuple[Block, int, tuple[int, ...]]] = {
    18: (basic, 1, (2, 2, 2, 2)),
    34: (basic, 1, (3, 4, 6, 3)),
    50: (bottleneck, 4, (3, 4, 6, 3)),
    101: (bottleneck, 4, (3, 4, 23, 3)),
    152: (bottleneck, 4, (3, 8, 36, 3)),
}
WIDTHS = (64, 128, 256, 512)


def resnet(
    name: str,
    *,
    layers: int,
    image_size: int = 224,
    num_classes: int = 1000,
    in_channels: int = 3,
) -> ConvNet:
    """Build a ResNet.

    Args:
        name: its registered name.
        layers: layers with weights: 18, 34, 50, 101 or 152.
        image_size: the side of its images in pixels.
        num_classes: number of logits.
        in_channels: channels of the input.

    Returns:
        The network, without starting weights of its own.
    """
    block, widening, repeats = LAYERS[layers]
    stem = ConvBN(in_channels, WIDTHS[0], 7, 2)
    stem.add_module("pool", nn.MaxPool2d(3, 2, padding=1))
    return ConvNet(
        name,
        [("stem", stem), *_stages(block, widening, repeats)],
        GlobalAveragePool(),
        nn.Linear(WIDTHS[-1] * widening, num_classes),
        image_size=image_size,
        in_channels=in_channels,
    )


def _stages(
    block: Block, widening: int, repeats: tuple[int, ...]
) -> Iterator[tuple[str, Residual]]:
    channels = WIDTHS[0]
    for stage, (width, count) in enumerate(zip(WIDTHS, repeats, strict=False), start=1):
        for repeat in range(1, count + 1):
            stride = 2 if repeat == 1 and stage > 1 else 1
            yield f"stage{stage}_{repeat}", block(channels, width, stride)
            channels = width * widening


def simple_resnet(
    name: str, *, image_size: int = 224, num_classes: int = 10, in_channels: int = 3
) -> ConvNet:
    """Build a residual network small enough to train from scratch: three stages of two blocks.

    Args:
        name: its registered name.
        image_size: the side of its images in pixels.
        num_classes: number of logits.
        in_channels: channels of the input.

    Returns:
        The network, without starting weights of its own.
    """
    stem = ConvBN(in_channels, WIDTHS[0], 7, 2, bias=True)
    return ConvNet(
        name,
        [("stem", stem), *_stages(partial(basic, bias=True), 1, (2, 2, 2))],
        GlobalAveragePool(),
        nn.Linear(WIDTHS[2], num_classes),
        image_size=image_size,
        in_channels=in_channels,
    )


def rename_timm_weights(name: str, network: ConvNet) -> str:
    """Translate timm's name of a weight into the name used here.

    Args:
        name: such as ``"layer2.0.downsample.1.weight"``.
        network: the network the weights are for.

    Returns:
        Such as ``"blocks.stage2_1.shortcut.bn.weight"``.
    """
    outer = {"conv1": "blocks.stem.conv", "bn1": "blocks.stem.bn", "fc": "head"}
    found = re.fullmatch(r"layer(\d+)\.(\d+)\.(conv|bn|downsample\.)(\d)\.(\w+)", name)
    if found is None:
        first, _, rest = name.partition(".")
        return f"{outer.get(first, first)}.{rest}"
    stage, repeat, layer, index, parameter = found.groups()
    block = f"blocks.stage{stage}_{int(repeat) + 1}"
    if layer == "downsample.":
        return f"{block}.shortcut.{'conv' if index == '0' else 'bn'}.{parameter}"
    return f"{block}.layers.conv{index}.{layer}.{parameter}"

"""EfficientNet and EfficientNet-Lite: one table scaled in width, depth and image size.

The Lite variants are for small devices: they have no squeeze-and-excitation, use ReLU6, and do
not scale the stem, the top and the first and last stage's depth, so that they quantise well.
Their trained weights come from TensorFlow and need its "same" padding and normalisation; those
of the others come from PyTorch, with equal padding on all sides.

Source:
    Tan & Le 2019, "EfficientNet: Rethinking Model Scaling for Convolutional Neural Networks",
    table 1; the Lite changes are those of the authors' 2020 release.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from functools import partial

from torch import nn

from foveal.models.convnet import ConvNet, GlobalAveragePool
from foveal.models.layers import ConvBN, SameConv2d
from foveal.models.mbconv import Brick, MBConv, rename_timm_weights, round_channels

__all__ = ["efficientnet", "efficientnet_lite", "rename_lite_weights", "rename_timm_weights"]

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
SQUEEZE = 4  # a squeeze-and-excitation narrows the block's input to a quarter

_brick = partial(ConvBN, activation=partial(nn.SiLU, inplace=True))
_lite_brick = partial(ConvBN, activation=partial(nn.ReLU6, inplace=True), conv=SameConv2d, eps=1e-3)


def efficientnet(
    name: str,
    *,
    width: float,
    depth: float,
    dropout: float,
    image_size: int,
    num_classes: int = 1000,
    in_channels: int = 3,
) -> ConvNet:
    """Build an EfficientNet.

    Args:
        name: its registered name.
        width: factor on the channels of every stage, of the stem and of the top.
        depth: factor on the repeats of every stage.
        dropout: share of the features that training drops before the last layer.
        image_size: the side of its images in pixels.
        num_classes: number of logits.
        in_channels: channels of the input.

    Returns:
        The network, without starting weights of its own.
    """
    stem, top = round_channels(STEM * width), round_channels(TOP * width)
    repeats = [math.ceil(stage[-1] * depth) for stage in STAGES]
    return ConvNet(
        name,
        [
            ("stem", _brick(in_channels, stem, 3, 2)),
            *_stages(stem, width, repeats, _brick, excite=True),
            ("top", _brick(_last_channels(width), top, 1)),
        ],
        GlobalAveragePool(),
        nn.Sequential(nn.Dropout(dropout), nn.Linear(top, num_classes)),
        image_size=image_size,
        in_channels=in_channels,
    )


def efficientnet_lite(
    name: str,
    *,
    width: float,
    depth: float,
    image_size: int,
    num_classes: int = 1000,
    in_channels: int = 3,
) -> ConvNet:
    """Build an EfficientNet-Lite.

    Args:
        name: its registered name.
        width: factor on the channels of every stage.
        depth: factor on the repeats of every stage but the first and the last.
        image_size: the side of its images in pixels.
        num_classes: number of logits.
        in_channels: channels of the input.

    Returns:
        The network, without starting weights of its own.
    """
    first, *middle, last = [stage[-1] for stage in STAGES]
    repeats = [first, *(math.ceil(count * depth) for count in middle), last]
    return ConvNet(
        name,
        [
            ("stem", _lite_brick(in_channels, STEM, 3, 2)),
            *_stages(STEM, width, repeats, _lite_brick, excite=False),
            ("top", _lite_brick(_last_channels(width), TOP, 1)),
        ],
        GlobalAveragePool(),
        nn.Sequential(nn.Dropout(0.2), nn.Linear(TOP, num_classes)),
        image_size=image_size,
        in_channels=in_channels,
    )


def _stages(
    channels: int, width: float, repeats: list[int], brick: Brick, *, excite: bool
) -> Iterator[tuple[str, MBConv]]:
    for index, (kernel, stride, expansion, base, _) in enumerate(STAGES, start=1):
        out = round_channels(base * width)
        for repeat in range(repeats[index - 1]):
            block = MBConv(
                channels,
                out,
                kernel,
                stride if repeat == 0 else 1,
                expansion,
                brick=brick,
                squeezed=channels // SQUEEZE if excite else 0,
            )
            yield f"stage{index}_{repeat + 1}", block
            channels = out


def _last_channels(width: float) -> int:
    return round_channels(STAGES[-1][3] * width)


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
    found = re.fullmatch(r"_blocks\.(\d+)\.(\w+)\.(.+)", name)
    if found is None:
        first, _, rest = name.partition(".")
        return f"{outer.get(first, first)}.{rest}"
    index, layer, rest = found.groups()
    block = dict(enumerate(network.block_names, start=-1)).get(int(index), "missing")
    return f"blocks.{block}.layers.{inner.get(layer, layer)}.{rest}"

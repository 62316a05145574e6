"""MobileNetV2: thin bottlenecks between wide depthwise convolutions.

Source:
    Sandler et al. 2018, "MobileNetV2: Inverted Residuals and Linear Bottlenecks", table 2.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from torch import nn

from foveal.models.convnet import ConvNet, GlobalAveragePool
from foveal.models.layers import ConvBN
from foveal.models.mbconv import MBConv, rename_timm_weights

__all__ = ["mobilenet_v2", "rename_timm_weights"]

# Table 2: expansion t, output channels c, repeats n, stride of the first s.
STAGES = (
    # t, c, n, s
    (1, 16, 1, 1),
    (6, 24, 2, 2),
    (6, 32, 3, 2),
    (6, 64, 4, 2),
    (6, 96, 3, 1),
    (6, 160, 3, 2),
    (6, 320, 1, 1),
)
STEM, TOP = 32, 1280
DROPOUT = 0.2

_brick = partial(ConvBN, activation=partial(nn.ReLU6, inplace=True))


def mobilenet_v2(
    name: str, *, image_size: int = 224, num_classes: int = 1000, in_channels: int = 3
) -> ConvNet:
    """Build MobileNetV2, of width 1.

    Args:
        name: its registered name.
        image_size: the side of its images in pixels.
        num_classes: number of logits.
        in_channels: channels of the input.

    Returns:
        The network, without starting weights of its own.
    """
    return ConvNet(
        name,
        [
            ("stem", _brick(in_channels, STEM, 3, 2)),
            *_stages(),
            ("top", _brick(STAGES[-1][1], TOP, 1)),
        ],
        GlobalAveragePool(),
        nn.Sequential(nn.Dropout(DROPOUT), nn.Linear(TOP, num_classes)),
        image_size=image_size,
        in_channels=in_channels,
    )


def _stages() -> Iterator[tuple[str, MBConv]]:
    channels = STEM
    for index, (expansion, out, repeats, stride) in enumerate(STAGES, start=1):
        for repeat in range(repeats):
            step = stride if repeat == 0 else 1
            block = MBConv(channels, out, 3, step, expansion, brick=_brick)
            yield f"stage{index}_{repeat + 1}", block
            channels = out

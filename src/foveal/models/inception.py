"""Inception-v3: parallel branches of factorised convolutions, joined along the channels.

The auxiliary head, which only training used, is left out.

Source:
    Szegedy et al. 2016, "Rethinking the Inception Architecture for Computer Vision", table 1 and
    figures 5 to 7 and 10; the widths are those of the authors' release.
"""

from __future__ import annotations

import re
from typing import NamedTuple

import torch
from torch import Tensor, nn

from foveal.models.convnet import ConvNet, GlobalAveragePool
from foveal.models.layers import ConvBN, Side

EPS, DROPOUT = 1e-3, 0.2


class Conv(NamedTuple):
    """One convolution of the table, with batch normalisation and ReLU."""

    channels: int
    kernel: Side
    stride: int = 1
    padding: int | None = None  # None keeps the size


Block = dict[str, list["Step"]]  # the steps of each branch
Step = Conv | Block | str
AVERAGE, MAX = "average", "max"

STEM: tuple[tuple[str, Step], ...] = (
    ("conv1a", Conv(32, 3, stride=2, padding=0)),
    ("conv2a", Conv(32, 3, padding=0)),
    ("conv2b", Conv(64, 3)),
    ("pool1", MAX),
    ("conv3b", Conv(80, 1)),
    ("conv4a", Conv(192, 3, padding=0)),
    ("pool2", MAX),
)
_ROW, _COLUMN = (1, 7), (7, 1)


def _halving(channels: int) -> Conv:
    return Conv(channels, 3, stride=2, padding=0)


def _figure_5(pooled: int) -> Block:
    return {
        "1x1": [Conv(64, 1)],
        "5x5": [Conv(48, 1), Conv(64, 5)],
        "3x3dbl": [Conv(64, 1), Conv(96, 3), Conv(96, 3)],
        "pool": [AVERAGE, Conv(pooled, 1)],
    }


def _figure_6(width: int) -> Block:
    return {
        "1x1": [Conv(192, 1)],
        "7x7": [Conv(width, 1), Conv(width, _ROW), Conv(192, _COLUMN)],
        "7x7dbl": [*(Conv(width, side) for side in (1, _COLUMN, _ROW, _COLUMN)), Conv(192, _ROW)],
        "pool": [AVERAGE, Conv(192, 1)],
    }


def _figure_7() -> Block:
    fork: Block = {"a": [Conv(384, (1, 3))], "b": [Conv(384, (3, 1))]}
    return {
        "1x1": [Conv(320, 1)],
        "3x3": [Conv(384, 1), fork],
        "3x3dbl": [Conv(448, 1), Conv(384, 3), fork],
        "pool": [AVERAGE, Conv(192, 1)],
    }


MIXED: tuple[tuple[str, Block], ...] = (
    ("mixed5b", _figure_5(32)),
    ("mixed5c", _figure_5(64)),
    ("mixed5d", _figure_5(64)),
    (
        "mixed6a",  # figure 10: half the size
        {
            "3x3": [_halving(384)],
            "3x3dbl": [Conv(64, 1), Conv(96, 3), _halving(96)],
            "pool": [MAX],
        },
    ),
    ("mixed6b", _figure_6(128)),
    ("mixed6c", _figure_6(160)),
    ("mixed6d", _figure_6(160)),
    ("mixed6e", _figure_6(192)),
    (
        "mixed7a",
        {
            "3x3": [Conv(192, 1), _halving(320)],
            "7x7x3": [Conv(192, 1), Conv(192, _ROW), Conv(192, _COLUMN), _halving(192)],
            "pool": [MAX],
        },
    ),
    ("mixed7b", _figure_7()),
    ("mixed7c", _figure_7()),
)


class Parallel(nn.ModuleDict):
    """Branches that see the same maps; their outputs are joined along the channels."""

    def forward(self, x_NCHW: Tensor) -> Tensor:
        """Return the joined outputs.

        Args:
            x_NCHW: maps, float (N, C, H, W).

        Returns:
            Maps, float (N, the sum of the branches' channels, H', W').
        """
        return torch.cat([branch(x_NCHW) for branch in self.values()], dim=1)


def inception_v3(
    name: str, *, image_size: int = 299, num_classes: int = 1000, in_channels: int = 3
) -> ConvNet:
    """Build Inception-v3 without its auxiliary head.

    Args:
        name: its registered name.
        image_size: the side of its images in pixels, at least 75.
        num_classes: number of logits.
        in_channels: channels of the input.

    Returns:
        The network, without starting weights of its own.
    """
    blocks, channels = list[tuple[str, nn.Module]](), in_channels
    for block_name, step in (*STEM, *MIXED):
        module, channels = _step(channels, step)
        blocks.append((block_name, module))
    return ConvNet(
        name,
        blocks,
        GlobalAveragePool(),
        nn.Sequential(nn.Dropout(DROPOUT), nn.Linear(channels, num_classes)),
        image_size=image_size,
        in_channels=in_channels,
    )


def _parallel(channels: int, branches: Block) -> tuple[Parallel, int]:
    made = {name: _branch(channels, steps) for name, steps in branches.items()}
    joined = Parallel({name: module for name, (module, _) in made.items()})
    return joined, sum(width for _, width in made.values())


def _branch(channels: int, steps: list[Step]) -> tuple[nn.Sequential, int]:
    branch, number = nn.Sequential(), 0
    for step in steps:
        module, channels = _step(channels, step)
        number += not isinstance(step, str)
        branch.add_module("pool" if isinstance(step, str) else str(number), module)
    return branch, channels


def _step(channels: int, step: Step) -> tuple[nn.Module, int]:
    if isinstance(step, str):
        return nn.AvgPool2d(3, 1, padding=1) if step == AVERAGE else nn.MaxPool2d(3, 2), channels
    if isinstance(step, dict):
        return _parallel(channels, step)
    conv = ConvBN(channels, step.channels, step.kernel, step.stride, padding=step.padding, eps=EPS)
    return conv, step.channels


def rename_timm_weights(name: str, network: ConvNet) -> str | None:
    """Translate timm's name of a weight into the name used here.

    Args:
        name: such as ``"Mixed_7b.branch3x3_2a.conv.weight"``.
        network: the network the weights are for.

    Returns:
        Such as ``"blocks.mixed7b.3x3.2.a.1.conv.weight"``; None for a weight of the auxiliary
        head, which is left out here.
    """
    if name.startswith("AuxLogits."):
        return None
    block, _, rest = name.partition(".")
    if block == "fc":
        return f"head.1.{rest}"
    inner = re.fullmatch(r"branch_?([0-9x]+(?:dbl)?|pool)(?:_(\d)([ab]?))?\.(.+)", rest)
    if inner is None:
        short = re.sub(r"Conv2d_(\d[ab])_\dx\d", r"conv\1", block)
        return f"blocks.{short}.{rest}"
    branch, number, fork, parameter = inner.groups()
    place = f"{number or 1}.{fork}.1" if fork else f"{number or 1}"
    return f"blocks.{block.lower().replace('_', '')}.{branch}.{place}.{parameter}"

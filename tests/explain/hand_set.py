"""A network small enough that its explanations can be worked out by hand."""

from __future__ import annotations

import torch
from torch import nn

from foveal.models.convnet import ConvNet, GlobalAveragePool

SIDE = 2


def hand_set_network() -> ConvNet:
    """One image channel x becomes the maps (x, −x); two classes weigh them (4, 0) and (4, 8)."""
    spread = nn.Conv2d(1, 2, 1, bias=False)
    head = nn.Linear(2, 2, bias=False)
    with torch.no_grad():
        spread.weight.copy_(torch.tensor([1.0, -1.0]).view(2, 1, 1, 1))
        head.weight.copy_(torch.tensor([[4.0, 0.0], [4.0, 8.0]]))
    blocks = [("spread", spread), ("same", nn.Identity())]
    return ConvNet("hand", blocks, GlobalAveragePool(), head, image_size=SIDE, in_channels=1)

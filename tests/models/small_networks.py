"""Networks small enough to reason about, which several tests use."""

from __future__ import annotations

import torch
from torch import nn

from foveal.models.convnet import ConvNet, GlobalAveragePool


def small_network(num_classes: int = 3) -> ConvNet:
    """Two blocks and a head, with weights that differ from tensor to tensor."""
    torch.manual_seed(0)
    return ConvNet(
        "small",
        [
            ("stem", nn.Sequential(nn.Conv2d(3, 4, 3, bias=False), nn.BatchNorm2d(4), nn.ReLU())),
            ("body", nn.Conv2d(4, 6, 3, stride=2, padding=1)),
        ],
        GlobalAveragePool(),
        nn.Linear(6, num_classes),
        image_size=16,
    ).eval()


def foreign_name(name: str, network: ConvNet) -> str | None:
    """Translate the names of another layout, in which blocks are layers, into ours."""
    return None if name.startswith("auxiliary.") else name.replace("layers.", "blocks.")

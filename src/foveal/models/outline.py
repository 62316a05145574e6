"""A network as an outline: its blocks and their shapes, without a single weight."""

from __future__ import annotations

from functools import cache

import torch

from foveal.models.convnet import ConvNet
from foveal.models.create import create_model


@cache
def outline(name: str, image_size: int | None = None, in_channels: int | None = None) -> ConvNet:
    """Return a network without weights: for its blocks and their shapes.

    Args:
        name: a registered architecture.
        image_size: side of its images in pixels; None for the architecture's own.
        in_channels: channels of its images; None for the architecture's own.

    Returns:
        The network on PyTorch's ``meta`` device, which computes shapes and nothing else.
    """
    with torch.device("meta"):
        return create_model(name, image_size=image_size, in_channels=in_channels)

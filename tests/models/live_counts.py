"""Networks without memory, and what a live network computes, for tests to compare tables with."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from foveal.models import Architecture
from foveal.models.convnet import ConvNet
from foveal.models.registry import resolve
from foveal.ops.shapes import conv_macs, dense_macs


def skeleton(row: Architecture) -> ConvNet:
    """Build a row's network at its own size, on the meta device: shapes, but no numbers."""
    with torch.device("meta"):
        network: ConvNet = resolve(row.builder)(
            row.name,
            image_size=row.image_size,
            num_classes=row.num_classes,
            in_channels=row.in_channels,
            **row.options,
        )
    return network.eval()


def images(row: Architecture) -> Tensor:
    """One image of the row's own size, on the meta device."""
    return torch.empty(1, row.in_channels, row.image_size, row.image_size, device="meta")


def count_macs(network: nn.Module, x_NCHW: Tensor) -> int:
    """Add up the multiplications of every convolution and dense layer that a forward pass runs."""
    found: list[int] = []

    def note(layer: nn.Module, _: tuple[Tensor, ...], output: Tensor) -> None:
        if isinstance(layer, nn.Conv2d):
            found.append(
                conv_macs(
                    (output.shape[2], output.shape[3]),
                    layer.in_channels,
                    layer.out_channels,
                    layer.kernel_size,
                    groups=layer.groups,
                )
            )
        elif isinstance(layer, nn.Linear):
            found.append(dense_macs(layer.in_features, layer.out_features))

    hooks = [layer.register_forward_hook(note) for layer in network.modules()]
    network(x_NCHW)
    for hook in hooks:
        hook.remove()
    return sum(found)

"""The PyTorch network behind a backbone: its weights, its shapes, its frozen part."""

from __future__ import annotations

import copy
from functools import cache

import torch
from torch import Tensor, nn

from foveal.features.backbone import INSTALLED, RANDOM, Backbone
from foveal.models import architecture
from foveal.models.convnet import ConvNet
from foveal.models.create import create_model
from foveal.models.outline import outline
from foveal.models.registry import Architecture, resolve
from foveal.models.weights import load_strictly, read_state
from foveal.runtime.convert import RawPixels


def load_network(backbone: Backbone, num_classes: int | None = None) -> ConvNet:
    """Build the whole network with the weights that its backbone runs with.

    Args:
        backbone: which network; its cut does not matter here.
        num_classes: number of logits; None for the architecture's own. With another number the
            last layer of the head begins anew, drawn from the backbone's seed.

    Returns:
        The network in evaluation mode.

    Raises:
        ModelError: the weights do not fit.
    """
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(backbone.seed)
        network = create_model(
            backbone.name,
            num_classes=num_classes,
            in_channels=backbone.preprocess.channels,
            image_size=backbone.preprocess.image_size,
            pretrained=backbone.weights == INSTALLED,
        )
    if backbone.weights not in (INSTALLED, RANDOM):
        _load_blocks(network, architecture(backbone.name), backbone.weights)
    return network


@cache
def output_shape(backbone: Backbone) -> tuple[int, ...]:
    """Return the shape of what a backbone gives for one image, without its weights.

    Args:
        backbone: which backbone.

    Returns:
        ``(D,)``, or ``(H, W, C)`` if it is cut.
    """
    size, channels = backbone.preprocess.image_size, backbone.preprocess.channels
    frozen = copy.deepcopy(_frozen_part(backbone, outline(backbone.name, size, channels)))
    # One image of zeros through weights of zeros: for shapes alone, on the meta device, PyTorch
    # imports its compiler, which takes longer than most networks. So does to_empty().
    frozen._apply(  # type: ignore[no-untyped-call]  # PyTorch gives it no types
        lambda tensor: torch.zeros(tensor.shape, dtype=tensor.dtype)
    )
    with torch.inference_mode():
        output = frozen(torch.zeros(1, channels, size, size))
    return tuple(output.shape[1:])


def pixels_to_features(backbone: Backbone) -> RawPixels:
    """Return the frozen part of a network as a module that takes raw pixels.

    Args:
        backbone: which network, and where it is cut.

    Returns:
        uint8 (N, S, S, C) → float32 (N, D), or (N, H, W, C) if it is cut.
    """
    preprocess = backbone.preprocess
    frozen = _frozen_part(backbone, load_network(backbone))
    return RawPixels(frozen.eval(), preprocess.mean, preprocess.std)


class _ChannelsLast(nn.Module):
    """Maps in the order in which convolutions on a CPU like to read them: (N, H, W, C)."""

    def forward(self, x_NCHW: Tensor) -> Tensor:
        return x_NCHW.permute(0, 2, 3, 1)


def _frozen_part(backbone: Backbone, network: ConvNet) -> nn.Module:
    if backbone.blocks is None:
        return network.split(len(network.blocks))[0]
    return nn.Sequential(network.split(backbone.blocks)[0], _ChannelsLast())


def _load_blocks(network: ConvNet, row: Architecture, file: str) -> None:
    """Load the blocks of a file strictly, whatever head it carries: ours is replaced anyway."""
    state, ours = read_state(file), network.state_dict()
    has_our_names = any(name in ours for name in state if name.startswith("blocks."))
    if row.rename_timm and not has_our_names:
        translate = resolve(row.rename_timm)
        renamed = ((translate(name, network), value) for name, value in state.items())
        state = {name: value for name, value in renamed if name is not None}
    blocks = {name: value for name, value in state.items() if not name.startswith("head.")}
    head = {name: value for name, value in ours.items() if name.startswith("head.")}
    load_strictly(network, blocks | head, source=file)

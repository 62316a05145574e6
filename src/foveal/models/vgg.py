"""VGG: nothing but 3×3 convolutions, with and without batch normalisation.

Source:
    Simonyan & Zisserman 2015, "Very Deep Convolutional Networks for Large-Scale Image
    Recognition", table 1.
"""

from __future__ import annotations

import re
from collections import OrderedDict
from collections.abc import Iterator

from torch import nn

from foveal.models.convnet import ConvNet, Flatten
from foveal.models.layers import ConvBN

# Table 1, columns A, B, D and E: 3×3 convolutions in each stage, by weight layers.
REPEATS = {
    11: (1, 1, 2, 2, 2),
    13: (2, 2, 2, 2, 2),
    16: (2, 2, 3, 3, 3),
    19: (2, 2, 4, 4, 4),
}
CHANNELS = (64, 128, 256, 512, 512)
DENSE = 4096
DROPOUT = 0.5


def vgg(
    name: str,
    *,
    layers: int,
    batch_norm: bool = False,
    image_size: int = 224,
    num_classes: int = 1000,
    in_channels: int = 3,
) -> ConvNet:
    """Build a VGG.

    Args:
        name: its registered name.
        layers: layers with weights: 11, 13, 16 or 19.
        batch_norm: whether each convolution is normalised.
        image_size: the side of its images in pixels, at least 32.
        num_classes: number of logits.
        in_channels: channels of the input.

    Returns:
        The network, without starting weights of its own.
    """
    flatten = Flatten(CHANNELS[-1], image_size // 2 ** len(CHANNELS))
    return ConvNet(
        name,
        _blocks(in_channels, REPEATS[layers], batch_norm),
        flatten,
        nn.Sequential(
            OrderedDict(
                fc6=nn.Linear(flatten.width, DENSE),
                relu6=nn.ReLU(inplace=True),
                dropout6=nn.Dropout(DROPOUT),
                fc7=nn.Linear(DENSE, DENSE),
                relu7=nn.ReLU(inplace=True),
                dropout7=nn.Dropout(DROPOUT),
                fc8=nn.Linear(DENSE, num_classes),
            )
        ),
        image_size=image_size,
        in_channels=in_channels,
    )


def _blocks(
    channels: int, repeats: tuple[int, ...], batch_norm: bool
) -> Iterator[tuple[str, nn.Module]]:
    for stage, (count, out) in enumerate(zip(repeats, CHANNELS, strict=True), start=1):
        for repeat in range(1, count + 1):
            yield f"conv{stage}_{repeat}", _convolution(channels, out, batch_norm)
            channels = out
        yield f"pool{stage}", nn.MaxPool2d(2)


def _convolution(in_channels: int, out_channels: int, batch_norm: bool) -> nn.Sequential:
    activation = nn.ReLU(inplace=True)
    if batch_norm:
        return ConvBN(in_channels, out_channels, 3, bias=True, activation=lambda: activation)
    convolution = nn.Conv2d(in_channels, out_channels, 3, padding=1)
    return nn.Sequential(OrderedDict(conv=convolution, activation=activation))


def rename_timm_weights(name: str, network: ConvNet) -> str:
    """Translate timm's name of a weight into the name used here.

    timm keeps the dense layers as convolutions: their weights (O, I, 7, 7) and (O, I, 1, 1) have
    the values of (O, I·7·7) and (O, I) in the same order.

    Args:
        name: such as ``"features.2.bias"``.
        network: the network the weights are for.

    Returns:
        Such as ``"blocks.conv1_2.conv.bias"``.
    """
    outer = {"pre_logits.fc1": "head.fc6", "pre_logits.fc2": "head.fc7", "head.fc": "head.fc8"}
    layer, _, parameter = name.rpartition(".")
    if re.fullmatch(r"features\.\d+", layer):
        layer = _numbered(network).get(int(layer.removeprefix("features.")), layer)
    return f"{outer.get(layer, layer)}.{parameter}"


def _numbered(network: ConvNet) -> dict[int, str]:
    """Return our layers by their place in the one flat list that timm keeps them in."""
    names = [
        f"blocks.{block}.{layer}" if layer else f"blocks.{block}"
        for block, module in network.blocks.named_children()
        for layer in dict(module.named_children()) or ("",)
    ]
    return dict(enumerate(names))

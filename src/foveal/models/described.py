"""The row of a network that a file describes."""

from __future__ import annotations

from pathlib import Path

import torch

from foveal.models.custom import custom_cnn
from foveal.models.description import NetworkDescription
from foveal.models.rows import Architecture, Paper
from foveal.models.summary import summary


def described_row(description: NetworkDescription | str | Path) -> Architecture:
    """Return the row of a described network, its numbers worked out from the description.

    Args:
        description: the description, or a TOML file that holds it.

    Returns:
        Its row, named as the file, or as the description where there is none.

    Raises:
        UsageError: the file cannot be read, or a layer does not fit its input; the message names
            the file and the layer.
    """
    if not isinstance(description, NetworkDescription):
        description = NetworkDescription.from_file(description)
    with torch.device("meta"):
        network = custom_cnn(description)
    facts = summary(network)
    return Architecture(
        name=description.source or description.name,
        builder="foveal.models.custom:described_network",
        options={"description": description},
        image_size=description.image_size,
        parameters=facts.parameters,
        macs=facts.macs or 0,
        feature_width=network.feature_width,
        paper=Paper("a description of one's own", "the user", description.source or ""),
        in_channels=description.in_channels,
        num_classes=description.num_classes,
        min_image_size=1,
    )

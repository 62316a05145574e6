"""Making a registered network, with or without its trained weights."""

from __future__ import annotations

from foveal.errors import UsageError
from foveal.models.convnet import ConvNet
from foveal.models.registry import architecture, resolve
from foveal.models.weights import load_trained


def create_model(
    name: str,
    *,
    num_classes: int | None = None,
    in_channels: int | None = None,
    pretrained: bool = False,
) -> ConvNet:
    """Build a registered network.

    Args:
        name: a registered name; see `list_models`.
        num_classes: number of logits; None for the 1,000 of ImageNet.
        in_channels: channels of the input; None for the architecture's own.
        pretrained: load the trained weights. With another `num_classes` the blocks are
            loaded and the head starts anew.

    Returns:
        The network in evaluation mode.

    Raises:
        UnknownNameError: there is no such architecture.
        UsageError: an argument does not fit the trained weights.
        ModelError: the trained weights are not installed or do not fit.
    """
    row = architecture(name)
    channels = row.in_channels if in_channels is None else in_channels
    classes = 1000 if num_classes is None else num_classes
    for label, value in (("num_classes", classes), ("in_channels", channels)):
        if value < 1:
            raise UsageError(f"`{label}` must be at least 1; got {value}.")
    if pretrained and channels != row.in_channels:
        raise UsageError(
            f"the trained weights of {name!r} take {row.in_channels} channels; got "
            f"`in_channels`={channels}. Use pretrained=False, or turn the images into RGB."
        )
    build = resolve(row.builder)
    network: ConvNet = build(
        name,
        image_size=row.image_size,
        num_classes=classes,
        in_channels=channels,
        **row.options,
    )
    if pretrained:
        load_trained(network, row)
    return network.eval()

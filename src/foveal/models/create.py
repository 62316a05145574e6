"""Making a registered network, with or without its trained weights."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from foveal.arguments import whole
from foveal.errors import UsageError
from foveal.models.convnet import ConvNet
from foveal.models.initialisation import DEFAULT, build, initialise
from foveal.models.registry import Architecture, architecture, resolve
from foveal.models.weights import load_trained


def create_model(
    name: str,
    *,
    num_classes: int | None = None,
    in_channels: int | None = None,
    image_size: int | None = None,
    pretrained: bool = False,
    initialisation: str | None = None,
) -> ConvNet:
    """Build a registered network.

    Args:
        name: a registered name (see `list_models`), ``timm:NAME`` where timm is installed, or a
            TOML file that describes a network.
        num_classes: number of logits; None for the architecture's own.
        in_channels: channels of the input; None for the architecture's own.
        image_size: side of its images in pixels; None for the architecture's own. The width of
            dense layers follows it in LeNet, VGG and the custom CIFAR network; the others take
            images of any size.
        pretrained: load the trained weights. With another `num_classes` the blocks are
            loaded and the last layer starts anew.
        initialisation: how weights that are not loaded begin: ``"he_normal"``,
            ``"he_uniform"``, ``"glorot_normal"`` or ``"glorot_uniform"``; see
            `foveal.models.initialisation.initialise`. None for He normal, or what timm gives its
            networks. They are drawn from PyTorch's global generator: ``torch.manual_seed``
            decides them.

    Returns:
        The network in evaluation mode.

    Raises:
        UnknownNameError: there is no such architecture or initialisation.
        UsageError: an argument is out of range, or does not fit the trained weights.
        ModelError: the trained weights are not installed or do not fit.

    Example:
        >>> network = create_model("lenet5", image_size=28)
        >>> network.block_names, network.feature_width, network.num_classes
        (('c1', 's2', 'c3', 's4'), 256, 10)
    """
    row = architecture(name)
    classes = row.num_classes if num_classes is None else whole(num_classes, "num_classes")
    channels = row.in_channels if in_channels is None else whole(in_channels, "in_channels")
    size = row.image_size if image_size is None else whole(image_size, "image_size")
    if size < row.min_image_size:
        raise UsageError(
            f"`image_size` must be at least {row.min_image_size} for {name!r}, whose last block "
            f"would see nothing of a smaller image; got {size}."
        )
    make = partial(
        resolve(row.builder),
        name,
        image_size=size,
        num_classes=classes,
        in_channels=channels,
        **row.options,
    )
    network: ConvNet = _made(make, row, initialisation)
    if pretrained:
        _check_trained(network, row)
        load_trained(network, row)
    return network


def _made(make: Callable[[], ConvNet], row: Architecture, initialisation: str | None) -> ConvNet:
    if not row.initialises_itself:
        return build(make, initialisation or DEFAULT)
    network = make().eval()
    if initialisation is not None:
        initialise(network, initialisation)
    return network


def _check_trained(network: ConvNet, row: Architecture) -> None:
    if network.in_channels != row.in_channels:
        raise UsageError(
            f"the trained weights of {row.name!r} take {row.in_channels} channels; got "
            f"`in_channels`={network.in_channels}. Use pretrained=False, or turn the images into "
            "RGB."
        )
    if network.feature_width != row.feature_width:
        raise UsageError(
            f"the trained dense layers of {row.name!r} take images of {row.image_size} pixels; "
            f"got `image_size`={network.image_size}. Use pretrained=False, or resize the images."
        )

"""Networks of one's own, built from a readable description; and the CIFAR network of the lessons.

A description is a list of layers, in Python or in a TOML file::

    image_size = 32
    layers = [
      { conv = 32, batch_norm = true },
      { max_pool = 2 },
      { dropout = 0.25 },
      { flatten = true },
      { dense = 256 },
    ]

The last layer, one output for each class, is added by itself.
"""

from __future__ import annotations

import json
from collections import Counter, OrderedDict
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

from torch import nn

from foveal.arguments import whole
from foveal.errors import UsageError
from foveal.models.convnet import ConvNet
from foveal.models.description import Layers, NetworkDescription, read_layer
from foveal.models.initialisation import DEFAULT, build
from foveal.models.layer_kinds import Shape

# The custom CIFAR network: three stages of two convolutions, then one wide dense layer.
CIFAR: Layers = (
    *(
        layer
        for filters in (32, 64, 128)
        for layer in (
            {"conv": filters, "batch_norm": True},
            {"conv": filters, "batch_norm": True},
            {"max_pool": 2},
            {"dropout": 0.25},
        )
    ),
    {"flatten": True},
    {"dense": 256, "batch_norm": True},
    {"dropout": 0.5},
)


def custom_cnn(
    description: Layers | Mapping[str, Any] | NetworkDescription | str | Path,
    *,
    num_classes: int | None = None,
    in_channels: int | None = None,
    image_size: int | None = None,
    initialisation: str = DEFAULT,
) -> ConvNet:
    """Build a network from a description.

    Args:
        description: layers, first to last; a TOML file that holds them; or a
            `NetworkDescription`, also as its `as_dict` gave it. Each layer is a table with
            one key that names its kind and gives its main number: `conv` (filters), `max_pool`
            and `average_pool` (side), `dropout` (share), `flatten` and `global_average_pool`
            (true), `dense` (neurons). Further keys: `kernel`, `stride`, `padding` ("same" or
            "valid"), `batch_norm`, `activation`; see `foveal.models.layer_kinds`.
        num_classes: number of logits; None for what the description says, or else 10.
        in_channels: channels of the input; None for what the description says, or else 3.
        image_size: side of its images in pixels; None for what the description says, or else 32.
        initialisation: as in `create_model`.

    Returns:
        The network in evaluation mode, with one named block for each layer before the flattening.

    Raises:
        UsageError: the file cannot be read, or a layer does not fit its input; the message says
            which and why.

    Example:
        >>> network = custom_cnn([{"conv": 8}, {"max_pool": 2}, {"flatten": True}], num_classes=5)
        >>> network.block_names, network.feature_width
        (('conv1', 'max_pool1'), 2048)
    """
    described = _described(description)
    make = partial(
        described_network,
        described.name,
        description=described,
        image_size=_given(image_size, described.image_size, "image_size"),
        num_classes=_given(num_classes, described.num_classes, "num_classes"),
        in_channels=_given(in_channels, described.in_channels, "in_channels"),
    )
    return build(make, initialisation)


def _described(
    description: Layers | Mapping[str, Any] | NetworkDescription | str | Path,
) -> NetworkDescription:
    if isinstance(description, NetworkDescription):
        return description
    if isinstance(description, str | Path):
        return NetworkDescription.from_file(description)
    if isinstance(description, Mapping):
        return NetworkDescription.from_dict(description)
    return NetworkDescription(tuple(description))


def _given(value: int | None, otherwise: int, name: str) -> int:
    return otherwise if value is None else whole(value, name)


def described_network(
    name: str,
    *,
    description: NetworkDescription,
    image_size: int,
    num_classes: int,
    in_channels: int,
) -> ConvNet:
    """Build a network from a description, as the table's builders do.

    Args:
        name: what it was asked for by; the network is called as its description says.
        description: its layers.
        image_size: the side of its images in pixels.
        num_classes: number of logits.
        in_channels: channels of the input.

    Returns:
        The network, without starting weights of its own.

    Raises:
        UsageError: a layer does not fit its input; the message says which and why.
    """
    return _assemble(
        description,
        image_size=image_size,
        num_classes=num_classes,
        in_channels=in_channels,
    )


def custom_cifar_cnn(
    name: str, *, image_size: int = 32, num_classes: int = 10, in_channels: int = 3
) -> ConvNet:
    """Build the custom CIFAR network.

    Args:
        name: its registered name.
        image_size: the side of its images in pixels, at least 8.
        num_classes: number of logits.
        in_channels: channels of the input.

    Returns:
        The network, without starting weights of its own.
    """
    return _assemble(
        NetworkDescription(tuple(CIFAR), name),
        image_size=image_size,
        num_classes=num_classes,
        in_channels=in_channels,
    )


def _assemble(
    description: NetworkDescription, *, image_size: int, num_classes: int, in_channels: int
) -> ConvNet:
    title, layers = description.title, description.layers
    shape: Shape = (in_channels, image_size, image_size)
    parts: list[dict[str, nn.Module]] = [{}]  # up to the flattening, and after it
    counts: Counter[str] = Counter()
    for number, table in enumerate(layers, start=1):
        with _naming(f"layer {number} of {title} ({_show(table)}) cannot be used"):
            layer = read_layer(table)
        with _naming(
            f"layer {number} of {title} ({_show(table)}) does not fit its input of {_show(shape)}"
        ):
            after = layer.output(shape)
        counts[layer.kind] += 1
        parts[-1][f"{layer.kind}{counts[layer.kind]}"] = layer.module(shape)
        if len(after) < len(shape):
            parts.append({})
        shape = after
    if len(parts) != 2 or len(parts[0]) < 2:
        raise UsageError(
            f"{title} must have layers on maps, then flatten = true or "
            f"global_average_pool = true; got {', '.join(map(_show, layers)) or 'no layer'}."
        )
    blocks, head = parts
    _, pool = blocks.popitem()
    head["output"] = nn.Linear(shape[0], num_classes)
    return ConvNet(
        description.name,
        blocks.items(),
        pool,
        nn.Sequential(OrderedDict(head)),
        image_size=image_size,
        in_channels=in_channels,
    )


@contextmanager
def _naming(what: str) -> Iterator[None]:
    try:
        yield
    except UsageError as error:
        raise UsageError(f"{what}: {str(error).rstrip('.')}.") from error


def _show(what: object) -> str:
    if isinstance(what, tuple):
        return "×".join(map(str, what))
    if isinstance(what, Mapping):
        pairs = (f"{key} = {json.dumps(value, default=str)}" for key, value in what.items())
        return f"{{ {', '.join(pairs)} }}"
    return repr(what)

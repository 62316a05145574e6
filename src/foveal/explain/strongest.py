"""Which photos make a channel answer most."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor, nn

from foveal.errors import DataError, ImageError, UnknownNameError, UsageError
from foveal.images import Preprocess
from foveal.models.convnet import ConvNet
from foveal.runtime.backends import Images, OpenVinoBackend, batch_for_many
from foveal.runtime.convert import RawPixels, to_openvino
from foveal.runtime.decoding import decode_ahead, in_batches


@dataclass(frozen=True)
class Strongest:
    """One photo that a channel answers to."""

    path: Path
    """The photo."""
    value: float
    """The channel's largest value on it, at any place."""


class _LargestValues(nn.Module):
    """Blocks, then the largest value of every map: (N, C, H, W) → (N, C')."""

    def __init__(self, blocks: Sequence[nn.Module]) -> None:
        super().__init__()
        self.blocks = nn.Sequential(*blocks)

    def forward(self, x_NCHW: Tensor) -> Tensor:
        maps: Tensor = self.blocks(x_NCHW)
        return maps.amax(dim=(2, 3))


def strongest_photos(
    network: ConvNet,
    preprocess: Preprocess,
    photos: Sequence[Path],
    block: str,
    channel: int,
    count: int = 9,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> list[Strongest]:
    """Find the photos on which one channel of one block gives its largest value.

    Args:
        network: any network.
        preprocess: what brings photos into its input.
        photos: where to look; those that cannot be read are passed over.
        block: the name of one of its blocks.
        channel: the number of the channel, from 0.
        count: how many photos are wanted.
        progress: called with photos done and in all.

    Returns:
        The strongest first; of equal ones, that which came first.

    Raises:
        UnknownNameError: there is no such block.
        UsageError: there is no such channel, or `count` is below 1.
        DataError: none of the photos could be read.
    """
    if count < 1:
        raise UsageError(f"`count` must be at least 1; got {count}.")
    names = network.block_names
    if block not in names:
        raise UnknownNameError("block", block, names)
    part = _LargestValues(list(network.blocks)[: names.index(block) + 1]).eval()
    size, channels = preprocess.image_size, preprocess.channels
    _check_channel(part, (1, channels, size, size), channel, block)
    pixels = RawPixels(part, preprocess.mean, preprocess.std)
    batch = min(batch_for_many(), max(1, len(photos)))
    graph = to_openvino(pixels, size, channels)
    # In full precision: the order of the photos is what is asked for.
    backend = OpenVinoBackend(graph, precision="f32", batch=batch, throughput=True)
    values: dict[int, float] = {}

    for positions, largest in backend.stream(in_batches(_readable(photos, preprocess), batch)):
        values |= dict(zip(positions, largest[:, channel].tolist(), strict=True))
        progress(len(values), len(photos))
    if not values:
        raise DataError(f"none of the {len(photos)} photos could be read; give others.")
    best = sorted(values, key=lambda at: (-values[at], at))[:count]
    return [Strongest(photos[at], values[at]) for at in best]


def _readable(photos: Sequence[Path], preprocess: Preprocess) -> Iterator[tuple[int, Images]]:
    decoded = decode_ahead(range(len(photos)), lambda at: preprocess.load(photos[at]))
    return ((at, image) for at, image in decoded if not isinstance(image, ImageError))


def _check_channel(part: nn.Module, shape: tuple[int, ...], channel: int, block: str) -> None:
    with torch.inference_mode():
        width = part(torch.zeros(shape)).shape[1]
    if not 0 <= channel < width:
        raise UsageError(f"`channel` must be 0 to {width - 1} in block {block!r}; got {channel}.")

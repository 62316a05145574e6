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


class _LargestAndMean(nn.Module):
    """Blocks, then the largest and the mean value of every map: (N, C, H, W) → (N, 2 · C')."""

    def __init__(self, blocks: Sequence[nn.Module]) -> None:
        super().__init__()
        self.blocks = nn.Sequential(*blocks)

    def forward(self, x_NCHW: Tensor) -> Tensor:
        maps: Tensor = self.blocks(x_NCHW)
        return torch.cat([maps.amax(dim=(2, 3)), maps.mean(dim=(2, 3))], dim=1)


def strongest_photos(
    network: ConvNet,
    preprocess: Preprocess,
    photos: Sequence[Path],
    block: str,
    channel: int,
    count: int = 9,
    progress: Callable[[int, int], None] = lambda done, total: None,
    passed_over: Callable[[str], None] = lambda sentence: None,
) -> list[Strongest]:
    """Find the photos on which one channel of one block gives its largest value.

    A channel behind ReLU6 gives its highest possible value, 6, on many photos; of those the one
    on which it gives more on the whole comes first.

    Args:
        network: any network.
        preprocess: what brings photos into its input.
        photos: where to look.
        block: the name of one of its blocks.
        channel: the number of the channel, from 0.
        count: how many photos are wanted.
        progress: called with photos done and in all.
        passed_over: called with a sentence for each photo that cannot be read.

    Returns:
        The strongest first; of equal ones, that with the larger mean, then that which came first.

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
    part = _LargestAndMean(list(network.blocks)[: names.index(block) + 1]).eval()
    size, channels = preprocess.image_size, preprocess.channels
    width = _width(part, (1, channels, size, size))
    if not 0 <= channel < width:
        raise UsageError(f"`channel` must be 0 to {width - 1} in block {block!r}; got {channel}.")
    pixels = RawPixels(part, preprocess.mean, preprocess.std)
    batch = min(batch_for_many(), max(1, len(photos)))
    graph = to_openvino(pixels, size, channels)
    # In full precision: the order of the photos is what is asked for.
    backend = OpenVinoBackend(graph, precision="f32", batch=batch, throughput=True)
    values: dict[int, tuple[float, float]] = {}
    for positions, found in backend.stream(
        in_batches(_readable(photos, preprocess, passed_over), batch)
    ):
        pairs = found[:, [channel, width + channel]].tolist()
        values |= dict(zip(positions, map(tuple, pairs), strict=True))
        progress(len(values), len(photos))
    if not values:
        raise DataError(f"none of the {len(photos)} photos could be read; give others.")
    best = sorted(values, key=lambda at: (-values[at][0], -values[at][1], at))[:count]
    return [Strongest(photos[at], values[at][0]) for at in best]


def _readable(
    photos: Sequence[Path], preprocess: Preprocess, passed_over: Callable[[str], None]
) -> Iterator[tuple[int, Images]]:
    decoded = decode_ahead(range(len(photos)), lambda at: preprocess.load(photos[at]))
    for at, image in decoded:
        if isinstance(image, ImageError):
            passed_over(str(image))
        else:
            yield at, image


def _width(part: nn.Module, shape: tuple[int, ...]) -> int:
    with torch.inference_mode():
        return int(part(torch.zeros(shape)).shape[1]) // 2

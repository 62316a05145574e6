"""Describing and comparing networks, with no weights needed: neither loaded nor downloaded."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from foveal.errors import UnknownNameError, UsageError
from foveal.models import Architecture, architecture, is_network, list_models
from foveal.runtime.backends import Backend, Images

if TYPE_CHECKING:
    from foveal.models.convnet import ConvNet
    from foveal.models.summary import Summary
    from foveal.runtime.model_folder import ModelConfig

BATCH = 8  # images a request, as everywhere on the CPU


@dataclass(frozen=True)
class Compared:
    """One network beside others."""

    name: str
    """What it was asked for by: a registered name, ``timm:NAME`` or a TOML file."""
    image_size: int
    """Side of its images in pixels."""
    parameters: int
    """Weights and biases."""
    macs: int | None
    """Multiply-accumulates for one image."""
    file_bytes: int
    """What its weights and statistics take in a float32 file."""
    openvino_images_per_second: float | None
    """Measured on this machine, or None."""
    openvino_precision: str | None
    """What OpenVINO computed in: ``"f32"`` or ``"bf16"``."""
    torch_images_per_second: float | None
    """Measured on this machine with PyTorch in float32, or None."""
    top1: float | None
    """Quoted ImageNet top-1 accuracy in percent, or None where there are no trained weights."""
    top1_source: str | None
    """Who quotes it."""


def describe(network: str, image_size: int | None = None) -> Summary:
    """Work out what a network consists of.

    Args:
        network: a registered name, ``timm:NAME``, a TOML file that describes a network, or a run
            or model folder.
        image_size: side of the images in pixels; None for the network's own.

    Returns:
        Every block and layer, and the totals.

    Raises:
        UnknownNameError: there is neither such a network nor such a folder.
        ModelError: the folder holds no model that can be read.
        UsageError: images of this size do not fit, timm's network is not convolutional, or the
            description does not do.
        MissingExtraError: timm is not installed.
    """
    if is_network(network):
        return _of_name(network, image_size)
    if not Path(network).exists():
        raise UnknownNameError("network or folder", network, list_models())
    from foveal.models.summary import summary

    return summary(_of_folder(Path(network), image_size))


def compare(
    names: Sequence[str],
    *,
    image_size: int | None = None,
    seconds: float = 2.0,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> list[Compared]:
    """Put networks side by side.

    Args:
        names: registered names, ``timm:NAME`` or TOML files that describe a network.
        image_size: side of the images in pixels for all; None for each network's own.
        seconds: how long each engine runs each network; 0 to measure nothing.
        progress: called with networks done and in all.

    Returns:
        One row a name, in the same order.

    Raises:
        UnknownNameError: there is no such network.
        UsageError: images of this size do not fit, timm's network is not convolutional, or the
            description does not do.
        MissingExtraError: timm is not installed.
    """
    described = [(architecture(name), _of_name(name, image_size)) for name in names]
    rows = []
    for done, (row, facts) in enumerate(described, start=1):
        rows.append(_compared(row, facts, seconds))
        progress(done, len(described))
    return rows


def images_per_second(backend: Backend, image_size: int, channels: int, seconds: float) -> float:
    """Measure how many images an engine handles, once it is warm.

    Args:
        backend: the engine with a network.
        image_size: side of the images in pixels.
        channels: channels of the images.
        seconds: for how long new images are handed out.

    Returns:
        Images a second.

    Raises:
        UsageError: `seconds` is not above 0.
    """
    if seconds <= 0:
        raise UsageError(f"`seconds` must be above 0; got {seconds}.")
    images = np.random.default_rng(0).integers(
        0, 256, (BATCH, image_size, image_size, channels), np.uint8
    )
    backend.run(images)
    started = time.perf_counter()

    def until_time_is_up() -> Iterator[tuple[int, Images]]:
        yield BATCH, images
        while time.perf_counter() - started < seconds:
            yield BATCH, images

    done = sum(count for count, _ in backend.stream(until_time_is_up()))
    return done / (time.perf_counter() - started)


def _of_name(name: str, image_size: int | None) -> Summary:
    from foveal.models.summary import summary

    return summary(_without_data(name, image_size))


def _without_data(name: str, image_size: int | None) -> ConvNet:
    import torch

    from foveal.models.create import create_model

    with torch.device("meta"):  # shapes without numbers: VGG's half gigabyte is not allocated
        return create_model(name, image_size=image_size)


def _of_folder(path: Path, image_size: int | None) -> ConvNet:
    import torch

    from foveal.runtime.model_folder import find_model, read_config
    from foveal.runtime.network import rebuild

    config = read_config(find_model(path))
    with torch.device("meta"):
        network = rebuild(config, image_size)
    return network.freeze(_frozen_blocks(config, len(network.blocks)))


def _frozen_blocks(config: ModelConfig, blocks: int) -> int:
    """Return how many blocks training left as they were: all of them where it made a head only."""
    return int(config.provenance.get("frozen_blocks", blocks if config.head_widths else 0))


def _compared(row: Architecture, facts: Summary, seconds: float) -> Compared:
    quoted = row.weights
    rates = _rates(row.name, facts, seconds) if seconds else (None, None, None)
    return Compared(
        name=row.name,
        image_size=facts.image_size,
        parameters=facts.parameters,
        macs=facts.macs,
        file_bytes=facts.weight_bytes,
        openvino_images_per_second=rates[0],
        openvino_precision=rates[1],
        torch_images_per_second=rates[2],
        top1=quoted.top1 if quoted else None,
        top1_source=quoted.top1_source if quoted else None,
    )


def _rates(name: str, facts: Summary, seconds: float) -> tuple[float, str, float]:
    from foveal.models.create import create_model
    from foveal.runtime.backends import OpenVinoBackend, TorchBackend
    from foveal.runtime.convert import RawPixels, to_openvino

    size, channels = facts.image_size, facts.in_channels
    network = create_model(name, image_size=size)
    pixels = RawPixels(network, (127.5,) * channels, (127.5,) * channels)
    graph = to_openvino(pixels, size, channels)
    engine = OpenVinoBackend(graph, batch=BATCH, throughput=True)
    openvino = images_per_second(engine, size, channels, seconds)
    torch = images_per_second(TorchBackend(pixels), size, channels, seconds)
    return openvino, engine.precision, torch

"""A frozen backbone that runs: raw pixels in, one feature vector an image out."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from foveal.errors import UsageError
from foveal.images import Preprocess
from foveal.models import architecture
from foveal.runtime.backends import (
    Backend,
    OpenVinoBackend,
    TorchBackend,
    batch_for_many,
    best_precision,
    openvino,
)
from foveal.storage import cache_folder, content_hash, recover_folder, replace_folder, sha256_file

CODE_VERSION = 1  # raise it when the same inputs would give other features
DEVICES = ("auto", "cpu", "cuda")
_GRAPH = "prefix.xml"


@dataclass(frozen=True)
class Backbone:
    """Which network makes the features, and on what."""

    name: str
    """A registered architecture with trained weights."""
    preprocess: Preprocess
    """What brings photos into its input."""
    device: str
    """``"cpu"`` or ``"cuda"``."""
    precision: str
    """``"f32"`` or ``"bf16"``."""
    fingerprint: str
    """A hash of all that decides the features: weights, preprocessing, engine, code version."""


def choose_backbone(
    name: str, preprocess: Preprocess | None = None, *, device: str = "auto"
) -> Backbone:
    """Settle which backbone runs where, without loading it.

    Args:
        name: a registered architecture with trained weights.
        preprocess: what brings photos into its input; None for what its weights need.
        device: ``"auto"`` (an accelerator if PyTorch sees one), ``"cpu"`` or ``"cuda"``.

    Returns:
        The backbone.

    Raises:
        UnknownNameError: there is no such architecture.
        ModelError: it has no trained weights, or they are not installed.
        UsageError: there is no such device on this machine.
    """
    row = architecture(name, kind="backbone")
    weights, file = row.trained()
    preprocess = preprocess or weights.preprocess
    device = _available(device)
    precision = best_precision() if device == "cpu" else "bf16"
    engine = f"openvino {openvino().__version__}" if device == "cpu" else f"torch {device}"
    facts = [
        CODE_VERSION,
        row.name,
        sha256_file(file),
        preprocess.as_dict(),
        engine,
        precision,
    ]
    return Backbone(name, preprocess, device, precision, content_hash(json.dumps(facts).encode()))


def frozen_graph(backbone: Backbone) -> Any:
    """Return the OpenVINO graph of a backbone, converted once and then kept in the cache folder.

    Args:
        backbone: which backbone.

    Returns:
        An ``openvino.Model``: uint8 (?, S, S, C) → float32 (?, D).
    """
    folder = cache_folder() / "graphs" / backbone.fingerprint
    recover_folder(folder)
    graph = folder / _GRAPH
    if not graph.exists():
        with replace_folder(folder) as temporary:
            _convert(backbone, temporary / _GRAPH)
    return openvino().Core().read_model(graph)


def open_backend(backbone: Backbone) -> Backend:
    """Load a backbone for many images.

    Args:
        backbone: which backbone.

    Returns:
        A backend whose outputs are features (N, D).
    """
    if backbone.device == "cpu":
        graph = frozen_graph(backbone)
        batch = batch_for_many()
        return OpenVinoBackend(graph, precision=backbone.precision, batch=batch, throughput=True)
    return TorchBackend(_raw_pixels(backbone), device=backbone.device)


def _convert(backbone: Backbone, path: Path) -> None:
    from foveal.runtime.convert import save_openvino, to_openvino

    preprocess = backbone.preprocess
    graph = to_openvino(_raw_pixels(backbone), preprocess.image_size, preprocess.channels)
    save_openvino(graph, path)


def _raw_pixels(backbone: Backbone) -> Any:
    from foveal.models.create import create_model
    from foveal.runtime.convert import RawPixels

    size = backbone.preprocess.image_size
    network = create_model(backbone.name, image_size=size, pretrained=True)
    prefix, _ = network.split(len(network.blocks))
    return RawPixels(prefix.eval(), backbone.preprocess.mean, backbone.preprocess.std)


def _available(device: str) -> str:
    if device not in DEVICES:
        raise UsageError(f"`device` must be one of {', '.join(DEVICES)}; got {device!r}.")
    if device == "cpu":
        return device
    import torch

    if torch.cuda.is_available():
        return "cuda"
    if device == "cuda":
        raise UsageError("`device` is 'cuda', but PyTorch sees no such accelerator; use 'cpu'.")
    return "cpu"

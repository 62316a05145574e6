"""A frozen backbone that runs: raw pixels in, one feature vector or one stack of maps out."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from foveal.data import Sample
from foveal.data.reading import decode_sample
from foveal.errors import ImageError
from foveal.features.backbone import INT8, Backbone
from foveal.runtime.backends import (
    Backend,
    Images,
    OpenVinoBackend,
    TorchBackend,
    batch_for_many,
    openvino,
)
from foveal.runtime.decoding import decode_ahead
from foveal.runtime.quantize import quantize
from foveal.storage import cache_folder, lock, recover_folder, replace_folder

_GRAPH = "prefix.xml"
_CONVERTING = 600.0  # seconds after which whoever converts the same network has surely failed


def frozen_graph(backbone: Backbone) -> Any:
    """Return the OpenVINO graph of a backbone, converted once and then kept in the cache folder.

    Args:
        backbone: which backbone.

    Returns:
        An ``openvino.Model``: uint8 (?, S, S, C) → float32 (?, D), or (?, H, W, C) if it is cut.
    """
    folder = cache_folder() / "graphs" / backbone.fingerprint
    recover_folder(folder)
    graph = folder / _GRAPH
    if not graph.exists():
        # Another process may be converting it already: wait, and take what it made.
        with lock(folder.with_name(f".{folder.name}.converting"), timeout=_CONVERTING):
            if not graph.exists():
                with replace_folder(folder) as temporary:
                    _convert(backbone, temporary / _GRAPH)
    return openvino().Core().read_model(graph)


def open_backend(backbone: Backbone) -> Backend:
    """Load a backbone for many images.

    Args:
        backbone: which backbone.

    Returns:
        A backend whose outputs are features (N, D), or maps (N, H, W, C) if it is cut.
    """
    if backbone.device == "cpu":
        graph = frozen_graph(backbone)
        # What int8 leaves in floating point runs as it will where the model is used.
        precision = "auto" if backbone.precision == INT8 else backbone.precision
        return OpenVinoBackend(graph, precision=precision, batch=batch_for_many(), throughput=True)
    from foveal.features.network import pixels_to_features

    return TorchBackend(pixels_to_features(backbone), device=backbone.device)


def _convert(backbone: Backbone, path: Path) -> None:
    from foveal.features.network import pixels_to_features
    from foveal.runtime.convert import to_openvino
    from foveal.runtime.graphs import save_openvino

    preprocess = backbone.preprocess
    module = pixels_to_features(backbone)
    graph = to_openvino(module, preprocess.image_size, preprocess.channels)
    if backbone.calibration:
        graph = quantize(graph, _calibration_images(backbone))
    save_openvino(graph, path)


def _calibration_images(backbone: Backbone) -> list[Images]:
    def load(sample: Sample) -> Images:
        return backbone.preprocess.apply(decode_sample(sample, backbone.preprocess))

    decoded = decode_ahead(backbone.calibration, load)
    return [image for _, image in decoded if not isinstance(image, ImageError)]

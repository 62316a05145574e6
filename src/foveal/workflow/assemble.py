"""Joining a frozen backbone and a trained head into one classifier, in memory and on disk."""

from __future__ import annotations

import platform
from pathlib import Path
from typing import Any

from foveal.data import ImageData
from foveal.features.backbone import Backbone, frozen_graph
from foveal.models.create import create_model
from foveal.runtime.backends import OpenVinoBackend, openvino
from foveal.runtime.convert import attach_head, save_openvino, save_weights
from foveal.runtime.model_folder import ModelConfig, write_model
from foveal.runtime.predictor import Predictor
from foveal.training.dense import dense_head
from foveal.training.head import TrainedHead
from foveal.version import __version__


def assemble(backbone: Backbone, head: TrainedHead, data: ImageData) -> Predictor:
    """Join backbone and head into a classifier in memory.

    Args:
        backbone: the frozen part.
        head: the trained part.
        data: the photos it was trained on, for the names of the classes.

    Returns:
        The classifier on OpenVINO.
    """
    graph = attach_head(frozen_graph(backbone), head.layers)
    return Predictor(_config(backbone, head, data, {}), OpenVinoBackend(graph))


def save(
    folder: str | Path,
    backbone: Backbone,
    head: TrainedHead,
    data: ImageData,
    metrics: dict[str, Any],
) -> None:
    """Write backbone and head as a model folder.

    Args:
        folder: the target; an older model there is replaced.
        backbone: the frozen part.
        head: the trained part.
        data: the photos it was trained on.
        metrics: figures to keep with the model.

    Raises:
        StorageError: the folder cannot be written; an older model there stays.
    """
    write_model(
        folder,
        _config(backbone, head, data, metrics),
        lambda path: _save_weights(path, backbone, head),
        lambda path: save_openvino(attach_head(frozen_graph(backbone), head.layers), path),
        __version__,
    )


def _save_weights(path: Path, backbone: Backbone, head: TrainedHead) -> None:
    import torch

    network = create_model(backbone.name, pretrained=True)
    module = dense_head(_widths(head))
    linear = [layer for layer in module if isinstance(layer, torch.nn.Linear)]
    with torch.no_grad():
        for layer, (weight, bias) in zip(linear, head.layers, strict=True):
            layer.weight.copy_(torch.from_numpy(weight))
            layer.bias.copy_(torch.from_numpy(bias))
    network.replace_head(module)
    save_weights(network, path)


def _widths(head: TrainedHead) -> tuple[int, ...]:
    return (head.layers[0][0].shape[1], *(weight.shape[0] for weight, _ in head.layers))


def _config(
    backbone: Backbone, head: TrainedHead, data: ImageData, metrics: dict[str, Any]
) -> ModelConfig:
    return ModelConfig(
        architecture=backbone.name,
        classes=data.classes,
        preprocess=backbone.preprocess,
        head_widths=_widths(head),
        temperature=head.temperature,
        provenance=provenance(backbone, data),
        metrics=metrics,
    )


def provenance(backbone: Backbone, data: ImageData) -> dict[str, Any]:
    """Return where a model comes from.

    Args:
        backbone: the frozen part.
        data: the photos.

    Returns:
        Versions, engine and the fingerprint of the data; nothing that names the user or the time,
        so that the same training gives the same bytes.
    """
    import torch

    return {
        "foveal": __version__,
        "torch": torch.__version__,
        "openvino": openvino().__version__,
        "python": platform.python_version(),
        "device": backbone.device,
        "precision": backbone.precision,
        "backbone_fingerprint": backbone.fingerprint,
        "data_fingerprint": data.fingerprint(),
    }

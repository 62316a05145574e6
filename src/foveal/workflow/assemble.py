"""Making classifiers of trained parts, in memory and on disk."""

from __future__ import annotations

import platform
from pathlib import Path
from typing import Any

from foveal.features.backbone import Backbone
from foveal.features.encoder import row_shape
from foveal.features.network import load_network
from foveal.features.opening import frozen_graph
from foveal.images import Preprocess
from foveal.models.convnet import ConvNet
from foveal.models.heads import dense_head
from foveal.runtime.backends import OpenVinoBackend, batch_for_many, openvino
from foveal.runtime.convert import RawPixels, maps_to_openvino, save_weights, to_openvino
from foveal.runtime.graphs import attach_head, join_graphs, save_openvino
from foveal.runtime.model_folder import ModelConfig, write_model
from foveal.runtime.predictor import Predictor
from foveal.training.transfer.head import TrainedHead
from foveal.version import __version__


def on_openvino(config: ModelConfig, graph: Any, *, many: bool) -> Predictor:
    """Put a graph on OpenVINO.

    Args:
        config: what its model folder will say of it.
        graph: an ``openvino.Model``.
        many: arrange the cores for many photos at once rather than for one quick answer.

    Returns:
        The classifier.
    """
    batch = batch_for_many() if many else None
    return Predictor(config, OpenVinoBackend(graph, batch=batch, throughput=many))


def head_graph(backbone: Backbone, head: TrainedHead) -> Any:
    """Join a frozen backbone and a head.

    Args:
        backbone: the frozen part.
        head: the trained part.

    Returns:
        An ``openvino.Model`` from raw pixels to calibrated logits.
    """
    return attach_head(frozen_graph(backbone), head.layers)


def head_config(
    backbone: Backbone,
    head: TrainedHead,
    classes: tuple[str, ...],
    provenance: dict[str, Any],
    metrics: dict[str, Any],
) -> ModelConfig:
    """Return what the model folder of a head on a frozen backbone says.

    Args:
        backbone: the frozen part.
        head: the trained part.
        classes: names in the order of the logits.
        provenance: see `provenance`.
        metrics: figures to keep with the model.

    Returns:
        Its settings.
    """
    return ModelConfig(
        architecture=backbone.name,
        classes=classes,
        preprocess=backbone.preprocess,
        head_widths=_widths(head),
        temperature=head.temperature,
        provenance=provenance,
        metrics=metrics,
    )


def write_head(
    folder: str | Path, config: ModelConfig, backbone: Backbone, head: TrainedHead
) -> None:
    """Write backbone and head as a model folder.

    Args:
        folder: the target; an older model there is replaced.
        config: see `head_config`.
        backbone: the frozen part.
        head: the trained part.

    Raises:
        StorageError: the folder cannot be written; an older model there stays.
    """
    write_model(
        folder,
        config,
        lambda path: save_weights(with_head(backbone, head), path),
        lambda path: save_openvino(head_graph(backbone, head), path),
        __version__,
    )


def with_head(backbone: Backbone, head: TrainedHead) -> ConvNet:
    """Return a backbone's network with a trained head on it.

    Args:
        backbone: the frozen part.
        head: the trained part.

    Returns:
        The network in evaluation mode.
    """
    import torch

    network = load_network(backbone)
    module = dense_head(_widths(head))
    linear = [layer for layer in module if isinstance(layer, torch.nn.Linear)]
    with torch.no_grad():
        for layer, (weight, bias) in zip(linear, head.layers, strict=True):
            layer.weight.copy_(torch.from_numpy(weight))
            layer.bias.copy_(torch.from_numpy(bias))
    return network.replace_head(module).eval()


def network_graph(network: ConvNet, preprocess: Preprocess, frozen: Backbone | None = None) -> Any:
    """Turn a trained network into a graph that takes raw pixels.

    Args:
        network: with the temperature folded into its last layer.
        preprocess: what brings photos into its input.
        frozen: the blocks that were not trained, as they ran while the others were; None for none.

    Returns:
        An ``openvino.Model`` from raw pixels to calibrated logits.
    """
    if frozen is not None and frozen.blocks is not None and frozen.calibration:
        rest = maps_to_openvino(network.split(frozen.blocks)[1], row_shape(frozen))
        return join_graphs(frozen_graph(frozen), rest)
    pixels = RawPixels(network, preprocess.mean, preprocess.std)
    return to_openvino(pixels, preprocess.image_size, preprocess.channels)


def write_network(folder: str | Path, config: ModelConfig, network: ConvNet, graph: Any) -> None:
    """Write a whole network as a model folder.

    Args:
        folder: the target; an older model there is replaced.
        config: what the folder says of itself.
        network: with the temperature folded into its last layer.
        graph: the same as `network_graph` made it.

    Raises:
        StorageError: the folder cannot be written; an older model there stays.
    """
    write_model(
        folder,
        config,
        lambda path: save_weights(network, path),
        lambda path: save_openvino(graph, path),
        __version__,
    )


def provenance(engine: dict[str, Any], data_fingerprint: str) -> dict[str, Any]:
    """Return where a model comes from.

    Args:
        engine: what computed it: device, precision, and the backbone's fingerprint if there is one.
        data_fingerprint: of the photos.

    Returns:
        Versions, engine and data; nothing that names the user or the time, so that the same
        training gives the same bytes.
    """
    import torch

    return {
        "foveal": __version__,
        "torch": torch.__version__,
        "openvino": openvino().__version__,
        "python": platform.python_version(),
        "data_fingerprint": data_fingerprint,
        **engine,
    }


def _widths(head: TrainedHead) -> tuple[int, ...]:
    return (head.layers[0][0].shape[1], *(weight.shape[0] for weight, _ in head.layers))

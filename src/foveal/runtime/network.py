"""From a model folder back to a PyTorch network."""

from __future__ import annotations

from pathlib import Path

import safetensors.torch

from foveal.errors import CorruptFileError, ModelError
from foveal.models.convnet import ConvNet
from foveal.models.create import create_model
from foveal.models.custom import custom_cnn
from foveal.models.heads import dense_head
from foveal.runtime.model_folder import WEIGHTS, ModelConfig, find_model, read_config


def load_network(path: str | Path) -> ConvNet:
    """Load a trained classifier as a PyTorch network.

    Args:
        path: a run or model folder.

    Returns:
        The network in evaluation mode: normalised images (N, C, S, S) to calibrated logits (N, K).
        ``foveal.runtime.convert.RawPixels`` puts its normalisation before it.

    Raises:
        ModelError: there is no model, or its weights are not those of its network.
        CorruptFileError: one of its files has changed since it was written.
    """
    folder = find_model(path)
    network = rebuild(read_config(folder))
    file = folder / WEIGHTS
    try:
        network.load_state_dict(safetensors.torch.load_file(file))
    except safetensors.SafetensorError as error:
        raise CorruptFileError(f"{file} cannot be read: {error}; train again.") from error
    except RuntimeError as error:
        raise ModelError(f"the weights in {file} do not fit {network.name!r}: {error}") from error
    return network.eval()


def rebuild(config: ModelConfig, image_size: int | None = None) -> ConvNet:
    """Build the network of a model folder, without its weights.

    Args:
        config: what the folder says of itself.
        image_size: side of its images in pixels; None for the folder's own.

    Returns:
        The network with its head, freshly initialised.

    Raises:
        ModelError: the network cannot be built here.
    """
    size = config.preprocess.image_size if image_size is None else image_size
    channels = config.preprocess.channels
    classes = None if config.head_widths else len(config.classes)
    if config.description is not None:
        network = custom_cnn(
            config.description, num_classes=classes, in_channels=channels, image_size=size
        )
    else:
        network = create_model(
            config.architecture, num_classes=classes, in_channels=channels, image_size=size
        )
    if config.head_widths:
        network.replace_head(dense_head(config.head_widths))
    return network

"""From a model folder back to a PyTorch network."""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping
from pathlib import Path

import safetensors.torch
import torch
from torch import Tensor

from foveal.errors import CorruptFileError, ModelError, UsageError
from foveal.models.convnet import ConvNet
from foveal.models.create import create_model
from foveal.models.custom import custom_cnn
from foveal.models.heads import dense_head
from foveal.models.registry import DESCRIPTION
from foveal.runtime.model_folder import WEIGHTS, ModelConfig, find_model, read_config
from foveal.runtime.reasons import plain_reason

_LONGEST_REASON = 300


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
    config, file = read_config(folder), folder / WEIGHTS
    try:
        state = safetensors.torch.load_file(file)
    except (safetensors.SafetensorError, ValueError, KeyError, TypeError, RuntimeError) as error:
        raise CorruptFileError(
            f"{file} cannot be read: {plain_reason(error)[:_LONGEST_REASON]}; train again."
        ) from error
    _require_fit(config, state, file)
    network = rebuild(config)
    network.load_state_dict(state)
    return network.eval()


def _require_fit(config: ModelConfig, state: Mapping[str, Tensor], file: Path) -> None:
    """Refuse weights of another network before memory is taken for what the settings ask for."""
    asked = sum(math.prod(pair) for pair in itertools.pairwise(config.head_widths))
    if asked > sum(tensor.numel() for tensor in state.values()):
        raise ModelError(f"{file} has fewer weights than the {asked:,} of its head; train again.")
    try:
        with torch.device("meta"):
            wanted = rebuild(config).state_dict()
    except NotImplementedError:  # some networks of timm look at values while they are made
        wanted = rebuild(config).state_dict()
    except (UsageError, TypeError, RuntimeError) as error:
        raise ModelError(
            f"the network of {file.parent} cannot be built: {plain_reason(error)[:_LONGEST_REASON]}"
        ) from error
    shapes = {name: tensor.shape for name, tensor in state.items()}
    for name in sorted(wanted.keys() | shapes.keys()):
        if name not in wanted or wanted[name].shape != shapes.get(name):
            raise ModelError(
                f"the weights in {file} do not fit {config.architecture!r}, beginning with {name}; "
                "train again or restore the model folder."
            )


def rebuild(config: ModelConfig, image_size: int | None = None) -> ConvNet:
    """Build the network of a model folder, without its weights.

    Args:
        config: what the folder says of itself.
        image_size: side of its images in pixels; None for the folder's own.

    Returns:
        The network with its head, freshly initialised.

    Raises:
        ModelError: the network cannot be built here.
        UsageError: the settings make no network.
    """
    size = config.preprocess.image_size if image_size is None else image_size
    channels = config.preprocess.channels
    classes = None if config.head_widths else len(config.classes)
    if config.description is not None:
        network = custom_cnn(
            config.description, num_classes=classes, in_channels=channels, image_size=size
        )
    elif config.architecture.endswith(DESCRIPTION):  # no file of this machine is read for it
        raise ModelError(f"the network {config.architecture!r} lacks its description.")
    else:
        network = create_model(
            config.architecture, num_classes=classes, in_channels=channels, image_size=size
        )
    if config.head_widths:
        network.replace_head(dense_head(config.head_widths))
    return network

"""Trained weights: found, renamed and loaded strictly."""

from __future__ import annotations

import pickle
from collections.abc import Mapping
from pathlib import Path

import torch
from torch import Tensor

from foveal.errors import ModelError
from foveal.models.convnet import ConvNet
from foveal.models.registry import Architecture, resolve


def load_trained(network: ConvNet, row: Architecture) -> None:
    """Load the trained weights of a registered network, in place.

    Args:
        network: the network; if its number of classes differs from the file's, the last layer
            of its head keeps its own weights.
        row: its row in the table.

    Raises:
        ModelError: there are no weights, they are not installed, or they do not fit.
    """
    weights, file = row.trained()
    rename = resolve(weights.rename)
    state = {rename(key, network): value for key, value in read_state(file).items()}
    load_strictly(network, state, source=file.name)


def read_state(file: Path) -> dict[str, Tensor]:
    """Read a file of tensors without running any code in it.

    Args:
        file: a PyTorch state dict.

    Returns:
        Names and tensors.

    Raises:
        ModelError: the file holds anything but tensors, or cannot be read.
    """
    try:
        state = torch.load(file, map_location="cpu", weights_only=True)
    except (pickle.UnpicklingError, RuntimeError, EOFError, OSError, ValueError) as error:
        raise ModelError(f"{file} is no readable file of weights ({error}).") from error
    if not isinstance(state, Mapping) or not all(isinstance(v, Tensor) for v in state.values()):
        raise ModelError(f"{file} must hold named tensors and nothing else.")
    return dict(state)


def load_strictly(network: ConvNet, state: Mapping[str, Tensor], *, source: str) -> None:
    """Load named tensors; whatever is missing, left over or of another shape raises.

    Args:
        network: the network to fill, in place. Where only its number of classes differs from the
            file's, its last linear layer keeps its own weights.
        state: names and tensors.
        source: where they come from, for the message.

    Raises:
        ModelError: a tensor is missing, unexpected, or of another shape.
    """
    wanted = network.state_dict()
    last = [name for name in wanted if name.startswith("head.")][-2:]  # weight and bias
    given = dict(state)
    if last and last[0] in given and given[last[0]].shape != wanted[last[0]].shape:
        given.update({name: wanted[name] for name in last})
    problems = [
        *(f"missing {name}" for name in wanted.keys() - given.keys()),
        *(f"unexpected {name}" for name in given.keys() - wanted.keys()),
        *(
            f"{name} is {tuple(given[name].shape)}, expected {tuple(wanted[name].shape)}"
            for name in wanted.keys() & given.keys()
            if given[name].shape != wanted[name].shape
        ),
    ]
    if problems:
        shown = "; ".join(sorted(problems)[:5])
        more = f" and {len(problems) - 5} more" if len(problems) > 5 else ""
        raise ModelError(f"{source} does not fit {network.name!r}: {shown}{more}.")
    network.load_state_dict(given)

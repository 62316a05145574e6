"""How weights begin."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TypeVar

import torch
from torch import Tensor, nn

from foveal.errors import ModelError, UnknownNameError

Network = TypeVar("Network", bound=nn.Module)
_Draw = Callable[[Tensor, float, float], object]  # weight, fan-in, fan-out


def _normal(variance: Callable[[float, float], float]) -> _Draw:
    return lambda weight, fan_in, fan_out: nn.init.normal_(
        weight, std=math.sqrt(variance(fan_in, fan_out))
    )


def _uniform(variance: Callable[[float, float], float]) -> _Draw:
    def draw(weight: Tensor, fan_in: float, fan_out: float) -> None:
        bound = math.sqrt(3 * variance(fan_in, fan_out))
        nn.init.uniform_(weight, -bound, bound)

    return draw


def _he(fan_in: float, fan_out: float) -> float:
    return 2 / fan_out


def _glorot(fan_in: float, fan_out: float) -> float:
    return 2 / (fan_in + fan_out)


INITIALISATIONS: dict[str, _Draw] = {
    "he_normal": _normal(_he),
    "he_uniform": _uniform(_he),
    "glorot_normal": _normal(_glorot),
    "glorot_uniform": _uniform(_glorot),
}
"""The named ways to draw weights. He: variance 2 / fan-out, which keeps the size of gradients
through ReLU layers. Glorot: variance 2 / (fan-in + fan-out), for tanh and sigmoid."""

DEFAULT = "he_normal"
_LAST_STD = 0.01


def initialise(network: nn.Module, name: str = DEFAULT) -> None:
    """Give every layer its starting weights, in place, from PyTorch's global generator.

    Convolutions and dense layers are drawn as `name` says. The last dense layer is drawn from a
    normal distribution with standard deviation 0.01 whatever `name` is, so that all classes begin
    about equally likely. Biases are 0; batch normalisation begins as the identity.

    Args:
        network: any module made of convolutions, dense layers and batch normalisation.
        name: one of `INITIALISATIONS`.

    Raises:
        UnknownNameError: there is no such initialisation.
        ModelError: a layer holds weights and is none of those.

    Source:
        He et al. 2015, "Delving Deep into Rectifiers", equation 14; Glorot & Bengio 2010,
        "Understanding the difficulty of training deep feedforward neural networks", equation 16.
    """
    if name not in INITIALISATIONS:
        raise UnknownNameError("initialisation", name, INITIALISATIONS)
    draw = INITIALISATIONS[name]
    last = [module for module in network.modules() if isinstance(module, nn.Linear)][-1:]
    for module in network.modules():
        if isinstance(module, nn.BatchNorm1d | nn.BatchNorm2d):
            module.reset_parameters()
        elif isinstance(module, nn.Conv2d | nn.Linear):
            if module.weight.is_meta:
                continue  # nothing to draw, and PyTorch would import its compiler, for seconds
            if module in last:
                nn.init.normal_(module.weight, std=_LAST_STD)
            else:
                draw(module.weight, *_fans(module.weight, getattr(module, "groups", 1)))
            if module.bias is not None:
                nn.init.zeros_(module.bias)
        elif list(module.parameters(recurse=False)):
            raise ModelError(
                "`network` must be made of convolutions, dense layers and batch normalisation; "
                f"got {type(module).__name__}, whose weights no initialisation covers."
            )


def _fans(weight: Tensor, groups: int) -> tuple[float, float]:
    """Return how many weights end in one output, and how many start from one input."""
    outputs, inputs = weight.shape[:2]
    window = math.prod(weight.shape[2:])
    return inputs * window, outputs / groups * window


def build(make: Callable[[], Network], name: str = DEFAULT) -> Network:
    """Make a network and give it its starting weights, drawing each of them once.

    Args:
        make: builds the network; PyTorch's own starting weights are skipped.
        name: one of `INITIALISATIONS`.

    Returns:
        The network in evaluation mode.

    Raises:
        UnknownNameError: there is no such initialisation.
    """
    device = torch.get_default_device()
    with torch.device("meta"):
        network = make()
    # Not to_empty(): it imports PyTorch's symbolic shapes, which takes a second.
    empty = {
        key: torch.empty(tensor.shape, dtype=tensor.dtype, device=device)
        for key, tensor in network.state_dict().items()
    }
    network.load_state_dict(empty, assign=True)
    initialise(network, name)
    return network.eval()

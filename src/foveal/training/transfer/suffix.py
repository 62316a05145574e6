"""What is trained in fine-tuning: the last blocks, the pool and the head."""

from __future__ import annotations

import copy
from collections import OrderedDict
from dataclasses import dataclass
from typing import Literal, Self, get_args

import torch
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm

from foveal.arguments import whole
from foveal.errors import UsageError
from foveal.models.convnet import ConvNet
from foveal.models.heads import dense_head
from foveal.training.optimisation.optimisers import ParameterGroup
from foveal.training.transfer.folding import folded
from foveal.training.transfer.head import TrainedHead

Statistics = Literal["fixed", "trained"]


class Suffix(nn.Module):
    """The trainable rest of a network behind its frozen blocks.

    It has tensors of its own, under the names that they have in the network; `join` brings them
    back.

    Args:
        network: the whole network; its blocks stay as they are until `join`.
        frozen: how many of its blocks do not train, 0 to all.
        head: takes the place of the network's head; None keeps that one.
        bn: ``"fixed"`` normalises by the statistics the network came with, folded into the
            convolutions; ``"trained"`` normalises by the batch and moves them.

    Raises:
        UsageError: `frozen` or `bn` is out of range.
        ModelError: the head expects another width.
    """

    def __init__(
        self,
        network: ConvNet,
        frozen: int,
        head: nn.Module | None = None,
        *,
        bn: Statistics = "fixed",
    ) -> None:
        super().__init__()
        if bn not in get_args(Statistics):
            raise UsageError(f"`bn` must be one of {', '.join(get_args(Statistics))}; got {bn!r}.")
        network.split(frozen)  # says what is wrong with `frozen`
        if head is not None:
            network.replace_head(head)
        self.frozen, self.bn = frozen, bn
        self._network = (network,)  # in a tuple, so that its parameters are none of ours
        blocks = nn.Sequential(OrderedDict(list(network.blocks.named_children())[frozen:]))
        self.blocks = folded(blocks) if bn == "fixed" else copy.deepcopy(blocks)
        self.pool = copy.deepcopy(network.pool) if frozen < len(network.blocks) else nn.Identity()
        self.head = copy.deepcopy(network.head)
        self.requires_grad_(True)
        self.train()

    def forward(self, x: Tensor) -> Tensor:
        """Return the logits of a batch.

        Args:
            x: what the frozen blocks give, float (N, C, H, W); vectors (N, D) if all are frozen.

        Returns:
            Logits, float (N, K).
        """
        logits: Tensor = self.head(self.pool(self.blocks(x)))
        return logits

    def train(self, mode: bool = True) -> Self:
        """Switch to training mode, but for normalisation whose statistics are fixed.

        Args:
            mode: True for training, False for evaluation.

        Returns:
            This module.
        """
        super().train(mode)
        if self.bn == "fixed":
            for module in self.blocks.modules():
                if isinstance(module, _BatchNorm):
                    module.eval()
        return self

    def groups(self, lr_mult: float = 0.1) -> tuple[ParameterGroup, ...]:
        """Return the parameters as groups with learning rates of their own.

        Args:
            lr_mult: the blocks' learning rate, as a multiple of the head's.

        Returns:
            A group for each block, then the head's.
        """
        named = (*self.blocks.named_children(), ("head", self.head))
        return tuple(
            ParameterGroup(name, parameters, 1.0 if module is self.head else lr_mult)
            for name, module in named
            if (parameters := tuple(module.parameters()))
        )

    @property
    def trainable(self) -> int:
        """How many numbers are trained."""
        return sum(parameter.numel() for parameter in self.parameters() if parameter.requires_grad)

    def join(self) -> ConvNet:
        """Bring what was trained back into the whole network.

        Returns:
            The network that this was made from, in its ordinary structure, on the CPU and in
            evaluation mode; its frozen blocks are untouched.
        """
        (network,) = self._network
        into = network.state_dict()
        with torch.no_grad():
            for name, value in self.state_dict().items():
                into[name].copy_(value)
        return network.eval()


def starting_head(trained: TrainedHead) -> nn.Sequential:
    """Return a head trained on frozen features as a module that goes on training.

    Args:
        trained: the head of the first phase.

    Returns:
        Dense layers that take raw features and give the same logits, before calibration.
    """
    weights = [weight for weight, _ in trained.layers]
    head = dense_head([weights[0].shape[1], *(weight.shape[0] for weight in weights)])
    linear = [layer for layer in head if isinstance(layer, nn.Linear)]
    with torch.no_grad():
        for layer, (weight, bias) in zip(linear, trained.layers, strict=True):
            layer.weight.copy_(torch.from_numpy(weight))
            layer.bias.copy_(torch.from_numpy(bias))
        linear[-1].weight.mul_(trained.temperature)
        linear[-1].bias.mul_(trained.temperature)
    return head


def fresh_head(features: int, classes: int, *, seed: int) -> nn.Sequential:
    """Return a head of one layer that has learned nothing.

    Args:
        features: what it takes, a sample.
        classes: its logits.
        seed: decides its weights.

    Returns:
        A module from (N, features) to (N, classes).
    """
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return dense_head([features, classes])


@dataclass(frozen=True)
class Unfreezing:
    """Which blocks are trained."""

    frozen: int
    """How many blocks, from the first, stay as they are."""
    names: tuple[str, ...]
    """The names of the others."""
    layers: int
    """The layers with parameters in those."""
    asked_layers: int | None = None
    """How many layers were asked for, where layers were."""

    def sentence(self) -> str:
        """Say what is trained.

        Returns:
            One sentence.
        """
        if not self.names:
            return "No block is trained, only the head."
        count = len(self.names)
        said = f"The last {count} of {self.frozen + count} blocks are trained, "
        said += f"{self.names[0]} to {self.names[-1]}"
        if self.asked_layers is None:
            return f"{said}: {self.layers} layers with weights."
        return (
            f"{said}: the smallest number of whole blocks that holds the last "
            f"{self.asked_layers} layers with weights; they hold {self.layers}."
        )


def unfreeze_blocks(network: ConvNet, count: int | None) -> Unfreezing:
    """Choose how many blocks to train.

    Args:
        network: any network.
        count: the last so many, 0 for the head alone; None for all.

    Returns:
        The choice.

    Raises:
        UsageError: the network has fewer blocks.
    """
    names = network.block_names
    wanted = len(names) if count is None else whole(count, "unfreeze", 0)
    if wanted > len(names):
        raise UsageError(
            f"`unfreeze` must be 0 to {len(names)}, the blocks of {network.name!r}; got {count}."
        )
    frozen = len(names) - wanted
    layers = sum(map(_layers, list(network.blocks)[frozen:]))
    return Unfreezing(frozen, names[frozen:], layers)


def unfreeze_layers(network: ConvNet, count: int) -> Unfreezing:
    """Choose the smallest number of whole blocks that holds the last so many layers.

    Args:
        network: any network.
        count: layers with parameters of their own (convolutions, normalisation), the head's not
            counted; 1 or more.

    Returns:
        The choice.

    Raises:
        UsageError: the blocks have fewer layers.
    """
    asked = whole(count, "unfreeze_layers")
    held = 0
    for blocks, block in enumerate(reversed(list(network.blocks)), start=1):
        held += _layers(block)
        if held >= asked:
            frozen = len(network.blocks) - blocks
            return Unfreezing(frozen, network.block_names[frozen:], held, asked)
    raise UsageError(
        f"`unfreeze_layers` must be at most {held}, the layers with weights in the blocks of "
        f"{network.name!r}; got {count}."
    )


def _layers(block: nn.Module) -> int:
    return sum(any(True for _ in part.parameters(recurse=False)) for part in block.modules())

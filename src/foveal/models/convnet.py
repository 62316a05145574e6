"""The one shape every network here has: named blocks, a pool, a head."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable
from typing import Self

import torch
from torch import Tensor, nn

from foveal.errors import ModelError, UsageError


class ConvNet(nn.Module):
    """A convolutional classifier: an ordered list of named blocks, then a pool and a head.

    Everything else is derived from that list: summary, freezing, splitting, caching, feature
    maps and the target of Grad-CAM.

    Args:
        name: the registered name of the architecture.
        blocks: (name, module) pairs, applied in order to a batch (N, C, H, W).
        pool: turns the last block's maps into one vector a sample, (N, C, H, W) → (N, D).
        head: turns that vector into logits, (N, D) → (N, num_classes).
        image_size: the side in pixels that the network was designed for.
        in_channels: the channels of its input.

    Raises:
        ModelError: there is no block, or a block's name is used twice.
    """

    def __init__(
        self,
        name: str,
        blocks: Iterable[tuple[str, nn.Module]],
        pool: nn.Module,
        head: nn.Module,
        *,
        image_size: int,
        in_channels: int = 3,
    ) -> None:
        super().__init__()
        pairs = list(blocks)
        names = [block_name for block_name, _ in pairs]
        if not pairs or len(set(names)) != len(names):
            raise ModelError(
                f"`blocks` of {name!r} must be one or more, with different names; got {names}."
            )
        self.name, self.image_size, self.in_channels = name, image_size, in_channels
        self.blocks = nn.Sequential(OrderedDict(pairs))
        self.pool = pool
        self.head = head
        self.frozen_blocks = 0
        self.notes: tuple[str, ...] = ()  # what a summary says of it in words

    def forward(self, x_NCHW: Tensor) -> Tensor:
        """Return the logits of a batch.

        Args:
            x_NCHW: normalised images, float (N, in_channels, H, W).

        Returns:
            Logits, float (N, num_classes).
        """
        logits: Tensor = self.head(self.features(x_NCHW))
        return logits

    def features(self, x_NCHW: Tensor) -> Tensor:
        """Return what the head sees: the pooled output of the last block.

        Args:
            x_NCHW: normalised images, float (N, in_channels, H, W).

        Returns:
            One vector a sample, float (N, D).
        """
        pooled: Tensor = self.pool(self.blocks(x_NCHW))
        return pooled

    @property
    def block_names(self) -> tuple[str, ...]:
        """The names of the blocks, in order."""
        return tuple(dict(self.blocks.named_children()))

    @property
    def feature_width(self) -> int:
        """The length D of the vector that the head sees."""
        return self._linear_layers()[0].in_features

    @property
    def num_classes(self) -> int:
        """The number of logits."""
        return self._linear_layers()[-1].out_features

    def split(self, count: int) -> tuple[nn.Module, nn.Module]:
        """Cut the network after its first `count` blocks.

        Both parts share their modules with this network: ``suffix(prefix(x))`` equals the whole.
        A cut after the last block also takes the pool into the prefix, whose output is then the
        feature vector.

        Args:
            count: how many blocks the first part gets, 0 … ``len(self.blocks)``.

        Returns:
            The prefix and the suffix.

        Raises:
            UsageError: `count` is out of range.
        """
        self._check_count(count)
        modules = list(self.blocks)
        prefix, rest = modules[:count], modules[count:]
        if rest:
            return nn.Sequential(*prefix), nn.Sequential(*rest, self.pool, self.head)
        return nn.Sequential(*prefix, self.pool), self.head

    def freeze(self, count: int) -> Self:
        """Freeze the first `count` blocks and unfreeze the others.

        A frozen block takes no gradient and stays in evaluation mode whatever `train` is called
        with, so its BatchNorm neither normalises by the batch nor moves its statistics.

        Args:
            count: how many blocks to freeze, 0 … ``len(self.blocks)``.

        Returns:
            This network.

        Raises:
            UsageError: `count` is out of range.
        """
        self._check_count(count)
        self.frozen_blocks = count
        for index, block in enumerate(self.blocks):
            block.requires_grad_(index >= count)
        return self.train(self.training)

    def train(self, mode: bool = True) -> Self:
        """Switch to training mode, but for the frozen blocks.

        Args:
            mode: True for training, False for evaluation.

        Returns:
            This network.
        """
        super().train(mode)
        for block in list(self.blocks)[: self.frozen_blocks]:
            block.eval()
        return self

    def replace_head(self, head: nn.Module) -> Self:
        """Put another head on the same features.

        Args:
            head: a module from (N, ``feature_width``) to (N, num_classes).

        Returns:
            This network.

        Raises:
            ModelError: the head's first layer expects another width.
        """
        expected = self.feature_width
        previous, self.head = self.head, head
        if self.feature_width != expected:
            got, self.head = self.feature_width, previous
            raise ModelError(
                f"the head of {self.name!r} must take {expected} features; this one takes {got}."
            )
        return self

    def _linear_layers(self) -> list[nn.Linear]:
        layers = [module for module in self.head.modules() if isinstance(module, nn.Linear)]
        if not layers:
            raise ModelError(f"the head of {self.name!r} must hold a linear layer; it holds none.")
        return layers

    def _check_count(self, count: int) -> None:
        if not 0 <= count <= len(self.blocks):
            raise UsageError(
                f"`count` must be 0 to {len(self.blocks)}, the blocks of {self.name!r}; "
                f"got {count}."
            )


class GlobalAveragePool(nn.Module):
    """The mean of every map: (N, C, H, W) → (N, C)."""

    def forward(self, x_NCHW: Tensor) -> Tensor:
        """Return the mean over height and width.

        Args:
            x_NCHW: maps, float (N, C, H, W).

        Returns:
            Their means, float (N, C).
        """
        return torch.mean(x_NCHW, dim=(2, 3))


class Flatten(nn.Module):
    """Every value of every map in one row: (N, C, S, S) → (N, C·S·S).

    Args:
        channels: maps that come in.
        side: their side, which the first dense layer after this one depends on.
    """

    def __init__(self, channels: int, side: int) -> None:
        super().__init__()
        self.shape = (channels, side, side)
        self.width = channels * side * side

    def forward(self, x_NCHW: Tensor) -> Tensor:
        """Return the maps in rows.

        Args:
            x_NCHW: maps, float (N, C, S, S).

        Returns:
            Their values, float (N, C·S·S).

        Raises:
            UsageError: the maps have another size than the dense layers were made for.
        """
        got = tuple(x_NCHW.shape[1:])
        if got != self.shape:
            raise UsageError(
                f"the dense layers take maps of {_times(self.shape)}; got {_times(got)}. Make "
                "the network with the `image_size` of your images."
            )
        return torch.flatten(x_NCHW, 1)


def _times(shape: tuple[int, ...]) -> str:
    return "×".join(str(int(side)) for side in shape)

"""The kinds of layers in a description of a custom network: what each needs, and what it gives.

Each class is one kind; its fields are the keys a description may use, the first being the one
that names the kind.
"""

from __future__ import annotations

import math
from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass, fields

from torch import nn

from foveal.arguments import whole
from foveal.errors import UsageError
from foveal.models.convnet import Flatten, GlobalAveragePool
from foveal.models.layers import SameConv2d
from foveal.ops.shapes import conv_output_size, pool_output_size

Shape = tuple[int, ...]  # maps (C, H, W), or a vector (D,)
ACTIVATIONS: dict[str, type[nn.Module]] = {
    "relu": nn.ReLU,
    "relu6": nn.ReLU6,
    "silu": nn.SiLU,
    "tanh": nn.Tanh,
    "none": nn.Identity,
}


@dataclass(frozen=True)
class Layer:
    """What every kind of layer has."""

    @property
    def kind(self) -> str:
        """The key that names it, such as ``"conv"``."""
        return fields(self)[0].name

    def output(self, shape: Shape) -> Shape:
        """Return the shape of the layer's output.

        Args:
            shape: of its input, without the batch.

        Returns:
            The shape of its output, without the batch.

        Raises:
            UsageError: the input does not fit; the message says why.
        """
        return self._output(shape)

    def module(self, shape: Shape) -> nn.Module:
        """Return the layer as PyTorch has it.

        Args:
            shape: of its input, without the batch.

        Returns:
            A module.
        """
        return self._module(shape)

    def _output(self, shape: Shape) -> Shape:
        raise NotImplementedError

    def _module(self, shape: Shape) -> nn.Module:
        raise NotImplementedError


@dataclass(frozen=True)
class Conv(Layer):
    """A convolution, with batch normalisation and an activation after it if wanted."""

    conv: int
    """Filters."""
    kernel: int = 3
    """Side of the kernel in pixels."""
    stride: int = 1
    """Step of the window in pixels."""
    padding: str = "same"
    """``"same"`` (output ⌈n / stride⌉) or ``"valid"`` (none)."""
    batch_norm: bool = False
    """Whether the output is normalised."""
    activation: str = "relu"
    """What follows: one of `ACTIVATIONS`."""

    def __post_init__(self) -> None:
        for name in ("conv", "kernel", "stride"):
            whole(getattr(self, name), name)
        _one_of("padding", self.padding, ("same", "valid"))
        _one_of("batch_norm", self.batch_norm, (True, False))
        _one_of("activation", self.activation, ACTIVATIONS)

    def _output(self, shape: Shape) -> Shape:
        _, height, width = _maps(shape)
        sides = (
            conv_output_size(side, self.kernel, self.stride, self.padding)
            for side in (height, width)
        )
        return (self.conv, *map(int, sides))

    def _module(self, shape: Shape) -> nn.Module:
        make = SameConv2d if self.padding == "same" else nn.Conv2d
        convolution = make(shape[0], self.conv, self.kernel, self.stride)
        norm = nn.BatchNorm2d(self.conv) if self.batch_norm else None
        return _followed(convolution, norm, self.activation)


@dataclass(frozen=True)
class MaxPool(Layer):
    """The largest value of each window."""

    max_pool: int
    """Side of the window in pixels."""
    stride: int | None = None
    """Step of the window in pixels; by default its side."""

    def __post_init__(self) -> None:
        _check_window(self.max_pool, "max_pool", self.stride)

    def _output(self, shape: Shape) -> Shape:
        return _pooled(shape, self.max_pool, self.stride)

    def _module(self, shape: Shape) -> nn.Module:
        return nn.MaxPool2d(self.max_pool, self.stride)


@dataclass(frozen=True)
class AveragePool(Layer):
    """The mean of each window."""

    average_pool: int
    """Side of the window in pixels."""
    stride: int | None = None
    """Step of the window in pixels; by default its side."""

    def __post_init__(self) -> None:
        _check_window(self.average_pool, "average_pool", self.stride)

    def _output(self, shape: Shape) -> Shape:
        return _pooled(shape, self.average_pool, self.stride)

    def _module(self, shape: Shape) -> nn.Module:
        return nn.AvgPool2d(self.average_pool, self.stride)


@dataclass(frozen=True)
class Dropout(Layer):
    """In training, a share of the values becomes 0."""

    dropout: float
    """The share, 0 to below 1."""

    def __post_init__(self) -> None:
        is_number = isinstance(self.dropout, int | float) and not isinstance(self.dropout, bool)
        if not (is_number and 0 <= self.dropout < 1):
            raise UsageError(f"`dropout` must be a number from 0 to below 1; got {self.dropout!r}.")

    def _output(self, shape: Shape) -> Shape:
        return shape

    def _module(self, shape: Shape) -> nn.Module:
        return nn.Dropout(self.dropout)


@dataclass(frozen=True)
class FlattenMaps(Layer):
    """Every value of every map in one row; dense layers follow."""

    flatten: bool
    """True."""

    def __post_init__(self) -> None:
        _one_of("flatten", self.flatten, (True,))

    def _output(self, shape: Shape) -> Shape:
        return (math.prod(_maps(shape)),)

    def _module(self, shape: Shape) -> nn.Module:
        return Flatten(shape[0], shape[1])


@dataclass(frozen=True)
class AverageMaps(Layer):
    """The mean of each map; dense layers may follow."""

    global_average_pool: bool
    """True."""

    def __post_init__(self) -> None:
        _one_of("global_average_pool", self.global_average_pool, (True,))

    def _output(self, shape: Shape) -> Shape:
        return _maps(shape)[:1]

    def _module(self, shape: Shape) -> nn.Module:
        return GlobalAveragePool()


@dataclass(frozen=True)
class Dense(Layer):
    """A fully connected layer, with batch normalisation and an activation after it if wanted."""

    dense: int
    """Neurons."""
    batch_norm: bool = False
    """Whether the output is normalised."""
    activation: str = "relu"
    """What follows: one of `ACTIVATIONS`."""

    def __post_init__(self) -> None:
        whole(self.dense, "dense")
        _one_of("batch_norm", self.batch_norm, (True, False))
        _one_of("activation", self.activation, ACTIVATIONS)

    def _output(self, shape: Shape) -> Shape:
        if len(shape) != 1:
            raise UsageError(
                "a dense layer takes a vector, and this gets maps; put flatten = true or "
                "global_average_pool = true before it"
            )
        return (self.dense,)

    def _module(self, shape: Shape) -> nn.Module:
        linear = nn.Linear(shape[0], self.dense)
        norm = nn.BatchNorm1d(self.dense) if self.batch_norm else None
        return _followed(linear, norm, self.activation)


def _pooled(shape: Shape, size: int, stride: int | None) -> Shape:
    channels, height, width = _maps(shape)
    sides = (int(pool_output_size(side, size, stride)) for side in (height, width))
    return (channels, *sides)


def _maps(shape: Shape) -> Shape:
    if len(shape) != 3:
        raise UsageError("it takes maps, and this gets a vector; put it before the flattening")
    return shape


def _followed(layer: nn.Module, norm: nn.Module | None, activation: str) -> nn.Sequential:
    parts = {"conv" if isinstance(layer, nn.Conv2d) else "linear": layer}
    if norm is not None:
        parts["bn"] = norm
    if activation != "none":
        parts["activation"] = ACTIVATIONS[activation]()
    return nn.Sequential(OrderedDict(parts))


def _check_window(size: int, name: str, stride: int | None) -> None:
    whole(size, name)
    if stride is not None:
        whole(stride, "stride")


def _one_of(name: str, value: object, allowed: Iterable[object]) -> None:
    choices = list(allowed)
    if not any(value == choice and type(value) is type(choice) for choice in choices):
        shown = " or ".join(repr(choice) for choice in choices)
        raise UsageError(f"`{name}` must be {shown}; got {value!r}.")

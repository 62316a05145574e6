"""What one layer does to a shape: output, parameters, multiplications, window. Integers only.

Every number comes from `foveal.ops.shapes` and remembers its formula.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from functools import singledispatch

from torch import nn

from foveal.errors import UsageError
from foveal.models.convnet import Flatten, GlobalAveragePool
from foveal.models.layers import SameConv2d
from foveal.ops.explained import Explained
from foveal.ops.shapes import (
    AxisPadding,
    Window,
    batch_norm_parameters,
    conv_macs,
    conv_output_size,
    conv_parameters,
    dense_macs,
    dense_parameters,
    element_count,
    pool_output_size,
)

Shape = tuple[int, ...]
Windows = tuple[Window, ...]


class UnknownLayerError(Exception):
    """A layer that no rule here knows; whoever asks says what that means."""


@dataclass(frozen=True)
class Flow:
    """What runs between two layers, for one image."""

    shape: Shape
    """Maps (C, H, W), or a vector (D,)."""
    rows: Windows | None = ()
    """The windows it came through, top to bottom, or None where that is not known."""
    columns: Windows | None = ()
    """The same, left to right."""
    map_size: tuple[int, int] = (1, 1)
    """Of a vector: height and width of the maps that were flattened into it."""

    def through(self, shape: Shape, rows: Window, columns: Window) -> Flow:
        """Return what leaves a layer that looks through a window.

        Args:
            shape: of its output.
            rows: its window from top to bottom.
            columns: its window from left to right.

        Returns:
            The flow after it.
        """
        return Flow(shape, _appended(self.rows, rows), _appended(self.columns, columns))


@dataclass(frozen=True)
class Facts:
    """What one layer does."""

    flow: Flow
    """What leaves it."""
    sizes: tuple[Explained, ...] = ()
    """Where the layer changes them: height and width, or the length of a vector."""
    parameters: Explained = field(default_factory=lambda: Explained(0, "0"))
    """Its weights and biases."""
    macs: Explained = field(default_factory=lambda: Explained(0, "0"))
    """Its multiply-accumulates for one image: of convolutions and dense layers."""
    is_stored: bool = True
    """Whether its output takes memory of its own."""


@singledispatch
def facts(layer: nn.Module, flow: Flow) -> Facts:
    """Return what a layer does to what comes in.

    Args:
        layer: a single layer, not a composition.
        flow: what comes in.

    Returns:
        What leaves it and what that costs.

    Raises:
        UnknownLayerError: no rule knows this layer.
        UsageError: what comes in does not fit: it is smaller than the window, or the dense layer
            takes another number of values.
    """
    raise UnknownLayerError(type(layer).__name__)


def is_known(layer: nn.Module) -> bool:
    """Return whether a rule knows a layer.

    Args:
        layer: any module.

    Returns:
        True for single layers, False for compositions and foreign layers.
    """
    return facts.dispatch(type(layer)) is not facts.dispatch(object)


@facts.register
def _conv(layer: nn.Conv2d, flow: Flow) -> Facts:
    _, height, width = _maps(flow)
    kernel, stride, dilation = layer.kernel_size, layer.stride, layer.dilation
    sides = tuple(
        conv_output_size(size, kernel[axis], stride[axis], _padding(layer, axis), dilation[axis])
        for axis, size in enumerate((height, width))
    )
    windows = (Window(kernel[axis], stride[axis], dilation[axis]) for axis in (0, 1))
    channels = (layer.in_channels, layer.out_channels)
    pair = (kernel[0], kernel[1])
    return Facts(
        flow.through((layer.out_channels, *map(int, sides)), *windows),
        sides,
        conv_parameters(*channels, pair, layer.bias is not None, layer.groups),
        conv_macs((int(sides[0]), int(sides[1])), *channels, pair, layer.groups),
    )


@facts.register
def _linear(layer: nn.Linear, flow: Flow) -> Facts:
    inputs, outputs = layer.in_features, layer.out_features
    if flow.shape[-1] != inputs:
        raise UsageError(f"it takes {inputs:,} values; got {flow.shape[-1]:,}.")
    rows, columns = (Window(max(1, size)) for size in flow.map_size)
    return Facts(
        flow.through((*flow.shape[:-1], outputs), rows, columns),
        (Explained(outputs, f"{outputs:,}"),),
        dense_parameters(inputs, outputs, layer.bias is not None),
        dense_macs(inputs, outputs),
    )


@facts.register(nn.BatchNorm1d)
@facts.register(nn.BatchNorm2d)
def _batch_norm(layer: nn.BatchNorm2d, flow: Flow) -> Facts:
    if not layer.affine:
        return Facts(flow)
    return Facts(flow, parameters=batch_norm_parameters(layer.num_features))


@facts.register(nn.MaxPool2d)
@facts.register(nn.AvgPool2d)
def _pool(layer: nn.MaxPool2d | nn.AvgPool2d, flow: Flow) -> Facts:
    if layer.ceil_mode or getattr(layer, "dilation", 1) not in (1, (1, 1)):
        raise UnknownLayerError(f"{type(layer).__name__} with ceil_mode or dilation")
    channels, height, width = _maps(flow)
    kernel, stride, padding = map(_pair, (layer.kernel_size, layer.stride, layer.padding))
    sides = tuple(
        pool_output_size(size, kernel[axis], stride[axis], padding[axis])
        for axis, size in enumerate((height, width))
    )
    windows = (Window(kernel[axis], stride[axis]) for axis in (0, 1))
    return Facts(flow.through((channels, *map(int, sides)), *windows), sides)


@facts.register
def _adaptive(layer: nn.AdaptiveAvgPool2d, flow: Flow) -> Facts:
    channels, *sides = _maps(flow)
    wanted = _pair(layer.output_size)
    if any(size % target for size, target in zip(sides, wanted, strict=True)):
        raise UnknownLayerError("AdaptiveAvgPool2d with windows of different sizes")
    rows, columns = (
        Window(size // target, size // target) for size, target in zip(sides, wanted, strict=True)
    )
    return Facts(
        flow.through((channels, *wanted), rows, columns),
        tuple(Explained(side, f"{side}") for side in wanted),
    )


@facts.register
def _global_pool(layer: GlobalAveragePool, flow: Flow) -> Facts:
    return averaged(flow, keep=False)


def averaged(flow: Flow, *, keep: bool) -> Facts:
    """Return what the mean over height and width leaves.

    Args:
        flow: maps.
        keep: whether the mean stays a map of 1×1.

    Returns:
        A vector, or maps of 1×1.
    """
    channels, height, width = _maps(flow)
    shape = (channels, 1, 1) if keep else (channels,)
    sizes = () if keep else (Explained(channels, f"{channels:,}"),)
    return Facts(flow.through(shape, Window(height, height), Window(width, width)), sizes)


@facts.register(nn.Flatten)
@facts.register(Flatten)
def _flatten(layer: nn.Module, flow: Flow) -> Facts:
    if isinstance(layer, Flatten) and flow.shape != layer.shape:
        raise UsageError(
            f"the dense layers after it were made for maps of {layer.shape}; got {flow.shape}. "
            "Make the network with the `image_size` of your images."
        )
    return flattened(flow)


def flattened(flow: Flow) -> Facts:
    """Return what putting all values in a row leaves.

    Args:
        flow: maps, or a vector.

    Returns:
        A vector.
    """
    if len(flow.shape) == 1:
        return Facts(flow, is_stored=False)
    length = element_count(*flow.shape)
    size = (flow.shape[1], flow.shape[2])
    after = replace(flow, shape=(int(length),), map_size=size)
    return Facts(after, (length,), is_stored=False)


@facts.register(nn.ReLU)
@facts.register(nn.ReLU6)
@facts.register(nn.LeakyReLU)
@facts.register(nn.SiLU)
@facts.register(nn.GELU)
@facts.register(nn.ELU)
@facts.register(nn.Hardswish)
@facts.register(nn.Hardsigmoid)
@facts.register(nn.Tanh)
@facts.register(nn.Sigmoid)
@facts.register(nn.Softmax)
@facts.register(nn.Dropout)
@facts.register(nn.Dropout2d)
@facts.register(nn.Identity)
def _pointwise(layer: nn.Module, flow: Flow) -> Facts:
    is_view = isinstance(layer, nn.Identity) or bool(getattr(layer, "inplace", False))
    return Facts(flow, is_stored=not is_view)


def bytes_of(shape: Shape) -> int:
    """Return the memory of a float32 array.

    Args:
        shape: its sides.

    Returns:
        Bytes.
    """
    return 4 * math.prod(shape)


def _maps(flow: Flow) -> tuple[int, int, int]:
    if len(flow.shape) != 3:
        raise UnknownLayerError(f"a layer for maps that gets {flow.shape}")
    channels, height, width = flow.shape
    return channels, height, width


def _padding(layer: nn.Conv2d, axis: int) -> AxisPadding:
    if isinstance(layer, SameConv2d):
        return "same"
    return layer.padding if isinstance(layer.padding, str) else layer.padding[axis]


def _pair(value: object) -> tuple[int, int]:
    if isinstance(value, int):
        return value, value
    if isinstance(value, tuple | list) and all(isinstance(side, int) for side in value):
        return value[0], value[1]
    raise UnknownLayerError(f"a window of {value!r}")


def _appended(windows: Windows | None, window: Window) -> Windows | None:
    if windows is None or (window.kernel, window.stride) == (1, 1):
        return windows  # a window of one cell adds nothing to the formula
    return (*windows, window)

"""Describing a block that cannot be followed: it is run on shapes without numbers, and watched."""

from __future__ import annotations

import copy
from collections.abc import Iterator

import torch
from torch import Tensor, nn

from foveal.models.calls import Call, leaves, macs_of, watch
from foveal.models.layer_facts import Flow, bytes_of
from foveal.models.summary_rows import LayerSummary, Shape


def observed(
    prefix: str, name: str, module: nn.Module, flow: Flow, total: int
) -> tuple[list[LayerSummary], Flow]:
    """Describe the layers that a block calls, in the order it is done with them.

    Args:
        prefix: what the paths of its layers begin with.
        name: of the block.
        module: the block.
        flow: what comes in.
        total: parameters of the whole network.

    Returns:
        The layers, and what leaves the block; the windows are not known.
    """
    root = nn.Sequential()
    root.add_module(name, _without_data(module))
    calls, output = watch(root, lambda: root(torch.empty(1, *flow.shape, device="meta")))
    counted: set[int] = set()
    layers = [
        _layer(prefix, call, counted, total)
        for call in leaves(calls)
        if call.gave is not None and not isinstance(call.module, nn.Identity)
    ]
    shape: Shape = tuple(output.shape[1:])
    size = (flow.shape[1], flow.shape[2]) if len(shape) == 1 and len(flow.shape) == 3 else (1, 1)
    return layers, Flow(shape, None, None, size)


def _layer(prefix: str, call: Call, counted: set[int], total: int) -> LayerSummary:
    shape: Shape = tuple(call.gave.tensor.shape[1:]) if call.gave else ()
    own = [value for value in _own(call) if id(value) not in counted]
    counted.update(map(id, own))
    trainable = sum(value.numel() for value in own if value.requires_grad)
    frozen = sum(value.numel() for value in own if not value.requires_grad)
    return LayerSummary(
        name=prefix + call.path,
        kind=type(call.module).__name__,
        output_shape=shape,
        trainable=trainable,
        frozen=frozen,
        statistics=_statistics(call.module),
        macs=macs_of(call),
        receptive_field=None,
        share=(trainable + frozen) / total if total else 0.0,
        stored_bytes=bytes_of(shape),
    )


def _own(call: Call) -> Iterator[Tensor]:
    return call.module.parameters(recurse=not call.inner)


def _statistics(module: nn.Module) -> int:
    if not isinstance(module, nn.BatchNorm1d | nn.BatchNorm2d):
        return 0
    moving = (module.running_mean, module.running_var)
    return sum(value.numel() for value in moving if value is not None)


def _without_data(module: nn.Module) -> nn.Module:
    """Copy a module, but not its numbers; what takes a gradient still does."""
    memo: dict[int, object] = {}
    for parameter in module.parameters():
        takes = parameter.requires_grad
        memo[id(parameter)] = nn.Parameter(parameter.detach().to("meta"), requires_grad=takes)
    for buffer in module.buffers():
        memo[id(buffer)] = buffer.to("meta")
    return copy.deepcopy(module, memo).eval()

"""Following one image through a block: which layers it meets, in order, and where paths join."""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import torch
import torch.nn.functional as F
from torch import fx, nn

from foveal.errors import UsageError
from foveal.models.layer_facts import (
    Facts,
    Flow,
    UnknownLayerError,
    averaged,
    facts,
    flattened,
    is_known,
)
from foveal.ops.shapes import receptive_field


@dataclass(frozen=True)
class Visit:
    """One layer that an image meets."""

    name: str
    """Its path in the block, or the operation's name where it is no module."""
    kind: str
    """What it is, such as ``"Conv2d"`` or ``"add"``."""
    layer: nn.Module | None
    """The module, or None for an operation without one."""
    facts: Facts
    """What it does."""


class _Tracer(fx.Tracer):
    def is_leaf_module(self, m: nn.Module, module_qualified_name: str) -> bool:
        return is_known(m) or not list(m.children())


def trace(name: str, block: nn.Module, flow: Flow) -> tuple[list[Visit], Flow]:
    """Follow one image through a block.

    Args:
        name: of the block.
        block: any module.
        flow: what comes in.

    Returns:
        The layers it meets, in order, and what leaves the block.

    Raises:
        UnknownLayerError: the block does something that no rule here knows.
        UsageError: a layer's window is larger than what comes in; the message names the layer.
    """
    root = nn.Sequential()
    root.add_module(name, block)  # the tracer wants a root around every layer
    try:
        graph = _Tracer().trace(root)
    except Exception as error:  # a forward that branches on values fails in its own way
        raise UnknownLayerError(f"{type(block).__name__}, which cannot be traced") from error
    modules = dict(root.named_modules())
    flows: dict[fx.Node, Flow] = {}
    visits: list[Visit] = []
    for node in graph.nodes:
        if node.op == "placeholder":
            flows[node] = flow
        elif node.op == "output":
            return visits, flows[_only(node.args[0])]
        else:
            visits.append(_visit(name, node, modules, flows))
            flows[node] = visits[-1].facts.flow
    raise UnknownLayerError(f"{type(block).__name__}, which returns nothing")


def _visit(
    name: str, node: fx.Node, modules: dict[str, nn.Module], flows: dict[fx.Node, Flow]
) -> Visit:
    inputs = [flows[item] for item in _nodes(node.args)]
    if node.op == "call_module":
        target = str(node.target)
        layer = modules[target]
        try:
            return Visit(target, type(layer).__name__, layer, facts(layer, inputs[0]))
        except UsageError as error:
            raise UsageError(f"layer {target}: {error}") from error
    kind, rule = _OPERATIONS.get(node.target, ("", None))
    if rule is None:
        raise UnknownLayerError(f"the operation {getattr(node.target, '__name__', node.target)}")
    return Visit(f"{name}.{node.name}", kind, None, rule(inputs, dict(node.kwargs), node.args))


_Rule = Callable[[list[Flow], dict[str, Any], tuple[Any, ...]], Facts]


def _same(inputs: list[Flow], options: dict[str, Any], arguments: tuple[Any, ...]) -> Facts:
    return Facts(inputs[0], is_stored=not options.get("inplace", False))


def _join(inputs: list[Flow], options: dict[str, Any], arguments: tuple[Any, ...]) -> Facts:
    """Add or multiply: the shape is the larger one's; each axis keeps its widest window.

    Where maps meet one value a channel (squeeze-and-excitation), the window is that of the maps:
    the value sees everything, which would hide what the maps themselves see.
    """
    largest = max(inputs, key=lambda flow: _cells(flow.shape))
    peers = [flow for flow in inputs if _cells(flow.shape) == _cells(largest.shape)]
    return Facts(_widest(peers, largest.shape))


def _concat(inputs: list[Flow], options: dict[str, Any], arguments: tuple[Any, ...]) -> Facts:
    axis = options.get("dim", arguments[1] if len(arguments) > 1 else 0)
    if axis != 1 or len({flow.shape[1:] for flow in inputs}) != 1:
        raise UnknownLayerError(f"a concatenation along axis {axis}")
    channels = sum(flow.shape[0] for flow in inputs)
    return Facts(_widest(inputs, (channels, *inputs[0].shape[1:])))


def _mean(inputs: list[Flow], options: dict[str, Any], arguments: tuple[Any, ...]) -> Facts:
    axes = options.get("dim", arguments[1] if len(arguments) > 1 else None)
    if axes is None or sorted(axis % 4 for axis in axes) != [2, 3]:
        raise UnknownLayerError(f"a mean over the axes {axes}")
    keep = options.get("keepdim", arguments[2] if len(arguments) > 2 else False)
    return averaged(inputs[0], keep=bool(keep))


def _flat(inputs: list[Flow], options: dict[str, Any], arguments: tuple[Any, ...]) -> Facts:
    return flattened(inputs[0])


_RULES: dict[str, tuple[_Rule, tuple[Any, ...]]] = {
    "add": (_join, (operator.add, operator.iadd, torch.add, "add", "add_")),
    "multiply": (_join, (operator.mul, operator.imul, torch.mul, "mul", "mul_")),
    "concatenate": (_concat, (torch.cat, torch.concat)),
    "mean": (_mean, (torch.mean, "mean")),
    "flatten": (_flat, (torch.flatten, "flatten")),
    "relu": (_same, (F.relu, torch.relu, "relu", "relu_")),
    "relu6": (_same, (F.relu6,)),
    "silu": (_same, (F.silu,)),
    "sigmoid": (_same, (torch.sigmoid, F.sigmoid, "sigmoid", "sigmoid_")),
    "tanh": (_same, (torch.tanh, F.tanh, "tanh")),
    "dropout": (_same, (F.dropout,)),
}
_OPERATIONS: dict[Any, tuple[str, _Rule]] = {
    operation: (kind, rule)
    for kind, (rule, operations) in _RULES.items()
    for operation in operations
}


def _widest(flows: list[Flow], shape: tuple[int, ...]) -> Flow:
    """Return the windows of the path that sees most, along each axis."""
    rows = [flow.rows for flow in flows if flow.rows is not None]
    columns = [flow.columns for flow in flows if flow.columns is not None]
    return Flow(
        shape,
        max(rows, key=receptive_field) if len(rows) == len(flows) else None,
        max(columns, key=receptive_field) if len(columns) == len(flows) else None,
    )


def _cells(shape: tuple[int, ...]) -> int:
    return shape[1] * shape[2] if len(shape) == 3 else 1


def _nodes(arguments: Any) -> Iterator[fx.Node]:
    for item in arguments:
        if isinstance(item, fx.Node):
            yield item
        elif isinstance(item, list | tuple):
            yield from _nodes(item)


def _only(value: Any) -> fx.Node:
    if not isinstance(value, fx.Node):
        raise UnknownLayerError("a block with several outputs")
    return value

"""Watching a network run: which module was called with what, and what it gave.

A call remembers the very tensors that came in and went out, with PyTorch's count of the changes
made to each. Two calls follow each other directly if the second got exactly what the first gave:
an addition, a reshape or a change in place between them would show.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

import torch
from torch import Tensor, nn

from foveal.ops.shapes import conv_macs, dense_macs

Result = TypeVar("Result")


@dataclass(frozen=True)
class Passed:
    """One tensor at one moment."""

    tensor: Tensor
    """The tensor itself, so that no other gets its identity."""
    version: int
    """How often it had been changed in place."""

    def is_same(self, other: Passed | None) -> bool:
        """Return whether both are one tensor that was not changed in between.

        Args:
            other: another moment, or None.

        Returns:
            True if nothing happened between the two.
        """
        return other is not None and self.tensor is other.tensor and self.version == other.version


@dataclass
class Call:
    """One call of one module."""

    path: str
    """The module's path in the network that was watched."""
    module: nn.Module
    """The module."""
    given: Passed | None
    """What it got, or None if that was not exactly one tensor."""
    gave: Passed | None = None
    """What it gave, or None if that was not exactly one tensor."""
    inner: list[Call] = field(default_factory=list)
    """The calls it made itself, in order."""


def watch(root: nn.Module, run: Callable[[], Result]) -> tuple[list[Call], Result]:
    """Run something, and note every call of a module inside `root`.

    Args:
        root: whose modules are watched; its own call is not noted.
        run: calls them.

    Returns:
        The outermost calls in order, and what `run` returned.
    """
    calls: list[Call] = []
    open_calls: list[Call] = []
    paths = {id(module): path for path, module in root.named_modules()}

    def before(module: nn.Module, arguments: tuple[Any, ...], options: dict[str, Any]) -> None:
        given = _passed(arguments[0]) if len(arguments) == 1 and not options else None
        call = Call(paths[id(module)], module, given)
        (open_calls[-1].inner if open_calls else calls).append(call)
        open_calls.append(call)

    def after(module: nn.Module, arguments: tuple[Any, ...], output: object) -> None:
        open_calls.pop().gave = _passed(output)

    modules = [module for module in root.modules() if module is not root]
    handles = [module.register_forward_pre_hook(before, with_kwargs=True) for module in modules]
    handles += [module.register_forward_hook(after) for module in modules]
    try:
        with torch.no_grad():
            result = run()
    finally:
        for handle in handles:
            handle.remove()
    return calls, result


def is_chain(calls: Sequence[Call], start: Passed | None, end: Passed | None) -> bool:
    """Return whether calls, one after the other, lead from one tensor to another.

    Args:
        calls: in order.
        start: what the first must get.
        end: what the last must give.

    Returns:
        True if running these modules in order is the whole computation.
    """
    at = start
    for call in calls:
        if at is None or not at.is_same(call.given):
            return False
        at = call.gave
    return at is not None and at.is_same(end)


def leaves(calls: Iterable[Call]) -> Iterator[Call]:
    """Go through the calls that have numbers of their own or call nothing further.

    Args:
        calls: outermost calls.

    Yields:
        A module's inner calls before itself.
    """
    for call in calls:
        yield from leaves(call.inner)
        if not call.inner or any(True for _ in call.module.parameters(recurse=False)):
            yield call


def macs_of(call: Call) -> int | None:
    """Count the multiplications of one convolution or dense layer for one image.

    Args:
        call: of any module.

    Returns:
        Multiply-accumulates; 0 for a layer of another kind, None for one that holds a matrix of
        weights and is neither.
    """
    layer = call.module
    shape = call.gave.tensor.shape if call.gave else torch.Size(())
    if isinstance(layer, nn.Conv2d) and len(shape) == 4:
        kernel = (layer.kernel_size[0], layer.kernel_size[1])
        return int(
            conv_macs(
                (shape[2], shape[3]), layer.in_channels, layer.out_channels, kernel, layer.groups
            )
        )
    if isinstance(layer, nn.Linear) and shape:
        return shape[1:-1].numel() * int(dense_macs(layer.in_features, layer.out_features))
    holds_matrix = any(
        value.ndim > 1 and max(value.shape) < value.numel()
        for value in layer.parameters(recurse=False)
    )
    return None if holds_matrix else 0


def _passed(value: object) -> Passed | None:
    return Passed(value, value._version) if isinstance(value, Tensor) else None

"""Where a network of timm can be cut: found by watching it run on shapes without numbers."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from foveal.errors import UsageError
from foveal.models.calls import Call, Passed, is_chain, macs_of, watch
from foveal.models.counts import count_parameters

# Names of modules and parameters that networks of attention have and convolutional ones lack.
_ATTENTION = {"qkv", "kv", "q", "k", "q_proj", "to_qkv", "in_proj", "pos_embed", "cls_token"}


@dataclass(frozen=True)
class Plan:
    """How a network of timm becomes blocks, pool and head; modules are named by their paths."""

    blocks: tuple[tuple[str, tuple[str, ...]], ...]
    """(name, modules run in order) of each block; none if the network stays whole."""
    pool: tuple[str, ...] | None
    """The modules between the last maps and the head; None if the network pools by itself."""
    head: str
    """The module that gives the logits."""
    feature_width: int
    """The length of the vector that the head sees."""
    parameters: int
    """Weights and biases."""
    macs: int
    """Multiply-accumulates for one image, of convolutions and dense layers."""
    reason: str
    """Why the network stays whole, as a clause; empty if it does not."""


def plan_of(name: str, model: Any, channels: int, image_size: int) -> Plan:
    """Watch a network of timm run, and work out where it can be cut.

    Args:
        name: for messages.
        model: the network on the meta device, in evaluation mode.
        channels: of its input.
        image_size: side of its images in pixels.

    Returns:
        The plan.

    Raises:
        UsageError: it is no convolutional network, or no classifier.
    """
    found = [entry for entry in _inner_names(model) if entry in _ATTENTION]
    if found:
        raise _refusal(name, f"has attention (`{found[0]}`)")
    x_NCHW = torch.empty(1, channels, image_size, image_size, device="meta")
    start = Passed(x_NCHW, x_NCHW._version)
    middle: list[Passed] = []

    def run() -> Passed:
        maps = model.forward_features(x_NCHW)
        if not isinstance(maps, Tensor) or maps.ndim != 4 or _has_channels_last(model):
            raise _refusal(name, "does not pass on maps (N, C, H, W)")
        middle.append(Passed(maps, maps._version))
        logits = model.forward_head(maps)
        return Passed(logits, logits._version)

    try:
        calls, end = watch(model, run)
    except (NotImplementedError, AttributeError) as error:  # timm's way to say "no such method"
        raise _refusal(name, "is no classifier") from error
    trunk, tail = _cut(calls, middle[0])
    head = _head_call(name, model, tail)
    before = tail[: tail.index(head)]
    pools = is_chain(before, middle[0], head.given)
    ends = _is_end(tail[tail.index(head) :], end)
    splits = pools and ends and is_chain(trunk, start, middle[0])
    return Plan(
        blocks=tuple(_blocks(_pieces(trunk))) if splits else (),
        pool=tuple(_paths(before)) if pools and ends else None,
        head=head.path,
        feature_width=_width(head.module),
        parameters=count_parameters(model).parameters,
        macs=sum(macs_of(call) or 0 for call in _all(calls)),
        reason="" if splits else _reason(trunk, start),
    )


def _refusal(name: str, why: str) -> UsageError:
    return UsageError(
        f"{name!r} {why}; Foveal takes only convolutional classifiers from timm, such as "
        "'timm:resnet18', 'timm:mobilenetv3_small_100' or 'timm:convnext_atto'."
    )


def _inner_names(model: nn.Module) -> Iterator[str]:
    for names in (model.named_modules(), model.named_parameters()):
        yield from (path.rpartition(".")[2] for path, _ in names)
    yield from ("qkv" for module in model.modules() if "Attention" in type(module).__name__)


def _has_channels_last(model: nn.Module) -> bool:
    return str(getattr(model, "output_fmt", "NCHW")).upper().endswith("NHWC")


def _cut(calls: list[Call], maps: Passed) -> tuple[list[Call], list[Call]]:
    """Part the calls after the last one that gave the maps which the pool sees."""
    giving = [index for index, call in enumerate(calls) if maps.is_same(call.gave)]
    cut = giving[-1] + 1 if giving else len(calls)
    return calls[:cut], calls[cut:]


def _head_call(name: str, model: Any, tail: list[Call]) -> Call:
    """Return the call that gives logits; calls around it are replaced by what they call."""
    classifier = model.get_classifier()
    if not isinstance(classifier, nn.Module):
        raise _refusal(name, "has no single classifier")
    while True:
        for index, call in enumerate(tail):
            if call.module is classifier:
                return call
            if any(module is classifier for module in call.module.modules()):
                tail[index : index + 1] = call.inner
                break
        else:
            raise _refusal(name, "is no classifier")


def _is_end(calls: list[Call], end: Passed) -> bool:
    """Tell whether nothing but a flattening follows the head."""
    head, *rest = calls
    if any(not isinstance(call.module, nn.Identity | nn.Flatten) for call in rest):
        return False
    return is_chain([head, *rest], head.given, end)


def _pieces(calls: Sequence[Call]) -> Iterator[Call]:
    """Open containers, as far as what they do is to run their parts in order."""
    for call in calls:
        if _opens(call):
            yield from _pieces(call.inner)
        elif not isinstance(call.module, nn.Identity):
            yield call


def _opens(call: Call) -> bool:
    if not is_chain(call.inner, call.given, call.gave):
        return False
    if isinstance(call.module, nn.Sequential):
        return True
    working = [inner for inner in call.inner if _convolves(inner.module)]
    return bool(working) and all(any(inner.module.children()) for inner in working)


def _blocks(pieces: Iterable[Call]) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Let a block begin at each piece that convolves; what follows it belongs to it."""
    paths: list[str] = []
    name = ""
    for piece in pieces:
        if name and _convolves(piece.module):
            yield name, tuple(paths)
            paths, name = [], ""
        paths.append(piece.path)
        if _convolves(piece.module):
            name = piece.path.replace(".", "_")
    yield name or "features", tuple(paths)


def _convolves(module: nn.Module) -> bool:
    return any(isinstance(part, nn.Conv2d) for part in module.modules())


def _paths(calls: Iterable[Call]) -> Iterator[str]:
    return (call.path for call in calls if not isinstance(call.module, nn.Identity))


def _width(head: nn.Module) -> int:
    for module in head.modules():
        if isinstance(module, nn.Linear):
            return module.in_features
        if isinstance(module, nn.Conv2d):
            return module.in_channels
    raise UsageError(f"a head must hold a dense layer; got {type(head).__name__}.")


def _reason(trunk: list[Call], start: Passed) -> str:
    at: Passed | None = start
    for call in trunk:
        if at is None or not at.is_same(call.given):
            return f"{call.path} takes more than what the part before it gives"
        at = call.gave
    return "its pool and head are no chain of layers"


def _all(calls: Iterable[Call]) -> Iterator[Call]:
    for call in calls:
        yield call
        yield from _all(call.inner)

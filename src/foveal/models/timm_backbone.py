"""Networks of timm, by the name ``timm:NAME``: a row as the table has it, and the network.

timm is an extra, imported when such a name is first used. A network is cut into blocks where what
it does is to run its parts in order, and stays one block elsewhere; `timm_split` finds out which.
Trained weights come from timm's own repository on the Hub, by `foveal.models.hub`.
"""

from __future__ import annotations

import importlib.util
import warnings
from collections import OrderedDict
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any

import torch
from torch import Tensor, nn

from foveal.errors import MissingExtraError, ModelError, UnknownNameError, UsageError
from foveal.images.preprocess import Preprocess, Resize
from foveal.models.convnet import ConvNet
from foveal.models.hub import HubWeights
from foveal.models.rows import TIMM, Architecture, Paper
from foveal.models.timm_split import Plan, plan_of

_PAPER = Paper(
    "PyTorch Image Models",
    "Wightman 2019",
    "https://github.com/huggingface/pytorch-image-models",
)
_CLASSES = 1000  # where the trained weights have no head, and so no number of their own
_RESIZES: dict[str, Resize] = {"center": "crop", "squash": "squash", "border": "pad"}


class TimmNet(ConvNet):
    """A network of timm as blocks, pool and head; it remembers timm's names of its tensors."""

    timm_names: Mapping[str, str]
    """Our name of each tensor, by timm's."""


@lru_cache(maxsize=64)
def timm_row(name: str) -> Architecture:
    """Return the row of a network of timm.

    Args:
        name: such as ``"timm:resnet18"`` or, with the name of trained weights,
            ``"timm:resnet18.a1_in1k"``.

    Returns:
        Its row.

    Raises:
        MissingExtraError: timm is not installed.
        ModelError: timm cannot be imported.
        UsageError: timm has no such network, or it is not convolutional.
    """
    config = _config(name)
    channels, size, _ = config["input_size"]
    plan = _plan(name)
    return Architecture(
        name=name,
        builder="foveal.models.timm_backbone:timm_network",
        image_size=size,
        parameters=plan.parameters,
        macs=plan.macs,
        feature_width=plan.feature_width,
        paper=_PAPER,
        in_channels=channels,
        num_classes=config["num_classes"] or _CLASSES,
        rename_timm="foveal.models.timm_backbone:rename_weights",
        weights=_weights(config),
        initialises_itself=True,
    )


def timm_network(name: str, *, image_size: int, num_classes: int, in_channels: int) -> TimmNet:
    """Build a network of timm, with the starting weights that timm gives it.

    Args:
        name: such as ``"timm:resnet18"``.
        image_size: the side of its images in pixels.
        num_classes: number of logits.
        in_channels: channels of the input.

    Returns:
        The network.

    Raises:
        UsageError: timm has no such network, or it is not convolutional.
    """
    plan = _plan(name)
    model = _make(name, num_classes=num_classes, in_chans=in_channels)
    theirs = {id(tensor): path for path, tensor in _tensors(model)}
    head, pool = _head(model, plan.head), _pool(model, plan)
    if plan.blocks:
        blocks = [(title, _joined(model, paths)) for title, paths in plan.blocks]
    else:
        blocks = [("features", _Trunk(model, pools=plan.pool is None))]
    network = TimmNet(name, blocks, pool, head, image_size=image_size, in_channels=in_channels)
    named = {theirs[id(tensor)]: path for path, tensor in _tensors(network) if id(tensor) in theirs}
    network.timm_names = named | {
        f"{plan.head}.{end}": f"head.{end}"
        for end in ("weight", "bias")
        if f"{plan.head}.{end}" in theirs.values()
    }
    network.notes = (_remark(plan),)
    return network


def rename_weights(name: str, network: ConvNet) -> str:
    """Translate timm's name of a weight into the name used here.

    Args:
        name: such as ``"layer1.0.conv1.weight"``.
        network: a `TimmNet`.

    Returns:
        Such as ``"blocks.layer1_0.conv1.weight"``; a name that timm's network does not have comes
        back as it is.
    """
    return network.timm_names.get(name, name) if isinstance(network, TimmNet) else name


class _Trunk(nn.Module):
    """A network of timm without its head, which runs as timm runs it."""

    def __init__(self, model: Any, *, pools: bool) -> None:
        super().__init__()
        self.model: Any = model
        self.pools = pools

    def forward(self, x_NCHW: Tensor) -> Tensor:
        maps: Tensor = self.model.forward_features(x_NCHW)
        if not self.pools:
            return maps
        vector: Tensor = self.model.forward_head(maps, pre_logits=True)
        return vector


def _remark(plan: Plan) -> str:
    if plan.blocks:
        return f"timm's network is split into {len(plan.blocks)} blocks."
    pooled = ", which pools by itself" if plan.pool is None else ""
    return f"timm's network stays whole, one block{pooled}: {plan.reason}."


def _joined(model: nn.Module, paths: tuple[str, ...]) -> nn.Module:
    parts = [(path.rpartition(".")[2], model.get_submodule(path)) for path in paths]
    return parts[0][1] if len(parts) == 1 else nn.Sequential(OrderedDict(parts))


def _pool(model: nn.Module, plan: Plan) -> nn.Module:
    """Take the pool out of timm's network, which must not keep its weights a second time."""
    pool = nn.Sequential()
    for path in plan.pool or ():
        pool.add_module(path.replace(".", "_"), model.get_submodule(path))
        model.set_submodule(path, nn.Identity())
    pool.add_module("flatten", nn.Flatten())  # of vectors it does nothing
    return pool


def _head(model: nn.Module, path: str) -> nn.Module:
    """Take the head out; one that is a 1×1 convolution becomes the dense layer that it is."""
    head = model.get_submodule(path)
    model.set_submodule(path, nn.Identity())
    if not isinstance(head, nn.Conv2d):
        return head
    linear = nn.Linear(head.in_channels, head.out_channels, head.bias is not None)
    linear.weight = nn.Parameter(head.weight.detach().flatten(1))
    if head.bias is not None:
        linear.bias = nn.Parameter(head.bias.detach())
    return linear


def _tensors(module: nn.Module) -> Iterator[tuple[str, Tensor]]:
    yield from module.named_parameters(remove_duplicate=False)
    yield from module.named_buffers(remove_duplicate=False)


@lru_cache(maxsize=64)
def _plan(name: str) -> Plan:
    config = _config(name)
    channels, size, _ = config["input_size"]
    with torch.device("meta"):
        classes = config["num_classes"] or _CLASSES
        return plan_of(name, _make(name, num_classes=classes).eval(), channels, size)


def _make(name: str, **settings: Any) -> nn.Module:
    network: nn.Module = _timm().create_model(name.removeprefix(TIMM), **settings)
    return network


def _config(name: str) -> dict[str, Any]:
    timm, own = _timm(), name.removeprefix(TIMM)
    if ":" in own or "/" in own or not timm.is_model(own):
        _refuse_name(own, timm.list_models(), "network of timm")
    config = timm.get_pretrained_cfg(own.partition(".")[0])
    if "." in own:
        tags = timm.list_pretrained(f"{own.partition('.')[0]}.*")
        if own not in tags:
            _refuse_name(own, tags, "trained weights of timm")
        config = timm.get_pretrained_cfg(own)
    found: dict[str, Any] = config.to_dict()
    return found


def _refuse_name(name: str, known: list[str], kind: str) -> None:
    error = UnknownNameError(kind, name, known)
    if "did you mean" in str(error) or len(known) < 20:
        raise error
    raise UsageError(f"unknown {kind} {name!r}; timm.list_models() lists what there is.")


def _timm() -> Any:
    if importlib.util.find_spec("timm") is None:
        raise MissingExtraError("a network of timm", "timm")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of names that timm keeps for old callers
            return importlib.import_module("timm")
    except (ImportError, RuntimeError, AttributeError) as error:
        reason = str(error).partition("\n")[0].rstrip(".")
        raise ModelError(
            f"timm cannot be imported ({reason}); it needs a torchvision made for PyTorch "
            f"{torch.__version__}, from the same place as PyTorch."
        ) from error


def _weights(config: dict[str, Any]) -> HubWeights | None:
    repository = config.get("hf_hub_id")
    if not repository or config.get("custom_load") or not config["num_classes"]:
        return None
    return HubWeights(
        repo=repository,
        preprocess=_preprocess(config),
        top1=None,
        top1_source=None,
        licence=config.get("license") or "not stated by timm",
    )


def _preprocess(config: dict[str, Any]) -> Preprocess:
    return Preprocess(
        image_size=config["input_size"][1],
        resize=_RESIZES[config["crop_mode"]],
        interpolation=config["interpolation"],
        crop_fraction=config["crop_pct"] or 1.0,
        mean=tuple(255 * value for value in config["mean"]),
        std=tuple(255 * value for value in config["std"]),
        channels=config["input_size"][0],
    )

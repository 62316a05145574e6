"""What the form for a training offers, and the settings that come of its answers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from foveal.errors import UsageError
from foveal.models import Architecture, architecture, list_models
from foveal.workflow.groups import NetworkSettings
from foveal.workflow.settings import DEFAULT_BACKBONE, TrainOptions, TrainSettings

KINDS = {
    "head": "Fast: learn only how to tell your classes apart, on a network that knows images "
    "already. Seconds to a minute.",
    "fine-tune": "Thorough: let the last part of the network learn your photos too. Minutes.",
    "scratch": "From nothing: train every weight on your photos alone. For learning how it works, "
    "and for thousands of photos.",
}
AUGMENTS = ("none", "light", "medium", "heavy")
FLIPS = ("none", "horizontal", "vertical", "both")
_SCRATCH = "simple_resnet"


def offers() -> dict[str, Any]:
    """Return what can be chosen.

    Returns:
        ``kinds``, ``backbones`` (those whose weights are on this machine, for the first two
        kinds), ``networks`` (for scratch), ``augments``, ``flips`` and ``defaults``.
    """
    rows = [architecture(name) for name in list_models()]
    ready = [row for row in rows if row.weights and row.is_available_offline]
    return {
        "kinds": [{"name": name, "words": words} for name, words in KINDS.items()],
        "backbones": [{"name": row.name, "words": _backbone(row)} for row in ready],
        "networks": [{"name": row.name, "words": _network(row)} for row in rows],
        "augments": list(AUGMENTS),
        "flips": list(FLIPS),
        "defaults": {
            "kind": "head",
            "backbone": DEFAULT_BACKBONE,
            "network": _SCRATCH,
            "epochs": {"head": 60, "fine-tune": 12, "scratch": 30},
            "augment": {"head": "medium", "fine-tune": "medium", "scratch": "light"},
            "seed": 0,
        },
    }


def settings_for(values: Mapping[str, Any], photos: Path, runs: Path) -> TrainSettings:
    """Return the settings of a training.

    Args:
        values: what the form says: ``kind``, ``backbone``, and what else was given.
        photos: the folder of the set.
        runs: the folder of runs.

    Returns:
        The settings, checked as those of `foveal train` are.

    Raises:
        UsageError: a value cannot be used, or would have no effect.
        UnknownNameError: there is no such network.
    """
    kind, network = values["kind"], values["backbone"]
    if kind not in KINDS:
        raise UsageError(f"`kind` must be one of {', '.join(KINDS)}; got {kind!r}.")
    if network not in list_models():
        architecture(network if network.isidentifier() else repr(network), kind="network")
    augment = _one_of("augment", values.get("augment"), AUGMENTS)
    flip = _one_of("flip", values.get("flip"), FLIPS)
    options = TrainOptions(
        backbone=None if kind == "scratch" else network,
        from_scratch=network if kind == "scratch" else None,
        fine_tune=kind == "fine-tune",
        epochs=values.get("epochs"),
        seed=values.get("seed", 0),
        augment=augment,
        flip=flip,
        group_by=values.get("group_by"),
        network=NetworkSettings(time_limit=values.get("time_limit")),
        out=runs.resolve(),
    )
    return TrainSettings.on(photos, options)


def _one_of(name: str, value: Any, choices: Sequence[str]) -> Any:
    if value is not None and value not in choices:
        raise UsageError(f"`{name}` must be one of {', '.join(choices)}; got {value!r}.")
    return value


def _backbone(row: Architecture) -> str:
    weights = row.weights
    known = f"{weights.top1} % right on ImageNet, " if weights and weights.top1 else ""
    return f"{known}{row.image_size} pixels, {row.parameters / 1e6:.1f} million weights"


def _network(row: Architecture) -> str:
    work = f"{row.macs / 1e9:.2g} billion multiplications a photo"
    return f"{row.parameters / 1e6:.2g} million weights, {row.image_size} pixels, {work}"

"""What to tell people about their photos, and what to try next."""

from __future__ import annotations

import shlex
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from foveal.data import ImageData, Rejection, Sample, counted, relative_name
from foveal.models import architecture, list_models
from foveal.training.record import EpochRecord
from foveal.training.transfer.plan import rough_duration
from foveal.workflow.settings import DEFAULT_BACKBONE, TrainSettings

_FEW = 50  # photos a class below which more photos usually help most
_IMBALANCE = 3
_ENOUGH_FROM_SCRATCH = 10_000
_FAST_BACKBONE = "efficientnet_lite0"
_BY_HEART, _GAP = 0.9, 0.1  # of the training views, and by how much the validation photos lag
_MOST_BLOCKS = 0.7  # measured on soft photos: docs/measurements.md


def data_warnings(data: ImageData, unreadable: Sequence[Rejection]) -> list[str]:
    """Return what a user should know about their photos.

    Args:
        data: the photos.
        unreadable: those that turned out to be damaged when they were decoded.

    Returns:
        Sentences, the most serious first.
    """
    same: dict[str, list[Sample]] = defaultdict(list)
    for sample in data.samples:
        same[sample.content].append(sample)
    twins = [group for group in same.values() if len(group) > 1]
    conflicts = [group for group in twins if len({sample.label for sample in group}) > 1]
    leaks = [group for group in twins if len({sample.split for sample in group}) > 1]
    sentences = []
    if leaks:
        sentences.append(
            f"{counted(len(leaks), 'photo is', 'photos are')} in more than one split, byte for "
            f"byte, which flatters the figures; the first: {_names(leaks[0], data.root)}."
        )
    if conflicts:
        sentences.append(
            f"{counted(len(conflicts), 'photo carries', 'photos carry')} two labels; the first: "
            f"{_names(conflicts[0], data.root)}."
        )
    if len(twins) > len(conflicts):
        sentences.append(
            f"{counted(len(twins), 'photo is', 'photos are')} there more than once, byte for byte."
        )
    if unreadable:
        sentences.append(
            f"{counted(len(unreadable), 'damaged photo was', 'damaged photos were')} left out; "
            f"the first: {unreadable[0].path}, {unreadable[0].reason}. rejected.csv names them all."
        )
    return [text[0].upper() + text[1:] for text in (*sentences, *data.warnings)]


def next_steps(settings: TrainSettings, data: ImageData) -> list[str]:
    """Return what to try next, best first.

    Args:
        settings: of the run.
        data: its photos.

    Returns:
        Sentences, some with a command.
    """
    counts = data.counts().get("train", {})
    smallest = min(counts, key=lambda name: counts[name])
    steps = []
    if counts[smallest] < _FEW:
        steps.append(f"More photos help most: {smallest!r} has {counts[smallest]} to learn from.")
    if max(counts.values()) > _IMBALANCE * counts[smallest] and settings.class_weights == "none":
        steps.append(
            "Some classes have many more photos than others; try --class-weights balanced."
        )
    if settings.mode == "scratch" and sum(counts.values()) < _ENOUGH_FROM_SCRATCH:
        steps.insert(
            0,
            f"A pre-trained network learns far more from {counted(sum(counts.values()), 'photo')} "
            f"than one from scratch: foveal train {shlex.quote(str(settings.folder))}",
        )
    if settings.mode == "head" and settings.augmentation().changes and settings.view_count < 4:
        steps.append("More augmented views of each photo: --views 4 (encoding takes longer).")
    better = None if settings.mode == "scratch" else _more_accurate(settings.backbone_name)
    if better:
        steps.append(f"A stronger backbone: --backbone {better}.")
    steps.append(f"Look for wrong labels and duplicates: foveal check {settings.folder}")
    return steps


def fast_alternative(settings: TrainSettings) -> str | None:
    """Say what the fast backbone would cost and give, where the default one is at work alone.

    Args:
        settings: of a run.

    Returns:
        One sentence, or None.
    """
    if settings.mode != "head" or settings.backbone_name != DEFAULT_BACKBONE:
        return None
    default, fast = architecture(DEFAULT_BACKBONE), architecture(_FAST_BACKBONE)
    cost = default.macs / fast.macs
    first, second = (row.weights.top1 if row.weights else None for row in (default, fast))
    return (
        f"Backbone {default.name}, {first} % on ImageNet. --backbone {fast.name} encodes about "
        f"{cost:.1f} times as fast and has {second} %."
    )


def fine_tuning_offer(settings: TrainSettings, seconds: float | None) -> str:
    """Return what fine-tuning would cost and what it usually brings.

    Args:
        settings: of a run that trained a head.
        seconds: about how long it would take here, or None where nothing is known of that.

    Returns:
        Two sentences, with the command.
    """
    command = _tuned(settings).command()
    if seconds is None:
        cost = "prints first how long it will take"
    else:
        cost = f"takes about {rough_duration(seconds)} here"
    return (
        f"Fine-tuning {cost}. It helps most where photos are unlike everyday ones, and little "
        f"where the head is near 100 % already: {command}"
    )


def fresh_photos_offer(
    settings: TrainSettings, history: Sequence[EpochRecord], blocks: int
) -> str | None:
    """Return what to do where kept activations were learned by heart.

    Args:
        settings: of a run that fine-tuned on kept activations.
        history: of the run.
        blocks: how many the network has.

    Returns:
        Two sentences, with the command; None where the validation photos kept up.
    """
    last = history[-1]
    if last.train_accuracy < _BY_HEART or last.train_accuracy - last.validation_accuracy < _GAP:
        return None
    tuning = replace(
        settings.tuning,
        unfreeze=max(1, round(_MOST_BLOCKS * blocks)),
        unfreeze_layers=None,
        lr_mult=0.2,
        cache_gb=None,
    )
    fresh = replace(
        settings,
        views=None,
        epochs=30,
        tuning=tuning,
        network=replace(settings.network, policy="trivialaugment", mixup=0.2),
    )
    return (
        f"The kept views were learned by heart: {100 * last.train_accuracy:.0f} % of them are "
        f"named rightly, and {100 * last.validation_accuracy:.0f} % of the validation photos. "
        "More blocks on photos that change in every epoch take longer and generalise better: "
        f"{fresh.command()}"
    )


def _tuned(settings: TrainSettings) -> TrainSettings:
    """Return the same settings with fine-tuning, without those of the head alone."""
    return replace(
        settings,
        fine_tune=True,
        epochs=None,
        batch=None,
        lr=None,
        weight_decay=None,
        label_smoothing=None,
        patience=None,
        views=None,
    )


def _more_accurate(name: str) -> str | None:
    def top1(candidate: str) -> float:
        weights = architecture(candidate).weights
        return (weights.top1 or 0.0) if weights else 0.0

    better = [other for other in list_models() if architecture(other).is_available_offline]
    best = max(better, key=top1, default=name)
    return best if top1(best) > top1(name) else None


def _names(samples: list[Sample], root: Path) -> str:
    return " and ".join(relative_name(sample.path, root) for sample in samples)

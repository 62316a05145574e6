"""What fine-tuning will do and cost, said before it starts."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import torch

from foveal.data import Sample, counted
from foveal.errors import DataError
from foveal.features import FrozenEncoder, Views, cache_bytes
from foveal.features.backbone import Backbone
from foveal.features.decoding import Decoder, Job, Tag
from foveal.runtime.backends import Images
from foveal.training.optimisation.modes import Mode, measure_modes
from foveal.training.transfer.suffix import Suffix, Unfreezing

Source = Literal["cached", "streamed", "pixels"]
_SAMPLES = 32
_SECONDS = 2.0  # what measuring the frozen part may take
_FORWARD = 1 / 3  # what a forward pass costs of a step


@dataclass(frozen=True)
class Rates:
    """How fast the two parts of a network run on this machine."""

    frozen: float
    """Photos a second through the frozen blocks, decoding included; 0 if none is frozen."""
    trained: float
    """Activations a second through a training step of the others."""


@dataclass(frozen=True)
class FineTunePlan:
    """What fine-tuning will do and cost."""

    unfreezing: Unfreezing
    """Which blocks are trained."""
    parameters: int
    """The numbers that are trained, the head's included."""
    train: int
    """Training photos."""
    validation: int
    """Photos that decide the best epoch."""
    views: int
    """Views of each training photo that a cache would hold."""
    epochs: int
    """Times every training photo is seen."""
    cache_bytes: int
    """What a cache of those views takes, in memory and on disk; 0 if nothing is frozen."""
    budget_bytes: int
    """What it may take."""
    rates: Rates
    """A short measurement."""
    fresh: bool = False
    """Whether photos must be rendered anew in every epoch, so that nothing can be kept."""

    @property
    def source(self) -> Source:
        """Where training finds what it trains on: activations that were computed once, or anew in
        each epoch; the photos themselves if no block is frozen.
        """
        if self.unfreezing.frozen == 0:
            return "pixels"
        fits = self.cache_bytes <= self.budget_bytes and not self.fresh
        return "cached" if fits else "streamed"

    @property
    def encode_seconds(self) -> float:
        """Time that the frozen blocks take before the first epoch, if nothing is cached yet."""
        if self.source != "cached":
            return 0.0
        return (self.train * self.views + self.validation) / self.rates.frozen

    @property
    def epoch_seconds(self) -> float:
        """Time that an epoch takes, validation included."""
        seconds = (self.train + self.validation * _FORWARD) / self.rates.trained
        if self.source == "streamed":
            seconds += (self.train + self.validation) / self.rates.frozen
        return seconds

    @property
    def seconds(self) -> float:
        """Time that everything takes."""
        return self.encode_seconds + self.epochs * self.epoch_seconds

    def rows(self) -> tuple[tuple[str, str], ...]:
        """Return the plan as a table.

        Returns:
            Pairs of what and how much, for people.
        """
        frozen, encoding = self.unfreezing.frozen, rough_duration(self.encode_seconds)
        total = frozen + len(self.unfreezing.names)
        return (
            ("frozen", f"{frozen} of {total} blocks"),
            ("trained", f"{', '.join((*self.unfreezing.names, 'head'))}"),
            ("parameters", f"{self.parameters:,} are trained"),
            ("activations", self._activations()),
            (
                "time",
                f"about {rough_duration(self.seconds)}: {counted(self.epochs, 'epoch')} of "
                f"{rough_duration(self.epoch_seconds)}"
                + (f" after {encoding} once" if self.encode_seconds else ""),
            ),
        )

    def _activations(self) -> str:
        size, budget = _size(self.cache_bytes), _size(self.budget_bytes)
        views = counted(self.views, "view")
        if self.source == "pixels":
            return "none are kept: no block is frozen"
        if self.source == "cached":
            are = "is" if self.views == 1 else "are"
            return f"{views} of each photo {are} kept, {size} of {budget}"
        if self.fresh:
            return "computed anew in each epoch: a policy changes the photos each time"
        return (
            f"computed anew in each epoch: {views} of each photo would take {size}, "
            f"more than {budget}"
        )


def plan_fine_tuning(
    encoder: FrozenEncoder | None,
    suffix: Suffix,
    unfreezing: Unfreezing,
    rates: Rates,
    *,
    photos: tuple[int, int],
    views: int,
    epochs: int,
    budget_bytes: int,
    fresh: bool = False,
) -> FineTunePlan:
    """Put a plan together.

    Args:
        encoder: runs the frozen blocks; None if there are none.
        suffix: the trainable rest.
        unfreezing: which blocks are trained.
        rates: see `measure_rates`.
        photos: of training and of validation.
        views: views of each training photo that a cache would hold.
        epochs: times every training photo is seen.
        budget_bytes: what a cache may take.
        fresh: whether photos must be rendered anew in every epoch.

    Returns:
        The plan.
    """
    needed = 0
    if encoder is not None:
        needed = cache_bytes(encoder.backbone, photos[0], views, encoder.dtype)
        needed += cache_bytes(encoder.backbone, photos[1], 1, encoder.dtype)
    return FineTunePlan(
        unfreezing, suffix.trainable, *photos, views, epochs, needed, budget_bytes, rates, fresh
    )


def measure_rates(
    encoder: FrozenEncoder | None, suffix: Suffix, samples: Sequence[Sample], backbone: Backbone
) -> Rates:
    """Time both parts of a network for a few seconds; nothing is kept.

    Args:
        encoder: runs the frozen blocks; None if there are none.
        suffix: the trainable rest; it stays as it is.
        samples: photos to try it on.
        backbone: says what the suffix takes, where there is no encoder.

    Returns:
        What was measured.

    Raises:
        DataError: none of the first photos can be read.
    """
    if encoder is None:
        size, channels = backbone.preprocess.image_size, backbone.preprocess.channels
        return Rates(0.0, _trained_rate(suffix, (size, size, channels)))
    return Rates(_frozen_rate(encoder, samples), _trained_rate(suffix, encoder.shape))


def _frozen_rate(encoder: FrozenEncoder, samples: Sequence[Sample]) -> float:
    backend = encoder.backend
    size = backend.batch or 1
    started = 0.0

    def timed() -> Iterator[tuple[list[Tag], Images]]:
        nonlocal started
        decoder = Decoder(encoder.backbone.preprocess, Views())
        jobs = [Job(index, sample, (0,)) for index, sample in enumerate(samples[: 16 * size])]
        for tags, images in decoder.batches(jobs, size):
            if started and time.perf_counter() - started > _SECONDS:
                return
            if not started:
                backend.run(images)  # the first request sets things up
                started = time.perf_counter()
            yield tags, images

    done = sum(len(tags) for tags, _ in backend.stream(timed()))
    if not done:
        raise DataError("none of the first training photos can be read; run foveal check.")
    return done / (time.perf_counter() - started)


def _trained_rate(suffix: Suffix, shape: tuple[int, ...]) -> float:
    chance = torch.Generator().manual_seed(0)
    inputs = torch.randn(_SAMPLES, *shape, generator=chance)
    inputs = inputs.permute(0, 3, 1, 2) if inputs.ndim == 4 else inputs
    targets = torch.from_numpy(np.zeros(_SAMPLES, np.int64))
    device = torch.device("cpu")
    (timing,) = measure_modes(suffix, inputs, targets, [Mode()], device)
    return timing.samples / timing.seconds


def rough_duration(seconds: float) -> str:
    """Say about how long something takes.

    Args:
        seconds: an estimate, 0 or more.

    Returns:
        Such as ``"40 s"``, ``"3 min"`` or ``"1.5 h"``.
    """
    if seconds < 90:
        return f"{max(1, round(seconds))} s"
    if seconds < 5400:
        return f"{seconds / 60:.0f} min"
    return f"{seconds / 3600:.1f} h"


def _size(count: int) -> str:
    return f"{count / 1e9:.1f} GB" if count >= 1e9 else f"{count / 1e6:.0f} MB"

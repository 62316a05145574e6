"""The three ways to train, as jobs that a run carries out one step after the other."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from foveal.data import ImageData, counted
from foveal.errors import UsageError
from foveal.models.outline import outline
from foveal.training.processes.parallel import Processes
from foveal.training.transfer.suffix import unfreeze_layers
from foveal.workflow.advice import fine_tuning_offer, fresh_photos_offer
from foveal.workflow.base import TrainableClassifier
from foveal.workflow.classifier import Classifier
from foveal.workflow.listener import Listener
from foveal.workflow.scratch import ScratchClassifier
from foveal.workflow.settings import TrainSettings
from foveal.workflow.tuning import tuning_config, tuning_seconds


@dataclass(frozen=True)
class Order:
    """What a job is given."""

    settings: TrainSettings
    """The run's settings."""
    data: ImageData
    """Its photos."""
    checkpoints: Path
    """Where it keeps what it needs to go on later."""
    listener: Listener
    """Hears what is being done."""
    processes: Processes | None = None
    """Who works on it together; None for what the launcher says."""


class Job(Protocol):
    """What a run has to do."""

    @property
    def classifier(self) -> TrainableClassifier:
        """What is being trained."""

    def prepare(self) -> None:
        """Read every photo, so that what cannot be read is known before training begins."""

    def train(self) -> None:
        """Train, from the last checkpoint where there is one."""

    def closing(self) -> str | None:
        """Return what could be done next and what it would cost, or None."""


def open_job(order: Order) -> Job:
    """Return the job that some settings ask for.

    Args:
        order: settings, photos and who works on them.

    Returns:
        The job.
    """
    jobs: dict[str, Callable[[Order], Job]] = {
        "head": HeadJob,
        "fine-tune": TuningJob,
        "scratch": ScratchJob,
    }
    return jobs[order.settings.mode](order)


def open_classifier(
    settings: TrainSettings,
    data: ImageData,
    listener: Listener,
    processes: Processes | None = None,
) -> Classifier:
    """Return the classifier on a pre-trained backbone that some settings ask for.

    Args:
        settings: the run's settings.
        data: its photos.
        listener: hears what is being done.
        processes: who works on it together; None for what the launcher says.

    Returns:
        The classifier, not trained yet.
    """
    return Classifier(
        settings.backbone_name,
        data,
        views=settings.view_count,
        augment=settings.augmentation(),
        resize=settings.resize,
        weights=settings.weights or "default",
        image_size=settings.image_size,
        device=settings.device,
        precision=settings.frozen_precision,
        seed=settings.seed,
        listener=listener,
        processes=processes,
    )


def open_scratch(
    settings: TrainSettings,
    data: ImageData,
    listener: Listener,
    processes: Processes | None = None,
) -> ScratchClassifier:
    """Return the classifier from nothing that some settings ask for.

    Args:
        settings: the run's settings.
        data: its photos.
        listener: hears what is being done.
        processes: who works on it together; None for what the launcher says.

    Returns:
        The classifier, not trained yet.
    """
    own = settings.scratch
    return ScratchClassifier(
        settings.from_scratch or "",
        data,
        augment=settings.augmentation(),
        policy=settings.network.policy or "none",
        image_size=settings.image_size,
        channels=own.channels,
        resize=settings.resize,
        initialisation=own.initialisation,
        workers=own.workers or 0,
        device=settings.device,
        seed=settings.seed,
        listener=listener,
        processes=processes,
    )


class HeadJob:
    """A head on frozen features; see `Job`.

    Args:
        order: settings, photos and who works on them.
    """

    def __init__(self, order: Order) -> None:
        self.settings = order.settings
        self.classifier = open_classifier(
            order.settings, order.data, order.listener, order.processes
        )

    def prepare(self) -> None:
        """Encode every photo; see `Job.prepare`."""
        if photos := len(self.classifier.encoder.backbone.calibration):
            self.classifier.listener.note(
                f"The frozen blocks compute in int8, calibrated on {counted(photos, 'photo')} of "
                "the training split, and so they will in the saved model."
            )
        self.classifier.encode()

    def train(self) -> None:
        """Train the head; see `Job.train`."""
        self.classifier.fit_head(self.settings.head_config())

    def closing(self) -> str | None:
        """Return what fine-tuning would cost and bring; see `Job.closing`.

        Returns:
            Two sentences.
        """
        photos = {name: len(self.classifier.data.subset(name)) for name in ("train", "validation")}
        rate = self.classifier.encoding_rate
        seconds = None if rate is None else tuning_seconds(photos, rate)
        return fine_tuning_offer(self.settings, seconds)


class TuningJob(HeadJob):
    """A head, then the last blocks and the head; see `Job`.

    Args:
        order: settings, photos and who works on them.
    """

    def __init__(self, order: Order) -> None:
        super().__init__(order)
        self.checkpoints = order.checkpoints
        self.config = tuning_config(**order.settings.given())
        _check_unfreezing(order.settings)  # now, and not after every photo is encoded

    def closing(self) -> str | None:
        """Return what does better where training photos were learned by heart; see `Job.closing`.

        Returns:
            Two sentences, or None.
        """
        facts = self.classifier.facts
        if facts["activations"] != "cached":
            return None
        blocks = facts["frozen_blocks"] + len(facts["trained_blocks"])
        return fresh_photos_offer(self.settings, self.classifier.trained().history, blocks)

    def train(self) -> None:
        """Train the head, then fine-tune; see `Job.train`."""
        super().train()
        self.classifier.fine_tune(
            self.config,
            checkpoints=self.checkpoints,
            policy=self.settings.network.policy or "none",
            **self.settings.tuning.given(),
        )


class ScratchJob:
    """A network from nothing; see `Job`.

    Args:
        order: settings, photos and who works on them.
    """

    def __init__(self, order: Order) -> None:
        self.checkpoints = order.checkpoints
        self.classifier = open_scratch(order.settings, order.data, order.listener, order.processes)
        self.config = self.classifier.config(**order.settings.given())

    def prepare(self) -> None:
        """Decode every photo; see `Job.prepare`."""
        self.classifier.prepare()

    def train(self) -> None:
        """Train everything; see `Job.train`."""
        self.classifier.fit(self.config, checkpoints=self.checkpoints)

    def closing(self) -> str | None:
        """Return nothing: advice is for photos with a pre-trained network.

        Returns:
            None.
        """
        return None


def _check_unfreezing(settings: TrainSettings) -> None:
    count = settings.tuning.unfreeze
    network = outline(settings.backbone_name)
    if isinstance(count, int) and count > len(network.blocks):
        raise UsageError(
            f"`unfreeze` must be 1 to {len(network.blocks)}, the blocks of {network.name}, or all; "
            f"got {count}."
        )
    chosen = settings.tuning.unfreeze_layers
    frozen = 1 if chosen is None else unfreeze_layers(network, chosen).frozen
    if settings.frozen_precision == "int8" and (frozen == 0 or count == len(network.blocks)):
        raise UsageError(
            f"`precision` int8 is for frozen blocks, and here all {len(network.blocks)} are "
            "trained; choose auto, f32 or bf16."
        )

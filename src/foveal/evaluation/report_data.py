"""What a report is made of."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from foveal.evaluation.evaluate import Evaluation


class Rejected(Protocol):
    """A file that could not be used."""

    @property
    def path(self) -> str | Path:
        """The file."""

    @property
    def reason(self) -> str:
        """What is wrong with it."""

    @property
    def remedy(self) -> str:
        """What to do about it."""


@dataclass(frozen=True)
class ReportData:
    """Everything a report shows; plain values, no pictures."""

    title: str
    """What the classifier tells apart, in the user's words."""
    run_name: str
    """Name of the run folder."""
    created: str
    """When the run was made, as it is to be shown."""
    classes: tuple[str, ...]
    """Class names, in the order of the model."""
    counts: Mapping[str, Mapping[str, int]]
    """Photos by split and class."""
    evaluations: Mapping[str, Evaluation]
    """By split: ``"validation"``, ``"test"``; the report is about test where there is one."""
    history: Sequence[Mapping[str, float | None]]
    """One row per epoch: epoch, train_loss, train_accuracy, validation_loss, validation_accuracy,
    learning_rate. Values that are missing or None leave a gap."""
    best_epoch: int
    """The epoch whose weights were kept."""
    timing: Mapping[str, float]
    """Seconds, by the names of ``metrics.json``."""
    warnings: Sequence[str]
    """What was found about the data."""
    rejected: Sequence[Rejected]
    """Files that could not be used."""
    settings: Mapping[str, Any]
    """Everything in the run's ``config.json``, flat."""
    command: str
    """The command that makes this run again."""
    next_steps: Sequence[str]
    """What to try next, best first."""
    temperature: float
    """By what the scores were divided to make the confidences honest."""
    image_root: Path
    """Folder that relative photo paths start from."""

    @property
    def main(self) -> Evaluation | None:
        """The evaluation the report is about: test if it has photos, else validation."""
        known = [self.evaluations.get(split) for split in ("test", "validation")]
        measured = [result for result in known if result is not None]
        return next((r for r in measured if r.n), measured[0] if measured else None)

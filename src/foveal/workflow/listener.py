"""How a job says what it is doing. Jobs compute and tell; whoever listens decides what to show."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from foveal.training.record import EpochRecord


@dataclass(frozen=True)
class Step:
    """How far the training of blocks is."""

    epoch: int
    """The number of the epoch, from 1."""
    epochs: int
    """The most epochs there will be."""
    done: int
    """Photos of this epoch that were learned from."""
    total: int
    """Photos an epoch."""
    loss: float
    """Mean loss of this epoch so far."""
    accuracy: float
    """Share of this epoch's photos that were named rightly so far."""
    images_per_second: float | None
    """How fast it goes; None in the first step."""
    seconds_left: float | None
    """Until the last epoch's end at this speed, or the time limit; None in the first step."""


class Listener:
    """Hears what a job does and shows nothing; override what should be shown."""

    def note(self, sentence: str) -> None:
        """Hear something worth a line.

        Args:
            sentence: plain text.
        """

    def warn(self, sentence: str) -> None:
        """Hear something that the user should look at.

        Args:
            sentence: plain text.
        """

    def run_folder(self, folder: Path) -> None:
        """Hear where the run's files will be.

        Args:
            folder: the run folder.
        """

    def plan(self, rows: Sequence[tuple[str, str]]) -> None:
        """Hear what is going to be done, before it is.

        Args:
            rows: pairs of what and how.
        """

    def step(self, step: Step) -> None:
        """Hear how far an epoch is.

        Args:
            step: where it is, and how it goes.
        """

    def progress(self, stage: str, done: int, total: int) -> None:
        """Hear how far a stage is.

        Args:
            stage: what is being done, such as ``"Encoding photos"``.
            done: units done, 0 … total.
            total: units to do.
        """

    def epoch(self, record: EpochRecord) -> None:
        """Hear what an epoch gave.

        Args:
            record: its figures.
        """

"""How a job says what it is doing. Jobs compute and tell; whoever listens decides what to show."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from foveal.training.record import EpochRecord


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

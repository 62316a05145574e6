"""Callbacks: they read the record of each epoch, and may ask for something."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any, ClassVar

from foveal.storage import write_text
from foveal.training.monitors import Mode, Monitor, monitored
from foveal.training.record import EpochRecord


@dataclass(frozen=True)
class Stop:
    """Ask that training ends with this epoch."""

    reason: str
    """Half a sentence: ``"validation_loss did not improve for 5 epochs"``."""
    restore_best_weights: bool = True
    """False leaves the weights of the last epoch instead of the best."""


@dataclass(frozen=True)
class SetLearningRate:
    """Ask that the learning rate, and the whole schedule from here on, is multiplied."""

    factor: float
    """What it is multiplied by."""
    reason: str = ""
    """Half a sentence, for whoever watches."""


@dataclass(frozen=True)
class SaveWeights:
    """Ask that the weights as they were validated are written to a file."""

    path: Path
    """A ``.safetensors`` file."""


Request = Stop | SetLearningRate | SaveWeights


class Callback:
    """What a callback is. Every method may be left as it is."""

    remembers: ClassVar[tuple[str, ...]] = ()
    """The attributes, of kinds that JSON can hold, that its next epoch depends on."""

    def start(self, monitor: Monitor) -> None:
        """Look at what will be, before the first step; raise to refuse it.

        Args:
            monitor: the figure by which training keeps its best weights.
        """

    def epoch(self, record: EpochRecord) -> Request | None:
        """Look at an epoch.

        Args:
            record: what it gave.

        Returns:
            What is asked for, if anything.
        """
        return None

    def state(self) -> dict[str, Any]:
        """Return what the next epoch depends on, as JSON; it goes into checkpoints."""
        return {name: getattr(self, name) for name in self.remembers}

    def load_state(self, state: dict[str, Any]) -> None:
        """Go on from a checkpoint.

        Args:
            state: what `state` returned.
        """
        for name in self.remembers:
            setattr(self, name, state[name])

    def close(self) -> None:
        """Training has ended, well or not."""


class ModelCheckpoint(Callback):
    """Writes the weights of epochs to a folder, for people; resuming needs none of them.

    Args:
        folder: gets ``best.safetensors``, or ``epoch-0001.safetensors`` and so on.
        monitor: the figure that decides what is best.
        save_best_only: write only when the figure improves, over the one before.
        mode: ``min``, ``max``, or what the figure's name says.

    Raises:
        UsageError: the figure does not exist.
    """

    remembers = ("best",)

    def __init__(
        self,
        folder: str | Path,
        monitor: str = "validation_loss",
        save_best_only: bool = True,
        mode: Mode = "auto",
    ) -> None:
        self.folder, self.monitor = Path(folder), monitored(monitor, mode)
        self.save_best_only = save_best_only
        self.best: float | None = None

    def epoch(self, record: EpochRecord) -> Request | None:
        """Ask that the weights are written, of every epoch or of a better one.

        Args:
            record: the epoch.

        Returns:
            `SaveWeights`, or None.
        """
        if not self.save_best_only:
            return SaveWeights(self.folder / f"epoch-{record.epoch:04d}.safetensors")
        value = self.monitor.value(record)
        if self.best is not None and not self.monitor.better(value, self.best):
            return None
        self.best = value
        return SaveWeights(self.folder / "best.safetensors")


class CSVLogger(Callback):
    """Keeps a table with a row for each epoch. A resumed training goes on with it.

    Args:
        path: the ``.csv`` file; replaced as a whole after each epoch.
    """

    remembers = ("rows",)

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)
        self.rows: list[dict[str, Any]] = []

    def epoch(self, record: EpochRecord) -> Request | None:
        """Write the table with one more row.

        Args:
            record: the epoch.

        Returns:
            None.
        """
        self.rows = [*self.rows, asdict(record)]
        table = io.StringIO()
        writer = csv.DictWriter(table, [field.name for field in fields(record)])
        writer.writeheader()
        writer.writerows(self.rows)
        write_text(self.path, table.getvalue())
        return None


class ProgressCallback(Callback):
    """Writes one line for each epoch.

    Args:
        write: takes the line.
    """

    def __init__(self, write: Callable[[str], None] = print) -> None:
        self.write = write

    def epoch(self, record: EpochRecord) -> Request | None:
        """Write the line.

        Args:
            record: the epoch.

        Returns:
            None.
        """
        self.write(
            f"epoch {record.epoch}: loss {record.train_loss:.4f}, "
            f"accuracy {record.train_accuracy:.1%}; validation loss "
            f"{record.validation_loss:.4f}, accuracy {record.validation_accuracy:.1%}; "
            f"learning rate {record.learning_rate:.2g}"
        )
        return None

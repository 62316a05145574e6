"""Where a training is: everything a checkpoint holds that is no tensor."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any, Self

from foveal.training.optimisation.modes import Mode
from foveal.training.optimisation.schedules import Pace
from foveal.training.processes.layout import Layout
from foveal.training.record import EpochRecord


@dataclass
class Progress:
    """Where a training is, between two steps."""

    pace: Pace
    """How fast the schedule is gone through."""
    layout: Layout
    """How a batch is cut."""
    mode: Mode
    """How the network computes."""
    epoch: int = 1
    """The epoch under way, from 1."""
    step: int = 0
    """Its steps that are done."""
    done: int = 0
    """Steps done in all epochs."""
    loss_sum: float = 0.0
    """Of this epoch, over samples."""
    right_sum: float = 0.0
    """Samples of this epoch that were named rightly."""
    seen: int = 0
    """Samples of this epoch."""
    lr: float = 0.0
    """The learning rate of the last step."""
    lr_scale: float = 1.0
    """What callbacks multiplied the learning rate by."""
    best_epoch: int = 0
    """The epoch with the best figure, 0 before the first."""
    best_value: float | None = None
    """That figure."""
    keep_last: bool = False
    """Whether a callback asked for the last weights instead of the best."""
    stopped_because: str = ""
    """Why training ended, half a sentence; empty while it goes on."""
    elapsed: float = 0.0
    """Seconds of training, those before a resume included."""
    history: list[EpochRecord] = field(default_factory=list)
    """A record for each finished epoch."""

    def next_epoch(self) -> None:
        """Begin the next epoch."""
        self.epoch, self.step = self.epoch + 1, 0
        self.loss_sum, self.right_sum, self.seen = 0.0, 0.0, 0

    def as_json(self) -> dict[str, Any]:
        """Return it as JSON can hold it; floats come back bit by bit."""
        return asdict(self)

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> Self:
        """Read it back.

        Args:
            values: what `as_json` returned.

        Returns:
            The progress.
        """
        made: dict[str, Any] = {
            "pace": Pace(**values["pace"]),
            "layout": Layout(**values["layout"]),
            "mode": Mode(**values["mode"]),
            "history": [EpochRecord(**row) for row in values["history"]],
        }
        return cls(**(values | made))

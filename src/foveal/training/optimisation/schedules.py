"""Learning rates as functions of the step."""

from __future__ import annotations

import math
from dataclasses import dataclass

from foveal.training.network_config import ScheduleName

_RISE = 0.3  # share of a one-cycle run in which the learning rate rises
_FIRST, _LAST = 25.0, 1e4  # one-cycle starts at lr / 25 and ends 10,000 times below its start


def learning_rate_factor(
    schedule: ScheduleName, position: float, total: int, warmup: float = 0.0
) -> float:
    """Return what the highest learning rate is multiplied by at a step.

    Args:
        schedule: its name; ``plateau`` is constant here, a callback lowers it.
        position: the step, from 0; may lie between two steps.
        total: steps of the whole run.
        warmup: steps of the rise; see `NetworkConfig.warmup`.

    Returns:
        0 … 1.

    Source:
        Loshchilov & Hutter 2017, "SGDR", for the cosine; Smith & Topin 2018, "Super-Convergence",
        for one-cycle, in the two-part form and with the ends of PyTorch's ``OneCycleLR``.
    """
    if schedule == "one-cycle":
        return _one_cycle(position, total, warmup / total if warmup else _RISE)
    if position < warmup:
        return (position + 1) / (warmup + 1)
    if schedule == "cosine":
        return (1 + math.cos(math.pi * (position - warmup) / (total - warmup))) / 2
    return 1.0


def _one_cycle(position: float, total: int, rise: float) -> float:
    top, end = rise * total - 1, total - 1
    if position < top:
        return _anneal(1 / _FIRST, 1.0, position / top)
    return _anneal(1.0, 1 / (_FIRST * _LAST), min(1.0, (position - top) / max(end - top, 1e-9)))


def _anneal(start: float, end: float, share: float) -> float:
    return end + (start - end) / 2 * (1 + math.cos(math.pi * share))


@dataclass(frozen=True)
class Pace:
    """How fast a schedule is gone through: as planned, or faster to end at a time limit."""

    total: int
    """Steps that the schedule was made for."""
    step: int = 0
    """The step at which this pace was taken up."""
    position: float = 0.0
    """Where in the schedule that was."""
    end: int = 0
    """The step at which the schedule is through; 0 for `total`."""

    @property
    def last(self) -> int:
        """The step at which the schedule is through."""
        return self.end or self.total

    def at(self, step: int) -> float:
        """Return where in the schedule a step is.

        Args:
            step: steps done, at least those of this pace's start.

        Returns:
            A position for `learning_rate_factor`.
        """
        left = self.last - self.step
        return self.position + (self.total - self.position) * (step - self.step) / max(left, 1)

    def to_end_at(self, step: int, end: int) -> Pace:
        """Return the pace that goes on from a step without a jump and is through at another.

        Args:
            step: steps done.
            end: the step to be through at; later than `step`.

        Returns:
            The new pace; never slower than one position a step.
        """
        position = self.at(step)
        slowest = step + math.ceil(self.total - position)
        return Pace(self.total, step, position, min(max(end, step + 1), max(slowest, step + 1)))

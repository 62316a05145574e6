"""What is shown while a job works, line by line: for logs and pipes, and as JSON for programs."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from foveal.cli.output import duration, percent
from foveal.errors import FovealError, TrainingInterrupted
from foveal.workflow.listener import Listener, Step

if TYPE_CHECKING:
    from foveal.training.record import EpochRecord

_PLAIN_SECONDS = 5.0  # between two lines of progress when nobody watches
_JSON_SECONDS = 1.0
_MEASURABLE = 0.2  # seconds from which on a rate says something
_BARS = "▁▂▃▄▅▆▇█"


def sparkline(values: Sequence[float], width: int = 20) -> str:
    """Draw figures as one line of small bars, the last ones if there are many.

    Args:
        values: finite numbers.
        width: the most bars.

    Returns:
        A bar each, the smallest lowest; equal ones in the middle.

    Example:
        >>> sparkline([0.1, 0.5, 0.9])
        '▁▄█'
    """
    shown = list(values)[-width:]
    if not shown:
        return ""
    low, high = min(shown), max(shown)
    if low == high:
        return _BARS[3] * len(shown)
    steps = len(_BARS) - 1
    return "".join(_BARS[int((value - low) / (high - low) * steps)] for value in shown)


def epoch_line(record: EpochRecord, epochs: int, accuracies: Sequence[float]) -> str:
    """Say what an epoch gave.

    Args:
        record: its figures.
        epochs: the most epochs there will be.
        accuracies: of the validation, of all epochs so far.

    Returns:
        One line; the sparkline is that of the validation accuracy.
    """
    number = f"{record.epoch:>{len(str(epochs))}}"
    return (
        f"epoch {number}/{epochs}  loss {record.train_loss:.3f}  "
        f"accuracy {percent(record.train_accuracy)}  validation {record.validation_loss:.3f}  "
        f"{percent(record.validation_accuracy)}  {sparkline(accuracies)}"
    )


class PlainListener(Listener):
    """Writes lines, at most one every few seconds, for logs and pipes."""

    def __init__(self) -> None:
        self._stage, self._started, self._shown = "", 0.0, 0.0
        self._epochs, self._accuracies = 0, list[float]()

    def plan(self, rows: Sequence[tuple[str, str]]) -> None:
        """Write the plan; see `Listener.plan`.

        Args:
            rows: pairs of what and how.
        """
        width = max(len(name) for name, _ in rows)
        for name, text in rows:
            sys.stderr.write(f"{name:<{width}}  {text}\n")
        sys.stderr.flush()

    def step(self, step: Step) -> None:
        """Write how far the training is, when some seconds have passed.

        Args:
            step: where it is.
        """
        self._epochs = step.epochs
        now = time.monotonic()
        if now - self._shown >= _PLAIN_SECONDS:
            self._shown = now
            done = f"epoch {step.epoch}/{step.epochs}: {step.done} of {step.total} photos"
            sys.stderr.write(f"{done}{_pace(step)}\n")
            sys.stderr.flush()

    def epoch(self, record: EpochRecord) -> None:
        """Write what an epoch gave; those of a head take a second together and are left out.

        Args:
            record: its figures.
        """
        if record.phase != "head":
            self._accuracies.append(record.validation_accuracy)
            sys.stderr.write(epoch_line(record, self._epochs, self._accuracies) + "\n")
            sys.stderr.flush()

    def note(self, sentence: str) -> None:
        """Write a remark; see `Listener.note`.

        Args:
            sentence: plain text.
        """
        sys.stderr.write(f"{sentence}\n")

    def warn(self, sentence: str) -> None:
        """Write a warning; see `Listener.warn`.

        Args:
            sentence: plain text.
        """
        sys.stderr.write(f"warning: {sentence}\n")

    def progress(self, stage: str, done: int, total: int) -> None:
        """Write how far a stage is, when it ends or when some seconds have passed.

        Args:
            stage: what is being done.
            done: units done.
            total: units to do.
        """
        now = time.monotonic()
        if stage != self._stage:
            self._stage, self._started, self._shown = stage, now, now
        if done == total or now - self._shown >= _PLAIN_SECONDS:
            self._shown, passed = now, now - self._started
            left = f", {duration((total - done) * passed / done)} left" if 0 < done < total else ""
            rate = f", {per_second(done / passed)}" if done and passed > _MEASURABLE else ""
            sys.stderr.write(f"{stage}: {done} of {total}{rate}{left}\n")
            sys.stderr.flush()


def per_second(speed: float) -> str:
    """Say how fast something goes, in numbers that are not 0.

    Args:
        speed: units a second, above 0.

    Returns:
        Such as ``"12 a second"`` or ``"2.5 seconds each"``.
    """
    return f"{speed:.0f} a second" if speed >= 1 else f"{1 / speed:.2g} seconds each"


def _pace(step: Step) -> str:
    """Say how fast it goes, once that is known."""
    if step.images_per_second is None or step.seconds_left is None:
        return ""
    return f", {step.images_per_second:.0f} a second, {duration(step.seconds_left)} left"


class JsonListener(Listener):
    """Writes what happens as lines of JSON, each with an ``event``, for a program to read."""

    def __init__(self) -> None:
        self._shown = 0.0

    def event(self, event: str, **values: Any) -> None:
        """Write one line.

        Args:
            event: what happened.
            **values: anything JSON can hold.
        """
        line = json.dumps({"event": event, **values}, ensure_ascii=False, allow_nan=False)
        sys.stdout.write(line + "\n")
        sys.stdout.flush()

    def ended(self, error: Exception) -> None:
        """Write why there will be no result.

        Args:
            error: what ended the work; one that was told to stop did not fail.
        """
        stopped = isinstance(error, TrainingInterrupted)
        name = "" if isinstance(error, FovealError) else f"{type(error).__name__}: "
        self.event("stopped" if stopped else "failed", text=f"{name}{error}")

    def note(self, sentence: str) -> None:
        """Write a remark; see `Listener.note`.

        Args:
            sentence: plain text.
        """
        self.event("note", text=sentence)

    def warn(self, sentence: str) -> None:
        """Write a warning; see `Listener.warn`.

        Args:
            sentence: plain text.
        """
        self.event("warning", text=sentence)

    def run_folder(self, folder: Path) -> None:
        """Write where the run's files will be; see `Listener.run_folder`.

        Args:
            folder: the run folder.
        """
        self.event("run", folder=str(folder))

    def plan(self, rows: Sequence[tuple[str, str]]) -> None:
        """Write the plan; see `Listener.plan`.

        Args:
            rows: pairs of what and how.
        """
        self.event("plan", **dict(rows))

    def progress(self, stage: str, done: int, total: int) -> None:
        """Write how far a stage is, at most once a second and when it ends.

        Args:
            stage: what is being done.
            done: units done.
            total: units to do.
        """
        if done == total or self._is_time():
            self.event("progress", stage=stage, done=done, total=total)

    def step(self, step: Step) -> None:
        """Write how far the training is, at most once a second.

        Args:
            step: where it is.
        """
        if self._is_time():
            self.event("step", **asdict(step))

    def epoch(self, record: EpochRecord) -> None:
        """Write what an epoch gave; see `Listener.epoch`.

        Args:
            record: its figures.
        """
        self.event("epoch", **asdict(record))

    def _is_time(self) -> bool:
        now = time.monotonic()
        if now - self._shown < _JSON_SECONDS:
            return False
        self._shown = now
        return True

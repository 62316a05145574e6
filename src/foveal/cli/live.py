"""What a terminal shows while a job works, on stderr."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from foveal.cli.live_lines import PlainListener, epoch_line, per_second, sparkline
from foveal.cli.output import console, duration, percent
from foveal.workflow.listener import Listener, Step

_WIDE = 60  # columns from which on there is room for a bar beside its figures

if TYPE_CHECKING:
    from rich.console import Console
    from rich.progress import Progress, TaskID

    from foveal.training.record import EpochRecord


def listener() -> TerminalListener | PlainListener:
    """Return the listener that suits whoever reads stderr.

    Returns:
        Bars on a terminal, plain lines elsewhere.
    """
    return TerminalListener() if sys.stderr.isatty() else PlainListener()


class TerminalListener(Listener):
    """Draws a bar for each stage, with rate and time left."""

    def __init__(self) -> None:
        self._console = console(stderr=True)
        self._bar: Progress | None = None
        self._task: TaskID | None = None
        self._stage = ""
        self._epochs, self._accuracies = 0, list[float]()

    def plan(self, rows: Sequence[tuple[str, str]]) -> None:
        """Write the plan; see `Listener.plan`.

        Args:
            rows: pairs of what and how.
        """
        from rich.table import Table

        self.close()
        table = Table.grid(padding=(0, 2))
        table.add_column(style="dim", no_wrap=True)
        table.add_column()
        for name, text in rows:
            table.add_row(name, text)
        self._console.print(table)

    def step(self, step: Step) -> None:
        """Draw how far the epoch is.

        Args:
            step: where it is.
        """
        self._epochs = step.epochs
        stage = f"epoch {step.epoch}/{step.epochs}"
        if stage != self._stage or self._bar is None or self._task is None:
            self.close()
            self._bar, self._stage = _epoch_bar(self._console, stage), stage
            self._task = self._bar.add_task(stage, total=step.total, figures="")
            self._bar.start()
        figures = f"loss {step.loss:.3f}  {percent(step.accuracy)}  {_pace(step)}"
        figures += sparkline(self._accuracies)
        self._bar.update(self._task, completed=step.done, figures=figures)

    def note(self, sentence: str) -> None:
        """Write a remark; see `Listener.note`.

        Args:
            sentence: plain text.
        """
        self._console.print(sentence, style="dim", markup=False)

    def warn(self, sentence: str) -> None:
        """Write a warning; see `Listener.warn`.

        Args:
            sentence: plain text.
        """
        self._console.print(f"warning: {sentence}", style="yellow", markup=False)

    def progress(self, stage: str, done: int, total: int) -> None:
        """Draw how far a stage is.

        Args:
            stage: what is being done.
            done: units done.
            total: units to do.
        """
        if stage != self._stage or self._bar is None or self._task is None:
            self.close()
            self._bar, self._stage = _new_bar(self._console), stage
            self._task = self._bar.add_task(stage, total=total)
            self._bar.start()
        self._bar.update(self._task, completed=done)
        if done >= total:
            self.close()

    def epoch(self, record: EpochRecord) -> None:
        """Write what an epoch gave; those of a head take a second together and are left out.

        Args:
            record: its figures.
        """
        self.close()
        if record.phase != "head":
            self._accuracies.append(record.validation_accuracy)
            line = epoch_line(record, self._epochs, self._accuracies)
            self._console.print(line, markup=False, soft_wrap=True)

    def close(self) -> None:
        """Leave the bar as it stands."""
        if self._bar is not None:
            self._bar.stop()
        self._bar, self._stage = None, ""


def _new_bar(target: Console) -> Progress:
    from rich.progress import (
        BarColumn,
        Progress,
        TaskProgressColumn,
        TextColumn,
        TimeRemainingColumn,
    )
    from rich.table import Column
    from rich.text import Text

    class Rate(TextColumn):
        def __init__(self) -> None:
            super().__init__("")

        def render(self, task: Any) -> Text:
            speed = task.finished_speed or task.speed
            return Text(per_second(speed) if speed else "", style="dim")

    wide = target.width >= _WIDE
    return Progress(
        TextColumn("{task.description}"),
        *([BarColumn()] if wide else []),
        TaskProgressColumn(table_column=Column(no_wrap=True, min_width=4)),
        *([Rate()] if wide else []),
        TimeRemainingColumn(
            compact=True,
            elapsed_when_finished=True,
            table_column=Column(no_wrap=True, min_width=5),
        ),
        console=target,
    )


def _epoch_bar(target: Console, stage: str) -> Progress:
    """Return a bar whose stage is never shortened: on a narrow terminal the bar itself goes."""
    from rich.progress import BarColumn, Progress, TextColumn
    from rich.table import Column

    return Progress(
        TextColumn("{task.description}", table_column=Column(no_wrap=True, min_width=len(stage))),
        *([BarColumn(bar_width=20)] if target.width >= _WIDE else []),
        TextColumn("{task.fields[figures]}", style="dim", table_column=Column(no_wrap=True)),
        console=target,
        transient=True,
    )


def _pace(step: Step) -> str:
    """Say how fast it goes, once that is known."""
    if step.images_per_second is None or step.seconds_left is None:
        return ""
    return f"{step.images_per_second:.0f}/s  {duration(step.seconds_left)} left  "

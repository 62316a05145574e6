"""What the terminal shows: results on stdout, progress and remarks on stderr."""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from foveal.errors import UsageError
from foveal.workflow.listener import Listener

if TYPE_CHECKING:
    from rich.console import Console
    from rich.progress import Progress, TaskID

    from foveal.training.record import EpochRecord

_PLAIN_SECONDS = 5.0  # between two lines of progress when nobody watches


def console(stderr: bool = False) -> Console:
    """Return a rich console that wraps to the terminal and shows no markup of its own.

    Args:
        stderr: write to stderr instead of stdout.

    Returns:
        The console.
    """
    from rich.console import Console

    width = None if sys.stdout.isatty() or sys.stderr.isatty() else 120
    return Console(stderr=stderr, highlight=False, width=width)


def print_json(value: Any) -> None:
    """Write a result for a program to read.

    Args:
        value: anything JSON can hold.
    """
    sys.stdout.write(json.dumps(value, indent=2, ensure_ascii=False, allow_nan=False) + "\n")


def require_new_table(flag: str, path: Path, own_header: str | None = None) -> None:
    """Refuse to write a table over a file that somebody may still want.

    Args:
        flag: the flag that named the file, such as ``"--csv"``.
        path: the file.
        own_header: the first line of tables that may be written anew; None for none.

    Raises:
        UsageError: the file exists, and is neither empty nor such a table.
    """
    if not path.name or path.is_dir():
        raise UsageError(f"`{flag}` must name a file such as table.csv; got {str(path)!r}.")
    if not path.exists() or not path.stat().st_size:
        return
    with open(path, "rb") as file:
        first = file.readline(200).decode(errors="replace").strip()
    if own_header is None or first != own_header:
        raise UsageError(
            f"`{flag}` must name a new file; {path} exists and is left as it is: choose another "
            "name, or remove it first."
        )


def percent(share: float | None, digits: int = 1) -> str:
    """Write a share as people read it.

    Args:
        share: 0 … 1, or None where it is undefined.
        digits: after the point.

    Returns:
        Such as ``"94.1 %"``, or ``"–"``.
    """
    return "–" if share is None else f"{100 * share:.{digits}f} %"


def duration(seconds: float) -> str:
    """Write a time as people read it.

    Args:
        seconds: 0 or more.

    Returns:
        Such as ``"0:07"`` or ``"1:02:03"``.
    """
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes}:{rest:02d}"


def listener() -> TerminalListener | PlainListener:
    """Return the listener that suits whoever reads stderr.

    Returns:
        Bars on a terminal, plain lines elsewhere.
    """
    return TerminalListener() if sys.stderr.isatty() else PlainListener()


class PlainListener(Listener):
    """Writes lines, at most one every few seconds, for logs and pipes."""

    def __init__(self) -> None:
        self._stage, self._started, self._shown = "", 0.0, 0.0

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
            self._shown, passed = now, max(now - self._started, 1e-9)
            left = f", {duration((total - done) * passed / done)} left" if 0 < done < total else ""
            sys.stderr.write(f"{stage}: {done} of {total}, {done / passed:.0f} a second{left}\n")
            sys.stderr.flush()


class TerminalListener(Listener):
    """Draws a bar for each stage, with rate and time left."""

    def __init__(self) -> None:
        self._console = console(stderr=True)
        self._bar: Progress | None = None
        self._task: TaskID | None = None
        self._stage = ""

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
        """Leave epochs to the report: a head takes a second or two.

        Args:
            record: its figures.
        """
        self.close()

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
    from rich.text import Text

    class Rate(TextColumn):
        def __init__(self) -> None:
            super().__init__("")

        def render(self, task: Any) -> Text:
            speed = task.finished_speed or task.speed
            return Text(f"{speed:.0f} a second" if speed else "", style="dim")

    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        TaskProgressColumn(),
        Rate(),
        TimeRemainingColumn(compact=True, elapsed_when_finished=True),
        console=target,
    )

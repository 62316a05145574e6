"""Trainings that the workbench starts: one at a time in a folder of runs, known by their files.

::

    runs/.workbench/flowers-001/
        training.json    what was asked for, and by which process it is done
        events.jsonl     what `foveal train --json` says
        errors.txt       what it complains of
"""

from __future__ import annotations

import datetime
import json
import shlex
import shutil
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Literal

from foveal.errors import CorruptFileError
from foveal.storage import lock, read_json, remove_folder, write_json
from foveal.web.workbench import processes
from foveal.web.workbench.processes import Process
from foveal.workflow.settings import TrainSettings

State = Literal["running", "stopped", "done", "failed"]
NOTE, EVENTS, ERRORS = "training.json", "events.jsonl", "errors.txt"
START, _REPORT = "checkpoints/start.json", "report.html"
_TAIL = 8192  # bytes of the errors in which the last line is looked for
_MOST_EVENTS = 5000  # of one answer


@dataclass(frozen=True)
class Training:
    """One training, as its files tell."""

    name: str
    """The name of its run folder."""
    photos: str
    """The name of the set."""
    settings: dict[str, Any]
    """As `TrainSettings.as_dict` gives them."""
    words: tuple[str, ...]
    """The command that began it."""
    created: str
    """When, in ISO 8601."""
    pid: int = 0
    """Its process."""
    began: float = 0.0
    """When its process began."""
    stopping: bool = False
    """Whether it was told to stop."""

    @property
    def process(self) -> Process:
        """Who trains."""
        return Process(self.pid, self.began)


def begin(folder: Path, settings: TrainSettings, name: str, photos: str) -> Training:
    """Start a training.

    Args:
        folder: for its files; made here.
        settings: what to train.
        name: of its run folder.
        photos: the name of the set.

    Returns:
        The training.

    Raises:
        StorageError: the files cannot be written.
    """
    now = datetime.datetime.now().astimezone().isoformat(timespec="seconds")
    words = (*shlex.split(settings.command())[1:], "--name", name, "--json")
    training = Training(name, photos, settings.as_dict(), words, now)
    shutil.rmtree(folder, ignore_errors=True)  # of one that failed before it had a run folder
    return _run(folder, training, words)


def go_on(folder: Path, run: Path, training: Training) -> Training:
    """Go on with a training that was stopped, or begin it again where nothing was kept.

    Args:
        folder: of its files.
        run: its run folder.
        training: which.

    Returns:
        The training, now running.

    Raises:
        StorageError: the files cannot be written.
    """
    words: Sequence[str] = ("train", "--resume", str(run), "--json")
    if not (run / START).is_file():
        _remove_empty(run)
        words = training.words
    return _run(folder, training, words)


def adopt(run: Path, settings: dict[str, Any], created: str) -> Training:
    """Describe a run that was begun elsewhere, so that the workbench can go on with it.

    Args:
        run: its folder.
        settings: as `TrainSettings.as_dict` gives them.
        created: when it began, in ISO 8601.

    Returns:
        The training, which does not run.
    """
    photos = Path(str(settings.get("folder", ""))).name
    return Training(run.name, photos, settings, (), created)


def stop(folder: Path, training: Training) -> None:
    """Ask a training to write a checkpoint and end.

    Args:
        folder: of its files.
        training: which.

    Raises:
        StorageError: the files cannot be written.
    """
    _write(folder, replace(training, stopping=True))
    processes.tell_to_stop(training.process)


def remove(folder: Path, run: Path) -> None:
    """Delete a run with all that came of it.

    Args:
        folder: of the files of its training.
        run: its run folder, which need not exist.

    Raises:
        LockedError: another program is at it.
        StorageError: it cannot be deleted.
    """
    if run.exists():
        with lock(run / ".lock"):  # nobody begins to resume it meanwhile
            remove_folder(run)
    if folder.exists():
        remove_folder(folder)


def read_training(folder: Path) -> Training | None:
    """Read what is known of a training.

    Args:
        folder: of its files.

    Returns:
        The training, or None where there is none.

    Raises:
        CorruptFileError: the note is damaged.
    """
    file = folder / NOTE
    if not file.is_file():
        return None
    values = read_json(file)
    try:
        return Training(**{**values, "words": tuple(values["words"])})
    except (TypeError, KeyError) as error:
        raise CorruptFileError(f"{file} describes no training; remove the file.") from error


def state_of(folder: Path, run: Path, training: Training | None) -> tuple[State, str | None]:
    """Tell how it is with a training.

    Args:
        folder: of its files.
        run: its run folder, which need not exist.
        training: what is known of it; None for one from outside the workbench.

    Returns:
        The state, and for one that failed why.
    """
    if training is not None and processes.is_alive(training.process):
        return "running", None
    if processes.holder_of(run / ".lock") is not None:
        return "running", None
    if (run / _REPORT).is_file() and (run / "model").is_dir():
        return "done", None
    last = _last_word(folder)
    if last.get("event") == "failed":
        return "failed", str(last.get("text"))
    kept = (run / START).is_file()
    if kept or last.get("event") == "stopped" or (training is not None and training.stopping):
        return "stopped", None
    return "failed", _last_error(folder) or "the training ended without a word; start it again."


def events_after(
    folder: Path, after: int, most: int = _MOST_EVENTS
) -> tuple[list[dict[str, Any]], int]:
    """Read what a training has said.

    Args:
        folder: of its files.
        after: how many lines to leave out.
        most: how many lines to read.

    Returns:
        The events, and how many lines were read in all. A line that is not complete yet waits.
    """
    file = folder / EVENTS
    if not file.is_file():
        return [], 0
    lines = file.read_bytes().split(b"\n")[:-1]
    until = min(len(lines), after + most)
    return [event for line in lines[after:until] if (event := _event(line))], max(after, until)


def _run(folder: Path, training: Training, words: Sequence[str]) -> Training:
    folder.mkdir(parents=True, exist_ok=True)
    event = json.dumps({"event": "started", "resumed": "--resume" in words, "time": time.time()})
    with open(folder / EVENTS, "ab") as file:
        file.write(event.encode() + b"\n")
    (folder / ERRORS).unlink(missing_ok=True)
    # The note comes before the process, too: who has died in between is not forgotten.
    _write(folder, replace(training, pid=0, began=0.0, stopping=False))
    process = processes.start(words, folder / EVENTS, folder / ERRORS)
    running = replace(training, pid=process.pid, began=process.began, stopping=False)
    _write(folder, running)
    return running


def _write(folder: Path, training: Training) -> None:
    write_json(folder / NOTE, asdict(training))


def _event(line: bytes) -> dict[str, Any] | None:
    """Read a line; a library may have written one that is no event."""
    try:
        value = json.loads(line)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) and "event" in value else None


def _last_word(folder: Path) -> dict[str, Any]:
    with suppress(OSError):
        data = (folder / EVENTS).read_bytes()[-64 * 1024 :]
        for line in reversed(data.split(b"\n")):
            if event := _event(line):
                return event
    return {}


def _last_error(folder: Path) -> str | None:
    with suppress(OSError):
        text = (folder / ERRORS).read_bytes()[-_TAIL:].decode(errors="replace")
        lines = [line.strip() for line in text.splitlines() if line.strip()]
        if lines:
            return lines[-1].removeprefix("foveal: ")
    return None


def _remove_empty(run: Path) -> None:
    """Remove the run folder of one that was killed before it had anything worth keeping."""
    for name in (".lock", ".lock.pid"):
        (run / name).unlink(missing_ok=True)
    for folder in (run / "checkpoints", run):
        with suppress(OSError):
            folder.rmdir()

"""What a run writes down before it begins, so that it can be resumed with nothing else."""

from __future__ import annotations

import datetime
import platform
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from foveal.data import ImageData, relative_name
from foveal.errors import TrainingError
from foveal.runtime.backends import openvino
from foveal.runtime.cores import usable_cores
from foveal.storage import read_json, write_json
from foveal.version import __version__
from foveal.workflow.settings import TrainSettings

START = "start.json"
_SHOWN = 10  # differences that are named; the others are counted


@dataclass(frozen=True)
class Start:
    """How a run began."""

    settings: TrainSettings
    """Its settings."""
    files: dict[str, list[str]]
    """Content hash, class and split of every photo."""
    versions: dict[str, str]
    """What the same bits depend on beside settings and photos: versions and number of threads."""
    created: str
    """When it began, in ISO 8601."""


def new_start(settings: TrainSettings, data: ImageData) -> Start:
    """Describe a run that begins now.

    Args:
        settings: its settings.
        data: its photos.

    Returns:
        The description.
    """
    now = datetime.datetime.now().astimezone().isoformat(timespec="seconds")
    return Start(settings, _files(data), _versions(), now)


def write_start(checkpoints: Path, start: Start) -> None:
    """Write how a run begins.

    Args:
        checkpoints: the run's folder of checkpoints.
        start: how it begins.

    Raises:
        StorageError: it cannot be written.
    """
    write_json(
        checkpoints / START,
        {
            "settings": start.settings.as_dict(),
            "files": start.files,
            "versions": start.versions,
            "created": start.created,
        },
    )


def read_start(run: Path) -> Start:
    """Read how a run began.

    Args:
        run: the run folder.

    Returns:
        What `write_start` wrote.

    Raises:
        TrainingError: there is no run to resume.
        StorageError: the file is damaged.
        UsageError: its settings are those of another version.
    """
    file = run / "checkpoints" / START
    if not file.is_file():
        there = "holds no run that can be resumed" if run.is_dir() else "does not exist"
        raise TrainingError(
            f"{run} {there}; expected a run folder with {file.relative_to(run)} in it."
        )
    values = read_json(file)
    try:
        return Start(
            TrainSettings.from_dict(values["settings"]),
            values["files"],
            values["versions"],
            values["created"],
        )
    except (KeyError, TypeError) as error:
        raise TrainingError(f"{file} does not describe a run; train anew.") from error


def refuse_other_photos(run: Path, start: Start, data: ImageData) -> None:
    """Refuse to resume on other photos than the run began with.

    Args:
        run: the run folder.
        start: how it began.
        data: the photos as they are now.

    Raises:
        TrainingError: there are differences; the message lists them.
    """
    refuse_differences(run, _file_differences(start.files, _files(data)))


def refuse_differences(run: Path, differences: Sequence[str]) -> None:
    """Refuse to resume where something has changed.

    Args:
        run: the run folder.
        differences: what has changed, one phrase each.

    Raises:
        TrainingError: there is at least one; the message lists them.
    """
    if not differences:
        return
    shown = [f"  {difference}" for difference in differences[:_SHOWN]]
    more = len(differences) - _SHOWN
    if more > 0:
        shown.append(f"  and {more} more")
    raise TrainingError(
        f"{run} cannot be resumed, since the result would be neither the old run nor a new one. "
        "These differ:\n"
        + "\n".join(shown)
        + "\nPut them back, or start a new run without --resume."
    )


def other_versions(start: Start) -> list[str]:
    """Return what the same bits depend on and is no longer the same.

    Args:
        start: how the run began.

    Returns:
        One phrase each, such as ``"threads 4, now 2"``.
    """
    now = _versions()
    return [
        f"{name} {then}, now {now.get(name, 'gone')}"
        for name, then in start.versions.items()
        if now.get(name) != then
    ]


def _files(data: ImageData) -> dict[str, list[str]]:
    return {
        relative_name(sample.path, data.root): [sample.content, sample.label, str(sample.split)]
        for sample in data.samples
    }


def _versions() -> dict[str, str]:
    import torch

    return {
        "foveal": __version__,
        "torch": torch.__version__,
        "openvino": str(openvino().__version__),
        "python": platform.python_version(),
        "machine": platform.machine(),
        "threads": str(usable_cores()),
    }


def _file_differences(then: dict[str, list[str]], now: dict[str, list[str]]) -> list[str]:
    found = [f"{name} is gone" for name in then if name not in now]
    found += [f"{name} is new" for name in now if name not in then]
    for name in then.keys() & now.keys():
        (content, label, split), (content_now, label_now, split_now) = then[name], now[name]
        if content != content_now:
            found.append(f"{name} has another content")
        if label != label_now:
            found.append(f"{name} was {label!r}, is {label_now!r}")
        if split != split_now:
            found.append(f"{name} was for {split}, is for {split_now}")
    return sorted(found)


def changed_settings(then: TrainSettings, given: dict[str, Any]) -> list[str]:
    """Return which settings were given that differ from those of the run.

    Args:
        then: the run's settings.
        given: names and values of the settings that were given now.

    Returns:
        One phrase each, such as ``"--epochs was 12, is 20"``.
    """
    recorded = then.as_dict()
    return [
        f"--{name.replace('_', '-')} was {_plain(recorded[name])}, is {_plain(value)}"
        for name, value in given.items()
        if recorded[name] != value
    ]


def _plain(value: Any) -> str:
    return "not given" if value is None else str(value)

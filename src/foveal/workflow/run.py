"""A whole training run: from photos to a run folder that explains itself."""

from __future__ import annotations

import shlex
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from foveal.data import ImageData, counted
from foveal.errors import (
    DataError,
    FovealError,
    StorageError,
    TrainingError,
    TrainingInterrupted,
    UsageError,
)
from foveal.storage import lock, require_free_space
from foveal.training.processes.interrupt import leaving_late
from foveal.training.processes.parallel import Processes
from foveal.workflow.advice import data_warnings, fast_alternative, next_steps
from foveal.workflow.jobs import Order, open_job
from foveal.workflow.listener import Listener
from foveal.workflow.naming import require_new_name
from foveal.workflow.run_folder import CHECKPOINTS, REPORT, Run, write_run
from foveal.workflow.settings import TrainSettings
from foveal.workflow.start import (
    START,
    Start,
    changed_settings,
    new_start,
    other_versions,
    read_start,
    refuse_differences,
    refuse_other_photos,
    write_start,
)
from foveal.workflow.team import found_processes, heard_once

_KEPT = "stopped; what was computed is kept."
_PATIENCE = 3.5  # seconds that a long computation has to end after a signal
_RUN_BYTES = 80_000_000  # a model folder twice, and the report: asked for before hours are spent


def open_data(settings: TrainSettings) -> ImageData:
    """List the photos that a run is to learn from.

    Args:
        settings: the run's settings.

    Returns:
        The photos and their splits.

    Raises:
        DataError: the folder or table cannot be trained on.
        UsageError: `group_by` was given with a table.
    """
    val, test, seed = settings.val, settings.test, settings.seed
    if settings.folder.suffix.lower() != ".csv":
        return ImageData.from_folder(
            settings.folder, val=val, test=test, seed=seed, group_by=settings.group_by
        )
    if settings.group_by is not None:
        raise UsageError(
            f"`group_by` is for folders; {settings.folder} is a table: give it a column `group`."
        )
    return ImageData.from_csv(settings.folder, val=val, test=test, seed=seed)


def train_run(
    settings: TrainSettings,
    listener: Listener | None = None,
    processes: Processes | None = None,
    name: str | None = None,
) -> Run | None:
    """Train, evaluate and save a classifier.

    Args:
        settings: the run's settings.
        listener: hears what is being done; None for silence.
        processes: who works on it together; None for what the launcher says.
        name: of the run folder; None for that of the photos, numbered.

    Returns:
        The run; None in all processes but the first.

    Raises:
        DataError: the photos cannot be trained on, or `strict` was asked for and one is unreadable.
        StorageError: the run folder cannot be written.
        TrainingError: training failed, or was stopped.
        UsageError: the run folder would lie among the photos, or its name cannot be used.
    """
    if name is not None:
        require_new_name(settings.out, name)
    if settings.out.absolute().is_relative_to(settings.folder.absolute()):
        raise UsageError(
            f"`out` must lie outside the photos, where a run would look like a class; got "
            f"{settings.out} in {settings.folder}. Choose another folder with --out."
        )
    team = processes or found_processes(settings.device)
    listener = heard_once(team, listener)
    data = open_data(settings)
    _require_validation(data)
    _refuse_unreadable(data, settings)
    if team.rank > 0:
        return _complete(Path(team.same(None)), new_start(settings, data), data, listener, team)
    folder = new_run_folder(settings.out, settings.folder, name)
    with _empty_folder_removed(folder), lock(folder / ".lock"), _resumable(folder):
        team.same(str(folder))
        listener.run_folder(folder)
        if told := fast_alternative(settings):
            listener.note(told)
        return _complete(folder, new_start(settings, data), data, listener, team)


def resume_run(
    folder: Path,
    given: dict[str, Any] | None = None,
    listener: Listener | None = None,
    processes: Processes | None = None,
) -> Run | None:
    """Go on with a run that was stopped, at the very step where its last checkpoint is.

    Args:
        folder: the run folder.
        given: settings that were given again; they must be those of the run.
        listener: hears what is being done; None for silence.
        processes: who works on it together; None for what the launcher says.

    Returns:
        The run; None in all processes but the first.

    Raises:
        TrainingError: there is nothing to resume, or photos or settings have changed; the message
            lists the differences.
        LockedError: the run is still going on.
    """
    start = read_start(folder)
    team = processes or found_processes(start.settings.device)
    listener = heard_once(team, listener)
    if (folder / REPORT).is_file():
        raise TrainingError(f"{folder} is finished: there is nothing to resume.")
    refuse_differences(folder, changed_settings(start.settings, given or {}))
    data = open_data(start.settings)
    refuse_other_photos(folder, start, data)
    others = other_versions(start)
    if others:
        listener.warn(f"The bits may differ from an uninterrupted run: {'; '.join(others)}.")
    if team.rank > 0:
        return _complete(folder, start, data, listener, team)
    with lock(folder / ".lock"), _resumable(folder):
        listener.run_folder(folder)
        return _complete(folder, start, data, listener, team)


def _complete(
    folder: Path, start: Start, data: ImageData, listener: Listener, team: Processes
) -> Run | None:
    began = time.perf_counter()
    settings = start.settings
    if team.rank == 0 and not (folder / CHECKPOINTS / START).is_file():
        write_start(folder / CHECKPOINTS, start)
    with team.watched(lambda: None):
        job = open_job(Order(settings, data, folder / CHECKPOINTS, listener, team))
        job.prepare()
        classifier = job.classifier
        _refuse_unreadable(classifier.data, settings)
        job.train()
    if team.rank > 0:
        return None
    splits = [name for name in ("validation", "test") if classifier.data.subset(name)]
    run = Run(
        folder=folder,
        classifier=classifier,
        evaluations={name: classifier.evaluate(name) for name in splits},
        timing=classifier.timing,
        warnings=data_warnings(classifier.data, classifier.unreadable),
        next_steps=next_steps(settings, classifier.data),
        closing=job.closing(),
    )
    write_run(run, start, began)
    return run


def new_run_folder(out: Path, source: Path, name: str | None = None) -> Path:
    """Make an empty folder for a run, named after its photos and numbered.

    Args:
        out: where runs are kept; made if it is missing.
        source: the folder or table of photos.
        name: of the folder; None for that of the photos, numbered.

    Returns:
        A new folder such as ``runs/flowers-001``.

    Raises:
        DiskFullError: there is no room for a run.
        StorageError: the folder cannot be made.
    """
    require_free_space(out, _RUN_BYTES)
    stem = source.absolute().stem or "photos"
    names = [name] if name is not None else [f"{stem}-{number:03d}" for number in range(1, 1000)]
    for folder in (out / each for each in names):
        try:
            folder.mkdir(parents=True)
            return folder
        except FileExistsError:
            continue
        except OSError as error:
            raise StorageError(
                f"cannot make the run folder {folder}: {error.strerror}; choose another `--out`."
            ) from error
    if name is not None:
        raise StorageError(f"{out / name} exists by now; choose another `--name`.")
    raise StorageError(f"{out} holds 999 runs of {stem!r}; remove some or choose another `--out`.")


@contextmanager
def _resumable(folder: Path) -> Iterator[None]:
    """Say how to go on with a run that is stopped, and let it end in time."""

    def onward(stopped: str) -> str:
        if not (folder / CHECKPOINTS / START).is_file():
            return "stopped before the run began."
        return f"{stopped}\ngo on with: foveal train --resume {shlex.quote(str(folder))}"

    def last_words() -> None:
        sys.stderr.write(f"foveal: {onward(_KEPT)}\n")

    try:
        with leaving_late(last_words, _PATIENCE):
            yield
    except TrainingInterrupted as stop:
        raise TrainingInterrupted(onward(str(stop)), stop.signal, stop.checkpoint) from None
    except KeyboardInterrupt as stop:
        raise TrainingInterrupted(onward(_KEPT), getattr(stop, "signal", signal.SIGINT)) from None


@contextmanager
def _empty_folder_removed(folder: Path) -> Iterator[None]:
    """Leave no run folder behind a run that failed before it had anything worth keeping.

    A run that was stopped keeps its folder: it can be resumed.
    """
    try:
        yield
    except TrainingInterrupted:
        raise
    except FovealError:
        checkpoints = folder / CHECKPOINTS
        if [path.name for path in checkpoints.glob("*")] == [START]:
            (checkpoints / START).unlink()
        with suppress(OSError):
            checkpoints.rmdir()
        raise
    finally:
        with suppress(OSError):
            folder.rmdir()


def _require_validation(data: ImageData) -> None:
    if not data.subset("validation"):
        raise DataError(
            f"{data.root} has no validation photos, and training needs some to know when to stop; "
            "leave --val at 0.15, or add a validation folder."
        )


def _refuse_unreadable(data: ImageData, settings: TrainSettings) -> None:
    if settings.strict and data.rejected:
        first = data.rejected[0]
        raise DataError(
            f"{counted(len(data.rejected), 'file')} cannot be used and --strict was given; "
            f"the first is {first.path}: {first.reason}. Repair or "
            "remove them, or leave --strict out."
        )

"""Exports in the background, each under the run that it is of; a new one replaces the old."""

from __future__ import annotations

import threading
import zipfile
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from foveal.errors import FovealError
from foveal.runtime.export import FORMATS, require_packages
from foveal.storage import replace_folder
from foveal.storage.atomic import atomic_file
from foveal.web.background import begin
from foveal.web.uploads import RefusedUpload
from foveal.web.workbench.names import hashed
from foveal.web.workbench.runs import RunEntry
from foveal.workflow.export import ExportSettings, export_model
from foveal.workflow.listener import Listener

FOLDER = "exports"
_MOST_WAITING = 4
ExportState = Literal["waiting", "running", "done", "failed"]


@dataclass(frozen=True)
class ExportJob:
    """One export."""

    id: str
    """Its opaque id, the same for every export of that kind of that run."""
    run: RunEntry
    """What is exported."""
    settings: ExportSettings
    """How."""
    state: ExportState = "waiting"
    """How it is with it."""
    sentence: str = "The export waits for its turn."
    """What is being done, what came of it, or why it failed."""
    file: Path | None = None
    """What can be downloaded, once it is done."""

    @property
    def download(self) -> str | None:
        """Where it can be downloaded."""
        return None if self.file is None else f"/downloads/{self.id}{self.file.suffix}"


class Exports:
    """Does exports one after another."""

    def __init__(self) -> None:
        self._jobs: dict[str, ExportJob] = {}
        self._changing, self._turn = threading.Lock(), threading.Lock()

    def start(self, run: RunEntry, settings: ExportSettings) -> ExportJob:
        """Begin an export; one that is under way is not begun twice.

        Args:
            run: a run that is done.
            settings: how to export it.

        Returns:
            The job.

        Raises:
            MissingExtraError: a package that is needed is not installed; the message names it.
            RefusedUpload: too many exports wait already.
        """
        require_packages(settings.format, int8=settings.int8)
        key = hashed(f"{run.id} {settings.format} {settings.int8}")
        with self._changing:
            under_way = [job for job in self._jobs.values() if job.state in ("waiting", "running")]
            for job in under_way:
                if job.id == key:
                    return job
            if len(under_way) >= _MOST_WAITING:
                raise RefusedUpload(503, "too many exports at once; try again in a moment.")
            job = self._jobs[key] = ExportJob(key, run, settings)
        begin(self._work, job)
        return job

    def require(self, key: str) -> ExportJob:
        """Return an export.

        Args:
            key: its opaque id.

        Returns:
            The job as it is now.

        Raises:
            RefusedUpload: there is none.
        """
        found = self._jobs.get(key)
        if found is None:
            raise RefusedUpload(404, "there is no such export; export the run again.")
        return found

    def _work(self, job: ExportJob) -> None:
        with self._turn:
            try:
                self._say(replace(job, state="running", sentence="The export begins."))
                file, sentence = self._export(job)
                self._say(replace(job, state="done", sentence=sentence, file=file))
            except FovealError as error:
                self._say(replace(job, state="failed", sentence=str(error)))
            except Exception as error:  # a thread that dies would leave the page waiting for ever
                told = f"the export broke off ({type(error).__name__}: {error}); try another form."
                self._say(replace(job, state="failed", sentence=told))

    def _export(self, job: ExportJob) -> tuple[Path, str]:
        row, name = FORMATS[job.settings.format], job.run.name
        kind = f"{job.settings.format}-int8" if job.settings.int8 else job.settings.format
        place = job.run.path / FOLDER / kind
        with replace_folder(place) as folder:
            target = folder / f"{name}{row.suffix}"
            found = export_model(
                job.run.path,
                job.settings.format,
                out=target,
                int8=job.settings.int8,
                listener=_Telling(self, job),
            )
            sentence = found.sentence.replace(str(target), target.name)
            if row.is_folder:
                target = _zipped(target)
        return place / target.name, sentence

    def _say(self, job: ExportJob) -> None:
        with self._changing:
            self._jobs[job.id] = job

    def progress(self, job: ExportJob, sentence: str) -> None:
        """Note how far an export is.

        Args:
            job: the export.
            sentence: what is being done.
        """
        self._say(replace(job, state="running", sentence=sentence))


class _Telling(Listener):
    def __init__(self, exports: Exports, job: ExportJob) -> None:
        self._exports, self._job = exports, job

    def progress(self, stage: str, done: int, total: int) -> None:
        """Hear how far a stage is; see `Listener.progress`.

        Args:
            stage: what is being done.
            done: units done.
            total: units to do.
        """
        self._exports.progress(self._job, f"{stage}: {done} of {total}.")

    def note(self, sentence: str) -> None:
        """Hear a remark; see `Listener.note`.

        Args:
            sentence: plain text.
        """
        self._exports.progress(self._job, sentence)


def _zipped(folder: Path) -> Path:
    target = folder.with_name(f"{folder.name}.zip")
    with atomic_file(target) as file, zipfile.ZipFile(file, "w") as archive:
        for path in sorted(folder.iterdir()):
            archive.write(path, f"{folder.name}/{path.name}")
    return target

"""The runs of a folder: those of the workbench and those of `foveal train` in a terminal."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from foveal.runtime.model_folder import CONFIG
from foveal.storage import lock
from foveal.storage.space import named_errors
from foveal.web.uploads import RefusedUpload
from foveal.web.workbench import trainings
from foveal.web.workbench.names import opaque_id
from foveal.web.workbench.trainings import State, Training
from foveal.workflow.naming import require_new_name
from foveal.workflow.settings import TrainSettings

KEPT = ".workbench"
"""The hidden folder for the files of trainings."""
_WAIT = 10.0  # seconds for another server that starts a training


@dataclass(frozen=True)
class RunEntry:
    """One run."""

    id: str
    """Its opaque id."""
    path: Path
    """The run folder; it need not exist yet."""
    notes: Path
    """The folder for what the workbench keeps of it; it need not exist."""
    training: Training | None
    """How the workbench began it; None for one from a terminal."""

    @property
    def name(self) -> str:
        """The name of the run folder."""
        return self.path.name

    @property
    def is_ours(self) -> bool:
        """Whether the workbench began it, and so may delete it."""
        return self.training is not None and bool(self.training.words)

    def state(self) -> tuple[State, str | None]:
        """Tell how it is with it.

        Returns:
            The state, and for one that failed why.
        """
        return trainings.state_of(self.notes, self.path, self.training)


class Runs:
    """The runs of one folder.

    Args:
        root: what `foveal train` writes into; made when the first run comes.
    """

    def __init__(self, root: Path) -> None:
        self.root = root
        self._starting = threading.Lock()

    def all(self) -> dict[str, RunEntry]:
        """List the runs.

        Returns:
            By opaque id, in no particular order. A link that leads out of the folder is none.
        """
        if not self.root.is_dir():
            return {}
        root = self.root.resolve()
        kept = root / KEPT
        names = {path.name for path in root.iterdir() if _is_run(path)}
        if kept.is_dir():
            names |= {path.name for path in kept.iterdir() if (path / trainings.NOTE).is_file()}
        entries = (self._entry(root, name) for name in names)
        return {each.id: each for each in entries if each.path.resolve() == each.path}

    def require(self, key: str) -> RunEntry:
        """Return a run.

        Args:
            key: its opaque id.

        Returns:
            The run.

        Raises:
            RefusedUpload: there is none.
        """
        found = self.all().get(key)
        if found is None:
            raise RefusedUpload(404, "there is no such run; reload the page.")
        return found

    def require_done(self, key: str) -> RunEntry:
        """Return a run that can be used.

        Args:
            key: its opaque id.

        Returns:
            The run.

        Raises:
            RefusedUpload: there is none, or it is not done.
        """
        found = self.require(key)
        state, _ = found.state()
        if state != "done":
            raise RefusedUpload(409, f"{found.name!r} is {state}; only a run that is done answers.")
        return found

    def running(self) -> RunEntry | None:
        """Return the run that is being trained.

        Returns:
            The run, or None.
        """
        return next((each for each in self.all().values() if each.state()[0] == "running"), None)

    def start(self, settings: TrainSettings, name: str | None, photos: str) -> RunEntry:
        """Start a training.

        Args:
            settings: what to train; its `out` is this folder.
            name: of the run; None for that of the photos, numbered.
            photos: the name of the set.

        Returns:
            The run.

        Raises:
            RefusedUpload: another training runs, or the name is taken.
            UsageError: the name cannot be used.
            StorageError: the files cannot be written.
        """
        with self._one_at_a_time():
            root = self.root.resolve()
            name = name or _numbered(root, photos)
            require_new_name(root, name)
            taken = {each.name.casefold() for each in self.all().values() if _is_kept(each)}
            if name.casefold() in taken:
                raise RefusedUpload(409, f"there is a run {name!r} already; choose another name.")
            training = trainings.begin(root / KEPT / name, settings, name, photos)
        return RunEntry(opaque_id(root / name), root / name, root / KEPT / name, training)

    def go_on(self, key: str) -> None:
        """Go on with a run that was stopped.

        Args:
            key: its opaque id.

        Raises:
            RefusedUpload: there is none, it is not stopped, or another training runs.
            StorageError: the files cannot be written.
        """
        with self._one_at_a_time():
            found = self.require(key)
            state, _ = found.state()
            if state == "done":
                raise RefusedUpload(409, f"{found.name!r} is done: there is nothing to go on with.")
            training = found.training or adopted(found.path)
            if not training.words and not (found.path / trainings.START).is_file():
                raise RefusedUpload(409, f"{found.name!r} kept nothing to go on with; train anew.")
            trainings.go_on(found.notes, found.path, training)

    def stop(self, key: str) -> None:
        """Stop a training; what it has learned is kept.

        Args:
            key: the opaque id of its run.

        Raises:
            RefusedUpload: there is none, or it does not run, or not from here.
        """
        found = self.require(key)
        if found.state()[0] != "running":
            raise RefusedUpload(409, f"{found.name!r} does not run: there is nothing to stop.")
        if found.training is None:
            raise RefusedUpload(
                409, f"{found.name!r} was started in a terminal; stop it there, with Ctrl+C."
            )
        trainings.stop(found.notes, found.training)

    def remove(self, key: str) -> None:
        """Delete a run with all that came of it; the photos it learned from stay.

        Args:
            key: its opaque id.

        Raises:
            RefusedUpload: there is none, it runs, or it was begun in a terminal.
            LockedError: another program is at it.
            StorageError: it cannot be deleted.
        """
        with self._alone():
            found = self.require(key)
            if found.state()[0] == "running":
                raise RefusedUpload(409, f"{found.name!r} is being trained; stop it first.")
            if not found.is_ours:
                raise RefusedUpload(
                    409,
                    f"{found.name!r} was not begun in the workbench, which leaves your own files "
                    "as they are; delete its folder yourself.",
                )
            trainings.remove(found.notes, found.path)

    def refuse_while_training_on(self, photos: Path) -> None:
        """Keep photos as they are while a training reads them.

        Args:
            photos: the folder of a set.

        Raises:
            RefusedUpload: a training runs on it.
        """
        other = self.running()
        folder = other.training.settings.get("folder") if other and other.training else None
        if other is not None and folder == str(photos):
            raise RefusedUpload(
                409, f"{other.name!r} is learning from these photos; remove photos afterwards."
            )

    def _entry(self, root: Path, name: str) -> RunEntry:
        path, notes = root / name, root / KEPT / name
        return RunEntry(opaque_id(path), path, notes, trainings.read_training(notes))

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """Keep others, in this server or another, from beginning or deleting in the block."""
        with named_errors(self.root, "write to"):
            self.root.mkdir(parents=True, exist_ok=True)
        with self._starting, lock(self.root.resolve() / KEPT / ".lock", timeout=_WAIT):
            yield

    @contextmanager
    def _one_at_a_time(self) -> Iterator[None]:
        """Refuse the block while a training runs; other servers wait until it is over."""
        with self._alone():
            other = self.running()
            if other is not None:
                raise RefusedUpload(
                    409,
                    f"{other.name!r} is being trained, and trainings take turns; stop it, or wait "
                    "until it is done.",
                )
            yield


def adopted(run: Path) -> Training:
    """Describe a run that was stopped in a terminal.

    Args:
        run: its folder.

    Returns:
        The training.

    Raises:
        TrainingError: the folder does not say how the run began.
    """
    from foveal.workflow.start import read_start

    start = read_start(run)
    return trainings.adopt(run, start.settings.as_dict(), start.created)


def _is_run(path: Path) -> bool:
    signs = (f"model/{CONFIG}", "checkpoints/start.json")
    return not path.name.startswith(".") and any((path / sign).is_file() for sign in signs)


def _is_kept(entry: RunEntry) -> bool:
    """Tell whether a run has anything that a new one of its name would replace."""
    return entry.path.exists() or entry.state()[0] != "failed"


def _numbered(root: Path, photos: str) -> str:
    plain = "".join(c if c.isalnum() or c in " _.-" else "-" for c in photos)[:60]
    stem = plain.strip(" .-") or "photos"
    taken = {path.name.casefold() for path in root.glob("*")}
    taken |= {path.name.casefold() for path in (root / KEPT).glob("*")}
    number = 1
    while f"{stem}-{number:03d}".casefold() in taken:
        number += 1
    return f"{stem}-{number:03d}"

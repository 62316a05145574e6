"""Every error Foveal raises on purpose.

::

    FovealError
    ├── UsageError          an argument, flag or setting that cannot be used     (exit 2)
    │   └── UnknownNameError    a name that is not in a table; says what is near
    ├── DataError           a folder, table or split that cannot be trained on   (exit 1)
    │   └── ImageError          one image file; carries path, reason and remedy
    ├── TrainingError       training that cannot start, go on or be resumed      (exit 1)
    │   └── BadBatchError       a loss that is no number; carries the batch's files
    ├── TrainingInterrupted training that was told to stop      (exit 128 + signal)
    ├── ModelError          a model folder or weights that cannot be used        (exit 1)
    ├── MissingExtraError   an optional package that is not installed            (exit 1)
    └── StorageError        a file that could not be written or read back        (exit 1)
        ├── DiskFullError
        ├── LockedError
        └── CorruptFileError

The command line and the web app each translate this tree once.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from pathlib import Path

_NEAR = 0.6  # below it a likeness is chance: "nope" is as like "top" as 0.57
_LISTED = 10


class FovealError(Exception):
    """Base of every error that Foveal raises on purpose."""


class UsageError(FovealError):
    """An argument, flag or setting that cannot be used."""


class UnknownNameError(UsageError, KeyError):
    """A name that is in no table.

    Args:
        kind: what was looked up, such as ``"backbone"``.
        name: the name that came.
        known: the names there are.
    """

    def __init__(self, kind: str, name: str, known: Iterable[str]) -> None:
        names = sorted(known)
        near = difflib.get_close_matches(name, names, n=1, cutoff=_NEAR)
        hint = f"did you mean {near[0]!r}?" if near else f"known: {_listed(names)}."
        super().__init__(f"unknown {kind} {name!r}; {hint}")
        self.kind, self.name, self.known = kind, name, tuple(names)

    def __str__(self) -> str:
        return str(self.args[0])  # KeyError would print the repr


def _listed(names: list[str]) -> str:
    shown, more = names[:_LISTED], len(names) - _LISTED
    return ", ".join(shown) + (f" and {more:,} more" if more > 0 else "")


class DataError(FovealError):
    """A folder, table or split that cannot be trained on or evaluated."""


class ImageError(DataError):
    """One image that cannot be used.

    Args:
        path: the file, or a short description where there is none (an upload).
        reason: what is wrong with it, as a phrase: ``"truncated JPEG"``.
        remedy: what to do, as a phrase: ``"export it again"``.
    """

    def __init__(self, path: str | Path, reason: str, remedy: str) -> None:
        super().__init__(f"{path}: {reason}; {remedy}.")
        self.path, self.reason, self.remedy = str(path), reason, remedy

    def __reduce__(self) -> tuple[type[ImageError], tuple[str, str, str]]:
        return (type(self), (self.path, self.reason, self.remedy))


class TrainingError(FovealError):
    """Training that cannot start, go on or be resumed."""


class BadBatchError(TrainingError):
    """A batch whose loss or gradient is no number.

    Args:
        message: the sentence; it names the first few files.
        files: every file of the batch.
    """

    def __init__(self, message: str, files: Iterable[str]) -> None:
        super().__init__(message)
        self.files = tuple(files)


class TrainingInterrupted(FovealError):  # noqa: N818  # nothing went wrong
    """Training that stopped because it was told to.

    Args:
        message: the sentence; it says where training will go on.
        signal: the number of the signal, or None when a program asked.
        checkpoint: the file from which training goes on, if there is one.
    """

    def __init__(
        self, message: str, signal: int | None = None, checkpoint: str | Path | None = None
    ) -> None:
        super().__init__(message)
        self.signal = signal
        self.checkpoint = None if checkpoint is None else str(checkpoint)

    @property
    def exit_code(self) -> int:
        """What a command should exit with: 128 + the signal, or 1."""
        return 1 if self.signal is None else 128 + self.signal


class ModelError(FovealError):
    """A model folder or a weight file that cannot be used."""


class MissingExtraError(FovealError):
    """An optional package that is not installed.

    Args:
        feature: what needs it: ``"reading HEIC photos"``.
        extra: the name of the extra that brings it: ``"heic"``.
    """

    def __init__(self, feature: str, extra: str) -> None:
        super().__init__(
            f"{feature} needs an extra; install it with: pip install 'foveal[{extra}]'"
        )
        self.feature, self.extra = feature, extra


class StorageError(FovealError):
    """A file that could not be written or read back."""


class DiskFullError(StorageError):
    """There is not enough space for a file.

    Args:
        path: the file or folder to be written.
        needs: bytes wanted.
        has: bytes free.
    """

    def __init__(self, path: str | Path, needs: int, has: int) -> None:
        super().__init__(
            f"disk full: {path} needs {_megabytes(needs)}, has {_megabytes(has)}; "
            "free some space or choose another folder."
        )
        self.path, self.needs, self.has = str(path), needs, has


class LockedError(StorageError):
    """Another process is writing to the same place."""


class CorruptFileError(StorageError):
    """A file whose bytes are not the ones that were written."""


def _megabytes(count: int) -> str:
    return f"{count / 1e6:,.1f} MB"

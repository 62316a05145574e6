"""Folders that appear whole or not at all."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from foveal.storage.atomic import TEMPORARY, sync_folder, temporaries_of, temporary_beside
from foveal.storage.locks import lock
from foveal.storage.space import named_errors

_MANY = 256  # files; more than any model has
_PREVIOUS = f"{TEMPORARY}previous-"


def recover_folder(path: str | Path) -> None:
    """Finish what a killed `replace_folder` began: bring the old folder back if no new one came.

    Args:
        path: a folder that `replace_folder` writes.

    Raises:
        StorageError: the folder cannot be moved back.
    """
    target = Path(path)
    previous = target.with_name(_PREVIOUS + target.name)
    if previous.is_dir() and not target.exists():
        with named_errors(target, "recover"):
            os.replace(previous, target)


@contextmanager
def replace_folder(path: str | Path) -> Iterator[Path]:
    """Fill a temporary folder that replaces `path` only when the block succeeds.

    Args:
        path: the target folder. If it exists it is moved aside, and removed once the new one
            stands; `recover_folder` undoes a replacement that was killed in between.

    Yields:
        An empty folder beside the target.

    Raises:
        LockedError: another process is replacing the same folder.
        StorageError: the folder cannot be written; the old one stays.
    """
    target = Path(path).absolute()
    with sole_writer(target), named_errors(target, "write"):
        temporary = temporary_beside(target)
        temporary.mkdir()
        try:
            yield temporary
            _sync_tree(temporary)
            _swap(temporary, target)
        except BaseException:
            shutil.rmtree(temporary, ignore_errors=True)
            recover_folder(target)
            _remove_leftovers(target)
            raise


@contextmanager
def sole_writer(path: str | Path) -> Iterator[None]:
    """Keep other writers of a file or folder away, and remove what killed ones left beside it.

    Args:
        path: the target; its folder is made if it is missing.

    Raises:
        LockedError: another process is writing the same target.
        StorageError: the folder cannot be written.
    """
    target = Path(path).absolute()
    with named_errors(target, "write"):
        target.parent.mkdir(parents=True, exist_ok=True)
    with lock(target.with_name(f"{TEMPORARY}{target.name}.lock")):
        with named_errors(target, "write"):
            recover_folder(target)
            _remove_leftovers(target)
        yield


def remove_folder(path: str | Path) -> None:
    """Remove a folder with all that is in it: at once for whoever looks, then from the disk.

    Args:
        path: the folder. Links in it are removed, and not what they lead to.

    Raises:
        StorageError: it is not there, or cannot be removed.
    """
    target = Path(path).absolute()
    with named_errors(target, "remove"):
        gone = temporary_beside(target)  # should this be killed, half a folder looks like none
        os.replace(target, gone)
        sync_folder(target.parent)
        shutil.rmtree(gone)


def _swap(temporary: Path, target: Path) -> None:
    previous = target.with_name(_PREVIOUS + target.name)
    if target.exists():
        os.replace(target, previous)
    os.replace(temporary, target)
    sync_folder(target.parent)
    shutil.rmtree(previous, ignore_errors=True)


def _sync_tree(folder: Path) -> None:
    files = [file for file in folder.rglob("*") if file.is_file()]
    if len(files) > _MANY and sys.platform == "linux":
        os.sync()  # 4 ms a file would be minutes; on Linux it waits until all is written
    else:
        for file in files:
            with open(file, "rb") as opened:
                os.fsync(opened.fileno())
    sync_folder(folder)


def _remove_leftovers(target: Path) -> None:
    """Remove temporaries of killed writers of the same target (we hold its lock)."""
    for left in (*temporaries_of(target), target.with_name(_PREVIOUS + target.name)):
        if left.is_dir():
            shutil.rmtree(left, ignore_errors=True)
        elif left.is_file():
            with suppress(OSError):
                left.unlink()

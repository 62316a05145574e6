"""A process that outlives its server, and is known again by its number and its beginning."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import psutil

from foveal.errors import StorageError

_SAME = 1.0  # seconds between two readings of when one process began
_children: dict[int, subprocess.Popen[bytes]] = {}


@dataclass(frozen=True)
class Process:
    """A process by what tells it from a later one of the same number."""

    pid: int
    """Its number."""
    began: float
    """When it began, in seconds since 1970."""


def start(words: Sequence[str], output: Path, errors: Path) -> Process:
    """Run a command of Foveal in a process group of its own, so that no Ctrl-C here reaches it.

    Args:
        words: the command and its flags.
        output: what its standard output is appended to.
        errors: what its standard error is appended to.

    Returns:
        The process.

    Raises:
        StorageError: the files cannot be written, or there is no room for a process.
    """
    try:
        with open(output, "ab") as out, open(errors, "ab") as err:
            child = subprocess.Popen(
                [sys.executable, "-m", "foveal", *words],
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=err,
                start_new_session=True,
            )
    except OSError as error:
        raise StorageError(f"cannot start a training: {error.strerror}; try again.") from error
    _children[child.pid] = child  # until it has ended: the system keeps its number for us
    return Process(child.pid, psutil.Process(child.pid).create_time())


def is_alive(process: Process) -> bool:
    """Tell whether a process still runs.

    Args:
        process: as it was started, perhaps by an earlier server.

    Returns:
        False where it has ended, even if another has its number by now.
    """
    child = _children.get(process.pid)
    if child is not None and child.poll() is not None:
        del _children[process.pid]
    try:
        found = psutil.Process(process.pid)
        same: bool = abs(found.create_time() - process.began) < _SAME
        return same and found.status() != psutil.STATUS_ZOMBIE
    except (psutil.Error, ValueError, OverflowError):
        return False


def tell_to_stop(process: Process) -> None:
    """Ask a training to write a checkpoint and end; does nothing where it has ended.

    Ctrl-C would mean the same, but is ignored by whatever a shell started in the background.

    Args:
        process: which.
    """
    if is_alive(process):
        os.kill(process.pid, signal.SIGTERM)


def holder_of(lock: Path) -> int | None:
    """Return who holds a lock that names its holder, as trainings outside the workbench do.

    Args:
        lock: the lock file.

    Returns:
        The number of the process, or None where there is none, or it has ended.
    """
    note = lock.with_name(f"{lock.name}.pid")
    try:
        pid, written = int(note.read_text(encoding="ascii")), note.stat().st_mtime
        began = psutil.Process(pid).create_time()
    except (OSError, ValueError, OverflowError, psutil.Error):
        return None
    return pid if began <= written + _SAME else None

"""Free space, and operating-system errors as sentences that name the path."""

from __future__ import annotations

import errno
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from foveal.errors import DiskFullError, StorageError

_FULL = {errno.ENOSPC, errno.EDQUOT}


def free_bytes(path: str | Path) -> int:
    """Return the bytes that are free where `path` is, or will be.

    Args:
        path: a file or folder; it need not exist yet.

    Returns:
        Free bytes on that file system.
    """
    folder = Path(path).absolute()
    while not folder.exists():
        folder = folder.parent
    return shutil.disk_usage(folder).free


def require_free_space(path: str | Path, needed: int) -> None:
    """Raise before writing what cannot fit.

    Args:
        path: the file or folder to be written.
        needed: its size in bytes.

    Raises:
        DiskFullError: less than `needed` is free.
    """
    free = free_bytes(path)
    if free < needed:
        raise DiskFullError(path, needed, free)


@contextmanager
def named_errors(path: str | Path, action: str, needed: int = 0) -> Iterator[None]:
    """Turn an ``OSError`` into a `StorageError` that names the path and what was being done.

    Args:
        path: the file or folder at work.
        action: a verb for the message: ``"write"``, ``"read"``.
        needed: bytes wanted, for the message of a full disk.

    Raises:
        DiskFullError: the disk or quota is full.
        StorageError: any other ``OSError``.
    """
    try:
        yield
    except OSError as error:
        if error.errno in _FULL:
            raise DiskFullError(path, needed, free_bytes(path)) from error
        reason = error.strerror or str(error)
        raise StorageError(
            f"cannot {action} {path}: {reason}; check the folder and its permissions."
        ) from error

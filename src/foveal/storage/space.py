"""Free space, and operating-system errors as sentences that name the path."""

from __future__ import annotations

import errno
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from foveal.errors import DiskFullError, StorageError
from foveal.storage.cache_place import CACHE_VARIABLE, is_cached

_FULL = {errno.ENOSPC, errno.EDQUOT}


def free_bytes(path: str | Path) -> int | None:
    """Return the bytes that are free where `path` is, or will be.

    Args:
        path: a file or folder; it need not exist yet.

    Returns:
        Free bytes on that file system; None where it does not tell, such as in ``/proc``.
    """
    folder = Path(path).absolute()
    while not folder.exists():
        folder = folder.parent
    usage = shutil.disk_usage(folder)
    return usage.free if usage.total else None


def require_free_space(path: str | Path, needed: int) -> None:
    """Raise before writing what cannot fit.

    Args:
        path: the file or folder to be written.
        needed: its size in bytes.

    Raises:
        DiskFullError: less than `needed` is free.
    """
    free = free_bytes(path)
    if free is not None and free < needed:
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
            raise DiskFullError(path, needed, free_bytes(path) or 0) from error
        reason = error.strerror or str(error)
        remedy = "check the folder and its permissions"
        if is_cached(path):
            remedy += f", or let the variable {CACHE_VARIABLE} name another folder for the cache"
        raise StorageError(f"cannot {action} {path}: {reason}; {remedy}.") from error

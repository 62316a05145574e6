"""One writer at a time, and the name of who it is."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from filelock import FileLock, Timeout

from foveal.errors import LockedError
from foveal.storage.space import named_errors


@contextmanager
def lock(path: str | Path, timeout: float = 0.0) -> Iterator[None]:
    """Hold an exclusive lock for the length of the block.

    Args:
        path: the lock file; made if it is missing. Beside it, ``PATH.pid`` names the holder.
        timeout: seconds to wait for another holder.

    Raises:
        LockedError: another process holds the lock; the message names its pid.
        StorageError: the lock file cannot be made.
    """
    file = Path(path)
    holder = file.with_name(file.name + ".pid")
    with named_errors(file, "lock"):
        file.parent.mkdir(parents=True, exist_ok=True)
        guard = FileLock(file)
        try:
            guard.acquire(timeout=timeout)
        except Timeout:
            if not file.exists():  # the lock waits for files that cannot be made, as in /proc
                raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT)) from None
            raise LockedError(
                f"{file.parent} is in use by {_name(holder)}; wait for it to end, or stop it."
            ) from None
    try:
        with named_errors(holder, "write"):
            holder.write_text(str(os.getpid()), encoding="ascii")
        yield
    finally:
        with suppress(OSError):
            holder.unlink(missing_ok=True)
            file.unlink(
                missing_ok=True
            )  # while we hold it: filelock retries on a file that is gone
        guard.release()


def _name(holder: Path) -> str:
    try:
        return f"process {int(holder.read_text(encoding='ascii'))}"
    except (OSError, ValueError):
        return "another process"

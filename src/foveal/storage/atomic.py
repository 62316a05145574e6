"""Files that appear whole or not at all."""

from __future__ import annotations

import json
import os
import re
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Any

from foveal.storage.space import named_errors, require_free_space

TEMPORARY = ".foveal-"  # every temporary starts so: what a killed process left is recognised


def temporary_beside(path: Path) -> Path:
    """Return an unused hidden name in the folder of `path`.

    Args:
        path: the file or folder that the temporary will become.

    Returns:
        A sibling of `path` that does not exist.
    """
    return path.with_name(f"{TEMPORARY}{os.getpid()}-{secrets.token_hex(4)}-{path.name}")


def temporaries_of(path: Path) -> list[Path]:
    """Return what writers of `path` have made beside it and not moved yet.

    Args:
        path: the file or folder that those would have become.

    Returns:
        Temporaries of writers at work or killed, by any process.
    """
    begin, end = re.escape(TEMPORARY), re.escape(path.name)
    made = re.compile(rf"{begin}\d+-[0-9a-f]{{8}}-{end}")  # and not those of "other-NAME"
    return [left for left in path.parent.glob(f"{TEMPORARY}*") if made.fullmatch(left.name)]


def sync_folder(folder: Path) -> None:
    """Flush a folder's entries to the disk, where the platform can.

    Args:
        folder: an existing folder.
    """
    if os.name != "posix":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def atomic_file(path: str | Path, mode: str = "wb") -> Iterator[IO[Any]]:
    """Open a file that replaces `path` only when everything was written.

    Args:
        path: the target; its folder is made if it is missing.
        mode: ``"wb"`` or ``"w"`` (UTF-8, newlines as given).

    Yields:
        An open file. Whatever goes wrong inside the block, `path` keeps its old content.

    Raises:
        DiskFullError: the disk is full.
        StorageError: the file cannot be written; the message names it.
    """
    target = Path(path)
    with named_errors(target, "write"):
        target.parent.mkdir(parents=True, exist_ok=True)
        temporary = temporary_beside(target)
        try:
            text = {} if "b" in mode else {"encoding": "utf-8", "newline": ""}
            with open(temporary, mode, **text) as file:  # type: ignore[call-overload]  # two modes
                yield file
                file.flush()
                os.fsync(file.fileno())
            os.replace(temporary, target)
        except BaseException:
            with suppress(OSError):
                temporary.unlink(missing_ok=True)
            raise
        sync_folder(target.parent)


def write_bytes(path: str | Path, data: bytes) -> None:
    """Write `data` to `path`, atomically.

    Args:
        path: the target file.
        data: its content.

    Raises:
        DiskFullError: the disk has no room; the message says how much is needed.
        StorageError: the file cannot be written.
    """
    require_free_space(path, len(data))
    with atomic_file(path) as file:
        file.write(data)


def write_text(path: str | Path, text: str) -> None:
    """Write `text` to `path` as UTF-8, atomically.

    Args:
        path: the target file.
        text: its content. A byte of a file name that is no text, a lone surrogate in Python, is
            written as its number, such as ``\\udcff``.

    Raises:
        StorageError: the file cannot be written.
    """
    write_bytes(path, text.encode("utf-8", "backslashreplace"))


def write_json(path: str | Path, value: Any) -> None:
    """Write `value` to `path` as readable JSON, atomically.

    Args:
        path: the target file.
        value: anything JSON can hold; NaN and infinity are refused, undefined values are None.

    Raises:
        StorageError: the file cannot be written.
        ValueError: `value` holds NaN or infinity.
    """
    write_text(path, json.dumps(value, indent=2, ensure_ascii=False, allow_nan=False) + "\n")

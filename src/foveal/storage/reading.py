"""Reading back, with errors that name the file."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from foveal.errors import CorruptFileError
from foveal.storage.space import named_errors


def read_bytes(path: str | Path, most: int | None = None) -> bytes:
    """Return a file's content, or its beginning.

    Args:
        path: an existing file.
        most: bytes to read; None for all.

    Returns:
        Its bytes.

    Raises:
        StorageError: the file cannot be read; the message names it.
    """
    with named_errors(path, "read"), open(path, "rb") as file:
        return file.read(most)


def read_json(path: str | Path, most: int | None = None) -> Any:
    """Return the value in a JSON file.

    Args:
        path: an existing file, UTF-8.
        most: bytes that it may have; None for any number.

    Returns:
        What the file holds.

    Raises:
        CorruptFileError: the file is no JSON, or too large; the message names it and the place.
        StorageError: the file cannot be read.
    """
    data = read_bytes(path, None if most is None else most + 1)
    if most is not None and len(data) > most:
        raise CorruptFileError(
            f"{path} has more than {most:,} bytes, which is the most there may be; restore it."
        )
    try:
        return json.loads(data)
    except (ValueError, RecursionError) as error:
        raise CorruptFileError(
            f"{path} is not readable JSON ({error}); restore the file."
        ) from error

"""Reading back, with errors that name the file."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from foveal.errors import CorruptFileError
from foveal.storage.space import named_errors


def read_bytes(path: str | Path) -> bytes:
    """Return a file's content.

    Args:
        path: an existing file.

    Returns:
        Its bytes.

    Raises:
        StorageError: the file cannot be read; the message names it.
    """
    with named_errors(path, "read"):
        return Path(path).read_bytes()


def read_json(path: str | Path) -> Any:
    """Return the value in a JSON file.

    Args:
        path: an existing file, UTF-8.

    Returns:
        What the file holds.

    Raises:
        CorruptFileError: the file is no JSON; the message names it and the place.
        StorageError: the file cannot be read.
    """
    data = read_bytes(path)
    try:
        return json.loads(data)
    except (ValueError, RecursionError) as error:
        raise CorruptFileError(
            f"{path} is not readable JSON ({error}); restore the file."
        ) from error

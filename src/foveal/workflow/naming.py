"""Which names a new run folder can have."""

from __future__ import annotations

import re
from pathlib import Path

from foveal.errors import UsageError

_NAME = re.compile(r"\w(?:[\w .-]*\w)?")
_LONGEST_NAME = 100  # bytes; file systems end at 255


def require_new_name(out: Path, name: str) -> None:
    """Refuse a name that no new run folder can have.

    Args:
        out: where runs are kept.
        name: of the run folder.

    Raises:
        UsageError: it is no plain name, or there is such a folder.
    """
    if not _NAME.fullmatch(name) or len(name.encode()) > _LONGEST_NAME:
        raise UsageError(
            "`name` must be letters, digits and spaces, dots, dashes or underscores between them, "
            f"at most {_LONGEST_NAME} bytes; got {name!r}."
        )
    if (out / name).exists():
        raise UsageError(
            f"`name` must be new; {out / name} exists: choose another, or go on with that run by "
            "--resume."
        )

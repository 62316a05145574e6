"""What the terminal shows: results on stdout, progress and remarks on stderr."""

from __future__ import annotations

import io
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from foveal.errors import UsageError

if TYPE_CHECKING:
    from rich.console import Console


def console(stderr: bool = False) -> Console:
    """Return a rich console that wraps to the terminal and shows no markup of its own.

    Args:
        stderr: write to stderr instead of stdout.

    Returns:
        The console.
    """
    from rich.console import Console

    width = None if sys.stdout.isatty() or sys.stderr.isatty() else 120
    return Console(stderr=stderr, highlight=False, width=width)


def accept_any_name() -> None:
    """Let results name files whose names are no text: such a byte is written as its number."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")


def print_json(value: Any) -> None:
    """Write a result for a program to read.

    Args:
        value: anything JSON can hold.
    """
    sys.stdout.write(json.dumps(value, indent=2, ensure_ascii=False, allow_nan=False) + "\n")


def require_new_table(flag: str, path: Path, own_header: str | None = None) -> None:
    """Refuse to write a table over a file that somebody may still want.

    Args:
        flag: the flag that named the file, such as ``"--csv"``.
        path: the file.
        own_header: the first line of tables that may be written anew; None for none.

    Raises:
        UsageError: the file exists, and is neither empty nor such a table.
    """
    if not path.name or path.is_dir():
        raise UsageError(f"`{flag}` must name a file such as table.csv; got {str(path)!r}.")
    if not path.exists() or not path.stat().st_size:
        return
    with open(path, "rb") as file:
        first = file.readline(200).decode(errors="replace").strip()
    if own_header is None or first != own_header:
        raise UsageError(
            f"`{flag}` must name a new file; {path} exists and is left as it is: choose another "
            "name, or remove it first."
        )


def percent(share: float | None, digits: int = 1) -> str:
    """Write a share as people read it.

    Args:
        share: 0 … 1, or None where it is undefined.
        digits: after the point.

    Returns:
        Such as ``"94.1 %"``, or ``"–"``.
    """
    return "–" if share is None else f"{100 * share:.{digits}f} %"


def duration(seconds: float) -> str:
    """Write a time as people read it.

    Args:
        seconds: 0 or more.

    Returns:
        Such as ``"0:07"`` or ``"1:02:03"``.
    """
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes}:{rest:02d}"

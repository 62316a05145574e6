"""Writing results beside files of the user's without ever writing over one of those."""

from __future__ import annotations

from pathlib import Path

from foveal.errors import UsageError

_HEAD = 4096  # bytes in which a file of ours says so


def require_new_or_ours(path: Path, mark: str) -> None:
    """Refuse to write over a file that somebody else may have made.

    Args:
        path: the file that is to be written.
        mark: what files of this kind that we made have near their beginning.

    Raises:
        UsageError: the file exists, is not empty and does not have the mark.
    """
    if path.is_dir():
        raise UsageError(f"{path} is a folder; choose another place with `out`.")
    if not path.exists() or not path.stat().st_size:
        return
    with open(path, "rb") as file:
        if mark.encode() not in file.read(_HEAD):
            raise UsageError(
                f"{path} exists and was not made by this command, so it is left as it is; choose "
                "another place with `out`, or move it away."
            )

"""Names of things on the disk: opaque ids for requests, and which new names are taken."""

from __future__ import annotations

import hashlib
from pathlib import Path

from foveal.data.layout import SPLIT_NAMES
from foveal.data.listing import is_hidden
from foveal.errors import UsageError

LONGEST = 120  # bytes; file systems end at 255, and names grow by a suffix
_RESERVED = {"con", "prn", "aux", "nul"} | {f"{n}{d}" for n in ("com", "lpt") for d in range(10)}


def opaque_id(path: Path) -> str:
    """Return a name that says nothing of the disk.

    Args:
        path: a file or folder.

    Returns:
        12 hexadecimal digits, the same as long as the file is in the same place.
    """
    return hashed(str(path.resolve()))


def hashed(name: str) -> str:
    """Return the opaque id of a name.

    Args:
        name: any text.

    Returns:
        12 hexadecimal digits.
    """
    return hashlib.sha256(name.encode("utf-8", "surrogatepass")).hexdigest()[:12]


def require_plain(what: str, name: str) -> str:
    """Refuse a name that cannot be that of a folder or file here, or on another system.

    Args:
        what: what is named, such as ``"class"``.
        name: the name; it is used as it is, never mended.

    Returns:
        The name.

    Raises:
        UsageError: it cannot be used; the message says why.
    """
    reason = _fault(name)
    if reason is not None:
        shown = name if len(name) <= 40 else f"{name[:39]}…"
        raise UsageError(f"the name of a {what} must {reason}; got {shown!r}: choose another.")
    return name


def require_class(name: str) -> str:
    """Refuse a name that cannot be that of a class.

    Args:
        name: the name.

    Returns:
        The name.

    Raises:
        UsageError: it cannot be used; the message says why.
    """
    if name.lower() in SPLIT_NAMES:
        raise UsageError(
            f"a class cannot be called {name!r}: a folder of that name holds a split; choose "
            "another name."
        )
    return require_plain("class", name)


def _fault(name: str) -> str | None:
    if not name.strip():
        return "not be empty"
    if any(not character.isprintable() for character in name):
        return "be of printable characters"
    if any(character in name for character in "/\\:"):
        return "hold no slash, backslash or colon"
    if name != name.strip() or name.endswith("."):
        return "neither begin nor end with a space, nor end with a dot"
    if is_hidden(name):
        return "not be one that is passed over, such as one that begins with a dot"
    if name.split(".")[0].rstrip().lower() in _RESERVED:
        return "not be one that some systems keep for devices"
    if len(name.encode("utf-8", "surrogatepass")) > LONGEST:
        return f"be at most {LONGEST} bytes long"
    return None

"""What a zip must not hold: each rule refuses it whole, with a sentence that names the file."""

from __future__ import annotations

import re
import stat
import unicodedata
import zipfile
from collections.abc import Sequence
from typing import NamedTuple

from foveal.data import counted
from foveal.errors import DataError

MOST_FILES = 20_000
MOST_BYTES = 4 * 1024**3  # unpacked
MOST_FILE_BYTES = 128 * 1024**2  # of one file, unpacked
MOST_RATIO = 100  # times that a file may grow; photos hardly grow at all
_SMALL = 1024**2  # bytes; drawings below may grow as they like
_LONGEST_PART, _LONGEST_NAME, _DEEPEST = 200, 1000, 12
_ENCRYPTED = 0x1 | 0x40 | 0x2000
_UTF8 = 0x800
_METHODS = {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}
_DRIVE = re.compile(r"[A-Za-z]:")
Parts = tuple[str, ...]


class Seen(NamedTuple):
    """A name that a zip holds."""

    parts: Parts
    """The name."""
    is_folder: bool
    """Whether something lies in it."""


def trusted_parts(info: zipfile.ZipInfo) -> Parts:
    """Return the name of a member as its parts.

    Args:
        info: the member.

    Returns:
        Folders and file name, accents in one piece.

    Raises:
        DataError: the name cannot be trusted.
    """
    name = info.orig_filename
    if not info.flag_bits & _UTF8 and not name.isascii():
        name = _as_meant(name)
    reason = _fault(name)
    if reason is not None:
        raise refused(f"the name {shown_name(info)} {reason}")
    return tuple(unicodedata.normalize("NFC", name).removesuffix("/").split("/"))


def _as_meant(name: str) -> str:
    """Undo the wrong alphabet of archivers that write UTF-8 and do not say so, as macOS does."""
    try:
        return name.encode("cp437").decode("utf-8")
    except UnicodeError:
        return name


def _fault(name: str) -> str | None:
    parts = name.removesuffix("/").split("/")
    faults = {
        "is empty": not name,
        "leads out of the folder": name.startswith("/") or ".." in parts,
        "begins with a drive letter": bool(_DRIVE.match(name)),
        "holds a backslash": "\\" in name,
        "holds characters that cannot be printed": any(not c.isprintable() for c in name),
        "has an empty part": any(not part.strip() or part == "." for part in parts),
        "is too long": len(name.encode("utf-8", "replace")) > _LONGEST_NAME
        or any(len(part.encode("utf-8", "replace")) > _LONGEST_PART for part in parts),
        "is too deep": len(parts) > _DEEPEST,
    }
    return next((reason for reason, found in faults.items() if found), None)


def refuse_kind(info: zipfile.ZipInfo) -> None:
    """Refuse what is no plain file or folder.

    Args:
        info: a member.

    Raises:
        DataError: it is a link, a device, encrypted, or packed in an unusual way.
    """
    kind = stat.S_IFMT(info.external_attr >> 16)
    if kind == stat.S_IFLNK:
        raise refused(f"{shown_name(info)} is a link")
    if kind not in (0, stat.S_IFREG, stat.S_IFDIR):
        raise refused(f"{shown_name(info)} is no plain file")
    if (kind == stat.S_IFDIR) != info.is_dir() and kind:
        raise refused(f"{shown_name(info)} is a folder and a file at once")
    if info.is_dir() and info.file_size:
        raise refused(f"the folder {shown_name(info)} holds bytes")
    if info.flag_bits & _ENCRYPTED:
        raise refused(f"{shown_name(info)} is encrypted; make the zip without a password")
    if info.compress_type not in _METHODS:
        raise refused(f"{shown_name(info)} is packed in an unusual way; make an ordinary zip")


def refuse_twins(parts: Parts, info: zipfile.ZipInfo, seen: dict[Parts, Seen]) -> None:
    """Refuse names of which some systems would make one file, and files that are folders too.

    Args:
        parts: the name of a member.
        info: the member.
        seen: what came before, by what a system that ignores case makes of it; filled here.

    Raises:
        DataError: there is such another name.
    """
    folded = tuple(part.casefold() for part in parts)
    for length in range(1, len(parts) + 1):
        now = Seen(parts[:length], length < len(parts) or info.is_dir())
        before = seen.get(folded[:length])
        if before is None:
            seen[folded[:length]] = now
        elif before.parts != now.parts:
            other = "/".join(before.parts)
            raise refused(f"{other!r} and {shown_name(info)} differ only in case")
        elif before.is_folder != now.is_folder:
            raise refused(f"{'/'.join(now.parts)!r} is a file and a folder")
        elif not now.is_folder:
            raise refused(f"{shown_name(info)} is in it twice")


def refuse_size(info: zipfile.ZipInfo) -> None:
    """Refuse a file that is too large, or would grow as no photo does.

    Args:
        info: a member.

    Raises:
        DataError: it is.
    """
    if info.file_size > MOST_FILE_BYTES:
        limit = f"{MOST_FILE_BYTES // 2**20} MB"
        raise refused(
            f"{shown_name(info)} has {info.file_size // 2**20:,} MB; the limit is {limit}"
        )
    if info.file_size > _SMALL and info.file_size > MOST_RATIO * max(1, info.compress_size):
        raise refused(f"{shown_name(info)} would grow more than {MOST_RATIO} times: no photo does")


def refuse_totals(
    photos: Sequence[zipfile.ZipInfo], infos: Sequence[zipfile.ZipInfo], size: int
) -> None:
    """Refuse too many photos, too many bytes, and files that share their bytes.

    Args:
        photos: the members that would be unpacked.
        infos: all members.
        size: of the zip, in bytes.

    Raises:
        DataError: there are.
    """
    if len(photos) > MOST_FILES:
        raise refused(f"it holds {counted(len(photos), 'photo')}; the limit is {MOST_FILES:,}")
    total = sum(info.file_size for info in photos)
    if total > MOST_BYTES:
        raise refused(f"its photos have {total / 2**30:.1f} GB; the limit is {MOST_BYTES >> 30} GB")
    if total > max(_SMALL, MOST_RATIO * size):
        raise refused(f"it would grow more than {MOST_RATIO} times: no photos do")
    end = 0
    for info in sorted(infos, key=lambda each: each.header_offset):
        if info.header_offset < end:
            raise refused(f"{shown_name(info)} shares its bytes with another file")
        end = info.header_offset + info.compress_size
    if end > size:
        raise refused("it is shorter than it says")


def shown_name(info: zipfile.ZipInfo) -> str:
    """Return the name of a member as a sentence can hold it.

    Args:
        info: the member.

    Returns:
        Its name in quotes, shortened.
    """
    name = info.orig_filename
    return repr(name if len(name) <= 80 else f"{name[:79]}…")


def refused(reason: str) -> DataError:
    """Return why a zip is not taken.

    Args:
        reason: a phrase.

    Returns:
        The error.
    """
    return DataError(f"the zip is refused whole: {reason}.")
